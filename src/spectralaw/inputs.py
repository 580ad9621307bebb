"""Laws of the inputs: white, or with a covariance that shares its eigenvectors with the teacher."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from spectralaw._checks import at_least, vector
from spectralaw.errors import InvalidInput

Array = NDArray[np.float64]

LARGEST_COLOURED = {"diagonal": 1_000_000, "quadratic": 4096}
"""Dimensions up to which the theory lists the directions of inputs that are not white."""


@runtime_checkable
class Inputs(Protocol):
    """Variances ν_1, …, ν_d of the inputs along the teacher's directions, in the order of its values."""

    def variances(self, dimension: int) -> Array:
        """All ν_i, positive."""
        ...

    def check(self, dimension: int) -> None:
        """Raise where they do not fit a dimension."""
        ...


@dataclass(frozen=True, slots=True)
class White:
    """x ~ N(0, I)."""

    def variances(self, dimension: int) -> Array:
        return np.ones(dimension)

    def check(self, dimension: int) -> None:
        pass


@dataclass(frozen=True, slots=True)
class PowerLawInputs:
    """ν_i ∝ i^(−a), scaled to a mean of 1: the largest variance goes with the largest teacher value.

    Parameters
    ----------
    exponent : float
        a ≥ 0; 0 is white.
    """

    exponent: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "exponent", at_least("exponent", self.exponent, 0.0))

    def variances(self, dimension: int) -> Array:
        nu = np.arange(1.0, dimension + 1.0) ** -self.exponent
        return nu * (dimension / nu.sum())

    def check(self, dimension: int) -> None:
        if self.exponent * np.log10(dimension) > 200.0:
            raise InvalidInput(
                f"exponent must leave variances above 1e-200 in dimension {dimension}, not {self.exponent:g}"
            )


@dataclass(frozen=True, slots=True)
class EmpiricalInputs:
    """Variances as they are, in the order of the teacher values.

    Parameters
    ----------
    values : sequence of float
        Positive, one for each dimension.
    """

    values: tuple[float, ...] = field(repr=False)

    def __init__(self, values: Iterable[float]) -> None:
        array = vector("values", values)
        if np.any(array <= 0.0):
            raise InvalidInput(f"values must be variances greater than 0, but the smallest is {array.min():g}")
        object.__setattr__(self, "values", tuple(array.tolist()))

    def variances(self, dimension: int) -> Array:
        return np.array(self.values)

    def check(self, dimension: int) -> None:
        if len(self.values) != dimension:
            raise InvalidInput(f"values must be {dimension} variances, one for each dimension, not {len(self.values)}")


INPUTS = {"White": White, "PowerLawInputs": PowerLawInputs, "EmpiricalInputs": EmpiricalInputs}
