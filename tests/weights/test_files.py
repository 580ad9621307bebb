"""Reading of every format: the numbers are those that were written."""

from __future__ import annotations

import json
import zipfile

import numpy as np
import pytest

from spectralaw.weights.files import safetensors
from spectralaw.weights.files.tensor import UnreadableWeights
from spectralaw.weights.load import load
from spectralaw.weights.row import MatrixStatus
from tests.weights import writers
from tests.weights.writers import Call, entry, plain, storage, tensor

RNG = np.random.default_rng(0)
A, B = RNG.standard_normal((40, 50)).astype("f4"), RNG.standard_normal((3, 4, 2))


def _read(source):
    return {tensor.name: np.asarray(tensor.read()) for tensor in load(source).tensors}


def _same(found, expected):
    assert list(found) == list(expected)
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].shape == array.shape


def test_npy_and_npz_in_both_orders_and_any_byte_order(tmp_path):
    for k, array in enumerate((A, np.asfortranarray(A), A.astype(">f8"), A.astype("f2"), np.arange(5))):
        np.save(tmp_path / f"{k}.npy", array)
        _same(_read(tmp_path / f"{k}.npy"), {"matrix": array})
    np.savez(tmp_path / "a.npz", a=A, b=np.asfortranarray(B), **{"c.d/e": A[:3]})
    _same(_read(tmp_path / "a.npz"), {"a": A, "b": B, "c.d/e": A[:3]})
    np.savez_compressed(tmp_path / "b.npz", a=A, empty=np.zeros((0, 3)), zero_bias=np.zeros(10_000))
    _same(_read(tmp_path / "b.npz"), {"a": A, "empty": np.zeros((0, 3)), "zero_bias": np.zeros(10_000)})
    (tmp_path / "py2.npy").write_bytes(writers.npy(shape="(2L, 2L)", data=np.arange(4, dtype="<f4").tobytes()))
    _same(_read(tmp_path / "py2.npy"), {"matrix": np.arange(4.0).reshape(2, 2)})


def test_the_suffix_does_not_matter(tmp_path):
    np.save(tmp_path / "x.npy", A)
    (tmp_path / "x.npy").rename(tmp_path / "x.safetensors")
    _same(_read(tmp_path / "x.safetensors"), {"matrix": A})


def test_safetensors_with_every_float(tmp_path):
    half, brain = A.astype("<f2"), writers.bfloat16(A)
    header = {
        "__metadata__": {"format": "pt"},
        "a": entry("F32", A.shape, 0, A.nbytes),
        "h": entry("F16", A.shape, A.nbytes, A.nbytes + half.nbytes),
        "z": entry("F32", (0, 3), A.nbytes, A.nbytes),
        "b": entry("BF16", A.shape, A.nbytes + half.nbytes, 2 * A.nbytes),
        "q": entry("F8_E4M3", (2, 2), 2 * A.nbytes, 2 * A.nbytes + 4),
    }
    data = A.tobytes() + half.tobytes() + brain.tobytes() + b"\0" * 4
    path = writers.safetensors(tmp_path / "m.bin", header, data)
    found = {t.name: t for t in load(path).tensors}
    assert [t.dtype for t in found.values()] == ["float32", "float16", "float32", "bfloat16", "float8_e4m3"]
    np.testing.assert_array_equal(found["a"].read(), A)
    np.testing.assert_array_equal(found["h"].read(), half)
    assert found["z"].read().shape == (0, 3)
    rounded = found["b"].read()
    assert rounded.dtype == np.float32 and np.max(np.abs(rounded / A - 1)) < 2**-7
    np.testing.assert_array_equal(writers.bfloat16(rounded), brain)


def test_a_header_whose_length_looks_like_json_or_a_pickle(tmp_path):
    for length in (0x7B, 0x280):  # "{" and the first two bytes of a pickle
        header = json.dumps({"a": entry("F32", A.shape, 0, A.nbytes)}).encode()
        path = writers.safetensors(tmp_path / f"{length}.bin", header.ljust(length), A.tobytes())
        _same(_read(path), {"a": A})


def _write(path, arrays, dtypes=(), overwrite=False, metadata=None):
    with safetensors.Writer(path, arrays, overwrite) as writer:
        for name, array in arrays.items():
            writer.add(name, array.shape, dict(dtypes).get(name, array.dtype.name), array)
        return writer.finish(metadata)


def test_what_we_write_is_what_we_and_the_library_read(tmp_path):
    wanted = {"b.weight": A, "a": B, "h": A.astype("f2"), "i": np.arange(6).reshape(2, 3), "bf": A}
    size = _write(tmp_path / "w.safetensors", wanted, {"bf": "bfloat16"}, metadata={"made by": "a test"})
    assert size == (tmp_path / "w.safetensors").stat().st_size and len(list(tmp_path.iterdir())) == 1
    found = _read(tmp_path / "w.safetensors")
    assert list(found) == list(wanted)
    for name in set(wanted) - {"bf"}:
        np.testing.assert_array_equal(found[name], wanted[name])
    assert np.max(np.abs(found["bf"] / A - 1)) <= 2**-8  # to the nearest, where cutting off would reach 2^-7
    library = pytest.importorskip("safetensors")
    with library.safe_open(tmp_path / "w.safetensors", "np") as file:
        np.testing.assert_array_equal(file.get_tensor("b.weight"), A)
        assert file.metadata() == {"made by": "a test"}


def test_writing_never_replaces_in_silence_and_leaves_nothing_half_done(tmp_path):
    path = tmp_path / "w.safetensors"
    _write(path, {"a": A})
    before = path.read_bytes()
    with pytest.raises(ValueError, match="exists"):
        _write(path, {"a": B})
    with pytest.raises(ValueError, match="cannot be written"):
        _write(path, {"a": np.array(["x"])}, overwrite=True)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]
    _write(path, {"a": B}, overwrite=True)
    _same(_read(path), {"a": B})


def _content(legacy=False):
    shared = storage("1", "float64", B.size, legacy)
    hooks = Call("collections", "OrderedDict")
    parameter = Call("torch._utils", "_rebuild_parameter", plain("0", A, legacy=legacy), True, hooks)
    state = Call("collections", "OrderedDict", build={"_metadata": Call("collections", "OrderedDict")})
    inner = {
        "layer.weight": parameter,
        "view": tensor(shared, (4, 3), (2, 8), 1),  # B[:, :, 1].T
        "whole": tensor(shared, B.shape, (8, 2, 1)),
        "brain": plain("2", A, "bfloat16", legacy),
        "ids": plain("3", np.arange(5), legacy=legacy),
    }
    content = {
        "step": 3,
        "lr": 0.5,
        "model": inner,
        "state": state,
        "list": [1, (2, "x")],
        "size": Call("torch", "Size", [1, 2]),
    }
    blocks = {"0": A.tobytes(), "1": B.tobytes(), "2": writers.bfloat16(A).tobytes(), "3": np.arange(5).tobytes()}
    return content, blocks


@pytest.mark.parametrize("kind", ["zip", "deflated", "legacy"])
def test_pytorch_files_without_pytorch(tmp_path, kind):
    content, blocks = _content(kind == "legacy")
    if kind == "legacy":
        sizes = {"0": A.size, "1": B.size, "2": A.size, "3": 5}
        path = writers.torch_legacy(tmp_path / "m.pt", content, {k: (sizes[k], b) for k, b in blocks.items()})
    else:
        method = zipfile.ZIP_DEFLATED if kind == "deflated" else zipfile.ZIP_STORED
        path = writers.torch_zip(tmp_path / "m.pt", content, blocks, compression=method)
    found = _read(path)
    assert list(found) == ["model.layer.weight", "model.view", "model.whole", "model.brain", "model.ids"]
    np.testing.assert_array_equal(found["model.layer.weight"], A)
    np.testing.assert_array_equal(found["model.view"], B[:, :, 1].T)
    np.testing.assert_array_equal(found["model.whole"], B)
    np.testing.assert_array_equal(writers.bfloat16(found["model.brain"]), writers.bfloat16(A))
    np.testing.assert_array_equal(found["model.ids"], np.arange(5))


def test_big_endian_pytorch(tmp_path):
    path = writers.torch_zip(tmp_path / "m.pt", {"a": plain("0", A)}, {"0": A.astype(">f4").tobytes()}, big=True)
    _same(_read(path), {"a": A})


def test_an_index_of_shards_and_folders(tmp_path):
    for k, (name, array) in enumerate({"x.weight": A, "y.weight": B}.items()):
        _write(tmp_path / f"model-{k}.safetensors", {name: array})
    places = {"x.weight": "model-0.safetensors", "y.weight": "model-1.safetensors", "gone": "model-1.safetensors"}
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {}, "weight_map": places}))
    (tmp_path / "config.json").write_text('{"hidden": 3}')
    (tmp_path / "README.md").write_text("words")
    for source in (index, tmp_path):
        tensors = {t.name: t for t in load(source).tensors}
        assert list(tensors) == ["x.weight", "y.weight", "gone"]
        np.testing.assert_array_equal(tensors["y.weight"].read(), B)
        assert tensors["gone"].refused.status is MatrixStatus.MALFORMED
    np.save(tmp_path / "other.npy", A)
    (tmp_path / "broken.npy").write_bytes(writers.npy(data=b""))
    names = [t.name for t in load(tmp_path).tensors]
    assert names[-2:] == ["other.npy:matrix", "broken.npy"] and len(names) == 5


def test_dictionaries_arrays_and_modules():
    class Module:
        def state_dict(self):
            return {"w": A}

    class Torch:  # what PyTorch's tensors answer to
        shape, dtype = (2, 2), "torch.bfloat16"

        def detach(self):
            return self

        cpu = detach

        def float(self):
            return np.eye(2, dtype="f4")

    _same(_read({"a": A, "b": {"c": B, "d": [[1.0, 2.0]]}}), {"a": A, "b.c": B, "b.d": np.array([[1.0, 2.0]])})
    _same(_read(A), {"matrix": A})
    _same(_read(Module()), {"w": A})
    _same(_read({"t": Torch()}), {"t": np.eye(2)})
    words = load({"a": A, "s": "words", "o": object(), "n": None, "r": [[1.0], [1.0, 2.0]]}).tensors
    assert [t.refused and t.refused.status for t in words] == [None, *[MatrixStatus.UNSUPPORTED_DTYPE] * 4]
    for bad in ({}, 3, None):
        with pytest.raises(ValueError, match="source must"):
            load(bad)


def _onnx_model(path):
    onnx = pytest.importorskip("onnx")
    helper, numpy_helper = onnx.helper, onnx.numpy_helper
    constant = helper.make_node("Constant", [], ["c"], value=numpy_helper.from_array(B, "ignored"))
    inner = helper.make_graph([constant], "branch", [], [helper.make_tensor_value_info("c", 11, B.shape)])
    test = numpy_helper.from_array(np.array(True), "flag")
    branch = helper.make_node("If", ["flag"], ["out"], then_branch=inner, else_branch=inner)
    typed = helper.make_tensor("typed", onnx.TensorProto.FLOAT16, (2, 2), [1.0, 2.0, 3.0, 4.0])
    out = helper.make_tensor_value_info("out", 11, B.shape)
    graph = helper.make_graph([branch], "g", [], [out], [numpy_helper.from_array(A, "w"), test, typed])
    onnx.save(helper.make_model(graph), str(path))
    return onnx, path


def test_onnx_initializers_constants_and_branches(tmp_path):
    _, path = _onnx_model(tmp_path / "m.bin")
    typed = np.array([[1.0, 2.0], [3.0, 4.0]])
    _same(_read(path), {"w": A, "flag": np.array(True), "typed": typed, "c": B, "c'": B})


def test_onnx_with_its_numbers_beside_it(tmp_path):
    onnx, path = _onnx_model(tmp_path / "m.onnx")
    model = onnx.load(str(path))
    onnx.save(model, str(path), save_as_external_data=True, location="m.data", size_threshold=100)
    np.testing.assert_array_equal(_read(path)["w"], A)
    (tmp_path / "m.data").write_bytes(b"\0" * 100)
    refused = {t.name: t.refused for t in load(path).tensors}
    assert refused["w"].status is MatrixStatus.TRUNCATED and refused["typed"] is None


def test_quantised_onnx_whose_scale_is_known(tmp_path):
    onnx = pytest.importorskip("onnx")
    helper, array = onnx.helper, onnx.numpy_helper.from_array
    whole = np.random.default_rng(0).integers(-128, 128, (40, 50)).astype(np.int8)
    scale, zero = np.linspace(0.1, 0.5, 50).astype("f4"), np.arange(50).astype(np.int8)
    tensors = [
        array(whole, "q"),
        array(scale, "s"),
        array(zero, "z"),
        array(np.float32(0.5), "one"),
        array(whole, "other"),
    ]
    nodes = [
        helper.make_node("DequantizeLinear", ["q", "s", "z"], ["x"], axis=1),
        helper.make_node("DequantizeLinear", ["other", "one"], ["y"]),
    ]
    graph = helper.make_graph([*nodes], "g", [], [helper.make_tensor_value_info("x", 1, (40, 50))], tensors)
    onnx.save(helper.make_model(graph), str(tmp_path / "m.onnx"))
    found = {tensor.name: tensor for tensor in load(tmp_path / "m.onnx").tensors}
    np.testing.assert_allclose(found["q"].read(), (whole.astype(float) - zero) * scale, rtol=1e-6)
    np.testing.assert_allclose(found["other"].read(), whole * 0.5)
    assert found["q"].scaled and found["other"].scaled and not found["z"].scaled


def test_keras(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file["layers/dense/kernel"] = A
        file["layers/conv/kernel"] = np.zeros((3, 3, 16, 32), "f4")
        file["names"] = "words"
        file["away"] = h5py.ExternalLink("other.h5", "/x")
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        archive.write(tmp_path / "m.h5", "model.weights.h5")
        archive.writestr("config.json", "{}")
    for name in ("m.h5", "m.keras"):
        tensors = {t.name: t for t in load(tmp_path / name).tensors}
        assert set(tensors) == {"layers/dense/kernel", "layers/conv/kernel", "names"}
        np.testing.assert_array_equal(tensors["layers/dense/kernel"].read(), A)
        assert tensors["names"].refused.status is MatrixStatus.UNSUPPORTED_DTYPE


def test_missing_extras_are_named(tmp_path, monkeypatch):
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    (tmp_path / "m.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + b"\0" * 100)
    with pytest.raises(UnreadableWeights, match=r"spectralaw\[h5\]"):
        load(tmp_path / "m.h5")
    (tmp_path / "m.onnx").write_bytes(b"\x08\x07\x3a\x00")
    with pytest.raises(UnreadableWeights, match=r"spectralaw\[onnx\]"):
        load(tmp_path / "m.onnx")
