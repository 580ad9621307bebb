"""Strict reading of what stands in a sweep: numbers, whole numbers, names, and how a wrong value is shown."""

from __future__ import annotations

import math
import numbers
import reprlib
from typing import Any

from spectralaw.errors import InvalidInput

LARGEST_SEED = 2**63 - 1  # what the store can hold


class _Brief(reprlib.Repr):
    def __init__(self) -> None:
        super().__init__()
        self.maxlevel, self.maxlist, self.maxtuple, self.maxdict, self.maxset = 2, 4, 4, 3, 3
        self.maxstring = self.maxother = self.maxlong = 60

    def repr_int(self, x: int, level: int) -> str:
        return f"a whole number of {x.bit_length()} bits" if x.bit_length() > 200 else super().repr_int(x, level)


shown = _Brief().repr
"""A value as it stands in a sentence: short, whatever its length and depth."""


def number(name: str, value: Any) -> float | int:
    """``value``, which is a finite number; whole ones of Python's kind are kept exactly."""
    plain = value.item() if hasattr(value, "item") and getattr(value, "ndim", 1) == 0 else value
    if isinstance(plain, bool) or not isinstance(plain, numbers.Real):
        raise InvalidInput(f"{name} must be a number, not {shown(value)}")
    try:
        real = float(plain)
    except OverflowError:
        real = math.inf
    if not math.isfinite(real):
        raise InvalidInput(f"{name} must be a finite number, not {shown(value)}")
    return plain if isinstance(plain, int) else real


def whole(name: str, value: Any, least: int, most: int) -> int:
    """``value`` as an integer between bounds; 3.0 and 1e3 count as integers."""
    real = number(name, value)
    if real != int(real):
        raise InvalidInput(f"{name} must be a whole number, not {real!r}")
    if not least <= real <= most:
        raise InvalidInput(f"{name} must be from {least} to {most:,}, not {shown(value)}")
    return int(real)
