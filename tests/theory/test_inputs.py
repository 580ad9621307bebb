"""Inputs that are not white: the limit of white ones, training at three dimensions, spectrum, refusals."""

from __future__ import annotations

import numpy as np
import pytest

import spectralaw as sl

NETWORKS = ("diagonal", "quadratic")


def _task(network="quadratic", d=40, exponent=0.7, **changes):
    samples = 1.5 * d if network == "diagonal" else 0.5 * d * d
    return sl.Task(network, d, samples, 1.0, 0.5, inputs=sl.PowerLawInputs(exponent)).replace(**changes)


@pytest.mark.parametrize("network", NETWORKS)
def test_equal_variances_are_white(network):
    white = sl.predict(_task(network, inputs=sl.White()))
    for inputs in (sl.PowerLawInputs(0.0), sl.EmpiricalInputs(np.ones(40))):
        p = sl.predict(_task(network, inputs=inputs))
        for name in ("excess_risk", "training_loss", "threshold", "zero_mass"):
            assert getattr(p, name) == pytest.approx(getattr(white, name), rel=1e-9)
        assert p.exponents.samples == pytest.approx(white.exponents.samples, abs=1e-7)
        assert p.spectrum.bulk_mass == pytest.approx(white.spectrum.bulk_mass, abs=1e-9)
        assert [o.location for o in p.outliers] == pytest.approx([o.location for o in white.outliers], rel=1e-6)


def test_a_scale_of_the_inputs_is_one_of_the_weights():
    """x → 2 x with S → S/4 (θ → θ/2) is the same function; the penalty then counts four times (twice) as much."""
    for network, power, weights in (("quadratic", 4.0, 4.0), ("diagonal", 2.0, 2.0)):
        task = _task(network, inputs=sl.White())
        teacher = task.teacher_values() / weights
        scaled = task.replace(
            inputs=sl.EmpiricalInputs(np.full(40, 4.0)), teacher=sl.Empirical(teacher), weight_decay=power
        )
        assert sl.predict(scaled).excess_risk == pytest.approx(sl.predict(task).excess_risk, rel=1e-8)


@pytest.mark.parametrize("network", NETWORKS)
def test_exponents_are_slopes(network):
    task = _task(network)
    p = sl.predict(task)
    for name in ("samples", "weight_decay"):
        sides = [
            sl.predict(task.replace(**{name: getattr(task, name) * np.exp(step)})).excess_risk for step in (1e-3, -1e-3)
        ]
        assert getattr(p.exponents, name) == pytest.approx(np.log(sides[0] / sides[1]) / 2e-3, abs=1e-5)


@pytest.mark.statistical
@pytest.mark.parametrize("network", NETWORKS)
def test_training_reaches_the_theory_at_three_dimensions(network):
    """mean/theory = 1 + b/d, extrapolated: 1 within 3 standard errors, and that error below 5 %."""
    sizes = (40, 80, 160) if network == "diagonal" else (20, 40, 80)
    ratios, errors, wrong = [], [], []
    for d in sizes:
        task = _task(network, d)
        seeds = range(1000 * d, 1000 * d + (60 if network == "diagonal" else 640 // d))
        risks = np.array([sl.train(task, seed).excess_risk for seed in seeds])
        theory = sl.predict(task).excess_risk
        ratios.append(risks.mean() / theory)
        errors.append(risks.std(ddof=1) / np.sqrt(len(risks)) / theory)
        wrong.append(risks.mean() / sl.predict(task.replace(inputs=sl.White())).excess_risk)
    design = np.stack([np.ones(3), 1.0 / np.array(sizes)], axis=1) / np.array(errors)[:, None]
    covariance = np.linalg.inv(design.T @ design)
    limit, spread = (covariance @ design.T @ (np.array(ratios) / errors))[0], np.sqrt(covariance[0, 0])
    assert spread < 0.05 and abs(limit - 1.0) < 3.0 * spread
    white = (covariance @ design.T @ (np.array(wrong) / errors))[0]
    assert abs(white - 1.0) > 3.0 * spread  # the theory of white inputs is refused


@pytest.mark.parametrize("network", NETWORKS)
def test_spectrum_is_that_of_trained_weights(network):
    d = 60 if network == "quadratic" else 400
    task = _task(network, d)
    p, t = sl.predict(task), sl.train(task, 1)
    assert p.spectrum.zero_mass + p.spectrum.bulk_mass + p.spectrum.outlier_count / d == pytest.approx(1.0, abs=1e-6)
    assert p.spectrum.zero_mass == pytest.approx(t.zero_mass, abs=0.08)
    assert np.trapezoid(p.spectrum.values, p.spectrum.grid) == pytest.approx(p.spectrum.bulk_mass, abs=1e-4)
    if network == "quadratic":
        values, vectors = np.linalg.eigh(t.target)
        nu = task.inputs.variances(60)
        root = (vectors * np.sqrt(nu[::-1])) @ vectors.T
        top = np.linalg.eigvalsh(root @ t.estimate @ root)[::-1]
        assert values[-1] * nu[0] == pytest.approx(p.outliers[0].teacher)
        assert top[:3] == pytest.approx([o.location for o in p.outliers[:3]], rel=0.06)


def test_what_follows_and_what_is_undefined():
    task = _task()
    p = sl.predict(task)
    assert p.phase is None and p.decomposition is None and p.bayes_risk is None
    best = sl.optimal_weight_decay(task)
    assert best.status == "converged" and best.excess_risk < p.excess_risk
    grid = sl.predict_grid(task, samples=[400, 800], weight_decay=[0.5, 1.0])
    assert float(grid.excess_risk.sel(samples=800, weight_decay=1.0)) == pytest.approx(p.excess_risk, rel=1e-9)
    assert sl.Task.from_dict(task.to_dict()) == task and "inputs" not in task.replace(inputs=sl.White()).to_dict()
    diagonal = sl.predict(_task("diagonal"))
    assert 0.0 < diagonal.bayes_risk < diagonal.excess_risk


def test_refusals():
    for change, sentence in (
        ({"inputs": "white"}, "inputs must be White, PowerLawInputs or EmpiricalInputs"),
        ({"inputs": sl.EmpiricalInputs([1.0, 2.0])}, "values must be 40 variances, one for each dimension, not 2"),
        ({"dimension": 10_000}, "dimension must be at most 4,096"),
        ({"width": 5}, "width must be at least the dimension 40"),
    ):
        with pytest.raises(sl.InvalidInput, match=sentence):
            _task(**change)
    with pytest.raises(sl.InvalidInput, match="exponent must be 0 or greater"):
        sl.PowerLawInputs(-1.0)
    with pytest.raises(sl.InvalidInput, match="variances greater than 0"):
        sl.EmpiricalInputs([1.0, 0.0])
    with pytest.raises(sl.InvalidInput, match="inputs must be white for method 'amp'"):
        sl.train(_task(), 0, "amp")
