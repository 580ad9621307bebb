"""Printing: one strict JSON object, or a table for people."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer


def print_json(values: Any) -> None:
    """One JSON object; what is not a finite number is left out, for JSON has no word for it."""
    typer.echo(json.dumps(_strict(values), ensure_ascii=False, allow_nan=False))


def _strict(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _strict(v) for k, v in value.items() if not (isinstance(v, float) and not math.isfinite(v))}
    if isinstance(value, (list, tuple)):
        return [_strict(v) for v in value]
    return value


def print_pairs(pairs: Sequence[tuple[str, str]]) -> None:
    """Names and values in two columns."""
    width = max(len(name) for name, _ in pairs)
    for name, value in pairs:
        typer.echo(f"{name:<{width}}  {value}")


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns, aligned to the right but for the first."""
    widths = [max(len(row[k]) for row in (header, *rows)) for k in range(len(header))]
    for row in (header, ["─" * w for w in widths], *rows):
        cells = [f"{row[0]:<{widths[0]}}", *(f"{cell:>{w}}" for cell, w in zip(row[1:], widths[1:], strict=True))]
        typer.echo("  ".join(cells).rstrip())


def number(value: float) -> str:
    """Six significant digits."""
    return f"{value:.6g}"


def written(path: Path | None, status: Any = None) -> None:
    """Say where a picture is; there is none of what is not a result."""
    if path is not None and (status is None or status.is_result):
        typer.echo(f"drawn in {path}")


def finish(status: Any, message: str) -> None:
    """Say what is not a result, and leave with status 1 if so."""
    if message:
        typer.echo(f"spectralaw: {message}", err=True)
    if not status.is_result:
        raise typer.Exit(1)
