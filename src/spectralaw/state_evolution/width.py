"""Quadratic networks with fewer hidden units than dimensions: only the p largest eigenvalues can survive.

For p < d the spectral denoiser is f(x) = x − c on the p largest eigenvalues of S* + δ Z, 0 elsewhere: its cut b is the
(1 − p/d) quantile of μ_δ. With the moments above the cut

    K = ∫_{x>b} x² dμ_δ,      X_k = 4 ∫_{x>b} x^k Re G dμ_δ,  k = 0, 1

response and risk are explicit in c, X = X_1 − c X_0 and mse = Q* − K + c² p/d + δ² X, so that the second equation
λ' = c (N − X) is a quadratic one for c, and one equation for δ is left (arXiv:2606.28242). The jump of f at b needs no
care: each moment is an integral along a path from b into the upper half-plane.

The problem is not convex for p < d; that training reaches this minimiser is a conjecture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from spectralaw.free_probability.atoms import Atoms
from spectralaw.free_probability.contour import moments_above, path_to_the_right
from spectralaw.state_evolution.equations import capacity
from spectralaw.state_evolution.teacher_atoms import teacher_atoms
from spectralaw.task import Task

_SCAN = 48  # noises at which a sign change is looked for, from that of an unlearned teacher downwards
_DECADES = 12.0
_STEP = 1e-4  # in log n and log λ, of the central differences that give the exponents


@dataclass(frozen=True)
class Narrow:
    """A solution with a cut."""

    excess_risk: float
    noise: float
    threshold: float
    cut: float
    """b, the smallest eigenvalue of S* + δ Z that survives."""
    training_loss: float
    residual: float


def solve_narrow(task: Task) -> Narrow | None:
    """The solution of a quadratic network with width < dimension whose cut is active; None when none was found.

    Parameters
    ----------
    task : Task
        width < dimension, weight_decay ≥ 0. Whether the cut is active is for the caller to check: it is not when the
        solution of the wide network has at most p eigenvalues.
    """
    atoms = teacher_atoms(task)
    n = float(capacity("quadratic", np.array(task.samples), float(task.dimension)))
    decay, share = task.effective_weight_decay, (task.width or task.dimension) / task.dimension
    power = atoms.power / task.dimension

    def at(log_noise: float) -> tuple[float, float, float, float]:
        """Excess of log((R + Δ)/(N δ²)), R, c and b."""
        noise = float(np.exp(log_noise))
        cut = quantile(atoms, noise, share)
        square, x_0, x_1 = _moments(atoms, noise, cut)
        threshold = _threshold(n - x_1, x_0, decay)
        mse = power - square + threshold**2 * share + noise**2 * (x_1 - threshold * x_0)
        total = 2.0 * mse + task.noise_variance
        excess = float(np.log(total / n)) - 2.0 * log_noise if total > 0.0 else -np.inf
        return excess, 2.0 * mse, threshold, cut

    top = 0.5 * float(np.log((2.0 * power + task.noise_variance) / n)) + 1.0
    high = top
    for low in np.linspace(top, top - _DECADES * np.log(10.0), _SCAN)[1:]:
        if at(low)[0] > 0.0:
            root = brentq(lambda x: at(x)[0], low, high, xtol=1e-12, rtol=1e-14)  # type: ignore[arg-type]
            excess, risk, threshold, cut = at(float(root))  # type: ignore[arg-type]
            noise = float(np.exp(root))  # type: ignore[arg-type]
            spare = decay / threshold if threshold > 0.0 else np.nan
            return Narrow(risk, noise, threshold, cut, noise**2 * spare**2 / n, abs(excess))
        high = low
    return None


def narrow_exponents(task: Task) -> tuple[float, float]:
    """∂ log R / ∂ log n and ∂ log R / ∂ log λ with an active cut, by central differences."""
    slopes = []
    for name in ("samples", "weight_decay"):
        value = getattr(task, name)
        sides = [solve_narrow(task.replace(**{name: value * np.exp(sign * _STEP)})) for sign in (1.0, -1.0)]
        risks = [np.nan if side is None else side.excess_risk for side in sides]
        slopes.append(float(np.log(risks[0] / risks[1]) / (2.0 * _STEP)))
    return slopes[0], slopes[1]


def quantile(atoms: Atoms, noise: float, share: float) -> float:
    """The point b of the spectrum of S* + δ Z with a fraction ``share`` of the eigenvalues above it."""

    def excess(x: float) -> float:
        values, counts = atoms.near(np.array([max(x, 0.0)]))
        delta, at = np.array([noise]), np.array([abs(x)])
        weights = counts / atoms.dimension
        if x >= 0.0:
            return float(moments_above(delta, at, values, weights).mass[0]) - share
        return 1.0 - float(moments_above(delta, at, -values, weights).mass[0]) - share  # the mirror image of μ_δ

    return float(brentq(excess, -2.1 * noise, atoms.largest + 2.1 * noise, xtol=1e-14 * noise))  # type: ignore[arg-type]


def _moments(atoms: Atoms, noise: float, cut: float) -> tuple[float, float, float]:
    """K, X_0 and X_1 above the cut; −(1/π) Im of integrals of G and G² along the path, Re G · μ = −Im G² / 2π."""
    values, counts = atoms.near(np.array([max(cut, 0.0)]))
    weights = counts / atoms.dimension
    sign = 1.0 if cut >= 0.0 else -1.0
    start = moments_above(np.array([noise]), np.array([abs(cut)]), sign * values, weights).point
    if sign < 0.0:
        start = np.asarray(-np.conj(start))
    w, dw = path_to_the_right(start, values - np.real(start)[:, None])
    inverse = 1.0 / ((w[0] + start[0])[:, None] - values[0])
    transform = inverse @ weights[0]
    z = w[0] + start[0] + noise**2 * transform
    dz = dw[0] * (1.0 - noise**2 * (inverse**2 @ weights[0]))
    integral = lambda integrand: -float(np.sum(integrand * dz).imag) / np.pi  # noqa: E731
    x_0, x_1 = (2.0 * integral(z**k * transform**2) for k in (0, 1))
    return integral(z**2 * transform), x_0, x_1


def _threshold(spare: float, x_0: float, decay: float) -> float:
    """The positive root c of c (spare + c X_0) = λ'."""
    root = np.sqrt(max(spare**2 + 4.0 * x_0 * decay, 0.0))
    if spare > 0.0:
        return float(2.0 * decay / (spare + root))
    return float((root - spare) / (2.0 * x_0)) if x_0 > 0.0 else np.inf


def narrow(task: Task) -> bool:
    """Whether a task asks for fewer hidden units than dimensions."""
    return task.width is not None and task.width < task.dimension
