"""Trained perceptrons on the lines of the theory, their ratio to it, the collapse of curves, and the best norm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.figures.look import COLOURS, INK, SETTINGS, few_labels, new_figure, tex
from spectralaw.systems.perceptron.verdict import PARTS, laws_of

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

_MARKERS = ("o", "s", "^", "D")
_DASHED = (0, (4, 3))


def draw(datasets: Sequence[xarray.Dataset]) -> Figure:
    """Two by two panels."""
    import matplotlib

    parts = {name: [one for one in datasets if one.attrs["part"] == name] for name in PARTS}
    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        figure = new_figure(7.2, 5.9)
        axes = figure.subplots(2, 2)
        _errors(axes[0, 0], parts["theory"][0], parts["fixed-norm"])
        _ratios(axes[0, 1], parts["fixed-norm"])
        _collapse(axes[1, 0], parts["curves"][0], parts["free-norm"])
        _tuned(axes[1, 1], parts["tuned"][0])
        figure.draw_without_rendering()
    return figure


def _errors(axis, theory: xarray.Dataset, sizes: Sequence[xarray.Dataset]) -> None:
    for k, alpha in enumerate(theory.alpha.values):
        one, colour = theory.isel(alpha=k), COLOURS[k]
        axis.plot(one.weight_norm, one.error, color=colour)
        axis.axhline(float(one.bayes_error), color=colour, linestyle=_DASHED, linewidth=0.8)
        axis.plot(one.best_norm, one.best_error, "*", color=colour, markersize=9, markeredgecolor="white", zorder=4)
        label = rf"$\alpha = {tex(float(alpha))}$"
        if sizes:
            last = max(sizes, key=lambda data: data.attrs["dimension"])
            found = last.error.isel(alpha=k)
            error = found.std("seed", ddof=1) / np.sqrt(found.sizes["seed"])
            axis.errorbar(last.weight_norm.isel(alpha=k), found.mean("seed"), error, fmt=_MARKERS[k], color=colour,
                          markersize=4, capsize=1.5, linestyle="none", markeredgecolor="white", markeredgewidth=0.5,
                          elinewidth=0.8, zorder=3, label=label)  # fmt: skip
        else:
            axis.plot([], [], color=colour, label=label)
    axis.plot([], [], color=INK, linestyle=_DASHED, linewidth=0.8, label="Bayes")
    axis.plot([], [], "*", color=INK, linestyle="none", markersize=8, label="best norm")
    axis.set(xscale="log", yscale="log", xlabel=r"norm of the weights  $\lambda$", ylabel=r"test error  $\varepsilon$")
    few_labels(axis.yaxis)
    low, high = axis.get_ylim()
    axis.set_ylim(low, high * 1.9)
    axis.legend(loc="upper right", ncols=2, columnspacing=1.0, handletextpad=0.4)
    axis.set_title("fixed norm: theory (lines), trained (points)")


def _ratios(axis, sizes: Sequence[xarray.Dataset]) -> None:
    sizes = sorted(sizes, key=lambda data: data.attrs["dimension"])
    for j, data in enumerate(sizes):
        shift = 1.09 ** (j - 0.5 * (len(sizes) - 1))
        for k in range(data.sizes["alpha"]):
            found = data.error.isel(alpha=k) / data.predicted.isel(alpha=k)
            error = found.std("seed", ddof=1) / np.sqrt(found.sizes["seed"])
            place = data.of_best * shift * 1.35 ** (k - 1)
            strength = 0.3 + 0.7 * (j + 1) / len(sizes)
            axis.errorbar(place, found.mean("seed"), error, fmt=_MARKERS[k], color=COLOURS[k], markersize=3.5,
                          capsize=1.5, elinewidth=0.8, linestyle="none", alpha=strength)  # fmt: skip
    axis.axhline(1.0, color=INK, linewidth=0.8, zorder=1)
    axis.set(xscale="log", xlabel=r"$\lambda/\lambda_{\rm opt}$", ylabel="mean of trained / theory")
    names = ", ".join(str(data.attrs["dimension"]) for data in sizes)
    axis.set_title(f"finite size: N = {names}, pale to dark")


def _collapse(axis, curves: xarray.Dataset, free: Sequence[xarray.Dataset]) -> None:
    from spectralaw.systems.perceptron.laws import dynamical_laws

    for k in range(curves.sizes["range"]):
        one = curves.isel(range=k)
        laws = dynamical_laws(list(zip(one.alpha.values, one.weight_norm.values, one.error.values, strict=True)))
        for i, reading in enumerate(laws.curves):
            if reading.optimal_norm is not None:
                x, y = one.weight_norm[i] / reading.optimal_norm, one.error[i] / reading.optimal_error
                axis.plot(x, y, color="#888888", linewidth=0.9, zorder=1)
    axis.plot(
        [],
        [],
        color="#888888",
        label=rf"theory, $\alpha = {tex(float(curves.alpha.min()))}$ to ${tex(float(curves.alpha.max()))}$",
    )
    for data in free:
        laws = laws_of(data)
        if isinstance(laws, str):
            continue
        mean = data.error.mean("seed")
        for k, reading in enumerate(laws.curves):
            if reading.optimal_norm is not None:
                label = rf"trained, $\alpha = {tex(float(data.alpha[k]))}$"
                axis.plot(data.weight_norm[k] / reading.optimal_norm, mean[k] / reading.optimal_error, _MARKERS[k % 4],
                          color=COLOURS[k % len(COLOURS)], markersize=2.8, label=label, zorder=2)  # fmt: skip
    axis.set(xscale="log", yscale="log", xlim=(1e-4, 6.0), ylim=(0.9, 150.0))
    x = np.geomspace(3e-4, 0.03, 2)
    axis.plot(x, 0.85 * x**-0.5, color=INK, linestyle=_DASHED, linewidth=0.9, label="slope −1/2")
    axis.set(
        xlabel=r"$\lambda/\lambda_{\rm opt}$",
        ylabel=r"$\varepsilon/\varepsilon_{\rm opt}$",
        title="curves of all sizes on one",
    )
    axis.legend(loc="upper right", fontsize=7)


def _tuned(axis, data: xarray.Dataset) -> None:
    above = (data.best_error / data.bayes_error - 1.0) * 100.0
    axis.plot(data.alpha, above, color=COLOURS[0], marker="o", markersize=3)
    axis.axhline(0.0, color=INK, linewidth=0.8)
    axis.set(
        xscale="log",
        xlabel=r"samples per dimension  $\alpha$",
        ylabel="best norm above Bayes, in %",
        title="tuned norm against Bayes",
    )
    axis.set_ylim(-0.004, 0.085)
    inset = axis.inset_axes((0.56, 0.16, 0.4, 0.36))
    inset.plot(data.alpha, data.best_norm / data.alpha, color=COLOURS[1], linewidth=1.0)
    inset.set(xscale="log", yscale="log")
    inset.set_title(r"$\lambda_{\rm opt}/\alpha$", fontsize=8, pad=2)
    inset.tick_params(labelsize=7)
    few_labels(inset.yaxis)


def caption(datasets: Sequence[xarray.Dataset]) -> str:
    """What the picture shows."""
    parts = {name: [one for one in datasets if one.attrs["part"] == name] for name in PARTS}
    sizes = ", ".join(f"{d.attrs['dimension']} ({d.sizes['seed']} seeds)" for d in parts["fixed-norm"])
    tuned = parts["tuned"][0]
    above = float(tuned.best_error[-1] / tuned.bayes_error[-1] - 1.0)
    ratio = float(tuned.best_norm[-1] / tuned.alpha[-1])
    free = parts["free-norm"][0] if parts["free-norm"] else None
    recorded = "" if free is None else (
        f"points are means over {free.sizes['seed']} seeds of gradient flow without a constraint at N = "
        f"{free.attrs['dimension']}; "
    )  # fmt: skip
    return (
        "Test error of a perceptron that learns a teacher's labels, against the norm λ of its weights. Upper left: "
        "the prediction for many dimensions (lines), perceptrons trained to the exact minimum at fixed norm (points, "
        "the largest N, standard errors over seeds), the best norm (stars) and the Bayes-optimal error (dashed). Upper "
        f"right: mean of trained over theory at N = {sizes}, pale to dark, colours as on the left; no two points share "
        "data, and those of one norm are set apart sideways. Lower left: curves in units of the best norm and the "
        f"least error; {recorded}each leaves the common line to the left, where λ is of order one and Hebb's rule is "
        "all there is. Lower right: how far the best norm stays above Bayes, "
        f"{above:.4%} at α = {float(tuned.alpha[-1]):g}, where λ_opt/α = {ratio:.5f} (inset)."
    )
