"""Covariances as S = F Fᵀ with F of full column rank, exact relative to the scale of each input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, get_lapack_funcs, solve_triangular

from spectralaw._checks import vector
from spectralaw.errors import InvalidInput
from spectralaw.systems.gauss_newton.arguments import EPS, matrix

Array = NDArray[Any]


@dataclass(frozen=True)
class Factor:
    """F of shape (d, r) with S = F Fᵀ 4^exponent; r is the rank of S."""

    columns: Array
    exponent: int
    spacing: float
    """Relative spacing of the numbers that S was given in."""
    matrix: Array | None = None
    """S over 4^exponent, where it was given as a matrix."""
    kept: NDArray[np.intp] | None = None
    """Inputs in the order in which the factorisation took them."""

    @property
    def rank(self) -> int:
        return self.columns.shape[1]

    def perturbed(self, rng: np.random.Generator) -> Array | None:
        """F of S with every entry changed by up to one spacing; None where that S is no longer positive."""
        if self.matrix is None or self.kept is None:
            noise = 1.0 + 0.5 * self.spacing * rng.uniform(-1.0, 1.0, len(self.columns))
            return self.columns * noise[:, None]
        noise = np.tril(rng.uniform(-1.0, 1.0, self.matrix.shape))
        changed = self.matrix * (1.0 + self.spacing * (noise + np.tril(noise, -1).T))
        return _from_order(changed, self.kept, self.rank)


def factor(covariance: Any, inputs: int) -> Factor:
    """F of a covariance: a matrix, a vector of variances of uncorrelated inputs, or None for white inputs.

    Inputs are brought to variance one first, so that the rank does not depend on their units: a direction counts as
    absent where its variance is below 10 d (100 at least) spacings of the numbers after that, which is what rounding of
    sums over a million rows leaves of a dependent column, and an input where its standard deviation is below d spacings
    of the largest.

    Raises
    ------
    InvalidInput
        For what is not symmetric, not positive semidefinite, of another size, or all zero.
    """
    if covariance is None:
        return Factor(np.eye(inputs), 0, EPS)
    flat = isinstance(covariance, (list, tuple)) and not any(hasattr(one, "__len__") for one in covariance)
    if flat or getattr(covariance, "ndim", 0) == 1:
        variances = vector("covariance", covariance)
        spacing = _spacing(covariance)
        _same_size(variances.size, inputs)
        if np.any(variances < 0.0):
            worst = int(np.argmin(variances))
            raise InvalidInput(
                f"covariance must be variances of 0 or greater, but its entry {worst} is {variances[worst]:g}"
            )
        exponent, variances = _unit(variances)
        there = _varying(variances, spacing)
        return Factor(np.diag(np.sqrt(variances))[:, there], exponent, spacing)
    array, spacing = matrix("covariance", covariance)
    if array.shape[0] != array.shape[1]:
        raise InvalidInput(f"covariance must be a square matrix or a vector of variances, not of shape {array.shape}")
    _same_size(len(array), inputs)
    exponent, array = _unit(array)
    scale = np.sqrt(np.abs(np.diagonal(array)))
    absent = max(10.0 * inputs, 100.0) * spacing
    allowed = 4.0 * absent
    if np.any(np.abs(array - array.T) > allowed * max(float(scale.max()) ** 2, float(np.abs(array).max()))):
        raise InvalidInput("covariance must be symmetric, but differs from its transpose")
    array = 0.5 * (array + array.T)
    there = _varying(np.diagonal(array), spacing)
    least = float(np.diagonal(array).min())
    if not there.size or least < -allowed * np.abs(array).max():
        raise _indefinite(array, exponent)
    size = scale[there]
    correlations = array[np.ix_(there, there)] / size / size[:, None]
    (pivoted,) = get_lapack_funcs(("pstrf",), (correlations,))
    packed, order, rank, _ = pivoted(np.asfortranarray(correlations), lower=1, tol=absent)
    order = order.astype(np.intp) - 1
    whole = np.empty((len(there), rank))
    whole[order] = np.tril(packed)[:, :rank]
    left = np.abs(correlations - whole @ whole.T).max()
    others = np.setdiff1d(np.arange(inputs), there)
    beside = others.size and np.any(np.abs(array[others]) > allowed * np.abs(array).max())
    if beside or left > allowed:
        raise _indefinite(array, exponent)
    columns = np.zeros((inputs, rank))
    columns[there] = whole * size[:, None]
    return Factor(columns, exponent, spacing, array, there[order[:rank]])


def _indefinite(array: Array, exponent: int) -> InvalidInput:
    least = float(np.linalg.eigvalsh(array)[0]) * 4.0**exponent
    return InvalidInput(f"covariance must be positive semidefinite, but its least eigenvalue is {least:.3g}")


def _from_order(array: Array, kept: NDArray[np.intp], rank: int) -> Array | None:
    """F of a matrix by the same pivots."""
    try:
        lower = cholesky(array[np.ix_(kept, kept)], lower=True)
    except np.linalg.LinAlgError:
        return None
    return solve_triangular(lower, array[kept], lower=True).T[:, :rank]


def _unit(array: Array) -> tuple[int, Array]:
    """Numbers over a power of four that brings the largest near one, and its exponent."""
    largest = float(np.abs(array).max())
    if largest == 0.0:
        raise InvalidInput("covariance must have an entry other than zero")
    exponent = int(np.floor(0.5 * np.log2(largest)))
    return exponent, np.ldexp(array, -2 * exponent)


def _varying(variances: Array, spacing: float) -> NDArray[np.intp]:
    return np.flatnonzero(variances > (len(variances) * spacing) ** 2 * variances.max())


def _spacing(values: Any) -> float:
    kind = getattr(values, "dtype", None)
    return max(EPS, float(np.finfo(kind).eps)) if isinstance(kind, np.dtype) and kind.kind == "f" else EPS


def _same_size(given: int, inputs: int) -> None:
    if given != inputs:
        raise InvalidInput(f"covariance must be of the {inputs} inputs of weights[0], not of {given}")
