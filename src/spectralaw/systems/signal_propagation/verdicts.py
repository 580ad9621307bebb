"""What the experiment claims, held against its measurements."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.errors import ConvergenceFailure, InvalidInput
from spectralaw.reproduction.claims import Claim
from spectralaw.systems.signal_propagation.collapse import CollapseFit, collapse, fit_collapse
from spectralaw.systems.signal_propagation.universality import DIRECTED_PERCOLATION, MEAN_FIELD
from spectralaw.systems.slopes import log_slope

if TYPE_CHECKING:
    import xarray

BOUNDARY = "χ₁ = 1 at a fixed point of the variance, to 1e-10, and σ_w rises with σ_b, all along the boundary"
DECAY = "at the critical point 1/rho of the map grows by the metric factor κ a layer, to 1 %"
ORDER = "beyond it rho* = (χ₁ − 1)/κ to first order, so that β = 1"
DEPTH = "ξ grows as 1/|τ| on both sides, so that ν∥ = 1"
LAYER = "one layer of a wide network changes rho as the map says"
COLLAPSE = "rho of several widths collapses with n rho against depth/n: the best exponents are 1 to 0.2"
EARLY = "up to depth/n = 1/2 a finite width takes less than a third of rho away"
LATE = "at depth/n = 2 it has taken more than half of it away"
SCALING = "with width, mean rho over its infinite-width value tends to κ t F(t), with the derived F and nothing fitted"
LYAPUNOV = "the Lyapunov exponent at the critical point is −m/2n"
MANY = "with many channels a difference spreads along a convolution as the map averaged over the kernel"
SHIFT = "with few channels the infinite-width critical point is absorbing, and larger σ_w is not"
PERCOLATION = "with few channels the decay at the transition is that of directed percolation in 1+1 dimensions"
CLAIMS = (
    BOUNDARY, DECAY, ORDER, DEPTH, LAYER, COLLAPSE, EARLY, LATE, SCALING, LYAPUNOV, MANY, SHIFT, PERCOLATION,
)  # fmt: skip
SIGMAS = 4.0
SPREAD = 0.10  # of a collapse; 0.04 was measured from widths 100 to 400
OFF = 0.2  # of exponents; corrections of order 1/n shift them by about 0.05 at these widths
NARROW = 0.1  # width of an interval of the decay exponent that tells classes apart


def judge(datasets: Sequence[xarray.Dataset]) -> list[Claim]:
    """Every claim, by the part of the measurement that it is about."""
    parts = {
        "boundary": _boundary, "approach": _approach, "layer": _layer, "widths": _widths,
        "many-channels": _many, "channels": _channels,
    }  # fmt: skip
    return [claim for data in datasets for claim in parts[data.attrs["part"]](data)]


def _boundary(data: xarray.Dataset) -> list[Claim]:
    claims = []
    for name in data.activation.values:
        line = data.sel(activation=name)
        residual, weight = line.residual.values, line.weight_std.values
        good = np.isfinite(residual) & np.isfinite(weight) & (residual <= 1e-10)
        rises = bool(np.all(np.diff(weight) > 0.0))
        worst = float(np.max(residual[np.isfinite(residual)], initial=0.0))
        claims.append(
            Claim.of(
                BOUNDARY,
                f"{name}, σ_b from {float(line.bias_std[0]):g} to {float(line.bias_std[-1]):g}",
                f"{int(good.sum())} of {good.size} points, residual at most {worst:.1e}, "
                f"σ_w from {weight[0]:.4f} to {weight[-1]:.4f}",
                bool(good.all() and rises and good.size > 1),
            )
        )
    return claims


def _about(data: xarray.Dataset) -> str:
    return f"{data.attrs['activation']}, σ_b = {data.attrs['bias_std']:g}"


def _approach(data: xarray.Dataset) -> list[Claim]:
    kappa, about = data.attrs["metric_factor"], _about(data)
    inverse = 1.0 / data.decay.values
    half = inverse.size // 2
    growth = (inverse[-1] - inverse[half]) / (inverse.size - 1 - half)
    claims = [
        Claim.of(
            DECAY, f"{about}, layers {half} to {inverse.size - 1}", f"{growth:.5f} beside κ = {kappa:.5f}",
            bool(abs(growth / kappa - 1.0) <= 0.01),
        )
    ]  # fmt: skip
    tau, rho = data.tau.values, data.rho.values
    off = np.abs(rho / data.linear.values - 1.0)
    beta = _slope(tau, rho)
    first_order = bool(np.all(off <= 5.0 * tau) and abs(beta - MEAN_FIELD.beta) <= 0.01)
    claims.append(
        Claim.of(
            ORDER, about, f"β = {beta:.4f} for τ from {tau.min():g} to {tau.max():g}, ratio off by {off.max():.1e}",
            first_order,
        )
    )  # fmt: skip
    slopes = [-_slope(tau, data[side].values) for side in ("depth_above", "depth_below")]
    claims.append(
        Claim.of(
            DEPTH, about, f"ν∥ = {slopes[0]:.4f} above, {slopes[1]:.4f} below",
            bool(np.all(np.abs(np.array(slopes) - MEAN_FIELD.nu_parallel) <= 0.01)),
        )
    )  # fmt: skip
    return claims


def _slope(x: np.ndarray, y: np.ndarray) -> float:
    return log_slope(x, y).value if np.all(np.isfinite(y) & (y > 0.0)) else float("nan")


def _layer(data: xarray.Dataset) -> list[Claim]:
    z = (data.gain.values - data.map_gain.values) / data.error.values
    return [
        Claim.of(
            LAYER,
            f"{_about(data)}, n = {data.attrs['width']}, rho from {data.rho.min():g} to {data.rho.max():g}",
            f"within {np.max(np.abs(z)):.1f} standard errors, each {100 * np.max(data.error.values):.2f} % at most",
            bool(np.all(np.abs(z) <= SIGMAS) and np.all(data.error.values <= 0.02)),
        )
    ]


def shares(data: xarray.Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Mean rho over its infinite-width value with its standard error, over (width, ratio)."""
    share = data.rho.values / data.infinite.values[:, None]
    return share.mean(axis=1), share.std(axis=1, ddof=1) / np.sqrt(share.shape[1])


def _widths(data: xarray.Dataset) -> list[Claim]:
    t, sizes = data.ratio.values, data.width.values.astype(float)
    about = f"{_about(data)}, n from {sizes.min():g} to {sizes.max():g}"
    share, error = shares(data)
    half, end = int(np.argmin(np.abs(t - 0.5))), int(np.argmin(np.abs(t - 2.0)))
    early = (share >= 2.0 / 3.0) & (share <= 1.0 + 4.0 * error)
    weights = error[:, end] ** -2.0
    left, sigma = float(np.average(share[:, end], weights=weights)), float(np.sum(weights) ** -0.5)
    return [
        _collapse(data, about),
        Claim.of(
            EARLY, about, f"share of infinite width {_listed(share[:, half])} at depth/n = 1/2",
            bool(np.all(early[:, (t >= 0.25) & (t <= 0.5)])),
        ),
        Claim.of(
            LATE, about, f"{_listed(share[:, end])} is left, {left:.3f} ± {sigma:.3f} together",
            bool(left + 2.0 * sigma < 0.5 and np.all(share[:, end] < 0.5)),
        ),
        _scaling(data, about, share, error),
        _lyapunov(data, about),
    ]  # fmt: skip


def _listed(values: np.ndarray) -> str:
    return ", ".join(f"{v:.2f}" for v in values)


def fitted(data: xarray.Dataset) -> tuple[dict, CollapseFit]:
    """Curves from depth/n = 1/4 on, and the exponents of their best collapse."""
    late = data.sel(ratio=data.ratio >= 0.25)
    curves = {float(n): (late.ratio.values * float(n), late.rho.sel(width=n).values) for n in late.width.values}
    return curves, fit_collapse(curves, resamples=30)


def _collapse(data: xarray.Dataset, about: str) -> Claim:
    try:
        curves, fit = fitted(data)
        residual = collapse(curves, (1.0, 1.0)).residual
    except (InvalidInput, ConvergenceFailure) as error:
        return Claim.of(COLLAPSE, about, "no collapse can be made", False, str(error))
    (a, b), (c, d) = fit.value_interval, fit.argument_interval
    off = max(abs(fit.best.value_exponent - 1.0), abs(fit.best.argument_exponent - 1.0))
    telling = b - a <= 2.0 * OFF and d - c <= 2.0 * OFF
    return Claim.of(
        COLLAPSE,
        f"{about}, depth/n from 1/4 to {float(data.ratio[-1]):g}",
        f"spread {100 * residual:.1f} % at (1, 1); best exponents {fit.best.value_exponent:.2f} [{a:.2f}, {b:.2f}] and "
        f"{fit.best.argument_exponent:.2f} [{c:.2f}, {d:.2f}]",
        bool(residual <= SPREAD and off <= OFF) if telling else None,
        "" if telling else "the intervals of the exponents are too wide to tell",
    )


def _scaling(data: xarray.Dataset, about: str, share: np.ndarray, error: np.ndarray) -> Claim:
    """A straight line in 1/n through the shares of all widths, at each ratio: its end against κ t F."""
    t = data.ratio.values
    theory = data.scaling.values * data.attrs["metric_factor"] * t
    inverse = 1.0 / data.width.values.astype(float)
    if inverse.size < 3:
        return Claim.of(SCALING, about, "–", None, "a limit needs three widths")
    z, ends, spread = [], [], []
    for k in np.flatnonzero(t >= 0.25):
        design = np.stack([np.ones_like(inverse), inverse], axis=1) / error[:, k, None]
        inverted = np.linalg.pinv(design) if np.all(np.isfinite(design)) else np.full((2, inverse.size), np.nan)
        end, sigma = float(inverted[0] @ (share[:, k] / error[:, k])), float(np.linalg.norm(inverted[0]))
        ends.append(end)
        spread.append(sigma)
        z.append((end - theory[k]) / sigma)
    off = np.abs(np.array(z))
    telling = bool(np.nanmax(np.array(spread) / theory[t >= 0.25]) <= 0.25) if np.any(np.isfinite(spread)) else True
    return Claim.of(
        SCALING,
        f"{about}, n → ∞, depth/n from 1/4 to {t[-1]:g}",
        f"{_listed(np.array(ends)[[0, -1]])} beside {_listed(theory[t >= 0.25][[0, -1]])} at the ends, "
        f"within {np.max(off):.1f} standard errors",
        bool(np.all(off <= SIGMAS)) if telling else None,
        "" if telling else "the limits are not known to 25 %",
    )


def _lyapunov(data: xarray.Dataset, about: str) -> Claim:
    n, drift = data.width.values, data.attrs["drift"]
    value, error = n * data.lyapunov.values, n * data.lyapunov_error.values
    weights = error**-2.0
    mean, sigma = float(np.average(value, weights=weights)), float(np.sum(weights) ** -0.5)
    each = np.abs(value + 0.5 * drift) / error
    return Claim.of(
        LYAPUNOV, about, f"n times it {mean:.3f} ± {sigma:.3f} beside −m/2 = {-0.5 * drift:.3f}",
        bool(abs(mean + 0.5 * drift) <= SIGMAS * sigma and np.all(each <= SIGMAS) and sigma <= 0.1 * abs(drift)),
    )  # fmt: skip


def _many(data: xarray.Dataset) -> list[Claim]:
    """Totals over positions, layer by layer, and the share outside the position where the difference began."""
    rho = data.rho.values
    total, theory = rho.sum(axis=2), data.map_rho.values.sum(axis=1)[1:]
    count, channels = total.shape[0], data.attrs["channels"]
    mean, error = total.mean(axis=0)[1:], total.std(axis=0, ddof=1)[1:] / np.sqrt(count)
    profile = rho.mean(axis=0)[-1]
    shape = np.abs(profile / profile.sum() - data.map_rho.values[-1] / data.map_rho.values[-1].sum()).sum()
    allowed = SIGMAS * error + 2.0 * theory * np.arange(1, theory.size + 1) / channels
    return [
        Claim.of(
            MANY,
            f"{_about(data)}, {channels} channels, {theory.size} layers",
            f"sum over positions {mean[-1]:.3f} ± {error[-1]:.3f} beside {theory[-1]:.3f} in the last layer; "
            f"profiles differ by {100 * shape:.1f} % in all",
            bool(np.all(np.abs(mean - theory) <= allowed) and np.all(error <= 0.05 * theory) and shape <= 0.1),
        )
    ]


def _channels(data: xarray.Dataset) -> list[Claim]:
    about = f"{_about(data)}, {data.attrs['channels']} channels, {data.attrs['positions']} positions"
    rho, factors = data.rho.values, data.factor.values
    depth = rho.shape[-1] - 1
    last = rho[:, :, depth // 2 :].mean(axis=2)
    infinite = float(data.infinite[depth // 2 :].mean())
    ends = [int(np.argmin(np.abs(factors - 1.0))), int(np.argmax(factors))]
    here, beyond = last[ends[0]], last[ends[1]]
    shifted = bool(np.mean(here < 0.5 * infinite) >= 0.75 and np.mean(beyond > 10.0 * infinite) >= 0.75)
    claims = [
        Claim.of(
            SHIFT,
            f"{about}, layers {depth // 2} to {depth}",
            f"median rho {np.median(here):.2g} at σ_w and {np.median(beyond):.2g} at {factors[ends[1]]:g} σ_w, "
            f"{infinite:.2g} at infinite width",
            shifted and abs(factors[ends[0]] - 1.0) < 1e-9 and bool(np.all(np.isfinite(last))),
        )
    ]
    return [*claims, _percolation(data, about)]


def _percolation(data: xarray.Dataset, about: str) -> Claim:
    """The late decay exponent between the σ_w whose decay surely speeds up and those whose decay surely slows down."""
    delta = DIRECTED_PERCOLATION[1].decay
    rho, factors = data.rho.values, data.factor.values
    if not np.all(np.isfinite(rho)):
        return Claim.of(PERCOLATION, about, "–", False, "the measurement has gaps")
    edges = np.geomspace(10, rho.shape[-1] - 1, 5).astype(int)
    bins = np.stack([rho[:, :, a:b].mean(axis=2) for a, b in pairwise(edges)], axis=2)
    logs = np.array([np.log(np.arange(a, b)).mean() for a, b in pairwise(edges)])

    def exponents(seeds: np.ndarray) -> np.ndarray:
        """(factor, [late, late less early]) of the mean over seeds."""
        y = np.log(np.maximum(bins[:, seeds].mean(axis=1), 1e-30))
        late, early = ((y[:, k] - y[:, k + 1]) / (logs[k + 1] - logs[k]) for k in (2, 1))
        return np.stack([late, late - early], axis=1)

    everyone = np.arange(rho.shape[1])
    value = exponents(everyone)
    left = np.array([exponents(np.delete(everyone, s)) for s in everyone])
    error = np.sqrt((len(everyone) - 1.0) * left.var(axis=0))
    absorbed = np.flatnonzero(value[:, 1] > 2.0 * error[:, 1])
    active = np.flatnonzero(value[:, 1] < -2.0 * error[:, 1])
    active = active[active > absorbed[-1]] if absorbed.size else active
    if not absorbed.size or not active.size:
        return Claim.of(
            PERCOLATION, about, _apart(bins[:, :, -1]), None,
            "the noise hides on which side of the transition a σ_w lies: more networks, positions and layers",
        )  # fmt: skip
    around = slice(absorbed[-1], active[0] + 1)
    low = float(np.min(value[around, 0] - 2.0 * error[around, 0]))
    high = float(np.max(value[around, 0] + 2.0 * error[around, 0]))
    telling = high - low <= NARROW
    return Claim.of(
        PERCOLATION,
        about,
        f"decay exponent between {low:.2f} and {high:.2f} at {factors[around][0]:g} to {factors[around][-1]:g} times "
        f"that of infinite width ({delta:.3f} claimed, {MEAN_FIELD.decay:g} in mean field); {_apart(bins[:, :, -1])}",
        bool(low <= delta <= high) if telling else None,
        "" if telling else f"an interval of {NARROW:g} at most can tell classes apart",
    )


def _apart(late: np.ndarray) -> str:
    """How far networks of the same σ_w are from one another, at the σ_w where it is most."""
    decades = np.ptp(np.log10(np.maximum(late, 1e-30)), axis=1)
    return f"networks of the same σ_w differ by up to {np.max(decades):.0f} decades in the last layers"
