"""Noiseless learning curves: the law in the limit, and data that break it."""

from __future__ import annotations

import numpy as np
import pytest

from spectralaw.reproduction.experiments import noiseless_risk


@pytest.fixture(scope="module", params=["diagonal", "quadratic"])
def curves(request):
    return [noiseless_risk.compute(request.param, d, 21) for d in (10**6, 10**12)]


def outcomes(datasets):
    return [str(claim.outcome) for claim in noiseless_risk.verdict(datasets)]


def test_true_data_agree(curves):
    assert outcomes(curves) == ["agree"] * 4
    assert {claim.statement for claim in noiseless_risk.verdict(curves)} == set(noiseless_risk.EXPERIMENT.claims)
    assert "d = 1e+12" in noiseless_risk.EXPERIMENT.caption(curves)


def test_wrong_exponents_and_wrong_risks_disagree(curves):
    steeper = [data.assign(samples_exponent=data.samples_exponent - 0.1) for data in curves]
    assert outcomes(steeper)[:3] == ["disagree"] * 3
    other = [data.assign(excess_risk=data.excess_risk * data.effective_samples**0.1) for data in curves]
    assert outcomes(other)[:3] == ["disagree"] * 3
    constant = [data.assign(excess_risk=0.0 * data.excess_risk + 1.0) for data in curves]
    assert outcomes(constant)[:3] == ["disagree"] * 3


@pytest.mark.parametrize("curves", ["diagonal"], indirect=True)  # the other law has no logarithm
def test_without_its_logarithm_the_law_of_the_diagonal_network_disagrees(curves):
    power = [data.assign(samples_exponent=0.0 * data.samples_exponent + (1 - 2 * data.gamma)) for data in curves]
    assert "disagree" in outcomes(power)[:3]


def test_a_difference_that_grows_and_a_lost_point_disagree(curves):
    small, large = (data.copy(deep=True) for data in curves)
    rate = 1.0 - 2.0 * small.gamma
    if small.attrs["network"] == "quadratic":
        exact = small.assign(
            samples_exponent=rate + 0.0 * small.samples_exponent,
            excess_risk=(small.effective_samples**rate).transpose("gamma", "samples"),
        )
        assert "disagree" in outcomes([exact, large])[:3]
    middle = large.sizes["samples"] // 2
    large.excess_risk[dict(samples=middle)] = np.nan
    assert outcomes([small, large]) == ["disagree"] * 4
