"""spectralaw prune"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from spectralaw.cli import options, output


def prune(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Weights: a file or folder.")],
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--output", "-o", help="The safetensors file to write; without it, the report alone."),
    ] = None,
    method: Annotated[
        str, typer.Option(help="truncate (cut behind the spikes) or shrink (and correct them).")
    ] = "truncate",
    factored: Annotated[
        bool, typer.Option("--factored", help="Write NAME.left and NAME.right where that is fewer numbers.")
    ] = False,
    keep: Annotated[
        Optional[float],  # noqa: UP045
        options.number("Rank of every matrix, instead of its number of spikes."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the output where it exists.")] = False,
    include: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(metavar="GLOB", help="Prune only tensors whose name matches; may be repeated."),
    ] = None,
    exclude: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(metavar="GLOB", help="Do not prune tensors whose name matches; may be repeated."),
    ] = None,
    level: Annotated[float, options.number("False positives a matrix: chance of a spike in pure noise.")] = 0.05,
    null: Annotated[str, typer.Option(help="auto, edge (variance profile only) or flip (random signs).")] = "auto",
    seed: Annotated[int, options.whole("Of the sign flips.")] = 0,
    min_size: Annotated[float, options.number("Smaller side from which a matrix is pruned.")] = 32,
    json: options.Json = False,
) -> None:
    """Cut weight matrices behind their spikes, and say what it costs."""
    from spectralaw.weights.prune import prune as run

    answer = run(
        file,
        out=out,
        method=method,
        factored=factored,
        keep=keep,  # pyright: ignore[reportArgumentType]  # checked there
        overwrite=overwrite,
        include=include,
        exclude=exclude,
        level=level,
        null=null,
        seed=seed,
        min_size=min_size,  # pyright: ignore[reportArgumentType]
    )
    if json:
        output.print_json(answer.to_dict())
    elif answer.matrices:
        rows = [
            [
                output.one_line(row.name),
                "×".join(map(str, row.shape)),
                "all" if row.written == "unchanged" else str(row.keep),
                f"{row.relative_error:.4f}",
                output.number(row.operator_error),
                f"{row.parameters:.3f}",
                output.one_line(row.reason or row.written),
            ]
            for row in answer.matrices
        ]
        output.print_table(["matrix", "shape", "rank", "rel. error", "op. error", "parameters", ""], rows)
        kept = f"{answer.parameters:.3f} of {answer.parameters_before:,} parameters kept"
        place = "" if answer.out is None else f"; {answer.bytes_written:,} bytes in {answer.out}"
        typer.echo(f"{kept}{place}. Errors are those of the weights, not of the function.")
    if not answer.matrices:
        output.complain(f"{file.name} holds no matrix that could be pruned")
        raise typer.Exit(2)
