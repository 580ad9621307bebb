"""Fits of public tables against published values, and against the attained objective of the published fits."""

import math

import numpy as np
import pytest

import spectralaw as sl
from spectralaw.scaling import isoflop_exponent

from .tables import column, epoch, rows

KEYS = ("A", "B", "E", "alpha", "beta")


def values(fit):
    return {name: estimate.value for name, estimate in fit.parameters.items()}


@pytest.mark.parametrize(
    "options, expected, tolerance",
    [
        ({"delta": 1e-3}, (477.826, 2143.417, 1.81722, 0.34731, 0.36717), 2e-4),
        ({"loss": "absolute"}, (481.999, 2085.393, 1.816862, 0.347812, 0.365853), 3e-4),
        ({"loss": "absolute"}, (482.006, 2085.434, 1.81686, 0.34781, 0.36585), 3e-4),  # published
        ({"loss": "squares"}, (593.32, 4875.6, 1.864550, 0.360253, 0.405883), 1e-4),
    ],
)
def test_epoch(options, expected, tolerance):
    fit = sl.fit_scaling_law(*epoch(), interval="wald", **options)
    assert fit.status == "converged" and fit.certificate.gradient <= 1e-8
    assert fit.starts_agreeing == fit.certificate.starts
    assert values(fit) == pytest.approx(dict(zip(KEYS, expected, strict=True)), rel=tolerance)


def test_epoch_objective_is_not_above_the_published_one():
    fit = sl.fit_scaling_law(*epoch(), delta=1e-3, interval="wald")
    assert fit.objective <= 0.0010182740346
    assert fit.objective == pytest.approx(0.00101827401780, rel=1e-10)
    # false data: without three runs it is another minimum
    x, y = epoch()
    other = sl.fit_scaling_law({name: v[3:] for name, v in x.items()}, y[3:], delta=1e-3, interval="wald")
    assert other.objective != pytest.approx(0.00101827401780, rel=1e-4)


def test_epoch_by_default_says_that_the_residuals_are_not_alike():
    fit = sl.fit_scaling_law(*epoch(), seed=1)
    found = {**values(fit), "a": fit.exponents["a"].value}
    for name, value in {"E": 1.82782, "alpha": 0.349891, "beta": 0.375684, "a": 0.51777}.items():
        assert found[name] == pytest.approx(value, abs=1e-4), name
    assert "residuals_not_iid" in fit.notes
    assert all(estimate.method == "bootstrap" for estimate in fit.parameters.values())
    # residuals that are alike get no such note: the same design, noise of one size
    x, y = epoch()
    clean = fit.predict(x) * np.exp(0.008 * np.random.default_rng(0).standard_normal(len(y)))
    assert "residuals_not_iid" not in sl.fit_scaling_law(x, clean).notes


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 7])
def test_epoch_bootstrap(seed):
    fit = sl.fit_scaling_law(*epoch(), delta=1e-3, interval="bootstrap", bootstrap=4000, seed=seed)
    ends = {"E": (1.772, 1.871), "alpha": (0.317, 0.372), "beta": (0.334, 0.416)}
    for name, (low, high) in ends.items():
        estimate = fit.parameters[name]
        assert (estimate.low, estimate.high) == pytest.approx((low, high), abs=0.004), name
    a, b = fit.parameters["A"], fit.parameters["B"]
    assert (a.low, a.high) == pytest.approx((285.0, 723.0), rel=0.05)
    assert (b.low, b.high) == pytest.approx((1085.0, 5848.0), rel=0.08)
    alpha, beta = fit.model.replicates[:, 3], fit.model.replicates[:, 4]
    assert np.std(beta / (alpha + beta)) == pytest.approx(0.0195, abs=0.001)


@pytest.mark.parametrize("options", [{"delta": 1e-3}, {}])
def test_epoch_does_not_depend_on_scales_or_order(options):
    x, y = epoch()
    fit = sl.fit_scaling_law(x, y, interval="wald", **options)
    order = np.random.default_rng(0).permutation(len(y))
    other = sl.fit_scaling_law(
        {"N": x["N"][order] * 1e-9, "D": x["D"][order] * 1e9},
        3.0 * y[order],
        weights=np.full(len(y), 1.0 / 240.0),
        interval="wald",
        **options,
    )
    for name in ("alpha", "beta"):
        assert other.parameters[name].value == pytest.approx(fit.parameters[name].value, rel=1e-6)
    assert other.parameters["E"].value == pytest.approx(3.0 * fit.parameters["E"].value, rel=1e-6)


def test_gemstones():
    table = rows("gemstones_hot.jsonl")
    x = {"N": column(table, "params_active_precise"), "D": column(table, "tokens")}
    fit = sl.fit_scaling_law(x, column(table, "final_loss"), delta=1e-3, interval="wald")
    assert fit.objective <= 0.0019816129 and fit.objective == pytest.approx(0.0019816128088, rel=1e-9)
    expected = {"A": 213.085, "E": 2.143206, "alpha": 0.292892, "beta": 0.712979}
    found = values(fit)
    assert found.pop("B") == pytest.approx(4.96762e6, rel=1e-3)
    assert found == pytest.approx(expected, rel=1e-4)


def test_gadre_extrapolates_as_published():
    table = [row for row in rows("gadre2024.csv") if row["train"] == "rpj"]
    large = ("open_lm_1b", "open_lm_7b")
    small = [
        row
        for row in table
        if row["model"] not in large and (row["mult"] == "1.0" or ("d=96" in row["model"] and row["mult"] == "16.0"))
    ]
    assert len(small) == 5
    x = {"N": column(small, "N"), "D": column(small, "D")}
    fit = sl.fit_scaling_law(x, column(small, "loss_c4_val"), law="chinchilla_tied", loss="linear_squares")
    assert values(fit)["alpha"] == pytest.approx(0.272851, abs=2e-6)
    assert values(fit)["E"] == pytest.approx(1.836648, abs=5e-6)
    for model, mult, error in (("open_lm_1b", "32.0", 0.7103), ("open_lm_7b", "1.0", 0.7320)):
        (row,) = [row for row in table if row["model"] == model and row["mult"] == mult]
        predicted = fit.predict({"N": float(row["N"]), "D": float(row["D"])})
        assert 100.0 * abs(predicted / float(row["loss_c4_val"]) - 1.0) == pytest.approx(error, abs=1e-4)


def test_porian_isoflop_exponent():
    table = [row for row in rows("porian_isoflop.csv") if row["config"] == "rw_tuned_short_const_standard_val"]
    budgets = sorted({float(row["flops"]) for row in table})
    optima = []
    for budget in budgets:
        curve = [row for row in table if float(row["flops"]) == budget]
        optima.append(sl.isoflop_optimum(column(curve, "N"), column(curve, "loss")))
    assert len(budgets) == 12 and all(one.status == "converged" for one in optima)
    slope = isoflop_exponent(budgets, optima)
    assert abs(slope.value - 0.4969) < 0.015 and slope.value == pytest.approx(0.5006, abs=0.015)
    assert slope.low < 0.4969 < slope.high


def test_translation_plateau_and_audited_forecast():
    table = [row for row in rows("alabdulmohsin_nmt.csv") if row["model"] == "6e6d"]
    x, y, train = column(table, "examples"), column(table, "loss"), column(table, "train") == 1
    plateau = sl.fit_scaling_law(x[train], y[train], law="plateau")
    assert plateau.plateau.value == pytest.approx(0.297, abs=5e-4)
    assert plateau.parameters["alpha"].value == pytest.approx(0.470, abs=1e-3)
    last, measured = x[~train][0], y[~train][0]
    assert math.log(plateau.forecast(last).value / measured) == pytest.approx(-0.056, abs=1e-3)
    fit = sl.fit_scaling_law(x[train], y[train])
    assert fit.law == "plateau" and fit.forecast_law == "broken_plateau"
    forecast = fit.forecast(last)
    assert abs(math.log(forecast.value / measured)) < 0.01
    assert forecast.trust == "audited" and forecast.low < measured < forecast.high


@pytest.mark.parametrize("loss, train, last", [("squares", 5.99e-4, 0.01114), ("huber", 6.1e-4, 0.0116)])
def test_broken_plateau_of_addition(loss, train, last):
    table = rows("bnsl_addition.csv")
    x, y = column(table, "n"), column(table, "loss")
    fit = sl.fit_scaling_law(x[:14], y[:14], law="broken_plateau", breaks=1, loss=loss)
    assert np.sqrt(np.mean(fit.residuals**2)) <= train
    assert fit.parameters["x1"].value == pytest.approx(612.8, abs=0.5)
    assert np.sqrt(np.mean(np.log(fit.predict(x[14:]) / y[14:]) ** 2)) == pytest.approx(last, abs=1e-4)
    assert "short_side" in fit.notes


@pytest.mark.parametrize("cut, error", [(3e19, 0.0129), (1e20, 0.0114), (3e20, 0.0125), (1e21, 0.0125)])
def test_epoch_from_small_budgets(cut, error):
    x, y = epoch()
    below = 6.0 * x["N"] * x["D"] < cut
    fit = sl.fit_scaling_law({name: v[below] for name, v in x.items()}, y[below], interval="wald")
    beyond = {name: v[~below] for name, v in x.items()}
    assert np.sqrt(np.mean(np.log(fit.predict(beyond) / y[~below]) ** 2)) == pytest.approx(error, abs=0.001)
    assert {one.trust for one in fit.forecast(beyond)} <= {"inside", "audited", "extrapolation"}
