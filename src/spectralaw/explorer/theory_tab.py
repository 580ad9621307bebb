"""The Theory tab: its controls, and what its callbacks do; none keeps anything on the server but caches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update

from spectralaw.errors import InvalidInput
from spectralaw.explorer import address, measured, parts, tasks, written
from spectralaw.explorer.fields import NUMBERS, ORDER
from spectralaw.explorer.jobs import Jobs

PICTURES = (
    ("diagram", "Phase diagram", "samples weight_decay"),
    ("risk-samples", "Excess risk against samples n", "samples"),
    ("risk-decay", "Excess risk against weight decay λ", "weight_decay"),
    ("spectrum", "Spectrum of the trained weights", ""),
    ("parts", "Where the risk comes from", ""),
)
FINE = ("diagram", "risk-samples", "risk-decay")
"""Pictures that are drawn again, finer, when nothing moves."""
LONGEST_TRAINING = 120.0
"""Seconds, by the estimate, that a page trains; the command line has no such limit."""
_TEXT = {"seeds": "seeds", "seed": "first seed"}


def layout() -> html.Div:
    """Controls beside pictures."""
    networks = (("quadratic", "quadratic"), ("diagonal", "diagonal"), ("both", "both, side by side"))
    teachers = (("PowerLaw", "power law"), ("FiniteRank", "finite rank"), ("Empirical", "list of values"))
    inputs = (("White", "white"), ("PowerLawInputs", "power law"), ("EmpiricalInputs", "list of variances"))
    methods = (("convex", "convex"), ("network", "network"), ("amp", "amp"))
    n = {name: parts.number(field) for name, field in NUMBERS.items()}
    controls = html.Form(
        [
            parts.choice("f-network", "Network", networks),
            *(n[name] for name in ("samples", "weight_decay", "dimension", "noise_variance")),
            parts.choice("f-teacher", "Teacher", teachers),
            n["gamma"],
            n["rank"],
            parts.area("f-spectrum", "teacher values", "row-spectrum", "numbers with spaces, commas or lines between"),
            parts.choice(
                "f-normalize", "Scale the values to the laws' units", (("no", "no"), ("yes", "yes")), "row-normalize"
            ),
            parts.choice(
                "f-coefficients",
                "Coefficients (diagonal network)",
                (("gaussian", "Gaussian"), ("fixed", "fixed")),
                "row-coefficients",
            ),
            html.Details(
                [
                    html.Summary("Width and inputs"),
                    n["width"],
                    parts.choice("f-inputs", "Inputs", inputs),
                    n["input_exponent"],
                    parts.area("f-input_variances", "input variances", "row-input_variances", "one for each dimension"),
                ],
                id="more",
            ),
            html.H3("Train networks of this task"),
            parts.choice("f-method", "Method", methods),
            html.Div([parts.text(f"f-{name}", label) for name, label in _TEXT.items()], className="pair"),
            html.P(id="estimate", className="note"),
            parts.progress("train", "Train"),
        ],
        id="controls",
        **parts.aria(label="Fields of the task"),
    )
    columns = [
        html.Section(
            [
                html.H2(id=f"title-{k}"),
                html.Div(
                    [
                        parts.figure(f"{name}-{k}", title, drag=drag, tall=name == "diagram")
                        for name, title, drag in PICTURES
                    ],
                    className="pictures",
                ),
                html.Div(id=f"sentences-{k}", className="sentences", role="status", **parts.aria(live="polite")),
                html.Div(id=f"words-{k}"),
            ],
            id=f"column-{k}",
            hidden=k > 0,
            className="column",
        )
        for k in (0, 1)
    ]
    stores = [dcc.Store(id=name) for name in ("state", "answer", "ask-fine", "fine", "moved", "moved-fine")]
    return html.Div([controls, html.Div(columns, id="columns", className="columns"), *stores], className="theory")


def register(app: Dash, jobs: Jobs) -> None:
    """Connect the controls."""
    for name in NUMBERS:
        app.clientside_callback(
            ClientsideFunction("explorer", "sync"),
            Output(f"f-{name}", "value", allow_duplicate=True), Output(f"s-{name}", "value"),
            Input(f"f-{name}", "value"), Input(f"s-{name}", "value"), State(f"f-{name}", "id"),
            prevent_initial_call=True,
        )  # fmt: skip
    app.clientside_callback(
        ClientsideFunction("explorer", "collect"),
        Output("moved", "data"),
        [Input(f"f-{name}", "value") for name in ORDER], Input("train-result", "data"), Input("arrived", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    app.callback(
        Output("answer", "data"), Input("state", "data"), State("train-result", "data"), prevent_initial_call=True
    )(answered)
    app.clientside_callback(
        ClientsideFunction("explorer", "answered"), Output("moved-fine", "data"), Input("answer", "data"),
        prevent_initial_call=True,
    )  # fmt: skip

    @app.callback(
        Output("fine", "data"), Input("ask-fine", "data"), State("train-result", "data"), prevent_initial_call=True
    )
    def refine(state: Mapping[str, Any], trained: Any) -> Any:
        try:
            view = tasks.view(values_of(state))
        except InvalidInput:
            return no_update
        return {"id": state.get("id"), "pictures": finer(view, groups(trained))}

    app.clientside_callback(
        ClientsideFunction("explorer", "refined"), Output("moved-fine", "data", allow_duplicate=True),
        Input("fine", "data"), prevent_initial_call=True,
    )  # fmt: skip
    _register_training(app, jobs)


def values_of(state: Any) -> dict[str, str]:
    """Texts of the fields that a browser sends.

    Raises
    ------
    InvalidInput
        For anything else.
    """
    values = state.get("values") if isinstance(state, Mapping) else None
    if not isinstance(values, Mapping):
        raise InvalidInput("a view must be given by the values of its fields")
    return {str(name): str(value) for name, value in values.items() if value is not None}


def groups(trained: Any) -> list[dict[str, Any]]:
    """Trained networks that a browser keeps; what is not as the server made it is passed over."""
    listed = trained if isinstance(trained, list) else []
    return [group for group in listed if isinstance(group, dict) and isinstance(group.get("task"), dict)]


def answered(state: Any, trained: Any) -> dict[str, Any]:
    """What a browser is shown of its state: a column for each network.

    What is wrong is a sentence under ``error``; then there is no view, and the page keeps what it shows.
    """
    from spectralaw.explorer import theory_view

    number = state.get("id") if isinstance(state, Mapping) else None
    try:
        values = values_of(state)
        view = tasks.view(values)
        columns = [theory_view.shown(task, groups(trained), fine=False) for task in view.tasks]
    except InvalidInput as error:
        return {"id": number, "error": str(error)}
    except MemoryError:
        return {"id": number, "error": "there is not enough memory for this"}
    except Exception as error:  # a fault of ours: the page says so, and lives on
        said = f"this view fails, which it should not ({type(error).__name__}: {error})"
        return {"id": number, "error": said}
    words = [
        {
            "title": shown.title,
            "sentences": written.sentences(shown),
            "words": written.words(shown, str(k)),
            "pictures": parts.drawn(shown.pictures, [f"{name}-{k}" for name, _, _ in PICTURES]),
        }
        for k, shown in enumerate(columns)
    ]
    query = address.write("theory", values)
    if len(query) > address.LONGEST - 200:  # room for what stands before it
        query = ""
        words[0]["sentences"] += "<p>This view is too long for a link; Export writes it to a file.</p>"
    return {
        "id": number,
        "error": "",
        "query": query,
        "coarse": not all(shown.facts["fine"] for shown in columns),
        "columns": words,
        "estimate": estimate(view),
    }


def finer(view: tasks.View, trained: Any) -> dict[str, Any]:
    """The pictures that have a finer version, by their place on the page."""
    from spectralaw.explorer import theory_view

    found = {}
    for k, task in enumerate(view.tasks):
        for picture in theory_view.shown(task, trained, fine=True).pictures:
            if picture.name in FINE:
                found[f"{picture.name}-{k}"] = {"figure": picture.figure, "caption": picture.caption}
    return found


def estimate(view: tasks.View) -> str:
    """What training would take, or why it is not done here."""
    try:
        seconds, what = cost(view)
    except InvalidInput as error:
        return str(error)
    return (
        f"{len(view.seeds) * len(view.tasks)} trainings take {what}" if seconds <= LONGEST_TRAINING else too_long(what)
    )


def too_long(what: str) -> str:
    """The sentence for what is not trained on a page."""
    return (
        f"training would take {what}, more than the {LONGEST_TRAINING:.0f} s that this page trains; "
        "take fewer samples, seeds, or a smaller dimension, or use spectralaw train"
    )


def cost(view: tasks.View) -> tuple[float, str]:
    """Seconds on one processor, and the estimate in words.

    Raises
    ------
    InvalidInput
        For what cannot be trained at all, or does not fit into memory.
    """
    from spectralaw.sweeps.estimate import estimate as of_plan
    from spectralaw.sweeps.plan import Plan
    from spectralaw.training import methods

    for task in view.tasks:
        methods.refuse_unfit(task, view.method)
    found = of_plan(Plan({}, view.tasks, view.seeds, (view.method,)), workers=1)
    return found.seconds, str(found)


def _register_training(app: Dash, jobs: Jobs) -> None:
    from spectralaw.explorer import working

    def begin(_: Any, state: Any) -> str:
        view = tasks.view(values_of(state))
        seconds, what = cost(view)
        if seconds > LONGEST_TRAINING:
            raise InvalidInput(too_long(what))
        return jobs.start("train", {"tasks": view.tasks, "method": view.method, "seeds": view.seeds})

    def finish(result: Any, before: Any, _: str) -> tuple[Any, str]:
        kept = [group for group in groups(before) if not any(_same(group, new) for new in result)]
        lost = sum(len(group["not_converged"]) for group in result)
        said = f"trained in {sum(group['seconds'] for group in result):.2f} s; laid over the pictures"
        if lost:
            said += f"; {lost} did not converge and are left out"
        messages = list(dict.fromkeys(message for group in result for message in group["messages"]))
        return [*kept, *result][-measured.MOST :], ". ".join([said, *messages])

    working.register(app, jobs, "train", [State("state", "data")], begin, finish)


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(one.get(name) == other[name] for name in ("task", "method"))
