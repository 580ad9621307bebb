"""Verdicts on real data: what agrees, and false data for every claim."""

from __future__ import annotations

import numpy as np
import pytest
import xarray

from spectralaw.reproduction.experiments import own_data


def estimates(part, *, jump=0.02, unreliable=0.0):
    random = np.random.default_rng(0)
    shape = (6, 8)
    held_out = 1.0 + jump * np.linspace(-1.0, 1.0, 6)[:, None] + np.linspace(0.0, 1.0, 8)
    fields = {
        "alo": held_out + 0.02 * random.standard_normal(shape),
        "held_out": held_out,
        "alo_error": np.full(shape, 0.03),
        "held_out_error": np.full(shape, 0.03),
        "unreliable": np.full(shape, unreliable),
    }
    data = {name: (("split", "point"), values) for name, values in fields.items()}
    return xarray.Dataset(data, attrs={"part": part, "rows": 100, "columns": 5})


def forecasts(pilots=10, factor=1.0, cost=0.01):
    truth = np.ones(pilots)
    fields = {
        "forecast": factor * truth, "low": 0.8 * factor * truth, "high": 1.25 * factor * truth,
        "truth": truth, "best": truth / (1.0 + cost),
    }  # fmt: skip
    data = {name: ("pilot", values) for name, values in fields.items()}
    return xarray.Dataset(data, attrs={"part": "forecasts", "pilot": 60, "samples": 960})


def outcomes(*datasets):
    return {claim.statement: str(claim.outcome) for claim in own_data.judge(datasets)}


def test_true_data_agree():
    found = outcomes(estimates("digits"), estimates("breast-cancer", jump=0.4, unreliable=1.0), forecasts())
    assert set(found) == set(own_data.EXPERIMENT.claims) and set(found.values()) == {"agree"}


@pytest.mark.parametrize("factor", [1.3, 0.7])
def test_an_estimate_beside_the_held_out_error_disagrees(factor):
    data = estimates("digits")
    found = outcomes(data.assign(alo=data.alo * factor))
    assert found == {own_data.NEAR: "disagree", own_data.COVERED: "disagree"}


def test_one_weight_decay_is_enough_to_disagree_and_a_lost_one_does_not_pass():
    for wrong in (1.3, np.nan):
        data = estimates("digits")
        data.alo[:, 3] *= wrong
        assert outcomes(data)[own_data.NEAR] == "disagree"
    for name in ("alo", "held_out"):  # one split of six
        data = estimates("digits")
        data[name][2, 3] = np.nan
        assert outcomes(data)[own_data.NEAR] == "disagree"


def test_intervals_much_too_narrow_disagree():
    data = estimates("digits")
    narrow = data.assign(alo_error=0.1 * data.alo_error, held_out_error=0.1 * data.held_out_error)
    assert outcomes(narrow) == {own_data.NEAR: "agree", own_data.COVERED: "disagree"}


def test_jumps_that_are_not_told_disagree_and_without_jumps_nothing_is_judged():
    assert outcomes(estimates("breast-cancer", jump=0.4)) == {own_data.WARNED: "disagree"}
    assert outcomes(estimates("breast-cancer", unreliable=1.0)) == {own_data.WARNED: "not judged"}


def test_forecasts_far_off_and_dear_weight_decays_disagree():
    assert outcomes(forecasts(factor=1.5))[own_data.FORECAST] == "disagree"
    assert outcomes(forecasts(cost=0.1)) == {own_data.FORECAST: "agree", own_data.COST: "disagree"}


def test_few_misses_of_few_pilots_are_not_judged():
    data = forecasts()
    data.truth[:3] = 2.0
    assert outcomes(data)[own_data.FORECAST] == "not judged"
