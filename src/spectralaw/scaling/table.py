"""Losses from a table in a file: columns by name or by what they are usually called, nothing dropped in silence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw import _checks
from spectralaw.errors import InvalidInput
from spectralaw.scaling.laws import Array
from spectralaw.tables import MISSING, is_number, read_cells

ALIASES: dict[str, tuple[str, ...]] = {
    "y": ("loss", "y", "excess_risk", "val_loss"),
    "x": ("x", "n", "samples", "examples", "tokens", "flops", "C"),
    "N": ("N", "params", "parameters", "Model Size"),
    "D": ("D", "tokens"),
    "C": ("C", "flops", "flop", "compute", "Training FLOP"),
    "group": ("seed", "run", "name"),
    "weight": ("weight",),
    "se": ("se", "standard_error"),
}
_FLOPS = 6.0
_FEWEST = 3  # rows for each text of a column that tells curves apart, in the mean


@dataclass(frozen=True)
class Table:
    """What a file holds of a fit's arguments, and what was made of it."""

    x: Any
    """One column, or {"N": ..., "D": ...}."""
    y: Array
    groups: Any
    weights: Array | None
    dropped: dict[str, int]
    """Rows that were left out, by the reason."""
    columns: dict[str, str]
    """Which column plays which part."""
    remarks: tuple[str, ...]
    """What was chosen, computed or left out."""


def read_table(
    path: str | Path,
    *,
    columns: Mapping[str, str | None] | None = None,
    law: str = "auto",
    skip_first: float = 0.0,
    drop_worst: int = 0,
    where: Mapping[str, str] | None = None,
) -> Table:
    """Read a CSV file with a header.

    Parameters
    ----------
    path : path
        Separated by commas, semicolons or tabs; lines that begin with ``#`` are comments.
    columns : mapping, optional
        Column names for the parts ``x``, ``y``, ``N``, ``D``, ``C``, ``group``, ``weight``, ``se``; what is not
        named is looked for under its usual names, case-blind.
    law : str
        A law of two variables asks for N and D; D is C/(6 N) where only C is given. With ``auto`` a table that has N
        and D or C is one of two variables.
    skip_first : float
        Share f: rows with x < f · max x of their run are left out.
    drop_worst : int
        How many of the largest losses to leave out.
    where : mapping, optional
        Column and the value (as text) of the rows to take, as in ``{"model": "6e6d"}``.

    Raises
    ------
    InvalidInput
        For files that cannot be read, columns that are not there, and cells that are no numbers (the row is named).
    """
    names, cells = read_cells(path, words=True)
    cells, numbers, taken = _where(names, cells, where or {})
    asked = {part: name for part, name in (columns or {}).items() if name is not None}
    found, remarks = _parts(names, asked, law)
    remarks += _pooled(names, cells, set(found.values()) | set(where or {}))
    rows = len(cells)
    values = {
        part: _numbers(cells, numbers, names.index(name), name) for part, name in found.items() if part != "group"
    }
    keep, dropped = np.ones(rows, dtype=bool), ({"where": taken} if taken else {})
    for part, column in values.items():
        missing = np.isnan(column) & keep
        if missing.any():
            dropped["missing value"] = dropped.get("missing value", 0) + int(missing.sum())
            remarks.append(f"{int(missing.sum())} rows without a value of {found[part]!r} were left out")
        keep &= ~missing
    labels = None
    if "group" in found:
        place = names.index(found["group"])
        labels = np.array([row[place].strip() for row in cells])
        nowhere = np.array([label.lower() in MISSING for label in labels]) & keep
        if nowhere.any():
            dropped["missing value"] = dropped.get("missing value", 0) + int(nowhere.sum())
            remarks.append(f"{int(nowhere.sum())} rows without a value of {found['group']!r} were left out")
        keep &= ~nowhere
    y = values["y"]
    if "N" in found:
        if "D" not in values:
            values["D"] = values["C"] / (_FLOPS * values["N"])
            remarks.append(f"D = C/(6 N) from {found['C']!r} and {found['N']!r}")
        axis = values["D"]
    else:
        axis = values["x"]
    share = _checks.at_least("skip_first", skip_first, 0.0)
    if share >= 1.0:
        raise InvalidInput(f"skip_first must be a share below 1, not {share:g}")
    if share > 0.0:
        early = np.zeros(rows, dtype=bool)
        runs = labels if labels is not None else np.zeros(rows)
        for run in np.unique(runs[keep]):
            member = keep & (runs == run)
            early |= member & (axis < share * np.max(axis[member]))
        dropped |= {"skip_first": int(early.sum())} if early.any() else {}
        keep &= ~early
    worst = _checks.whole("drop_worst", drop_worst)
    if worst:
        if worst >= keep.sum():
            raise InvalidInput(f"drop_worst must leave some of the {int(keep.sum())} rows, not drop {worst}")
        order = np.flatnonzero(keep)[np.argsort(-y[keep], kind="stable")]
        keep[order[:worst]] = False
        dropped["drop_worst"] = worst
    if not keep.any():
        raise InvalidInput(f"table {path} has no row without a missing value")
    x: Any = {"N": values["N"][keep], "D": values["D"][keep]} if "N" in found else axis[keep]
    for part in ("y", *(("x",) if "N" not in found else ("N", "D")), "weight", "se"):
        if part in values:
            _positive(values[part], found.get(part, part), keep, numbers)
    weights = values["weight"][keep] if "weight" in values else None
    if "se" in values:
        weights = 1.0 / values["se"][keep] ** 2
        remarks.append(f"weights are 1/{found['se']}²")
    place = np.column_stack([values["N"], values["D"]]) if "N" in found else axis[:, None]
    groups, said = _groups(labels, keep, place, found)
    return Table(x, y[keep], groups, weights, dropped, found, tuple(remarks + said))


def _where(
    names: list[str], cells: list[list[str]], where: Mapping[str, str]
) -> tuple[list[list[str]], list[int], int]:
    """Rows with the values that were asked for, their numbers in the file, and how many others there were."""
    kept, numbers = cells, list(range(1, len(cells) + 1))
    for column, value in where.items():
        place = names.index(_named(names, column, "where"))
        there = sorted({row[place].strip() for row in kept})
        numbers = [number for number, row in zip(numbers, kept, strict=True) if row[place].strip() == value]
        kept = [row for row in kept if row[place].strip() == value]
        if not kept:
            raise InvalidInput(f"where {column}={value} leaves no row; the column has {', '.join(there[:12])}")
    return kept, numbers, len(cells) - len(kept)


def _pooled(names: list[str], cells: list[list[str]], used: set[str]) -> list[str]:
    """A sentence for each column of text that tells several curves apart and is not used."""
    said = []
    for place, name in enumerate(names):
        values = [row[place].strip() for row in cells]
        several = 1 < len(set(values)) <= len(values) // _FEWEST
        if name not in used and several and not any(is_number(v) or v.lower() in MISSING for v in values):
            said.append(
                f"the column {name!r} has {len(set(values))} values, whose points are fitted as one curve; "
                f"take one with --where {name}=VALUE, or name it with --group"
            )
    return said


def _groups(labels: Any, keep: NDArray[np.bool_], place: Array, found: dict[str, str]) -> tuple[Any, list[str]]:
    """Runs, or, where each x was measured with several seeds, the x."""
    if labels is None:
        return None, []
    name = found["group"]
    if name.lower() == "seed":
        where = np.unique(place[keep], axis=0, return_inverse=True)[1].ravel()
        if where.size == 0 or where.max() + 1 == len(where):
            return None, []
        return where, [f"several {name!r} of one x are its replicates: whole x are drawn by the bootstrap"]
    groups = labels[keep]
    if len(set(groups)) == len(groups):
        return None, []
    return groups, [f"points of one {name!r} are correlated: whole runs are drawn by the bootstrap"]


def _parts(names: list[str], asked: Mapping[str, str], law: str) -> tuple[dict[str, str], list[str]]:
    """Which column plays which part, and what was chosen among several."""
    unknown = set(asked) - set(ALIASES)
    if unknown:
        raise InvalidInput(f"columns must be for {', '.join(ALIASES)}, not {sorted(unknown)[0]!r}")
    found: dict[str, str] = {}
    remarks: list[str] = []
    for part, name in asked.items():
        found[part] = _named(names, name, part)
    two = law.startswith("chinchilla")
    if law == "auto" and "x" not in asked:
        two = "N" in found or (_alias(names, "N")[0] is not None and any(_alias(names, p)[0] for p in ("D", "C")))
    wanted = ["y", "group", "weight", "se", *(("N", "D") if two else ("x",))]
    if two and "D" not in found and _alias(names, "D")[0] is None:
        wanted.append("C")
    taken = set(found.values())
    for part in wanted:
        if part in found:
            continue
        name, others = _alias([n for n in names if n not in taken], part)
        if name is not None:
            found[part] = name
            taken.add(name)
            if others and part in ("x", "y"):
                remarks.append(
                    f"{part} is the column {name!r}; {', '.join(map(repr, others))} would do, too: see --{part}"
                )
    if "weight" in found and "se" in found:
        remarks.append(f"weights are from {found['weight']!r}, not from {found.pop('se')!r}")
    needed = ("y", "N") if two else ("y", "x")
    for part in needed:
        if part not in found:
            raise InvalidInput(
                f"{part} was not found: the table has {', '.join(names)}; name a column, or call it {ALIASES[part][0]}"
            )
    if two and "D" not in found and "C" not in found:
        raise InvalidInput(f"D or C was not found for the law of two variables: the table has {', '.join(names)}")
    if not two:
        found = {part: name for part, name in found.items() if part not in ("N", "D", "C")}
    return found, remarks


def _named(names: list[str], name: str, part: str) -> str:
    if name in names:
        return name
    same = [n for n in names if n.lower() == name.lower()]
    if len(same) == 1:
        return same[0]
    raise InvalidInput(f"{part} must be one of the columns {', '.join(names)}, not {name!r}")


def _alias(names: list[str], part: str) -> tuple[str | None, list[str]]:
    """The first usual name that is there, in its own case if it is, and the others."""
    fits = [alias for alias in ALIASES[part] if alias in names]
    for alias in ALIASES[part]:
        fits += [n for n in names if n.lower() == alias.lower() and n not in fits and len(alias) > 1]
    if not fits:
        for alias in ALIASES[part]:
            fits += [n for n in names if n.lower() == alias.lower() and n not in fits and part in ("x", "y")]
    return (fits[0], fits[1:]) if fits else (None, [])


def _numbers(cells: list[list[str]], numbers: list[int], place: int, name: str) -> Array:
    column = np.empty(len(cells))
    for row, line in enumerate(cells):
        text = line[place].strip()
        if text.lower() in MISSING:
            column[row] = np.nan
        elif is_number(text):
            column[row] = float(text)
        else:
            raise InvalidInput(f"column {name!r} must hold numbers, but data row {numbers[row]} has {text!r}")
    return column


def _positive(values: Array, name: str, keep: NDArray[np.bool_], numbers: list[int]) -> None:
    bad = np.flatnonzero(keep & ~(np.isfinite(values) & (values > 0.0)))
    if bad.size:
        raise InvalidInput(
            f"column {name!r} must be finite and greater than 0, but data row {numbers[bad[0]]} has {values[bad[0]]:g}"
        )
