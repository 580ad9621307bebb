"""The same problem at another dimension: what is kept."""

from __future__ import annotations

import numpy as np
import pytest

import spectralaw as sl
from spectralaw.comparison.sizes import chosen_dimensions, default_dimensions, own_seeds, resized


@pytest.mark.parametrize(
    ("dimension", "expected"),
    [(4, [4, 25, 50, 100]), (25, [25, 50, 100]), (49, [49, 98, 196]), (50, [25, 50, 100]), (70, [35, 70, 140]),
     (100, [25, 50, 100]), (400, [100, 200, 400])],
)  # fmt: skip
def test_dimensions(dimension, expected):
    assert default_dimensions(sl.Task("diagonal", dimension, 10, 1.0)) == expected


def test_chosen_dimensions_hold_the_own():
    task = sl.Task("diagonal", 40, 10, 1.0)
    assert chosen_dimensions(task, []) == [40] and chosen_dimensions(task, [80, 20]) == [20, 40, 80]
    for bad in ("20", 20, [1], [2.5], [-3]):
        with pytest.raises(sl.InvalidInput, match="dimensions must"):
            chosen_dimensions(task, bad)  # type: ignore[arg-type]


@pytest.mark.parametrize("network", ["diagonal", "quadratic"])
def test_ratios_of_the_equations_are_kept(network):
    task = sl.Task(network, 80, 1600, 0.7, 0.5, sl.PowerLaw(1.3))
    small = resized(task, 40)
    power = 1 if network == "diagonal" else 2
    assert small.samples / 40**power == task.samples / 80**power
    assert (small.weight_decay, small.noise_variance, small.teacher) == (0.7, 0.5, task.teacher)


@pytest.mark.parametrize("network", ["diagonal", "quadratic"])
def test_the_prediction_of_a_bulk_teacher_is_the_same_at_any_dimension(network):
    """A list without a law of the index: theory depends on the ratios alone, so that only d may change it."""
    values = np.linspace(0.2, 1.8, 200) * (1.0 if network == "quadratic" else 200**-0.5)
    n = 100 if network == "diagonal" else 8_000
    task = sl.Task(network, 200, n, 0.3, 0.5, sl.Empirical(values, coefficients="fixed"))
    here, there = sl.predict(task), sl.predict(resized(task, 100))
    for name in ("excess_risk", "training_loss", "zero_mass"):
        assert getattr(there, name) == pytest.approx(getattr(here, name), rel=2e-3)
    assert sl.predict(resized(task, 100).replace(weight_decay=2.0)).excess_risk != pytest.approx(
        here.excess_risk, rel=2e-3
    )


def test_ranks_signs_and_widths():
    few, many = (sl.Task("quadratic", 80, 900, 1.0, 0.5, sl.FiniteRank(rank)) for rank in (3, 40))
    assert resized(few, 40).teacher == few.teacher and resized(many, 40).teacher == sl.FiniteRank(20)
    fixed = sl.Empirical([1.0, -0.5, 0.2, 0.1], coefficients="fixed")
    signed = resized(sl.Task("diagonal", 4, 10, 1.0, 0.5, fixed), 2)
    assert signed.teacher.spectrum[0] > 0 and signed.teacher_values() @ signed.teacher_values() == pytest.approx(1.3)
    narrow = sl.Task("quadratic", 80, 900, 1.0, 0.5, width=30)
    small = resized(narrow, 40)
    assert small.width == 15 and small.effective_weight_decay == pytest.approx(narrow.effective_weight_decay)
    assert resized(narrow, 27).effective_weight_decay == pytest.approx(narrow.effective_weight_decay)


def test_no_seed_is_used_twice():
    seeds = own_seeds([3, 8], [25, 50, 100, 200], 100)
    assert seeds[100] == [3, 8] and [len(seeds[d]) for d in (25, 50, 200)] == [16, 8, 2]
    every = [seed for some in seeds.values() for seed in some]
    assert len(set(every)) == len(every)
