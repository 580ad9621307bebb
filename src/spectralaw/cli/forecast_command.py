"""spectralaw forecast"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from spectralaw.cli import options, output


def forecast(
    file: Annotated[Path, typer.Argument(help="Table with a header: .csv (comma, semicolon or tab).")],
    target: Annotated[str, typer.Option(help="Name of the column to predict: numbers, or two classes.")],
    samples: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Numbers of rows, separated by commas (default: 1, 2, 4, 10 and 100 times the table)."),
    ] = None,
    network: options.Network = "diagonal",
    check: Annotated[bool, typer.Option("--check", help="Hold the forecast against the table's own rows.")] = False,
    seed: Annotated[float, options.number("Seed of the draws.")] = 0,
    figure: Annotated[Optional[Path], typer.Option(help="Picture of the forecast (.png, .pdf or .svg).")] = None,  # noqa: UP045
    json: options.Json = False,
) -> None:
    """Train on a table, estimate the error on new rows, read what was learned, and say what more rows would bring."""
    from spectralaw.regression.report import of_table

    sizes = None if samples is None else [options.number_from(part) for part in samples.split(",")]
    report = of_table(file, target, sizes, network, check=check, seed=int(seed))
    if figure is not None:
        from spectralaw.figures import look, own_data

        look.require_matplotlib()
        own_data.draw_forecast(report.forecast).savefig(figure, dpi=200)
    if json:
        output.print_json(report.to_dict())
        return
    typer.echo(str(report))
    if figure is not None:
        typer.echo(f"picture: {figure}")


__all__: list[Any] = ["forecast"]
