"""The quadratic network as a channel: thresholding the eigenvalues of a noisy matrix.

Ŝ has the eigenvalues of (S* + δ Z − c)₊, with Z a GOE matrix, E Z_ij² = 1/d (arXiv:2505.17958; arXiv:2509.24882).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw.free_probability.atoms import Atoms
from spectralaw.free_probability.contour import Moments, moments_above
from spectralaw.free_probability.subordination import subordination_point
from spectralaw.state_evolution.channel import Channel, in_blocks

Array = NDArray[np.float64]


class QuadraticChannel:
    """R(δ, c) = 2 mse and X(δ, c) = (1/δ) ∂_δ ∫ (x − c)₊² dμ_δ, with their derivatives."""

    def __init__(self, atoms: Atoms) -> None:
        self.atoms = atoms
        self.largest_risk = 2.0 * atoms.power / atoms.dimension
        self.largest_response = 1.0

    def may_collapse(self, noise: Array, threshold: Array) -> NDArray[np.bool_]:
        """The edge of the spectrum is never left of the largest eigenvalue of the teacher."""
        return threshold >= self.atoms.largest

    def __call__(self, noise: Array, threshold: Array, hint: Any = None) -> Channel:
        return in_blocks(self._evaluate, noise, threshold, hint)

    def _evaluate(self, noise: Array, threshold: Array, hint: Any = None) -> Channel:
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
        values, weights, point = self.resolved(noise, threshold, guess)
        return moments_above(noise, threshold, values, weights, point)

    def resolved(self, noise: Array, point: Array, guess: Any = None) -> tuple[Array, Array, NDArray[np.complex128]]:
        """Atoms resolved around the subordination points of some points of the spectrum, and those points.

        Which atoms to take depends on the subordination point, which depends on the atoms: a few rounds agree, since
        blocks are as fine as their distance to the current guess.
        """
        dimension = float(self.atoms.dimension)
        near = point if guess is None else guess.real
        values, counts = self.atoms.near(near, noise)
        w = subordination_point(point, values, counts / dimension, noise, guess)
        if self.atoms.listed:
            return values, counts / dimension, w
        for _ in range(6):
            centre = self.atoms.index_of(np.maximum(near, 0.0))
            moved = np.abs(self.atoms.index_of(np.maximum(w.real, 0.0)) - centre)
            wide = centre * w.imag / np.maximum(w.real, 1e-300)  # of the resolvent there, in indices, for γ = 1
            if np.all(moved <= np.maximum(8.0, 0.1 * np.minimum(wide, centre))):
                break
            near = w.real
            values, counts = self.atoms.near(near, noise)
            w = subordination_point(point, values, counts / dimension, noise, w)
        return values, counts / dimension, w
