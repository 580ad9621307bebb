"""Values of one field of a sweep: a number, a list, or a generator such as {logspace = [1e2, 1e5, 16]}."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from spectralaw.errors import InvalidInput
from spectralaw.sweeps.checks import number, shown, whole
from spectralaw.teacher import Empirical, FiniteRank, PowerLaw

GENERATORS = ("linspace", "logspace", "range")
WHOLE = ("dimension", "samples", "width")
LARGEST_AXIS = 1_000_000
_KINDS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "PowerLaw": (PowerLaw, ("gamma", "coefficients")),
    "FiniteRank": (FiniteRank, ("rank", "gamma", "coefficients")),
    "Empirical": (Empirical, ("spectrum", "normalize", "coefficients")),
}


def axis_values(name: str, value: Any) -> list[Any]:
    """The values of a field, validated one by one, without repetitions.

    ``logspace`` and ``linspace`` are given as [first, last, how many], both ends included and meant as values, not
    exponents; ``range`` as [first, last, step], with the last included where the steps lead to it. Generated values of
    dimension, samples and width are rounded to whole numbers, so that theory and training see the same task.
    """
    one = _reader(name)
    if isinstance(value, Mapping) and name != "teacher":
        return _generate(name, value)
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable) or getattr(value, "ndim", 1) == 0:
        return [one(value)]
    values = [one(each) for each in value]
    if not values:
        raise InvalidInput(f"{name} must have at least one value, not an empty list")
    _size(name, len(values))
    return list(dict.fromkeys(values))


def _reader(name: str) -> Callable[[Any], Any]:
    """What reads one value of a field."""
    if name == "network":
        return _network
    if name == "teacher":
        return teacher
    if name == "width":
        return lambda value: None if value is None else number(name, value)
    return lambda value: number(name, value)


def _network(value: Any) -> str:
    if not isinstance(value, str) or value not in ("diagonal", "quadratic"):
        raise InvalidInput(f"network must be 'diagonal' or 'quadratic', not {shown(value)}")
    return value


def teacher(value: Any) -> PowerLaw | FiniteRank | Empirical:
    """A teacher, or the one that a table such as {kind = "FiniteRank", rank = 3} describes."""
    if isinstance(value, (PowerLaw, FiniteRank, Empirical)):
        return value
    if not isinstance(value, Mapping):
        raise InvalidInput(
            f"teacher must be a teacher, or a table such as {{kind = 'FiniteRank', rank = 3}}, not {shown(value)}"
        )
    fields = dict(value)
    kind = fields.pop("kind", None)
    if not isinstance(kind, str) or kind not in _KINDS:
        raise InvalidInput(f"kind of teacher must be one of {', '.join(_KINDS)}, not {shown(kind)}")
    make, names = _KINDS[kind]
    unknown = [name for name in fields if name not in names]
    if unknown:
        raise InvalidInput(f"a teacher {kind} has {', '.join(names)}, not {shown(unknown[0])}")
    if names[0] not in fields and kind != "PowerLaw":
        raise InvalidInput(f"a teacher {kind} needs {names[0]}, which is not given")
    for name, content in fields.items():
        if name in ("gamma", "rank"):
            fields[name] = number(name, content)
        elif name == "normalize" and not isinstance(content, bool):
            raise InvalidInput(f"normalize must be true or false, not {shown(content)}")
        elif name == "coefficients" and content not in ("gaussian", "fixed"):
            raise InvalidInput(f"coefficients must be 'gaussian' or 'fixed', not {shown(content)}")
        elif name == "spectrum":
            if isinstance(content, (str, bytes, Mapping)) or not isinstance(content, Iterable):
                raise InvalidInput(f"spectrum must be a list of numbers, not {shown(content)}")
            fields[name] = [number("spectrum", entry) for entry in content]
    return make(**fields)


def _generate(name: str, table: Mapping[Any, Any]) -> list[float]:
    if len(table) != 1 or next(iter(table)) not in GENERATORS or name == "network":
        raise InvalidInput(
            f"{name} must be a number, a list, or a table with one of {', '.join(GENERATORS)}, not {shown(dict(table))}"
        )
    kind, bounds = next(iter(table.items()))
    if not isinstance(bounds, (list, tuple)) or len(bounds) != 3:
        third = "step" if kind == "range" else "how many"
        raise InvalidInput(f"{kind} of {name} must be [first, last, {third}], not {shown(bounds)}")
    first, last = float(number(f"first value of {name}", bounds[0])), float(number(f"last value of {name}", bounds[1]))
    if kind == "range":
        values = _steps(name, first, last, float(number(f"step of {name}", bounds[2])))
    else:
        values = _spaced(name, kind, first, last, whole(f"number of values of {name}", bounds[2], 1, LARGEST_AXIS))
    return list(dict.fromkeys(float(round(v)) for v in values) if name in WHOLE else dict.fromkeys(values))


def _size(name: str, count: int) -> int:
    if count > LARGEST_AXIS:
        raise InvalidInput(f"{name} must have at most {LARGEST_AXIS:,} values, not {shown(count)}")
    return count


def _steps(name: str, first: float, last: float, step: float) -> list[float]:
    """first, first + step, …, in the decimal digits that were written: 0.1 + 6 · 0.1 is 0.7."""
    if step == 0.0 or (last - first) / step < 0.0:
        raise InvalidInput(f"step of {name} must lead from {first:g} to {last:g}, not {step:g}")
    begin, stride = Decimal(repr(first)), Decimal(repr(step))
    count = _size(name, math.floor(min((Decimal(repr(last)) - begin) / stride, Decimal(10**15))) + 1)
    return [float(begin + stride * i) for i in range(count)]


def _spaced(name: str, kind: str, first: float, last: float, count: int) -> list[float]:
    if kind == "logspace" and not (first > 0 and last > 0):
        raise InvalidInput(f"logspace of {name} must be between positive values, not {first:g} and {last:g}")
    if count == 1 and first != last:
        raise InvalidInput(f"number of values of {name} must be 2 or more, for both ends are included, not 1")
    if count == 1:
        return [first]
    steps = [i / (count - 1) for i in range(count)]
    ratio = last / first if kind == "logspace" else 1.0
    if kind == "linspace":
        inner = [first + (last - first) * t for t in steps[1:-1]]
    elif 0.0 < ratio < math.inf:
        inner = [first * ratio**t for t in steps[1:-1]]
    else:  # the ratio is beyond the range of numbers, the values are not
        inner = [math.exp((1.0 - t) * math.log(first) + t * math.log(last)) for t in steps[1:-1]]
    values = [first, *inner, last]
    if not all(map(math.isfinite, values)):
        raise InvalidInput(f"{kind} of {name} must be between smaller values, not {first:g} and {last:g}")
    return values
