"""Quadratic networks with fewer hidden units than dimensions: only the p largest eigenvalues can survive.

For p < d the spectral denoiser is f(x) = x − c on the p largest eigenvalues of S* + δ Z, 0 elsewhere: its cut b is the
(1 − p/d) quantile of μ_δ (arXiv:2606.28242). With e = b − c, and all moments of the wide network taken at the
threshold b,

    X = X(b) − e ∂_b X(b),      mse = mse(b) − e ∂_b mse(b) + e² p/d,

since f is (x − b)₊ + e 1{x > b} and −∂_b of either moment is its part linear in e. Each is a sum over teacher
directions of
E (f_i − s_i)², accurate relative to its own size. The second equation λ' = c (N − X) is a quadratic one for c, and one
equation for δ is left. Where the threshold is the larger of the two, the cut does nothing and the equations are
those of the wide network.

The problem is not convex for p < d, and the equation may have several solutions: taken is the one of the largest noise,
which iterations from a network that has learned nothing reach first. That training reaches it is a conjecture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from spectralaw.free_probability.atoms import Atoms
from spectralaw.free_probability.contour import moments_above
from spectralaw.free_probability.quantile import place, quantile_point
from spectralaw.free_probability.subordination import ComplexArray
from spectralaw.state_evolution.channel import Array
from spectralaw.state_evolution.equations import capacity
from spectralaw.state_evolution.quadratic import QuadraticChannel
from spectralaw.state_evolution.recovery import RECOVERY_NOISE
from spectralaw.state_evolution.teacher_atoms import teacher_atoms
from spectralaw.task import Task

_SEARCHED = np.concatenate([np.arange(6.0, -20.0, -0.4), np.arange(-20.0, -80.0, -2.0)])
# log δ over that of an unlearned teacher, where a sign change is looked for
_TOGETHER = 10

_STEP = 1e-4  # in log δ, of the central difference that gives slopes


@dataclass(frozen=True)
class Narrow:
    """A solution with a cut."""

    excess_risk: float
    noise: float
    threshold: float
    cut: float
    """b, the smallest eigenvalue of S* + δ Z that survives."""
    survivors: float
    """Number of weights that are not zero."""
    training_loss: float
    residual: float
    samples_exponent: float
    """∂ log R / ∂ log n."""
    weight_decay_exponent: float
    """∂ log R / ∂ log λ."""
    amplification: float
    """What a unit residual of the equation for δ does to log R."""


@dataclass(frozen=True)
class _Point:
    """The equations at B noises δ; every field has shape (B,)."""

    excess: Array  # log((R + Δ) / (N δ²))
    risk: Array
    threshold: Array
    cut: Array
    response: Array
    survivors: Array
    by_capacity: Array  # ∂ log R / ∂ log N at fixed δ
    by_decay: Array


class _Equations:
    def __init__(self, task: Task) -> None:
        self.channel = QuadraticChannel(teacher_atoms(task))
        self.atoms = self.channel.atoms
        self.capacity = float(capacity("quadratic", np.array(task.samples), float(task.dimension)))
        self.decay = task.effective_weight_decay
        self.noise_variance = task.noise_variance
        self._last: Array | None = None  # where the last quantile was found
        self.share = (task.width or task.dimension) / task.dimension

    def at(self, log_noise: Array) -> _Point:
        noise = np.exp(log_noise)
        start = None
        if self._last is not None and len(log_noise) == 1:
            start = self._last
        w, values, weights = _quantile_points(self.atoms, noise, self.share, start)
        self._last = w.real if len(w) == 1 else None
        cut = place(w, values, weights, noise)
        m = moments_above(noise, cut, values, weights, w)
        n, decay, variance = self.capacity, self.decay, noise**2
        with np.errstate(all="ignore"):
            jump = -m.response_threshold
            spare = n - m.response - cut * jump
            threshold = _threshold(spare, jump, decay)
        e = cut - threshold
        risk = 2.0 * (m.mse - e * m.mse_threshold + e**2 * m.mass)
        response = m.response + e * jump
        with np.errstate(all="ignore"):
            risk_threshold = 2.0 * (2.0 * threshold * m.mass - variance * jump)
            pull = spare + 2.0 * threshold * jump
            by_capacity = np.where(threshold > 0.0, -risk_threshold * threshold * n / pull / risk, 0.0)
            by_decay = np.where(threshold > 0.0, risk_threshold * decay / pull / risk, 0.0)
        survivors = np.full(noise.shape, self.share * self.atoms.dimension)
        idle = np.flatnonzero(~(threshold <= cut))  # the threshold leaves fewer than p
        if len(idle):
            threshold[idle] = self._wide_threshold(noise[idle], np.maximum(cut[idle], 0.0))
            wide = self.channel(noise[idle], threshold[idle])
            risk[idle], response[idle], survivors[idle] = wide.risk, wide.response, wide.survivors
            with np.errstate(all="ignore"):
                pull = n - wide.response - threshold[idle] * wide.response_threshold
                by_capacity[idle] = -wide.risk_threshold * threshold[idle] * n / pull / wide.risk
                by_decay[idle] = wide.risk_threshold * decay / pull / wide.risk
        with np.errstate(all="ignore"):
            excess = np.log((risk + self.noise_variance) / n) - 2.0 * log_noise
        return _Point(excess, risk, threshold, cut, response, survivors, by_capacity, by_decay)

    def _wide_threshold(self, noise: Array, low: Array) -> Array:
        """The root c ≥ b of λ' = c (N − X(δ, c)), whose right side increases where it is positive."""
        n, decay = self.capacity, self.decay
        low = low.copy()
        high = np.maximum(decay / n, self.atoms.largest + 2.0 * noise)
        c = np.clip(decay / n, low, high)
        for iteration in range(80):
            channel = self.channel(noise, c)
            value = c * (n - channel.response) - decay
            low, high = np.where(value < 0.0, c, low), np.where(value < 0.0, high, c)
            if np.all((np.abs(value) <= 1e-14 * max(decay, 1e-300)) | (high - low <= 1e-15 * high)):
                break
            with np.errstate(all="ignore"):
                following = c - value / (n - channel.response - c * channel.response_threshold)
            good = np.isfinite(following) & (following > low) & (following < high) & (iteration % 4 != 3)
            c = np.where(good, following, 0.5 * (low + high))
        return c


def solve_narrow(task: Task) -> Narrow | None:
    """The solution of a quadratic network with width < dimension; None when none was found.

    Parameters
    ----------
    task : Task
        width < dimension, weight_decay ≥ 0.
    """
    equations = _Equations(task)
    power = 2.0 * equations.atoms.power / task.dimension
    with np.errstate(all="ignore"):
        middle = 0.5 * (np.log(power + task.noise_variance) - np.log(equations.capacity))
    if not np.isfinite(middle):
        return None
    bracket = _first_sign_change(equations, middle + _SEARCHED)
    if bracket is None:
        exact = task.weight_decay == task.noise_variance == 0.0 and equations.atoms.rank <= (task.width or 0)
        nothing = np.log(RECOVERY_NOISE * equations.atoms.smallest)
        if exact and equations.at(np.array([nothing])).excess[0] < 0.0:
            return Narrow(
                0.0, 0.0, 0.0, 0.0, equations.atoms.rank, 0.0, 0.0, np.nan, np.nan, 0.0
            )  # the teacher is found exactly
        return None

    def excess(x: float) -> float:
        value = float(equations.at(np.array([x])).excess[0])
        return value if np.isfinite(value) else -1.0

    root, outcome = brentq(excess, *bracket, xtol=1e-15, rtol=1e-15, maxiter=60, full_output=True, disp=False)  # pyright: ignore[reportArgumentType]
    x = float(root)  # pyright: ignore[reportArgumentType]
    del outcome  # judged by the residual
    point = equations.at(np.array([x - _STEP, x, x + _STEP]))
    with np.errstate(all="ignore"):
        slope = (point.excess[2] - point.excess[0]) / (2.0 * _STEP)
        risk_slope = (np.log(point.risk[2]) - np.log(point.risk[0])) / (2.0 * _STEP)
        share = point.risk[1] / (point.risk[1] + task.noise_variance)
        # log((R + Δ)/N) − 2 log δ = 0, differentiated
        by_samples = point.by_capacity[1] + risk_slope * (1.0 - share * point.by_capacity[1]) / slope
        by_decay = point.by_decay[1] * (1.0 - risk_slope * share / slope)
        amplification = float(np.abs(risk_slope / slope))
    noise, threshold, n = float(np.exp(x)), float(point.threshold[1]), equations.capacity
    spare = equations.decay / threshold if threshold > 0.0 and equations.decay > 0.0 else 0.0
    if threshold == 0.0:
        spare = n - float(point.response[1])
    return Narrow(
        excess_risk=float(point.risk[1]),
        noise=noise,
        threshold=threshold,
        cut=max(float(point.cut[1]), threshold),
        survivors=float(point.survivors[1]),
        training_loss=noise**2 * spare**2 / n,
        residual=float(np.abs(point.excess[1])),
        samples_exponent=float(by_samples),
        weight_decay_exponent=float(by_decay),
        amplification=amplification if np.isfinite(amplification) else np.inf,
    )


def _first_sign_change(equations: _Equations, x: Array) -> tuple[float, float] | None:
    """Neighbours of a decreasing list of log δ between which the risk first becomes too large for the noise."""
    last = np.inf
    for begin in range(0, len(x), _TOGETHER):
        some = x[begin : begin + _TOGETHER]
        positive = np.flatnonzero(equations.at(some).excess > 0.0)
        if len(positive):
            k = int(positive[0])
            high = float(some[k - 1]) if k else last
            return (float(some[k]), high) if np.isfinite(high) else None
        last = float(some[-1])
    return None


def quantile(atoms: Atoms, noise: float, share: float) -> float:
    """The point b of the spectrum of S* + δ Z with a fraction ``share`` of the eigenvalues above it."""
    delta = np.array([noise])
    return float(place(*_quantile_points(atoms, delta, share), delta)[0])


def _quantile_points(
    atoms: Atoms, noise: Array, share: float, guess: Array | None = None
) -> tuple[ComplexArray, Array, Array]:
    def near(u: Array) -> tuple[Array, Array]:
        values, counts = atoms.near(np.maximum(u, 0.0), noise)
        return values, counts / atoms.dimension

    start = guess if guess is not None else noise
    if guess is None:
        kept = max(round(share * atoms.dimension), 1)
        last, following = atoms.value_at(np.array([float(kept), min(kept + 1.0, float(atoms.dimension))]))
        beside = following + 1.005 * noise
        start = np.where(beside < last, beside, following + noise * (1.0 - 2.0 * share))
    return quantile_point(near, noise, share, -1.01 * noise, atoms.largest + 1.01 * noise, start)


def _threshold(spare: Array, jump: Array, decay: float) -> Array:
    """The root c ≥ 0 of c (spare + c X_0) = λ'; infinite without one."""
    root = np.sqrt(np.maximum(spare**2 + 4.0 * jump * decay, 0.0))
    large = np.where(jump > 0.0, (root - spare) / (2.0 * jump), np.inf)
    return np.where(spare > 0.0, 2.0 * decay / (spare + root), large)


def narrow(task: Task) -> bool:
    """Whether a task asks for fewer hidden units than dimensions."""
    return task.width is not None and task.width < task.dimension
