"""The settings of a reading of weights, checked in one place for all who read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spectralaw._checks import choice, finite, positive_integer, whole
from spectralaw.errors import InvalidInput
from spectralaw.weights.selection import patterns

NULLS = ("auto", "edge", "flip")
KINDS = ("matrix", "eigenvalues")


def checked(settings: dict[str, Any]) -> dict[str, Any]:
    """Settings as they are used; what is not given is not looked at.

    Raises
    ------
    InvalidInput
        For one that is out of its range.
    """
    given = dict(settings)
    for name, check in _CHECKS.items():
        if name in given:
            given[name] = check(name, given[name])
    return given


def _level(name: str, value: Any) -> float:
    level = finite(name, value)
    if not 0.0 < level < 0.5:
        raise InvalidInput(f"{name} must be between 0 and 1/2, not {level:g}")
    return level


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "level": _level,
    "null": lambda name, value: choice(name, value, NULLS),
    "kind": lambda name, value: choice(name, value, KINDS),
    "resamples": lambda name, value: whole(name, value, 10),
    "seed": whole,
    "min_size": lambda name, value: whole(name, value, 2),
    "max_bytes": positive_integer,
    "include": patterns,
    "exclude": patterns,
}
