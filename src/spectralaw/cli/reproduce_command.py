"""spectralaw reproduce"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from spectralaw.cli import options, output
from spectralaw.reproduction import registry


def reproduce(
    name: Annotated[str, typer.Argument(help=f"{', '.join(registry.names())}, or all.")],
    size: Annotated[str, typer.Option(help="quick (under two minutes each on two cores) or paper.")] = "quick",
    output_folder: Annotated[Path, typer.Option("--output", help="Folder for figures, data and verdicts.")] = Path(
        "results"
    ),
    hours: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(help="Leave out learning curves that would take longer, by a rough estimate."),
    ] = None,
    workers: Annotated[Optional[int], typer.Option(help="Processes (default: one for each processor).")] = None,  # noqa: UP045
    json: options.Json = False,
) -> None:
    """Reproduce a result of the literature: picture, data, caption, and a verdict table.

    Trainings are kept in the output folder; the same command again continues, or draws anew. What does not fit into
    memory is left out, and the verdict says so. Exit status 1 if a claim disagrees.
    """
    from spectralaw import InvalidInput
    from spectralaw.cli.progress import bar
    from spectralaw.reproduction.runner import reproduce
    from spectralaw.results import Outcome

    if name != "all" and name not in registry.names():
        raise InvalidInput(f"name must be one of {', '.join(registry.names())}, all, not {name!r}")
    if size not in ("quick", "paper"):
        raise InvalidInput(f"size must be 'quick' or 'paper', not {size!r}")
    reports = []
    for each in registry.names() if name == "all" else (name,):
        with bar(silent=json) as progress:
            line = progress.add_task(each, total=None)
            advance = lambda done, total, line=line: progress.update(line, completed=done, total=total)  # noqa: E731
            report = reproduce(each, size, output_folder, workers=workers, hours=hours, progress=advance)
        reports.append(report)
        if not json:
            for claim in report.claims:
                typer.echo(str(claim))
            typer.echo(f"written in {report.seconds:.0f} s: " + ", ".join(str(p) for p in report.files) + "\n")
    if json:
        output.print_json({"figures": [report.to_dict() for report in reports]})
    if any(report.outcome is Outcome.DISAGREE for report in reports):
        raise typer.Exit(1)
