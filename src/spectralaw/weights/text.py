"""A diagnosis as a table for the terminal."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from spectralaw.display import printable

if TYPE_CHECKING:
    from rich.console import Console

    from spectralaw.weights.checkpoints import Checkpoints, Difference, MatrixChange
    from spectralaw.weights.diagnosis import Diagnosis

HEADER = ("matrix", "shape", "structure", "spikes", "edge", "s₁", "stable rank", "α", "fit p", "cut error")
_LEFT_OUT = ("stable rank", "s₁", "edge", "fit p", "shape", "structure")  # in this order where the terminal is narrow
NOTES = (
    "spikes: singular values beyond the edge of noise with the same row and column variances, at level {level:g}; in "
    "brackets the counts of both nulls; *: the last one lies near the edge. α: exponent of the eigenvalue density "
    "beyond xmin; its 95 % interval holds for an exact power law; in parentheses where the tail lies inside the bulk "
    "and describes noise. fit p: small means a bad fit. cut error: relative error of the weights, not of the function, "
    "when the matrix is cut behind its spikes."
)
CHANGES = ("matrix", "‖ΔW‖/‖W‖", "structure", "spikes of ΔW", "spikes", "α", "noise", "stable rank", "effective rank")
CHANGE_NOTES = (
    "from → to ± standard error of the change. *: differs beyond its error (5 %), or exactly; ?: cannot be told. The "
    "errors take the two checkpoints as independent, which overstates them where the weights are nearly the same."
)


def cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    """One row of the table, from the dictionary of a matrix that was read."""
    shape = "×".join(map(str, row["shape"]))
    bulk, tail, prune = row.get("bulk", {}), row.get("tail", {}), row.get("prune", {})
    return (
        row["name"],
        shape,
        structure(row.get("structure", "")) + (" *" if row.get("bleed_out") else ""),
        spikes(row),
        number(bulk.get("edge")),
        number(row.get("spectral_norm")),
        number(row.get("stable_rank")),
        exponent(tail),
        "" if tail.get("pvalue") is None or tail.get("status") == "too_few" else f"{tail['pvalue']:.2f}",
        "" if prune.get("relative_error") is None else f"{prune['relative_error']:.2f}",
    )


def structure(word: str) -> str:
    """``bulk_and_outliers`` as people write it."""
    return str(word).replace("_and_", " + ").replace("_", " ").replace("htmp", "HTMP")


def spikes(row: Mapping[str, Any]) -> str:
    """Count, and the interval where it is one."""
    if row.get("spikes") is None:
        return ""
    low, high = row.get("spikes_interval") or (row["spikes"], row["spikes"])
    return str(row["spikes"]) if low == high else f"{row['spikes']} [{low}, {high}]"


def exponent(tail: Mapping[str, Any]) -> str:
    """α with its interval; a word where it is no exponent of a tail."""
    alpha, status = tail.get("alpha"), str(tail.get("status", ""))
    if alpha is None or status in ("too_few", "failed"):
        return status.replace("_", " ")
    interval = tail.get("interval")
    shown = f"{alpha:.2f}" + (f" [{interval[0]:.2f}, {interval[1]:.2f}]" if interval else "")
    return f"({shown})" if status == "inside_bulk" else shown + (" rejected" if status == "rejected" else "")


def number(value: float | None) -> str:
    """Four significant digits."""
    return "" if value is None else f"{value:.4g}"


def summary(diagnosis: Diagnosis) -> str:
    """What was read, in one line."""
    read, rest = len(diagnosis.read), len(diagnosis.passed_over)
    phase = f", theory's phase {diagnosis.phase}" if diagnosis.phase else ""
    matrices = "1 matrix" if read == 1 else f"{read} matrices"
    return f"{diagnosis.source} ({diagnosis.format}): {matrices} read, {rest} tensors passed over{phase}"


def groups(diagnosis: Diagnosis) -> list[tuple[str, int, str]]:
    """Passed over: status, how many, and their names (the first few)."""
    found: dict[str, list[str]] = {}
    for row in diagnosis.passed_over:
        found.setdefault(str(row.status).split(":")[0], []).append(row.name)
    return [
        (status, len(names), ", ".join(map(short, names[:3])) + (", …" if len(names) > 3 else ""))
        for status, names in found.items()
    ]


def short(name: str, length: int = 36) -> str:
    """A name by its end, where it is long."""
    return name if len(name) <= length else f"…{name[1 - length :]}"


def print_diagnosis(diagnosis: Diagnosis, console: Console) -> None:
    """Summary, table, what was passed over, and how to read it."""
    _say(console, summary(diagnosis))
    if diagnosis.read:
        left_out = _print_table(console, HEADER, [cells(row.to_dict()) for row in diagnosis.read])
        if left_out:
            told = f"left out for the width of the terminal: {', '.join(left_out)}; --json has everything"
            _say(console, told, "dim")
    if diagnosis.passed_over:
        _print_table(console, ("passed over", "", "names"), [(s, str(k), names) for s, k, names in groups(diagnosis)])
    if diagnosis.read and "level" in diagnosis.settings:
        _say(console, NOTES.format(level=diagnosis.settings["level"]), "dim")


def print_checkpoints(checkpoints: Checkpoints, console: Console) -> None:
    """What changed from the first checkpoint to the last."""
    first, last = checkpoints.labels[0], checkpoints.labels[-1]
    _say(console, f"{len(checkpoints)} checkpoints, from {first} to {last}")
    _print_table(console, CHANGES, [change_cells(change) for change in checkpoints.changes])
    if checkpoints.only_in_some:
        names = ", ".join(checkpoints.only_in_some)
        _say(console, f"not read in both: {names}")
    _say(console, CHANGE_NOTES, "dim")


def change_cells(change: MatrixChange) -> tuple[str, ...]:
    """One row of the table of changes."""
    shown = " → ".join(dict.fromkeys(map(structure, change.structure)))
    moved = "" if change.relative_change is None else f"{change.relative_change:.3g}"
    update = "" if change.update_spikes is None else str(change.update_spikes)
    names = ("spikes", "alpha", "noise_std", "stable_rank", "effective_rank")
    return (change.name, moved, shown, update, *(difference(change.differences.get(name)) for name in names))


def difference(one: Difference | None) -> str:
    """From → to, the error of the change, and whether it is one."""
    if one is None:
        return ""
    error = "" if one.standard_error is None else f" ± {one.standard_error:.2g}"
    sign = {True: " *", False: "", None: " ?"}[one.differs] if one.change else ""
    return f"{one.first:.4g} → {one.last:.4g}{error}{sign}"


def plain(show: Callable[[Console], None]) -> str:
    """What is shown on a console, as plain text."""
    from rich.console import Console

    width = max(shutil.get_terminal_size((120, 24)).columns, 100)
    text = io.StringIO()
    show(Console(file=text, width=width, color_system=None))
    return text.getvalue().rstrip()


def _say(console: Console, text: str, style: str = "") -> None:
    console.print(printable(text), style=style, highlight=False, markup=False)


def _print_table(console: Console, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    """Print what fits; returns the columns that did not."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    rows = [tuple(map(printable, row)) for row in rows]
    kept, left_out = list(range(len(header))), []

    def width() -> int:
        names = min(max(len(row[0]) for row in rows), 30)  # long names are folded
        return names + sum(max(len(header[k]), *(len(row[k]) for row in rows)) + 2 for k in kept[1:])

    for name in _LEFT_OUT:
        if width() > console.width and name in header:
            kept.remove(header.index(name))
            left_out.append(name)
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    for k in kept:
        words = k in (0, 2)
        table.add_column(header[k], justify="left" if words else "right", overflow="fold", no_wrap=k > 0)
    for row in rows:
        table.add_row(*(Text(row[k]) for k in kept))
    console.print(table)
    return left_out
