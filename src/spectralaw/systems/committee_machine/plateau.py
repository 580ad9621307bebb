"""Plateaus of learning curves: how high, from where, and until when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spectralaw._checks import finite, positive_integer, vector
from spectralaw.errors import InvalidInput

Array = NDArray[np.float64]
FALL = 0.25  # of the height, that ends a plateau
LASTS = 3.0  # escape over start, at least
_BAND = 0.1  # the errors of a plateau are within this of its height, relative
_HEIGHTS = 400


@dataclass(frozen=True)
class Plateau:
    """Where learning stalls, though the error can still fall."""

    height: float
    """The error at which the curve stays longest in log α."""
    start: float
    """α at which the error comes within 10 % of it."""
    escape: float | None
    """α at which the error is 25 % below it; None where the curve ends before."""

    @property
    def found(self) -> bool:
        """True."""
        return True


@dataclass(frozen=True)
class NoPlateau:
    """None found."""

    reason: str

    @property
    def found(self) -> bool:
        """False."""
        return False


def find_plateau(alphas: ArrayLike, errors: ArrayLike, *, lasts: float = LASTS) -> Plateau | NoPlateau:
    """The longest plateau of a learning curve, if it has one.

    A plateau is a stretch along which the error stays within 10 % of one height while α grows by the factor ``lasts``
    or more, after the error has fallen by a quarter from where it began. It starts where the error comes into this band
    and is escaped where the error is a quarter below the height; logarithms are interpolated linearly. A curve that
    falls as a power law has none if its exponent is greater than ln(1.1/0.9)/ln(lasts), which is 0.18 for 3.

    Parameters
    ----------
    alphas, errors
        Ascending and positive, and positive: a curve, computed or measured.
    lasts : float
        Greater than 1.

    Returns
    -------
    Plateau or NoPlateau
        With ``found``; ``NoPlateau`` says why.

    Raises
    ------
    InvalidInput
        For other values, and fewer than 5 points.
    """
    x, y = _curve(alphas, errors)
    factor = finite("lasts", lasts)
    if factor <= 1.0:
        raise InvalidInput(f"lasts must be greater than 1, not {factor:g}")
    begun = np.flatnonzero(y <= (1.0 - FALL) * y[0])
    if begun.size == 0:
        return NoPlateau(f"the error never falls by {FALL:.0%} from where it begins, {y[0]:.3g}")
    u, v = np.log(x[begun[0] :]), np.log(y[begun[0] :])
    if u.size < 3:
        return NoPlateau("the curve ends where it begins to fall")
    best, place, height = -np.inf, (0.0, 0.0), 0.0
    for level in np.linspace(v.min(), v.max(), _HEIGHTS):
        entry, leave = _stay(u, v, level + np.log1p(_BAND), level + np.log1p(-_BAND))
        if leave - entry > best:
            best, place, height = leave - entry, (entry, leave), level
    if best < np.log(factor):
        return NoPlateau(
            f"the error stays within {_BAND:.0%} of one height for a factor of {np.exp(best):.2f} in alpha at most, "
            f"and {factor:g} is asked for"
        )
    gone = _crossing(u, v, height + np.log1p(-FALL), place[1] if place[1] > u[0] else u[0])
    return Plateau(float(np.exp(height)), float(np.exp(place[0])), None if gone is None else float(np.exp(gone)))


def plateau_height(units: int) -> float:
    """Height of the symmetric plateau of ``units`` students and teachers with g = erf, isotropic data and η → 0.

    (1/π) (π/6 − K arcsin(1/2K)): all students are the same mixture of the teachers.

    Raises
    ------
    InvalidInput
        For what is not a whole number of 1 or greater.

    References
    ----------
    Saad and Solla, Phys. Rev. E 52, 4225 (1995), in the scaling of the output by K^−½.
    """
    K = positive_integer("units", units)
    return float((np.pi / 6.0 - K * np.arcsin(0.5 / K)) / np.pi) if K > 1 else 0.0


def first_below(alphas: ArrayLike, errors: ArrayLike, level: float) -> float | None:
    """The first α at which a curve is below ``level``, interpolated in the logarithms; None where it never is.

    Parameters
    ----------
    alphas, errors
        Ascending and positive, and positive.
    level : float
        Greater than 0.

    Raises
    ------
    InvalidInput
        For other values, and fewer than 5 points.
    """
    x, y = _curve(alphas, errors)
    height = finite("level", level)
    if height <= 0.0:
        raise InvalidInput(f"level must be greater than 0, not {height:g}")
    found = _crossing(np.log(x), np.log(y), np.log(height), float(np.log(x[0])))
    return None if found is None else float(np.exp(found))


def _curve(alphas: ArrayLike, errors: ArrayLike) -> tuple[Array, Array]:
    x, y = vector("alphas", alphas), vector("errors", errors)
    if x.size != y.size:
        raise InvalidInput(f"alphas and errors must be of the same length, not {x.size} and {y.size}")
    if x.size < 5:
        raise InvalidInput(f"alphas must have 5 points or more, not {x.size}")
    for name, values in (("alphas", x), ("errors", y)):
        if np.any(values <= 0.0):
            raise InvalidInput(f"{name} must be greater than 0, but its entry {int(np.argmax(values <= 0.0))} is not")
    if np.any(np.diff(x) <= 0.0):
        raise InvalidInput(f"alphas must ascend, but its entry {int(np.argmax(np.diff(x) <= 0.0)) + 1} does not")
    return x, y


def _stay(u: Array, v: Array, top: float, bottom: float) -> tuple[float, float]:
    """The longest stretch of u along which bottom ≤ v ≤ top, its ends interpolated; (0, 0) without any."""
    inside = (v <= top) & (v >= bottom)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(int)))
    best = (0.0, 0.0)
    for first, after in zip(edges[::2], edges[1::2], strict=True):
        entry, leave = u[first], u[after - 1]
        if first > 0:
            edge = top if v[first - 1] > top else bottom
            entry = _between(u[first - 1], u[first], v[first - 1], v[first], edge)
        if after < u.size:
            edge = bottom if v[after] < bottom else top
            leave = _between(u[after - 1], u[after], v[after - 1], v[after], edge)
        if leave - entry > best[1] - best[0]:
            best = (float(entry), float(leave))
    return best


def _crossing(u: Array, v: Array, level: float, since: float) -> float | None:
    """Where v first is below ``level`` at or after u = ``since``."""
    below = np.flatnonzero((v < level) & (u >= since))
    if below.size == 0:
        return None
    k = int(below[0])
    return float(u[k]) if k == 0 or v[k - 1] < level else _between(u[k - 1], u[k], v[k - 1], v[k], level)


def _between(a: Any, b: Any, va: Any, vb: Any, level: float) -> float:
    return float(a + (b - a) * (level - va) / (vb - va))
