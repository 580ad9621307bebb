"""Which law: the ladder power → plateau → broken → broken with plateau, judged by AICc; forecasts by the audit."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from spectralaw.scaling.audit import audit
from spectralaw.scaling.covariance import ABSOLUTE
from spectralaw.scaling.forecast import audit_error
from spectralaw.scaling.intervals import Intervals, intervals
from spectralaw.scaling.laws import Law
from spectralaw.scaling.levenberg import minimise
from spectralaw.scaling.objective import Points
from spectralaw.scaling.records import Audit, Candidate, FitStatus
from spectralaw.scaling.refusals import Verdict, after, before
from spectralaw.scaling.solve import Solution, solve

CLAIM = 6.0  # AICc by which a break must improve on the laws without it
MOST_BREAKS = 3
_ENOUGH = 1e-10
_PATTERN = 0.5  # correlation of neighbouring residuals; of white noise about a line, 20 points: in 0.1 % of data sets
_POOL, _STEPS = 4, 150
_MANY = 20  # points from which a fourth break is tried


@dataclass(frozen=True)
class Options:
    """How to fit."""

    loss: str
    delta: float | None
    fixed: dict[str, float]
    """As the law carries them."""
    interval: str
    level: float
    bootstrap: int
    seed: int
    holdout: object


@dataclass
class Trial:
    """One law on the ladder."""

    law: Law
    verdict: Verdict | None
    solution: Solution | None = None
    aicc: float = math.inf
    bic: float = math.inf
    audit: tuple[Audit, ...] = ()

    @property
    def usable(self) -> bool:
        return self.solution is not None and self.solution.converged

    @property
    def audit_error(self) -> float | None:
        return audit_error(self.audit)

    def candidate(self) -> Candidate:
        """The row of the table."""
        status = self.verdict[0] if self.verdict else FitStatus.CONVERGED
        aicc, bic = (value if math.isfinite(value) else None for value in (self.aicc, self.bic))
        return Candidate(self.law.name, self.law.breaks, aicc, bic, self.audit_error, str(status))


def attempt(law: Law, points: Points, options: Options, best: Trial | None = None) -> Trial:
    """Fit one law, if the design of the data allows it."""
    verdict = before(law, points, len(options.fixed))
    if verdict:
        return Trial(law, verdict)
    warm = best.solution.theta if best is not None and best.solution is not None else None
    solution = solve(law, points, options.loss, options.delta, options.fixed, warm)
    return Trial(law, after(solution, None), solution)


def quick(trial: Trial, options: Options) -> Verdict | None:
    """Verdict with the cheapest intervals: enough to keep a law that says nothing out of the choice."""
    if trial.verdict or trial.solution is None:
        return trial.verdict
    return after(trial.solution, intervals(trial.solution, "wald", options.level, 0, 0))


def ladder(points: Points, options: Options, law: str, breaks: object) -> list[Trial]:
    """All laws that were tried, in order; ``aicc`` and ``bic`` filled in, on one δ."""
    names = set(options.fixed)

    def allowed(one: Law) -> bool:
        return names <= set(one.parameters)

    if law.startswith("chinchilla"):
        return criteria([attempt(Law(law), points, options)])
    plain = [Law(name) for name in ("power", "plateau") if law in (name, "auto") and breaks in ("auto", 0)]
    trials = [attempt(one, points, options) for one in plain if allowed(one)]
    kinds = [name for name in ("broken", "broken_plateau") if law in (name, "auto")]
    if not kinds or breaks == 0:
        return criteria(trials)
    most = breaks if breaks != "auto" else MOST_BREAKS + (points.n > _MANY)
    above: dict[str, Trial] = {}
    for count in range(1, int(most) + 1):  # pyright: ignore[reportArgumentType]
        new = []
        for name in kinds:
            one = Law(name, count)
            if allowed(one):
                above[name] = attempt(one, points, options, above.get(name))
                new.append(above[name])
        kept = trials
        trials = criteria(kept + new)
        if breaks == "auto" and kept and not claimed(kept, new) and (count > 1 or not patterned(kept)):
            break  # but two breaks may be needed where one brings nothing: a dent in a line
        if not any(trial.usable for trial in new):
            break
    if breaks != "auto":
        trials = [trial for trial in trials if trial.law.breaks == breaks]
    return trials


def patterned(trials: list[Trial]) -> bool:
    """Whether the residuals of the best law follow one another along x, as those of a wrong law do."""
    usable = [trial for trial in trials if trial.usable and trial.solution is not None]
    if not usable:
        return False
    solution = min(usable, key=lambda trial: trial.aicc).solution
    assert solution is not None
    points = solution.points
    r = points.residuals(solution.law, solution.theta)[0][0][np.argsort(points.u[0], kind="stable")]
    r = r - r.mean()
    return bool(r[1:] @ r[:-1] > _PATTERN * (r @ r))


def claimed(old: list[Trial], new: list[Trial]) -> bool:
    """Whether any of ``new`` improves on the best of ``old`` by enough to claim another break."""
    before_ = min((trial.aicc for trial in old if trial.usable), default=math.inf)
    now = min((trial.aicc for trial in new if trial.usable), default=math.inf)
    if any(trial.solution is not None and trial.solution.exact for trial in old):
        return False
    return now < before_ - CLAIM


def criteria(trials: list[Trial]) -> list[Trial]:
    """AICc and BIC of n log(2F/n), every law with one δ: that of the best law with the fewest breaks.

    A δ of each law's own would make objectives of different kinds; that of the richest shrinks with every parameter
    (least absolute deviations run through as many points), and calls lack of fit elsewhere an outlier.
    """
    fitted = [(trial, trial.solution) for trial in trials if trial.usable and trial.solution is not None]
    if not fitted:
        return trials
    fewest = min(trial.law.breaks for trial, _ in fitted)
    delta = min((one.delta for trial, one in fitted if trial.law.breaks == fewest), key=float)
    for trial, solution in fitted:
        n, k = solution.points.n, solution.free + 1
        objective = solution.objective
        if solution.delta < ABSOLUTE * solution.sigma:
            deviance = 2.0 * n * math.log(max(objective / solution.delta, 1e-300) / n)
        else:
            if solution.delta != delta:
                begin = solution.pool[:_POOL]
                held = np.broadcast_to(~solution.loose, begin.shape)
                ends = minimise(solution.law, solution.points, begin, delta, fixed=held, steps=_STEPS, enough=_ENOUGH)
                objective = float(ends.objective.min())
            deviance = n * math.log(max(2.0 * objective, 1e-300) / n)
        trial.bic = deviance + k * math.log(n)
        trial.aicc = deviance + 2.0 * k + (2.0 * k * (k + 1) / (n - k - 1) if n - k - 1 > 0 else math.inf)
    return trials


def choose(trials: list[Trial], options: Options) -> Trial:
    """The law to report: fewest breaks that AICc asks for; a plain law that says nothing yields to one that does."""
    usable = [trial for trial in trials if trial.usable]
    if not usable:
        return trials[0]
    exact = [trial for trial in usable if trial.solution is not None and trial.solution.exact]
    if exact:
        return exact[0]
    levels = sorted({trial.law.breaks for trial in usable})
    first = [trial for trial in usable if trial.law.breaks == levels[0]]
    best = min(first, key=lambda trial: trial.aicc)
    if quick(best, options):
        others = [t for t in first if t.aicc < best.aicc + CLAIM and quick(t, options) is None]
        best = min(others, key=lambda trial: trial.aicc, default=best)
    for level in levels[1:]:
        there = min((t for t in usable if t.law.breaks == level), key=lambda trial: trial.aicc)
        if there.aicc < best.aicc - CLAIM:
            best = there
    return best


def hold_out(trials: list[Trial], chosen: Trial, options: Options) -> Trial:
    """Audit every law; the one with the least error at the held-out ends forecasts."""
    for trial in trials:
        if trial.usable and trial.solution is not None:
            trial.audit = audit(trial.solution, options.holdout, options.fixed)
    judged = [trial for trial in trials if trial.audit_error is not None]
    if not judged or (chosen.solution is not None and chosen.solution.exact):
        return chosen
    return min(judged, key=lambda trial: (trial.audit_error, trial.law.size))


def spread(trial: Trial, options: Options) -> Intervals:
    """The intervals of a trial."""
    assert trial.solution is not None
    return intervals(trial.solution, options.interval, options.level, options.bootstrap, options.seed)
