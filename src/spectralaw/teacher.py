"""Teacher spectra: what the network is asked to learn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from spectralaw._checks import choice, finite, positive_integer, shown, vector
from spectralaw.errors import InvalidInput

Coefficients = Literal["gaussian", "fixed"]
Array = NDArray[np.float64]

_LARGEST_LISTED_DIMENSION = 10**8  # 0.8 GB of 64-bit values


@runtime_checkable
class Teacher(Protocol):
    """A spectrum s_1 ≥ s_2 ≥ … ≥ 0 for any dimension d.

    For the quadratic network the values are the eigenvalues of S*; for the diagonal network they are the standard
    deviations of the coefficients θ*_i (``coefficients="gaussian"``) or the coefficients themselves (``"fixed"``).
    """

    @property
    def coefficients(self) -> Coefficients: ...

    def values(self, dimension: int, total_power: float) -> Array:
        """All ``dimension`` values, largest first; laws are scaled so that Σ s_i² = ``total_power``."""
        ...

    def value_at(self, index: Array, dimension: int, total_power: float) -> Array:
        """Values at (possibly fractional) one-based indices."""
        ...

    def listed(self, dimension: int) -> bool:
        """Whether the values are a list of numbers, not a smooth law of the index."""
        ...


def _coefficients(value: str) -> Coefficients:
    return choice("coefficients", value, ("gaussian", "fixed"), joined=" or ")  # type: ignore[return-value]


def _refuse_to_list(dimension: int) -> None:
    if dimension > _LARGEST_LISTED_DIMENSION:
        raise InvalidInput(
            f"listing all {dimension:,} teacher values would take {8 * dimension / 1e9:,.1f} GB; "
            f"the list is limited to dimension {_LARGEST_LISTED_DIMENSION:,}"
        )


class _Law:
    """Shared by the teachers that are a law of the index."""

    def values(self, dimension: int, total_power: float) -> Array:
        _refuse_to_list(dimension)
        return self.value_at(np.arange(1.0, dimension + 1.0), dimension, total_power)

    def value_at(self, index: Array, dimension: int, total_power: float) -> Array:
        raise NotImplementedError  # abstract: each law gives its own

    def listed(self, dimension: int) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class PowerLaw(_Law):
    """Power-law teacher, s_i ∝ i^{−γ} (arXiv:2509.24882, section 2).

    Parameters
    ----------
    gamma : float
        Exponent γ > 1/2, so that the power Σ s_i² has a limit as d → ∞.
    coefficients : {"gaussian", "fixed"}
        Diagonal network only: whether s_i is the standard deviation of θ*_i, or θ*_i itself.
    """

    gamma: float = 1.0
    coefficients: Coefficients = "gaussian"

    def __post_init__(self) -> None:
        object.__setattr__(self, "gamma", finite("gamma", self.gamma))
        if not self.gamma > 0.5:
            raise InvalidInput(f"gamma must be greater than 1/2 (a square-summable spectrum), not {self.gamma:g}")
        object.__setattr__(self, "coefficients", _coefficients(self.coefficients))

    def value_at(self, index: Array, dimension: int, total_power: float) -> Array:
        scale = np.sqrt(total_power / _power_law_norm(self.gamma, dimension))
        return scale * np.asarray(index, dtype=float) ** -self.gamma


@lru_cache(maxsize=256)
def _power_law_norm(gamma: float, dimension: int) -> float:
    """Σ_{i ≤ d} i^{−2γ}, by the Euler–Maclaurin formula beyond the first 200 terms."""
    exponent = 2.0 * gamma
    head = min(dimension, 200)
    total = float(np.sum(np.arange(head, 0.0, -1.0) ** -exponent))
    if dimension > head:
        a, b = float(head), float(dimension)
        integral = -np.expm1((1.0 - exponent) * np.log(b / a)) * a ** (1.0 - exponent) / (exponent - 1.0)
        ends = 0.5 * (b**-exponent - a**-exponent)
        first = exponent / 12.0 * (a ** (-exponent - 1.0) - b ** (-exponent - 1.0))
        third = exponent * (exponent + 1.0) * (exponent + 2.0) / 720.0
        total += integral + ends + first - third * (a ** (-exponent - 3.0) - b ** (-exponent - 3.0))
    return total


@dataclass(frozen=True, slots=True)
class FiniteRank(_Law):
    """Teacher with ``rank`` non-zero values, s_i ∝ i^{−γ} for i ≤ rank (γ = 0: all equal) and zero beyond.

    Parameters
    ----------
    rank : int
        Number of non-zero values, at least 1 and at most the dimension of the task.
    gamma : float
        Decay exponent γ ≥ 0.
    coefficients : {"gaussian", "fixed"}
        As for :class:`PowerLaw`.
    """

    rank: int
    gamma: float = 0.0
    coefficients: Coefficients = "gaussian"

    def __post_init__(self) -> None:
        object.__setattr__(self, "rank", positive_integer("rank", self.rank))
        object.__setattr__(self, "gamma", finite("gamma", self.gamma))
        if self.gamma < 0:
            raise InvalidInput(f"gamma must be zero or greater for a teacher of finite rank, not {self.gamma:g}")
        object.__setattr__(self, "coefficients", _coefficients(self.coefficients))

    def value_at(self, index: Array, dimension: int, total_power: float) -> Array:
        if self.rank > dimension:
            raise InvalidInput(f"rank must be at most the dimension {dimension}, not {self.rank}")
        scale = np.sqrt(total_power / _power_law_norm(self.gamma, self.rank))
        index = np.asarray(index, dtype=float)
        return np.where(index <= self.rank, scale * index**-self.gamma, 0.0)


@dataclass(frozen=True, slots=True, repr=False)
class Empirical:
    """Teacher given by a list of numbers, taken as they are: Σ s_i² is the user's.

    Parameters
    ----------
    spectrum : sequence of float
        Finite numbers, not all zero, in any order. Negative ones are allowed for the diagonal network with
        ``coefficients="fixed"`` only. A list shorter than the dimension is completed with zeros.
    normalize : bool
        Rescale to the units of the laws: Σ s_i² = d (quadratic, Q* = 1) or Σ s_i² = 1 (diagonal).
    coefficients : {"gaussian", "fixed"}
        As for :class:`PowerLaw`.
    """

    spectrum: tuple[float, ...]
    normalize: bool = False
    coefficients: Coefficients = "gaussian"

    def __init__(
        self, spectrum: Iterable[float], normalize: bool = False, coefficients: Coefficients = "gaussian"
    ) -> None:
        array = vector("spectrum", spectrum)
        if not isinstance(normalize, bool):
            raise InvalidInput(f"normalize must be True or False, not {shown(normalize)}")
        coefficients = _coefficients(coefficients)
        if coefficients == "gaussian" and np.any(array < 0):
            raise InvalidInput(
                f"spectrum must not be negative, but its smallest entry is {array.min():g} "
                "(only fixed coefficients of the diagonal network have a sign)"
            )
        if not np.any(array):
            raise InvalidInput("spectrum must have at least one non-zero entry")
        order = np.argsort(-np.abs(array), kind="stable")
        object.__setattr__(self, "spectrum", tuple(array[order].tolist()))
        object.__setattr__(self, "normalize", normalize)
        object.__setattr__(self, "coefficients", coefficients)

    def __repr__(self) -> str:
        few = len(self.spectrum) <= 8
        values = ", ".join(map(repr, self.spectrum if few else self.spectrum[:4]))
        more = "" if few else f", … {len(self.spectrum) - 4:,} more"
        normalize = ", normalize=True" if self.normalize else ""
        coefficients = "" if self.coefficients == "gaussian" else f", coefficients={self.coefficients!r}"
        return f"Empirical([{values}{more}]{normalize}{coefficients})"

    def values(self, dimension: int, total_power: float) -> Array:
        given = self._scaled(dimension, total_power)
        _refuse_to_list(dimension)
        values = np.zeros(dimension)
        values[: len(given)] = given
        return values

    def value_at(self, index: Array, dimension: int, total_power: float) -> Array:
        given = self._scaled(dimension, total_power)
        place = np.asarray(index, dtype=int) - 1
        return np.where(place < len(given), given[np.minimum(place, len(given) - 1)], 0.0)

    def _scaled(self, dimension: int, total_power: float) -> Array:
        """The listed values in the units of the network; those beyond are zero."""
        if len(self.spectrum) > dimension:
            raise InvalidInput(
                f"spectrum has {len(self.spectrum)} entries, more than the dimension {dimension}; "
                "give a dimension at least as large"
            )
        values = np.array(self.spectrum)
        if self.normalize:
            largest = np.max(np.abs(values))  # squares of very small or large values are no numbers
            values /= largest
            values *= np.sqrt(total_power / np.sum(values**2))
        return values

    def listed(self, dimension: int) -> bool:
        return True
