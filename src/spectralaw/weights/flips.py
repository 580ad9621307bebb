"""Random signs as a null: the same absolute entries, hence the same profile and the same heavy tail, and no signal.

Exact where entries have symmetric signs. It starts from W itself: the signs of a residual are no longer those of noise
(false positives 0.32 to 0.43 at level 0.05 for Student t entries, measured).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh_tridiagonal

from spectralaw.weights.bulk import distance_from_marchenko_pastur
from spectralaw.weights.spectrum import Spectrum

Array = NDArray[np.float64]
Short = NDArray[np.float32]

_MOST_ROUNDS = 12
_DENSE = 96  # up to this many rows all eigenvalues are as fast as the largest one
_RESIDUAL = 1e-3  # of the largest eigenvalue by Lanczos' method; its error is of second order in that
_LONGEST = 300
_SHAPES = 19


def flips_at(level: float) -> int:
    """Flipped matrices of which the largest has this level: 19 for 0.05."""
    return max(math.ceil(1.0 / level - 1e-9) - 1, 1)


def count_against_flips(spectrum: Spectrum, level: float, most: int, rng: np.random.Generator) -> int:
    """Singular values beyond the largest of flipped matrices, deflating and counting again up to ``most``."""
    matrix, values = spectrum.matrix, spectrum.values
    p, n = matrix.shape
    unit = 2.0 ** math.floor(math.log2(float(np.max(np.abs(matrix)))))  # 32 bits have a short range
    flips, k = flips_at(level), 0
    for _ in range(_MOST_ROUNDS):
        grow = 1.0
        if k:
            left = spectrum.vectors(k)
            matrix = spectrum.matrix - left @ (left.T @ spectrum.matrix)
            roots = (math.sqrt(p - k) + math.sqrt(n - k)) / (math.sqrt(p) + math.sqrt(n))
            grow = p * n / ((p - k) * (n - k)) * roots**2
        short = np.divide(matrix, unit, out=np.empty(matrix.shape, dtype=np.float32), casting="unsafe")
        largest, beyond = 0.0, len(values)
        for _ in range(flips):
            largest = max(largest, top_eigenvalue(flip(short, rng)) * unit**2)
            beyond = int(np.count_nonzero(values > largest * grow * (1.0 + 1e-9)))
            if beyond <= k:  # more flips can only make it less
                return k
        k = beyond
        if k >= most:
            break
    return k


def bulk_pvalue(spectrum: Spectrum, k: int, distance: float, rng: np.random.Generator) -> float:
    """Share of flipped residuals, of 19, whose eigenvalues are as far from the Marchenko–Pastur law as ``distance``:
    small where the bulk has a shape that noise of its absolute entries does not have."""
    left = spectrum.vectors(k)
    residual = spectrum.matrix - left @ (left.T @ spectrum.matrix)
    p, n = residual.shape
    largest = float(np.max(np.abs(residual)))
    if not largest > 0.0:
        return 1.0
    short = (residual / largest).astype(np.float32)
    as_far = 0
    for _ in range(_SHAPES):
        flipped = flip(short, rng)
        values = np.linalg.eigvalsh(flipped @ flipped.T).astype(float)[::-1]
        as_far += distance_from_marchenko_pastur(np.maximum(values, 0.0), p / n) >= distance
    return (1.0 + as_far) / (_SHAPES + 1.0)


def flip(matrix: Short, rng: np.random.Generator) -> Short:
    """The matrix with random signs."""
    bits = np.frombuffer(rng.bytes((matrix.size + 7) // 8), dtype=np.uint8)
    signs = np.unpackbits(bits, count=matrix.size).astype(np.uint32) << 31
    return (matrix.view(np.uint32) ^ signs.reshape(matrix.shape)).view(np.float32)


def top_eigenvalue(matrix: Short) -> float:
    """Largest eigenvalue of M Mᵀ: dense for few rows, by Lanczos' method for many."""
    rows = matrix.shape[0]
    if rows <= _DENSE:
        return float(np.linalg.eigvalsh(matrix @ matrix.T)[-1])
    vector = np.random.default_rng(rows).standard_normal(rows).astype(np.float32)
    vector /= np.linalg.norm(vector)
    before, diagonal, off = np.zeros_like(vector), [], [0.0]
    for step in range(1, _LONGEST + 1):
        product = matrix @ (vector @ matrix)
        diagonal.append(float(vector @ product))
        product -= np.float32(diagonal[-1]) * vector + np.float32(off[-1]) * before
        off.append(float(np.linalg.norm(product)))
        if (step % 5 == 0 and step >= 15) or off[-1] <= 1e-6 * max(diagonal):
            ritz, last = eigh_tridiagonal(diagonal, off[1:-1], select="i", select_range=(step - 1, step - 1))
            if off[-1] * abs(last[-1, 0]) <= _RESIDUAL * ritz[0]:
                return float(ritz[0])
        before, vector = vector, product / np.float32(off[-1])
    return float(np.linalg.eigvalsh(matrix @ matrix.T)[-1])
