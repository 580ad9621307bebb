"""The pairs bootstrap: points (or whole runs) drawn with replacement, every replicate refitted from the fit."""

from __future__ import annotations

import numpy as np

from spectralaw.errors import InvalidInput
from spectralaw.scaling.laws import Array
from spectralaw.scaling.levenberg import minimise
from spectralaw.scaling.objective import Points
from spectralaw.scaling.solve import Solution

_REDRAWS = 1000
_NUMBERS = 4_000_000  # counts in memory at once
_ENOUGH = 1e-10


def bootstrap(solution: Solution, replicates: int, seed: int) -> Array:
    """Parameter vectors of the replicates, shape (replicates, parameters).

    Drawing is counting: a replicate is the same points with other weights. Replicates with fewer than p + 1 distinct
    places are drawn again.
    """
    points = solution.points
    random = np.random.default_rng(seed)
    held = ~solution.loose
    out = []
    for left in range(replicates, 0, -max(1, _NUMBERS // points.n)):
        counts = draw(points, solution.free + 1, min(left, max(1, _NUMBERS // points.n)), random)
        begin = np.repeat(solution.theta[None], len(counts), axis=0)
        weights = points.weights * counts
        out.append(minimise(solution.law, points, begin, solution.delta, weights, held, enough=_ENOUGH).theta)
    return np.concatenate(out)


def draw(points: Points, fewest: int, replicates: int, random: np.random.Generator) -> Array:
    """How often each point is in each replicate, shape (replicates, n)."""
    groups = np.arange(points.n) if points.groups is None else points.groups
    members = int(groups.max()) + 1
    places = np.unique(points.u, axis=1, return_inverse=True)[1].ravel()
    if places.max() + 1 < fewest or (points.groups is not None and members < 2):
        raise InvalidInput(f"bootstrap needs at least {fewest} distinct places in 2 groups, not {places.max() + 1}")
    out = np.empty((replicates, points.n))
    left = np.arange(replicates)
    order = np.argsort(places, kind="stable")
    first = np.searchsorted(places[order], np.arange(places.max() + 1))
    for _ in range(_REDRAWS):
        drawn = random.multinomial(members, np.full(members, 1.0 / members), size=len(left))
        out[left] = drawn[:, groups]
        distinct = np.count_nonzero(np.maximum.reduceat(out[left][:, order], first, axis=1), axis=1)
        left = left[distinct < fewest]
        if not len(left):
            return out
    raise InvalidInput("bootstrap: the groups hold too few distinct places to draw replicates that can be fitted")
