"""Bayes-optimal risks against matrices, limits, and bounds."""

from __future__ import annotations

import numpy as np
import pytest

import spectralaw as sl
from spectralaw.free_probability import matrix_denoising
from spectralaw.state_evolution.teacher_atoms import teacher_atoms


def _atoms(dimension, teacher=None):
    return teacher_atoms(sl.Task("quadratic", dimension, 10, 1.0, teacher=teacher or sl.PowerLaw(1.0)))


def test_known_numbers():
    assert matrix_denoising.denoising_error(_atoms(400), 0.5) == pytest.approx(0.0346, abs=5e-5)
    diagonal = sl.Task("diagonal", 10**8, 1e3, 1.0, 0.5)
    assert sl.predict(diagonal).bayes_risk == pytest.approx(0.0278752255, rel=1e-6)
    assert sl.predict(diagonal.replace(samples=1e15)).bayes_risk == pytest.approx(2.15366945e-8, rel=1e-6)


@pytest.mark.statistical
def test_denoising_error_is_that_of_the_oracle_on_matrices():
    dimension, noise, rng = 400, 0.5, np.random.default_rng(0)
    values = sl.Task("quadratic", dimension, 10, 1.0).teacher_values()
    errors = []
    for _ in range(3):
        g = rng.standard_normal((dimension, dimension))
        noisy = np.diag(values) + noise * (g + g.T) / np.sqrt(2.0 * dimension)
        _, vectors = np.linalg.eigh(noisy)
        best = np.einsum("ik,i,ik->k", vectors, values, vectors)  # the best rotationally invariant estimate
        errors.append(np.mean(np.sum(((vectors * best) @ vectors.T - np.diag(values)) ** 2, axis=1)))
    assert np.mean(errors) == pytest.approx(matrix_denoising.denoising_error(_atoms(dimension), noise), rel=0.01)


@pytest.mark.parametrize("noise", [1e-3, 0.03, 1.0, 10.0])
def test_denoising_error_is_below_noise_and_variance(noise):
    k = np.arange(1, 401)
    quantiles = 2.0 * np.cos(np.pi * (k - 0.5) / 400)  # of the arcsine law: any bounded law does for the limits
    atoms = _atoms(400, sl.Empirical(2.0 + quantiles))
    error = matrix_denoising.denoising_error(atoms, noise)
    assert 0.0 < error < min(noise**2, float(np.var(quantiles)))
    if noise == 10.0:  # nothing but the mean can be estimated
        assert error == pytest.approx(float(np.var(quantiles)), rel=0.05)


@pytest.mark.parametrize("noise", [2.0, 0.3, 0.01])
def test_blocks_of_a_law_are_the_list_of_its_values(noise):
    atoms = _atoms(300)
    listed, law = matrix_denoising._listed(atoms, noise), matrix_denoising._law(atoms, noise)
    assert law == pytest.approx(listed, rel=2e-6)


@pytest.mark.parametrize("network", ["diagonal", "quadratic"])
@pytest.mark.parametrize("samples", [0.05, 1.0, 30.0])
def test_no_weight_decay_beats_bayes(network, samples):
    n = samples * (100 if network == "diagonal" else 100**2)
    task = sl.Task(network, 100, max(n, 1.0), 1.0, 0.5)
    risks = sl.predict_grid(task, weight_decay=np.geomspace(1e-3, 100, 40)).excess_risk
    bayes = sl.predict(task).bayes_risk
    assert bayes is not None and 0.0 < bayes < float(risks.min())
    if samples == 30.0:
        assert float(risks.min()) < 1.5 * bayes


def test_noiseless_and_plentiful_data_leave_no_risk():
    assert sl.predict(sl.Task("quadratic", 100, 1e5, 1.0)).bayes_risk == 0.0
    assert sl.predict(sl.Task("diagonal", 50, 100, 1.0, teacher=sl.PowerLaw(1.0, "fixed"))).bayes_risk is None


@pytest.mark.slow
def test_large_dimensions_scale():
    risks = [sl.predict(sl.Task("quadratic", 10**6, n * 1e6, 1.0, 0.5)).bayes_risk for n in (1e3, 1e4)]
    slope = np.log10(risks[1] / risks[0])  # n_eff^(−1 + 1/2γ), γ = 1
    assert slope == pytest.approx(-0.5, abs=0.05)
