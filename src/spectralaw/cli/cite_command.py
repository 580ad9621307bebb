"""spectralaw cite"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from spectralaw.cli import options, output


def cite(
    topics: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(
            metavar="[TOPIC]...",
            help="A topic, an experiment, a number of the arXiv, or the file of a saved result; none: all.",
        ),
    ] = None,
    json: options.Json = False,
) -> None:
    """Print the BibTeX of the methods behind results."""
    import spectralaw as sl

    entries = sl.cite(*(_subject(topic) for topic in topics or ()))
    output.print_json({"bibtex": entries}) if json else output.echo(entries)


def _subject(topic: str) -> Any:
    """What a word on the command line stands for: the saved result where it names a file, else the topic itself."""
    import spectralaw as sl

    return sl.load(topic) if Path(topic).is_file() else topic
