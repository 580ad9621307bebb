"""Integrals along stretches of the curve of subordination points that do not see single atoms.

Panels are halved where the last Legendre coefficients of what is summed, and then the sum of the halves, say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from spectralaw.free_probability.atoms import Array, Atoms
from spectralaw.free_probability.subordination import imaginary_part

_TAIL = 10.0  # coefficients of panels, in units of the tolerance, at which they are not halved


@dataclass(frozen=True)
class Accuracy:
    """Numbers of points of the sums and integrals."""

    block: int
    """Values of the teacher in a block of them."""
    cell: int
    panel: int
    """Points of the curve in a cell and on a panel."""
    indices: int
    """Cells in a block of them."""
    tolerance: float
    """Change of the integral at which panels are not halved any more."""


FINE = Accuracy(block=6, cell=18, panel=10, indices=9, tolerance=1e-8)
ROUGH = Accuracy(block=4, cell=9, panel=7, indices=6, tolerance=1e-5)


def panels(
    atoms: Atoms,
    noise: float,
    start: float,
    end: float,
    left_spacing: float,
    right_spacing: float,
    accuracy: Accuracy,
) -> float:
    """A piece of the curve that does not see single atoms.

    Panels double in length away from either end, where the height of the curve may change over a few atoms.
    """
    left, right = [start], [end]
    left_width, right_width = 2.0 * min(left_spacing, noise), 2.0 * min(right_spacing, noise)
    while left[-1] < right[-1]:
        longest = [max(0.4 * here, 0.5 * noise) for here in (left[-1], right[-1])]
        left_width, right_width = min(left_width, longest[0]), min(right_width, longest[1])
        if left_width < right_width:
            left.append(left[-1] + left_width)
            left_width *= 2.0
        else:
            right.append(right[-1] - right_width)
            right_width *= 2.0
    middle = 0.5 * (left.pop() + right.pop()) if len(left) > 1 and len(right) > 1 else None
    inner = [x for x in [*left, *right, middle] if x is not None and start < x < end]
    cuts = np.unique(np.array([start, *inner, end]))
    low, high = cuts[:-1], cuts[1:]
    whole, tail = _along(atoms, noise, low, high, accuracy)
    total = float(np.sum(whole))
    bad = tail > _TAIL * accuracy.tolerance * abs(total)
    for _ in range(40):  # where the spectrum of the bulk ends the curve has a knee
        if not np.any(bad):
            break
        low, high, whole = low[bad], high[bad], whole[bad]
        middle = 0.5 * (low + high)
        low, high = np.concatenate([low, middle]), np.concatenate([middle, high])
        halves, tail = _along(atoms, noise, low, high, accuracy)
        change = np.sum(halves.reshape(2, -1), axis=0) - whole
        total += float(np.sum(change))
        allowed = accuracy.tolerance * abs(total)
        bad = np.tile(np.abs(change) > allowed, 2) & (tail > _TAIL * allowed)
        whole = halves
    return total


def _along(atoms: Atoms, noise: float, low: Array, high: Array, accuracy: Accuracy) -> tuple[Array, Array]:
    """∫ V dμ_δ over pieces of the curve, and the size of the last two Legendre coefficients of what is summed.

    Each point has its own atoms: blocks are as long as their distance.
    """
    half = 0.5 * (high - low)[:, None]
    rise, width = arch(accuracy.panel)
    u = low[:, None] + half * rise
    points = u.ravel()
    delta = np.full(points.shape, noise)
    on_law = np.maximum(points, 0.0)
    values, counts = atoms.near(on_law, delta, accuracy.block)
    heights = _integrand(points, values, counts / atoms.dimension, delta, atoms.height_at(on_law, delta)).reshape(
        u.shape
    )
    terms = heights.reshape(u.shape) * half * width
    return np.sum(terms, axis=1), np.sum(np.abs(terms @ _last_coefficients(accuracy.panel)), axis=1)


@lru_cache
def _last_coefficients(number: int) -> Array:
    """From the terms of a Gauss–Legendre sum, the last two coefficients of its integrand in units of the integral."""
    nodes = np.polynomial.legendre.leggauss(number)[0]
    degrees = np.arange(number - 2, number)
    return np.polynomial.legendre.legvander(nodes, number - 1)[:, -2:] * (2.0 * degrees + 1.0)


@lru_cache
def arch(number: int) -> tuple[Array, Array]:
    """u = low + half·rise, and weights: square-root edges at both ends are resolved."""
    nodes, weights = np.polynomial.legendre.leggauss(number)
    angles = 0.5 * np.pi * (1.0 + nodes)
    return 1.0 - np.cos(angles), np.sin(angles) * (0.5 * np.pi * weights)


def _integrand(u: Array, values: Array, weights: Array, noise: Array, guess: Array) -> Array:
    """V times the density of μ_δ in u."""
    with np.errstate(divide="ignore", invalid="ignore"):  # where the curve is too low for the numbers: not a number
        return _integrand_on(u, imaginary_part(u, values, weights, noise, guess, 1e-5), values, weights)


def _integrand_on(u: Array, v: Array, values: Array, weights: Array) -> Array:
    offset = u[:, None] - values
    inverse = 1.0 / (offset**2 + (v**2)[:, None])
    probability = weights * inverse
    t_0 = np.sum(probability * inverse, axis=1)
    t_1 = np.sum(probability * inverse * offset, axis=1)
    probability /= np.sum(probability, axis=1)[:, None]
    mean = np.sum(probability * offset, axis=1)
    variance = np.sum(probability * (offset - mean[:, None]) ** 2, axis=1)
    return variance * (2.0 * v / np.pi) * ((v**2) * t_0 + t_1**2 / t_0)
