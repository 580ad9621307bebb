"""Tables of text with a header, as people keep them: comma, semicolon or tab, comments, a byte order mark."""

from __future__ import annotations

import csv
import io
import os

from spectralaw.errors import InvalidInput
from spectralaw.files import file_path

MISSING = frozenset({"", "na", "nan", "null", "none"})
"""Cells without a value, in lower case."""


def read_cells(path: str | os.PathLike[str], *, words: bool = False) -> tuple[list[str], list[list[str]]]:
    """Names of the columns, and the rows with as many cells each; empty lines and lines that begin with # are none.

    With ``words``, a header of numbers alone is refused: it is the first row of a table without one.

    Raises
    ------
    InvalidInput
        For a file that cannot be read or is not UTF-8, without a row, with a name twice, or with a row of another
        length (the row is named).
    """
    where = file_path(path)
    try:
        text = where.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InvalidInput(f"table {where} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"table {where} is not text in UTF-8") from error
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if len(lines) < 2:
        raise InvalidInput(f"table {where} must have a header and at least one row, not {len(lines)} lines")
    separator = max(";\t,", key=lines[0].count)
    header, *rows = csv.reader(io.StringIO("\n".join(lines)), delimiter=separator)
    names = [name.strip() for name in header]
    if words and all(is_number(name) for name in names):
        raise InvalidInput(f"table {where} must begin with a header of column names, not with numbers")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InvalidInput(f"table {where} has two columns named {twice!r}")
    for number, row in enumerate(rows, start=1):
        if len(row) != len(names):
            raise InvalidInput(f"table {where} has {len(row)} values in data row {number}, for {len(names)} columns")
    return names, rows


def is_number(text: str) -> bool:
    """Whether a cell is one number."""
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text
