"""Spectra for inputs that are not white: thresholds and noises differ from coordinate to coordinate."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from spectralaw.inputs import White
from spectralaw.results import Outlier
from spectralaw.state_evolution.coloured import moved_teacher
from spectralaw.state_evolution.diagonal import coefficient_moments
from spectralaw.task import Task
from spectralaw.teacher import Empirical
from spectralaw.theory.spectrum import MOST_OUTLIERS, Band, Spectrum, resolve
from spectralaw.theory.spectrum_diagonal import located
from spectralaw.theory.spectrum_quadratic import quadratic_spectrum

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ColouredDiagonalLaw:
    """Density of η(θ*_i + τ z/√ν_i; κ/ν_i) over the coefficients that are not zero."""

    task: Task
    noise: float
    threshold: float

    @cached_property
    def _columns(self) -> tuple[Array, Array, Array]:
        """Teacher values, noises and thresholds of the coordinates."""
        variances = self.task.inputs.variances(self.task.dimension)
        return self.task.teacher_values(), self.noise / np.sqrt(variances), self.threshold / variances

    @cached_property
    def learned(self) -> NDArray[np.bool_]:
        values, noise, threshold = self._columns
        return (np.abs(values) >= np.maximum(threshold, noise)) & (values != 0.0)

    def density(self, x: Array) -> Array:
        return self._density(x, np.ones(self.task.dimension, dtype=bool))

    def bulk_density(self, x: Array) -> Array:
        return self._density(x, ~self.learned)

    def _law(self, rows: NDArray[np.bool_]) -> tuple[Array, Array, Array]:
        values, noise, threshold = (column[rows] for column in self._columns)
        if self.task.teacher.coefficients == "fixed":
            return values, noise, threshold
        return np.zeros_like(values), np.hypot(values, noise), threshold

    def _density(self, x: Array, rows: NDArray[np.bool_]) -> Array:
        x = np.asarray(x, dtype=float)
        centre, scale, threshold = self._law(rows)
        result = np.empty(x.size)
        for k, point in enumerate(x.ravel()):
            u = (point + np.sign(point) * threshold - centre) / scale
            result[k] = np.sum(np.exp(-0.5 * u**2) / scale) / np.sqrt(2.0 * np.pi) / self.task.dimension
        return result.reshape(x.shape)

    def mass_above(self, x: Array) -> Array:
        """Of the bulk, beyond x ≠ 0 of either sign, without the zeros."""
        centre, scale, threshold = self._law(~self.learned)
        dropped = ndtr((threshold - centre) / scale) - ndtr((-threshold - centre) / scale)
        rows = [np.sum(ndtr((centre - p - np.sign(p) * threshold) / scale) - (dropped if p < 0.0 else 0.0)) for p in x]
        return np.array(rows) / self.task.dimension


def coloured_diagonal_spectrum(task: Task, noise: float, threshold: float, zero_mass: float) -> Spectrum:
    """Law of θ̂_i = η(θ*_i + τ z/√ν_i; κ/ν_i); learned as for white inputs, at each coordinate's noise and threshold."""
    law = ColouredDiagonalLaw(task, noise, threshold)
    values, noises, thresholds = law._columns
    fixed = task.teacher.coefficients == "fixed"
    kept = coefficient_moments(np.abs(values), noises, thresholds, fixed=fixed)[3]
    bulk_mass = float(np.sum(kept[~law.learned])) / task.dimension
    grid, density, bands = np.zeros(0), np.zeros(0), ()
    if bulk_mass > 0.0:
        centre, scale, cut = law._law(~law.learned)
        end = max(float(np.max(np.abs(centre) + 8.0 * scale - cut)), 0.5 * float(np.max(scale)))
        half = end * np.linspace(0.0, 1.0, 201) ** 2
        half[0] = 1e-9 * end
        evaluate = lambda x: (x, law.bulk_density(x), law.mass_above(x))  # noqa: E731
        parts = [resolve(evaluate, side, bulk_mass) for side in (-half[::-1], half)]
        grid, density = (np.concatenate(part) for part in zip(*parts, strict=True))
        right = float(law.mass_above(np.full(1, 1e-300))[0])
        bands = (Band(-np.inf, 0.0, bulk_mass - right), Band(0.0, np.inf, right))
    rows = np.flatnonzero(law.learned)
    location, overlap = located(np.abs(values[rows]), noises[rows], thresholds[rows], fixed)
    order = np.argsort(-location, kind="stable")[:MOST_OUTLIERS]
    outliers = tuple(
        Outlier(float(abs(values[rows[k]])), float(location[k]), float(min(overlap[k], 1.0))) for k in order
    )
    return Spectrum(
        zero_mass=zero_mass,
        bulk_mass=bulk_mass,
        outlier_count=float(np.sum(kept[law.learned])),
        outliers=outliers,
        bands=bands,
        grid=grid,
        values=density,
        law=law,
    )


def coloured_quadratic_spectrum(task: Task, noise: float, threshold: float, zero_mass: float) -> Spectrum:
    """Law of the eigenvalues of B̂ = Σ^½ Ŝ Σ^½, those of (A + δ Z)₊ with A = B* − c Σ⁻¹.

    ``teacher`` of an outlier is its eigenvalue s_i ν_i of B*.

    It is the spectrum of a white task with the teacher A + m and the threshold m, m = max c/ν_i.
    """
    values, variances = task.teacher_values(), task.inputs.variances(task.dimension)
    moved, most = moved_teacher(values, variances, threshold)
    white = task.replace(teacher=Empirical(moved), inputs=White())
    found = quadratic_spectrum(white, noise, most, zero_mass)
    order = np.argsort(moved)
    own = (values * variances)[order]
    places = np.searchsorted(moved[order], [o.teacher for o in found.outliers])
    named = tuple(
        dataclasses.replace(o, teacher=float(own[min(int(k), len(own) - 1)]))
        for o, k in zip(found.outliers, places, strict=True)
    )
    return dataclasses.replace(found, outliers=named)
