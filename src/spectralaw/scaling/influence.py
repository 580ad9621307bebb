"""Points without which an exponent moves by more than its standard error."""

from __future__ import annotations

import numpy as np

from spectralaw.scaling.covariance import Errors
from spectralaw.scaling.levenberg import minimise
from spectralaw.scaling.objective import psi
from spectralaw.scaling.records import Influence
from spectralaw.scaling.solve import Solution

_ALL = 60  # up to so many points each is left out in turn; beyond, only those that one Newton step finds
_LOOK = 0.4
_LIMIT = 1.0


def influence(solution: Solution, spread: Errors) -> tuple[Influence, ...]:
    """Leave out one point at a time and refit."""
    points, law = solution.points, solution.law
    index = [law.parameters.index(name) for name in law.exponents if solution.loose[law.parameters.index(name)]]
    if solution.exact or not index or points.n - 1 < solution.free + 1:
        return ()
    error = np.sqrt(np.diag(spread.wald))[index]
    if not np.all(error > 0.0):
        return ()
    rows = np.arange(points.n)
    if points.n > _ALL:
        residuals, jacobian = points.residuals(law, solution.theta)
        slope = points.weights * psi(residuals, np.array([solution.delta]))[0]
        step = np.abs(spread.wald @ (jacobian[0] * slope))[index] / spread.kappa
        rows = np.flatnonzero(np.any(step > _LOOK * error[:, None], axis=0))
        if not len(rows):
            return ()
    weights = np.repeat(points.weights[None], len(rows), axis=0)
    weights[np.arange(len(rows)), rows] = 0.0
    begin = np.repeat(solution.theta[None], len(rows), axis=0)
    held = np.broadcast_to(~solution.loose, begin.shape)
    ends = minimise(law, points, begin, solution.delta, weights, held, enough=1e-10)
    shift = (ends.theta[:, index] - solution.theta[index]) / error
    return tuple(
        Influence(int(row), law.parameters[j], float(shift[i, k]))
        for i, row in enumerate(rows)
        for k, j in enumerate(index)
        if abs(shift[i, k]) > _LIMIT
    )
