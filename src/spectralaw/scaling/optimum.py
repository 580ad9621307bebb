"""Two variables: the best model size for a budget, from a fitted law or from one IsoFLOP curve."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import t as student

from spectralaw import _checks
from spectralaw.errors import InvalidInput
from spectralaw.scaling.inputs import read
from spectralaw.scaling.laws import Array
from spectralaw.scaling.model import Model
from spectralaw.scaling.result import ComputeOptimal, Estimate, FitStatus, Record

_CURVED = 0.025  # the curvature at the minimum must be above 0 at this one-sided level
_FEWEST = 5


def allocation(model: Model, C: float, flops: float) -> tuple[float, Array, Any]:
    """log N_opt, its gradient in the parameters, and the function itself.

    Least of A N^−α + B (C/(flops N))^−β: log N = (log(αA/βB) + β log(C/flops)) / (α + β).
    """
    law = model.law
    matrix, offset = law.to_user(model.frame)
    tied = law.size == 4
    budget = math.log(C / flops)
    alpha_at, beta_at = 3, 3 if tied else 4

    def function(theta: Array) -> Array:
        carried = theta @ matrix.T + offset
        alpha, beta = carried[..., alpha_at], carried[..., beta_at]
        ratio = np.log(alpha / beta) + carried[..., 1] - carried[..., 2]
        return (ratio + beta * budget) / (alpha + beta)

    value = float(function(model.theta))
    return value, _gradient(function, model.theta), function


def exponent_a(model: Model) -> Estimate:
    """a = β/(α + β): N_opt ∝ C^a."""
    tied = model.law.size == 4
    if tied:
        return Estimate(0.5, 0.5, 0.5, "fixed")

    def function(theta: Array) -> Array:
        return theta[..., 4] / (theta[..., 3] + theta[..., 4])

    band = model.of(float(function(model.theta)), _gradient(function, model.theta), function)
    return Estimate(band.value, float(band.low), float(band.high), model.method)


def compute_optimal(model: Model, C: float, flops: float = 6.0) -> ComputeOptimal:
    """The budget's optimum with its interval, under a fitted law of two variables."""
    if not model.law.two_variables:
        raise InvalidInput("compute_optimal needs a law of N and D, not one of one variable")
    C, flops = _checks.finite("C", C), _checks.finite("flops", flops)
    if C <= 0.0 or flops <= 0.0:
        raise InvalidInput(f"C and flops must be greater than 0, not {C:g} and {flops:g}")
    value, gradient, function = allocation(model, C, flops)
    band = model.of(value, gradient, function)
    n, low, high = math.exp(value), math.exp(band.low), math.exp(band.high)
    data = [C / flops / size for size in (n, high, low)]
    loss = model.predict({"N": n, "D": data[0]})
    return ComputeOptimal(C, n, low, high, *data, loss, model.method)


def _gradient(function: Any, theta: Array) -> Array:
    """Central differences: the functions are smooth, and rounding (1e-10) is far below any standard error."""
    step = 1e-5 * np.maximum(1.0, np.abs(theta))
    shifts = np.diag(step)
    return (function(theta + shifts) - function(theta - shifts)) / (2.0 * step)


@dataclass(frozen=True)
class IsoflopOptimum(Record):
    """The minimum of one IsoFLOP curve."""

    status: FitStatus
    message: str
    N: float | None = None
    low: float | None = None
    high: float | None = None
    log_error: float | None = None
    """Standard error of log N."""
    loss: float | None = None
    n: int = 0
    level: float = 0.95


def isoflop_optimum(N: Any, y: Any, weights: Any = None, level: float = 0.95) -> IsoflopOptimum:
    """Best model size for one budget: the minimum of a cubic in log N through the losses y.

    A parabola is biased wherever the two exponents differ, and its interval with it; the cubic term takes the skewness.

    Parameters
    ----------
    N : array_like
        Model sizes at one budget of compute, at least 5.
    y : array_like
        Losses.
    weights : array_like, optional
        Inverse variances, up to a factor.
    level : float
        Of the interval, which is the delta method's with Student's t.

    Returns
    -------
    IsoflopOptimum
        ``status`` is ``no_interior_minimum`` where the smallest loss is at an end, the curvature is not above 0 at
        2.5 %, or the stationary point is outside the data; ``too_few_points`` below 5.
    """
    level = _level(level)
    points, xs, ys = read(N, y, weights)
    n = points.n
    if n < _FEWEST or len(np.unique(xs)) < _FEWEST:
        message = f"an IsoFLOP curve needs {_FEWEST} model sizes, not {len(np.unique(xs))}: train more sizes"
        return IsoflopOptimum(FitStatus.TOO_FEW_POINTS, message, n=n, level=level)

    def refused(why: str) -> IsoflopOptimum:
        message = f"{why}: train sizes on both sides of the optimum"
        return IsoflopOptimum(FitStatus.NO_INTERIOR_MINIMUM, message, n=n, level=level)

    lowest = int(np.argmin(ys))
    if xs[0, lowest] in (xs.min(), xs.max()):
        return refused("the smallest loss is at an end of the range of N")
    u = points.u[0] - points.u[0, lowest]
    scale = float(np.max(np.abs(u)))
    u = u / scale
    root = np.sqrt(points.weights)
    design = np.vander(u, 4, increasing=True) * root[:, None]
    coefficients, *_ = np.linalg.lstsq(design, points.v * root, rcond=None)
    residuals = points.v * root - design @ coefficients
    dof = n - 4
    covariance = np.linalg.inv(design.T @ design) * float(residuals @ residuals) / dof
    quantile = float(student.ppf(0.5 + 0.5 * level, dof))
    _, linear, square, cubic = coefficients
    place = _minimum(linear, square, cubic)
    if place is None or not u.min() < place < u.max():
        return refused("the fitted curve has no minimum inside the range of N")
    curvature = 2.0 * square + 6.0 * cubic * place
    turn = np.array([0.0, 0.0, 2.0, 6.0 * place])
    if curvature <= float(student.ppf(1.0 - _CURVED, dof)) * math.sqrt(max(turn @ covariance @ turn, 0.0)):
        return refused("the curvature at the minimum is not above the noise")
    gradient = np.array([0.0, 1.0, 2.0 * place, 3.0 * place**2]) / curvature
    error = math.sqrt(max(gradient @ covariance @ gradient, 0.0)) * scale
    log_n = place * scale + math.log(xs[0, lowest])
    loss = math.exp(float(np.polynomial.polynomial.polyval(place, coefficients)) + points.frame.level)
    low, high = (math.exp(log_n + sign * quantile * error) for sign in (-1, 1))
    message = "minimum of a cubic in log N"
    return IsoflopOptimum(FitStatus.CONVERGED, message, math.exp(log_n), low, high, error, loss, n, level)


def _minimum(linear: float, square: float, cubic: float) -> float | None:
    """Where l + 2 s t + 3 c t² is 0 and rises."""
    root = square**2 - 3.0 * linear * cubic
    if root < 0.0:
        return None
    sign = square + math.copysign(math.sqrt(root), square)
    # both roots without cancellation; the minimum is where s + 3 c t > 0
    candidates = [-linear / sign] if sign else []
    if cubic:
        candidates.append(-sign / (3.0 * cubic))
    rising = [t for t in candidates if square + 3.0 * cubic * t > 0.0]
    return min(rising, key=abs) if rising else None


def _level(level: float) -> float:
    value = _checks.finite("level", level)
    if not 0.0 < value < 1.0:
        raise InvalidInput(f"level must be between 0 and 1, not {value:g}")
    return value
