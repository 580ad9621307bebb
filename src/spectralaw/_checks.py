"""Checks of arguments: each refuses in one sentence that names the argument, its value, and what would be right.

What counts as a number, everywhere: Python's and NumPy's integers and floats, ``Fraction``, ``Decimal``, and arrays
without a dimension of such a kind. Not a number: booleans, complex numbers, text, times, and whatever merely converts.
"""

from __future__ import annotations

import math
import numbers
import re
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from spectralaw.errors import InvalidInput

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(nan|inf(inity)?)", re.ASCII | re.IGNORECASE)
_MOST_SEEDS = 1_000_000
_WHY = {2: ", for an error bar"}
_LONGEST = 80  # characters of a value that are shown


def shown(value: Any) -> str:
    """A value in a sentence: its representation in one line, shortened."""
    try:
        if not isinstance(value, str) and len(value) > 1000:
            return f"a {type(value).__name__} of {len(value):,} entries"
    except Exception:  # no length, or none that can be told
        pass
    try:
        text = ascii(value) if isinstance(value, str) and not value.isprintable() else repr(value)
    except Exception:  # a value that cannot even be shown
        text = f"a {type(value).__name__}"
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 2]} …"


def finite(name: str, value: Any) -> float:
    """``value`` as a float; refuses what is not a finite real number."""
    value = _scalar(value)
    if not is_number(value):
        raise InvalidInput(f"{name} must be a number, not {shown(value)}")
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidInput(f"{name} must be a finite number, not {shown(value)}") from error
    if not math.isfinite(number):
        raise InvalidInput(f"{name} must be a finite number, not {number}")
    return number


def is_number(value: Any) -> bool:
    """Whether a value is a real number, finite or not."""
    if isinstance(value, bool) or getattr(getattr(value, "dtype", None), "kind", "f") not in "iuf":
        return False
    real = isinstance(value, numbers.Real)
    return real or (isinstance(value, numbers.Number) and not isinstance(value, numbers.Complex))  # Decimal


def number(name: str, value: Any) -> float | int:
    """``value``, a finite number; of a kind of integers, kept exactly."""
    real, value = finite(name, value), _scalar(value)
    return int(value) if isinstance(value, numbers.Integral) else real


def at_least(name: str, value: Any, least: float) -> float:
    """``value`` as a finite float that is ``least`` or more."""
    number = finite(name, value)
    if number < least:
        raise InvalidInput(f"{name} must be {least:g} or greater, not {number:g}")
    return number


def positive_integer(name: str, value: Any) -> int:
    """``value`` as an integer of 1 or more; 400.0 and 1e6 count as integers."""
    finite(name, value)
    return whole(name, value, 1)


def whole(name: str, value: Any, least: int = 0) -> int:
    """``value`` as an integer of ``least`` or more, exact however large; 400.0 and 1e6 count as integers."""
    value = _scalar(value)
    if is_number(value) and isinstance(value, numbers.Integral):
        integer, text = int(value), shown(int(value))
    else:
        number = finite(name, value)
        if number != math.floor(number):
            raise InvalidInput(f"{name} must be a whole number, not {number:g}")
        integer, text = int(value), f"{number:g}"
    if integer < least:
        raise InvalidInput(f"{name} must be {least} or greater, not {text}")
    return integer


def choice(name: str, value: Any, allowed: Collection[str], *, joined: str = ", ") -> str:
    """``value`` as one of some words."""
    if not isinstance(value, str) or value not in allowed:
        listed = joined.join(map(repr, allowed))
        raise InvalidInput(f"{name} must be {'one of ' if joined == ', ' else ''}{listed}, not {shown(value)}")
    return str(value)


def is_ours(value: Any, *kinds: str) -> bool:
    """Whether a value is of one of our classes; asked by name, so that nothing is imported to be told."""
    ours = (kind.__name__ for kind in type(value).__mro__ if kind.__module__.startswith("spectralaw."))
    return any(name in kinds for name in ours)


def ours(name: str, value: Any, *kinds: str) -> Any:
    """``value``, which is of one of our classes."""
    if not is_ours(value, *kinds):
        raise InvalidInput(f"{name} must be a {' or a '.join(kinds)}, not {shown(value)}")
    return value


def entries(name: str, values: Any, kind: str = "numbers") -> list[Any]:
    """What is in a list, an array or another iterable; not in text, mappings, or arrays without a dimension."""
    if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Iterable) or getattr(values, "ndim", 1) == 0:
        raise InvalidInput(f"{name} must be a list of {kind}, not {shown(values)}")
    return list(values)


def vector(name: str, values: Any, *, or_number: bool = False) -> NDArray[np.float64]:
    """A non-empty one-dimensional list of finite numbers, as 64-bit floats; one number too, with ``or_number``.

    Any iterable that has an order; entries are held to what counts as a number. Masked entries count as missing, not as
    the number behind the mask.
    """
    import numpy as np

    if or_number and is_number(_scalar(values)):
        return np.array([finite(name, values)])
    if hasattr(values, "__array__") and not np.isscalar(values):
        if np.ma.is_masked(values):
            raise InvalidInput(f"{name} must be a list of numbers, but some of its entries are masked")
        values = np.asarray(values)
        if values.dtype.kind not in "iufO":
            raise InvalidInput(f"{name} must be a list of numbers, not an array of {values.dtype}")
        if values.ndim != 1 or values.size == 0:
            raise InvalidInput(f"{name} must be a non-empty list of numbers, not an array of shape {values.shape}")
    elif isinstance(values, (set, frozenset)):  # equal ones would be lost
        raise InvalidInput(f"{name} must be a list of numbers, not {shown(values)}")
    if not isinstance(values, np.ndarray) or values.dtype.kind == "O":
        values = [_scalar(value) for value in entries(name, values)]
        wrong = next((k for k, value in enumerate(values) if type(value) is not float and not is_number(value)), None)
        if wrong is not None:
            raise InvalidInput(f"{name} must be a list of numbers, but its entry {wrong} is {shown(values[wrong])}")
        if not values:
            raise InvalidInput(f"{name} must be a non-empty list of numbers, not an empty one")
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidInput(f"{name} must be a list of finite numbers of 64 bits") from error
    if not np.all(np.isfinite(array)):
        first = int(np.flatnonzero(~np.isfinite(array))[0])
        raise InvalidInput(f"{name} must be finite, but its entry {first} is {array[first]}")
    return array


def seed_list(name: str, seeds: Any, fewest: int = 1) -> list[int]:
    """Seeds as how many (0, 1, …) or which: different whole numbers of 0 or greater."""
    if is_number(_scalar(seeds)):
        chosen = list(range(min(whole(name, seeds), _MOST_SEEDS + 1)))
        if len(chosen) > _MOST_SEEDS:
            raise InvalidInput(f"{name} must be at most {_MOST_SEEDS:,}, not {shown(seeds)}")
    else:
        chosen = [whole(f"each of {name}", seed) for seed in entries(name, seeds, "whole numbers, or how many,")]
    if len(chosen) < fewest:
        raise InvalidInput(f"{name} must be at least {fewest}{_WHY.get(fewest, '')}, not {len(chosen)}")
    if len(set(chosen)) < len(chosen):
        raise InvalidInput(f"{name} must differ from one another, not {shown(chosen)}")
    return chosen


def number_from_text(text: str) -> float:
    """The number that a text says in decimal digits: ``1000``, ``-0.5``, ``1e3``; ``nan`` and ``inf`` as they are.

    Raises
    ------
    ValueError
        For anything else, such as ``1_000``, ``0x10``, ``0,5``, other digits than 0 to 9, and for what would be read
        as another number: 1e999, and 1e-999 as zero.
    """
    text = text.strip()
    if not _DECIMAL.fullmatch(text):
        if _NOT_FINITE.fullmatch(text):
            return float(text)
        raise ValueError(f"must be a number such as 1000, 0.5 or 1e3, not {shown(text)}")
    number = float(text)
    if math.isinf(number) or (number == 0.0 and re.search("[1-9]", re.split("[eE]", text)[0])):
        raise ValueError(f"must be a number between 5e-324 and 1.8e308 in size, not {shown(text)}")
    return number


def whole_from_text(text: str) -> int:
    """The whole number that a text says, exact however many digits; 400.0 and 1e6 count.

    Raises
    ------
    ValueError
        For what is no number, or not whole.
    """
    text = text.strip()
    if re.fullmatch(r"[+-]?\d{1,4000}", text, re.ASCII):
        return int(text)
    number = number_from_text(text)
    if not math.isfinite(number) or number != math.floor(number):
        raise ValueError(f"must be a whole number, not {shown(text)}")
    return int(number)


def _scalar(value: Any) -> Any:
    """The number in an array without a dimension; anything else as it is, masked ones included."""
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    array = kind and kind in "iuf" and getattr(value, "ndim", None) == 0 and not isinstance(value, numbers.Number)
    return value.item() if array and not getattr(value, "mask", False) else value  # type: ignore[attr-defined]
