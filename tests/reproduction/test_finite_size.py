"""Many points of a curve in one line: what it says, and what it must refuse."""

from __future__ import annotations

import numpy as np
import pytest

from spectralaw.comparison.limit import Sized
from spectralaw.reproduction import finite_size
from spectralaw.results import Outcome


def points(limit, error, count=40, amplitude=2.0, dimensions=(25, 50, 100)):
    rng = np.random.default_rng(0)
    return [
        finite_size.point(
            f"point {k}",
            [Sized(d, 10.0, 1.0, limit + amplitude / d + error * rng.standard_normal(), error, 24) for d in dimensions],
        )
        for k in range(count)
    ]


def test_points_too_noisy_one_by_one_are_judged_together():
    claim = finite_size.claim("c", "a", points(1.0, 0.05))
    assert claim.outcome is Outcome.AGREE and "all together" in claim.measured and "0 disagree" in claim.measured


@pytest.mark.parametrize("limit", [0.85, 1.15])
def test_a_common_deviation_disagrees(limit):
    assert finite_size.claim("c", "a", points(limit, 0.05)).outcome is Outcome.DISAGREE


def test_one_wrong_point_disagrees_and_is_named():
    found = [*points(1.0, 0.005, 10), *points(1.3, 0.005, 1)]
    claim = finite_size.claim("c", "a", found)
    assert claim.outcome is Outcome.DISAGREE and "1 disagree" in claim.measured and "tends to 1.2" in claim.reason


def test_exact_points_do_not_outweigh_the_others():
    exact = [finite_size.point("collapse", [Sized(d, 10.0, 2.0, 2.0, 1e-15, 9) for d in (25, 50, 100)])]
    assert finite_size.claim("c", "a", [*points(1.15, 0.05), *exact]).outcome is Outcome.DISAGREE


def test_deviations_are_counted_and_the_largest_is_named():
    claim = finite_size.claim("c", "a", points(1.3, 0.01, 5))
    assert (
        "at d = 100, 5 of 5 are beyond 3 standard errors" in claim.measured
        and "largest deviation is +3" in claim.measured
    )


@pytest.mark.parametrize(("amplitude", "outcome"), [(3.0, Outcome.AGREE), (0.0, Outcome.NOT_JUDGED)])
def test_shrinking(amplitude, outcome):
    found = points(1.0, 0.01, amplitude=amplitude)
    assert finite_size.shrinking("c", "a", found, lambda size: True).outcome is outcome
    turned = [
        finite_size.point(p.where, [Sized(125 - s.dimension, 10.0, 1.0, s.mean, 0.01, 9) for s in p.sizes])
        for p in found
    ]
    lost = [*found, finite_size.point("lost", [Sized(d, 10.0, 1.0, np.nan, np.nan, 0) for d in (25, 50, 100)])]
    short = [*found, finite_size.point("short", found[0].sizes[1:])]
    for more in (lost, short):  # the same points at every dimension, and it is said
        claim = finite_size.shrinking("c", "a", more, lambda size: True)
        assert claim.outcome is outcome and "over 40 of 41 points" in claim.measured
    if amplitude:
        assert finite_size.shrinking("c", "a", turned, lambda size: True).outcome is Outcome.DISAGREE
