"""Where a free convolution with a semicircle has a given share of its mass above."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from spectralaw.free_probability.subordination import Array, ComplexArray, imaginary_part, stieltjes

_EXACT = 1e-14  # relative error of the share
_ROUNDING = 4e-16  # of the mass, in units of v/δ
_BESIDE = 1.005  # noises beside an atom at which no band of it or of smaller ones can reach


def mass_above(w: ComplexArray, values: Array, weights: Array) -> Array:
    """μ_δ((x, ∞)) at the subordination points w of x, from the primitive of its Stieltjes transform.

    (1/π) Im [Σ a_i log(w − s_i) + δ² G²/2], with δ² Im G = −v inside the spectrum and v = 0 outside of it.

    Parameters
    ----------
    w : array of complex, shape (B,)
        On the curve of subordination points, or real.
    values, weights : array, shape (B, m) or (1, m)
        Atoms, and their weights that add up to one.
    """
    offset = w.real[:, None] - values
    angle = np.arctan2(w.imag[:, None], offset)  # of an atom at a real w: either side, which has no mass
    kernel = offset / (offset**2 + (w.imag**2)[:, None] + 1e-300)
    return np.sum(weights * (angle - w.imag[:, None] * kernel), axis=1) / np.pi


def quantile_point(
    near: Callable[[Array], tuple[Array, Array]],
    noise: Array,
    share: float | Array,
    low: Array,
    high: Array,
    start: Array,
) -> tuple[ComplexArray, Array, Array]:
    """Subordination points of the points of the spectrum with a mass ``share`` above them.

    Along u = Re w the mass falls, at a rate that is known: Newton's method in a bracket. Of a gap of the spectrum, over
    which the mass is the same, a point is taken that is near the atoms below.

    Parameters
    ----------
    near : function
        Atoms and weights, shape (B, m) or (1, m), resolved around points u, shape (B,).
    noise : array, shape (B,)
        δ > 0.
    share : float, or array of shape (B,)
        Between 0 and 1.
    low, high : array, shape (B,)
        Bounds on u: no atom is below ``low`` + δ or above ``high`` − δ.
    start : array, shape (B,)
        Where to start from.

    Returns
    -------
    (w, values, weights)
        The points, and the atoms that resolve them.
    """
    low, high = low.copy(), high.copy()
    u = np.clip(start, low, high)
    for iteration in range(200):
        values, weights = near(u)
        v = imaginary_part(u, values, weights, noise)
        w = np.asarray(u + 1j * v, dtype=complex)
        excess = mass_above(w, values, weights) - share
        exact = np.abs(excess) <= _EXACT * share + _ROUNDING * v / noise
        low, high = np.where((excess > 0.0) & ~exact, u, low), np.where((excess > 0.0) & ~exact, high, u)
        atom = np.max(np.where((values < u[:, None]) & (weights > 0.0), values, -np.inf), axis=1)
        beside = atom + _BESIDE * noise
        far = exact & (v == 0.0) & (u > beside) & (beside > low)
        if np.all((exact & ~far) | (high - low <= 4e-16 * (np.abs(u) + noise))):
            break
        with np.errstate(all="ignore"):
            inverse = 1.0 / ((u[:, None] - values) ** 2 + (v**2)[:, None])
            t_0 = np.sum(weights * inverse**2, axis=1)
            t_1 = np.sum(weights * inverse**2 * (u[:, None] - values), axis=1)
            slope = 2.0 * v / np.pi * (v**2 * t_0 + t_1**2 / t_0)
            following = u + excess / slope
        middle = 0.5 * (low + high)
        good = np.isfinite(following) & (following > low) & (following < high) & (iteration % 4 != 3)
        u = np.where(far, beside, np.where(exact, u, np.where(good, following, middle)))
    return w, values, weights


def place(w: ComplexArray, values: Array, weights: Array, noise: Array) -> Array:
    """The point x = w + δ² G(w) of the real line whose subordination point is w."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return w.real + noise**2 * stieltjes(w, values, weights).real
