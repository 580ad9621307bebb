"""Training the weights themselves reaches what the convex form says."""

from __future__ import annotations

import numpy as np
import pytest

import spectralaw as sl
from spectralaw.training import network
from spectralaw.training.data import draw
from spectralaw.training.sensing import Sensing


@pytest.mark.parametrize("width", [None, 60])
@pytest.mark.parametrize("samples", [150, 900])
def test_wide_quadratic_network_is_the_convex_minimiser(width, samples):
    task = sl.Task("quadratic", 30, samples, 0.5, 0.5, width=width)
    convex, trained = sl.train(task, 1, tolerance=1e-9), sl.train(task, 1, "network", tolerance=1e-7)
    assert convex.status is sl.Status.CONVERGED and trained.status is sl.Status.CONVERGED
    assert trained.certificate_kind == "relative duality gap"
    np.testing.assert_allclose(trained.estimate, convex.estimate, atol=2e-3)
    np.testing.assert_allclose(trained.spectrum, convex.spectrum, atol=2e-3)
    assert trained.excess_risk == pytest.approx(convex.excess_risk, rel=1e-3)
    assert trained.training_loss == pytest.approx(convex.training_loss, rel=1e-3)
    assert trained.zero_mass == pytest.approx(convex.zero_mass, abs=1.1 / 30)


@pytest.mark.parametrize("samples", [40, 400])
def test_diagonal_network_is_the_lasso(samples):
    task = sl.Task("diagonal", 80, samples, 0.5, 0.5)
    convex, trained = sl.train(task, 2, tolerance=1e-9), sl.train(task, 2, "network", tolerance=1e-7)
    assert trained.status is sl.Status.CONVERGED
    np.testing.assert_allclose(trained.estimate, convex.estimate, atol=1e-4)
    assert trained.excess_risk == pytest.approx(convex.excess_risk, rel=1e-3)
    np.testing.assert_allclose(np.abs(trained.weights["a"]), np.abs(trained.weights["w"]), atol=1e-3)  # balanced


def test_a_narrow_network_has_no_more_than_its_width():
    task = sl.Task("quadratic", 30, 600, 0.3, 0.5, width=4)
    trained = sl.train(task, 0, "network")
    assert trained.status is sl.Status.CONVERGED and trained.certificate_kind == "relative gradient"
    assert np.sum(trained.spectrum > 1e-9) <= 4
    assert trained.weights["W"].shape == (4, 30)


@pytest.mark.parametrize("which", ["diagonal", "quadratic", "narrow"])
def test_gradients(which):
    rng = np.random.default_rng(0)
    data = draw(sl.Task("diagonal" if which == "diagonal" else "quadratic", 6, 15, 1.0, 0.5), 0)
    if which == "diagonal":
        objective, size = network.diagonal_objective(data.inputs, data.labels, 0.7), 12
    else:
        width = 2 if which == "narrow" else 8
        objective, size = network.quadratic_objective(Sensing(data.inputs), data.labels, 0.7, width), 6 * width
    point, direction = rng.standard_normal(size), rng.standard_normal(size)
    slope = (objective(point + 1e-5 * direction)[0] - objective(point - 1e-5 * direction)[0]) / 2e-5
    assert objective(point)[1] @ direction == pytest.approx(slope, rel=1e-6)
