"""The Sweeps tab: a store, read while it is written; theory and training together over any two of its fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from spectralaw._checks import choice
from spectralaw.errors import InvalidInput
from spectralaw.explorer import look
from spectralaw.explorer.look import Picture, Shown
from spectralaw.sweeps.records import NUMBERS, labelled, varying
from spectralaw.sweeps.summary import Summary, summarise, texts

MOST_LINES = 18
"""Lines that can be told apart, as in the other figures."""
ERRORS = 20
DRAWN = ("lines", "map")
_SYMBOLS = {"convex": "circle", "network": "square", "amp": "triangle-up"}
_COLOURS = (look.BLUE, look.ORANGE, look.GREEN, look.PINK, look.SKY, look.YELLOW)


def fields(records: list[dict[str, Any]]) -> tuple[list[str], list[str]]:
    """Fields that vary, which can be axes, and numbers that rows have."""
    records = labelled(records)
    numbers = [name for name in (*NUMBERS, "seconds") if any(isinstance(r.get(name), (int, float)) for r in records)]
    return varying(records), numbers


def shown(path: str, values: Mapping[str, str]) -> Shown:
    """Progress, picture and errors of a store.

    Parameters
    ----------
    path : str
        Of the store, which is only read.
    values : mapping
        ``x``, ``y``, ``by`` (a second field), ``draw`` (lines or map) and ``of`` (the method of a map); what is absent
        or empty is chosen.

    Raises
    ------
    InvalidInput
        For a file that is no store, and for a field that is not in it.
    """
    from spectralaw.sweeps.sweep import open_sweep

    if not path.strip():
        raise InvalidInput("store must be the path of a sweep's file, such as sweep.sqlite")
    sweep = open_sweep(path.strip())
    counts, errors = sweep.counts(), sweep.errors(ERRORS)
    records = list(sweep.records())
    total = sum(counts.values())
    facts: dict[str, Any] = {"counts": counts, "total": total, "not_converged": sweep.not_converged()}
    said = ", ".join(f"{count:,} {state}" for state, count in counts.items())
    if facts["not_converged"]:
        said += f" ({facts['not_converged']:,} of those done did not converge)"
    tables = []
    if errors:
        rest = counts["failed"] - len(errors)
        title = "Errors" + (f", the first {len(errors)} of {counts['failed']:,}" if rest > 0 else "")
        tables.append((title, (("row", "error"), *((str(row), error) for row, error in errors))))
    axes, numbers = fields(records)
    facts |= {"axes": axes, "numbers": numbers, "methods": sorted({record["method"] for record in records})}
    if not numbers:
        return Shown(path, (), (said, "no row has a number yet"), tuple(tables), facts=facts)
    chosen = _chosen(values, axes, numbers, facts["methods"])
    facts["chosen"] = chosen
    summary = summarise(records, chosen["x"], chosen["y"], [chosen["by"]] if chosen["by"] else [])
    picture = _map(summary, chosen) if chosen["draw"] == "map" else _lines(summary, chosen)
    notes = [said]
    if summary.without_result:
        notes.append(f"{summary.without_result:,} rows have no {chosen['y']}: pending, failed, or not converged")
    return Shown(path, (picture,), tuple(notes), tuple(tables), facts=facts)


def _chosen(values: Mapping[str, str], axes: list[str], numbers: list[str], methods: list[str]) -> dict[str, str]:
    x = values.get("x") or next((name for name in ("samples", *axes) if name in axes), "samples")
    y = values.get("y") or ("excess_risk" if "excess_risk" in numbers else numbers[0])
    draw = choice("draw", values.get("draw") or "lines", DRAWN)
    by = values.get("by") or ""
    if draw == "map" and not by:
        by = next((name for name in axes if name != x), "")
        if not by:
            raise InvalidInput(f"a map needs two fields that vary, and {x} is the only one here")
    if by == x:
        raise InvalidInput(f"the second field must differ from the first, not both {x}")
    of = values.get("of") or next((name for name in methods if name != "theory"), methods[0])
    return {"x": x, "y": y, "by": by, "draw": draw, "of": choice("of", of, methods)}


def _lines(summary: Summary, chosen: Mapping[str, str]) -> Picture:
    x, y = chosen["x"], chosen["y"]
    others = [name for name in (*summary.others, *summary.by) if name not in ("method", x)]
    lines = [line for line in summary.lines if isinstance(line[x], (int, float))]
    if not lines:
        raise InvalidInput(f"a picture needs numbers along x, and {x} has none")
    series = list(dict.fromkeys(tuple(line[name] for name in others) for line in lines))
    if len(series) > MOST_LINES:
        raise InvalidInput(
            f"a picture shows at most {MOST_LINES} lines, not {len(series)}; choose a map, or another field along x"
        )
    names = [texts(column) for column in zip(*series, strict=True)] if others else []
    traces = []
    for k, one in enumerate(series):
        label = ", ".join(f"{name} = {column[k]}" for name, column in zip(others, names, strict=True))
        colour = _COLOURS[k % len(_COLOURS)]
        for method in dict.fromkeys(line["method"] for line in lines):
            own = [p for p in lines if p["method"] == method and tuple(p[name] for name in others) == one]
            if own:
                traces.append(_trace(sorted(own, key=lambda p: p[x]), x, method, label, colour, k // len(_COLOURS)))
    title = f"{y} against {x}"
    figure = look.figure(traces, _axis(x, [p[x] for p in lines]), _axis(y, [p["mean"] for p in lines]))
    caption = f"Mean {y} against {x}" + (f", a colour for each {', '.join(others)}" if others else "")
    caption += "; lines are theory, points are trained networks with standard errors over seeds"
    return Picture("sweep", title, figure, caption)


def _trace(own: Sequence[Mapping[str, Any]], x: str, method: str, label: str, colour: str, k: int) -> dict[str, Any]:
    at, mean = [p[x] for p in own], [p["mean"] for p in own]
    name = f"{method}: {label}" if label else method
    if method not in _SYMBOLS:
        return look.line(
            at, mean, name, colour, ("solid", "dash", "dot")[k % 3], mode="lines+markers", marker={"size": 4}
        )
    error = [p.get("standard_error", 0.0) for p in own]
    return look.points(at, mean, name, colour, marker={"symbol": _SYMBOLS[method]}, error=error)


def _axis(name: str, values: Sequence[float]) -> dict[str, Any]:
    several = [value for value in values if value is not None]
    wide = bool(several) and min(several) > 0.0 and max(several) > 5.0 * min(several)
    return look.logarithmic(name, 0.8 * min(several), 1.25 * max(several)) if wide else {"title": name}


def _map(summary: Summary, chosen: Mapping[str, str]) -> Picture:
    x, by, y, method = (chosen[name] for name in ("x", "by", "y", "of"))
    others = [name for name in summary.others if name not in ("method", x, by)]
    if others:
        raise InvalidInput(
            f"a map shows two fields, but {', '.join(others)} varies too; choose it as a field, or lines"
        )
    lines = [line for line in summary.lines if line["method"] == method]
    wrong = next((name for name in (x, by) if not all(isinstance(line[name], (int, float)) for line in lines)), None)
    if wrong is not None or not lines:
        raise InvalidInput(f"a map needs numbers along both axes, and {wrong or method} has none")
    across, up = (sorted({line[name] for line in lines}) for name in (x, by))
    table = np.full((len(up), len(across)), np.nan)
    for line in lines:
        table[up.index(line[by]), across.index(line[x])] = line["mean"]
    logarithmic = bool(np.all(table[np.isfinite(table)] > 0.0))
    name = f"log₁₀ {y}" if logarithmic else y
    trace = {
        "type": "heatmap", "x": across, "y": up, "z": np.log10(table) if logarithmic else table, "customdata": table,
        "colorscale": "Viridis",
        "hovertemplate": f"{x} = %{{x:.4g}}<br>{by} = %{{y:.4g}}<br>{y} = %{{customdata:.4g}}<extra></extra>",
        "colorbar": {"title": {"text": name, "side": "right"}, "thickness": 12, "outlinewidth": 0},
    }  # fmt: skip
    figure = look.figure([trace], _axis(x, across), _axis(by, up))
    return Picture("sweep", f"{y} of {method}", figure, f"Mean {y} of {method} over {x} and {by}; white: no result yet")
