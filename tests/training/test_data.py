"""Sampled data: streams, reproducibility, what does not fit."""

from __future__ import annotations

import numpy as np
import pytest

import spectralaw as sl
from spectralaw.training.data import bytes_needed, draw, haar


def _task(network="quadratic", **changes):
    return sl.Task(network, 12, 40, 1.0, 0.5).replace(**changes)


@pytest.mark.parametrize("network", ["diagonal", "quadratic"])
def test_same_seed_same_data_and_other_seed_other_data(network):
    one, two, other = draw(_task(network), 3), draw(_task(network), 3), draw(_task(network), 4)
    assert np.array_equal(one.labels, two.labels) and np.array_equal(one.inputs, two.inputs)
    assert not np.array_equal(one.inputs, other.inputs) and not np.array_equal(one.target, other.target)


@pytest.mark.parametrize("network", ["diagonal", "quadratic"])
def test_fewer_samples_are_the_first_of_more(network):
    few, many = draw(_task(network), 0), draw(_task(network, samples=90), 0)
    assert np.array_equal(few.inputs, many.inputs[:40])
    np.testing.assert_allclose(few.labels, many.labels[:40], rtol=1e-12)


@pytest.mark.parametrize("network", ["diagonal", "quadratic"])
def test_noise_has_its_own_stream(network):
    noisy, clean = draw(_task(network), 1), draw(_task(network, noise_variance=0.0), 1)
    assert np.array_equal(noisy.inputs, clean.inputs) and np.array_equal(noisy.target, clean.target)
    noise = noisy.labels - clean.labels
    assert 0.2 < np.var(noise) / 0.5 < 2.5


def test_quadratic_teacher_has_the_spectrum_asked_for_and_labels_follow_the_definition():
    task = _task(noise_variance=0.0)
    data = draw(task, 0)
    np.testing.assert_allclose(np.linalg.eigvalsh(data.target)[::-1], task.teacher_values(), rtol=1e-10)
    z = (np.einsum("mi,mj->mij", data.inputs, data.inputs) - np.eye(12)) / np.sqrt(12)
    np.testing.assert_allclose(data.labels, np.einsum("mij,ij->m", z, data.target), rtol=1e-10, atol=1e-10)


def test_fixed_coefficients_are_the_target():
    task = sl.Task("diagonal", 5, 10, 1.0, teacher=sl.Empirical([3.0, -2.0, 1.0], coefficients="fixed"))
    assert draw(task, 0).target.tolist() == [3.0, -2.0, 1.0, 0.0, 0.0]


def test_haar_matrices_are_orthogonal_with_signs_of_both_kinds():
    q = [haar(6, np.random.default_rng(seed)) for seed in range(30)]
    for one in q:
        np.testing.assert_allclose(one @ one.T, np.eye(6), atol=1e-12)
    assert {bool(one[0, 0] > 0) for one in q} == {True, False}


def test_too_large_a_task_says_how_many_bytes():
    task = sl.Task("quadratic", 100_000, 1e7, 1.0)
    with pytest.raises(sl.InvalidInput, match=f"{bytes_needed(task, 'convex'):,} bytes"):
        sl.train(task)
