"""Recovery of known laws, invariances, refusals, notes, and what comes out."""

import json
import pickle

import numpy as np
import pytest

import spectralaw as sl

X = np.geomspace(1e3, 1e6, 20)
CURVES = {
    "power": ({"A": 3.0, "alpha": 0.4}, 3.0 * X**-0.4),
    "plateau": ({"E": 0.5, "A": 30.0, "alpha": 0.4}, 0.5 + 30.0 * X**-0.4),
    "broken": (
        {"A": 3.0, "a0": 0.2, "x1": 3e4, "f1": 0.4, "delta1": 0.4},
        3.0 * X**-0.2 * (1.0 + (X / 3e4) ** 2.5) ** (-0.16),
    ),
    "broken_plateau": (
        {"E": 0.2, "A": 3.0, "a0": 0.2, "x1": 3e4, "f1": 0.4, "delta1": 0.6},
        0.2 + 3.0 * X**-0.2 * (1.0 + (X / 3e4) ** 2.5) ** (-0.24),
    ),
}
N, D = map(np.ravel, np.meshgrid(np.geomspace(3e7, 1e10, 8), np.geomspace(1e9, 3e11, 6)))


def noisy(y, sigma=0.01, seed=0):
    return y * np.exp(sigma * np.random.default_rng(seed).standard_normal(len(y)))


@pytest.mark.parametrize("law", CURVES)
@pytest.mark.parametrize("loss", ["huber", "squares"])
def test_noise_free_curves_are_recovered(law, loss):
    expected, y = CURVES[law]
    fit = sl.fit_scaling_law(X, y, loss=loss)
    assert fit.law == law and fit.status == "converged"
    for name, value in expected.items():
        assert fit.parameters[name].value == pytest.approx(value, rel=1e-8), name
    # false data: one value off by 1e-6 is not recovered to 1e-8
    y = y * np.where(np.arange(20) == 7, 1.0 + 1e-6, 1.0)
    other = sl.fit_scaling_law(X, y, law=law, breaks=1 if "broken" in law else "auto", loss="squares")
    assert any(abs(other.parameters[name].value / value - 1.0) > 1e-8 for name, value in expected.items())


@pytest.mark.parametrize("loss", ["huber", "squares", "absolute"])
@pytest.mark.parametrize(
    "law",
    [(1.69, 406.4, 410.7, 0.34, 0.28), (0.5, 20.0, 3000.0, 0.15, 0.45), (0.0, 20.0, 3000.0, 0.15, 0.45)],
)
def test_exact_grid_of_two_variables(law, loss):
    E, A, B, alpha, beta = law
    fit = sl.fit_scaling_law({"N": N, "D": D}, E + A * N**-alpha + B * D**-beta, loss=loss)
    assert fit.status == "converged"
    for name, value in {"E": E, "A": A, "B": B, "alpha": alpha, "beta": beta}.items():
        assert fit.parameters[name].value == pytest.approx(value, rel=1e-12, abs=1e-13), name
    assert fit.exponents["a"].value == pytest.approx(beta / (alpha + beta), rel=1e-12)


def test_compute_optimal_is_the_minimum_along_the_budget():
    y = noisy(1.69 + 406.4 * N**-0.34 + 410.7 * D**-0.28, 0.005, seed=2)
    fit = sl.fit_scaling_law({"N": N, "D": D}, y)
    best = fit.compute_optimal(1e22)
    assert 6.0 * best.N * best.D == pytest.approx(1e22, rel=1e-12)
    for factor in (0.9, 1.1):
        assert fit.predict({"N": best.N * factor, "D": best.D / factor}) > best.loss
    assert best.N_low < best.N < best.N_high and best.D_low < best.D < best.D_high
    true = (0.34 * 406.4 / (0.28 * 410.7)) ** (1 / 0.62) * (1e22 / 6.0) ** (0.28 / 0.62)
    assert best.N_low < true < best.N_high
    assert fit.compute_optimal(1e22, flops=12.0).N == pytest.approx(fit.compute_optimal(5e21).N, rel=1e-9)


def test_a_line_of_tokens_in_proportion_is_not_identifiable():
    size = np.geomspace(3e7, 1e10, 12)
    for seed in range(5):
        y = noisy(1.69 + 406.4 * size**-0.34 + 410.7 * (20.0 * size) ** -0.28, 0.003, seed)
        fit = sl.fit_scaling_law({"N": size, "D": 20.0 * size}, y)
        assert fit.status == "not_identifiable" and "several D" in fit.message
    y = noisy(1.69 + 406.4 * N**-0.34 + 410.7 * D**-0.28, 0.003)
    assert sl.fit_scaling_law({"N": N, "D": D}, y).status == "converged"


@pytest.mark.parametrize("law", ["plateau", "broken"])
def test_units_and_order_do_not_matter(law):
    y = noisy(CURVES[law][1])
    breaks = 1 if law == "broken" else "auto"
    fit = sl.fit_scaling_law(X, y, law=law, breaks=breaks, interval="profile")
    order = np.random.default_rng(1).permutation(20)
    other = sl.fit_scaling_law(1e6 * X[order], 7.0 * y[order], law=law, breaks=breaks, interval="profile")
    slope = "a0" if law == "broken" else "alpha"
    one, two = fit.parameters[slope], other.parameters[slope]
    assert (two.value, two.low, two.high) == pytest.approx((one.value, one.low, one.high), rel=1e-5)
    if law == "broken":
        assert other.parameters["x1"].value == pytest.approx(1e6 * fit.parameters["x1"].value, rel=1e-5)
    else:
        assert other.plateau.value == pytest.approx(7.0 * fit.plateau.value, rel=1e-5)
    assert other.predict(1e6 * X) == pytest.approx(7.0 * fit.predict(X), rel=1e-6)
    assert other.residuals == pytest.approx(fit.residuals[order], abs=1e-6)


def test_fixed_parameters_stay():
    y = noisy(CURVES["plateau"][1])
    free = sl.fit_scaling_law(X, y, law="plateau").parameters
    for fixed in ({"E": 0.5}, {"alpha": 0.4}, {"A": 30.0}, {"A": 30.0, "E": 0.45}):
        fit = sl.fit_scaling_law(X, y, law="plateau", fixed=fixed)
        for name, value in fixed.items():
            assert fit.parameters[name].value == pytest.approx(value, rel=1e-12)
            assert fit.parameters[name].method == "fixed"
        for name in set(free) - set(fixed):
            width = fit.parameters[name].high - fit.parameters[name].low
            assert 0.0 < width < free[name].high - free[name].low


@pytest.mark.parametrize(
    "x, y, law, status",
    [
        (X[:3], X[:3] ** -0.3, "auto", "too_few_points"),
        (np.repeat(X[:3], 4), np.repeat(X[:3] ** -0.3, 4), "auto", "too_few_values"),
        (np.geomspace(1e3, 2e3, 12), np.geomspace(1e3, 2e3, 12) ** -0.3, "power", "too_few_decades"),
        (np.geomspace(1e3, 5e3, 12), 1.0 + np.geomspace(1e3, 5e3, 12) ** -0.3, "plateau", "too_few_decades"),
        (X, X**0.2, "auto", "not_decreasing"),
        ({"N": N[:7], "D": D[:7]}, N[:7] ** -0.3, "auto", "too_few_points"),
        ({"N": np.repeat([1e7, 1e8], 6), "D": np.tile(X[:6], 2)}, np.tile(X[:6], 2) ** -0.3, "auto", "too_few_values"),
    ],
)
def test_refusals(x, y, law, status):
    fit = sl.fit_scaling_law(x, noisy(y, 0.003), law=law)
    assert fit.status == status and not fit.status.is_result
    assert fit.parameters == {} and fit.regimes == () and len(fit.message) > 20
    out = json.loads(json.dumps(fit.to_dict(), allow_nan=False))
    assert out["status"] == status and "parameters" not in out and "plateau" not in out
    with pytest.raises(sl.InvalidInput, match=status):
        fit.predict(1e4)
    with pytest.raises(sl.InvalidInput, match=status):
        fit.forecast(1e4)


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda y: sl.fit_scaling_law(X, -y), "y must be .* in row 0"),
        (lambda y: sl.fit_scaling_law(X, np.where(X > 9e5, np.nan, y)), "y must be .* nan in row 19"),
        (lambda y: sl.fit_scaling_law(np.where(X > 9e5, 0.0, X), y), "x must be .* 0 in row 19"),
        (lambda y: sl.fit_scaling_law(X[1:], y), "as long as y"),
        (lambda y: sl.fit_scaling_law({"N": X, "Q": X}, y), "'N' and 'D'"),
        (lambda y: sl.fit_scaling_law(X, y, law="exponential"), "law must be one of"),
        (lambda y: sl.fit_scaling_law(X, y, loss="mean"), "loss must be one of"),
        (lambda y: sl.fit_scaling_law(X, y, interval="guess"), "interval must be one of"),
        (lambda y: sl.fit_scaling_law(X, y, fixed={"gamma": 1.0}), "fixed must name"),
        (lambda y: sl.fit_scaling_law(X, y, breaks=9), "breaks must be"),
        (lambda y: sl.fit_scaling_law(X, y, law="plateau", breaks=1), "breaks must be 0"),
        (lambda y: sl.fit_scaling_law(X, y, delta=-1.0), "delta must be"),
        (lambda y: sl.fit_scaling_law(X, y, delta=1.0, loss="squares"), "delta must be"),
        (lambda y: sl.fit_scaling_law(X, y, weights=-X), "weights must be"),
        (lambda y: sl.fit_scaling_law(X, y, groups=[1]), "groups must be"),
        (lambda y: sl.fit_scaling_law(X, y, level=1.0), "level must be"),
        (lambda y: sl.fit_scaling_law(X, y, holdout=30), "holdout must be"),
        (lambda y: sl.fit_scaling_law(X, y, law="chinchilla"), "mapping of N and D"),
        (lambda y: sl.fit_scaling_law(X, y).forecast(-1.0), "x must be"),
        (lambda y: sl.fit_scaling_law(X, y).compute_optimal(1e20), "law of N and D"),
    ],
)
def test_bad_input_is_one_sentence(call, words):
    with pytest.raises(sl.InvalidInput, match=words):
        call(noisy(CURVES["power"][1]))


def test_runs_are_drawn_whole():
    random = np.random.default_rng(0)
    run, x = np.repeat(np.arange(8), 10), np.tile(np.geomspace(1e3, 1e6, 10), 8)
    shift = np.repeat(0.03 * random.standard_normal(8), 10)
    y = (0.5 + 30.0 * x**-0.4) * np.exp(shift + 0.003 * random.standard_normal(80))
    fit = sl.fit_scaling_law(x, y, groups=run, law="plateau")
    assert fit.interval == "bootstrap" and "correlated_points" in fit.notes
    alone = sl.fit_scaling_law(x, y, law="plateau")
    assert "correlated_points" not in alone.notes
    # what all points of a run share moves the amplitude, not the exponent: pairs would say otherwise
    width = [one.parameters["alpha"].high - one.parameters["alpha"].low for one in (fit, alone)]
    assert width[0] < 0.5 * width[1]
    # seeds of one x are no runs
    assert "correlated_points" not in sl.fit_scaling_law(x, y, groups=x, law="plateau").notes


def test_influential_points_and_outliers():
    y = noisy(CURVES["power"][1])
    assert "influential_points" not in sl.fit_scaling_law(X, y, law="power").notes
    y[0] *= 1.3
    fit = sl.fit_scaling_law(X, y, law="power", loss="squares")
    assert "influential_points" in fit.notes and fit.influence[0].row == 0 and "warm_up" in fit.notes
    robust = sl.fit_scaling_law(X, y, law="power")
    assert abs(robust.parameters["alpha"].value - 0.4) < 0.5 * abs(fit.parameters["alpha"].value - 0.4)


def test_output_is_strict_json_pickles_and_is_saved(tmp_path):
    for x, y in ((X, CURVES["broken"][1]), ({"N": N, "D": D}, 1.69 + 406.4 * N**-0.34 + 410.7 * D**-0.28)):
        fit = sl.fit_scaling_law(x, noisy(y))
        out = json.loads(json.dumps(fit.to_dict(), allow_nan=False))
        needed = {"law", "status", "notes", "parameters", "exponents", "regimes", "crossovers", "objective", "loss"}
        needed |= {"delta", "sigma", "n", "n_dropped", "residuals", "influence", "candidates", "audit", "certificate"}
        assert needed | {"starts_agreeing", "seed", "versions", "citations"} <= set(out)
        assert "peak" not in out and None not in out.values()
        for estimate in out["parameters"].values():
            assert set(estimate) == {"value", "low", "high", "method"}
        assert ("compute_optimal" in out) == isinstance(x, dict)
        fit.save(tmp_path / "fit.npz")
        for again in (pickle.loads(pickle.dumps(fit)), sl.load(tmp_path / "fit.npz")):
            assert again.to_dict() == fit.to_dict() and repr(again) == repr(fit)
            far = {"N": 1e11, "D": 1e12} if isinstance(x, dict) else 1e8
            assert again.forecast(far) == fit.forecast(far)
        assert fit.law in fit._repr_html_() and len(fit.table()) >= len(fit.parameters)
    fit = sl.fit_scaling_law(X, noisy(CURVES["power"][1]))
    assert [item["x"] for item in fit.to_dict(forecast=[1e7, 1e8])["forecast"]] == pytest.approx([1e7, 1e8])
    assert "forecast_far" in fit.to_dict(forecast=1e7)["notes"]
    assert "forecast_far" not in fit.to_dict(forecast=5e5)["notes"] and "forecast" not in fit.to_dict()


def test_citations_of_a_fit():
    fit = sl.fit_scaling_law(X, noisy(CURVES["broken"][1]), law="broken", breaks=1, interval="wald")
    assert "2210.14891" in sl.cite(fit) and "2209.06640" in sl.cite(fit) and "2203.15556" not in sl.cite(fit)


def test_regimes_and_crossover_of_a_broken_law():
    fit = sl.fit_scaling_law(X, noisy(CURVES["broken"][1], seed=1))
    first, second = fit.regimes
    assert first.exponent == pytest.approx(-0.21, abs=0.02) and second.exponent == pytest.approx(-0.59, abs=0.02)
    assert first.interval[0] < -0.2 < first.interval[1] + 0.02
    (cross,) = fit.crossovers
    assert cross.low < 3e4 < cross.high and cross.x == pytest.approx(3e4, rel=0.15)
    assert fit.local_exponent(1e3) == pytest.approx(-0.2, abs=0.03)
    assert fit.local_exponent(X).shape == (20,)
    assert sl.fit_scaling_law(X, noisy(CURVES["power"][1])).crossovers == ()


def test_forecasts_say_how_far_they_reach():
    fit = sl.fit_scaling_law(X, noisy(CURVES["power"][1]), law="power")
    inside, audited, far = fit.forecast([1e5, 1.5e6, 1e9])
    assert (inside.trust, audited.trust, far.trust) == ("inside", "audited", "extrapolation")
    assert inside.reach == 0.0 and far.reach == pytest.approx(1.0)
    assert "no new regime" in far.message and far.low < 3.0 * 1e9**-0.4 < far.high
    assert far.new_low < far.low < far.value < far.high < far.new_high
    assert fit.forecast(1e7).value == pytest.approx(fit.predict(1e7), rel=1e-9)
