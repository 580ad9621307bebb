"""Risk against the width of a quadratic network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spectralaw.figures.look import COLOURS, SETTINGS, new_figure

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure


def draw(data: xarray.Dataset) -> Figure:
    """Theory as lines, trained networks as points with standard errors."""
    import matplotlib

    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        figure = new_figure(4.2, 3.2)
        axis = figure.subplots()
        for k, decay in enumerate(data.decay.values):
            one = data.sel(decay=decay)
            axis.plot(one.fine_width, one.theory, color=COLOURS[k], label=rf"$\lambda\sqrt{{p/d}} = {decay:g}$")
            error = one.excess_risk.std("seed", ddof=1) / np.sqrt(one.excess_risk.count("seed"))
            axis.errorbar(
                one.width, one.excess_risk.mean("seed"), error, fmt="os"[k % 2], color=COLOURS[k], markersize=4,
                markeredgecolor="white", markeredgewidth=0.5, capsize=1.5, elinewidth=0.8, linestyle="none",
            )  # fmt: skip
        d, n = data.attrs["dimension"], data.attrs["samples"]
        axis.set(xscale="log", xlabel="hidden units  $p$", ylabel="excess risk  $R$", ylim=(0.0, None))
        axis.set_title(f"quadratic network, d = {d}, n = {n:,}")
        axis.legend()
        figure.draw_without_rendering()
    return figure


def caption(data: xarray.Dataset) -> str:
    """What the picture shows."""
    return "Excess risk against the number of hidden units: theory (lines) and networks trained by L-BFGS (points)."
