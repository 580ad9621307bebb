"""The spectrum of the trained weights: an atom at zero, a bulk, and outliers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from spectralaw.results import Outlier
from spectralaw.task import Task

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


def spectrum_of(task: Task, noise: float, threshold: float, zero_mass: float) -> Spectrum:
    """Spectrum at a solution (δ, c) of the state evolution.

    Parameters
    ----------
    task : Task
    noise, threshold : float
        Effective noise and threshold.
    zero_mass : float
        Fraction of zero weights at that solution.
    """
    if task.network == "quadratic":
        from spectralaw.theory.spectrum_quadratic import quadratic_spectrum as build
    else:
        from spectralaw.theory.spectrum_diagonal import diagonal_spectrum as build
    return build(task, noise, threshold, zero_mass)
