"""The perceptron's theory: against an independent computation, its limits, the best norm, and bad input."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.special import log_ndtr

from spectralaw.errors import ConvergenceFailure, InvalidInput
from spectralaw.results import Status
from spectralaw.systems import perceptron
from spectralaw.systems.perceptron import replica
from spectralaw.systems.perceptron.saddle_point import State, equations, solve

ALPHAS, NORMS = np.geomspace(1e-4, 1e6, 6), np.geomspace(1e-6, 1e8, 8)


def integral(function, edges):
    return sum(quad(function, a, b, epsabs=0.0, epsrel=1e-11, limit=200)[0] for a, b in zip(edges, edges[1:]))  # noqa: B905, RUF007


def residuals(alpha, norm, error, log_x):
    """Both equations by adaptive quadrature over t and a bracketed root of the proximal map, nothing of the package."""
    angle, top = np.pi * error, log_x + np.log(2.0)
    overlap, rest = np.cos(angle), np.sin(angle)

    def moved(t):
        rest = lambda s: s + np.logaddexp(0.0, 2.0 * norm * (t + np.exp(s))) - top  # noqa: E731
        return np.exp(
            brentq(
                rest,
                min(top, 0.0) - 2.0 * norm * (abs(t) + 1.0) - 10.0,
                min(top, 40.0),
                xtol=1e-15,
                rtol=1e-15,
                maxiter=1000,
            )
        )

    density = lambda z: np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)  # noqa: E731
    first = integral(lambda z: density(z) * moved(rest * z), [-9, -4, -2, -1, -0.5, 0, 0.5, 1, 2, 4, 9])
    steps = rest * np.array([-9, -6, -4, -3, -2, -1, -0.5, 0, 0.5, 1, 2, 3, 4, 6, 9, 12, 16, 24, 32, 64, 128])
    edges = np.append(steps[steps < 8.0], 9.0)
    second = integral(lambda z: density(z) * np.exp(log_ndtr(z * overlap / rest)) * moved(z) ** 2, edges)
    return 2.0 * alpha / np.sqrt(2.0 * np.pi) * first / overlap - 1.0, 2.0 * alpha * second / rest**2 - 1.0


def test_numbers_of_the_notes():
    found = perceptron.rs_perceptron(5.0, [0.5, 1.0, 2.0, 4.4])
    np.testing.assert_allclose(found.generalization_error, [0.1243441, 0.1051880, 0.0901146, 0.0839865], atol=2e-6)
    assert found.status is Status.CONVERGED and np.all(found.converged)
    np.testing.assert_allclose(np.arccos(found.overlap) / np.pi, found.generalization_error, rtol=1e-12)


@pytest.mark.parametrize(
    ("alpha", "norm"), [(5.0, 2.0), (0.5, 30.0), (50.0, 44.0), (1e4, 1.0), (1e4, 8836.0), (200.0, 0.01), (1e4, 1e5)]
)
def test_adaptive_quadrature_agrees(alpha, norm):
    found = perceptron.rs_perceptron(alpha, norm)
    values = [alpha, norm, found.generalization_error, found.log_x]
    assert np.abs(residuals(*values)).max() < 1e-10  # measured: 3e-13 at most
    off = [alpha, norm, found.generalization_error * (1.0 + 1e-8), found.log_x]
    assert np.abs(residuals(*off)).max() > 1e-9


def test_it_converges_everywhere_and_finer_panels_agree():
    alpha, norm = (np.ravel(one) for one in np.meshgrid(ALPHAS, NORMS, indexing="ij"))
    state, good = solve(np.log(alpha), np.log(norm))
    assert np.all(good)
    for fineness in (1, 2, 3):
        assert np.abs(equations(np.log(alpha), state, fineness).values).max() < 1e-12
    moved = State(state.log_ratio + 1e-8, state.log_force, state.log_norm)
    assert np.abs(equations(np.log(alpha), moved).values).max(axis=1).min() > 1e-9


def test_slopes_are_the_differences():
    for alpha, norm in ((5.0, 1.0), (0.3, 10.0), (100.0, 300.0)):
        low, middle, high = (perceptron.rs_perceptron(alpha, norm * np.exp(h)) for h in (-1e-4, 0.0, 1e-4))
        rate = np.log(high.generalization_error / low.generalization_error) / 2e-4
        assert middle.slope == pytest.approx(rate, rel=1e-6, abs=1e-9)


def test_the_norm_ends_at_hebb_and_at_maximal_stability():
    small = perceptron.rs_perceptron(ALPHAS, 1e-9).generalization_error
    np.testing.assert_allclose(small, perceptron.hebb_error(ALPHAS), rtol=1e-8)
    large = perceptron.rs_perceptron(ALPHAS[:5], 1e9 * ALPHAS[:5].clip(1.0)).generalization_error
    np.testing.assert_allclose(large, perceptron.max_stability_error(ALPHAS[:5]), rtol=1e-7)


def test_errors_of_few_and_of_many_samples():
    few, many = np.array([1e-6, 1e-8]), np.array([1e5, 1e7])
    for rule in (perceptron.hebb_error, perceptron.bayes_error, perceptron.max_stability_error):
        np.testing.assert_allclose(0.5 - rule(few), np.sqrt(2.0 * few / np.pi) / np.pi, rtol=2e-6)
    np.testing.assert_allclose(0.5 - perceptron.gibbs_error(few), 2.0 * few / np.pi**2, rtol=2e-6)
    # 0.442/α and 0.625/α of the literature; 0.5005/α of maximal stability; 1/√(2πα) of Hebb's rule
    np.testing.assert_allclose(perceptron.bayes_error(many) * many, 0.44170, rtol=1e-5)
    np.testing.assert_allclose(perceptron.gibbs_error(many) * many, 0.62466, rtol=1e-5)
    np.testing.assert_allclose(perceptron.max_stability_error(many) * many, 0.50049, rtol=1e-5)
    np.testing.assert_allclose(perceptron.hebb_error(many) * np.sqrt(2.0 * np.pi * many), 1.0, rtol=1e-5)


@pytest.mark.parametrize("alpha", [1e-3, 1.0, 5.0, 1e4])
def test_bayes_solves_its_equation(alpha):
    def off(error):
        r = np.cos(np.pi * error) ** 2
        inner = lambda t: np.exp(-0.5 * t * t * (1.0 + r) - log_ndtr(-np.sqrt(r) * t)) / np.sqrt(2.0 * np.pi)  # noqa: E731
        side = alpha / np.pi * quad(inner, -9.0, 9.0, epsabs=0.0, epsrel=1e-12, limit=200)[0]
        return r / np.sin(np.pi * error) / side - 1.0

    error = perceptron.bayes_error(alpha)
    assert abs(off(error)) < 1e-10 and abs(off(error * (1.0 + 1e-8))) > 1e-9
    assert error < perceptron.gibbs_error(alpha) and error < perceptron.hebb_error(alpha)


def test_the_best_norm_is_a_minimum_near_bayes():
    alpha = np.array([1e-3, 0.5, 5.0, 50.0, 200.0, 1e4])
    best = perceptron.tuned_perceptron(alpha)
    assert best.status is Status.CONVERGED and np.abs(best.slope).max() < 1e-12
    for factor in (0.99, 1.01):
        assert np.all(perceptron.rs_perceptron(alpha, factor * best.weight_norm).generalization_error
                      > best.generalization_error)  # fmt: skip
    assert best.weight_norm[2] == pytest.approx(4.536, abs=1e-3)
    # the notes have 0.8876, 0.4 % off: the error is flat there (by 2e-6), and the root of its slope is sharp
    np.testing.assert_allclose(best.weight_norm[3:] / alpha[3:], [0.883838, 0.883600, 0.883585], atol=2e-6)
    at_notes = perceptron.rs_perceptron(50.0, 0.8876 * 50.0)
    assert at_notes.slope > 1e-4 and at_notes.generalization_error / best.generalization_error[3] - 1.0 < 2e-6
    ratio = best.generalization_error / perceptron.bayes_error(alpha)
    assert np.all(ratio >= 1.0) and np.all((ratio[2:] > 1.0005) & (ratio[2:] < 1.0007))


def test_numbers_in_give_numbers_out():
    for function in (
        perceptron.hebb_error,
        perceptron.bayes_error,
        perceptron.gibbs_error,
        perceptron.max_stability_error,
        perceptron.optimal_norm,
    ):
        one, many = function(5), function([[5.0, 0.7]])
        assert type(one) is float and many.shape == (1, 2) and many[0, 0] == pytest.approx(one, rel=1e-12)
    one = perceptron.rs_perceptron(5, np.float64(2.0))
    many = perceptron.rs_perceptron([[5.0], [0.7]], [1.0, 2.0, 3.0])
    assert type(one.generalization_error) is float and one.converged is True
    assert many.generalization_error.shape == many.residual.shape == (2, 3)
    assert many.generalization_error[0, 1] == pytest.approx(one.generalization_error, rel=1e-12)
    assert "residual" in repr(one) and "6 from" in repr(many) and "slope" in repr(perceptron.tuned_perceptron(5.0))


def test_what_is_not_solved_is_no_result(monkeypatch):
    found = perceptron.rs_perceptron([5.0, 1e300], [1.0, 1.0])
    assert found.status is Status.NOT_CONVERGED and list(found.converged) == [True, False]
    assert np.isnan(found.generalization_error[1]) and np.isfinite(found.generalization_error[0])
    with pytest.raises(ConvergenceFailure, match="not certified at alpha = 1e-12"):
        perceptron.optimal_norm([1.0, 1e-12])
    monkeypatch.setattr(replica, "TOLERANCE", 0.0)
    assert not perceptron.rs_perceptron(5.0, [0.3, 1.0]).status.is_result


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: perceptron.rs_perceptron(0.0, 1.0), "alpha must be greater than 0, not 0.0"),
        (lambda: perceptron.rs_perceptron(1.0, [1.0, -2.0]), "weight_norm must be greater than 0, not -2 among its 2"),
        (lambda: perceptron.rs_perceptron(1.0, np.nan), "weight_norm must be a finite number, not nan"),
        (lambda: perceptron.rs_perceptron([1.0, np.inf], 1.0), "alpha must be finite, but its entry 1 is inf"),
        (lambda: perceptron.rs_perceptron([1.0, 2.0], [1.0] * 3), r"alpha of shape \(2,\) and weight_norm of shape"),
        (lambda: perceptron.rs_perceptron(True, 1.0), "alpha must be a number, not True"),
        (lambda: perceptron.rs_perceptron("5", 1.0), "alpha must be a number, not '5'"),
        (lambda: perceptron.rs_perceptron([1.0, True], 1.0), "alpha must be a list of numbers, but its entry 1"),
        (lambda: perceptron.rs_perceptron(np.ma.array([1.0, 2.0], mask=[0, 1]), 1.0), "alpha must be .* a mask"),
        (lambda: perceptron.rs_perceptron([[1.0], [1.0, 2.0]], 1.0), "alpha must be a list of numbers, but its"),
        (lambda: perceptron.rs_perceptron([], 1.0), "alpha must be a non-empty list"),
        (lambda: perceptron.rs_perceptron({1.0, 2.0}, 1.0), "alpha must be a number or an array of numbers"),
        (lambda: perceptron.rs_perceptron(1j, 1.0), "alpha must be a number"),
        (lambda: perceptron.hebb_error(-1), "alpha must be greater than 0, not -1.0"),
        (lambda: perceptron.bayes_error(None), "alpha must be a number"),
        (lambda: perceptron.gibbs_error(np.array([True])), "alpha must be a list of numbers, not an array of bool"),
        (lambda: perceptron.optimal_norm([0.0]), "alpha must be greater than 0, not 0 among its 1"),
        (lambda: perceptron.max_stability_error("many"), "alpha must be a number, not 'many'"),
    ],
)  # fmt: skip
def test_bad_input_is_refused(call, sentence):
    with pytest.raises(InvalidInput, match=f"^{sentence}"):
        call()
