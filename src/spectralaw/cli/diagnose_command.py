"""spectralaw diagnose"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from spectralaw.cli import options, output

_GLOB = "Only tensors whose name matches; may be repeated."


def diagnose(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...", help="Weights: a file or folder; several are checkpoints of one network, in order."
        ),
    ],
    include: Annotated[Optional[list[str]], typer.Option(metavar="GLOB", help=_GLOB)] = None,  # noqa: UP045
    exclude: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(metavar="GLOB", help="Not the tensors whose name matches; may be repeated."),
    ] = None,
    level: Annotated[float, options.number("False positives a matrix: chance of a spike in pure noise.")] = 0.05,
    null: Annotated[str, typer.Option(help="auto, edge (variance profile only) or flip (random signs).")] = "auto",
    intervals: Annotated[
        bool, typer.Option("--intervals/--no-intervals", help="Intervals and p-values of the tail, by resampling.")
    ] = True,
    resamples: Annotated[float, options.number("How many resamples of a tail.")] = 100,
    seed: Annotated[int, options.whole("Of sign flips and resamples.")] = 0,
    min_size: Annotated[float, options.number("Smaller side from which a matrix is read.")] = 32,
    max_bytes: Annotated[float, options.number("Memory that reading one matrix may take.")] = 8 << 30,
    kind: Annotated[str, typer.Option(help="matrix, or eigenvalues: the arrays are lists of eigenvalues.")] = "matrix",
    split_gates: Annotated[bool, typer.Option("--split-gates", help="Read each gate of an LSTM or GRU alone.")] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Try every xmin, and compare laws of whole spectra; slower.")
    ] = False,
    describe: Annotated[
        bool, typer.Option("--describe", help="Headers only: what would be read, what not and why, memory and time.")
    ] = False,
    report: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Write a page with a picture a matrix, .html or .pdf."),
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print the table as CSV and nothing else.")] = False,
    json: options.Json = False,
) -> None:
    """Read the spectra of trained weights: bulk, spikes, tail, and what to prune."""
    from spectralaw import InvalidInput

    if json and csv:
        raise InvalidInput("json and csv cannot be given together; choose one")
    chosen: dict[str, Any] = {
        "include": include,
        "exclude": exclude,
        "min_size": min_size,
        "max_bytes": max_bytes,
        "split_gates": split_gates,
    }
    if describe:
        if report is not None or len(files) > 1:
            raise InvalidInput("describe reads the headers of one file, and writes no report")
        _describe(files[0], chosen, json, csv)
        return
    settings = {"level": level, "null": null, "intervals": intervals, "resamples": resamples, "seed": seed}
    _diagnose(files, {**chosen, **settings, "kind": kind, "full": full}, report, json, csv)


def _diagnose(files: list[Path], settings: dict[str, Any], report: Path | None, json: bool, csv: bool) -> None:
    from rich.console import Console

    from spectralaw.cli import progress
    from spectralaw.weights.diagnose import run

    if report is not None:
        from spectralaw.weights.report import check

        check(report, overwrite=False)
    with progress.bar(silent=json or csv or not Console(stderr=True).is_terminal) as bar:
        task = bar.add_task("matrices", total=None)
        watch = lambda done, total: bar.update(task, completed=done, total=total)  # noqa: E731
        answer = run(files[0] if len(files) == 1 else list(files), watch=watch, **settings)
    if report is not None:  # before anything is printed, for whoever reads may stop reading
        answer.report(report)
        typer.echo(f"report in {report}", err=True)
    if json:
        output.print_json(answer.to_dict())
    elif csv:
        typer.echo(answer.to_csv(), nl=False)
    else:
        console = Console()
        answer.print(console if console.is_terminal else Console(width=200))
    if answer.failures:
        output.complain(f"the spectrum of {answer.failures[0]} could not be computed")
        raise typer.Exit(1)
    if not answer.read:
        output.complain(f"{files[0].name} holds no matrix that could be read: {answer.why_nothing()}")
        raise typer.Exit(2)


def _describe(file: Path, chosen: dict[str, Any], json: bool, csv: bool) -> None:
    from spectralaw.weights.describe import describe

    answer = describe(file, **chosen)
    if json:
        output.print_json(answer.to_dict())
    elif csv:
        typer.echo(answer.to_csv(), nl=False)
    else:
        for line in answer.lines():
            typer.echo(line)
    if not answer.matrices:
        output.complain(f"{file.name} holds no matrix that could be read")
        raise typer.Exit(2)
