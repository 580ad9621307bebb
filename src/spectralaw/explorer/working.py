"""The callbacks of a piece of work: start, look, cancel; the same for training, weights and curves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from dash import Dash, Input, Output, State, ctx, no_update

from spectralaw.errors import InvalidInput
from spectralaw.explorer.jobs import Job, Jobs


def register(
    app: Dash,
    jobs: Jobs,
    name: str,
    asked: Sequence[State],
    begin: Callable[..., str | None],
    finish: Callable[[Any, Any, str], tuple[Any, str]],
    also: Sequence[Input] = (),
) -> None:
    """Connect :func:`spectralaw.explorer.parts.progress` of this name.

    ``begin`` takes what was pressed or changed and the values of ``also`` and ``asked``, and returns the name of a job
    (None: there is nothing to do); ``finish`` takes its result, what the result store held before and the job's name,
    and returns what the store is to hold and a sentence. ``also`` are further ways to start.
    """
    part = lambda piece, prop: Output(f"{name}-{piece}", prop, allow_duplicate=True)  # noqa: E731
    running = (part("start", "disabled"), part("cancel", "disabled"), part("clock", "disabled"))

    @app.callback(
        part("job", "data"), *running, part("words", "children"), part("bar", "value"), part("bar", "max"),
        Input(f"{name}-start", "n_clicks"), *also, *asked,
        prevent_initial_call=True,
    )  # fmt: skip
    def start(clicks: Any, *values: Any) -> list[Any]:
        if not clicks and not any(values[: len(also)]):
            return [no_update] * 7
        try:
            job = begin(ctx.triggered_id, *values)
            if job is None:
                return [no_update] * 7
            return [job, True, False, False, "waiting for a processor", "0", "1"]
        except InvalidInput as error:
            return [no_update, False, True, True, str(error), "0", "1"]

    @app.callback(
        *running, part("words", "children"), part("bar", "value"), part("bar", "max"), part("result", "data"),
        Input(f"{name}-clock", "n_intervals"), State(f"{name}-job", "data"), State(f"{name}-result", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    def look(_: Any, job_name: Any, before: Any) -> list[Any]:
        if job_name is None:
            return [no_update] * 7
        try:
            job = jobs.look(job_name)
        except InvalidInput as error:
            return [False, True, True, str(error), "0", "1", no_update]
        bar = [str(job.done), str(max(job.total, 1))]
        if job.state != "done":
            return [not job.over, job.over, job.over, in_words(job), *bar, no_update]
        result, said = finish(job.result, before, job_name)
        return [False, True, True, said, "1", "1", result]

    @app.callback(
        part("words", "children"), Input(f"{name}-cancel", "n_clicks"), State(f"{name}-job", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    def cancel(clicks: Any, job_name: Any) -> Any:
        if not clicks or job_name is None:
            return no_update
        try:
            jobs.cancel(job_name)
        except InvalidInput as error:
            return str(error)
        return "cancelled"


def in_words(job: Job) -> str:
    """How a piece of work stands."""
    if job.state == "running":
        of = f"{job.done} of {job.total} done, " if job.total else ""
        return f"{of}{job.seconds:.0f} s"
    return {"waiting": "waiting for a processor", "cancelled": "cancelled"}.get(job.state, job.sentence)
