"""The picture of tensor compression: dropped terms, errors against the rank, and a network of digits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.figures.look import COLOURS, INK, SETTINGS, few_labels, new_figure

if TYPE_CHECKING:
    import xarray
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw(datasets: Sequence[xarray.Dataset]) -> Figure:
    """Four panels."""
    import matplotlib

    parts = {data.attrs["part"]: data for data in datasets}
    with matplotlib.rc_context({**SETTINGS, "legend.fontsize": 7.0, "legend.handlelength": 1.5}):  # pyright: ignore[reportArgumentType]
        figure = new_figure(8.8, 2.6)
        axes = figure.subplots(1, 4)
        _truncation(axes[0], parts["truncation"])
        _ranks(axes[1], parts["random"], "random kernel")
        _ranks(axes[2], parts["trained"], "trained kernel")
        _network(axes[3], parts["typical"], parts["certified"])
        figure.draw_without_rendering()
    return figure


def _truncation(axis: Axes, data: xarray.Dataset) -> None:
    noise = data.noise.values.ravel()
    terms = (data.termwise / data.margin).values.ravel()
    axis.plot(noise, data.operator_error.values.ravel(), "o", color=COLOURS[0], markersize=3, label="operator error")
    axis.plot(noise, terms, "_", color=COLOURS[1], markersize=6, label=r"$\Sigma|\lambda|\max|\hat C|$")
    axis.plot(noise, data.frobenius_error.values.ravel(), ".", color=COLOURS[2], markersize=3, label="Frobenius error")
    line = np.array([noise.min(), noise.max()])
    axis.plot(line, line, color=INK, linewidth=0.8, label=r"$\xi$")
    axis.set(xscale="log", yscale="log", xlabel=r"$\xi_j$, scales dropped", title="dropped terms")
    few_labels(axis.xaxis)
    few_labels(axis.yaxis)
    low, high = axis.get_ylim()
    axis.set_ylim(low, high * 4.0)
    axis.legend(loc="upper left")


def _ranks(axis: Axes, data: xarray.Dataset, title: str) -> None:
    rank = data["rank"].values
    axis.plot(rank, data.bound, color=COLOURS[1], label="certified")
    axis.plot(rank, np.maximum(data.operator_error, data.other_sizes), "o", color=COLOURS[0], markersize=3.5,
              label="operator")  # fmt: skip
    axis.plot(rank, data.relative_error, "s", color=COLOURS[2], markersize=3, label="typical")
    axis.axhline(1.0, color=INK, linewidth=0.6, linestyle=":")
    even = data.share.values < 1.0
    if np.any(even) and not np.all(even):
        axis.axvspan(float(rank[even][-1]), float(rank[-1]), color="#eeeeee", zorder=0)
    axis.set(xlabel="rank", title=title, ylim=(0.0, None))
    axis.set_ylabel("relative error")
    axis.legend(loc="best")


def _network(axis: Axes, typical: xarray.Dataset, certified: xarray.Dataset) -> None:
    for data, colour, name in ((typical, COLOURS[0], "digits"), (certified, COLOURS[1], "planted")):
        share = data.share.values
        top = data.certified.max("sample").values
        worst = data.measured.max("sample").values
        axis.plot(
            share, np.where(top > 1e-10, top, np.nan), "^", color=colour, markersize=4.5, label=f"{name}, certified"
        )
        axis.plot(share, np.where(worst > 1e-10, worst, np.nan), "o", color=colour, markersize=3.5, fillstyle="none",
                  label=f"{name}, measured")  # fmt: skip
    axis.axhline(1.0, color=INK, linewidth=0.6, linestyle=":")
    axis.set(yscale="log", xlabel="share of parameters", ylabel="error of the output", title="networks")
    low, high = axis.get_ylim()
    axis.set_ylim(low, high * 600.0)
    axis.legend(loc="upper right")


def caption(datasets: Sequence[xarray.Dataset]) -> str:
    """What the picture shows, with the parameters of the data."""
    parts = {data.attrs["part"]: data for data in datasets}
    t, c = parts["truncation"], parts["typical"]
    return (
        f"Compression by rank-one terms. Left: terms dropped one by one from {t.sizes['seed']} kernels of "
        f"{t.attrs['rank']} planted terms; the operator error lies above ξ, which bounds the Frobenius error only, and "
        "below the sum of the frequency responses of the terms. Middle: a random and a trained kernel of "
        f"{'×'.join(map(str, parts['random'].attrs['shape']))} fitted by more and more terms, with the certificate for "
        "images of every size; in the grey part the terms are more parameters than the kernel. Right: largest error "
        f"over {c.attrs['samples']} test images of a network trained on handwritten digits, compressed by the typical "
        "guarantee, and over white images of a network of planted terms and little noise, by the certified one; above "
        "the dotted line a bound allows any output and is vacuous."
    )
