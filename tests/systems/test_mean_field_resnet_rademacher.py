"""Rademacher complexity of KL balls: the dual against the primal, limits of the radius, the bound."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.optimize import minimize, minimize_scalar
from scipy.special import logsumexp, rel_entr

from spectralaw.errors import ConvergenceFailure, InvalidInput
from spectralaw.systems import mean_field_resnet as mf
from spectralaw.systems.mean_field_resnet import rademacher
from spectralaw.systems.mean_field_resnet.rademacher import excess_supremum

RNG = np.random.default_rng(0)


def bounded(inputs, particles, seed=0):
    rng = np.random.default_rng(seed)
    return np.tanh(
        rng.standard_normal((inputs, 4)) @ rng.standard_normal((4, particles)) + rng.standard_normal(particles)
    )


def by_dual(phi, radius):
    """min λ r + λ ln E e^{φ/λ} by a scan and a bounded search, written down once more."""
    value = lambda t: np.exp(t) * (radius + logsumexp(phi / np.exp(t)) - np.log(phi.size))  # noqa: E731
    return min(
        minimize_scalar(value, bounds=(a, a + 2.5), method="bounded", options={"xatol": 1e-10}).fun
        for a in np.arange(-12, 8, 2.0)
    )


@pytest.mark.parametrize("radius", [1e-3, 0.05, 0.7, 2.0])
@pytest.mark.parametrize("kind", ["normal", "heavy", "rounded", "far from zero"])
def test_the_supremum_is_the_minimum_of_the_dual(radius, kind):
    phi = {
        "normal": RNG.standard_normal((3, 30)),
        "heavy": RNG.exponential(size=(3, 30)) ** 3,
        "rounded": np.round(RNG.standard_normal((3, 30))),
        "far from zero": 1e3 + 1e-3 * RNG.standard_normal((3, 30)),
    }[kind]
    value, gap = excess_supremum(phi, radius)
    for row, one in zip(phi - phi.mean(axis=1, keepdims=True), value, strict=True):
        assert one == pytest.approx(by_dual(row, radius), rel=1e-7)
    assert np.all(gap <= 1e-10 * value)


def test_the_supremum_is_that_of_the_primal_problem():
    phi = RNG.standard_normal(5)
    for radius in (0.01, 0.3, 1.0):
        solved = minimize(
            lambda p: -p @ phi,
            np.full(5, 0.2),
            bounds=[(1e-12, 1.0)] * 5,
            constraints=[
                {"type": "eq", "fun": lambda p: p.sum() - 1.0},
                {"type": "ineq", "fun": lambda p, r=radius: r - np.sum(rel_entr(p, 0.2))},
            ],
            options={"ftol": 1e-14, "maxiter": 500},
        )
        value, _ = excess_supremum(phi[None], radius)
        assert value[0] + phi.mean() == pytest.approx(-solved.fun, rel=1e-6)


def test_no_law_in_the_ball_does_better_and_one_outside_does():
    phi = RNG.standard_normal((1, 200))
    value, _ = excess_supremum(phi, 0.2)
    laws = RNG.dirichlet(np.full(200, 3.0), size=2000)
    laws = np.concatenate([laws, [np.exp(s * phi[0]) / np.exp(s * phi[0]).sum() for s in np.linspace(0.0, 2.0, 41)]])
    inside = np.sum(rel_entr(laws, 1 / 200), axis=1) <= 0.2
    reached = laws @ (phi[0] - phi.mean())
    assert 100 < inside.sum() < len(laws)
    assert np.all(reached[inside] <= value[0]) and np.any(reached[~inside] > value[0])


def test_extreme_radii():
    phi = RNG.standard_normal((4, 50))
    spread = np.std(phi, axis=1)
    for radius in (1e-300, 1e-30, 1e-14):  # √(2r) times the standard deviation
        assert excess_supremum(phi, radius)[0] == pytest.approx(np.sqrt(2.0 * radius) * spread, rel=1e-6)
    top = phi.max(axis=1) - phi.mean(axis=1)
    for radius in (np.log(50.0), 1e3, 1e300):  # a single particle
        assert excess_supremum(phi, radius)[0] == pytest.approx(top, rel=1e-14)
    below = excess_supremum(phi, np.log(50.0) - 1e-9)[0]
    assert np.all(below < top) and below == pytest.approx(top, rel=1e-6)
    assert np.all(excess_supremum(phi, 0.0)[0] == 0.0)
    assert np.all(excess_supremum(np.full((2, 9), 0.3), 0.5)[0] == 0.0)
    twins = np.repeat(RNG.standard_normal((1, 5)), 2, axis=1)  # the maximum is taken twice: ln 5 reaches it
    assert excess_supremum(twins, np.log(5.0))[0] == pytest.approx(twins.max() - twins.mean())
    grown = [float(excess_supremum(phi, r)[0][0]) for r in np.geomspace(1e-8, 10.0, 60)]
    assert np.all(np.diff(grown) >= 0.0)


def test_all_signs_are_taken_for_few_inputs():
    features = bounded(5, 40)
    found = mf.kl_ball_rademacher(features, 0.3)
    each = []
    for signs in itertools.product((-1.0, 1.0), repeat=5):
        phi = np.array(signs) @ features / 5
        each.append(by_dual(phi - phi.mean(), 0.3) + phi.mean())
    assert float(found) == pytest.approx(np.mean(each), rel=1e-7)
    assert found.exact and found.signs == 32 and found.standard_error == 0.0
    one = mf.kl_ball_rademacher(features[:1], 0.3)
    assert one.signs == 2 and one.value > 0.0


def test_sampled_signs_agree_with_all_of_them(monkeypatch):
    features = bounded(12, 60)
    exact = mf.kl_ball_rademacher(features, 0.2)
    monkeypatch.setattr(rademacher, "ENUMERATED", 0)
    scores = []
    for seed in range(20):
        found = mf.kl_ball_rademacher(features, 0.2, signs=200, seed=seed)
        assert not found.exact and found.signs == 200
        scores.append((found.value - exact.value) / found.standard_error)
    assert abs(np.mean(scores)) <= 3.0 / np.sqrt(20.0) and 0.5 <= np.std(scores) <= 1.6
    assert mf.kl_ball_rademacher(features, 0.2, signs=200, seed=1) == mf.kl_ball_rademacher(
        features, 0.2, signs=200, seed=1
    )


@pytest.mark.parametrize(("radius", "bound"), [(0.01, 0.0200), (0.1, 0.0632), (0.5, 0.1414)])
def test_it_is_below_the_bound(radius, bound):
    setting = mf.ResNetSetting(5, output_particles=1000)
    x = np.random.default_rng(1).standard_normal((50, 5))
    found = mf.kl_ball_rademacher(mf.ScaledResNet.initial(setting, 0).features(x), radius, signs=400)
    assert found.bound == pytest.approx(bound, abs=5e-5)
    assert 0.5 * bound < found.value + 3.0 * found.standard_error < bound  # measured 0.77, 0.77 and 0.75 of it
    assert found.standard_error < 0.03 * found.value and found.gap <= 1e-10 * found.value


def test_signs_as_features_come_near_the_bound():
    """Many independent signs: φ is nearly Gaussian, and the bound is nearly reached for small r."""
    features = np.random.default_rng(0).choice([-1.0, 1.0], size=(30, 4000))
    found = mf.kl_ball_rademacher(features, 0.05, signs=100)
    assert 0.97 <= found.value / found.bound <= 1.0


def test_larger_features_have_a_larger_bound_and_a_common_part_drops_out():
    features = bounded(20, 100)
    plain = mf.kl_ball_rademacher(features, 0.1)
    large = mf.kl_ball_rademacher(5.0 * features, 0.1)
    assert large.value == pytest.approx(5.0 * plain.value) and plain.bound == pytest.approx(np.sqrt(0.2 / 20))
    assert large.bound == pytest.approx(5.0 * np.max(np.abs(features)) * plain.bound)
    shifted = mf.kl_ball_rademacher(features + np.arange(20.0)[:, None], 0.1)
    assert shifted.value == pytest.approx(plain.value, rel=1e-9)
    assert mf.kl_ball_rademacher(features, 0.0).value == 0.0
    assert "duality gap" in repr(plain) and "all of them" not in repr(plain)


def test_an_open_gap_is_no_result(monkeypatch):
    monkeypatch.setattr(rademacher, "_ROUNDS", 1)
    with pytest.raises(ConvergenceFailure, match=r"of radius 2 keeps a gap of"):
        mf.kl_ball_rademacher(bounded(20, 100), 2.0)


def test_bad_input_gets_a_sentence():
    features = bounded(6, 10)
    for arguments, sentence in (
        ((features[0], 0.1), r"features must have the shape \(inputs, particles\) = \(any, any\), not \(10,\)"),
        ((features[None], 0.1), r"features must have the shape \(inputs, particles\)"),
        ((features[:, :0], 0.1), r"features must have the shape \(inputs, particles\)"),
        ((np.where(features > 0.5, np.nan, features), 0.1), "features must be finite, but its entry"),
        ((features > 0.0, 0.1), "features must be an array of real numbers, not an array of bool"),
        (
            (np.ma.masked_greater(features, 0.0), 0.1),
            "features must be .* numbers, but some of its entries are masked",
        ),
        ((features, -0.1), "radius must be 0 or greater, not -0.1"),
        ((features, np.nan), "radius must be a finite number, not nan"),
        ((features, "0.1"), "radius must be a number, not '0.1'"),
    ):
        with pytest.raises(InvalidInput, match=sentence):
            mf.kl_ball_rademacher(*arguments)
    with pytest.raises(InvalidInput, match="signs must be 4 or greater, not 2"):
        mf.kl_ball_rademacher(features, 0.1, signs=2)
    with pytest.raises(InvalidInput, match="seed must be a whole number"):
        mf.kl_ball_rademacher(features, 0.1, seed=0.5)
