"""The boundary between order and chaos, what lies beyond, the collapse of finite widths, and few channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.figures.look import COLOURS, INK, SETTINGS, new_figure

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure


def _parts(datasets: Sequence[xarray.Dataset]) -> dict[str, xarray.Dataset]:
    return {data.attrs["part"]: data for data in datasets}


def draw(datasets: Sequence[xarray.Dataset]) -> Figure:
    """Four panels."""
    import matplotlib

    parts = _parts(datasets)
    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        figure = new_figure(6.9, 5.2)
        axes = figure.subplots(2, 2)
        _boundary(axes[0, 0], parts["boundary"])
        _order(axes[0, 1], parts["approach"])
        _widths(axes[1, 0], parts["widths"])
        _channels(axes[1, 1], parts["channels"])
        figure.draw_without_rendering()
    return figure


def _boundary(axis, data: xarray.Dataset) -> None:
    for name, colour in zip(data.activation.values, COLOURS, strict=False):
        axis.plot(data.bias_std, data.weight_std.sel(activation=name), "o-", color=colour, markersize=3.0, label=name)
    axis.text(0.05, 0.9, "chaos: signals part", transform=axis.transAxes, color=INK, fontsize=8)
    axis.text(0.42, 0.06, "order: signals become alike", transform=axis.transAxes, color=INK, fontsize=8)
    axis.set(xlabel=r"biases  $\sigma_b$", ylabel=r"weights  $\sigma_w$", title="Edge of chaos", xlim=(0.0, None))
    axis.legend(loc="center right", bbox_to_anchor=(1.0, 0.3))


def _order(axis, data: xarray.Dataset) -> None:
    axis.loglog(data.tau, data.rho, "o", color=COLOURS[0], markersize=4.0, label=r"$\rho^*$ of the map")
    axis.loglog(data.tau, data.linear, "-", color=COLOURS[0], linewidth=1.0, label=r"$(\chi_1 - 1)/\kappa$")
    layers = np.unique(np.geomspace(1, data.layer.values[-1], 60).astype(int))
    axis.loglog(
        1.0 / layers, data.decay.values[layers], "-", color=COLOURS[1], label=r"$\rho$ at $\tau = 0$, against 1/depth"
    )
    slope = 1.0 / (data.attrs["metric_factor"] * layers)
    axis.loglog(1.0 / layers, slope, ":", color=INK, label=r"$1/(\kappa\,\mathrm{depth})$")
    axis.set(
        xlabel=r"$\tau = (\sigma_w - \sigma_{wc})/\sigma_{wc}$, or 1/depth", ylabel=r"$\rho = 1 - c$",
        title="Beyond it, and at it",
    )  # fmt: skip
    axis.legend(loc="upper left")


def _widths(axis, data: xarray.Dataset) -> None:
    t = data.ratio.values
    for k, n in enumerate(data.width.values):
        runs = n * data.rho.sel(width=n).values
        error = runs.std(axis=0, ddof=1) / np.sqrt(len(runs))
        axis.errorbar(
            t, runs.mean(axis=0), 2.0 * error, fmt="os^Dv"[k % 5], color=COLOURS[k % 6], markersize=3.5,
            linewidth=0.8, label=f"$n = {n}$",
        )  # fmt: skip
    axis.plot(t, data.scaling, "-", color=INK, linewidth=1.0, label="derived limit $F$")
    axis.plot(t, 1.0 / (data.attrs["metric_factor"] * t), ":", color=INK, label="infinite width")
    axis.set(
        xscale="log",
        yscale="log",
        xlabel="depth / $n$",
        ylim=(0.4, None),
        ylabel=r"$n\,\rho$",
        title="Finite width at the edge",
    )
    axis.legend(loc="lower left")


def _channels(axis, data: xarray.Dataset) -> None:
    layers = data.layer.values[1:]
    edges = np.unique(np.geomspace(1, layers[-1], 40).astype(int))
    import matplotlib

    colours = matplotlib.colormaps["viridis"](np.linspace(0.0, 0.9, data.sizes["factor"]))
    for colour, factor in zip(colours, data.factor.values, strict=True):
        mean = data.rho.sel(factor=factor).mean("seed").values[edges]
        axis.plot(edges, mean, "-", color=colour, linewidth=1.1, label=f"{factor:g}")
    axis.plot(layers, data.infinite.values[1:], ":", color=INK, label="1, infinite")
    axis.set(
        xscale="log", yscale="log", xlabel="depth", ylabel=r"$\rho$, mean of positions", ylim=(1e-5, 1.5),
        title=f"Convolution with {data.attrs['channels']} channels",
    )  # fmt: skip
    axis.legend(loc="lower left", title=r"$\sigma_w/\sigma_{wc}$", ncols=2, title_fontsize=8.0)


def caption(datasets: Sequence[xarray.Dataset]) -> str:
    """What the picture shows, with the parameters of the data."""
    parts = _parts(datasets)
    wide, few = parts["widths"], parts["channels"]
    kappa = wide.attrs["metric_factor"]
    names = ", ".join(str(name) for name in parts["boundary"].activation.values)
    return (
        f"Top left: critical scale of the weights against that of the biases ({names}). Top right: rho* = 1 − c* "
        f"beyond the critical point of {wide.attrs['activation']} at σ_b = {wide.attrs['bias_std']:g}, and the decay "
        f"of rho with depth at it, beside what the metric factor κ = {kappa:.5f} says. Bottom left: n rho of two "
        f"unrelated signals in fully connected networks of width n at the critical point, with two standard errors; "
        f"dotted the infinite width, drawn out the derived limit with s² = {wide.attrs['noise']:.3f} and "
        f"m = {wide.attrs['drift']:.3f}, in which nothing is fitted. Bottom right: convolutions with "
        f"{few.attrs['channels']} channels and kernels of {few.attrs['kernel']} on a ring of {few.attrs['positions']}, "
        f"mean of {few.sizes['seed']} networks, at multiples of the infinite-width critical σ_w."
    )
