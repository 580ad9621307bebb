"""The largest eigenvalues against a power law: exponent, where it begins, interval, goodness of fit.

Of the k largest, with y = ln l: γ̂ = (1/(k − 1)) Σ_{i<k} (y_i − y_k) and α = 1 + 1/γ̂ (the exponent of the density); k
minimises the Kolmogorov–Smirnov distance. Many spectra (resamples) are scanned side by side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from spectralaw.weights.row import Interval

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

FEWEST = 25
_COARSE, _FINE = 28, 12
_Z = 1.959963984540054


@dataclass(frozen=True)
class TailFit:
    """A power law for the ``n`` largest of a spectrum."""

    alpha: float
    n: int
    xmin: float
    ks: float
    curve: tuple[Array, Array]
    """xmin and α(xmin) of all candidates, xmin ascending."""


def fit_tail(values: Array, full: bool = False) -> TailFit | None:
    """The power law of the positive ``values`` (largest first); None where there are fewer than 25, or all are
    equal."""
    y = np.log(values[values > 0])
    if len(y) < FEWEST:
        return None
    if full:
        candidates = np.arange(FEWEST, len(y) + 1)
    else:
        coarse = _geometric(FEWEST, len(y), _COARSE)
        distances = _distances(y[None, :], coarse)[0]
        if not np.any(np.isfinite(distances)):
            return None
        fine = _around(coarse, int(np.argmin(distances)))
        candidates = np.union1d(coarse, fine)
    means = _hill(y[None, :], candidates)[0]
    distances = _distances(y[None, :], candidates)[0]
    best = int(np.argmin(distances))
    if not np.isfinite(distances[best]):
        return None
    good = means > 0
    k = int(candidates[best])
    curve = np.exp(y[candidates[good] - 1])[::-1], (1.0 + 1.0 / means[good])[::-1]
    return TailFit(1.0 + 1.0 / float(means[best]), k, float(np.exp(y[k - 1])), float(distances[best]), curve)


def scan(y: Array) -> tuple[Array, Integers, Array]:
    """Best (γ̂, k, distance) of each row of logarithms, each row descending; by the same two grids as
    :func:`fit_tail`."""
    coarse = _geometric(FEWEST, y.shape[1], _COARSE)
    distances = _distances(y, coarse)
    best = np.argmin(distances, axis=1)
    hill = _hill(y, coarse)
    rows = np.arange(len(y))
    gamma, k, distance = hill[rows, best], coarse[best], distances[rows, best]
    for at in np.unique(best):  # rows with the same coarse choice share the fine grid
        mine = np.flatnonzero(best == at)
        fine = _around(coarse, int(at))
        closer = _distances(y[mine], fine)
        choice = np.argmin(closer, axis=1)
        better = closer[np.arange(len(mine)), choice] < distance[mine]
        chosen = mine[better]
        gamma[chosen] = _hill(y[chosen], fine)[np.arange(len(chosen)), choice[better]]
        k[chosen] = fine[choice[better]]
        distance[chosen] = closer[better, choice[better]]
    return gamma, k, distance


def fixed_interval(alpha: float, n: int) -> Interval:
    """95 % as if xmin had been known: Σ (y_i − y_k)/γ is a Gamma variable of shape n − 1."""
    low, high = special.gammaincinv(n - 1.0, (0.025, 0.975)) / (n - 1.0)
    return 1.0 + (alpha - 1.0) * float(low), 1.0 + (alpha - 1.0) * float(high)


def bootstrap_interval(values: Array, alpha: float, resamples: int, rng: np.random.Generator) -> Interval | None:
    """95 % with a new scan of xmin for each resample: ln(α − 1) ± 1.96 standard deviations."""
    y = np.log(values[values > 0])
    drawn = -np.sort(-y[rng.integers(0, len(y), (resamples, len(y)))], axis=1)
    gamma, _, _ = _in_parts(drawn)
    gamma = gamma[np.isfinite(gamma) & (gamma > 0)]
    if len(gamma) < 2:
        return None
    width = _Z * float(np.std(np.log(gamma), ddof=1))
    return 1.0 + (alpha - 1.0) * np.exp(-width), 1.0 + (alpha - 1.0) * np.exp(width)


def fit_pvalue(values: Array, fit: TailFit, resamples: int, rng: np.random.Generator) -> float:
    """Clauset's test (arXiv:0706.1062): spectra with an exact power law beyond xmin and resampled values below; the
    share that is farther from its own best power law. Small means that a power law does not fit."""
    y = np.log(values[values > 0])
    n, body = len(y), y[fit.n :]
    shape = (resamples, n)
    drawn = np.log(fit.xmin) + rng.standard_exponential(shape) / (fit.alpha - 1.0)
    if len(body):
        below = rng.random(shape) >= fit.n / n
        drawn = np.where(below, body[rng.integers(0, len(body), shape)], drawn)
    drawn = -np.sort(-drawn, axis=1)
    _, _, distance = _in_parts(drawn)
    return (1.0 + float(np.count_nonzero(distance >= fit.ks))) / (resamples + 1.0)


def _in_parts(y: Array, size: int = 4_000_000) -> tuple[Array, Integers, Array]:
    """:func:`scan` of some rows at a time."""
    step = max(1, size // y.shape[1])
    parts = [scan(y[first : first + step]) for first in range(0, len(y), step)]
    gamma, k, distance = (np.concatenate(column) for column in zip(*parts, strict=True))
    return gamma, k, distance


def _geometric(low: int, high: int, count: int) -> Integers:
    return np.unique(np.geomspace(low, high, count).astype(np.int64))


def _around(coarse: Integers, best: int) -> Integers:
    low, high = coarse[max(best - 1, 0)], coarse[min(best + 1, len(coarse) - 1)]
    return np.unique(np.linspace(low, high, _FINE).astype(np.int64))


def _hill(y: Array, candidates: Integers) -> Array:
    """γ̂ of each row for each k."""
    sums = np.cumsum(y, axis=1)
    return (sums[:, candidates - 1] - candidates * y[:, candidates - 1]) / (candidates - 1.0)


def _distances(y: Array, candidates: Integers) -> Array:
    """Two-sided Kolmogorov–Smirnov distance of each row for each k; ∞ where all k values are equal."""
    means = _hill(y, candidates)
    result = np.full(means.shape, np.inf)
    for j, k in enumerate(candidates):
        mean = means[:, j : j + 1]
        scaled = np.divide(y[:, k - 1 : k] - y[:, :k], mean, out=np.zeros((len(y), k)), where=mean > 1e-12)
        above = np.exp(scaled)  # share of the law above, to be held against i/k and (i − 1)/k
        ranks = np.arange(1.0, k + 1.0) / k
        above -= ranks
        distance = np.maximum(above.max(axis=1) + 1.0 / k, -above.min(axis=1))
        result[:, j] = np.where(mean[:, 0] > 1e-12, distance, np.inf)
    return result
