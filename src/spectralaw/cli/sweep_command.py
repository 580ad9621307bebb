"""spectralaw sweep run | status | show | export"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from spectralaw.cli import options, output

app = typer.Typer(help="Thousands of trainings into one file, killed and resumed.", no_args_is_help=False)
StorePath = Annotated[Path, typer.Argument(help="The store of a sweep.")]
_ERRORS_SHOWN = 5


@app.command("run")
def run(
    file: Annotated[Path, typer.Argument(help="TOML, YAML or JSON: [task] fields, seeds, methods, options; or a CSV.")],
    store: Annotated[Optional[Path], typer.Option(help="Default: the file's name with .sqlite.")] = None,  # noqa: UP045
    seeds: Annotated[Optional[int], typer.Option(help="How many, where the file does not say (default 5).")] = None,  # noqa: UP045
    methods: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="With commas between, where the file does not say (default theory,convex)."),
    ] = None,
    workers: Annotated[Optional[int], typer.Option(help="Processes (default: one for each processor).")] = None,  # noqa: UP045
    scheduler: Annotated[Optional[str], typer.Option(help="Address of a Dask scheduler, tcp://host:port.")] = None,  # noqa: UP045
    timeout: Annotated[Optional[float], options.number("Seconds a row may take.")] = None,  # noqa: UP045
    refine: Annotated[int, typer.Option(help="Further tasks where the predicted risk changes most.")] = 0,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Run failed rows again.")] = False,
    json: options.Json = False,
) -> None:
    """Run a sweep, or continue it. Exit status 1 if a row failed, did not converge, or is still pending."""
    import spectralaw as sl
    from spectralaw._checks import at_least, positive_integer
    from spectralaw.cli.progress import bar
    from spectralaw.files import beside
    from spectralaw.sweeps.estimate import estimate
    from spectralaw.sweeps.refine import refine as refined

    where = store or beside(file, ".sqlite")
    chosen = None if methods is None else [name.strip() for name in methods.split(",")]
    plan = refined(sl.plan_sweep(file, seeds, chosen), int(at_least("refine", refine, 0)))
    count = None if workers is None else positive_integer("workers", workers)
    if scheduler and (workers is not None or timeout is not None):
        raise sl.InvalidInput("workers and timeout cannot be given with a scheduler, whose workers are its own")
    cost = estimate(plan, count, here=not scheduler)
    if not json:
        typer.echo(f"{plan.size():,} rows into {where}; " + (f"{cost}" if not scheduler else scheduler), err=True)
    client = _client(scheduler) if scheduler else None
    done = total = 0

    def report(now: int, of: int) -> None:
        nonlocal done, total
        done, total = now, of
        progress.update(line, completed=now, total=of)

    try:
        with bar(silent=json) as progress:
            line = progress.add_task("sweep", total=None)
            result = sl.sweep(
                plan,
                where,
                workers=count,
                executor=client.get_executor() if client else None,
                timeout=timeout,
                retry_failed=retry_failed,
                progress=report,
            )
    except KeyboardInterrupt:
        typer.echo(
            f"spectralaw: interrupted; {done:,} of {total:,} rows are finished and kept in {where}, "
            "and the same command continues",
            err=True,
        )
        raise typer.Exit(130) from None
    finally:
        if client:
            client.close(timeout=2)
    if _report(result, json):
        raise typer.Exit(1)


def _client(address: str) -> Any:
    from spectralaw import InvalidInput

    try:
        from distributed import Client
    except ImportError as error:
        raise InvalidInput(
            "a scheduler needs Dask, which is not installed: pip install 'spectralaw[sweeps]'"
        ) from error
    try:
        return Client(address, timeout=20)
    except (OSError, ValueError, TimeoutError) as error:
        raise InvalidInput(f"scheduler {address!r} does not answer: {error}") from error


@app.command("status")
def status(store: StorePath, json: options.Json = False) -> None:
    """How far a sweep is; also while it runs."""
    import spectralaw as sl

    _report(sl.open_sweep(store), json)


def _report(sweep: Any, json: bool) -> bool:
    """Print counts and errors; returns whether something is without a result."""
    counts, errors = {**sweep.counts(), "not_converged": sweep.not_converged()}, sweep.errors(_ERRORS_SHOWN)
    unseen = counts["failed"] - len(errors)
    if json:
        output.print_json(
            {
                "store": str(sweep.path),
                **counts,
                "errors": [{"row": row, "error": error} for row, error in errors],
                "errors_not_shown": unseen,
            }
        )
    else:
        lost = counts.pop("not_converged")
        line = ", ".join(f"{count:,} {state}" for state, count in counts.items())
        typer.echo(f"{sweep.path}: {line}" + (f" ({lost:,} of those done did not converge)" if lost else ""))
        for row, error in errors:
            typer.echo(f"  row {row}: {error}")
        if unseen:
            typer.echo(f"  and {unseen:,} more errors, in the column error of an export")
        counts["not_converged"] = lost
    return any(counts[name] for name in ("pending", "failed", "not_converged"))


@app.command("show")
def show(
    store: StorePath,
    x: Annotated[str, typer.Option(help="Field along the lines of the table.")] = "samples",
    y: Annotated[str, typer.Option(help="Quantity that is shown, averaged over seeds alone.")] = "excess_risk",
    by: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="Field whose values stand side by side; may be given several times."),
    ] = None,
    where: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="field=value: only such rows; may be given several times."),
    ] = None,
    figure: Annotated[Optional[Path], typer.Option(help="Draw it into this .png, .pdf or .svg file.")] = None,  # noqa: UP045
    json: options.Json = False,
) -> None:
    """A table of one quantity against one field, by method; tasks that differ in another field are never averaged."""
    import spectralaw as sl
    from spectralaw.sweeps.summary import side_by_side, summarise

    names = [name.strip() for entry in by or [] for name in entry.split(",")]
    summary = summarise(list(sl.open_sweep(store).records()), x, y, names, where or [])
    if figure is not None:
        from spectralaw.figures import look, sweep_lines

        look.require_matplotlib()
        sweep_lines.write(figure, summary.lines, x, y, [*summary.others, *names])
    if json:
        lines = [{name: value for name, value in line.items() if value is not None} for line in summary.lines]
        output.print_json(
            {
                "x": x,
                "y": y,
                "by": names,
                "rows": lines,
                "without_result": summary.without_result,
                **({"file": str(figure)} if figure is not None else {}),
            }
        )
        return
    output.print_table(*side_by_side(summary))
    if summary.without_result:
        typer.echo(f"{summary.without_result:,} more rows have no {y}: pending, failed, or not converged")
    if figure is not None:
        typer.echo(f"figure written to {figure}")


@app.command("export")
def export(
    store: StorePath, to: Annotated[Path, typer.Argument(help=".csv, .parquet or .nc")], json: options.Json = False
) -> None:
    """Write all rows to a file of another kind."""
    import spectralaw as sl

    count = sl.open_sweep(store).export(to)
    output.print_json({"rows": count, "file": str(to)}) if json else typer.echo(f"{count:,} rows written to {to}")
