"""The shared look of the pictures of a page: plain dictionaries as Plotly takes them.

Colours are those of the other figures; what depends on a light or dark page (ink, grid) is set by the style sheet, so
that a picture that is saved always has the colours of paper.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from spectralaw.figures.look import COLOURS, INK

BLUE, ORANGE, GREEN, PINK, SKY, YELLOW = COLOURS
GREY = "#888888"
GRID = "#e3e3e3"
Figure = dict[str, Any]


@dataclass(frozen=True)
class Picture:
    """One picture of a view."""

    name: str
    title: str
    figure: Figure
    caption: str
    """What is seen, in one or two sentences; also what a screen reader says."""


@dataclass(frozen=True)
class Shown:
    """A view: pictures, and what is said beside them."""

    title: str
    pictures: tuple[Picture, ...]
    sentences: tuple[str, ...] = ()
    tables: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...] = ()
    """Titles and rows; the first row is the header."""
    code: tuple[tuple[str, str], ...] = ()
    """Titles and texts that are run elsewhere."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What the page needs besides, such as what is still coarse."""


def figure(traces: Sequence[dict[str, Any]], x: dict[str, Any], y: dict[str, Any], **layout: Any) -> Figure:
    """Traces over two axes."""
    return {
        "data": [{"type": "scatter", **trace} for trace in traces],
        "layout": {
            "font": {"family": "system-ui, sans-serif", "size": 12, "color": INK},
            "margin": {"l": 66, "r": 16, "t": 50, "b": 48, "autoexpand": False},  # one pass of drawing, not two
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "xaxis": axis(**x),
            "yaxis": axis(**y),
            "legend": {
                "orientation": "h",
                "x": 0,
                "y": 1.02,
                "yanchor": "bottom",
                "bgcolor": "rgba(0,0,0,0)",
                "font": {"size": 11.5},
            },
            "hoverlabel": {"font": {"size": 12}},
            "dragmode": False,
            "uirevision": "kept",
            **layout,
        },
    }


def axis(title: str, **more: Any) -> dict[str, Any]:
    """An axis with a grid; ``type="log"`` shows decades as powers of ten."""
    shown = {"title": {"text": title, "standoff": 6}, "gridcolor": GRID, "zerolinecolor": GRID}
    shown |= {"ticklabeloverflow": "allow", "automargin": False}  # otherwise every label is measured at every move
    if more.get("type") == "log":
        shown |= {"exponentformat": "power", "tickangle": 0}
    return {**shown, "linecolor": GREY, "ticks": "outside", "tickcolor": GREY, **more}


def logarithmic(title: str, low: float, high: float) -> dict[str, Any]:
    """A logarithmic axis from ``low`` to ``high``, with as many labels as have room."""
    span = math.log10(high / low)
    ticks: dict[str, Any] = {"dtick": max(1, math.ceil(span / 6)), "minorloglabels": "none"}
    if span < 1.5:
        ticks = {"dtick": "D2", "minorloglabels": "complete"} if span > 0.5 else {}
    return {"title": title, "type": "log", "range": [math.log10(low), math.log10(high)], **ticks}


def line(x: Any, y: Any, name: str, colour: str, dash: str = "solid", **more: Any) -> dict[str, Any]:
    """A line."""
    return {"x": x, "y": y, "name": name, "mode": "lines", "line": {"color": colour, "width": 2, "dash": dash}, **more}


def points(x: Any, y: Any, name: str, colour: str, **more: Any) -> dict[str, Any]:
    """Points; ``error`` gives them bars."""
    error = more.pop("error", None)
    marker = {"color": colour, "size": 8, **more.pop("marker", {})}
    bars = {} if error is None else {"error_y": {"array": error, "color": colour, "thickness": 1.5, "width": 4}}
    return {"x": x, "y": y, "name": name, "mode": "markers", "marker": marker, **bars, **more}


def here(x: float, y: float, name: str = "this task", **more: Any) -> dict[str, Any]:
    """The point of the task."""
    marker = {"size": 13, "line": {"color": "white", "width": 2}, **more.pop("marker", {})}
    return points([x], [y], name, ORANGE, marker=marker, **more)


def nothing(sentence: str) -> Figure:
    """An empty picture that says why."""
    hidden = {"title": "", "visible": False}
    note = {"text": sentence, "showarrow": False, "x": 0.5, "y": 0.5, "xref": "paper", "yref": "paper"}
    return figure([], hidden, hidden, annotations=[note])
