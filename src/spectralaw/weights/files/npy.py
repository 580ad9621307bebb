"""npy and npz: NumPy's own formats, without pickles."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from spectralaw.weights.files import zips
from spectralaw.weights.files.dtypes import word_for
from spectralaw.weights.files.tensor import Source, Tensor, UnreadableWeights, refused_tensor
from spectralaw.weights.row import MatrixStatus

MAGIC = b"\x93NUMPY"
_LARGEST_HEADER = 10_000


class _Header:
    """Type, order and shape of one npy file, and where its numbers begin."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        def malformed(what: str, status: MatrixStatus = MatrixStatus.MALFORMED) -> UnreadableWeights:
            return UnreadableWeights(status, f"{name} is no valid npy file: {what}")

        start = file.read(8)
        if len(start) < 8:
            raise malformed("its header is cut off", MatrixStatus.TRUNCATED)
        if start[:6] != MAGIC or start[6] not in (1, 2, 3):
            raise malformed("it does not begin as one")
        width = 2 if start[6] == 1 else 4
        length = int.from_bytes(file.read(width), "little")
        if length > _LARGEST_HEADER:
            raise malformed(f"its header would have {length:,} bytes, the most is {_LARGEST_HEADER:,}")
        raw = file.read(length)
        if len(raw) < length:
            raise malformed("its header is cut off", MatrixStatus.TRUNCATED)
        try:
            text = raw.decode("utf-8" if start[6] == 3 else "latin-1")
            header = ast.literal_eval(re.sub(r"(\d)L\b", r"\1", text).strip())  # Python 2 wrote 3L
        except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError) as error:
            raise malformed("its header is not a dictionary") from error
        if not isinstance(header, dict) or set(header) != {"descr", "fortran_order", "shape"}:
            raise malformed("its header must have descr, fortran_order and shape")
        shape = header["shape"]
        if not isinstance(shape, tuple) or not all(type(extent) is int and extent >= 0 for extent in shape):
            raise malformed("its shape must be whole numbers")
        self.shape: tuple[int, ...] = shape
        self.order: Any = "F" if header["fortran_order"] else "C"
        self.begin = 8 + width + length
        self.dtype, self.word, self.refusal = _dtype(header["descr"], name)  # the type means nothing where refused

    @property
    def data_bytes(self) -> int:
        return prod(self.shape) * self.dtype.itemsize


def _dtype(descr: Any, name: str) -> tuple[np.dtype[Any], str, UnreadableWeights | None]:
    if "O" in str(descr):
        reason = f"{name} holds Python objects, which only a pickle could read"
        return np.dtype("u1"), "object", UnreadableWeights(MatrixStatus.REFUSED_PICKLE, reason)
    if isinstance(descr, str) and re.fullmatch(r"[<>|=]?[?bhilqBHILQefdgFDGifubc]\d{0,2}", descr):
        try:
            dtype = np.dtype(descr)
        except TypeError:
            pass
        else:
            return dtype, word_for(dtype), None
    shown = str(descr)[:40]
    reason = f"{name} holds entries of type {shown}, which are no plain numbers"
    return np.dtype("u1"), shown, UnreadableWeights(MatrixStatus.UNSUPPORTED_DTYPE, reason)


def read_npy(path: Path, size: int, name: str = "matrix") -> Source:
    """The array of a npy file, mapped into memory when read."""
    with open(path, "rb") as file:
        header = _Header(file, path.name)
    if header.refusal is not None:
        raise header.refusal
    if header.begin + header.data_bytes != size:
        status = MatrixStatus.TRUNCATED if header.begin + header.data_bytes > size else MatrixStatus.MALFORMED
        raise UnreadableWeights(
            status,
            f"{path.name} is no valid npy file: an array of shape {header.shape} needs {header.data_bytes:,} bytes, "
            f"the file holds {size - header.begin:,}",
        )

    def numbers() -> NDArray[Any]:
        if prod(header.shape) == 0:
            return np.zeros(header.shape, dtype=header.dtype)
        with open(path, "rb") as file:
            return np.memmap(
                file, dtype=header.dtype, mode="r", offset=header.begin, shape=header.shape, order=header.order
            )

    return Source(path.name, "npy", (Tensor(name, header.shape, header.word, numbers),))


def read_npz(path: Path, archive: zips.Archive) -> Source:
    """The arrays of a npz file, one member at a time."""
    return Source(path.name, "npz", tuple(_member(archive, member) for member in archive.members))


def _member(archive: zips.Archive, member: zips.Member) -> Tensor:
    name = member.name.removesuffix(".npy")
    shape, word = (), "unknown"
    try:
        archive.check(member)
        with archive.open(member) as file:
            header = _Header(file, member.name)
        shape, word = header.shape, header.word
        if header.refusal is not None:
            raise header.refusal
        if header.begin + header.data_bytes != member.size:
            short = header.begin + header.data_bytes > member.size
            raise UnreadableWeights(
                MatrixStatus.TRUNCATED if short else MatrixStatus.MALFORMED,
                f"{member.name} must hold {header.data_bytes:,} bytes for its shape {header.shape}, "
                f"not {member.size - header.begin:,}",
            )
    except UnreadableWeights as error:
        return refused_tensor(name, shape, word, error.status, str(error))
    return Tensor(name, shape, word, _reader(archive, member, header))


def _reader(archive: zips.Archive, member: zips.Member, header: _Header) -> Callable[[], NDArray[Any]]:
    def numbers() -> NDArray[Any]:
        raw = archive.read(member, skip=header.begin)
        return raw.view(header.dtype).reshape(header.shape, order=header.order)

    return numbers
