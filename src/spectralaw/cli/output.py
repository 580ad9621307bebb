"""Printing: one strict JSON object, or a table for people, to a terminal or file of any encoding."""

from __future__ import annotations

import codecs
import contextlib
import json
import math
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import typer

_WORDS = str.maketrans(
    {
        "λ": "lambda", "γ": "gamma", "Δ": "Delta", "δ": "delta", "κ": "kappa", "τ": "tau", "ε": "eps", "θ": "theta",
        "α": "alpha", "β": "beta", "σ": "sigma", "ρ": "rho", "ξ": "xi", "μ": "mu", "ν": "nu", "Σ": "sum", "∂": "d",
        "−": "-", "–": "-", "—": "-", "─": "-", "━": "-", "╸": "-", "╺": "-", "×": "x", "·": "*", "±": "+-", "→": "->",
        "≥": ">=", "≤": "<=", "≈": "~", "∝": "~", "√": "sqrt ", "…": "...", "’": "'", "‘": "'", "“": '"', "”": '"',
        "ᵀ": "^T", "₀": "0", "₁": "1", "₂": "2", "²": "^2", "³": "^3", "⁴": "^4", "⁻": "^-", "⁰": "0", "¹": "1",
        "⁵": "5", "⁶": "6", "⁷": "7", "⁸": "8", "⁹": "9", "‖": "|", "∞": "inf", "∈": "in", "ᵢ": "_i", "⏎": " ",
    }
)  # fmt: skip
_ERRORS = "spectralaw.words"


def plain(text: str, encoding: str | None) -> str:
    """Text that an encoding has letters for: mathematics in words, what is left as question marks."""
    try:
        text.encode(encoding or "ascii")
        return text
    except (UnicodeEncodeError, LookupError):
        return "".join(_letter(letter, encoding or "ascii") for letter in text)


def _letter(letter: str, encoding: str) -> str:
    for attempt in (letter, letter.translate(_WORDS)):
        with contextlib.suppress(UnicodeEncodeError, LookupError):
            attempt.encode(encoding)
            return attempt
    return "?"


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_letter(letter, "ascii") for letter in error.object[error.start : error.end]), error.end


@contextlib.contextmanager
def any_encoding() -> Iterator[None]:
    """Within, whatever is printed by whom reaches a stream of any encoding."""
    codecs.register_error(_ERRORS, _replace)
    streams = [stream for stream in (sys.stdout, sys.stderr) if hasattr(stream, "reconfigure")]
    before = [stream.errors for stream in streams]
    for stream in streams:
        stream.reconfigure(errors=_ERRORS)  # type: ignore[union-attr]
    try:
        yield
    finally:
        for stream, errors in zip(streams, before, strict=True):
            if not stream.closed:
                stream.reconfigure(errors=errors or "strict")  # type: ignore[union-attr]


def echo(text: str) -> None:
    """A line of text."""
    typer.echo(_fit(text))


def _fit(text: str) -> str:
    return plain(text, getattr(sys.stdout, "encoding", None) or "utf-8")


def print_json(values: Any) -> None:
    """One JSON object in ASCII; what is not a finite number is left out, for JSON has no word for it."""
    typer.echo(json.dumps(_strict(values), ensure_ascii=True, allow_nan=False))


def _strict(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _strict(v) for k, v in value.items() if not (isinstance(v, float) and not math.isfinite(v))}
    if isinstance(value, (list, tuple)):
        return [_strict(v) for v in value]
    return value


def print_pairs(pairs: Sequence[tuple[str, str]]) -> None:
    """Names and values in two columns."""
    from spectralaw.display import columns

    for line in columns([(_fit(name), _fit(value)) for name, value in pairs]):
        typer.echo(line)


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns, aligned to the right but for the first."""
    table = [[_fit(cell) for cell in row] for row in (header, *rows)]
    widths = [max(len(row[k]) for row in table) for k in range(len(header))]
    for row in (table[0], [_fit("─") * w for w in widths], *table[1:]):
        cells = [f"{row[0]:<{widths[0]}}", *(f"{cell:>{w}}" for cell, w in zip(row[1:], widths[1:], strict=True))]
        typer.echo("  ".join(cells).rstrip())


def number(value: float) -> str:
    """Six significant digits."""
    from spectralaw import display

    return display.number(value)


def one_line(text: str) -> str:
    """A sentence as one line in which no control character, as of a file's name, reaches the terminal."""
    words = "".join(c if c.isprintable() else " " if c.isspace() else "?" for c in text).split()
    return " ".join(word if len(word) <= 300 else f"{word[:120]}…{word[-40:]}" for word in words)


def written(path: Path | None, status: Any = None) -> None:
    """Say where a picture is; there is none of what is not a result."""
    if path is not None and (status is None or status.is_result):
        typer.echo(f"drawn in {path}")


def complain(sentence: str) -> None:
    """A sentence on standard error, in one line."""
    typer.echo(f"spectralaw: {one_line(sentence)}", err=True)


def finish(status: Any, message: str) -> None:
    """Say what is not a result, and leave with status 1 if so."""
    if message:
        complain(message)
    if not status.is_result:
        raise typer.Exit(1)
