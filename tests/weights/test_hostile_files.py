"""Files that lie: refused in one sentence, at once, in little memory; nothing is run and nothing is written.

Each file here is one that a careless reader would run, follow out of its folder, unpack without end or read beyond its
storage. ``CASES`` gives each the status that it must have: of the file, or of the tensor where the others are fine.
"""

from __future__ import annotations

import gc
import json
import os
import pickle
import struct
import time
import tracemalloc
import zipfile

import numpy as np
import pytest

from spectralaw.errors import InvalidInput
from spectralaw.weights.files.tensor import UnreadableWeights
from spectralaw.weights.load import load
from spectralaw.weights.row import MatrixStatus as S
from tests.weights import writers
from tests.weights.writers import Call, Name, Persistent, entry, plain, storage, tensor

F4 = np.arange(4, dtype="<f4")
GOOD = {"0": F4.tobytes()}


class Evil:
    """A pickle that writes a file when it is run."""

    def __init__(self, place):
        self.place = place

    def __reduce__(self):
        return open, (str(self.place), "w")


def _safetensors(header, data=b"", length=None):
    return lambda folder: writers.safetensors(folder / "m.safetensors", header, data, length)


def _raw(name, content):
    def write(folder):
        (folder / name).write_bytes(content)
        return folder / name

    return write


def _zip_of(content, storages=GOOD):
    return lambda folder: writers.torch_zip(folder / "m.pt", content, storages)


def _legacy_of(content, storages, **options):
    return lambda folder: writers.torch_legacy(folder / "m.pt", content, storages, **options)


def _view(shape, stride, offset=0, size=4):
    return {"w": tensor(storage("0", "float32", size), shape, stride, offset)}


def _evil(make):
    def write(folder):
        return make(folder, pickle.dumps(Evil(folder / "was-run"), protocol=2))

    return write


def _evil_npy(folder, _):
    np.save(folder / "m.npy", np.array([Evil(folder / "was-run"), 1], dtype=object), allow_pickle=True)
    return folder / "m.npy"


def _evil_npz(folder, _):
    np.savez(folder / "m.npz", good=np.eye(3), bad=np.array([Evil(folder / "was-run")], dtype=object))
    return folder / "m.npz"


def _npz(members, compression=zipfile.ZIP_STORED):
    def write(folder):
        with zipfile.ZipFile(folder / "m.npz", "w", compression) as archive:
            for name, content in members:
                archive.writestr(name, content)
        return folder / "m.npz"

    return write


def _patched(make, *patches):
    """A file in which bytes are replaced afterwards: what its own writer would not write."""

    def write(folder):
        path = make(folder)
        content = path.read_bytes()
        for old, new in patches:
            assert old in content
            content = content.replace(old, new)
        path.write_bytes(content)
        return path

    return write


def _encrypted(folder):
    path = _npz([("w.npy", writers.npy())])(folder)
    content = bytearray(path.read_bytes())
    content[6] |= 1  # in the local header, and in the central directory
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    return path


def _lying_size(folder):
    path = _npz([("w.npy", writers.npy(shape="(1000, 1000)", data=b""))])(folder)
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\x01\x02")
    full = len(writers.npy(shape="(1000, 1000)", data=b"")) + 4_000_000
    content[at + 24 : at + 28] = struct.pack("<I", full)
    path.write_bytes(content)
    return path


def _same_bytes_twice(folder):
    path = _npz([("a.npy", writers.npy(data=b"\0" * 16)), ("b.npy", b"")])(folder)
    content = bytearray(path.read_bytes())
    first = content.index(b"PK\x01\x02")
    second = content.index(b"PK\x01\x02", first + 4)
    content[second + 16 : second + 28] = content[first + 16 : first + 28]  # checksum and sizes
    content[second + 42 : second + 46] = content[first + 42 : first + 46]  # place
    path.write_bytes(content)
    return path


def _index(target):
    def write(folder):
        (folder.parent / "outside.safetensors").write_bytes(b"")
        index = {"weight_map": {"w": target(folder) if callable(target) else target}}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index))
        return folder / "model.safetensors.index.json"

    return write


def _link_out(folder):
    (folder / "inside.safetensors").symlink_to(folder.parent / "outside.safetensors")
    return "inside.safetensors"


def _pipe(folder):
    os.mkfifo(folder / "pipe")
    return "pipe"


def _a_pipe_itself(folder):
    os.mkfifo(folder / "pipe")
    return folder / "pipe"


def _onnx(change):
    def write(folder):
        onnx = pytest.importorskip("onnx")
        proto = onnx.numpy_helper.from_array(F4.reshape(2, 2), "w")
        change(folder, onnx, proto)
        onnx.save(onnx.helper.make_model(onnx.helper.make_graph([], "g", [], [], [proto])), str(folder / "m.onnx"))
        return folder / "m.onnx"

    return write


def _external(location):
    def change(folder, onnx, proto):
        (folder.parent / "outside.bin").write_bytes(b"\0" * 16)
        proto.ClearField("raw_data")
        proto.data_location = onnx.TensorProto.EXTERNAL
        place = location(folder) if callable(location) else location
        proto.external_data.add(key="location", value=str(place))

    return _onnx(change)


def _huge_dims(folder, onnx, proto):
    proto.dims[:] = [2**40, 2**40]


HEADER = {"w": entry("F32", (2, 2), 0, 16)}
ASKS = b"\x80\x02cos\nsystem\nX\x02\0\0\0id\x85R."
BOMB = b"\x80\x02" + b"]" * 3_000_000 + b"."
MEMO = b"\x80\x02]r\xff\xff\xff\x7f."  # a memo of 2^31 entries, which the C unpickler would allocate
DEEP = b"\x80\x02)" + b"\x85" * 1000 + b"."
DOUBLING = b"\x80\x02)q\x000" + b"h\0h\0\x86q\x000" * 200 + b"}h\0K\x01s."  # a key that takes 2^200 steps to hash
CASES = {
    # safetensors: what the library refuses
    "header of 2^62 bytes": (_safetensors(HEADER, b"\0" * 16, 2**62), S.MALFORMED),
    "header longer than the file": (_safetensors(HEADER, b"", 50_000), S.TRUNCATED),
    "cut off": (_safetensors(HEADER, b"\0" * 15), S.TRUNCATED),
    "bytes left over": (_safetensors(HEADER, b"\0" * 17), S.MALFORMED),
    "shape and bytes differ": (_safetensors({"w": entry("F32", (2, 3), 0, 16)}, b"\0" * 16), S.MALFORMED),
    "2^40 by 2^40": (_safetensors({"w": entry("F32", (2**40, 2**40), 0, 16)}, b"\0" * 16), S.MALFORMED),
    "product that wraps to 16": (_safetensors({"w": entry("F32", (2**62 + 1, 4), 0, 16)}, b"\0" * 16), S.MALFORMED),
    "overlap": (_safetensors({**HEADER, "v": entry("F32", (2,), 8, 16)}, b"\0" * 16), S.MALFORMED),
    "gap": (_safetensors({**HEADER, "v": entry("F32", (2,), 24, 32)}, b"\0" * 32), S.MALFORMED),
    "negative offset": (_safetensors({"w": entry("F32", (2, 2), -16, 0)}, b"\0" * 16), S.MALFORMED),
    "negative shape": (_safetensors({"w": entry("F32", (-2, -2), 0, 16)}, b"\0" * 16), S.MALFORMED),
    "shape of booleans": (_safetensors({"w": entry("F32", (True, 4), 0, 16)}, b"\0" * 16), S.MALFORMED),
    "duplicate key": (
        _safetensors(b'{"w":%s,"w":%s}' % (2 * (json.dumps(HEADER["w"]).encode(),)), b"\0" * 16),
        S.MALFORMED,
    ),
    "header that is not JSON": (_safetensors(b"{nonsense}"), S.MALFORMED),
    "header that is a list": (_safetensors(b"[1, 2]"), S.MALFORMED),
    "header that is nested": (_safetensors(b'{"a":' * 50_000 + b"1" + b"}" * 50_000), S.MALFORMED),
    "entry without offsets": (_safetensors({"w": {"dtype": "F32", "shape": [1]}}), S.MALFORMED),
    "empty file": (_raw("m.safetensors", b""), S.TRUNCATED),
    "three bytes": (_raw("m.safetensors", b"abc"), S.TRUNCATED),
    "unknown number format": (_safetensors({"w": entry("F3", (2, 2), 0, 16)}, b"\0" * 16), S.UNSUPPORTED_DTYPE),
    # pickles
    "os.system": (_raw("m.pkl", ASKS), S.REFUSED_PICKLE),
    "a pickle that opens a file": (_evil(lambda f, evil: _raw("m.pt", evil)(f)), S.REFUSED_PICKLE),
    "the same in a PyTorch zip": (_evil(lambda f, evil: _zip_of(evil)(f)), S.REFUSED_PICKLE),
    "the same in a legacy file": (_evil(lambda f, evil: _legacy_of(evil, {})(f)), S.REFUSED_PICKLE),
    "protocol 4": (_evil(lambda f, _: _zip_of(pickle.dumps(Evil(f / "was-run"), protocol=4))(f)), S.REFUSED_PICKLE),
    "protocol 0 names": (_zip_of(b"\x80\x02(S'id'\nios\nsystem\n."), S.REFUSED_PICKLE),
    "a class of torch": (_zip_of({"w": Call("torch.nn", "Linear", 2, 2)}), S.REFUSED_PICKLE),
    "a storage by load": (_zip_of({"w": Call("torch.storage", "_load_from_bytes", "x")}), S.REFUSED_PICKLE),
    "getattr": (_zip_of({"w": Call("builtins", "getattr", Name("torch", "Size"), "__init__")}), S.REFUSED_PICKLE),
    "a dotted name": (_zip_of({"w": Name("torch", "FloatStorage.__init__")}), S.REFUSED_PICKLE),
    "numpy's reconstruct": (_zip_of({"w": Call("numpy.core.multiarray", "_reconstruct", 0)}), S.REFUSED_PICKLE),
    "an extension code": (_zip_of(b"\x80\x02\x82\x01."), S.REFUSED_PICKLE),
    "object array": (_evil(_evil_npy), S.REFUSED_PICKLE),
    "object array in npz": (_evil(_evil_npz), S.REFUSED_PICKLE),
    "a memo of 2^31": (_zip_of(MEMO), None),
    "millions of lists": (_zip_of(BOMB), S.MALFORMED),
    "no end": (_zip_of(b"\x80\x02}"), S.MALFORMED),
    "cut in a number": (_zip_of(b"\x80\x02\x8a\xff\x01."), S.MALFORMED),
    "nothing to pop": (_zip_of(b"\x80\x020000."), S.MALFORMED),
    "no mark": (_zip_of(b"\x80\x02t."), S.MALFORMED),
    "nested": (_zip_of(DEEP), S.MALFORMED),
    "a list in itself": (_zip_of(b"\x80\x02]q\0h\0a."), None),
    "doubling": (_zip_of(DOUBLING), None),
    "a call of nothing": (_zip_of({"w": Call("torch._utils", "_rebuild_tensor_v2", 1)}), S.MALFORMED),
    "a storage that is a word": (_zip_of({"w": tensor(Persistent("x"), (2,), (1,))}), S.MALFORMED),
    # views
    "beyond its storage": (_zip_of(_view((2, 3), (3, 1))), S.MALFORMED),
    "offset beyond": (_zip_of(_view((2, 2), (2, 1), 1)), S.MALFORMED),
    "negative offset of a view": (_zip_of(_view((2, 2), (2, 1), -1)), S.MALFORMED),
    "negative stride": (_zip_of(_view((2, 2), (-2, 1), 2)), S.MALFORMED),
    "negative size": (_zip_of(_view((-2, -2), (2, 1))), S.MALFORMED),
    "2^40 rows of stride 0": (_zip_of(_view((2**40, 2**40), (0, 0))), S.MALFORMED),
    "a storage that is not there": (_zip_of(_view((2, 2), (2, 1)), {}), S.TRUNCATED),
    "a storage that is short": (_zip_of(_view((2, 2), (2, 1)), {"0": b"\0" * 12}), S.TRUNCATED),
    "a storage of 2^60": (_zip_of(_view((2, 2), (2, 1), 0, 2**60)), S.TRUNCATED),
    "a storage of another folder": (_zip_of({"w": plain("../../x", F4)}), S.TRUNCATED),
    "legacy: wrong magic": (
        _legacy_of({"w": plain("0", F4, legacy=True)}, {"0": (4, F4.tobytes())}, magic=2**78),
        S.MALFORMED,
    ),
    "legacy: cut off": (_legacy_of({"w": plain("0", F4, legacy=True)}, {"0": (4, b"\0" * 8)}), S.TRUNCATED),
    "legacy: 2^60 entries": (_legacy_of({"w": plain("0", F4, legacy=True)}, {"0": (2**60, b"")}), S.MALFORMED),
    "legacy: negative count": (_legacy_of({"w": plain("0", F4, legacy=True)}, {"0": (-4, b"")}), S.MALFORMED),
    "legacy: no storage": (_legacy_of({"w": plain("0", F4, legacy=True)}, {}), S.TRUNCATED),
    # zip and npy
    "zip bomb": (
        _npz([("w.npy", writers.npy(shape="(2000, 2000)", data=b"\0" * 16_000_000))], zipfile.ZIP_DEFLATED),
        S.MALFORMED,
    ),
    "two members of one name": (
        _patched(_npz([("a.npy", writers.npy()), ("b.npy", writers.npy())]), (b"b.npy", b"a.npy")),
        S.MALFORMED,
    ),
    "encrypted": (_encrypted, S.MALFORMED),
    "a size that lies": (_lying_size, S.MALFORMED),
    "members that share their bytes": (_same_bytes_twice, S.MALFORMED),
    "a zip cut off": (_patched(_npz([("a.npy", writers.npy())]), (b"PK\x05\x06", b"PK\x05\x00")), S.TRUNCATED),
    "a damaged member": (
        _patched(_npz([("a.npy", writers.npy(data=b"abcdefgh" * 2))]), (b"abcdefgh" * 2, b"abcdefgX" * 2)),
        S.MALFORMED,
    ),
    "a zip of texts": (_npz([("a.txt", b"words")]), S.UNSUPPORTED_FORMAT),
    "npy too short": (_raw("m.npy", writers.npy(data=b"\0" * 15)), S.TRUNCATED),
    "npy too long": (_raw("m.npy", writers.npy(data=b"\0" * 17)), S.MALFORMED),
    "npy of 2^80": (_raw("m.npy", writers.npy(shape=f"({2**40}, {2**40})")), S.TRUNCATED),
    "npy negative": (_raw("m.npy", writers.npy(shape="(-2, -2)")), S.MALFORMED),
    "npy code": (_raw("m.npy", writers.npy(header="__import__('os').system('id')")), S.MALFORMED),
    "npy nested": (_raw("m.npy", writers.npy(header="(" * 9000)), S.MALFORMED),
    "npy header of 4 GB": (_raw("m.npy", b"\x93NUMPY\x02\x00\xff\xff\xff\xff{}"), S.MALFORMED),
    "npy of records": (_raw("m.npy", writers.npy(descr="[('a', '<f4')]")), S.UNSUPPORTED_DTYPE),
    "npy of records of objects": (_raw("m.npy", writers.npy(descr="[('a', '|O')]")), S.REFUSED_PICKLE),
    # names of other files
    "shard by absolute path": (_index(lambda f: str(f.parent / "outside.safetensors")), S.MALFORMED),
    "shard outside": (_index("../outside.safetensors"), S.MALFORMED),
    "shard by a link": (_index(_link_out), S.MALFORMED),
    "shard that is a pipe": (_index(_pipe), S.UNSUPPORTED_FORMAT),
    "shard that is a device": (_index("/dev/zero"), S.MALFORMED),
    "shard that is the index": (_index("model.safetensors.index.json"), S.UNSUPPORTED_FORMAT),
    "shard that is missing": (_index("no.safetensors"), S.MALFORMED),
    "shard that is a number": (_index(3), S.MALFORMED),
    "shard with a NUL": (_index("a\0b"), S.MALFORMED),
    "JSON of something else": (_raw("m.json", b'{"a": 1}'), S.UNSUPPORTED_FORMAT),
    "JSON cut off": (_raw("m.json", b'{"weight_map": {"a"'), S.MALFORMED),
    "a pipe": (_a_pipe_itself, S.UNSUPPORTED_FORMAT),
    "external outside": (_external("../outside.bin"), S.MALFORMED),
    "external absolute": (_external(lambda f: f.parent / "outside.bin"), S.MALFORMED),
    "external device": (_external("/dev/zero"), S.MALFORMED),
    "external missing": (_external("no.bin"), S.MALFORMED),
    "onnx of 2^80": (_onnx(_huge_dims), S.TRUNCATED),
    "onnx that is none": (_raw("m.onnx", b"\x08\x07\x3a\x05abcde"), S.MALFORMED),
    # others
    "gguf": (_raw("m.gguf", b"GGUF" + b"\0" * 60), S.UNSUPPORTED_FORMAT),
    "text": (_raw("m.txt", b"words and more words"), S.UNSUPPORTED_FORMAT),
    "noise": (_raw("m.bin", np.random.default_rng(0).bytes(1000)), S.UNSUPPORTED_FORMAT),
}


def _outcome(path):
    """Status and sentence of the file, or of its worst tensor."""
    try:
        tensors = load(path).tensors
        for t in tensors:
            if t.refused is None:
                t.read()
        refused = [t.refused for t in tensors if t.refused is not None]
        return (refused[0].status, str(refused[0])) if refused else (None, "")
    except UnreadableWeights as error:
        return error.status, str(error)


@pytest.mark.parametrize("name", CASES)
def test_refused_with_a_status_and_nothing_happens(tmp_path, name):
    make, status = CASES[name]
    folder = tmp_path / "folder"
    folder.mkdir()
    path = make(folder)
    before = sorted(tmp_path.rglob("*"))
    gc.collect()
    gc.freeze()  # the objects of the tests before are not gone through again while this file is read
    begin = time.process_time()
    found, sentence = _outcome(path)
    seconds = time.process_time() - begin
    gc.unfreeze()
    assert seconds < 1.0
    if name != "millions of lists":  # tracing makes small objects slow; the command line's test weighs the process
        tracemalloc.start()
        _outcome(path)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 200e6
    assert found is status, sentence
    assert status is None or (sentence and "\n" not in sentence and len(sentence) < 400)
    assert sorted(tmp_path.rglob("*")) == before


def test_the_refused_global_is_named(tmp_path):
    assert "os.system" in _outcome(_raw("m.pkl", ASKS)(tmp_path))[1]
    assert "torch.nn.Linear" in _outcome(_zip_of({"w": Call("torch.nn", "Linear", 2, 2)})(tmp_path))[1]
    assert "io.open" in _outcome(_zip_of(pickle.dumps(Evil("x"), protocol=4))(tmp_path))[1]


def test_one_bad_member_does_not_stop_the_others(tmp_path):
    path = _evil_npz(tmp_path, None)
    good, bad = load(path).tensors
    np.testing.assert_array_equal(good.read(), np.eye(3))
    assert bad.refused.status is S.REFUSED_PICKLE and not (tmp_path / "was-run").exists()


def test_max_bytes_bounds_what_is_unpacked(tmp_path):
    np.savez(tmp_path / "m.npz", w=np.ones((100, 100)))
    assert load(tmp_path / "m.npz", max_bytes=10_000).tensors[0].refused.status is S.TOO_LARGE


def test_paths_that_are_none(tmp_path):
    for bad in (tmp_path / "missing", "a\0b", "x" * 5000):
        with pytest.raises(InvalidInput, match="source"):
            load(bad)
    with pytest.raises(InvalidInput, match="holds no file of weights"):
        load(tmp_path)
    (tmp_path / "zarr.json").write_text("{}")
    with pytest.raises(UnreadableWeights, match="zarr"):
        load(tmp_path)
