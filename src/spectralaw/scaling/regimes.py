"""Stretches with one local exponent, and the crossovers between them.

Asymptotic slopes of overlapping breaks are not exponents; the local exponent of the fitted law is.
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from spectralaw.scaling.laws import Array
from spectralaw.scaling.model import Model
from spectralaw.scaling.records import Crossover, Regime

SHORTEST = 0.5  # decades
_WITHIN = 0.05  # of the mean exponent
_PER_DECADE = 80
_DISTINCT = 0.1  # neighbours whose exponents differ by less have no crossover between them


def regimes(model: Model) -> tuple[Regime, ...]:
    """Regimes of a law of one variable, from small x to large."""
    grid = _grid(model)
    value, gradient = model.law.local_exponent(model.theta, grid)
    samples = None if model.replicates is None else model.law.local_exponent(model.replicates, grid)[0]
    found = []
    for first, last in _stretches(grid, value[0]):
        part = slice(first, last + 1)
        mean = float(value[0, part].mean())
        if samples is not None:
            low, high = model.percentiles(samples[:, part].mean(axis=1))
        else:
            _, low, high = model.of(mean, gradient[0][:, part].mean(axis=1), None)
        ends = np.exp(grid[[first, last]] + model.frame.centres[0])
        found.append(Regime(float(ends[0]), float(ends[1]), mean, (float(low), float(high))))
    return tuple(found)


def crossovers(model: Model, found: tuple[Regime, ...]) -> tuple[Crossover, ...]:
    """Where the local exponent is halfway between neighbouring regimes.

    The interval is the delta method's; the level that is crossed moves with the parameters too.
    """
    out = []
    for one, two in pairwise(found):
        change = two.exponent - one.exponent
        if abs(change) < _DISTINCT:
            continue
        ends = np.log([math.sqrt(one.low * one.high), math.sqrt(two.low * two.high)]) - model.frame.centres[0]
        grid = np.linspace(ends[0], ends[1], 400)
        value = model.law.local_exponent(model.theta, grid)[0]
        place, *spread = (float(_crossing(grid, value, one.exponent + share * change)[0]) for share in (0.5, 0.1, 0.9))
        if not np.all(np.isfinite([place, *spread])):
            continue
        if model.replicates is not None:
            middle = 0.5 * (_mean(model, model.replicates, one)[0] + _mean(model, model.replicates, two)[0])
            places = _crossing(grid, model.law.local_exponent(model.replicates, grid)[0], middle[:, None])
            low, high = model.percentiles(places[np.isfinite(places)])
        else:
            here, gradient = model.law.local_exponent(model.theta, np.array([place - 1e-4, place, place + 1e-4]))
            middle = 0.5 * (_mean(model, model.theta, one)[1][0] + _mean(model, model.theta, two)[1][0])
            bend = (here[0, 2] - here[0, 0]) / 2e-4
            _, low, high = model.of(place, (middle - gradient[0][:, 1]) / bend, None)
        with np.errstate(over="ignore"):
            x, low, high = (float(np.exp(part + model.frame.centres[0])) for part in (place, low, high))
        out.append(Crossover(x, low, high, abs(spread[1] - spread[0]) / math.log(10.0)))
    return tuple(out)


def _mean(model: Model, theta: Array, regime: Regime) -> tuple[Array, Array]:
    """Mean local exponent over a regime, and its gradient, for each parameter vector."""
    low, high = np.log([regime.low, regime.high]) - model.frame.centres[0]
    grid = np.linspace(low, high, _PER_DECADE)
    value, gradient = model.law.local_exponent(theta, grid)
    return value.mean(axis=1), gradient.mean(axis=2)


def _grid(model: Model) -> Array:
    low, high = model.low[0] - model.frame.centres[0], model.high[0] - model.frame.centres[0]
    return np.linspace(low, high, max(int((high - low) / math.log(10.0) * _PER_DECADE), 2) + 1)


def _stretches(grid: Array, slope: Array) -> list[tuple[int, int]]:
    """Longest first, then what is left on either side, in the order of x."""
    needed = SHORTEST * math.log(10.0) * (1.0 - 1e-9)
    spans, todo = [], [(0, len(grid) - 1)]
    while todo:
        start, stop = todo.pop()
        if start >= stop or grid[stop] - grid[start] < needed:
            continue
        best = (start, start)
        last = start
        for first in range(start, stop + 1):
            last = max(last, first)
            while last < stop and _steady(slope[first : last + 2]):
                last += 1
            if last - first > best[1] - best[0]:
                best = (first, last)
        if grid[best[1]] - grid[best[0]] < needed:
            continue
        spans.append(best)
        todo += [(start, best[0] - 1), (best[1] + 1, stop)]
    return sorted(spans)


def _steady(slope: Array) -> bool:
    mean = slope.mean()
    return bool(slope.max() - mean <= _WITHIN and mean - slope.min() <= _WITHIN)


def _crossing(grid: Array, values: Array, level: float | Array) -> Array:
    """First crossing of ``level`` in each row, by linear interpolation; infinite where there is none."""
    above = np.atleast_2d(values) - level
    change = (above[:, :-1] * above[:, 1:] <= 0.0) & (above[:, :-1] != above[:, 1:])
    first = np.argmax(change, axis=1)
    rows = np.arange(len(above))
    left, right = above[rows, first], above[rows, first + 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        place = grid[first] + (grid[1] - grid[0]) * left / (left - right)
    return np.where(change.any(axis=1), place, np.inf)
