"""safetensors, read and written: a length, a JSON header, and the bytes of the tensors one after the other.

The library's NumPy mode fails on bfloat16 and 8-bit floats; the format is small enough to need neither.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw.errors import InvalidInput
from spectralaw.weights.files import dtypes
from spectralaw.weights.files.tensor import Source, Tensor, UnreadableWeights, refused_tensor
from spectralaw.weights.row import MatrixStatus

LARGEST_HEADER = 100_000_000


def read(path: Path, size: int) -> Source:
    """The tensors of a safetensors file, from its header; nothing else is read yet."""

    def malformed(what: str, status: MatrixStatus = MatrixStatus.MALFORMED) -> UnreadableWeights:
        return UnreadableWeights(status, f"{path.name} is no valid safetensors file: {what}")

    with open(path, "rb") as file:
        start = file.read(8)
        if len(start) < 8:
            raise malformed(
                f"it has {len(start)} bytes, fewer than the 8 of the header's length", MatrixStatus.TRUNCATED
            )
        length = int.from_bytes(start, "little")
        if length > LARGEST_HEADER:
            raise malformed(f"its header would have {length:,} bytes, the most is {LARGEST_HEADER:,}")
        if length > size - 8:
            raise malformed(f"its header has {length:,} bytes, the file only {size:,}", MatrixStatus.TRUNCATED)
        raw = file.read(length)
    header = _header(raw, malformed)
    begin, data = 8 + length, size - 8 - length
    entries = [(name, *_entry(name, entry, malformed)) for name, entry in header.items() if name != "__metadata__"]
    at = 0
    for name, _, _, _, first, last in sorted(entries, key=lambda entry: (entry[4], entry[5])):
        if first != at:
            raise malformed(f"the bytes of tensor {name!r} overlap others, or leave a gap")
        at = last
    if at > data:
        raise malformed(f"its tensors need {at:,} bytes, the file holds {data:,}", MatrixStatus.TRUNCATED)
    if at < data:
        raise malformed(f"its tensors need {at:,} bytes, the file holds {data:,}")
    tensors = []
    for name, word, dtype, shape, first, _ in entries:
        if dtype is None:
            reason = f"numbers of type {word} are not read"
            tensors.append(refused_tensor(name, shape, word, MatrixStatus.UNSUPPORTED_DTYPE, reason))
        else:
            tensors.append(Tensor(name, shape, dtype, _reader(path, begin + first, dtype, shape)))
    return Source(path.name, "safetensors", tuple(tensors))


def _header(raw: bytes, malformed: Callable[..., UnreadableWeights]) -> dict[str, Any]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = dict(pairs)
        if len(keys) < len(pairs):
            raise malformed("a key of its header occurs twice")
        return keys

    try:
        header = json.loads(raw.decode("utf-8"), object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:
        if isinstance(error, UnreadableWeights):
            raise
        raise malformed("its header is not JSON") from error
    if not isinstance(header, dict):
        raise malformed("its header is not a JSON object")
    return header


def _entry(name: str, entry: Any, malformed: Callable[..., UnreadableWeights]) -> tuple[Any, ...]:
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise malformed(f"the entry of tensor {name!r} must have dtype, shape and data_offsets")
    word, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    numbers = [*shape, *offsets] if isinstance(shape, list) and isinstance(offsets, list) else [None]
    if not all(type(number) is int and number >= 0 for number in numbers) or len(offsets) != 2:
        raise malformed(f"shape and data_offsets of tensor {name!r} must be lists of whole numbers")
    if not isinstance(word, str):
        raise malformed(f"the dtype of tensor {name!r} must be a word")
    first, last = offsets
    dtype = dtypes.SAFETENSORS.get(word)
    if last < first:
        raise malformed(f"the bytes of tensor {name!r} end before they begin")
    if dtype is not None and prod(shape) * dtypes.item_size(dtype) != last - first:
        raise malformed(
            f"tensor {name!r} of shape {tuple(shape)} and type {word} does not fill its {last - first:,} bytes"
        )
    return word, dtype, tuple(shape), first, last


def _reader(path: Path, offset: int, dtype: str, shape: tuple[int, ...]) -> Callable[[], NDArray[Any]]:
    def read_numbers() -> NDArray[Any]:
        stored = dtypes.stored_as(dtype)
        if prod(shape) == 0:
            return np.zeros(shape, dtype=stored)
        with open(path, "rb") as file:
            mapped = np.memmap(file, dtype=stored, mode="r", offset=offset, shape=shape)
        return dtypes.decoded(mapped, dtype)

    return read_numbers


def write(
    path: Path,
    tensors: Iterable[tuple[str, tuple[int, ...], str, Callable[[], NDArray[Any]]]],
    metadata: Mapping[str, str] | None = None,
    overwrite: bool = False,
) -> int:
    """Write a safetensors file, one tensor in memory at a time; returns its size in bytes.

    ``tensors`` are name, shape, type (``float64``, ``float32``, ``float16``, ``bfloat16``, integers) and a function that
    gives the numbers. The file appears complete or not at all; one that exists is replaced only with ``overwrite``.
    """
    if path.exists() and not overwrite:
        raise InvalidInput(f"out must be a new file, not {path}, which exists; give overwrite=True to replace it")
    words = {dtype: word for word, dtype in dtypes.SAFETENSORS.items()}
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    plan, at = [], 0
    # 8-byte types first, as the library orders them, so that each tensor is aligned to its own size
    for name, shape, dtype, numbers in sorted(tensors, key=lambda entry: (-dtypes.item_size(entry[2]), entry[0])):
        last = at + prod(shape) * dtypes.item_size(dtype)
        header[name] = {"dtype": words[dtype], "shape": list(shape), "data_offsets": [at, last]}
        plan.append((shape, dtype, numbers))
        at = last
    raw = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    raw += b" " * (-len(raw) % 8)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(len(raw).to_bytes(8, "little"))
            file.write(raw)
            for shape, dtype, numbers in plan:
                file.write(_encoded(numbers(), shape, dtype).data)
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        if overwrite:
            os.replace(temporary, path)
        else:
            _place(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return 8 + len(raw) + at


def _place(temporary: str, path: Path) -> None:
    """Give the finished file its name, unless another has taken it in the meantime."""
    try:
        os.link(temporary, path)
    except FileExistsError as error:
        raise InvalidInput(
            f"out must be a new file, not {path}, which exists; give overwrite=True to replace it"
        ) from error
    except OSError:  # a file system without links
        os.replace(temporary, path)
    else:
        os.unlink(temporary)


def _encoded(array: NDArray[Any], shape: tuple[int, ...], dtype: str) -> NDArray[Any]:
    array = np.asarray(array).reshape(shape)
    if dtype == "bfloat16" and array.dtype != np.uint16:
        bits = np.ascontiguousarray(array, dtype=np.float32).view(np.uint32)
        nearest = bits + (0x7FFF + ((bits >> 16) & 1))  # ties to even
        array = (nearest >> 16).astype(np.uint16)
    plain = np.ascontiguousarray(array, dtype=dtypes.stored_as(dtype))
    return plain.reshape(-1).view(np.uint8)
