"""The Weights tab: a diagnosis as a table, and the spectrum and tail of one of its matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from spectralaw.explorer import look
from spectralaw.explorer.look import Picture, Shown
from spectralaw.weights.bulk_law import bulk_law
from spectralaw.weights.row import MatrixReading
from spectralaw.weights.text import HEADER, NOTES, cells, groups, summary

_MOST_POINTS = 3000  # of a tail, evenly over the logarithm of the rank; the largest are all drawn
_ALL_OF = 500


def shown(diagnosis: Any, matrix: str = "") -> Shown:
    """Table of a diagnosis, and two pictures of a matrix: that of this name, or else the first that was read."""
    rows = [cells(row.to_dict()) for row in diagnosis.read]
    tables: list[Any] = []
    if rows:
        tables.append(("Matrices", (HEADER, *rows)))
    if diagnosis.passed_over:
        left = tuple((status, str(count), names) for status, count, names in groups(diagnosis))
        tables.append(("Passed over", (("reason", "tensors", "names"), *left)))
    said = [summary(diagnosis)]
    if rows:
        said.append(NOTES.format(level=diagnosis.settings["level"]))
    else:
        said.append(f"no matrix could be read: {diagnosis.why_nothing()}")
    chosen = next((row for row in diagnosis.read if row.name == matrix), diagnosis.read[0] if rows else None)
    pictures = () if chosen is None else (spectrum(chosen), tail(chosen))
    return Shown(
        diagnosis.source, pictures, tuple(said), tuple(tables), facts={"matrix": chosen.name if chosen else ""}
    )


def spectrum(row: MatrixReading) -> Picture:
    """Histogram of what is not zero, with the edge of the noise, its law, and the spikes."""
    eigen = row.kind == "eigenvalues"
    values = np.asarray(row.eigenvalues if eigen else row.singular_values)
    edge = row.edge_eigenvalue
    if edge is not None and not eigen:
        edge = float(np.sqrt(max(edge, 0.0)))
    spikes = int(row.spikes or 0)
    inside = values[spikes:]
    inside = inside[inside > 1e-7 * (float(values[0]) if values.size else 0.0)]
    counts, edges = np.histogram(inside, bins=_bins(inside, edge))
    width = float(edges[1] - edges[0])
    traces: list[dict[str, Any]] = [
        {"type": "bar", "x": 0.5 * (edges[1:] + edges[:-1]), "y": counts, "width": width,
         "name": f"bulk, {len(inside):,}", "marker": {"color": look.SKY},
         "hovertemplate": "%{x:.4g}: %{y}<extra></extra>"},
    ]  # fmt: skip
    law = bulk_law(row)
    if law is not None:
        traces.append(look.line(law[0], law[1] * width, "law of the noise", look.BLUE))
    top = max(float(counts.max(initial=1)), 1.0)
    if spikes:
        strengths = [spike.strength for spike in row.outliers[:spikes]]
        traces.append(
            look.points(
                values[:spikes], np.full(spikes, 0.08 * top), f"spikes, {spikes}", look.ORANGE,
                marker={"symbol": "diamond", "size": 7}, customdata=strengths,
                hovertemplate="%{x:.4g}, strength %{customdata:.4g}",
            )
        )  # fmt: skip
    figure = look.figure(
        traces,
        {"title": "eigenvalue" if eigen else "singular value", "rangemode": "tozero"},
        {"title": "count", "range": [0, 1.15 * top]},
        bargap=0,
    )
    caption = f"{row.name}, {'×'.join(map(str, row.shape))}: {spikes} spikes"
    if edge is not None:
        figure["layout"]["shapes"] = [
            {"type": "line", "x0": edge, "x1": edge, "y0": 0, "y1": 1, "yref": "paper",
             "line": {"color": look.GREY, "width": 1.5, "dash": "dash"}}
        ]  # fmt: skip
        caption += f" beyond the edge of the noise at {edge:.4g} (dashed)"
    return Picture("weights-spectrum", "Spectrum", figure, caption)


def _bins(values: np.ndarray, edge: float | None) -> np.ndarray:
    """By the rule of Freedman and Diaconis, at least 20 and at most 120 over the values."""
    if values.size < 2 or not float(np.ptp(values)) > 0.0:
        top = float(values[0]) if values.size else 1.0
        return np.linspace(0.0, 1.2 * max(top, edge or 0.0, 1e-300), 21)
    low, high = np.quantile(values, (0.25, 0.75))
    span = float(np.ptp(values))
    width = float(np.clip(2.0 * (high - low) / np.cbrt(values.size), span / 120.0, span / 20.0))
    return np.arange(0.0, max(float(values[0]), edge or 0.0) + 2.0 * width, width)


def tail(row: MatrixReading) -> Picture:
    """Share of eigenvalues above x, with the power law that was fitted."""
    eigenvalues = np.asarray(row.eigenvalues)
    eigenvalues = eigenvalues[eigenvalues > 1e-12 * eigenvalues[0]]
    count, fit = eigenvalues.size, row.tail
    share = np.arange(1, count + 1) / count
    kept = np.arange(count)
    if count > _MOST_POINTS:
        kept = np.unique(
            np.concatenate([np.arange(_ALL_OF), np.geomspace(_ALL_OF, count, _MOST_POINTS - _ALL_OF) - 1]).astype(int)
        )
    traces = [look.points(eigenvalues[kept], share[kept], "eigenvalues", look.GREY, marker={"size": 4})]
    caption = "no tail to fit"
    if fit is not None and fit.alpha is not None and fit.xmin is not None:
        grid = np.geomspace(fit.xmin, eigenvalues[0], 40)
        law = (fit.n or 0) / count * (grid / fit.xmin) ** (1.0 - fit.alpha)
        status = str(fit.status).replace("_", " ")
        dash = "solid" if status == "ok" else "dot"
        traces.append(look.line(grid, law, f"power law, α = {fit.alpha:.2f}", look.BLUE, dash))
        within = f" [{fit.interval[0]:.2f}, {fit.interval[1]:.2f}]" if fit.interval else ""
        good = "" if fit.pvalue is None else f", p = {fit.pvalue:.2f} of the fit"
        caption = f"α = {fit.alpha:.2f}{within} from the {fit.n} eigenvalues beyond {fit.xmin:.4g}{good}: {status}"
    low = float(np.quantile(eigenvalues, 0.03)) * 0.8
    figure = look.figure(
        traces,
        look.logarithmic("eigenvalue x", low, 1.5 * float(eigenvalues[0])),
        look.logarithmic("share above x", 0.5 / count, 1.6),
    )
    return Picture("weights-tail", "Tail", figure, caption)
