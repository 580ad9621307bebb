"""Moments above a threshold of a free convolution, by one contour in the subordination plane.

With y = x − c, the solution of the quadratic network needs (arXiv:2509.24882; arXiv:2505.17958)

    M   = ∫_{x>c} dμ_δ,      X = (1/δ) ∂_δ ∫ y₊² dμ_δ = 4 ∫_{x>c} y H dμ_δ,   H = Re G on the real line,
    mse = Q* − ∫_{x>c} (x² − c²) dμ_δ + δ² X.

The Stieltjes transform of μ_δ is analytic off the real line, so each integral over x > c is −(1/π) Im of one along
any path of the upper half-plane from c + i0 to a real point beyond the spectrum. Taken as a path of the
subordination variable w from w₀, z(w₀) = c, and integrated by parts, with A = w − c and Y = z(w) − c = A + δ² G,

    M   = −(1/π δ²) Im ∫ Y dw                      X = −(2/π δ⁴) Im ∫ (2/3 Y³ − A Y²) dw
    mse = Q* + (1/π δ²) Im ∫ Y² (c + 2 A − Y) dw
    ∂_c X = −(2/π δ⁴) Im ∫ Y (2 A − Y) dw          ∂_δ X = −(4/δ) X − (8/π δ⁵) Im ∫ Y (Y − A)² dw
    ∂_c mse = 2 c M + δ² ∂_c X                     ∂_δ mse = δ X + c δ ∂_c X + δ² ∂_δ X.

Integrands are rational in w: no equation is solved on the path, and no edge of the spectrum is looked for.

Large networks learn few directions: then the integrals are of order k/d while G is of order one. So atoms are split
at the start of the path, G = G_below + G_above. What holds G_below alone is analytic to the right of the start, and
its integral is moved to the short vertical segment under w₀, where Y is small; each remaining term has a factor
G_above. Each result is thus accurate relative to its own size, however small.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectralaw.free_probability.subordination import Array, subordination_point

_STEP = 0.22  # of the trapezoidal rule in the path variable; measured error of X and mse below 1e-13 relative
_MARGIN = 1.5  # in log distance, from the last atoms to where the path variable begins to accelerate
_ENDS = _MARGIN + 3.6  # after that e^3.6 decay lengths: integrand below 1e-15
_SEGMENT_NODES, _SEGMENT_WEIGHTS = np.polynomial.legendre.leggauss(20)
_DEEPEST = 150.0  # log of the ratio of largest to smallest scale on a path
_CHUNK = 400_000  # elements of a temporary array: fits the cache


@dataclass(frozen=True)
class Moments:
    """What the state evolution needs of μ_δ above the threshold c; every field has the shape of (δ, c)."""

    point: NDArray[np.complex128]
    """Subordination point w₀ of the threshold."""
    mass: Array
    """M, the fraction of eigenvalues that survive the threshold."""
    mse: Array
    """(1/d) E ‖(S* + δ Z − c)₊ − S*‖²."""
    mse_noise: Array
    """∂ mse / ∂δ."""
    mse_threshold: Array
    """∂ mse / ∂c."""
    response: Array
    """X = (1/δ) ∂_δ ∫ (x − c)₊² dμ_δ, twice the divergence of the spectral denoiser."""
    response_noise: Array
    """∂X / ∂δ."""
    response_threshold: Array
    """∂X / ∂c."""


def moments_above(
    noise: Array,
    threshold: Array,
    values: Array,
    weights: Array,
    start: NDArray[np.complex128] | None = None,
) -> Moments:
    """Mass, response and mean-square error of the spectral denoiser (x − c)₊, with their first derivatives.

    Parameters
    ----------
    noise, threshold : array, shape (B,)
        δ > 0 and c ≥ 0.
    values, weights : array, shape (B, m) or (1, m)
        Atoms of the teacher's spectrum and their weights, which add up to one.
    start : array of complex, shape (B,), optional
        The subordination points of the thresholds, if they are known.

    Returns
    -------
    Moments
        Relative accuracy about 1e-13 of each term.
    """
    if start is None:
        start = subordination_point(threshold, values, weights, noise)
    u, v = start.real, start.imag
    offset = values - u[:, None]  # positive above the threshold
    above = offset > -v[:, None]
    above_weights = np.where(above, weights, 0.0)
    below_weights = np.where(above, 0.0, weights)

    along, under = np.zeros((4, len(u))), np.zeros((5, len(u)))
    alive = np.any(above_weights > 0.0, axis=1)  # without, the integrals vanish exactly: a collapsed network
    filled = offset.shape[1] - np.argmax((weights != 0.0)[:, ::-1], axis=1)  # rules are padded with weights of zero
    for rows in _batches(start, offset, alive):
        used = slice(int(filled[rows].max()) if len(weights) > 1 else None)
        parts = (start[rows], noise[rows], threshold[rows], offset[rows, used])
        along[:, rows] = _along_path(*parts, above_weights[rows, used], below_weights[rows, used])
    inside = np.flatnonzero(v > 0.0)  # of the spectrum
    size = max(1, _CHUNK // (len(_SEGMENT_NODES) * offset.shape[1]))
    for begin in range(0, len(inside), size):
        rows = inside[begin : begin + size]
        under[:, rows] = _under_start(start[rows], noise[rows], threshold[rows], offset[rows], below_weights[rows])
    return _assemble(start, noise, threshold, values, weights, above, along, under)


def _assemble(start, noise, threshold, values, weights, above, along, under) -> Moments:
    """The moments from the integrals along the path and under its start."""
    v = start.imag
    variance = noise**2
    offset = values - start.real[:, None]
    survive = np.arctan2(v[:, None], -offset) / np.pi  # arg(w₀ − s_i) / π, the share of a direction beyond c
    suppressed = np.arctan2(v[:, None], offset) / np.pi
    learned = (
        values**2 * suppressed
        + threshold[:, None] ** 2 * survive
        - (v / np.pi)[:, None] * (start.real[:, None] + values)
    )
    mse = (weights * np.where(above, learned, values**2)).sum(axis=1)
    mse += (variance * along[0] + under[0] / variance) / np.pi
    mass = np.where(above, weights * survive, 0.0).sum(axis=1) - under[4] / (np.pi * variance)
    response, response_threshold = (-2.0 / np.pi * (along[k] + under[k] / variance**2) for k in (1, 2))
    response_noise = -(4.0 * response + 8.0 / np.pi * (along[3] + under[3] / variance**2)) / noise
    return Moments(
        point=start,
        mass=mass,
        mse=mse,
        mse_noise=noise * response + threshold * noise * response_threshold + variance * response_noise,
        mse_threshold=2.0 * threshold * mass + variance * response_threshold,
        response=response,
        response_noise=response_noise,
        response_threshold=response_threshold,
    )


def _batches(start, offset, alive) -> Iterator[NDArray[np.intp]]:
    """Rows to integrate together: of similar path lengths, and few enough for the cache."""
    rows = np.flatnonzero(alive)
    if len(rows) <= 1:
        if len(rows):
            yield rows
        return
    depth = _path_scales(start[rows], offset[rows])[1]
    rows = rows[np.argsort(depth)]
    begin, deepest = 0, np.sort(depth)
    while begin < len(rows):
        size = max(1, _CHUNK // (_node_count(deepest[begin]) * offset.shape[1]))
        yield rows[begin : begin + size]
        begin += size


def _along_path(start, noise, threshold, offset, above_weights, below_weights) -> Array:
    """Imaginary parts of the integrals from w₀ to the right of the spectrum, less what holds G_below alone.

    In order those of mse (over δ²), X, ∂_c X and ∂_δ X (over δ⁴).

    """
    w, dw = path_to_the_right(start, offset)
    columns = np.stack([above_weights, above_weights * offset, below_weights, below_weights * offset], axis=2)
    g_above, g_below = _transforms(w.real, w.imag + start.imag[:, None], offset, columns)
    variance = (noise**2)[:, None]
    a = w + (start - threshold)[:, None]
    y_below = a + variance * g_below
    both = g_below + g_above
    difference = g_above * (g_below + both)  # G² − G_below²
    integrands = (
        (threshold[:, None] - a) * difference - variance * g_above * (3.0 * g_below * both + g_above**2),
        g_above * (2.0 * g_below * y_below + g_above * (a + 2.0 * variance * g_below + 2.0 / 3.0 * variance * g_above)),
        -difference,
        y_below * difference + variance * g_above * both**2,
    )
    return np.stack([(integrand * dw).sum(axis=1).imag for integrand in integrands])


def _path_scales(start, offset) -> tuple[NDArray[np.complex128], Array]:
    """Chord of the path from w₀, and log of the nearest distance to an atom over it."""
    v = start.imag
    reach = np.maximum(offset.max(axis=1), 0.0)
    nearest = np.sqrt(np.min(offset**2, axis=1) + v**2)
    chord = 2.0 * (reach + v) - 1j * v
    chord = np.where((reach == 0.0) & (v == 0.0), nearest, chord)
    with np.errstate(all="ignore"):
        depth = np.log(nearest / np.abs(chord))
    return chord, np.where(np.isfinite(depth), np.clip(depth, -_DEEPEST, 0.0), 0.0)  # what is no number stays none


def _node_count(depth: float) -> int:
    return int(np.ceil((-depth + 2.0 * _ENDS) / _STEP)) + 1


def path_to_the_right(
    start: NDArray[np.complex128], offset: Array
) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """Nodes w − w₀ and weights dw of a path from w₀ to a real point right of the spectrum, shape (B, nodes).

    The path is the circle over the chord, w = w₀ + L iτ / (1 + iτ), run logarithmically in τ: nodes are equally dense
    in every decade of the distance to w₀, from the nearest atom to the farthest.

    Parameters
    ----------
    start : array of complex, shape (B,)
        w₀.
    offset : array, shape (B, m)
        s_i − Re w₀.
    """
    chord, depth = _path_scales(start, offset)
    count = _node_count(float(depth.min()))

    fraction = np.linspace(0.0, 1.0, count)
    length = 2.0 * _ENDS - depth
    xi = depth[:, None] - _ENDS + length[:, None] * fraction
    into, out = np.exp(depth[:, None] - _MARGIN - xi), np.exp(xi - _MARGIN)
    tau = np.exp(xi + out - into)
    turn = 1.0 + 1j * tau
    w = chord[:, None] * (1j * tau / turn)
    dw = chord[:, None] * (1j * tau / turn**2) * (1.0 + out + into) * (length / (count - 1))[:, None]
    return w, dw


def _transforms(real, height, offset, columns) -> tuple[NDArray[np.complex128], ...]:
    """G = Σ a_i / (p + i h − o_i) at points of shape (B, nodes), in real arithmetic: one matrix product.

    ``columns``, shape (B, m, 2 k), holds a and a·o of k sets of weights, each giving one transform.
    """
    kernel = np.subtract(real[:, :, None], offset[:, None, :])
    np.square(kernel, out=kernel)
    kernel += np.square(height)[:, :, None]
    np.reciprocal(kernel, out=kernel)
    sums = kernel @ columns
    return tuple(
        real * sums[..., k] - sums[..., k + 1] - 1j * (height * sums[..., k]) for k in range(0, sums.shape[-1], 2)
    )


def _under_start(start, noise, threshold, offset, below_weights) -> Array:
    """The same integrals, and that of M, for G_below alone, along the segment from w₀ down to the real line."""
    v = start.imag
    y = 0.5 * v[:, None] * (1.0 + _SEGMENT_NODES)
    dw = -0.5j * v[:, None] * _SEGMENT_WEIGHTS
    columns = np.stack([below_weights, below_weights * offset], axis=2)
    (g,) = _transforms(np.zeros_like(y), y, offset, columns)
    variance = (noise**2)[:, None]
    a = 1j * y + (start.real - threshold)[:, None]
    big_y = a + variance * g
    integrands = (
        big_y**2 * (threshold[:, None] + 2.0 * a - big_y),
        (2.0 / 3.0 * big_y - a) * big_y**2,
        big_y * (2.0 * a - big_y),
        big_y * (big_y - a) ** 2,
        big_y,
    )
    return np.stack([(integrand * dw).sum(axis=1).imag for integrand in integrands])
