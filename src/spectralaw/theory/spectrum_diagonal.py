"""Spectrum of the diagonal network: thresholded noisy coefficients, coordinate by coordinate."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfc, ndtr

from spectralaw.results import Outlier
from spectralaw.state_evolution.diagonal import coefficient_moments
from spectralaw.state_evolution.teacher_atoms import teacher_atoms
from spectralaw.task import Task
from spectralaw.theory.spectrum import MOST_OUTLIERS, Spectrum

Array = NDArray[np.float64]


def diagonal_spectrum(task: Task, noise: float, threshold: float, zero_mass: float) -> Spectrum:
    """Law of θ̂_i = η(θ*_i + τ z; κ).

    A coefficient counts as learned, and is listed as an outlier, when its teacher value is at least κ and the noise τ:
    below either it cannot be told from learned noise. Its location is E |θ̂_i|, and its overlap the squared
    correlation (E θ̂_i θ*_i)² / (E θ̂_i² E θ*_i²) of learned and true.
    """
    fixed = task.teacher.coefficients == "fixed"
    values, counts = (part[0] for part in teacher_atoms(task).near(np.array([threshold])))
    learned = (np.abs(values) >= max(threshold, noise)) & (counts > 0.0) & (values != 0.0)

    def density_of(rows: NDArray[np.bool_], x: Array) -> Array:
        x = np.asarray(x, dtype=float)
        shifted = (x + np.sign(x) * threshold)[..., None]
        scale = noise if fixed else np.sqrt(values[rows] ** 2 + noise**2)
        centre = values[rows] if fixed else 0.0
        bell = np.exp(-0.5 * ((shifted - centre) / scale) ** 2) / (np.sqrt(2.0 * np.pi) * scale)
        return np.sum(counts[rows] / task.dimension * bell, axis=-1)

    everything = np.ones(len(values), dtype=bool)
    kept = coefficient_moments(np.abs(values), np.array(noise), np.array(threshold), fixed=fixed)[3]
    bulk_mass = float(np.sum((counts * kept)[~learned])) / task.dimension
    grid = _bulk_grid(noise, threshold, values[~learned], fixed)
    return Spectrum(
        zero_mass=zero_mass,
        bulk_mass=bulk_mass,
        outlier_count=float(np.sum((counts * kept)[learned])),
        outliers=_outliers(task, noise, threshold, fixed),
        grid=grid,
        values=density_of(~learned, grid),
        density=lambda x: density_of(everything, x),
    )


def _bulk_grid(noise: float, threshold: float, unlearned: Array, fixed: bool) -> Array:
    largest = float(np.max(np.abs(unlearned), initial=0.0))
    end = max(8.0 * noise + largest - threshold, 0.5 * noise) if fixed else 8.0 * np.hypot(noise, largest)
    half = end * np.linspace(0.0, 1.0, 801) ** 2
    half[0] = 1e-9 * end
    return np.concatenate([-half[::-1], half])


def _outliers(task: Task, noise: float, threshold: float, fixed: bool) -> tuple[Outlier, ...]:
    count = min(task.dimension, MOST_OUTLIERS)
    if task.teacher.listed(task.dimension):
        values = task.teacher_values()[:count]
    else:
        values = task.teacher.value_at(np.arange(1.0, count + 1.0), task.dimension, task.total_power)
    values = values[(np.abs(values) >= max(threshold, noise)) & (values != 0.0)]
    sizes = np.abs(values)
    if fixed:
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
    return tuple(
        Outlier(float(s), float(x), float(min(o, 1.0))) for s, x, o in zip(values, location, overlap, strict=True)
    )
