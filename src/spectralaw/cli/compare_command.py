"""spectralaw compare"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from spectralaw import files
from spectralaw.cli import options, output
from spectralaw.cli.train_command import MaxIterations, Method, Tolerance, settings


@options.with_task
def compare(
    task: Any,
    seeds: Annotated[int, options.whole("How many trainings, at least 2.")] = 5,
    dimensions: Annotated[
        Optional[list[int]],  # noqa: UP045
        options.whole("Train at this dimension, too; may be repeated (default: two others, a factor of two apart)."),
    ] = None,
    method: Method = "convex",
    tolerance: Tolerance = None,
    max_iterations: MaxIterations = None,
    save: Annotated[Optional[Path], typer.Option(help="Write the comparison to this file (.npz).")] = None,  # noqa: UP045
    json: options.Json = False,
) -> None:
    """Hold the prediction against trained networks of several dimensions, and judge the limit.

    Exit status 1 if they disagree.
    """
    import spectralaw as sl
    from spectralaw.cli.progress import bar

    if save is not None:
        files.refuse_place(save)
    with bar(silent=json) as progress:
        line = progress.add_task("trainings", total=None)
        advance = lambda done, total: progress.update(line, completed=done, total=total)  # noqa: E731
        answer = sl.compare(task, seeds, method, dimensions, progress=advance, **settings(tolerance, max_iterations))
    if save is not None:
        answer.save(save)
    if json:
        output.print_json(answer.to_dict())
    else:
        _print(answer)
    output.finish(answer.status, "" if json and answer.status.is_result else answer.message)
    if answer.outcome is sl.Outcome.DISAGREE:
        raise typer.Exit(1)


def _print(answer: Any) -> None:
    from spectralaw.display import NONE, with_error

    rows = [
        [
            name.replace("_", " "),
            output.number(row.theory),
            with_error(row.mean, row.standard_error),
            f"{row.z:+.2f}" if math.isfinite(row.mean) else NONE,
            f"{row.deviation:+.1%}" if math.isfinite(row.deviation) else NONE,
            with_error(row.limit, row.limit_error),
            str(row.outcome),
        ]
        for name, row in answer.rows.items()
    ]
    where = ", ".join(str(one.prediction.task.dimension) for one in answer.sizes)
    header = ["", "theory", f"mean of {len(answer.runs)}", "z", "deviation", "mean/theory, d → ∞", "outcome"]
    output.print_table(header, rows)
    output.echo(f"\nd = {where}: {answer.outcome}" + (f" ({answer.reason})" if answer.reason else ""))
