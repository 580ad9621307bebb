"""From the kernel to the rich regime in six panels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spectralaw.figures.look import COLOURS, INK, SETTINGS, new_figure, tex

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

_FLOOR = 1e-8  # of excess that is drawn


def draw(datasets: Sequence[xarray.Dataset]) -> Figure:
    """Norms, rates and the kernel above; samples, and test errors without and with weight decay below."""
    import matplotlib

    parts = _parts(datasets)
    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        figure = new_figure(9.3, 5.3)
        axes = figure.subplots(2, 3).ravel()
        _norms(axes[0], parts["regimes"])
        _rates(axes[1], parts["rates"])
        _kernel(axes[2], parts["regimes"])
        _samples(axes[3], parts["samples"][0])
        _errors(axes[4], parts["decay"], "scale", r"scale $\alpha$, no weight decay")
        _errors(axes[5], parts["decay"], "weight_decay", r"weight decay $\lambda$")
        axes[5].sharey(axes[4])
        for axis, letter in zip(axes, "abcdef", strict=True):
            axis.set_title(f"({letter})", loc="left")
        figure.draw_without_rendering()
    return figure


def _parts(datasets: Sequence[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for data in datasets:
        found.setdefault(data.attrs["part"].split("-")[0], []).append(data)
    return found


def _norms(axis, sweeps) -> None:
    for data, style in zip(sweeps, ("-", "--", ":", "-."), strict=False):
        for name, colour, norm in (("l1_excess", COLOURS[0], r"\ell_1"), ("l2_excess", COLOURS[1], r"\ell_2")):
            mean = data[name].mean("seed").values
            shown = np.where(mean > _FLOOR, mean, np.nan)
            axis.plot(data.scale, shown, style, color=colour, label=rf"${norm}$, $D = {data.attrs['depth']}$")
    axis.set(xscale="log", yscale="log", xlabel=r"scale $\alpha$", ylabel="excess over the least norm")
    axis.legend(loc="lower center")


def _rates(axis, rates) -> None:
    for data, colour in zip(rates, COLOURS[2:], strict=False):
        axis.plot(data.scale, data.excess, "o-", markersize=3, color=colour, label=f"$D = {data.attrs['depth']}$")
    axis.set(xscale="log", yscale="log", xlabel=r"scale $\alpha$", ylabel=r"worst $\ell_1$ excess of two columns")
    axis.legend(loc="lower left")


def _kernel(axis, sweeps) -> None:
    for data, style in zip(sweeps, ("-", "--", ":", "-."), strict=False):
        change = data.kernel_change.mean("seed")
        axis.plot(data.scale, change, style, color=COLOURS[0], label=f"$D = {data.attrs['depth']}$")
    axis.axhline(1.0, color=INK, linewidth=0.6)
    axis.set(xscale="log", yscale="log", xlabel=r"scale $\alpha$", ylabel=r"$\|K - K_0\| \,/\, \|K_0\|$")
    axis.legend(loc="upper right")


def _samples(axis, data) -> None:
    largest = float(data.samples.max())
    needed = data.needed.fillna(largest)
    error = needed.std("seed", ddof=1) / np.sqrt(data.sizes["seed"])
    axis.errorbar(data.scale, needed.mean("seed"), error, fmt="o-", markersize=3, color=COLOURS[0], capsize=2)
    label = f"samples to a test error of {data.attrs['error']:g}"
    axis.set(xscale="log", xlabel=r"scale $\alpha$", ylabel=label, ylim=(0.0, 1.05 * data.attrs["dimension"]))


def _errors(axis, comparisons, name: str, label: str) -> None:
    variable = "scale_error" if name == "scale" else "decay_error"
    for data, colour in zip(comparisons, (COLOURS[2], COLOURS[1]), strict=False):
        values = data[variable]
        error = values.std("seed", ddof=1) / np.sqrt(data.sizes["seed"])
        noise = rf"$\Delta = {tex(data.attrs['noise_variance'])}$"
        axis.errorbar(data[name], values.mean("seed"), error, fmt="o-", markersize=3, color=colour, label=noise)
    axis.set(xscale="log", xlabel=label, ylabel=r"test error $\|\beta - \beta_*\|^2$", ylim=(-0.03, 1.08))
    axis.legend(loc="upper left")


def caption(datasets: Sequence[xarray.Dataset]) -> str:
    """What the picture shows, with the parameters of the data."""
    parts = _parts(datasets)
    sweep, needed, decay = parts["regimes"][0].attrs, parts["samples"][0], parts["decay"][0].attrs
    count = parts["regimes"][0].sizes["seed"]
    return (
        "Where gradient flow ends, against the scale α at which all weights of β = w₊^D − w₋^D start; means of "
        f"{count} data sets. (a) Excess of the l1 and l2 norm over the least among interpolating coefficients (d = "
        f"{sweep['dimension']}, n = {sweep['samples']}, noise variance {sweep['noise_variance']:g}; below 1e-8 not "
        "drawn): small scales give sparse coefficients, large ones the least l2 norm. (b) The largest l1 excess over "
        "all pairs of columns: at depth 2 it falls only like 1/log(1/α), at depth D like α^(D−2). (c) Change of the "
        "tangent kernel; above the line it is larger than the kernel at the start. (d) Samples needed without noise, "
        f"d = {needed.attrs['dimension']}, depth {needed.attrs['depth']}, with standard errors. (e, f) Test error "
        f"from a scale without weight decay, depth {decay['depth']}, and of the diagonal network with weight decay, on "
        f"the same data (n = {decay['samples']}): to the left both end at the interpolation of least l1 norm; with "
        "noise only weight decay, which need not interpolate, comes well below it."
    )
