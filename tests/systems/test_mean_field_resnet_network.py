"""Scaled residual networks: adjoint gradients, Gram matrices, the motion of outputs, limits of depth and width."""

from __future__ import annotations

import dataclasses
import pickle
from types import SimpleNamespace

import numpy as np
import pytest

from spectralaw.errors import InvalidInput
from spectralaw.systems import mean_field_resnet as mf
from spectralaw.systems.mean_field_resnet.network import AXES, propagate

SETTING = mf.ResNetSetting(3, layers=4, particles=5, output_particles=6, alpha=1.3, beta=2.0, symmetric=False)
RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((7, 3)), RNG.standard_normal(7)


@pytest.fixture(scope="module")
def network():
    return mf.ScaledResNet.initial(SETTING, 1)


def outputs(parts, x=X, setting=SETTING):
    """The network written down once more, for complex numbers, without the class."""
    z = propagate(x, parts["outer"], parts["inner"], parts["bias"], setting.alpha)[0][-1]
    return setting.beta * np.tanh(z @ parts["head"].T + parts["head_bias"]).mean(axis=1)


def by_loops(network):
    """The same by loops over layers and particles, straight from the definition."""
    s, found = network.setting, []
    for z in X.copy():
        for layer in range(s.layers):
            z = z + s.alpha / (s.layers * s.particles) * sum(
                network.outer[layer, m] * np.tanh(network.inner[layer, m] @ z + network.bias[layer, m])
                for m in range(s.particles)
            )
        found.append(s.beta * np.mean(np.tanh(network.head @ z + network.head_bias)))
    return np.array(found)


def derivatives(network):
    """∂f_i/∂(every parameter) by complex steps, shape (inputs, parameters)."""
    parts = {name: getattr(network, name).astype(complex) for name in AXES}
    columns = []
    for part in parts.values():
        for k in np.ndindex(part.shape):
            part[k] += 1e-30j
            columns.append(outputs(parts).imag / 1e-30)
            part[k] = part[k].real
    return np.array(columns).T


def test_outputs_are_those_of_the_definition(network):
    assert network.forward(X) == pytest.approx(by_loops(network), rel=1e-13)
    assert network.states(X).shape == (5, 7, 3) and network.features(X).shape == (7, 6)


def test_gradients_are_exact(network):
    jacobian = derivatives(network)
    left = network.forward(X) - Y
    found = network.gradients(X, Y)
    exact = jacobian.T @ left / 7
    measured = np.concatenate([getattr(found, name).ravel() for name in AXES])
    assert np.max(np.abs(measured - exact)) <= 1e-13 * np.max(np.abs(exact))
    assert found.loss == pytest.approx(0.5 * np.mean(left**2), rel=1e-14) == network.loss(X, Y)
    assert np.max(np.abs(measured * (1 + 1e-9) - exact)) > 1e-13 * np.max(np.abs(exact))  # what the tolerance refuses


def test_gradients_agree_with_finite_differences_to_1e_9(network):
    flat, found = network.vector(), network.gradients(X, Y)
    measured = np.concatenate([getattr(found, name).ravel() for name in AXES])
    direction = np.random.default_rng(2).standard_normal(flat.size)
    loss = lambda h: network.from_vector(flat + h * direction).loss(X, Y)  # noqa: E731
    h = 1e-3
    slope = (8.0 * (loss(h) - loss(-h)) - loss(2 * h) + loss(-2 * h)) / (12.0 * h)
    assert slope == pytest.approx(measured @ direction, rel=1e-9)


def test_gram_is_the_scaled_product_of_jacobians(network):
    jacobian, s = derivatives(network), SETTING
    inner = s.layers * s.particles * (2 * s.dimension + 1)
    layers = s.layers * s.particles * jacobian[:, :inner] @ jacobian[:, :inner].T
    head = s.output_particles * jacobian[:, inner:] @ jacobian[:, inner:].T
    made = mf.gram(network, X)
    assert (s.alpha * s.beta) ** 2 * made.layers == pytest.approx(layers, rel=1e-12)
    assert s.beta**2 * made.output == pytest.approx(head, rel=1e-12)
    assert made.total == pytest.approx(layers + head, rel=1e-12)
    assert made.total != pytest.approx(layers + 1.001 * head, rel=1e-12)
    assert made.least == pytest.approx(np.linalg.eigvalsh(layers + head)[0], rel=1e-9)
    for part in (made.layers, made.output):  # positive semidefinite
        assert np.linalg.eigvalsh(part)[0] >= -1e-15 * np.linalg.eigvalsh(part)[-1]
    assert made.least >= s.beta**2 * made.least_output > 0.0


def test_gram_is_singular_for_the_same_input_twice(network):
    made = mf.gram(network, np.concatenate([X, X[:1]]))
    assert abs(made.least) <= 1e-13 and "λ_min(G)" in repr(made)


@pytest.mark.parametrize("symmetric", [True, False])
def test_outputs_move_as_the_gram_matrix_says(symmetric):
    network = mf.ScaledResNet.initial(SETTING.replace(symmetric=symmetric, output_particles=40), 3)
    velocity, here = network.velocity(X, Y)
    driven = -mf.gram(network, X).total @ (here.outputs - Y) / len(X)
    steps = np.array([1e-2, 1e-3, 1e-4])
    moved = [(network.from_vector(network.vector() + h * velocity).forward(X) - here.outputs) / h for h in steps]
    off = np.array([np.linalg.norm(m - driven) / np.linalg.norm(driven) for m in moved])
    assert np.all(off <= 0.2 * steps)  # measured 0.07 dt at a random start, far less at a symmetric one
    wrong = -1.001 * mf.gram(network, X).total @ (here.outputs - Y) / len(X)
    assert np.linalg.norm(moved[-1] - wrong) / np.linalg.norm(wrong) > 0.2 * steps[-1]
    s = network.setting
    assert here.loss == pytest.approx(network.loss(X, Y))
    assert velocity[-1] == -s.output_particles * here.head_bias[-1]


def test_a_symmetric_start_has_no_output_and_no_gram_matrix_of_the_layers():
    network = mf.ScaledResNet.initial(SETTING.replace(symmetric=True, output_particles=200, beta=50.0), 0)
    assert np.max(np.abs(network.forward(X))) <= 50.0 * 1e-15
    made = mf.gram(network, X)
    assert np.max(np.abs(made.layers)) <= 1e-28 and made.least_output > 0.0
    random = mf.ScaledResNet.initial(SETTING.replace(output_particles=200, beta=50.0), 0)
    assert np.max(np.abs(random.forward(X))) > 1.0


def test_networks_cannot_be_changed_and_come_back(network):
    with pytest.raises(ValueError, match="read-only"):
        network.outer[0, 0, 0] = 1.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        network.head = network.outer  # type: ignore[misc]
    again = pickle.loads(pickle.dumps(network))
    assert again == network != network.from_vector(1.01 * network.vector()) and hash(again) == hash(network)
    assert np.array_equal(network.from_vector(network.vector()).forward(X), network.forward(X))
    assert np.array_equal(mf.ScaledResNet.initial(SETTING, 1).vector(), network.vector())
    assert not np.array_equal(mf.ScaledResNet.initial(SETTING, 2).vector(), network.vector())
    assert network.particles().shape == (4, 5, 7) and network.output_particles().shape == (6, 4)
    assert "L = 4, M = 5" in repr(network)


def test_without_branches_a_network_has_two_layers():
    network = mf.ScaledResNet.initial(SETTING.replace(alpha=0.0), 0)
    assert np.array_equal(network.states(X)[-1], X)
    assert np.array_equal(network.forward(X), 2.0 * np.tanh(X @ network.head.T + network.head_bias).mean(axis=1))


def test_bad_input_gets_a_sentence(network):
    for change, sentence in (
        ({"dimension": 0}, "dimension must be 1 or greater, not 0"),
        ({"layers": 2.5}, "layers must be a whole number, not 2.5"),
        ({"alpha": -1.0}, "alpha must be 0 or greater, not -1"),
        ({"beta": 0.0}, "beta must be positive, not 0"),
        ({"beta": np.nan}, "beta must be a finite number, not nan"),
        ({"initial_std": "one"}, "initial_std must be a number, not 'one'"),
        ({"symmetric": 1}, "symmetric must be True or False, not 1"),
        ({"symmetric": True, "output_particles": 7}, "output_particles must be even for a symmetric start"),
    ):
        with pytest.raises(InvalidInput, match=sentence):
            SETTING.replace(**change)
    for inputs, sentence in (
        (X[:, :2], r"inputs must have the shape \(inputs, dimension\) = \(any, 3\), not \(7, 2\)"),
        (X[0], r"inputs must have the shape"),
        (X[:0], r"inputs must have the shape"),
        (np.where(X > 1, np.nan, X), r"inputs must be finite, but its entry \(\d, \d\) is nan"),
        (X > 0, "inputs must be an array of real numbers, not an array of bool"),
        (X + 0j, "inputs must be an array of real numbers, not an array of complex128"),
        ([["a", "b", "c"]], "inputs must be an array of real numbers"),
        ([[1.0], [1.0, 2.0]], "inputs must be an array of real numbers, with rows of equal length"),
        (np.ma.masked_greater(X, 0.0), "inputs must be an array of real numbers, but some of its entries are masked"),
    ):
        with pytest.raises(InvalidInput, match=sentence):
            network.forward(inputs)
    with pytest.raises(InvalidInput, match=r"targets must have the shape \(inputs\) = \(7\), not \(6,\)|targets must"):
        network.gradients(X, Y[:6])
    with pytest.raises(InvalidInput, match="values must have the shape"):
        network.from_vector(np.zeros(3))
    with pytest.raises(InvalidInput, match="network must be a ScaledResNet, not 3"):
        mf.gram(3, X)
    with pytest.raises(InvalidInput, match="setting must be a ResNetSetting"):
        mf.ScaledResNet.initial(SimpleNamespace(dimension=3))
    with pytest.raises(InvalidInput, match="seed must be 0 or greater"):
        mf.ScaledResNet.initial(SETTING, -1)


def test_the_error_of_depth_is_the_predicted_one():
    found = mf.depth_error(SETTING.replace(particles=8, alpha=3.0))
    assert found.status.is_result and found.residual <= 1e-9
    assert 0.97 <= found.exponent.low <= found.exponent.high <= 1.03
    assert found.scaled[-1] == pytest.approx(found.coefficient, rel=3e-3)  # measured 4e-4
    gaps = np.abs(found.scaled / found.coefficient - 1.0)
    assert gaps[-1] < gaps[0]
    again = mf.depth_error(SETTING.replace(particles=8, alpha=3.0), seed=1)
    assert again.scaled[-1] != pytest.approx(found.coefficient, rel=3e-2)  # another network has another coefficient
    assert "L · error" in repr(found)


def test_smooth_particles_keep_their_law_and_have_their_derivative():
    particles = mf.SmoothParticles.draw(SETTING.replace(particles=4000), 0)
    for s in (0.0, 0.3, 0.8):
        u, w, b = particles.at(s)
        assert u.shape == w.shape == (4000, 3) and b.shape == (4000,)
        assert np.std(np.concatenate([u.ravel(), w.ravel(), b])) == pytest.approx(1.0, abs=0.02)
        for value, before, slope in zip(
            particles.at(s + 1e-6), particles.at(s - 1e-6), particles.slope(s), strict=True
        ):
            assert (value - before) / 2e-6 == pytest.approx(slope, abs=1e-7)


def test_fluctuations_of_width_are_the_predicted_ones():
    found = mf.width_fluctuation(SETTING, (16, 64, 256), seeds=100)
    assert np.all(np.abs(found.z_scores) <= 3.0) and found.exponent.holds(0.5)
    other = mf.width_fluctuation(SETTING.replace(alpha=1.5), (16, 64, 256), seeds=100)
    assert np.all(np.abs(other.std - found.predicted) > 3.0 * other.standard_error)
    assert "predicted" in repr(found)


def test_limits_refuse_what_has_no_error():
    for call, sentence in (
        (lambda: mf.depth_error(SETTING.replace(alpha=0.0)), "alpha must be positive for an error of depth, not 0"),
        (lambda: mf.depth_error(SETTING, (10, 20)), "depths must be three or more, increasing"),
        (lambda: mf.depth_error(SETTING, (10, 40, 20)), "depths must be three or more, increasing"),
        (lambda: mf.depth_error(SETTING, 10), "depths must be a list of numbers, not 10"),
        (lambda: mf.depth_error(SETTING, inputs=X[:, :1]), "inputs must have the shape"),
        (lambda: mf.width_fluctuation(SETTING.replace(alpha=0.0)), "alpha must be positive for fluctuations"),
        (lambda: mf.width_fluctuation(SETTING, (8, 8, 16)), "particles must be three or more, increasing"),
        (lambda: mf.width_fluctuation(SETTING, seeds=3), "seeds must be at least 10, not 3"),
        (lambda: mf.width_std(3, X), "setting must be a ResNetSetting, not 3"),
    ):
        with pytest.raises(InvalidInput, match=sentence):
            call()
