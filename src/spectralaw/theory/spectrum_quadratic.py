"""Spectrum of the quadratic network: the free convolution μ_δ above the threshold, moved to zero.

Visible teacher values are outliers (:mod:`spectralaw.theory.outliers_quadratic`); all else above the threshold is bulk,
in as many bands as the spectrum has intervals there (:mod:`spectralaw.theory.bulk_quadratic`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectralaw.free_probability.subordination import curve
from spectralaw.state_evolution.quadratic import QuadraticChannel
from spectralaw.state_evolution.teacher_atoms import teacher_atoms
from spectralaw.state_evolution.width import narrow, quantile
from spectralaw.task import Task
from spectralaw.theory.bulk_quadratic import Curve
from spectralaw.theory.outliers_quadratic import learned_values, visible_values
from spectralaw.theory.spectrum import Band, Spectrum

Array = NDArray[np.float64]


@dataclass(frozen=True)
class QuadraticLaw:
    """Density of μ_δ above a cut b, moved by the threshold c."""

    task: Task
    noise: float
    threshold: float
    cut: float
    intervals: tuple[tuple[float, float], ...]
    """Of the bulk."""

    def density(self, x: Array) -> Array:
        x = np.asarray(x, dtype=float)
        used = (x > 0.0) & (x >= self.cut - self.threshold)
        if self.noise == 0.0 or not np.any(used):
            return np.zeros(x.shape)
        points, where = np.unique(x[used] + self.threshold, return_inverse=True)
        channel = QuadraticChannel(teacher_atoms(self.task))
        if channel.atoms.listed:
            spectrum, counts = channel.atoms.all()
            w = curve(points, spectrum, counts / channel.atoms.dimension, self.noise)
        else:
            parts = np.array_split(points, -(-len(points) // 256))
            w = np.concatenate([channel.resolved(np.full(part.shape, self.noise), part)[2] for part in parts])
        result = np.zeros(x.shape)
        result[used] = (w.imag / (np.pi * self.noise**2))[where]
        return result

    def bulk_density(self, x: Array) -> Array:
        x = np.asarray(x, dtype=float)
        inside = np.zeros(x.shape, dtype=bool)
        for low, high in self.intervals:
            inside |= (x >= low) & (x <= high)
        result = np.zeros(x.shape)
        if np.any(inside):
            result[inside] = self.density(x[inside])
        return result


def quadratic_spectrum(task: Task, noise: float, threshold: float, zero_mass: float) -> Spectrum:
    """Law of the eigenvalues of (S* + δ Z − c)₊."""
    channel = QuadraticChannel(teacher_atoms(task))
    dimension = task.dimension
    empty = np.zeros(0)
    if not np.isfinite(noise):
        return Spectrum(np.nan, np.nan, np.nan, (), (), empty, empty, QuadraticLaw(task, 0.0, 0.0, 0.0, ()))
    cut = threshold
    if noise > 0.0 and narrow(task):  # the smallest survivor is set by the units, where they are fewer
        cut = max(threshold, quantile(channel.atoms, noise, task.width / dimension))  # type: ignore[operator]
    visible = visible_values(channel, noise, cut)
    survivors = 1.0 - zero_mass
    most = int(np.floor(survivors * dimension * (1.0 + 1e-12) + 1e-6))  # of the last one, a part may be below the cut
    learned = learned_values(channel, noise, threshold, visible, most)
    spread = Curve(channel, noise, cut, survivors)
    bulk_mass = survivors - learned.count / dimension
    bulk_mass = 0.0 if bulk_mass < 1e-12 * survivors + 1e-15 else bulk_mass
    pieces = spread.pieces(visible, learned) if bulk_mass > 0.0 and noise > 0.0 else []
    grid, values, bands, missing = [], [], [], bulk_mass - sum(piece.mass for piece in pieces)
    if pieces:  # what rounding leaves is the largest's
        largest = max(pieces, key=lambda piece: piece.mass)
        largest.mass = max(largest.mass + missing, 0.0)
    elif bulk_mass > 0.0:
        bands += [Band(s - threshold, s - threshold, n / dimension) for s, n in learned.heavy]
    for piece in pieces:
        x, density = piece.resolved(spread, bulk_mass)
        x = x - threshold
        bands.append(Band(0.0 if x[0] < 1e-12 * noise else float(x[0]), float(x[-1]), piece.mass))
        if grid and density[0] > 0.0:
            x, density = np.append(np.nextafter(x[0], -np.inf), x), np.append(0.0, density)
        if density[-1] > 0.0 and piece is not pieces[-1]:
            x, density = np.append(x, np.nextafter(x[-1], np.inf)), np.append(density, 0.0)
        grid.append(x)
        values.append(density)
    grid_array, value_array = (np.concatenate(parts) if parts else empty for parts in (grid, values))
    if len(grid_array):
        keep = np.append(True, np.diff(np.maximum.accumulate(grid_array)) > 0.0)
        grid_array, value_array = grid_array[keep], value_array[keep]
    intervals = tuple((band.low, band.high) for band in bands)
    bands += [Band(low - threshold, high - threshold, n / dimension, n) for low, high, n in learned.bands]
    return Spectrum(
        zero_mass=zero_mass,
        bulk_mass=bulk_mass,
        outlier_count=float(learned.count),
        outliers=learned.rows,
        bands=tuple(sorted(bands, key=lambda band: band.low)),
        grid=grid_array,
        values=value_array,
        law=QuadraticLaw(task, noise, threshold, cut, intervals),
    )
