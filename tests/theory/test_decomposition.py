"""The terms of the risk: they add up, are not negative, and have their limits."""

from __future__ import annotations

import numpy as np
import pytest

import spectralaw as sl


def _tasks():
    rng = np.random.default_rng(0)
    for k in range(40):
        network = ("diagonal", "quadratic")[k % 2]
        d = int(10 ** rng.uniform(0.5, 4.5))
        n = max(1.0, 10 ** rng.uniform(-1, 2) * d ** rng.uniform(0, 2))
        yield sl.Task(
            network, max(d, 2), n, 10 ** rng.uniform(-3, 2), (0.5, 0.0)[k % 3 == 0], sl.PowerLaw(rng.uniform(0.6, 2))
        )


def test_terms_add_up_and_are_not_negative():
    for task in _tasks():
        prediction = sl.predict(task)
        terms = prediction.decomposition
        assert terms is not None
        parts = (terms.overfitting, terms.underfitting, terms.approximation)
        assert sum(parts) == pytest.approx(prediction.excess_risk, rel=1e-8) and min(parts) >= 0.0
        assert terms.mismatch < 1e-5, task


@pytest.mark.statistical
@pytest.mark.parametrize(("samples", "weight_decay"), [(6_000, 0.3), (30_000, 0.1)])
def test_terms_are_those_of_a_noisy_matrix(samples, weight_decay):
    """Direction by direction, on (S* + δ Z − c)₊ itself."""
    task = sl.Task("quadratic", 150, samples, weight_decay, 0.5)
    p, rng = sl.predict(task), np.random.default_rng(0)
    s, learned = task.teacher_values(), int(p.spectrum.outlier_count)
    cross, square = np.zeros(150), np.zeros(150)
    for _ in range(8):
        g = rng.standard_normal((150, 150))
        noisy = np.diag(s) + p.effective_noise * (g + g.T) / np.sqrt(300.0)
        values, vectors = np.linalg.eigh(noisy)
        f = np.maximum(values - p.threshold, 0.0)
        cross += (vectors**2 @ f) / 8
        square += (vectors**2 @ f**2) / 8
    unlearned = np.maximum(s**2 - 2 * s * cross, 0.0)[learned:]
    risk = s**2 - 2 * s * cross + square
    expected = (np.sum(risk[learned:] - unlearned), np.sum(unlearned), np.sum(risk[:learned]))
    terms = p.decomposition
    assert terms is not None
    for value, mean in zip((terms.overfitting, terms.underfitting, terms.approximation), expected, strict=True):
        assert value == pytest.approx(2.0 / 150 * mean, rel=0.05, abs=0.01 * p.excess_risk)


@pytest.mark.parametrize("network", ["diagonal", "quadratic"])
def test_limits(network):
    unit = 1.0 if network == "diagonal" else 100.0
    nothing = sl.predict(sl.Task(network, 100, 10 * unit, 1e4, 0.5)).decomposition
    assert nothing is not None and nothing.underfitting == pytest.approx(1.0 if network == "diagonal" else 2.0)
    assert nothing.overfitting == nothing.approximation == 0.0
    at = 100 * unit if network == "diagonal" else 25 * unit
    harmful = sl.predict(sl.Task(network, 100, at, 1e-3, 0.5)).decomposition
    assert (
        harmful is not None and harmful.overfitting > 0.8 * sl.predict(sl.Task(network, 100, at, 1e-3, 0.5)).excess_risk
    )
    plenty = sl.predict(sl.Task(network, 100, 1e7 * unit, 0.1, 0.5)).decomposition
    assert plenty is not None and plenty.underfitting == 0.0 and plenty.approximation > plenty.overfitting


@pytest.mark.parametrize(("dimension", "within"), [(400, 1e-12), (10**5, 1e-3), (10**12, 2e-3)])
@pytest.mark.parametrize("noise_variance", [0.0, 0.5])
def test_terms_integrated_one_by_one_add_up(dimension, within, noise_variance):
    for share, decay in ((0.1, 0.3), (0.3, 1e-3), (2.0, 0.3), (100.0, 3.0)):
        p = sl.predict(sl.Task("quadratic", dimension, share * dimension**2, decay, noise_variance))
        assert p.decomposition.mismatch < within
