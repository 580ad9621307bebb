"""Equations held against one-pass SGD, and exponents and plateaus against their laws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.reproduction.claims import Claim
from spectralaw.systems.slopes import log_slope

if TYPE_CHECKING:
    import xarray

MATCH = "for N = 1,000 and more the mean error of SGD is that of the equations, to its error bar and to 5 %"
BIAS = "the difference of SGD at small N from the equations shrinks like 1/N"
EXPONENT = "the error of a linear network falls as α^(−β/(1+β)), to 0.03 at the largest L for every β, nearer with L"
FEATURES = "and so does that of an erf network that has specialised, to 0.05"
LEADING = "trained on the n leading directions only, the error that remains falls as n^(−β), to 0.1 at the largest n"
ESCAPE = "the plateau is left the sooner, the more distinct eigenvalues there are, and is gone at the largest number"
HEIGHT = "on isotropic data the height of the plateau goes to (π/6 − K arcsin(1/2K))/π as η → 0"
STATEMENTS = (MATCH, BIAS, EXPONENT, FEATURES, LEADING, ESCAPE, HEIGHT)
BIASED = "erf, K = 2, M = 2"
LARGE = 1000
CHANCE = 1e-4  # two-sided, of a point that lies further off
LEVEL = 0.0045  # error below which the plateau is left


def _judge_simulation(data: xarray.Dataset) -> list[Claim]:
    from scipy.stats import t

    data = data.transpose("dimension", "alpha", ...)
    name, N = data.attrs["of"], data.dimension.values
    large = N >= LARGE
    difference = data["mean"].values - data.theory.values
    relative = difference / data.theory.values
    spread = data.standard_error.values
    allowed = t.isf(0.5 * CHANCE, data.seeds.values - 1)[:, None] * spread
    claims = []
    if large.any():
        near = (np.abs(difference) <= allowed) & (np.abs(relative) <= 0.05) & (spread > 0.0)
        near = near[large]
        sizes = ", ".join(f"{n:,}" for n in N[large])
        most = float(np.max(np.abs(relative[large])))
        measured = f"{int(near.sum())} of {near.size} points, largest difference {most:.1%}; N = {sizes}"
        claims.append(Claim.of(MATCH, name, measured, bool(near.all())))
    if name != BIASED:
        return claims
    k = int(np.argmax(data.alpha.values))
    small = ~large
    gap, bar = np.abs(relative[small, k]), (spread / data.theory.values)[small, k]
    about = f"{name}, α = {data.alpha.values[k]:g}"
    if not np.all(np.isfinite(gap) & (bar > 0.0)):
        return [*claims, Claim.of(BIAS, about, "points are missing", False)]
    measured = ", ".join(f"{g:.1%} ± {b:.1%}" for g, b in zip(gap, bar, strict=True))
    if small.sum() < 3 or np.any(gap <= 2.0 * bar):
        reason = "three sizes and more with a difference above two error bars are needed"
        return [*claims, Claim.of(BIAS, about, measured, None, reason)]
    slope = log_slope(N[small], gap, bar / gap)
    measured = f"{measured} at N = {', '.join(map(str, N[small]))}: exponent {slope}"
    claims.append(Claim.of(BIAS, about, measured, slope.holds(-1.0) and slope.high < 0.0))
    return claims


def _judge_exponents(data: xarray.Dataset) -> list[Claim]:
    law = -data.beta.values / (1.0 + data.beta.values)
    off = np.abs(data.exponent.values - law)
    listed = ", ".join(f"{v:.3f} ({w:.3f})" for v, w in zip(data.exponent.values[-1], law, strict=True))
    nearer = bool(np.all(off[-1] < off[0]))
    about = f"η = {data.attrs['learning_rate']:g}, β = {', '.join(f'{b:g}' for b in data.beta.values)}"
    measured = f"{listed} at L = {data.levels.values[-1]:,}"
    return [Claim.of(EXPONENT, about, measured, bool(np.all(off[-1] <= 0.03)) and nearer and len(off) > 1)]


def _judge_features(data: xarray.Dataset) -> list[Claim]:
    claims = []
    for beta, count, value in zip(data.beta.values, data.levels.values, data.exponent.values, strict=True):
        law = -beta / (1.0 + beta)
        about = f"K = M = 2, β = {beta:g}, L = {count}"
        claims.append(Claim.of(FEATURES, about, f"{value:.3f} ({law:.3f})", bool(abs(value - law) <= 0.05)))
    return claims


def _judge_leading(data: xarray.Dataset) -> list[Claim]:
    n, errors = data.trained.values, data.error.values
    last = np.log(errors[:, -1] / errors[:, -2]) / np.log(n[-1] / n[-2])
    first = np.log(errors[:, 1] / errors[:, 0]) / np.log(n[1] / n[0])
    beta = data.beta.values
    agrees = bool(np.all(np.abs(last + beta) <= 0.1) and np.all(np.abs(last + beta) <= np.abs(first + beta) + 0.05))
    listed = ", ".join(f"{v:.3f} (−{b:g})" for v, b in zip(last, beta, strict=True)).replace("-", "−")
    return [Claim.of(LEADING, f"L = {data.attrs['levels']:,}", f"{listed} from n = {n[-2]} to {n[-1]}", agrees)]


def _judge_plateaus(data: xarray.Dataset) -> list[Claim]:
    escape, height = data.escape.values, data.height.values
    listed = ", ".join(f"{a:.0f}" for a in escape)
    gone = bool(np.isfinite(height[0]) and np.isnan(height[-1]))
    falls = bool(np.all(np.diff(escape) < 0.0))
    complete = bool(np.all(data.computed.values) and np.all(np.isfinite(data.error.values)))
    agrees = gone and falls and complete
    reason = ""
    if not agrees:
        reason = (
            "curves are missing"
            if not complete
            else "the escape does not fall"
            if not falls
            else "there must be a plateau at the smallest L and none at the largest"
        )
    about = f"K = M = 2, β = 1, η = 0.1, L = {', '.join(map(str, data.levels.values))}"
    claims = [Claim.of(ESCAPE, about, f"error below {LEVEL:g} at α = {listed}", agrees, reason)]
    off = data.isotropic_height.values / data.attrs["limit_height"] - 1.0
    rates = data.learning_rate.values
    ordered = off[np.argsort(-rates)]
    good = bool(np.all(np.diff(np.abs(ordered)) < 0.0) and abs(ordered[-1]) <= 0.03)
    limit = float(ordered[-1] - rates.min() * (ordered[-2] - ordered[-1]) / (np.sort(rates)[1] - rates.min()))
    listed, at = ", ".join(f"{v:+.2%}" for v in off), ", ".join(f"{r:g}" for r in rates)
    measured = f"off by {listed} at η = {at}; {limit:+.2%} in a straight line to η = 0"
    claims.append(Claim.of(HEIGHT, "K = M = 2, L = 1", measured, good and abs(limit) <= 0.002))
    return claims


_JUDGES = {
    "simulation": _judge_simulation,
    "exponents": _judge_exponents,
    "features": _judge_features,
    "leading": _judge_leading,
    "plateaus": _judge_plateaus,
}


def judge(datasets: Sequence[xarray.Dataset]) -> list[Claim]:
    """Every claim, and every part that is missing as a claim that was not judged."""
    claims = [claim for data in datasets for claim in _JUDGES[data.attrs["kind"]](data)]
    held = {claim.statement for claim in claims}
    lost = [c for c in STATEMENTS if c not in held]
    return claims + [Claim.of(c, "all", "nothing", None, "its data are missing") for c in lost]
