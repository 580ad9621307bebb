"""Keras' HDF5, with the extra ``h5``: every dataset of numbers."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw.weights.files import zips
from spectralaw.weights.files.dtypes import word_for
from spectralaw.weights.files.tensor import Source, Tensor, UnreadableWeights, refused_tensor
from spectralaw.weights.row import MatrixStatus

MAGIC = b"\x89HDF\r\n\x1a\n"
KERAS_WEIGHTS = "model.weights.h5"


def read(path: Path, archive: zips.Archive | None, max_bytes: int) -> Source:
    """The datasets of an HDF5 file, or of the one in a ``.keras`` archive; links out of the file are not followed."""
    if importlib.util.find_spec("h5py") is None:
        raise UnreadableWeights(
            MatrixStatus.UNSUPPORTED_FORMAT,
            f"{path.name} is a HDF5 file, and h5py is not installed: pip install 'spectralaw[h5]'",
        )
    import h5py

    inside: Any = path
    if archive is not None:
        member = next(member for member in archive.members if member.name == KERAS_WEIGHTS)
        inside = io.BytesIO(archive.read(member).tobytes())
    tensors: list[Tensor] = []

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            tensors.append(_tensor(inside, name, item, max_bytes))

    try:
        with h5py.File(inside, "r") as file:
            file.visititems(visit)
    except UnreadableWeights:
        raise
    except Exception as error:  # h5py raises OSError, KeyError, RuntimeError and ValueError for damaged files
        raise UnreadableWeights(MatrixStatus.MALFORMED, f"{path.name} is no valid HDF5 file") from error
    return Source(path.name, "keras" if archive is not None else "hdf5", tuple(tensors))


def _tensor(inside: Any, name: str, dataset: Any, max_bytes: int) -> Tensor:
    shape, dtype = dataset.shape, dataset.dtype
    if shape is None or dtype.kind not in "fiubc":
        reason = f"entries of type {dtype} are no plain numbers"
        return refused_tensor(name, shape or (), str(dtype), MatrixStatus.UNSUPPORTED_DTYPE, reason)
    if dataset.external or dataset.is_virtual:
        return refused_tensor(name, shape, dtype.name, MatrixStatus.MALFORMED, "its numbers lie in another file")
    if dataset.nbytes > max_bytes:
        reason = f"it would unpack to {dataset.nbytes:,} bytes, more than max_bytes = {max_bytes:,}"
        return refused_tensor(name, shape, dtype.name, MatrixStatus.TOO_LARGE, reason)
    stored = dataset.id.get_storage_size()
    if dataset.nbytes > zips.HARMLESS and dataset.nbytes > zips.LARGEST_RATIO * stored:
        reason = f"it is compressed more than {zips.LARGEST_RATIO} times, as weights are not"
        return refused_tensor(name, shape, dtype.name, MatrixStatus.MALFORMED, reason)
    return Tensor(name, shape, word_for(dtype), _reader(inside, name), output_last=True)


def _reader(inside: Any, name: str) -> Callable[[], NDArray[Any]]:
    def numbers() -> NDArray[Any]:
        import h5py

        try:
            with h5py.File(inside, "r") as file:
                return np.asarray(file[name])
        except (OSError, KeyError, RuntimeError, ValueError) as error:
            raise UnreadableWeights(MatrixStatus.MALFORMED, f"its numbers cannot be read: {error}") from error

    return numbers
