"""When data cannot carry a law: before the fit from their design, after it from the fit itself."""

from __future__ import annotations

import numpy as np

from spectralaw.scaling.intervals import Intervals
from spectralaw.scaling.laws import Law
from spectralaw.scaling.objective import Points
from spectralaw.scaling.records import FitStatus
from spectralaw.scaling.solve import Solution

Verdict = tuple[FitStatus, str]

_FEWEST_TWO = 8
_DISTINCT, _DISTINCT_TWO = 4, 3
_DECADES = {"power": 0.5, "plateau": 1.0, "broken": 0.5, "broken_plateau": 0.5}
_CONDITION = 120.0  # of the scaled Jacobian of the law of two variables: a free grid gives 20 to 35, D = 20 N above 130
_VAGUE = 0.5  # relative standard error of an exponent


def before(law: Law, points: Points, fixed: int = 0) -> Verdict | None:
    """Whether the design of the data is enough for ``law``; None if it is."""
    least = law.size - fixed + 2
    if law.name == "chinchilla":
        least = max(least, _FEWEST_TWO - fixed)
    elif law.name == "chinchilla_tied":  # made for five small runs (arXiv:2403.08540)
        least = law.size - fixed + 1
    title = law.name if not law.breaks else f"{law.name} with {law.breaks} break{'s' if law.breaks > 1 else ''}"
    if points.n < least:
        return FitStatus.TOO_FEW_POINTS, f"{title} needs {least} points, not {points.n}: measure at more x"
    distinct = _DISTINCT_TWO if law.two_variables else _DISTINCT
    for name, values in zip(points.names, points.u, strict=True):
        count = len(np.unique(np.round(values, 9)))
        if count < distinct:
            return (
                FitStatus.TOO_FEW_VALUES,
                f"{title} needs {distinct} distinct values of {name}, not {count}: measure at more of them",
            )
    if not law.two_variables:
        decades, needed = float(points.decades()[0]), _DECADES[law.name]
        if decades < needed - 1e-9:
            return (
                FitStatus.TOO_FEW_DECADES,
                f"{title} needs x over {needed:g} decades, not {decades:.2g}: measure at smaller or larger x",
            )
    return None


def after(solution: Solution, found: Intervals | None) -> Verdict | None:
    """Whether a fit says what its parameters are; None if it does."""
    law, theta = solution.law, solution.theta
    if not solution.converged:
        return (
            FitStatus.NOT_CONVERGED,
            f"the optimiser stopped at a relative gradient of {solution.gradient:.1g}: report this case",
        )
    if not law.two_variables:
        ends = solution.points.u[0, [int(np.argmin(solution.points.u)), int(np.argmax(solution.points.u))]]
        fall = np.diff(law.value(theta, ends[None])[0])[0]
        if fall >= 0.0:
            return FitStatus.NOT_DECREASING, "y does not fall with x: a scaling law needs a loss that falls"
    if found is None:
        return None
    if law.two_variables and found.errors.condition > _CONDITION:
        return (
            FitStatus.NOT_IDENTIFIABLE,
            f"N and D vary together (condition {found.errors.condition:.0f} > {_CONDITION:g}), so that their exponents "
            "cannot be told apart: measure several D at each of several N",
        )
    if solution.exact:
        return None
    for name in law.exponents:
        estimate = found.parameters[name]
        if estimate.method == "fixed":
            continue
        j = law.parameters.index(name)
        bound = solution.at_bound[j]
        vague = np.sqrt(found.errors.wald[j, j]) > _VAGUE * abs(theta[j])
        open_end = not (np.isfinite(estimate.low) and np.isfinite(estimate.high))
        if bound or vague or open_end:
            advice = "measure several D at each of several N" if law.two_variables else "measure over more decades"
            return (
                FitStatus.NOT_IDENTIFIABLE,
                f"the data do not determine {name}: {advice}, or with less noise",
            )
    return None
