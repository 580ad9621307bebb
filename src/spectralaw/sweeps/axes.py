"""Values of one field of a sweep: a number, a list, or a generator such as {logspace = [1e2, 1e5, 16]}."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from spectralaw._checks import finite, positive_integer
from spectralaw.errors import InvalidInput

GENERATORS = ("linspace", "logspace", "range")
WHOLE = ("dimension", "samples", "width", "rank")
LARGEST_AXIS = 1_000_000


def axis_values(name: str, value: Any) -> tuple[list[Any], bool]:
    """The values of a field, without repetitions, and whether they were given as an axis.

    ``logspace`` and ``linspace`` are given as [first, last, how many], both ends included and meant as values, not
    exponents; ``range`` as [first, last, step] with the last included. Generated values of dimension, samples, width
    and rank are rounded to whole numbers, so that theory and training see the same task.
    """
    if isinstance(value, Mapping) and name != "teacher":
        return _generate(name, value), True
    if isinstance(value, (str, Mapping)) or not isinstance(value, Iterable):
        return [_plain(value)], False
    values = [_plain(one) for one in value]
    if not values:
        raise InvalidInput(f"{name} must have at least one value, not an empty list")
    return _distinct(values), True


def _generate(name: str, table: Mapping[str, Any]) -> list[float]:
    if len(table) != 1 or next(iter(table)) not in GENERATORS:
        raise InvalidInput(
            f"{name} must be a number, a list, or a table with one of {', '.join(GENERATORS)}, not {dict(table)!r}"
        )
    kind, bounds = next(iter(table.items()))
    if not isinstance(bounds, (list, tuple)) or len(bounds) != 3:
        third = "step" if kind == "range" else "how many"
        raise InvalidInput(f"{kind} of {name} must be [first, last, {third}], not {bounds!r}")
    first, last = finite(f"first value of {name}", bounds[0]), finite(f"last value of {name}", bounds[1])
    if kind == "range":
        step = finite(f"step of {name}", bounds[2])
        if step == 0 or (last - first) / step < 0:
            raise InvalidInput(f"step of {name} must lead from {first:g} to {last:g}, not {step:g}")
        values = [first + step * i for i in range(_size(name, math.floor((last - first) / step + 1e-9) + 1))]
    else:
        values = _spaced(
            name, kind, first, last, _size(name, positive_integer(f"number of values of {name}", bounds[2]))
        )
    return _distinct([float(round(v)) for v in values] if name in WHOLE else values)


def _size(name: str, count: int) -> int:
    if count > LARGEST_AXIS:
        raise InvalidInput(f"{name} must have at most {LARGEST_AXIS:,} values, not {count:,}")
    return count


def _spaced(name: str, kind: str, first: float, last: float, count: int) -> list[float]:
    if kind == "logspace" and not (first > 0 and last > 0):
        raise InvalidInput(f"logspace of {name} must be between positive values, not {first:g} and {last:g}")
    if count == 1:
        return [first]
    steps = [i / (count - 1) for i in range(count)]
    if kind == "logspace":
        inner = [first * (last / first) ** t for t in steps[1:-1]]
    else:
        inner = [first + (last - first) * t for t in steps[1:-1]]
    return [first, *inner, last]


def _plain(value: Any) -> Any:
    """NumPy scalars as Python's."""
    return value.item() if hasattr(value, "item") and getattr(value, "ndim", 0) == 0 else value


def _distinct(values: list[Any]) -> list[Any]:
    """First occurrences, in order; values need not be hashable."""
    try:
        return list(dict.fromkeys(values))
    except TypeError:
        return [v for i, v in enumerate(values) if v not in values[:i]]
