"""From the trials to the result: which numbers may be shown, and what must be said with them."""

from __future__ import annotations

import math
import platform
from typing import Any

import numpy as np
import scipy

from spectralaw._version import __version__
from spectralaw.scaling.influence import influence
from spectralaw.scaling.intervals import Intervals
from spectralaw.scaling.laws import Array
from spectralaw.scaling.objective import Points
from spectralaw.scaling.optimum import exponent_a
from spectralaw.scaling.peak import Shape
from spectralaw.scaling.records import Certificate, FitStatus, Note
from spectralaw.scaling.refusals import Verdict, after
from spectralaw.scaling.regimes import SHORTEST, crossovers, regimes
from spectralaw.scaling.result import ScalingFit
from spectralaw.scaling.selection import Options, Trial, quick, spread
from spectralaw.scaling.solve import Solution

_WARM_UP = 4.0  # σ̂ by which a first point must be off
CITATIONS = {
    "chinchilla": ("2203.15556", "2404.10102"),
    "chinchilla_tied": ("2403.08540", "2203.15556"),
    "broken": ("2210.14891",),
    "broken_plateau": ("2210.14891",),
    "power": (),
    "plateau": (),
}
_EVERY = ("2209.06640",)


def assemble(
    points: Points,
    xs: Array,
    ys: Array,
    options: Options,
    trials: list[Trial],
    chosen: Trial,
    forecaster: Trial,
    loss: str,
    seen: Shape,
) -> ScalingFit:
    """The result of the chosen law."""
    verdict = quick(chosen, options)
    solution = chosen.solution
    found = None
    if verdict is None and solution is not None:
        found = spread(chosen, options)
        verdict = after(solution, found)
    base = _base(points, xs, ys, options, chosen.law.name, loss)
    base["candidates"] = tuple(trial.candidate() for trial in trials)
    base.update(_solved(solution, found, options, loss))
    if verdict is not None or found is None or solution is None:
        assert verdict is not None
        notes = _notes(points, xs, seen)
        return ScalingFit(**_refused(base, verdict, notes, None, {}))
    ahead = found if forecaster is chosen else spread(forecaster, options)
    influential = influence(solution, found.errors)
    one = not chosen.law.two_variables
    stretches = regimes(found.model) if one else ()
    exponents = {name: found.parameters[name] for name in chosen.law.exponents}
    if not one:
        exponents["a"] = exponent_a(found.model)
    plateau = found.parameters.get("E")
    notes = _notes(points, xs, seen, solution, found, influential)
    base.update(
        status=FitStatus.CONVERGED,
        message=_sentence(chosen, found),
        notes=tuple(note for note, _ in notes),
        remarks=tuple(remark for _, remark in notes),
        parameters=found.parameters,
        exponents=exponents,
        plateau=plateau,
        regimes=stretches,
        crossovers=crossovers(found.model, stretches) if one else (),
        peak=None,
        residuals=points.v - chosen.law.value(solution.theta, points.u)[0],
        influence=influential,
        audit=forecaster.audit,
        forecast_law=_title(forecaster),
        interval=found.method,
        model=found.model,
        forecaster=ahead.model,
        solution=solution,
        errors=found.errors,
    )
    return ScalingFit(**base)


def refuse(
    points: Points, xs, ys, options: Options, law: str, loss: str, seen: Shape, parts: dict[str, ScalingFit]
) -> ScalingFit:
    """The result of a curve with a peak: no law over the whole range, and the fits beside it."""
    assert seen.peak is not None
    base = _base(points, xs, ys, options, law, loss)
    where = f"the curve has a peak at x = {seen.peak.x:.3g}"
    if seen.at_end:
        verdict = FitStatus.PEAK, f"{where}, at the end of the data: measure beyond it"
    else:
        verdict = FitStatus.PEAK, f"{where}: no law holds over the whole range; see the fits beside it in parts"
    out = _refused(base, verdict, _notes(points, xs, seen), seen, parts)
    usable = [part for part in parts.values() if part.status.is_result]
    out["regimes"] = tuple(regime for part in usable for regime in part.regimes)
    out["crossovers"] = tuple(cross for part in usable for cross in part.crossovers)
    if "right" in parts:
        out["law"] = parts["right"].law
    return ScalingFit(**out)


def _base(points: Points, xs, ys, options: Options, law: str, loss: str) -> dict[str, Any]:
    versions = {
        "spectralaw": __version__,
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "python": platform.python_version(),
    }
    return dict(
        law=law, loss=loss, n=points.n, n_dropped={}, seed=options.seed, level=options.level, versions=versions,
        citations=(*CITATIONS.get(law, ()), *_EVERY), x=xs, y=ys, interval=options.interval, candidates=(),
        objective=None, delta=None, sigma=None, certificate=None, starts_agreeing=None,
    )  # fmt: skip


def _solved(solution: Solution | None, found: Intervals | None, options: Options, loss: str) -> dict[str, Any]:
    if solution is None:
        return {}
    absolute = loss == "absolute"
    objective = solution.objective / solution.delta if absolute else solution.objective
    condition = None if found is None else found.errors.condition
    return dict(
        objective=objective,
        delta=solution.delta if loss == "huber" else None,
        sigma=solution.sigma,
        certificate=Certificate(solution.gradient, condition, solution.starts, solution.agreeing),
        starts_agreeing=solution.agreeing,
    )


def _refused(base: dict[str, Any], verdict: Verdict, notes, seen: Shape | None, parts) -> dict[str, Any]:
    return dict(
        base, status=verdict[0], message=verdict[1], notes=tuple(note for note, _ in notes),
        remarks=tuple(remark for _, remark in notes), parameters={}, exponents={}, plateau=None, regimes=(),
        crossovers=(), peak=None if seen is None else seen.peak, residuals=np.empty(0), influence=(), audit=(),
        forecast_law=None, parts=parts,
    )  # fmt: skip


def _title(trial: Trial) -> str:
    return trial.law.name


def _sentence(trial: Trial, found: Intervals) -> str:
    law = trial.law
    title = f"{law.name} with {law.breaks} break{'s' if law.breaks != 1 else ''}" if law.breaks else law.name
    return f"{title}, intervals by {found.method}"


def _notes(
    points: Points,
    xs,
    seen: Shape,
    solution: Solution | None = None,
    found: Intervals | None = None,
    influential: tuple = (),
) -> list[tuple[Note, str]]:
    out = []
    if seen.high is not None:
        out.append((Note.ONE_POINT_HIGH, f"the point at x = {seen.high:.4g} is high: outlier or peak, repeat it"))
    if points.correlated:
        out.append(
            (Note.CORRELATED_POINTS, "points of one run are correlated: intervals are right only from whole runs")
        )
    if solution is None or found is None:
        return out
    law = solution.law
    plateau = found.parameters.get("E")
    if plateau is not None and plateau.low <= 0.0 and plateau.method != "fixed":
        out.append(
            (Note.PLATEAU_NOT_REACHED, "the interval of the plateau E contains 0: it is not reached by the data")
        )
    for name, bound in zip(law.parameters, solution.at_bound, strict=True):
        if bound and (name in ("alpha", "beta", "a0") or name.startswith("delta")):
            out.append((Note.EXPONENT_AT_BOUND, f"{name} is at the end of its range"))
    if influential:
        most = max(influential, key=lambda item: abs(item.shift))
        out.append(
            (
                Note.INFLUENTIAL_POINTS,
                f"{len({i.row for i in influential})} points move an exponent by more than its standard error when "
                f"left out; most of all row {most.row} ({most.parameter}, {most.shift:+.2g})",
            )
        )
    if found.not_iid:
        out.append(
            (
                Note.RESIDUALS_NOT_IID,
                "the residuals are not alike over the data: errors of the model are too small, the bootstrap is quoted",
            )
        )
    if law.breaks:
        for i in range(1, law.breaks + 1):
            place = found.model.theta[law.parameters.index(f"x{i}")]
            u = points.u[0]
            side = min(place - u.min(), u.max() - place) / math.log(10.0)
            if side < SHORTEST:
                text = f"x{i} has {side:.2g} decades of data on one side: the exponent there is not known"
                out.append((Note.SHORT_SIDE, text))
    if not law.two_variables and not solution.exact and solution.sigma > 0.0:
        first = int(np.argmin(points.u[0]))
        off = float(law.value(solution.theta, points.u)[0, first] - points.v[first])
        if abs(off) > _WARM_UP * solution.sigma:
            out.append(
                (Note.WARM_UP, f"the first point, x = {xs[0, first]:.4g}, is off the law by {off:+.2g} in log y")
            )
    return out
