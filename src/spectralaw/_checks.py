"""Checks of arguments: each refuses in one sentence that names the argument, its value, and what would be right."""

from __future__ import annotations

import math
import numbers
from typing import Any

from spectralaw.errors import InvalidInput


def finite(name: str, value: Any) -> float:
    """``value`` as a float; refuses what is not a finite real number."""
    if isinstance(value, bool) or not (isinstance(value, numbers.Real) or hasattr(value, "__float__")):
        raise InvalidInput(f"{name} must be a number, not {value!r}")
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidInput(f"{name} must be a finite number, not {value!r}") from error
    if not math.isfinite(number):
        raise InvalidInput(f"{name} must be a finite number, not {number}")
    return number


def at_least(name: str, value: Any, least: float) -> float:
    """``value`` as a finite float that is ``least`` or more."""
    number = finite(name, value)
    if number < least:
        raise InvalidInput(f"{name} must be {least:g} or greater, not {number:g}")
    return number


def positive_integer(name: str, value: Any) -> int:
    """``value`` as an integer of 1 or more; 400.0 and 1e6 count as integers."""
    number = finite(name, value)
    if number != math.floor(number):
        raise InvalidInput(f"{name} must be a whole number, not {number:g}")
    if number < 1:
        raise InvalidInput(f"{name} must be 1 or greater, not {number:g}")
    return int(value) if isinstance(value, numbers.Integral) else int(number)
