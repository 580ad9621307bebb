"""The network f(x) = v·φ(W x): its weights as they are handed in, its outputs, and its gradients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw._checks import shown, vector
from spectralaw.errors import InvalidInput
from spectralaw.systems.arrays import matrix
from spectralaw.systems.weight_series import activations

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Layers:
    """v, shape (m,), and W, shape (m, d)."""

    v: Array
    W: Array

    def __sub__(self, other: Layers) -> Layers:
        return Layers(self.v - other.v, self.W - other.W)


def layers(v: Any, W: Any, names: tuple[str, str] = ("v", "W")) -> Layers:
    """Both layers, checked: a weight in v for each row of W."""
    second, first = vector(names[0], v), matrix(names[1], W)
    if second.size != first.shape[0]:
        raise InvalidInput(
            f"{names[0]} must have an entry for each of the {first.shape[0]} rows of {names[1]}, not {second.size}"
        )
    return Layers(second, first)


def read_layers(name: str, source: Any) -> Layers:
    """Two layers from a pair (v, W), or from anything that ``weights.load`` reads: a file, a mapping, a module.

    Raises
    ------
    InvalidInput
        For a source with anything but a vector v and a matrix W with as many rows.
    """
    if isinstance(source, Layers):
        return source
    if isinstance(source, (tuple, list)):
        if len(source) != 2:
            raise InvalidInput(f"{name} must be a pair (v, W), not {len(source)} things")
        return layers(*source, names=(f"v of {name}", f"W of {name}"))
    if (
        not isinstance(source, (str, Mapping))
        and not hasattr(source, "__fspath__")
        and not hasattr(source, "state_dict")
    ):
        raise InvalidInput(f"{name} must be a pair (v, W), a mapping, a file or a network, not {shown(source)}")
    from spectralaw.weights.load import load

    tensors = load(source).tensors
    if len(tensors) == 2:
        for first, second in (tensors, tensors[::-1]):  # the order of most files
            rows = first.shape[-1] if first.output_last else first.shape[0] if first.shape else 0
            row = len(second.shape) == 1 or (len(second.shape) == 2 and 1 in second.shape)
            if len(first.shape) == 2 and row and second.size == rows:
                W = np.asarray(first.read(), dtype=float)
                v = np.asarray(second.read(), dtype=float).ravel()
                return layers(v, W.T if first.output_last else W, (f"v of {name}", f"W of {name}"))
    listed = ", ".join(f"{one.name} {one.shape}" for one in tensors[:6])
    raise InvalidInput(
        f"{name} must hold v of shape (m,) and W of shape (m, d) and nothing else (biases are inputs that are one), "
        f"not {shown(listed)}"
    )


def outputs(net: Layers, inputs: Array, activation: str) -> Array:
    """f at each input."""
    return activations.value(activation, inputs @ net.W.T) @ net.v


def gradient(net: Layers, inputs: Array, labels: Array, activation: str) -> Layers:
    """Of the loss Σ (f − y)²/(2 n)."""
    a = inputs @ net.W.T
    hidden = activations.value(activation, a)
    left = (hidden @ net.v - labels) / labels.size
    return Layers(
        hidden.T @ left, net.v[:, None] * ((activations.derivative(activation, a) * left[:, None]).T @ inputs)
    )
