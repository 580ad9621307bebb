"""The pairs bootstrap: points (or whole runs) drawn with replacement, every replicate refitted from the fit."""

from __future__ import annotations

import numpy as np

from spectralaw.errors import InvalidInput
from spectralaw.scaling.laws import Array
from spectralaw.scaling.levenberg import minimise
from spectralaw.scaling.objective import Points
from spectralaw.scaling.solve import Solution

_REDRAWS = 1000
_ENOUGH = 1e-10


def bootstrap(solution: Solution, replicates: int, seed: int) -> Array:
    """Parameter vectors of the replicates, shape (replicates, parameters).

    Drawing is counting: a replicate is the same points with other weights. Replicates with fewer than p + 1 distinct
    places are drawn again.
    """
    points = solution.points
    counts = draw(points, solution.free + 1, replicates, np.random.default_rng(seed))
    begin = np.repeat(solution.theta[None], replicates, axis=0)
    held = np.broadcast_to(~solution.loose, begin.shape)
    return minimise(solution.law, points, begin, solution.delta, points.weights * counts, held, enough=_ENOUGH).theta


def draw(points: Points, fewest: int, replicates: int, random: np.random.Generator) -> Array:
    """How often each point is in each replicate, shape (replicates, n)."""
    groups = np.arange(points.n) if points.groups is None else points.groups
    members = int(groups.max()) + 1
    places = np.unique(points.u, axis=1, return_inverse=True)[1].ravel()
    if places.max() + 1 < fewest or (points.groups is not None and members < 2):
        raise InvalidInput(f"bootstrap needs at least {fewest} distinct places in 2 groups, not {places.max() + 1}")
    out = np.empty((replicates, points.n))
    left = np.arange(replicates)
    indicator = np.zeros((points.n, places.max() + 1))
    indicator[np.arange(points.n), places] = 1.0
    for _ in range(_REDRAWS):
        drawn = random.multinomial(members, np.full(members, 1.0 / members), size=len(left))
        out[left] = drawn[:, groups]
        distinct = np.count_nonzero((out[left] > 0) @ indicator, axis=1)
        left = left[distinct < fewest]
        if not len(left):
            return out
    raise InvalidInput("bootstrap: the groups hold too few distinct places to draw replicates that can be fitted")
