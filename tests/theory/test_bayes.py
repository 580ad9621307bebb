"""Bayes-optimal risks against matrices, limits, and bounds."""

from __future__ import annotations

import time

import numpy as np
import pytest

import spectralaw as sl
from spectralaw.free_probability import matrix_denoising, panels
from spectralaw.state_evolution.teacher_atoms import teacher_atoms
from spectralaw.theory.bayes import bayes_risk


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
    denoiser = matrix_denoising.Denoiser(atoms)
    assert denoiser._of_law(noise) == pytest.approx(denoiser._of_list(noise), rel=1e-7)


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


@pytest.mark.parametrize("noise", [1.0, 0.0478, 1e-3])
def test_a_law_that_ends_above_zeros(noise):
    atoms = _atoms(1500, sl.FiniteRank(330, 1.0))
    denoiser = matrix_denoising.Denoiser(atoms)
    assert denoiser._of_law(noise) == pytest.approx(denoiser._of_list(noise), rel=1e-7)


def test_error_is_the_integral_of_the_cubed_density():
    """M = δ² − (4π²/3) δ⁴ ∫ μ³ dx, on a dense grid: another formula for the same error."""
    from spectralaw.free_probability.subordination import curve

    values = sl.Task("quadratic", 60, 10, 1.0).teacher_values()
    noise = 0.7
    angle = np.linspace(0.0, np.pi, 60_001)
    x = np.max(values) + 1.5 * noise - (np.max(values) + 4.0 * noise) * 0.5 * (1.0 + np.cos(angle))
    density = curve(x, values, np.full(60, 1.0 / 60), noise).imag / (np.pi * noise**2)
    expected = noise**2 - 4.0 * np.pi**2 / 3.0 * noise**4 * np.trapezoid(density**3, x)
    error = matrix_denoising.denoising_error(_atoms(60), noise)
    assert error == pytest.approx(expected, rel=1e-5)


def test_bands_narrower_than_the_rounding_of_their_atoms():
    """All learned: δ² (2 k/d) to leading order, of values up to 1e5 with a noise of 1e-12."""
    atoms = _atoms(10**10, sl.FiniteRank(5000, 1.0))
    error = matrix_denoising.denoising_error(atoms, 1e-12)
    assert error == pytest.approx(1e-24 * 2.0 * 5000 / 1e10, rel=1e-5)


@pytest.mark.parametrize(
    ("task", "risk"),  # converged in the number of cells, and of panels, to more than the digits given
    [
        (sl.Task("quadratic", 10**6, 1e11, 1.0, 0.5, sl.PowerLaw(0.51)), 0.22191286),
        (sl.Task("quadratic", 6113198726, 1.55e23, 0.003, 1.18e-06, sl.FiniteRank(1902356, 2.0)), 4.685983e-15),
        (sl.Task("quadratic", 3253, 1318173427.0, 1.0, 1.143, sl.FiniteRank(673, 1.0)), 1.556155e-3),
        (sl.Task("quadratic", 545, 52814.51191831184, 1.0, 0.0, sl.PowerLaw(1.6818699463203886)), 3.5358181e-05),
        (
            sl.Task("quadratic", 378, 40699.49433970506, 1.0, 6.721529309585951e-13, sl.PowerLaw(0.5373954971203369)),
            0.034348583,
        ),
    ],
)
def test_known_risks(task, risk):
    assert sl.predict(task).bayes_risk == pytest.approx(risk, rel=1e-6)


@pytest.mark.slow
def test_large_dimensions_scale():
    risks = [sl.predict(sl.Task("quadratic", 10**6, n * 1e6, 1.0, 0.5)).bayes_risk for n in (1e3, 1e4)]
    slope = np.log10(risks[1] / risks[0])  # n_eff^(−1 + 1/2γ), γ = 1
    assert slope == pytest.approx(-0.5, abs=0.05)


@pytest.mark.parametrize(
    "task",
    [
        sl.Task("quadratic", 6_700_000_000, 1e15, 1.0, 0.1, sl.PowerLaw(0.744)),
        sl.Task("quadratic", 10**6, 1e11, 1.0, 0.5, sl.PowerLaw(0.51)),
        sl.Task("quadratic", 10**12, 1e20, 1.0, 1e-6, sl.PowerLaw(1.06)),
    ],
)
def test_few_dear_evaluations(task, monkeypatch):
    """Of the error to full accuracy, which is most of the cost; and none of them looks at many points of the curve."""
    evaluations, points = [], []
    error, along = matrix_denoising.Denoiser.error, panels._along

    def counted(self, noise):
        evaluations.append(self.accuracy is panels.FINE)
        return error(self, noise)

    def measured(atoms, noise, low, high, accuracy):
        points.append(len(low) * accuracy.panel)
        return along(atoms, noise, low, high, accuracy)

    monkeypatch.setattr(matrix_denoising.Denoiser, "error", counted)
    monkeypatch.setattr(panels, "_along", measured)
    assert sl.predict(task).bayes_risk > 0.0
    assert 1 <= sum(evaluations) <= 3
    assert len(evaluations) <= 8
    assert sum(points) < 2000 * len(evaluations)


@pytest.mark.slow
def test_processor_time():
    """0.2 s on an idle core; the factor is for busy ones."""
    task = sl.Task("quadratic", 6_700_000_000, 1e15, 1.0, 0.1, sl.PowerLaw(0.744))
    spent = []
    for _ in range(3):
        start = time.process_time()
        bayes_risk(task)
        spent.append(time.process_time() - start)
    assert min(spent) < 5 * 0.2
