"""The batched minimiser and its certificate; profile, bootstrap and weights."""

import numpy as np
import pytest

import spectralaw as sl
from spectralaw.scaling.bootstrap import draw
from spectralaw.scaling.covariance import errors
from spectralaw.scaling.inputs import read
from spectralaw.scaling.laws import Law
from spectralaw.scaling.levenberg import minimise
from spectralaw.scaling.profile import profile
from spectralaw.scaling.solve import solve


def curve(n=20, noise=0.02, seed=0, plateau=0.3):
    x = np.geomspace(1e3, 1e6, n)
    return x, (plateau + 30.0 * x**-0.4) * np.exp(noise * np.random.default_rng(seed).standard_normal(n))


def test_a_batch_equals_its_members_one_by_one():
    points = read(*curve())[0]
    law = Law("plateau")
    starts = np.random.default_rng(0).uniform([0.0, -1.0, 0.1], [0.5, 0.5, 2.0], size=(30, 3))
    delta = np.geomspace(1e-3, 1.0, 30)
    weights = np.random.default_rng(1).uniform(0.5, 2.0, size=(30, 20))
    together = minimise(law, points, starts, delta, weights)
    for i in (0, 7, 29):
        alone = minimise(law, points, starts[i : i + 1], delta[i], weights[i : i + 1])
        assert alone.theta[0] == pytest.approx(together.theta[i], abs=1e-12)
        assert alone.objective[0] == pytest.approx(together.objective[i], rel=1e-12)


@pytest.mark.parametrize("scale", [1.0 / 240.0, 1e-6, 1e6])
@pytest.mark.parametrize("delta", [np.inf, 0.02, 1e-4])
def test_the_scale_of_the_objective_does_not_matter(scale, delta):
    points = read(*curve())[0]
    law, start = Law("plateau"), np.array([[0.2, -0.5, 0.5]])
    one = minimise(law, points, start, delta)
    other = minimise(law, points, start, delta, np.full((1, 20), scale))
    assert other.theta == pytest.approx(one.theta, rel=4e-8)


def test_the_certificate_refuses_what_is_no_minimum():
    points = read(*curve())[0]
    law = Law("plateau")
    good = solve(law, points, "squares")
    assert good.converged and good.gradient <= 1e-8
    early = minimise(law, points, np.array([[0.1, 0.0, 1.5]]), np.inf, steps=3, enough=1e-9)
    assert not early.converged(1e-8, False)[0] and early.gradient[0] > 1e-4


def test_starts_find_what_many_random_starts_find():
    x, y = curve(noise=0.05)
    points = read(x, y)[0]
    for law, low, high in (
        (Law("plateau"), [0.0, -1.0, 0.05], [0.9, 0.5, 3.0]),
        (Law("broken", 1), [-1, -1.0, -2.0, np.log(0.05), -2.0], [1.0, 1.0, 2.0, np.log(2.0), 2.0]),
    ):
        random = np.random.default_rng(0).uniform(low, high, size=(200, law.size))
        best = minimise(law, points, random, np.inf).objective.min()
        assert solve(law, points, "squares").objective <= best * (1.0 + 1e-9)


def test_an_active_bound_is_exactly_zero():
    x = np.geomspace(1e3, 1e6, 20)
    steeper = 30.0 * x**-0.4 * (1.0 + x / 1e5) ** -0.2  # bends down: no plateau helps
    fit = sl.fit_scaling_law(x, steeper * np.exp(0.01 * np.random.default_rng(0).standard_normal(20)), law="plateau")
    assert fit.plateau.value == 0.0 and fit.plateau.low == 0.0
    assert "plateau_not_reached" in fit.notes
    assert "plateau_not_reached" not in sl.fit_scaling_law(*curve(), law="plateau").notes


@pytest.mark.parametrize("delta", [None, 0.01])
def test_profile_ends_are_where_the_objective_has_risen(delta):
    points = read(*curve(noise=0.03))[0]
    law = Law("plateau")
    solution = solve(law, points, "squares" if delta is None else "huber", delta)
    spread = errors(solution)
    low, high = profile(solution, spread, 2.1)
    for j in (0, 2):
        for end in (low[j], high[j]):
            held = np.array([[i == j for i in range(3)]])
            start = solution.theta.copy()
            start[j] = end
            rise = minimise(law, points, start[None], solution.delta, fixed=held).objective[0] - solution.objective
            assert 2.0 * rise / spread.kappa == pytest.approx(2.1**2, rel=1e-3)


def test_profile_of_an_end_that_is_open_is_infinite():
    x = np.geomspace(1e3, 2e4, 12)
    y = (1.0 + (x / 1e3) ** -0.4) * np.exp(0.3 * np.random.default_rng(1).standard_normal(12))
    points = read(x, y)[0]
    solution = solve(Law("plateau"), points, "squares")
    _, high = profile(solution, errors(solution), 2.2)
    assert np.isinf(high[2])
    fit = sl.fit_scaling_law(x, y, law="plateau")
    assert fit.status == "not_identifiable" and "alpha" in fit.message


def test_linear_regression_is_exact():
    """For a power law by squares, Wald and profile are the textbook interval of a straight line."""
    from scipy.stats import linregress, t

    x, y = curve(plateau=0.0)
    line = linregress(np.log(x), np.log(y))
    half = t.ppf(0.975, 18) * line.stderr
    for interval in ("wald", "profile"):
        alpha = sl.fit_scaling_law(x, y, law="power", loss="squares", interval=interval).parameters["alpha"]
        assert alpha.value == pytest.approx(-line.slope, rel=1e-10)
        assert (alpha.value - alpha.low, alpha.high - alpha.value) == pytest.approx((half, half), rel=2e-4)


def test_duplicated_rows_are_weight_two():
    x, y = curve()
    double = sl.fit_scaling_law(np.append(x, x[3]), np.append(y, y[3]), law="plateau", delta=0.02)
    weighted = sl.fit_scaling_law(x, y, law="plateau", delta=0.02, weights=1.0 + (np.arange(20) == 3))
    plain = sl.fit_scaling_law(x, y, law="plateau", delta=0.02)
    for name in ("E", "A", "alpha"):
        assert weighted.parameters[name].value == pytest.approx(double.parameters[name].value, rel=1e-8)
        assert weighted.parameters[name].value != pytest.approx(plain.parameters[name].value, rel=1e-6)


def test_groups_of_one_are_pairs():
    x, y = curve()
    kwargs = {"law": "plateau", "interval": "bootstrap", "bootstrap": 200}
    pairs = sl.fit_scaling_law(x, y, **kwargs)
    ones = sl.fit_scaling_law(x, y, groups=np.arange(20), **kwargs)
    runs = sl.fit_scaling_law(x, y, groups=np.arange(20) // 2, **kwargs)
    assert ones.parameters == pairs.parameters
    assert runs.parameters != pairs.parameters


def test_whole_groups_are_drawn_and_poor_replicates_redrawn():
    x, y = curve()
    points = read(x, y, groups=np.arange(20) // 4)[0]
    counts = draw(points, 5, 500, np.random.default_rng(0))
    assert np.all(counts.reshape(500, 5, 4) == counts.reshape(500, 5, 4)[:, :, :1])
    assert np.all(np.count_nonzero(counts, axis=1) >= 5)
    assert np.any(np.count_nonzero(draw(points, 1, 5000, np.random.default_rng(0)), axis=1) < 5)
    with pytest.raises(sl.InvalidInput, match="distinct"):
        draw(points, 21, 5, np.random.default_rng(0))


def test_seeds_repeat_and_differ():
    x, y = curve()
    kwargs = {"law": "plateau", "interval": "bootstrap", "bootstrap": 100}
    one, same, other = (sl.fit_scaling_law(x, y, seed=seed, **kwargs).parameters for seed in (0, 0, 1))
    assert one == same and one != other
