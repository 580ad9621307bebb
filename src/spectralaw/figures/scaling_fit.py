"""A fitted law: data, law and band, regimes, forecast; local exponent; residuals. Or a law of two variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spectralaw.figures.look import COLOURS, INK, SETTINGS, few_labels, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SHADES = ("#DDE8F3", "#FBE6D4", "#DDF0E8", "#F6E3EE")


def draw(
    fit: Any, *, forecast: Sequence[Any] = (), network: str | None = None, names: Mapping[str, str] | None = None
) -> Figure:
    """Three panels of a fit of one variable, four of one of two.

    Parameters
    ----------
    fit : ScalingFit
        With a peak, the fits beside it are drawn.
    forecast : sequence
        Places at which to forecast.
    network : {"diagonal", "quadratic"}, optional
        Mark the exponents of compatible phases.
    names : mapping, optional
        What x and y are called.
    """
    names = {"x": "x", "y": "loss", **(names or {})}
    import matplotlib

    two = fit.model is not None and fit.model.law.two_variables
    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        figure = new_figure(12.4 if two else 9.6, 3.2)
        if two:
            _two_variables(figure.subplots(1, 4, width_ratios=(1.3, 1.1, 1.0, 1.0)), fit)
        else:
            axes = figure.subplots(1, 3, width_ratios=(1.35, 1.0, 1.0))
            _one_variable(axes, fit, forecast, network, names)
            handles, labels = axes[0].get_legend_handles_labels()
            figure.legend(handles, labels, loc="outside upper left", ncols=len(labels))  # over no point
        figure.draw_without_rendering()
    return figure


def _one_variable(axes, fit, forecast, network, names) -> None:
    left, middle, right = axes
    parts = list(fit.parts.values()) or [fit]
    left.plot(fit.x[0], fit.y, "o", color=INK, markersize=3.2, zorder=4, label="data")
    for part in parts:
        if not part.status.is_result:
            continue
        fine = np.geomspace(part.x[0].min(), part.x[0].max(), 200)
        value, low, high = part.band(fine)
        left.plot(fine, value, color=COLOURS[0], label=f"{part.law} law, {part.level:.0%}", zorder=3)
        left.fill_between(fine, low, high, color=COLOURS[0], alpha=0.2, linewidth=0)
        for name in (name for name in part.parameters if name[0] == "x" and name[1:].isdigit()):
            at = part.parameters[name]
            bars = [[at.value - max(at.low, 0.5 * fine[0])], [min(at.high, 2.0 * fine[-1]) - at.value]]
            left.errorbar(
                at.value, part.predict(at.value), xerr=bars, fmt="D", color=COLOURS[3], markersize=3.5, capsize=2,
                zorder=5, label="break" if name == "x1" else None,
            )  # fmt: skip
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
        rows = fit.compatible_phases(network)
        for exponent in dict.fromkeys(row.exponent for row in rows):
            phases = " / ".join(dict.fromkeys(row.phase for row in rows if row.exponent == exponent))
            middle.axhline(exponent, color=COLOURS[2], linewidth=0.7, linestyle=(0, (1, 2)))
            middle.annotate(
                phases, (0.99, exponent), xycoords=("axes fraction", "data"), fontsize=6, ha="right", va="top",
                xytext=(0, -2), textcoords="offset points", color=COLOURS[2],
            )  # fmt: skip
    left.set(xscale="log", yscale="log", xlabel=names["x"], ylabel=names["y"])
    middle.set(xscale="log", xlabel=names["x"], ylabel="local exponent  d log y / d log x")
    right.set(xscale="log", xlabel=names["x"], ylabel="residual of log y")
    for axis in (left.xaxis, left.yaxis, middle.xaxis, right.xaxis):
        few_labels(axis)


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
    left, middle, joint, right = axes
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
    _exponents(joint, fit)
    right.axhline(0.0, color=INK, linewidth=0.7)
    right.plot(compute, fit.residuals, "o", color=INK, markersize=2.5, alpha=0.6)
    right.set(xscale="log", xlabel="compute", ylabel="residual of log loss")


def _exponents(axis, fit) -> None:
    """Joint profile of the two exponents; the bootstrap as points, where the residuals asked for one."""
    if not {"alpha", "beta"} <= set(fit.parameters) or any(
        fit.parameters[name].method == "fixed" for name in ("alpha", "beta")
    ):
        axis.set_axis_off()
        axis.annotate("one exponent:\nno joint profile", (0.5, 0.5), xycoords="axes fraction", ha="center", fontsize=8)
        return
    found = fit.joint_profile()
    if found.replicates is not None:
        axis.plot(*found.replicates[:500].T, ".", color=COLOURS[0], markersize=1.5, alpha=0.5, label="bootstrap")
    axis.contour(found.alpha, found.beta, found.rise, levels=sorted(found.levels.values()), colors=INK, linewidths=0.9)
    axis.plot(
        [], [], color=INK, linewidth=0.9, label=" and ".join(f"{level:.0%}" for level in found.levels) + " profile"
    )
    axis.plot(fit.parameters["alpha"].value, fit.parameters["beta"].value, "o", color=COLOURS[1], markersize=4)
    axis.set(xlabel=r"exponent of size $\alpha$", ylabel=r"exponent of data $\beta$")
    axis.legend(fontsize=6.5)
