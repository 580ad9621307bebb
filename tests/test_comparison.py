"""Theory against simulation: error bars, and the finite-size allowance that shrinks with d."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

import spectralaw as sl
from spectralaw.comparison import finite_size_allowance, z_score


@pytest.mark.statistical
@pytest.mark.parametrize("network", ["diagonal", "quadratic"])
@pytest.mark.parametrize("weight_decay", [0.3, 1.0])
def test_theory_and_training_agree(network, weight_decay):
    samples = 300 if network == "diagonal" else 2500
    comparison = sl.compare(sl.Task(network, 70, samples, weight_decay, 0.5), seeds=8)
    assert comparison.status is sl.Status.CONVERGED
    for name, row in comparison.rows.items():
        assert row.agrees, (name, row)


@pytest.mark.statistical
@pytest.mark.slow
def test_finite_size_deviation_shrinks_with_the_dimension():
    deviation = {}
    for dimension, seeds in ((25, 40), (50, 16), (100, 8)):
        task = sl.Task("quadratic", dimension, 0.25 * dimension**2, 1.0, 0.5)
        row = sl.compare(task, seeds).rows["excess_risk"]
        deviation[dimension] = row.mean / row.theory - 1.0
        assert abs(deviation[dimension]) <= finite_size_allowance(task) + 3.0 * row.standard_error / row.theory
    assert deviation[25] > deviation[50] > 0.0 and deviation[25] > 1.5 * deviation[100]


def test_a_wrong_theory_is_told():
    task = sl.Task("diagonal", 100, 1000, 1.0, 0.5)
    runs = [sl.train(task, seed) for seed in range(6)]
    from spectralaw.comparison import assemble

    assert assemble(sl.predict(task), runs).agrees
    assert not assemble(sl.predict(task.replace(noise_variance=1.5)), runs).agrees


def test_collapse_agrees_exactly():
    comparison = sl.compare(sl.Task("quadratic", 20, 100, 1e3, 0.5), seeds=3)
    assert comparison.status is sl.Status.COLLAPSED
    assert comparison.rows["excess_risk"].z == 0.0 and comparison.rows["zero_mass"].mean == 1.0 and comparison.agrees


def test_trainings_that_did_not_converge_are_no_results():
    comparison = sl.compare(sl.Task("quadratic", 20, 100, 0.01, 0.5), seeds=2, max_iterations=2)
    assert comparison.status is sl.Status.NOT_CONVERGED and not comparison.agrees
    assert "2 of 2 trainings did not converge" in comparison.message
    assert math.isnan(comparison.rows["excess_risk"].mean)


def test_z_scores():
    assert z_score(1.2, 1.0, 0.1) == pytest.approx(2.0)
    assert z_score(1.0, 1.0, 0.0) == 0.0
    assert z_score(0.5, 1.0, 0.0) == -math.inf


def test_seeds_may_be_listed_and_samples_are_rounded():
    comparison = sl.compare(sl.Task("diagonal", 10, 20.4, 1.0, 0.5), seeds=[3, 8])
    assert [run.seed for run in comparison.runs] == [3, 8]
    assert comparison.prediction.task.samples == 20.0
    assert json.loads(json.dumps(comparison.to_dict()))["seeds"] == [3, 8]
    values = [run.excess_risk for run in comparison.runs]
    assert comparison.rows["excess_risk"].standard_error == pytest.approx(np.std(values, ddof=1) / np.sqrt(2))


@pytest.mark.parametrize("seeds", [0, 1, [4], [1, 1], "ab", 2.5])
def test_bad_seeds(seeds):
    with pytest.raises(sl.InvalidInput, match="seeds must"):
        sl.compare(sl.Task("diagonal", 10, 20, 1.0), seeds)
