"""Bayes-optimal baselines: the smallest excess risk of an estimator that knows the teacher's spectrum."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from spectralaw.free_probability.atoms import Atoms
from spectralaw.free_probability.matrix_denoising import Denoiser
from spectralaw.free_probability.panels import ROUGH
from spectralaw.inputs import White
from spectralaw.state_evolution.teacher_atoms import teacher_atoms
from spectralaw.task import Task
from spectralaw.teacher import Empirical

_UNSURE = 0.1  # size of a logarithm whose sign is asked
_SECANT = 0.03  # of the step before, that a last step along the secant may have
_KNOWN = 200.0  # tolerances of a step along slopes that are known to a per cent or so


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

    def excess(error: Callable[[float], float]) -> Callable[[float], tuple[float, float]]:
        """log M(δ), and the log of (R + Δ)/(N δ²), which decreases with log δ."""

        def function(x: float) -> tuple[float, float]:
            m = error(float(np.exp(x)))
            return _log(m), _log((2.0 * m + noise) / n) - 2.0 * x

        return function

    high = 0.5 * float(np.log((2.0 * power + noise) / n))
    low = 0.5 * float(np.log(max(noise / n, 1e-16 * np.exp(2.0 * high))))
    estimate, rough, fine = (
        excess(_estimate(atoms)),
        excess(Denoiser(atoms, ROUGH).error),
        excess(Denoiser(atoms).error),
    )
    if noise == 0.0 and estimate(low)[1] <= 1.0 and rough(low)[1] <= _UNSURE and fine(low)[1] <= 0.0:
        return 0.0  # enough samples to recover the teacher exactly
    # slopes of noise and of a risk that grows with it: −2 and −1
    x, slope, _, _ = _decreasing_root(estimate, low, high, high, -1.5, np.nan, 1e-6)
    x, slope, _, growth = _decreasing_root(rough, low, high, x, slope, np.nan, 1e-5)
    log_m = _decreasing_root(fine, low, high, x, slope, growth, 1e-8)[2]
    return 2.0 * float(np.exp(log_m)) if np.isfinite(log_m) else None


def _log(value: float) -> float:
    return float(np.log(value)) if value > 0.0 else -np.inf


def _estimate(atoms: Atoms) -> Callable[[float], float]:
    """M(δ) to a factor of order one, where the search starts: what noise or a value's own square leaves of each."""
    values, counts = (part[0] for part in atoms.near(np.full(1, atoms.largest)))
    squares, weights = values**2, counts / atoms.dimension
    return lambda noise: min(float(np.sum(weights * np.minimum(squares, 2.0 * noise**2))), noise**2)


def _decreasing_root(
    function: Callable[[float], tuple[float, float]],
    low: float,
    high: float,
    x: float,
    slope: float,
    growth: float,
    tolerance: float,
) -> tuple[float, float, float, float]:
    """Where the second of two functions, which decreases, is zero: the root, the slope there, the first function and
    its slope.

    The secant through the last two points, kept in the bracket, from a start and a slope that are known, and maybe the
    slope of the first, too. Evaluations are dear: a last step that is short enough is one along the slopes. The
    first function is not a number where one is not finite.
    """
    step = 0.0
    first, value = function(x)
    for _ in range(60):
        if not (np.isfinite(value) and np.isfinite(first)):
            break
        low, high = (x, high) if value > 0.0 else (low, x)
        following = x - value / slope
        move = following - x
        if abs(move) <= tolerance or high <= low:
            return x, slope, first, growth
        along_slopes = abs(move) <= _SECANT * abs(step) and abs(move * step) <= tolerance
        if along_slopes or (np.isfinite(growth) and abs(move) <= _KNOWN * tolerance):
            return following, slope, first + growth * move, growth
        if not low < following < high:
            following = 0.5 * (low + high)
        step = following - x
        before, last = first, value
        x = following
        first, value = function(x)
        if abs(step) >= 100.0 * tolerance:  # else it would be the difference of two errors
            slope = min((value - last) / step, -1e-3)
            growth = (first - before) / step
    return x, slope, np.nan, growth


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
