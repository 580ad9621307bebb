"""What the experiment claims, and how each claim is held against the data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.reproduction.claims import Claim
from spectralaw.systems.slopes import log_slope

if TYPE_CHECKING:
    import xarray

RATE = "the error of order K goes like (|δ|/√(a² + π²/4))^K: down within the radius, up outside"
DESCENT = "gradient descent through the series is that of the network at every step, up to the truncation"
TANGENT = "order 1 is gradient descent in the tangent kernel"
QUADRATIC = "a quadratic network is its series of order 3, and not of order 2"
LINEAR = "the error of the linearised network falls like one over the output scale"
ORDER = "with the output scale the order that explains training to 1 % falls to one"
CLAIMS = (RATE, DESCENT, TANGENT, QUADRATIC, LINEAR, ORDER)

FLOOR = 1e-13  # errors below this are rounding
FIRST, FEWEST, WINDOW = 5, 12, 4  # orders: the first, the fewest of a rate, and those over which phases are averaged
RATE_OFF = 0.03  # of the rate; 0.009 was the largest difference measured
EXACT = 1e-9  # of the change of the outputs, at the highest order; 4e-14 was measured
ROUNDING = 1e-12  # of the change; 4e-16 and 1.2e-14 were measured
LARGE, SLOPE_OFF = 30.0, 0.05  # output scales of the power law, and what its exponent may be off; 0.01 was measured


def judge(datasets: Sequence[xarray.Dataset]) -> list[Claim]:
    """Every claim, part by part."""
    judges = {"convergence": convergence, "descent": descent, "quadratic": quadratic, "lazy": lazy}
    return [claim for data in datasets for claim in judges[data.attrs["part"]](data)]


def rate_of(error: np.ndarray) -> float:
    """Factor by which an error changes from one order to the next; NaN where too few orders are above rounding.

    Errors oscillate in their order, for the poles of tanh are a complex pair: a root mean square over neighbouring
    orders takes that out.
    """
    # a NaN among them makes the rate NaN: it must not shorten the range in silence
    above = np.flatnonzero(error[FIRST:] < FLOOR)
    last = FIRST + int(above[0]) if above.size else error.size
    used = error[FIRST:last]
    if used.size < FEWEST or not np.all(np.isfinite(used)):
        return np.nan
    smooth = np.sqrt(np.convolve(used**2, np.full(WINDOW, 1.0 / WINDOW), "valid"))
    return float(np.exp(np.polyfit(np.arange(smooth.size), np.log(smooth), 1)[0]))


def convergence(data: xarray.Dataset) -> list[Claim]:
    claims = []
    for ratio in data.ratio.values:
        rates = np.array([rate_of(row) for row in data.error.sel(ratio=ratio).values])
        about = f"|δ| = {ratio:g} radii, a = {', '.join(f'{a:g}' for a in data.place.values)}"
        if not np.all(np.isfinite(rates)):
            claims.append(Claim.of(RATE, about, "no rate", None, "too few orders above rounding, or some are missing"))
            continue
        measured = f"rates {', '.join(f'{rate:.4f}' for rate in rates)}"
        claims.append(Claim.of(RATE, about, measured, bool(np.all(np.abs(rates / ratio - 1.0) <= RATE_OFF))))
    return claims


def descent(data: xarray.Dataset) -> list[Claim]:
    about = f"{data.sizes['step'] - 1} steps, width {data.attrs['width']}, {data.sizes['seed']} data sets"
    data = data.sortby("order")
    out = int(np.sum(~data.inside.values))
    worst = {name: np.max(data[name].values, axis=(1, 2)) for name in ("around_start", "summed")}
    falls = all(bool(np.all(np.diff(values) < 0.0)) for values in worst.values())
    last = max(float(values[-1]) for values in worst.values())
    listed = ", ".join(f"{values:.1e}" for values in worst["around_start"])
    measured = (
        f"largest difference {listed} of the change at orders {', '.join(map(str, data.order.values))} around the "
        "start, "
        f"{worst['summed'][-1]:.1e} at the highest when summed; {out} runs outside the radius"
    )
    if not data.order.values[0] == 1:
        return [Claim.of(DESCENT, about, measured, None, "order 1 is missing")]
    tangent = float(np.max(data.tangent.values))
    return [
        Claim.of(DESCENT, about, measured, falls and last <= EXACT and out == 0),
        Claim.of(TANGENT, about, f"largest difference {tangent:.1e} of the change", tangent <= ROUNDING),
    ]


def quadratic(data: xarray.Dataset) -> list[Claim]:
    error = {int(order): data.error.sel(order=order).values for order in data.order.values}
    worst, least = float(np.max(error[3])), float(np.min(error[2]))
    measured = f"at most {worst:.1e} of the change at order 3, at least {least:.2f} at order 2"
    about = f"{data.sizes['seed']} networks and steps"
    return [Claim.of(QUADRATIC, about, measured, worst <= ROUNDING and least > 1e-3)]


def lazy(data: xarray.Dataset) -> list[Claim]:
    """The exponent from large scales; the orders from both ends."""
    data = data.sortby("scale")
    about = f"width {data.attrs['width']}, {data.attrs['steps']} steps, {data.sizes['seed']} data sets"
    scales, error = data.scale.values, data.linear_error.values.mean(axis=1)
    large = scales >= LARGE
    if large.sum() < 3 or not np.all(error[large] > 0.0):
        claims = [Claim.of(LINEAR, about, "no exponent", None, f"errors at three scales from {LARGE:g} on are needed")]
    else:
        slope = log_slope(scales[large], error[large]).value
        measured = f"exponent {slope:.3f} at scales from {LARGE:g} to {scales[-1]:g}"
        claims = [Claim.of(LINEAR, about, measured, abs(slope + 1.0) <= SLOPE_OFF)]
    first, last = data.needed.values[0], data.needed.values[-1]
    none = int(np.sum(np.isnan(first)))
    low = np.where(np.isnan(first), np.inf, first)
    measured = (
        f"orders {_listed(low)} at scale {scales[0]:g}{f', none for {none}' if none else ''}; "
        f"{_listed(last)} at {scales[-1]:g}"
    )
    agrees = bool(np.all(last == 1.0) and np.median(low) > 1.0)
    if not np.all(np.isfinite(data.linear_error.values[[0, -1]])):
        return [*claims, Claim.of(ORDER, about, measured, None, "trainings are missing")]
    return [*claims, Claim.of(ORDER, about, measured, agrees)]


def _listed(orders: np.ndarray) -> str:
    found = orders[np.isfinite(orders)]
    return f"{int(found.min())} to {int(found.max())}" if found.size else "none"
