"""Phases: labels, boundaries, and rates against the exact local exponents."""

from __future__ import annotations

import numpy as np
import pytest

import spectralaw as sl
from spectralaw.theory.phases import Phase, boundaries, classify, logarithmic_correction, phase_of, rate

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


def test_labels_carry_the_noise():
    """Of very little noise the diagram is the noiseless one: III, not VIa."""
    task = sl.Task("diagonal", 10**6, 1e8, 1e-3, 1e-12)
    point, p = phase_of(task), sl.predict(task)
    assert point.phase is Phase.III is phase_of(task.replace(noise_variance=0.0)).phase
    assert p.exponents.samples == pytest.approx(point.rate.samples, abs=0.05)


@pytest.mark.parametrize("network", ["diagonal", "quadratic"])
def test_the_distance_vanishes_where_noise_and_signal_cross(network):
    n = np.geomspace(1e2, 1e6, 161)
    unit = 1.0 if network == "diagonal" else 1e8
    labels, distance = classify(_at(network, 10, 1.0, noise_variance=1e-4), n * unit, np.full(n.shape, 1e-12))
    assert set(labels[(n > 1e3) & (n < 1e5)]) == {"IV"}
    crossing = n[np.argmin(np.where((n > 1e3) & (n < 1e5), distance, np.inf))]
    assert crossing == pytest.approx(1e4, rel=0.1) and distance.min() < 0.05  # Δ = n_eff^(1−2γ)
    below, above = (phase_of(_at(network, x, 1e-12, noise_variance=1e-4)).rate.samples for x in (1e3, 1e5))
    assert (below, above) == (-1.0, -0.5)


def test_labels_far_from_boundaries_are_the_local_exponents():
    rng, judged, wrong = np.random.default_rng(0), 0, 0
    for k in range(500):
        network = ("diagonal", "quadratic")[k % 2]
        task = _at(network, 10.0 ** rng.uniform(0.5, 24), 10.0 ** rng.uniform(-15, 10), rng.uniform(0.7, 2.0),
                   10.0 ** rng.uniform(-14, 1), 10**10)  # fmt: skip
        point = phase_of(task)
        if point.distance < 2.0 or point.phase is Phase.PEAK:
            continue
        p = sl.predict(task)
        logs = float(logarithmic_correction(task, point.phase, task.effective_samples))
        judged += 1
        wrong += abs(p.exponents.samples - point.rate.samples - logs) > 0.15
        wrong += abs(p.exponents.weight_decay - point.rate.weight_decay) > 0.15
    assert judged > 200 and wrong <= 0.01 * judged  # measured: 4 of 1530, logarithms of phase IV


def test_boundaries_lie_between_labels():
    """Stepping over each line changes the label, or the term that dominates phase IV."""
    for noise in (0.5, 1e-4, 0.0):
        task = _at("diagonal", 10, 1.0, 1.0, noise, 10**6)
        lines = boundaries(task)
        assert all(np.all(np.isfinite(x)) and np.all(x > 0.0) for line in lines.values() for x in line)
        for name in ("interpolation", "harmful overfitting", "bulk absorbed"):
            if name in lines:
                at, top = lines[name][0][0], lines[name][1][1]
                labels, _ = classify(task, at * np.array([0.5, 2.0]), np.full(2, 0.01 * top))
                assert labels[0] != labels[1], (noise, name)


def _random_task(rng):
    network = str(rng.choice(["diagonal", "quadratic"]))
    d = int(10.0 ** rng.uniform(0.4, 6.0)) + 1
    unit = d if network == "diagonal" else d * d
    teacher = [
        sl.PowerLaw(rng.uniform(0.51, 3.0)),
        sl.FiniteRank(int(rng.integers(1, d + 1)), rng.choice([0.0, 0.3, 1.0])),
        sl.Empirical(np.abs(rng.standard_normal(min(d, 6))) * 10.0 ** rng.uniform(-2, 2, min(d, 6)) + 1e-6, True),
    ][rng.integers(3)]
    noise = float(rng.choice([0.0, 10.0 ** rng.uniform(-6, 1)]))
    return sl.Task(network, d, max(1.0, unit * 10.0 ** rng.uniform(-3, 3)), 1.0, noise, teacher)


def test_optimal_weight_decay_of_a_hundred_random_tasks():
    rng = np.random.default_rng(1)
    for k in range(100):
        task = _random_task(rng)
        best = sl.optimal_weight_decay(task)
        assert best.status is sl.Status.CONVERGED, task
        if k % 3:
            continue
        scale = np.sqrt(task.effective_samples / task.dimension)
        risks = sl.predict_grid(task, weight_decay=np.geomspace(1e-9, 1e4, 30) * scale).excess_risk
        assert best.excess_risk <= float(risks.min()) * (1.0 + 1e-8), task


def test_optimal_weight_decay_between_a_plateau_and_its_rise():
    values = [28.000601555227387, 19.0531816278891, 0.2668661260222636, 0.09855203497272307, 0.013768577419715726]
    best = sl.optimal_weight_decay(sl.Task("diagonal", 11, 8.46485392651106, 1, 0, sl.Empirical(values, True)))
    assert best.excess_risk == pytest.approx(1.24067e-7, rel=1e-5)
    assert best.weight_decay == pytest.approx(2.3e-7, rel=0.05)


def test_the_limit_of_no_weight_decay_is_said():
    best = sl.optimal_weight_decay(sl.Task("quadratic", 50, 10_000.0, 1.0, 0.0))
    assert best.weight_decay == best.excess_risk == 0.0 and "limit" in best.message
