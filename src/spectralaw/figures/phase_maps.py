"""Phase diagrams: risk and local exponent in colour, analytic boundaries and names of phases on top."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spectralaw.figures.look import INK, SETTINGS, cell_edges, new_figure, tex

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

CROSSOVERS = ("interpolation", "harmful overfitting", "bulk absorbed")
"""Boundaries drawn dashed: along them, two terms of the risk are equal but no weight decay is best."""
NAMES = {
    "Ia": "too few samples",
    "Ib": "rank collapse: all weights zero",
    "II": "shrinkage, some features learned",
    "III": "shrinkage, all features learned",
    "IV": "benign: underfitting dominates",
    "V": "harmful overfitting",
    "peak": "interpolation threshold",
    "VIa": "bulk and outliers, $R \\sim d/n_{\\rm eff}$",
    "VIb": "every feature an outlier, $R \\sim d/n_{\\rm eff}$",
}
_LEVELS = (-1.75, -1.25, -0.75, -0.25, -0.05, 0.05, 0.25)
_STEPS = ("#2166ac", "#4393c3", "#92c5de", "#d1e5f0", "#eef3dc", "#dddddd", "#fddbc7", "#ef8a62")
"""Falling in blue, flat in grey, rising in red; beyond both ends a darker blue and red."""
_RISK = (1e-6, 3.0)  # what lies outside has the colour of the end


def draw(datasets: Sequence[xarray.Dataset]) -> Figure:
    """A column for each network: risk above, ∂ log R/∂ log n below. Datasets without a map are left out."""
    import matplotlib
    from matplotlib.colors import BoundaryNorm, ListedColormap, LogNorm

    maps = [data for data in datasets if "network" in data.attrs]
    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        figure = new_figure(3.9 * len(maps) + 0.8, 6.4)
        axes = figure.subplots(2, len(maps), sharey=True, squeeze=False)
        risk_norm = LogNorm(*_RISK)
        levels = [-2.25, *_LEVELS, 0.75]
        exponent_norm = BoundaryNorm(levels, len(_STEPS))
        steps = ListedColormap(_STEPS).with_extremes(under="#08306b", over="#b2182b")
        for column, data in zip(axes.T, maps, strict=True):
            x, y = data.effective_samples.values, data.weight_decay.values
            cells = cell_edges(x), cell_edges(y)
            risk = column[0].pcolormesh(
                *cells, data.excess_risk.values.T, norm=risk_norm, cmap="viridis_r", rasterized=True
            )
            steep = column[1].pcolormesh(
                *cells, data.samples_exponent.values.T, norm=exponent_norm, cmap=steps, rasterized=True
            )
            decades = 10.0 ** np.arange(-30, 3)
            column[0].contour(
                x, y, data.excess_risk.values.T, levels=decades, colors="white", linewidths=0.4, alpha=0.5
            )
            for axis, ink in zip(column, ("white", INK), strict=True):
                _overlay(axis, data, ink)
            column[1].set_xlabel(r"$n_{\rm eff}$")
            column[0].set_title(
                rf"{data.attrs['network']} network, $d = {tex(data.attrs['dimension'])}$, "
                rf"$\Delta = {data.attrs['noise_variance']:g}$, $\gamma = {data.attrs['gamma']:g}$"
            )
        for axis in axes[:, 0]:
            axis.set_ylabel(r"weight decay  $\lambda$")
        figure.colorbar(risk, ax=axes[0].tolist(), label=r"excess risk  $R$", pad=0.01, extend="both")
        bar = figure.colorbar(
            steep, ax=axes[1].tolist(), label=r"$\partial \log R\,/\,\partial \log n$", pad=0.01, ticks=levels,
            spacing="uniform", extend="both",
        )  # fmt: skip
        bar.ax.tick_params(length=0)
        _legend(figure, maps)
        figure.draw_without_rendering()
    return figure


def _legend(figure, maps) -> None:
    from matplotlib.lines import Line2D

    shown = [name for name in NAMES if any(name in data.phase.values for data in maps)]
    handles = [
        Line2D([], [], color=INK, linewidth=1.1, label="boundary of the phases"),
        Line2D([], [], color=INK, linewidth=1.1, linestyle=(0, (4, 2)), label="two terms of R are equal, or peak"),
        *(Line2D([], [], linestyle="none", label=f"{name}: {NAMES[name]}") for name in shown),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, handlelength=1.6, columnspacing=1.2)


def _overlay(axis, data: xarray.Dataset, ink: str) -> None:
    from matplotlib.patheffects import withStroke

    x, y = data.effective_samples.values, data.weight_decay.values
    unit = 1.0 if data.attrs["network"] == "diagonal" else float(data.attrs["dimension"])
    for name in data.boundary.values:
        line = data.sel(boundary=name)
        ends = np.log10(line.boundary_samples.values / unit), np.log10(line.boundary_weight_decay.values)
        style: dict[str, Any] = {"linestyle": (0, (4, 2))} if name in CROSSOVERS else {}
        axis.plot(*(10.0**e for e in ends), color=ink, linewidth=1.1, **style)
    for phase in np.unique(data.phase.values):
        place = _deepest(data, phase, x, y)
        if place is not None:
            style = {"color": "white", "ha": "center", "va": "center", "fontsize": 9, "fontweight": "bold"}
            axis.text(*place, phase, **style, path_effects=[withStroke(linewidth=2.0, foreground=INK)])
    axis.set(xscale="log", yscale="log", xlim=(x[0], x[-1]), ylim=(y[0], y[-1]))


def _deepest(data: xarray.Dataset, phase: str, x: np.ndarray, y: np.ndarray) -> tuple[float, float] | None:
    """Where a phase's name has most room, as seen on the page; None where it has none."""
    inside = np.pad(data.phase.values == phase, 1)
    if phase == "peak":  # a strip thinner than its name: beside its middle
        i, j = np.nonzero(data.phase.values == phase)
        k = int(np.argsort(j)[len(j) // 2]) if len(j) else 0
        return (float(x[i[k]]), float(y[j[k]])) if len(j) else None
    depth = np.zeros(inside.shape)
    layer = inside.copy()
    while layer.any():  # cells are peeled off until none is left
        depth += layer
        layer = layer & np.roll(layer, 1, 0) & np.roll(layer, -1, 0) & np.roll(layer, 1, 1) & np.roll(layer, -1, 1)
    depth = depth[1:-1, 1:-1]
    if depth.max() < 0.02 * max(depth.shape):
        return None
    i, j = np.nonzero(depth == depth.max())
    middle = int(np.argmin((i - i.mean()) ** 2 + (j - j.mean()) ** 2))
    return float(x[i[middle]]), float(y[j[middle]])


def caption(datasets: Sequence[xarray.Dataset]) -> str:
    """What the picture shows, with the parameters of the data."""
    maps = [data for data in datasets if "network" in data.attrs]
    first = maps[0]
    cells = " and ".join(
        f"{data.sizes['samples']} × {data.sizes['weight_decay']} ({data.attrs['network']})" for data in maps
    )
    noisy = first.attrs["noise_variance"] > 0
    see = (
        "Against samples, R first falls in IV, then rises in V up to the peak (red below: positive exponent), which "
        "only a small weight decay lets grow, and falls again in VI. The solid line between II and IV, V, VI is the "
        "best weight decay up to logarithms."
        if noisy
        else "Without noise there is no overfitting: below the solid line of the plateau R falls as n_eff^(1−2γ), "
        "whatever the weight decay (IV); above it, and everywhere beyond interpolation, as a power of λ/n_eff "
        "(II, III)."
    )
    return (
        "Predicted excess risk (above, contours by decades) and its local exponent in n (below) of the diagonal and "
        f"the quadratic network over effective samples and weight decay: d = {first.attrs['dimension']:g}, Δ = "
        f"{first.attrs['noise_variance']:g}, γ = {first.attrs['gamma']:g}; {cells} cells. Lines are the analytic "
        "boundaries for d → ∞: solid between phases that weight decay separates, dashed where two terms of the risk "
        f"are equal, and at the interpolation threshold. {see} The colour of the risk ends at {_RISK[0]:g} and "
        f"{_RISK[1]:g}. The diagonal network begins at one sample, so that it has no phase Ia."
    )
