"""spectralaw sweep run | status | show | export"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from spectralaw.cli import options, output

app = typer.Typer(help="Thousands of trainings into one file, killed and resumed.", no_args_is_help=False)
StorePath = Annotated[Path, typer.Argument(help="The store of a sweep.")]


@app.command("run")
def run(
    file: Annotated[Path, typer.Argument(help="TOML or YAML file: [task] fields, seeds, methods, options.")],
    store: Annotated[Optional[Path], typer.Option(help="Default: the file's name with .sqlite.")] = None,  # noqa: UP045
    workers: Annotated[Optional[int], typer.Option(help="Processes (default: one for each processor).")] = None,  # noqa: UP045
    scheduler: Annotated[Optional[str], typer.Option(help="Address of a Dask scheduler, tcp://host:port.")] = None,  # noqa: UP045
    timeout: Annotated[Optional[float], options.number("Seconds a row may take.")] = None,  # noqa: UP045
    refine: Annotated[int, typer.Option(help="Further tasks where the predicted risk changes most.")] = 0,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Run failed rows again.")] = False,
    json: options.Json = False,
) -> None:
    """Run a sweep, or continue it."""
    import spectralaw as sl
    from spectralaw._checks import at_least
    from spectralaw.cli.progress import bar
    from spectralaw.sweeps.estimate import estimate
    from spectralaw.sweeps.refine import refine as refined

    where = store or file.with_suffix(".sqlite")
    plan = refined(sl.plan_sweep(file), int(at_least("refine", refine, 0)))
    cost = estimate(plan, workers)
    if not json:
        typer.echo(f"{plan.size():,} rows into {where}; {cost}", err=True)
    client = _client(scheduler) if scheduler else None
    try:
        with bar(silent=json) as progress:
            line = progress.add_task("sweep", total=None)
            result = sl.sweep(
                plan,
                where,
                workers=workers,
                executor=client.get_executor() if client else None,
                timeout=timeout,
                retry_failed=retry_failed,
                progress=lambda done, total: progress.update(line, completed=done, total=total),
            )
    finally:
        if client:
            client.close()
    _report(result, json)


def _client(address: str):
    from spectralaw import InvalidInput

    try:
        from distributed import Client
    except ImportError as error:
        raise InvalidInput("a scheduler needs Dask, which is not installed: pip install distributed") from error
    try:
        return Client(address, timeout=10)
    except (OSError, ValueError, TimeoutError) as error:
        raise InvalidInput(f"scheduler {address!r} does not answer: {error}") from error


@app.command("status")
def status(store: StorePath, json: options.Json = False) -> None:
    """How far a sweep is; also while it runs."""
    import spectralaw as sl

    _report(sl.open_sweep(store), json)


def _report(sweep, json: bool) -> None:
    counts = sweep.counts()
    errors = sweep.errors()
    if json:
        output.print_json({"store": str(sweep.path), **counts, "errors": [{"row": r, "error": e} for r, e in errors]})
    else:
        typer.echo(f"{sweep.path}: " + ", ".join(f"{count:,} {state}" for state, count in counts.items()))
        for row, error in errors:
            typer.echo(f"  row {row}: {error}")


def _standard_error(values: list[float]) -> float:
    import numpy as np

    return float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0


@app.command("show")
def show(
    store: StorePath,
    x: Annotated[str, typer.Option(help="Field along the lines of the table.")] = "samples",
    y: Annotated[str, typer.Option(help="Quantity that is shown, averaged over the rest.")] = "excess_risk",
    figure: options.Figure = None,
    json: options.Json = False,
) -> None:
    """A table of one quantity against one field, by method."""
    import numpy as np

    import spectralaw as sl

    picture = options.figure_path(figure)
    groups: dict[tuple, list[float]] = {}
    known: set[str] = set()
    for record in sl.open_sweep(store).records():
        known |= set(record)
        if isinstance(record.get(y), (int, float)) and x in record:
            groups.setdefault((record[x], record["method"]), []).append(float(record[y]))
    for name in (x, y):
        if name not in known:
            raise sl.InvalidInput(f"{name!r} is not in the store; choose from {', '.join(sorted(known))}")
    order = sorted(groups, key=lambda key: (key[1], key[0] is None, key[0]))
    rows = [
        {"method": m, x: v, "mean": float(np.mean(groups[v, m])), "rows": len(groups[v, m]),
         "standard_error": _standard_error(groups[v, m])}
        for v, m in order
    ]  # fmt: skip
    if picture is not None:
        sl.plot_curve(sl.open_sweep(store).to_xarray(), x, y, output=picture)
    if json:
        output.print_json({"x": x, "y": y, "rows": rows})
        return
    output.print_table(
        ["method", x, f"mean {y}", "standard error", "rows"],
        [[r["method"], f"{r[x]}", f"{r['mean']:.6g}", f"{r['standard_error']:.2g}", str(r["rows"])] for r in rows],
    )


@app.command("export")
def export(
    store: StorePath, to: Annotated[Path, typer.Argument(help=".csv, .parquet or .nc")], json: options.Json = False
) -> None:
    """Write all rows to a file of another kind."""
    import spectralaw as sl

    count = sl.open_sweep(store).export(to)
    output.print_json({"rows": count, "file": str(to)}) if json else typer.echo(f"{count:,} rows written to {to}")
