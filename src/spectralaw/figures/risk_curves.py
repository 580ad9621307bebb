"""Learning curves: theory as lines, trained networks as points; below, their ratio at every dimension."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.figures.look import COLOURS, INK, SETTINGS, new_figure

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

_MARKERS = ("o", "s", "^")
_DIMENSIONS = ("v", "D", "o", "P")
_DASHED = (0, (4, 3))
_REACH = (0.6, 1.5)  # of the ratios drawn; arrows beyond


def draw(datasets: Sequence[xarray.Dataset]) -> Figure:
    """A column for each network: the curves at its largest dimension, and a row of ratios for each weight decay."""
    import matplotlib

    networks = list(dict.fromkeys(data.attrs["network"] for data in datasets))
    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        figure = new_figure(3.8 * len(networks), 6.4)
        axes = figure.subplots(4, len(networks), sharex="col", height_ratios=[3.2, 1, 1, 1], squeeze=False)
        for column, network in enumerate(networks):
            sizes = [data for data in datasets if data.attrs["network"] == network]
            sizes.sort(key=lambda data: data.attrs["dimension"])
            _curves(axes[0, column], sizes[-1])
            _ratios(axes[1:, column], sizes)
            axes[-1, column].set_xlabel(r"$n_{\rm eff}/d$" + (r"$\;=n/d$" if network == "diagonal" else r"$\;=n/d^2$"))
        axes[0, 0].set_ylabel(r"excess risk  $R$")
        axes[2, 0].set_ylabel("mean of trained / theory")
        figure.draw_without_rendering()
    return figure


def _unit(data: xarray.Dataset) -> float:
    d = float(data.attrs["dimension"])
    return d if data.attrs["network"] == "diagonal" else d * d


def _threshold(data: xarray.Dataset) -> float:
    return 1.0 if data.attrs["network"] == "diagonal" else 0.25


def _curves(axis, data: xarray.Dataset) -> None:
    unit, d = _unit(data), data.attrs["dimension"]
    for k, decay in enumerate(data.weight_decay.values):
        one = data.isel(weight_decay=k)
        axis.plot(data.fine_samples / unit, one.theory_curve, color=COLOURS[k], zorder=2)
        axis.errorbar(
            data.samples / unit, one["mean"], one.standard_error, fmt=_MARKERS[k], color=COLOURS[k], markersize=4.0,
            capsize=1.5, elinewidth=0.8, markeredgecolor="white", markeredgewidth=0.5, zorder=3, linestyle="none",
            label=rf"$\lambda = {decay:.3g}$",
        )  # fmt: skip
    axis.plot([], [], color=INK, label="lines: theory")
    axis.axvline(_threshold(data), color=INK, linewidth=0.7, linestyle=_DASHED, alpha=0.5, zorder=1)
    axis.annotate(
        "interpolation threshold", (_threshold(data), 0.02), xycoords=("data", "axes fraction"), rotation=90,
        fontsize=7, color=INK, ha="right", va="bottom", xytext=(-2, 2), textcoords="offset points", alpha=0.8,
    )  # fmt: skip
    noise, gamma = data.attrs["noise_variance"], data.attrs["gamma"]
    title = f"{data.attrs['network']} network, $d = {d}$, $\\Delta = {noise:g}$, $\\gamma = {gamma:g}$"
    axis.set(xscale="log", yscale="log", title=title)
    axis.legend(loc="lower left")


def _ratios(axes, datasets: Sequence[xarray.Dataset]) -> None:
    for k, axis in enumerate(axes):
        for j, data in enumerate(datasets):
            strength = (j + 1) / len(datasets)
            one, shift = data.isel(weight_decay=k), 1.07 ** (j - 0.5 * (len(datasets) - 1))
            x = data.samples.values / _unit(data) * shift
            ratio, error = (one["mean"] / one.theory).values, (one.standard_error / one.theory).values
            style = {"color": COLOURS[k], "alpha": 0.25 + 0.75 * strength, "linestyle": "none"}
            marker = _DIMENSIONS[j % len(_DIMENSIONS)]
            shown = (ratio > _REACH[0]) & (ratio < _REACH[1])
            axis.errorbar(x[shown], ratio[shown], error[shown], fmt=marker, markersize=3.0, capsize=1.2,
                          elinewidth=0.7, label=f"$d = {data.attrs['dimension']}$", **style)  # fmt: skip
            for beyond, mark, edge in ((ratio >= _REACH[1], "^", 0.96), (ratio <= _REACH[0], "v", 0.04)):
                at = np.full(int(beyond.sum()), edge)
                axis.plot(
                    x[beyond], at, mark, markersize=3.5, fillstyle="none", transform=axis.get_xaxis_transform(), **style
                )
        axis.axhline(1.0, color=INK, linewidth=0.8, zorder=1)
        axis.axvline(_threshold(datasets[0]), color=INK, linewidth=0.7, linestyle=_DASHED, alpha=0.5, zorder=1)
        axis.set_ylim(*_REACH)
        axis.text(0.99, 0.93, rf"$\lambda = {float(datasets[-1].weight_decay[k]):.3g}$", transform=axis.transAxes,
                  ha="right", va="top", fontsize=8, color=COLOURS[k])  # fmt: skip
    axes[-1].legend(loc="lower right", ncols=len(datasets), fontsize=7, handletextpad=0.2, columnspacing=0.8)


def caption(datasets: Sequence[xarray.Dataset]) -> str:
    """What the picture shows."""
    parts = []
    for network in dict.fromkeys(data.attrs["network"] for data in datasets):
        sizes = sorted((d for d in datasets if d.attrs["network"] == network), key=lambda d: d.attrs["dimension"])
        seeds = ", ".join(f"{d.attrs['dimension']} ({d.sizes['seed']} seeds)" for d in sizes)
        parts.append(f"{network}: d = {seeds}")
    first = datasets[0].attrs
    return (
        f"Excess risk against samples per dimension, power-law teacher with γ = {first['gamma']:g}, label noise "
        f"Δ = {first['noise_variance']:g}. Top: at the largest dimension, three weight decays λ; lines are theory, "
        "points means of networks trained to the exact minimum with standard errors over seeds (teacher, inputs and "
        "noise all vary, and no two points share a seed). Below: mean over theory at every dimension, one row for each "
        "λ, dimensions shifted sideways to be told apart; hollow triangles are outside the window. Dashed: the "
        "interpolation threshold, n = d (diagonal) and n = d²/4 (quadratic); the quadratic peak is predicted to the "
        "right of it. To see: points lie on the lines but for finite-size effects, which are largest with few samples "
        f"and shrink with d. {'; '.join(parts)}."
    )
