"""Risk against the width of a quadratic network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.figures.look import COLOURS, INK, SETTINGS, new_figure

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

_MARKERS = ("v", "D", "o", "P")


def draw(datasets: Sequence[xarray.Dataset]) -> Figure:
    """Theory and trained networks at the largest dimension; below, their ratio at every dimension."""
    import matplotlib

    datasets = sorted(datasets, key=lambda data: data.attrs["dimension"])
    data = datasets[-1]
    d, n = data.attrs["dimension"], data.attrs["samples"]
    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        figure = new_figure(4.6, 5.0)
        rows = 1 + data.sizes["decay"]
        axes = figure.subplots(rows, 1, sharex=True, height_ratios=[2.6, *[1.0] * (rows - 1)])
        for k, decay in enumerate(data.decay.values):
            one = data.sel(decay=decay)
            axes[0].plot(one.fine_width / d, one.theory, color=COLOURS[k])
            error = one.excess_risk.std("seed", ddof=1) / np.sqrt(one.excess_risk.count("seed"))
            axes[0].errorbar(
                one.width / d, one.excess_risk.mean("seed"), error, fmt="os"[k % 2], color=COLOURS[k], markersize=4,
                markeredgecolor="white", markeredgewidth=0.5, capsize=1.5, elinewidth=0.8, linestyle="none",
                label=rf"trained, $\tilde\lambda = \lambda\sqrt{{p/d}} = {decay:g}$",
            )  # fmt: skip
            _ratios(axes[k + 1], datasets, float(decay), COLOURS[k])
        axes[0].plot([], [], color=INK, label="lines: theory")
        noise, gamma = data.attrs["noise_variance"], data.attrs["gamma"]
        axes[0].set(xscale="log", ylabel="excess risk  $R$", ylim=(0.0, None))
        axes[0].set_title(
            f"quadratic network, $d = {d}$, $n = {n:,} = {n / d**2:.3g}\\,d^2$, "
            rf"$\Delta = {noise:g}$, $\gamma = {gamma:g}$"
        )
        axes[0].legend()
        axes[1].set_ylabel("mean of trained / theory", y=0.0 if rows > 2 else 0.5)
        axes[-1].set_xlabel("hidden units per dimension  $p/d$")
        axes[-1].legend(ncols=len(datasets), fontsize=7, loc="upper right", handletextpad=0.2, columnspacing=0.8)
        figure.draw_without_rendering()
    return figure


def _ratios(axis, datasets: Sequence[xarray.Dataset], decay: float, colour: str) -> None:
    for j, data in enumerate(datasets):
        one, d = data.sel(decay=decay), data.attrs["dimension"]
        theory = one.theory.sel(fine_width=one.width.values).values
        count = one.excess_risk.count("seed")
        ratio = one.excess_risk.mean("seed").values / theory
        error = (one.excess_risk.std("seed", ddof=1) / np.sqrt(count)).values / theory
        shift = 1.03 ** (j - 0.5 * (len(datasets) - 1))
        axis.errorbar(
            one.width.values / d * shift, ratio, error, fmt=_MARKERS[j % len(_MARKERS)], color=colour, markersize=3.0,
            capsize=1.2, elinewidth=0.7, alpha=0.25 + 0.75 * (j + 1) / len(datasets), label=f"$d = {d}$",
        )  # fmt: skip
    axis.axhline(1.0, color=INK, linewidth=0.8, zorder=1)
    low, high = axis.get_ylim()
    axis.set_ylim(min(low, 0.95), high + 0.25 * (high - low))


def caption(datasets: Sequence[xarray.Dataset]) -> str:
    """What the picture shows."""
    datasets = sorted(datasets, key=lambda data: data.attrs["dimension"])
    a = datasets[-1].attrs
    seeds = ", ".join(f"{data.attrs['dimension']} ({data.sizes['seed']} seeds)" for data in datasets)
    return (
        "Excess risk of quadratic networks against the number p of hidden units, n = "
        f"{a['samples'] / a['dimension'] ** 2:g} d², power-law teacher with γ = {a['gamma']:g}, label noise Δ = "
        f"{a['noise_variance']:g}, and weight decay such that λ̃ = λ √(p/d) is the same at every width. Top: d = "
        f"{a['dimension']}; lines are theory, a conjecture for p < d; points are means of networks trained by "
        "L-BFGS with standard errors over seeds, none of which is used twice. Below: mean over theory for every "
        f"dimension, d = {seeds}, one row for each λ̃, dimensions shifted sideways to be told apart. To see: at "
        "the small λ̃ the risk rises and falls again with the width (double descent), and what separates "
        "training from theory shrinks with d."
    )
