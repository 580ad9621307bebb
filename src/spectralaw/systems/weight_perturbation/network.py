"""The network that is asked about: weights, biases, activation; checked, and bound to inputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spectralaw._checks import choice, entries, positive_integer, whole
from spectralaw.display import Shown
from spectralaw.errors import InvalidInput
from spectralaw.systems.arrays import array as finite_array
from spectralaw.systems.weight_perturbation.activations import ACTIVATIONS, Activation
from spectralaw.systems.weight_perturbation.linear import Array, Linear, convolution, dense


@dataclass(frozen=True, eq=False)
class Convolution:
    """A convolution of one or two dimensions.

    Parameters
    ----------
    kernel : array of shape (out, in, width) or (out, in, height, width)
        Applied as frameworks do, without turning it round.
    stride : int
        Places from one patch to the next, in each direction.
    padding : int
        Zeros at every border.
    """

    kernel: Array
    stride: int = 1
    padding: int = 0

    def __post_init__(self) -> None:
        kernel = numbers("kernel", self.kernel, (3, 4), "of shape (out, in, width) or (out, in, height, width)")
        object.__setattr__(self, "kernel", kernel)
        object.__setattr__(self, "stride", positive_integer("stride", self.stride))
        object.__setattr__(self, "padding", whole("padding", self.padding))


@dataclass(frozen=True, eq=False, repr=False)
class Network(Shown):
    """f(x) = W^L ρ(W^{L−1} … ρ(W¹x + b¹) …) + b^L.

    Parameters
    ----------
    weights : list of arrays or Convolution
        [W¹, …, W^L], dense ones as (out, in); arrays of three or four dimensions are kernels with stride 1 and without
        padding. The last one is dense, with a row for each class. Activations are flattened before a dense layer,
        channels first.
    biases : list, optional
        One vector (out,) or None for each layer. They are exact: what is perturbed or rounded is the weights.
    activation : {"relu", "sigmoid", "softplus"}
        Between layers, not after the last.
    names : list of str, optional
        Of the layers, as in the file they come from.
    unused : tuple of str
        Tensors of that file that were passed over.

    Raises
    ------
    InvalidInput
        For anything else.
    """

    weights: tuple[Array | Convolution, ...]
    biases: tuple[Array | None, ...] = ()
    activation: str = "relu"
    names: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        layers = tuple(_layer(f"weights[{m}]", one) for m, one in enumerate(entries("weights", self.weights, "arrays")))
        if not layers:
            raise InvalidInput("weights must be a list [W1, …, WL] of one layer or more, not an empty one")
        if isinstance(layers[-1], Convolution):
            raise InvalidInput("the last of weights must be dense, with a row for each class, not a convolution")
        if len(layers[-1]) < 2:
            raise InvalidInput(
                f"weights must end in two classes or more, but weights[{len(layers) - 1}] has shape {layers[-1].shape}"
            )
        for m in range(1, len(layers)):
            _follows(m, layers[m - 1], layers[m])
        object.__setattr__(self, "weights", layers)
        object.__setattr__(self, "biases", _biases(self.biases, layers))
        object.__setattr__(self, "activation", choice("activation", self.activation, tuple(ACTIVATIONS)))
        names = tuple(str(name) for name in self.names) or tuple(f"W{m + 1}" for m in range(len(layers)))
        if len(names) != len(layers):
            raise InvalidInput(f"names must be one for each of {len(layers)} layers, not {len(names)}")
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "unused", tuple(self.unused))

    @property
    def classes(self) -> int:
        """Outputs."""
        return len(array_of(self.weights[-1]))

    def outputs(self, inputs: ArrayLike) -> Array:
        """f(x), (n, classes); (classes,) of a single input."""
        case = bound_to(self, inputs)
        found = np.concatenate([part.outputs() for part in case.chunks(1)])
        return found[0] if case.single else found

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        pairs = []
        for name, layer, bias in zip(self.names, self.weights, self.biases, strict=True):
            kernel = isinstance(layer, Convolution)
            words = " × ".join(map(str, array_of(layer).shape)) + (" convolution" if kernel else "")
            if isinstance(layer, Convolution) and (layer.stride > 1 or layer.padding):
                words += f", stride {layer.stride}, padding {layer.padding}"
            pairs.append((name, words + (", bias" if bias is not None else "")))
        if self.unused:
            pairs.append(("not used", ", ".join(self.unused)))
        return f"Network of {len(self.weights)} layers, {self.activation}", pairs


def array_of(layer: Array | Convolution) -> Array:
    """The weights of a layer, in their own shape."""
    return layer.kernel if isinstance(layer, Convolution) else layer


@dataclass(frozen=True, eq=False)
class Case:
    """A network with the inputs that are asked about."""

    layers: tuple[Linear, ...]
    x: Array
    """(n, inputs), flat."""
    activation: Activation
    single: bool
    network: Network

    def outputs(self) -> Array:
        """f(x), (n, classes); refuses numbers that overflow."""
        z = self.x
        with np.errstate(over="ignore", invalid="ignore"):
            for m, layer in enumerate(self.layers):
                z = layer.apply(layer.weight, z if m == 0 else self.activation.value(z)) + layer.bias
        if not np.all(np.isfinite(z)):
            raise InvalidInput("weights and inputs must give finite outputs, but theirs overflow")
        return z

    def take(self, rows: slice | NDArray[Any]) -> Case:
        """Some of the inputs."""
        return replace(self, x=self.x[rows])

    def slices(self, floats: int) -> Iterator[slice]:
        """Rows in pieces that take about 32 MB of ``floats`` each."""
        step = max(1, (4 << 20) // max(floats, 1))
        yield from (slice(k, k + step) for k in range(0, len(self.x), step))

    def chunks(self, copies: int) -> Iterator[Case]:
        """The inputs in pieces, ``copies`` of all activations each."""
        width = max(max(layer.inputs, layer.outputs) * self._patch(layer) for layer in self.layers)
        yield from (self.take(rows) for rows in self.slices(copies * width))

    @property
    def parameters(self) -> int:
        """Weights."""
        return sum(layer.weight.size for layer in self.layers)

    @staticmethod
    def _patch(layer: Linear) -> int:
        return 1 if layer.taps is None else max(1, layer.taps.size // layer.inputs)


def bound_to(network: Network, inputs: ArrayLike) -> Case:
    """A network with checked inputs, which tell the sizes of its convolutions."""
    first = network.weights[0]
    kernel = array_of(first)
    dims = kernel.ndim - 1
    wanted = "(n, d) or (d,)" if dims == 1 else f"(n, channels, {'width' if dims == 2 else 'height, width'})"
    x = numbers("inputs", inputs, (dims, dims + 1), f"of shape {wanted}")
    single = x.ndim == dims
    x = x[None] if single else x
    if x.shape[1] != kernel.shape[1]:
        what = "numbers" if dims == 1 else "channels"
        raise InvalidInput(
            f"inputs of shape {np.shape(inputs)} have {x.shape[1]} {what}, but {network.names[0]} of shape "
            f"{kernel.shape} takes {kernel.shape[1]}"
        )
    shape: tuple[int, ...] = x.shape[1:]
    layers = []
    for name, layer, bias in zip(network.names, network.weights, network.biases, strict=True):
        if isinstance(layer, Convolution):
            layers.append(convolution(layer.kernel, bias, shape, layer.stride, layer.padding))
        else:
            if prod(shape) != layer.shape[1]:
                raise InvalidInput(
                    f"{name} of shape {layer.shape} takes {layer.shape[1]} numbers, but the layer before it gives "
                    f"{prod(shape)}, of shape {shape}"
                )
            layers.append(dense(layer, bias))
        shape = layers[-1].shape
    return Case(tuple(layers), x.reshape(len(x), -1), ACTIVATIONS[network.activation], single, network)


def numbers(name: str, values: Any, dims: tuple[int, ...], words: str) -> Array:
    """A non-empty array of finite real numbers of one of some numbers of dimensions, as 64-bit floats, a copy."""
    return finite_array(name, values, f"an array {words}", dims)


def _layer(name: str, value: Any) -> Array | Convolution:
    if isinstance(value, Convolution):
        return value
    array = numbers(name, value, (2, 3, 4), "of shape (out, in), or (out, in, …) of a kernel")
    return array if array.ndim == 2 else Convolution(array)


def _follows(m: int, before: Array | Convolution, after: Array | Convolution) -> None:
    """Refuse layers that do not chain, as far as that can be told without inputs."""
    first, second = array_of(before), array_of(after)
    if isinstance(after, Convolution):
        if not isinstance(before, Convolution) or first.ndim != second.ndim:
            raise InvalidInput(
                f"weights[{m}] of shape {second.shape} cannot follow weights[{m - 1}] of shape {first.shape}: a "
                "convolution follows convolutions of as many dimensions"
            )
        fits = second.shape[1] == first.shape[0]
    elif isinstance(before, Convolution):
        fits = second.shape[1] % first.shape[0] == 0
    else:
        fits = second.shape[1] == first.shape[0]
    if not fits:
        raise InvalidInput(
            f"weights[{m}] of shape {second.shape} must take the {first.shape[0]} outputs of weights[{m - 1}] of shape "
            f"{first.shape}, not {second.shape[1]}"
        )


def _biases(values: Any, layers: Sequence[Array | Convolution]) -> tuple[Array | None, ...]:
    given = tuple(values)
    if not given:
        return (None,) * len(layers)
    if len(given) != len(layers):
        raise InvalidInput(f"biases must be one vector or None for each of {len(layers)} layers, not {len(given)}")
    found: list[Array | None] = []
    for m, (bias, layer) in enumerate(zip(given, layers, strict=True)):
        size = len(array_of(layer))
        array = None if bias is None else numbers(f"biases[{m}]", bias, (1,), f"of shape ({size},)")
        if array is not None and len(array) != size:
            raise InvalidInput(
                f"biases[{m}] of shape {array.shape} does not fit weights[{m}] of shape {array_of(layer).shape}"
            )
        found.append(array)
    return tuple(found)
