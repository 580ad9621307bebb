"""Singular values of one matrix, and the vectors of the largest ones."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

Array = NDArray[np.float64]
lapack: Any = linalg.lapack  # its routines are made at run time

_ROWS = 256  # of a block in which squares are formed
_TINY = 1e-6  # of the largest singular value: smaller ones are lost in W Wᵀ


class Spectrum:
    """Eigenvalues of W Wᵀ for a matrix with no more rows than columns.

    W Wᵀ is brought to tridiagonal form once; all its eigenvalues follow, and eigenvectors of the largest ones when
    asked for. Half of the time and of the memory of all the vectors is saved, since spikes are few.
    """

    def __init__(self, matrix: Array) -> None:
        if matrix.shape[0] > matrix.shape[1]:
            raise ValueError(f"a matrix must not have more rows than columns, but its shape is {matrix.shape}")
        self.matrix = matrix
        gram = matrix @ matrix.T
        size = gram.shape[0]
        work, _ = lapack.dsytrd_lwork(size, lower=1)
        self._reflectors, self._diagonal, self._off, self._tau, info = lapack.dsytrd(
            gram.T, lower=1, lwork=int(work), overwrite_a=1
        )
        values, failed = lapack.dsterf(self._diagonal, self._off) if size > 1 else (self._diagonal, 0)
        if info or failed:
            raise np.linalg.LinAlgError("the eigenvalues of W Wᵀ did not converge")
        self._vectors = np.zeros((size, 0))
        singular = np.sqrt(np.maximum(values[::-1], 0.0))
        if singular[-1] < _TINY * singular[0]:
            singular = np.asarray(linalg.svdvals(matrix, check_finite=False), dtype=float)
        self.singular_values: Array = singular
        self.values: Array = singular**2
        """Eigenvalues of W Wᵀ, largest first."""

    @property
    def rank(self) -> int:
        """Singular values above max(p, n) · ε · s₁."""
        tolerance = max(self.matrix.shape) * np.finfo(float).eps * self.singular_values[0]
        return int(np.count_nonzero(self.singular_values > tolerance))

    def vectors(self, count: int) -> Array:
        """Left singular vectors of the ``count`` largest singular values, shape (p, count)."""
        if count > self._vectors.shape[1]:
            size = len(self._diagonal)
            wanted = min(size, count + count // 2 + 8)  # the next call often wants a few more
            if size == 1:
                return np.ones((1, 1))
            _, vectors = linalg.eigh_tridiagonal(
                self._diagonal, self._off, select="i", select_range=(size - wanted, size - 1), lapack_driver="stemr"
            )
            vectors = np.asfortranarray(vectors[:, ::-1])
            reflectors = self._reflectors[1:, :-1]
            work = lapack.dormqr("L", "N", reflectors, self._tau, vectors[1:], -1)[1]
            vectors[1:] = lapack.dormqr("L", "N", reflectors, self._tau, vectors[1:], int(work[0]))[0]
            self._vectors = vectors
        return self._vectors[:, :count]


class Entries:
    """Sums over the entries of a matrix: by row, by column, of fourth powers."""

    def __init__(self, matrix: Array) -> None:
        rows, columns, fourth = [], np.zeros(matrix.shape[1]), 0.0
        for first in range(0, matrix.shape[0], _ROWS):
            squares = matrix[first : first + _ROWS] ** 2
            rows.append(squares.sum(axis=1))
            columns += squares.sum(axis=0)
            fourth += float(np.vdot(squares, squares))
        self.rows: Array = np.concatenate(rows)
        self.columns: Array = columns
        self.total = float(self.rows.sum())
        below = float(np.sum(self.rows**2)) * float(np.sum(self.columns**2))
        self.kurtosis = self.total**2 * fourth / below
        """E z⁴ of z_ij = W_ij/√(a_i b_j): 3 for Gaussian entries, whatever the profile."""


def stable_rank(values: Array) -> float:
    """Σ l/l₁."""
    return float(values.sum() / values[0])


def effective_rank(singular: Array, exp: bool = True) -> float:
    """exp(−Σ q log q) with q = s/Σ s, from 1 to p; with ``exp=False`` (−Σ q log q)/p."""
    q = singular[singular > 0] / singular.sum()
    entropy = float(-np.sum(q * np.log(q)))
    return float(np.exp(entropy)) if exp else entropy / len(singular)
