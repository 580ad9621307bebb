"""Pruning: theory against trained weights, where it helps and where it hurts."""

from __future__ import annotations

import numpy as np
import pytest

import spectralaw as sl
from spectralaw.ensembles.semicircle import quantile


@pytest.mark.statistical
@pytest.mark.parametrize(("samples", "helps"), [(2500, True), (20_000, False)])
def test_theory_and_trained_weights_agree_when_it_helps_and_when_it_hurts(samples, helps):
    prediction = sl.predict(sl.Task("quadratic", 100, samples, 0.05, 0.5))
    theory = sl.predict_pruning(prediction)
    assert theory.helps is helps
    runs = [sl.prune(sl.train(prediction.task, seed), prediction) for seed in range(3)]
    assert all(run.helps is helps for run in runs)
    assert np.mean([run.after for run in runs]) == pytest.approx(theory.after, rel=0.15)
    assert np.mean([run.kept for run in runs]) == pytest.approx(theory.kept, abs=3)


def test_pruning_equals_a_threshold_at_the_edge():
    prediction = sl.predict(sl.Task("quadratic", 200, 20_000, 0.1, 0.5))
    pruned = sl.predict_pruning(prediction)
    assert pruned.cut == pytest.approx(2 * prediction.effective_noise - prediction.threshold)
    collapsed = sl.predict_pruning(sl.predict(sl.Task("quadratic", 50, 100, 1e3, 0.5)))
    assert collapsed.before == collapsed.after and not collapsed.helps and collapsed.kept == 0


@pytest.mark.statistical
def test_noise_of_a_pure_bulk_and_its_outliers_are_read():
    rng, d = np.random.default_rng(0), 400
    g = rng.standard_normal((d, d))
    spikes = np.zeros(d)
    spikes[:3] = (8.0, 5.0, 3.0)
    values = np.linalg.eigvalsh(np.diag(spikes) + 0.7 * (g + g.T) / np.sqrt(2.0 * d))
    bulk = sl.read_bulk(np.maximum(values - 0.4, 0.0))
    assert bulk.effective_noise == pytest.approx(0.7, rel=0.05)
    assert bulk.threshold == pytest.approx(0.4, abs=0.07)
    assert bulk.outliers == 3 and bulk.misfit < 0.05


def test_quantiles_of_the_semicircle():
    x = quantile(np.array([0.0, 0.25, 0.5, 1.0]))
    grid = np.linspace(-2, x[1], 200_001)
    assert np.trapezoid(np.sqrt(4 - grid**2) / (2 * np.pi), grid) == pytest.approx(0.25, abs=1e-6)
    assert x[2] == pytest.approx(0.0, abs=1e-12) and x[3] == pytest.approx(2.0) and x[0] == pytest.approx(-2.0)


def test_refusals():
    with pytest.raises(sl.InvalidInput, match="network='quadratic'"):
        sl.predict_pruning(sl.predict(sl.Task("diagonal", 50, 100, 1.0, 0.5)))
    with pytest.raises(sl.InvalidInput, match="network='quadratic'"):
        sl.prune(sl.train(sl.Task("diagonal", 50, 100, 1.0, 0.5)))
    with pytest.raises(sl.InvalidInput, match="must be finite"):
        sl.read_bulk([1.0, np.nan])
    with pytest.raises(sl.InvalidInput, match="at least 8"):
        sl.read_bulk(np.zeros(100))
