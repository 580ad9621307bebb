"""Histograms of trained spectra under the predicted bulk, outliers and mass at zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spectralaw.figures.look import COLOURS, INK, SETTINGS, new_figure

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure


def draw(data: xarray.Dataset) -> Figure:
    """One panel for each regime."""
    import matplotlib

    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        figure = new_figure(7.4, 4.4)
        axes = figure.subplots(2, 3)
        for axis, name in zip(axes.ravel(), data.panel.values, strict=True):
            _panel(axis, data.sel(panel=name), data.attrs["dimension"], str(name))
        for axis in axes[:, 0]:
            axis.set_ylabel("density")
        for axis in axes[1]:
            axis.set_xlabel(r"eigenvalue of $\hat S$")
        figure.legend(*axes[0, 1].get_legend_handles_labels(), loc="outside lower center", ncols=3)
        figure.draw_without_rendering()
    return figure


def _panel(axis, one: xarray.Dataset, d: int, name: str) -> None:
    values = one.spectrum.values
    values = values[np.all(np.isfinite(values), axis=1)]
    alive = values[values > 1e-9]
    zero = float(np.mean(values <= 1e-9)) if values.size else np.nan
    title = f"{name}\n$n = {float(one.samples) / d**2:.2g}\\,d^2$, $\\lambda = {float(one.weight_decay):g}$"
    axis.set_title(title)
    mass = f"at zero: {zero:.3f}\ntheory: {float(one.zero_mass):.3f}"
    axis.text(0.97, 0.95, mass, transform=axis.transAxes, ha="right", va="top", fontsize=7.5, color=INK)
    if alive.size == 0:
        axis.set(xlim=(0.0, 1.0), ylim=(0.0, 1.0), yticks=[])
        axis.text(0.5, 0.5, "all eigenvalues are zero", transform=axis.transAxes, ha="center", fontsize=8, color=INK)
        return
    edges = np.geomspace(max(alive.min(), 1e-2), alive.max() * 1.05, 45)
    counts, _ = np.histogram(alive, edges)
    density = counts / (values.size * np.diff(edges))
    axis.stairs(density, edges, fill=True, color=COLOURS[4], alpha=0.6, label="trained")
    good = np.isfinite(one.bulk_grid.values) & (one.bulk_grid.values > 0.5 * edges[0])
    axis.plot(one.bulk_grid.values[good], one.bulk_density.values[good], color=COLOURS[1], label="bulk, theory")
    places = one.outlier.values[np.isfinite(one.outlier.values)]
    floor = 0.25 * density[density > 0].min()
    axis.plot(places, np.full(places.shape, floor), "|", color=COLOURS[0], markersize=9, label="outliers, theory")
    axis.set(xscale="log", yscale="log", ylim=(0.5 * floor, 12.0 * density.max()))


def caption(data: xarray.Dataset) -> str:
    """What the picture shows."""
    return (
        "Histograms of trained spectra in six regimes under the predicted bulk (line) and outliers (ticks); "
        "the mass at zero is written in each panel."
    )
