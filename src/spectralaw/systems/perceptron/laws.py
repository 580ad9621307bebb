"""Dynamical scaling laws: what learning curves of many sizes have in common, as the norm of the weights grows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtrit

from spectralaw._checks import finite
from spectralaw.display import Shown
from spectralaw.errors import InvalidInput
from spectralaw.systems.perceptron.curves import Curve, CurveReading, as_curves, read_curve
from spectralaw.systems.perceptron.inputs import Array
from spectralaw.systems.slopes import Slope, log_slope

_PLACES = 60  # at which curves are held against each other
_FEWEST = 3  # curves of different alpha


@dataclass(frozen=True)
class Collapse:
    """How far curves lie from one another once norm and error are in units of those at the minimum."""

    spread: float
    """Root mean square over the norms of the standard deviation of log(error/least error) between curves."""
    before: float
    """The same of log(error) at equal norms, without any units, where the curves have norms in common; else NaN."""
    scaled_norm: tuple[float, float]
    """norm/optimal norm between which all curves are known and have begun to fall: from 30 % of the fall on."""


@dataclass(frozen=True, repr=False)
class DynamicalLaws(Shown):
    """Laws fitted to learning curves; made by :func:`dynamical_laws`."""

    early: Slope
    """γ₁: error/initial error ~ norm^−γ₁ on the way to the minimum; the mean over curves."""
    optimum: Slope
    """γ₂: norm of least error ~ alpha^γ₂."""
    predicted: Slope
    """γ₁γ₂, the end-point exponent that the two laws make together."""
    end_point: Slope
    """γ: least error/initial error ~ alpha^−γ, as measured."""
    collapse: Collapse | None
    """None where scaled curves have no norms in common."""
    curves: tuple[CurveReading, ...]
    """In the order of the input."""
    left_out: tuple[str, ...]
    """A sentence for each curve that has no minimum, or no early exponent."""

    @property
    def consistent(self) -> bool:
        """Whether the intervals of predicted and measured end-point exponent have values in common."""
        return self.predicted.low <= self.end_point.high and self.end_point.low <= self.predicted.high

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        used = sum(one.optimal_norm is not None for one in self.curves)
        spread = "no norms in common" if self.collapse is None else f"{self.collapse.spread:.2%}"
        return f"Dynamical laws of {used} curves", [
            ("early exponent γ₁", str(self.early)),
            ("optimum γ₂", str(self.optimum)),
            ("γ₁ γ₂", str(self.predicted)),
            ("end-point exponent γ", f"{self.end_point}{'' if self.consistent else ', not γ₁γ₂'}"),
            ("spread of scaled curves", spread),
            *(("left out", sentence) for sentence in self.left_out),
        ]


def dynamical_laws(curves: Any, *, initial_errors: Any = None, confidence: float = 0.95) -> DynamicalLaws:
    """Fit the laws of learning curves, test error against norm of the weights, at several numbers of samples.

    * early: error/initial error = k₁ norm^−γ₁, the same for all numbers of samples. γ₁ is the slope of the line through
      log error in the middle of its fall, from 30 to 70 % of the way from its first to its least value;
    * optimum: norm of least error = k₂ alpha^γ₂, the minimum by a cubic through the points about it;
    * collapse: error/least error is a function of norm/optimal norm alone;
    * end point: least error/initial error ~ alpha^−γ, with γ = γ₁γ₂ if the first two hold.

    The laws have no offsets, so that exponents move where the range of sizes is short. Intervals of γ₁ are Student's
    over curves, those of γ₂ and γ over the scatter about the line; that of γ₁γ₂ takes the two as independent.

    Parameters
    ----------
    curves : mapping alpha → (norms, errors), or list of (alpha, norms, errors)
        alpha is the number of samples, in any unit. Each curve has 8 points or more, its norms ascend, and all numbers
        are greater than 0. In a list an alpha may come again, as from another seed. For a deep network the norm is its
        :func:`spectral_complexity`.
    initial_errors : float or array_like, optional
        Error that each curve begins with, before it falls; by default that at its first point, which must then lie
        before the fall.
    confidence : float
        Of the intervals, between 0 and 1.

    Returns
    -------
    DynamicalLaws
        Curves without a minimum take no part; ``left_out`` names each with the reason.

    Raises
    ------
    InvalidInput
        For curves that cannot be used, and where fewer than three different alpha are left with a minimum, or fewer
        than three curves with an early exponent.

    References
    ----------
    arXiv:2505.13230.
    """
    level = finite("confidence", confidence)
    if not 0.0 < level < 1.0:
        raise InvalidInput(f"confidence must be between 0 and 1, not {level:g}")
    given = as_curves(curves, initial_errors)
    readings = [read_curve(curve) for curve in given]
    left_out = tuple(f"alpha = {one.alpha:g}: {one.reason}" for one in readings if one.reason)
    whole = [k for k, one in enumerate(readings) if one.optimal_norm is not None]
    why = f"; {'; '.join(left_out[:3])}" if left_out else ""
    if len({readings[k].alpha for k in whole}) < _FEWEST:
        count = len({readings[k].alpha for k in whole})
        raise InvalidInput(f"curves must have minima at {_FEWEST} different alpha or more, not at {count}{why}")
    slopes = np.array([one.early_exponent for one in readings if one.early_exponent is not None])
    if slopes.size < _FEWEST:
        raise InvalidInput(f"curves must have {_FEWEST} early exponents or more, not {slopes.size}{why}")
    alpha = np.array([readings[k].alpha for k in whole])
    norms = np.array([readings[k].optimal_norm for k in whole], dtype=float)
    least = np.array([readings[k].optimal_error for k in whole], dtype=float)
    first = np.array([readings[k].initial_error for k in whole])
    early, optimum = _mean(slopes, level), log_slope(alpha, norms, confidence=level)
    return DynamicalLaws(
        early,
        optimum,
        _product(early, optimum),
        _negative(log_slope(alpha, least / first, confidence=level)),
        _collapse([given[k] for k in whole], [readings[k] for k in whole]),
        tuple(readings),
        left_out,
    )


def _mean(values: Array, level: float) -> Slope:
    half = float(stdtrit(values.size - 1, 0.5 + 0.5 * level)) * float(values.std(ddof=1)) / np.sqrt(values.size)
    mean = float(values.mean())
    return Slope(mean, mean - half, mean + half, level, values.size)


def _product(a: Slope, b: Slope) -> Slope:
    value = a.value * b.value
    half = float(np.hypot(0.5 * (a.high - a.low) * b.value, 0.5 * (b.high - b.low) * a.value))
    return Slope(value, value - half, value + half, a.confidence, min(a.points, b.points))


def _negative(slope: Slope) -> Slope:
    return Slope(-slope.value, -slope.high, -slope.low, slope.confidence, slope.points)


def _collapse(curves: list[Curve], readings: list[CurveReading]) -> Collapse | None:
    """From where all curves fall to where the first one ends."""
    plain, scaled = [], []
    for curve, one in zip(curves, readings, strict=True):
        assert one.optimal_norm is not None and one.optimal_error is not None  # as the caller chose them
        begin = 0.0 if one.early_range is None else one.early_range[0]
        norm, error = curve.norm[curve.norm >= begin], curve.error[curve.norm >= begin]
        plain.append((np.log(norm), np.log(error)))
        scaled.append((np.log(norm / one.optimal_norm), np.log(error / one.optimal_error)))
    spread, low, high = _spread(scaled)
    if np.isnan(spread):
        return None
    return Collapse(spread, _spread(plain)[0], (float(np.exp(low)), float(np.exp(high))))


def _spread(curves: list[tuple[Array, Array]]) -> tuple[float, float, float]:
    low, high = max(float(x[0]) for x, _ in curves), min(float(x[-1]) for x, _ in curves)
    if not low < high:
        return np.nan, low, high
    places = np.linspace(low, high, _PLACES)
    values = np.array([np.interp(places, x, y) for x, y in curves])
    return float(np.sqrt(np.mean(np.var(values, axis=0, ddof=1)))), low, high


__all__ = ["Collapse", "DynamicalLaws", "dynamical_laws"]
