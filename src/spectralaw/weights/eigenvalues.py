"""Eigenvalues of a trained quadratic network: a semicircle shifted and cut at zero, with outliers.

Positive eigenvalues of the bulk are those of max(δ x − c, 0), x of the semicircle; zeros are what was cut. c is read
less well than δ (errors up to 0.31 where δ errs by 4.5 % at the median, 32 trainings).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectralaw.ensembles import semicircle
from spectralaw.ensembles.separable import Edge

Array = NDArray[np.float64]

_ZERO = 1e-7  # of the largest value
_FEWEST = 5  # eigenvalues of a bulk
_FAR = 1.36  # of a Kolmogorov–Smirnov distance times √m: the 5 % point for independent values


@dataclass(frozen=True)
class CutBulk:
    """What the eigenvalues show."""

    zero_mass: float
    positive: int
    outliers: int
    effective_noise: float | None = None
    """δ; None where there is no bulk."""
    threshold: float | None = None
    """c."""
    edge: Edge | None = None
    ks: float | None = None
    """Distance (Kolmogorov–Smirnov) of the bulk from the cut semicircle."""

    @property
    def is_bulk(self) -> bool:
        """Whether there is a bulk and it is a cut semicircle: something was cut, and the distance times the root of
        its size, 0.24 to 0.5 for trained networks and 2 to 9 for power laws (measured), is small."""
        near = self.ks is not None and self.ks * (self.positive - self.outliers) ** 0.5 < _FAR
        return near and self.zero_mass > 0.0

    @property
    def only_outliers(self) -> bool:
        """Whether all but a few of the eigenvalues are zero, and no bulk is left."""
        return self.edge is None and self.zero_mass > 0.0


def read_eigenvalues(values: Array, level: float = 0.05) -> CutBulk:
    """Zeros, cut semicircle and outliers of eigenvalues, largest first, of which none is far below zero."""
    d = len(values)
    top = float(values[0])
    m = int(np.count_nonzero(values > _ZERO * top)) if top > 0 else 0
    positive, zero_mass = values[:m], 1.0 - m / d
    k = 0
    while m - k >= _FEWEST:
        delta, t = _noise(positive[k:], d - k, d - m)
        edge = Edge(delta * (2.0 - t), delta * (2.0 - t), delta * (d - k) ** (-2.0 / 3.0))
        beyond = int(np.count_nonzero(positive > edge.quantile(1.0 - level)))
        if beyond <= k:
            return CutBulk(zero_mass, m, k, delta, t * delta, edge, _distance(positive[k:], delta, t))
        k += max(1, (beyond - k) // 50 if d > 4000 else 1)
    return CutBulk(zero_mass, m, m)


def _noise(bulk: Array, size: int, zeros: int) -> tuple[float, float]:
    """δ and c/δ: least squares through zero of the lower three quarters of the bulk on the quantiles of the
    semicircle."""
    t = float(semicircle.quantile(zeros / size))
    count = len(bulk)
    lower = max(int(0.75 * count), 1)
    ranks = (np.arange(lower) + 0.5) / count
    share = zeros / size
    places = semicircle.quantile(share + (1.0 - share) * ranks) - t
    ascending = bulk[::-1][:lower]
    return float(ascending @ places / (places @ places)), t


def _distance(bulk: Array, delta: float, t: float) -> float:
    """From the law of the positive part."""
    cut = float(semicircle.cdf(t))
    law = (semicircle.cdf(bulk[::-1] / delta + t) - cut) / (1.0 - cut)
    ranks = np.arange(len(bulk) + 1.0) / len(bulk)
    return float(max(np.max(ranks[1:] - law), np.max(law - ranks[:-1])))
