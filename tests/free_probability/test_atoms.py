"""Compressed spectra carry the same sums as listed ones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spectralaw as sl
from spectralaw.free_probability.atoms import LISTED_UP_TO, Atoms
from spectralaw.free_probability.index_rule import discrete_rule, index_rule
from spectralaw.state_evolution.teacher_atoms import teacher_atoms


@given(first=st.integers(1, 10**6), size=st.integers(1, 3000), power=st.integers(0, 12))
def test_rule_is_exact_for_polynomials(first, size, power):
    nodes, weights = discrete_rule(np.array([float(first)]), np.array([float(size)]))
    index = np.arange(first, first + size, dtype=float)
    scale = first + size
    assert np.sum(weights * (nodes / scale) ** power) == pytest.approx(np.sum((index / scale) ** power), rel=1e-11)


@given(count=st.integers(1, 20_000), centre=st.floats(1, 1e5))
def test_rule_resolves_a_pole_near_its_centre(count, centre):
    nodes, weights = index_rule(count, np.array([centre]))
    assert np.all(weights >= 0.0)
    assert np.sum(weights) == pytest.approx(count, rel=1e-13)
    index = np.arange(1.0, count + 1.0)
    pole = min(max(centre, 1.0), count) + 0.3
    for height in (1e-3, 3.0):
        f = lambda i: 1.0 / (i - pole - 1j * height)  # noqa: B023, E731
        exact, rule = np.sum(f(index)), np.sum(weights * f(nodes))
        assert abs(rule - exact) <= 1e-10 * np.sum(abs(f(index)))


def test_number_of_atoms_hardly_grows():
    sizes = [index_rule(10**k, np.array([100.0]))[0].shape[1] for k in (4, 8, 12)]
    assert sizes[-1] < 700


@pytest.mark.parametrize("network", ["diagonal", "quadratic"])
@pytest.mark.parametrize("teacher", [sl.PowerLaw(1.0), sl.PowerLaw(0.7), sl.FiniteRank(2500, 0.8)])
def test_compressed_equals_listed(network, teacher):
    d = 3000
    task = sl.Task(network, d, 1.0, 1.0, 0.3, teacher)
    listed = task.replace(teacher=sl.Empirical(task.teacher_values()))
    assert not teacher_atoms(task).listed and d > LISTED_UP_TO
    for samples in (0.03, 0.3, 3.0, 300.0):
        for decay in (1e-2, 1.0, 30.0):
            n = samples * d ** (2 if network == "quadratic" else 1)
            short, long = (sl.predict(t.replace(samples=n, weight_decay=decay)) for t in (task, listed))
            assert short.excess_risk == pytest.approx(long.excess_risk, rel=1e-9)
            assert short.threshold == pytest.approx(long.threshold, rel=1e-9)


def test_equal_values_are_one_atom():
    values, counts = Atoms.of_values(np.array([2.0, 1.0, 2.0]), 5).all()
    assert values.tolist() == [2.0, 1.0, 0.0]
    assert counts.tolist() == [2.0, 1.0, 2.0]
