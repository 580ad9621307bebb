"""The best weight decay: bounds, growth, and data that break them."""

from __future__ import annotations

import numpy as np
import pytest

from spectralaw.reproduction.experiments import optimum


@pytest.fixture(scope="module")
def diagram():
    return optimum.compute("diagonal", 400, 9)


@pytest.fixture(scope="module", params=["diagonal", "quadratic"])
def growth(request):
    return optimum.growth(request.param, (10**6, 10**12))


def outcomes(claims):
    return [str(claim.outcome) for claim in claims]


def test_true_data_agree(diagram, growth):
    assert outcomes(optimum.judge([diagram, growth])) == ["agree"] * 5
    assert {claim.statement for claim in optimum.judge([diagram, growth])} == set(optimum.EXPERIMENT.claims)
    assert "9 values of n_eff" in optimum.EXPERIMENT.caption([diagram])


def test_a_risk_below_bayes_or_far_above_it_disagrees(diagram):
    below = diagram.assign(ratio=diagram.ratio.where(diagram.samples > 10, 0.999))
    assert outcomes(optimum.verdict(below)) == ["agree", "disagree", "agree"]
    assert outcomes(optimum.verdict(diagram.assign(ratio=1.02 * diagram.ratio))) == ["agree", "agree", "disagree"]


def test_lost_points_disagree_and_a_short_map_is_not_judged(diagram):
    lost = diagram.assign(ratio=diagram.ratio.where(diagram.samples < 1e5))
    assert outcomes(optimum.verdict(lost)) == ["disagree"] * 3
    short = diagram.isel(samples=slice(0, 5))
    claim = optimum.verdict(short)[2]
    assert claim.outcome == "not judged" and claim.reason


@pytest.mark.parametrize("name", ["best_decay", "best_risk"])
def test_another_growth_disagrees(growth, name):
    n_eff = growth.dimension**growth.power
    k = ("best_decay", "best_risk").index(name)
    for factor in (n_eff**0.1, n_eff**-0.1, n_eff**0.5):
        assert outcomes(optimum.growth_verdict(growth.assign({name: growth[name] * factor})))[k] == "disagree"
    lost = growth.assign({name: growth[name].where(growth.power < 0.6)})
    assert outcomes(optimum.growth_verdict(lost))[k] == "disagree"
    constant = growth.assign({name: 0.0 * growth[name] + 1.0})
    assert outcomes(optimum.growth_verdict(constant))[k] == "disagree"
    assert np.all(np.isfinite(growth[name]))
