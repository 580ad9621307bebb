"""Judging by the limit d → ∞: what must agree, what must disagree, and what cannot be told."""

from __future__ import annotations

import math

import numpy as np
import pytest

from spectralaw.comparison.limit import Sized, judge, largest_seen, z_score
from spectralaw.results import Outcome


def sizes(limit, amplitude, power, dimensions=(50, 100, 200), error=0.008, seeds=20, theory=0.7, share=0.25, rng=None):
    result = []
    for d in dimensions:
        noise = 0.0 if rng is None else error * rng.standard_normal()
        ratio = limit + amplitude * d**-power + noise
        result.append(Sized(d, share * d, theory, theory * ratio, theory * error, seeds))
    return result


@pytest.mark.parametrize(("amplitude", "power"), [(5.0, 1.0), (-3.0, 1.0), (0.7, 0.5), (1.5, 0.7), (0.0, 1.0)])
def test_a_finite_size_effect_is_no_disagreement(amplitude, power):
    verdict = judge(sizes(1.0, amplitude, power))
    assert verdict.outcome is Outcome.AGREE and verdict.reason == ""
    assert abs(verdict.limit - 1.0) <= 3.0 * verdict.limit_error < 0.15
    assert verdict.finite_size(100) == pytest.approx(amplitude * 100**-power, abs=0.03)


@pytest.mark.parametrize("limit", [0.75, 1.25, 2.0, 0.5])
@pytest.mark.parametrize(("amplitude", "power"), [(5.0, 1.0), (0.7, 0.5), (0.0, 1.0)])
def test_a_wrong_theory_disagrees(limit, amplitude, power):
    verdict = judge(sizes(limit, amplitude, power))
    assert verdict.outcome is Outcome.DISAGREE and verdict.reason


def test_measured_means_of_the_issue_agree():
    """Mean over theory, quadratic, γ = 1, λ = 1, Δ = 1/2, at d = 50, 100, 200, 400."""
    for share, means, errors in (
        (0.1, (1.120, 1.148, 1.101, 1.067), (0.024, 0.022, 0.013, 0.009)),
        (0.25, (1.107, 1.091, 1.041, 1.016), (0.016, 0.011, 0.008, 0.006)),
    ):
        measured = [
            Sized(d, share * d, 1.0, m, e, 16) for d, m, e in zip((50, 100, 200, 400), means, errors, strict=True)
        ]
        assert judge(measured).outcome is Outcome.AGREE
        wrong = [Sized(s.dimension, s.effective_samples, 0.8, s.mean, s.standard_error, 16) for s in measured]
        assert judge(wrong).outcome is Outcome.DISAGREE


@pytest.mark.statistical
def test_a_right_theory_is_rarely_refused():
    rng = np.random.default_rng(0)
    outcomes = []
    for power in rng.choice([0.5, 0.75, 1.0], 400):
        outcomes.append(judge(sizes(1.0, 0.08 * 50**power, power, rng=rng, seeds=8)).outcome)
    assert outcomes.count(Outcome.DISAGREE) <= 4  # measured: 0; three standard errors are 0.3 %


def test_few_seeds_are_not_trusted():
    """Two seeds that happen to lie close together make no proof."""
    lucky = sizes(1.2, 0.0, 1.0, seeds=2)
    assert judge(lucky).outcome is Outcome.NOT_JUDGED
    assert judge(sizes(1.2, 0.0, 1.0, seeds=20)).outcome is Outcome.DISAGREE


@pytest.mark.parametrize(
    ("measured", "reason"),
    [
        (sizes(1.0, 5.0, 1.0, dimensions=(100,)), "one size"),
        (sizes(1.0, 5.0, 1.0, error=0.1), "times the seeds"),
        (sizes(1.0, 5.0, 1.0, share=0.005), "order one"),
        (sizes(1.0, 5.0, 1.0, share=0.02), "n_eff ≥ 3"),
        ([Sized(d, 50, 1.0, r, 0.005, 20) for d, r in ((50, 1.0), (100, 1.2), (200, 1.0))], "no power"),
        ([Sized(50, 9, 1.0, math.nan, math.nan, 0)], "no training"),
        ([Sized(d, 50, 0.0, 0.1, 0.01, 9) for d in (50, 100)], "predicted value is 0"),
    ],
)
def test_what_cannot_be_told_says_why(measured, reason):
    verdict = judge(measured)
    assert verdict.outcome is Outcome.NOT_JUDGED and reason in verdict.reason


@pytest.mark.parametrize("factor", [0.0, 0.3, 3.0, 10.0])
def test_one_size_is_enough_for_what_is_grossly_wrong(factor):
    for n_eff in (0.5, 1.0, 2.5, 50.0):
        one = [Sized(100, n_eff, 1.0, factor, 0.02, 8)]
        assert judge(one).outcome is Outcome.DISAGREE
        assert judge(one, bound=None).outcome is Outcome.NOT_JUDGED


def test_equal_numbers_agree_and_zero_mass_is_compared_by_its_difference():
    assert judge([Sized(20, 5, 2.0, 2.0, 0.0, 3)]).outcome is Outcome.AGREE
    masses = [Sized(d, 50, 0.0, 1.0 / d, 0.001, 9) for d in (50, 100, 200)]
    assert judge(masses, relative=False).outcome is Outcome.AGREE
    masses = [Sized(d, 50, 0.1, 0.3, 0.001, 9) for d in (50, 100, 200)]
    assert judge(masses, relative=False).outcome is Outcome.DISAGREE


def test_bound_holds_for_the_worst_that_was_measured():
    """(n_eff, d, factor, mean/theory less 3 standard errors) of 560 tasks, the ones nearest to the bound."""
    for n_eff, d, factor, ratio in ((4, 50, 2.0, 1.87), (2, 50, 2.0, 1.61), (2, 8, 1.0, 1.72), (0.5, 8, 1.0, 0.64)):
        bound = 1.0 + largest_seen(n_eff, d, factor)
        assert 1.0 / bound < ratio < bound


def test_z_scores():
    assert z_score(1.2, 1.0, 0.1) == pytest.approx(2.0)
    assert z_score(1.0, 1.0, 0.0) == 0.0
    assert z_score(0.5, 1.0, 0.0) == -math.inf


def test_a_deviation_that_still_grows_with_few_samples_is_not_judged():
    """Measured at n = 0.06 d², λ = 0.01: the effect rises to n_eff = 6 and falls from there."""
    rising = [Sized(50, 3.0, 1.0, 1.096, 0.012, 24), Sized(100, 6.0, 1.0, 1.299, 0.026, 16)]
    found = judge(rising)
    assert found.outcome is Outcome.NOT_JUDGED and "still grows with d at n_eff = 6" in found.reason
    plenty = [Sized(s.dimension, 10.0 * s.effective_samples, 1.0, s.mean, s.standard_error, s.seeds) for s in rising]
    assert judge(plenty).outcome is Outcome.DISAGREE  # with many samples the same numbers are a wrong theory
