"""The layers of a user's network, in the order in which they act, from a file, a dictionary, or a list of arrays."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from numpy.typing import NDArray

from spectralaw._checks import entries, shown
from spectralaw.errors import InvalidInput
from spectralaw.systems.gauss_newton.arguments import layers, matrix
from spectralaw.weights.files.tensor import Tensor
from spectralaw.weights.load import load
from spectralaw.weights.selection import candidates

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Layers:
    """Matrices that can be multiplied, their names, and what of the source was left aside."""

    names: tuple[str, ...]
    matrices: tuple[Array, ...]
    spacing: float
    """The coarsest relative spacing of their formats."""
    left_aside: tuple[str, ...]


def read_layers(source: Any, names: Any, transposed: bool) -> Layers:
    """The chain of layers of a source.

    Raises
    ------
    InvalidInput
        Where matrices do not fit each other; the sentence names the two and what may be wrong.
    """
    if isinstance(source, (list, tuple)):
        if names is not None:
            raise InvalidInput("names must not be given for a list of arrays, which are taken as they are")
        given = [matrix(f"weights[{i}]", one) for i, one in enumerate(source)]
        matrices, _ = layers([one.T if transposed else one for one, _ in given])
        spacing = max(its for _, its in given)
        return Layers(tuple(f"weights[{i}]" for i in range(len(matrices))), tuple(matrices), spacing, ())
    read = load(source)
    by_name = {tensor.name: tensor for tensor in read.tensors}
    if names is None:
        kept, aside = _matrices(read.tensors)
        if read.format == "safetensors":  # written in the order of the alphabet, where 10 comes before 2
            kept.sort(key=lambda tensor: _natural(tensor.name))
    else:
        kept = [_known(name, by_name) for name in entries("names", names, "names of tensors")]
        chosen = {tensor.name for tensor in kept}
        aside = [tensor.name for tensor in read.tensors if tensor.name not in chosen]
    if not kept:
        raise InvalidInput("source must hold at least one matrix of weights; " + _aside(aside))
    found, spacing = [], 0.0
    for tensor in kept:
        if len(tensor.shape) != 2:
            raise InvalidInput(
                f"{tensor.name!r} has {len(tensor.shape)} dimensions, but a layer of a linear network is a matrix; "
                "name the layers to be chained with names=[...]"
            )
        one, its = _read(tensor)
        found.append(one.T if tensor.output_last is not transposed else one)
        spacing = max(spacing, its)
    _fit([tensor.name for tensor in kept], found, names is None)
    layers(found)
    return Layers(tuple(tensor.name for tensor in kept), tuple(found), spacing, tuple(aside))


def _matrices(tensors: Sequence[Tensor]) -> tuple[list[Tensor], list[str]]:
    kept, aside = [], []
    for candidate in candidates(tensors, min_size=1):
        if candidate.status is None:
            kept.append(candidate.tensor)
        elif candidate.tensor.refused is not None:
            raise InvalidInput(f"source cannot be read as a whole: {candidate.name}: {candidate.reason}")
        else:
            aside.append(candidate.name)
    return kept, aside


def _read(tensor: Tensor) -> tuple[Array, float]:
    values, its = matrix(repr(tensor.name), tensor.read())
    coarse = {"bfloat16": 2.0**-7, "float16": 2.0**-10}
    return values, coarse.get(tensor.dtype, its)


def _known(name: Any, tensors: Mapping[str, Tensor]) -> Tensor:
    if not isinstance(name, str) or name not in tensors:
        listed = ", ".join(list(tensors)[:8]) + (", …" if len(tensors) > 8 else "")
        raise InvalidInput(f"names must be of tensors of the source ({listed}), not {shown(name)}")
    return tensors[name]


def _fit(names: Sequence[str], found: Sequence[Array], all_of_them: bool) -> None:
    """One sentence for the first two matrices that cannot be multiplied."""
    for i, (before, after) in enumerate(pairwise(found)):
        if after.shape[1] == before.shape[0]:
            continue
        advice = (
            "give the layers in order with names=[...]" if all_of_them else "give them in the order in which they act"
        )
        if all(first.shape[0] == second.shape[1] for first, second in pairwise([one.T for one in found])):
            advice = "they fit as (inputs, outputs): say transposed=True"
        raise InvalidInput(
            f"source must be a chain of layers, but {names[i + 1]!r} takes {after.shape[1]} inputs and {names[i]!r} "
            f"before it gives {before.shape[0]} outputs; {advice}"
        )


def _natural(name: str) -> list[tuple[int, int, str]]:
    """A key by which layer 2 comes before layer 10."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", name) if part]


def _aside(names: Sequence[str]) -> str:
    return f"it has {', '.join(names[:5])}" if names else "it has no tensor"
