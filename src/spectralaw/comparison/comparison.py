"""Theory beside simulation: one task at several dimensions, several seeds, error bars, and a verdict on the limit."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from spectralaw._checks import seed_list
from spectralaw.comparison.limit import FEWEST, Judgement, Sized, judge, largest_seen
from spectralaw.comparison.sizes import chosen_dimensions, own_seeds, resized
from spectralaw.display import Shown, number, task_in_words, with_error
from spectralaw.results import ByValue, Outcome, Status
from spectralaw.saving import Saved
from spectralaw.task import Task, required
from spectralaw.teacher import PowerLaw, Teacher
from spectralaw.theory import Prediction, predict
from spectralaw.training import Trained, train

QUANTITIES = ("excess_risk", "training_loss", "zero_mass")
_RESOLVED = 0.05  # error of the residuals, relative, that the certificate must exclude
_FAR = 0.5  # deviation at the task's own dimension beyond which the limit says nothing about it


@dataclass(frozen=True, eq=False)
class Measured(ByValue):
    """A prediction and the trainings of the same task."""

    prediction: Prediction
    runs: tuple[Trained, ...]

    @property
    def results(self) -> list[Trained]:
        """Trainings that converged."""
        return [run for run in self.runs if run.status.is_result]


@dataclass(frozen=True, eq=False)
class Agreement(ByValue):
    """One quantity: what the theory says, what the trained networks show, and whether the two agree for d → ∞."""

    theory: float
    mean: float
    standard_error: float
    z: float
    """(mean − theory) / standard error; 0 when both are equal, as after a rank collapse."""
    deviation: float
    """mean/theory − 1; mean − theory for the zero mass."""
    allowance: float
    """Deviation of this sign that finite size, as fitted through the dimensions, and 3 standard errors explain; where
    nothing could be fitted, the largest ever seen, which is never enough to agree."""
    outcome: Outcome
    reason: str
    """Why it does not agree, or was not judged."""
    limit: float
    """What mean/theory (zero mass: 1 + mean − theory) tends to for d → ∞, by the fit; NaN where none was made."""
    limit_error: float
    power: float
    """p of the finite-size effect d^(−p)."""
    sizes: tuple[Sized, ...]
    """The same at each dimension."""

    @property
    def agrees(self) -> bool:
        """Whether the outcome is ``agree``."""
        return self.outcome is Outcome.AGREE

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers."""
        names = ("theory", "mean", "standard_error", "z", "deviation", "allowance", "limit", "limit_error", "power")
        values: dict[str, Any] = {name: getattr(self, name) for name in names}
        by_size = [
            {"dimension": s.dimension, "effective_samples": s.effective_samples, "seeds": s.seeds, "theory": s.theory,
             "mean": s.mean, "standard_error": s.standard_error, "z": s.z}
            for s in self.sizes
        ]  # fmt: skip
        return {**values, "outcome": str(self.outcome), "reason": self.reason, "sizes": by_size}


@dataclass(frozen=True, repr=False, eq=False)
class Comparison(Shown, Saved, ByValue):
    """Theory and simulation of one task, side by side."""

    prediction: Prediction
    runs: tuple[Trained, ...]
    rows: dict[str, Agreement]
    """By quantity: excess_risk, training_loss, zero_mass."""
    status: Status
    """``not_converged`` when the theory or any of the trainings is not a result; those are left out of the means."""
    message: str
    sizes: tuple[Measured, ...]
    """Every dimension, smallest first; that of the task among them."""

    @property
    def deciding(self) -> str:
        """The quantity that decides: the first that disagrees, else the first that was not judged, else the risk."""
        order = (Outcome.DISAGREE, Outcome.NOT_JUDGED, Outcome.AGREE)
        return next(name for outcome in order for name, row in self.rows.items() if row.outcome is outcome)

    @property
    def outcome(self) -> Outcome:
        """``disagree`` if any quantity does, ``agree`` if all do, else ``not judged``."""
        return self.rows[self.deciding].outcome if self.status.is_result else Outcome.NOT_JUDGED

    @property
    def reason(self) -> str:
        """Why the outcome is not ``agree``; empty when it is."""
        if not self.status.is_result:
            return self.message
        reason = self.rows[self.deciding].reason
        return f"{self.deciding.replace('_', ' ')}: {reason}" if reason else ""

    @property
    def agrees(self) -> bool:
        """Whether the outcome is ``agree``."""
        return self.outcome is Outcome.AGREE

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        where = ", ".join(str(one.prediction.task.dimension) for one in self.sizes)
        pairs = [("status", str(self.status)), *([("", self.message)] if self.message else [])]
        pairs += [("outcome", str(self.outcome)), ("dimensions", where)]
        if self.reason and self.reason != self.message:
            pairs.append(("reason", self.reason))
        for name, row in self.rows.items():
            value = f"theory {number(row.theory)}, trained {with_error(row.mean, row.standard_error)}"
            z = f", z = {row.z:+.2f}" if math.isfinite(row.mean) else ""
            pairs.append((name.replace("_", " "), f"{value}{z}: {row.outcome}"))
        return f"Comparison of {len(self.runs)} trainings: {task_in_words(self.prediction.task)}", pairs

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers; z, deviation and allowance of the whole are those of the quantity that decides."""
        row = self.rows[self.deciding]
        return {
            "task": self.prediction.task.to_dict(),
            "seeds": [run.seed for run in self.runs],
            "dimensions": [one.prediction.task.dimension for one in self.sizes],
            **{name: one.to_dict() for name, one in self.rows.items()},
            "outcome": str(self.outcome),
            "decided_by": self.deciding,
            "z": row.z,
            "deviation": row.deviation,
            "allowance": row.allowance,
            "reason": self.reason,
            "status": str(self.status),
            **({"message": self.message} if self.message else {}),
        }


def compare(
    task: Task,
    seeds: int | Iterable[int] = 5,
    method: str = "convex",
    dimensions: Iterable[int] | None = None,
    *,
    progress: Callable[[int, int], None] | None = None,
    **options: Any,
) -> Comparison:
    """Train a task on several seeds at several dimensions, and judge the prediction by the limit of the means.

    The equations hold for d → ∞, so one size cannot tell a wrong theory from a finite-size effect. The same problem is
    trained at other dimensions, too, and mean/theory = a + b d^(−p) is fitted (:mod:`spectralaw.comparison.limit`): the
    two **agree** if the limit a is 1 within 3 standard errors and that error is below 5 %, **disagree** if it is not,
    and are **not judged**, with the reason, where the sizes cannot tell or the task's own is far from the limit.

    Parameters
    ----------
    task : Task
        Its number of samples is rounded to a whole number, for theory and training alike.
    seeds : int or iterable of int
        How many (0, 1, …), or which; at least two. Smaller dimensions get more, and each its own.
    method : str
        As for :func:`spectralaw.train`.
    dimensions : iterable of int, optional
        Where to train besides the task's own dimension; by default two others, a factor of two apart: smaller ones, or
        larger ones for a dimension below 100. Kept are n/d (diagonal) or n/d² (quadratic), the effective weight decay,
        the noise variance and the law of the teacher (:func:`spectralaw.comparison.sizes.resized`): then only d changes
        in the equations. An empty list is one size alone, which can be found to disagree, but not to agree.
    progress : callable, optional
        Called with (trainings done, trainings in all) before the first and after each.
    **options
        As for :func:`spectralaw.train`.

    Raises
    ------
    InvalidInput
        For fewer than two seeds, and whatever ``train`` refuses.
    """
    task = required(task)
    chosen = seed_list("seeds", seeds, 2)
    task = task.replace(samples=float(max(1, round(task.samples))))
    sizes = chosen_dimensions(task, dimensions)
    by_size = own_seeds(chosen, sizes, task.dimension)
    measured, done, total = [], 0, sum(map(len, by_size.values()))
    tell = progress or (lambda done, total: None)
    tell(done, total)
    for d in sizes:
        one, runs = resized(task, d), []
        for seed in by_size[d]:
            runs.append(train(one, seed, method, **options))
            done += 1
            tell(done, total)
        measured.append(Measured(predict(one), tuple(runs)))
    return assemble(measured, task.dimension)


def assemble(sizes: Sequence[Measured], dimension: int) -> Comparison:
    """The comparison of predictions with trainings of the same tasks, about the one of a dimension."""
    sizes = sorted(sizes, key=lambda one: one.prediction.task.dimension)
    own = next(one for one in sizes if one.prediction.task.dimension == dimension)
    rows = {name: _agreement(sizes, dimension, name) for name in QUANTITIES}
    lost = sum(len(one.runs) - len(one.results) for one in sizes)
    total = sum(len(one.runs) for one in sizes)
    messages = [f"{lost} of {total} trainings did not converge and are left out"] if lost else []
    for one in sizes:
        if not one.prediction.status.is_result:
            at = f" at d = {one.prediction.task.dimension}" if len(sizes) > 1 else ""
            messages.append(f"the prediction{at} is not a result: {one.prediction.message}")
    status = Status.NOT_CONVERGED if messages else own.prediction.status
    return Comparison(own.prediction, own.runs, rows, status, "; ".join(messages), tuple(sizes))


def _agreement(sizes: Sequence[Measured], dimension: int, name: str) -> Agreement:
    relative = name != "zero_mass"
    own_task = next(one.prediction.task for one in sizes if one.prediction.task.dimension == dimension)
    every = tuple(_sized(one, name) for one in sizes)
    own = next(one for one in every if one.dimension == dimension)
    factor = steepness(own_task.teacher) if name == "excess_risk" else None
    verdict = judge(every, relative=relative, bound=factor)
    unresolved = [one for one in sizes if name != "excess_risk" and _unresolved(one) > _RESOLVED]
    if unresolved and verdict.outcome is not Outcome.AGREE:
        reason = (
            f"the certificate leaves residuals uncertain by {_unresolved(unresolved[0]):.0%} "
            f"at d = {unresolved[0].prediction.task.dimension}: a smaller tolerance is needed"
        )
        verdict = replace(verdict, outcome=Outcome.NOT_JUDGED, reason=reason)
    scale = own.theory if relative else 1.0
    deviation = (own.mean - own.theory) / scale if scale else math.nan
    error = own.standard_error / scale if scale else math.nan
    if verdict.outcome is Outcome.AGREE and own.z != 0.0:
        far = _far_from_the_limit(own, abs(deviation) + error)
        if far:
            verdict = replace(verdict, outcome=Outcome.NOT_JUDGED, reason=far)
    return Agreement(
        theory=own.theory,
        mean=own.mean,
        standard_error=own.standard_error,
        z=own.z,
        deviation=deviation,
        allowance=_allowance(own, verdict, steepness(own_task.teacher), deviation, error),
        outcome=verdict.outcome,
        reason=verdict.reason,
        limit=verdict.limit,
        limit_error=verdict.limit_error,
        power=verdict.power,
        sizes=every,
    )


def _far_from_the_limit(own: Sized, off: float) -> str:
    if own.effective_samples < FEWEST:
        return f"n_eff = {own.effective_samples:.2g} at d = {own.dimension:g} is of order one: only larger sizes agree"
    if not off <= _FAR:
        return f"d = {own.dimension:g} is {off:.0%} off, error included: only larger sizes agree"
    return ""


def steepness(teacher: Teacher) -> float:
    """Factor of :func:`spectralaw.comparison.limit.largest_seen`: few steep features make for large fluctuations."""
    return 1.0 if isinstance(teacher, PowerLaw) and teacher.gamma <= 1.0 else 2.0


def _allowance(own: Sized, verdict: Judgement, factor: float, deviation: float, error: float) -> float:
    if math.isfinite(verdict.limit):
        here = verdict.finite_size(own.dimension)
        return max(0.0, math.copysign(here, here * deviation)) + 3.0 * math.hypot(verdict.limit_error, error)
    return largest_seen(own.effective_samples, own.dimension, factor) + 3.0 * error


def _sized(one: Measured, name: str) -> Sized:
    task = one.prediction.task
    values = np.array([getattr(run, name) for run in one.results], dtype=float)
    mean = float(np.mean(values)) if values.size else math.nan
    error = float(np.std(values, ddof=1) / np.sqrt(values.size)) if values.size > 1 else math.nan
    theory = float(getattr(one.prediction, name))
    return Sized(task.dimension, task.effective_samples, theory, mean, error, int(values.size))


def _unresolved(one: Measured) -> float:
    """Largest relative error of the residuals that the certificates allow.

    The objective P is strongly convex in the residuals: a duality gap g P leaves ‖r − r*‖² ≤ g P. The support of the
    minimiser is where the residuals put it, so the zero mass is no better known than they are.
    """
    worst = 0.0
    for run in one.results:
        squares = run.training_loss * max(1, round(run.task.samples))
        penalty = run.task.weight_decay * sum(float(np.sum(np.square(w))) for w in run.weights.values())
        if squares > 0.0:
            worst = max(worst, math.sqrt(max(run.certificate, 0.0) * (squares + penalty) / squares))
    return worst
