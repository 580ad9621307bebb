"""Eigenvalues of diag(d) − u uᵀ, each to its own last digits however small it is beside the largest.

They are the zeros of 1 − Σ u_j²/(d_j − s), one between any two neighbouring d and one below the smallest. Each is found
as its distance to the nearer end of its interval, so that differences d_j − s keep all their digits: a dense
eigenvalue solver promises the last digits of the largest only.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spectralaw.errors import ConvergenceFailure

Array = NDArray[np.float64]
_ROWS = 2**20  # entries of a table of roots by poles that are worked on at once
_ROUNDS = 200


def zeros(poles: Array, squares: Array) -> tuple[Array, Array]:
    """Zeros s of 1 − Σ u²/(d − s), and Σ u²/(d − s)² there.

    Parameters
    ----------
    poles
        d, descending, positive and different (n,).
    squares
        u² > 0 (n,), with Σ u²/d < 1, which makes all zeros positive.

    Raises
    ------
    ConvergenceFailure
        When a zero is not found to rounding.
    """
    found = np.empty((2, poles.size))
    height = max(_ROWS // poles.size, 1)
    for first in range(0, poles.size, height):
        rows = np.arange(first, min(first + height, poles.size))
        found[:, rows] = _rows(poles, squares, rows)
    return found[0], found[1]


def _rows(poles: Array, squares: Array, rows: NDArray[np.intp]) -> tuple[Array, Array]:
    upper, lower = poles[rows], np.append(poles, 0.0)[rows + 1]
    half = 0.5 * (upper - lower)
    middle = np.sum(squares / ((poles - lower[:, None]) - half[:, None]), axis=1) - 1.0
    from_lower = middle >= 0.0  # the function grows from −∞ (or from below zero at s = 0) to +∞
    origin = np.where(from_lower, lower, upper)
    away = np.where(from_lower, 1.0, -1.0)
    gaps = poles - origin[:, None]
    low, high, t = np.zeros(rows.size), half.copy(), np.zeros(rows.size)  # t = |s − origin|
    at_pole = from_lower & (rows + 1 < poles.size) | ~from_lower
    nearest = np.where(from_lower, np.minimum(rows + 1, poles.size - 1), rows)
    others = np.broadcast_to(squares, gaps.shape).copy()
    others[np.flatnonzero(at_pole), nearest[at_pole]] = 0.0
    own = np.where(at_pole, squares[nearest], 0.0)
    left = np.arange(rows.size)
    for _ in range(_ROUNDS):
        now, sign = t[left], away[left]
        distance = gaps[left] - (sign * now)[:, None]
        terms = np.divide(others[left], distance, out=np.zeros_like(distance), where=others[left] > 0.0)
        rest = sign * (terms.sum(axis=1) - 1.0)
        bend = np.sum(np.divide(terms, distance, out=np.zeros_like(distance), where=terms != 0.0), axis=1)
        pole = at_pole[left]
        # smooth and growing in t: (function × t) beside a pole, the function itself beside s = 0
        value = np.where(pole, rest * now - own[left], rest)
        slope = np.where(pole, rest + now * bend, bend)
        low[left] = np.where(value <= 0.0, now, low[left])
        high[left] = np.where(value >= 0.0, now, high[left])
        new = now - value / np.where(slope > 0.0, slope, np.inf)
        outside = ~((new > low[left]) & (new < high[left])) | (slope <= 0.0)
        new = np.where(outside, 0.5 * (low[left] + high[left]), new)
        t[left] = np.where(value == 0.0, now, new)
        left = left[np.abs(new - now) > 4e-16 * np.abs(new)]
        if left.size == 0:
            break
    else:
        raise ConvergenceFailure(f"{left.size} decay rates were not found to rounding in {_ROUNDS} rounds")
    distance = gaps - (away * t)[:, None]
    return origin + away * t, np.sum(squares / distance**2, axis=1)
