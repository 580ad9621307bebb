"""Marchenko–Pastur law: eigenvalues of W Wᵀ/n for white noise W of p rows and n columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spectralaw._checks import finite
from spectralaw.errors import InvalidInput

Array = NDArray[np.float64]


@dataclass(frozen=True)
class MarchenkoPastur:
    """Law of the p eigenvalues of W Wᵀ/n, entries of W independent of variance σ², p/n → ``ratio``.

    ρ(x) = √((b − x)(x − a)) / (2π σ² γ x) between a, b = σ² (1 ∓ √γ)².

    Parameters
    ----------
    ratio : float
        γ = p/n in (0, 1]: the shorter side over the longer one.
    variance : float
        σ² > 0.
    """

    ratio: float
    variance: float = 1.0

    def __post_init__(self) -> None:
        if not 0.0 < finite("ratio", self.ratio) <= 1.0:
            raise InvalidInput(f"ratio must be in (0, 1], the shorter side over the longer one, not {self.ratio:g}")
        if finite("variance", self.variance) <= 0.0:
            raise InvalidInput(f"variance must be positive, not {self.variance:g}")

    @property
    def support(self) -> tuple[float, float]:
        """Where the density is not zero."""
        root = np.sqrt(self.ratio)
        return float(self.variance * (1.0 - root) ** 2), float(self.variance * (1.0 + root) ** 2)

    def pdf(self, x: ArrayLike) -> Array:
        """Density."""
        x = np.asarray(x, dtype=float)
        low, high = self.support
        inside = (x > low) & (x < high)
        safe = np.where(inside, x, 0.5 * (low + high))
        height = np.sqrt((high - safe) * (safe - low)) / (2.0 * np.pi * self.variance * self.ratio * safe)
        return np.where(inside, height, 0.0)

    def cdf(self, x: ArrayLike) -> Array:
        """Distribution function, in closed form."""
        x = np.asarray(x, dtype=float)
        gamma, (low, high) = self.ratio, (edge / self.variance for edge in self.support)
        y = np.clip(x / self.variance, low, high)
        span = high - low
        root = np.sqrt(np.maximum((high - y) * (y - low), 0.0))
        first = np.arcsin(np.clip((2.0 * y - low - high) / span, -1.0, 1.0))
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = ((low + high) * y - 2.0 * low * high) / (y * span)
        second = np.arcsin(np.clip(np.where(y > 0, ratio, -1.0), -1.0, 1.0))
        value = 0.5 + (root + (1.0 + gamma) * first - (1.0 - gamma) * second) / (2.0 * np.pi * gamma)
        return np.clip(np.where(x <= self.support[0], 0.0, np.where(x >= self.support[1], 1.0, value)), 0.0, 1.0)

    def quantile(self, probability: ArrayLike) -> Array:
        """Quantiles, by bisection on the distribution function."""
        p = np.asarray(probability, dtype=float)
        low, high = (np.full(p.shape, edge) for edge in self.support)
        for _ in range(80):
            middle = 0.5 * (low + high)
            below = self.cdf(middle) < p
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return 0.5 * (low + high)

    @property
    def median(self) -> float:
        """Half of the eigenvalues are below."""
        from scipy.optimize import brentq

        low, high = self.support
        return float(brentq(lambda x: float(self.cdf(x)) - 0.5, low, high, xtol=1e-15 * high, rtol=1e-14))  # type: ignore[arg-type]
