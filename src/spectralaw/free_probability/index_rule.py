"""Sums over the values of a law of the index, at a cost that does not grow with their number.

A sum over d values, Σ_i f(s(i)), is a sum over blocks of consecutive indices. In each block the
sum is replaced by a Gauss rule for the uniform measure on its integers, exact when f is a polynomial of the index of
degree 2q − 1: unlike an integral over the index it has no Euler–Maclaurin remainder, and a block of q or fewer
integers is taken as it is. Blocks double in size with their distance from the index whose value is nearest to a
chosen point, so that functions with a singularity there (a resolvent near the threshold) keep the full accuracy.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

NODES = 10
"""q: two blocks of ratio 2 from a singularity err by (3 + √8)^−2q ≈ 5e-16."""
_WINDOW = 16  # half-width of the window of single indices


@lru_cache(maxsize=8)
def _rule_coefficients(q: int) -> tuple[Array, Array]:
    """Chebyshev coefficients in 1/N² of the nodes (over N/2) and weights (over N) of the q-point discrete rule."""
    degree = 24
    y = 0.5 * (1.0 + np.cos(np.pi * (np.arange(degree + 1) + 0.5) / (degree + 1))) / q**2
    k = np.arange(1.0, q)
    # three-term recurrence of the polynomials orthogonal on N equidistant points, scaled to [-1, 1]
    off_diagonal = np.sqrt(k**2 * np.clip(1.0 - k**2 * y[:, None], 0.0, None) / (4.0 * k**2 - 1.0))
    matrices = np.zeros((degree + 1, q, q))
    index = np.arange(q - 1)
    matrices[:, index, index + 1] = matrices[:, index + 1, index] = off_diagonal
    nodes, vectors = np.linalg.eigh(matrices)
    fit = lambda samples: np.polynomial.chebyshev.chebfit(2.0 * y * q**2 - 1.0, samples, degree)  # noqa: E731
    return fit(nodes), fit(vectors[:, 0, :] ** 2)


def discrete_rule(first: Array, size: Array, order: int = NODES) -> tuple[Array, Array]:
    """q-point Gauss rule for Σ_{i=first}^{first+size−1} f(i).

    Parameters
    ----------
    first, size : array, any shape
        First index and number of indices of each block, whole numbers as floats; size 0 gives weights 0.
    order : int
        Number q of nodes.

    Returns
    -------
    (nodes, weights) : arrays of the same shape with a last axis of length q
    """
    number = np.arange(order)
    listed = size <= order
    n = np.where(listed, order, size)[..., None]
    node_fit, weight_fit = _rule_coefficients(order)
    distinct, place = np.unique(n, return_inverse=True)  # blocks are of few sizes
    variable = 2.0 * (order / distinct) ** 2 - 1.0
    place = place.reshape(n.shape[:-1])
    scaled = np.polynomial.chebyshev.chebval(variable, node_fit).T[place]
    weights = np.polynomial.chebyshev.chebval(variable, weight_fit).T[place] * n
    nodes = first[..., None] + 0.5 * (n - 1.0) + 0.5 * n * scaled
    single = listed[..., None]
    nodes = np.where(single, first[..., None] + np.minimum(number, np.maximum(size[..., None] - 1.0, 0.0)), nodes)
    weights = np.where(single, np.where(number < size[..., None], 1.0, 0.0), weights)
    return nodes, weights


def index_rule(count: int, centre: Array, finest: Array | None = None, order: int = NODES) -> tuple[Array, Array]:
    """Nodes and weights of Σ_{i=1}^{count} f(i), resolved around a centre.

    Parameters
    ----------
    count : int
        Number of indices.
    centre : array, shape (B,)
        Index around which blocks are smallest, one rule for each.
    finest : array, shape (B,), optional
        Number of indices of the two blocks next to the centre, if it is more than those that are taken one by one.
    order : int
        Nodes of a block.

    Returns
    -------
    (nodes, weights) : arrays of shape (B, m)
        m grows like log(count) and is the same for all centres; unused places have weight 0.
    """
    total = float(count)
    centre = np.round(np.clip(centre, _WINDOW, max(total, _WINDOW)))
    doublings = int(np.ceil(np.log2(max(total / _WINDOW, 2.0)))) + 1
    unit = np.full(centre.shape, float(_WINDOW)) if finest is None else np.clip(np.round(finest), _WINDOW, total)
    steps = unit[:, None] * 2.0 ** np.arange(doublings)
    right = np.concatenate([centre[:, None], centre[:, None] + steps], axis=1)  # ends of blocks, inclusive
    right = np.clip(right, 0.0, total)
    near = centre[:, None] - steps  # distances double down to half the centre, then indices halve down to one
    far = np.floor(centre[:, None] / 2.0 ** np.arange(1, doublings + 1))
    left = np.where(steps <= 0.5 * centre[:, None], near, 0.0)
    left = np.concatenate([left, np.where(far >= 1.0, far, 0.0)], axis=1)
    left = np.minimum(np.sort(left, axis=1)[:, ::-1], total)
    ends = np.concatenate([np.zeros((len(centre), 1)), left[:, ::-1], right], axis=1)
    window = (ends[:, :-1] >= (centre - _WINDOW)[:, None]) & (ends[:, 1:] <= (centre + _WINDOW)[:, None])
    sizes = np.diff(ends, axis=1)
    blocks = np.where(window, 0.0, sizes)
    used = np.any(blocks > 0.0, axis=0)
    nodes, weights = discrete_rule(ends[:, :-1][:, used] + 1.0, blocks[:, used], order)
    rows = len(centre)
    nodes, weights = nodes.reshape(rows, -1), weights.reshape(rows, -1)
    if not np.any(window & (sizes > 0.0)):
        return _packed(nodes, weights)
    begin = np.min(np.where(window & (sizes > 0), ends[:, :-1], np.inf), axis=1)
    finish = np.max(np.where(window & (sizes > 0), ends[:, 1:], -np.inf), axis=1)
    singles = begin[:, None] + 1.0 + np.arange(2.0 * _WINDOW)
    inside = singles <= finish[:, None]
    nodes = np.concatenate([nodes, np.where(inside, singles, 1.0)], axis=1)
    weights = np.concatenate([weights, np.where(inside, 1.0, 0.0)], axis=1)
    return _packed(nodes, weights)


def _packed(nodes: Array, weights: Array) -> tuple[Array, Array]:
    """What has a weight, moved to the left: the rules of many centres leave two fifths of their places unused."""
    row, column = np.nonzero(weights)
    count = np.bincount(row, minlength=len(weights))
    place = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    packed, masses = np.ones((len(weights), int(count.max()))), np.zeros((len(weights), int(count.max())))
    packed[row, place], masses[row, place] = nodes[row, column], weights[row, column]
    return packed, masses
