"""Finite perceptrons at given norms: the exact minimum of the logistic loss over a sphere, with its certificate."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve, solve_triangular

from spectralaw._checks import ours, vector
from spectralaw.display import Shown, number
from spectralaw.errors import InvalidInput
from spectralaw.results import Status
from spectralaw.systems.perceptron.inputs import Array
from spectralaw.systems.perceptron.loss import curvature, log_loss, relative_slopes
from spectralaw.systems.perceptron.setting import Perceptron, draw, error_of

TOLERANCE = 1e-8
"""Angle between the weights and minus the gradient."""
_MOST = 300  # Newton steps at each norm
_FIRST = 0.2  # norm at which Hebb's rule is near enough to begin with
_FARTHEST = 2.8  # step in log norm from one norm to the next; 0.7 took twice the Newton steps, 9 as many
_ROUNDING = 1e-10  # relative decrease of the loss to be expected, below which rounding hides it


@dataclass(frozen=True, repr=False)
class FixedNorm(Shown):
    """Perceptrons trained to the minimum at each norm; arrays of shape (norms,)."""

    setting: Perceptron
    seed: int
    weight_norm: Array
    """λ = |w|/√N, in ascending order."""
    test_error: Array
    """arccos(R)/π, exact for inputs of the data's distribution; NaN where not converged."""
    log_loss: Array
    """log of (1/αN) Σ log(1 + e^{−2Δ}), Δ = y w·x/√N."""
    weight_decay: Array
    """μ > 0 for which the minimum of Σ log(1 + e^{−2Δ}) + μ|w|²/2, without constraint, has this norm;
    below 1e-308 it is 0."""
    angle: Array
    """Sine of the angle between weights and minus gradient; 0 at the minimum. It bounds, to first order, the angle
    between these weights and the exact ones."""
    gap: Array
    """Bound on (loss − least loss)/loss in the ball, from convexity; 0 at the minimum."""
    converged: Any
    status: Status
    weights: Array = field(compare=False)
    """Shape (norms, N)."""

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        return f"Perceptron of fixed norm, N = {self.setting.dimension}, {self.setting.samples} samples", [
            ("status", f"{self.status} (angle {float(self.angle.max()):.1e}, gap {float(self.gap.max()):.1e})"),
            ("norms", f"{self.weight_norm.size} from {self.weight_norm[0]:g} to {self.weight_norm[-1]:g}"),
            ("test error ε", f"{number(self.test_error[0])} to {number(self.test_error[-1])}"),
        ]


def train_fixed_norm(setting: Perceptron, weight_norms: Any, seed: int = 0) -> FixedNorm:
    """Train to the exact minimum of Σ log(1 + e^{−2Δ}) over the sphere |w| = λ√N, for each λ.

    Within the ball the problem is convex, and labels that a teacher gives can be separated, so that its minimum lies on
    the sphere. Newton's method solves the quadratic model over the ball exactly; norms are visited in ascending order.

    Parameters
    ----------
    setting : Perceptron
    weight_norms : float or array_like of shape (norms,)
        λ, greater than 0 and different; as of :func:`rs_perceptron`.
    seed : int
        Of teacher and inputs.

    Returns
    -------
    FixedNorm
        In ascending order of the norm; see ``angle`` and ``gap`` for how exact.

    Raises
    ------
    InvalidInput
        For norms that are not greater than 0, or repeat.

    References
    ----------
    arXiv:2505.13230.
    """
    ours("setting", setting, "Perceptron")
    norms = np.sort(vector("weight_norms", weight_norms, or_number=True))
    if norms[0] <= 0.0:
        raise InvalidInput(f"weight_norms must be greater than 0, not {norms[0]:g}")
    if np.any(np.diff(norms) == 0.0):
        raise InvalidInput(f"weight_norms must differ, but {norms[:-1][np.diff(norms) == 0.0][0]:g} comes twice")
    rows, teacher = draw(setting, seed)
    direction = rows.sum(axis=0)  # Hebb's rule
    direction /= np.linalg.norm(direction)
    found: list[tuple[Array, _Here]] = []
    root = np.sqrt(setting.dimension)
    for at, norm in zip([min(norms[0], _FIRST), *norms[:-1]], norms, strict=True):
        for way in _between(at, norm):
            weights, here = _minimise(rows, direction * way * root, way * root)
            direction = weights / np.linalg.norm(weights)
        found.append((weights, here))
    weights = np.array([one for one, _ in found])
    logs, decays, angles, gaps = np.array([(h.log_loss, h.multiplier, h.angle, h.gap) for _, h in found]).T
    good = angles <= TOLERANCE
    return FixedNorm(
        setting,
        seed,
        norms,
        np.where(good, error_of(weights, teacher), np.nan),
        logs - np.log(setting.samples),
        decays * np.exp(logs),
        angles,
        gaps,
        good,
        Status.CONVERGED if np.all(good) else Status.NOT_CONVERGED,
        weights,
    )


def _between(start: float, end: float) -> Array:
    """Norms to visit on the way: warm starts that are too far apart make Newton's method search."""
    steps = max(1, int(np.ceil(np.log(end / start) / _FARTHEST)))
    return np.geomspace(start, end, steps + 1)[1:]


@dataclass(frozen=True)
class _Here:
    """The loss about some weights of norm ``radius``, and how far they are from its minimum over the ball."""

    log_loss: float
    margins: Array
    gradient: Array
    """Over the loss, as are ``bend`` and ``multiplier``."""
    bend: Array
    multiplier: float
    angle: float
    gap: float


def _look(rows: Array, weights: Array, radius: float) -> _Here:
    margins = rows @ weights
    gradient, bend = relative_slopes(rows, margins)
    size, inward = float(np.linalg.norm(gradient)), -float(gradient @ weights) / radius
    outside = inward > 0.0 and abs(float(np.linalg.norm(weights)) / radius - 1.0) < 1e-12
    angle = float(np.linalg.norm(gradient + inward * weights / radius)) / size if outside else np.inf
    gap = max(radius * (size - inward), 0.0)
    return _Here(float(log_loss(margins)), margins, gradient, bend, inward / radius, angle, gap)


def _minimise(rows: Array, weights: Array, radius: float) -> tuple[Array, _Here]:
    """The minimum over the ball, from weights in it. It lies on the sphere; on the way there they may lie inside."""
    here = _look(rows, weights, radius)
    for _ in range(_MOST):
        if here.angle <= 1e-3 * TOLERANCE:
            break
        hessian = curvature(rows, here.bend)
        move = _ball(hessian, hessian @ weights - here.gradient, radius, here.multiplier) - weights
        expected, length = float(here.gradient @ move), 1.0
        near = -expected <= _ROUNDING  # the loss can no longer tell, the angle can
        along = rows @ move
        while not near:
            change = float(log_loss(here.margins + length * along)) - here.log_loss
            if np.expm1(min(change, 1.0)) <= 1e-4 * length * expected or length < 1e-8:
                break
            length *= 0.5
        ahead = weights + length * move
        size = float(np.linalg.norm(ahead))
        if size > (1.0 - 1e-6) * radius:
            ahead *= radius / size
        there = _look(rows, ahead, radius)
        if near and not there.angle < here.angle:
            break
        weights, here = ahead, there
    return weights, here


def _ball(hessian: Array, right: Array, radius: float, multiplier: float) -> Array:
    """Minimum of w·H·w/2 − right·w over |w| ≤ radius: (H + μ) w = right, by Newton's method in 1/|w| (Hebden)."""
    n = len(right)
    identity = np.eye(n)
    low, high = 0.0, float(np.linalg.norm(right)) / radius
    mu = min(max(multiplier, 1e-12 * high), high)
    weights = right / high
    for _ in range(50):
        try:
            factor = cho_factor(hessian + mu * identity, lower=True)
        except LinAlgError:  # singular to rounding: the multiplier is too small
            low, mu = mu, 0.5 * (mu + high)
            continue
        weights = cho_solve(factor, right)
        size = float(np.linalg.norm(weights))
        if abs(size / radius - 1.0) < 1e-10:
            break
        low, high = (mu, high) if size > radius else (low, mu)
        half = solve_triangular(factor[0], weights, lower=True)
        mu += (size / float(np.linalg.norm(half))) ** 2 * (size - radius) / radius
        if not low < mu < high:
            mu = 0.5 * (low + high) if low > 0.0 else 0.1 * high
        if high < 1e-14 * float(np.trace(hessian)) / n:  # the minimum lies inside
            break
    return weights
