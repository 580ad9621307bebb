"""Networks of circular convolutions and dense layers with ReLU between: outputs, and how errors travel to them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from spectralaw._checks import entries
from spectralaw.errors import InvalidInput
from spectralaw.systems.tensor_compression import arguments
from spectralaw.systems.tensor_compression.arguments import Array
from spectralaw.systems.tensor_compression.operator_norm import operator_norm


def layers(weights: Any) -> list[Array]:
    """Checked weights: kernels (outputs, inputs, width, …) first, then matrices, or either alone."""
    found = [
        arguments.kernel(f"weights[{k}]", w, dense=True) for k, w in enumerate(entries("weights", weights, "arrays"))
    ]
    if not found:
        raise InvalidInput("weights must be a non-empty list of arrays, not an empty one")
    for k, (one, two) in enumerate(pairwise(found)):
        fits = two.shape[1] % one.shape[0] == 0 if one.ndim > 2 and two.ndim == 2 else two.shape[1] == one.shape[0]
        if not fits or two.ndim not in (2, one.ndim):
            raise InvalidInput(
                f"weights[{k + 1}] of shape {two.shape} must follow on weights[{k}] of shape {one.shape}: its inputs "
                "are the outputs before it, and convolutions come before dense layers"
            )
    return found


def checked_inputs(weights: Sequence[Array], inputs: ArrayLike) -> Array:
    """(samples, channels, width, …) or (samples, inputs), as the first layer takes, none of them zero."""
    first = weights[0]
    values = arguments.array("inputs", inputs, "an array of samples, as the first layer takes them,", (first.ndim,))
    if values.shape[1] != first.shape[1]:
        raise InvalidInput(f"inputs must have {first.shape[1]} channels, as the first layer, not {values.shape[1]}")
    if any(n < k for n, k in zip(values.shape[2:], first.shape[2:], strict=True)):
        raise InvalidInput(f"inputs must be images of at least {first.shape[2:]}, not {values.shape[2:]}")
    if not np.all(np.any(values.reshape(len(values), -1), axis=1)):
        raise InvalidInput("inputs must have no sample that is all zero: nothing relative can be said of it")
    return values


def apply(weight: Array, inputs: Array) -> Array:
    """One layer without its activation: circular convolution, or a product with the flattened inputs."""
    if weight.ndim == 2:
        flat = inputs.reshape(len(inputs), -1)
        if flat.shape[1] != weight.shape[1]:
            raise InvalidInput(f"inputs must give {weight.shape[1]} numbers to a dense layer, not {flat.shape[1]}")
        return flat @ weight.T
    axes = tuple(range(2, inputs.ndim))
    space = weight.shape[2:]
    found = np.zeros((len(inputs), weight.shape[0], *inputs.shape[2:]))
    for at in np.ndindex(*space):
        moved = np.roll(inputs, at, axis=axes)
        found += np.moveaxis(np.tensordot(weight[(slice(None), slice(None), *at)], moved, axes=(1, 1)), 0, 1)
    return found


def forward(weights: Sequence[Array], inputs: Array) -> list[Array]:
    """What enters every layer, and the output last."""
    states = [inputs]
    for k, weight in enumerate(weights):
        after = apply(weight, states[-1])
        states.append(np.maximum(after, 0.0) if k < len(weights) - 1 else after)
    return states


def sizes(values: Array) -> Array:
    """Euclidean norm of each sample."""
    return np.linalg.norm(values.reshape(len(values), -1), axis=1)


def gains(weights: Sequence[Array]) -> Array:
    """Π_{i > k} ‖W_i‖ for each layer k: what an error behind layer k can be multiplied by at most."""
    norms = [operator_norm(weight).bound for weight in weights[1:]]
    return np.concatenate([np.cumprod(norms[::-1])[::-1], [1.0]])
