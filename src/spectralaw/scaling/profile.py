"""Profile intervals: {θ_j : 2 (F_j(θ_j) − F)/κ ≤ t²}, every end a batch of refits with θ_j held.

Ends are sought from the estimate outwards by doubling steps, then by secant steps; an end never reached is open.
"""

from __future__ import annotations

import numpy as np

from spectralaw.scaling.covariance import Errors
from spectralaw.scaling.laws import Array, Frame
from spectralaw.scaling.levenberg import minimise
from spectralaw.scaling.solve import Solution

_DOUBLINGS = 14
_ROUNDS = 20
_CLOSE = 1e-4  # of the root of the rise, at which an end is found
_ENOUGH = 1e-8  # relative decrease of the objective that no longer moves an end


def profile(solution: Solution, spread: Errors, quantile: float) -> tuple[Array, Array]:
    """Ends of the interval of every parameter, as the law carries it but with amplitudes in the user's frame.

    Amplitudes are profiled in the user's units: about a centre at x = 1 they are parameters of their own.
    """
    law, points = solution.law, solution.points
    low, high = np.full(law.size, -np.inf), np.full(law.size, np.inf)
    amplitudes = np.array([name in ("A", "B") for name in law.parameters])
    here = _ends(solution.theta, solution, spread, points, quantile, solution.loose & ~amplitudes)
    for j, a, b in here:
        low[j], high[j] = a, b
    for variable, name in enumerate(("A", "B")):
        if name not in law.parameters:
            continue
        j = law.parameters.index(name)
        if not solution.loose[j]:
            continue
        centres = tuple(0.0 if k == variable else c for k, c in enumerate(points.frame.centres))
        frame = Frame(centres, points.frame.level)
        theta = law.move(solution.theta, points.frame, frame)
        chosen = np.arange(law.size) == j
        for _, a, b in _ends(theta, solution, spread, points.reframe(frame), quantile, chosen):
            low[j], high[j] = a, b
    return low, high


def _ends(theta, solution, spread, points, quantile, chosen) -> list[tuple[int, float, float]]:
    law = solution.law
    index = np.flatnonzero(chosen)
    if not len(index):
        return []
    bounds = law.bounds(points.u)
    level = solution.objective + 0.5 * spread.kappa * quantile**2
    errors = np.sqrt(np.maximum(np.diag(spread.wald), 0.0))
    # moved frames mix amplitude and exponent: their own error comes from the transformation
    if points.frame != solution.points.frame:
        matrix = np.linalg.solve(law.to_user(points.frame)[0], law.to_user(solution.points.frame)[0])
        errors = np.sqrt(np.maximum(np.diag(matrix @ spread.wald @ matrix.T), 0.0))
    j = np.concatenate([index, index])
    side = np.repeat([-1.0, 1.0], len(index))
    step = np.maximum(errors[j] * quantile, 1e-9 * (1.0 + np.abs(theta[j])))
    step = np.where(errors[j] == 0.0, 0.1, step)
    rows = np.arange(len(j))
    fixed = np.zeros((len(j), law.size), dtype=bool)
    fixed[:, ~solution.loose] = True
    fixed[rows, j] = True
    inner = theta[j].copy()
    outer = np.full(len(j), np.nan)
    wall = np.where(side < 0, bounds[0][j], bounds[1][j])
    open_end = np.zeros(len(j), dtype=bool)
    current = np.repeat(theta[None], len(j), axis=0)
    best_inner = current.copy()

    deep, tall = np.zeros(len(j)), np.full(len(j), np.inf)
    gap = max(level - solution.objective, 1e-300)

    def rise(height: Array) -> Array:
        return np.sqrt(np.maximum(height - solution.objective, 0.0) / gap)

    def climb(rows: np.ndarray, values: Array, warm: Array) -> tuple[Array, Array]:
        start = warm.copy()
        start[np.arange(len(rows)), j[rows]] = values
        ends = minimise(law, points, start, solution.delta, fixed=fixed[rows], bounds=bounds, steps=150, enough=_ENOUGH)
        return ends.objective, ends.theta

    active = rows
    for _ in range(_DOUBLINGS):
        if not len(active):
            break
        target = inner[active] + side[active] * step[active]
        beyond = (target - wall[active]) * side[active] >= 0.0
        target = np.where(beyond, wall[active], target)
        height, there = climb(active, target, best_inner[active])
        over = height > level
        root = rise(height)
        outer[active[over]], tall[active[over]] = target[over], root[over]
        stay = active[~over]
        inner[stay], deep[stay], best_inner[stay] = target[~over], root[~over], there[~over]
        open_end[active[~over & beyond]] = True
        active = active[~over & ~beyond]
        step[active] *= 2.0
    open_end[active] = True
    active = np.flatnonzero(~np.isnan(outer))
    for round_ in range(_ROUNDS):
        if not len(active):
            break
        # the signed root of the rise is nearly linear in the parameter: secant steps, kept inside the bracket
        share = (1.0 - deep[active]) / np.maximum(tall[active] - deep[active], 1e-300)
        share = np.clip(share, 0.05, 0.95) if round_ % 3 < 2 else np.full(len(active), 0.5)
        middle = inner[active] + share * (outer[active] - inner[active])
        height, there = climb(active, middle, best_inner[active])
        root = rise(height)
        over = height > level
        outer[active[over]], tall[active[over]] = middle[over], root[over]
        stay = active[~over]
        inner[stay], deep[stay], best_inner[stay] = middle[~over], root[~over], there[~over]
        width = np.abs(outer[active] - inner[active]) / np.maximum(np.abs(outer[active] - theta[j[active]]), 1e-300)
        done = (np.abs(root - 1.0) < _CLOSE) | (width < 1e-5)
        inner[active[done]] = middle[done]
        active = active[~done]
    ends = np.where(open_end, side * np.inf, inner)
    # the lower end of a plateau is the bound itself: E = 0 is a value, not an open end
    zero = open_end & (side < 0) & np.array([law.parameters[k] == "E" for k in j])
    ends[zero] = 0.0
    half = len(index)
    return [(int(k), float(ends[i]), float(ends[i + half])) for i, k in enumerate(index)]
