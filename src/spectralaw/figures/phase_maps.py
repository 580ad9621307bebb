"""Phase diagrams: risk in colour, analytic boundaries and labels on top."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.figures.look import INK, SETTINGS, new_figure

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure


def draw(datasets: Sequence[xarray.Dataset]) -> Figure:
    """One panel for each network."""
    import matplotlib
    from matplotlib.colors import LogNorm

    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        figure = new_figure(3.7 * len(datasets) + 0.6, 3.4)
        axes = figure.subplots(1, len(datasets), sharey=True, squeeze=False)[0]
        low = min(float(np.nanmin(data.excess_risk)) for data in datasets)
        high = max(float(np.nanmax(data.excess_risk)) for data in datasets)
        norm = LogNorm(max(low, 1e-30), min(high, 30.0))
        for axis, data in zip(axes, datasets, strict=True):
            mesh = _panel(axis, data, norm)
        axes[0].set_ylabel(r"weight decay  $\lambda$")
        figure.colorbar(mesh, ax=axes.tolist(), label=r"excess risk  $R$", pad=0.01, extend="both")
        figure.draw_without_rendering()
    return figure


def _panel(axis, data: xarray.Dataset, norm):
    from matplotlib.patheffects import withStroke

    x, y = data.effective_samples.values, data.weight_decay.values
    mesh = axis.pcolormesh(
        x, y, data.excess_risk.values.T, norm=norm, cmap="viridis_r", shading="nearest", rasterized=True
    )
    unit = 1.0 if data.attrs["network"] == "diagonal" else float(data.attrs["dimension"])
    for name in data.boundary.values:
        line = data.sel(boundary=name)
        ends = np.log10(line.boundary_samples.values / unit), np.log10(line.boundary_weight_decay.values)
        dashed = {"linestyle": (0, (4, 2))} if name in ("interpolation", "harmful overfitting", "bulk absorbed") else {}
        t = np.linspace(0.0, 1.0, 2)
        axis.plot(*(10.0 ** (e[0] + (e[1] - e[0]) * t) for e in ends), color="white", linewidth=1.1, **dashed)
    for phase in np.unique(data.phase.values):
        inside = data.phase.values == phase
        depth = np.where(inside, data.distance.values, -np.inf)
        margin = np.minimum.reduce(
            [a for a in np.meshgrid(np.log10(x / x[0]), np.log10(y / y[0]), indexing="ij")]
            + [a for a in np.meshgrid(np.log10(x[-1] / x), np.log10(y[-1] / y), indexing="ij")]
        )
        depth = np.minimum(depth, margin)  # away from the frame, too
        i, j = np.unravel_index(int(np.argmax(depth)), depth.shape)
        if depth[i, j] > 0.25:
            style = {"color": "white", "ha": "center", "va": "center", "fontsize": 9, "fontweight": "bold"}
            axis.text(x[i], y[j], phase, **style, path_effects=[withStroke(linewidth=2.0, foreground=INK)])
    axis.set(xscale="log", yscale="log", xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))
    d = data.attrs["dimension"]
    axis.set_title(
        rf"{data.attrs['network']} network, $d = 10^{{{np.log10(d):.0f}}}$, $\Delta = {data.attrs['noise_variance']:g}$"
    )
    axis.set_xlabel(r"$n_{\rm eff}$", color=INK)
    return mesh


def caption(datasets: Sequence[xarray.Dataset]) -> str:
    """What the picture shows."""
    return (
        "Predicted excess risk (colour) of both networks over samples and weight decay; "
        "lines are the analytic boundaries of the phases."
    )
