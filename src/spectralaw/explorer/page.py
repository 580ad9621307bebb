"""The whole page: its frame, its tabs, and the server that answers it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dash import Dash, Input, Output, dcc, html
from flask import Flask, request

from spectralaw.errors import InvalidInput
from spectralaw.explorer import address, theory_tab
from spectralaw.explorer.fields import DEFAULTS, ORDER
from spectralaw.explorer.guard import Guard
from spectralaw.explorer.jobs import Jobs
from spectralaw.explorer.parts import aria

ASSETS = Path(__file__).parent / "assets"
_TABS = {"theory": theory_tab}
_FRAME = """<!DOCTYPE html>
<html lang="en"><head>{%metas%}<title>spectralaw explorer</title><link rel="icon" href="data:,">{%css%}</head>
<body><noscript>This page needs JavaScript.</noscript>{%app_entry%}{%config%}{%scripts%}{%renderer%}</body></html>"""


def make(guard: Guard, jobs: Jobs) -> Flask:
    """The application of one server."""
    server = Flask("spectralaw.explorer")
    app = Dash(
        "spectralaw.explorer",
        server=server,
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
            **aria(controls=f"panel-{name}", selected="true" if name == "theory" else "false"), **{"data-tab": name},
        )
        for name in _TABS
    ]  # fmt: skip
    panels = [
        html.Div(tab.layout(), id=f"panel-{name}", role="tabpanel", hidden=name != "theory", **aria(labelledby=f"tab-{name}"))
        for name, tab in _TABS.items()
    ]
    actions = html.Div(
        [
            html.Button("Copy link", type="button", id="copy-link", title="The address of this view, without its token"),
            html.Button("Export", type="button", id="export", title="One HTML file of this view, to be sent to others"),
            html.Button("Light / dark", type="button", id="theme"),
        ],
        className="actions",
    )
    return html.Div(
        [
            dcc.Location(id="url", refresh=False),
            dcc.Store(id="arrived"),
            html.Header([html.H1("spectralaw"), html.Div(tabs, role="tablist", **aria(label="Parts of the explorer")), actions]),
            html.Div(id="error", role="alert"),
            html.Div(id="said", role="status", className="unseen", **aria(live="polite")),
            html.Main(panels),
        ],
        id="page",
    )


def _register_arrival(app: Dash) -> None:
    fields = {"theory": [f"f-{name}" for name in ORDER]}
    outputs = [Output(place, "value") for places in fields.values() for place in places]

    @app.callback(
        *outputs, Output("arrived", "data"), Output("error", "children", allow_duplicate=True),
        Input("url", "search"), prevent_initial_call="initial_duplicate",
    )  # fmt: skip
    def arrive(search: Any) -> list[Any]:
        said, found = "", address.Address("theory", {})
        try:
            found = address.read((search or "").removeprefix("?"))
        except InvalidInput as error:
            said = str(error)
        theory = {**DEFAULTS, **(found.values if found.tab == "theory" else {})}
        return [*(theory[name] for name in ORDER), {"tab": found.tab, "said": said}, said]
