"""Means of one quantity against one field, never over different tasks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from spectralaw.display import printable
from spectralaw.errors import InvalidInput
from spectralaw.sweeps.checks import shown
from spectralaw.sweeps.jobs import THEORY
from spectralaw.sweeps.records import NUMBERS, OUTCOME, Record, columns, labelled, varying


@dataclass(frozen=True)
class Summary:
    """What is shown: a line for each task and method, averaged over seeds alone."""

    x: str
    y: str
    by: tuple[str, ...]
    """Fields whose values stand side by side."""
    others: tuple[str, ...]
    """Further fields that vary, each with its own lines."""
    lines: list[dict[str, Any]]
    """method, the fields, mean, rows and, for trainings of two seeds or more, standard_error."""
    without_result: int
    """Rows that were asked for and have no such number: pending, failed, or not converged."""


def summarise(records: list[Record], x: str, y: str, by: Sequence[str] = (), where: Sequence[str] = ()) -> Summary:
    """Mean of ``y`` against ``x`` for each method and each combination of all other fields that vary.

    Parameters
    ----------
    records : list of records
        As :meth:`spectralaw.Sweep.records` gives them.
    x, by : str
        Fields of the task, parameters of the teacher, options, or seed.
    y : str
        A number that rows have.
    where : sequence of str
        ``field=value``; only rows for which all of these hold. Numbers are equal if their first six digits are.

    Raises
    ------
    InvalidInput
        For a name that is not in the records, or a value that no row has.
    """
    if not records:
        raise InvalidInput("the store has no rows to show")
    records = labelled(records)
    fields = [name for name in columns(records) if name not in OUTCOME]
    for name in (x, *by):
        if name not in fields:
            raise InvalidInput(f"{shown(name)} is not in the store; choose from {', '.join(fields)}")
    numbers = [name for name in (*NUMBERS, "seconds") if any(name in record for record in records)]
    if y not in numbers:
        raise InvalidInput(f"{shown(y)} is not a number that rows have; choose from {', '.join(numbers)}")
    for condition in where:
        records = _only(records, condition, fields)
    others = tuple(name for name in varying(records) if name != x and name not in by)
    groups: dict[tuple[Any, ...], list[float]] = {}
    missing = 0
    names = ("method", *others, *(name for name in by if name != "method"), *((x,) if x not in by else ()))
    names = tuple(dict.fromkeys(names))
    for record in records:
        value = record.get(y)
        if isinstance(value, (int, float)):
            groups.setdefault(tuple(record.get(name) for name in names), []).append(float(value))
        else:
            missing += 1
    order = sorted(groups, key=lambda key: [(v is None, isinstance(v, str), v if v is not None else 0) for v in key])
    lines = []
    for key in order:
        values = groups[key]
        line = {**dict(zip(names, key, strict=True)), "mean": float(np.mean(values)), "rows": len(values)}
        if line["method"] != THEORY and len(values) > 1:
            line["standard_error"] = float(np.std(values, ddof=1) / np.sqrt(len(values)))
        lines.append(line)
    return Summary(x, y, tuple(by), others, lines, missing)


def _only(records: list[Record], condition: str, fields: list[str]) -> list[Record]:
    name, equals, text = condition.partition("=")
    name, text = name.strip(), text.strip()
    if not equals or name not in fields:
        raise InvalidInput(f"where must be field=value with one of {', '.join(fields)}, not {shown(condition)}")
    kept = [record for record in records if name in record and _is(record[name], text)]
    if not kept:
        values = dict.fromkeys(_printed(record[name]) for record in records if name in record)
        some = ", ".join(list(values)[:8]) + (", …" if len(values) > 8 else "")
        raise InvalidInput(f"no row has {name} = {text}; there are {some}")
    return kept


def _is(value: Any, text: str) -> bool:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            return value == float(text) or f"{value:.6g}" == f"{float(text):.6g}"
        except ValueError:
            return False
    printed = _printed(value)
    return text.lower() == printed.lower() or (printed.startswith(f"{text}(") and printed.endswith(")"))


def _printed(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def texts(values: Sequence[Any]) -> list[str]:
    """Values in as few digits as tell them apart."""
    plain = {value for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)}
    digits = next((k for k in (6, 9, 12) if len({f"{v:.{k}g}" for v in plain}) == len(plain)), 17)
    return [
        f"{v:.{digits}g}" if v in plain and not isinstance(v, bool) else "" if v is None else str(v) for v in values
    ]


def side_by_side(summary: Summary) -> tuple[list[str], list[list[str]]]:
    """Header and rows of the table for people."""
    upright = tuple(name for name in ("method", *summary.others, summary.x) if name not in summary.by)
    places: dict[tuple[Any, ...], dict[tuple[Any, ...], Mapping[str, Any]]] = {}
    for line in summary.lines:
        key = tuple(line[name] for name in upright)
        places.setdefault(key, {})[tuple(line[name] for name in summary.by)] = line
    keys = list(places)
    names = [texts(column) for column in zip(*keys, strict=True)] if keys else []
    header, rows = list(upright), [list(cells) for cells in zip(*names, strict=True)]
    if not summary.by:
        header += [f"mean {summary.y}", "standard error", "rows"]
        for row, key in zip(rows, keys, strict=True):
            line = places[key][()]
            row += [*_digits(line), str(line["rows"])]
    else:
        across = list(dict.fromkeys(place for found in places.values() for place in found))
        across.sort(key=lambda place: [(v is None, isinstance(v, str), v if v is not None else 0) for v in place])
        labels = [texts(column) for column in zip(*across, strict=True)]
        for k in range(len(across)):
            header.append(", ".join(f"{name}={label[k]}" for name, label in zip(summary.by, labels, strict=True)))
        for row, key in zip(rows, keys, strict=True):
            row += [_cell(places[key].get(place)) for place in across]
    return [printable(name) for name in header], [[printable(cell) for cell in row] for row in rows]


def _cell(line: Mapping[str, Any] | None) -> str:
    if line is None:
        return ""
    return " ± ".join(text for text in _digits(line) if text)


def _digits(line: Mapping[str, Any]) -> tuple[str, str]:
    """Mean and standard error, both to the second digit of the error; six digits where there is none."""
    mean, error = line["mean"], line.get("standard_error", 0.0)
    if not error > 1e-6 * abs(mean):
        return f"{mean:.6g}", f"<{1e-6 * abs(mean):.0e}" if "standard_error" in line and mean else ""
    decimals = 1 - math.floor(math.log10(error))
    if not -6 < decimals < 9:
        return f"{mean:.{max(1, min(17, decimals + math.floor(math.log10(abs(mean) or error))))}e}", f"{error:.1e}"
    return f"{round(mean, decimals):.{max(decimals, 0)}f}", f"{round(error, decimals):.{max(decimals, 0)}f}"
