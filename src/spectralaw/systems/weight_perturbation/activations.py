"""Activations: non-negative, non-decreasing and 1-Lipschitz; with lines that hold them from below and above."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Array = NDArray[np.float64]
ULPS = 2.0**-48  # relative error allowed to exp and log of the machine, in values and slopes


@dataclass(frozen=True)
class Lines:
    """below_slope · a + below ≤ ρ(a) ≤ above_slope · a + above, for all a of an interval."""

    below_slope: Array
    below: Array
    above_slope: Array
    above: Array


@dataclass(frozen=True)
class Activation:
    """ρ, with its derivative."""

    name: str
    value: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    exact: bool = False
    """Whether :attr:`value` is free of rounding."""

    def interval(self, low: Array, high: Array) -> tuple[Array, Array]:
        """ρ of an interval, outwards."""
        low, high = self.value(low), self.value(high)
        return (low, high) if self.exact else (low * (1.0 - ULPS), high * (1.0 + ULPS))

    def lines(self, low: Array, high: Array) -> Lines:
        """Lines that hold ρ on [low, high], rounding included."""
        return _relu_lines(low, high) if self.exact else self._smooth_lines(low, high)

    def _smooth_lines(self, low: Array, high: Array) -> Lines:
        """Both with the least slope of the interval, which is at one of its ends: the gap is of second order."""
        slope = np.minimum(self.slope(low), self.slope(high)) * (1.0 - ULPS)
        bottom, top = self.value(low), self.value(high)
        room = 4.0 * ULPS
        below = bottom - slope * low - room * (bottom + slope * np.abs(low))
        above = top - slope * high + room * (top + slope * np.abs(high))
        if self.name == "softplus":  # convex: the chord is above
            wide = high - low > 1e-3 * (1.0 + np.abs(low))
            chord = np.where(wide, (top - bottom) / np.where(wide, high - low, 1.0), slope)
            ends = np.maximum(bottom - chord * low, top - chord * high)
            above = np.where(wide, ends + room * (top + chord * np.maximum(np.abs(low), np.abs(high))), above)
            return Lines(slope, below, chord, above)
        return Lines(slope, below, slope, above)


def _relu_lines(low: Array, high: Array) -> Lines:
    """The chord above; below 0 or a, whichever leaves less area. Exact where the sign is known."""
    bends = (low < 0.0) & (high > 0.0)
    slope = np.where(bends, high / np.where(bends, high - low, 1.0), (low >= 0.0).astype(float))
    ends = np.maximum(-slope * low, high - slope * high)
    above = np.where(bends, ends + ULPS * high, 0.0)
    below = np.where(bends, (high > -low).astype(float), slope)
    return Lines(below, np.zeros_like(low), slope, above)


def _relu(a: Array) -> Array:
    return np.maximum(a, 0.0)


def _step(a: Array) -> Array:
    return (a > 0.0).astype(float)


def _softplus(a: Array) -> Array:
    return np.logaddexp(0.0, a)


def _sigmoid_slope(a: Array) -> Array:
    return expit(a) * expit(-a)


ACTIVATIONS = {
    "relu": Activation("relu", _relu, _step, exact=True),
    "sigmoid": Activation("sigmoid", expit, _sigmoid_slope),
    "softplus": Activation("softplus", _softplus, expit),
}
