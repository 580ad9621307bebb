"""Convex training: certificates, optimality conditions, limits."""

from __future__ import annotations

import numpy as np
import pytest

import spectralaw as sl
from spectralaw.training import lasso, nuclear
from spectralaw.training.data import draw
from spectralaw.training.sensing import Sensing


def _dense(inputs):
    d = inputs.shape[1]
    return (np.einsum("mi,mj->mij", inputs, inputs) - np.eye(d)) / np.sqrt(d)


def test_sensing_is_its_own_definition_and_adjoint():
    rng = np.random.default_rng(0)
    inputs, factor, r = rng.standard_normal((300, 7)), rng.standard_normal((7, 2)), rng.standard_normal(300)
    sensing, z = Sensing(inputs), _dense(inputs)
    matrix = factor @ factor.T
    np.testing.assert_allclose(sensing.forward(matrix), np.einsum("mij,ij->m", z, matrix), atol=1e-12)
    np.testing.assert_allclose(sensing.forward_factor(factor), sensing.forward(matrix), atol=1e-12)
    np.testing.assert_allclose(sensing.adjoint(r), np.einsum("m,mij->ij", r, z), atol=1e-11)


@pytest.mark.parametrize("samples", [10, 60, 200, 1500])
@pytest.mark.parametrize("weight_decay", [0.05, 1.0])
def test_quadratic_minimiser_is_stationary(samples, weight_decay):
    task = sl.Task("quadratic", 20, samples, weight_decay, 0.5)
    trained = sl.train(task, tolerance=1e-9)
    assert trained.status is sl.Status.CONVERGED and trained.certificate <= 1e-9
    data = draw(task, 0)
    sensing, decay = Sensing(data.inputs), weight_decay * 20
    slack = decay * np.eye(20) - 2.0 * sensing.adjoint(data.labels - sensing.forward(trained.estimate))
    assert np.linalg.eigvalsh(slack)[0] >= -2e-3 * decay  # dual feasible
    assert abs(np.sum(slack * trained.estimate)) <= 2e-3 * decay * np.trace(trained.estimate)  # complementary
    assert np.linalg.eigvalsh(trained.estimate)[0] >= -1e-12


def test_no_perturbation_of_the_quadratic_minimiser_is_better():
    task = sl.Task("quadratic", 12, 50, 0.5, 0.5)
    data, trained = draw(task, 0), sl.train(task, tolerance=1e-10)
    sensing, rng = Sensing(data.inputs), np.random.default_rng(1)

    def loss(matrix):
        return float(np.sum((data.labels - sensing.forward(matrix)) ** 2) + 0.5 * 12 * np.trace(matrix))

    best = loss(trained.estimate)
    root = trained.weights["W"].T / np.sqrt(12.0)
    for size in (1e-3, 1e-2, 0.1):
        for _ in range(20):
            other = np.hstack([root, np.zeros((12, 1))])
            other = other + size * rng.standard_normal(other.shape)
            assert loss(other @ other.T) >= best * (1.0 - 1e-9)


def test_the_gap_is_a_bound():
    task = sl.Task("quadratic", 15, 100, 0.3, 0.5)
    data = draw(task, 2)
    sensing = Sensing(data.inputs)
    rough = nuclear.minimise(sensing, data.labels, 0.3 * 15, max_iterations=5)
    fine = nuclear.minimise(sensing, data.labels, 0.3 * 15, tolerance=1e-11)
    primal = [float(m.residual @ m.residual) + 0.3 * 15 * float(np.sum(m.eigenvalues)) for m in (rough, fine)]
    assert primal[0] * (1.0 - rough.gap) <= primal[1] <= primal[0]
    assert rough.gap > 1e-4


def test_a_residual_that_points_away_from_the_labels_certifies_nothing():
    task = sl.Task("quadratic", 30, 900, 1e-3, 0.0)
    data = draw(task, 1)
    sensing = Sensing(data.inputs)
    too_far = 2.0 * data.target  # r·y < 0: a multiple of r that ascends is not feasible in general
    residual = data.labels - sensing.forward(too_far)
    assert residual @ data.labels < 0.0
    top = float(np.linalg.eigvalsh(sensing.adjoint(residual))[-1])
    assert nuclear.relative_gap(data.labels, residual, float(np.trace(too_far)), 0.03, top) == 1.0
    x, y, theta = np.eye(3), np.ones(3), np.full(3, 5.0)
    gap = lasso.relative_gap(y, y - x @ theta, 15.0, 0.1, 4.0)
    primal, best = 0.5 * 48.0 + 1.5, 3 * (0.1 - 0.1**2 / 2.0)
    assert primal * (1.0 - gap) == pytest.approx(best)


@pytest.mark.parametrize(
    ("dimension", "samples", "weight_decay", "noise_variance"),
    [(5, 5, 1e-3, 0.0), (40, 16, 0.1, 0.5), (40, 320, 1e-2, 0.5), (40, 720, 1e-3, 0.0), (60, 1800, 1e-3, 0.5)],
)
def test_near_interpolation_the_minimiser_is_still_found(dimension, samples, weight_decay, noise_variance):
    trained = sl.train(sl.Task("quadratic", dimension, samples, weight_decay, noise_variance), 1)
    assert trained.status is sl.Status.CONVERGED and 0.0 <= trained.certificate <= 1e-6
    assert trained.iterations < 400


def test_a_tolerance_below_rounding_ends_and_says_so():
    trained = sl.train(sl.Task("quadratic", 15, 100, 0.3, 0.5), tolerance=1e-300)
    assert trained.status is sl.Status.NOT_CONVERGED and trained.certificate < 1e-10


def test_newton_direction_solves_its_equation():
    """Against the derivative of the proximal step by differences, and dense linear algebra."""
    from spectralaw.training.tangent import Threshold, newton_direction

    data = draw(sl.Task("quadratic", 8, 60, 1.0, 0.5), 0)
    sensing, step, decay = Sensing(data.inputs), 8 / (4 * 60.0) / 1.5, 8.0
    rng = np.random.default_rng(0)
    g = rng.standard_normal((8, 8))
    s = data.target + 0.1 * (g + g.T)

    def proximal(matrix):
        gradient = -2.0 * sensing.adjoint(data.labels - sensing.forward(matrix))
        return Threshold.at(matrix - step * gradient, step * decay)

    split = proximal(s)
    n = split.factor @ split.factor.T
    assert 0 < len(split.kept) < 8
    direction, image = newton_direction(sensing, split, n - s, sensing.forward(n - s), step, 0.0)
    np.testing.assert_allclose(image, sensing.forward(direction), atol=1e-4 * np.max(np.abs(image)))

    def equation(matrix):
        p = proximal(matrix)
        return matrix - p.factor @ p.factor.T

    before, h = equation(s), 1e-6
    change = (equation(s + h * (n + direction - s)) - equation(s - h * (n + direction - s))) / (2.0 * h)
    assert np.linalg.norm(before + change) < 0.2 * np.linalg.norm(before)  # the forcing term, in another norm


def test_lasso_optimality_conditions():
    task = sl.Task("diagonal", 40, 60, 0.5, 0.5)
    data, trained = draw(task, 0), sl.train(task, tolerance=1e-10)
    decay = 0.5 * np.sqrt(40)
    correlation = data.inputs.T @ (data.labels - data.inputs @ trained.estimate)
    active = trained.estimate != 0.0
    np.testing.assert_allclose(correlation[active], decay * np.sign(trained.estimate[active]), rtol=1e-4)
    assert np.all(np.abs(correlation[~active]) <= decay * (1.0 + 1e-4))
    assert 0 < active.sum() < 40


def test_lasso_certificate_is_ours_and_sharpens_the_solver():
    task = sl.Task("diagonal", 100, 60, 0.01, 0.5)
    data = draw(task, 0)
    found = lasso.minimise(data.inputs, data.labels, 0.1, tolerance=1e-8)
    assert found.gap <= 1e-8


@pytest.mark.parametrize("network", ["diagonal", "quadratic"])
def test_rank_collapse_is_exactly_zero(network):
    trained = sl.train(sl.Task(network, 30, 60, 1e4, 0.5))
    assert trained.status is sl.Status.COLLAPSED and trained.zero_mass == 1.0 and not np.any(trained.estimate)
    assert trained.excess_risk == pytest.approx(
        float(np.sum(trained.target**2)) * (1 if network == "diagonal" else 2 / 30), rel=1e-12
    )


@pytest.mark.parametrize("network", ["diagonal", "quadratic"])
def test_not_converged_says_so(network):
    trained = sl.train(sl.Task(network, 30, 60, 0.01, 0.5), max_iterations=2)
    assert trained.status is sl.Status.NOT_CONVERGED and not trained.status.is_result
    assert "max_iterations" in trained.message and trained.certificate > 1e-6


@pytest.mark.parametrize("network", ["diagonal", "quadratic"])
def test_results_come_from_the_weights(network):
    task = sl.Task(network, 24, 200, 0.3, 0.5)
    trained = sl.train(task, 5)
    if network == "diagonal":
        rebuilt = trained.weights["a"] * trained.weights["w"] / np.sqrt(24)
        risk = np.sum((rebuilt - trained.target) ** 2)
        np.testing.assert_array_equal(trained.spectrum, np.sort(trained.estimate)[::-1])
    else:
        rebuilt = trained.weights["W"].T @ trained.weights["W"] / 24
        risk = 2 / 24 * np.sum((rebuilt - trained.target) ** 2)
        np.testing.assert_allclose(trained.spectrum, np.linalg.eigvalsh(rebuilt)[::-1], atol=1e-10)
    np.testing.assert_allclose(rebuilt, trained.estimate, atol=1e-12)
    assert trained.excess_risk == pytest.approx(risk, rel=1e-10)


def test_noiseless_and_plentiful_data_recover_the_teacher():
    trained = sl.train(sl.Task("quadratic", 20, 2000, 1e-3), 0)
    assert trained.excess_risk < 1e-6


def test_width_beyond_the_dimension_acts_as_a_rescaled_decay():
    wide = sl.train(sl.Task("quadratic", 20, 300, 0.5, 0.5, width=80), tolerance=1e-9)
    same = sl.train(sl.Task("quadratic", 20, 300, 1.0, 0.5), tolerance=1e-9)
    np.testing.assert_allclose(wide.estimate, same.estimate, atol=1e-4)
    assert wide.status is sl.Status.CONVERGED


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"method": "sgd"}, "method must be one of"),
        ({"learning_rate": 0.1}, "unknown option 'learning_rate'"),
        ({"tolerance": -1.0}, "tolerance must be greater than 0, not -1"),
        ({"tolerance": float("nan")}, "tolerance must be a finite number"),
        ({"max_iterations": 0}, "max_iterations must be 1 or greater"),
        ({"seed": -1}, "seed must be 0 or greater"),
        ({"seed": 1.5}, "seed must be a whole number"),
    ],
)
def test_bad_arguments(arguments, sentence):
    with pytest.raises(sl.InvalidInput, match=sentence):
        sl.train(sl.Task("diagonal", 10, 20, 1.0), **arguments)


def test_bad_tasks():
    with pytest.raises(sl.InvalidInput, match="weight_decay must be greater than 0"):
        sl.train(sl.Task("diagonal", 10, 20, 0.0))
    with pytest.raises(sl.InvalidInput, match="width must be at least the dimension 10"):
        sl.train(sl.Task("quadratic", 10, 20, 1.0, width=3))
    with pytest.raises(sl.InvalidInput, match="task must be a Task"):
        sl.train("quadratic")  # type: ignore[arg-type]


def test_a_path_of_decays_has_the_minimisers_of_each():
    rng = np.random.default_rng(0)
    for n, d in ((30, 60), (120, 40)):
        x = rng.standard_normal((n, d))
        y = x[:, :3].sum(axis=1) + 0.1 * rng.standard_normal(n)
        largest = np.max(np.abs(x.T @ y))
        decays = largest * np.array([1.5, 0.5, 0.1, 0.02])
        path = lasso.minimise_path(x, y, decays, tolerance=1e-10)
        assert not path[0].coefficients.any()
        for decay, found in zip(decays, path, strict=True):
            alone = lasso.minimise(x, y, float(decay), tolerance=1e-10)
            assert found.gap <= 1e-10 and np.allclose(found.coefficients, alone.coefficients, atol=1e-4)


@pytest.mark.parametrize(("samples", "dimension"), [(60, 100), (100, 100), (400, 100), (900, 1200)])
def test_newton_along_the_path_finds_what_coordinate_descent_finds(samples, dimension, monkeypatch):
    """900 × 1200 inputs have their Gram matrix in 32 bits."""
    data = draw(sl.Task("diagonal", dimension, samples, 1.0, 0.5), 0)
    largest = np.max(np.abs(data.inputs.T @ data.labels))
    decays = largest * np.geomspace(0.8, 0.03, 8)
    with monkeypatch.context() as only_newton:
        only_newton.setattr(lasso, "_by_descent", None)
        path = lasso.minimise_path(data.inputs, data.labels, decays)
    monkeypatch.setattr(lasso, "_WIDEST", 0)
    for one, other in zip(path, lasso.minimise_path(data.inputs, data.labels, decays, tolerance=1e-10), strict=True):
        assert one.gap <= 1e-6
        np.testing.assert_allclose(one.coefficients, other.coefficients, atol=2e-4 * np.abs(other.coefficients).max())


def test_the_gaps_of_a_path_belong_to_its_coefficients():
    data = draw(sl.Task("diagonal", 50, 60, 1.0, 0.5), 0)
    decays = np.max(np.abs(data.inputs.T @ data.labels)) * np.array([0.5, 1e-3])
    for most in (1, 3, 1000):
        for found, decay in zip(
            lasso.minimise_path(data.inputs, data.labels, decays, max_iterations=most), decays, strict=True
        ):
            residual = data.labels - data.inputs @ found.coefficients
            size, norm = float(np.max(np.abs(data.inputs.T @ residual))), float(np.sum(np.abs(found.coefficients)))
            gap = lasso.relative_gap(data.labels, residual, norm, float(decay), size)
            assert found.gap == pytest.approx(gap, abs=1e-12)


@pytest.mark.parametrize("noise", [0.5, 0.0])
def test_a_gap_at_rounding_stops_and_says_so(noise):
    t = sl.train(sl.Task("diagonal", 60, 200, 1e-12, noise), seed=1)
    assert t.status is sl.Status.NOT_CONVERGED and "rounding" in t.message and t.iterations < 2000
    wide = sl.train(sl.Task("diagonal", 100, 40, 1e-11, noise), seed=1)
    assert wide.status is sl.Status.NOT_CONVERGED and "rounding" in wide.message and wide.iterations < 400_000
    assert sl.train(sl.Task("diagonal", 60, 200, 1e-8, noise), seed=1).status is sl.Status.CONVERGED


def test_a_minimiser_that_is_not_the_only_one_says_so():
    t = sl.train(sl.Task("quadratic", 12, 36, 1e-3, 0.0), seed=1)
    assert t.status is sl.Status.CONVERGED and "not unique" in t.message and t.another_minimiser > 0.01
    for task in (sl.Task("quadratic", 12, 36, 1.0, 0.5), sl.Task("quadratic", 30, 900, 0.1, 0.5)):
        unique = sl.train(task, seed=1)
        assert unique.another_minimiser is None and unique.message == ""
