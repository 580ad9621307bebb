"""The spectrum of the trained weights: an atom at zero, a bulk in one or more bands, and outliers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spectralaw.results import ByValue, Outlier

Array = NDArray[np.float64]

MOST_OUTLIERS = 1000
"""Outliers that are listed one by one; ``outlier_count`` counts all."""
_INTEGRAL = 4e-6  # error of the trapezoidal integral over the grid of the bulk, relative to its mass
_MOST_POINTS = 30_000


@dataclass(frozen=True, slots=True)
class Band:
    """An interval of the spectrum, without its ends at zero, and the fraction of the d weights that lie in it."""

    low: float
    high: float
    mass: float
    outliers: int = 0
    """Outliers that lie in it: 0 for a band of the bulk; k for the band that a few equal teacher values make."""


class Law(Protocol):
    """The law of the weights that are not zero: data, from which densities are computed."""

    def density(self, x: Array) -> Array:
        """Of all weights that are not zero, at finite x."""
        ...

    def bulk_density(self, x: Array) -> Array:
        """Without outliers."""
        ...


@dataclass(frozen=True, eq=False)
class Spectrum(ByValue):
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
    bands: tuple[Band, ...] = field(repr=False)
    """Intervals of the bulk with their masses, which add up to ``bulk_mass``, from the left; and, marked by their
    number of outliers, those of outliers that come from equal teacher values."""
    grid: Array = field(repr=False)
    """Points x that resolve the bulk."""
    values: Array = field(repr=False)
    """Density of the bulk at ``grid``; its trapezoidal integral is ``bulk_mass`` to about 1e-5."""
    law: Law = field(repr=False, compare=False)

    def density(self, x: ArrayLike) -> Array:
        """Density at any x ≠ 0 of all weights that are not zero, outliers included; zero at ±∞."""
        return _where_finite(self.law.density, x)

    def bulk_density(self, x: ArrayLike) -> Array:
        """Density of the bulk at any x ≠ 0; its integral is ``bulk_mass``."""
        return _where_finite(self.law.bulk_density, x)

    @property
    def tail_exponent(self) -> float:
        """:func:`tail_exponent` of the outliers: −1/γ where they follow the power law s_i ~ i^(−γ) of a teacher."""
        return tail_exponent([o.location for o in self.outliers])


def _where_finite(density: Callable[[Array], Array], x: ArrayLike) -> Array:
    points = np.asarray(x, dtype=float)
    finite = np.isfinite(points)
    result = np.where(np.isnan(points), np.nan, 0.0)
    if np.any(finite):
        result[finite] = density(points[finite])
    return result


def resolve(evaluate: Callable[[Array], tuple[Array, Array, Array]], start: Array, mass: float) -> tuple[Array, Array]:
    """Points and densities whose trapezoidal integral is exact to ``_INTEGRAL`` of a mass.

    Intervals are halved where the trapezoidal rule differs from the exact mass between their ends, until the integral
    to any point is exact: ripples over single teacher values, which cancel, need not be resolved one by one.

    Parameters
    ----------
    evaluate : function
        Of increasing parameters: points x, density and exact mass above x.
    start : array
        First parameters.
    mass : float
        Of the whole bulk.
    """
    parameter = start
    x, density, above = evaluate(parameter)
    for _ in range(12):
        signed = 0.5 * np.diff(x) * (density[1:] + density[:-1]) + np.diff(above)
        error = np.abs(signed)
        allowed = _INTEGRAL * mass + 1e-14
        if float(np.max(np.abs(np.cumsum(signed)), initial=0.0)) <= allowed or len(x) > _MOST_POINTS:
            break
        order = np.argsort(-error)
        left = np.cumsum(error[order][::-1])[::-1]  # error of this interval and all better ones
        halved = np.sort(order[left > 0.3 * allowed])[:_MOST_POINTS]
        middle = 0.5 * (parameter[halved] + parameter[halved + 1])
        new = evaluate(middle)
        parameter = np.concatenate([parameter, middle])
        order = np.argsort(parameter)
        parameter = parameter[order]
        x, density, above = (np.concatenate(pair)[order] for pair in zip((x, density, above), new, strict=True))
    x, keep = np.unique(x, return_index=True)
    return x, density[keep]


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
