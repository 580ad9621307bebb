"""Folders of weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from spectralaw.weights.files import sharded
from spectralaw.weights.files.paths import beside
from spectralaw.weights.files.recognise import FORMATS, open_file
from spectralaw.weights.files.tensor import Source, Tensor, UnreadableWeights, refused_tensor
from spectralaw.weights.row import MatrixStatus

_OTHERS = {
    "zarr.json": "zarr",
    ".zgroup": "zarr",
    ".zarray": "zarr",
    "manifest.ocdbt": "orbax",
    "_METADATA": "orbax",
    "saved_model.pb": "TensorFlow SavedModel",
}


def open_folder(folder: Path, max_bytes: int) -> Source:
    """The tensors of a folder: those of its index of shards, and of each further file in it that holds weights.

    Names begin with the file's where there are several. A file that cannot be read is one refused entry under its own
    name, and the others are read; files that are no weights (texts, settings) are passed over.
    """
    entries = sorted(folder.iterdir())
    for entry in entries:
        if entry.name in _OTHERS:
            reason = f"{folder.name} is a {_OTHERS[entry.name]} folder, which is not read; {FORMATS} are"
            raise UnreadableWeights(MatrixStatus.UNSUPPORTED_FORMAT, reason)
    indices = [entry for entry in entries if entry.name.endswith(".index.json")]
    opened: list[tuple[str, Source]] = []
    refused: list[Tensor] = []
    listed: set[str] = set()
    for entry in [*indices, *(entry for entry in entries if entry not in indices)]:
        if entry.name in listed or (entry.is_dir() and not entry.is_symlink()):
            continue
        try:
            file = beside(folder, entry.name, f"the folder {folder.name}")
            opened.append((entry.name, open_file(file, max_bytes)))
            if entry in indices:
                listed |= sharded.shard_names(file)
        except UnreadableWeights as error:
            if error.status is not MatrixStatus.UNSUPPORTED_FORMAT:
                refused.append(refused_tensor(entry.name, (), "unknown", error.status, str(error)))
        except OSError as error:
            reason = f"{entry.name} cannot be read: {error.strerror or error}"
            refused.append(refused_tensor(entry.name, (), "unknown", MatrixStatus.MALFORMED, reason))
    if not opened and not refused:
        reason = f"the folder {folder.name} holds no file of weights; {FORMATS} are read"
        raise UnreadableWeights(MatrixStatus.UNSUPPORTED_FORMAT, reason)
    several = len(opened) > 1
    tensors = [
        replace(tensor, name=f"{name}:{tensor.name}") if several else tensor
        for name, source in opened
        for tensor in source.tensors
    ]
    formats = ", ".join(dict.fromkeys(source.format for _, source in opened)) or "folder"
    return Source(folder.name, formats, (*tensors, *refused))
