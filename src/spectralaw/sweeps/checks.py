"""What the store of a sweep can hold, beyond what counts as a number everywhere (:mod:`spectralaw._checks`)."""

from __future__ import annotations

from typing import Any

from spectralaw import _checks
from spectralaw._checks import number, shown
from spectralaw.errors import InvalidInput

__all__ = ["LARGEST_SEED", "number", "shown", "whole"]

LARGEST_SEED = 2**63 - 1


def whole(name: str, value: Any, least: int, most: int) -> int:
    """``value`` as an integer between bounds; 3.0 and 1e3 count as integers."""
    integer = _checks.whole(name, value, -(2**1024))
    if not least <= integer <= most:
        raise InvalidInput(f"{name} must be from {least} to {most:,}, not {shown(value)}")
    return integer
