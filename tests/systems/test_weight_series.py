"""The power series of a network: coefficients, convergence, what it predicts, and what is refused."""

from __future__ import annotations

import pickle

import mpmath as mp
import numpy as np
import pytest

from spectralaw.errors import ConvergenceFailure, InvalidInput
from spectralaw.systems import weight_series
from spectralaw.systems.weight_series import TwoLayer, WeightStepSeries, activations, laziness, sequential_gd
from spectralaw.systems.weight_series.network import Layers, gradient, outputs, read_layers
from spectralaw.systems.weight_series.verdict import rate_of

LEARN = {"learning_rate": 0.03, "steps": 30}


def network(seed=0, width=5, dimension=3, samples=10):
    start = TwoLayer(width=width, dimension=dimension, samples=samples).draw(seed)
    return start.v, start.W, start.inputs, start.labels


def step(v, W, seed=1, size=0.2):
    rng = np.random.default_rng(seed)
    return size * rng.standard_normal(v.shape), size * rng.standard_normal(W.shape)


def truth(v, W, x, activation="tanh"):
    return outputs(Layers(v, W), x, activation)


@pytest.mark.parametrize("a", [0.0, 1e-8, 0.4, 1.0, -1.5, 3.0, 10.0, 30.0])
def test_coefficients_of_tanh_to_order_40(a):
    found = activations.taylor("tanh", np.array([a]), 40)[:, 0]
    with mp.workdps(60):
        exact = [float(c) for c in mp.taylor(mp.tanh, mp.mpf(a), 40)]
    size = np.hypot(a, np.pi / 2) ** -np.arange(41.0)
    assert np.max(np.abs(found - exact) / size) < 1e-14  # 5e-15 was measured
    away = np.abs(exact) > 1e-2 * size
    assert np.max(np.abs(found[away] / np.array(exact)[away] - 1.0)) < 1e-12
    if a == 0.0:
        assert not found[::2].any()


def test_coefficients_of_erf_and_of_the_far_tails():
    for a in (0.0, 0.7, -2.0):
        with mp.workdps(60):
            exact = np.array([float(c) for c in mp.taylor(mp.erf, mp.mpf(a), 30)])
        found = activations.taylor("erf", np.array([a]), 30)[:, 0]
        assert found == pytest.approx(exact, rel=1e-9, abs=1e-13 * np.max(np.abs(exact)))
    far = activations.taylor("tanh", np.array([-400.0, 800.0]), 20)
    assert np.all(np.isfinite(far)) and far[0].tolist() == [-1.0, 1.0]
    assert far[1, 0] == pytest.approx(4.0 * np.exp(-800.0), rel=1e-12)


def test_numbers_of_one_neuron():
    """a = 0.4, δ = 0.5: errors 8.6e-4, 2.6e-6, 1.8e-11 and rounding at orders 5, 10, 20, 30."""
    error = [
        abs(WeightStepSeries([1.0], [[0.4]], order).predict([[1.0]], [0.0], [[0.5]])[0] - np.tanh(0.9))
        for order in (5, 10, 20, 30)
    ]
    assert error[:3] == pytest.approx([8.6e-4, 2.6e-6, 1.8e-11], rel=0.03) and error[3] <= 2e-16


def test_the_rate_is_that_of_the_pole():
    a, delta = 1.5, 1.2
    error = np.array(
        [
            abs(WeightStepSeries([1.0], [[a]], k).predict([[1.0]], [0.0], [[delta]])[0] - np.tanh(a + delta))
            for k in range(45)
        ]
    )
    assert rate_of(error) == pytest.approx(delta / np.hypot(a, np.pi / 2), rel=0.01)
    assert rate_of(error) < 0.75 * delta / (np.pi / 2)  # the rate of a series around zero
    assert np.isnan(rate_of(np.where(np.arange(45) == 20, np.nan, error))) and np.isnan(rate_of(error[:12]))


def test_prediction_of_trained_weights_order_by_order():
    v, W, x, y = network(2)
    run = sequential_gd(v, W, x, y, order=1, **LEARN)
    dv, dW = run.v.values - v, run.W.values - W
    error = [
        np.max(np.abs(WeightStepSeries(v, W, k).predict(x, dv, dW) - truth(v + dv, W + dW, x)))
        for k in (0, 1, 2, 4, 8, 16, 40)
    ]
    assert all(np.diff(error[:6]) < 0.0) and error[1] > 1e-3 and error[6] < 1e-14
    order, found = 8, error[4]
    reach = np.max(WeightStepSeries(v, W, 1).reach(x, dW))
    assert found < 30.0 * reach**order  # the geometric rate of the worst neuron


@pytest.mark.parametrize("activation", ["tanh", "erf", "quadratic"])
@pytest.mark.parametrize("order", [0, 1, 2, 3, 5])
def test_features_of_data_and_of_the_step_pair_to_the_prediction(activation, order):
    v, W, x, _ = network(1, width=3)
    dv, dW = step(v, W)
    series = WeightStepSeries(v, W, order, activation)
    paired = series.outputs(x) + series.features(x) @ series.step(dv, dW)
    assert series.features(x).shape == (10, series.step(dv, dW).size)
    assert paired == pytest.approx(series.predict(x, dv, dW), abs=1e-13)
    if order:
        assert np.max(np.abs(paired - series.outputs(x))) > 1e-3
        assert np.max(np.abs(series.outputs(x) + series.features(x) @ series.step(dv, 1.1 * dW) - paired)) > 1e-4


@pytest.mark.parametrize("activation", ["tanh", "erf"])
def test_order_one_is_the_linearised_network_and_its_kernel(activation):
    v, W, x, _ = network(3)
    dv, dW = step(v, W)
    series, h = WeightStepSeries(v, W, 1, activation), 1e-6
    slope = (truth(v + h * dv, W + h * dW, x, activation) - truth(v - h * dv, W - h * dW, x, activation)) / (2 * h)
    assert series.predict(x, dv, dW) == pytest.approx(truth(v, W, x, activation) + slope, abs=1e-8)
    jacobian = series.features(x)
    assert series.kernel(x) == pytest.approx(jacobian @ jacobian.T, rel=1e-12)
    assert series.kernel(x[:4], x[4:]) == pytest.approx((jacobian @ jacobian.T)[:4, 4:], rel=1e-12, abs=1e-13)


def test_the_quadratic_is_exact_at_order_three_and_not_at_two():
    v, W, x, _ = network(4)
    dv, dW = step(v, W, size=3.0)
    after = truth(v + dv, W + dW, x, "quadratic")
    errors = [
        np.max(np.abs(WeightStepSeries(v, W, k, "quadratic").predict(x, dv, dW) - after)) / np.max(np.abs(after))
        for k in (2, 3, 9)
    ]
    assert errors[0] > 0.01 and errors[1] < 1e-12 and errors[2] < 1e-12
    assert np.all(np.isinf(WeightStepSeries(v, W, 3, "quadratic").radius(x)))


def test_radius_and_what_lies_outside():
    v, W, x, _ = network(5)
    series = WeightStepSeries(v, W, 20)
    radius = series.radius(x)
    assert radius == pytest.approx(np.min(np.hypot(x @ W.T, np.pi / 2), axis=1)) and radius.shape == (10,)
    dW = np.zeros_like(W)
    room = np.hypot(x[3] @ W[2], np.pi / 2)
    dW[2] = 0.999 * room * x[3] / (x[3] @ x[3])
    only = x[3:4]
    assert np.all(np.isfinite(series.predict(only, np.zeros(5), dW)))
    assert series.reach(only, dW)[0] == pytest.approx([0, 0, 0.999, 0, 0])
    with pytest.raises(
        InvalidInput, match=rf"at input 0 it moves neuron 2 by {1.002 * room:.4g}, and the radius there"
    ):
        series.predict(only, np.zeros(5), dW * 1.002 / 0.999)
    WeightStepSeries(v, W, 20, "erf").predict(only, np.zeros(5), 3.0 * dW)


def test_gradients_are_those_of_the_loss():
    v, W, x, y = network(6)
    net, h = Layers(v, W), 1e-6
    found = gradient(net, x, y, "tanh")
    loss = lambda v, W: np.sum((truth(v, W, x) - y) ** 2) / (2 * y.size)  # noqa: E731
    for seed in range(3):
        dv, dW = step(v, W, seed)
        slope = (loss(v + h * dv, W + h * dW) - loss(v - h * dv, W - h * dW)) / (2 * h)
        assert found.v @ dv + np.sum(found.W * dW) == pytest.approx(slope, rel=1e-6)


def test_descent_through_the_series_follows_the_network_at_every_step():
    v, W, x, y = network(2)
    weights = Layers(v, W)
    plain = [outputs(weights, x, "tanh")]
    for _ in range(30):
        g = gradient(weights, x, y, "tanh")
        weights = Layers(weights.v - 0.03 * g.v, weights.W - 0.03 * g.W)
        plain.append(outputs(weights, x, "tanh"))
    runs = {order: sequential_gd(v, W, x, y, order=order, **LEARN) for order in (1, 4, 30)}
    for order, run in runs.items():
        assert run.output.values == pytest.approx(np.array(plain), abs=1e-14) and bool(run.inside.all())
        distance = np.max(np.abs(run.series_output.values - plain))
        assert (distance < 1e-13) == (order == 30)
        assert np.max(np.abs(run.summed_output.values - plain)) <= max(distance, 1e-13)
    assert runs[30].series_W.values == pytest.approx(runs[30].W.values, abs=1e-13)
    assert float(runs[4].loss[-1]) < float(runs[4].loss[0])
    kernel, f = WeightStepSeries(v, W, 1).kernel(x), plain[0]
    for _ in range(30):
        f = f - 0.03 * kernel @ (f - y) / y.size
    assert runs[1].series_output.values[-1] == pytest.approx(f, abs=1e-12)
    assert np.max(np.abs(f - plain[-1])) > 1e-3


def test_descent_that_leaves_the_radius_or_diverges():
    start = TwoLayer(width=5, steps=400, samples=10).draw(0)
    run = sequential_gd(start.v, start.W, start.inputs, 20.0 * start.labels, learning_rate=0.01, steps=40, order=3)
    inside = run.inside.values
    last = int(np.sum(inside))
    assert 1 < last <= 40 and inside[:last].all() and not inside[last:].any()
    assert np.isnan(run.series_output.values[last:]).all() and np.isfinite(run.series_output.values[:last]).all()
    assert np.isfinite(run.output.values).all() and max(run.reach.values[last], run.summed_reach.values[last]) >= 1.0
    with pytest.raises(ConvergenceFailure, match="gradient descent diverges at step"):
        sequential_gd(start.v, start.W, start.inputs, start.labels, learning_rate=1e3, steps=4000, order=1,
                      activation="quadratic")  # fmt: skip


def test_laziness_of_recorded_weights(tmp_path):
    setting = TwoLayer(width=10, output_scale=300.0)
    found = {}
    for scale in (1.0, 300.0):
        setting = setting.replace(output_scale=scale)
        s = setting.draw(0)
        run = sequential_gd(s.v, s.W, s.inputs, s.labels, learning_rate=setting.learning_rate, steps=200, order=1)
        found[scale] = laziness((s.v, s.W), (run.v.values, run.W.values), s.inputs)
    lazy, rich = found[300.0], found[1.0]
    assert lazy.order == 1 and lazy.linear_error < 0.01 and rich.order is not None and rich.order > 1
    assert rich.errors[rich.order] <= 0.01 < rich.errors[rich.order - 1] and rich.errors[0] == pytest.approx(1.0)
    files = []
    for name, v, W in (("a", s.v, s.W), ("b", run.v.values, run.W.values)):
        np.savez(tmp_path / f"{name}.npz", **{"0.weight": W, "2.weight": v[None, :]})
        files.append(tmp_path / f"{name}.npz")
    assert laziness(*files, s.inputs) == lazy
    assert laziness({"v": s.v, "W": s.W}, str(files[1]), s.inputs) == lazy
    assert pickle.loads(pickle.dumps(rich)) == rich != lazy
    assert "1 %" in repr(rich) and "<table>" in rich._repr_html_() and weight_series.__doc__
    tight = laziness((s.v, s.W), (run.v.values, run.W.values), s.inputs, 1e-6)
    assert tight.order is not None and tight.order > 1


def test_layers_are_told_apart_by_their_shapes():
    for m, d in ((4, 3), (3, 3), (1, 3), (4, 1), (1, 1)):
        v, W = np.arange(1.0, m + 1.0), np.arange(1.0, m * d + 1.0).reshape(m, d)
        for source in ({"W": W, "v": v[None, :]}, {"v": v, "W": W}, {"W": W, "v": v[:, None]}, (v, W), [v, W]):
            found = read_layers("initial", source)
            assert np.array_equal(found.v, v) and np.array_equal(found.W, W)


def test_kernels_of_keras_are_turned(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "keras.weights.h5", "w") as file:  # kernels (in, out)
        file["layers/dense/vars/0"] = np.arange(9.0).reshape(3, 3)
        file["layers/dense_1/vars/0"] = np.ones((3, 1))
    found = read_layers("initial", tmp_path / "keras.weights.h5")
    assert np.array_equal(found.W, np.arange(9.0).reshape(3, 3).T) and found.v.tolist() == [1.0, 1.0, 1.0]


def test_a_step_beyond_the_radius_has_no_order():
    v, W, x, _ = network(7)
    far = laziness((v, W), (v, W + 4.0), x)
    assert far.order is None and far.reach > 1.0 and far.outside > 0.1 and "the series diverges" in far.message
    slow = laziness(([1.0], [[0.0]]), ([1.0], [[1.5]]), [[1.0]], 1e-6, max_order=5)
    assert slow.order is None and "converges too slowly" in slow.message and "none up to 5" in repr(slow)
    erf = laziness((v, W), (v, W + 0.5), x, activation="erf")
    assert erf.reach == 0.0 and erf.order is not None
    assert laziness((v, W), (v + 1.0, W), x).order == 1  # linear in the second layer


V0, W0, X0 = [1.0, 2.0], np.ones((2, 3)), np.ones((4, 3))
SERIES = WeightStepSeries(V0, W0, 2)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: WeightStepSeries(V0, W0, -1), "order must be 0 or greater, not -1"),
        (lambda: WeightStepSeries(V0, W0, 1.5), "order must be a whole number, not 1.5"),
        (lambda: WeightStepSeries(V0, W0, 501), "order must be 500 or less, not 501"),
        (lambda: WeightStepSeries(V0, W0, True), "order must be a number, not True"),
        (
            lambda: WeightStepSeries(V0, W0, 1, "relu"),
            "activation must be one of 'tanh', 'erf', 'quadratic', not 'relu'",
        ),
        (lambda: WeightStepSeries([1.0], W0, 1), "v must have an entry for each of the 2 rows of W, not 1"),
        (lambda: WeightStepSeries(V0, [1.0, 2.0], 1), "W must be a matrix of numbers, not an array of shape"),
        (lambda: WeightStepSeries([1.0, np.nan], W0, 1), "v must be finite, but its entry 1 is nan"),
        (lambda: SERIES.predict(np.ones((4, 2)), V0, W0), "inputs must have 3 columns, not 2"),
        (lambda: SERIES.predict(X0, [1.0], 0.1 * W0), "dv must have an entry for each of the 2 rows of dW, not 1"),
        (lambda: SERIES.predict(X0, V0, np.ones((2, 2))), r"dW must have the shape \(2, 3\) of W, not \(2, 2\)"),
        (lambda: SERIES.predict(X0, V0, np.full((2, 3), np.inf)), r"dW must be finite, but its entry \(0, 0\) is inf"),
        (lambda: SERIES.predict(X0, V0, 2.0 * W0), "at input 0 it moves neuron 0 by 6, and the radius there is 3.386"),
        (lambda: SERIES.predict(np.ma.masked_equal(X0, 1.0), V0, W0), "inputs must be a matrix of numbers, but some"),
        (lambda: WeightStepSeries(V0, W0, 40).features(np.ones((2000, 3))), "order must leave at most 10,000,000 feat"),
        (lambda: sequential_gd(V0, W0, X0, [1.0], order=1, **LEARN), "labels must have one for each of the 4 inputs"),
        (lambda: sequential_gd(V0, W0, X0, [1] * 4, order=0, **LEARN), "order must be 1 or greater, not 0"),
        (
            lambda: sequential_gd(V0, W0, X0, [1] * 4, order=1, learning_rate=0, steps=3),
            "learning_rate must be greater",
        ),
        (lambda: laziness((V0, W0), (V0, W0), X0), "final must compute another function than initial"),
        (lambda: laziness((V0, W0), (V0, np.ones((2, 4))), X0), r"final must have W of the shape \(2, 3\) of initial"),
        (lambda: laziness((V0, W0), (V0, 2 * W0), X0, 1.0), "tolerance must be between 0 and 1, not 1"),
        (lambda: laziness((V0, W0), (V0, 2 * W0), X0, max_order=1), "max_order must be between 2 and 500, not 1"),
        (lambda: laziness((V0,), (V0, W0), X0), r"initial must be a pair \(v, W\), not 1 things"),
        (lambda: laziness(3, (V0, W0), X0), r"initial must be a pair \(v, W\), a mapping, a file or a network, not 3"),
        (
            lambda: laziness({"v": np.ones(2), "W": W0, "b": np.ones(2)}, (V0, W0), X0),
            r"initial must hold v of shape \(m,\) and W of shape \(m, d\) and nothing else",
        ),
        (lambda: TwoLayer(dimension=1), "dimension must be 2 or greater, not 1"),
        (lambda: TwoLayer(rate=0.0), "rate must be greater than 0, not 0"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(call, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        call()
