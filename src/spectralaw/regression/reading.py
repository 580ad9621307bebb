"""What a network learned from the user's rows: its features, their overlap with the truth, and what is noise."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from spectralaw.training.nuclear import Minimiser
from spectralaw.training.sensing import Array

_ROUNDS = 200
_TOLERANCE = 1e-12


@dataclass(frozen=True)
class LearnedFeature:
    """One direction of the inputs that the network uses."""

    weight: float
    """Eigenvalue of Ŝ, or coefficient θ̂ of the standardised column."""
    truth: float
    """Estimated eigenvalue of S* (or |θ*|) behind it, before noise and shrinkage."""
    overlap: float
    """Estimated squared overlap of the direction with the true one, from 0 to 1."""
    direction: Array = field(repr=False)
    """In the user's columns: the feature is (x − mean) · direction, of unit variance."""


@dataclass(frozen=True)
class Reading:
    """Noise and features in a trained network."""

    effective_noise: float
    """δ or τ: the noise on each true value, from the estimated risk (R + Δ = N δ²)."""
    threshold: float
    """c or κ: what the weight decay took from each value."""
    bulk_edge: float
    """Largest weight that noise alone explains; 0 if nothing of the noise survives."""
    bulk: int
    """Non-zero weights up to the edge: learned noise."""
    zeros: int
    features: tuple[LearnedFeature, ...]
    """Learned features, largest first."""

    @property
    def keep(self) -> int:
        """How many of the non-zero weights are worth keeping when pruning."""
        return len(self.features)

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and lists."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "features"}
        rows = [
            {"weight": f.weight, "truth": f.truth, "overlap": f.overlap, "direction": f.direction.tolist()}
            for f in self.features
        ]
        return {**values, "keep": self.keep, "features": rows}


def quadratic_reading(
    trained: Minimiser, total: float, freedom: float, samples: int, weight_decay: float, to_user: Array
) -> Reading:
    """Read Ŝ, whose eigenvalues are those of S* + δ Z less c.

    Parameters
    ----------
    trained : Minimiser
    total : float
        Estimated R + Δ.
    freedom : float
        Degrees of freedom.
    samples : int
    weight_decay : float
        λ, for a width p = d.
    to_user : array, shape (features, d)
        Columns in which the white inputs are expressed.

    Notes
    -----
    δ² = (R + Δ)/N and c = λ/(N (1 − df/n)) with N = 4 n/d² (arXiv:2505.17958). An eigenvalue ν + c = x beyond the edge
    2 δ comes from the s with x = s + δ² G_rest(s), and its squared overlap is 1 + δ² G'_rest(s), the other outliers and
    the rest at zero in G_rest (arXiv:2509.24882).
    """
    d = to_user.shape[1]
    capacity = 4.0 * samples / d**2
    noise = float(np.sqrt(max(total, 0.0) / capacity))
    threshold = weight_decay / (capacity * max(1.0 - freedom / samples, 1e-12))
    edge = 2.0 * noise * (1.0 + d ** (-2.0 / 3.0))  # its fluctuation included
    raw = trained.eigenvalues + threshold
    learned = raw > edge
    truth, overlap = _undo(raw[learned], noise, d)
    directions = to_user @ trained.eigenvectors[:, learned]
    features = tuple(
        LearnedFeature(float(w), float(s), float(o), direction)
        for w, s, o, direction in zip(trained.eigenvalues[learned], truth, overlap, directions.T, strict=True)
    )
    kept = len(trained.eigenvalues)
    return Reading(noise, threshold, max(edge - threshold, 0.0), int(np.sum(~learned)), d - kept, features)


def _undo(raw: Array, noise: float, d: int) -> tuple[Array, Array]:
    """s and overlap behind outliers at x = s + δ² G_rest(s)."""
    if len(raw) == 0:
        return raw, raw
    s = 0.5 * (raw + np.sqrt(np.maximum(raw**2 - 4.0 * noise**2, 0.0)))
    rest = 1.0 - len(raw) / d
    for _ in range(_ROUNDS):
        inverse = _inverse_differences(s)
        moved = raw - noise**2 * (np.sum(inverse, axis=1) / d + rest / s)
        moved = np.maximum(moved, noise)  # never below where an outlier could be
        if np.max(np.abs(moved - s)) <= _TOLERANCE * np.max(s):
            break
        s = 0.5 * (s + moved)
    overlap = 1.0 - noise**2 * (np.sum(_inverse_differences(s) ** 2, axis=1) / d + rest / s**2)
    return s, np.clip(overlap, 0.0, 1.0)


def _inverse_differences(s: Array) -> Array:
    difference = s[:, None] - s[None, :]
    small = np.abs(difference) < 1e-3 * np.abs(s)[:, None]  # two nearly equal ones do not push each other apart
    return np.where(small, 0.0, 1.0 / np.where(small, 1.0, difference))


def diagonal_reading(
    coefficients: Array, total: float, freedom: float, samples: int, weight_decay: float, scale: Array
) -> Reading:
    """Read θ̂, the soft-thresholded noisy truth: τ² = (R + Δ)/n and κ = λ √d/(n − df) (arXiv:0907.3574).

    A coefficient is a feature when noise alone would exceed it in fewer than one of d cases: |θ̂| + κ > τ √(2 log d).
    """
    d = len(coefficients)
    noise = float(np.sqrt(max(total, 0.0) / samples))
    threshold = weight_decay * np.sqrt(d) / max(samples - freedom, 1e-12 * samples)
    edge = noise * np.sqrt(2.0 * np.log(max(d, 2)))
    size = np.abs(coefficients)
    learned = np.flatnonzero((size > 0.0) & (size + threshold > edge))
    learned = learned[np.argsort(-size[learned], kind="stable")]
    features = []
    for k in learned:
        raw = size[k] + threshold
        direction = np.zeros(d)
        direction[k] = 1.0 / scale[k]
        features.append(
            LearnedFeature(float(coefficients[k]), float(raw), max(0.0, 1.0 - noise**2 / raw**2), direction)
        )
    zeros = int(np.sum(size == 0.0))
    bulk = d - zeros - len(features)
    return Reading(noise, float(threshold), float(max(edge - threshold, 0.0)), bulk, zeros, tuple(features))
