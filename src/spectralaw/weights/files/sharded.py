"""A model in several files, and the JSON index that says which tensor lies where."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from spectralaw.weights.files.paths import beside
from spectralaw.weights.files.tensor import Source, Tensor, UnreadableWeights, refused_tensor
from spectralaw.weights.row import MatrixStatus

_LARGEST_INDEX = 100_000_000


def read(path: Path, size: int, open_file: Callable[[Path], Source]) -> Source:
    """The tensors that the index lists, each from its shard; shards are plain names in the folder of the index."""
    places = _weight_map(path, size)
    files = {name: beside(path.parent, name, path.name) for name in dict.fromkeys(map(_word, places.values()))}
    shards: dict[str, dict[str, Tensor]] = {}
    for name, file in files.items():
        shards[name] = {tensor.name: tensor for tensor in open_file(file).tensors}
    tensors = []
    for name, shard in places.items():
        reason = f"the index says it is in {shard}, where it is not"
        found = shards[_word(shard)].get(name)
        tensors.append(found or refused_tensor(name, (), "unknown", MatrixStatus.MALFORMED, reason))
    return Source(path.name, "sharded", tuple(tensors))


def shard_names(path: Path) -> set[str]:
    """Names of the files that an index mentions."""
    return set(map(_word, _weight_map(path, path.stat().st_size).values()))


def _weight_map(path: Path, size: int) -> dict[str, object]:
    if size > _LARGEST_INDEX:
        reason = f"{path.name} must be an index of at most {_LARGEST_INDEX:,} bytes, not {size:,}"
        raise UnreadableWeights(MatrixStatus.MALFORMED, reason)
    try:
        index = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise UnreadableWeights(MatrixStatus.MALFORMED, f"{path.name} is no valid JSON") from error
    places = index.get("weight_map") if isinstance(index, dict) else None
    if not isinstance(places, dict):
        reason = f"{path.name} is JSON, but no index of shards: it has no weight_map"
        raise UnreadableWeights(MatrixStatus.UNSUPPORTED_FORMAT, reason)
    return places


def _word(value: object) -> str:
    return value if isinstance(value, str) else repr(value)
