"""spectralaw compress"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from spectralaw.cli import options, output


def compress(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Weights: a file or folder.")],
    error: Annotated[float, options.number("Tolerated relative error of each convolution's output.")] = 0.01,
    guarantee: Annotated[
        str, typer.Option(help="What is within it: typical (on white inputs) or certified (on every input).")
    ] = "typical",
    sweeps: Annotated[float, options.number("Sweeps of the fit for each rank; more may find fewer terms.")] = 60,
    seed: Annotated[int, options.whole("Of random starts.")] = 0,
    include: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(metavar="GLOB", help="Only convolutions whose name matches; may be repeated."),
    ] = None,
    exclude: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(metavar="GLOB", help="Not the convolutions whose name matches; may be repeated."),
    ] = None,
    json: options.Json = False,
) -> None:
    """How few rank-one terms each convolution needs, with certified errors; reads only."""
    from rich.console import Console

    from spectralaw.cli import progress
    from spectralaw.systems.tensor_compression import CompressionSetting, compress_weights

    setting = CompressionSetting(error, guarantee, sweeps=sweeps, seed=seed)  # pyright: ignore[reportArgumentType]
    with progress.bar(silent=json or not Console(stderr=True).is_terminal) as bar:
        task = bar.add_task("convolutions", total=None)
        watch = lambda done, total: bar.update(task, completed=done, total=total)  # noqa: E731
        answer = compress_weights(file, setting, include=include, exclude=exclude, watch=watch)
    if json:
        output.print_json(answer.to_dict())
    elif answer.layers:
        rows = [
            [
                output.one_line(row.name),
                "×".join(map(str, row.shape)),
                "all" if row.rank is None else str(row.rank),
                f"{row.parameters:,}",
                f"{row.parameters / row.parameters_before:.3f}",
                output.number(row.typical),
                output.number(row.certified),
                row.method,
            ]
            for row in answer.layers
        ]
        output.print_table(["convolution", "shape", "rank", "parameters", "share", "typical", "certified", ""], rows)
        output.echo(
            f"{answer.parameters:,} of {answer.parameters_before:,} parameters of {len(answer.layers)} convolutions. "
            "Typical: relative error on white inputs; certified: ‖ΔM‖/‖M‖, of every input. Errors of single layers."
        )
        for name, reason in answer.passed_over:
            output.complain(f"{name} was passed over: {reason}")
    if not answer.layers:
        output.complain(f"{file.name} holds no convolution that could be compressed")
        raise typer.Exit(2)
