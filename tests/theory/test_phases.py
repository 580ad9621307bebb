"""Phases: labels, boundaries, and rates against the exact local exponents."""

from __future__ import annotations

import numpy as np
import pytest

import spectralaw as sl
from spectralaw.theory.phases import Phase, boundaries, classify, phase_of, rate

D = 10**8


def _at(network, n_eff, weight_decay, gamma=1.0, noise_variance=0.5, dimension=D):
    unit = 1.0 if network == "diagonal" else float(dimension)
    return sl.Task(network, dimension, n_eff * unit, weight_decay, noise_variance, sl.PowerLaw(gamma))


@pytest.mark.parametrize("network", ["diagonal", "quadratic"])
@pytest.mark.parametrize(
    ("n_eff", "weight_decay", "phase"),
    [
        (1e4, 1e4, Phase.IB),
        (1e8, 100.0, Phase.II),
        (1e15, 1e6, Phase.III),
        (1e2, 1e-6, Phase.IV),
        (1e7, 1e-6, Phase.V),
        (1e12, 1.0, Phase.VIA),
        (1e20, 1.0, Phase.VIB),
    ],
)
def test_labels(network, n_eff, weight_decay, phase):
    point = phase_of(_at(network, n_eff, weight_decay))
    if phase is Phase.III:  # reached beyond n_eff = d^2γ only
        point = phase_of(_at(network, 1e22, 1e8))
    if (network, phase) == ("diagonal", Phase.IV):
        point = phase_of(_at(network, 10.0, 1e-6))
    assert point.phase is phase and point.distance > 0.0


@pytest.mark.parametrize("network", ["diagonal", "quadratic"])
def test_peak_sits_at_interpolation(network):
    at = D if network == "diagonal" else D / 4
    assert phase_of(_at(network, at, 1e-4)).phase is Phase.PEAK
    assert phase_of(_at(network, at * 30, 1e-4)).phase is Phase.VIA
    risks = [sl.predict(_at(network, at, decay)).excess_risk for decay in (1e-6, 1e-5)]
    assert np.log10(risks[1] / risks[0]) == pytest.approx(-2 / 3, abs=0.03)
    n = np.geomspace(0.5, 2.0, 41) * at * (1.0 if network == "diagonal" else D)
    curve = sl.predict_grid(_at(network, 1e3, 1e-4), samples=n).excess_risk.values
    assert n[np.argmax(curve)] == pytest.approx(n[20], rel=0.05)


@pytest.mark.parametrize("network", ["diagonal", "quadratic"])
@pytest.mark.parametrize("gamma", [0.8, 1.0, 1.5])
@pytest.mark.parametrize(
    ("phase", "n_power", "decay_power"),  # n_eff = d^n_power, λ = d^decay_power: far inside at d = 10¹²
    [(Phase.II, 1.0, 0.25), (Phase.III, 4.5, 2.2), (Phase.VIB, 4.5, 0.5)],
)
def test_local_exponents_are_the_rates(network, gamma, phase, n_power, decay_power):
    task = _at(network, 1e12**n_power, 1e12**decay_power, gamma, dimension=10**12)
    point, prediction = phase_of(task), sl.predict(task)
    assert point.phase is phase and point.distance > 1.5
    assert prediction.exponents.samples == pytest.approx(point.rate.samples, abs=0.03)
    assert prediction.exponents.weight_decay == pytest.approx(point.rate.weight_decay, abs=0.03)


def test_logarithms_of_the_diagonal_network():
    """R = Δ / log(d/n) to leading order in phase V, with −1/log t for t = n/d."""
    risks = [sl.predict(_at("diagonal", 1e12 * t, 1e-9, dimension=10**12)).excess_risk for t in (1e-5, 1e-3)]
    assert risks[1] / risks[0] == pytest.approx(5 / 3, rel=0.25)


@pytest.mark.parametrize("network", ["diagonal", "quadratic"])
def test_noiseless_rates(network):
    task = _at(network, 1e4, 1e-9, noise_variance=0.0, gamma=1.0, dimension=10**12)
    point, prediction = phase_of(task), sl.predict(task)
    assert point.phase is Phase.IV and point.rate.samples == -1.0
    logs = 1.0 / np.log(1e12 / 1e4) if network == "diagonal" else 0.0  # of (n / log(d/n))^(1−2γ)
    assert prediction.exponents.samples == pytest.approx(-1.0 - logs, abs=0.05)
    shifted = _at(network, 1e16, 1e-4, noise_variance=0.0, dimension=10**12)
    assert phase_of(shifted).phase is Phase.III
    assert sl.predict(shifted).exponents.weight_decay == pytest.approx(2.0, abs=0.02)


def test_classify_covers_the_plane_and_boundaries_separate():
    for noise in (0.5, 0.0):
        for gamma in (0.7, 1.0, 2.0):
            task = _at("quadratic", 10, 1.0, gamma, noise, 10**6)
            n = np.geomspace(1e6, 1e6 * 1e16, 60)[:, None]
            labels, distance = classify(task, n, np.geomspace(1e-8, 1e8, 61)[None, :])
            assert set(labels.ravel()) <= {str(p) for p in Phase} and np.all(distance >= 0.0)
            assert len(set(labels.ravel())) >= (6 if noise else 4)
            assert np.mean(distance == 0.0) < 0.02  # no gap between the phases
            assert all(np.all(np.isfinite(x)) for x, _ in boundaries(task).values())


def test_phase_diagram():
    task = sl.Task("diagonal", 10**4, 10, 1.0, 0.5)
    data = sl.phase_diagram(task, samples=[10.0, 1e3, 1e6], weight_decay=[1e-3, 1.0])
    assert data.phase.shape == (3, 2) and data.boundary_samples.sizes["end"] == 2
    single = sl.predict(task.replace(samples=1e3, weight_decay=1.0))
    assert float(data.excess_risk.sel(samples=1e3, weight_decay=1.0)) == pytest.approx(single.excess_risk, rel=1e-12)
    assert single.phase is not None and str(data.phase.sel(samples=1e3, weight_decay=1.0).values) == str(
        single.phase.phase
    )
    with pytest.raises(sl.InvalidInput, match="PowerLaw"):
        sl.phase_diagram(task.replace(teacher=sl.FiniteRank(3)))


@pytest.mark.parametrize("network", ["diagonal", "quadratic"])
@pytest.mark.parametrize("n_eff", [30.0, 1e4])
def test_optimal_weight_decay(network, n_eff):
    task = _at(network, n_eff, 1.0, dimension=10**3)
    best = sl.optimal_weight_decay(task)
    assert best.status is sl.Status.CONVERGED and abs(best.slope) < 1e-6
    risks = sl.predict_grid(task, weight_decay=best.weight_decay * np.geomspace(0.01, 100, 81)).excess_risk
    assert best.excess_risk <= float(risks.min()) * (1 + 1e-9)
    assert best.excess_risk == pytest.approx(
        sl.predict(task.replace(weight_decay=best.weight_decay)).excess_risk, rel=1e-9
    )


def test_optimal_weight_decay_follows_its_rate():
    ratios = []
    for n_eff in (1e3, 1e5):
        best = sl.optimal_weight_decay(_at("diagonal", n_eff, 1.0, dimension=10**6))
        ratios.append(best.weight_decay / np.sqrt(n_eff / 1e6))
    assert all(2.0 < ratio < 4.0 for ratio in ratios)  # Θ(√(n_eff/d)), up to logarithms


def test_rates_name_every_phase():
    task = _at("quadratic", 10, 1.0)
    for phase in Phase:
        assert isinstance(rate(task, phase).weight_decay, float)
