"""Signal propagation at infinite width: critical points, maps, order and chaos, and what is refused."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from scipy import special
from scipy.optimize import brentq

from spectralaw.errors import ConvergenceFailure, InvalidInput
from spectralaw.systems import signal_propagation as sp
from spectralaw.systems.gaussian import rule
from spectralaw.systems.signal_propagation.activations import activation
from spectralaw.systems.signal_propagation.expansion import Expansion, coefficients, expansion

TABLE = [
    ("tanh", 0.3, 1.3955839752, 0.76347, 0.2334978),
    ("tanh", 0.1, 1.1934007250, 0.27330, 0.0600987),
    ("erf", 0.3, 1.2336725058, 0.68877, 0.2526738),
    ("erf", 0.1, 1.0555946492, 0.25321, 0.0637062),
    ("sin", 0.3, 1.2626646047, 0.68432, 0.2033537),
    ("sin", 0.1, 1.1422667189, 0.31477, 0.0479672),
]


@pytest.fixture(scope="module")
def tanh():
    return sp.critical_point("tanh", bias_std=0.3)


@pytest.mark.parametrize(("name", "bias", "weight", "variance", "kappa"), TABLE)
def test_critical_points_are_those_of_the_table(name, bias, weight, variance, kappa):
    point = sp.critical_point(name, bias_std=bias)
    assert point.weight_std == pytest.approx(weight, abs=1e-8) == pytest.approx(weight + 2e-9, abs=1e-8)
    assert point.variance == pytest.approx(variance, abs=6e-6)  # five digits are given
    assert point.metric_factor == pytest.approx(kappa, abs=6e-8)
    assert point.residual <= 1e-13 and point.status == "converged" and abs(point.variance_slope) < 1.0
    assert point.weight_std != pytest.approx(weight + 1e-7, abs=1e-8)  # what the tolerance refuses


@pytest.mark.parametrize("bias", [1e-5, 1e-2, 0.3, 2.0])
def test_sine_and_error_function_have_closed_forms(bias):
    q = brentq(lambda q: np.tanh(q) + bias**2 - q, bias**2, bias**2 + 1.0, xtol=1e-15, rtol=1e-15)
    point = sp.critical_point("sin", bias_std=bias)
    weight2 = 2.0 / (1.0 + np.exp(-2.0 * q))
    assert point.weight_variance == pytest.approx(weight2, rel=1e-13)
    if bias >= 1e-2:  # below it the closed form itself loses digits in tanh(q) − q
        assert point.variance == pytest.approx(q, rel=1e-11)
        assert point.metric_factor == pytest.approx(-0.25 * weight2 * q * np.expm1(-2.0 * q), rel=1e-11)
    point = sp.critical_point("erf", bias_std=bias)
    q = point.variance
    slope, square = 4.0 / np.pi / np.sqrt(1.0 + 4.0 * q), 2.0 / np.pi * np.arcsin(2.0 * q / (1.0 + 2.0 * q))
    assert point.weight_variance * slope == pytest.approx(1.0, abs=1e-13)
    assert point.weight_variance * square + bias**2 == pytest.approx(q, rel=1e-13)


@pytest.mark.parametrize("q", [0.01, 0.7, 3.0])
def test_sums_of_coefficients_are_averages_of_derivatives(q):
    """Against Gauss–Hermite rules with the derivatives written out."""
    z, w = rule(300)
    x = np.sqrt(q) * z
    t, s, g = np.tanh(x), special.expit(x), np.exp(-0.5 * x * x) / np.sqrt(2.0 * np.pi)
    derivatives = {
        "tanh": (t, 1 - t**2, -2 * t * (1 - t**2)),
        "gelu": (x * special.ndtr(x), special.ndtr(x) + x * g, g * (2.0 - x**2)),
        "softplus": (np.logaddexp(0.0, x), s, s * (1 - s)),
    }
    for name, functions in derivatives.items():
        e = expansion(activation(name), q)
        expected = [w @ f**2 for f in functions]
        # 300 nodes give the curvature of tanh at q = 3 to 4e-8 only
        assert [e.square, e.slope_square, e.bend_square] == pytest.approx(expected, rel=1e-7 if q > 1.0 else 1e-11)
        assert e.error <= 1e-12


def test_rates_along_the_variance_are_those_of_differences():
    e, near = expansion(activation("gelu"), 0.8), [expansion(activation("gelu"), 0.8 + h) for h in (-1e-4, 1e-4)]
    for name, rates in (("square", e.square_rates), ("slope_square", e.slope_rates)):
        low, high = (getattr(n, name) for n in near)
        assert rates[0] == pytest.approx((high - low) / 2e-4, rel=1e-6)
        assert rates[1] == pytest.approx((high + low - 2.0 * getattr(e, name)) / 1e-8, rel=1e-5)


def test_gelu_swish_and_mish_have_stable_critical_points_from_a_bias_on():
    for name, least in (("gelu", 0.4158), ("silu", 0.7451), ("mish", 0.3074)):
        with pytest.raises(InvalidInput, match=f"stable critical point, not 0.3: .* stable from bias_std {least} on$"):
            sp.critical_point(name, bias_std=0.3)
        assert sp.critical_point(name, bias_std=least + 0.001).variance_slope < 1.0
    assert sp.critical_point("swish", bias_variance=1.0) == sp.critical_point("silu", bias_std=1.0)
    # sigmoid is tanh(x/2)/2 + 1/2: a tanh network of half the weights with biases of variance σ_b² + σ_w²/4
    point = sp.critical_point("sigmoid", bias_std=0.3)
    other = sp.critical_point(lambda x: 0.5 * np.tanh(0.5 * x), bias_variance=0.09 + 0.25 * point.weight_variance)
    assert other.weight_std == pytest.approx(point.weight_std, rel=1e-11)
    assert other.metric_factor == pytest.approx(point.metric_factor, rel=1e-10)


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ("relu", "activation must be smooth, but the slope of relu jumps: there is no absorbing transition"),
        ("leaky_relu", "the slope of leaky_relu jumps"),
        ("selu", "the slope of selu jumps"),
        ("hardtanh", "the slope of hardtanh jumps"),
        ("elu", "the second derivative of elu jumps, and its Gaussian averages do not reach ten digits"),
        ("softsign", "the second derivative of softsign jumps"),
        (lambda x: np.maximum(x, 0.0), "activation must be smooth, but <lambda> has a kink: there is no absorbing"),
        (lambda x: np.clip(x, -1.0, 1.0), "has a kink"),
        (lambda x: x / (1.0 + np.abs(x)), "need more than 16,384 coefficients for ten digits"),
        ("linear", "activation must be curved, but linear is linear"),
        (lambda x: 0.0 * x + 2.0, "is constant"),
        ("softplus", "bias_std must be one at which softplus has a critical point, not 0.3: χ₁ = 1 at no fixed point"),
        (np.exp, "activation must not grow as fast as exp"),
        (lambda x: np.log(x), "activation must be finite, but <lambda> of .* is not"),
        (lambda x: np.tanh(x).astype(np.float32), "activation must give 64-bit floats, not float32"),
        (lambda x: np.ma.masked_less(np.tanh(x), 0.0), "activation must give one number for each entry"),
        (lambda x: 1.0, "activation must give one number for each entry of an array, not 1.0"),
        (lambda x: x.no_such, "activation must take an array of numbers, but <lambda> raised AttributeError"),
        ("tanhh", "activation must be a function or one of tanh, .*, not 'tanhh'"),
        (3, "activation must be the name of one or a function, not 3"),
    ],
)
def test_activations_without_the_transition_are_refused_in_a_sentence(chosen, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        sp.critical_point(chosen, bias_std=0.3)


def test_bad_input_is_refused():
    for keywords, sentence in (
        ({}, "bias_std or bias_variance must be given, exactly one, not neither"),
        ({"bias_std": 0.3, "bias_variance": 0.09}, "exactly one, not both"),
        ({"bias_std": -0.1}, "bias_std must be 0 or greater, not -0.1"),
        ({"bias_std": np.nan}, "bias_std must be a finite number, not nan"),
        ({"bias_variance": True}, "bias_variance must be a number, not True"),
        ({"bias_std": "0.3"}, "bias_std must be a number, not '0.3'"),
        ({"bias_std": np.ma.masked}, "bias_std must be a number"),
        ({"bias_std": 0.0}, "bias_std must be one at which tanh has a critical point, not 0"),
    ):
        with pytest.raises(InvalidInput, match=sentence):
            sp.critical_point("tanh", **keywords)
    for call, sentence in (
        (lambda: sp.fixed_point("tanh", 0.0, 0.3), "weight_std must be positive, not 0"),
        (lambda: sp.fixed_point("tanh", 0.9, 0.0), "without biases the variance of tanh decays to 0"),
        (lambda: sp.fixed_point("gelu", 2.0, 0.3), "the variance of gelu comes to rest below 1000, not 2"),
        (lambda: sp.fixed_point("relu", 1.0, 0.3), "the slope of relu jumps"),
        (lambda: sp.variance_map("tanh", [0.5, -1.0], 1.0, 0.3), "variance must be positive, not -1"),
        (lambda: sp.correlation_map("tanh", [0.5, np.nan], 1.0, 1.0, 0.3), "rho must be finite"),
        (lambda: sp.correlation_map("tanh", [2.5], 1.0, 1.0, 0.3), "rho must be between 0 and 2, not 2.5"),
        (lambda: sp.propagate("tanh", 1.0, 0.3, 0), "depth must be 1 or greater, not 0"),
        (lambda: sp.propagate("tanh", 1.0, 0.3, 5, rho=-1.0), "rho must be between 0 and 2"),
        (lambda: sp.phase_boundary("tanh", [[0.1]]), "bias_std must be a list of numbers"),
        (lambda: sp.phase_boundary("tanh", [-0.1]), "bias_std must be 0 or greater"),
    ):
        with pytest.raises(InvalidInput, match=sentence):
            call()


def test_order_parameter_and_depth_beyond_the_critical_point(tanh):
    for tau, rho, depth in ((0.01, 0.0354253, 1.1967), (0.001, 0.00360546, 1.1866)):
        beyond = sp.fixed_point("tanh", tanh.weight_std * (1.0 + tau), 0.3)
        assert beyond.order_parameter == pytest.approx(rho, rel=2e-6)
        assert beyond.correlation_depth * tau == pytest.approx(depth, abs=5e-5)
        assert (beyond.correlation_slope - 1.0) / beyond.metric_factor == pytest.approx(rho, rel=4.0 * tau)
        assert beyond.phase == "chaotic" and beyond.approach_slope < 1.0 < beyond.correlation_slope
        again = sp.correlation_map("tanh", beyond.order_parameter, beyond.variance, beyond.weight_std, 0.3)
        assert again[0] == pytest.approx(beyond.order_parameter, rel=1e-12)
    below = sp.fixed_point("tanh", tanh.weight_std * 0.99, 0.3)
    assert below.phase == "ordered" and below.order_parameter == 0.0 and below.approach_depth == below.correlation_depth
    at = sp.fixed_point("tanh", tanh.weight_std, 0.3)
    assert at.phase == "critical" and at.correlation_depth == np.inf and "critical" in repr(at)
    assert sp.fixed_point("sin", 2.0, 0.0).order_parameter == 1.0  # odd, no biases: c* = 0


def test_decay_at_the_critical_point_is_the_metric_factor(tanh):
    path = sp.propagate("tanh", tanh.weight_std, 0.3, 2000)
    inverse = 1.0 / path.rho.values
    slope = (inverse[2000] - inverse[1000]) / 1000.0
    assert slope == pytest.approx(0.23301, abs=1e-5)
    assert slope == pytest.approx(tanh.metric_factor, rel=0.01) != pytest.approx(2.0 * tanh.metric_factor, rel=0.01)
    assert path.variance.values == pytest.approx(tanh.variance, rel=1e-13)
    settles = sp.propagate("tanh", tanh.weight_std, 0.3, 40, variance=3.0)
    assert settles.variance.values[-1] == pytest.approx(tanh.variance, rel=1e-10)


def test_near_signals_keep_their_relative_accuracy(tanh):
    rho = np.array([1e-300, 1e-20, 1e-8, 1e-4])
    after = sp.correlation_map("tanh", rho, tanh.variance, tanh.weight_std, 0.3)
    assert after / rho == pytest.approx(1.0 - tanh.metric_factor * rho, rel=1e-8)
    assert after[:3] / rho[:3] == pytest.approx(1.0 - tanh.metric_factor * rho[:3], rel=1e-13)
    z, w = rule(80)  # the map of far signals, by a product rule
    for c in (0.6, 0.0, -0.7):
        u, v = z[:, None], c * z[:, None] + np.sqrt(1.0 - c * c) * z
        both = w @ (np.tanh(np.sqrt(tanh.variance) * u) * np.tanh(np.sqrt(tanh.variance) * v)) @ w
        expected = 1.0 - (tanh.weight_variance * both + 0.09) / tanh.variance
        got = sp.correlation_map("tanh", 1.0 - c, tanh.variance, tanh.weight_std, 0.3)[0]
        assert got == pytest.approx(expected, abs=1e-8)  # of 80 nodes


def test_sums_that_have_not_converged_are_seen():
    """Too few coefficients are another answer, and the doubling tells."""
    true = expansion(activation("tanh"), 5.0)
    few = Expansion(coefficients(activation("tanh"), np.array([5.0]), 64)[0], 5.0, np.inf)
    assert abs(few.bend_square / true.bend_square - 1.0) > 1e-3
    assert true.coefficients.size > 64 and true.error <= 1e-12


def test_the_boundary_names_what_has_no_critical_point():
    line = sp.phase_boundary("gelu", [0.3, 0.5])
    assert np.isnan(line.weight_std[0]) and "stable from" in str(line.reason.values[0])
    assert line.weight_std[1] == sp.critical_point("gelu", bias_std=0.5).weight_std and line.reason.values[1] == ""


def test_a_network_checks_itself_and_comes_back():
    network = sp.Network("tanh", 1.4, 0.3, 50, 100)
    assert sp.Network.from_dict(network.to_dict()) == network and network.architecture == "mlp"
    assert network.replace(positions=20).architecture == "convolution"
    for changes, sentence in (
        ({"activation": "no"}, "activation must be a function or one of"),
        ({"weight_std": 0.0}, "weight_std must be positive, not 0"),
        ({"bias_std": -1.0}, "bias_std must be 0 or greater"),
        ({"width": 1}, "width must be 2 or greater, not 1"),
        ({"depth": 0.5}, "depth must be a whole number"),
        ({"kernel": 2}, "kernel must be odd, not 2"),
        ({"positions": 2}, "positions must be 3 or greater, not 2"),
    ):
        with pytest.raises(InvalidInput, match=sentence):
            network.replace(**changes)


def test_initialise_answers_in_words(tanh):
    found = sp.initialise("tanh", 100, 50)
    assert found.weight_std == tanh.weight_std and found.bias_std == 0.3 and not found.within_reach
    assert found.reach == pytest.approx(64.85, abs=0.05) and found.width_needed == pytest.approx(77.1, abs=0.1)
    assert found.rho == pytest.approx(float(sp.propagate("tanh", tanh.weight_std, 0.3, 100).rho[-1]), rel=1e-9)
    off = sp.fixed_point("tanh", tanh.weight_std * (1.0 + 1e-3 * found.tolerance), 0.3)
    assert off.correlation_depth == pytest.approx(1e3 * 100, rel=1e-3)
    assert "1.39558/√fan-in" in found.words[0] and "width 77 would do" in found.words[2]
    assert sp.initialise("tanh", 60, 50).within_reach and "not deeper" in repr(sp.initialise("tanh", 60, 50))
    deep = sp.initialise("tanh", 10**6, 50).rho
    assert deep == pytest.approx(1e-6 / tanh.metric_factor, rel=1e-3)
    assert "the variance takes 70 layers to settle" in " ".join(sp.initialise("gelu", 20, 512, bias_std=0.5).words)
    with pytest.raises(ConvergenceFailure, match="with silu, mean rho at finite width does not fall to"):
        sp.initialise("silu", 10, 100, bias_std=0.8)
    relu = sp.initialise("relu", 1000, 300)
    assert relu.weight_std == np.sqrt(2.0) and relu.bias_std == 0.0 and relu.reach == 60.0
    assert "no absorbing transition" in relu.words[1] and relu.rho * 1e6 == pytest.approx(4.5 * np.pi**2, rel=0.05)
    assert sp.initialise("leaky_relu", 10, 300).weight_std == pytest.approx(np.sqrt(2.0 / 1.0001))
    for arguments, sentence in (
        (("relu", 10, 10, 0.1), "bias_std must be 0 for relu, not 0.1"),
        (("tanh", 0, 10), "depth must be 1 or greater"),
        (("tanh", 10, 1), "width must be 2 or greater"),
        (("gelu", 10, 10), "stable from bias_std 0.4158 on"),
    ):
        with pytest.raises(InvalidInput, match=sentence):
            sp.initialise(*arguments)


def test_results_pickle_and_show_themselves(tanh):
    for result in (tanh, sp.fixed_point("tanh", 1.5, 0.3), sp.finite_width(tanh)):
        assert pickle.loads(pickle.dumps(result)) == result
        assert result._repr_html_().startswith("<div>")
    assert "1.3955839752" in repr(tanh)
