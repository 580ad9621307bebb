"""From whatever a user has to named tensors."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spectralaw.errors import InvalidInput
from spectralaw.weights.files.tensor import Source


def load(source: Any, *, kind: str = "matrix", max_bytes: int = 8 << 30) -> Source:
    """The tensors of a source of weights; of files, the headers only are read now.

    Parameters
    ----------
    source : path, mapping, array or module
        A file (safetensors, npz, npy, PyTorch, ONNX, Keras' HDF5, an index of shards; told by content), a folder of
        such, a dictionary name → array (nested ones too), one array, or anything with ``state_dict()``.
    kind : {"matrix", "eigenvalues"}
        Only the name of a single array depends on it.
    max_bytes : int
        No array is unpacked beyond this.

    Raises
    ------
    UnreadableWeights
        An :class:`~spectralaw.InvalidInput` with a ``status``: the file is refused, malformed or truncated.
    """
    if isinstance(source, (str, os.PathLike)):
        return _from_path(Path(source), max_bytes)
    from spectralaw.weights.files import memory

    if isinstance(source, Mapping):
        return memory.from_mapping(source)
    if callable(getattr(source, "state_dict", None)):
        return memory.from_mapping(source.state_dict(), type(source).__name__)
    if isinstance(source, (list, tuple)) or hasattr(source, "__array__") or hasattr(source, "detach"):
        return memory.from_array(source, "eigenvalues" if kind == "eigenvalues" else "matrix")
    raise InvalidInput(
        f"source must be a path, a dictionary of arrays, an array or a trained network, not a {type(source).__name__}"
    )


def _from_path(path: Path, max_bytes: int) -> Source:
    from spectralaw.weights.files.folders import open_folder
    from spectralaw.weights.files.recognise import open_file

    try:
        return open_folder(path, max_bytes) if path.is_dir() else open_file(path, max_bytes)
    except FileNotFoundError as error:
        raise InvalidInput(f"source must be a file or folder that exists, not {path}") from error
    except OSError as error:
        raise InvalidInput(f"source {path} cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput(f"source {str(path)[:200]!r} is no path") from error  # a NUL in it
