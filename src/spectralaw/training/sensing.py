"""The linear map of the quadratic network, A(S)_μ = Tr[S (x_μ x_μᵀ − I)] / √d, without its n × d² matrix.

Where inputs are not white, their covariance Σ stands for I.

All products run in NumPy: SciPy brings a second BLAS with threads of its own, and two pools of spinning threads on the
same cores made training three to four times slower (benchmarks/NOTES.md).
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
AnyArray = NDArray[np.floating]

_BLOCK = 1 << 19  # numbers of the work array: stays in the cache


class Sensing:
    """A, and its adjoint Aᵀ(r) = (Σ_μ r_μ x_μ x_μᵀ − Σ_μ r_μ I) / √d.

    Memory beyond the inputs is O(d²); a pass costs 2 n d² operations (A), 2 n d k (A of a factor of rank k) and
    n d² (Aᵀ, by symmetric rank updates). Works in the precision of the inputs, and in one thread at a time: the work
    array, whose pages are not asked for again in each pass, belongs to the instance.
    """

    def __init__(self, inputs: AnyArray, covariance: AnyArray | None = None) -> None:
        self.inputs = np.ascontiguousarray(inputs)
        self.covariance = None if covariance is None else covariance.astype(self.inputs.dtype)
        """Σ in the place of I, for inputs that are not white."""
        self.samples, self.dimension = inputs.shape
        self._rows = min(max(1, _BLOCK // self.dimension), self.samples)
        self._work = np.empty(self._rows * self.dimension, dtype=self.inputs.dtype)

    def blocks(self):
        """Slices of consecutive samples that fit the cache."""
        for begin in range(0, self.samples, self._rows):
            yield slice(begin, min(begin + self._rows, self.samples))

    def work(self, rows: slice, columns: int) -> AnyArray:
        """An uninitialised array with a row for each sample of a block and up to d columns."""
        height = rows.stop - rows.start
        return self._work[: height * columns].reshape(height, columns)

    @cached_property
    def single(self) -> Sensing:
        """The same map in 32 bits."""
        return Sensing(self.inputs.astype(np.float32), self.covariance)

    def forward(self, matrix: Array) -> Array:
        """A(S) of a symmetric matrix, shape (n,)."""
        result = np.empty(self.samples)
        for rows in self.blocks():
            x = self.inputs[rows]
            hidden = np.matmul(x, matrix, out=self.work(rows, self.dimension))
            result[rows] = np.einsum("ij,ij->i", hidden, x)
        return (result - self.trace(matrix)) / np.sqrt(self.dimension)

    def trace(self, matrix: Array) -> float:
        """Tr[S Σ]."""
        return float(np.trace(matrix) if self.covariance is None else np.sum(matrix * self.covariance))

    def centred(self, vectors: AnyArray) -> AnyArray:
        """Σ V."""
        return vectors if self.covariance is None else self.covariance @ vectors

    def forward_factor(self, factor: Array) -> Array:
        """A(U Uᵀ) of a factor U, shape (d, k)."""
        if 2 * factor.shape[1] > self.dimension:
            return self.forward(factor @ factor.T)
        result = np.empty(self.samples)
        for rows in self.blocks():
            hidden = np.matmul(self.inputs[rows], factor, out=self.work(rows, factor.shape[1]))
            result[rows] = np.einsum("ij,ij->i", hidden, hidden)
        return (result - np.sum(factor * self.centred(factor))) / np.sqrt(self.dimension)

    def adjoint(self, residual: Array) -> Array:
        """Aᵀ(r), a symmetric matrix of shape (d, d)."""
        shift = max(0.0, -float(np.min(residual)))  # a rank update takes weights of one sign
        result = self._weighted(np.sqrt(residual + shift))
        if shift > 0.0:
            result -= shift * self._gram
        if self.covariance is None:
            result[np.diag_indices(self.dimension)] -= np.sum(residual)
        else:
            result -= np.sum(residual) * self.covariance
        return result / np.sqrt(self.dimension)

    @cached_property
    def _gram(self) -> Array:
        return self._weighted(np.ones(self.samples))

    def _weighted(self, roots: Array) -> Array:
        """Σ_μ w_μ² x_μ x_μᵀ."""
        result = np.zeros((self.dimension, self.dimension))
        for rows in self.blocks():
            scaled = np.multiply(self.inputs[rows], roots[rows, None], out=self.work(rows, self.dimension))
            result += scaled.T @ scaled
        return result
