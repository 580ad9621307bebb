"""A network from a file of weights: which tensors, in which order, and what was passed over."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from spectralaw._checks import entries, shown
from spectralaw.errors import InvalidInput
from spectralaw.systems.weight_perturbation.network import Network
from spectralaw.weights.files.dtypes import FLOATS
from spectralaw.weights.files.tensor import Tensor
from spectralaw.weights.load import load


def read_network(source: Any, names: Sequence[str] | None = None, *, activation: str = "relu") -> Network:
    """A network from a file, a dictionary name → array, or anything with ``state_dict()``.

    Parameters
    ----------
    source : path, mapping or module
        As for :func:`~spectralaw.diagnose`. A file says nothing of what stands between its layers: that they are dense
        layers or plain convolutions, one after the other with ``activation`` between them, is yours to know.
    names : list of str, optional
        Of the weights, from the first layer to the last. Without it every tensor of two to four dimensions is a
        layer, in the order of their names with numbers counted (``fc2`` before ``fc10``), and each other one must be
        the bias of one. A bias is found by the name of its layer, with ``weight`` or ``kernel`` changed to ``bias``.
    activation : str
        As in :class:`Network`.

    Returns
    -------
    Network
        With :attr:`~Network.names` and, where ``names`` were given, what was not used.

    Raises
    ------
    InvalidInput
        Where a tensor would be passed over in silence, layers do not chain, or numbers have a scale or layout of
        their own. Dense layers of Keras, (in, out), are told by their layout and turned round.
    """
    read = {tensor.name: tensor for tensor in load(source).tensors}
    if names is None:
        order = sorted((n for n, t in read.items() if 2 <= len(t.shape) <= 4 and t.size), key=_counted)
        if not order:
            raise InvalidInput(f"source must hold tensors of two to four dimensions; it has {shown(list(read))}")
    else:
        order = [_known(name, read) for name in entries("names", names, "names of tensors")]
        if len(set(order)) < len(order):
            raise InvalidInput(f"names must differ from one another, not {shown(order)}")
    found = {name: _bias_of(name, read) for name in order}
    used = {*order, *(bias for bias in found.values() if bias)}
    unused = tuple(name for name in read if name not in used)
    if unused and names is None:
        raise InvalidInput(
            f"source has tensors that are neither the weights nor the bias of a layer: {shown(list(unused))}; give the "
            "names of the weights in order, if the network is no more than these"
        )
    weights = tuple(_array(read[name]) for name in order)
    biases = tuple(None if bias is None else _array(read[bias]) for bias in found.values())
    return Network(weights, biases, activation, tuple(order), unused)


def _counted(name: str) -> list[tuple[int, int, str]]:
    """A key that sorts numbers in a name by their size."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", name) if part]


def _known(name: Any, read: dict[str, Tensor]) -> str:
    if not isinstance(name, str) or name not in read:
        raise InvalidInput(f"each of names must be one of {shown(list(read))}, not {shown(name)}")
    return name


def _bias_of(name: str, read: dict[str, Tensor]) -> str | None:
    for word in ("weight", "kernel"):
        head, found, tail = name.rpartition(word)
        bias = f"{head}bias{tail}"
        if found and bias in read and len(read[bias].shape) == 1:
            return bias
    return None


def _array(tensor: Tensor) -> np.ndarray:
    if tensor.refused is not None:
        raise tensor.refused
    real = tensor.dtype in FLOATS or tensor.dtype.startswith("float") or tensor.dtype == "longdouble"
    if not real and not tensor.scaled:
        raise InvalidInput(f"{tensor.name} must be of real numbers, not of type {tensor.dtype}")
    array = np.asarray(tensor.read())
    if tensor.output_last and array.ndim == 2:
        return array.T
    if tensor.output_last and array.ndim > 2:
        raise InvalidInput(
            f"{tensor.name} is a kernel (…, in, out), whose activations are flattened in another order: give arrays"
        )
    return array
