"""Noise whose variances are a product over rows and columns: where its spectrum ends, and its density."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from spectralaw.ensembles.tracy_widom import TracyWidom
from spectralaw.errors import ConvergenceFailure, InvalidInput

Array = NDArray[np.float64]

_REACH = 12.0  # of the search for the edge, on the logistic scale of u


@dataclass(frozen=True)
class Edge:
    """Where noise ends, and how its largest eigenvalue fluctuates there."""

    location: float
    """E, with the correction of finite size E₀ (1 − 1/(2 √(p n)))."""
    limit: float
    """E₀, the edge of the limiting density."""
    scale: float
    """t: the largest eigenvalue is E + t · (a value of Tracy and Widom's law)."""

    def quantile(self, probability: float) -> float:
        """What the largest eigenvalue of noise stays below with this probability."""
        return self.location + float(TracyWidom.quantile(probability)) * self.scale

    def sf(self, eigenvalue: ArrayLike) -> Array:
        """Chance that the largest eigenvalue of noise is above ``eigenvalue``."""
        x = np.asarray(eigenvalue, dtype=float)
        if self.scale <= 0.0:
            return np.where(x > self.location, 0.0, 1.0)
        return TracyWidom.sf((x - self.location) / self.scale)


class SeparableNoise:
    """Eigenvalues of W Wᵀ for independent entries of variance a_i b_j.

    With F(u) = Σ a u/(1 + a u) and H(m) = Σ b m/(1 + b m), the Stieltjes transform follows from H(m) = F(u) and
    z = −(1/m) Σ a/(1 + a u). The upper edge is the minimum of z over u in (−1/max a, 0); all a and all b equal is
    the law of Marchenko and Pastur. Nothing is binned: 256 bins of a strong profile would move the edge by a
    Tracy–Widom unit.

    Parameters
    ----------
    rows : array_like, shape (p,)
        a ≥ 0, not all zero.
    columns : array_like, shape (n,)
        b ≥ 0, not all zero.
    """

    def __init__(self, rows: ArrayLike, columns: ArrayLike) -> None:
        self.rows, self.columns = _profile("rows", rows), _profile("columns", columns)

    def edge(self) -> Edge:
        """Upper edge and Tracy–Widom scale.

        κ = Σ a/(E₀ (1 + a u)²) · √(2/z''(u)), t = κ^(−2/3), at the u of the edge.
        """
        unit_a, unit_b = float(self.rows.max()), float(self.columns.max())
        a, b = self.rows[self.rows > 0] / unit_a, self.columns[self.columns > 0] / unit_b
        u, m = _lowest(a, b)
        limit, _, curvature = _map(a, b, u, m)
        density = float(np.sum(a / (1.0 + a * u) ** 2)) / limit
        scale = (density * np.sqrt(2.0 / curvature)) ** (-2.0 / 3.0)
        unit = unit_a * unit_b
        shrink = 1.0 - 0.5 / math.sqrt(self.rows.size * self.columns.size)
        return Edge(limit * shrink * unit, limit * unit, float(scale) * unit)

    def density(self, x: ArrayLike) -> Array:
        """Limiting density of the p eigenvalues at ``x`` > 0.

        The equations are followed by Newton's steps from far above the axis down to it.

        Raises
        ------
        ConvergenceFailure
            Where they do not close to 10⁻⁹.
        """
        x = np.asarray(x, dtype=float)
        if x.size and not np.min(x) > 0.0:
            raise InvalidInput(f"x must be positive, not {np.min(x):g}")
        a, b = self.rows[None, :], self.columns[None, :]
        flat = x.ravel()[:, None]
        top = 4.0 * self.edge().limit
        z = flat + 1j * top
        u = -np.sum(b, axis=1, keepdims=True) / z
        for height in np.r_[np.geomspace(top, 1e-6 * top, 14), 0.0]:
            z = flat + 1j * height
            for _ in range(60):
                inner = 1.0 / (1.0 + a * u)
                m = -np.sum(a * inner, axis=1, keepdims=True) / z
                slope = np.sum((a * inner) ** 2, axis=1, keepdims=True) / z  # dm/du
                outer = 1.0 / (1.0 + b * m)
                residual = u + np.sum(b * outer, axis=1, keepdims=True) / z
                jacobian = 1.0 - np.sum((b * outer) ** 2, axis=1, keepdims=True) / z * slope
                step = residual / jacobian
                trial = u - step
                u = np.where(trial.imag >= 0.0, trial, trial.real + 0.5j * u.imag)  # the branch of the upper half-plane
                if np.max(np.abs(step) / np.abs(u)) < (1e-3 if height else 1e-12):
                    break
        m = -np.sum(a / (1.0 + a * u), axis=1, keepdims=True) / z
        error = np.abs(u + np.sum(b / (1.0 + b * m), axis=1, keepdims=True) / z) / np.abs(u)
        if error.size and np.max(error) > 1e-9:
            raise ConvergenceFailure(f"the density of the noise is not found to better than {np.max(error):.1e}")
        transform = np.mean(-1.0 / (z * (1.0 + a * u)), axis=1)
        return np.maximum(transform.imag / np.pi, 0.0).reshape(x.shape)


def _profile(name: str, values: ArrayLike) -> Array:
    array = np.asarray(values, dtype=float)
    if array.ndim != 1 or array.size == 0 or not np.all(np.isfinite(array)):
        raise InvalidInput(f"{name} must be a non-empty list of finite variances")
    if array.min() < 0 or array.max() <= 0:
        raise InvalidInput(f"{name} must be variances, zero or greater and not all zero, not {array.min():g}")
    return array


def _lowest(a: Array, b: Array) -> tuple[float, float]:
    """u and m where z(u) is lowest: a coarse table for a bracket on the scale u = −1/(1 + e^(−v)), then Newton on
    z'."""
    grid, table = np.linspace(-_REACH, _REACH, 25), np.linspace(-16.0, 16.0, 81)
    u, m = -special.expit(grid), -special.expit(table)
    inner = 1.0 / (1.0 + np.outer(u, a))
    above = np.sum(b / (1.0 + np.outer(m, b)), axis=1) * m  # H, falls along the table
    w = np.interp(-np.sum(a * inner, axis=1) * u, -above, table)
    best = int(np.argmin(np.sum(a * inner, axis=1) / special.expit(w)))
    low, high = grid[max(best - 2, 0)], grid[min(best + 2, len(grid) - 1)]
    v, start, point = float(grid[best]), float(w[best]), (0.0, 0.0)
    for _ in range(60):
        *point, start = _solve(a, b, v, start)
        u = point[0]
        _, slope, curvature = _map(a, b, *point)
        low, high = (low, v) if slope < 0 else (v, high)  # u falls as v grows
        du = u * (1.0 + u)  # du/dv
        second = curvature * du**2 + slope * du * (1.0 + 2.0 * u)
        trial = v - slope * du / second if second > 0 else np.inf
        if not low < trial < high:
            trial = 0.5 * (low + high)
        if abs(trial - v) < 1e-9 * max(abs(v), 1.0):
            break
        v = float(trial)
    return point[0], point[1]


def _solve(a: Array, b: Array, v: float, w: float) -> tuple[float, float, float]:
    """u of v, the m with H(m) = F(u) by Newton's steps on its logistic scale from ``w``, and that scale."""
    u = -float(special.expit(v))
    target = float(np.sum(a / (1.0 + a * u))) * u
    low, high = -60.0, 60.0
    for _ in range(100):
        m = -float(special.expit(w))
        inner = b / (1.0 + b * m)
        excess = float(np.sum(inner)) * m - target  # falls as w grows
        low, high = (w, high) if excess > 0 else (low, w)
        slope = float(inner @ (inner / b)) * m * (1.0 + m)
        trial = w - excess / slope if slope != 0 else np.inf
        if not low < trial < high:
            trial = 0.5 * (low + high)
        if abs(trial - w) < 1e-8 * max(abs(w), 1.0):
            return u, -float(special.expit(trial)), trial
        w = trial
    return u, -float(special.expit(w)), w


def _map(a: Array, b: Array, u: float, m: float) -> tuple[float, float, float]:
    """z(u) with its first two derivatives, along H(m) = F(u)."""
    p, q = 1.0 / (1.0 + a * u), 1.0 / (1.0 + b * m)
    f1, f2 = np.sum(a * p**2), -2.0 * np.sum(a**2 * p**3)
    h1, h2 = np.sum(b * q**2), -2.0 * np.sum(b**2 * q**3)
    m1 = f1 / h1
    m2 = (f2 - h2 * m1**2) / h1
    s0, s1, s2 = np.sum(a * p), -np.sum((a * p) ** 2), 2.0 * np.sum((a * p) ** 3)
    z = -s0 / m
    z1 = -s1 / m + s0 * m1 / m**2
    z2 = -s2 / m + 2.0 * s1 * m1 / m**2 + s0 * m2 / m**2 - 2.0 * s0 * m1**2 / m**3
    return float(z), float(z1), float(z2)
