"""Narrow networks: wide limits, matrices, training."""

from __future__ import annotations

import numpy as np
import pytest

import spectralaw as sl
from spectralaw.state_evolution.teacher_atoms import teacher_atoms
from spectralaw.state_evolution.width import quantile, solve_narrow


def _task(width, samples=900, weight_decay=0.1, dimension=60):
    return sl.Task("quadratic", dimension, samples, weight_decay * np.sqrt(dimension / width), 0.5, width=width)


def test_units_beyond_the_survivors_do_not_matter():
    full = sl.predict(_task(60))
    survivors = (1.0 - full.zero_mass) * 60
    for width in (int(np.ceil(survivors)) + 1, 50, 60, 200):
        assert sl.predict(_task(width)).excess_risk == pytest.approx(full.excess_risk, rel=1e-12)


def test_the_cut_joins_the_threshold_continuously():
    """With as many units as survivors, the equations with a cut have the solution of the wide network."""
    task = sl.Task("quadratic", 1000, 250_000, 0.3, 0.5)
    full = sl.predict(task)
    width = int(np.floor((1.0 - full.zero_mass) * 1000))
    narrow = solve_narrow(task.replace(width=width, weight_decay=0.3 * np.sqrt(1000 / width)))
    assert narrow is not None and narrow.residual < 1e-10
    assert narrow.excess_risk == pytest.approx(full.excess_risk, rel=1e-3)
    assert narrow.cut == pytest.approx(narrow.threshold, abs=0.02)


@pytest.mark.statistical
@pytest.mark.parametrize("width", [4, 12, 25])
def test_equations_hold_on_matrices(width):
    """R of the p largest eigenvalues of S* + δ Z, less c, at the predicted δ and c; and R + Δ = N δ²."""
    task, rng, d = _task(width, samples=6_000, dimension=150, weight_decay=0.02), np.random.default_rng(0), 150
    p = sl.predict(task)
    s, risks = task.teacher_values(), []
    for _ in range(16):
        g = rng.standard_normal((d, d))
        values, vectors = np.linalg.eigh(np.diag(s) + p.effective_noise * (g + g.T) / np.sqrt(2.0 * d))
        kept = vectors[:, -width:] * (values[-width:] - p.threshold)
        risks.append(2.0 / d * np.sum((kept @ vectors[:, -width:].T - np.diag(s)) ** 2))
    assert np.mean(risks) == pytest.approx(p.excess_risk, rel=0.03)
    assert p.excess_risk + 0.5 == pytest.approx(4.0 * 6000 / d**2 * p.effective_noise**2, rel=1e-9)


@pytest.mark.statistical
@pytest.mark.parametrize("width", [2, 10])
def test_training_reaches_it(width):
    task = _task(width, samples=1800, weight_decay=0.5)
    comparison = sl.compare(task, 5, "network")
    assert comparison.status is sl.Status.CONVERGED
    assert comparison.rows["excess_risk"].agrees and comparison.rows["training_loss"].agrees
    assert comparison.rows["zero_mass"].mean == pytest.approx(1.0 - width / 60)


def test_double_descent_in_the_width():
    risks = [sl.predict(_task(width)).excess_risk for width in (2, 10, 40)]
    assert risks[1] > 1.3 * risks[0] and risks[1] > 1.3 * risks[2]


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_quantiles_cut_the_share_asked_for(share):
    atoms = teacher_atoms(sl.Task("quadratic", 200, 10, 1.0))
    rng, count = np.random.default_rng(0), 0.0
    cut = quantile(atoms, 0.8, share)
    for _ in range(10):
        g = rng.standard_normal((200, 200))
        values = np.linalg.eigvalsh(np.diag(atoms.all()[0]) + 0.8 * (g + g.T) / 20.0)
        count += np.mean(values > cut) / 10
    assert count == pytest.approx(share, abs=0.01)


def test_spectrum_of_a_narrow_network():
    prediction = sl.predict(_task(20))
    spectrum = prediction.spectrum
    assert prediction.zero_mass == pytest.approx(1 - 20 / 60)
    assert spectrum.bulk_mass + spectrum.outlier_count / 60 == pytest.approx(20 / 60, abs=1e-9)
    assert np.trapezoid(spectrum.values, spectrum.grid) == pytest.approx(spectrum.bulk_mass, rel=1e-3)
    assert spectrum.grid.min() > 0.0 and prediction.decomposition is None


def test_exponents_are_slopes():
    task = _task(10)
    p = sl.predict(task)
    up, down = (sl.predict(task.replace(samples=900 * f)).excess_risk for f in (1.01, 1 / 1.01))
    assert p.exponents.samples == pytest.approx(np.log(up / down) / (2 * np.log(1.01)), rel=0.01)
