"""Finite perceptrons: certified minima at fixed norm, gradient flow, and the theory beside them."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from spectralaw.errors import InvalidInput
from spectralaw.results import Status
from spectralaw.systems import perceptron
from spectralaw.systems.perceptron import Perceptron, fixed_norm, flow
from spectralaw.systems.perceptron.setting import draw, error_of

SETTING = Perceptron(60, 4.0)


def test_the_setting_comes_back_and_draws_what_it_says():
    one = Perceptron(10, 0.33)
    assert (one.samples, one.drawn_alpha) == (3, 0.3)
    assert Perceptron.from_dict(json.loads(json.dumps(one.to_dict()))) == one and one.replace(alpha=1).samples == 10
    rows, teacher = draw(SETTING, 3)
    assert rows.shape == (240, 60) and np.all(rows @ teacher > 0.0) and np.linalg.norm(teacher) == pytest.approx(1.0)
    assert np.var(rows) * 60 == pytest.approx(1.0, abs=0.04)  # three standard errors: 3 √(2/14400)
    assert not np.array_equal(rows, draw(SETTING, 4)[0])


def test_errors_count_the_inputs_on_the_wrong_side():
    rng = np.random.default_rng(0)
    teacher = np.array([1.0, 0.0, 0.0])
    for weights in ([2.0, 0.0, 0.0], [-1.0, 0.0, 0.0], [1.0, 1.0, 0.3], [1.0, 1e-9, 0.0]):
        inputs = rng.standard_normal((100_000, 3))
        counted = np.mean(np.sign(inputs @ weights) != np.sign(inputs @ teacher))
        found = float(error_of(np.array(weights), teacher))
        assert found == pytest.approx(counted, abs=4.0 * np.sqrt(0.25 / 1e5))
    assert found == pytest.approx(1e-9 / np.pi, rel=1e-9) and error_of(np.zeros(3), teacher) == 0.5


def test_the_minimum_is_that_of_weight_decay():
    """Another solver, for the problem with the penalty that the multiplier names, finds the same weights."""
    rows, _ = draw(SETTING, 0)
    found = perceptron.train_fixed_norm(SETTING, [0.5, 3.0, 12.0])
    for k in range(2):
        decay = found.weight_decay[k]

        def function(w, decay=decay):
            margins = rows @ w
            value = np.logaddexp(0.0, -2.0 * margins).sum() + 0.5 * decay * w @ w
            return value, -2.0 * rows.T @ expit(-2.0 * margins) + decay * w

        other = minimize(function, np.zeros(60), jac=True, method="L-BFGS-B",
                         options={"maxiter": 5000, "ftol": 1e-16, "gtol": 1e-10}).x  # fmt: skip
        assert np.linalg.norm(other) / np.sqrt(60.0) == pytest.approx(found.weight_norm[k], rel=1e-5)
        np.testing.assert_allclose(found.weights[k], other, atol=2e-5 * np.linalg.norm(other))
    assert found.status is Status.CONVERGED and found.angle.max() < 1e-10 and found.gap.max() < 1e-12
    assert np.all(np.diff(found.weight_decay) < 0.0) and np.all(np.diff(found.log_loss) < 0.0)


@pytest.mark.parametrize("setting", [Perceptron(60, 4.0), Perceptron(40, 0.5), Perceptron(20, 60.0)], ids=str)
def test_it_converges_from_hebb_to_maximal_stability(setting):
    found = perceptron.train_fixed_norm(setting, np.geomspace(1e-4, 1e4, 9), seed=5)
    assert found.status.is_result and np.all(found.converged)
    rows, teacher = draw(setting, 5)
    assert found.test_error[0] == pytest.approx(float(error_of(rows.sum(axis=0), teacher)), rel=1e-3)
    least = [np.min(rows @ w) / np.linalg.norm(w) for w in found.weights]
    assert least[-1] == pytest.approx(max(least), rel=1e-3) and least[-1] > 0.0  # the margin widens with the norm


def test_the_path_does_not_matter_and_a_wrong_answer_is_seen():
    many, one = (perceptron.train_fixed_norm(SETTING, norms, 1) for norms in ([0.3, 1.0, 5.0], 5.0))
    assert one.test_error[0] == pytest.approx(many.test_error[-1], rel=1e-9)
    rows, _ = draw(SETTING, 1)
    good = one.weights[0]
    radius = float(np.linalg.norm(good))
    wrong = good + 1e-5 * radius * np.random.default_rng(0).standard_normal(60)
    seen = [fixed_norm._look(rows, w * radius / np.linalg.norm(w), radius) for w in (good, wrong, -good)]
    assert seen[0].angle < fixed_norm.TOLERANCE < seen[1].angle and seen[2].angle == np.inf
    assert seen[0].gap < 1e-12 < seen[1].gap


def test_without_enough_steps_there_is_no_result(monkeypatch):
    monkeypatch.setattr(fixed_norm, "_MOST", 1)
    found = perceptron.train_fixed_norm(SETTING, [0.3, 5.0])
    assert found.status is Status.NOT_CONVERGED and np.isnan(found.test_error[-1]) and not found.converged[-1]
    monkeypatch.setattr(flow, "_MOST", 20)
    free = perceptron.train_free_norm(SETTING, [0.01, 5.0])
    assert free.status is Status.NOT_CONVERGED and "norm 5 was not reached" in free.message
    assert np.isfinite(free.test_error[0]) and np.isnan(free.test_error[1]) and "not reached" in repr(free)


@pytest.mark.statistical
def test_trained_perceptrons_are_where_the_theory_says():
    """α = 5, N = 100: the finite-size effect is about 1 % (the experiment's N = 50 to 200), standard errors 2 %."""
    norms = np.array([0.5, 1.635, 4.5])
    setting = Perceptron(100, 5.0)
    errors = np.array([perceptron.train_fixed_norm(setting, norms, seed).test_error for seed in range(24)])
    theory = perceptron.rs_perceptron(5.0, norms).generalization_error
    ratio, noise = errors.mean(0) / theory, errors.std(0, ddof=1) / np.sqrt(24.0) / theory
    assert np.all(noise < 0.025) and np.all(np.abs(ratio - 1.0) < 3.0 * noise + 0.01)
    other = perceptron.rs_perceptron(5.0, 0.5 * norms).generalization_error  # a norm that is off by two is seen
    assert np.any(np.abs(errors.mean(0) / other - 1.0) > 3.0 * noise + 0.01)


def test_flow_leaves_by_hebb_and_follows_its_equation(monkeypatch):
    norms = np.geomspace(0.01, 10.0, 9)
    found = perceptron.train_free_norm(SETTING, norms, 2)
    assert found.status is Status.CONVERGED
    np.testing.assert_allclose(np.linalg.norm(found.weights, axis=1) / np.sqrt(60.0), norms, rtol=1e-6)
    assert found.test_error[0] == pytest.approx(found.initial_error, rel=0.01)
    monkeypatch.setattr(flow, "ACCURACY", 1e-9)
    finer = perceptron.train_free_norm(SETTING, norms, 2)
    np.testing.assert_allclose(found.test_error, finer.test_error, rtol=2e-5)  # measured: 2e-6
    # plain gradient descent of small steps goes the same way
    rows, teacher = draw(SETTING, 2)
    weights, errors = np.zeros(60), []
    for norm in norms[:6]:
        while np.linalg.norm(weights) < norm * np.sqrt(60.0):
            weights += 0.02 * 2.0 * rows.T @ expit(-2.0 * rows @ weights) / 4.0
        errors.append(float(error_of(weights, teacher)))
    np.testing.assert_allclose(found.test_error[2:6], errors[2:], rtol=0.01)
    fixed = perceptron.train_fixed_norm(SETTING, norms, 2)
    assert abs(found.test_error[-1] / fixed.test_error[-1] - 1.0) < 0.02
    assert found.test_error[4] / fixed.test_error[4] - 1.0 > 0.02  # on the way there it lags behind


def test_flow_from_random_weights_begins_at_chance():
    found = perceptron.train_free_norm(SETTING, np.geomspace(1.01, 10.0, 6), 2, initial_norm=1.0)
    assert 0.3 < found.initial_error < 0.7 and found.test_error[-1] < 0.2
    assert pickle.loads(pickle.dumps(found)) is not None and "free norm" in repr(found)


def test_seeds_decide():
    first, again, other = (perceptron.train_fixed_norm(SETTING, 1.0, seed) for seed in (1, 1, 2))
    assert np.array_equal(first.weights, again.weights) and not np.array_equal(first.weights, other.weights)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: Perceptron(1, 1.0), "dimension must be 2 or greater, not 1"),
        (lambda: Perceptron(10.5, 1.0), "dimension must be a whole number, not 10.5"),
        (lambda: Perceptron(10, 0.0), "alpha must be greater than 0, not 0"),
        (lambda: Perceptron(10, 0.01), "alpha must give at least one sample"),
        (lambda: Perceptron(10, np.nan), "alpha must be a finite number, not nan"),
        (lambda: Perceptron(100_000, 5.0), r"alpha \* dimension\*\*2 must be at most 4e\+08"),
        (lambda: Perceptron.from_dict({"dimension": 3}), "Perceptron needs a value of alpha"),
        (lambda: perceptron.train_fixed_norm(5, 1.0), "setting must be a Perceptron, not 5"),
        (lambda: perceptron.train_fixed_norm(SETTING, 0.0), "weight_norms must be greater than 0, not 0"),
        (lambda: perceptron.train_fixed_norm(SETTING, [1.0, 1.0]), "weight_norms must differ, but 1 comes twice"),
        (lambda: perceptron.train_fixed_norm(SETTING, [[1.0]]), "weight_norms must be a list of numbers"),
        (lambda: perceptron.train_fixed_norm(SETTING, np.ma.array([1.0, 2.0], mask=[0, 1])), "weight_norms .* masked"),
        (lambda: perceptron.train_fixed_norm(SETTING, 1.0, -1), "seed must be 0 or greater, not -1"),
        (lambda: perceptron.train_free_norm(SETTING, [2.0, 1.0]), "weight_norms must ascend from above"),
        (lambda: perceptron.train_free_norm(SETTING, [1.0], initial_norm=1.0), "weight_norms must ascend from above"),
        (lambda: perceptron.train_free_norm(SETTING, [1.0], initial_norm=-1.0), "initial_norm must be 0 or greater"),
        (lambda: perceptron.train_free_norm("x", [1.0]), "setting must be a Perceptron, not 'x'"),
        (lambda: perceptron.train_free_norm(SETTING, [np.nan]), "weight_norms must be finite"),
    ],
)  # fmt: skip
def test_bad_input_is_refused(call, sentence):
    with pytest.raises(InvalidInput, match=f"^{sentence}"):
        call()
