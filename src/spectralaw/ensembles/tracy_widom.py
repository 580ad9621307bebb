"""Tracy–Widom law of the largest eigenvalue of real noise, β = 1."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

_SHAPE, _SCALE, _SHIFT = 46.446, 0.186054, 9.84801


class TracyWidom:
    """Tracy–Widom law TW₁ as a shifted gamma law: Gamma(46.446, scale 0.186054) − 9.84801.

    The three numbers match mean, variance and skewness; the upper quantiles that tests use are right to 0.001
    (0.95: 0.9794 against 0.9793) [M. Chiani, J. Multivariate Anal. 129 (2014) 69]. Below −9.848 there is no mass.
    """

    @staticmethod
    def quantile(probability: ArrayLike) -> Any:
        """Value below which the largest eigenvalue stays with this probability, from 0 to 1."""
        return special.gammaincinv(_SHAPE, np.asarray(probability, dtype=float)) * _SCALE - _SHIFT

    @staticmethod
    def sf(x: ArrayLike) -> Any:
        """Probability of a value above ``x``."""
        return special.gammaincc(_SHAPE, np.maximum((np.asarray(x, dtype=float) + _SHIFT) / _SCALE, 0.0))

    @staticmethod
    def cdf(x: ArrayLike) -> Any:
        """Probability of a value up to ``x``."""
        return special.gammainc(_SHAPE, np.maximum((np.asarray(x, dtype=float) + _SHIFT) / _SCALE, 0.0))
