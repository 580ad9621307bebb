"""One weight matrix in three panels: its spectrum with bulk and spikes, its tail, and the exponent against xmin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spectralaw.figures.look import COLOURS, INK, SETTINGS, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from spectralaw.weights.checkpoints import Checkpoints
    from spectralaw.weights.row import MatrixReading

Law = tuple[np.ndarray, np.ndarray]
_BULK, _SPIKE, _FIT, _NOISE = COLOURS[4], COLOURS[1], COLOURS[0], "#999999"


def draw(row: MatrixReading, law: Law | None = None) -> Figure:
    """Picture of one reading; ``law``: places and expected number per unit of place, drawn over the histogram."""
    import matplotlib

    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        figure = new_figure(9.2, 2.5)
        _panels(figure, row, law)
        figure.draw_without_rendering()
    return figure


def draw_overview(rows: Sequence[MatrixReading]) -> Figure:
    """All matrices side by side, in their order: share of spikes, exponents with intervals, error of the cut."""
    import matplotlib

    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        figure = new_figure(9.2, 3.3)
        axes: Any = figure.subplots(3, 1, sharex=True)
        for k, row in enumerate(rows):
            _overview(axes, k, row)
        axes[0].set(ylabel="spikes", yscale="symlog")
        axes[1].set_ylabel(r"$\alpha$")
        axes[2].set(ylabel="cut error", ylim=(0.0, 1.05))
        names = [row.name if len(row.name) <= 22 else f"…{row.name[-20:]}" for row in rows]
        every = max(1, -(-len(names) // 60))
        axes[2].set_xticks(range(0, len(names), every), names[::every], rotation=90, fontsize=6)
        axes[2].set_xlim(-0.6, len(names) - 0.4)
        figure.align_ylabels(axes)
    return figure


def _overview(axes: Any, k: int, row: MatrixReading) -> None:
    if row.spikes is not None:
        low, high = row.spikes_interval or (row.spikes, row.spikes)
        axes[0].vlines(k, low, high, color=_SPIKE, linewidth=1.2)
        axes[0].plot(k, row.spikes, "o", color=_SPIKE, markersize=3)
    tail = row.tail
    if tail is not None and tail.alpha is not None:
        good = str(tail.status) == "ok"
        colour = _FIT if good else _NOISE
        if tail.interval is not None:
            axes[1].vlines(k, *tail.interval, color=colour, linewidth=1.2)
        axes[1].plot(k, tail.alpha, "o", color=colour, markersize=3, markerfacecolor=colour if good else "white")
    if row.prune is not None:
        axes[2].bar(k, row.prune.relative_error, color=_BULK, width=0.5, alpha=0.7)


def draw_pages(rows: Sequence[tuple[MatrixReading, Law | None]], to_a_page: int = 4) -> Iterator[Figure]:
    """Pages of several readings, with their names."""
    import matplotlib

    for first in range(0, len(rows), to_a_page):
        some = rows[first : first + to_a_page]
        with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
            figure = new_figure(9.2, 2.9 * len(some))
            parts: Any = figure.subfigures(len(some), 1, squeeze=False)
            for part, (row, law) in zip(parts[:, 0], some, strict=True):
                part.suptitle(f"{row.name}   {'×'.join(map(str, row.shape))}", fontsize=10, x=0.01, ha="left")
                _panels(part, row, law)
        yield figure


def _panels(figure: Any, row: MatrixReading, law: Law | None) -> None:
    spectrum, tail, curve = figure.subplots(1, 3, width_ratios=(1.35, 1.0, 1.0))
    _spectrum(spectrum, row, law)
    _tail(tail, row)
    _curve(curve, row)


def _spectrum(axis: Any, row: MatrixReading, law: Law | None) -> None:
    """Histogram of what is not zero: singular values, or the eigenvalues where those were given."""
    eigen = row.kind == "eigenvalues"
    values = np.asarray(row.eigenvalues if eigen else row.singular_values)
    edge = row.edge_eigenvalue
    if edge is not None and not eigen:
        edge = float(np.sqrt(max(edge, 0.0)))
    spikes = int(row.spikes or 0)
    largest = float(values[0]) if values.size else 0.0
    inside = values[spikes:]
    inside = inside[inside > 1e-7 * largest]
    width = _bin_width(inside)
    limit = max(float(inside[0]) if inside.size else 0.0, edge or 0.0, 1e-300)
    bins = np.arange(0.0, limit + 2.0 * width, width) if width > 0 else np.linspace(0.0, limit, 20)
    counts, _ = np.histogram(inside, bins)
    axis.stairs(counts, bins, fill=True, color=_BULK, alpha=0.7, label=f"bulk, {len(inside)}")
    top = max(float(counts.max(initial=1)), 1.0)
    if spikes:
        axis.vlines(values[:spikes], 0.0, 0.16 * top, color=_SPIKE, linewidth=1.0)
        label = f"spikes, {spikes}"
        axis.plot(values[:spikes], np.full(spikes, 0.16 * top), "o", color=_SPIKE, markersize=2.6, label=label)
    if edge is not None:
        axis.axvline(edge, color=INK, linewidth=0.9, linestyle="--", label="edge of noise")
    if law is not None:
        axis.plot(law[0], law[1] * (bins[1] - bins[0]), color=_FIT, linewidth=1.0, label="law of the noise")
    if row.zero_mass:
        axis.plot([], [], " ", label=f"at zero, {100 * row.zero_mass:.0f} %")
    name = "eigenvalue" if eigen else "singular value"
    axis.set(xlabel=name, ylabel="count", ylim=(0.0, 1.4 * top), xlim=(0.0, None))
    axis.legend(loc="upper right")


def _bin_width(values: np.ndarray) -> float:
    """Freedman and Diaconis' rule, with at least 20 and at most 120 bins over the values."""
    if values.size < 2:
        return 0.0
    low, high = np.quantile(values, (0.25, 0.75))
    width, span = 2.0 * (high - low) / np.cbrt(values.size), float(values.max() - values.min())
    return float(np.clip(width, span / 120.0, span / 20.0))


def _tail(axis: Any, row: MatrixReading) -> None:
    eigenvalues = np.asarray(row.eigenvalues)
    eigenvalues = eigenvalues[eigenvalues > 0]
    tail = row.tail
    axis.set(xscale="log", yscale="log", xlabel="eigenvalue $x$", ylabel="share above $x$")
    if eigenvalues.size == 0:
        return
    share = np.arange(1, eigenvalues.size + 1) / eigenvalues.size
    axis.plot(eigenvalues, share, ".", color=_NOISE, markersize=2.5)
    axis.set_ylim(0.5 / eigenvalues.size, 1.6)
    if row.edge_eigenvalue is not None and row.edge_eigenvalue > 0:
        axis.axvline(row.edge_eigenvalue, color=INK, linewidth=0.9, linestyle="--")
    if tail is None or tail.alpha is None or tail.xmin is None:
        axis.set_title("no tail to fit", fontsize=8)
        return
    grid = np.geomspace(tail.xmin, eigenvalues[0], 50)
    fitted = (tail.n or 0) / eigenvalues.size * (grid / tail.xmin) ** (1.0 - tail.alpha)
    inside = str(tail.status) == "inside_bulk"
    axis.plot(grid, fitted, color=_FIT, linestyle=":" if inside else "-")
    word = {"inside_bulk": "inside the bulk", "rejected": "rejected"}.get(str(tail.status), "")
    axis.set_title(rf"$\alpha = {tail.alpha:.2f}$, {tail.n} beyond xmin" + (f" ({word})" if word else ""), fontsize=8)
    axis.set_xlim(0.8 * _lowest(eigenvalues), eigenvalues[0] * 1.5)
    _decades_only(axis.xaxis)


def _lowest(eigenvalues: np.ndarray) -> float:
    """Where pictures begin: rounding errors of a matrix that is not of full rank are no part of its spectrum."""
    real = eigenvalues[eigenvalues > 1e-12 * eigenvalues[0]]
    return float(np.quantile(real, 0.03))


def _curve(axis: Any, row: MatrixReading) -> None:
    tail = row.tail
    axis.set(xlabel="xmin", ylabel=r"$\alpha$")
    if tail is None or tail.alpha is None or tail.curve is None:
        axis.set(xticks=[], yticks=[])
        return
    xmin, alpha = (np.asarray(part) for part in tail.curve)
    seen = xmin >= 0.5 * _lowest(np.asarray(row.eigenvalues))
    xmin, alpha = xmin[seen], alpha[seen]
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
    if row.edge_eigenvalue is not None and row.edge_eigenvalue > 0:
        axis.axvline(row.edge_eigenvalue, color=INK, linewidth=0.9, linestyle="--")
    high = np.quantile(alpha, 0.9) * 1.3 if alpha.size else tail.alpha * 2
    top = max(float(high), (interval[1] if interval else tail.alpha) * 1.1)
    axis.set(xscale="log", ylim=(1.0, min(top, 40.0)))
    _decades_only(axis.xaxis)


def _decades_only(axis: Any) -> None:
    """Labels of an axis of logarithms that do not collide: decades, or 1, 2 and 5 over less than two of them."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = axis.get_view_interval()
    if high / low < 100.0:
        axis.set_major_locator(LogLocator(base=10.0, subs=(1.0, 2.0, 5.0)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def draw_table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]], to_a_page: int = 40) -> list[Figure]:
    """Pages of a table of words."""
    import matplotlib

    pages = []
    widths = np.array([max(len(name), *(len(row[k]) for row in rows)) for k, name in enumerate(header)], dtype=float)
    widths = (np.minimum(widths, 40) + 2) / np.sum(np.minimum(widths, 40) + 2)
    for first in range(0, len(rows), to_a_page):
        with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
            some = rows[first : first + to_a_page]
            figure = new_figure(11.0, 1.0 + 0.22 * (len(some) + 1))
            axis = figure.subplots()
            axis.axis("off")
            axis.set_title(title, loc="left")
            table = axis.table(
                [list(row) for row in some],
                colLabels=list(header),
                colWidths=list(widths),
                cellLoc="right",
                loc="upper center",
                edges="B",
            )
            table.auto_set_font_size(False)
            table.set_fontsize(6.5)
            for (_, column), cell in table.get_celld().items():
                cell.set_linewidth(0.3)
                cell.set_text_props(ha="left" if column in (0, 2) else "right")
            pages.append(figure)
    return pages


def draw_checkpoints(checkpoints: Checkpoints, to_a_page: int = 8) -> list[Figure]:
    """Spikes, exponent and stable rank of each matrix along the checkpoints, with their intervals."""
    import matplotlib

    names = [change.name for change in checkpoints.changes]
    pages = []
    for first in range(0, len(names), to_a_page):
        some = names[first : first + to_a_page]
        with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
            figure = new_figure(9.2, 0.3 + 1.6 * len(some))
            axes = figure.subplots(len(some), 3, squeeze=False)
            for name, line in zip(some, axes, strict=True):
                rows = [next((row for row in one.read if row.name == name), None) for one in checkpoints.diagnoses]
                _along(line, name, rows)
            for axis, title in zip(axes[0], ("spikes", r"$\alpha$", "stable rank"), strict=True):
                axis.set_title(title)
            for axis in axes[-1]:
                axis.set_xlabel("checkpoint")
            pages.append(figure)
    return pages


def _along(line: Sequence[Any], name: str, rows: Sequence[MatrixReading | None]) -> None:
    points: list[list[tuple[int, float, float, float]]] = [[], [], []]
    for k, row in enumerate(rows):
        if row is None:
            continue
        if row.spikes is not None:
            low, high = row.spikes_interval or (row.spikes, row.spikes)
            points[0].append((k, row.spikes, low, high))
        if row.tail is not None and row.tail.alpha is not None and str(row.tail.status) == "ok":
            low, high = row.tail.interval or (row.tail.alpha, row.tail.alpha)
            points[1].append((k, row.tail.alpha, low, high))
        if row.stable_rank is not None:
            points[2].append((k, row.stable_rank, row.stable_rank, row.stable_rank))
    for axis, some in zip(line, points, strict=True):
        axis.set(xlim=(-0.5, len(rows) - 0.5), xticks=range(len(rows)))
        if some:
            k, middle, low, high = np.array(some, dtype=float).T
            axis.errorbar(
                k, middle, yerr=[middle - low, high - middle], marker="o", markersize=3, color=_FIT, capsize=2
            )
        else:
            axis.set_yticks([])
            axis.text(0.5, 0.5, "no tail to compare", transform=axis.transAxes, ha="center", fontsize=7.5, color=INK)
    line[0].set_ylim(0.0, max(line[0].get_ylim()[1], 1.0))
    line[0].set_ylabel(name if len(name) < 24 else f"…{name[-22:]}", fontsize=7.5)
