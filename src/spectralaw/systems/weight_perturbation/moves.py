"""Perturbations of weights, one for each input, by as few numbers as they need.

What a row of a dense layer adds to its sum for one input is any number between −R·|z| and R·|z|: all perturbations of
it do the same as R sgn(z) times one number t between −1 and 1. A kernel is shared by its places, so each of its
weights has a number of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectralaw.systems.weight_perturbation.intervals import Pairs
from spectralaw.systems.weight_perturbation.linear import Array
from spectralaw.systems.weight_perturbation.network import Case

Moves = list[Array]
"""For each layer (n, out), of a convolution (n, out, K); from −1 to 1."""


@dataclass(frozen=True, eq=False)
class Passed:
    """One pass through the perturbed network."""

    outputs: Array
    z: list[Array]
    """Inputs of each layer."""
    reach: list[Array]
    """R|z| of each dense layer, what t counts in; empty for convolutions."""
    a: list[Array]


def still(case: Case) -> Moves:
    """No perturbation."""
    n = len(case.x)
    return [np.zeros((n, len(la.weight)) if la.taps is None else (n, *la.weight.shape)) for la in case.layers]


def forward(case: Case, radii: Sequence[Array], moves: Moves) -> Passed:
    """The perturbed network, each input with its own weights."""
    z, passed = case.x, Passed(np.empty(0), [], [], [])
    for m, (layer, r, t) in enumerate(zip(case.layers, radii, moves, strict=True)):
        z = z if m == 0 else case.activation.value(passed.a[-1])
        if layer.taps is None:
            reach = layer.apply(r, np.abs(z))
            a = layer.apply(layer.weight, z) + t * reach + layer.bias
        else:
            reach = np.empty(0)
            a = layer.apply(layer.weight + r * t, z) + layer.bias
        passed.z.append(z)
        passed.reach.append(reach)
        passed.a.append(a)
    return Passed(passed.a[-1], passed.z, passed.reach, passed.a)


def backward(
    case: Case, radii: Sequence[Array], moves: Moves, passed: Passed, pair: NDArray[np.intp], alive: bool
) -> Moves:
    """∂(f_i − f_j)/∂t, layer by layer, in the form of ``moves``; ``pair`` is (n, 2).

    With ``alive``, units that the radius could wake count as awake.
    """
    found: list[Array] = [np.empty(0)] * len(moves)
    rows = np.arange(len(pair))
    delta = np.zeros((len(pair), case.network.classes))
    delta[rows, pair[:, 0]] += 1.0
    delta[rows, pair[:, 1]] -= 1.0
    for m in range(len(moves) - 1, -1, -1):
        layer, r, t, z = case.layers[m], radii[m], moves[m], passed.z[m]
        if layer.taps is None:
            found[m] = delta * passed.reach[m]
            c = layer.transposed(layer.weight, delta[:, None]) + layer.transposed(r, (t * delta)[:, None])
        else:
            found[m] = r * layer.outer(delta, z)
            c = layer.transposed(layer.weight + r * t, delta[:, None])
        if m:
            a = passed.a[m - 1]
            if alive and passed.reach[m - 1].size:
                a = a + passed.reach[m - 1] * (1.0 - moves[m - 1])
            delta = c[:, 0] * case.activation.slope(a)
    return found


def weights_of(case: Case, radii: Sequence[Array], moves: Moves) -> list[Array]:
    """The perturbed weights, (n, out, K) for each layer."""
    found = []
    for m, (layer, r, t) in enumerate(zip(case.layers, radii, moves, strict=True)):
        if layer.taps is None:
            sign = np.where(case.x < 0.0, -1.0, 1.0)[:, None] if m == 0 else 1.0
            found.append(layer.weight + r * t[:, :, None] * sign)
        else:
            found.append(layer.weight + r * t)
    return found


def evaluate(case: Case, weights: Sequence[Array]) -> Array:
    """f with weights of its own for each input, from the weights themselves, (n, classes)."""
    z = case.x
    for m, (layer, matrix) in enumerate(zip(case.layers, weights, strict=True)):
        z = layer.apply(matrix, z if m == 0 else case.activation.value(z)) + layer.bias
    return z


def towards(pairs: Pairs, classes: int) -> Array:
    """Moves of the last layer that lower f_i and raise f_j, exactly the best whatever its inputs are; (n, classes).

    With all other classes as rivals all of them are raised, which is the best against each.
    """
    found = np.zeros((len(pairs), classes))
    rows = np.arange(len(pairs))[:, None]
    found[rows, pairs[..., 1]] = 1.0
    found[rows, pairs[..., 0]] = -1.0
    return found
