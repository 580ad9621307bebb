"""Weight perturbations: convolutions, networks from files, and what is refused in one sentence."""

from __future__ import annotations

import json

import numpy as np
import pytest

from spectralaw.errors import InvalidInput
from spectralaw.systems import weight_perturbation as wp
from spectralaw.systems.weight_perturbation.accepted import bind

W = [np.ones((4, 3)), np.ones((5, 4)), np.eye(2, 5)]
X = np.ones((2, 3))


def as_dense(layer, radius):
    """A bound layer as a dense matrix, and the radius of each of its entries: zero where there is no weight."""
    taps = layer.taps
    out = len(layer.weight)
    matrix = np.zeros((out, len(taps), layer.inputs + 1))
    moved = np.zeros_like(matrix)
    for place, row in enumerate(taps):
        matrix[:, place, row] += layer.weight
        moved[:, place, row] = radius
    cut = lambda array: array[:, :, :-1].reshape(out * len(taps), layer.inputs)  # noqa: E731
    return cut(matrix), cut(moved)


def scipy_convolution(z, kernel, stride, padding):
    """Cross-correlation by another library."""
    from scipy.signal import correlate

    wide = [(0, 0)] + [(padding, padding)] * (z.ndim - 1)
    step = (slice(None, None, stride),) * (z.ndim - 1)
    return np.stack([correlate(np.pad(z, wide), one, mode="valid")[0][step] for one in kernel])


NETS = {
    "plain 1-d": ((2, 9), [((3, 2, 3), 1, 0), ((2, 3, 2), 1, 0)]),
    "strided 1-d": ((2, 9), [((3, 2, 3), 2, 1), ((2, 3, 2), 1, 2)]),
    "plain 2-d": ((1, 6, 5), [((2, 1, 3, 2), 1, 0), ((3, 2, 2, 2), 1, 0)]),
    "strided 2-d": ((2, 6, 6), [((2, 2, 3, 3), 2, 1), ((3, 2, 2, 2), 1, 1)]),
}


@pytest.mark.parametrize("name", NETS)
def test_convolutions_are_the_dense_matrices_that_they_stand_for(name):
    shape, kernels = NETS[name]
    rng = np.random.default_rng(0)
    convs = [wp.Convolution(rng.standard_normal(size), stride, padding) for size, stride, padding in kernels]
    x, z = rng.standard_normal((4, *shape)), None
    z = x
    for conv in convs:
        z = np.stack([scipy_convolution(one, conv.kernel, conv.stride, conv.padding) for one in z])
        last, z = z, np.maximum(z, 0.0)
    flat = z.reshape(4, -1)
    head = rng.standard_normal((3, flat.shape[1]))
    biases = [rng.standard_normal(len(c.kernel)) for c in convs] + [None]
    network = wp.Network((*convs, head))
    assert network.outputs(x) == pytest.approx(flat @ head.T, rel=1e-12)
    assert last.shape[1:] == bind(network, x).layers[-2].shape
    weights = [*convs, head]
    for radius in (0.01, 0.1):
        case = bind(wp.Network(tuple(weights), tuple(biases)), x)
        dense = [as_dense(layer, radius) for layer in case.layers[:-1]]
        matrices = [matrix for matrix, _ in dense] + [head]
        radii = [moved for _, moved in dense] + [radius]
        wide = [layer.bias for layer in case.layers[:-1]] + [None]
        for method in ("tightest", "intervals", "lines"):
            here = wp.margin_bound(weights, x, radius, (0, 2), method=method, biases=biases)
            there = wp.margin_bound(matrices, x.reshape(4, -1), radii, (0, 2), method=method, biases=wide)
            assert here == pytest.approx(there, rel=1e-10)
        found = wp.attack(weights, x, radius, (0, 2), biases=biases, seed=1)
        assert np.all(found.change <= here) and np.median(found.change / here) > 0.4  # a kernel is shared
        moved = wp.Network(tuple(found.weights(1)), tuple(biases)).outputs(x[1])
        assert moved[0] - moved[2] == pytest.approx(found.margin[1], rel=1e-9)
        assert np.abs(found.weights(1)[0].kernel - convs[0].kernel).max() <= radius + 1e-15
    radius = wp.certified_radius(weights, x, biases=biases)
    assert np.all(radius > 0.0)
    assert not np.any([wp.attack(weights, x[k], radius[k], biases=biases).flipped for k in range(4)])


def test_plain_arrays_of_three_dimensions_are_kernels_and_a_single_input_gives_a_number():
    rng = np.random.default_rng(1)
    weights = [rng.standard_normal((3, 2, 3)), rng.standard_normal((2, 18))]
    x = rng.standard_normal((2, 8))
    assert isinstance(wp.margin_bound(weights, x, 0.1, (0, 1)), float)
    assert isinstance(wp.certified_radius(weights, x), float)
    assert wp.Network(weights).outputs(x).shape == (2,)
    assert "3 × 2 × 3 convolution" in repr(wp.Network(weights))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"weights": [W[0], np.ones((5, 7))]},
            r"weights\[1\] of shape \(5, 7\) must take the 4 outputs of weights\[0\] of shape \(4, 3\), not 7",
        ),
        ({"inputs": np.ones((2, 4))}, r"inputs of shape \(2, 4\) have 4 numbers, but W1 of shape \(4, 3\) takes 3"),
        ({"weights": []}, "weights must be a list .* not an empty one"),
        ({"weights": W[0]}, r"weights\[0\] must be an array .* not an array of shape \(3,\)"),
        ({"weights": [np.ones((1, 3))]}, r"two classes or more, but weights\[0\] has shape \(1, 3\)"),
        ({"weights": [np.where(W[0] > 0, np.nan, 0)]}, r"weights\[0\] must be finite, but its entry \(0, 0\) is nan"),
        ({"weights": [W[0] > 0]}, r"weights\[0\] must be an array .* not an array of bool"),
        ({"weights": [np.ma.masked_equal(np.eye(3), 0.0)]}, r"weights\[0\] must be .* masked"),
        ({"weights": [W[0], np.ones((2, 4, 1)), W[2]]}, "a convolution follows convolutions"),
        ({"weights": [np.ones((4, 3, 2))]}, "the last of weights must be dense"),
        ({"weights": 3}, "weights must be a list of arrays, not 3"),
        ({"weights": [["a", "b"], ["c", "d"]]}, r"weights\[0\] must be an array"),
        ({"inputs": np.full((2, 3), np.inf)}, r"inputs must be finite, but its entry \(0, 0\) is inf"),
        ({"inputs": np.ones((2, 2, 3))}, r"of shape \(n, d\) or \(d,\), not an array of shape \(2, 2, 3\)"),
        ({"inputs": np.ones((0, 3))}, r"inputs must be an array .* not an array of shape \(0, 3\)"),
        ({"radius": -0.1}, "radius must be 0 or greater, not -0.1"),
        ({"radius": np.nan}, "radius must be a finite number, not nan"),
        ({"radius": "much"}, "radius must be a number, not 'much'"),
        ({"radius": True}, "radius must be a number, not True"),
        ({"radius": [0.1, 0.1]}, "radius must be a number or one for each of 3 layers, not 2"),
        ({"radius": [0.1, 0.1, np.ones((2, 4))]}, r"radius\[2\] must be .* of shape \(2, 5\), not of \(2, 4\)"),
        ({"radius": [0.1, 0.1, -np.ones((2, 5))]}, r"radius\[2\] must be 0 or greater, but its least entry is -1"),
        ({"radius": [0.1, 0.1, 0.1], "layers": [0]}, "layers must not be given beside a radius for each layer"),
        ({"layers": [3]}, "each of layers must be from -3 to 2, a place in weights, not 3"),
        ({"layers": [0, -3]}, "layers must differ from one another, but -3 comes twice"),
        ({"layers": []}, "layers must be at least one place in weights, not none"),
        ({"pair": (0, 0)}, "pair must be two different classes, not 0 twice"),
        ({"pair": (0, 2)}, "each of pair must be from 0 to 1, not 2"),
        ({"pair": (0,)}, r"pair must be two classes \(i, j\), not \(0,\)"),
        ({"pair": 1}, r"pair must be a list of two classes \(i, j\), not 1"),
        ({"method": "best"}, "method must be one of 'tightest', 'intervals', 'lines', 'analytic', not 'best'"),
        ({"activation": "tanh"}, "activation must be one of 'relu', 'sigmoid', 'softplus', not 'tanh'"),
        ({"biases": [None]}, "biases must be one vector or None for each of 3 layers, not 1"),
        ({"biases": [np.ones(3), None, None]}, r"biases\[0\] of shape \(3,\) does not fit weights\[0\]"),
        ({"weights": wp.Network(W), "biases": [None] * 3}, "biases and activation must not be given beside a Network"),
        ({"weights": {"a": W[0]}, "biases": [None]}, "biases must not be given beside a file or dictionary"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_in_one_sentence(given, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        wp.margin_bound(**{"weights": W, "inputs": X, "radius": 0.1, "pair": (0, 1), **given})


def test_the_other_functions_refuse_too():
    for call, sentence in (
        (lambda: wp.attack(W, X, 0.1, restarts=0), "restarts must be 1 or greater, not 0"),
        (lambda: wp.attack(W, X, 0.1, seed=-1), "seed must be 0 or greater, not -1"),
        (lambda: wp.attack(W, X, 0.1).weights(2), "k must be below the number of inputs, 2, not 2"),
        (lambda: wp.certified_radius(W, X, relative="yes"), "relative must be True or False, not 'yes'"),
        (lambda: wp.worst_margin(W, X, 0.1, None), r"pair must be two classes \(i, j\), not None"),
        (lambda: wp.worst_margin([np.ones((1, 1, 1)), np.ones((2, 3))], np.ones((1, 3)), 0.1, (0, 1)), "dense layers"),
        (lambda: wp.worst_margin(W, X, 0.1, (0, 1), time_limit=0), "time_limit must be positive, not 0"),
        (lambda: wp.Convolution(np.ones((2, 2))), "kernel must be an array of shape"),
        (lambda: wp.Convolution(np.ones((2, 2, 2)), stride=0), "stride must be 1 or greater, not 0"),
        (lambda: wp.Network([np.ones((2, 1, 9)), np.eye(2)]).outputs(np.ones((1, 4))), "smaller than a kernel"),
        (lambda: wp.Network([np.ones((2, 1, 2)), np.eye(2)]).outputs(np.ones((1, 9))), "takes 2 numbers, but .* 16"),
        (lambda: wp.Network([np.ones((4, 1, 2)), np.ones((2, 6))]), r"weights\[1\] of shape \(2, 6\) must take"),
        (lambda: wp.Network(W, names=("a",)), "names must be one for each of 3 layers, not 1"),
    ):
        with pytest.raises(InvalidInput, match=sentence):
            call()


@pytest.fixture
def saved(tmp_path):
    """A file with eleven layers whose names sort otherwise than their numbers, and with biases."""
    rng = np.random.default_rng(2)
    weights = [rng.standard_normal((4, 4)) for _ in range(10)] + [rng.standard_normal((3, 4))]
    biases = [rng.standard_normal(len(w)) for w in weights]
    arrays = {f"fc{m}.weight": w for m, w in enumerate(weights)} | {f"fc{m}.bias": b for m, b in enumerate(biases)}
    path = tmp_path / "network.npz"
    np.savez(path, **arrays)
    return path, weights, biases, arrays


def test_a_network_from_a_file_is_the_one_that_was_written(saved):
    path, weights, biases, arrays = saved
    x = np.random.default_rng(3).standard_normal((5, 4))
    expected = wp.margin_bound(weights, x, 0.01, (0, 1), biases=biases)
    for source in (path, str(path), arrays):
        network = wp.read_network(source)
        assert network.names == tuple(f"fc{m}.weight" for m in range(11)) and network.unused == ()
        assert np.array_equal(wp.margin_bound(source, x, 0.01, (0, 1)), expected)
    assert "fc10.weight  3 × 4, bias" in repr(network)


def test_no_tensor_of_a_file_is_passed_over_in_silence(saved, tmp_path):
    _, _, _, arrays = saved
    more = {**arrays, "norm.running_mean": np.ones(4)}
    with pytest.raises(InvalidInput, match=r"neither the weights nor the bias of a layer: \['norm.running_mean'\]"):
        wp.read_network(more)
    some = wp.read_network(more, ["fc3.weight", "fc10.weight"])
    assert some.names == ("fc3.weight", "fc10.weight") and "norm.running_mean" in some.unused
    assert "not used" in repr(some)
    for names, sentence in (
        (["fc3.weight", "fc3.weight"], "names must differ from one another"),
        (["fc77.weight"], "each of names must be one of .* not 'fc77.weight'"),
        (["fc10.weight", "fc3.weight"], r"weights\[1\] of shape \(4, 4\) must take the 3 outputs"),
    ):
        with pytest.raises(InvalidInput, match=sentence):
            wp.read_network(more, names)
    with pytest.raises(InvalidInput, match="source must hold tensors of two to four dimensions"):
        wp.read_network({"b": np.ones(3)})
    with pytest.raises(InvalidInput, match="w must be of real numbers, not of type int8"):
        wp.read_network({"w": np.ones((2, 2), dtype=np.int8)})
    with pytest.raises(InvalidInput, match="source must be a file or folder that exists"):
        wp.margin_bound(str(tmp_path / "none.npz"), X, 0.1)


def test_half_precision_is_read_exactly_and_settings_come_back():
    half = {"a.weight": np.ones((2, 3), dtype=np.float16) / 3}
    assert np.array_equal(wp.read_network(half).weights[0], np.full((2, 3), float(np.float16(1 / 3))))
    one = wp.RobustTraining((8, 4), radius=0.01, degradation_weight=0.3)
    assert wp.RobustTraining.from_dict(json.loads(json.dumps(one.to_dict()))) == one
