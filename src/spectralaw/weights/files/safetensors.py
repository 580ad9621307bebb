"""safetensors, read and written: a length, a JSON header, and the bytes of the tensors one after the other.

The library's NumPy mode fails on bfloat16 and 8-bit floats; the format is small enough to need neither.
"""

from __future__ import annotations

import json
import os
import secrets
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
_WORDS = {dtype: word for word, dtype in dtypes.SAFETENSORS.items()}


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


class Writer:
    """Writes a safetensors file tensor by tensor, so that one is in memory at a time.

    The header stands before the numbers but is known after them: its place is reserved, and filled with blanks. The
    file appears complete or not at all, and one that exists is replaced only with ``overwrite``.

    Parameters
    ----------
    path : Path
    names : iterable of str
        Every name that may be added.
    overwrite : bool
    """

    def __init__(self, path: Path, names: Iterable[str], overwrite: bool = False) -> None:
        check_new(path, overwrite)
        self._path, self._overwrite = path, overwrite
        self._reserved = 1024 + sum(len(json.dumps(name).encode()) + 300 for name in names)
        self._reserved += -self._reserved % 8
        self._header: dict[str, Any] = {}
        self._at = 0

    def __enter__(self) -> Writer:
        try:
            self._temporary = self._path.with_name(f".{self._path.name[:200]}.{secrets.token_hex(4)}")
            self._file = open(self._temporary, "xb")
        except OSError as error:
            raise InvalidInput(f"out {self._path} cannot be written: {error.strerror or error}") from error
        self._file.seek(8 + self._reserved)
        return self

    def add(self, name: str, shape: tuple[int, ...], dtype: str, array: NDArray[Any]) -> None:
        """Append one tensor, as ``dtype``."""
        if name in self._header:
            raise InvalidInput(f"out would hold two tensors of the name {name!r}")
        word = _WORDS.get(dtype)
        if word is None:
            raise InvalidInput(f"tensor {name!r} of type {dtype} cannot be written as safetensors")
        raw = encoded(array, dtype)
        self._file.write(raw.data)
        place = [self._at, self._at + raw.size]
        self._header[name] = {"dtype": word, "shape": list(shape), "data_offsets": place}
        self._at += raw.size

    def finish(self, metadata: Mapping[str, str] | None = None) -> int:
        """Write the header and give the file its name; returns the size in bytes."""
        header = {**({"__metadata__": dict(metadata)} if metadata else {}), **self._header}
        raw = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
        if len(raw) > self._reserved:
            raise InvalidInput(f"the header of {self._path.name} would be longer than the place reserved for it")
        self._file.seek(0)
        self._file.write(self._reserved.to_bytes(8, "little") + raw.ljust(self._reserved))
        self._file.seek(0, os.SEEK_END)
        size = self._file.tell()
        self._file.close()
        check_new(self._path, self._overwrite)
        os.replace(self._temporary, self._path)
        return size

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._temporary.unlink(missing_ok=True)


def check_new(path: Path, overwrite: bool) -> None:
    """Refuse to replace a file without being told to."""
    if path.exists() and not overwrite:
        raise InvalidInput(f"out must be a new file, not {path}, which exists; give overwrite=True to replace it")


def encoded(array: NDArray[Any], dtype: str) -> NDArray[Any]:
    """The bytes of an array as ``dtype``; bfloat16 is rounded to the nearest, ties to even."""
    if dtype == "bfloat16" and array.dtype != np.uint16:
        bits = np.ascontiguousarray(array, dtype=np.float32).view(np.uint32)
        array = ((bits + (0x7FFF + ((bits >> 16) & 1))) >> 16).astype(np.uint16)
    plain = np.ascontiguousarray(array, dtype=dtypes.stored_as(dtype))
    return plain.reshape(-1).view(np.uint8)
