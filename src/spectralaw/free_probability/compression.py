"""Fewer atoms for the same free convolution.

Every subordination point w of a point of the closed upper half-plane obeys Σ a_i/|w − s_i|² ≤ 1/δ². Atoms of total
weight W are therefore never all nearer to w than δ √W. If they lie within r = δ √W/3 of their centre, w keeps a
distance of 2 r from it, wherever it is, and a Gauss rule of q nodes for them gives their part of G(w) to (2 + √3)^−2q.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_NODES = 14  # q: error below 1e-16


def compressed(values: Array, weights: Array, noise: float) -> tuple[Array, Array]:
    """Atoms and weights with the same Stieltjes transform, to rounding, at every subordination point.

    Parameters
    ----------
    values, weights : array, shape (m,)
        Atoms of a probability measure, in any order.
    noise : float
        δ > 0, or any smaller one.

    Returns
    -------
    (values, weights) : arrays, shape (k,)
        Ascending, k ≤ m.
    """
    order = np.argsort(values)
    values, weights = values[order], weights[order]
    mass = np.concatenate([[0.0], np.cumsum(weights)])
    parts, waiting = [], [(0, len(values))]
    while waiting:
        begin, end = waiting.pop()
        radius = 0.5 * (values[end - 1] - values[begin])
        if end - begin <= _NODES or radius == 0.0:
            parts.append((begin, values[begin:end], weights[begin:end]))
        elif 3.0 * radius <= noise * np.sqrt(max(mass[end] - mass[begin], 0.0)):
            parts.append((begin, *_gauss(values[begin:end], weights[begin:end])))
        else:
            middle = begin + int(np.searchsorted(values[begin:end], values[begin] + radius, side="right"))
            waiting += [(begin, middle), (middle, end)]
    parts.sort(key=lambda part: part[0])
    return np.concatenate([part[1] for part in parts]), np.concatenate([part[2] for part in parts])


def _gauss(values: Array, weights: Array) -> tuple[Array, Array]:
    """Gauss rule of a discrete measure of more than q atoms, by the Lanczos recurrence."""
    total = float(np.sum(weights))
    centre, radius = 0.5 * (values[0] + values[-1]), 0.5 * (values[-1] - values[0])
    scaled = (values - centre) / radius
    basis = np.zeros((_NODES, len(values)))
    diagonal, off_diagonal = np.zeros(_NODES), np.zeros(_NODES - 1)
    basis[0] = np.sqrt(weights / total)
    count = _NODES
    for k in range(_NODES):
        following = scaled * basis[k]
        diagonal[k] = float(basis[k] @ following)
        for _ in range(2):  # orthogonal to rounding
            following -= basis[: k + 1].T @ (basis[: k + 1] @ following)
        length = float(np.linalg.norm(following))
        if k == _NODES - 1:
            break
        if length < 1e-13:  # fewer distinct atoms than nodes
            count = k + 1
            break
        off_diagonal[k] = length
        basis[k + 1] = following / length
    matrix = np.diag(diagonal[:count]) + np.diag(off_diagonal[: count - 1], 1) + np.diag(off_diagonal[: count - 1], -1)
    nodes, vectors = np.linalg.eigh(matrix)
    return centre + radius * nodes, total * vectors[0] ** 2
