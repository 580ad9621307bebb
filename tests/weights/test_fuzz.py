"""Good files with bytes changed, cut or put in: read, or refused in one sentence; nothing else."""

from __future__ import annotations

import json

import numpy as np
import pytest

from spectralaw.weights.files.tensor import UnreadableWeights
from spectralaw.weights.load import load
from tests.weights import writers
from tests.weights.test_files import _content, _onnx_model, _write

ARRAYS = {"a": np.arange(12.0).reshape(3, 4), "b.c": np.arange(4, dtype="f4")}


def _safetensors(folder):
    _write(folder / "m", ARRAYS)


def _npy(folder):
    np.save(folder / "m.npy", ARRAYS["a"])
    (folder / "m.npy").rename(folder / "m")


def _npz(folder):
    np.savez_compressed(folder / "m.npz", **ARRAYS)
    (folder / "m.npz").rename(folder / "m")


def _torch_zip(folder):
    writers.torch_zip(folder / "m", *_content())


def _torch_legacy(folder):
    content, blocks = _content(legacy=True)
    sizes = {"0": 2000, "1": 24, "2": 2000, "3": 5}
    writers.torch_legacy(folder / "m", content, {key: (sizes[key], block) for key, block in blocks.items()})


def _onnx(folder):
    _onnx_model(folder / "m")


def _index(folder):
    _write(folder / "s.safetensors", ARRAYS)
    (folder / "m").write_text(json.dumps({"weight_map": dict.fromkeys(ARRAYS, "s.safetensors")}))


def _hdf5(folder):
    h5py = pytest.importorskip("h5py")
    with h5py.File(folder / "m", "w") as file:
        file["a"], file["b/c"] = ARRAYS.values()


MAKERS = (_safetensors, _npy, _npz, _torch_zip, _torch_legacy, _onnx, _index, _hdf5)


def mutated(content: bytes, rng: np.random.Generator) -> bytes:
    """One to four bytes changed, or a piece cut out, doubled, or set to one value; mostly near the start or the end."""
    data = bytearray(content)
    for _ in range(rng.integers(1, 5)):
        span = len(data) if rng.random() < 0.3 else min(400, len(data))
        at = int(rng.integers(span))
        at = at if rng.random() < 0.6 else len(data) - 1 - at
        kind, length = rng.integers(5), int(rng.integers(1, 20))
        if kind <= 1:
            data[at] = rng.integers(256)
        elif kind == 2:
            del data[at : at + length]
        elif kind == 3:
            data[at:at] = data[at : at + length]
        else:
            data[at : at + length] = bytes([rng.choice([0, 255, 46, 127])]) * len(data[at : at + length])
        if not data:
            return b""
    return bytes(data)


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__[1:])
def test_changed_bytes(tmp_path, make, rounds=300):
    make(tmp_path)
    path = tmp_path / "m"
    good = path.read_bytes()
    rng = np.random.default_rng(0)
    refused = 0
    for k in range(rounds):
        path.write_bytes(mutated(good, rng))
        try:
            tensors = load(path, max_bytes=10**8).tensors
            for tensor in tensors:
                if tensor.refused is None:
                    assert np.asarray(tensor.read()).shape == tensor.shape, k
        except UnreadableWeights as error:
            refused += 1
            assert "\n" not in str(error), k
    assert 0.2 * rounds < refused < rounds
