r"""Intervals of all activations under perturbation, and the margin that they allow.

The first layer is exact for inputs x of any sign: Wx ∓ R|x|. Later activations are non-negative, 0 ≤ l ≤ z ≤ u, and a
product of intervals has its ends at (w + r) u where w + r ≥ 0 and at (w + r) l where not; so

    max a = (W + R)⁺ u + (W + R)⁻ l,    min a = (W − R)⁺ l + (W − R)⁻ u,

the least interval of each a that is possible with those of z. The margin f_i − f_j shares its z: its ends are those
formulas with W_i − W_j and R_i + R_j. For two layers all z are independent, and the margin is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectralaw.systems.weight_perturbation.linear import Array
from spectralaw.systems.weight_perturbation.network import Case
from spectralaw.systems.weight_perturbation.radii import room

FLOOR = 2.0**-960  # of a margin: what underflow may have hidden
Pairs = NDArray[np.intp]
"""(n, q, 2): q pairs of classes for each input."""


@dataclass(frozen=True, eq=False)
class Intervals:
    """Of each hidden layer, (n, outputs): before (a) and after (z) the activation."""

    a: list[tuple[Array, Array]]
    z: list[tuple[Array, Array]]


def propagate(case: Case, radii: Sequence[Array]) -> Intervals:
    """Intervals of the hidden layers; ``radii`` include rounding, (out, K) or (n, out, K)."""
    found = Intervals([], [])
    for m, (layer, r) in enumerate(zip(case.layers[:-1], radii[:-1], strict=True)):
        lost = room(layer) * np.abs(layer.bias)
        if m == 0:
            middle = layer.apply(layer.weight, case.x) + layer.bias
            half = layer.apply(r, np.abs(case.x)) + lost
            low, high = middle - half, middle + half
        else:
            z_low, z_high = found.z[-1]
            most, least = layer.weight + r, layer.weight - r
            high = layer.apply(np.maximum(most, 0.0), z_high) + layer.apply(np.minimum(most, 0.0), z_low)
            low = layer.apply(np.maximum(least, 0.0), z_low) + layer.apply(np.minimum(least, 0.0), z_high)
            low, high = low + (layer.bias - lost), high + (layer.bias + lost)
        found.a.append((low, high))
        found.z.append(case.activation.interval(low, high))
    return found


@dataclass(frozen=True, eq=False)
class Head:
    """The last layer as one objective for each pair: least f_i − f_j = Σ c z + rest, with c (n, q, h)."""

    c: Array
    rest: Array


def head(case: Case, radius: Array, pairs: Pairs) -> Head:
    """Coefficients D − S with D = W_i − W_j, S = R_i + R_j: exact for z ≥ 0, whatever z is."""
    layer = case.layers[-1]
    i, j = pairs[..., 0], pairs[..., 1]
    rows = np.arange(len(pairs))[:, None]
    s = radius[i] + radius[j] if radius.ndim == 2 else radius[rows, i] + radius[rows, j]
    d = layer.weight[i] - layer.weight[j]
    rest = layer.bias[i] - layer.bias[j] - room(layer) * (np.abs(layer.bias[i]) + np.abs(layer.bias[j]))
    if len(case.layers) == 1:
        return Head(d, rest - np.einsum("nqk,nk->nq", s, np.abs(case.x)))
    return Head(d - s, rest)


def least_margin(case: Case, radii: Sequence[Array], pairs: Pairs, inside: Intervals) -> Array:
    """No f_i − f_j of a perturbed network is below this, (n, q)."""
    last = head(case, radii[-1], pairs)
    if len(case.layers) == 1:
        return np.einsum("nqk,nk->nq", last.c, case.x) + last.rest - FLOOR
    low, high = inside.z[-1]
    least = np.matmul(np.maximum(last.c, 0.0), low[:, :, None]) + np.matmul(np.minimum(last.c, 0.0), high[:, :, None])
    return least[..., 0] + last.rest - FLOOR


def analytic_drop(case: Case, radii: Sequence[Array], pairs: Pairs, inside: Intervals) -> Array:
    """Bound in closed form of |Δ(f_i − f_j)|, (n, q), with Z = max z of :func:`propagate`.

    S·Z^{L−1} + ‖W_i − W_j‖₁ δ^{L−1},  δ^m = max_k (R^m Z^{m−1})_k + ‖W^m‖_∞ δ^{m−1},  δ⁰ = 0, where Z⁰ = |x|; it needs
    that ρ is 1-Lipschitz, and is never below that of the intervals.
    """
    reach, moved = np.abs(case.x), np.zeros(len(case.x))
    for m, (layer, r) in enumerate(zip(case.layers[:-1], radii[:-1], strict=True)):
        norm = np.abs(layer.weight).sum(axis=1).max()
        lost = room(layer) * np.abs(layer.bias)
        moved = (layer.apply(r, reach) + lost).max(axis=1) + norm * moved * (1.0 + room(layer))
        reach = inside.z[m][1]
    layer, r = case.layers[-1], radii[-1]
    i, j = pairs[..., 0], pairs[..., 1]
    s = np.einsum("nqk,nk->nq", r[i] + r[j], reach)
    lost = room(layer) * (np.abs(layer.bias[i]) + np.abs(layer.bias[j]))
    d = np.abs(layer.weight[i] - layer.weight[j]).sum(axis=-1)
    return (s + lost + d * moved[:, None] * (1.0 + room(layer))) * (1.0 + room(layer)) + FLOOR
