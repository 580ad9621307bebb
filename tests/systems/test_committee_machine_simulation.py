"""One-pass SGD: against a plain loop over examples, and the equations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import erf

from spectralaw.systems import committee_machine as cm
from spectralaw.systems.committee_machine import simulation
from spectralaw.systems.committee_machine.averages import error

LAW = cm.PowerLawSpectrum(4, 1.0)


def plain(setting, N, examples, seed):
    """The definition, one example after the other, in the units of the documents."""
    rng = np.random.default_rng(seed)
    counts = simulation.directions(setting, N)
    eigenvalues = np.repeat(setting.spectrum.values, counts)
    weights = simulation._start(setting, counts, rng)
    J, B = weights[: setting.students], weights[setting.students :]
    root = np.sqrt(2.0)
    for _ in range(examples):
        xi = np.sqrt(eigenvalues) * rng.standard_normal((1, N), dtype=np.float32)[0].astype(float)
        x, y = J @ xi / np.sqrt(N), B @ xi / np.sqrt(N)
        if setting.activation == "erf":
            slope = np.sqrt(2.0 / np.pi) * np.exp(-0.5 * x * x)
            x, y = erf(x / root), erf(y / root)
        else:
            slope = np.ones_like(x)
        wrong = x.sum() / np.sqrt(setting.students) - y.sum() / np.sqrt(setting.teachers)
        J -= setting.learning_rate / np.sqrt(N) * wrong / np.sqrt(setting.students) * slope[:, None] * xi
    gram = (weights * eigenvalues) @ weights.T / N
    K = setting.students
    return float(error(setting.activation, gram[:K, :K], gram[:K, K:], gram[K:, K:]))


@pytest.mark.parametrize(
    "setting",
    [
        cm.CommitteeSetting(3, 2, LAW, 0.9, student_overlaps=0.2),
        cm.CommitteeSetting(2, 1, cm.Spectrum([3.0, 0.2], [0.25, 0.75]), 0.2, "linear"),
    ],
)
def test_products_of_many_examples_are_one_example_after_the_other(setting):
    found = simulation.simulate(setting, [0.5, 2.0, 0.0], 40, [3, 5])
    assert found.alphas.tolist() == [0.5, 2.0, 0.0]
    for row, seed in zip(found.errors, (3, 5), strict=True):
        assert row == pytest.approx([plain(setting, 40, count, seed) for count in (20, 80, 0)], rel=1e-10)


def test_seeds_do_not_depend_on_each_other_or_on_chunks(monkeypatch):
    setting = cm.CommitteeSetting(2, 2, LAW, 0.5)
    two = cm.simulate(setting, [1.0, 3.0], 64, [0, 7])
    monkeypatch.setattr(simulation, "CHUNK", 5)
    monkeypatch.setattr(simulation, "_TOGETHER", 1)
    again = cm.simulate(setting, [1.0, 3.0], 64, [7, 0])
    assert again.errors[::-1] == pytest.approx(two.errors, rel=1e-10)
    assert "2" in repr(two) and two.to_xarray().sizes == {"seed": 2, "alpha": 2}


def test_it_starts_from_the_very_overlaps():
    setting = cm.CommitteeSetting(3, 2, LAW, 0.5).random_start(100, 0.3, 1)
    weights = simulation._start(setting, [25] * 4, np.random.default_rng(0))
    for k in range(4):
        part = weights[:, 25 * k : 25 * (k + 1)]
        assert part @ part.T / 25 == pytest.approx(setting.gram()[k], abs=1e-12)
    start = cm.integrate(setting, [0.0]).generalization_error
    assert cm.simulate(setting, [0.0], 48, 2).errors == pytest.approx(np.full((2, 1), start[0]), rel=1e-10)


@pytest.mark.statistical
@pytest.mark.parametrize(
    ("setting", "N", "seeds"),
    [
        (cm.CommitteeSetting(2, 2, LAW, 0.5), 512, 24),
        (cm.CommitteeSetting(3, 1, LAW, 0.5, student_overlaps=0.1), 512, 16),
        (cm.CommitteeSetting(1, 3, cm.Spectrum([2.0, 0.5], [0.25, 0.75]), 0.5, student_overlaps=0.5), 512, 16),
        (cm.CommitteeSetting(1, 1, cm.PowerLawSpectrum(8, 1.0), 0.5, "linear", 0.0, 0.0), 512, 16),
    ],
)
def test_sgd_agrees_with_the_equations(setting, N, seeds):
    """Other numbers of units would be off if the outputs were scaled otherwise than by K^−½ and M^−½."""
    alphas = [1.0, 2.0, 5.0, 8.0]
    exact = cm.integrate(setting, alphas).generalization_error
    found = cm.simulate(setting, alphas, N, seeds)
    assert np.all(np.abs(found.mean - exact) < 4.5 * found.standard_error)  # of Student's t, 15 degrees: 4e-4
    assert np.all(np.abs(found.mean / exact - 1.0) < 0.04)
    other = cm.integrate(setting.replace(learning_rate=1.2 * setting.learning_rate), alphas).generalization_error
    assert np.any(np.abs(found.mean - other) > 6.0 * found.standard_error)  # it would have been seen
