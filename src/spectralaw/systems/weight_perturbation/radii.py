"""How far each weight may move: one number, one a layer, or one a weight; and the room that rounding takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw._checks import at_least, entries, is_number, whole
from spectralaw.errors import InvalidInput
from spectralaw.systems.weight_perturbation.linear import Array, Linear
from spectralaw.systems.weight_perturbation.network import Case, Network, array_of, numbers

UNIT = 2.0**-52


def deviations(network: Network, radius: Any, layers: Any = None) -> list[Array]:
    """How far each weight may move, (out, K) for each layer; zero in layers that were not chosen.

    ``radius`` is a number, or a list with a number or an array of the shape of the weights for each layer.
    """
    shapes = [array_of(layer).shape for layer in network.weights]
    matrices = [(shape[0], int(np.prod(shape[1:]))) for shape in shapes]
    if is_number(radius) or getattr(radius, "ndim", None) == 0 or isinstance(radius, (str, bytes, bool)):
        size = at_least("radius", radius, 0.0)
        return [np.full(m, size if on else 0.0) for m, on in zip(matrices, chosen(network, layers), strict=True)]
    each = entries("radius", radius, "numbers or arrays, one for each layer")
    if layers is not None:
        raise InvalidInput("layers must not be given beside a radius for each layer, where 0 leaves a layer as it is")
    if len(each) != len(shapes):
        raise InvalidInput(f"radius must be a number or one for each of {len(shapes)} layers, not {len(each)}")
    found = []
    for m, (one, shape, matrix) in enumerate(zip(each, shapes, matrices, strict=True)):
        if np.ndim(one) == 0:
            found.append(np.full(matrix, at_least(f"radius[{m}]", one, 0.0)))
            continue
        array = numbers(f"radius[{m}]", one, (len(shape),), f"of shape {shape}")
        if array.shape != shape:
            raise InvalidInput(f"radius[{m}] must be a number or an array of shape {shape}, not of {array.shape}")
        if array.min() < 0.0:
            raise InvalidInput(f"radius[{m}] must be 0 or greater, but its least entry is {array.min():g}")
        found.append(array.reshape(matrix))
    return found


def chosen(network: Network, layers: Any) -> NDArray[np.bool_]:
    """Which layers move: all of them, or a list of places in ``weights``, from 0 on or from −1 backwards."""
    count = len(network.weights)
    if layers is None:
        return np.ones(count, dtype=bool)
    found = np.zeros(count, dtype=bool)
    for one in entries("layers", layers, "whole numbers"):
        place = whole("each of layers", one, -count)
        if place >= count:
            raise InvalidInput(f"each of layers must be from {-count} to {count - 1}, a place in weights, not {place}")
        if found[place]:
            raise InvalidInput(f"layers must differ from one another, but {place} comes twice")
        found[place] = True
    if not found.any():
        raise InvalidInput("layers must be at least one place in weights, not none")
    return found


def room(layer: Linear) -> float:
    """Relative error of a sum as long as any of this layer, twice: once in the network, once in the bound."""
    return (layer.terms + 16) * UNIT


def with_rounding(case: Case, radii: Sequence[Array]) -> list[Array]:
    """Radii that also hold what rounding does.

    A sum of K products in double precision, in whatever order, is the exact sum with each product off by a relative
    (K + 2) 2⁻⁵³ or less, which is a perturbation of its weight. Twice that holds for the bounds' own sums.
    """
    return [r + room(layer) * (np.abs(layer.weight) + r) for layer, r in zip(case.layers, radii, strict=True)]
