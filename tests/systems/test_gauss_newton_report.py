"""What limits the conditioning of a given network: planted limits are found, and bad sources refused in a sentence."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest

from spectralaw.errors import InvalidInput
from spectralaw.results import Status
from spectralaw.systems import gauss_newton as gn
from spectralaw.systems.gauss_newton.report import judge


def orthogonal(rng, rows, columns):
    q = np.linalg.qr(rng.standard_normal((max(rows, columns),) * 2))[0]
    return q[:rows, :columns]


def test_planted_limits_are_found():
    rng = np.random.default_rng(0)
    even = [orthogonal(rng, 8, 8) for _ in range(4)]
    assert gn.conditioning_report(even).limit is gn.Limit.NOTHING
    steep = np.geomspace(1.0, 1e-4, 8)
    data = gn.conditioning_report(even, steep)
    assert data.limit is gn.Limit.DATA and data.condition_number == pytest.approx(1e4) == data.data_condition
    assert data.white == pytest.approx(1.0) and "limited by the data" in data.sentences[0]
    deep = gn.conditioning_report(gn.LinearNetwork(8, 8, 8, 6).weights(0))
    assert deep.limit is gn.Limit.DEPTH and deep.layer is None and "product of all" in deep.sentences[0]


def test_one_bad_layer_among_even_ones():
    rng = np.random.default_rng(1)
    steep = orthogonal(rng, 8, 8) * np.geomspace(1.0, 1e-3, 8) @ orthogonal(rng, 8, 8)
    # the term that skips the steep layer is small where the other layers are
    weights = {"a": 1e3 * steep, "b": orthogonal(rng, 8, 8), "c": orthogonal(rng, 8, 8)}
    found = gn.conditioning_report(weights)
    assert found.limit is gn.Limit.LAYER and found.layer == "a"
    assert "one layer, a: making it even alone leaves κ = " in found.sentences[0]
    by_hand = gn.gn_spectrum(list(weights.values())).condition_number
    assert found.condition_number == pytest.approx(by_hand, rel=1e-12)
    u, s, v = np.linalg.svd(weights["a"])
    mean = np.exp(np.mean(np.log(s)))
    after = gn.gn_spectrum([mean * u @ v, weights["b"], weights["c"]]).condition_number
    assert found.even_layer[0] == pytest.approx(after, rel=1e-9)
    assert found.layer_condition[0] == pytest.approx(1e6, rel=1e-6)


def test_judgements_refuse_missing_numbers():
    assert judge(1e4, 1.0, 1e4, [1e4, 1e4]) == (gn.Limit.DATA, None)
    assert judge(1e4, 1e4, 1.0, [1e4, 50.0]) == (gn.Limit.LAYER, 1)
    assert judge(1e4, 1e4, 1.0, [2e3, 2e3]) == (gn.Limit.DEPTH, None)
    assert judge(9.0, 9.0, 1.0, [3.0]) == (gn.Limit.NOTHING, None)
    for wrong in (None, np.nan, np.inf, 0.0, -1.0):
        for place in range(4):
            numbers = [1e4, 1.0, 1e2, 1e2]
            numbers[place] = wrong
            assert judge(*numbers[:3], [numbers[3]]) == (gn.Limit.UNKNOWN, None)


def test_rows_of_data_are_their_covariance():
    rng = np.random.default_rng(2)
    weights = gn.LinearNetwork(5, 3, 9, 3).weights(0)
    rows = rng.standard_normal((40, 5)) * np.array([1.0, 10.0, 0.1, 3.0, 1.0]) + 1.0
    by_rows = gn.conditioning_report(weights, inputs=rows)
    by_matrix = gn.conditioning_report(weights, rows.T @ rows / 40)
    assert by_rows.condition_number == pytest.approx(by_matrix.condition_number, rel=1e-9)
    assert by_rows.white == pytest.approx(by_matrix.white, rel=1e-9) and by_rows.bound == pytest.approx(by_matrix.bound)
    assert by_rows.has_data and "κ(S)" in by_rows.sentences[1]
    few = gn.conditioning_report(weights, inputs=rows[:3])
    assert few.rank == 9 and few.size == 15 and any("6 of 15 eigenvalues are zero" in s for s in few.sentences)
    constant = gn.conditioning_report(weights, inputs=np.where([True, True, True, True, False], rows, 0.0))
    assert constant.rank == 12


@pytest.fixture
def file(tmp_path):
    from safetensors.numpy import save_file

    weights = gn.LinearNetwork(6, 3, 7, 12).weights(0)
    tensors = {f"layers.{i}.weight": w.astype(np.float32) for i, w in enumerate(weights)}
    save_file({**tensors, "layers.0.bias": np.zeros(7, dtype=np.float32)}, tmp_path / "net.safetensors")
    return tmp_path / "net.safetensors", list(tensors.values())


def test_a_file_is_read_in_the_order_of_its_layers(file):
    path, weights = file
    found = gn.conditioning_report(path)
    assert found.names == tuple(f"layers.{i}.weight" for i in range(12)) and found.left_aside == ("layers.0.bias",)
    assert found.condition_number == pytest.approx(gn.gn_spectrum(weights).condition_number, rel=1e-9)
    assert any("Left aside: layers.0.bias" in s for s in found.sentences)
    assert "activations and biases are left out" in found.sentences[-1]
    inner = gn.conditioning_report(path, names=[f"layers.{i}.weight" for i in (3, 1)])
    assert inner.shapes == ((7, 7), (7, 7)) and len(inner.left_aside) == 11


def test_other_sources_and_layouts(tmp_path):
    weights = gn.LinearNetwork(6, 3, 7, 3).weights(0)
    kappa = gn.gn_spectrum(weights).condition_number
    arrays = {f"l{i}": w for i, w in enumerate(weights)}
    np.savez(tmp_path / "net.npz", **arrays)
    for source in (weights, arrays, tmp_path / "net.npz", {"net": arrays}):
        assert gn.conditioning_report(source).condition_number == pytest.approx(kappa, rel=1e-12)
    turned = {name: w.T for name, w in arrays.items()}
    assert gn.conditioning_report(turned, transposed=True).condition_number == pytest.approx(kappa, rel=1e-12)
    assert gn.conditioning_report([w.T for w in weights], transposed=True).condition_number == pytest.approx(kappa)
    with pytest.raises(InvalidInput, match=r"they fit as \(inputs, outputs\): say transposed=True"):
        gn.conditioning_report(turned)


def test_reports_are_plain_values_and_shown():
    found = gn.conditioning_report(gn.LinearNetwork(6, 3, 2, 2).weights(0), np.geomspace(1.0, 0.1, 6))
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert told["bound"] is None and told["rank"] == 14 and told["layers"][0]["name"] == "weights[0]"
    again = pickle.loads(pickle.dumps(found))
    assert repr(again) == repr(found) and again == found
    assert "infinite" in repr(found) and "with it even" in repr(found) and "<table>" in found._repr_html_()
    dead = gn.conditioning_report([np.zeros((3, 2)), np.zeros((2, 3))])
    assert dead.limit is gn.Limit.UNKNOWN and dead.status is Status.COLLAPSED and "is zero" in dead.sentences[0]
    assert "unknown" in repr(dead)
    lost = gn.conditioning_report(gn.LinearNetwork(8, 8, 8, 45).weights(0))
    assert lost.limit is gn.Limit.UNKNOWN and lost.condition_number is None and "not known" in lost.sentences[0]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (({"a": np.ones((3, 2)), "b": np.ones((5, 4))},), "'b' takes 4 inputs and 'a' before it gives 3 outputs"),
        (({"a": np.ones((3, 5, 2))},), "'a' has 3 dimensions, but a layer of a linear network is a matrix"),
        (({"a": np.ones(3)},), "source must hold at least one matrix of weights; it has a"),
        (({"a": np.full((2, 2), np.nan)},), "'a' must be finite"),
        (({"a": np.array([["x"]])},), "source cannot be read as a whole: a: "),
        (({"a": np.ones((1, 4097))},), "weights must have at most 4,096 inputs, not 4,097"),
        ((3,), "source must be a path"),
        ((["a"],), r"weights\[0\] must be a matrix"),
        (("nowhere.npz",), "source must be a file or folder that exists"),
        (([np.eye(2)], np.eye(3)), "covariance must be of the 2 inputs"),
    ],
)
def test_bad_sources_are_sentences(arguments, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        gn.conditioning_report(*arguments)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"inputs": np.eye(3)}, "inputs must have 2 columns"),
        ({"inputs": np.zeros((4, 2))}, "inputs must have an entry other than zero"),
        ({"inputs": np.eye(2), "covariance": np.eye(2)}, "inputs must not be given together with covariance"),
        ({"names": ["b"]}, r"names must be of tensors of the source \(a\), not 'b'"),
        ({"names": "a"}, "names must be a list of names of tensors, not 'a'"),
        ({"names": []}, "source must hold at least one matrix of weights"),
        ({"transposed": 1}, "transposed must be True or False, not 1"),
    ],
)
def test_bad_options_are_sentences(options, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        gn.conditioning_report({"a": np.eye(2)}, **options)
    if "names" in options:
        with pytest.raises(InvalidInput, match="names must not be given for a list of arrays"):
            gn.conditioning_report([np.eye(2)], **options)
