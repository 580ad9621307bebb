"""Curves with known exponents and what the fitter reads in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spectralaw.figures.look import COLOURS, INK, SETTINGS, few_labels, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(datasets: Sequence[Any]) -> Figure:
    """A column for each curve: loss above, local exponent below; last, readings against the exact exponents."""
    import matplotlib

    *curves, readings = datasets
    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        figure = new_figure(2.1 * (len(curves) + 1), 3.8)
        axes = figure.subplots(2, len(curves) + 1, squeeze=False)
        for column, data in enumerate(curves):
            upper, lower = axes[:, column]
            upper.plot(data.samples, data.measured, "o", color=INK, markersize=2.5, label="theory with 1 % noise")
            lower.plot(data.fine, data.exact_exponent, color=INK, linestyle=(0, (4, 2)), label="exact")
            if "fitted" in data:
                upper.plot(data.fine, data.fitted, color=COLOURS[0], label="fit")
                lower.plot(data.fine, data.exponent, color=COLOURS[0], label="fit")
            upper.set(xscale="log", yscale="log", title=f"{data.attrs['title']}\n({data.attrs['law']})")
            lower.set(xscale="log", xlabel="samples $n$")
        axes[0, 0].set_ylabel("loss")
        axes[1, 0].set_ylabel("local exponent")
        for axis in axes[:, :-1].ravel():
            few_labels(axis.xaxis)
        for axis in axes[0, :-1]:
            few_labels(axis.yaxis)
        lines = [axes[0, 0].get_lines()[0], *axes[1, 0].get_lines()]
        figure.legend(lines, [line.get_label() for line in lines], loc="outside upper left", ncols=len(lines))
        _against(axes[0, -1], readings, "exponent", "exponents of regimes")
        _against(axes[1, -1], readings, "trained", "trained networks")
        figure.draw_without_rendering()
    return figure


def _against(axis, readings: Any, kind: str, title: str) -> None:
    one = readings.isel(row=np.flatnonzero(readings.kind.values == kind))
    axis.axline((0.0, 0.0), slope=1.0, color=INK, linewidth=0.7)
    if one.sizes["row"]:
        bars = np.abs(np.stack([one.low.values, one.high.values]) - one.found.values)
        bars = np.where(np.isfinite(bars), bars, 0.0)
        axis.errorbar(one.exact, one.found, bars, fmt="o", color=COLOURS[1], markersize=2.5, elinewidth=0.6)
    axis.set(title=title, xlabel="exact exponent", ylabel="fitted")


def caption(datasets: Sequence[Any]) -> str:
    """What the picture shows."""
    readings = datasets[-1]
    return (
        f"Five learning curves of theory, each with 1 % noise ({readings.attrs['repeats']} copies, one shown), fitted "
        "without any knowledge of the theory: points and fitted law above, fitted and exact local exponent below; the "
        "law that was chosen is in brackets. Last column: exponents of all regimes found in all copies against the "
        f"exact ones, and fitted against exact local exponents of trained networks ({readings.attrs['seeds']} seeds a "
        "point), with 95 % intervals. Points on the diagonal are right."
    )
