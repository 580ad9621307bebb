"""Risk against weight decay, with its three terms and the Bayes-optimal level."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.figures.look import COLOURS, INK, SETTINGS, new_figure

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

_TERMS = (("overfitting", 1, (0, (4, 2))), ("underfitting", 2, (0, (1, 1.5))), ("approximation", 3, (0, (5, 1, 1, 1))))
_MARKERS = ("v", "D", "o", "P")


def draw(datasets: Sequence[xarray.Dataset]) -> Figure:
    """A column for each network: the risk and its terms at the largest dimension, and the ratios at every one."""
    import matplotlib

    networks = list(dict.fromkeys(data.attrs["network"] for data in datasets))
    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        figure = new_figure(3.7 * len(networks), 4.6)
        axes = figure.subplots(2, len(networks), sharex="col", height_ratios=[2.8, 1.0], squeeze=False)
        for k, network in enumerate(networks):
            sizes = [data for data in datasets if data.attrs["network"] == network]
            sizes.sort(key=lambda data: data.attrs["dimension"])
            _curves(axes[0, k], sizes[-1])
            _ratios(axes[1, k], sizes)
        axes[0, 0].set_ylabel(r"excess risk  $R$")
        axes[1, 0].set_ylabel("mean of trained\n/ theory")
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
        figure.draw_without_rendering()
    return figure


def _curves(axis, data: xarray.Dataset) -> None:
    a = data.attrs
    axis.plot(data.fine_decay, data.theory_curve, color=COLOURS[0], label="theory", zorder=3)
    for name, colour, dash in _TERMS:
        axis.plot(data.fine_decay, data[name], color=COLOURS[colour], linestyle=dash, linewidth=1.1, label=name)
    error = data.excess_risk.std("seed", ddof=1) / np.sqrt(data.excess_risk.count("seed"))
    axis.errorbar(
        data.weight_decay, data.excess_risk.mean("seed"), error, fmt="o", color=COLOURS[0], markersize=4,
        markeredgecolor="white", markeredgewidth=0.5, capsize=1.5, elinewidth=0.8, label="trained", zorder=4,
    )  # fmt: skip
    axis.axhline(a["bayes_risk"], color=INK, linewidth=0.9, label="Bayes-optimal risk")
    axis.axvline(
        a["best_decay"],
        color=INK,
        linewidth=0.9,
        linestyle=(0, (4, 3)),
        alpha=0.6,
        label=r"predicted $\lambda_{\rm opt}$",
    )
    top = float(data.theory_curve.max())
    axis.set(xscale="log", yscale="log", ylim=(top * 2e-3, top * 2.0))
    axis.set_title(
        f"{a['network']} network, $d = {a['dimension']}$, $n = {a['samples']:,}$\n"
        rf"$\Delta = {a['noise_variance']:g}$, $\gamma = {a['gamma']:g}$"
    )


def _ratios(axis, datasets: Sequence[xarray.Dataset]) -> None:
    for j, data in enumerate(datasets):
        mean, count = data.excess_risk.mean("seed"), data.excess_risk.count("seed")
        error = data.excess_risk.std("seed", ddof=1) / np.sqrt(count)
        shift = 1.12 ** (j - 0.5 * (len(datasets) - 1))
        axis.errorbar(
            data.weight_decay * shift, mean / data.theory, error / data.theory, fmt=_MARKERS[j % len(_MARKERS)],
            color=COLOURS[0], markersize=3.0, capsize=1.2, elinewidth=0.7, linestyle="none",
            alpha=0.25 + 0.75 * (j + 1) / len(datasets), label=f"$d = {data.attrs['dimension']}$",
        )  # fmt: skip
    axis.axhline(1.0, color=INK, linewidth=0.8, zorder=1)
    axis.set(xlabel=r"weight decay  $\lambda$")
    axis.legend(ncols=len(datasets), fontsize=7, loc="upper right", handletextpad=0.2, columnspacing=0.8)
    low, high = axis.get_ylim()
    axis.set_ylim(low, high + 0.3 * (high - low))


def caption(datasets: Sequence[xarray.Dataset]) -> str:
    """What the picture shows."""
    parts = []
    for network in dict.fromkeys(data.attrs["network"] for data in datasets):
        sizes = sorted((d for d in datasets if d.attrs["network"] == network), key=lambda d: d.attrs["dimension"])
        share = sizes[-1].attrs["samples"] / sizes[-1].attrs["dimension"] ** (1 if network == "diagonal" else 2)
        seeds = ", ".join(f"{d.attrs['dimension']} ({d.sizes['seed']} seeds)" for d in sizes)
        parts.append(f"{network}: n = {share:g} {'d' if network == 'diagonal' else 'd²'}, d = {seeds}")
    a = datasets[0].attrs
    return (
        f"Excess risk against weight decay, power-law teacher with γ = {a['gamma']:g}, label noise Δ = "
        f"{a['noise_variance']:g}. Top: theory (line) and its three terms, each integrated by itself, at the "
        "largest dimension; points are means of trained networks with standard errors over seeds. Overfitting is "
        "what survives of the bulk, underfitting the power of teacher directions still in it, approximation the "
        "error on those that stand out. The teeth of the terms are no noise: each is one teacher "
        "direction that enters or leaves the bulk as λ changes and moves its share of the risk from one term to "
        "another; their sum is smooth. Dashed: the predicted optimum; thin: the least risk of any estimator. "
        "Below: mean over theory at every dimension, shifted sideways to be told apart. To see: underfitting on "
        f"the right, overfitting on the left, and the optimum where they balance. {'; '.join(parts)}."
    )
