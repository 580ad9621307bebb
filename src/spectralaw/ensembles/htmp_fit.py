"""Fit of HTMP, or of its inverse, to eigenvalues by likelihood."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import CubicSpline
from scipy.optimize import minimize

from spectralaw._checks import positive_integer
from spectralaw.ensembles.htmp import HTMP
from spectralaw.ensembles.inverse_htmp import InverseHTMP
from spectralaw.errors import InvalidInput
from spectralaw.results import Status

Array = NDArray[np.float64]

_FEWEST = 8
_KNOTS = 64
_RANGES = ((1e-4, 1.0 - 1e-4), (1e-2, 1e4))  # of γ and of κ


@dataclass(frozen=True)
class HTMPFit:
    """Eigenvalues read as scale · x, x of :class:`HTMP` or :class:`InverseHTMP`; unpacks as (gamma, kappa, scale,
    loglik)."""

    gamma: float
    kappa: float
    scale: float
    loglik: float
    """Sum of log densities at the eigenvalues, as if they were independent: they repel each other, so differences of it
    overstate what is known."""
    ks: float
    """Distance (Kolmogorov–Smirnov) from the fitted law."""
    inverse: bool
    status: Status
    message: str = ""

    def __iter__(self) -> Iterator[float]:
        return iter((self.gamma, self.kappa, self.scale, self.loglik))

    @property
    def law(self) -> HTMP | InverseHTMP:
        """The fitted law, of scale 1."""
        return (InverseHTMP if self.inverse else HTMP)(self.gamma, self.kappa)

    @property
    def tail_exponent(self) -> float | None:
        """Exponent of the density's tail; None for HTMP itself, whose tail is exponential."""
        law = self.law
        return law.tail_exponent if isinstance(law, InverseHTMP) else None


def fit(eigs: ArrayLike, inverse: bool = False, max_evaluations: int = 400) -> HTMPFit:
    """Most likely (γ, κ, scale) of HTMP, or of inverse HTMP.

    Parameters
    ----------
    eigs : array_like
        At least 8 positive eigenvalues; zeros are not of this law and must be left out.
    inverse : bool
        Fit the law of 1/x, which has a power-law tail.
    max_evaluations : int
        Limit of the search.

    Raises
    ------
    InvalidInput
        For fewer eigenvalues, or what is not positive and finite.
    """
    values = np.sort(np.asarray(eigs, dtype=float).ravel())
    if values.size < _FEWEST:
        raise InvalidInput(f"eigs must hold at least {_FEWEST} eigenvalues, not {values.size}")
    if not np.all(np.isfinite(values)) or values[0] <= 0:
        raise InvalidInput(
            f"eigs must be positive and finite, not {values[~(np.isfinite(values) & (values > 0))][0]:g}"
        )
    limit = positive_integer("max_evaluations", max_evaluations)
    if values[0] == values[-1]:
        raise InvalidInput(f"eigs must not all be equal, but all are {values[0]:g}")
    x = 1.0 / values[::-1] if inverse else values
    unit = float(np.exp(np.mean(np.log(x))))
    x = x / unit
    best = minimize(
        lambda free: _cost(free, x),
        _start(x),
        method="Nelder-Mead",
        options={"xatol": 1e-3, "fatol": 1e-3, "maxfev": limit, "initial_simplex": _simplex(_start(x))},
    )
    gamma, kappa, scale = _parameters(best.x)
    law = HTMP(gamma, kappa)
    loglik = float(np.sum(law.logpdf(x / scale))) - x.size * math.log(scale * unit)
    if inverse:
        loglik += 2.0 * float(np.sum(np.log(x * unit)))
    distribution = law.cdf(x / scale)
    ranks = np.arange(x.size + 1.0) / x.size
    ks = float(max(np.max(ranks[1:] - distribution), np.max(distribution - ranks[:-1])))
    at_the_end = [
        name
        for name, value, (low, high) in zip(("gamma", "kappa"), (gamma, kappa), _RANGES, strict=True)
        if not low * 1.01 < value < high * 0.99 and not (name == "gamma" and low * 1.01 < value < 1 - 1.01 * (1 - high))
    ]
    message = f"{at_the_end[0]} is at the end of its range" if at_the_end else "" if best.success else str(best.message)
    total = scale * unit
    return HTMPFit(
        gamma,
        kappa,
        1.0 / total if inverse else total,
        loglik,
        ks,
        inverse,
        Status.CONVERGED if best.success and np.isfinite(loglik) else Status.NOT_CONVERGED,
        message,
    )


def _start(x: Array) -> Array:
    """From the first three moments, E x² = 1 + γ(1 + 2/κ) and E x³ − 1 − 3γ(1 + 2/κ) = γ²(1 + 2/κ)(1 + 4/κ)."""
    scale = float(np.mean(x))
    second, third = float(np.mean((x / scale) ** 2)), float(np.mean((x / scale) ** 3))
    sum_ = max(second - 1.0, 1e-3)  # γ + 2γ/κ
    weak = (third - 1.0 - 3.0 * sum_) / sum_ - sum_  # 2γ/κ
    weak = float(np.clip(weak, 0.02 * sum_, 0.95 * sum_))
    gamma = float(np.clip(sum_ - weak, 0.02, 0.95))
    return np.array(
        [math.log(gamma / (1.0 - gamma)), math.log(np.clip(2.0 * gamma / weak, 0.05, 200.0)), math.log(scale)]
    )


def _simplex(start: Array) -> Array:
    return np.vstack([start, start + np.diag([0.4, 0.4, 0.05])])


def _parameters(free: Array) -> tuple[float, float, float]:
    gamma = float(np.clip(1.0 / (1.0 + math.exp(-float(np.clip(free[0], -40.0, 40.0)))), *_RANGES[0]))
    return (
        gamma,
        math.exp(float(np.clip(free[1], *np.log(_RANGES[1])))),
        math.exp(float(np.clip(free[2], -300.0, 300.0))),
    )


def _cost(free: Array, x: Array) -> float:
    """−log likelihood; many eigenvalues share a spline of the log density through their quantiles."""
    gamma, kappa, scale = _parameters(free)
    law = HTMP(gamma, kappa)
    if x.size <= 1.5 * _KNOTS:
        return -(float(np.sum(law.logpdf(x / scale, rough=True))) - x.size * math.log(scale))
    knots = np.unique(x[np.linspace(0, x.size - 1, _KNOTS).round().astype(int)])
    heights = law.logpdf(knots / scale, rough=True)
    if not np.all(np.isfinite(heights)):
        return math.inf
    spline = CubicSpline(np.log(knots), heights)
    return -(float(np.sum(spline(np.log(x)))) - x.size * math.log(scale))
