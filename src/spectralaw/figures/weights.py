"""One weight matrix in three panels: its spectrum with bulk and spikes, its tail, and the exponent against xmin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spectralaw.figures.look import COLOURS, INK, SETTINGS, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from spectralaw.weights.row import MatrixReading

_BULK, _SPIKE, _FIT, _NOISE = COLOURS[4], COLOURS[1], COLOURS[0], "#999999"


def draw(row: MatrixReading, title: bool = True) -> Figure:
    """Picture of one reading."""
    import matplotlib

    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        figure = new_figure(9.2, 2.5)
        spectrum, tail, curve = figure.subplots(1, 3, width_ratios=(1.35, 1.0, 1.0))
        if title:
            figure.suptitle(f"{row.name}   {'×'.join(map(str, row.shape))}", fontsize=10, x=0.01, ha="left")
        _spectrum(spectrum, row)
        _tail(tail, row)
        _curve(curve, row)
        figure.draw_without_rendering()
    return figure


def _spectrum(axis: Any, row: MatrixReading) -> None:
    values = np.asarray(row.singular_values)
    edge = row.bulk.edge if row.bulk is not None else None
    spikes = int(row.spikes or 0)
    inside = values[spikes:]
    width = _bin_width(inside)
    bins = np.arange(0.0, values[0] + 2.0 * width, width) if width > 0 else np.linspace(0.0, max(values[0], 1e-300), 20)
    if len(bins) > 2000:
        bins = np.linspace(0.0, values[0] * 1.01, 2000)
    counts, _ = np.histogram(inside, bins)
    axis.stairs(counts, bins, fill=True, color=_BULK, alpha=0.7, label=f"bulk, {len(inside)}")
    top = max(float(counts.max(initial=1)), 1.0)
    if spikes:
        where = values[:spikes]
        axis.vlines(where, 0.0, 0.16 * top, color=_SPIKE, linewidth=1.0)
        axis.plot(where, np.full(spikes, 0.16 * top), "o", color=_SPIKE, markersize=2.6, label=f"spikes, {spikes}")
    if edge is not None:
        axis.axvline(edge, color=INK, linewidth=0.9, linestyle="--")
        axis.text(edge, 1.02 * top, " edge", fontsize=7.5, color=INK, va="bottom", ha="left")
    axis.set(xlabel="singular value", ylabel="count", ylim=(0.0, 1.18 * top), xlim=(0.0, None))
    axis.legend(loc="upper right")


def _bin_width(values: np.ndarray) -> float:
    """Freedman and Diaconis' rule, with at least 20 and at most 120 bins over the values."""
    if values.size < 2:
        return 0.0
    low, high = np.quantile(values, (0.25, 0.75))
    width, span = 2.0 * (high - low) / np.cbrt(values.size), float(values.max() - values.min())
    return float(np.clip(width, span / 120.0, span / 20.0))


def _tail(axis: Any, row: MatrixReading) -> None:
    eigenvalues = np.asarray(row.singular_values) ** 2
    eigenvalues = eigenvalues[eigenvalues > 0]
    tail = row.tail
    axis.set(xscale="log", yscale="log", xlabel="eigenvalue $x$", ylabel="share above $x$")
    if eigenvalues.size == 0:
        return
    share = np.arange(1, eigenvalues.size + 1) / eigenvalues.size
    axis.plot(eigenvalues, share, ".", color=_NOISE, markersize=2.5)
    axis.set_ylim(0.5 / eigenvalues.size, 1.6)
    if row.bulk is not None and row.bulk.edge is not None and row.bulk.edge > 0:
        axis.axvline(row.bulk.edge**2, color=INK, linewidth=0.9, linestyle="--")
    if tail is None or tail.alpha is None or tail.xmin is None:
        axis.set_title("no tail to fit", fontsize=8)
        return
    grid = np.geomspace(tail.xmin, eigenvalues[0], 50)
    fitted = tail.n / eigenvalues.size * (grid / tail.xmin) ** (1.0 - tail.alpha)
    inside = str(tail.status) == "inside_bulk"
    axis.plot(grid, fitted, color=_FIT, linestyle=":" if inside else "-")
    word = {"inside_bulk": "inside the bulk", "rejected": "rejected"}.get(str(tail.status), "")
    axis.set_title(rf"$\alpha = {tail.alpha:.2f}$, {tail.n} beyond xmin" + (f" ({word})" if word else ""), fontsize=8)
    low = max(eigenvalues[-1], eigenvalues[0] * 1e-6)
    axis.set_xlim(low * 0.8, eigenvalues[0] * 1.5)


def _curve(axis: Any, row: MatrixReading) -> None:
    tail = row.tail
    axis.set(xlabel="xmin", ylabel=r"$\alpha$")
    if tail is None or tail.alpha is None or tail.curve is None:
        axis.set(xticks=[], yticks=[])
        return
    xmin, alpha = (np.asarray(part) for part in tail.curve)
    axis.plot(xmin, alpha, color=_NOISE, linewidth=1.1, marker=".", markersize=3)
    interval = tail.interval or tail.interval_fixed_xmin
    if interval is not None:
        axis.errorbar(
            [tail.xmin],
            [tail.alpha],
            yerr=[[max(tail.alpha - interval[0], 0.0)], [max(interval[1] - tail.alpha, 0.0)]],
            color=_FIT,
            marker="o",
            markersize=4,
            capsize=3,
        )
    if row.bulk is not None and row.bulk.edge is not None and row.bulk.edge > 0:
        axis.axvline(row.bulk.edge**2, color=INK, linewidth=0.9, linestyle="--")
    high = np.quantile(alpha, 0.9) * 1.3 if alpha.size else tail.alpha * 2
    top = max(float(high), (interval[1] if interval else tail.alpha) * 1.1)
    axis.set(xscale="log", ylim=(1.0, min(top, 40.0)))
