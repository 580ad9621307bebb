"""What the experiment claims, and how each claim is held against the data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.reproduction.claims import Claim
from spectralaw.systems.slopes import log_slope

if TYPE_CHECKING:
    import xarray

Array = np.ndarray

FLOW = "gradient flow of the weights ends at the interpolation of least potential"
KERNEL = "at large scales the l2 norm falls with the scale, down to the least"
RICH = "the smaller the scale the smaller the l1 norm, down to the least"
CHANGE = "the larger the scale the less the tangent kernel changes, like scale^(−2D) in the kernel regime"
RATE = (
    "on the hardest pair of columns the l1 excess falls like 1/log(1/scale) at depth 2, like scale^(D−2) at depth D ≥ 3"
)
SAMPLES = "from small scales fewer samples are needed than from large ones"
LIMIT = "scale → 0 and weight decay → 0 have the same limit, the interpolation of least l1 norm"
NOISELESS = "without noise small scales find the target, and weight decay adds nothing"
NOISE = "with noise tuned weight decay has a lower test error than interpolation from any scale"
CLAIMS = (FLOW, KERNEL, RICH, CHANGE, RATE, SAMPLES, LIMIT, NOISELESS, NOISE)

SAME = 1e-6  # of the largest coefficient; 4e-9 was the largest distance measured
EQUAL = 1e-9  # relative excess over a least norm that is rounding; 1.5e-12 was measured
LEAST_L2, LEAST_L1 = 1e-6, 0.05  # excess at the ends of the scales; 4e-15 and 0.014 were measured
L2_FROM = 0.1  # scale from which on the l2 norm falls; below it need not, and at depth 3 it does not
KERNEL_FROM, KERNEL_SLOPE = 1.0, 0.1  # scale where the kernel regime begins, and what the exponent may be off
RATE_SLOPE = 0.05  # what the exponents may be off; 0.02 was measured
NEAR_SCALE, NEAR_DECAY = 0.1, 0.02  # distance from the least l1 norm at the smallest scale, and weight decay
FOUND = 1e-6  # test error of a target that is found, of norm one
ERRORS = 3.0  # standard errors of a paired difference


def judge(datasets: Sequence[xarray.Dataset]) -> list[Claim]:
    """Every claim, part by part."""
    judges = {"flow": flow, "regimes": regimes, "rates": rate, "samples": samples, "decay": decay}
    return [claim for data in datasets for claim in judges[data.attrs["part"].split("-")[0]](data)]


def flow(data: xarray.Dataset) -> list[Claim]:
    claims = []
    for depth in data.depth.values:
        part = data.sel(depth=depth)
        distance, lost = float(np.max(part.distance.values)), int(np.sum(~part.converged.values))
        claims.append(
            Claim.of(
                FLOW,
                f"depth {depth}, {part.sizes['scale']} scales, {part.sizes['seed']} data sets",
                f"largest distance {distance:.1e} of the largest coefficient, stationarity up to "
                f"{float(np.max(part.stationarity.values)):.1e}, {lost} flows not at their end",
                bool(distance <= SAME and lost == 0),
            )
        )
    return claims


def regimes(data: xarray.Dataset) -> list[Claim]:
    """Ends of the sweep, order along it, and the exponent of the change of the kernel."""
    depth = data.attrs["depth"]
    about = f"depth {depth}, {data.sizes['seed']} data sets"
    data = data.sortby("scale")
    lost = int(np.sum(~data.converged.values))
    l1, l2, change = data.l1_excess.values, data.l2_excess.values, data.kernel_change.values
    scales = data.scale.values
    claims = []
    for statement, values, most, word in (
        (KERNEL, l2[scales >= L2_FROM], LEAST_L2, "largest"),
        (RICH, l1[::-1], LEAST_L1, "smallest"),
    ):
        if len(values) < 2:
            claims.append(Claim.of(statement, about, "no order", None, "fewer than two scales to compare"))
            continue
        falls = bool(np.all(np.diff(values, axis=0) <= EQUAL))
        least = bool(np.all(values >= -EQUAL))
        reached = float(np.max(values[-1]))
        claims.append(
            Claim.of(
                statement,
                about,
                f"excess from {float(np.max(values[0])):.3g} down to {reached:.2g} at the {word} scale, "
                f"{'monotone' if falls else 'not monotone'}, {lost} not converged",
                falls and least and lost == 0 and reached <= most,
                "" if least else "a norm is below the least one, or missing",
            )
        )
    lazy = scales >= KERNEL_FROM
    mean = change[lazy].mean(axis=1)
    if lazy.sum() < 3 or not np.all(mean > 0.0):  # NaN is not greater than zero either
        reason = f"fewer than three scales of {KERNEL_FROM:g} or more have a kernel change"
        return [*claims, Claim.of(CHANGE, about, "no exponent", None, reason)]
    exponent = log_slope(scales[lazy], mean).value
    falls = bool(np.all(np.diff(change, axis=0) < 0.0))
    measured = f"exponent {exponent:.3f} at scales of {KERNEL_FROM:g} or more, {'' if falls else 'not '}monotone"
    return [*claims, Claim.of(CHANGE, about, measured, falls and abs(exponent + 2.0 * depth) <= KERNEL_SLOPE)]


def rate(data: xarray.Dataset) -> list[Claim]:
    depth, scales, excess = data.attrs["depth"], data.scale.values, data.excess.values
    about = f"depth {depth}, scales from {scales.min():.0e} to {scales.max():.0e}"
    if not np.all(excess > 0.0):
        return [Claim.of(RATE, about, "no exponent", None, "the worst excess was not found at every scale")]
    against = np.log(1.0 / scales) if depth == 2 else scales
    law, name = (-1.0, "log(1/scale)") if depth == 2 else (depth - 2.0, "scale")
    slope = log_slope(against, excess).value
    return [Claim.of(RATE, about, f"exponent {slope:.3f} of {name}", abs(slope - law) <= RATE_SLOPE)]


def samples(data: xarray.Dataset) -> list[Claim]:
    """Paired over data sets; where even the largest number is too few at the largest scale, it stands for more."""
    order = np.argsort(data.scale.values)
    errors, needed = data.test_error.values[order], data.needed.values[order]
    about = f"test error {data.attrs['error']:g}, d = {data.attrs['dimension']}, {data.sizes['seed']} data sets"
    if not np.all(np.isfinite(errors[[0, -1]])):
        return [Claim.of(SAMPLES, about, "no number of samples", None, "not every interpolation converged")]
    largest = float(data.samples.values.max())
    censored = int(np.sum(np.isnan(needed[-1])))
    upper = np.where(np.isnan(needed[-1]), largest, needed[-1])
    more = f"{censored} of them more than {largest:g}" if censored else "all found"
    measured = (
        f"{_mean(needed[0])} at scale {data.scale.values.min():g}, "
        f"{_mean(upper)} at {data.scale.values.max():g} ({more})"
    )
    return [Claim.of(SAMPLES, about, measured, _above_zero(upper - needed[0]))]


def decay(data: xarray.Dataset) -> list[Claim]:
    """The common limit, and who has the lower test error."""
    noise = data.attrs["noise_variance"]
    size = f"n = {data.attrs['samples']}, d = {data.attrs['dimension']}"
    about = f"noise variance {noise:g}, {size}, depth {data.attrs['depth']}"
    scale, weight = data.sortby("scale"), data.sortby("weight_decay")
    near = [float(np.max(scale.scale_distance.values[0])), float(np.max(weight.decay_distance.values[0]))]
    far = [float(np.min(scale.scale_distance.values[-1])), float(np.min(weight.decay_distance.values[-1]))]
    measured = (
        f"distance at most {near[0]:.1e} at scale {scale.scale.values[0]:.0e} and {near[1]:.1e} at weight decay "
        f"{weight.weight_decay.values[0]:.0e}; at the other ends at least {far[0]:.2f} and {far[1]:.2f}"
    )
    agrees = near[0] <= NEAR_SCALE and near[1] <= NEAR_DECAY and far[0] > NEAR_SCALE and far[1] > NEAR_DECAY
    claims = [Claim.of(LIMIT, about, measured, agrees)]
    from_scale, from_decay = scale.scale_error.values, weight.decay_error.values
    if not (np.all(np.isfinite(from_scale)) and np.all(np.isfinite(from_decay))):
        statement = NOISE if noise > 0.0 else NOISELESS
        return [*claims, Claim.of(statement, about, "no test error", None, "not every training converged")]
    best = int(np.argmin(from_decay.mean(axis=1)))
    tuned = f"{_mean(from_decay[best])} at the best weight decay, {weight.weight_decay.values[best]:.1e}"
    if noise == 0.0:
        found = float(np.max(from_scale[0]))
        measured = f"test error at most {found:.1e} at the smallest scale; {tuned}"
        return [*claims, Claim.of(NOISELESS, about, measured, found <= FOUND and best == 0)]
    lowest = int(np.argmin(from_scale.mean(axis=1)))
    measured = f"test error {_mean(from_scale[lowest])} at the best scale, {scale.scale.values[lowest]:.1e}; {tuned}"
    return [*claims, Claim.of(NOISE, about, measured, _above_zero(from_scale[lowest] - from_decay[best]))]


def _mean(values: Array) -> str:
    from spectralaw.display import with_error

    error = float(np.std(values, ddof=1) / np.sqrt(values.size)) if values.size > 1 else np.nan
    return with_error(float(np.mean(values)), error)


def _above_zero(differences: Array) -> bool:
    """Whether their mean is more than three standard errors above zero; never for NaN, nor for a single one."""
    if differences.size < 2:
        return False
    error = float(np.std(differences, ddof=1) / np.sqrt(differences.size))
    return bool(np.mean(differences) > ERRORS * error)
