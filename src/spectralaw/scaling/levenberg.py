"""Projected Levenberg–Marquardt for many fits of one law at once: starts, bootstrap replicates, profiles, hold-outs.

Far from the end the matrix is that of iteratively reweighted squares; near it, Huber's own (only points within δ have
curvature), damped by the same diagonal. Parameters on a bound whose gradient points outwards are frozen for the step.
Only a decrease is accepted, and no rule depends on the scale of the objective.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spectralaw.scaling.laws import Array, Law
from spectralaw.scaling.objective import Points, psi, total

_STILL = 1e-13  # relative decrease that counts as none
_PATIENCE, _LONGEST = 3, 40  # steps without decrease
_FLAT = 1e-9  # relative gradient of a minimum
_STUCK = 1e12  # damping beyond which no descent is left
_NEAR = 1e-4  # relative decrease from which Huber's own matrix is used
_ROUNDING = 1e-14  # residuals of this size are rounding
_LEAST_DAMPING = 1e-12
_POLISH = 12  # steps that lower the gradient alone, at the end
_LEVEL = 1e-13  # relative rise of the objective that is rounding
_BLOCK = 60_000  # numbers in one array of residuals: what a cache holds


@dataclass(frozen=True)
class Minima:
    """Where the members of a batch ended."""

    theta: Array
    """Shape (batch, parameters)."""
    objective: Array
    gradient: Array
    """Largest relative projected gradient |Σ w ψ J| / Σ w |ψ| |J|."""
    stuck: np.ndarray
    """Whether it ended because no damped step descends any more."""
    exact: np.ndarray
    """Whether the residuals are rounding."""

    def converged(self, tolerance: float, robust: bool) -> np.ndarray:
        """Which members hold their certificate."""
        return (self.gradient <= tolerance) | self.exact | (self.stuck & robust)


def minimise(
    law: Law,
    points: Points,
    theta: Array,
    delta: float | Array,
    weights: Array | None = None,
    fixed: np.ndarray | None = None,
    bounds: tuple[Array, Array] | None = None,
    steps: int = 400,
    enough: float | None = None,
) -> Minima:
    """Polish every row of ``theta``.

    Parameters
    ----------
    theta : array, shape (batch, parameters)
    delta : float or array, shape (batch,)
    weights : array, shape (batch, n), optional
        Instead of those of the points.
    fixed : array of bool, shape (batch, parameters), optional
        What stays as it is.
    enough : float, optional
        Relative decrease at which to stop at once, where only the objective matters; by default a member goes on until
        its gradient is that of a minimum.
    """
    batch = len(theta)
    delta = np.broadcast_to(np.asarray(delta, dtype=float), (batch,))
    weights = np.broadcast_to(points.weights if weights is None else weights, (batch, points.n))
    fixed = np.zeros((batch, law.size), dtype=bool) if fixed is None else np.broadcast_to(fixed, (batch, law.size))
    low, high = law.bounds(points.u) if bounds is None else bounds
    block = max(1, _BLOCK // points.n)
    parts = [
        _block(law, points, theta[i : i + block], delta[i : i + block], weights[i : i + block],
               fixed[i : i + block], low, high, steps, enough)
        for i in range(0, batch, block)
    ]  # fmt: skip
    return Minima(*(np.concatenate([getattr(part, name) for part in parts]) for name in Minima.__dataclass_fields__))


def _block(law, points, theta, delta, weights, fixed, low, high, steps, enough) -> Minima:
    batch = len(theta)
    loose = ~fixed
    theta = np.where(loose, np.clip(theta, low, high), theta)
    out = Minima(theta.copy(), np.empty(batch), np.empty(batch), np.zeros(batch, bool), np.zeros(batch, bool))
    everything = (delta, weights, loose)
    rows = np.arange(batch)
    residuals, jacobian = points.residuals(law, theta)
    value = total(residuals, weights, delta)
    damping = np.full(batch, 1e-3)
    still = np.zeros(batch, dtype=int)
    near = np.zeros(batch, dtype=bool)
    for _ in range(steps):
        free, gradient, steepness = _gradient(theta, residuals, jacobian, weights, delta, loose, low, high)
        step = _step(free, gradient, residuals, jacobian, weights, delta, near, damping)
        trial = np.where(loose, np.clip(theta + step, low, high), theta)
        new_residuals, new_jacobian = points.residuals(law, trial)
        with np.errstate(over="ignore", invalid="ignore"):
            new_value = total(new_residuals, weights, delta)
        better = new_value < value
        relative = np.where(better, (value - new_value) / np.maximum(value, 1e-300), 0.0)
        near |= better & (relative < _NEAR)
        still = np.where(better, np.where(relative < (enough or _STILL), still + 1, 0), still)
        damping = np.where(better, np.maximum(damping * 0.2, _LEAST_DAMPING), damping * 8.0)
        theta = np.where(better[:, None], trial, theta)
        value = np.where(better, new_value, value)
        residuals = np.where(better[:, None], new_residuals, residuals)
        jacobian = np.where(better[:, None, None], new_jacobian, jacobian)
        stuck = damping > _STUCK
        # a member that stands still goes on while its gradient is not yet that of a minimum
        flat = (still >= _PATIENCE) & ((steepness <= _FLAT) | (still >= _LONGEST))
        done = stuck | (flat if enough is None else still > 0) | ~np.any(free, axis=1)
        if done.any():
            finished = rows[done]
            out.theta[finished], out.objective[finished] = theta[done], value[done]
            out.stuck[finished] = stuck[done]
            keep = ~done
            rows, theta, value, delta, weights = rows[keep], theta[keep], value[keep], delta[keep], weights[keep]
            loose, damping, still, near = loose[keep], damping[keep], still[keep], near[keep]
            residuals, jacobian = residuals[keep], jacobian[keep]
        if not len(rows):
            break
    out.theta[rows], out.objective[rows] = theta, value
    _finish(law, points, out, *everything, low, high, 0 if enough else _POLISH)
    return out


def _gradient(theta, residuals, jacobian, weights, delta, loose, low, high) -> tuple[np.ndarray, Array, Array]:
    """Which parameters may move, the gradient, and its largest component relative to the sum of its terms' sizes."""
    slope = weights * psi(residuals, delta)
    gradient = np.matmul(jacobian, slope[..., None])[..., 0]
    scale = np.matmul(np.abs(jacobian), np.abs(slope)[..., None])[..., 0]
    free = loose & ~((theta <= low) & (gradient > 0.0)) & ~((theta >= high) & (gradient < 0.0))
    relative = np.abs(gradient) / np.maximum(scale, 1e-300)
    return free, gradient, np.max(np.where(free & (scale > 0.0), relative, 0.0), axis=1)


def _step(free, gradient, residuals, jacobian, weights, delta, near, damping) -> Array:
    """The damped step, solved with a unit diagonal so that it does not see the units of the parameters."""
    size = np.abs(residuals)
    inside = size <= delta[:, None]
    soft = weights * np.where(inside, 1.0, delta[:, None] / np.maximum(size, 1e-300))
    curvature = np.where(near[:, None], weights * inside, soft)
    matrix = np.matmul(jacobian * curvature[:, None], np.swapaxes(jacobian, 1, 2))
    diagonal = np.matmul(jacobian**2, soft[..., None])[..., 0]
    diagonal = np.maximum(diagonal, 1e-12 * diagonal.max(axis=1, keepdims=True) + 1e-300)
    root = 1.0 / np.sqrt(diagonal)
    both = free[:, :, None] & free[:, None, :]
    system = np.where(both, matrix * root[:, :, None] * root[:, None, :], 0.0)
    system += np.eye(free.shape[1]) * np.where(free, damping[:, None], 1.0)[:, None]
    return _solve(system, np.where(free, -gradient * root, 0.0)) * root


def _solve(system: Array, right: Array) -> Array:
    try:
        solution = np.linalg.solve(system, right[..., None])
    except np.linalg.LinAlgError:
        solution = np.matmul(np.linalg.pinv(system), right[..., None])
    return np.asarray(solution[..., 0], dtype=np.float64)


def _finish(law, points, out: Minima, delta, weights, loose, low, high, polish: int) -> None:
    """The certificate; before it, steps that lower the gradient where the objective no longer shows a decrease."""
    residuals, jacobian = points.residuals(law, out.theta)
    near = np.ones(len(delta), dtype=bool)
    damping = np.full(len(delta), _LEAST_DAMPING)
    free, gradient, steepness = _gradient(out.theta, residuals, jacobian, weights, delta, loose, low, high)
    for _ in range(polish):
        if np.all(steepness <= _FLAT):
            break
        step = _step(free, gradient, residuals, jacobian, weights, delta, near, damping)
        trial = np.where(loose, np.clip(out.theta + step, low, high), out.theta)
        new_residuals, new_jacobian = points.residuals(law, trial)
        found = _gradient(trial, new_residuals, new_jacobian, weights, delta, loose, low, high)
        with np.errstate(over="ignore", invalid="ignore"):
            value = total(new_residuals, weights, delta)
        good = (steepness > _FLAT) & (found[2] < steepness) & (value <= out.objective * (1.0 + _LEVEL))
        if not good.any():
            break
        out.theta[good] = trial[good]
        out.objective[good] = np.minimum(value, out.objective)[good]
        residuals = np.where(good[:, None], new_residuals, residuals)
        jacobian = np.where(good[:, None, None], new_jacobian, jacobian)
        free, gradient, steepness = _gradient(out.theta, residuals, jacobian, weights, delta, loose, low, high)
    out.gradient[:] = steepness
    out.exact[:] = np.max(np.abs(residuals), axis=1) <= _ROUNDING * max(1.0, float(np.max(np.abs(points.v))))
