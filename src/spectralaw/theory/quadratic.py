"""The quadratic network as a channel: thresholding the eigenvalues of a noisy matrix.

Ŝ has the eigenvalues of (S* + δ Z − c)₊, with Z a GOE matrix, E Z_ij² = 1/d (arXiv:2505.17958; arXiv:2509.24882).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw.theory.atoms import Atoms
from spectralaw.theory.channel import Channel
from spectralaw.theory.contour import Moments, moments_above
from spectralaw.theory.subordination import subordination_point

Array = NDArray[np.float64]


class QuadraticChannel:
    """R(δ, c) = 2 mse and X(δ, c) = (1/δ) ∂_δ ∫ (x − c)₊² dμ_δ, with their derivatives."""

    def __init__(self, atoms: Atoms) -> None:
        self.atoms = atoms
        self.largest_risk = 2.0 * atoms.power / atoms.dimension
        self.largest_response = 1.0

    def __call__(self, noise: Array, threshold: Array, hint: Any = None) -> Channel:
        m = self.moments(noise, threshold, hint)
        return Channel(
            risk=2.0 * m.mse,
            risk_noise=2.0 * m.mse_noise,
            risk_threshold=2.0 * m.mse_threshold,
            response=m.response,
            response_noise=m.response_noise,
            response_threshold=m.response_threshold,
            survivors=m.mass * self.atoms.dimension,
            hint=m.point,
        )

    def moments(self, noise: Array, threshold: Array, guess: Any = None) -> Moments:
        """Moments of μ_δ above c, with the atoms resolved around the subordination point of c."""
        values, weights, guess = self.resolved(noise, threshold, guess)
        return moments_above(noise, threshold, values, weights, guess)

    def resolved(
        self, noise: Array, point: Array, guess: Any = None, *, want_point: bool = False
    ) -> tuple[Array, Array, Any]:
        """Atoms resolved around the subordination points of some points of the spectrum, and (if wanted) those points.

        Which atoms to take depends on the subordination point, which depends on the atoms: a few rounds agree, since
        blocks are as fine as their distance to the current guess.
        """
        dimension = float(self.atoms.dimension)
        if self.atoms.listed:
            values, counts = self.atoms.near(point)
            weights = counts / dimension
            return (
                values,
                weights,
                subordination_point(point, values, weights, noise, guess) if want_point else guess,
            )
        if guess is None:
            values, counts = self.atoms.near(point)
            guess = subordination_point(point, values, counts / dimension, noise)
        w = guess
        values, counts = self.atoms.near(w.real)
        for _ in range(6):
            centre = self.atoms.index_of(np.maximum(w.real, 0.0))
            values, counts = self.atoms.near(w.real)
            w = subordination_point(point, values, counts / dimension, noise, w)
            moved = np.abs(self.atoms.index_of(np.maximum(w.real, 0.0)) - centre)
            if np.all(moved <= np.maximum(8.0, 0.02 * centre)):
                break
        return values, counts / dimension, w
