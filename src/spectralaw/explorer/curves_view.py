"""The Curves tab: a table of losses becomes a law, its regimes and a forecast."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from spectralaw._checks import number_from_text
from spectralaw.errors import InvalidInput
from spectralaw.explorer import look
from spectralaw.explorer.look import Picture, Shown

LONGEST = 4 << 20
"""Characters of a table that a page takes."""
_MOST_FORECASTS = 12
_SHADES = ("rgba(0,114,178,0.10)", "rgba(213,94,0,0.10)", "rgba(0,158,115,0.10)", "rgba(204,121,167,0.10)")


def fitted(table: str, x: str = "", y: str = "", forecast: str = "") -> Shown:
    """Fit the table that a text holds, as ``spectralaw fit`` does the file.

    Parameters
    ----------
    table : str
        With a header; comma, semicolon or tab.
    x, y : str
        Columns; where empty, those with the usual names.
    forecast : str
        Places with commas between, for a law of one variable.

    Raises
    ------
    InvalidInput
        One sentence for a table or a place that cannot be used.
    """
    from spectralaw.scaling.fit import fit_scaling_law
    from spectralaw.scaling.table import read_table

    if not table.strip():
        raise InvalidInput("table must be given: a header with the names of the columns, and a row for each loss")
    if len(table) > LONGEST:
        raise InvalidInput(f"table must be at most {LONGEST:,} characters on this page, not {len(table):,}")
    places = _places(forecast)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table"
        path.write_text(table, encoding="utf-8")
        try:
            found = read_table(path, columns={"x": x.strip() or None, "y": y.strip() or None})
        except InvalidInput as error:
            raise InvalidInput(
                str(error).replace(f"table {path}", "the table").replace(str(path), "the table")
            ) from None
    fit = fit_scaling_law(found.x, found.y, weights=found.weights, groups=found.groups)
    if places and isinstance(found.x, dict):
        raise InvalidInput("forecast goes with a law of one variable here; use spectralaw fit for one of N and D")
    return shown(fit, found, places)


def _places(text: str) -> list[float]:
    places = []
    for word in text.replace(";", ",").split(","):
        if not word.strip():
            continue
        try:
            place = number_from_text(word)
        except ValueError as error:
            raise InvalidInput(f"forecast {error}") from None
        if not 0.0 < place < np.inf:
            raise InvalidInput(f"forecast must be greater than 0, not {word.strip()}")
        places.append(place)
    if len(places) > _MOST_FORECASTS:
        raise InvalidInput(f"forecast must be at most {_MOST_FORECASTS} places, not {len(places)}")
    return places


def shown(fit: Any, table: Any, places: list[float]) -> Shown:
    """What is shown of a fit."""
    dropped = "".join(f", {count} left out ({why})" for why, count in table.dropped.items())
    named = ", ".join(f"{part} = {name}" for part, name in table.columns.items())
    said = [
        f"{fit.n} points{dropped}; {named}",
        f"{fit.law}: {fit.status}. {fit.message}".strip(),
        *table.remarks,
        *fit.remarks,
    ]
    parts = [part for part in fit.parts.values() if part.status.is_result] or ([fit] if fit.status.is_result else [])
    tables: list[Any] = []
    rows = [
        (str(row["what"]), f"{row['value']:.6g}", _end(row.get("low")), _end(row.get("high"))) for row in fit.table()
    ]
    if rows:
        tables.append((f"Law, with {fit.level:.0%} intervals", (("what", "value", "low", "high"), *rows)))
    for side, part in fit.parts.items():
        rows = [(str(r["what"]), f"{r['value']:.6g}", _end(r.get("low")), _end(r.get("high"))) for r in part.table()]
        if rows:
            tables.append((f"Law {side} of the peak", (("what", "value", "low", "high"), *rows)))
    forecasts = []
    if fit.status.is_result and places:
        forecasts = [fit.forecast(place) for place in places]
        listed = [
            (f"{f.x:g}", f"{f.value:.6g}", f"{f.low:.5g}", f"{f.high:.5g}", f"{f.trust}: {f.message}")
            for f in forecasts
        ]
        tables.append((f"Forecast by the {forecasts[0].law} law", (("at", "value", "low", "high", "trust"), *listed)))
    elif places:
        said.append("no forecast: the data carry no law over their whole range")
    if isinstance(table.x, dict):
        pictures: tuple[Picture, ...] = (_two(fit, table, parts),) if parts else ()
    else:
        pictures = (_law(fit, table, parts, forecasts), _slopes(fit, table, parts))
    return Shown("Scaling law", pictures, tuple(said), tuple(tables))


def _end(value: float | None) -> str:
    return "open" if value is None or not np.isfinite(value) else f"{value:.5g}"


def _law(fit: Any, table: Any, parts: list[Any], forecasts: list[Any]) -> Picture:
    xs, ys = np.asarray(table.x, dtype=float), np.asarray(table.y, dtype=float)
    traces = [look.points(xs, ys, "data", look.GREY, marker={"size": 6})]
    shapes: list[Any] = []
    for part in parts:
        fine = np.geomspace(part.x[0].min(), part.x[0].max(), 160)
        value, low, high = part.band(fine)
        traces += [*_band(fine, low, high, look.BLUE), look.line(fine, value, f"{part.law} law", look.BLUE)]
        shapes += [_span(r.low, r.high, _SHADES[k % len(_SHADES)]) for k, r in enumerate(part.regimes)]
        shapes += [_cut(c.x) for c in part.crossovers]
        if part.plateau is not None and part.plateau.value > 0.0:
            ends = [fine[0], fine[-1]]
            traces.append(look.line(ends, [part.plateau.value] * 2, "plateau", look.GREEN, "dash"))
    if forecasts:
        far = max(*(f.x for f in forecasts), xs.max())
        near = min(*(f.x for f in forecasts), xs.max())
        fine = np.geomspace(near, far * 1.0001, 30)
        rows = fit.forecast(fine)
        low, high = [r.low for r in rows], [r.high for r in rows]
        traces += [
            *_band(fine, low, high, look.ORANGE),
            look.line(fine, [r.value for r in rows], "forecast", look.ORANGE, "dash"),
        ]
        traces.append(
            look.points(
                [f.x for f in forecasts], [f.value for f in forecasts], "forecast at", look.ORANGE, showlegend=False
            )
        )
    places = [*xs, *(f.x for f in forecasts)]
    heights = [*ys, *(end for f in forecasts for end in (f.low, f.high) if end > 0.0)]
    heights += [part.plateau.value for part in parts if part.plateau is not None and part.plateau.value > 0.0]
    figure = look.figure(
        traces,
        look.logarithmic(table.columns.get("x", "x"), 0.8 * min(places), 1.25 * max(places)),
        look.logarithmic(table.columns.get("y", "loss"), 0.93 * min(heights), 1.07 * max(heights)),
        shapes=shapes,
    )
    regimes = [f"{r.exponent:+.3f} for {r.low:.3g} to {r.high:.3g}" for part in parts for r in part.regimes]
    caption = (
        "regimes of the exponent (shaded): " + "; ".join(regimes) if regimes else "no regime of at least half a decade"
    )
    return Picture("curve", "Law", figure, caption if parts else fit.message)


def _slopes(fit: Any, table: Any, parts: list[Any]) -> Picture:
    traces: list[dict[str, Any]] = []
    shapes: list[Any] = []
    for part in parts:
        fine = np.geomspace(part.x[0].min(), part.x[0].max(), 160)
        slope, low, high = part.local_exponent_band(fine)
        traces += [*_band(fine, low, high, look.BLUE), look.line(fine, slope, "local exponent", look.BLUE)]
        shapes += [_span(r.low, r.high, _SHADES[k % len(_SHADES)]) for k, r in enumerate(part.regimes)]
    title = "Local exponent"
    if not traces:
        return Picture("slopes", title, look.nothing("no law"), fit.message)
    name = table.columns.get("x", "x")
    places = np.asarray(table.x, dtype=float)
    x = look.logarithmic(name, 0.8 * float(places.min()), 1.25 * float(places.max()))
    figure = look.figure(traces, x, {"title": "d log y / d log x"}, shapes=shapes)
    return Picture("slopes", title, figure, f"d log y / d log x of the law, with its {fit.level:.0%} interval")


def _two(fit: Any, table: Any, parts: list[Any]) -> Picture:
    predicted = np.asarray(fit.predict(table.x))
    ends = [float(min(predicted.min(), table.y.min())), float(max(predicted.max(), table.y.max()))]
    traces = [
        look.line(ends, ends, "equal", look.GREY),
        look.points(predicted, table.y, "runs", look.BLUE, marker={"size": 6}),
    ]
    figure = look.figure(traces, {"title": "fitted loss"}, {"title": "measured loss"})
    return Picture("curve", "Measured against fitted loss", figure, "each point is a run; the line is equality")


def _band(x: Any, low: Any, high: Any, colour: str) -> list[dict[str, Any]]:
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    fill = {"fill": "tonexty", "fillcolor": f"rgba({red},{green},{blue},0.22)"}
    return [{"x": x, "y": low, "name": "low end", **edge}, {"x": x, "y": high, "name": "high end", **edge, **fill}]


def _span(low: float, high: float, colour: str) -> dict[str, Any]:
    place = {"x0": low, "x1": high, "y0": 0, "y1": 1, "yref": "paper"}
    return {"type": "rect", **place, "fillcolor": colour, "line": {"width": 0}, "layer": "below"}


def _cut(x: float) -> dict[str, Any]:
    style = {"color": look.GREY, "width": 1, "dash": "dash"}
    return {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", "line": style}
