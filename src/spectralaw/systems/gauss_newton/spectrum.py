"""The spectrum of the Gauss–Newton matrix of deep linear networks, without the Jacobian."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw._checks import choice
from spectralaw.display import NONE, Shown, number
from spectralaw.errors import InvalidInput
from spectralaw.results import ByValue, Status
from spectralaw.systems.gauss_newton.arguments import EPS
from spectralaw.systems.gauss_newton.chain import Chain, singular_values, triangle
from spectralaw.systems.gauss_newton.prepared import Prepared, prepared
from spectralaw.systems.gauss_newton.ranks import Ranks

Array = NDArray[Any]
METHODS = ("auto", "dense", "blocks", "lanczos")
RESOLVED = 1e-3
"""Relative change of an eigenvalue under rounding in 64 bits above which it is no result."""
FORMAT = 0.3
"""The same under rounding to the format of the input, where that is coarser."""
_DENSE = 1000  # k r up to which all eigenvalues are computed at once, about 5 s
_ENTRIES = 4e7  # of the stacked factor
_BLOCKS = 1e10  # k r³ up to which two layers are taken block by block, about 30 s


@dataclass(frozen=True, eq=False, repr=False)
class GNSpectrum(ByValue, Shown):
    """Eigenvalues of a Gauss–Newton matrix that are not zero; ``np.asarray`` of it is the eigenvalues."""

    eigenvalues: Array
    """Descending; with ``method`` ``lanczos`` only the largest and the smallest."""
    rank: int
    """How many are not zero."""
    size: int
    """How many could be at most: outputs times inputs (times samples instead of inputs in a leaky-ReLU network)."""
    data_condition: float | None
    """κ(S), of the covariance where it is not zero; None where it was not computed."""
    method: str
    residual: float
    """Largest relative change of an eigenvalue when every number that was given changes by a rounding of its format;
    with ``lanczos``, |Ĝ x − λ x| / λ, the larger of the two."""
    status: Status
    """``collapsed`` where all eigenvalues are zero."""
    message: str = ""

    @property
    def complete(self) -> bool:
        """Whether all eigenvalues that are not zero are there."""
        return len(self.eigenvalues) == self.rank

    @property
    def condition_number(self) -> float | None:
        """κ = λ_max/λ_min over the part that is not zero; None where there is none."""
        return float(self.eigenvalues[0] / self.eigenvalues[-1]) if len(self.eigenvalues) else None

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.eigenvalues, dtype=dtype)

    def __len__(self) -> int:
        return len(self.eigenvalues)

    def __getitem__(self, index: Any) -> Any:
        return self.eigenvalues[index]

    def __iter__(self) -> Iterator[float]:
        return iter(self.eigenvalues)

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        kappa, data = self.condition_number, self.data_condition
        known = "all" if self.complete else "largest and smallest only"
        pairs = [
            ("status", f"{self.status} ({self.residual:.1e})"),
            ("eigenvalues that are not zero", f"{self.rank} of {self.size}, {known}, by {self.method}"),
            (
                "largest, smallest",
                ", ".join(number(float(v)) for v in self.eigenvalues[[0, -1]]) if len(self) else NONE,
            ),
            ("condition number κ", NONE if kappa is None else number(kappa)),
            ("of the data κ(S)", NONE if data is None else number(data)),
        ]
        return "Gauss–Newton spectrum", pairs + ([("", self.message)] if self.message else [])


def gn_spectrum(weights: Any, covariance: Any = None, *, method: str = "auto") -> GNSpectrum:
    """Eigenvalues of the Gauss–Newton matrix G = JᵀJ/n of f(x) = W_L … W_1 x that are not zero.

    They are those of Σ_l (A_l A_lᵀ) ⊗ (S^½ B_lᵀ B_l S^½), of size k d, with A_l = W_L … W_{l+1} and
    B_l = W_{l−1} … W_1. With S = F Fᵀ they are the squares of the singular values of the stacked A_lᵀ ⊗ (B_l F), which
    are computed without squaring: condition numbers far above 10^16 are right, where the factors are.

    Parameters
    ----------
    weights : list of matrices
        [W_1, …, W_L], each of shape (outputs, inputs), in the order in which they act. Residual layers:
        :func:`residual`.
    covariance : array_like of shape (d, d) or (d,), optional
        S = E x xᵀ, positive semidefinite; singular ones count where they are not zero. A vector is the diagonal:
        variances of uncorrelated inputs. By default the inputs are white. With every input brought to variance one, a
        direction of variance below 10 d ε (100 ε at least) counts as absent, ε the spacing of the format: 2.2e-16.
    method : {"auto", "dense", "blocks", "lanczos"}
        ``dense``: all eigenvalues by one decomposition. ``blocks``: all, one output after the other, for one or two
        layers. ``lanczos``: the largest and the smallest only, by applying the matrix. ``auto`` takes the first that
        needs no more than about half a minute.

    Returns
    -------
    GNSpectrum
        For losses with a scaling: G belongs to the mean over samples of ½|f(x) − y|².

    Raises
    ------
    InvalidInput
        For weights that cannot be multiplied or do not fit the covariance, and for one that is not positive
        semidefinite.
    ConvergenceFailure
        Where Lanczos steps find no smallest eigenvalue at all.

    References
    ----------
    arXiv:2411.02139.
    """
    choice("method", method, METHODS)
    return spectrum(prepared(weights, covariance), method)


def spectrum(network: Prepared, method: str = "auto") -> GNSpectrum:
    """:func:`gn_spectrum` of what was prepared."""
    exact, changed, found = network.exact, network.changed, network.ranks
    size, condition = network.size, network.data_condition
    exponent = exact.exponent + network.data.exponent
    if found.total == 0:
        message = "every layer has a product of zero before or after it"
        return GNSpectrum(np.empty(0), 0, size, condition, "dense", 0.0, Status.COLLAPSED, message)
    how = _choose(method, exact)
    if how == "lanczos":
        from spectralaw.systems.gauss_newton.lanczos import extremes

        largest, smallest, residual, message = extremes(exact, found)
        values = np.array([largest, smallest] if found.total > 1 else [largest])
        status = Status.NOT_CONVERGED if message else Status.CONVERGED
        return GNSpectrum(_scaled(values, exponent), found.total, size, condition, how, residual, status, message)
    solve = _dense if how == "dense" else _blocks
    values = solve(exact, found)
    residual = np.inf
    if changed is not None:
        shift = changed.exponent - exact.exponent
        residual = float(np.max(np.abs(np.ldexp(solve(changed, found), shift) / values - 1.0) * 2.0))
    sure = residual <= (RESOLVED if network.spacing == EPS else FORMAT)
    message = "" if sure else "rounding of the numbers that were given changes the smallest eigenvalues"
    status = Status.CONVERGED if sure else Status.NOT_CONVERGED
    return GNSpectrum(_scaled(values * values, exponent), found.total, size, condition, how, residual, status, message)


def _choose(method: str, exact: Chain) -> str:
    depth, size = len(exact.after), exact.size
    if method == "blocks" and depth > 2:
        raise InvalidInput(f"method must be 'dense' or 'lanczos' for {depth} layers, not 'blocks'")
    if method != "auto":
        return method
    rows = sum(min(a.shape) * min(c.shape) for a, c in zip(exact.after, exact.before, strict=True))
    if size <= _DENSE and rows * size <= _ENTRIES:
        return "dense"
    return "blocks" if depth <= 2 and size * exact.rank_of_inputs**2 <= _BLOCKS else "lanczos"


def _dense(exact: Chain, found: Ranks) -> Array:
    stacked = [
        scale * np.kron(triangle(a.T), triangle(c))
        for a, c, scale in zip(exact.after, exact.before, exact.scales, strict=True)
    ]
    return singular_values(np.vstack(stacked))[: found.total]


def _blocks(exact: Chain, found: Ranks) -> Array:
    """A_2 is the identity: in the basis of the left singular vectors of A_1 nothing couples the outputs."""
    scales = exact.scales
    first = np.zeros(exact.outputs)
    values = np.linalg.svd(triangle(exact.after[0].T), compute_uv=False)[: found.after[0]]
    first[: len(values)] = values
    inputs, hidden = triangle(exact.before[0]) * scales[0], None
    if len(exact.after) == 2:
        hidden = triangle(exact.before[1]) * scales[1]
    parts = []
    for value in first:
        block = value * inputs if hidden is None else np.vstack([value * inputs, hidden])
        rank = found.before[0] if value > 0.0 else found.before[-1] if hidden is not None else 0
        parts.append(singular_values(block)[:rank])
    return np.sort(np.concatenate(parts))[::-1]


def _scaled(values: Array, exponent: int) -> Array:
    with np.errstate(over="ignore", under="ignore"):
        values = np.ldexp(values, 2 * exponent)
    if not np.all(np.isfinite(values)) or np.any(values < np.finfo(float).tiny):
        raise InvalidInput("weights and covariance must have products between 1e-154 and 1e154 in size; scale them")
    return values
