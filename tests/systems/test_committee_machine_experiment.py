"""The experiment on committee machines: data that agree, and data that must not."""

from __future__ import annotations

import numpy as np
import pytest

from spectralaw.systems.committee_machine import experiment as x
from spectralaw.systems.committee_machine import verdicts

SIZES = ((16, 1500), (32, 1500), (64, 800), (1000, 4))


@pytest.fixture(scope="module")
def data():
    names = list(x.SETTINGS)
    return [
        x.simulated(names[0], SIZES, (1.0, 10.0)),
        x.exponents((64, 512)),
        x.feature_exponents(((2.0, 64),)),
        x.leading(4096, (2, 8, 16, 32)),
        x.plateaus((1, 4, 16), points=80),
    ]


def outcomes(claims):
    return [str(claim.outcome) for claim in claims]


def about(data, kind):
    return next(part for part in data if part.attrs["kind"] == kind)


def judged(part):
    return outcomes(verdicts._JUDGES[part.attrs["kind"]](part))


def test_true_data_agree_and_are_drawn(data, tmp_path):
    claims = x.judge(data)
    assert {c.statement for c in claims} == set(x.EXPERIMENT.claims)
    assert set(outcomes(claims)) == {"agree"}, "\n".join(map(str, claims))
    pytest.importorskip("matplotlib")
    assert x.EXPERIMENT.draw(data).axes
    assert "N = 1,000" in x.EXPERIMENT.caption(data)


def test_parts_that_are_missing_are_not_judged(data):
    claims = x.judge([data[1]])
    assert outcomes(claims).count("not judged") == len(x.EXPERIMENT.claims) - 1
    assert all(c.reason for c in claims if c.outcome == "not judged")


def test_sgd_that_is_off_disagrees(data):
    part = about(data, "simulation")
    large = part.dimension >= verdicts.LARGE
    assert judged(part) == ["agree", "agree"]
    for factor in (1.1, 0.9, np.nan):
        assert judged(part.assign(mean=part["mean"].where(~large, factor * part["mean"])))[0] == "disagree"
    one = part["mean"].where(~(large & (part.alpha == 1.0)))
    assert judged(part.assign(mean=one))[0] == "disagree"
    assert judged(part.assign(theory=part.theory * np.nan))[0] == "disagree"
    assert judged(part.assign(standard_error=part.standard_error.where(~large, np.nan)))[0] == "disagree"
    assert judged(part.assign(standard_error=0.0 * part.standard_error))[0] == "disagree"


def test_a_difference_that_does_not_shrink_like_1_over_n_disagrees(data):
    part = about(data, "simulation")
    theory, N = part.theory, part.dimension
    for power in (0.0, -0.5, -2.0, 0.5):
        wrong = theory * (1.0 + 0.115 * (N / 16.0) ** power)
        spread = 0.02 * theory * (N / 16.0) ** min(power, 0.0) * 0.1
        assert judged(part.assign(mean=wrong, standard_error=spread))[1] == "disagree"
    right = theory * (1.0 + 0.115 * 16.0 / N)
    assert judged(part.assign(mean=right, standard_error=0.05 * abs(right - theory)))[1] == "agree"
    assert judged(part.assign(mean=part["mean"].where(N != 32)))[1] == "disagree"
    wide = part.assign(standard_error=part.standard_error * 30.0)
    claim = verdicts._judge_simulation(wide)[1]
    assert claim.outcome == "not judged" and "two error bars" in claim.reason
    few = part.isel(dimension=[0, 1, 3])
    assert judged(few)[1] == "not judged"


def test_other_exponents_disagree(data):
    part = about(data, "exponents")
    assert judged(part) == ["agree"]
    for wrong in (part.exponent * 1.1, part.exponent.where(part.beta != 1.0), part.exponent + 0.0 * part.beta - 0.05):
        assert judged(part.assign(exponent=wrong)) == ["disagree"]
    assert judged(part.isel(levels=[1, 0])) == ["disagree"]  # farther with L
    assert judged(part.isel(levels=[1])) == ["disagree"]
    erf = about(data, "features")
    for wrong in (erf.exponent - 0.1, erf.exponent * np.nan, 0.0 * erf.exponent):
        assert judged(erf.assign(exponent=wrong)) == ["disagree"]


def test_another_law_of_leading_directions_disagrees(data):
    part = about(data, "leading")
    assert judged(part) == ["agree"]
    n = part.trained
    for wrong in (part.error * n**-0.3, part.error * n**0.3, part.error.where(n < 32), 0.0 * part.error + 1.0):
        assert judged(part.assign(error=wrong)) == ["disagree"]


def test_other_plateaus_disagree(data):
    part = about(data, "plateaus")
    assert judged(part) == ["agree", "agree"]
    backwards = part.escape.copy(data=part.escape.values[::-1])
    stays = part.height.copy(data=np.full(3, 0.006))
    none = part.height.copy(data=np.full(3, np.nan))
    for change in (
        {"escape": backwards},
        {"escape": 0.0 * part.escape + 300.0},
        {"escape": part.escape.where(part.levels != 4)},
        {"height": stays},
        {"height": none},
        {"error": part.error.where(part.levels != 4)},
        {"computed": part.computed & (part.levels != 4)},
    ):
        assert judged(part.assign(change))[0] == "disagree"
    heights = part.isotropic_height
    for wrong in (1.02 * heights, 0.98 * heights, heights * np.nan, heights.where(heights > heights.min()),
                  0.0 * heights + part.attrs["limit_height"]):  # fmt: skip
        assert judged(part.assign(isotropic_height=wrong))[1] == "disagree"
