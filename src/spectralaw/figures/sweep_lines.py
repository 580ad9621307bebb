"""One quantity of a sweep against one field: theory as lines, trained networks as points with error bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spectralaw.errors import InvalidInput
from spectralaw.figures.look import COLOURS, SETTINGS, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MARKERS = {"convex": "o", "network": "s", "amp": "^"}
_MOST = 18  # lines that can be told apart
_SUFFIXES = (".png", ".pdf", ".svg")


def write(path: Path, lines: Sequence[Mapping[str, Any]], x: str, y: str, others: Sequence[str]) -> None:
    """Draw and save; the suffix says what kind of file."""
    if path.suffix.lower() not in _SUFFIXES:
        raise InvalidInput(f"figure must end in {', '.join(_SUFFIXES)}, not {path.name!r}")
    import matplotlib

    figure = draw(lines, x, y, others)
    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        figure.savefig(path)


def draw(lines: Sequence[Mapping[str, Any]], x: str, y: str, others: Sequence[str]) -> Figure:
    """Lines as ``spectralaw.sweeps.summary`` gives them; a colour for each combination of the other fields."""
    import matplotlib
    from matplotlib.lines import Line2D

    others = [name for name in others if name not in ("method", x)]
    points = [line for line in lines if isinstance(line[x], (int, float))]
    if not points:
        raise InvalidInput(f"a figure needs numbers along x, and {x} has none")
    series = list(dict.fromkeys(tuple(line[name] for name in others) for line in points))
    if len(series) > _MOST:
        raise InvalidInput(f"a figure shows at most {_MOST} lines, not {len(series)}; choose some with where")
    styles = ("-", (0, (5, 2)), (0, (1, 1.3)))
    methods = list(dict.fromkeys(line["method"] for line in points))
    with matplotlib.rc_context(SETTINGS):  # pyright: ignore[reportArgumentType]
        figure = new_figure(5.2 if any(series) else 4.2, 3.2)
        axis = figure.subplots()
        for k, one in enumerate(series):
            colour, style = COLOURS[k % len(COLOURS)], styles[k // len(COLOURS)]
            for method in methods:
                own = [p for p in points if p["method"] == method and tuple(p[name] for name in others) == one]
                own.sort(key=lambda point: point[x])
                at, mean = [point[x] for point in own], [point["mean"] for point in own]
                if method not in _MARKERS:
                    axis.plot(at, mean, color=colour, linestyle=style, marker="." if len(at) == 1 else "")
                    continue
                error = [point.get("standard_error", 0.0) for point in own]
                axis.errorbar(
                    at, mean, error, fmt=_MARKERS[method], color=colour, markersize=4.0, markeredgecolor="white",
                    markeredgewidth=0.5, capsize=1.5, elinewidth=0.8,
                    **({"linestyle": style, "linewidth": 0.6} if "theory" not in methods else {}),
                )  # fmt: skip
        for name, values in (("x", [p[x] for p in points]), ("y", [p["mean"] for p in points])):
            if min(values) > 0.0 and max(values) > 4.0 * min(values):
                axis.set(**{f"{name}scale": "log"})
        axis.set(xlabel=x.replace("_", " "), ylabel=y.replace("_", " "))
        grey = "#666666"
        shapes = [
            Line2D([], [], color=grey, marker=_MARKERS.get(m, ""), markersize=4.0, label=m,
                   linestyle="" if m in _MARKERS else "-")
            for m in methods
        ]  # fmt: skip
        named = [", ".join(f"{n.replace('_', ' ')} = {_short(v)}" for n, v in zip(others, s)) for s in series]  # noqa: B905
        colours = [
            Line2D([], [], color=COLOURS[k % len(COLOURS)], linestyle=styles[k // len(COLOURS)], label=label)
            for k, label in enumerate(named)
            if label
        ]
        figure.legend(handles=[*shapes, *colours], loc="outside right upper")
        figure.draw_without_rendering()
    return figure


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
