"""What is claimed of scaled residual networks, and how it is held against the data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.display import with_error
from spectralaw.reproduction.claims import Claim
from spectralaw.systems.mean_field_resnet.record import decayed
from spectralaw.systems.mean_field_resnet.setting import Array
from spectralaw.systems.slopes import log_slope

if TYPE_CHECKING:
    import xarray

DEPTH = "the error of finite depth is of order 1/L: exponent and its interval within 1.00 ± 0.03"
CONSTANT = "L · error tends to the coefficient of the first-order theory: within 1 % at the deepest network"
WIDTH = "states fluctuate about the limit as M^(−1/2): the interval holds 1/2, and is within 0.05 of it"
NOISE = "the size of the fluctuations is the predicted one, within 3.5 standard errors and 5 %"
MOTION = "in a step dt of the flow outputs move by −(1/n) G (f − y) dt, up to a relative difference of order dt or less"
LEAST = "λ_min(G) ≥ β² λ_min(G₂) > 0 all along the training"
DECAY = "the loss falls at least as fast as exp(−(2/n) ∫ λ_min(G) dt)"
RATE = "the loss falls by the rate that G has along the error of the outputs, to 2 %"
COMPLEXITY = "the Rademacher complexity of the KL ball is found, and below √(2r/n)"
MOVED = "for β ≥ 8 the KL divergence that training moves the output particles by falls as β^(−2), exponent to 0.05"
GAP = "the generalisation gap falls with n at least as fast as n^(−1/2)"
LAYERS = "from four layers on the generalisation gap changes by less than 10 % with L"
FIXED = "with fixed layers the gap of the absolute error is below 2β √(2r/n), r the KL of the trained particles"
CLAIMS = (DEPTH, CONSTANT, WIDTH, NOISE, MOTION, LEAST, DECAY, RATE, COMPLEXITY, MOVED, GAP, LAYERS, FIXED)

_LOST = "points are missing, or are no positive numbers"
_ROUNDING = 1e-12  # of β²: eigenvalues are known to 1e-15 of the largest, about β² n/2
_TRAPEZIUM = 1e-3  # of the logarithm of the loss: measured 3e-5 to 1e-3 from the steps of the integrator


def judge(datasets: Sequence[xarray.Dataset]) -> list[Claim]:
    """Every claim, part by part."""
    return [claim for data in datasets for claim in _JUDGES[data.attrs["part"]](data)]


def _positive(*arrays: Array) -> bool:
    return all(bool(np.all(np.isfinite(a)) and np.all(a > 0.0)) for a in arrays)


def _depth(data: xarray.Dataset) -> list[Claim]:
    claims = []
    for k, alpha in enumerate(data.alpha.values):
        about = f"d = {data.attrs['dimension']}, M = {data.attrs['particles']}, α = {alpha:g}"
        layers, error, coefficient = data.layers.values, data.error.values[k], float(data.coefficient[k])
        if not _positive(error, np.array(coefficient)):
            claims += [Claim.of(claim, about, "no positive errors", False, _LOST) for claim in (DEPTH, CONSTANT)]
            continue
        slope = log_slope(1.0 / layers, error)
        near = 0.97 <= slope.low and slope.high <= 1.03
        claims.append(Claim.of(DEPTH, about, f"exponent {slope}", near))
        off = layers * error / coefficient - 1.0
        claims.append(
            Claim.of(
                CONSTANT,
                about,
                f"L · error {', '.join(f'{value:.4f}' for value in layers * error)} at L = "
                f"{', '.join(f'{value:g}' for value in layers)}; predicted {coefficient:.4f}",
                bool(abs(off[-1]) <= 0.01 and abs(off[-1]) <= abs(off[0])),
            )
        )
    return claims


def _width(data: xarray.Dataset) -> list[Claim]:
    about = f"L = {data.attrs['layers']}, α = {data.attrs['alpha']:g}, {data.attrs['seeds']} networks for each M"
    std, error, predicted = data["std"].values, data.standard_error.values, data.predicted.values
    if not _positive(std, error, predicted):
        return [Claim.of(claim, about, "no positive fluctuations", False, _LOST) for claim in (WIDTH, NOISE)]
    slope = log_slope(1.0 / data.particles.values, std, error / std)
    wide = slope.high - slope.low > 0.1
    scores, ratio = np.abs(std - predicted) / error, std / predicted
    return [
        Claim.of(
            WIDTH,
            about,
            f"exponent {slope}",
            None if wide else slope.holds(0.5) and 0.45 <= slope.low and slope.high <= 0.55,
            "the interval is wider than 0.1: more networks would tell" if wide else "",
        ),
        Claim.of(
            NOISE,
            about,
            f"ratios {', '.join(f'{value:.3f}' for value in ratio)}, within {scores.max():.1f} standard errors",
            bool(scores.max() <= 3.5 and np.max(np.abs(ratio - 1.0)) <= 0.05),
        ),
    ]


def _velocity(data: xarray.Dataset) -> list[Claim]:
    claims = []
    for k, when in enumerate(data.when.values):
        about = f"n = {data.attrs['samples']}, β = {data.attrs['beta']:g}, at {when}"
        off = data.difference.values[k]
        if not _positive(off):
            claims.append(Claim.of(MOTION, about, "no positive differences", False, _LOST))
            continue
        slope = log_slope(data.step.values, off)
        claims.append(
            Claim.of(
                MOTION,
                about,
                f"relative difference {off[0]:.1e} to {off[-1]:.1e}, order {slope}",
                bool(slope.low >= 0.95 and off[-1] <= 0.01),
            )
        )
    return claims


def _training(data: xarray.Dataset) -> list[Claim]:
    a = data.attrs
    about = f"n = {a['samples']}, d = {a['dimension']}, L = {a['layers']}, M = {a['particles']}, β = {a['beta']:g}"
    time, loss, least, output = (data[name].values for name in ("time", "loss", "least", "least_output"))
    if not _positive(loss) or a["status"] != "converged":
        reason = f"the training is {a['status']}" if a["status"] != "converged" else _LOST
        return [Claim.of(claim, about, "no training", False, reason) for claim in (LEAST, DECAY, RATE)]
    beta = a["beta"] ** 2
    bound, expected = (decayed(time, loss, data[name].values, a["samples"]) for name in ("least", "rate"))
    with np.errstate(divide="ignore", invalid="ignore"):
        above, off = np.max(np.log(loss / bound)), np.max(np.abs(np.log(loss / expected)))
    return [
        Claim.of(
            LEAST,
            about,
            f"least λ_min(G) {np.min(least):.4g}, least β² λ_min(G₂) {beta * np.min(output):.4g}, {time.size} times",
            _positive(least, output) and bool(np.all(least - beta * output >= -_ROUNDING * beta)),
        ),
        Claim.of(
            DECAY,
            about,
            f"loss {loss[0]:.3g} → {loss[-1]:.3g}, bound {bound[-1]:.3g} at the end; ln(loss/bound) up to {above:.1e}",
            bool(above <= _TRAPEZIUM),
        ),
        Claim.of(RATE, about, f"largest difference of ln loss {off:.1e}", bool(off <= 0.02)),
    ]


def _complexity(data: xarray.Dataset) -> list[Claim]:
    about = f"n = {data.attrs['inputs']}, {data.attrs['particles']} particles, {data.attrs['signs']} sign vectors"
    value, error, gap = data.value.values, data.standard_error.values, data.gap.values
    bound = np.sqrt(2.0 * data.radius.values / data.attrs["inputs"])
    listed = "; ".join(
        f"{with_error(v, e)} ≤ {b:.4f} at r = {r:g}"
        for v, e, b, r in zip(value, error, bound, data.radius.values, strict=True)
    )
    good = np.all(value + 2.0 * error <= bound) and np.all(value > 0.0) and np.all(gap <= 1e-8 * value)
    return [Claim.of(COMPLEXITY, about, f"{listed}; duality gap up to {np.max(gap):.0e}", bool(good))]


def _gap_about(data: xarray.Dataset, axis: str) -> str:
    words = {"samples": "n", "beta": "β", "layers": "L"}
    given = ", ".join(f"{word} = {data.attrs[name]:g}" for name, word in words.items() if name != axis)
    return f"{given}, {data.attrs['seeds']} seeds"


def _moved(data: xarray.Dataset) -> list[Claim]:
    about = _gap_about(data, "beta")
    large = data.sel(beta=data.beta >= 8.0)
    divergence = large.divergence.values
    if not _positive(divergence) or large.sizes["beta"] < 3:
        return [Claim.of(MOVED, about, "no positive divergences at three β", False, _LOST)]
    slope = log_slope(large.beta.values, divergence)
    listed = ", ".join(f"{value:.3g}" for value in divergence)
    measured = f"KL {listed}, exponent {slope.value:.3f}"
    return [Claim.of(MOVED, about, measured, bool(abs(slope.value + 2.0) <= 0.05))]


def _gap(data: xarray.Dataset) -> list[Claim]:
    about = _gap_about(data, "samples")
    gap, error = data.gap.values, data.gap_error.values
    if not (np.all(np.isfinite(gap)) and _positive(error)):
        return [Claim.of(GAP, about, "no gaps", False, _LOST)]
    listed = ", ".join(f"{value:.4f}" for value in gap)
    hidden = gap <= 2.0 * error
    if np.any(hidden):
        n = data.samples.values[int(np.argmax(hidden))]
        return [Claim.of(GAP, about, f"gap {listed}", None, f"the gap is within its error at n = {n:g}")]
    slope = log_slope(data.samples.values, gap, error / gap)
    unclear = slope.low < -0.5 < slope.high
    return [
        Claim.of(
            GAP,
            about,
            f"gap {listed} for n = {data.samples.values[0]:g} to {data.samples.values[-1]:g}, exponent {slope}",
            None if unclear else slope.high <= -0.5,
            "the interval lies on both sides of −1/2" if unclear else "",
        )
    ]


def _layers(data: xarray.Dataset) -> list[Claim]:
    about = _gap_about(data, "layers")
    gap = data.gap.values[data.layers.values >= 4]
    if not _positive(gap) or gap.size < 3:
        return [Claim.of(LAYERS, about, "no positive gaps at three depths", False, _LOST)]
    change = float(np.ptp(gap) / gap.mean())
    return [Claim.of(LAYERS, about, f"gap {gap.min():.4f} to {gap.max():.4f}, {change:.1%}", change <= 0.1)]


def _fixed(data: xarray.Dataset) -> list[Claim]:
    about = f"α = 0, β = {data.attrs['beta']:g}, {data.attrs['seeds']} seeds"
    measured, error, r = data.absolute.values, data.absolute_error.values, data.divergence.values
    bound = 2.0 * data.attrs["beta"] * np.sqrt(2.0 * r / data.samples.values)
    listed = "; ".join(
        f"{v:.3f} ≤ {b:.3f} at n = {n:g}" for v, b, n in zip(measured, bound, data.samples.values, strict=True)
    )
    good = np.all(measured + 2.0 * error <= bound) and np.all(np.isfinite(measured)) and _positive(error, r)
    return [Claim.of(FIXED, about, listed, bool(good))]


_JUDGES: dict[str, Callable[[xarray.Dataset], list[Claim]]] = {
    "depth": _depth,
    "width": _width,
    "training": _training,
    "velocity": _velocity,
    "complexity": _complexity,
    "gap-samples": _gap,
    "gap-beta": _moved,
    "gap-layers": _layers,
    "fixed-layers-samples": _fixed,
}
