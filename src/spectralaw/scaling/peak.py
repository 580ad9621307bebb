"""Whether the curve has a peak (double descent), which no law that falls can carry."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from spectralaw.scaling.laws import Array
from spectralaw.scaling.objective import NORMAL_MEDIAN, Points
from spectralaw.scaling.records import Peak

_REPEATED, _ESTIMATED = 4.0, 6.0  # rises in units of σ, where σ is from repeated measurements or from differences
_SMALLEST = 0.02  # rise of log y below which nothing is said
_FEWEST = 5


@dataclass(frozen=True)
class Shape:
    """What the curve looks like."""

    peak: Peak | None
    lowest: float | None
    """x of the lowest value before the peak."""
    at_end: bool
    """Whether the curve still rises at its end."""
    high: float | None
    """x of a single point far above both its neighbours: an outlier or a peak."""


def shape(points: Points, xs: Array) -> Shape:
    """Peak of a curve of one variable.

    m is the running median of three of log y; the rise is max_i (m_i − min_{j<i} m_j). It counts from 4 σ with σ from
    repeated points, and from 6 σ̂ and 2 % with σ̂ = 1.4826 median |second difference| / √6.
    """
    places, index, counts = np.unique(xs, return_inverse=True, return_counts=True)
    count = len(places)
    if count < _FEWEST:
        return Shape(None, None, False, None)
    v = np.bincount(index, points.v) / counts
    repeated = int(np.sum(counts - 1)) >= count
    if repeated:
        spread = np.bincount(index, (points.v - v[index]) ** 2).sum() / (counts.sum() - count)
        sigma, least = math.sqrt(spread / counts.mean()), _REPEATED
    else:
        sigma = NORMAL_MEDIAN * float(np.median(np.abs(np.diff(v, 2)))) / math.sqrt(6.0)
        least = _ESTIMATED
    smooth = np.median(np.lib.stride_tricks.sliding_window_view(v, 3), axis=1)
    before = np.minimum.accumulate(smooth)
    rises = smooth[1:] - before[:-1]
    top = int(np.argmax(rises)) + 1
    rise = float(rises[top - 1])
    floor = least * sigma
    if rise > max(floor, _SMALLEST if not repeated else 1e-12):
        where = top + int(np.argmax(v[top : top + 3]))  # smooth[i] stands for points i, i+1, i+2
        lowest = int(np.argmin(v[:where]))
        at_end = where >= count - 2
        if not (at_end and lowest <= 1):
            z = rise / sigma if sigma > 0.0 else math.inf
            return Shape(Peak(float(places[where]), rise, z), float(places[lowest]), at_end, None)
        return Shape(None, None, True, None)
    over = v[1:-1] - np.maximum(v[:-2], v[2:])
    k = int(np.argmax(over))
    high = float(places[k + 1]) if over[k] > max(_ESTIMATED * sigma, _SMALLEST) else None
    return Shape(None, None, False, high)
