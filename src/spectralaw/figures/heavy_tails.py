"""Density, tail exponents and fits of the heavy-tailed ensemble HTMP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spectralaw.figures.look import COLOURS, INK, SETTINGS, new_figure

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure


def draw(datasets: Sequence[xarray.Dataset]) -> Figure:
    """Three panels: densities, exponents over κ, exponents fitted."""
    import matplotlib

    parts = {data.attrs["part"]: data for data in datasets}
    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        figure = new_figure(10.4, 3.2)
        density, tail, fit = figure.subplots(1, 3)
        _density(density, parts["density"])
        _tail(tail, parts["tail"])
        _fit(fit, parts["fit"])
        figure.draw_without_rendering()
    return figure


def _density(axis: Any, data: xarray.Dataset) -> None:
    for k in range(data.sizes["law"]):
        one, colour = data.isel(law=k), COLOURS[k]
        edges = one.edges.values
        middle = 0.5 * (edges[1:] + edges[:-1])
        axis.plot(middle, one.measured.values, "o", color=colour, markersize=2.4)
        label = rf"$\gamma = {float(one.gamma):g}$, $\kappa = {float(one.kappa):g}$"
        axis.plot(middle, one.predicted.values, color=colour, label=label)
    axis.set(xlabel="eigenvalue $x$", ylabel="density", xlim=(0.0, 4.0), ylim=(0.0, None))
    axis.set_title(f"{data.attrs['matrices']} matrices of {data.attrs['eigenvalues']} eigenvalues")
    axis.legend()


def _tail(axis: Any, data: xarray.Dataset) -> None:
    kappa = data.kappa.values
    grid = np.linspace(0.0, 1.06 * kappa.max(), 50)
    slope = (data.predicted.values[0] - 1.0) / kappa[0]
    axis.plot(grid, 1.0 + slope * grid, color=INK, label=r"$1 + \kappa(1 - \gamma)/(2\gamma)$")
    axis.errorbar(
        kappa,
        data.measured.values,
        yerr=3.0 * data.error.values,
        fmt="o",
        color=COLOURS[1],
        markersize=4,
        label="measured",
    )
    axis.set(xlabel=r"repulsion $\kappa$", ylabel=r"tail exponent $\alpha$", xlim=(0.0, None), ylim=(1.0, None))
    axis.set_title(rf"tail of the inverse eigenvalues, $\gamma = {data.attrs['gamma']:g}$")
    axis.legend()


def _fit(axis: Any, data: xarray.Dataset) -> None:
    places = np.arange(data.sizes["law"])
    for k in places:
        one = data.isel(law=int(k))
        alpha = one.fitted_tail_exponent.values
        shift = np.linspace(-0.18, 0.18, alpha.size) if alpha.size > 1 else np.zeros(1)
        axis.plot(k + shift, alpha, "o", color=COLOURS[k], markersize=3.5)
        axis.hlines(float(one.tail_exponent), k - 0.3, k + 0.3, color=INK, linewidth=1.0)
    names = [f"γ = {float(g):g}\nκ = {float(k):g}" for g, k in zip(data.gamma.values, data.kappa.values, strict=True)]
    axis.set(xticks=places, xticklabels=names, ylabel=r"fitted tail exponent $\alpha$", xlim=(-0.5, places[-1] + 0.5))
    axis.set_title(f"fits to one matrix of {data.attrs['eigenvalues']} (lines: truth)")


def caption(datasets: Sequence[xarray.Dataset]) -> str:
    """What the picture shows."""
    return (
        "The high-temperature Marchenko–Pastur ensemble. Left: eigenvalues of matrices drawn from it (points) and the "
        "limiting density (lines). Middle: exponent of the largest 1 % of the inverse eigenvalues against the "
        "strength κ of the repulsion, bars of three standard errors. Right: tail exponents from fits by likelihood, "
        "one point a matrix."
    )
