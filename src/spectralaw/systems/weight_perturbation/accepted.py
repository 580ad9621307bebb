"""What is accepted as a network: arrays in order, a file, a dictionary, or a Network; bound to inputs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import ArrayLike

from spectralaw._checks import entries
from spectralaw.errors import InvalidInput
from spectralaw.systems.weight_perturbation.network import Case, Network, bound_to
from spectralaw.systems.weight_perturbation.reading import read_network


def bind(
    weights: Any,
    inputs: ArrayLike,
    biases: Sequence[ArrayLike | None] | None = None,
    activation: str | None = None,
) -> Case:
    """The network of ``weights`` with ``inputs``, both checked."""
    return bound_to(as_network(weights, biases, activation), inputs)


def as_network(
    weights: Any, biases: Sequence[ArrayLike | None] | None = None, activation: str | None = None
) -> Network:
    """A network from whatever is accepted as one."""
    if isinstance(weights, Network):
        if biases is not None or activation is not None:
            raise InvalidInput("biases and activation must not be given beside a Network, which has its own")
        return weights
    word = "relu" if activation is None else activation
    if isinstance(weights, (str, os.PathLike, Mapping)) or callable(getattr(weights, "state_dict", None)):
        if biases is not None:
            raise InvalidInput("biases must not be given beside a file or dictionary: they are read from it")
        return read_network(weights, activation=word)
    return Network(weights, () if biases is None else tuple(entries("biases", biases, "vectors or None")), word)
