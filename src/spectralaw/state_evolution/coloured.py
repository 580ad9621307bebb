"""Both networks on inputs x = Σ^½ z whose covariance shares its eigenvectors with the teacher, with variances ν_i.

Diagonal network (arXiv:2007.13716): β_i = √ν_i θ_i sees the white channel with the threshold κ/√ν_i.

Quadratic network: with B = Σ^½ S Σ^½ the samples are white and the penalty is λ √(p d) Tr[B Σ⁻¹], so that B̂ has the law
of (A + δ Z)₊, A = B* − c Σ⁻¹, with eigenvalues a_i = s_i ν_i − c/ν_i: the atoms move with the threshold. The two
equations are those of the white case, R + Δ = N δ² and λ' = c (N − X), with

    R = (2/d) ‖B̂ − B*‖²,      X = (1/δ) ∂_δ ∫ x₊² d(μ_A ⊞ semicircle_δ).

Derivatives by δ and c are central differences in logarithms: Newton's method needs them roughly, and the exponents to
about eight digits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw.free_probability.atoms import Atoms
from spectralaw.free_probability.contour import moments_above
from spectralaw.free_probability.directions import Directions
from spectralaw.state_evolution.channel import Channel, in_blocks
from spectralaw.state_evolution.diagonal import coefficient_moments

Array = NDArray[np.float64]

_STEP = 1e-4  # in log δ and log c, of the central differences


class ColouredDiagonal:
    """R(τ, κ) = Σ ν_i E (θ̂_i − θ*_i)² and X = Σ Pr(θ̂_i ≠ 0) for inputs of variances ν_i."""

    def __init__(self, values: Array, variances: Array, *, fixed: bool) -> None:
        root = np.sqrt(variances)
        self.seen, self.root, self.fixed = np.abs(values) * root, root, fixed
        self.atoms = Atoms.of_values(np.sort(self.seen)[::-1], len(values))
        self.largest_risk = float(np.sum(self.seen**2))
        self.largest_response = float(len(values))

    def may_collapse(self, noise: Array, threshold: Array) -> NDArray[np.bool_]:
        """Where the tail of the largest coefficient might underflow."""
        return threshold / float(self.root.max()) > 20.0 * np.hypot(self.atoms.largest, noise)

    def __call__(self, noise: Array, threshold: Array, hint: Any = None) -> Channel:
        return in_blocks(self._evaluate, noise, threshold, None)

    def _evaluate(self, noise: Array, threshold: Array, hint: Any = None) -> Channel:
        terms = coefficient_moments(self.seen, noise[:, None], threshold[:, None] / self.root, fixed=self.fixed)
        risk, risk_noise, risk_threshold, kept, kept_noise, kept_threshold = terms
        return Channel(
            risk=np.sum(risk, axis=1),
            risk_noise=np.sum(risk_noise, axis=1),
            risk_threshold=np.sum(risk_threshold / self.root, axis=1),
            response=np.sum(kept, axis=1),
            response_noise=np.sum(kept_noise, axis=1),
            response_threshold=np.sum(kept_threshold / self.root, axis=1),
            survivors=np.sum(kept, axis=1),
        )


class ColouredQuadratic:
    """R and X of the quadratic network for inputs of variances ν_i."""

    def __init__(self, values: Array, variances: Array) -> None:
        self.seen, self.variances = values * variances, variances
        self.dimension = len(values)
        self.atoms = Atoms.of_values(np.sort(self.seen)[::-1], self.dimension)
        self.largest_risk = 2.0 * self.atoms.power / self.dimension
        self.largest_response = 1.0

    def may_collapse(self, noise: Array, threshold: Array) -> NDArray[np.bool_]:
        """The edge of the spectrum is never left of the largest eigenvalue of A."""
        return np.max(self.seen - threshold[:, None] / self.variances, axis=1) <= 0.0

    def __call__(self, noise: Array, threshold: Array, hint: Any = None) -> Channel:
        with np.errstate(all="ignore"):
            up, down = np.exp(_STEP), np.exp(-_STEP)
            noises = np.stack([noise, noise * up, noise * down, noise, noise])
            thresholds = np.stack([threshold, threshold, threshold, threshold * up, threshold * down])
            values = self._at(noises.ravel(), thresholds.ravel()).reshape(5, -1, 3)
            by_noise = (values[1] - values[2]) / (2.0 * _STEP * noise[:, None])
            by_threshold = (values[3] - values[4]) / (2.0 * _STEP * threshold[:, None])
        return Channel(
            risk=values[0, :, 0],
            risk_noise=by_noise[:, 0],
            risk_threshold=by_threshold[:, 0],
            response=values[0, :, 1],
            response_noise=by_noise[:, 1],
            response_threshold=by_threshold[:, 1],
            survivors=values[0, :, 2] * self.dimension,
        )

    def _at(self, noise: Array, threshold: Array) -> Array:
        """R, X and the surviving share at some points, shape (B, 3); NaN where the numbers are none."""
        result = np.full((len(noise), 3), np.nan)
        good = np.flatnonzero(np.isfinite(noise) & np.isfinite(threshold) & (noise > 0.0))
        if not len(good):
            return result
        noise, shift = noise[good], threshold[good, None] / self.variances
        a = self.seen - shift
        weights = np.full(self.dimension, 1.0 / self.dimension)
        moments = moments_above(noise, np.zeros(len(good)), a, np.broadcast_to(weights, a.shape))
        result[good, 1], result[good, 2] = moments.response, moments.mass
        for k, row in enumerate(good):
            result[row, 0] = self._risk(a[k], shift[k], weights, float(noise[k]), complex(moments.point[k]))
        return result

    def _risk(self, a: Array, shift: Array, weights: Array, noise: float, start: complex) -> float:
        """R at one point; each direction's error is computed relative to its own size."""
        directions = Directions(a, weights, noise, 0.0, start)
        learned = a >= 0.0
        error = np.empty(self.dimension)
        first, second = directions.above(~learned)
        b = self.seen[~learned]
        error[~learned] = b**2 - 2.0 * b * first + second
        missed, missed_square = directions.below(learned)
        b, s = self.seen[learned], shift[learned]
        error[learned] = noise**2 + s**2 - missed_square + 2.0 * b * missed
        return 2.0 * float(np.mean(error))


def moved_teacher(values: Array, variances: Array, threshold: float) -> tuple[Array, float]:
    """White teacher values and a threshold with the same thresholded spectrum: a_i + m and m = max c/ν_i."""
    shift = threshold / variances
    most = float(np.max(shift))
    return values * variances + (most - shift), most
