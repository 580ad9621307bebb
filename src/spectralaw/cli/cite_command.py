"""spectralaw cite"""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from spectralaw.cli import options, output


def cite(
    topics: Annotated[Optional[list[str]], typer.Argument(help="For example predict-quadratic; none: all.")] = None,  # noqa: UP045
    json: options.Json = False,
) -> None:
    """Print the BibTeX of the methods behind results."""
    import spectralaw as sl

    entries = sl.cite(*(topics or ()))
    output.print_json({"bibtex": entries}) if json else typer.echo(entries)
