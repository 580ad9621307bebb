"""The whole page: its frame, its tabs, and the server that answers it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dash import Dash, Input, Output, State, dcc, html, no_update
from flask import Flask, request

from spectralaw.errors import InvalidInput
from spectralaw.explorer import address, curves_tab, sweeps_tab, theory_tab, weights_tab
from spectralaw.explorer.fields import DEFAULTS, ORDER
from spectralaw.explorer.guard import Guard
from spectralaw.explorer.jobs import Jobs
from spectralaw.explorer.parts import aria, data

ASSETS = Path(__file__).parent / "assets"
_TABS = {"theory": theory_tab, "sweeps": sweeps_tab, "weights": weights_tab, "curves": curves_tab}
_FRAME = """<!DOCTYPE html>
<html lang="en"><head>{%metas%}<title>spectralaw explorer</title><link rel="icon" href="data:,">{%css%}
<script defer src="/_dash-component-suites/plotly/package_data/plotly.min.js"></script></head>
<body><noscript>This page needs JavaScript.</noscript>{%app_entry%}{%config%}{%scripts%}{%renderer%}</body></html>"""


def make(guard: Guard, jobs: Jobs) -> Flask:
    """The application of one server."""
    server = Flask("spectralaw.explorer")
    app = Dash(
        "spectralaw.explorer",
        server=server,  # pyright: ignore[reportArgumentType]  # a Flask application is what it takes
        assets_folder=str(ASSETS),
        serve_locally=True,
        title="spectralaw explorer",
        update_title="",
        index_string=_FRAME,
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
        compress=False,
    )
    app.layout = layout()
    _register_arrival(app)
    _register_export(app, jobs)
    for tab in _TABS.values():
        tab.register(app, jobs)
    scripts = app.csp_hashes()

    @server.before_request
    def check() -> Any:
        refused = guard.refusal(request)
        if refused is not None:
            return refused[0], refused[1], {"Content-Type": "text/plain; charset=utf-8"}
        return None

    @server.after_request
    def finish(response: Any) -> Any:
        return guard.finish(request, response, scripts)

    return server


def layout() -> html.Div:
    """Header, tabs, panels."""
    tabs = [
        html.Button(
            name.capitalize(), type="button", role="tab", id=f"tab-{name}", tabIndex="0" if name == "theory" else "-1",
            **aria(controls=f"panel-{name}", selected="true" if name == "theory" else "false"), **data(tab=name),
        )
        for name in _TABS
    ]  # fmt: skip
    panels = [
        html.Div(
            tab.layout(), id=f"panel-{name}", role="tabpanel", hidden=name != "theory", **aria(labelledby=f"tab-{name}")
        )
        for name, tab in _TABS.items()
    ]
    actions = html.Div(
        [
            html.Button(
                "Copy link", type="button", id="copy-link", title="The address of this view, without its token"
            ),
            html.Button("Export", type="button", id="export", title="One HTML file of this view, to be sent to others"),
            html.Button("Light / dark", type="button", id="theme"),
        ],
        className="actions",
    )
    return html.Div(
        [
            dcc.Location(id="url", refresh=False),
            dcc.Store(id="arrived"),
            dcc.Store(id="tab", data="theory"),
            dcc.Download(id="exported"),
            html.Header(
                [html.H1("spectralaw"), html.Div(tabs, role="tablist", **aria(label="Parts of the explorer")), actions]
            ),
            html.Div(id="error", role="alert"),
            html.Div(id="said", role="status", className="unseen", **aria(live="polite")),
            html.Main(panels),
        ],
        id="page",
    )


def _register_arrival(app: Dash) -> None:
    others = {
        "sweeps": ("store", "x", "y", "by", "of", "draw"),
        "weights": ("path",),
        "curves": ("table", "x_column", "y_column", "forecast"),
    }
    places = [*ORDER, *(name for names in others.values() for name in names)]

    @app.callback(
        *(Output(f"f-{name}", "value") for name in places), Output("arrived", "data"),
        Output("error", "children", allow_duplicate=True),
        Input("url", "search"), prevent_initial_call="initial_duplicate",
    )  # fmt: skip
    def arrive(search: Any) -> list[Any]:
        said, found = "", address.Address("theory", {})
        try:
            found = address.read((search or "").removeprefix("?"))
        except InvalidInput as error:
            said = str(error)
        values = {**dict.fromkeys(places, ""), **DEFAULTS, "draw": "lines", **found.values}
        arrived = {"tab": found.tab, "matrix": found.values.get("matrix", ""), "said": said}
        return [*(values[name] for name in places), arrived, said]


def _register_export(app: Dash, jobs: Jobs) -> None:
    @app.callback(
        Output("exported", "data"), Output("error", "children", allow_duplicate=True),
        Input("export", "n_clicks"), State("tab", "data"), State("state", "data"), State("train-result", "data"),
        State("weights-result", "data"), State("weights-matrix", "data"), State("curves-result", "data"),
        State("sweeps-query", "data"), State("weights-query", "data"), State("curves-query", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    def export(
        clicks: Any, tab: Any, state: Any, trained: Any, weights: Any, matrix: Any, curve: Any, *queries: Any
    ) -> Any:
        from spectralaw.explorer.export import document, views

        if not clicks:
            return no_update, no_update
        query = dict(zip(("sweeps", "weights", "curves"), queries, strict=True)).get(tab) or f"tab={tab}"
        try:
            if tab == "weights" and isinstance(weights, dict):
                found = [weights_tab.view(jobs, weights, str(matrix or ""))]
            elif tab == "curves" and isinstance(curve, dict):
                found = [curves_tab.view(jobs, curve)]
            else:
                if tab == "theory":
                    query = address.write("theory", theory_tab.values_of(state))
                found = views(address.read(query), theory_tab.groups(trained))
            content = document(found, query)
        except InvalidInput as error:
            return no_update, str(error)
        return {"content": content, "filename": f"spectralaw-{tab}.html", "type": "text/html"}, ""
