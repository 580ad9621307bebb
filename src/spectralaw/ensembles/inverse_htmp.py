"""The law of inverse eigenvalues of HTMP: the spectrum of trained features, with a power-law tail."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from spectralaw._checks import positive_integer
from spectralaw.ensembles.htmp import HTMP, Array
from spectralaw.ensembles.panels import NODES, WEIGHTS


@dataclass(frozen=True)
class InverseHTMP:
    """Law of z = 1/x for x of :class:`HTMP`: the spectrum of trained features, with a power-law tail.

    Parameters
    ----------
    gamma, kappa : float
        As for :class:`HTMP`. The smaller κ, the heavier the tail.
    """

    gamma: float
    kappa: float

    def __post_init__(self) -> None:
        HTMP(self.gamma, self.kappa)

    @cached_property
    def direct(self) -> HTMP:
        """The law of 1/z."""
        return HTMP(self.gamma, self.kappa)

    @property
    def tail_exponent(self) -> float:
        """α of the density z^(−α) at infinity, 1 + κ(1 − γ)/(2γ)."""
        return 1.0 + self.kappa * (1.0 - self.gamma) / (2.0 * self.gamma)

    def logpdf(self, z: ArrayLike) -> Array:
        """Logarithm of the density."""
        z = np.asarray(z, dtype=float)
        positive = z > 0
        inverse = 1.0 / np.where(positive, z, 1.0)
        return np.where(
            positive, self.direct.logpdf(inverse) + 2.0 * np.log(inverse), np.where(np.isnan(z), np.nan, -np.inf)
        )

    def pdf(self, z: ArrayLike) -> Array:
        """Density."""
        return np.exp(self.logpdf(z))

    def cdf(self, z: ArrayLike) -> Array:
        """Distribution function."""
        z = np.asarray(z, dtype=float)
        positive = z > 0
        return np.where(
            positive, 1.0 - self.direct.cdf(1.0 / np.where(positive, z, 1.0)), np.where(np.isnan(z), np.nan, 0.0)
        )

    def moments(self, n: int) -> Array:
        """E z, …, E zⁿ; infinite from the tail exponent less one on. By integration, but for the first."""
        n = positive_integer("n", n)
        result = np.full(n, np.inf)
        breaks, _, values, _ = self.direct.table
        half = 0.5 * np.diff(np.log(breaks))
        middle = 0.5 * (np.log(breaks[1:]) + np.log(breaks[:-1]))
        nodes = middle[:, None] + half[:, None] * NODES
        a = self.direct.a
        for k in range(1, n + 1):
            if k < self.tail_exponent - 1.0:
                inner = float(np.sum(half * (np.exp(values - k * nodes) @ WEIGHTS)))
                near = math.exp(self.direct.log_edge + (a + 1.0 - k) * math.log(breaks[0])) / (a + 1.0 - k)
                result[k - 1] = self.direct.mean_inverse if k == 1 else inner + near
        return result

    def sample(self, N: int, rng: np.random.Generator | int | None = None) -> Array:
        """N inverse eigenvalues of one matrix, ascending."""
        return 1.0 / self.direct.sample(N, rng)[::-1]
