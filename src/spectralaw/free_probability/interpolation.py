"""Interpolation between the points of a coarse grid and those of a fine one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def stencil(known: Array, wanted: Array, points: int) -> tuple[NDArray[np.intp], Array]:
    """Which known points each wanted one is interpolated from, the nearest ones, and their Lagrange weights.

    Both arrays have the shape (wanted, points), or fewer points where fewer are known, which are in order.
    """
    count = min(points, len(known))
    order, at = (known, wanted) if known[0] <= known[-1] else (-known, -wanted)
    first = np.clip(np.searchsorted(order, at) - count // 2, 0, len(known) - count)
    index = first[:, None] + np.arange(count)
    weights = np.ones(index.shape)
    for i in range(count):
        for j in range(count):
            if j != i:
                weights[:, i] *= (wanted - known[first + j]) / (known[first + i] - known[first + j])
    return index, np.where(np.abs(weights) < 1e-14, 0.0, weights)


def lagrange(known: Array, wanted: Array, points: int = 4) -> Array:
    """The same as a matrix, shape (wanted, known)."""
    index, weights = stencil(known, wanted, points)
    matrix = np.zeros((len(wanted), len(known)))
    np.put_along_axis(matrix, index, weights, axis=1)
    return matrix
