"""spectralaw compare"""

from __future__ import annotations

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
    method: Method = "convex",
    tolerance: Tolerance = None,
    max_iterations: MaxIterations = None,
    save: Annotated[Optional[Path], typer.Option(help="Write the comparison to this file (.npz).")] = None,  # noqa: UP045
    json: options.Json = False,
) -> None:
    """Hold the prediction against trained networks, with error bars."""
    import spectralaw as sl
    from spectralaw.cli.progress import waiting
    from spectralaw.display import with_error

    if save is not None:
        files.refuse_place(save)
    with waiting("trainings", silent=json):
        answer = sl.compare(task, seeds, method, **settings(tolerance, max_iterations))
    if save is not None:
        answer.save(save)
    if json:
        output.print_json(answer.to_dict())
    else:
        rows = [
            [
                name.replace("_", " "),
                output.number(row.theory),
                with_error(row.mean, row.standard_error),
                f"{row.z:+.2f}",
                f"{row.allowance:.2g}",
                "yes" if row.agrees else "NO",
            ]
            for name, row in answer.rows.items()
        ]
        output.print_table(["", "theory", f"mean of {len(answer.runs)}", "z", "allowance", "agrees"], rows)
    output.finish(answer.status, "" if json and answer.status.is_result else answer.message)
