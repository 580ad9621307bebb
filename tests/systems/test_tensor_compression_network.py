"""Compression of layers, networks and files: ranks, parameter counts, certificates that hold, and what is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest

from spectralaw.errors import InvalidInput
from spectralaw.systems import tensor_compression as tc
from spectralaw.systems.tensor_compression import network
from spectralaw.systems.tensor_compression.digits import cross_entropy, gradients
from spectralaw.systems.tensor_compression.experiment import planted, planted_network
from spectralaw.systems.tensor_compression.layer import compress_layer
from tests.cli.running import run, strict
from tests.systems.test_tensor_compression import circular

RNG = np.random.default_rng(1)
NOISE = RNG.standard_normal((6, 5, 3, 3))


def test_a_layer_of_planted_terms_takes_as_many_and_counts_them():
    kernel = planted(3, 0)
    row, instead = compress_layer("k", kernel, tc.CompressionSetting(1e-6))
    assert (row.rank, row.least_rank, row.method) == (3, 3, "cp")
    assert row.parameters == 3 * (8 + 6 + 9 + 1) and row.parameters_before == 8 * 6 * 9
    assert (
        row.typical == pytest.approx(np.linalg.norm(kernel - instead) / np.linalg.norm(kernel)) and row.typical < 1e-6
    )
    assert tc.operator_norm(kernel - instead, (33, 20)).value <= row.change


@pytest.mark.parametrize("guarantee", ["typical", "certified"])
@pytest.mark.parametrize("shape", [(12, 10, 1, 1), (20, 1, 3, 3), (12, 10)])
def test_matrices_are_cut_at_the_smallest_rank(guarantee, shape):
    left, right = RNG.standard_normal((shape[0], 3)), RNG.standard_normal((3, int(np.prod(shape[1:]))))
    kernel = (left @ right + 0.01 * RNG.standard_normal((shape[0], right.shape[1]))).reshape(shape)
    row, instead = compress_layer("w", kernel, tc.CompressionSetting(0.1, guarantee))
    assert row.method == "svd" and row.rank == 3 >= row.least_rank
    error = row.typical if guarantee == "typical" else row.certified
    assert error <= 0.1
    less = tc.cp(kernel.reshape(*shape[:2], -1), 2)
    rest = kernel - less.reconstruct().reshape(shape)
    assert less.relative_error > 0.1 and tc.operator_norm(rest).value > 0.1 * tc.operator_norm(kernel).value
    assert instead.shape == shape


@pytest.mark.parametrize("guarantee", ["typical", "certified"])
def test_noise_is_kept_and_the_reason_given(guarantee):
    row, instead = compress_layer("k", NOISE, tc.CompressionSetting(0.01, guarantee))
    assert row.rank is None and row.method == "kept" and "fewer parameters" in row.reason
    assert row.typical == row.certified == row.change == 0.0 and instead is NOISE
    assert row.parameters == row.parameters_before == NOISE.size and "rank" not in row.to_dict()
    loose, instead = compress_layer("k", NOISE, tc.CompressionSetting(0.7, guarantee))
    assert loose.rank is not None and loose.least_rank <= loose.rank and loose.parameters < NOISE.size
    assert (loose.typical if guarantee == "typical" else loose.certified) <= 0.7


def test_circular_layers_are_the_matrices_that_they_stand_for():
    kernel, images = NOISE[:3, :2], RNG.standard_normal((4, 2, 5, 6))
    expected = images.reshape(4, -1) @ circular(kernel, (5, 6)).T
    np.testing.assert_allclose(network.apply(kernel, images).reshape(4, -1), expected, atol=1e-12)


@pytest.mark.parametrize("setting", [("typical", 0.3), ("certified", 0.1), ("certified", 0.03)])
def test_the_output_error_is_within_the_certificate(setting):
    guarantee, error = setting
    weights, images = planted_network(1)
    found = tc.compress(weights, inputs=images, setting=tc.CompressionSetting(error, guarantee))
    before, after = (network.forward(w, images)[-1] for w in (weights, list(found.weights)))
    true = np.linalg.norm(before - after, axis=1) / np.linalg.norm(before, axis=1)
    np.testing.assert_allclose(found.measured, true, rtol=1e-9, atol=1e-14)
    assert np.all(true <= found.certified + 1e-12) and 0 < found.parameters < found.parameters_before
    if guarantee == "certified":
        assert found.certified.max() <= error and not found.vacuous
    shuffled = np.linalg.norm(before[::-1] - after, axis=1) / np.linalg.norm(before, axis=1)
    assert np.any(shuffled > found.certified)  # outputs that belong to other inputs are refused
    assert json.dumps(found.to_dict()) and "parameters" in repr(found)


def test_random_inputs_are_said_to_be_random():
    weights, _ = planted_network(0)
    found = tc.compress(weights, 0.3, image=(8, 8))
    assert found.random_inputs and "32 random inputs" in repr(found) and len(found.measured) == 32
    dense = tc.compress([np.outer(np.arange(1.0, 9.0), np.ones(9))], 0.1)
    assert dense.layers[0].rank == 1 and dense.measured.max() < 1e-12


def test_properties_are_their_definitions():
    kernel, data = planted(3, 2), RNG.standard_normal((5, 6, 4, 4))
    found = tc.properties(kernel, data, rank=3)
    out = network.apply(kernel, data)
    expected = [
        np.linalg.norm(y) / (np.linalg.norm(kernel) * np.linalg.norm(x)) for x, y in zip(data, out, strict=True)
    ]
    np.testing.assert_allclose(found.cushions, expected)
    assert found.cushion == min(expected)
    np.testing.assert_allclose(found.noise[:3], [3.5, 1.5, 0.5])
    np.testing.assert_allclose(found.tensorisation, [0.0, 2.0, 3.0, 3.5])
    again = tc.properties(kernel, data, decomposition=tc.cp(kernel, 3))
    np.testing.assert_allclose(again.noise, found.noise)
    matrix = RNG.standard_normal((4, 7))
    dense = tc.properties(matrix, RNG.standard_normal((3, 7)))
    np.testing.assert_allclose(np.diff(dense.tensorisation), np.linalg.svd(matrix, compute_uv=False))
    assert "cushion" in repr(dense)


def test_gradients_of_the_digit_network():
    weights = [RNG.standard_normal(s) * 0.3 for s in ((3, 1, 3, 3), (4, 3, 3, 3), (10, 4 * 64))]
    images, classes = RNG.random((6, 1, 8, 8)), np.arange(6)
    found = gradients(weights, images, classes)
    for k in range(3):
        way = RNG.standard_normal(weights[k].shape)
        moved = [
            cross_entropy([*weights[:k], weights[k] + step * way, *weights[k + 1 :]], images, classes)
            for step in (1e-6, -1e-6)
        ]
        assert (moved[0] - moved[1]) / 2e-6 == pytest.approx(np.sum(found[k] * way), rel=1e-5, abs=1e-8)


@pytest.fixture
def file(tmp_path):
    np.savez(tmp_path / "w.npz", a=planted(3, 0), b=np.zeros((3, 3, 3)), c=np.eye(40), d=np.ones((4, 4, 3), dtype=int))
    return tmp_path / "w.npz"


def test_the_command_reads_convolutions(capsys, file):
    status, out, err = run(capsys, "compress", file, "--error", "0.001", "--json")
    answer = strict(out)
    assert status == 0 and err == "" and [row["name"] for row in answer["layers"]] == ["a"]
    assert answer["layers"][0]["rank"] == 3 and answer["parameters"] == 72 and answer["setting"]["error"] == 0.001
    assert [one["name"] for one in answer["passed_over"]] == ["b", "d"]
    before = file.read_bytes()
    status, out, err = run(capsys, "compress", file)
    assert status == 0 and "72 of 432 parameters" in out and "b was passed over: it is empty, all zero" in err
    assert file.read_bytes() == before and [p.name for p in file.parent.iterdir()] == ["w.npz"]
    kept = strict(run(capsys, "compress", file, "--json", "--exclude", "b", "--exclude", "d")[1])
    assert [one["reason"] for one in kept["passed_over"]] == ["its name matches a pattern of exclude"] * 2


def test_the_command_refuses_in_a_sentence(capsys, file, tmp_path):
    np.savez(tmp_path / "dense.npz", w=np.eye(40))
    for arguments, sentence in (
        ((tmp_path / "dense.npz",), "dense.npz holds no convolution that could be compressed"),
        ((tmp_path / "none.npz",), "source must be a file or folder that exists"),
        ((file, "--error", "1.5"), "error must be from 1e-7 to below 1, not 1.5"),
        ((file, "--error", "nan"), "error must be a finite number, not nan"),
        ((file, "--guarantee", "hoped"), "guarantee must be one of 'typical', 'certified', not 'hoped'"),
    ):
        status, out, err = run(capsys, "compress", *arguments)
        assert status == 2 and sentence in err and out == "" and err.count("\n") == 1
    assert run(capsys, "compress", tmp_path / "dense.npz", "--json")[0] == 2


def test_keras_kernels_are_turned(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "w.h5", "w") as f:
        f["kernel"] = np.moveaxis(planted(3, 0), (0, 1), (-1, -2))
    row = tc.compress_weights(tmp_path / "w.h5").layers[0]
    assert row.shape == (8, 6, 3, 3) and row.rank == 3


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: tc.compress([]), "weights must be a non-empty list of arrays"),
        (lambda: tc.compress([NOISE, NOISE]), r"weights\[1\] of shape \(6, 5, 3, 3\) must follow on weights\[0\]"),
        (lambda: tc.compress([np.ones((5, 4)), NOISE]), r"weights\[1\] of shape .* must follow on weights\[0\]"),
        (lambda: tc.compress([np.full((3, 3), np.nan)]), r"weights\[0\] must be finite"),
        (lambda: tc.compress([NOISE], inputs=np.ones((2, 4, 8, 8))), "inputs must have 5 channels, as the first"),
        (lambda: tc.compress([NOISE], inputs=np.ones((2, 5, 2, 8))), "inputs must be images of at least"),
        (lambda: tc.compress([NOISE], inputs=np.zeros((2, 5, 8, 8))), "inputs must have no sample that is all zero"),
        (lambda: tc.compress([NOISE], inputs=np.full((2, 5, 8, 8), np.nan)), "inputs must be finite"),
        (lambda: tc.compress([NOISE, np.ones((2, 12))], inputs=np.ones((1, 5, 8, 8))), "inputs must give 12 numbers"),
        (lambda: tc.compress([-np.eye(3), np.eye(3)], inputs=np.ones((1, 3))), "inputs must have outputs that are not"),
        (
            lambda: tc.compress([NOISE], 0.1, setting=tc.CompressionSetting()),
            "error must not be given beside a setting",
        ),
        (lambda: tc.compress([NOISE], image=(8,)), "image must have 2 sides, as space has, not 1"),
        (lambda: tc.CompressionSetting(0.0), "error must be from 1e-7 to below 1, not 0"),
        (lambda: tc.CompressionSetting(sweeps=0), "sweeps must be 1 or greater, not 0"),
        (lambda: tc.properties(NOISE, np.ones((2, 5))), "inputs must be an array of samples"),
        (
            lambda: tc.properties(NOISE, np.ones((2, 5, 4, 4)), decomposition=tc.cp(NOISE[:3], 1)),
            "decomposition must be",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(call, sentence):
    with pytest.raises(InvalidInput, match=f"^{sentence}"):
        call()


def test_a_setting_comes_back():
    one = tc.CompressionSetting(0.1, "certified", starts=1)
    assert tc.CompressionSetting.from_dict(one.to_dict()) == one and one.replace(error=0.2).error == 0.2
