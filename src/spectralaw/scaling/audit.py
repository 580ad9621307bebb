"""The rolling audit: each law fitted without the far end of the data, and held against it."""

from __future__ import annotations

import math

import numpy as np

from spectralaw.errors import InvalidInput
from spectralaw.scaling.levenberg import minimise
from spectralaw.scaling.objective import Points
from spectralaw.scaling.records import Audit
from spectralaw.scaling.solve import Solution
from spectralaw.scaling.starts import starts

_FEW = 12
_POOL, _STEPS = 4, 150
_SHARES = (0.1, 0.2)  # of the places with the largest compute, for the law of two variables


def audit(solution: Solution, holdout: object = "auto", fixed: dict[str, float] | None = None) -> tuple[Audit, ...]:
    """One :class:`Audit` for each number of held-out places; only where enough points would be left."""
    points, law = solution.points, solution.law
    order = _order(points)
    places = int(order.max()) + 1
    out = []
    for count in _counts(holdout, places, law.two_variables):
        kept = order < places - count
        if places - count < solution.free + 1:
            continue
        refit = _refit(solution, kept, fixed)
        left = ~kept
        residuals = law.value(refit, points.u[:, left])[0] - points.v[left]
        along = points.u.sum(axis=0)
        reach = (along[left].max() - along[kept].max()) / math.log(10.0)
        error = math.sqrt(float(np.mean(residuals**2)))
        out.append(Audit(int(left.sum()), float(reach), error, float(np.mean(residuals))))
    return tuple(out)


def _refit(solution: Solution, kept: np.ndarray, fixed: dict[str, float] | None) -> np.ndarray:
    """The best fit of some of the points: from the minima of the full fit, and from new starts where they are few."""
    law, points = solution.law, solution.points.take(kept)
    begin = solution.pool[:_POOL]
    if law.breaks == 0:
        begin = np.concatenate([begin, starts(law, points, fixed)])
    held = np.broadcast_to(~solution.loose, begin.shape)
    ends = minimise(law, points, begin, solution.delta, fixed=held, steps=_STEPS, enough=1e-10)
    return ends.theta[int(np.argmin(ends.objective))]


def _order(points: Points) -> np.ndarray:
    """Rank of each point's place along x, or along the compute N·D; points at one place go together."""
    along = np.round(points.u.sum(axis=0), 9)
    return np.unique(along, return_inverse=True)[1]


def _counts(holdout: object, places: int, two: bool) -> tuple[int, ...]:
    if holdout is None or holdout is False or holdout == 0:
        return ()
    if isinstance(holdout, str):
        if holdout != "auto":
            raise InvalidInput(f"holdout must be 'auto', a number of points, or a list of them, not {holdout!r}")
        if two:
            return tuple(sorted({max(1, round(share * places)) for share in _SHARES}))
        return (1, 2, 3) if places <= _FEW else (max(2, places // 20), max(4, places // 10))
    counts = np.atleast_1d(np.asarray(holdout))
    if counts.dtype.kind not in "iu" or np.any(counts < 1) or np.any(counts >= places):
        raise InvalidInput(f"holdout must be whole numbers from 1 to {places - 1}, not {holdout!r}")
    return tuple(int(count) for count in counts)
