"""The mirror map u ↦ β: coefficients from what lies in the span of the rows, and steps of u without cancellation."""

from __future__ import annotations

from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from spectralaw.systems.kernel_rich.potential import powers

Array = NDArray[np.float64]

_FARTHEST = 500.0  # |u| of depth 2, for which sinh is a finite number
_TO_THE_WALL = 0.95  # share of the way to |u| = 1 that a step may go


class Mirror(Protocol):
    """u of each coefficient, with z(u) = (q′)⁻¹(u), the coefficient over scale^depth."""

    @property
    def values(self) -> Array:
        """u."""
        ...

    def image(self) -> Array:
        """z(u)."""
        ...

    def steepness(self) -> Array:
        """z′(u) = 1/q″(z)."""
        ...

    def farthest(self, change: Array) -> float:
        """The longest step, in units of ``change``, that keeps u where the map is defined."""
        ...

    def moved(self, change: Array) -> Self:
        """u + change."""
        ...


class Sinh:
    """Depth 2: z = 2 sinh u."""

    def __init__(self, u: Array) -> None:
        self.values = u

    def image(self) -> Array:
        return 2.0 * np.sinh(self.values)

    def steepness(self) -> Array:
        return 2.0 * np.cosh(self.values)

    def farthest(self, change: Array) -> float:
        most = float(np.max(np.abs(change)))
        return (_FARTHEST - float(np.max(np.abs(self.values)))) / most if most > 0.0 else np.inf

    def moved(self, change: Array) -> Sinh:
        return Sinh(self.values + change)


class Walls:
    """Depth D ≥ 3: z = (1 − u)^−p − (1 + u)^−p with p = D/(D − 2).

    Both distances from the walls u = ±1 are kept beside u, for the large coefficients are those that are near one.
    """

    def __init__(self, depth: int, u: Array, below: Array, above: Array) -> None:
        self.depth, self.values = depth, u
        self._below, self._above = below, above  # 1 + u, 1 − u
        self._power = powers(depth)[0]

    def image(self) -> Array:
        with np.errstate(divide="ignore"):  # where the other branch is taken
            near = np.arctanh(np.clip(self.values, -0.5, 0.5))
        x = np.where(np.abs(self.values) < 0.5, near, 0.5 * np.log(self._below / self._above))
        return 2.0 * (self._below * self._above) ** (-0.5 * self._power) * np.sinh(self._power * x)

    def steepness(self) -> Array:
        return self._power * (self._above ** (-self._power - 1.0) + self._below ** (-self._power - 1.0))

    def farthest(self, change: Array) -> float:
        room = np.where(change > 0.0, self._above, self._below)
        with np.errstate(divide="ignore"):
            return _TO_THE_WALL * float(np.min(room / np.abs(change)))

    def moved(self, change: Array) -> Walls:
        return Walls(self.depth, self.values + change, self._below + change, self._above - change)


def start(depth: int, dimension: int) -> Sinh | Walls:
    """u = 0: the coefficients at the start of the flow."""
    zero = np.zeros(dimension)
    return Sinh(zero) if depth == 2 else Walls(depth, zero, zero + 1.0, zero + 1.0)
