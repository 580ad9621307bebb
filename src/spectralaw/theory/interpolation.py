"""Interpolation between the points of a coarse grid and those of a fine one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def lagrange(known: Array, wanted: Array, points: int = 4) -> Array:
    """Matrix of the interpolation through the nearest known points, as many as there are up to ``points``."""
    count = min(points, len(known))
    order = known if known[0] <= known[-1] else -known
    at = wanted if known[0] <= known[-1] else -wanted
    first = np.clip(np.searchsorted(order, at) - count // 2, 0, len(known) - count)
    matrix = np.zeros((len(wanted), len(known)))
    rows = np.arange(len(wanted))
    for i in range(count):
        weight = np.ones(len(wanted))
        for j in range(count):
            if j != i:
                weight *= (wanted - known[first + j]) / (known[first + i] - known[first + j])
        matrix[rows, first + i] = np.where(np.abs(weight) < 1e-14, 0.0, weight)
    return matrix
