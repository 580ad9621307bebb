"""Signal propagation at finite width: simulations against the theory and against each other, and collapse."""

from __future__ import annotations

import numpy as np
import pytest

from spectralaw.errors import ConvergenceFailure, InvalidInput
from spectralaw.systems import signal_propagation as sp
from spectralaw.systems.signal_propagation.finite_width import FiniteWidth

POINTS = (0.25, 0.5, 1.0, 2.0)
TABLE = {50: (16.8, 7.7, 3.07, 1.13), 100: (17.2, 8.6, 3.04, 1.10)}


@pytest.fixture(scope="module")
def tanh():
    return sp.critical_point("tanh", bias_std=0.3)


@pytest.fixture(scope="module")
def runs(tanh):
    seeds = {50: 400, 100: 400}
    return {
        n: sp.simulate_mlp(sp.Network("tanh", tanh.weight_std, 0.3, n, 2 * n), seeds[n], variance=tanh.variance)
        for n in seeds
    }


def sigmas(values, expected):
    return np.abs(np.mean(values, axis=0) - expected) / (np.std(values, axis=0, ddof=1) / np.sqrt(len(values)))


@pytest.mark.statistical
@pytest.mark.parametrize("n", [50, 100])
def test_decay_at_the_critical_point_is_that_of_the_table(runs, n):
    layers = [int(n * x) for x in POINTS]
    values = n * runs[n].rho.values[:, layers]
    assert np.all(sigmas(values, TABLE[n]) <= 4.0)
    assert np.any(sigmas(2.0 * values, TABLE[n]) > 4.0)
    assert np.any(sigmas(values, 1.0 / (0.2334978 * np.array(POINTS))) > 4.0)  # infinite width is another law


@pytest.mark.statistical
def test_drawing_from_the_law_is_drawing_weights(tanh):
    network = sp.Network("tanh", tanh.weight_std, 0.3, 20, 30)
    law, weights = (
        np.log(sp.simulate_mlp(network, 600, method=m, variance=tanh.variance).rho.values[:, [1, 3, 10, 30]])
        for m in ("law", "weights")
    )
    error = np.hypot(law.std(axis=0), weights.std(axis=0)) / np.sqrt(600)
    assert np.all(np.abs(law.mean(axis=0) - weights.mean(axis=0)) <= 4.0 * error)
    assert law.std(axis=0) == pytest.approx(weights.std(axis=0), rel=4.0 / np.sqrt(1200))
    off = np.log(
        sp.simulate_mlp(network.replace(bias_std=0.0), 600, variance=tanh.variance).rho.values[:, [1, 3, 10, 30]]
    )
    assert np.any(np.abs(off.mean(axis=0) - weights.mean(axis=0)) > 4.0 * error)


def test_seeds_are_their_own_and_common_to_all_scales(tanh):
    network = sp.Network("tanh", tanh.weight_std, 0.3, 20, 10)
    several, one = (sp.simulate_mlp(network, s, variance=1.0).rho for s in ([3, 7, 9], [7]))
    assert np.array_equal(several.sel(seed=7), one.sel(seed=7))
    near = sp.simulate_mlp(network.replace(weight_std=tanh.weight_std + 1e-9), [7], variance=1.0).rho
    assert np.allclose(near, one, rtol=1e-6) and not np.array_equal(near, one)
    conv = network.replace(positions=8)
    several, one = (sp.simulate_conv1d(conv, s).rho for s in ([3, 7], [7]))
    assert np.array_equal(several.sel(seed=7), one.sel(seed=7))


def test_near_signals_are_followed_down_to_rounding(tanh):
    network = sp.Network("tanh", 0.35 * tanh.weight_std, 0.3, 200, 20)
    rho = sp.simulate_mlp(network, 20, rho=1e-6).rho.values
    slope = sp.fixed_point("tanh", network.weight_std, 0.3).correlation_slope
    assert rho[:, -1].max() < 1e-19
    assert np.mean(np.log(rho[:, -1] / rho[:, 0])) == pytest.approx(20 * np.log(slope), rel=0.02)
    assert np.all(sp.simulate_mlp(network, 2, rho=0.0).rho == 0.0)


@pytest.mark.statistical
def test_noise_drift_and_scaling_function_are_those_of_simulations(tanh):
    law = sp.finite_width(tanh)
    rates = sp.lyapunov(sp.Network("tanh", tanh.weight_std, 0.3, 100, 400), 200, variance=tanh.variance)
    assert abs(100 * rates.value - law.lyapunov) <= 4.0 * 100 * rates.standard_error
    assert 100 * rates.standard_error < 0.1 < abs(law.lyapunov + 0.751) / 1.5  # without the overlap it is −0.751
    noise = 100 * 360 * 4.0 * np.var(rates.per_network, ddof=1)
    assert noise == pytest.approx(law.noise, rel=4.0 * np.sqrt(2.0 / 199))
    t = np.array(POINTS)
    rng = np.random.default_rng(0)
    steps, count = 1000, 4000
    x = np.cumsum(law.drift * 2.0 / steps + rng.normal(0.0, np.sqrt(law.noise * 2.0 / steps), (count, steps)), axis=1)
    area = np.cumsum(np.exp(x), axis=1) * 2.0 / steps
    paths = 1.0 / (law.metric_factor * area[:, (t * steps / 2.0).astype(int) - 1])
    assert np.all(sigmas(paths, law.scaling_function(t)) <= 4.0)
    assert np.any(sigmas(paths, FiniteWidth("tanh", law.metric_factor, law.noise, 1.5).scaling_function(t)) > 4.0)
    assert law.scaling_function(0.02)[0] == pytest.approx(1.0 / (law.metric_factor * 0.02), rel=0.02)
    reach = law.reach()
    assert law.scaling_function(reach)[0] * law.metric_factor * reach == pytest.approx(0.5, abs=2e-3)


@pytest.mark.statistical
def test_lyapunov_exponent_is_half_the_logarithm_of_the_slope_at_large_width(tanh):
    for factor in (0.8, 1.3):
        weight = factor * tanh.weight_std
        rates = sp.lyapunov(sp.Network("tanh", weight, 0.3, 2000, 60), 20)
        expected = 0.5 * np.log(sp.fixed_point("tanh", weight, 0.3).correlation_slope)
        assert abs(rates.value - expected) <= 4.0 * rates.standard_error + 2.0 / 2000
        assert rates.standard_error < 0.01 < abs(expected) and "Lyapunov" in repr(rates)


@pytest.mark.statistical
def test_norms_of_rectified_signals_fluctuate_as_initialise_says():
    network = sp.Network("relu", np.sqrt(2.0), 0.0, 100, 40)
    logs = np.log(sp.simulate_mlp(network, 800, variance=1.0).variance.values)
    grown = np.var(logs[:, 40] - logs[:, 0], ddof=1)
    assert grown == pytest.approx(40 * 5.0 / 100, rel=4.0 * np.sqrt(2.0 / 799) + 0.05)
    # the reach, with the variance of layer 0 taken off


def test_simulations_refuse_what_cannot_be(tanh):
    network = sp.Network("tanh", tanh.weight_std, 0.3, 20, 10)
    for call, sentence in (
        (lambda: sp.simulate_mlp(network.replace(positions=5)), "architecture of network must be 'mlp'"),
        (lambda: sp.simulate_conv1d(network), "architecture of network must be 'convolution'"),
        (lambda: sp.simulate_mlp("tanh"), "network must be a Network, not 'tanh'"),
        (lambda: sp.simulate_mlp(network, 0), "seeds must be at least 1, not 0"),
        (lambda: sp.simulate_mlp(network, [1, 1]), "seeds must differ"),
        (lambda: sp.simulate_mlp(network, 2, rho=np.nan), "rho must be a finite number"),
        (lambda: sp.simulate_mlp(network, 2, rho=2.1), "rho must be between 0 and 2"),
        (lambda: sp.simulate_mlp(network, 2, variance=0.0), "variance must be positive"),
        (lambda: sp.simulate_mlp(network, 2, method="exact"), "method must be 'law' or 'weights'"),
        (
            lambda: sp.simulate_mlp(network.replace(depth=10**9), 10),
            "seeds × depth × width × positions must be at most",
        ),
        (
            lambda: sp.simulate_mlp(network.replace(activation="relu"), 2),
            "variance must be given for relu",
        ),
        (lambda: sp.simulate_mlp(sp.Network("linear", 1e9, 0.0, 5, 60), 2, variance=1.0), "signals stay finite"),
        (
            lambda: sp.simulate_conv1d(network.replace(positions=5), 2, only_at=5),
            "only_at must be a position from 0 to 4",
        ),
        (lambda: sp.lyapunov(network, 1), "seeds must be at least 2, for an error bar"),
        (lambda: sp.lyapunov(network, 2, skip=10), "skip must be less than the depth, 10, not 10"),
        (lambda: sp.finite_width("relu", bias_std=0.3), "the slope of relu jumps"),
        (lambda: sp.finite_width(tanh, bias_std=0.3), "bias_std must not be given beside a critical point"),
        (lambda: sp.finite_width(tanh).scaling_function([1.0, np.nan]), "ratio must be finite"),
        (lambda: sp.finite_width(tanh).scaling_function(1e3), "ratio must be between 0.0118 and 23.5, not 1000"),
        (lambda: sp.finite_width(tanh).reach(1.0), "factor must be between 0.01 and 0.95"),
    ):
        with pytest.raises(InvalidInput, match=sentence):
            call()


def curves(exponents=(1.0, 1.0), noise=0.05, replicates=10, sizes=(50, 100, 200)):
    rng = np.random.default_rng(1)
    a, b = exponents
    t = np.geomspace(0.2, 3.0, 12)
    return {
        n: (t * n**b, np.exp(-t) / t * n**-a * np.exp(noise * rng.standard_normal((replicates, t.size)))) for n in sizes
    }


def test_collapse_finds_the_exponents_that_made_the_curves():
    for truth in ((1.0, 1.0), (0.3, 1.7)):
        fit = sp.fit_collapse(curves(truth), start=(0.8, 1.2), resamples=40)
        assert fit.holds(*truth) and not fit.holds(truth[0] + 0.2, truth[1]) and not fit.holds(truth[0], truth[1] - 0.2)
        assert fit.best.value_exponent == pytest.approx(truth[0], abs=0.05)
        good, bad = sp.collapse(curves(truth), truth), sp.collapse(curves(truth), (truth[0] + 0.5, truth[1]))
        assert good.residual < 0.03 < 0.2 < bad.residual and good.chi_square < 1.0 < 5.0 < bad.chi_square
        assert "Best collapse" in repr(fit) and "residual" in repr(good)
    single = {n: (x, y.mean(axis=0)) for n, (x, y) in curves().items()}
    assert sp.collapse(single, (1.0, 1.0)).chi_square is None


@pytest.mark.statistical
def test_intervals_of_exponents_cover_the_truth():
    inside = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        data = {n: (x, y * np.exp(0.2 * rng.standard_normal(y.shape))) for n, (x, y) in curves(noise=0.0).items()}
        inside += sp.fit_collapse(data, resamples=20, allowance=0.0).holds(1.0, 1.0)
    assert inside >= 6  # both at once; of 40, 0.9 and 0.88 were measured for either


def test_collapse_refuses_what_cannot_be():
    data = curves()
    x, y = data[50]
    with pytest.raises(ConvergenceFailure, match="are not determined"):
        sp.fit_collapse({n: (x, 1.0 / x * np.ones((5, x.size))) for n, (x, _) in data.items()}, (3.0, 0.5))
    for broken, sentence in (
        ([1, 2], "data must map two sizes or more"),
        ({50: (x, y)}, "data must map two sizes or more"),
        ({50: (x, y), -1: (x, y)}, "each size of data must be positive"),
        ({50: (x, y), 100: x}, "data must have \\(x, y\\) for each size"),
        ({50: (x, y), 100: (x, y * np.nan)}, "y of size 100 must be finite"),
        ({50: (x, y), 100: (x, np.ma.masked_less(y, 0.01))}, "some of its entries are masked"),
        ({50: (x, y), 100: (x[::-1], y)}, "x of size 100 must be two positive numbers or more that increase"),
        ({50: (x, y), 100: (x, y[:, 1:])}, "y of size 100 must have 12 numbers"),
        ({50: (x, y), 100: (x, -y)}, "y of size 100 must be positive"),
        (
            {50: (x, y), 100: (1e9 * x, y)},
            "exponents must bring 5 points or more into the range of another size, not 0",
        ),
    ):
        with pytest.raises(InvalidInput, match=sentence):
            sp.collapse(broken, (1.0, 1.0))
    with pytest.raises(InvalidInput, match="exponents must be two numbers, not 1"):
        sp.collapse(data, [1.0])
    with pytest.raises(InvalidInput, match="three replicates or more"):
        sp.fit_collapse({n: (x, y[:2]) for n, (x, y) in data.items()})


def test_classes_say_where_their_numbers_are_from():
    assert sp.MEAN_FIELD.decay == 1.0
    assert sp.DIRECTED_PERCOLATION[1].decay == pytest.approx(0.15946, abs=1e-5)
    assert all("cited" in c.source for c in (sp.MEAN_FIELD, *sp.DIRECTED_PERCOLATION.values()))
    assert "recalled" in sp.DIRECTED_PERCOLATION[1].source and sp.DIRECTED_PERCOLATION[2].nu_perpendicular is None
