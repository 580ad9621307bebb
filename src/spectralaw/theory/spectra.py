"""The spectrum of a task's trained weights, whatever its network."""

from __future__ import annotations

import numpy as np

from spectralaw.task import Task
from spectralaw.theory.spectrum import Spectrum
from spectralaw.theory.spectrum_coloured import coloured_diagonal_spectrum, coloured_quadratic_spectrum
from spectralaw.theory.spectrum_diagonal import diagonal_spectrum
from spectralaw.theory.spectrum_quadratic import quadratic_spectrum


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
    quadratic = task.network == "quadratic"
    if task.white or not np.isfinite(noise):
        build = quadratic_spectrum if quadratic else diagonal_spectrum
    else:
        build = coloured_quadratic_spectrum if quadratic else coloured_diagonal_spectrum
    return build(task, noise, threshold, zero_mass)
