"""Theory beside simulation: one task, several seeds, error bars and z-scores."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from spectralaw._checks import seed_list
from spectralaw.display import Shown, number, task_in_words, with_error
from spectralaw.results import Status
from spectralaw.saving import Saved
from spectralaw.task import Task, required
from spectralaw.theory import Prediction, predict
from spectralaw.training import Trained, train

QUANTITIES = ("excess_risk", "training_loss", "zero_mass")
FINITE_SIZE = 2.5
"""Of the allowance; measured at d = 50, 100, 200 (table in the README), tested in ``tests/test_comparison.py``."""
_ROUNDING = 1e-6  # a difference below this, relative, is the tolerance of training, not a disagreement


@dataclass(frozen=True)
class Agreement:
    """One quantity: what the theory says, and what the trained networks show."""

    theory: float
    mean: float
    standard_error: float
    z: float
    """(mean − theory) / standard error; 0 when both are equal, as after a rank collapse."""
    allowance: float
    """Finite-size allowance, in the units of the quantity."""

    @property
    def agrees(self) -> bool:
        """Whether mean and theory differ by at most 3 standard errors plus the allowance."""
        return abs(self.mean - self.theory) <= 3.0 * self.standard_error + self.allowance


@dataclass(frozen=True, repr=False)
class Comparison(Shown, Saved):
    """Theory and simulation of one task, side by side."""

    prediction: Prediction
    runs: tuple[Trained, ...]
    rows: dict[str, Agreement]
    """By quantity: excess_risk, training_loss, zero_mass."""
    status: Status
    """``not_converged`` when the theory or any of the trainings is not a result; those are left out of the means."""
    message: str

    @property
    def agrees(self) -> bool:
        """Whether the excess risk agrees within 3 standard errors plus the finite-size allowance."""
        return self.status.is_result and self.rows["excess_risk"].agrees

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        pairs = [("status", str(self.status)), *([("", self.message)] if self.message else [])]
        for name, row in self.rows.items():
            z = f", z = {row.z:+.2f}" if math.isfinite(row.mean) else ""
            value = f"theory {number(row.theory)}, trained {with_error(row.mean, row.standard_error)}{z}"
            pairs.append((name.replace("_", " "), value))
        return f"Comparison of {len(self.runs)} trainings: {task_in_words(self.prediction.task)}", pairs

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers."""
        rows = {
            name: {
                "theory": row.theory,
                "mean": row.mean,
                "standard_error": row.standard_error,
                "z": row.z,
                "allowance": row.allowance,
                "agrees": row.agrees,
            }
            for name, row in self.rows.items()
        }
        return {
            "task": self.prediction.task.to_dict(),
            "seeds": [run.seed for run in self.runs],
            **rows,
            "agrees": self.agrees,
            "status": str(self.status),
            **({"message": self.message} if self.message else {}),
        }


def compare(task: Task, seeds: int | Iterable[int] = 5, method: str = "convex", **options: Any) -> Comparison:
    """Train a task on several seeds and hold the mean against the prediction.

    The standard error is that over seeds: teacher, inputs and noise all vary. The equations hold for d → ∞; at finite
    size a relative allowance of :func:`finite_size_allowance` is granted on top.

    Parameters
    ----------
    task : Task
        Its number of samples is rounded to a whole number, for theory and training alike.
    seeds : int or iterable of int
        How many (0, 1, …), or which; at least two.
    method, **options
        As for :func:`spectralaw.train`.

    Raises
    ------
    InvalidInput
        For fewer than two seeds, and whatever ``train`` refuses.
    """
    task = required(task)
    chosen = seed_list("seeds", seeds, 2)
    task = task.replace(samples=float(max(1, round(task.samples))))
    return assemble(predict(task), [train(task, seed, method, **options) for seed in chosen])


def assemble(prediction: Prediction, runs: Sequence[Trained]) -> Comparison:
    """The comparison of a prediction with trainings of the same task."""
    results = [run for run in runs if run.status.is_result]
    rows = {name: _agreement(prediction, results, name) for name in QUANTITIES}
    lost = len(runs) - len(results)
    messages = [f"{lost} of {len(runs)} trainings did not converge and are left out"] if lost else []
    if not prediction.status.is_result:
        messages.append(f"the prediction is not a result: {prediction.message}")
    status = Status.NOT_CONVERGED if messages else prediction.status
    return Comparison(prediction, tuple(runs), rows, status, "; ".join(messages))


def finite_size_allowance(task: Task) -> float:
    """Relative deviation from the theory that finite size can cause, 2.5 (1/n_eff + 1/d).

    An envelope of what was measured, not a theory: at fixed n/d² (quadratic) or n/d (diagonal) it shrinks as 1/d.
    """
    return FINITE_SIZE * (1.0 / task.effective_samples + 1.0 / task.dimension)


def z_score(mean: float, theory: float, error: float) -> float:
    """(mean − theory) / error; 0 when there is no difference, infinite when there is one without an error."""
    difference = mean - theory
    if abs(difference) <= _ROUNDING * abs(theory):
        return 0.0
    return difference / error if error > 0.0 else math.copysign(math.inf, difference)


def _agreement(prediction: Prediction, runs: Sequence[Trained], name: str) -> Agreement:
    theory = float(getattr(prediction, name))
    values = np.array([getattr(run, name) for run in runs], dtype=float)
    mean = float(np.mean(values)) if values.size else math.nan
    error = float(np.std(values, ddof=1) / np.sqrt(values.size)) if values.size > 1 else math.nan
    task = prediction.task
    scale = 1.0 if name == "zero_mass" else abs(theory)
    allowance = scale * finite_size_allowance(task)
    return Agreement(theory, mean, error, z_score(mean, theory, error), allowance)
