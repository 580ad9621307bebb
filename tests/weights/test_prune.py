"""Pruning by rank: what is written is what is reported."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

import spectralaw as sl
from spectralaw.errors import InvalidInput
from spectralaw.weights.load import load
from tests.weights import writers

RNG = np.random.default_rng(1)
U = np.linalg.qr(RNG.standard_normal((200, 4)))[0]
V = np.linalg.qr(RNG.standard_normal((400, 4)))[0]
SPIKED = RNG.standard_normal((200, 400)) / 20 + (U * [1.5, 2, 3, 5]) @ V.T  # case B of the tests
NOISE = np.random.default_rng(0).standard_normal((40, 60))
TENSORS = {"a.weight": SPIKED, "noise": NOISE, "a.bias": np.arange(5.0), "ids": np.arange(6).reshape(2, 3)}


@pytest.fixture
def source(tmp_path):
    np.savez(tmp_path / "w.npz", **TENSORS)
    return tmp_path / "w.npz"


def _read(path):
    return {tensor.name: np.asarray(tensor.read()) for tensor in load(path).tensors}


def test_truncation_is_exact(tmp_path, source):
    pruned = sl.prune(source, out=tmp_path / "p.safetensors")
    row = pruned["a.weight"]
    written = _read(tmp_path / "p.safetensors")
    assert list(written) == list(TENSORS)
    error = SPIKED - written["a.weight"]
    assert row.keep == 4 and np.linalg.matrix_rank(written["a.weight"], 1e-8) == 4
    assert row.relative_error == pytest.approx(np.linalg.norm(error) / np.linalg.norm(SPIKED), rel=1e-12)
    assert row.operator_error == pytest.approx(np.linalg.norm(error, 2), rel=1e-9)
    assert row.relative_error == pytest.approx(0.89694, rel=1e-3) and row.operator_error == pytest.approx(
        1.6692, rel=1e-3
    )
    assert row.parameters == 4 * 601 / 80_000
    same = sl.diagnose(source, intervals=False)["a.weight"].to_dict()["prune"]
    assert same["relative_error"] == pytest.approx(row.relative_error) and same["keep"] == 4
    assert pruned.parameters == pytest.approx((4 * 601 + 2400 + 5 + 6) / (80_000 + 2400 + 5 + 6))


def test_what_is_not_pruned_is_written_as_it_is(tmp_path, source):
    pruned = sl.prune(source, out=tmp_path / "p.safetensors")
    written = _read(tmp_path / "p.safetensors")
    for name in ("noise", "a.bias", "ids"):
        np.testing.assert_array_equal(written[name], TENSORS[name])
        assert written[name].dtype == TENSORS[name].dtype
    assert pruned["noise"].written == "unchanged" and "no spikes" in pruned["noise"].reason
    assert pruned["noise"].relative_error == 0.0 and pruned.passed_over == 2


def test_factors_in_both_orientations(tmp_path):
    tensors = {"wide": SPIKED.astype("f4"), "tall": np.ascontiguousarray(SPIKED.T).astype("f4")}
    pruned = sl.prune(tensors, out=tmp_path / "p.safetensors", factored=True)
    written = _read(tmp_path / "p.safetensors")
    for name, array in tensors.items():
        left, right = written[f"{name}.left"], written[f"{name}.right"]
        assert left.shape == (len(array), 4) and right.shape == (4, array.shape[1]) and left.dtype == np.float32
        error = np.linalg.norm(array.astype(float) - left.astype(float) @ right) / np.linalg.norm(array)
        assert pruned[name].written == "factors" and pruned[name].relative_error == pytest.approx(error, rel=1e-6)
    assert (tmp_path / "p.safetensors").stat().st_size < 0.2 * sum(a.nbytes for a in tensors.values())
    header = (tmp_path / "p.safetensors").read_bytes()[8:]
    notes = json.loads(header[: header.rindex(b"}}") + 2 if b"\0" not in header[:3000] else header.index(b"}}") + 2])
    assert json.loads(notes["__metadata__"]["spectralaw.factored"])["wide"] == {"shape": [200, 400]}


def test_factors_only_where_they_are_fewer_numbers(tmp_path):
    pruned = sl.prune({"w": SPIKED}, out=tmp_path / "p.safetensors", factored=True, keep=150)
    assert pruned["w"].written == "dense" and pruned["w"].parameters > 1
    assert pruned.parameters == 1.0


def test_shrinkage_comes_nearer_to_the_signal():
    signal = (U * [1.5, 2, 3, 5]) @ V.T
    errors = {}
    for method in ("truncate", "shrink"):
        row = sl.prune({"w": SPIKED}, method=method)["w"]
        errors[method] = row.relative_error, row.operator_error
    assert errors["shrink"][0] > errors["truncate"][0]  # further from W, which is mostly noise ...
    outliers = sl.diagnose({"w": SPIKED}, intervals=False)["w"].to_dict()["outliers"]
    left, values, right = np.linalg.svd(SPIKED, full_matrices=False)
    shrunken = [one["shrunken"] for one in outliers]
    near = (left[:, :4] * shrunken) @ right[:4]
    cut = (left[:, :4] * values[:4]) @ right[:4]
    assert np.linalg.norm(near - signal) < np.linalg.norm(cut - signal)  # ... and nearer to the signal
    assert errors["shrink"][0] == pytest.approx(np.linalg.norm(SPIKED - near) / np.linalg.norm(SPIKED), rel=1e-9)
    assert errors["shrink"][1] == pytest.approx(np.linalg.norm(SPIKED - near, 2), rel=1e-6)


def test_bfloat16_kernels_and_tied_weights(tmp_path):
    kernel = SPIKED.astype("f4").reshape(200, 100, 2, 2)
    brain = writers.bfloat16(SPIKED)
    header = {
        "k": writers.entry("F32", kernel.shape, 0, kernel.nbytes),
        "b": writers.entry("BF16", SPIKED.shape, kernel.nbytes, kernel.nbytes + brain.nbytes),
        "q": writers.entry("F8_E4M3", (2, 2), kernel.nbytes + brain.nbytes, kernel.nbytes + brain.nbytes + 4),
    }
    path = writers.safetensors(tmp_path / "w.safetensors", header, kernel.tobytes() + brain.tobytes() + b"abcd")
    pruned = sl.prune(path, out=tmp_path / "p.safetensors")
    tensors = {tensor.name: tensor for tensor in load(tmp_path / "p.safetensors").tensors}
    assert tensors["b"].dtype == "bfloat16" and tensors["q"].read().tobytes() == b"abcd"
    assert tensors["k"].read().shape == kernel.shape
    assert np.linalg.matrix_rank(tensors["k"].read().reshape(200, -1).astype(float), 1e-4) == 4
    assert pruned["k"].shape == (200, 100, 2, 2) and pruned["b"].keep == 4
    tied = sl.prune({"one": SPIKED, "other": SPIKED}, out=tmp_path / "t.safetensors")
    written = _read(tmp_path / "t.safetensors")
    np.testing.assert_array_equal(written["one"], written["other"])
    assert tied["other"].keep == 4


def test_the_error_of_the_function_only_where_inputs_are_given():
    inputs = RNG.standard_normal((50, 400))
    row = sl.prune({"w": SPIKED}, inputs={"w": inputs}, keep=2)["w"]
    left, values, right = np.linalg.svd(SPIKED)
    pruned = (left[:, :2] * values[:2]) @ right[:2]
    expected = np.linalg.norm((SPIKED - pruned) @ inputs.T) / np.linalg.norm(SPIKED @ inputs.T)
    assert row.output_error == pytest.approx(expected, rel=1e-9)
    assert sl.prune({"w": SPIKED})["w"].output_error is None


def test_refusals(tmp_path, source):
    out = tmp_path / "p.safetensors"
    sl.prune(source, out=out)
    before = out.read_bytes()
    with pytest.raises(sl.InvalidInput, match="exists"):
        sl.prune(source, out=out)
    with pytest.raises(sl.InvalidInput, match="the source itself"):
        sl.prune(out, out=out, overwrite=True)
    assert out.read_bytes() == before
    sl.prune(source, out=out, overwrite=True)
    assert out.read_bytes() == before
    for options, sentence in (
        ({"out": tmp_path / "p.npz"}, "safetensors"),
        ({"out": tmp_path / "no" / "p.safetensors"}, "folder"),
        ({"method": "magic"}, "method must be one of 'truncate', 'shrink'"),
        ({"keep": 3, "method": "shrink"}, "keep must be given with method='truncate'"),
        ({"keep": {"unknown": 3}}, "keep must name matrices"),
        ({"keep": 41}, "keep must be from 1 to 40 for noise"),
        ({"inputs": {"a.weight": np.ones((3, 7))}}, r"inputs of a.weight must have shape \(samples, 400\)"),
        ({"bulk": sl.Bulk(1.0, 1.0, 0, 0.0)}, "bulk must be given for a trained network only"),
    ):
        with pytest.raises(sl.InvalidInput, match=sentence):
            sl.prune(source, **options)
    np.savez(tmp_path / "bad.npz", w=SPIKED, o=np.array([None]))
    with pytest.raises(sl.InvalidInput, match="cannot be pruned as a whole: o"):
        sl.prune(tmp_path / "bad.npz", out=tmp_path / "q.safetensors")
    assert not (tmp_path / "q.safetensors").exists()
    with pytest.raises(sl.InvalidInput, match="trained network"):
        sl.prune(sl.train(sl.Task("quadratic", 50, 500, 1.0, 0.5)), out=out)


@pytest.mark.parametrize(
    ("argument", "sentence"),
    [
        ({"null": "magic"}, "null must be one of 'auto', 'edge', 'flip', not 'magic'"),
        ({"level": 2.0}, "level must be between 0 and 1/2, not 2"),
        ({"level": float("nan")}, "level must be a finite number, not nan"),
        ({"seed": -1}, "seed must be 0 or greater, not -1"),
        ({"seed": True}, "seed must be a number, not True"),
        ({"min_size": 1}, "min_size must be 2 or greater, not 1"),
        ({"max_bytes": 0}, "max_bytes must be 1 or greater, not 0"),
        ({"keep": 2.5}, "keep must be a whole number, not 2.5"),
        ({"keep": {"a": 0}}, "keep of a must be 1 or greater, not 0"),
        ({"method": ["truncate"]}, "method must be one of 'truncate', 'shrink', not ['truncate']"),
    ],
)
def test_settings_are_those_of_a_diagnosis(argument, sentence, tmp_path):
    weights = {"a": np.random.default_rng(0).standard_normal((40, 50))}
    with pytest.raises(InvalidInput, match=f"^{re.escape(sentence)}$"):
        sl.prune(weights, out=tmp_path / "out.safetensors", **argument)
    assert not list(tmp_path.iterdir())
    if not {"keep", "method"} & set(argument):
        with pytest.raises(InvalidInput, match=f"^{re.escape(sentence)}$"):
            sl.diagnose(weights, **argument)
