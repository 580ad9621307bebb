"""Moments above and below a threshold under the spectral measure of each direction of the teacher."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectralaw.free_probability.contour import path_to_the_right
from spectralaw.free_probability.subordination import Array, ComplexArray


@dataclass(frozen=True)
class Directions:
    """First and second moments of y = x − c above or below c, under the spectral measure of each teacher direction.

    Direction i has the resolvent 1/(w − s_i). Along a path of the subordination variable from w₀, where y = 0, to a
    real point beyond the spectrum, integration by parts gives, with p = w − s_i,

        Im ∫ y dz/p = ½ Im ∫ (y/p)² dw,      Im ∫ y² dz/p = ⅓ Im ∫ y³/p² dw,      y = p + (s_i − c) + δ² G.

    Powers of p alone are integrated exactly, so that what is left decays like G along the path.
    """

    values: Array
    weights: Array
    noise: float
    threshold: float
    start: complex

    def above(self, rows: NDArray[np.bool_]) -> tuple[Array, Array]:
        """E y 1{y>0} and E y² 1{y>0} of some directions."""
        offset = self.values - self.start.real
        if self.start.imag == 0.0 and not np.any(offset > 0.0):  # nothing survives
            return np.zeros(rows.sum()), np.zeros(rows.sum())
        w, dw = path_to_the_right(np.array([self.start]), offset[None])
        first, second = self._integrals(self.start + w[0], dw[0], rows, 0.0)
        return -first, -second

    def below(self, rows: NDArray[np.bool_]) -> tuple[Array, Array]:
        """E y 1{y<0} and E y² 1{y<0} of some directions: the path of the spectrum reflected."""
        offset = self.values - self.start.real
        if self.start.imag == 0.0 and not np.any(offset < 0.0):
            return np.zeros(rows.sum()), np.zeros(rows.sum())
        w, dw = path_to_the_right(np.array([-self.start.conjugate()]), -offset[None])
        return self._integrals(self.start - w[0].conj(), -dw[0].conj(), rows, np.pi)

    def _integrals(self, w: ComplexArray, dw: ComplexArray, rows: NDArray[np.bool_], end: float) -> tuple[Array, Array]:
        """Im ∫ y dz/p / π and Im ∫ y² dz/p / π along a path; ``end`` is the argument of p at its end."""
        s, start, v = self.values, self.start, self.start.imag
        angle = end - np.arctan2(v, start.real - s)
        inverse = 1.0 / (w[:, None] - s)
        g = self.noise**2 * (inverse @ self.weights)
        once = np.stack([g, g**2]) * dw
        twice = np.stack([g, g**2, g**3]) * dw
        resolvent, angle_i, b = inverse[:, rows], angle[rows], s[rows] - self.threshold
        over = (once @ resolvent).imag
        over_square = (twice @ resolvent**2).imag
        p = start - s[rows]
        height = -v / np.maximum(np.abs(p) ** 2, 1e-300)  # Im 1/p
        first = -v + 2.0 * b * angle_i + b**2 * height
        first += 2.0 * over[0] + 2.0 * b * over_square[0] + over_square[1]
        second = -p.real * v + 3.0 * (self.noise**2 * (self.weights @ angle) - b * v) + 3.0 * b**2 * angle_i
        second += 6.0 * b * over[0] + 3.0 * over[1] + b**3 * height
        second += 3.0 * b**2 * over_square[0] + 3.0 * b * over_square[1] + over_square[2]
        return first / (2.0 * np.pi), second / (3.0 * np.pi)
