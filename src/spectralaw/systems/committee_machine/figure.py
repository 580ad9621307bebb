"""Learning curves of committee machines: theory through SGD, power laws, and the plateau that goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.figures.look import COLOURS, INK, SETTINGS, few_labels, new_figure

if TYPE_CHECKING:
    import xarray
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray


def draw(datasets: Sequence[xarray.Dataset]) -> Figure:
    """SGD beside the equations, what N leaves out, exponents, and plateaus."""
    import matplotlib

    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        figure = new_figure(7.7, 5.0)
        axes = figure.subplots(2, 2).ravel()
        simulations = [data for data in datasets if data.attrs["kind"] == "simulation"]
        _curves(axes[0], simulations)
        _bias(axes[1], simulations[0])
        _exponents(axes[2], datasets)
        _plateaus(axes[3], next(data for data in datasets if data.attrs["kind"] == "plateaus"))
        figure.draw_without_rendering()
    return figure


def _curves(axis: Axes, simulations: Sequence[xarray.Dataset]) -> None:
    for data, colour in zip(simulations, COLOURS, strict=False):
        label = data.attrs["of"].replace("K = ", "$K$ = ").replace("M = ", "$M$ = ")
        axis.plot(data.fine, data.curve, color=colour, label=label)
        large_rows = data.dimension.values >= 1000
        large = data.isel(dimension=large_rows)
        for k, marker in zip(range(large.sizes["dimension"]), "os^", strict=False):
            one = large.isel(dimension=k)
            axis.errorbar(
                one.alpha, one["mean"], _half(data)[large_rows][k], fmt=marker, color=colour, markersize=4 + 1.5 * k,
                markerfacecolor="none", linewidth=0.9,
            )  # fmt: skip
    axis.set(xscale="log", yscale="log", xlabel=r"examples over dimension  $\alpha$", ylabel=r"error  $\epsilon$")
    axis.set_title(r"SGD (95 % intervals) and equations")
    axis.legend()
    few_labels(axis.xaxis)


def _bias(axis: Axes, data: xarray.Dataset) -> None:
    k = int(np.argmax(data.alpha.values))
    off = np.abs(data["mean"].values[:, k] / data.theory.values[k] - 1.0)
    bar = _half(data)[:, k] / data.theory.values[k]
    axis.errorbar(
        data.dimension, off, [np.minimum(bar, 0.98 * off), bar], fmt="o", color=COLOURS[0], markersize=4, linewidth=0.9
    )
    N = data.dimension.values.astype(float)
    axis.plot(N, off[0] * N[0] / N, color=INK, linewidth=0.8, linestyle=(0, (4, 3)), label=r"$1/N$")
    axis.set(xscale="log", yscale="log", xlabel="dimension  $N$", ylabel=r"$|\epsilon_{\rm SGD}/\epsilon - 1|$")
    axis.set(ylim=(1e-4, 0.5))
    axis.set_title(rf"what finite $N$ changes, $\alpha = {data.alpha.values[k]:g}$")
    axis.legend()


def _half(data: xarray.Dataset) -> NDArray[np.float64]:
    """Half of Student's interval of 95 % for the mean over seeds, (N, α): few seeds do not know their own scatter."""
    from scipy.stats import t

    return t.ppf(0.975, data.seeds.values - 1)[:, None] * data.standard_error.transpose("dimension", "alpha").values


def _exponents(axis: Axes, datasets: Sequence[xarray.Dataset]) -> None:
    lines = next(data for data in datasets if data.attrs["kind"] == "exponents")
    features = next(data for data in datasets if data.attrs["kind"] == "features")
    for k, colour in zip(range(lines.sizes["beta"]), COLOURS, strict=False):
        one = lines.isel(beta=k)
        beta = float(one.beta)
        axis.plot(one.alpha, one.error, color=colour, label=rf"$\beta = {beta:g}$")
        alpha = one.alpha.values
        middle = slice(int(0.1 * len(alpha)), int(0.6 * len(alpha)))
        anchor = int(0.3 * len(alpha))
        law = one.error.values[anchor] * (alpha / alpha[anchor]) ** (-beta / (1.0 + beta))
        axis.plot(alpha[middle], law[middle], color=INK, linewidth=0.8, linestyle=(0, (4, 3)))
        for j in np.flatnonzero(features.beta.values == beta):
            axis.plot(features.alpha[j], features.error[j], color=colour, linestyle=(0, (1, 1)))
    axis.set(xscale="log", yscale="log", xlabel=r"$\alpha$", ylabel=r"error  $\epsilon$", ylim=(1e-8, 1.0))
    axis.set_title(r"linear (dotted: erf), and $\alpha^{-\beta/(1+\beta)}$ (dashed)")
    axis.legend(loc="lower left")


def _plateaus(axis: Axes, data: xarray.Dataset) -> None:
    import matplotlib

    colours = matplotlib.colormaps["viridis"](np.linspace(0.0, 0.9, data.sizes["levels"]))
    for k in range(data.sizes["levels"]):
        axis.plot(data.alpha, data.error.values[k], color=colours[k], label=f"{int(data.levels[k])}")
    axis.axhline(data.attrs["limit_height"], color=INK, linewidth=0.8, linestyle=(0, (4, 3)))
    axis.set(xscale="log", yscale="log", xlabel=r"$\alpha$", ylabel=r"error  $\epsilon$", ylim=(1e-4, 0.2))
    axis.set_title(r"plateau (dashed: its height as $\eta \to 0$)")
    axis.legend(title="distinct eigenvalues", ncols=2, loc="lower left")


def caption(datasets: Sequence[xarray.Dataset]) -> str:
    """What the picture shows."""
    first = next(data for data in datasets if data.attrs["kind"] == "simulation")
    lines = next(data for data in datasets if data.attrs["kind"] == "exponents")
    plateau = next(data for data in datasets if data.attrs["kind"] == "plateaus")
    large = ", ".join(f"{n:,}" for n in first.dimension.values if n >= 1000)
    largest = f"{int(first.dimension.values.max()):,}"
    escapes = ", ".join("none" if np.isnan(a) else f"{a:.0f}" for a in plateau.escape.values)
    return (
        "Committee machines in one pass of SGD. Top left: lines are the overlap equations (N → ∞), points the mean of "
        f"SGD with Student's 95 % intervals, N up to {largest} (larger symbols for larger N), 4 distinct eigenvalues, "
        f"β = 1; the first network at N = {large}. Top right: relative difference of both for the first network at the "
        "last α, down to the smallest networks: it falls like 1/N until the interval hides it. "
        f"Bottom left: linear networks, L = {int(lines.levels[-1]):,}, η = {lines.attrs['learning_rate']:g}, over the "
        "whole window 1/ηλ_max to 1/ηλ_min, with the power law drawn in its early part; erf networks with fewer "
        f"levels, dotted, bend away sooner. Bottom right: K = M = 2, β = 1, "
        f"η = {plateau.attrs['learning_rate_of_curves']:g}: with more distinct eigenvalues the plateau shrinks and "
        "goes; the error is below 0.0045 at "
        f"α = {escapes} for L = {', '.join(str(int(count)) for count in plateau.levels.values)}."
    )
