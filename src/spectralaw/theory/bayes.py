"""Bayes-optimal baselines: the smallest excess risk of an estimator that knows the teacher's spectrum."""

from __future__ import annotations

import numpy as np

from spectralaw.task import Task
from spectralaw.theory.atoms import Atoms


def bayes_risk(task: Task) -> float | None:
    """Bayes-optimal excess risk; None where it is not defined (fixed coefficients) or not computed."""
    if task.network == "diagonal":
        return None if task.teacher.coefficients == "fixed" else _diagonal(task)
    return None


def _diagonal(task: Task) -> float:
    """τ² = (Δ + M)/n with M = Σ σ_i² τ² / (σ_i² + τ²): the channel of independent Gaussian coefficients."""
    atoms = Atoms.of(task)
    values, counts = (part[0] for part in atoms.near(np.array([atoms.largest])))
    squares, n, noise = values**2, task.samples, task.noise_variance
    risk = lambda t: float(np.sum(counts * squares * t / (squares + t)))  # noqa: E731
    low, high = noise / n, (noise + atoms.power) / n  # the map t ↦ (Δ + M(t))/n is increasing and concave
    for _ in range(400):
        middle = np.sqrt(low * high) if low > 0.0 else high * 1e-3
        if (noise + risk(middle)) / n > middle:
            low = middle
        else:
            high = middle
        if high - low <= 1e-15 * high or high < 1e-300:
            break
    return risk(high)
