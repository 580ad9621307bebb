"""Free convolution with a semicircle: from a point of the spectrum to its subordination point.

μ_δ = μ_S ⊞ semicircle of variance δ² has the Stieltjes transform G(z) = Σ_i a_i / (w − s_i) with w = z − δ² G(z).
Everything about μ_δ is rational in w, so the only equation to solve is z(w) = w + δ² G(w) = x for a real x.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spectralaw.free_probability.compression import compressed
from spectralaw.free_probability.interpolation import stencil

ComplexArray = NDArray[np.complex128]
Array = NDArray[np.float64]

_ROWS = 40_000  # elements of a temporary array: a few of them fit the cache


def stieltjes(w: ComplexArray, values: Array, weights: Array) -> ComplexArray:
    """G(w) = Σ_i a_i / (w − s_i) at the points ``w``; ``values`` and ``weights`` broadcast against ``w[..., None]``."""
    return np.sum(weights / (w[..., None] - values), axis=-1)


def imaginary_part(
    u: Array, values: Array, weights: Array, noise: Array, guess: Array | None = None, tolerance: float = 1e-8
) -> Array:
    """Imaginary part v(u) ≥ 0 of the curve of subordination points, Σ_i a_i / ((u − s_i)² + v²) = 1/δ².

    Zero where no v solves this, that is outside the spectrum (P. Biane's description of the free convolution with a
    semicircle). As a function of v², the inverse of the left side is increasing and concave, so that Newton's method
    started from below increases monotonically to the root; from above, its first step leads below.

    Parameters
    ----------
    u : array, shape (B,)
    values, weights : array, shape (B, m) or (1, m)
    noise : array, shape (B,)
        δ > 0.
    guess : array, shape (B,), optional
        Of v.
    tolerance : float
        Relative size of the last step of v²; the error is its square.
    """
    squares = (u[:, None] - values) ** 2
    variance = noise**2
    # one atom alone bounds the root from below: a_i / ((u − s_i)² + v²) ≤ 1/δ²
    q = np.max(weights * variance[:, None] - squares, axis=1)
    with np.errstate(over="ignore"):
        inside = (q > 0.0) | (np.sum(weights / np.maximum(squares, 1e-300), axis=1) > 1.0 / variance)
    q = np.where(q > 0.0, q, 1e-32 * variance)
    if guess is not None:
        q = np.maximum(q, np.minimum(guess, noise) ** 2)
    rows = np.flatnonzero(inside)
    shared = len(weights) == 1
    terms = squares[rows]
    for _ in range(100):
        if len(rows) == 0:
            break
        kernel = 1.0 / (terms + q[rows, None])
        products = kernel * (weights if shared else weights[rows])
        total = np.sum(products, axis=1)
        slope = np.einsum("ij,ij->i", products, kernel)
        with np.errstate(all="ignore"):
            step = total * (variance[rows] * total - 1.0) / slope
        q[rows] = np.maximum(q[rows] + step, 0.5 * q[rows])
        going = np.abs(step) > tolerance * q[rows]  # steps square: the next one would be below rounding
        if not np.all(going):
            rows, terms = rows[going], terms[going]
    return np.where(inside, np.sqrt(q), 0.0)


def subordination_point(
    x: Array, values: Array, weights: Array, noise: Array, guess: ComplexArray | None = None
) -> ComplexArray:
    """Solve z(w) = x + i0 for w in the closed upper half-plane.

    Parameters
    ----------
    x : array, shape (B,)
        Points of the real line, inside or outside the spectrum.
    values, weights : array, shape (B, m) or (1, m)
        Atoms of μ_S; weights add up to one.
    noise : array, shape (B,)
        δ > 0.
    guess : array of complex, shape (B,), optional
        Points near the solutions, from which Newton's method starts; without them, the solutions of a teacher of
        zeros, whose spectrum is the semicircle.

    Returns
    -------
    array of complex, shape (B,)
        w with Im w = π δ² (density of μ_δ at x), and Im w = 0 exactly outside the spectrum.
    """
    if guess is None:
        semicircle = np.sqrt((x**2 - 4.0 * noise**2).astype(complex))
        guess = np.asarray(0.5 * (x + semicircle), dtype=complex)
    w, good = _newton(guess, x, values, weights, noise)
    for _ in range(2):  # a guess on the wrong side of an edge: leave the real line, or return to it
        todo = np.flatnonzero(~good)
        if len(todo) == 0:
            return w
        pick = (lambda v, rows=todo: v[rows]) if len(values) > 1 else (lambda v: v)
        flipped = np.where(guess[todo].imag == 0.0, guess[todo] + 0.1j * noise[todo], guess[todo].real)
        w[todo], good[todo] = _newton(flipped, x[todo], pick(values), pick(weights), noise[todo])
        guess = np.where(guess.imag == 0.0, guess + 0.01j * noise, guess.real)
    for tolerance in (1e-7, 1e-15):  # rarely is more than a rough bracket needed
        todo = np.flatnonzero(~good)
        if len(todo) == 0:
            break
        pick = (lambda v, rows=todo: v[rows]) if len(values) > 1 else (lambda v: v)
        s, a = pick(values), pick(weights)
        start = _bracketed(x[todo], s, a, noise[todo], tolerance)
        polished, good[todo] = _newton(start, x[todo], s, a, noise[todo])
        w[todo] = np.where(good[todo], polished, start)
    return w


def curve(x: Array, values: Array, weights: Array, noise: float, *, coarsest: int = 64) -> ComplexArray:
    """Subordination points of many increasing points of one spectrum: its density is Im w / (π δ²).

    Every ``coarsest``-th point is solved first; halves of the steps start from the interpolation of the last.

    Parameters
    ----------
    x : array, shape (B,)
        Increasing.
    values, weights : array, shape (m,)
    noise : float
        δ > 0.
    """
    values, weights = compressed(values, weights, noise)
    w = np.full(x.shape, np.nan, dtype=complex)
    size = max(1, _ROWS // len(values))
    solved = np.zeros(0, dtype=np.intp)
    stride = coarsest
    while stride:
        todo = np.setdiff1d(np.append(np.arange(0, len(x), stride), len(x) - 1), solved)
        if len(solved) > 1:
            shift = w[solved] - x[solved]  # smoother than w itself
            near, share = stencil(x[solved], x[todo], 6)
            guess = np.sum(share * shift[near], axis=1)
            left = np.clip(np.searchsorted(solved, todo) - 1, 0, len(solved) - 2)
            outside = (shift.imag[left] == 0.0) & (shift.imag[left + 1] == 0.0)  # stays on the real line
            inside = np.maximum(guess.imag, 0.1 * np.minimum(shift.imag[left], shift.imag[left + 1]))
            w[todo] = x[todo] + guess.real + 1j * np.where(outside, 0.0, inside)
        for begin in range(0, len(todo), size):
            part = todo[begin : begin + size]
            guess = w[part] if len(solved) > 1 else None
            w[part] = subordination_point(x[part], values[None], weights[None], np.full(len(part), noise), guess)
        solved = np.sort(np.append(solved, todo))
        stride //= 2
    return w


def _newton(
    w: ComplexArray, x: Array, values: Array, weights: Array, noise: Array
) -> tuple[ComplexArray, NDArray[np.bool_]]:
    """Newton's method for z(w) = x, and where it found the right root.

    There is one root with Im w > 0 when x is inside the spectrum, and otherwise one real root where z increases; a
    converged iterate of either kind is therefore the right one.
    """
    variance = noise**2
    w = np.array(w, dtype=complex)
    step, slope = np.full(w.shape, np.inf, dtype=complex), np.zeros(w.shape, dtype=complex)
    length, done = np.full(w.shape, np.inf), np.zeros(w.shape, dtype=bool)
    rows = np.arange(len(w))
    pick = (lambda v: v[rows]) if len(values) > 1 else (lambda v: v)
    with np.errstate(all="ignore"):
        for _ in range(16):
            transform, derivative = _transform(w[rows], pick(values), pick(weights))
            slope[rows] = 1.0 + variance[rows] * derivative
            step[rows] = (w[rows] - x[rows] + variance[rows] * transform) / slope[rows]
            w[rows] -= step[rows]
            before, length[rows] = length[rows], np.abs(step[rows])
            scale = np.abs(w[rows]) + noise[rows]
            # steps square: from the last two follows the next, which is not taken where it is below rounding
            following = length[rows] ** 3 / before**2
            done[rows] = (length[rows] <= 4e-16 * scale) | (np.isfinite(before) & (following <= 1e-16 * scale))
            done[rows] &= length[rows] <= 1e-7 * scale
            rows = rows[~done[rows]]
            if len(rows) == 0:
                break
        right = np.where(w.imag == 0.0, np.real(slope) > 0.0, w.imag > 1e-13 * noise)
        good = (done | (length <= 1e-13 * (np.abs(w) + noise))) & right & np.isfinite(w.real) & np.isfinite(w.imag)
    return w, good


def _transform(w: ComplexArray, values: Array, weights: Array) -> tuple[ComplexArray, ComplexArray]:
    """G(w) and G'(w), in real arithmetic: with D = Re w − s and k = 1/|w − s|², sums of a k, a k D, a k² and a k² D."""
    height = w.imag
    distance = w.real[:, None] - values
    kernel = np.square(distance)
    kernel += np.square(height)[:, None]
    np.reciprocal(kernel, out=kernel)
    total = (lambda k: k @ weights[0]) if len(weights) == 1 else (lambda k: np.einsum("ij,ij->i", k, weights))
    mass = total(kernel)
    distance *= kernel
    first = total(distance)
    distance *= kernel
    second = total(distance)
    np.square(kernel, out=kernel)
    square = total(kernel)
    transform = first - 1j * (height * mass)
    return transform, 2.0 * height**2 * square - mass + 2j * (height * second)


def _bracketed(x: Array, values: Array, weights: Array, noise: Array, tolerance: float) -> ComplexArray:
    """Bisection with Newton steps on u = Re w, along which x(u) = u + δ² Re G increases; |x − u| ≤ δ."""
    variance = noise**2
    low, high = x - noise, x + noise
    u = x.copy()
    v = np.zeros_like(u)
    done = np.zeros(x.shape, dtype=bool)
    for iteration in range(120):
        v = np.where(done, v, imaginary_part(u, values, weights, noise))
        w = u + 1j * v
        with np.errstate(all="ignore"):
            inverse = 1.0 / (w[:, None] - values)
            excess = u + variance * np.sum(weights * inverse, axis=1).real - x
            slope = 1.0 / np.real(1.0 / (1.0 - variance * np.sum(weights * inverse * inverse, axis=1)))
            proposal = u - excess / slope
        low = np.where(excess <= 0.0, u, low)
        high = np.where(excess >= 0.0, u, high)
        middle = 0.5 * (low + high)
        newton = np.isfinite(proposal) & (proposal > low) & (proposal < high) & (iteration % 3 != 2)
        following = np.where(newton, proposal, middle)
        scale = np.abs(x) + noise
        done |= (np.abs(excess) <= tolerance * scale) | (high - low <= 0.4 * tolerance * scale)
        if np.all(done):
            break
        u = np.where(done, u, following)
    return np.asarray(u + 1j * v, dtype=complex)
