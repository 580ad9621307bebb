"""Weights that are in memory already: dictionaries, single arrays, modules, trained networks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw.errors import InvalidInput
from spectralaw.weights.files.dtypes import word_for
from spectralaw.weights.files.tensor import Source, Tensor, refused_tensor
from spectralaw.weights.row import MatrixStatus


def from_mapping(values: Mapping[Any, Any], name: str = "dictionary") -> Source:
    """Tensors of a dictionary name → array; names of nested dictionaries are joined by dots."""
    tensors = tuple(_tensor(key, value) for key, value in _flat(values, "", 0))
    if not tensors:
        raise InvalidInput("source must hold at least one array, not an empty dictionary")
    names: set[str] = set()
    for tensor in tensors:
        if tensor.name in names:
            raise InvalidInput(f"source must have one array a name, but {tensor.name!r} occurs twice")
        names.add(tensor.name)
    return Source(name, "arrays", tensors)


def from_array(values: Any, name: str) -> Source:
    """One array, or a list of numbers."""
    if isinstance(values, (list, tuple)) and any(len(getattr(one, "shape", ())) > 0 for one in values):
        raise InvalidInput("source must be a dictionary name → array for several arrays, not a list of them")
    tensor = _tensor(name, values)
    if tensor.refused is not None:
        raise InvalidInput(f"source must be an array of numbers: {tensor.refused}")
    return Source("array", "arrays", (tensor,))


def _flat(values: Mapping[Any, Any], prefix: str, depth: int) -> Iterator[tuple[str, Any]]:
    if depth > 30:
        raise InvalidInput("source must not be nested more than 30 deep")
    for key, value in values.items():
        name = f"{prefix}.{key}" if prefix else str(key)
        if isinstance(value, Mapping):
            yield from _flat(value, name, depth + 1)
        else:
            yield name, value


def _tensor(name: str, value: Any) -> Tensor:
    shape = tuple(int(extent) for extent in getattr(value, "shape", ()))
    try:
        array = as_numpy(value)
    except (TypeError, ValueError, RuntimeError) as error:
        reason = f"a {type(value).__name__} is no array of numbers: {' '.join(str(error).split())[:100]}"
        return refused_tensor(name, shape, type(value).__name__, MatrixStatus.UNSUPPORTED_DTYPE, reason)
    if array.dtype.kind not in "fiubc" and array.dtype.name not in ("bfloat16",):
        reason = f"entries of type {array.dtype} are no plain numbers"
        return refused_tensor(name, array.shape, str(array.dtype), MatrixStatus.UNSUPPORTED_DTYPE, reason)

    def read() -> NDArray[Any]:
        return array.astype(np.float32) if array.dtype.name == "bfloat16" else array

    return Tensor(name, array.shape, word_for(array.dtype), read)


def as_numpy(value: Any) -> NDArray[Any]:
    """An array of NumPy, PyTorch or JAX, without importing theirs; bfloat16 of PyTorch becomes float32."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        if "bfloat16" in str(getattr(value, "dtype", "")):
            value = value.float()
    return np.asarray(value)
