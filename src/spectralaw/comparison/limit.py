"""The theory holds for d → ∞: judge it by what trained networks of several dimensions tend to.

At the same n/d (diagonal) or n/d² (quadratic), weight decay and noise, the mean of trained networks over the theory is
taken to be

    mean / theory = a + b d^(−p),      1/2 ≤ p ≤ 1,

and the theory is right if a = 1. The power is not assumed: the limit is the mean over all p, each as likely as it fits,
and its error holds their spread; a theory disagrees only if it also does so for every single p.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectralaw.display import with_error
from spectralaw.results import ByValue, Outcome

Array = NDArray[np.float64]

POWERS = np.linspace(0.5, 1.0, 11)
"""Of 1/d. Measured at γ = 1, λ = 1, Δ = 1/2, d = 25 to 400 (table in the README): 1/2 with few samples, 1 with more."""
FEWEST = 3.0
"""Effective samples below which a size says nothing about the limit: the theory averages over many."""
RISING = 10.0
"""Effective samples below which the finite-size effect can still grow with d, before it falls: at n = 0.06 d², λ = 0.01
it is 10 %, 30 %, 17 % at n_eff = 3, 6, 12 (d = 50, 100, 200). No power law through its rise tells the limit."""
NARROWEST = 0.05
"""Error of the limit above which agreement would say too little."""
_SIGMA = 3.0
_MISFIT = 1e-3  # probability below which no power law describes the sizes
_ROUNDING = 1e-6  # relative: the tolerance of training


@dataclass(frozen=True, eq=False)
class Sized(ByValue):
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


@dataclass(frozen=True, eq=False)
class Judgement(ByValue):
    """Theory against the limit of what was measured."""

    outcome: Outcome
    reason: str
    limit: float = math.nan
    """What mean/theory (or 1 + mean − theory) tends to for d → ∞; NaN where it was not fitted."""
    limit_error: float = math.nan
    """One standard error, with that of the power."""
    power: float = math.nan
    """p of the best fit."""
    amplitude: float = math.nan
    """b of the best fit."""

    def finite_size(self, dimension: float) -> float:
        """The finite-size effect b d^(−p) at a dimension, as fitted."""
        return self.amplitude * dimension**-self.power


def judge(sizes: Sequence[Sized], *, relative: bool = True, bound: float | None = 1.0) -> Judgement:
    """Whether the theory agrees with the limit d → ∞ of trained networks.

    Parameters
    ----------
    sizes : sequence of Sized
        At the same n_eff/d, weight decay and noise, in any order.
    relative : bool
        Judge mean/theory; or mean − theory, for what lies between 0 and 1.
    bound : float, optional
        Factor of :func:`largest_seen`, beyond which a deviation at one size is enough to disagree; None where no bound
        was measured.

    Returns
    -------
    Judgement
        *agree* when the limit is 1 within 3 standard errors and that error is below 0.05; *disagree* when it is not 1,
        or a deviation is beyond what finite size was ever seen to do; *not judged* where the sizes cannot tell.
        Few seeds count with the quantiles of Student's distribution.
    """
    sizes = sorted((s for s in sizes if math.isfinite(s.mean) and math.isfinite(s.theory)), key=lambda s: s.dimension)
    if not sizes:
        return Judgement(Outcome.NOT_JUDGED, "no training converged")
    if all(s.z == 0.0 for s in sizes):
        return Judgement(Outcome.AGREE, "", 1.0, 0.0, 1.0, 0.0)
    gross = "" if bound is None else _gross(sizes, relative, bound)
    if gross:
        return Judgement(Outcome.DISAGREE, gross)
    told = [s for s in sizes if s.effective_samples >= FEWEST]
    if not told:
        counts = ", ".join(f"{s.effective_samples:.2g}" for s in sizes)
        return Judgement(Outcome.NOT_JUDGED, f"n_eff = {counts} is of order one, where the theory does not apply")
    if len(told) == 1:
        at = f"d = {told[0].dimension:g}" + (", with n_eff ≥ 3" if len(sizes) > 1 else "")
        return Judgement(Outcome.NOT_JUDGED, f"one size, {at}, cannot tell a wrong theory from a finite-size effect")
    if relative and min(s.theory for s in told) <= 0.0:
        return Judgement(Outcome.NOT_JUDGED, "the predicted value is 0, of which there is no ratio")
    if min(s.seeds for s in told) < 2:
        return Judgement(Outcome.NOT_JUDGED, "one seed has no error bar")
    return _fitted(told, relative)


def largest_seen(effective_samples: float, dimension: float, factor: float = 1.0) -> float:
    """A bound on the finite-size effect of the excess risk: mean/theory lies between 1/(1 + bound) and 1 + bound.

    factor · (min(1/√n_eff, 1/2) + 1/√d), the factor being 1 for power laws of γ ≤ 1, else 2: an envelope of what was
    measured (README), no theory, and wide. It serves to tell what is grossly wrong from one size alone, never to agree.
    """
    return factor * (min(effective_samples**-0.5, 0.5) + dimension**-0.5)


def _gross(sizes: Sequence[Sized], relative: bool, factor: float) -> str:
    """A sentence about a deviation that finite size cannot explain; empty when there is none."""
    for one in reversed(sizes):
        if one.seeds < 2 or (relative and one.theory <= 0.0):
            continue
        bound = largest_seen(one.effective_samples, one.dimension, factor)
        noise = _quantile(one.seeds - 1) * one.standard_error
        low, high = one.mean - noise, one.mean + noise
        if relative:
            beyond = low > one.theory * (1.0 + bound) or high < one.theory / (1.0 + bound)
            measured = f"mean/theory = {one.mean / one.theory:.2f}"
        else:
            beyond = low > one.theory + bound or high < one.theory - bound
            measured = f"mean − theory = {one.mean - one.theory:+.2f}"
        if beyond:
            return f"{measured} at d = {one.dimension:g}, where finite size was never seen to do more than {bound:.0%}"
    return ""


def _fitted(sizes: Sequence[Sized], relative: bool) -> Judgement:
    d = np.array([s.dimension for s in sizes])
    y = np.array([s.mean / s.theory if relative else 1.0 + s.mean - s.theory for s in sizes])
    error = np.array([s.standard_error / (s.theory if relative else 1.0) for s in sizes])
    # a share is counted in steps of 1/d: seeds that all count the same do not make it exact
    error = np.maximum(error, _ROUNDING if relative else 0.5 / (d * np.sqrt([s.seeds for s in sizes])))
    lines = [_line(d**-p, y, error) for p in POWERS]
    best = min(range(len(POWERS)), key=lambda k: lines[k].chi2)
    least = lines[best].chi2
    shares = (lines[best].weights * error) ** 2  # of the variance of the limit
    freedom = shares.sum() ** 2 / float(np.sum(shares**2 / np.array([s.seeds - 1 for s in sizes])))
    wide = _quantile(freedom) / _SIGMA  # Welch–Satterthwaite
    likely = np.array([math.exp(-0.5 * (line.chi2 - least) / wide**2) for line in lines])
    likely /= likely.sum()
    ends, errors = np.array([line.a for line in lines]), np.array([line.error for line in lines])
    limit = float(likely @ ends)
    half = wide * math.sqrt(float(likely @ (errors**2 + (ends - limit) ** 2)))
    at_one = min(line.chi2 + ((1.0 - line.a) / line.error) ** 2 for line in lines)
    fit = (limit, half, float(POWERS[best]), lines[best].slope)
    name = "mean/theory" if relative else "1 + mean − theory"
    tends = f"{name} tends to {with_error(limit, half)}"
    if len(sizes) > 2 and _tail(least, len(sizes) - 2, freedom) < _MISFIT:
        values = ", ".join(f"{one:.3f}" for one in y)
        why = f"{name} = {values} follows no power of d from d^(−1/2) to 1/d: larger d are needed"
        return Judgement(Outcome.NOT_JUDGED, why, *fit)
    off, last = np.abs(y - 1.0), sizes[-1]
    grows = off[-1] - off[:-1].min() > _SIGMA * float(np.hypot(error[-1], error[int(np.argmin(off[:-1]))]))
    if grows and last.effective_samples < RISING:
        why = f"the deviation still grows with d at n_eff = {last.effective_samples:.2g}: larger d are needed"
        return Judgement(Outcome.NOT_JUDGED, why, *fit)
    if at_one - least > (_SIGMA * wide) ** 2 and abs(limit - 1.0) > _SIGMA * half:
        return Judgement(Outcome.DISAGREE, f"{tends}, not to 1", *fit)
    if half > NARROWEST or abs(limit - 1.0) > _SIGMA * half:
        more = math.ceil((half / NARROWEST) ** 2)
        advice = f"{more} times the seeds, or larger d, are needed" if more < 1000 else "larger d are needed"
        return Judgement(Outcome.NOT_JUDGED, f"{tends}: {advice}", *fit)
    return Judgement(Outcome.AGREE, "", *fit)


@dataclass(frozen=True)
class _Line:
    a: float
    error: float
    chi2: float
    slope: float
    weights: Array
    """a = Σ weights · y."""


def _line(x: Array, y: Array, error: Array) -> _Line:
    """Weighted least squares of y = a + b x."""
    w = error**-2.0
    total = float(w.sum())
    w /= total
    centre = float(w @ x)
    spread = float(w @ (x - centre) ** 2)
    weights = w * (1.0 - centre * (x - centre) / spread)
    a, slope = float(weights @ y), float(w @ ((x - centre) * y)) / spread
    chi2 = float(np.sum(((y - a - slope * x) / error) ** 2))
    return _Line(a, math.sqrt((1.0 + centre**2 / spread) / total), chi2, slope, weights)


def _quantile(freedom: float) -> float:
    """As many standard errors as have, with few seeds, the confidence of three."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.99865))


def _tail(chi2: float, freedom: int, of_errors: float) -> float:
    """Probability of a larger misfit, with errors that are themselves estimates."""
    from scipy.special import fdtrc

    return float(fdtrc(freedom, of_errors, chi2 / freedom))


def z_score(mean: float, theory: float, error: float) -> float:
    """(mean − theory) / error; 0 when there is no difference, infinite when there is one without an error."""
    difference = mean - theory
    if abs(difference) <= _ROUNDING * abs(theory):
        return 0.0
    return difference / error if error > 0.0 else math.copysign(math.inf, difference)
