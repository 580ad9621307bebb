"""Which reader a file needs, by its content; suffixes are not trusted."""

from __future__ import annotations

from pathlib import Path

from spectralaw.weights.files import hdf5, npy, onnx_file, safetensors, sharded, torch_files, zips
from spectralaw.weights.files.paths import regular_size
from spectralaw.weights.files.pickles import first_global
from spectralaw.weights.files.tensor import Source, UnreadableWeights
from spectralaw.weights.row import MatrixStatus

FORMATS = "safetensors, npz, npy, PyTorch, ONNX, Keras' HDF5, an index of shards"
_START = 64
_OTHERS = (
    (0, b"GGUF", "GGUF"),
    (4, b"TFL3", "TensorFlow Lite"),
    (0, b"\x1f\x8b", "gzip"),
    (0, b"BZh", "bzip2"),
    (0, b"7z\xbc\xaf", "7-zip"),
    (0, b"\xfd7zXZ", "xz"),
    (0, b"\x28\xb5\x2f\xfd", "Zstandard"),
)


def open_file(path: Path, max_bytes: int, shard: bool = False) -> Source:
    """The tensors of one file, from its headers. A ``shard`` may not be an index of shards itself.

    Raises
    ------
    UnreadableWeights
        For a file that is of no known format, malformed, truncated, or that asks for more than reading numbers.
    """
    size = regular_size(path)
    with open(path, "rb") as file:
        start = file.read(_START)
    if not size:
        raise UnreadableWeights(MatrixStatus.TRUNCATED, f"{path.name} is empty")
    if start.startswith(npy.MAGIC):
        return npy.read_npy(path, size)
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _open_zip(path, size, max_bytes)
    if start.startswith(torch_files.LEGACY_MAGIC):
        return torch_files.read_legacy(path, size)
    if start.startswith(hdf5.MAGIC):
        return hdf5.read(path, None, max_bytes)
    for offset, magic, name in _OTHERS:
        if start[offset:].startswith(magic):
            raise _unsupported(path, f"is a {name} file")
    text = all(byte >= 32 or byte in b"\t\r\n" for byte in start[:8])  # the length of a header is no text
    if start[8:9] == b"{" and not text:
        return safetensors.read(path, size)
    if start[:1] == b"\x80" and start[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        raise _plain_pickle(path)
    if start.lstrip()[:1] == b"{" and not shard:
        return sharded.read(path, size, lambda file: open_file(file, max_bytes, shard=True))
    if path.suffix == ".safetensors":
        return safetensors.read(path, size)
    if onnx_file.looks_like_onnx(path, size):
        return onnx_file.read(path, size)
    if path.suffix == ".onnx":
        raise UnreadableWeights(MatrixStatus.MALFORMED, f"{path.name} is no valid ONNX model")
    raise _unsupported(path, "is of no format that is known")


def _open_zip(path: Path, size: int, max_bytes: int) -> Source:
    archive = zips.Archive(path, size, max_bytes)
    names = [member.name for member in archive.members]
    pickles = [name for name in names if name == "data.pkl" or name.endswith("/data.pkl")]
    if pickles:
        return torch_files.read_zip(path, archive, min(pickles, key=len))
    if hdf5.KERAS_WEIGHTS in names:
        return hdf5.read(path, archive, max_bytes)
    if names and all(name.endswith(".npy") for name in names):
        return npy.read_npz(path, archive)
    raise _unsupported(path, "is a zip archive, but not one of arrays")


def _plain_pickle(path: Path) -> UnreadableWeights:
    with open(path, "rb") as file:
        asked = first_global(file.read(1 << 20))
    what = f", asks for {asked}," if asked else ""
    return UnreadableWeights(
        MatrixStatus.REFUSED_PICKLE,
        f"{path.name} is refused (refused_pickle): it is a pickle that is no PyTorch file{what} and could run anything",
    )


def _unsupported(path: Path, what: str) -> UnreadableWeights:
    return UnreadableWeights(MatrixStatus.UNSUPPORTED_FORMAT, f"{path.name} {what}; {FORMATS} are read")
