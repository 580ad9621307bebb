"""The exponent of a power law read off points, with the interval that its scatter or its error bars allow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from spectralaw._checks import finite, shown, vector
from spectralaw.errors import InvalidInput


@dataclass(frozen=True)
class Slope:
    """Exponent of y ~ x^value."""

    value: float
    low: float
    high: float
    """Ends of the interval of ``confidence``."""
    confidence: float
    points: int

    def holds(self, exponent: float) -> bool:
        """Whether the interval holds an exponent."""
        return self.low <= exponent <= self.high

    def __str__(self) -> str:
        return f"{self.value:.4g} [{self.low:.4g}, {self.high:.4g}]"


def log_slope(x: ArrayLike, y: ArrayLike, relative_error: ArrayLike | None = None, confidence: float = 0.95) -> Slope:
    """Straight line through (log x, log y), by least squares.

    Parameters
    ----------
    x, y
        Positive, as many of each, at least three points and two different x.
    relative_error
        Standard error of each y over y. Without it all points weigh the same and the interval is Student's, from the
        scatter about the line. With it points weigh by it, and the interval is the Gaussian one, widened where the
        points scatter more than their errors allow (χ² per degree of freedom above one).
    confidence
        Between 0 and 1.

    Raises
    ------
    InvalidInput
        For anything else: an exponent needs positive numbers, and an interval a third point.
    """
    from scipy.stats import norm, t

    x, y = vector("x", x), vector("y", y)
    level = finite("confidence", confidence)
    if not 0.0 < level < 1.0:
        raise InvalidInput(f"confidence must be between 0 and 1, not {level:g}")
    if x.size != y.size:
        raise InvalidInput(f"x and y must be of the same length, not {x.size} and {y.size}")
    if x.size < 3 or np.unique(x).size < 2:
        raise InvalidInput(f"x must have three points or more, two of them different, not {shown(x.tolist())}")
    for name, values in (("x", x), ("y", y)):
        if np.any(values <= 0.0):
            raise InvalidInput(f"{name} must be positive, but its entry {int(np.argmax(values <= 0))} is not")
    if relative_error is None:
        weights = np.ones(x.size)
    else:
        errors = vector("relative_error", relative_error)
        if errors.shape != x.shape or np.any(errors <= 0.0):
            raise InvalidInput("relative_error must be positive, one for each point")
        weights = errors**-2.0
    u, v = np.log(x), np.log(y)
    u = u - np.average(u, weights=weights)
    spread = float(np.sum(weights * u * u))
    value = float(np.sum(weights * u * v) / spread)
    left = v - np.average(v, weights=weights) - value * u
    free = x.size - 2
    scatter = float(np.sum(weights * left * left)) / free
    if relative_error is None:
        half = float(t.ppf(0.5 + 0.5 * level, free)) * np.sqrt(scatter / spread)
    else:
        half = float(norm.ppf(0.5 + 0.5 * level)) * np.sqrt(max(1.0, scatter) / spread)
    return Slope(value, value - float(half), value + float(half), level, int(x.size))
