"""Message passing: fixed points are the convex minimisers, iterates follow state evolution."""

from __future__ import annotations

import numpy as np
import pytest

import spectralaw as sl
from spectralaw.state_evolution.trajectory import trajectory
from spectralaw.training.amp import divergence


@pytest.mark.parametrize("task", [sl.Task("diagonal", 200, 120, 1.0, 0.5), sl.Task("diagonal", 200, 1500, 0.3, 0.5)])
def test_diagonal_fixed_point_is_the_lasso(task):
    amp, convex = sl.train(task, 0, "amp", tolerance=1e-9), sl.train(task, 0, tolerance=1e-10)
    assert amp.status is sl.Status.CONVERGED
    np.testing.assert_allclose(amp.estimate, convex.estimate, atol=1e-4)


@pytest.mark.parametrize(("samples", "weight_decay"), [(600, 1.0), (1600, 0.5), (6000, 2.0)])
def test_quadratic_fixed_point_is_the_nuclear_norm_minimiser(samples, weight_decay):
    task = sl.Task("quadratic", 50, samples, weight_decay, 0.5)
    amp, convex = sl.train(task, 0, "amp", tolerance=1e-8), sl.train(task, 0, tolerance=1e-9)
    assert amp.status is sl.Status.CONVERGED
    np.testing.assert_allclose(amp.estimate, convex.estimate, atol=2e-3)
    assert amp.trajectory is not None and len(amp.trajectory["gap"]) == amp.iterations


@pytest.mark.statistical
def test_diagonal_iterates_follow_state_evolution():
    teacher = sl.PowerLaw(1.0, coefficients="fixed")
    task = sl.Task("diagonal", 1500, 1500, 1.0, 0.5, teacher)
    predicted = trajectory(task, 6)
    runs = [
        sl.train(task, seed, "amp", damping=1.0, max_iterations=6, tolerance=1e-300).trajectory for seed in range(12)
    ]
    for name in ("effective_noise", "threshold", "excess_risk"):
        values = np.array([run[name] for run in runs if run is not None])
        mean, error = values.mean(axis=0), values.std(axis=0, ddof=1) / np.sqrt(len(values))
        expected = getattr(predicted, name)
        assert np.all(np.abs(mean - expected) <= 4.0 * error + 0.01 * expected), name
        assert not np.allclose(expected[0], expected[-1], rtol=0.05) or name == "threshold"


@pytest.mark.statistical
@pytest.mark.slow
def test_quadratic_iterates_approach_state_evolution_as_the_dimension_grows():
    deviation = []
    for dimension, seeds in ((30, 12), (90, 4)):
        task = sl.Task("quadratic", dimension, 2.0 * dimension**2, 1.0, 0.5)
        predicted = trajectory(task, 6).excess_risk
        options = {"damping": 1.0, "max_iterations": 6, "tolerance": 1e-300}
        runs = [sl.train(task, seed, "amp", **options).trajectory for seed in range(seeds)]
        mean = np.mean([run["excess_risk"] for run in runs if run is not None], axis=0)
        deviation.append(np.max(np.abs(mean / predicted - 1.0)))
    assert deviation[1] < 0.3 and deviation[1] < 0.6 * deviation[0]


@pytest.mark.parametrize("network", ["diagonal", "quadratic"])
def test_trajectory_ends_at_the_prediction(network):
    task = sl.Task(network, 300, 3e4, 0.7, 0.5)
    way, end = trajectory(task, 120), sl.predict(task)
    assert way.excess_risk[-1] == pytest.approx(end.excess_risk, rel=1e-8)
    assert way.threshold[-1] == pytest.approx(end.threshold, rel=1e-8)
    assert way.effective_noise[-1] == pytest.approx(end.effective_noise, rel=1e-8)


def test_divergence_is_the_derivative_of_the_denoiser():
    rng = np.random.default_rng(0)
    matrix = rng.standard_normal((5, 5))
    matrix = matrix + matrix.T
    threshold = 0.3

    def denoise(m):
        values, vectors = np.linalg.eigh(m)
        return (vectors * np.maximum(values - threshold, 0.0)) @ vectors.T

    total, h = 0.0, 1e-5
    for i in range(5):
        for j in range(i + 1):  # an orthonormal basis of the symmetric matrices
            basis = np.zeros((5, 5))
            basis[i, j] = basis[j, i] = 1.0 if i == j else np.sqrt(0.5)
            total += np.sum((denoise(matrix + h * basis) - denoise(matrix - h * basis)) * basis) / (2 * h)
    assert divergence(np.linalg.eigvalsh(matrix), threshold) == pytest.approx(total, rel=1e-6)


def test_damping_is_checked():
    with pytest.raises(sl.InvalidInput, match="damping must be at most 1"):
        sl.train(sl.Task("diagonal", 10, 20, 1.0), 0, "amp", damping=1.5)
    with pytest.raises(sl.InvalidInput, match="weight_decay must be greater than 0"):
        trajectory(sl.Task("diagonal", 10, 20, 0.0), 3)
