"""The public face: sources, rows, selection, what is passed over and why, tables and files."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest

import spectralaw as sl
from tests.weights import writers

RNG = np.random.default_rng(0)
NOISE = RNG.standard_normal((40, 60))
SPIKED = NOISE + 3.0 * np.outer(np.ones(40), np.ones(60)) / 7.0
FAST = {"intervals": False, "null": "edge"}


def _strict(value):
    return json.loads(json.dumps(value, allow_nan=False))


def _statuses(source, **options):
    diagnosis = sl.diagnose(source, **{**FAST, **options})
    return {row["name"]: row["status"] for row in diagnosis.to_dict()["matrices"]}


def test_one_row_a_tensor_in_the_order_of_the_source():
    diagnosis = sl.diagnose({"b": NOISE, "bias": np.zeros(5), "a": SPIKED})
    rows = _strict(diagnosis.to_dict())["matrices"]
    assert [row["name"] for row in rows] == ["b", "bias", "a"] == [row.name for row in diagnosis]
    assert [row["status"] for row in rows] == ["ok", "vector", "ok"] and rows[1]["reason"]
    assert diagnosis["a"] is diagnosis[2] and len(diagnosis) == 3
    with pytest.raises(KeyError):
        diagnosis["c"]
    keys = "name shape dtype status frobenius spectral_norm rank stable_rank effective_rank bulk spikes spikes_interval"
    keys += " null_used outliers tail prune structure bleed_out seconds"
    assert set(keys.split()) <= set(rows[2])
    assert rows[2]["spikes"] >= 1 and rows[0]["spikes"] == 0 and rows[2]["shape"] == [40, 60]
    assert {"edge", "tw_scale", "noise_std", "profile_spread", "entry_kurtosis"} <= set(rows[2]["bulk"])
    assert {"keep", "relative_error", "operator_error", "parameters"} <= set(rows[2]["prune"])
    assert {"value", "pvalue", "strength", "overlap_left", "overlap_right", "shrunken"} <= set(rows[2]["outliers"][0])


def test_a_matrix_does_not_depend_on_its_neighbours():
    def row(source, name):
        found = sl.diagnose(source, seed=3)[name].to_dict()
        found.pop("seconds")
        return found

    heavy = np.random.default_rng(1).standard_t(3, (40, 60)) + 4.0 * np.outer(np.ones(40), np.ones(60)) / 7.0
    alone = row({"w": heavy}, "w")
    assert alone == row({"a": NOISE, "w": heavy}, "w") == row({"w": heavy, "z": SPIKED}, "w")
    assert alone["null_used"] != "edge"  # the flips are drawn


def test_files_and_arrays_are_read_alike(tmp_path):
    np.savez(tmp_path / "w.npz", w=SPIKED.astype("f4"))
    path = writers.torch_zip(
        tmp_path / "w.pt", {"w": writers.plain("0", SPIKED.astype("f4"))}, {"0": SPIKED.astype("f4").tobytes()}
    )
    rows = []
    for source in ({"w": SPIKED.astype("f4")}, tmp_path / "w.npz", str(path)):
        row = sl.diagnose(source, **FAST)["w"].to_dict()
        row.pop("seconds")
        rows.append(row)
    assert rows[0] == rows[1] == rows[2]
    matrix = sl.diagnose(SPIKED.astype("f4"), **FAST)[0].to_dict()
    assert matrix["spectral_norm"] == rows[0]["spectral_norm"]


def test_what_is_passed_over_and_why():
    tensors = {
        "vector": np.ones(50),
        "scalar": np.float64(3.0),
        "small": NOISE[:5],
        "int8": np.ones((40, 40), dtype=np.int8),
        "bool": np.ones((40, 40), dtype=bool),
        "complex": NOISE + 1j,
        "words": np.array([["a", "b"]]),
        "nan": np.where(NOISE > 2, np.nan, NOISE),
        "zeros": np.zeros((40, 50)),
        "ones": np.ones((40, 50)),
        "optimizer.state.0.exp_avg": NOISE,
        "model_ema.layer": NOISE,
        "schema.weight": NOISE,
        "six": NOISE.reshape(2, 2, 2, 5, 6, 10),
        "again": NOISE.copy(),
    }
    expected = {
        "vector": "vector",
        "scalar": "vector",
        "small": "too_small",
        "int8": "quantised",
        "bool": "unsupported_dtype",
        "complex": "unsupported_dtype",
        "words": "unsupported_dtype",
        "nan": "non_finite",
        "zeros": "all_zero",
        "ones": "constant",
        "optimizer.state.0.exp_avg": "optimizer_state",
        "model_ema.layer": "optimizer_state",
        "schema.weight": "ok",
        "six": "out_of_scope",
        "again": "duplicate_of:schema.weight",
    }
    assert _statuses(tensors) == expected
    diagnosis = sl.diagnose(tensors, **FAST)
    assert all(row.to_dict()["reason"] for row in diagnosis.passed_over)
    assert "\n" not in "".join(row.reason for row in diagnosis.passed_over)


def test_the_selection():
    tensors = {"a.weight": NOISE, "b.weight": SPIKED, "optimizer.exp_avg": NOISE + 1}
    assert _statuses(tensors, include="a.*") == {
        "a.weight": "ok",
        "b.weight": "not_selected",
        "optimizer.exp_avg": "not_selected",
    }
    assert _statuses(tensors, exclude=["a.*"])["a.weight"] == "not_selected"
    assert _statuses(tensors, include=["*"])["optimizer.exp_avg"] == "ok"
    assert _statuses(tensors, min_size=41)["a.weight"] == "too_small"
    big = sl.diagnose(tensors, max_bytes=10_000, **FAST)["a.weight"]
    assert big.to_dict()["status"] == "too_large" and "57,600" in big.reason


def test_convolutions_are_flattened_and_gates_split():
    kernel = RNG.standard_normal((40, 8, 3, 3))
    row = sl.diagnose({"k": kernel}, **FAST)["k"].to_dict()
    assert row["reshape"] == "conv" and row["shape"] == [40, 8, 3, 3]
    assert row["spectral_norm"] == pytest.approx(np.linalg.norm(kernel.reshape(40, -1), 2))
    stacks = {"rnn.weight_ih_l0": RNG.standard_normal((160, 50)), "rnn.weight_hh_l0": RNG.standard_normal((160, 40))}
    split = sl.diagnose(stacks, split_gates=True, **FAST)
    assert [row.name for row in split][:2] == ["rnn.weight_ih_l0[i]", "rnn.weight_ih_l0[f]"] and len(split) == 8
    norm = np.linalg.norm(stacks["rnn.weight_hh_l0"][40:80], 2)
    assert split["rnn.weight_hh_l0[f]"].to_dict()["spectral_norm"] == pytest.approx(norm)
    assert len(sl.diagnose(stacks, **FAST)) == 2


def test_half_precision_is_read_in_double():
    for dtype in ("f2", "f4", ">f4"):
        exact = np.linalg.norm(SPIKED.astype(dtype).astype("f8"), 2)
        assert sl.diagnose(SPIKED.astype(dtype), **FAST)[0].to_dict()["spectral_norm"] == pytest.approx(exact, rel=1e-9)


def test_eigenvalues_and_trained_networks():
    task = sl.Task("quadratic", 100, 5000, 60.0, 0.5)
    trained = sl.train(task, 0)
    diagnosis = sl.diagnose(trained)
    row = diagnosis["spectrum"].to_dict()
    assert row["structure"] == "collapsed"
    theory = str(sl.predict(task).phase.phase)
    assert diagnosis.phase == theory and row["phase"] == theory
    plain = sl.diagnose(trained.spectrum, kind="eigenvalues")
    assert "phase" not in plain.to_dict() and plain[0].to_dict()["structure"] == "collapsed"
    assert sl.diagnose(trained.spectrum, kind="eigenvalues", task=task).phase == theory
    diagonal = sl.diagnose(sl.train(sl.Task("diagonal", 50, 100, 1.0, 0.5)))
    assert diagonal[0].to_dict()["status"] == "out_of_scope" and not diagonal.read
    assert _statuses({"m": NOISE}, kind="eigenvalues") == {"m": "out_of_scope"}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"level": 0.0}, "level must be between 0 and 1/2, not 0"),
        ({"level": float("nan")}, "level must be a finite number"),
        ({"null": "permutation"}, "null must be one of 'auto', 'edge', 'flip', not 'permutation'"),
        ({"kind": "graph"}, "kind must be one of 'matrix', 'eigenvalues'"),
        ({"resamples": 3}, "resamples must be 10 or greater, not 3"),
        ({"seed": -1}, "seed must be 0 or greater, not -1"),
        ({"seed": 0.5}, "seed must be a whole number"),
        ({"min_size": 1}, "min_size must be 2 or greater, not 1"),
        ({"max_bytes": 0}, "max_bytes must be 1 or greater"),
        ({"include": 3}, "include"),
        ({"task": "quadratic"}, "task must be a Task"),
    ],
)
def test_bad_arguments(options, sentence):
    with pytest.raises(sl.InvalidInput, match=sentence):
        sl.diagnose({"w": NOISE}, **options)


def test_unknown_keywords_and_sources():
    with pytest.raises(TypeError):
        sl.diagnose({"w": NOISE}, levle=0.1)
    for bad in (3.5, None, "missing.safetensors", {}, [NOISE, SPIKED.T]):
        with pytest.raises(sl.InvalidInput):
            sl.diagnose(bad)
    with pytest.raises(sl.InvalidInput, match="2 checkpoints"):
        sl.diagnose([{"w": NOISE}])


def test_tables_files_and_pickles(tmp_path):
    diagnosis = sl.diagnose({"w": SPIKED, "b": np.zeros(3), "n": NOISE}, resamples=20)
    data = diagnosis.to_xarray()
    assert list(data.matrix.values) == ["w", "b", "n"]
    assert float(data.bulk_edge.sel(matrix="w")) == diagnosis["w"].to_dict()["bulk"]["edge"]
    assert np.isnan(data.bulk_edge.sel(matrix="b")) and data.attrs["level"] == 0.05
    frame = diagnosis.to_dataframe()
    assert frame.loc["b", "status"] == "vector" and frame.loc["w", "shape"] == "40x60"
    assert diagnosis.to_csv().splitlines()[0].startswith("name,shape,dtype,status")
    assert len(diagnosis.to_csv().splitlines()) == 4
    again = pickle.loads(pickle.dumps(diagnosis))
    assert again.to_dict() == diagnosis.to_dict()
    path = diagnosis.save(tmp_path / "d.json")
    with pytest.raises(sl.InvalidInput, match="exists"):
        diagnosis.save(path)
    loaded = sl.Diagnosis.load(path)
    assert sl.load(path).to_dict() == loaded.to_dict()
    assert loaded.to_dict() == diagnosis.to_dict()
    np.testing.assert_array_equal(loaded["w"].singular_values, diagnosis["w"].singular_values)
    (tmp_path / "x.json").write_text("{}")
    for bad in (tmp_path / "x.json", tmp_path / "missing"):
        with pytest.raises(sl.InvalidInput):
            sl.Diagnosis.load(bad)
    text, html = repr(diagnosis), diagnosis._repr_html_()
    assert "2 matrices read, 1 tensors passed over" in text and "vector" in text and "α" in text
    assert "<table>" in html and "<script" not in html


def test_names_from_files_are_escaped():
    html = sl.diagnose({"<script>alert(1)</script>": SPIKED, "<b>": np.zeros(3)}, **FAST)._repr_html_()
    assert "<script>" not in html and "<b>" not in html and "&lt;script&gt;" in html


def test_reports(tmp_path):
    diagnosis = sl.diagnose({"w": SPIKED, "n": NOISE, "flat": np.eye(40), "b": np.zeros(3)}, resamples=20)
    html = diagnosis.report(tmp_path / "r.html").read_text(encoding="utf-8")
    assert html.count("data:image/png;base64,") == 3 and "http" not in html.split("<body>")[1]
    assert diagnosis.report(tmp_path / "r.pdf").read_bytes().startswith(b"%PDF")
    with pytest.raises(sl.InvalidInput, match="exists"):
        diagnosis.report(tmp_path / "r.html")
    with pytest.raises(sl.InvalidInput, match=r"\.html or \.pdf"):
        diagnosis.report(tmp_path / "r.doc")


def test_nothing_is_written_and_nothing_is_left_behind(tmp_path, monkeypatch):
    import os
    import warnings

    monkeypatch.chdir(tmp_path)
    np.savez("w.npz", w=SPIKED)
    before = (dict(os.environ), list(warnings.filters), np.geterr(), np.random.get_state()[1].tolist())  # noqa: NPY002
    sl.diagnose("w.npz")
    after = (dict(os.environ), list(warnings.filters), np.geterr(), np.random.get_state()[1].tolist())  # noqa: NPY002
    assert before == after and [path.name for path in tmp_path.iterdir()] == ["w.npz"]
