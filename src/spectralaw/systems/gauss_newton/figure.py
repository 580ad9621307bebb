"""Condition numbers over that of the data, against width, depth and skip, with their bounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.figures.look import COLOURS, INK, SETTINGS, new_figure

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

_MARKERS = "ovsD^P"


def draw(datasets: Sequence[xarray.Dataset]) -> Figure:
    """One panel each for width, depth over width, and skips."""
    import matplotlib

    parts = {data.attrs["part"]: data for data in datasets}
    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        figure = new_figure(9.6, 3.2)
        axes = figure.subplots(1, 3)
        _against_width(axes[0], parts["width"])
        _against_depth(axes[1], parts["depth"])
        _against_skip(axes[2], parts["skip"])
        axes[0].set_ylabel(r"$\kappa\,/\,\kappa(\Sigma)$")
        figure.draw_without_rendering()
    return figure


def _band(axis, x, values, colour: str, label: str, marker: str = "o") -> None:
    low, middle, high = np.quantile(values, (0.16, 0.5, 0.84), axis=-1)
    axis.fill_between(x, low, high, color=colour, alpha=0.18, linewidth=0.0)
    axis.plot(x, middle, marker=marker, markersize=3.5, color=colour, label=label)


def _against_width(axis, data: xarray.Dataset) -> None:
    width, kappa = data.width.values, data.attrs["data_condition"]
    _band(axis, width, data.bound.values / kappa, COLOURS[1], "bound", "s")
    _band(axis, width, data.ratio.values, COLOURS[0], "value")
    axis.axhline(1.0, color=INK, linewidth=0.8)
    axis.set(xscale="log", yscale="log", xlabel="width  $m$")
    axis.set_title(rf"two layers, $d = {data.attrs['inputs']}$, $k = {data.attrs['outputs']}$")
    axis.legend()


def _against_depth(axis, data: xarray.Dataset) -> None:
    for place, depth in enumerate(data.depth.values):
        one = data.sel(depth=depth)
        middle = np.median(one.ratio.values, axis=-1)
        axis.plot(
            depth / one.width.values, middle, marker=_MARKERS[place % len(_MARKERS)], markersize=4.0,
            color=COLOURS[place % len(COLOURS)], label=f"$L = {depth:g}$",
        )  # fmt: skip
    axis.axhline(1.0, color=INK, linewidth=0.8)
    axis.set(xscale="log", yscale="log", xlabel="depth over width  $L/m$")
    axis.set_title(rf"Gaussian layers, $d = {data.attrs['inputs']}$, $k = {data.attrs['outputs']}$")
    axis.legend()


def _against_skip(axis, data: xarray.Dataset) -> None:
    kappa, sigma = data.attrs["data_condition"], float(np.median(data.spread.values))
    there = data.sel(skip=data.skip > 0.0)
    x = there.skip.values / sigma
    _band(axis, x, there.bound.values / kappa, COLOURS[1], "bound", "s")
    _band(axis, x, there.ratio.values, COLOURS[0], "value")
    none = float(np.median(data.sel(skip=0.0).ratio.values))
    axis.axhline(none, color=COLOURS[0], linewidth=0.9, linestyle=(0, (4, 3)), label="value without skip")
    axis.axvline(1.0, color=INK, linewidth=0.8, linestyle=(0, (1, 2)))
    axis.axhline(1.0, color=INK, linewidth=0.8)
    axis.set(xscale="log", yscale="log", xlabel=r"skip  $\beta\,/\,\sigma_{\max}(W)$")
    axis.set_title(rf"{data.attrs['depth']} square layers $W + \beta I$, $d = k = {data.attrs['inputs']}$")
    axis.legend()


def caption(datasets: Sequence[xarray.Dataset]) -> str:
    """What the picture shows."""
    parts = {data.attrs["part"]: data for data in datasets}
    width, depth, skip = parts["width"], parts["depth"], parts["skip"]
    sigma = float(np.median(skip.spread.values))
    return (
        "Condition number κ of the Gauss–Newton matrix of random linear networks over that of the data, κ(Σ) = "
        f"{width.attrs['data_condition']:g}. Lines are medians, bands hold the middle 68 % of the networks. Left: two "
        f"Gaussian layers against their width, {width.sizes['seed']} networks a point, with the bound of the layers' "
        f"singular values. Middle: networks of several depths L and widths m against L/m, {depth.sizes['seed']} "
        "networks a point; lines of different depth lie on each other from about L = 4 on. Right: three square layers "
        f"with a skip β, {skip.sizes['seed']} networks, the same at every β; the dotted line is β = σmax, the largest "
        f"singular value of the layers ({sigma:.2f} in the median), and the dashed one κ without a skip. To see: width "
        "brings κ to that of the data, depth takes it away again as depth over width, and skips help by orders of "
        "magnitude only once they are about as large as the weights themselves."
    )
