"""IsoFLOP curves: the best model size at each budget, and its exponent in the budget."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import t as student

from spectralaw import _checks
from spectralaw.errors import InvalidInput
from spectralaw.scaling.inputs import read
from spectralaw.scaling.records import Estimate, FitStatus, Record

_CURVED = 0.025  # the curvature at the minimum must be above 0 at this one-sided level
_FEWEST = 5
_DECADE = 10.0
_LEAST_ERROR = 0.03  # of log N: below it the shape of the curve, not the noise, limits the minimum


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

    Only sizes within a decade of the smallest loss (and at least five) are used.
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

    near = _near(xs[0], ys)
    points, xs, ys = points.take(near), xs[:, near], ys[near]
    n = points.n
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


def _near(sizes: Any, losses: Any) -> Any:
    """Rows within a decade of the smallest loss, or the five nearest sizes: farther out a cubic is no model."""
    away = np.abs(np.log(sizes / sizes[int(np.argmin(losses))]))
    fifth = np.sort(np.unique(np.round(away, 12)))[_FEWEST - 1]
    return away <= max(math.log(_DECADE), float(fifth) + 1e-9)


def isoflop_exponent(C: Any, optima: Any, level: float = 0.95) -> Estimate:
    """a of N_opt ∝ C^a: the slope of log N on log C through the optima that are results.

    Weights are 1/max(error, 0.03)²; the interval is widened by √(χ²/dof) where that is above 1.

    Parameters
    ----------
    C : array_like
        Budgets.
    optima : sequence of IsoflopOptimum
        One for each budget; those without a minimum are left out.
    """
    budgets = np.asarray(C, dtype=float).ravel()
    optima = list(optima)
    if len(budgets) != len(optima):
        raise InvalidInput(f"C must be as many as optima ({len(optima)}), not {len(budgets)}")
    used = [(math.log(c), one) for c, one in zip(budgets, optima, strict=True) if one.status.is_result]
    if len({c for c, _ in used}) < 3:
        raise InvalidInput(f"optima must have a minimum at 3 budgets or more, not {len({c for c, _ in used})}")
    u = np.array([c for c, _ in used])
    v = np.log([one.N for _, one in used])
    weight = 1.0 / np.maximum([one.log_error for _, one in used], _LEAST_ERROR) ** 2
    u = u - np.average(u, weights=weight)
    norm = float(np.sum(weight * u**2))
    slope = float(np.sum(weight * u * v)) / norm
    residuals = v - np.average(v, weights=weight) - slope * u
    dof = len(u) - 2
    scale = max(1.0, float(np.sum(weight * residuals**2)) / dof)
    half = float(student.ppf(0.5 + 0.5 * _level(level), dof)) * math.sqrt(scale / norm)
    return Estimate(slope, slope - half, slope + half, "wald")


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
