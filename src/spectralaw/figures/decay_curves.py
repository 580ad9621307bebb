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


def draw(datasets: Sequence[xarray.Dataset]) -> Figure:
    """One panel for each network."""
    import matplotlib

    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        figure = new_figure(3.6 * len(datasets), 3.2)
        axes = figure.subplots(1, len(datasets), squeeze=False)[0]
        for k, (axis, data) in enumerate(zip(axes, datasets, strict=True)):
            a = data.attrs
            axis.plot(data.fine_decay, data.theory_curve, color=COLOURS[0], label="theory", zorder=3)
            for name, colour, dash in _TERMS:
                axis.plot(data.fine_decay, data[name], color=COLOURS[colour], linestyle=dash, linewidth=1.1, label=name)
            error = data.excess_risk.std("seed", ddof=1) / np.sqrt(data.sizes["seed"])
            axis.errorbar(
                data.weight_decay, data.excess_risk.mean("seed"), error, fmt="o", color=COLOURS[0], markersize=4,
                markeredgecolor="white", markeredgewidth=0.5, capsize=1.5, elinewidth=0.8, label="trained", zorder=4,
            )  # fmt: skip
            axis.axhline(a["bayes_risk"], color=INK, linewidth=0.9, label="Bayes-optimal")
            axis.axvline(a["best_decay"], color=INK, linewidth=0.7, linestyle=(0, (4, 3)), alpha=0.5)
            top = float(data.theory_curve.max())
            axis.set(xscale="log", yscale="log", ylim=(top * 2e-3, top * 2.0), xlabel=r"weight decay  $\lambda$")
            axis.set_title(f"{a['network']} network, d = {a['dimension']}, n = {a['samples']:,}")
            if k == 0:
                axis.set_ylabel(r"excess risk  $R$")
                handles = axis.get_legend_handles_labels()
        figure.legend(*handles, loc="outside lower center", ncols=6)
        figure.draw_without_rendering()
    return figure


def caption(datasets: Sequence[xarray.Dataset]) -> str:
    """What the picture shows."""
    return (
        "Excess risk against weight decay: theory (line), trained networks (points), and the three terms of the risk."
    )
