"""Histograms of trained spectra under the predicted bulk, outliers and mass at zero."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.figures.look import COLOURS, INK, SETTINGS, new_figure

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

_ALIVE = 1e-9


def draw(datasets: Sequence[xarray.Dataset]) -> Figure:
    """One panel for each regime, at the largest dimension, all on the same axes."""
    import matplotlib

    data = max(datasets, key=lambda one: one.attrs["dimension"])
    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        figure = new_figure(7.4, 5.0)
        axes = figure.subplots(2, 3, sharex=True, sharey=True)
        edges = _edges(data)
        heights = [_panel(axis, data.sel(panel=name), data.attrs["dimension"], str(name), edges)
                   for axis, name in zip(axes.ravel(), data.panel.values, strict=True)]  # fmt: skip
        seen = np.concatenate(heights)
        seen = seen[seen > 0.0]
        floor = 0.2 * seen.min()
        for axis, name in zip(axes.ravel(), data.panel.values, strict=True):
            places = data.outlier.sel(panel=name).values
            places = places[np.isfinite(places)]
            axis.plot(places, np.full(places.shape, 2.0 * floor), "|", color=COLOURS[0], markersize=8)
        axes[0, 0].set(xscale="log", yscale="log", xlim=(edges[0], edges[-1]), ylim=(floor, 60.0 * seen.max()))
        for axis in axes[:, 0]:
            axis.set_ylabel("density")
        for axis in axes[1]:
            axis.set_xlabel(r"eigenvalue of $\hat S$")
        axes[0, 0].stairs([np.nan], [1.0, 2.0], fill=True, color=COLOURS[4], alpha=0.6, label="trained")
        axes[0, 0].plot([], [], color=COLOURS[1], label="bulk, theory")
        axes[0, 0].plot([], [], "|", color=COLOURS[0], markersize=8, label="outliers, theory")
        figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
        a = data.attrs
        title = (
            rf"quadratic network, $d = {a['dimension']}$, $\Delta = {a['noise_variance']:g}$, $\gamma = {a['gamma']:g}$"
        )
        figure.suptitle(title, fontsize=9.5)
        figure.draw_without_rendering()
    return figure


def _edges(data: xarray.Dataset) -> np.ndarray:
    values = data.spectrum.values
    alive = values[np.isfinite(values) & (values > _ALIVE)]
    return np.geomspace(max(alive.min(), 1e-2), alive.max() * 1.15, 60)


def _panel(axis, one: xarray.Dataset, d: int, name: str, edges: np.ndarray) -> np.ndarray:
    values = one.spectrum.values
    values = values[np.all(np.isfinite(values), axis=1)]
    axis.set_title(f"{name}\n$n = {float(one.samples) / d**2:.2g}\\,d^2$, $\\lambda = {float(one.weight_decay):g}$")
    alive = values[values > _ALIVE]
    zero = float(np.mean(values <= _ALIVE)) if values.size else np.nan
    mass = f"mass at zero: trained {zero:.3f}, theory {float(one.zero_mass):.3f}"
    axis.text(0.97, 0.96, mass, transform=axis.transAxes, ha="right", va="top", fontsize=7, color=INK)
    counts, _ = np.histogram(alive, edges)
    density = counts / (max(values.size, 1) * np.diff(edges))
    if alive.size == 0:
        told = ",\nin training and in theory" if float(one.zero_mass) == 1.0 else "\nin training"
        told = "every eigenvalue is zero" + told
        axis.text(0.5, 0.5, told, transform=axis.transAxes, ha="center", fontsize=8, color=INK)
        return density
    axis.stairs(density, edges, fill=True, color=COLOURS[4], alpha=0.6)
    good = np.isfinite(one.bulk_grid.values) & (one.bulk_grid.values > edges[0]) & (one.bulk_density.values > 0.0)
    axis.plot(one.bulk_grid.values[good], one.bulk_density.values[good], color=COLOURS[1])
    return density


def caption(datasets: Sequence[xarray.Dataset]) -> str:
    """What the picture shows."""
    data = max(datasets, key=lambda one: one.attrs["dimension"])
    a, seeds = data.attrs, data.sizes["seed"]
    sizes = ", ".join(f"{one.attrs['dimension']} ({one.sizes['seed']} seeds)" for one in datasets)
    return (
        f"Eigenvalues of the trained matrix Ŝ of quadratic networks in six regimes, d = {a['dimension']}, "
        f"power-law teacher with γ = {a['gamma']:g} in units where (1/d) Σ s² = 1, label noise Δ = "
        f"{a['noise_variance']:g}; number of samples n and weight decay λ above each panel, the same axes in all. "
        f"Filled: histogram over {seeds} trainings, normalised to the share of all d eigenvalues; line: predicted "
        "density of the bulk; ticks at the bottom: predicted outliers, one for each learned feature; in writing: "
        "the share of eigenvalues that are exactly zero. To see: outliers leave the bulk one by one and reach a "
        "power law as samples grow, the bulk is noise that weight decay did not suppress, and too much weight "
        f"decay leaves nothing. The verdict compares d = {sizes}."
    )
