"""Pieces of the page that every tab is made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from spectralaw.explorer.fields import Field
from spectralaw.explorer.look import Picture, nothing


def aria(**values: str) -> Any:
    """Attributes for screen readers."""
    return {f"aria-{name}": value for name, value in values.items()}


def data(**values: str) -> Any:
    """Attributes for the scripts of the page."""
    return {f"data-{name}": value for name, value in values.items()}


def figure(name: str, title: str, *, drag: str = "", tall: bool = False) -> html.Figure:
    """An empty place for a picture with its title, caption and downloads.

    ``drag`` names the fields that follow the pointer: ``samples``, ``weight_decay`` or both, with a space between.
    """
    kinds = [
        html.Button(
            kind.upper(), type="button", className="save", **data(save=kind, graph=name),
            **aria(label=f"Save {title} as {kind.upper()}"),
        )
        for kind in ("png", "svg", "csv")
    ]  # fmt: skip
    graph = html.Div(id=name, className="graph")
    moved: dict[str, Any] = data(drag=drag) if drag else {}
    if len(drag.split()) == 2:
        label = f"{title}: arrow keys left and right change n, up and down change λ"
        moved |= {"tabIndex": "0", "role": "application", **aria(label=label, describedby=f"{name}-caption")}
    else:
        moved |= {"role": "img", **aria(label=title, describedby=f"{name}-caption")}
    return html.Figure(
        [
            html.Div([html.H3(title), html.Span(kinds, className="saves")], className="head"),
            html.Div(graph, className="holder tall" if tall else "holder", **moved),
            html.Figcaption(id=f"{name}-caption", **aria(live="off")),
            *([html.Small("Drag the point, or use the arrow keys.")] if len(drag.split()) == 2 else []),
        ],
        className="picture",
    )


def number(field: Field) -> html.Div:
    """A number with its slider; the style sheet hides what a choice leaves without use."""
    low, high = field.ends
    return html.Div(
        [
            html.Label(field.label, htmlFor=f"f-{field.name}"),
            dcc.Input(id=f"f-{field.name}", type="text", autoComplete="off", className="number"),
            html.Label(f"{field.label}, slider", htmlFor=f"s-{field.name}", className="unseen"),
            dcc.Input(id=f"s-{field.name}", type="range", min=low, max=high, step=field.step, className="slider"),
            html.Small(field.about),
        ],
        className="field",
        id=f"row-{field.name}",
    )


def text(name: str, label: str, about: str = "", **more: Any) -> html.Div:
    """A line of text."""
    return html.Div(
        [
            html.Label(label, htmlFor=name),
            dcc.Input(id=name, type="text", autoComplete="off", className="text", **more),
            *([html.Small(about)] if about else []),
        ],
        className="field",
    )


def choice(name: str, label: str, options: Sequence[tuple[str, str]], row: str | None = None) -> html.Fieldset:
    """One of a few values."""
    listed: Any = [{"value": value, "label": words} for value, words in options]
    more: Any = {"id": row} if row else {}
    return html.Fieldset(
        [html.Legend(label), dcc.RadioItems(listed, id=name, className="choice")],
        **more,
    )


def area(name: str, label: str, row: str, about: str = "") -> html.Div:
    """Several lines of text."""
    return html.Div(
        [html.Label(label, htmlFor=name), dcc.Textarea(id=name, className="area"), html.Small(about)],
        className="field",
        id=row,
    )


def table(title: str, rows: Sequence[Sequence[Any]]) -> html.Div:
    """A table whose first row is its header."""
    header, *body = rows
    return html.Div(
        html.Table(
            [
                html.Caption(title),
                html.Thead(html.Tr([html.Th(cell, scope="col") for cell in header])),
                html.Tbody(
                    [html.Tr([html.Th(row[0], scope="row"), *(html.Td(cell) for cell in row[1:])]) for row in body]
                ),
            ]
        ),
        className="wide",
    )


def progress(name: str, start: str) -> html.Div:
    """Buttons that start and cancel a piece of work, its bar and its words."""
    return html.Div(
        [
            html.Button(start, id=f"{name}-start", type="button", className="main"),
            html.Button("Cancel", id=f"{name}-cancel", type="button", disabled=True),
            html.Progress(id=f"{name}-bar", max="1", value="0", **aria(label=f"Progress of: {start}")),
            html.Div(id=f"{name}-words", className="words", role="status", **aria(live="polite")),
            dcc.Interval(id=f"{name}-clock", interval=400, disabled=True),
            dcc.Store(id=f"{name}-job"),
            dcc.Store(id=f"{name}-result"),
        ],
        className="work",
    )


def drawn(pictures: Sequence[Picture], names: Sequence[str]) -> dict[str, Any]:
    """Pictures for their places on the page, as the page's script draws them; a place without one is emptied."""
    found: dict[str, Any] = {name: {"figure": nothing(""), "caption": ""} for name in names}
    for picture, name in zip(pictures, names, strict=False):
        found[name] = {"figure": picture.figure, "caption": picture.caption}
    return found
