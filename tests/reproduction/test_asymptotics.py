"""What is left of an asymptotic law: it must be small, and smaller than it was."""

from __future__ import annotations

import numpy as np
import pytest

from spectralaw.reproduction.asymptotics import shrinks

DIMENSIONS = np.array([1e6, 1e9, 1e12])


def claim(*levels, logarithms=False):
    return shrinks("law", "data", DIMENSIONS, [np.full(5, level) for level in levels], logarithms=logarithms)


def test_small_and_shrinking_agrees():
    good = claim(0.08, 0.04, 0.02)
    assert good.agrees and "0.0800, 0.0400, 0.0200" in good.measured and "1e12" in good.measured and not good.reason
    assert claim(1e-5, 1e-5, 3e-5).agrees  # too small to tell


@pytest.mark.parametrize(
    "levels",
    [(0.1, 0.05, 0.031), (0.005, 0.01, 0.02), (0.1, 0.05, np.nan), (np.nan, 0.001, 0.001), (0.001, np.nan, 0.001)],
)
def test_too_large_growing_or_lost_disagrees(levels):
    found = claim(*levels)
    assert found.outcome == "disagree" and found.reason


def test_one_far_point_disagrees():
    errors = [np.full(9, 0.02), np.append(np.full(8, 0.001), 0.11)]
    assert shrinks("law", "data", DIMENSIONS[[0, 2]], errors, logarithms=False).outcome == "disagree"


def test_a_logarithm_is_granted_its_next_term_and_no_more():
    assert claim(0.06, 0.05, 0.035, logarithms=True).agrees  # 1/log 10^12 is 0.0362
    assert not claim(0.06, 0.05, 0.035).agrees
    assert not claim(0.06, 0.05, 0.037, logarithms=True).agrees
