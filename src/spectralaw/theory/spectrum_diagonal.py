"""Spectrum of the diagonal network: thresholded noisy coefficients, coordinate by coordinate."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfc, ndtr

from spectralaw.results import Outlier
from spectralaw.state_evolution.diagonal import coefficient_moments
from spectralaw.state_evolution.teacher_atoms import teacher_atoms
from spectralaw.task import Task
from spectralaw.theory.spectrum import MOST_OUTLIERS, Band, Spectrum, resolve

Array = NDArray[np.float64]

_ELEMENTS = 1_000_000  # of a temporary array


@dataclass(frozen=True)
class DiagonalLaw:
    """Density of η(θ*_i + τ z; κ) over the coefficients that are not zero."""

    task: Task
    noise: float
    threshold: float

    def density(self, x: Array) -> Array:
        return self._density(x, np.ones(len(self.values), dtype=bool))

    def bulk_density(self, x: Array) -> Array:
        return self._density(x, ~self.learned)

    def _density(self, x: Array, rows: NDArray[np.bool_]) -> Array:
        x = np.asarray(x, dtype=float)
        centre, scale = self._moments(rows)
        used = np.flatnonzero(rows)[scale > 0.0]  # of a coefficient without any spread the law has no density
        centre, scale = centre[scale > 0.0], scale[scale > 0.0]
        result = np.zeros(x.size)
        flat = x.ravel()
        size = max(1, _ELEMENTS // max(len(used), 1))
        with np.errstate(all="ignore"):
            for begin in range(0, len(flat), size):
                part = flat[begin : begin + size]
                shifted = (part + np.sign(part) * self.threshold)[:, None]
                bell = np.exp(-0.5 * ((shifted - centre) / scale) ** 2) / (np.sqrt(2.0 * np.pi) * scale)
                result[begin : begin + size] = bell @ (self.counts[used] / self.task.dimension)
        return result.reshape(x.shape)

    def mass_above(self, x: Array) -> Array:
        """Of the bulk, beyond x ≠ 0 of either sign, without the zeros."""
        centre, scale = self._moments(~self.learned)
        weight = self.counts[~self.learned] / self.task.dimension
        with np.errstate(all="ignore"):
            shifted = (x + np.sign(x) * self.threshold)[:, None]
            dropped = ndtr((self.threshold - centre) / scale) - ndtr((-self.threshold - centre) / scale)
            above = ndtr((centre - shifted) / scale) - np.where(x[:, None] < 0.0, dropped, 0.0)
        return above @ weight

    @property
    def fixed(self) -> bool:
        return self.task.teacher.coefficients == "fixed"

    @cached_property
    def _atoms(self) -> tuple[Array, Array]:
        values, counts = (part[0] for part in teacher_atoms(self.task).near(np.array([self.threshold])))
        return values[counts > 0.0], counts[counts > 0.0]

    @property
    def values(self) -> Array:
        return self._atoms[0]

    @property
    def counts(self) -> Array:
        return self._atoms[1]

    @property
    def learned(self) -> NDArray[np.bool_]:
        return (np.abs(self.values) >= max(self.threshold, self.noise)) & (self.values != 0.0)

    def _moments(self, rows: NDArray[np.bool_]) -> tuple[Array, Array]:
        values = self.values[rows]
        if self.fixed:
            return values, np.full(values.shape, self.noise)
        return np.zeros(values.shape), np.hypot(values, self.noise)


def diagonal_spectrum(task: Task, noise: float, threshold: float, zero_mass: float) -> Spectrum:
    """Law of θ̂_i = η(θ*_i + τ z; κ).

    A coefficient counts as learned, and is listed as an outlier, when its teacher value is at least κ and the noise τ:
    below either it cannot be told from learned noise. Its location is E |θ̂_i|, and its overlap the squared
    correlation (E θ̂_i θ*_i)² / (E θ̂_i² E θ*_i²) of learned and true. The bulk has a band on either side of zero.
    """
    empty = np.zeros(0)
    if not np.isfinite(noise):
        return Spectrum(np.nan, np.nan, np.nan, (), (), empty, empty, DiagonalLaw(task, 0.0, 0.0))
    law = DiagonalLaw(task, noise, threshold)
    learned, counts = law.learned, law.counts
    if noise == 0.0:
        count = float(np.sum(counts[learned]))
        return Spectrum(zero_mass, 0.0, count, _outliers(task, noise, threshold, law.fixed), (), empty, empty, law)
    kept = coefficient_moments(np.abs(law.values), np.array(noise), np.array(threshold), fixed=law.fixed)[3]
    bulk_mass = float(np.sum((counts * kept)[~learned])) / task.dimension
    grid = values = empty
    bands: tuple[Band, ...] = ()
    if bulk_mass > 0.0:
        start = _bulk_grid(law)
        evaluate = lambda x: (x, law.bulk_density(x), law.mass_above(x))  # noqa: E731
        halves = [resolve(evaluate, half, bulk_mass) for half in (start[start < 0.0], start[start > 0.0])]
        grid, values = (np.concatenate(parts) for parts in zip(*halves, strict=True))
        right = float(law.mass_above(np.full(1, 1e-300))[0])
        bands = (Band(-np.inf, 0.0, bulk_mass - right), Band(0.0, np.inf, right))
    return Spectrum(
        zero_mass=zero_mass,
        bulk_mass=bulk_mass,
        outlier_count=float(np.sum((counts * kept)[learned])),
        outliers=_outliers(task, noise, threshold, law.fixed),
        bands=bands,
        grid=grid,
        values=values,
        law=law,
    )


def _bulk_grid(law: DiagonalLaw) -> Array:
    """First points: dense at zero, and as far as the widest coefficients reach."""
    unlearned = law.values[~law.learned]
    largest = float(np.max(np.abs(unlearned), initial=0.0))
    noise, threshold = law.noise, law.threshold
    end = max(8.0 * noise + largest - threshold, 0.5 * noise) if law.fixed else 8.0 * np.hypot(noise, largest)
    half = end * np.linspace(0.0, 1.0, 401) ** 2
    half[0] = 1e-9 * end
    return np.concatenate([-half[::-1], half])


def _outliers(task: Task, noise: float, threshold: float, fixed: bool) -> tuple[Outlier, ...]:
    count = min(task.dimension, MOST_OUTLIERS)
    values = teacher_atoms(task).value_at(np.arange(1.0, count + 1.0))
    values = values[(np.abs(values) >= max(threshold, noise)) & (values != 0.0)]
    sizes = np.abs(values)
    location, overlap = located(sizes, np.full(sizes.shape, noise), np.full(sizes.shape, threshold), fixed)
    return tuple(
        Outlier(float(s), float(x), float(min(o, 1.0))) for s, x, o in zip(values, location, overlap, strict=True)
    )


def located(sizes: Array, noise: Array, threshold: Array, fixed: bool) -> tuple[Array, Array]:
    """E |θ̂| and squared correlation with θ* of coefficients of some sizes."""
    if fixed and np.all(noise == 0.0):
        location, overlap = sizes, np.ones_like(sizes)
    elif fixed:
        up, down = (threshold - sizes) / noise, (threshold + sizes) / noise
        bell_up, bell_down = (np.exp(-0.5 * u**2) / np.sqrt(2.0 * np.pi) for u in (up, down))
        above, below = noise * (bell_up - up * ndtr(-up)), noise * (bell_down - down * ndtr(-down))
        square = noise**2 * (
            (1.0 + up**2) * ndtr(-up) - up * bell_up + (1.0 + down**2) * ndtr(-down) - down * bell_down
        )
        location, overlap = above + below, (above - below) ** 2 / square
    else:
        scale = np.hypot(sizes, noise)
        u = threshold / (np.sqrt(2.0) * scale)
        bell = np.exp(-(u**2)) / np.sqrt(np.pi)
        location = np.sqrt(2.0) * scale * (bell - u * erfc(u))
        square = scale**2 * ((1.0 + 2.0 * u**2) * erfc(u) - 2.0 * u * bell)
        overlap = sizes**2 * erfc(u) ** 2 / square
    return location, overlap
