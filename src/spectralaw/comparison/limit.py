"""The theory holds for d → ∞: judge it by what trained networks of several dimensions tend to.

At the same n/d (diagonal) or n/d² (quadratic), weight decay and noise, the mean of trained networks over the theory is
taken to be

    mean / theory = a + b d^(−p),      1/2 ≤ p ≤ 1,

and the theory is right if a = 1. The power is not assumed: a has the interval of all (b, p) that fit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectralaw.results import Outcome

Array = NDArray[np.float64]

POWERS = np.linspace(0.5, 1.0, 11)
"""Of 1/d. Measured at γ = 1, λ = 1, Δ = 1/2, d = 25 to 400 (table in the README): 1/2 with few samples, 1 with more."""
FEWEST = 3.0
"""Effective samples below which a size says nothing about the limit: the theory averages over many."""
NARROWEST = 0.05
"""Error of the limit above which agreement would say too little."""
_SIGMA = 3.0
_MISFIT = 1e-3  # probability below which no power law describes the sizes
_ROUNDING = 1e-6  # relative: the tolerance of training


@dataclass(frozen=True)
class Sized:
    """What was measured at one dimension."""

    dimension: float
    effective_samples: float
    theory: float
    mean: float
    standard_error: float
    seeds: int

    @property
    def z(self) -> float:
        """(mean − theory) / standard error."""
        return z_score(self.mean, self.theory, self.standard_error)


@dataclass(frozen=True)
class Judgement:
    """Theory against the limit of what was measured."""

    outcome: Outcome
    reason: str
    limit: float = math.nan
    """What mean/theory (or 1 + mean − theory) tends to for d → ∞; NaN where it was not fitted."""
    limit_error: float = math.nan
    """Half the interval of one standard error, over all powers that fit."""
    power: float = math.nan
    """p of the best fit."""
    amplitude: float = math.nan
    """b of the best fit with a = 1: the finite-size effect is b d^(−p) if the theory is right."""
    amplitude_power: float = math.nan
    """p of that fit."""

    def finite_size(self, dimension: float) -> float:
        """The finite-size effect at a dimension, as measured, if the theory is right in the limit."""
        return self.amplitude * dimension**-self.amplitude_power


def judge(sizes: Sequence[Sized], *, relative: bool = True, bounded: bool = True) -> Judgement:
    """Whether the theory agrees with the limit d → ∞ of trained networks.

    Parameters
    ----------
    sizes : sequence of Sized
        At the same n_eff/d, weight decay and noise, in any order.
    relative : bool
        Judge mean/theory; or mean − theory, for what lies between 0 and 1.
    bounded : bool
        Whether :func:`largest_seen` holds for this quantity.

    Returns
    -------
    Judgement
        *agree* when the limit is 1 within 3 standard errors and that error is below 0.05; *disagree* when it is not 1,
        or a deviation is beyond what finite size was ever seen to do (:func:`largest_seen`); *not judged* where the
        sizes cannot tell. Few seeds count with the quantiles of Student's distribution.
    """
    sizes = sorted((s for s in sizes if math.isfinite(s.mean) and math.isfinite(s.theory)), key=lambda s: s.dimension)
    if not sizes:
        return Judgement(Outcome.NOT_JUDGED, "no training converged")
    if all(s.z == 0.0 for s in sizes):
        return Judgement(Outcome.AGREE, "", 1.0, 0.0, 1.0, 0.0, 1.0)
    gross = _gross(sizes, relative) if bounded else ""
    if gross:
        return Judgement(Outcome.DISAGREE, gross)
    told = [s for s in sizes if s.effective_samples >= FEWEST]
    if not told:
        counts = ", ".join(f"{s.effective_samples:.2g}" for s in sizes)
        return Judgement(Outcome.NOT_JUDGED, f"n_eff = {counts} is of order one, where the theory does not apply")
    if len(told) == 1:
        at = f"d = {told[0].dimension:g}"
        return Judgement(Outcome.NOT_JUDGED, f"one size, {at}, cannot tell a wrong theory from a finite-size effect")
    if relative and min(s.theory for s in told) <= 0.0:
        return Judgement(Outcome.NOT_JUDGED, "the predicted value is 0, of which there is no ratio")
    return _fitted(told, relative)


def largest_seen(effective_samples: float, dimension: float) -> float:
    """A bound on the finite-size effect of the excess risk: mean/theory lies between 1/(1 + bound) and 1 + bound.

    min(1/√n_eff, 1/2) + 1/√d: an envelope of what was measured (``tests/comparison/test_limit.py``), no theory, and wide;
    it serves to tell what is grossly wrong from one size alone, never to agree.
    """
    return min(effective_samples**-0.5, 0.5) + dimension**-0.5


def _gross(sizes: Sequence[Sized], relative: bool) -> str:
    """A sentence about a deviation that finite size cannot explain; empty when there is none."""
    for one in reversed(sizes):
        bound, noise = largest_seen(one.effective_samples, one.dimension), _three_sigma(one)
        if not math.isfinite(noise) or (relative and one.theory <= 0.0):
            continue
        low, high = one.mean - noise, one.mean + noise
        if relative:
            beyond = low > one.theory * (1.0 + bound) or high < one.theory / (1.0 + bound)
            measured = f"mean/theory = {one.mean / one.theory:.2f}"
        else:
            beyond = low > one.theory + bound or high < one.theory - bound
            measured = f"mean − theory = {one.mean - one.theory:+.2f}"
        if beyond:
            return f"{measured} at d = {one.dimension:g}, where finite size was never seen to do more than {bound:.2f}"
    return ""


def _fitted(sizes: Sequence[Sized], relative: bool) -> Judgement:
    d = np.array([s.dimension for s in sizes])
    y = np.array([s.mean / s.theory if relative else 1.0 + s.mean - s.theory for s in sizes])
    error = np.array([_three_sigma(s) / _SIGMA / (s.theory if relative else 1.0) for s in sizes])
    error = np.maximum(error, _ROUNDING)
    if not np.all(np.isfinite(error)):
        return Judgement(Outcome.NOT_JUDGED, "one seed has no error bar")
    lines = [_line(d**-p, y, error) for p in POWERS]
    best = min(range(len(POWERS)), key=lambda k: lines[k].chi2)
    least = lines[best].chi2
    apart = [line.a + side * line.error * math.sqrt(1.0 - (line.chi2 - least)) for line in lines
             for side in (-1.0, 1.0) if line.chi2 - least <= 1.0]  # fmt: skip
    limit, half = lines[best].a, max(abs(end - lines[best].a) for end in apart)
    at_one = [line.chi2 + ((1.0 - line.a) / line.error) ** 2 for line in lines]
    null = min(range(len(POWERS)), key=lambda k: at_one[k])
    x = d ** -POWERS[null]
    amplitude = float(np.sum(x * (y - 1.0) / error**2) / np.sum(x**2 / error**2))
    fit = (limit, half, float(POWERS[best]), amplitude, float(POWERS[null]))
    name = "mean/theory" if relative else "1 + mean − theory"
    if len(sizes) > 2 and _tail(least, len(sizes) - 2) < _MISFIT:
        values = ", ".join(f"{one:.3f}" for one in y)
        return Judgement(
            Outcome.NOT_JUDGED, f"{name} = {values} follows no power of d from d^(−1/2) to 1/d: larger d are needed", *fit
        )
    if at_one[null] - least > _SIGMA**2:
        return Judgement(Outcome.DISAGREE, f"{name} tends to {limit:.3f} ± {half:.3f}, not to 1", *fit)
    if half > NARROWEST:
        return Judgement(
            Outcome.NOT_JUDGED, f"{name} tends to {limit:.2f} ± {half:.2f}: more seeds or larger d are needed", *fit
        )
    return Judgement(Outcome.AGREE, "", *fit)


@dataclass(frozen=True)
class _Line:
    a: float
    error: float
    chi2: float


def _line(x: Array, y: Array, error: Array) -> _Line:
    """Weighted least squares of y = a + b x."""
    w = error**-2.0
    w /= w.sum()
    centre = float(w @ x)
    spread = float(w @ (x - centre) ** 2)
    slope = float(w @ ((x - centre) * y)) / spread
    a = float(w @ y) - slope * centre
    total = float(np.sum(error**-2.0))
    return _Line(a, math.sqrt((1.0 + centre**2 / spread) / total), float(np.sum(((y - a - slope * x) / error) ** 2)))


def _three_sigma(one: Sized) -> float:
    """Three standard errors, or as much more as so few seeds need for the same confidence."""
    if one.seeds < 2:
        return math.nan
    from scipy.special import stdtrit

    return float(stdtrit(one.seeds - 1, 0.99865)) * one.standard_error


def _tail(chi2: float, freedom: int) -> float:
    from scipy.special import gammaincc

    return float(gammaincc(0.5 * freedom, 0.5 * chi2))


def z_score(mean: float, theory: float, error: float) -> float:
    """(mean − theory) / error; 0 when there is no difference, infinite when there is one without an error."""
    difference = mean - theory
    if abs(difference) <= _ROUNDING * abs(theory):
        return 0.0
    return difference / error if error > 0.0 else math.copysign(math.inf, difference)
