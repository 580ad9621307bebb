"""The spectrum of the trained weights: an atom at zero, a bulk, and outliers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spectralaw.results import Outlier

Array = NDArray[np.float64]

MOST_OUTLIERS = 1000
"""Outliers that are listed one by one; ``outlier_count`` counts all."""


@dataclass(frozen=True)
class Spectrum:
    """Law of the eigenvalues of Ŝ (quadratic network) or of the coefficients θ̂ (diagonal network).

    All masses are fractions of the d weights: ``zero_mass + bulk_mass + outlier_count / d = 1``.
    """

    zero_mass: float
    """Fraction of weights that are exactly zero."""
    bulk_mass: float
    """Fraction in the bulk: what is neither zero nor an outlier."""
    outlier_count: float
    """Number of outliers, listed or not."""
    outliers: tuple[Outlier, ...] = field(repr=False)
    """Learned features, largest first (the first 1000)."""
    grid: Array = field(repr=False)
    """Points x that resolve the bulk."""
    values: Array = field(repr=False)
    """Density of the bulk at ``grid``; its trapezoidal integral is ``bulk_mass`` to about 1e-5."""
    density: Callable[[Array], Array] = field(repr=False)
    """Density at any x ≠ 0 of all weights that are not zero, outliers included."""

    @property
    def tail_exponent(self) -> float:
        """:func:`tail_exponent` of the outliers: −1/γ where they follow the power law s_i ~ i^(−γ) of a teacher."""
        return tail_exponent([o.location for o in self.outliers])


def tail_exponent(outliers: ArrayLike) -> float:
    """Exponent a of the tail, Pr(value > x) ~ x^a: the slope of log rank against log value, by least squares.

    Parameters
    ----------
    outliers : array_like
        Values, largest first. The last axis is the rank; with more axes, the mean of the slopes is returned.

    Returns
    -------
    float
        NaN with fewer than 5 values, of which a slope would say nothing.
    """
    values = np.atleast_2d(np.asarray(outliers, dtype=float))
    if values.shape[-1] < 5 or not np.all(values > 0.0):
        return float("nan")
    rank = np.log(np.arange(1.0, values.shape[-1] + 1.0))
    return float(np.mean([np.polyfit(np.log(row), rank, 1)[0] for row in values.reshape(-1, values.shape[-1])]))
