"""A kernel as a sum of rank-one terms λ_r a_r ⊗ b_r ⊗ C_r (CP decomposition)."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import ArrayLike

from spectralaw._checks import at_least, positive_integer, whole
from spectralaw.display import Shown, number
from spectralaw.errors import InvalidInput
from spectralaw.results import ByValue, Status
from spectralaw.systems.tensor_compression import als, arguments
from spectralaw.systems.tensor_compression.arguments import Array, three

_EXACT = 1e-12  # relative error of a fit that is exact but for rounding, which leaves no direction to the rest


@dataclass(frozen=True, repr=False, eq=False)
class CP(ByValue, Shown):
    """Σ_r λ_r a_r ⊗ b_r ⊗ C_r with unit columns, largest terms first."""

    factors: tuple[Array, Array, Array]
    """a (outputs, R), b (inputs, R) and C (all of space, R); every column of unit Euclidean norm."""
    scales: Array
    """|λ_r| ≥ 0, descending; signs are in the factors."""
    shape: tuple[int, ...]
    """Of the kernel."""
    relative_error: float
    """‖M − M̂‖_F / ‖M‖_F, computed from the difference."""
    gradient: float
    """Certificate: the largest derivative of ½‖M − M̂‖² by a column, the others of unit norm, over ‖M − M̂‖_F.

    The cosine between what is left and what a term could still take up: between 0 and 1, whatever the scale.
    """
    status: Status
    """Converged where that is within the tolerance, or the relative error is below 1e-12."""
    sweeps: int
    """Of the start that was kept."""
    start_errors: tuple[float, ...]
    """Relative error that each start came to; far apart, there are several minima."""

    @property
    def rank(self) -> int:
        """Number of terms R."""
        return len(self.scales)

    @property
    def parameters(self) -> int:
        """R (outputs + inputs + space + 1): the scales are counted."""
        return parameters(self.shape, self.rank)

    @property
    def patterns(self) -> Array:
        """C_r as arrays over space: (R, width, …), of unit Frobenius norm."""
        return self.factors[2].T.reshape(-1, *self.shape[2:])

    @property
    def tensorisation(self) -> Array:
        """t_j = Σ_{r ≤ j} |λ_r| for j = 0 … R."""
        return np.concatenate([[0.0], np.cumsum(self.scales)])

    @property
    def noise(self) -> Array:
        """ξ_j = Σ_{r > j} |λ_r| for j = 0 … R: ‖M̂ − M̂_j‖_F ≤ ξ_j, which is no bound on the operator."""
        return np.concatenate([np.cumsum(self.scales[::-1])[::-1], [0.0]])

    @property
    def cancellation(self) -> float:
        """Σ|λ_r| / ‖M̂‖_F: 1 for one term; large where terms cancel, and bounds term by term say nothing."""
        return float(np.sum(self.scales) / max(float(np.linalg.norm(self.reconstruct())), np.finfo(float).tiny))

    def reconstruct(self, rank: int | None = None) -> Array:
        """The kernel of the first ``rank`` terms (all by default), in its own shape."""
        j = self.rank if rank is None else whole("rank", rank)
        if j > self.rank:
            raise InvalidInput(f"rank must be at most {self.rank}, the terms there are, not {j}")
        a, b, c = self.factors
        return als.composed((a[:, :j], b[:, :j], c[:, :j]), self.scales[:j]).reshape(self.shape)

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        return f"CP decomposition of a kernel of shape {self.shape}", [
            ("status", str(self.status)),
            ("rank", str(self.rank)),
            ("relative error", number(self.relative_error)),
            ("gradient", f"{self.gradient:.1e} after {self.sweeps} sweeps"),
            ("scales", f"{number(float(self.scales[0]))} to {number(float(self.scales[-1]))}"),
            ("cancellation", number(self.cancellation)),
            ("parameters", f"{self.parameters:,} for {prod(self.shape):,}"),
        ]


def parameters(shape: tuple[int, ...], rank: int) -> int:
    """R (outputs + inputs + space + 1); of a matrix, R (outputs + inputs + 1)."""
    return rank * (shape[0] + shape[1] + (prod(shape[2:]) if len(shape) > 2 else 0) + 1)


def cp(
    kernel: ArrayLike,
    rank: int,
    *,
    seed: int = 0,
    starts: int = 3,
    sweeps: int = 2000,
    tolerance: float = 1e-5,
) -> CP:
    """Fit a kernel by ``rank`` terms: minimise ‖M − Σ_r λ_r a_r ⊗ b_r ⊗ C_r‖_F.

    Alternating least squares with a proximal term (which moves no fixed point) and extrapolation, from an algebraic
    start that is exact for generic kernels of that rank where two sides reach it, from leading singular vectors, and
    from random ones; the smallest error is kept. Where outputs, inputs or space are 1 (dense, depthwise and 1 × 1
    kernels) the kernel is a matrix, and the singular value decomposition gives the best fit.

    Parameters
    ----------
    kernel : array of shape (outputs, inputs, width, …)
        Three to six dimensions, not all zero; the dimensions of space form one mode.
    rank : int
        Number of terms, 1 or more.
    seed, starts, sweeps : int
        Of the random starts; how many starts; most sweeps of one.
    tolerance : float
        Of ``gradient``.

    Returns
    -------
    CP
        ``status`` is ``not_converged`` where the sweeps ended before the certificate was reached: the fit may then
        be improved, and the error is still the one stated. A minimum found is local; a best fit need not exist
        (terms may grow and cancel, see ``cancellation``).

    Raises
    ------
    InvalidInput
        For arrays that are no kernels, entries that are not finite, and numbers that cannot be.
    """
    values = arguments.kernel("kernel", kernel)
    rank = positive_integer("rank", rank)
    count, most = positive_integer("starts", starts), positive_integer("sweeps", sweeps)
    seed, tolerance = whole("seed", seed), at_least("tolerance", tolerance, 0.0)
    tensor = three(values)
    if 1 in tensor.shape:
        found = [als.matrix_fit(tensor, rank)]
    else:
        found = []
        for start in als.starts(tensor, rank, count, seed):
            found.append(als.fit(tensor, start, most, tolerance))
            if found[-1].error <= 1e-13:  # no other start can do better
                break
    best = min(found, key=lambda one: one.error)
    settled = best.gradient <= tolerance or best.error <= _EXACT
    return CP(
        best.factors,
        best.scales,
        values.shape,
        best.error,
        best.gradient,
        Status.CONVERGED if settled else Status.NOT_CONVERGED,
        best.sweeps,
        tuple(one.error for one in found),
    )
