"""The linear map of the quadratic network, A(S)_μ = Tr[S (x_μ x_μᵀ − I)] / √d, without its n × d² matrix."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import dsyrk  # pyright: ignore[reportAttributeAccessIssue]

Array = NDArray[np.float64]

_BLOCK = 1 << 19  # numbers of a temporary array: stays in the cache


class Sensing:
    """A, and its adjoint Aᵀ(r) = (Σ_μ r_μ x_μ x_μᵀ − Σ_μ r_μ I) / √d.

    Memory beyond the inputs is O(d²); a pass costs 2 n d² operations (A), 2 n d k (A of a factor of rank k) and
    n d² (Aᵀ, by symmetric rank updates).
    """

    def __init__(self, inputs: Array) -> None:
        self.inputs = np.ascontiguousarray(inputs)
        self.samples, self.dimension = inputs.shape
        self._rows = max(1, _BLOCK // self.dimension)

    def _blocks(self):
        for begin in range(0, self.samples, self._rows):
            yield slice(begin, min(begin + self._rows, self.samples))

    def forward(self, matrix: Array) -> Array:
        """A(S) of a symmetric matrix, shape (n,)."""
        result = np.empty(self.samples)
        for rows in self._blocks():
            x = self.inputs[rows]
            result[rows] = np.einsum("ij,ij->i", x @ matrix, x)
        return (result - np.trace(matrix)) / np.sqrt(self.dimension)

    def forward_factor(self, factor: Array) -> Array:
        """A(U Uᵀ) of a factor U, shape (d, k)."""
        if 2 * factor.shape[1] > self.dimension:
            return self.forward(factor @ factor.T)
        result = np.empty(self.samples)
        for rows in self._blocks():
            hidden = self.inputs[rows] @ factor
            result[rows] = np.einsum("ij,ij->i", hidden, hidden)
        return (result - np.sum(factor**2)) / np.sqrt(self.dimension)

    def adjoint(self, residual: Array) -> Array:
        """Aᵀ(r), a symmetric matrix of shape (d, d)."""
        result = np.zeros((self.dimension, self.dimension), order="F")
        root = np.sqrt(np.abs(residual))[:, None]
        for rows in self._blocks():
            r = residual[rows]
            for sign in (1.0, -1.0):  # a rank update takes weights of one sign
                part = np.flatnonzero(sign * r > 0.0)
                if part.size:
                    scaled = self.inputs[rows][part] * root[rows][part]
                    result = dsyrk(sign, scaled.T, beta=1.0, c=result, overwrite_c=True)
        result += np.triu(result, 1).T
        result[np.diag_indices(self.dimension)] -= np.sum(residual)
        return result / np.sqrt(self.dimension)
