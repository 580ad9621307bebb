"""Theory against simulation: agree, disagree, or not judged, and false data that must not agree."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

import spectralaw as sl
from spectralaw.comparison import assemble


@pytest.fixture(scope="module")
def quadratic():
    return sl.compare(sl.Task("quadratic", 50, 1250, 1.0, 0.5), seeds=8, dimensions=[25, 100])


@pytest.mark.statistical
def test_theory_and_training_agree(quadratic):
    assert quadratic.outcome is sl.Outcome.AGREE and quadratic.agrees and quadratic.reason == ""
    assert [one.prediction.task.dimension for one in quadratic.sizes] == [25, 50, 100]
    row = quadratic.rows["excess_risk"]
    assert row.deviation == pytest.approx(row.mean / row.theory - 1.0) and abs(row.limit - 1.0) <= 3.0 * row.limit_error
    ratios = [size.mean / size.theory for size in row.sizes]
    assert ratios[0] > ratios[2] > 0.97  # the finite-size effect is real, and shrinks


@pytest.mark.statistical
def test_the_diagonal_network_agrees_with_enough_seeds():
    comparison = sl.compare(sl.Task("diagonal", 100, 1000, 1.0, 0.5), seeds=60, dimensions=[25, 50])
    assert comparison.outcome is sl.Outcome.AGREE, comparison.reason


@pytest.mark.parametrize("factor", [0.8, 1.25, 2.0, 0.5])
def test_a_wrong_theory_is_told(quadratic, factor):
    wrong = [
        replace(one, prediction=replace(one.prediction, excess_risk=factor * one.prediction.excess_risk))
        for one in quadratic.sizes
    ]
    comparison = assemble(wrong, 50)
    assert comparison.outcome is sl.Outcome.DISAGREE and comparison.reason.startswith("excess risk")
    assert comparison.rows["training_loss"].outcome is sl.Outcome.AGREE
    answer = json.loads(json.dumps(comparison.to_dict()))
    assert answer["outcome"] == "disagree" == answer["excess_risk"]["outcome"] and answer["decided_by"] == "excess_risk"
    for place in (answer, answer["excess_risk"]):
        assert {"z", "deviation", "allowance", "reason", "outcome"} <= set(place)
        assert abs(place["deviation"]) > place["allowance"]


def test_a_wrong_zero_mass_is_told(quadratic):
    wrong = [replace(one, prediction=replace(one.prediction, zero_mass=one.prediction.zero_mass - 0.2))
             for one in quadratic.sizes]  # fmt: skip
    assert assemble(wrong, 50).rows["zero_mass"].outcome is sl.Outcome.DISAGREE


def test_what_once_agreed_with_an_allowance_of_ten_does_not():
    comparison = sl.compare(sl.Task("quadratic", 50, 25, 0.001, 0.5), seeds=4)
    row = comparison.rows["excess_risk"]
    assert comparison.outcome is sl.Outcome.NOT_JUDGED and "order one" in row.reason and row.z < -10
    assert row.allowance < 1.0


def test_a_size_far_from_the_limit_is_not_judged_by_it():
    """d = 4: the mean is a multiple of the theory, whatever larger sizes say."""
    comparison = sl.compare(sl.Task("quadratic", 4, 16, 0.01, 0.5), seeds=6, dimensions=[25, 50])
    assert comparison.rows["excess_risk"].outcome is not sl.Outcome.AGREE and comparison.reason
    alone = sl.compare(sl.Task("quadratic", 4, 16, 0.01, 0.5), seeds=6, dimensions=[])
    assert alone.outcome is not sl.Outcome.AGREE and not alone.agrees


def test_one_size_alone_can_disagree_but_not_agree():
    comparison = sl.compare(sl.Task("diagonal", 60, 600, 1.0, 0.5), seeds=6, dimensions=[])
    assert comparison.outcome is sl.Outcome.NOT_JUDGED and "one size" in comparison.reason
    (one,) = comparison.sizes
    wrong = replace(one, prediction=replace(one.prediction, excess_risk=4.0 * one.prediction.excess_risk))
    assert assemble([wrong], 60).outcome is sl.Outcome.DISAGREE


def test_residuals_below_the_certificate_are_not_judged():
    (one,) = sl.compare(sl.Task("diagonal", 20, 60, 0.1, 0.5), seeds=3, dimensions=[]).sizes
    coarse = replace(one, runs=tuple(replace(run, certificate=0.01) for run in one.runs))
    row = assemble([coarse], 20).rows["training_loss"]
    assert row.outcome is sl.Outcome.NOT_JUDGED and "tolerance" in row.reason


def test_collapse_agrees_exactly():
    comparison = sl.compare(sl.Task("quadratic", 20, 100, 1e3, 0.5), seeds=3, dimensions=[])
    assert comparison.status is sl.Status.COLLAPSED
    for name in ("excess_risk", "zero_mass"):
        assert comparison.rows[name].outcome is sl.Outcome.AGREE and comparison.rows[name].z == 0.0
    assert comparison.rows["zero_mass"].mean == 1.0


def test_trainings_that_did_not_converge_are_no_results():
    comparison = sl.compare(sl.Task("quadratic", 20, 100, 0.01, 0.5), seeds=2, dimensions=[], max_iterations=2)
    assert comparison.status is sl.Status.NOT_CONVERGED and comparison.outcome is sl.Outcome.NOT_JUDGED
    assert "2 of 2 trainings did not converge" in comparison.message
    assert math.isnan(comparison.rows["excess_risk"].mean)


def test_seeds_may_be_listed_and_samples_are_rounded():
    comparison = sl.compare(sl.Task("diagonal", 10, 20.4, 1.0, 0.5), seeds=[3, 8], dimensions=[])
    assert [run.seed for run in comparison.runs] == [3, 8]
    assert comparison.prediction.task.samples == 20.0
    assert json.loads(json.dumps(comparison.to_dict()))["seeds"] == [3, 8]
    values = [run.excess_risk for run in comparison.runs]
    assert comparison.rows["excess_risk"].standard_error == pytest.approx(np.std(values, ddof=1) / np.sqrt(2))


@pytest.mark.parametrize("seeds", [0, 1, [4], [1, 1], "ab", 2.5])
def test_bad_seeds(seeds):
    with pytest.raises(sl.InvalidInput, match="seeds must"):
        sl.compare(sl.Task("diagonal", 10, 20, 1.0), seeds)
