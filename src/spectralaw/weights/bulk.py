"""Where the noise in a matrix ends, and how many singular values are beyond.

The noise is taken to have variances a_i b_j (``ensembles.separable``); Marchenko–Pastur is the case of equal ones. The
profile is read from the sums of squares of rows and columns, less what sampling adds to their spread.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectralaw.ensembles.marchenko_pastur import MarchenkoPastur
from spectralaw.ensembles.separable import Edge, SeparableNoise
from spectralaw.weights.spectrum import Entries, Spectrum

Array = NDArray[np.float64]

_MOST_ROUNDS = 20


@dataclass(frozen=True)
class NoiseEdge:
    """Edge of the noise left after ``removed`` spikes, in units of eigenvalues of W Wᵀ."""

    removed: int
    edge: Edge
    noise_variance: float
    profile_spread: float


@dataclass(frozen=True)
class Count:
    """Spikes beyond the edge, and the edge that they leave behind."""

    spikes: int
    noise: NoiseEdge
    first: NoiseEdge
    """Edge before any spike was removed."""
    has_bulk: bool
    """False when half of the spectrum or more would be spikes."""


def shrink(sums: Array, noise: float) -> Array:
    """Sums of squares with their spread around the mean reduced by the variance that sampling gives them."""
    mean = float(sums.mean())
    if mean <= 0:
        return sums
    spread = float(np.var(sums / mean))
    factor = np.sqrt(max(spread - noise, 0.0) / spread) if spread > 0 else 0.0
    return np.maximum(mean * (1.0 + factor * (sums / mean - 1.0)), 0.0)


def noise_edge(rows: Array, columns: Array, kurtosis: float, removed: int = 0) -> NoiseEdge:
    """Edge of noise with these sums of squares (of what is left after ``removed`` spikes)."""
    p, n = len(rows), len(columns)
    rows = shrink(rows, max(kurtosis - 1.0, 0.0) / n)
    columns = shrink(columns, max(kurtosis - 1.0, 0.0) / p)
    total = float(rows.sum())
    if not total > 0.0:
        return NoiseEdge(removed, Edge(0.0, 0.0, 0.0), 0.0, 0.0)
    edge = SeparableNoise(rows / np.sqrt(total), columns / np.sqrt(total)).edge()
    degrees = (p - removed) * (n - removed)
    grow = p * n / degrees
    spread = np.sqrt(sum(float(np.var(np.log(side[side > 0]))) for side in (rows, columns)))
    scaled = Edge(edge.location * grow, edge.limit * grow, edge.scale * grow)
    return NoiseEdge(removed, scaled, total / degrees, float(spread))


def count_spikes(spectrum: Spectrum, entries: Entries, level: float) -> Count:
    """Remove what is beyond the edge, compute the edge again, until nothing more is beyond (weights of the spikes
    widen the profile, so the first edge is too high). No residual matrix is formed."""
    p = len(spectrum.values)
    floor = max(spectrum.matrix.shape) * np.finfo(float).eps * spectrum.values[0]
    k, rank = 0, spectrum.rank
    first = noise = noise_edge(entries.rows, entries.columns, entries.kurtosis)
    for _ in range(_MOST_ROUNDS):
        threshold = max(noise.edge.quantile(1.0 - level), floor)
        beyond = min(int(np.count_nonzero(spectrum.values > threshold)), rank)
        if beyond <= k:
            break
        if 2 * beyond >= p:
            return Count(k, noise, first, False)
        k = beyond
        rows, columns = residual_sums(spectrum, entries, k)
        noise = noise_edge(rows, columns, entries.kurtosis, k)
    return Count(k, noise, first, True)


def residual_sums(spectrum: Spectrum, entries: Entries, k: int) -> tuple[Array, Array]:
    """Sums of squares by row and by column of W less its ``k`` largest singular parts."""
    left = spectrum.vectors(k)
    rows = entries.rows - left**2 @ spectrum.values[:k]
    columns = entries.columns - np.sum((spectrum.matrix.T @ left) ** 2, axis=1)
    tiny = 1e-12 * entries.total  # of rounding
    rows[rows < tiny / len(rows)] = 0.0
    columns[columns < tiny / len(columns)] = 0.0
    return rows, columns


def median_noise(spectrum: Spectrum) -> float:
    """Standard deviation of an entry from the median eigenvalue, as if the noise were white."""
    p, n = spectrum.matrix.shape
    return float(np.sqrt(np.median(spectrum.values) / (n * MarchenkoPastur(p / n).median)))


def distance_from_marchenko_pastur(eigenvalues: Array, ratio: float) -> float:
    """Kolmogorov–Smirnov distance of eigenvalues, largest first, from the Marchenko–Pastur law with their mean."""
    mean = float(eigenvalues.mean())
    if not mean > 0.0:
        return 1.0
    law = MarchenkoPastur(ratio).cdf(eigenvalues[::-1] / mean)
    ranks = np.arange(len(eigenvalues) + 1.0) / len(eigenvalues)
    return float(max(np.max(ranks[1:] - law), np.max(law - ranks[:-1])))
