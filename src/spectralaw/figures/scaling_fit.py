"""A fitted law: data, law and band, regimes, forecast; local exponent; residuals. Or a law of two variables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spectralaw.figures.look import COLOURS, INK, SETTINGS, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SHADES = ("#DDE8F3", "#FBE6D4", "#DDF0E8", "#F6E3EE")


def draw(fit: Any, *, forecast: Sequence[Any] = (), network: str | None = None) -> Figure:
    """Three panels of a fit.

    Parameters
    ----------
    fit : ScalingFit
        With a peak, the fits beside it are drawn.
    forecast : sequence
        Places at which to forecast.
    network : {"diagonal", "quadratic"}, optional
        Mark the exponents of compatible phases.
    """
    import matplotlib

    two = fit.model is not None and fit.model.law.two_variables
    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        figure = new_figure(9.6, 3.1)
        axes = figure.subplots(1, 3, width_ratios=(1.35, 1.0, 1.0))
        if two:
            _two_variables(axes, fit)
        else:
            _one_variable(axes, fit, forecast, network)
        figure.draw_without_rendering()
    return figure


def _one_variable(axes, fit, forecast, network) -> None:
    left, middle, right = axes
    parts = list(fit.parts.values()) or [fit]
    left.plot(fit.x[0], fit.y, "o", color=INK, markersize=3.2, zorder=4, label="data")
    for part in parts:
        if not part.status.is_result:
            continue
        fine = np.geomspace(part.x[0].min(), part.x[0].max(), 200)
        value, low, high = part.band(fine)
        left.plot(fine, value, color=COLOURS[0], label=f"{part.law} law", zorder=3)
        left.fill_between(fine, low, high, color=COLOURS[0], alpha=0.2, linewidth=0)
        slope, below, above = part.local_exponent_band(fine)
        middle.plot(fine, slope, color=COLOURS[0])
        middle.fill_between(fine, below, above, color=COLOURS[0], alpha=0.2, linewidth=0)
        for k, regime in enumerate(part.regimes):
            for axis in (left, middle):
                axis.axvspan(regime.low, regime.high, color=_SHADES[k % len(_SHADES)], zorder=0, linewidth=0)
            middle.annotate(
                f"{regime.exponent:+.2f}", (np.sqrt(regime.low * regime.high), regime.exponent), fontsize=7,
                ha="center", va="bottom", xytext=(0, 4), textcoords="offset points",
            )  # fmt: skip
        for cross in part.crossovers:
            for axis in (left, middle):
                axis.axvline(cross.x, color=INK, linewidth=0.7, linestyle=(0, (4, 3)))
        if part.plateau is not None and part.plateau.value > 0.0:
            left.axhline(part.plateau.value, color=COLOURS[2], linewidth=0.9, linestyle=(0, (5, 2)), label="plateau E")
        right.axhline(0.0, color=INK, linewidth=0.7)
        right.plot(part.x[0], part.residuals, "o", color=INK, markersize=3)
        if part.sigma:
            right.axhspan(-2 * part.sigma, 2 * part.sigma, color=INK, alpha=0.08, linewidth=0)
    _forecasts(left, fit, forecast)
    if fit.peak is not None:
        left.axvline(fit.peak.x, color=COLOURS[1], linewidth=1.0)
        left.annotate(
            "peak", (fit.peak.x, 1.0), xycoords=("data", "axes fraction"), fontsize=7, ha="center", va="bottom"
        )
    if network is not None and fit.status.is_result:
        for row in {(r.phase, round(r.exponent, 6)) for r in fit.compatible_phases(network)}:
            middle.annotate(
                row[0], (1.0, row[1]), xycoords=("axes fraction", "data"), fontsize=6, ha="right", alpha=0.7
            )
    left.set(xscale="log", yscale="log", xlabel="x", ylabel="loss")
    middle.set(xscale="log", xlabel="x", ylabel="local exponent  d log y / d log x")
    right.set(xscale="log", xlabel="x", ylabel="residual of log y")
    left.legend()


def _forecasts(axis, fit, places) -> None:
    places = [place for place in places if not isinstance(place, dict)]
    if not places or not fit.status.is_result:
        return
    far = max(max(places), fit.x[0].max())
    fine = np.geomspace(fit.x[0].max(), far * 1.0001, 40)
    rows = fit.forecast(fine)
    axis.fill_between(
        fine, [r.low for r in rows], [r.high for r in rows], facecolor="none", edgecolor=COLOURS[1], hatch="////",
        linewidth=0.0, alpha=0.6, label="forecast, beyond the data",
    )  # fmt: skip
    axis.plot(fine, [r.value for r in rows], color=COLOURS[1], linestyle=(0, (4, 2)))


def _two_variables(axes, fit) -> None:
    left, middle, right = axes
    sizes, data = fit.x
    compute = 6.0 * sizes * data
    fitted = fit.y / np.exp(fit.residuals)
    scatter = left.scatter(fitted, fit.y, c=np.log10(compute), s=10, cmap="viridis", zorder=3)
    ends = [min(fitted.min(), fit.y.min()), max(fitted.max(), fit.y.max())]
    left.plot(ends, ends, color=INK, linewidth=0.8)
    left.figure.colorbar(scatter, ax=left, label=r"$\log_{10}$ compute")
    left.set(xlabel="fitted loss", ylabel="measured loss")
    budgets = np.geomspace(np.quantile(compute, 0.1), compute.max() * 10.0, 5)
    grid = np.geomspace(sizes.min(), sizes.max() * 10.0, 200)
    for k, budget in enumerate(budgets):
        colour = COLOURS[k % len(COLOURS)]
        curve = fit.predict({"N": grid, "D": budget / (6.0 * grid)})
        best = fit.compute_optimal(float(budget))
        near = curve < 1.25 * best.loss
        middle.plot(grid[near], curve[near], color=colour, label=f"C = {budget:.1e}")
        middle.errorbar(
            best.N, best.loss, xerr=[[max(best.N - best.N_low, 0.0)], [max(best.N_high - best.N, 0.0)]], fmt="o",
            color=colour, markersize=4, capsize=2,
        )  # fmt: skip
    middle.set(xscale="log", xlabel="model size N", ylabel="loss at fixed compute")
    middle.legend(fontsize=6.5)
    right.axhline(0.0, color=INK, linewidth=0.7)
    right.plot(compute, fit.residuals, "o", color=INK, markersize=2.5, alpha=0.6)
    right.set(xscale="log", xlabel="compute", ylabel="residual of log loss")
