"""The vocabulary that predictions and trained networks share."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any


class ByValue:
    """Base of results, dataclasses with ``eq=False``: equal where every compared field is.

    A number that does not exist (NaN) equals another such number, and arrays are equal in shape and every entry: a
    result equals its own copy, on every version of Python.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return _equal(self, other) if type(other) is type(self) else NotImplemented

    def __hash__(self) -> int:
        return hash(_hashable(self))


def _compared(value: Any) -> list[Any]:
    return [getattr(value, f.name) for f in fields(value) if f.compare]


def _equal(one: Any, two: Any) -> bool:
    if hasattr(one, "__dataclass_fields__") and type(one) is type(two):
        return all(map(_equal, _compared(one), _compared(two)))
    if hasattr(one, "__array__") and getattr(one, "ndim", 0):
        same = getattr(two, "shape", None) == one.shape
        return same and all(map(_equal, one.ravel().tolist(), two.ravel().tolist()))
    if isinstance(one, (tuple, list)) and type(one) is type(two):
        return len(one) == len(two) and all(map(_equal, one, two))
    if isinstance(one, dict) and isinstance(two, dict):
        return one.keys() == two.keys() and all(_equal(value, two[name]) for name, value in one.items())
    return bool(one == two) or (isinstance(one, float) and isinstance(two, float) and one != one and two != two)


def _hashable(value: Any) -> Any:
    if hasattr(value, "__dataclass_fields__"):
        return tuple(map(_hashable, _compared(value)))
    if hasattr(value, "__array__") and getattr(value, "ndim", 0):
        return (value.shape, *map(_hashable, value.ravel().tolist()))
    if isinstance(value, (tuple, list)):
        return tuple(map(_hashable, value))
    if isinstance(value, dict):
        return frozenset((name, _hashable(held)) for name, held in value.items())
    return None if isinstance(value, float) and value != value else value


class Status(StrEnum):
    """Outcome of a solver. Only ``CONVERGED`` and ``COLLAPSED`` are results."""

    CONVERGED = "converged"
    """The certificate is within its tolerance."""
    COLLAPSED = "collapsed"
    """Nothing survives the threshold: the trained weights are exactly zero."""
    NOT_CONVERGED = "not_converged"
    """The certificate is not within its tolerance; numbers are not results."""

    @property
    def is_result(self) -> bool:
        """Whether numbers that carry this status may be used."""
        return self is not Status.NOT_CONVERGED


@dataclass(frozen=True, slots=True)
class Outlier:
    """A learned feature: an eigenvalue of the trained weights outside the bulk."""

    teacher: float
    """Teacher eigenvalue (or coefficient) that it comes from."""
    location: float
    """Where it sits in the spectrum of the trained weights."""
    overlap: float
    """Squared overlap of its eigenvector with the teacher's, between 0 and 1."""


@dataclass(frozen=True)
class Pruned:
    """Excess risk before and after pruning."""

    before: float
    after: float
    cut: float
    """What was taken from each eigenvalue."""
    kept: int
    """Eigenvalues that remain."""

    @property
    def helps(self) -> bool:
        """Whether pruning lowers the excess risk."""
        return self.after < self.before


class Outcome(StrEnum):
    """What holding a claim against a measurement came to."""

    AGREE = "agree"
    DISAGREE = "disagree"
    NOT_JUDGED = "not judged"
    """The measurement cannot tell, or was not made; the reason is given beside it."""
