"""Zip archives of strangers: checked before anything is unpacked, unpacked into memory only, and counted."""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from spectralaw.weights.files.tensor import UnreadableWeights
from spectralaw.weights.row import MatrixStatus

LARGEST_RATIO = 200
HARMLESS = 1 << 20  # a member below this may be compressed as well as it likes: a bias of zeros is
_CHUNK = 1 << 20
_MOST_MEMBERS = 200_000


@dataclass(frozen=True)
class Member:
    """One file of the archive, as the archive describes it."""

    name: str
    size: int
    info: zipfile.ZipInfo


class Archive:
    """An archive whose list of members is consistent.

    Raises
    ------
    UnreadableWeights
        For what is no zip file, has two members of one name, or members that share their bytes.
    """

    def __init__(self, path: Path, size: int, max_bytes: int) -> None:
        self.path, self.max_bytes = path, max_bytes
        try:
            with zipfile.ZipFile(path) as archive:
                infos = archive.infolist()
        except (
            zipfile.BadZipFile,
            ValueError,
            NotImplementedError,
            EOFError,
            OverflowError,
            UnicodeDecodeError,
        ) as error:
            raise self._malformed("it is cut off or damaged", MatrixStatus.TRUNCATED) from error
        infos = [info for info in infos if not info.filename.endswith("/")]
        if len(infos) > _MOST_MEMBERS:
            raise self._malformed(f"it has {len(infos):,} members, the most is {_MOST_MEMBERS:,}")
        names = {info.filename for info in infos}
        if len(names) < len(infos):
            raise self._malformed("two of its members have the same name")
        if sum(info.compress_size for info in infos) > size:
            raise self._malformed("its members share their bytes")
        self.members = tuple(Member(info.filename, info.file_size, info) for info in infos)

    def _malformed(self, what: str, status: MatrixStatus = MatrixStatus.MALFORMED) -> UnreadableWeights:
        return UnreadableWeights(status, f"{self.path.name} is refused as a zip archive: {what}")

    def check(self, member: Member) -> None:
        """Refuse a member that is encrypted, too large, or compressed beyond what numbers allow."""
        info = member.info
        if info.flag_bits & 0x1:
            raise UnreadableWeights(MatrixStatus.MALFORMED, f"{member.name} is encrypted")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise UnreadableWeights(
                MatrixStatus.UNSUPPORTED_FORMAT, f"{member.name} is compressed by an unusual method"
            )
        if member.size > self.max_bytes:
            reason = f"{member.name} would unpack to {member.size:,} bytes, more than max_bytes = {self.max_bytes:,}"
            raise UnreadableWeights(MatrixStatus.TOO_LARGE, reason)
        if member.size > HARMLESS and member.size > LARGEST_RATIO * info.compress_size:
            reason = f"{member.name} is compressed more than {LARGEST_RATIO} times, as weights are not"
            raise UnreadableWeights(MatrixStatus.MALFORMED, reason)

    def open(self, member: Member) -> IO[bytes]:
        """The start of a member, for its header: at most 64 KiB of it."""
        return io.BytesIO(self._bytes(member, 0, 1 << 16, whole=False).tobytes())

    def read(self, member: Member, skip: int = 0) -> NDArray[Any]:
        """All bytes of a member after the first ``skip``; never more than it declares."""
        self.check(member)
        return self._bytes(member, skip, member.size - skip, whole=True)

    def _bytes(self, member: Member, skip: int, count: int, whole: bool) -> NDArray[Any]:
        count = min(count, max(member.size - skip, 0))
        out = np.empty(count, dtype=np.uint8)
        at = 0
        try:
            with zipfile.ZipFile(self.path) as archive, archive.open(member.info) as file:
                file.read(skip)
                while at < count:
                    chunk = file.read(min(_CHUNK, count - at))
                    if not chunk:
                        raise UnreadableWeights(MatrixStatus.TRUNCATED, f"{member.name} ends before its declared size")
                    out[at : at + len(chunk)] = np.frombuffer(chunk, dtype=np.uint8)
                    at += len(chunk)
                if whole and file.read(1):
                    raise UnreadableWeights(MatrixStatus.MALFORMED, f"{member.name} is larger than it declares")
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            NotImplementedError,
            RuntimeError,
            ValueError,
            OSError,
        ) as error:
            if isinstance(error, UnreadableWeights):
                raise
            raise UnreadableWeights(MatrixStatus.MALFORMED, f"{member.name} is damaged: {_first(error)}") from error
        return out


def _first(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
