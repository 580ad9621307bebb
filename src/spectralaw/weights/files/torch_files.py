"""PyTorch's files without PyTorch: the zip of today, and the stream of pickles before version 1.6."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterator
from math import prod
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from spectralaw.weights.files import dtypes, zips
from spectralaw.weights.files.pickles import LARGEST_PICKLE, Pairs, Storage, View, load
from spectralaw.weights.files.tensor import Source, Tensor, UnreadableWeights, refused_tensor
from spectralaw.weights.row import MatrixStatus

LEGACY_MAGIC = bytes.fromhex("80028a0a")  # protocol 2, then a number of ten bytes
_MAGIC_NUMBER = 0x1950A86A20F9469CFC6C

Block = Callable[[], NDArray[Any]]
_DEEPEST = 30
_LONGEST_NAME = 500


def read_zip(path: Path, archive: zips.Archive, pickle_name: str) -> Source:
    """The tensors of a zip file with ``data.pkl``."""
    members = {member.name: member for member in archive.members}
    pickle, folder = members[pickle_name], pickle_name.removesuffix("data.pkl")
    if pickle.size > LARGEST_PICKLE:
        reason = (
            f"{path.name} is refused: its data.pkl would have {pickle.size:,} bytes, the most is {LARGEST_PICKLE:,}"
        )
        raise UnreadableWeights(MatrixStatus.MALFORMED, reason)
    content = load(io.BytesIO(archive.read(pickle).tobytes()), path.name)
    order = members.get(folder + "byteorder")
    big_endian = order is not None and order.size == 3 and archive.read(order).tobytes() == b"big"
    uses = Counter(view.storage.key for _, view in leaves(content))
    last: dict[str, NDArray[Any]] = {}  # views of one storage follow each other: a storage of several is kept

    def block(storage: Storage) -> Block:
        member = members.get(f"{folder}data/{storage.key}")
        if member is None:
            raise UnreadableWeights(MatrixStatus.TRUNCATED, f"its storage {storage.key} is missing")
        if member.size != storage.size * dtypes.item_size(storage.dtype):
            reason = (
                f"its storage {storage.key} has {member.size:,} bytes, not those of {storage.size:,} {storage.dtype}"
            )
            raise UnreadableWeights(MatrixStatus.TRUNCATED, reason)
        archive.check(member)

        def read() -> NDArray[Any]:
            raw = last.get(storage.key)
            if raw is None:
                last.clear()
                raw = archive.read(member)
                if uses[storage.key] > 1:
                    last[storage.key] = raw
            return raw.view(dtypes.stored_as(storage.dtype, big_endian))

        return read

    return Source(path.name, "torch zip", tuple(_tensors(content, block)))


def read_legacy(path: Path, size: int) -> Source:
    """The tensors of a file of five pickles and the storages after them."""

    def malformed(what: str, status: MatrixStatus = MatrixStatus.MALFORMED) -> UnreadableWeights:
        return UnreadableWeights(status, f"{path.name} is no valid legacy PyTorch file: {what}")

    with open(path, "rb") as file:
        limited = _Limited(file, LARGEST_PICKLE, malformed)
        if load(limited, path.name) != _MAGIC_NUMBER:
            raise malformed("it does not begin as one")
        load(limited, path.name)  # the protocol
        system = load(limited, path.name)
        content = load(limited, path.name)
        keys = load(limited, path.name)
        at = file.tell()
        storages = {view.storage.key: view.storage for _, view in leaves(content)}
        little = [value for key, value in system if key == "little_endian"] if isinstance(system, Pairs) else []
        big_endian = little == [False]
        if type(keys) is not list or not all(type(key) is str for key in keys):
            raise malformed("its list of storages is no list of names")
        places: dict[str, int] = {}
        for key in keys:
            file.seek(at)
            count = int.from_bytes(file.read(8), "big" if big_endian else "little", signed=True)
            storage = storages.get(key)
            if storage is None:
                raise malformed("it holds a storage that no tensor uses")
            if count != storage.size:
                raise malformed(f"its storage {key} must have {storage.size:,} entries, not {count:,}")
            places[key] = at + 8
            at += 8 + count * dtypes.item_size(storage.dtype)
            if at > size:
                raise malformed(f"its storage {key} ends beyond the end of the file", MatrixStatus.TRUNCATED)

    def block(storage: Storage) -> Block:
        if storage.key not in places:
            raise UnreadableWeights(MatrixStatus.TRUNCATED, f"its storage {storage.key} is missing")
        begin = places[storage.key]

        def read() -> NDArray[Any]:
            stored = dtypes.stored_as(storage.dtype, big_endian)
            with open(path, "rb") as file:
                return np.memmap(file, dtype=stored, mode="r", offset=begin, shape=(storage.size,))

        return read

    return Source(path.name, "torch legacy", tuple(_tensors(content, block)))


class _Limited:
    """A file from which only so much can be read: pickles have no length of their own."""

    def __init__(self, file: Any, limit: int, malformed: Callable[[str], UnreadableWeights]) -> None:
        self._file, self._left, self._malformed = file, limit, malformed

    def _spend(self, data: bytes) -> bytes:
        self._left -= len(data)
        if self._left < 0:
            raise self._malformed(f"its pickles have more than {LARGEST_PICKLE:,} bytes")
        return data

    def read(self, count: int = -1) -> bytes:
        return self._spend(self._file.read(min(count, self._left + 1) if count >= 0 else self._left + 1))

    def readline(self) -> bytes:
        return self._spend(self._file.readline(self._left + 1))

    def tell(self) -> int:
        return self._file.tell()


def leaves(content: Any) -> Iterator[tuple[str, Any]]:
    """Tensors in nested containers, and their names joined by dots; a container met again is not entered again."""
    seen: set[int] = set()
    pending: list[tuple[tuple[Any, ...], Any]] = [((), content)]
    while pending:
        keys, value = pending.pop()
        if isinstance(value, View):
            yield _name(keys), value
        if type(value) not in (Pairs, list, tuple) or id(value) in seen:
            continue
        if len(keys) > _DEEPEST:
            raise UnreadableWeights(MatrixStatus.MALFORMED, f"the file has containers nested more than {_DEEPEST} deep")
        seen.add(id(value))
        pairs = value if isinstance(value, Pairs) else list(enumerate(cast(Any, value)))
        pending.extend(((*keys, key), item) for key, item in reversed(pairs))


def _name(keys: tuple[Any, ...]) -> str:
    parts = ["_".join(map(str, key)) if isinstance(key, tuple) else str(key) for key in keys]
    name = ".".join(parts) or "tensor"
    if len(name) > _LONGEST_NAME:
        raise UnreadableWeights(MatrixStatus.MALFORMED, f"the file has a name of more than {_LONGEST_NAME} characters")
    return name


def _tensors(content: Any, block: Callable[[Storage], Block]) -> Iterator[Tensor]:
    for name, view in leaves(content):
        try:
            _check(view)
            read = _reader(view, block(view.storage))
        except UnreadableWeights as error:
            yield refused_tensor(name, view.shape, view.storage.dtype, error.status, str(error))
        else:
            yield Tensor(name, view.shape, view.storage.dtype, read)


def _check(view: View) -> None:
    """A view must lie inside its storage, entry by entry, and not be larger than it."""
    if view.offset < 0 or view.storage.offset < 0 or min(view.shape, default=0) < 0 or min(view.stride, default=0) < 0:
        raise UnreadableWeights(MatrixStatus.MALFORMED, "its size, stride and offset must not be negative")
    if prod(view.shape) == 0:
        return
    last = view.storage.offset + view.offset
    last += sum((extent - 1) * step for extent, step in zip(view.shape, view.stride, strict=True))
    if last >= view.storage.size or prod(view.shape) > view.storage.size:
        reason = f"its view of shape {view.shape} does not lie inside its storage of {view.storage.size:,} entries"
        raise UnreadableWeights(MatrixStatus.MALFORMED, reason)


def _reader(view: View, block: Block) -> Callable[[], NDArray[Any]]:
    def read() -> NDArray[Any]:
        if prod(view.shape) == 0:
            return np.zeros(view.shape, dtype=np.float32)
        numbers = block()[view.storage.offset + view.offset :]
        strides = tuple(step * numbers.itemsize for step in view.stride)
        return dtypes.decoded(as_strided(numbers, view.shape, strides, writeable=False), view.storage.dtype)

    return read
