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
    seed: Annotated[int, options.whole("Seed of the draws.")] = 0,
    figure: options.Figure = None,
    json: options.Json = False,
) -> None:
    """Train on a table, estimate the error on new rows, read what was learned, and say what more rows would bring."""
    from spectralaw.regression.report import of_table

    picture = options.places(None, figure)
    sizes = None if samples is None else [options.number_from(part) for part in samples.split(",")]
    report = of_table(file, target, sizes, network, check=check, seed=seed)
    if picture is not None:
        from spectralaw.figures import look, own_data

        look.write(own_data.draw_forecast(report.forecast), picture)
    if json:
        output.print_json(report.to_dict())
        return
    output.echo(str(report))
    output.written(picture)


__all__: list[Any] = ["forecast"]
