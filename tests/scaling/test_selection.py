"""Which law: breaks that are there are claimed, others are not."""

import numpy as np
import pytest

import spectralaw as sl
from spectralaw.scaling.inputs import read
from spectralaw.scaling.selection import Options, choose, ladder

QUICK = Options("squares", None, {}, "wald", 0.95, 10, 0, 0)


def laws(curve, n, sigma, sets, options=QUICK):
    """The law that is chosen for each of many noisy copies."""
    x = np.geomspace(1e3, 1e6, n)
    random = np.random.default_rng(n)
    out = []
    for _ in range(sets):
        points = read(x, curve(x) * np.exp(sigma * random.standard_normal(n)))[0]
        out.append(choose(ladder(points, options, "auto", "auto"), options).law)
    return out


@pytest.mark.slow
@pytest.mark.statistical
def test_false_breaks_of_a_power_law():
    assert np.mean([law.breaks > 0 for law in laws(lambda x: 3.0 * x**-0.4, 20, 0.02, 200)]) <= 0.04


@pytest.mark.statistical
@pytest.mark.parametrize("first, second, share", [(0.2, 0.6, 1.0), (0.7, 0.3, 0.7)])
def test_true_breaks_are_claimed(first, second, share):
    def curve(x):
        return 3.0 * x**-first * (1.0 + (x / 3e4) ** (1.0 / 0.3)) ** (-0.3 * (second - first))

    assert np.mean([law.breaks > 0 for law in laws(curve, 12, 0.02, 15)]) >= share


@pytest.mark.statistical
def test_outliers_are_no_breaks():
    options = Options("huber", None, {}, "wald", 0.95, 10, 0, 0)
    x = np.geomspace(1e3, 1e6, 20)
    random = np.random.default_rng(0)
    claimed = 0
    for _ in range(10):
        y = x**-0.4 * np.exp(0.01 * random.standard_normal(20))
        y[random.choice(20, 2, replace=False)] *= 1.15
        claimed += choose(ladder(read(x, y)[0], options, "auto", "auto"), options).law.breaks > 0
    assert claimed <= 1


@pytest.mark.parametrize("seed", [0, 1])
def test_diagonal_network_in_regime_two(seed):
    n = np.round(np.geomspace(2e3, 3e5, 17))
    task = sl.Task("diagonal", 1_000_000, 1000, 1.0, 0.5, teacher=sl.PowerLaw(1.0))
    risk = np.array([sl.predict(task.replace(samples=k)).excess_risk for k in n])
    risk = risk * np.exp(0.01 * np.random.default_rng(seed).standard_normal(17))
    fit = sl.fit_scaling_law(n, risk)
    longest = max(fit.regimes, key=lambda regime: regime.high / regime.low)
    assert longest.exponent == pytest.approx(-0.986, abs=0.02)
    breaks = [np.log10(value.value) for name, value in fit.parameters.items() if name.startswith("x")]
    assert min(abs(place - 5.31) for place in breaks) <= 0.1


def test_candidates_and_audit_are_told():
    x = np.geomspace(1e3, 1e6, 20)
    y = (0.5 + 30.0 * x**-0.4) * np.exp(0.01 * np.random.default_rng(0).standard_normal(20))
    fit = sl.fit_scaling_law(x, y)
    table = {(row.law, row.breaks): row for row in fit.candidates}
    assert fit.law == "plateau" and table["plateau", 0].aicc < table["power", 0].aicc - 6.0
    assert table["plateau", 0].audit_error < 0.05 < table["power", 0].audit_error
    assert [one.held_out for one in fit.audit] == [2, 4]
    assert fit.audit[1].reach == pytest.approx(4 * 3 / 19)
    assert [one.held_out for one in sl.fit_scaling_law(x, y, law="power", holdout=[3, 5]).audit] == [3, 5]
    assert sl.fit_scaling_law(x, y, law="power", holdout=0).audit == ()


def test_the_audit_does_not_see_what_it_holds_out():
    x = np.geomspace(1e3, 1e6, 20)
    y = 3.0 * x**-0.4 * np.exp(0.01 * np.random.default_rng(0).standard_normal(20))
    changed = y * np.where(np.arange(20) >= 18, 0.5, 1.0)
    one = sl.fit_scaling_law(x, y, law="power", loss="squares", holdout=2).audit[0]
    other = sl.fit_scaling_law(x, changed, law="power", loss="squares", holdout=2).audit[0]
    assert other.signed == pytest.approx(one.signed + np.log(2.0), abs=1e-9)


def test_an_interval_does_not_become_narrower_beyond_what_was_tested():
    x = np.geomspace(1e3, 1e5, 12)
    y = 40.0 * x**-0.5 * np.exp(0.1 * np.sin(2.0 * np.log(x)))  # no law of ours: held-out ends are missed
    fit = sl.fit_scaling_law(x, y, law="power", interval="wald")
    near, far = fit.forecast(1.5e5), fit.forecast(1e7)
    assert (near.trust, far.trust) == ("audited", "extrapolation")
    assert np.log(far.high / far.low) >= np.log(near.high / near.low) >= 4.0 * near.audit_error * (1.0 - 1e-9)


def test_a_dent_that_needs_two_breaks_is_found():
    task = sl.Task("quadratic", 10**4, 1e7, 3.0, 0.5)  # phase II, a crossover, phase VI: one break brings nothing
    x = np.geomspace(1e7, 1e12, 24)
    y = sl.predict_grid(task, samples=x).excess_risk.values * np.exp(
        0.01 * np.random.default_rng(200).standard_normal(24)
    )
    fit = sl.fit_scaling_law(x, y, interval="wald")
    assert fit.law.startswith("broken") and fit.sigma < 0.02
    assert fit.regimes[0].exponent == pytest.approx(-1.0, abs=0.03)
    assert fit.regimes[-1].exponent == pytest.approx(-1.0, abs=0.03)
