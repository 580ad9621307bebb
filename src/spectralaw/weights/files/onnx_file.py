"""ONNX, with the extra ``onnx``: initializers and constants of the graph and of its branches."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw.weights.files import dtypes
from spectralaw.weights.files.paths import beside
from spectralaw.weights.files.tensor import Source, Tensor, UnreadableWeights, refused_tensor
from spectralaw.weights.row import MatrixStatus

_LARGEST_FILE = 2 << 30  # protobuf's own limit
_DEEPEST = 20
_FIELDS = {1: 0, 2: 2, 3: 2, 4: 2, 5: 0, 6: 2, 7: 2, 8: 2, 14: 2, 20: 2, 25: 2, 26: 2}  # of a model: wire types
_GRAPH = 7
_TYPES = {
    1: "float32",
    2: "uint8",
    3: "int8",
    4: "uint16",
    5: "int16",
    6: "int32",
    7: "int64",
    9: "bool",
    10: "float16",
    11: "float64",
    12: "uint32",
    13: "uint64",
    14: "complex64",
    15: "complex128",
    16: "bfloat16",
    17: "float8_e4m3",
    18: "float8_e4m3",
    19: "float8_e5m2",
    20: "float8_e5m2",
}


def looks_like_onnx(path: Path, size: int) -> bool:
    """Whether the outermost fields are those of an ONNX model with a graph, up to the end of the file."""
    at, graph = 0, False
    with open(path, "rb") as file:

        def varint() -> int | None:
            value = shift = 0
            while shift < 64:
                byte = file.read(1)
                if not byte:
                    return None
                value |= (byte[0] & 0x7F) << shift
                if byte[0] < 0x80:
                    return value
                shift += 7
            return None

        for _ in range(10_000):
            tag = varint()
            if tag is None or _FIELDS.get(tag >> 3) != tag & 7:
                break
            length = varint()
            if length is None:
                break
            at = file.tell() + (length if tag & 7 == 2 else 0)
            if at > size:
                break
            graph |= tag >> 3 == _GRAPH
            if at == size:
                return graph
            file.seek(at)
    return False


def read(path: Path, size: int) -> Source:
    """The tensors of an ONNX model. The model is parsed as a whole, numbers are turned into arrays one at a time."""
    if importlib.util.find_spec("onnx") is None:
        raise UnreadableWeights(
            MatrixStatus.UNSUPPORTED_FORMAT,
            f"{path.name} is an ONNX model, and onnx is not installed: pip install 'spectralaw[onnx]'",
        )
    if size > _LARGEST_FILE:
        reason = f"{path.name} has {size:,} bytes; ONNX keeps what is larger than {_LARGEST_FILE:,} in files beside it"
        raise UnreadableWeights(MatrixStatus.TOO_LARGE, reason)
    import onnx

    try:
        model = onnx.load(str(path), load_external_data=False)
    except Exception as error:  # protobuf's own classes, which differ between its versions
        raise UnreadableWeights(MatrixStatus.MALFORMED, f"{path.name} is no valid ONNX model") from error
    tensors, names = [], set()
    scales = dict(_scales(model.graph.node))
    for name, proto in _protos(model):
        while name in names:  # a branch may use a name of the graph again
            name += "'"
        names.add(name)
        tensors.append(_tensor(name, proto, path))
    known = {tensor.name: tensor for tensor in tensors}
    tensors = [_scaled(tensor, scales[tensor.name], known) if tensor.name in scales else tensor for tensor in tensors]
    return Source(path.name, "onnx", tuple(tensors))


def _scales(nodes: Any) -> Iterator[tuple[str, tuple[str, str, int]]]:
    """Names of quantised tensors, and of their scale and zero point, and the axis along which these run."""
    for node in nodes:
        if node.op_type == "DequantizeLinear" and len(node.input) >= 2:
            axis = next((attribute.i for attribute in node.attribute if attribute.name == "axis"), 1)
            zero = node.input[2] if len(node.input) > 2 else ""
            yield node.input[0], (node.input[1], zero, axis)


def _scaled(tensor: Tensor, told: tuple[str, str, int], known: dict[str, Tensor]) -> Tensor:
    """Real numbers (x − zero) · scale, where scale and zero point are in the file and of one axis or of none."""
    scale, zero, axis = known.get(told[0]), known.get(told[1]), told[2]
    parts = [part for part in (tensor, scale, zero) if part is not None]
    fits = scale is not None and (not told[1] or zero is not None) and -len(tensor.shape) <= axis < len(tensor.shape)
    if not fits or any(part.refused is not None or len(part.shape) > 1 for part in parts[1:]):
        return tensor
    along = tensor.shape[axis]
    if any(part.size not in (1, along) for part in parts[1:]):
        return tensor

    def numbers() -> NDArray[Any]:
        def spread(part: Tensor) -> NDArray[Any]:
            values = np.asarray(part.read(), dtype=np.float32).reshape(-1)
            return values.reshape([-1 if k == axis % len(tensor.shape) else 1 for k in range(len(tensor.shape))])

        whole = np.asarray(tensor.read(), dtype=np.float32)
        return (whole - (spread(zero) if zero is not None else 0.0)) * spread(parts[1])

    return replace(tensor, read=numbers, scaled=True)


def _protos(model: Any) -> Iterator[tuple[str, Any]]:
    yield from _of_graph(model.graph, 0)
    for function in model.functions:
        yield from _of_nodes(function.node, 0)


def _of_graph(graph: Any, depth: int) -> Iterator[tuple[str, Any]]:
    for proto in graph.initializer:
        yield proto.name, proto
    for sparse in graph.sparse_initializer:
        yield sparse.values.name, None
    yield from _of_nodes(graph.node, depth)


def _of_nodes(nodes: Any, depth: int) -> Iterator[tuple[str, Any]]:
    if depth > _DEEPEST:
        raise UnreadableWeights(MatrixStatus.MALFORMED, f"the model has branches nested more than {_DEEPEST} deep")
    for node in nodes:
        for attribute in node.attribute:
            if node.op_type == "Constant" and attribute.HasField("t"):
                yield (node.output[0] if node.output else node.name), attribute.t
            for branch in ([attribute.g] if attribute.HasField("g") else []) + list(attribute.graphs):
                yield from _of_graph(branch, depth + 1)


def _tensor(name: str, proto: Any, path: Path) -> Tensor:
    if proto is None:
        reason = "sparse initializers are not read"
        return refused_tensor(name, (), "sparse", MatrixStatus.UNSUPPORTED_FORMAT, reason)
    shape = tuple(proto.dims)
    dtype = _TYPES.get(proto.data_type, f"type {proto.data_type}")
    if dtype not in _TYPES.values():
        reason = f"numbers of ONNX's {dtype} are not read"
        return refused_tensor(name, shape, dtype, MatrixStatus.UNSUPPORTED_DTYPE, reason)
    if min(shape, default=0) < 0:
        return refused_tensor(name, shape, dtype, MatrixStatus.MALFORMED, "a dimension of it is negative")
    try:
        return Tensor(name, shape, dtype, _external(proto, shape, dtype, path) or _internal(proto, shape, dtype))
    except UnreadableWeights as error:
        return refused_tensor(name, shape, dtype, error.status, str(error))


def _internal(proto: Any, shape: tuple[int, ...], dtype: str) -> Callable[[], NDArray[Any]]:
    wanted = prod(shape)
    if proto.HasField("raw_data"):
        held = len(proto.raw_data) / dtypes.item_size(dtype)
    else:
        fields = {"float32": proto.float_data, "float64": proto.double_data, "int64": proto.int64_data}
        unsigned = {"uint32": proto.uint64_data, "uint64": proto.uint64_data}
        held = len({**fields, **unsigned}.get(dtype, proto.int32_data))
    if held != wanted and not dtype.startswith("complex"):
        status = MatrixStatus.TRUNCATED if held < wanted else MatrixStatus.MALFORMED
        raise UnreadableWeights(status, f"its shape {shape} needs {wanted:,} numbers, the file holds {held:,.0f}")

    def numbers() -> NDArray[Any]:
        if proto.HasField("raw_data"):
            return dtypes.decoded(np.frombuffer(proto.raw_data, dtype=dtypes.stored_as(dtype)).reshape(shape), dtype)
        from onnx import numpy_helper

        array = numpy_helper.to_array(proto)
        return array.astype(np.float32) if dtype == "bfloat16" else array

    return numbers


def _external(proto: Any, shape: tuple[int, ...], dtype: str, path: Path) -> Callable[[], NDArray[Any]] | None:
    if proto.data_location != 1:
        return None
    told = {entry.key: entry.value for entry in proto.external_data}
    place = beside(path.parent, told.get("location"), path.name)
    try:
        offset = int(told.get("offset") or 0)
        length = int(told.get("length") or prod(shape) * dtypes.item_size(dtype))
    except ValueError as error:
        raise UnreadableWeights(
            MatrixStatus.MALFORMED, "its place in the file beside the model is no number"
        ) from error
    if length != prod(shape) * dtypes.item_size(dtype) or offset < 0:
        raise UnreadableWeights(MatrixStatus.MALFORMED, f"its {length:,} external bytes do not fit its shape {shape}")
    if offset + length > place.stat().st_size:
        raise UnreadableWeights(MatrixStatus.TRUNCATED, f"it ends beyond the end of {place.name}")

    def numbers() -> NDArray[Any]:
        if prod(shape) == 0:
            return np.zeros(shape, dtype=np.float32)
        with open(place, "rb") as file:
            mapped = np.memmap(file, dtype=dtypes.stored_as(dtype), mode="r", offset=offset, shape=shape)
        return dtypes.decoded(mapped, dtype)

    return numbers
