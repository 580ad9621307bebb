"""Learning curves: theory as lines, trained networks as points with error bars, their ratio below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.figures.look import COLOURS, INK, SETTINGS, new_figure

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

_DECAYS = (r"$\lambda = 1/d$", r"$\lambda = 1$", r"$\lambda = \sqrt{d}$")
_MARKERS = ("o", "s", "^")


def draw(datasets: Sequence[xarray.Dataset]) -> Figure:
    """One column for each dataset; a row for each network where there are several sizes of one."""
    import matplotlib

    networks = list(dict.fromkeys(data.attrs["network"] for data in datasets))
    rows = [[data for data in datasets if data.attrs["network"] == network] for network in networks]
    if all(len(row) == 1 for row in rows):
        rows = [list(datasets)]
    columns = max(len(row) for row in rows)
    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        figure = new_figure(3.6 * columns, 4.3 * len(rows))
        for part, row in zip(figure.subfigures(len(rows), 1, squeeze=False)[:, 0], rows, strict=True):
            axes = part.subplots(2, columns, sharex="col", height_ratios=[3.2, 1.0], squeeze=False)
            for column, data in enumerate(row):
                _panel(axes[0, column], axes[1, column], data, first=column == 0)
            for axis in axes[:, len(row) :].ravel():
                axis.set_axis_off()
            part.align_ylabels()
        figure.draw_without_rendering()
    return figure


def _panel(upper, lower, data: xarray.Dataset, *, first: bool) -> None:
    network, d = data.attrs["network"], data.attrs["dimension"]
    unit = 1.0 if network == "diagonal" else float(d)
    peak = d if network == "diagonal" else d / 4.0
    x = data.samples.values / unit
    for k in range(data.sizes["weight_decay"]):
        one = data.isel(weight_decay=k)
        upper.plot(data.fine_samples / unit, one.theory_curve, color=COLOURS[k], zorder=2)
        style = {"fmt": _MARKERS[k], "color": COLOURS[k], "markersize": 4.0, "capsize": 1.5, "elinewidth": 0.8}
        style |= {"markeredgecolor": "white", "markeredgewidth": 0.5, "zorder": 3, "linestyle": "none"}
        upper.errorbar(x, one["mean"], one.standard_error, **style, label=_DECAYS[k])
        shift = 1.0 + 0.05 * (k - 1)
        lower.errorbar(x * shift, one["mean"] / one.theory, one.standard_error / one.theory, **style)
    upper.axvline(peak, color=INK, linewidth=0.7, linestyle=(0, (4, 3)), alpha=0.5, zorder=1)
    lower.axvline(peak, color=INK, linewidth=0.7, linestyle=(0, (4, 3)), alpha=0.5, zorder=1)
    upper.annotate(
        "interpolation", (peak, 0.02), xycoords=("data", "axes fraction"), rotation=90, fontsize=7, color=INK,
        ha="right", va="bottom", xytext=(-2, 2), textcoords="offset points", alpha=0.8,
    )  # fmt: skip
    allowance = data.allowance.values
    lower.fill_between(x, 1.0 - allowance, 1.0 + allowance, color=INK, alpha=0.08, linewidth=0)
    lower.axhline(1.0, color=INK, linewidth=0.8)
    upper.set(xscale="log", yscale="log", title=f"{network} network, d = {d}")
    spread = np.nanmax(np.abs(data["mean"] / data.theory - 1.0) + data.standard_error / data.theory)
    reach = min(1.2 * float(spread), 1.0)
    lower.set(ylim=(1.0 - reach, 1.0 + reach), xlabel=r"$n_{\rm eff} = n$" if unit == 1 else r"$n_{\rm eff} = n/d$")
    if first:
        upper.set_ylabel(r"excess risk  $R$")
        lower.set_ylabel("training\n/ theory")
        title = rf"$\Delta = {data.attrs['noise_variance']:g}$, $\gamma = {data.attrs['gamma']:g}$"
        upper.legend(loc="lower left", title=title)


def caption(datasets: Sequence[xarray.Dataset]) -> str:
    """What the picture shows."""
    return (
        "Excess risk against samples at three weight decays: theory (lines), means of trained networks with "
        "standard errors (points); "
        "below, their ratio."
    )
