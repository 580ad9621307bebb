"""The Sweeps tab: its controls, and the callback that looks at a store again and again while it is written."""

from __future__ import annotations

import time
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update

from spectralaw.errors import InvalidInput
from spectralaw.explorer import address, parts
from spectralaw.explorer.jobs import Jobs

_CHOSEN = ("x", "y", "by", "of")
_LISTS = {"x": "axes", "by": "axes", "y": "numbers", "of": "methods"}


def layout() -> html.Div:
    """Controls beside the picture."""
    draw = (("lines", "lines"), ("map", "map of both fields"))
    controls = html.Form(
        [
            parts.text("f-store", "Sweep", "path of its file, such as sweep.sqlite; it is only read"),
            html.Button("Open", id="sweeps-open", type="button", className="main"),
            parts.text("f-x", "field along x", "empty: samples", list="axes", debounce=True),
            parts.text("f-y", "quantity", "empty: excess_risk", list="numbers", debounce=True),
            parts.text(
                "f-by", "second field", "colours of lines, or the second axis of a map", list="axes", debounce=True
            ),
            parts.choice("f-draw", "Draw", draw),
            parts.text("f-of", "method of a map", "theory, convex, …", list="methods", debounce=True),
            *(html.Datalist(id=name) for name in ("axes", "numbers", "methods")),
        ],
        **parts.aria(label="A sweep and its fields"),
    )
    shown = html.Div(
        [
            html.Div(id="sweeps-words", className="sentences", role="status", **parts.aria(live="polite")),
            html.Progress(
                id="sweeps-bar", value="0", max="1", className="bar", **parts.aria(label="Progress of the sweep")
            ),
            parts.figure("sweep", "Sweep", tall=True),
            html.Div(id="sweeps-tables"),
        ]
    )
    stores = [dcc.Store(id=name) for name in ("sweeps-seen", "sweeps-drawn", "sweeps-query", "moved-sweeps")]
    clock = dcc.Interval(id="sweeps-clock", interval=2000, disabled=True)
    return html.Div([controls, shown, clock, *stores], className="beside")


def register(app: Dash, jobs: Jobs) -> None:
    """Connect the controls."""
    suggestions = [Output(name, "children") for name in ("axes", "numbers", "methods")]

    @app.callback(
        Output("sweeps-drawn", "data"), Output("sweeps-words", "children"),
        Output("sweeps-bar", "value"), Output("sweeps-bar", "max"), Output("sweeps-tables", "children"), *suggestions,
        Output("sweeps-clock", "disabled"), Output("sweeps-seen", "data"), Output("sweeps-query", "data"),
        Input("sweeps-open", "n_clicks"), Input("sweeps-clock", "n_intervals"),
        *(Input(f"f-{name}", "value") for name in _CHOSEN), Input("f-draw", "value"), Input("arrived", "data"),
        State("f-store", "value"), State("sweeps-seen", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    def look(*given: Any) -> list[Any]:
        x, y, by, of, draw, arrived, path, seen = given[2:]
        if not path or not arrived:
            return [no_update] * 11
        asked = {"x": x, "y": y, "by": by, "of": of, "draw": draw}
        return answer(str(path), {name: str(value or "").strip() for name, value in asked.items()}, seen)

    app.clientside_callback(
        ClientsideFunction("explorer", "sweeps"), Output("moved-sweeps", "data"),
        Input("sweeps-drawn", "data"), Input("sweeps-query", "data"),
        prevent_initial_call=True,
    )  # fmt: skip


def answer(path: str, asked: dict[str, str], seen: Any) -> list[Any]:
    """What the tab shows of a store now; nothing new where neither the store nor the fields have changed."""
    from spectralaw.explorer import sweeps_view
    from spectralaw.sweeps.sweep import open_sweep

    try:
        key = [path, asked, open_sweep(path.strip()).counts()]
        if isinstance(seen, dict) and seen.get("key") == key:
            return [no_update] * 11
        shown = sweeps_view.shown(path, asked)
    except InvalidInput as error:
        return [parts.drawn([], ["sweep"]), str(error), "0", "1", [], *[no_update] * 3, True, None, no_update]
    facts = shown.facts
    done = facts["total"] - facts["counts"]["pending"]
    first = (
        seen
        if isinstance(seen, dict) and seen.get("path") == path
        else {"path": path, "done": done, "time": time.time()}
    )
    words = [*shown.sentences, *_rate(done, facts["counts"]["pending"], first)]
    lists = [[html.Option(value=value) for value in facts[name]] for name in ("axes", "numbers", "methods")]
    query = address.write("sweeps", {"store": path, **asked, "draw": "" if asked["draw"] == "lines" else asked["draw"]})
    return [
        parts.drawn(shown.pictures, ["sweep"]), [html.P(sentence) for sentence in words], str(done),
        str(max(facts["total"], 1)),
        [parts.table(title, rows) for title, rows in shown.tables], *lists,
        facts["counts"]["pending"] == 0, {**first, "key": key}, query,
    ]  # fmt: skip


def _rate(done: int, pending: int, first: dict[str, Any]) -> list[str]:
    """How fast rows are done, since the page looks, and what that leaves."""
    seconds = time.time() - float(first["time"])
    gained = done - int(first["done"])
    if pending == 0 or gained <= 0 or seconds <= 0.0:
        return []
    left = pending * seconds / gained
    rate = 60.0 * gained / seconds
    return [f"{rate:.3g} rows a minute since this page looks: {left / 60.0:.1f} minutes to go at this rate"]
