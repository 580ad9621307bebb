"""How far a convolution moves when its kernel is replaced by a sum of rank-one terms: measured, and bounded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from spectralaw._checks import ours, positive_integer
from spectralaw.display import Shown, number
from spectralaw.errors import InvalidInput
from spectralaw.results import ByValue, Status
from spectralaw.systems.tensor_compression import arguments
from spectralaw.systems.tensor_compression.cp import CP, cp
from spectralaw.systems.tensor_compression.operator_norm import operator_norm, pattern_norms


@dataclass(frozen=True, repr=False, eq=False)
class Certificate(ByValue, Shown):
    """Errors of the kernel's first ``rank`` terms M̂_j, in the norm of the operator and in that of the entries."""

    rank: int
    """j, the terms kept."""
    terms: int
    """R ≥ j, the terms of the decomposition."""
    bound: float
    """Of ‖M − M̂_j‖ as an operator, for images of every size: the smaller of ``direct`` and ``termwise``."""
    direct: float
    """``operator_error`` × ``margin``."""
    termwise: float
    """Σ_{r > j} |λ_r| sup_ω |Ĉ_r(ω)| + ‖M − M̂_R‖: from the factors alone where the decomposition is exact."""
    operator_error: float
    """‖M − M̂_j‖ of circular convolution on images of the size ``grid``: measured, a lower limit of the supremum."""
    operator_norm: float
    """‖M‖ on the same grid."""
    margin: float
    """What no frequency between those of the grid can exceed its maximum by."""
    grid: tuple[int, ...]
    noise: float
    """ξ_j = Σ_{r > j} |λ_r|."""
    frobenius_error: float
    """‖M − M̂_j‖_F."""
    frobenius_bound: float
    """ξ_j + ‖M − M̂_R‖_F."""
    status: Status
    """Of the decomposition. The bounds hold for it, converged or not."""

    @property
    def relative_bound(self) -> float:
        """``bound`` over ``operator_norm``: of ‖ΔM x‖ against the largest ‖M x‖ of inputs of that size."""
        return self.bound / self.operator_norm

    @property
    def vacuous(self) -> bool:
        """Whether the bound is no better than that of an output of zeros."""
        return not self.bound < self.operator_norm

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        return f"Certificate of {self.rank} of {self.terms} terms", [
            ("operator error, at most", number(self.bound) + (" (vacuous)" if self.vacuous else "")),
            ("the same, by terms", number(self.termwise)),
            (f"measured on images of {'×'.join(map(str, self.grid))}", number(self.operator_error)),
            ("operator norm", number(self.operator_norm)),
            ("Frobenius error", f"{number(self.frobenius_error)} ≤ {number(self.frobenius_bound)}"),
            ("decomposition", str(self.status)),
        ]


def certificate(
    kernel: ArrayLike,
    rank: int,
    *,
    decomposition: CP | None = None,
    grid: ArrayLike | None = None,
    seed: int = 0,
) -> Certificate:
    """Bound the error of a convolution whose kernel is replaced by ``rank`` terms.

    Each term is a frequency response λ Ĉ(ω) times a ⊗ b of norm one, so dropping those beyond j moves the operator by
    at most Σ_{r > j} |λ_r| sup |Ĉ_r|, with equality for a single one; what the decomposition itself leaves is bounded
    at every frequency (:func:`~spectralaw.systems.tensor_compression.operator_norm`). ξ_j bounds the Frobenius norm of
    the error and not the operator's, which can be √(k_x k_y) times larger.

    Parameters
    ----------
    kernel : array of shape (outputs, inputs, width, …)
    rank : int
        j, 1 or more.
    decomposition : CP, optional
        Its first j terms are kept. By default the kernel is fitted by j terms (``cp(kernel, rank, seed=seed)``), none
        of which is dropped.
    grid : list of int, optional
        Frequencies along each side of space, at least the kernel's size; 8 (k − 1) by default.
    seed : int
        Of the fit.

    Raises
    ------
    InvalidInput
        For arrays that are no kernels, and decompositions of another shape or of fewer terms.
    """
    values = arguments.kernel("kernel", kernel)
    j = positive_integer("rank", rank)
    fitted = cp(values, j, seed=seed) if decomposition is None else ours("decomposition", decomposition, "CP")
    if fitted.shape != values.shape:
        raise InvalidInput(f"decomposition must be of a kernel of shape {values.shape}, not {fitted.shape}")
    if fitted.rank < j:
        raise InvalidInput(f"rank must be at most {fitted.rank}, the terms of the decomposition, not {j}")
    full = operator_norm(values, grid)
    error = values - fitted.reconstruct(j)
    moved = operator_norm(error, grid)
    left = values - fitted.reconstruct()
    peaks, margin = pattern_norms(fitted.patterns[j:], grid) if fitted.rank > j else (np.zeros(0), full.margin)
    termwise = float(fitted.scales[j:] @ peaks) * margin + operator_norm(left, grid).bound
    noise = float(fitted.noise[j])
    return Certificate(
        rank=j,
        terms=fitted.rank,
        bound=min(moved.bound, termwise),
        direct=moved.bound,
        termwise=termwise,
        operator_error=moved.value,
        operator_norm=full.value,
        margin=full.margin,
        grid=full.grid,
        noise=noise,
        frobenius_error=float(np.linalg.norm(error)),
        frobenius_bound=noise + float(np.linalg.norm(left)),
        status=fitted.status,
    )
