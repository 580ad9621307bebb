"""Parameters of a task read from a learning curve through the exact equations, in place of an exponent."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats
from scipy.optimize import least_squares

from spectralaw.errors import InvalidInput
from spectralaw.scaling.laws import Array
from spectralaw.scaling.records import Estimate, FitStatus, Record
from spectralaw.task import Task, required
from spectralaw.teacher import PowerLaw
from spectralaw.theory import predict_grid

FREE = ("gamma", "noise_variance", "weight_decay", "scale")
_GRADIENT = 1e-6
_STARTS = {"gamma": (0.8, 1.3), "noise_variance": (0.1, 1.0), "weight_decay": (0.3, 3.0), "scale": (1.0,)}
_FAR = 50.0  # residual in logarithms of what has no solution


@dataclass(frozen=True)
class TheoryMatch(Record):
    """A task whose predicted excess risk is the curve."""

    status: FitStatus
    message: str
    task: Task
    parameters: dict[str, Estimate]
    scatter: float
    """Root mean square of log measured − log predicted, degrees of freedom taken off."""
    gradient: float
    """Largest cosine between the residuals and a column of the Jacobian, the certificate."""
    n: int

    def to_dict(self) -> dict[str, Any]:
        """Fields by name."""
        return {**Record.to_dict(self), "task": self.task.to_dict()}


def match(samples: Array, risks: Array, task: Task, free: Sequence[str], level: float = 0.95) -> TheoryMatch:
    """Fit γ, Δ, λ or a scale of R to a curve of the excess risk, in logarithms.

    Parameters
    ----------
    samples, risks : array, shape (n,)
        n and R; R in the teacher's units (``scale`` free: in any).
    task : Task
        What is known; its power-law teacher has the γ from which the search starts, too.
    free : sequence of str
        Of ``gamma``, ``noise_variance``, ``weight_decay``, ``scale``.
    level : float
        Of the intervals.
    """
    task = required(task)
    free = tuple(free)
    unknown = [name for name in free if name not in FREE]
    if unknown or not free or len(set(free)) < len(free):
        raise InvalidInput(f"free must be some of {', '.join(FREE)}, each once, not {free!r}")
    if "gamma" in free and not isinstance(task.teacher, PowerLaw):
        raise InvalidInput(f"free=('gamma', …) needs a task with a PowerLaw teacher, not {task.teacher!r}")
    if len(samples) < len(free) + 2:
        raise InvalidInput(f"matching {len(free)} parameters needs at least {len(free) + 2} points, not {len(samples)}")
    places, where = np.unique(samples, return_inverse=True)
    logs = np.log(risks)

    def changed(values: Array) -> tuple[Task, float]:
        fields: dict[str, Any] = {}
        scale = 0.0
        for name, value in zip(free, values, strict=True):
            if name == "gamma":
                fields["teacher"] = PowerLaw(0.5 + float(np.exp(value)), task.teacher.coefficients)
            elif name == "scale":
                scale = float(value)
            else:
                fields[name] = float(np.exp(value))
        return task.replace(**fields), scale

    def residuals(values: Array) -> Array:
        one, scale = changed(values)
        found = predict_grid(one, samples=[float(n) for n in places]).excess_risk.values
        with np.errstate(all="ignore"):
            model = np.log(found)[where] + scale
        return np.where(np.isfinite(model), logs - model, _FAR)

    best = None
    for start in itertools.product(*(_inside(name, task) for name in free)):
        one = least_squares(
            residuals, np.array(start), x_scale=1.0, diff_step=1e-4, xtol=1e-10, ftol=1e-12, max_nfev=40
        )
        if best is None or one.cost < best.cost:
            best = one
    assert best is not None
    spare = len(samples) - len(free)
    scatter = float(np.sqrt(2.0 * best.cost / spare))
    columns = np.linalg.norm(best.jac, axis=0)
    size = float(np.linalg.norm(best.fun))
    cosine = np.abs(best.jac.T @ best.fun) / np.maximum(columns * size, 1e-300)
    gradient = float(np.max(cosine)) if size > 1e-9 * np.sqrt(len(samples)) else 0.0
    covariance = scatter**2 * np.linalg.pinv(best.jac.T @ best.jac)
    spread = stats.t.ppf(0.5 + 0.5 * level, spare) * np.sqrt(np.maximum(np.diag(covariance), 0.0))
    parameters = {
        name: _estimate(name, float(value), float(wide)) for name, value, wide in zip(free, best.x, spread, strict=True)
    }
    condition = float(np.linalg.cond(best.jac / np.maximum(columns, 1e-300)))
    status, message = FitStatus.CONVERGED, "the equations reproduce the curve with these parameters"
    if np.any(best.fun >= _FAR):
        status, message = FitStatus.NOT_CONVERGED, "the theory has no solution at some of the points"
    elif condition > 1e4 or np.any(spread > 2.0):
        status, message = (
            FitStatus.NOT_IDENTIFIABLE,
            f"the curve does not tell {', '.join(free)} apart: fix one of them",
        )
    elif gradient > 1e-3:
        status, message = FitStatus.NOT_CONVERGED, f"the search ended with a relative gradient of {gradient:.1e}"
    return TheoryMatch(status, message, changed(best.x)[0], parameters, scatter, gradient, len(samples))


def _inside(name: str, task: Task) -> tuple[float, ...]:
    if name == "scale":
        return (0.0,)
    if name == "gamma":
        return tuple(float(np.log(value - 0.5)) for value in _STARTS["gamma"])
    known = getattr(task, name)
    return (float(np.log(known)),) if known > 0.0 else tuple(float(np.log(v)) for v in _STARTS[name])


def _estimate(name: str, value: float, wide: float) -> Estimate:
    shift = 0.5 if name == "gamma" else 0.0

    def user(log: float) -> float:
        return shift + float(np.exp(np.clip(log, -700.0, 700.0)))

    return Estimate(user(value), user(value - wide), user(value + wide), "wald")
