"""Laws of recorded curves: known exponents come back, with intervals that hold; what has no law is refused or named."""

from __future__ import annotations

import numpy as np
import pytest

from spectralaw.errors import InvalidInput
from spectralaw.systems import perceptron
from spectralaw.systems.perceptron import curves as one_curve
from spectralaw.systems.perceptron import dynamical_laws, spectral_complexity

ALPHAS = (100.0, 300.0, 1000.0, 3000.0)


def made(alpha, early=0.5, optimum=1.0, noise=0.0, rng=None, points=60, longest=6.0):
    """A curve that obeys the laws: flat, then norm^−γ₁, then a minimum near alpha^γ₂, and a rise."""
    best = 3.0 * alpha**optimum
    norm = np.geomspace(0.01, longest * best, points)
    rise = 1.0 + early / (norm / best) ** -(early + 1.0)
    error = 0.5 * (1.0 + norm**4) ** (-0.25 * early) * rise
    if noise:
        error = error * np.exp(noise * rng.standard_normal(points))
    return norm, error


def test_known_exponents_come_back():
    for early, optimum in ((0.5, 1.0), (0.3, 0.9), (0.7, 1.4)):
        laws = dynamical_laws({alpha: made(alpha, early, optimum) for alpha in ALPHAS})
        assert laws.early.value == pytest.approx(early, rel=0.03)
        assert laws.optimum.value == pytest.approx(optimum, rel=0.02) and laws.consistent
        assert laws.end_point.value == pytest.approx(early * optimum, rel=0.05)
        assert laws.collapse is not None and laws.collapse.spread < 0.02 < 0.1 < laws.collapse.before
        assert not laws.left_out and "γ₁ γ₂" in repr(laws)
    wrong = {alpha: (made(alpha)[0], made(alpha)[1] * alpha**-0.3) for alpha in ALPHAS}
    shifted = dynamical_laws(wrong, initial_errors=1.0)  # errors that fall with alpha of themselves
    assert not shifted.consistent and "not γ₁γ₂" in repr(shifted)
    assert dynamical_laws(wrong).consistent  # in units of their first error they do not


def test_curves_that_are_not_alike_do_not_collapse():
    alike = dynamical_laws({alpha: made(alpha) for alpha in ALPHAS})
    mixed = dynamical_laws(
        {alpha: made(alpha, early) for alpha, early in zip(ALPHAS, (0.3, 0.5, 0.6, 0.8), strict=True)}
    )
    assert mixed.collapse.spread > 10.0 * alike.collapse.spread
    assert mixed.early.high - mixed.early.low > 0.2


def test_intervals_hold_the_truth():
    """200 sets of noisy curves, nominal 95 %; three standard errors of the share are 5 %."""
    rng = np.random.default_rng(1)
    clean = dynamical_laws({alpha: made(alpha) for alpha in ALPHAS})  # what the noise is about
    inside = np.zeros(3)
    for _ in range(200):
        laws = dynamical_laws([(alpha, *made(alpha, noise=0.03, rng=rng)) for alpha in ALPHAS])
        truths = (clean.early.value, clean.optimum.value, clean.end_point.value)
        inside += [s.holds(t) for s, t in zip((laws.early, laws.optimum, laws.end_point), truths, strict=True)]
    assert np.all(inside / 200.0 > 0.90), inside


def test_the_laws_of_the_theory():
    alphas = (1e3, 2e3, 4e3, 8e3)
    norms = {a: np.geomspace(0.02, 4.0 * a, 80) for a in alphas}
    curves = {a: (n, perceptron.rs_perceptron(a, n).generalization_error) for a, n in norms.items()}
    laws = dynamical_laws(curves)
    assert laws.early.value == pytest.approx(0.5, abs=0.02) and laws.optimum.value == pytest.approx(1.0, abs=0.01)
    assert laws.end_point.value == pytest.approx(0.5, abs=0.005) and laws.collapse.spread < 0.01
    given = dynamical_laws(curves, initial_errors=perceptron.hebb_error(np.array(alphas)))
    assert given.end_point.value == pytest.approx(laws.end_point.value, abs=1e-3)


def test_a_minimum_at_the_end_of_a_curve_is_none():
    short = {alpha: made(alpha, longest=0.5 if alpha == 300.0 else 6.0) for alpha in ALPHAS}
    laws = dynamical_laws(short)
    assert laws.curves[1].optimal_norm is None and laws.optimum.points == 3
    assert laws.left_out == ("alpha = 300: the error is least at the last point, so that its minimum may lie beyond",)
    assert "left out" in repr(laws)
    with pytest.raises(InvalidInput, match="at 3 different alpha or more, not at 2; alpha = 300: the error is least"):
        dynamical_laws({alpha: short[alpha] for alpha in ALPHAS[:3]})
    rising = dynamical_laws({**short, 300.0: (made(300.0)[0], np.sqrt(made(300.0)[0]))})
    assert "least at the first point" in rising.left_out[0]


def test_noise_without_a_minimum_is_told():
    rng = np.random.default_rng(3)
    norm = np.geomspace(0.1, 100.0, 40)
    flat = [
        one_curve.read_curve(one_curve._curve(1.0, norm, np.exp(0.05 * rng.standard_normal(40)), None))
        for _ in range(60)
    ]
    told = sum(one.optimal_norm is None for one in flat)
    assert told >= 50, told  # measured: 54 of 60; a parabola through noise is convex by chance in the rest
    few = made(100.0, points=9)
    assert one_curve.read_curve(one_curve._curve(1.0, *few, None)).early_exponent is None


@pytest.mark.parametrize(
    ("curves", "keywords", "sentence"),
    [
        ({}, {}, "curves must hold at least three curves"),
        (5, {}, r"curves must be a list of \(alpha, norms, errors\), not 5"),
        ("curves", {}, "curves must be a list"),
        ([(1.0, [1.0, 2.0])], {}, r"each of curves must be \(alpha, norms, errors\), not 2 things"),
        ([7], {}, "each of curves must be a list of numbers, not 7"),
        ({1.0: ([1.0] * 9,)}, {}, r"curves\[1.0\] must be \(norms, errors\), not 1 things"),
        ({0.0: made(9.0)}, {}, "alpha must be greater than 0, not 0"),
        ({"many": made(9.0)}, {}, "alpha must be a number, not 'many'"),
        ({1.0: ([1.0, 2.0, 3.0], [1.0, 0.5, 0.7])}, {}, "the curve of alpha = 1 must have 8 points or more, not 3"),
        ({1.0: (np.arange(1, 10), np.ones(8))}, {}, "the curve of alpha = 1 must have as many norms as errors"),
        ({1.0: (np.arange(9), np.ones(9))}, {}, "norms of the curve of alpha = 1 must be greater than 0, but entry 0"),
        ({1.0: (np.arange(1, 10), -np.ones(9))}, {}, "errors of the curve of alpha = 1 must be greater than 0"),
        ({1.0: (np.ones(9), np.ones(9))}, {}, r"norms of the curve of alpha = 1 must ascend, but entry 1 \(1\) is not"),
        ({1.0: (np.arange(1, 10), [np.nan] * 9)}, {}, "errors of the curve of alpha = 1 must be finite"),
        ({1.0: (np.arange(1, 10), np.ma.masked_less(np.arange(1, 10), 3))}, {}, "errors of .* masked"),
        ({a: made(a) for a in ALPHAS}, {"confidence": 1.0}, "confidence must be between 0 and 1, not 1"),
        ({a: made(a) for a in ALPHAS}, {"initial_errors": [0.5, 0.5]}, "initial_errors must be .* one or 4"),
        ({a: made(a) for a in ALPHAS}, {"initial_errors": 0.0}, "initial_errors must be greater than 0"),
        ({a: made(a) for a in ALPHAS[:2]}, {}, "curves must have minima at 3 different alpha or more, not at 2"),
        ({a: made(a, points=9) for a in ALPHAS}, {}, "curves must have 3 early exponents or more"),
    ],
)  # fmt: skip
def test_curves_that_cannot_be_used(curves, keywords, sentence):
    with pytest.raises(InvalidInput, match=f"^{sentence}"):
        dynamical_laws(curves, **keywords)


def test_spectral_complexity_of_known_networks():
    for layers, n in ((1, 3), (3, 5), (4, 10)):
        assert spectral_complexity([np.eye(n)] * layers) == pytest.approx(layers**1.5 * n, rel=1e-12)
    rng = np.random.default_rng(0)
    weights = [rng.standard_normal(shape) for shape in ((7, 5), (4, 7), (1, 4))]
    first = [0.5 * one for one in weights]
    top = np.array([np.linalg.svd(one)[1][0] for one in weights])
    rows = np.array([np.sqrt((one**2).sum(axis=1)).sum() for one in weights])
    direct = top.prod() * ((rows / top) ** (2.0 / 3.0)).sum() ** 1.5
    assert spectral_complexity(weights) == pytest.approx(direct, rel=1e-12)
    assert spectral_complexity(weights, references=first) == pytest.approx(0.5 * direct, rel=1e-12)
    assert spectral_complexity(weights, references=weights) == 0.0
    assert spectral_complexity(weights, lipschitz=[2.0, 3.0, 0.5]) == pytest.approx(3.0 * direct, rel=1e-12)
    assert spectral_complexity({"a": weights[0], "b": {"c": weights[1], "d": weights[2]}}) == pytest.approx(direct)
    assert spectral_complexity([one.tolist() for one in weights]) == pytest.approx(direct)
    columns = top.prod() * (np.array([np.sqrt((w**2).sum(axis=0)).sum() for w in weights]) / top) ** (2 / 3)
    assert spectral_complexity(weights) != pytest.approx(columns.sum() ** 1.5, rel=0.01)  # not of columns
    assert spectral_complexity([np.zeros((2, 2)), np.eye(2)]) == 0.0
    assert spectral_complexity([np.zeros((2, 2)), np.eye(2)], references=[np.eye(2), np.eye(2)]) == pytest.approx(2.0)
    deep = [1e200 * np.eye(2)] * 3
    assert spectral_complexity(deep, scale="logarithm") == pytest.approx(3 * np.log(1e200) + np.log(3.0**1.5 * 2.0))
    assert spectral_complexity([np.eye(2) * 1e300]) == pytest.approx(2e300)


@pytest.mark.parametrize(
    ("weights", "keywords", "sentence"),
    [
        ([], {}, "weights must be at least one matrix"),
        ([np.eye(3), np.eye(2)], {}, "weights: matrix 1 takes 2 inputs, but the one before puts out 3"),
        ([np.zeros((3, 3, 3, 3))], {}, "weights: matrix 0 must be .* not a convolution, which counts by"),
        ([np.eye(2), np.zeros(2)], {}, r"weights: matrix 1 must be a matrix of shape .*, not a bias of shape \(2,\)"),
        ([[[1.0, np.nan]]], {}, r"weights: matrix 0 must be finite, but its entry \(0, 1\) is nan"),
        ([np.ma.array(np.eye(2))], {}, "weights: matrix 0 must be a matrix without a mask"),
        ([np.eye(2, dtype=bool)], {}, "weights: matrix 0 must be a matrix of numbers, not an array of bool"),
        ([[["a"]]], {}, "weights: matrix 0 must be a matrix of numbers"),
        ([[[1.0, 2.0], [3.0]]], {}, "weights: matrix 0 must be a matrix of numbers, with rows of equal length"),
        ([np.zeros((0, 2))], {}, "weights: matrix 0 must be a matrix of numbers, not an array of shape"),
        (3.0, {}, "source must be a path"),
        ([np.eye(2)] * 2, {"references": [np.eye(2)]}, "references must be 2 matrices, one for each layer, not 1"),
        ([np.eye(2)], {"references": [np.eye(3)]}, r"references: matrix 0 must be of shape \(2, 2\), not \(3, 3\)"),
        ([np.eye(2)], {"lipschitz": 0.0}, "lipschitz must be greater than 0, not 0"),
        ([np.eye(2)] * 3, {"lipschitz": [1.0, 1.0]}, "lipschitz must be one number or 3, not 2"),
        ([np.eye(2)], {"scale": "log"}, "scale must be one of 'value', 'logarithm', not 'log'"),
        ([1e200 * np.eye(2)] * 3, {}, r"weights have a complexity of e\^1383"),
    ],
)  # fmt: skip
def test_weights_that_have_no_complexity(weights, keywords, sentence):
    with pytest.raises(InvalidInput, match=f"^{sentence}"):
        spectral_complexity(weights, **keywords)
