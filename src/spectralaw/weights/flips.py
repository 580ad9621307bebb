"""Random signs as a null: the same absolute entries, hence the same profile and the same heavy tail, and no signal.

Exact where entries have symmetric signs. It starts from W itself: the signs of a residual are no longer those of noise
(false positives 0.32 to 0.43 at level 0.05 for Student t entries, measured).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.linalg import LinearOperator, eigsh

from spectralaw.weights.spectrum import Spectrum

Array = NDArray[np.float64]

_MOST_ROUNDS = 12
_DENSE = 256  # up to this many rows all eigenvalues are as fast as the largest one


def flips_at(level: float) -> int:
    """Flipped matrices of which the largest has this level: 19 for 0.05."""
    return max(math.ceil(1.0 / level - 1e-9) - 1, 1)


def count_against_flips(spectrum: Spectrum, level: float, most: int, rng: np.random.Generator) -> int:
    """Singular values beyond the largest of flipped matrices, deflating and counting again up to ``most``."""
    matrix, values = spectrum.matrix, spectrum.values
    p, n = matrix.shape
    flips, k = flips_at(level), 0
    for _ in range(_MOST_ROUNDS):
        if k:
            left = spectrum.vectors(k)
            matrix = spectrum.matrix - left @ (left.T @ spectrum.matrix)
        grow = p * n / ((p - k) * (n - k)) * ((math.sqrt(p - k) + math.sqrt(n - k)) / (math.sqrt(p) + math.sqrt(n))) ** 2
        grow = grow if k else 1.0
        largest, beyond = 0.0, len(values)
        for _ in range(flips):
            largest = max(largest, top_eigenvalue(flip(matrix, rng)))
            beyond = int(np.count_nonzero(values > largest * grow * (1.0 + 1e-9)))
            if beyond <= k:  # more flips can only make it less
                return k
        k = beyond
        if k >= most:
            break
    return k


def flip(matrix: Array, rng: np.random.Generator) -> NDArray[np.float32]:
    """The matrix with random signs; 32 bits tell the largest eigenvalue to seven digits."""
    bits = np.frombuffer(rng.bytes((matrix.size + 7) // 8), dtype=np.uint8)
    signs = np.unpackbits(bits, count=matrix.size).reshape(matrix.shape).astype(np.float32)
    signs *= -2.0
    signs += 1.0
    signs *= matrix.astype(np.float32)
    return signs


def top_eigenvalue(matrix: NDArray[np.float32]) -> float:
    """Largest eigenvalue of M Mᵀ: dense for few rows, by Lanczos' method in 32 bits for many."""
    rows = matrix.shape[0]
    if rows <= _DENSE:
        return float(np.linalg.eigvalsh(matrix @ matrix.T)[-1])
    operator = LinearOperator((rows, rows), matvec=lambda x: matrix @ (matrix.T @ x), dtype=np.float32)  # type: ignore[call-arg]
    start = np.random.default_rng(0).standard_normal(rows).astype(np.float32)
    return float(eigsh(operator, k=1, which="LA", tol=1e-4, v0=start, return_eigenvectors=False)[0])
