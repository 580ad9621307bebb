"""The power series of a network in four panels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.figures.look import COLOURS, INK, SETTINGS, new_figure

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

_FLOOR = 5e-16  # of errors that are drawn
_PLACE = 0.4  # of the neuron in the first panel


def draw(datasets: Sequence[xarray.Dataset]) -> Figure:
    """Truncation error by order; descent by step; linearisation error and order needed by output scale."""
    import matplotlib

    parts = {data.attrs["part"]: data for data in datasets}
    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        figure = new_figure(7.4, 5.6)
        axes = figure.subplots(2, 2).ravel()
        _convergence(axes[0], parts["convergence"])
        _descent(axes[1], parts["descent"])
        _linear(axes[2], parts["lazy"])
        _needed(axes[3], parts["lazy"])
        for axis, letter in zip(axes, "abcd", strict=True):
            axis.set_title(f"({letter})", loc="left")
        figure.draw_without_rendering()
    return figure


def _convergence(axis, data) -> None:
    order = data.order.values
    for ratio, colour in zip(data.ratio.values, COLOURS, strict=False):
        error = data.error.sel(place=_PLACE, ratio=ratio).values
        axis.plot(order, np.where(error > _FLOOR, error, np.nan), color=colour, label=f"{ratio:g}")
        axis.plot(order, ratio ** (order + 1.0), "--", color=colour, linewidth=0.7)
    axis.set(yscale="log", xlabel="order $K$", ylabel="error of one tanh neuron", ylim=(1e-16, 1e11))
    axis.legend(title=r"$|\delta|$ / radius", ncols=4, loc="upper center", columnspacing=1.0, title_fontsize=8)


def _descent(axis, data) -> None:
    for order, colour in zip(data.order.values, COLOURS, strict=False):
        for name, style in (("around_start", "-"), ("summed", ":")):
            worst = data[name].sel(order=order).max("seed").values
            label = f"{order}" if style == "-" else None
            axis.plot(data.step, np.where(worst > _FLOOR, worst, np.nan), style, color=colour, label=label)
    axis.set(yscale="log", xlabel="step of gradient descent", ylabel="difference from the network", ylim=(1e-16, 1e3))
    axis.legend(title="order (dotted: summed)", ncols=5, loc="upper center", columnspacing=1.0, title_fontsize=8)


def _linear(axis, data) -> None:
    scale = data.scale.values
    for name, colour, label in (("linear_error", COLOURS[0], "error of order 1"), ("reach", COLOURS[2], "step/radius")):
        values = data[name]
        error = values.std("seed", ddof=1) / np.sqrt(data.sizes["seed"])
        axis.errorbar(scale, values.mean("seed"), error, fmt="o-", markersize=3, color=colour, label=label)
    large = scale >= 30.0
    start = float(data.linear_error.mean("seed").values[large][0])
    axis.plot(scale[large], 0.4 * start * scale[large][0] / scale[large], "--", color=INK, linewidth=0.8, label="$1/s$")
    axis.axhline(0.01, color=INK, linewidth=0.6)
    axis.set(xscale="log", yscale="log", xlabel="output scale $s$", ylabel="relative to the change, to the radius")
    axis.legend(loc="lower left")


def _needed(axis, data) -> None:
    scale = data.scale.values
    rng = np.random.default_rng(0)
    spread = np.exp(0.35 * (2.0 * rng.random(data.needed.shape) - 1.0))
    axis.plot(
        (scale[:, None] * spread).ravel(), data.needed.values.ravel(), ".", color=COLOURS[4], markersize=5, zorder=3
    )
    axis.plot(scale, data.needed.median("seed"), "o-", markersize=4, color=COLOURS[0], label="median")
    top = float(np.nanmax(data.needed.values))
    axis.set(
        xscale="log", xlabel="output scale $s$", ylabel="order that explains training to 1 %", ylim=(0.0, top + 1.0)
    )
    axis.legend(loc="upper right")


def caption(datasets: Sequence[xarray.Dataset]) -> str:
    """What the picture shows, with the parameters of the data."""
    parts = {data.attrs["part"]: data for data in datasets}
    steps, lazy = parts["descent"].attrs, parts["lazy"].attrs
    none = int(np.isnan(parts["lazy"].needed.values).sum())
    return (
        "The network v·tanh(W x) as a power series in the step of its weights. (a) Error of order K of one neuron at "
        f"a = {_PLACE:g}, moved by a multiple of its radius √(a² + π²/4); dashed: that multiple to the power K + 1. "
        "Outside the radius higher orders are worse. (b) Gradient descent through the series against descent of the "
        f"network (width {steps['width']}, output scale {steps['output_scale']:g}): largest difference of the outputs "
        f"over {parts['descent'].sizes['seed']} data sets, in units of their change; solid around the first weights, "
        f"dotted summed over series around the weights of each step. (c) {lazy['steps']} steps of training of width "
        f"{lazy['width']} against the output scale s: what the linearised network misses of the change of the function "
        "(mean and standard error; the line is 1 %), and the largest step over its radius of convergence. (d) The "
        f"lowest order from which on the series explains the change to 1 %, for each of "
        f"{parts['lazy'].sizes['seed']} data sets (spread sideways to be seen; {none} have none up to order 40) and "
        "the median of the others: from order one on training is lazy."
    )
