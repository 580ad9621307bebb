"""The condition number of the Gauss–Newton matrix against width, depth and skips of random linear networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.reproduction.claims import Claim
from spectralaw.reproduction.experiment import Advance, Experiment, Run
from spectralaw.systems.gauss_newton.figure import caption, draw
from spectralaw.systems.gauss_newton.setting import LinearNetwork
from spectralaw.systems.gauss_newton.sweep import sweep
from spectralaw.systems.slopes import log_slope

if TYPE_CHECKING:
    import xarray

BOUND = "κ is never above its bound"
WIDE = "κ/κ(Σ) → 1 with width: within 2 % at the largest width"
RATE = "|κ/κ(Σ) − 1| falls like width^(−1/2)"
GROWS = "at fixed width κ/κ(Σ) grows with depth"
RATIO = (
    "from four layers on depth/width is what counts: doubling both changes log κ/κ(Σ) by less than a fifth of what "
    "doubling depth alone does"
)
ORTHOGONAL = "orthogonal layers have κ = κ(Σ) at every depth"
SKIP = "a skip β gains less than tenfold up to β = σmax(W)/2 and more from β = σmax(W) on"
ABOVE = "beyond β = σmax(W), κ/κ(Σ) ≤ ((β + σmax)/(β − σmax))^2(L−1)"
IDENTITY = "κ/κ(Σ) → 1 as β grows: within 5 % at the largest β"
CLAIMS = (BOUND, WIDE, RATE, GROWS, RATIO, ORTHOGONAL, SKIP, ABOVE, IDENTITY)

_ROUNDING = 1e-9  # relative, by which equalities may miss; measured 2e-13 at most
_FROM = 100  # width from which on the rate is read: below it the bound's own series has not begun to converge
_SHALLOWEST, _NARROWEST = 4, 4  # depth, and width over depth, from which on depth/width is all that counts
_FIFTH = 0.2


def wide(widths: Sequence[int], seeds: int, progress: Advance | None = None) -> xarray.Dataset:
    """Two layers, d = 6 and k = 3, κ(Σ) = 10."""
    return sweep(LinearNetwork(), width=widths, seeds=seeds, progress=progress).assign_attrs(part="width")


def deep(ratios: Sequence[int], depths: Sequence[int], seeds: int, progress: Advance | None = None) -> xarray.Dataset:
    """Widths in steps of two, so that depth/width is met along diagonals; ``ratios`` are width/depth."""
    widths = sorted({depth * ratio for depth in depths for ratio in ratios})
    data = sweep(LinearNetwork(), depth=depths, width=widths, seeds=seeds, progress=progress)
    return data.assign_attrs(part="depth")


def orthogonal(depths: Sequence[int], seeds: int) -> xarray.Dataset:
    """Square orthogonal layers of size 6."""
    network = LinearNetwork(6, 6, 6, initialisation="orthogonal")
    return sweep(network, depth=depths, seeds=seeds).assign_attrs(part="orthogonal")


def skips(values: Sequence[float], seeds: int) -> xarray.Dataset:
    """Three square layers of size 6, the same networks at every β."""
    return sweep(LinearNetwork(6, 6, 6, 3), skip=values, seeds=seeds).assign_attrs(part="skip")


def verdict(datasets: Sequence[xarray.Dataset]) -> list[Claim]:
    """All claims, part by part."""
    judges = {"width": _width, "depth": _depth, "orthogonal": _orthogonal, "skip": _skip}
    claims = []
    for data in datasets:
        part = data.attrs["part"]
        claims += [_bound(data), *judges[part](data)]
    return claims


def _about(data: xarray.Dataset) -> str:
    a = data.attrs
    sizes = f"d = {a['inputs']}, k = {a['outputs']}"
    return {
        "width": f"two layers, {sizes}",
        "depth": f"Gaussian layers, {sizes}",
        "orthogonal": f"orthogonal layers, {sizes}",
        "skip": f"{a.get('depth')} square layers of size {a['inputs']}, W + βI",
    }[a["part"]]


_WORDS = {"ratio": "κ/κ(Σ)", "condition_number": "κ", "spread": "σmax"}


def _missing(data: xarray.Dataset, name: str = "ratio") -> str:
    """Why numbers of all networks cannot be judged; empty where all are there."""
    values = data[name].values
    lost = int(np.sum(~(np.isfinite(values) & (values > 0.0)) | (data.status.values != "converged")))
    return f"{lost} of {values.size} networks have no {_WORDS[name]}" if lost else ""


def _claim(statement: str, data: xarray.Dataset, measured: str, agrees: bool | None, reason: str = "") -> Claim:
    missing = _missing(data)
    if missing:
        return Claim.of(statement, _about(data), "not every network has a number", None, missing)
    return Claim.of(statement, _about(data), measured, agrees, reason)


def _bound(data: xarray.Dataset) -> Claim:
    bound, kappa = data.bound.values, data.condition_number.values
    missing = "a bound is missing" if np.any(np.isnan(bound)) else _missing(data, "condition_number")
    if missing:
        return Claim.of(BOUND, _about(data), "not every network has a number", None, missing)
    share = kappa / bound
    worst = float(np.max(share))
    measured = f"κ/bound from {np.min(share):.2g} to {worst:.4f} in {share.size} networks"
    return _claim(BOUND, data, measured, bool(worst <= 1.0 + _ROUNDING))


def _width(data: xarray.Dataset) -> list[Claim]:
    ratio, width = data.ratio.values, data.width.values
    median = np.median(ratio, axis=1)
    measured = "median " + ", ".join(f"{m:.4g} at m = {w:g}" for m, w in zip(median, width, strict=True))
    near = bool(abs(median[-1] - 1.0) <= 0.02)
    return [_claim(WIDE, data, measured, near), _rate(data)]


def _rate(data: xarray.Dataset) -> Claim:
    if _missing(data):
        return _claim(RATE, data, "", None)
    large = data.sel(width=data.width >= _FROM)
    away = np.abs(large.ratio.values - 1.0)
    count = away.shape[1]
    if count < 10 or len(large.width) < 3:
        return _claim(
            RATE, data, f"{len(large.width)} widths, {count} seeds", None, "ten seeds, three widths are needed"
        )
    mean = away.mean(axis=1)
    error = away.std(axis=1, ddof=1) / np.sqrt(count)
    if not np.all((mean > 0.0) & (error > 0.0)):
        return _claim(RATE, data, "no scatter", False, "|κ/κ(Σ) − 1| does not vary over seeds")
    slope = log_slope(large.width.values, mean, error / mean, 0.99)
    wide_interval = slope.high - slope.low > 0.3
    measured = f"exponent {slope} from m = {_FROM} on, 99 % interval"
    reason = "the interval is wider than 0.3" if wide_interval else ""
    return _claim(RATE, data, measured, None if wide_interval else slope.holds(-0.5), reason)


def _depth(data: xarray.Dataset) -> list[Claim]:
    if _missing(data):
        return [_claim(statement, data, "", None) for statement in (GROWS, RATIO)]
    log = np.log(data.ratio.values)
    mean = log.mean(axis=2)
    error = log.std(axis=2, ddof=1) / np.sqrt(log.shape[2])
    return [_grows(data, mean, error), _ratio(data, mean, error)]


def _grows(data: xarray.Dataset, mean: np.ndarray, error: np.ndarray) -> Claim:
    """At every width, from the smallest to the largest depth, by three standard errors; and never down by as many."""
    steps = np.diff(mean, axis=0) / np.hypot(error[1:], error[:-1])
    whole = (mean[-1] - mean[0]) / np.hypot(error[-1], error[0])
    depths = data.depth.values
    ends = ", ".join(
        f"{np.exp(a):.3g} to {np.exp(b):.3g} at m = {w:g}"
        for a, b, w in zip(mean[0], mean[-1], data.width.values, strict=True)
    )
    measured = f"geometric means, L = {depths[0]:g} to {depths[-1]:g}: {ends}"
    return _claim(GROWS, data, measured, bool(np.min(whole) > 3.0 and np.min(steps) > -3.0))


def _ratio(data: xarray.Dataset, mean: np.ndarray, error: np.ndarray) -> Claim:
    """Along diagonals of equal depth/width, beside the same step in depth alone; two standard errors decide."""
    depths, widths = data.depth.values, data.width.values
    place = {(depth, width): (i, j) for i, depth in enumerate(depths) for j, width in enumerate(widths)}
    starts = [(d, w) for d, w in place if (2 * d, 2 * w) in place and d >= _SHALLOWEST and w >= _NARROWEST * d]
    if not starts:
        return _claim(RATIO, data, "no depth and width are met doubled", None, "the grid has no such pair")
    both = np.array([mean[place[2 * d, 2 * w]] - mean[place[d, w]] for d, w in starts])
    alone = np.array([mean[place[2 * d, w]] - mean[place[d, w]] for d, w in starts])
    pull = np.zeros(mean.shape)  # of each mean on the mean change
    for d, w in starts:
        pull[place[2 * d, 2 * w]] += 1.0 / len(starts)
        pull[place[d, w]] -= 1.0 / len(starts)
    change, noise = abs(float(both.mean())), float(np.sqrt(np.sum((pull * error) ** 2)))
    if alone.mean() <= 3.0 * noise:
        seen = "depth alone changes nothing that could be seen"
        return _claim(
            RATIO, data, f"depth alone: {alone.mean():+.2f} ± {noise:.2f}", False if noise < 0.1 else None, seen
        )
    allowed = _FIFTH * float(alone.mean())
    measured = (
        f"{len(starts)} pairs of networks change by {np.min(both):+.2f} to {np.max(both):+.2f}, {both.mean():+.3f} ± "
        f"{noise:.3f} in the mean; with depth alone by {alone.mean():+.2f}"
    )
    if abs(change - allowed) <= 2.0 * noise:
        return _claim(RATIO, data, measured, None, "two standard errors do not decide")
    each = np.array([3.0 * np.hypot(error[place[d, w]], error[place[2 * d, 2 * w]]) for d, w in starts])
    near = bool(np.all(np.abs(both) - each <= 0.5 * alone))
    return _claim(RATIO, data, measured, bool(change < allowed) and near)


def _orthogonal(data: xarray.Dataset) -> list[Claim]:
    off = float(np.max(np.abs(data.ratio.values - 1.0)))
    depths = data.depth.values
    measured = f"off by {off:.1e} at most, L = {depths[0]:g} to {depths[-1]:g}"
    return [_claim(ORTHOGONAL, data, measured, bool(off <= _ROUNDING))]


def _skip(data: xarray.Dataset) -> list[Claim]:
    skip, ratio = data.skip.values, data.ratio.values
    sigma = data.spread.values
    if _missing(data) or _missing(data, "spread"):
        return [
            Claim.of(
                s, _about(data), "not every network has a number", None, _missing(data) or _missing(data, "spread")
            )
            for s in (SKIP, ABOVE, IDENTITY)
        ]
    if skip[0] != 0.0:
        raise ValueError("the first skip of this experiment is none")
    typical = float(np.median(sigma))
    gain = np.median(ratio[0] / ratio, axis=1)
    low, high = gain[(skip > 0.0) & (skip <= 0.5 * typical)], gain[skip >= typical]
    measured = (
        f"median gain {np.max(low, initial=0.0):.1f} at most up to σmax/2, {np.min(high, initial=np.inf):.0f} at least "
        f"from σmax = {typical:.2f} on, {ratio.shape[1]} networks"
    )
    both = len(low) > 0 and len(high) > 0
    small = bool(np.all(low < 10.0) and np.all(high > 10.0)) if both else None
    lines = [_claim(SKIP, data, measured, small, "" if both else "no β on either side of σmax")]
    beyond = skip[:, None] > sigma
    beta = np.broadcast_to(skip[:, None], sigma.shape)[beyond]
    power = 2.0 * (data.attrs["depth"] - 1)
    share = ratio[beyond] / ((beta + sigma[beyond]) / (beta - sigma[beyond])) ** power
    top = float(np.max(share, initial=0.0))
    measured = f"share of the bound up to {top:.3f} in {share.size} networks"
    agrees = bool(top <= 1.0 + _ROUNDING) if share.size else None
    lines.append(_claim(ABOVE, data, measured, agrees, "" if share.size else "no β is beyond σmax"))
    last = float(np.median(ratio[-1]))
    enough = skip[-1] >= 20.0 * typical
    reason = "" if enough else "the largest β is below 20 σmax"
    near = bool(abs(last - 1.0) <= 0.05) if enough else None
    lines.append(_claim(IDENTITY, data, f"median {last:.4f} at β = {skip[-1]:g}", near, reason))
    return lines


def _compute(
    run: Run,
    widths: Sequence[int],
    ratios: Sequence[int],
    depths: Sequence[int],
    betas: Sequence[float],
    seeds: int,
) -> list[xarray.Dataset]:
    few, many = seeds * len(widths), 2 * seeds * len(depths) * len({d * r for d in depths for r in ratios})
    parts = [
        wide(widths, seeds, lambda done, _: run.advance(done, few + many)),
        deep(ratios, depths, 2 * seeds, lambda done, _: run.advance(few + done, few + many)),
    ]
    return [*parts, orthogonal(depths, 3), skips(betas, 2 * seeds)]


_BETAS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)
EXPERIMENT = Experiment(
    name="gauss-newton",
    title="Conditioning of the Gauss–Newton matrix against width, depth and skips (arXiv:2411.02139)",
    claims=CLAIMS,
    sizes={
        "quick": {
            "widths": (10, 30, 100, 300, 1000, 3000, 10_000),
            "ratios": (4, 8),
            "depths": (2, 4, 8, 16),
            "betas": _BETAS,
            "seeds": 60,
        },
        "paper": {
            "widths": (10, 30, 100, 300, 1000, 3000, 10_000, 30_000),
            "ratios": (4, 8),
            "depths": (2, 4, 8, 16, 32),
            "betas": _BETAS,
            "seeds": 200,
        },
    },
    compute=_compute,
    draw=draw,
    judge=verdict,
    caption=caption,
    references=("zhao2024theoretical",),
)
