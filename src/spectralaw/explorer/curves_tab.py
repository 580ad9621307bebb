"""The Curves tab: a table that is pasted or dropped is fitted in a process of its own."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update

from spectralaw.errors import InvalidInput
from spectralaw.explorer import address, parts, working
from spectralaw.explorer.curves_view import LONGEST
from spectralaw.explorer.jobs import Jobs
from spectralaw.explorer.look import Shown

_IN_A_LINK = 4000  # characters of a table that a link carries


def layout() -> html.Div:
    """Controls beside the pictures."""
    controls = html.Form(
        [
            parts.area(
                "f-table", "Table of losses", "row-table", "paste it, or drop a .csv here; a header, then a row each"
            ),
            parts.text("f-x_column", "column of x", "empty: samples, tokens, compute, …", debounce=True),
            parts.text("f-y_column", "column of the loss", "empty: loss, y, …", debounce=True),
            parts.text("f-forecast", "forecast at", "numbers with commas between", debounce=True),
            parts.progress("curves", "Fit"),
        ],
        **parts.aria(label="A table of losses"),
    )
    shown = html.Div(
        [
            html.Div(id="curves-sentences", className="sentences"),
            html.Div(
                [parts.figure("curve", "Law, regimes, forecast"), parts.figure("slopes", "Local exponent")],
                className="pictures", id="curves-pictures", hidden=True,
            ),
            html.Div(id="curves-tables", className="tables"),
        ]
    )  # fmt: skip
    stores = [dcc.Store(id=name) for name in ("curves-drawn", "curves-query", "moved-curves")]
    return html.Div([controls, shown, *stores], className="beside")


def register(app: Dash, jobs: Jobs) -> None:
    """Connect the controls."""
    asked = [State(f"f-{name}", "value") for name in ("table", "x_column", "y_column", "forecast")]

    def begin(pressed: Any, arrived: Any, *values: Any) -> str | None:
        table, x, y, forecast = (str(value or "") for value in values)
        if pressed == "arrived" and not (isinstance(arrived, dict) and arrived.get("tab") == "curves" and table):
            return None
        if not table.strip() or len(table) > LONGEST:
            raise InvalidInput(f"table must be given, in at most {LONGEST:,} characters")
        return jobs.start("fit", {"table": table, "x": x, "y": y, "forecast": forecast})

    def finish(_: Any, before: Any, job: str) -> tuple[Any, str]:
        return {"job": job}, "fitted"

    working.register(app, jobs, "curves", asked, begin, finish, [Input("arrived", "data")])

    @app.callback(
        Output("curves-sentences", "children"), Output("curves-tables", "children"),
        Output("curves-drawn", "data"), Output("curves-pictures", "hidden"), Output("curves-query", "data"),
        Input("curves-result", "data"), *asked,
        prevent_initial_call=True,
    )  # fmt: skip
    def show(result: Any, table: Any, x: Any, y: Any, forecast: Any) -> list[Any]:
        if not isinstance(result, dict):
            return [no_update] * 5
        try:
            shown = view(jobs, result)
        except InvalidInput as error:
            return [str(error), *[no_update] * 4]
        pictures = parts.drawn(shown.pictures, ["curve", "slopes"])
        said = list(shown.sentences)
        values = {"table": table, "x_column": x, "y_column": y, "forecast": forecast}
        if len(table or "") > _IN_A_LINK:
            said.append(
                f"the table has {len(table):,} characters, too many for a link: Export writes the view to a file"
            )
            values.pop("table")
        return [
            [html.P(sentence) for sentence in said], [parts.table(title, rows) for title, rows in shown.tables],
            pictures, not shown.pictures, address.write("curves", values),
        ]  # fmt: skip

    app.clientside_callback(
        ClientsideFunction("explorer", "curves"), Output("moved-curves", "data"),
        Input("curves-drawn", "data"), Input("curves-query", "data"),
        prevent_initial_call=True,
    )  # fmt: skip


def view(jobs: Jobs, result: Any) -> Shown:
    """What is shown of a fit.

    Raises
    ------
    InvalidInput
        When it is no longer kept.
    """
    job = jobs.look(result.get("job"))
    if job.kind != "fit" or job.state != "done":
        raise InvalidInput("the fit is not there any more; fit the table again")
    return job.result
