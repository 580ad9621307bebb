"""The scalar channel of the diagonal network: closed forms, limits, derivatives."""

import numpy as np
import pytest

from spectralaw.state_evolution.diagonal import coefficient_moments

from ..references import gaussian_coefficient_reference


@pytest.mark.parametrize("seed", range(15))
def test_gaussian_closed_forms_agree_with_quadrature(seed):
    rng = np.random.default_rng(seed)
    tau = 10.0 ** rng.uniform(-8, 2)
    sigma, kappa = tau * 10.0 ** rng.uniform(-6, 6), tau * rng.uniform(0.0, 6.0) * 10.0 ** rng.uniform(-3, 0)
    risk, _, _, kept, _, _ = coefficient_moments(np.array(sigma), np.array(tau), np.array(kappa), fixed=False)
    exact_risk, exact_kept = gaussian_coefficient_reference(sigma, tau, kappa)
    # what is far below σ² + τ² cannot matter to a sum that holds them
    assert risk == pytest.approx(float(exact_risk), rel=1e-9, abs=1e-15 * min(sigma, tau) ** 2)
    assert kept == pytest.approx(float(exact_kept), rel=1e-11)


@pytest.mark.statistical
@pytest.mark.parametrize(("theta", "tau", "kappa"), [(0.5, 0.2, 0.4), (0.0, 1.0, 0.7), (3.0, 0.5, 1.0)])
def test_fixed_closed_forms_agree_with_sampling(theta, tau, kappa):
    x = theta + tau * np.random.default_rng(5).standard_normal(400_000)
    learned = np.sign(x) * np.maximum(np.abs(x) - kappa, 0.0)
    risk, _, _, kept, _, _ = coefficient_moments(np.array(theta), np.array(tau), np.array(kappa), fixed=True)
    for value, sample in ((risk, (learned - theta) ** 2), (kept, learned != 0.0)):
        assert abs(np.mean(sample) - value) < 4.0 * np.std(sample) / np.sqrt(len(x)) + 1e-12


@pytest.mark.parametrize("fixed", [True, False])
def test_derivatives(fixed):
    rng = np.random.default_rng(2)
    value, tau, kappa = 10.0 ** rng.uniform(-2, 2, (3, 200))
    _, risk_noise, risk_threshold, _, kept_noise, kept_threshold = coefficient_moments(value, tau, kappa, fixed=fixed)
    step = 1e-6
    by_tau = [coefficient_moments(value, tau * (1 + s * step), kappa, fixed=fixed) for s in (1, -1)]
    by_kappa = [coefficient_moments(value, tau, kappa * (1 + s * step), fixed=fixed) for s in (1, -1)]
    for k, tau_slope, kappa_slope in ((0, risk_noise, risk_threshold), (3, kept_noise, kept_threshold)):
        scale = np.abs(by_tau[0][k]) + 1e-3
        np.testing.assert_allclose(
            (by_tau[0][k] - by_tau[1][k]) / (2 * step) / scale, tau_slope * tau / scale, atol=2e-7, rtol=1e-6
        )
        np.testing.assert_allclose(
            (by_kappa[0][k] - by_kappa[1][k]) / (2 * step) / scale, kappa_slope * kappa / scale, atol=2e-7, rtol=1e-6
        )


def test_learned_coefficient_costs_noise_and_shift():
    """σ ≫ τ, κ: R → τ² + κ², without losing digits to σ²."""
    risk = coefficient_moments(np.array(1e7), np.array(1.0), np.array(2.0), fixed=False)[0]
    assert risk == pytest.approx(5.0, rel=1e-6)
