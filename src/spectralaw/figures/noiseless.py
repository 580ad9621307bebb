"""Noiseless learning curves and their power laws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.figures.look import COLOURS, INK, SETTINGS, new_figure

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure


def draw(datasets: Sequence[xarray.Dataset]) -> Figure:
    """One panel for each network; dashed: the predicted law through the middle of each curve."""
    import matplotlib

    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        figure = new_figure(3.6 * len(datasets), 3.2)
        axes = figure.subplots(1, len(datasets), squeeze=False)[0]
        for k, (axis, data) in enumerate(zip(axes, datasets, strict=True)):
            x, d = data.effective_samples.values, data.attrs["dimension"]
            diagonal = data.attrs["network"] == "diagonal"
            for j, gamma in enumerate(data.gamma.values):
                risk = data.excess_risk.sel(gamma=gamma).values
                axis.plot(x, risk, color=COLOURS[j], label=rf"$\gamma = {gamma:g}$")
                law = (x / np.log(d / x) if diagonal else x) ** (1.0 - 2.0 * gamma)
                middle = len(x) // 2
                axis.plot(x, law * risk[middle] / law[middle], color=INK, linewidth=0.8, linestyle=(0, (4, 3)))
            law_name = r"$(n/\log(d/n))^{1-2\gamma}$" if diagonal else r"$n_{\rm eff}^{1-2\gamma}$"
            axis.plot([], [], color=INK, linewidth=0.8, linestyle=(0, (4, 3)), label=law_name)
            axis.set(xscale="log", yscale="log", xlabel=r"$n_{\rm eff}$")
            axis.set_title(rf"{data.attrs['network']} network, $d = 10^{{{np.log10(d):.0f}}}$, $\Delta = 0$")
            axis.legend(loc="lower left")
            if k == 0:
                axis.set_ylabel(r"excess risk  $R$")
        figure.draw_without_rendering()
    return figure


def caption(datasets: Sequence[xarray.Dataset]) -> str:
    """What the picture shows."""
    return (
        "Predicted noiseless excess risk against samples at small weight decay for several exponents γ, "
        "and its local exponents."
    )
