"""Bayes-optimal baselines: the smallest excess risk of an estimator that knows the teacher's spectrum."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from spectralaw.free_probability.matrix_denoising import Denoiser
from spectralaw.inputs import White
from spectralaw.state_evolution.teacher_atoms import teacher_atoms
from spectralaw.task import Task
from spectralaw.teacher import Empirical


def bayes_risk(task: Task) -> float | None:
    """Bayes-optimal excess risk; None where it is not defined (fixed coefficients of the diagonal network) or was not
    found.

    References
    ----------
    arXiv:2408.03733; arXiv:2509.24882.
    """
    if task.network == "quadratic":
        return _quadratic(task) if task.white else None  # who knows the covariance knows the teacher's eigenvectors
    if not task.white and task.teacher.coefficients != "fixed":
        seen = task.teacher_values() * np.sqrt(task.inputs.variances(task.dimension))
        return _diagonal(task.replace(teacher=Empirical(seen), inputs=White()))
    return None if task.teacher.coefficients == "fixed" else _diagonal(task)


def _quadratic(task: Task) -> float | None:
    """R = 2 M(δ) at the noise with 2 α δ² = M(δ) + Δ/2, M the error of matrix denoising, α = n/d²."""
    atoms = teacher_atoms(task)
    if not atoms.power > 0.0:  # squares below the range of numbers
        return 0.0
    n = 4.0 * (task.samples / task.dimension / task.dimension)
    noise = task.noise_variance
    power = atoms.power / task.dimension

    denoiser = Denoiser(atoms)

    def excess(log_noise: float) -> float:
        """log of (R + Δ)/(N δ²), which decreases with δ."""
        error = denoiser.error(float(np.exp(log_noise)))
        total = 2.0 * error + noise
        return float(np.log(total / n)) - 2.0 * log_noise if total > 0.0 else -np.inf

    high = 0.5 * float(np.log((2.0 * power + noise) / n))
    low = 0.5 * float(np.log(max(noise / n, 1e-16 * np.exp(2.0 * high))))
    if noise == 0.0 and excess(low) <= 0.0:
        return 0.0  # enough samples to recover the teacher exactly
    root = _decreasing_root(excess, low, high)
    return None if root is None else 2.0 * denoiser.error(float(np.exp(root)))


def _decreasing_root(function: Callable[[float], float], low: float, high: float) -> float | None:
    """The root of a decreasing function between two points, to 1e-9; few evaluations, each of which is dear.

    The secant through the last two points, kept in the bracket; None where the function is not finite.
    """
    x, value = high, function(high)
    if not np.isfinite(value):
        return None
    if value >= 0.0:
        return high
    slope = -1.5  # between those of noise, −2, and of a risk that grows with it
    for _ in range(60):
        following = x - value / slope
        if not low < following < high:
            following = 0.5 * (low + high)
        step, last = following - x, value
        if abs(step) <= 1e-9:
            break
        x, value = following, function(following)
        if not np.isfinite(value):
            return None
        low, high = (x, high) if value > 0.0 else (low, x)
        slope = min((value - last) / step, -1e-3)
    return x


def _diagonal(task: Task) -> float:
    """τ² = (Δ + M)/n with M = Σ σ_i² τ² / (σ_i² + τ²): the channel of independent Gaussian coefficients."""
    atoms = teacher_atoms(task)
    if not atoms.power > 0.0:
        return 0.0
    values, counts = (part[0] for part in atoms.near(np.array([atoms.largest])))
    squares, n, noise = values**2, task.samples, task.noise_variance
    risk = lambda t: float(np.sum(counts * squares * t / (squares + t)))  # noqa: E731
    low, high = noise / n, (noise + atoms.power) / n  # the map t ↦ (Δ + M(t))/n is increasing and concave
    for _ in range(400):
        middle = np.sqrt(low) * np.sqrt(high) if low > 0.0 else high * 1e-3
        if (noise + risk(middle)) / n > middle:
            low = middle
        else:
            high = middle
        if high - low <= 1e-15 * high or high < 1e-300:
            break
    return risk(high)
