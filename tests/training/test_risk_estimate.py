"""The test error from the training set: leverages, GCV, approximate leave-one-out, and when they cannot tell."""

from __future__ import annotations

import numpy as np
import pytest

import spectralaw as sl
from spectralaw.training import leverages, nuclear
from spectralaw.training.data import draw
from spectralaw.training.risk_estimate import Reliability, projected_kurtosis, risk_estimate
from spectralaw.training.sensing import Sensing


def _minimiser(samples=400, decay=0.5, d=20, labels=None):
    task = sl.Task("quadratic", d, samples, decay, 0.5)
    data = draw(task, 3)
    sensing, labels = Sensing(data.inputs), data.labels if labels is None else labels
    found = nuclear.minimise(sensing, labels, decay * d, tolerance=1e-12)
    return sensing, labels, found, decay * d


def _leverages(sensing, found, decay):
    return leverages.quadratic_leverages(sensing, found.eigenvalues, found.eigenvectors, found.residual, decay)


def test_quadratic_leverages_are_derivatives_of_the_outputs():
    sensing, labels, found, decay = _minimiser()
    h = _leverages(sensing, found, decay).values
    for row in (0, 7, 100, 399):
        moved = []
        for step in (1e-3, -1e-3):
            shifted = labels.copy()
            shifted[row] += step
            one = nuclear.minimise(sensing, shifted, decay, tolerance=1e-13)
            moved.append(shifted[row] - one.residual[row])
        assert h[row] == pytest.approx((moved[0] - moved[1]) / 2e-3, rel=1e-3)  # measured: 1e-5


def test_without_the_curvature_leverages_would_be_wrong():
    sensing, _, found, decay = _minimiser()
    flat = leverages._dense(
        sensing.inputs,
        found.eigenvectors,
        np.linalg.qr(found.eigenvectors, mode="complete")[0][:, len(found.eigenvalues) :],
        np.zeros((len(found.eigenvalues), 20 - len(found.eigenvalues))),
    )
    exact = _leverages(sensing, found, decay)
    assert flat.degrees_of_freedom > 1.15 * exact.degrees_of_freedom  # false data: the test above would refuse them


def test_diagonal_leverages_count_the_active_set():
    data = draw(sl.Task("diagonal", 30, 80, 1.0, 0.5), 1)
    trained = sl.train(sl.Task("diagonal", 30, 80, 1.0, 0.5), 1)
    found = leverages.diagonal_leverages(data.inputs, trained.estimate)
    active = np.flatnonzero(trained.estimate)
    hat = data.inputs[:, active] @ np.linalg.pinv(data.inputs[:, active])
    np.testing.assert_allclose(found.values, np.diag(hat), atol=1e-10)
    assert found.degrees_of_freedom == pytest.approx(len(active))


def test_probes_agree_with_dense_algebra(monkeypatch):
    sensing, _, found, decay = _minimiser(1200, 0.5, 40)
    exact = _leverages(sensing, found, decay)
    monkeypatch.setattr(leverages, "_DENSE", 0.0)
    probed = _leverages(sensing, found, decay)
    assert exact.exact and not probed.exact
    assert abs(probed.degrees_of_freedom - exact.degrees_of_freedom) < 5.0 * probed.standard_error
    assert np.corrcoef(exact.values, probed.values)[0, 1] > 0.97


@pytest.mark.statistical
def test_approximate_leave_one_out_is_leave_one_out():
    sensing, labels, found, decay = _minimiser(240, 1.0, 16)
    estimate = risk_estimate(found.residual, _leverages(sensing, found, decay), 3.0)
    left_out = np.empty(len(labels))
    for row in range(len(labels)):
        rest = np.arange(len(labels)) != row
        factor = nuclear.minimise(Sensing(sensing.inputs[rest]), labels[rest], decay, tolerance=1e-7).factor
        x = sensing.inputs[row]
        left_out[row] = labels[row] - (np.sum((x @ factor) ** 2) - np.sum(factor**2)) / 4.0
    assert estimate.alo == pytest.approx(np.mean(left_out**2), rel=0.05)  # measured: 0.02; without bending 0.09
    assert np.mean(found.residual**2) < 0.85 * np.mean(left_out**2)  # what a training loss would have said


@pytest.mark.statistical
@pytest.mark.parametrize("network", ["diagonal", "quadratic"])
def test_covers_the_truth_on_random_tasks(network):
    rng = np.random.default_rng(11)
    z = []
    while len(z) < 50:
        d = int(rng.integers(20, 60))
        per_weight = 10 ** rng.uniform(-0.8, 1.0) if network == "diagonal" else d * 10 ** rng.uniform(-0.9, 0.3)
        n = max(30, int(d * per_weight))
        noise, gamma = float(rng.choice([0.1, 0.5, 1.0])), float(rng.uniform(0.6, 2.0))
        task = sl.Task(network, d, n, float(10 ** rng.uniform(-1.0, 0.7)), noise, sl.PowerLaw(gamma))
        trained = sl.train(task, int(rng.integers(10**6)))
        estimate = trained.risk_estimate
        if estimate.status is Reliability.OK:
            z.append((estimate.value - trained.excess_risk - noise) / estimate.standard_error)
    covered = np.mean(np.abs(z) < 1.96)
    assert 0.86 <= covered  # 0.88 to 0.98 over seeds; 50 draws of a 95 % interval are below 0.86 once in 200
    naive = np.mean(np.abs(np.array(z) * 3.0) < 1.96)
    assert naive < 0.7  # false data: errors a third as large would be refused


def test_interpolation_is_said_to_be_unreliable():
    trained = sl.train(sl.Task("diagonal", 200, 40, 1e-3, 0.5), 0)
    estimate = trained.risk_estimate
    assert estimate.status == "unreliable" and "degrees of freedom" in estimate.reason
    assert "value" not in estimate.to_dict()


def test_a_few_rows_that_carry_it_are_named():
    rng = np.random.default_rng(0)
    residual = np.ones(400)
    residual[:4] = 60.0
    flat = leverages.Leverages(np.full(400, 0.1), 40.0, 0.0, True, True)
    estimate = risk_estimate(residual, flat, 9.0)
    assert estimate.status == "unreliable" and "4 of 400 rows" in estimate.reason
    assert risk_estimate(rng.standard_normal(400), flat, 9.0).status == "ok"


def test_kurtosis():
    rng = np.random.default_rng(0)
    assert projected_kurtosis(rng.standard_normal((4000, 10))) == pytest.approx(3.0, abs=0.1)
    assert projected_kurtosis(rng.standard_t(5, (4000, 3))) > 3.8


def test_a_narrow_network_has_no_estimate():
    trained = sl.train(sl.Task("quadratic", 12, 100, 1.0, 0.5, width=3), 0, "network")
    with pytest.raises(sl.InvalidInput, match="width must be at least the dimension 12"):
        _ = trained.risk_estimate
