"""The semicircle, and what is left of it when it is shifted and cut at zero: the spectrum of trained quadratic
networks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spectralaw._checks import finite
from spectralaw.errors import InvalidInput

Array = NDArray[np.float64]


def cdf(x: ArrayLike) -> Array:
    """Distribution function of the semicircle of variance 1 on [−2, 2]."""
    x = np.clip(np.asarray(x, dtype=float), -2.0, 2.0)
    return 0.5 + x * np.sqrt(4.0 - x**2) / (4.0 * np.pi) + np.arcsin(0.5 * x) / np.pi


def quantile(probability: ArrayLike) -> Array:
    """Quantiles of the semicircle of variance 1, on [−2, 2].

    With x = 2 sin θ the distribution function is 1/2 + (θ + sin θ cos θ)/π. At the ends the left side is cubic in the
    distance, so Newton's steps start from that cube root; they are kept inside the bracket.
    """
    p = np.asarray(probability, dtype=float)
    target = np.pi * (np.minimum(p, 1.0 - p) - 0.5)  # the lower half, mirrored
    distance = np.cbrt(1.5 * (target + 0.5 * np.pi))  # θ + π/2 to first order
    for _ in range(6):
        theta = distance - 0.5 * np.pi
        value = theta + np.sin(theta) * np.cos(theta) - target
        slope = 2.0 * np.cos(theta) ** 2
        step = np.divide(value, slope, out=np.zeros_like(distance), where=slope > 1e-300)
        distance = np.clip(distance - step, 0.0, 0.5 * np.pi)
    lower = -2.0 * np.cos(distance)
    return np.where(p <= 0.5, lower, -lower)


@dataclass(frozen=True)
class CutSemicircle:
    """Law of max(δ x − c, 0), with x of the semicircle on [−2, 2] (arXiv:2509.24882: the bulk of trained weights).

    Parameters
    ----------
    effective_noise : float
        δ > 0.
    threshold : float
        c, any sign; c ≥ 2δ leaves nothing.
    """

    effective_noise: float
    threshold: float

    def __post_init__(self) -> None:
        if finite("effective_noise", self.effective_noise) <= 0:
            raise InvalidInput(f"effective_noise must be positive, not {self.effective_noise:g}")
        finite("threshold", self.threshold)

    @property
    def edge(self) -> float:
        """2δ − c, where the bulk ends; 0 if nothing of it is left."""
        return max(2.0 * self.effective_noise - self.threshold, 0.0)

    @property
    def zero_mass(self) -> float:
        """Probability of an exact zero."""
        return float(cdf(self.threshold / self.effective_noise))

    def pdf(self, x: ArrayLike) -> Array:
        """Density of the positive part; it integrates to 1 − ``zero_mass``."""
        x = np.asarray(x, dtype=float)
        u = (x + self.threshold) / self.effective_noise
        inside = np.sqrt(np.maximum(4.0 - u**2, 0.0)) / (2.0 * np.pi * self.effective_noise)
        return np.where(x > 0, inside, 0.0)

    def cdf(self, x: ArrayLike) -> Array:
        """Distribution function, with its jump at zero."""
        x = np.asarray(x, dtype=float)
        return np.where(x < 0, 0.0, cdf((x + self.threshold) / self.effective_noise))

    def quantile(self, probability: ArrayLike) -> Array:
        """Quantiles; zero up to ``zero_mass``."""
        return np.maximum(self.effective_noise * quantile(probability) - self.threshold, 0.0)
