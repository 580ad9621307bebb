"""Narrow networks: wide limits, matrices, training."""

from __future__ import annotations

import numpy as np
import pytest

import spectralaw as sl
from spectralaw.state_evolution.teacher_atoms import teacher_atoms
from spectralaw.state_evolution.width import quantile, solve_narrow

from ..references import spectral_denoiser_reference


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
def test_training_reaches_it(width=2):  # wider ones, which take minutes, are trained by the experiment "width"
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


HARD = [
    (sl.Task("quadratic", 300, 1e9, 1e-3, 1e-6, sl.FiniteRank(3), width=10), 4.49304e-12),
    (
        sl.Task(
            "quadratic", 200, 214709341.17943358, 0.2594294848020318, 3.8586727776206995e-07, sl.PowerLaw(3.0), width=81
        ),
        1.7801186557e-10,
    ),
    (sl.Task("quadratic", 3110, 2745080, 0.0, 0.0, sl.PowerLaw(5.0), width=48), 1.57803e-16),
    (sl.Task("quadratic", 4, 3.319787, 49.746, 1e10, sl.PowerLaw(0.50014), width=1), 128080944791.6),
    (sl.Task("quadratic", 125, 1152774, 0.0, 0.0, sl.PowerLaw(1.25), width=8), 0.039364298715597),
]


@pytest.mark.parametrize(("task", "risk"), HARD, ids=[str(task.dimension) for task, _ in HARD])
def test_hard_corners(task, risk):
    p = sl.predict(task)
    assert p.status is sl.Status.CONVERGED and p.excess_risk == pytest.approx(risk, rel=1e-5)
    assert np.isfinite(p.training_loss)
    limit = sl.predict(task.replace(weight_decay=max(task.weight_decay, 1e-9)))
    assert p.training_loss == pytest.approx(limit.training_loss, rel=1e-5)


def test_training_loss_without_weight_decay():
    assert sl.predict(HARD[-1][0]).training_loss == pytest.approx(0.03929, rel=2e-4)


@pytest.mark.parametrize("seed", range(6))
def test_risk_is_that_of_a_dense_quadrature(seed):
    """R at the solution's δ, c and b, and the mass above b, for random tasks of many scales."""
    rng = np.random.default_rng(seed)
    d = int(rng.integers(3, 12))
    width = int(rng.integers(1, d))
    values = np.abs(rng.standard_normal(d)) * 10.0 ** rng.uniform(-2, 2, d)
    noise = float(rng.choice([0.0, 10.0 ** rng.uniform(-7, 1)]))
    task = sl.Task("quadratic", d, d * d * 10.0 ** rng.uniform(-1, 5), 10.0 ** rng.uniform(-8, 0), noise,
                   sl.Empirical(values), width=width)  # fmt: skip
    found = solve_narrow(task)
    assert found is not None and found.residual <= 1e-10
    assert found.excess_risk + noise == pytest.approx(4.0 * task.samples / d**2 * found.noise**2, rel=1e-9)
    if found.cut > found.threshold:
        error, mass = spectral_denoiser_reference(
            values, np.full(d, 1 / d), found.noise, found.threshold, found.cut, 80
        )
        assert mass == pytest.approx(width / d, rel=1e-7)
        assert 2.0 * error == pytest.approx(found.excess_risk, rel=1e-6)


def test_random_narrow_tasks_are_solved():
    rng = np.random.default_rng(3)
    for _ in range(40):
        d = int(10.0 ** rng.uniform(0.4, 6.0)) + 1
        task = sl.Task("quadratic", d, max(1.0, d**2.0 * 10.0 ** rng.uniform(-3, 5)), 10.0 ** rng.uniform(-8, 2),
                       float(rng.choice([0.0, 10.0 ** rng.uniform(-7, 1)])), sl.PowerLaw(rng.uniform(0.501, 4.0)),
                       width=max(1, int(d * 10.0 ** rng.uniform(-2, 0)) - 1))  # fmt: skip
        p = sl.predict(task)
        assert p.status.is_result and p.excess_risk > 0.0 and np.isfinite(p.training_loss), task
