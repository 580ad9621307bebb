"""From a table to the rows a network is trained on: centred, and white or standardised."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from spectralaw.errors import InvalidInput
from spectralaw.training.sensing import Array

HEAVIEST = 12.0
"""Kurtosis of a principal component beyond which its variance is that of a few rows: whitening would blow them up."""
_FLAT = 1e-7  # singular values below this, relative to the largest, carry no information


@dataclass(frozen=True)
class RankScores:
    """Each feature mapped to normal scores by its ranks in the training rows, linear in between."""

    knots: tuple[Array, ...]
    scores: tuple[Array, ...]

    @classmethod
    def of(cls, rows: Array) -> RankScores:
        knots, scores = [], []
        for column in rows.T:
            values, counts = np.unique(column, return_counts=True)
            middle = np.cumsum(counts) - 0.5 * counts
            knots.append(values)
            scores.append(ndtri(middle / len(column)))
        return cls(tuple(knots), tuple(scores))

    def __call__(self, rows: Array) -> Array:
        columns = [np.interp(c, k, s) for c, k, s in zip(rows.T, self.knots, self.scores, strict=True)]
        return np.stack(columns, axis=1)


@dataclass(frozen=True)
class Whitening:
    """z = (x − mean) W with unit covariance over the training rows."""

    mean: Array
    """Shape (features,)."""
    forward: Array
    """W, shape (features, d)."""
    backward: Array
    """W⁺, shape (d, features): x − mean ≈ z W⁺."""
    constant: int
    """Directions cut because the rows do not vary along them."""
    heavy: int
    """Directions cut because a few rows carry their variance: kurtosis above 12."""

    @classmethod
    def of(cls, rows: Array) -> Whitening:
        """Principal components of the rows, each scaled to unit variance.

        Raises
        ------
        InvalidInput
            With fewer rows than directions, when whitening is impossible.
        """
        n, features = rows.shape
        mean = rows.mean(axis=0)
        left, sizes, right = np.linalg.svd(rows - mean, full_matrices=False)
        varies = sizes > _FLAT * max(sizes[0], 1e-300)
        if n <= features and int(np.sum(varies)) >= n - 1:
            raise InvalidInput(
                f"X has {n} rows for {features} columns, too few to whiten the inputs: it needs more rows than "
                "columns; take more rows, fewer columns (a PCA before this step), or DiagonalRegressor"
            )
        with np.errstate(invalid="ignore"):
            kurtosis = n * np.sum(left**4, axis=0) / np.maximum(np.sum(left**2, axis=0) ** 2, 1e-300)
        light = kurtosis <= HEAVIEST
        if not np.any(varies & light):  # rather heavy ones than none
            light[:] = True
        kept = varies & light
        scale = sizes[kept] / np.sqrt(n)
        forward, backward = right[kept].T / scale, right[kept] * scale[:, None]
        return cls(mean, forward, backward, features - int(np.sum(varies)), int(np.sum(varies & ~light)))

    def __call__(self, rows: Array) -> Array:
        return (rows - self.mean) @ self.forward


@dataclass(frozen=True)
class Standardising:
    """z = (x − mean) / standard deviation; constant columns become zero."""

    mean: Array
    scale: Array
    constant: int

    @classmethod
    def of(cls, rows: Array) -> Standardising:
        mean, spread = rows.mean(axis=0), rows.std(axis=0)
        flat = spread <= 1e-12 * np.maximum(np.abs(mean), 1e-300)
        return cls(mean, np.where(flat, np.inf, spread), int(np.sum(flat)))

    def __call__(self, rows: Array) -> Array:
        return (rows - self.mean) / self.scale
