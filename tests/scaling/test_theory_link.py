"""Fits beside the theory: Datasets as curves, compatible phases, matching through the equations."""

from __future__ import annotations

import json

import numpy as np
import pytest

import spectralaw as sl
from spectralaw.scaling.phases import compatible
from spectralaw.scaling.records import Regime


def _noisy(task, samples, sigma=0.02, seed=0):
    y = sl.predict_grid(task, samples=samples).excess_risk.values
    return y * np.exp(sigma * np.random.default_rng(seed).standard_normal(len(samples)))


@pytest.mark.parametrize(
    ("network", "d", "decay", "gamma", "unit"),
    [("diagonal", 1000, 0.5, 0.8, 1.0), ("quadratic", 200, 1.0, 1.25, 100.0)],
)
def test_matching_finds_the_teacher(network, d, decay, gamma, unit):
    task = sl.Task(network, d, 100, decay, 0.5, sl.PowerLaw(gamma))
    n = list(np.geomspace(30, 3e4, 10) * unit)
    fit = sl.fit_scaling_law(n, _noisy(task, n), bootstrap=50)
    found = fit.match_theory(task.replace(teacher=sl.PowerLaw(1.0), noise_variance=0.2))
    assert found.status == "converged" and found.gradient < 1e-3
    for name, true in (("gamma", gamma), ("noise_variance", 0.5)):
        one = found.parameters[name]
        assert one.low < true < one.high and one.high - one.low < 0.15 * true
    json.dumps(found.to_dict(), allow_nan=False)
    wrong = fit.match_theory(task.replace(teacher=sl.PowerLaw(gamma + 0.2)), free=("noise_variance",))
    assert wrong.scatter > 2.0 * found.scatter  # a wrong teacher does not reproduce the curve


def test_matching_refuses():
    task = sl.Task("diagonal", 1000, 100, 0.5, 0.5)
    n = list(np.geomspace(30, 3e4, 6))
    fit = sl.fit_scaling_law(n, _noisy(task, n), bootstrap=50)
    with pytest.raises(sl.InvalidInput, match="free must be some of gamma"):
        fit.match_theory(task, free=("beta",))
    with pytest.raises(sl.InvalidInput, match="PowerLaw teacher"):
        fit.match_theory(task.replace(teacher=sl.FiniteRank(3)))
    with pytest.raises(sl.InvalidInput, match="task must be a Task"):
        fit.match_theory("task")


def test_a_grid_is_a_curve():
    task = sl.Task("diagonal", 10**6, 2e3, 1.0, 0.5)
    grid = sl.predict_grid(task, samples=np.geomspace(2e3, 3e5, 17), weight_decay=[1.0, 2.0])
    with pytest.raises(sl.InvalidInput, match="vary along one axis, not along"):
        sl.fit_scaling_law(grid)
    fit = sl.fit_scaling_law(grid.sel(weight_decay=1.0), bootstrap=50)
    assert fit.n == 17 and fit.regimes[0].exponent == pytest.approx(-0.985, abs=0.02)
    with pytest.raises(sl.InvalidInput, match="y must be given"):
        sl.fit_scaling_law([1.0, 2.0, 3.0])


def test_a_sweep_is_a_curve(tmp_path):
    grid = {"network": "diagonal", "dimension": 20, "samples": [20, 40, 80, 160, 320], "weight_decay": 1.0,
            "noise_variance": 0.5}  # fmt: skip
    done = sl.sweep(grid, tmp_path / "s.sqlite", seeds=3, methods=["theory", "convex"], workers=1)
    with pytest.raises(sl.InvalidInput, match=r"several methods, convex, theory: take one, as in .*'convex'"):
        sl.fit_scaling_law(done)
    curves = done.to_xarray()
    trained = sl.fit_scaling_law(curves.sel(source="convex"), law="power", bootstrap=50)
    assert trained.n == 15 and trained.status == "converged" and not trained.n_dropped
    y = curves.excess_risk.sel(source="convex").values.ravel()
    by_hand = sl.fit_scaling_law(np.repeat(grid["samples"], 3), y, law="power", groups=np.repeat(range(5), 3),
                                 bootstrap=50)  # fmt: skip
    assert trained.to_dict() == by_hand.to_dict()
    theory = sl.fit_scaling_law(curves.sel(source="theory"), law="power", bootstrap=50)
    assert theory.n == 5  # once, not once for each seed
    one = sl.sweep(grid, tmp_path / "one.sqlite", seeds=3, methods="convex", workers=1)
    assert sl.fit_scaling_law(one, law="power", bootstrap=50).to_dict() == trained.to_dict()


def test_what_did_not_converge_is_counted_not_fitted():
    task = sl.Task("diagonal", 10**6, 2e3, 1.0, 0.5)
    grid = sl.predict_grid(task, samples=np.geomspace(2e3, 3e5, 12))
    right = sl.fit_scaling_law(grid, law="power")
    grid.excess_risk[3] = 10.0
    grid.status[3] = "not_converged"
    grid.excess_risk[5] = np.nan
    fit = sl.fit_scaling_law(grid, law="power")
    assert fit.n == 10 and fit.n_dropped == {"missing value": 1, "not converged": 1}
    assert fit.exponents["alpha"].value == pytest.approx(right.exponents["alpha"].value, abs=0.01)


@pytest.mark.parametrize(
    ("exponent", "phase", "gamma"),
    [(-1.0, "II", 1.0), (-2.0, "III", None), (-0.5, "IV, or the best weight decay", 1.0), (-1.0, "VIa, VIb", None),
     (0.0, "Ib", None), (0.4, "V", None), (-1.0, "noiseless", 1.0)],
)  # fmt: skip
def test_phases_of_an_exponent(exponent, phase, gamma):
    regime = Regime(1e2, 1e4, exponent, (exponent - 0.02, exponent + 0.02))
    rows = {row.phase: row for row in compatible((regime,), "quadratic")}
    assert phase in rows and rows[phase].gamma == (None if gamma is None else pytest.approx(gamma))
    far = Regime(1e2, 1e4, exponent - 0.3, (exponent - 0.32, exponent - 0.28))
    others = {row.phase: row for row in compatible((far,), "quadratic")}
    assert phase not in others or others[phase].gamma != pytest.approx(gamma or 0.0)
    with pytest.raises(sl.InvalidInput, match="network must be"):
        compatible((regime,), "deep")


def test_finite_size_is_taken_off_the_best_weight_decay():
    row = {r.phase: r for r in compatible((Regime(1e2, 1e5, -0.552, (-0.56, -0.545)),), "diagonal")}
    best = row["IV, or the best weight decay"]
    assert best.gamma == pytest.approx(1.116, abs=1e-3)  # read of a true γ = 1
    assert best.gamma_allowed[0] < 1.0 < best.gamma_allowed[1] and not best.gamma_interval[0] < 1.0
