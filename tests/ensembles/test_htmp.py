"""HTMP against numbers of the literature, mpmath, its own sampler, and its limits."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

import spectralaw as sl
from spectralaw.ensembles import HTMP, InverseHTMP, MarchenkoPastur, fit


@pytest.mark.parametrize(
    ("law", "x", "density", "moments", "inverse", "log"),
    [
        (HTMP(0.25, 2.0), 1.0, 0.4822494727, (1.0, 1.5, 2.875), 2.0, -0.2876820725),
        (HTMP(0.5, 6.0), 0.5, 0.5884157506, (1.0, 5.0 / 3.0, 32.0 / 9.0), 3.0, -0.4269779485),
    ],
)
def test_numbers(law, x, density, moments, inverse, log):
    assert law.pdf(x) == pytest.approx(density, abs=1e-10)
    assert law.moments(3) == pytest.approx(moments, rel=1e-12)
    assert law.mean_inverse == pytest.approx(inverse, rel=1e-12)
    assert law.mean_log == pytest.approx(log, abs=1e-10)


def _reference(law, x):
    a, b, y = mpmath.mpf(law.a), mpmath.mpf(law.b), mpmath.mpf(law.b) / law.gamma * mpmath.mpf(x)
    with mpmath.workdps(30):
        u = mpmath.hyperu(b, -a, mpmath.mpc(-y, mpmath.mpf(10) ** -40))
        constant = mpmath.gamma(b + 1) * mpmath.gamma(a + b + 1)
        return float(mpmath.log(b / law.gamma * y**a * mpmath.exp(-y) / (constant * abs(u) ** 2)))


@pytest.mark.parametrize("gamma, kappa", [(0.25, 2.0), (0.9, 0.3), (0.1, 20.0), (0.5, 100.0), (0.99, 3.0), (0.5, 0.01)])
def test_density_against_mpmath(gamma, kappa):
    """The relative error of our path of steepest descent is 10⁻¹³ or less; edges of the bulk are among the points."""
    law = HTMP(gamma, kappa)
    p, q = np.sqrt(law.b), np.sqrt(law.a + 1.0 + law.b)
    edges = np.array([(q - p) ** 2, (q + p) ** 2]) * law.gamma / law.b
    for x in (1e-3, 0.2, 1.0, 4.0, *(0.99 * edges), *(1.01 * edges)):
        assert law.logpdf(x) == pytest.approx(_reference(law, x), abs=1e-11)


@pytest.mark.parametrize(
    "gamma, kappa",
    [(0.25, 2.0), (0.9, 0.3), (0.1, 20.0), (0.99, 3.0), (0.25, 1e4), (0.999, 1e3), (0.5, 1.0), (0.5, 2.0)],
)
def test_distribution_function(gamma, kappa):
    """Against Gauss's rule of the Jacobi matrix: the distribution function is within one weight of it."""
    law = HTMP(gamma, kappa)
    nodes, weights = law.quadrature(300)
    assert weights.sum() == pytest.approx(1.0, abs=1e-12)
    middle = 0.5 * (nodes[1:] + nodes[:-1])
    some = middle[::17]
    steps = np.cumsum(weights)[:-1][::17]
    assert np.max(np.abs(law.cdf(some) - steps)) < 1.01 * weights.max()
    assert np.sum(weights * nodes**3) == pytest.approx(law.moments(3)[2], rel=1e-9)
    assert law.cdf(np.array([-1.0, 0.0, 1e9])) == pytest.approx([0.0, 0.0, 1.0])
    wrong = HTMP(0.6 * gamma, kappa)  # what the comparison must refuse
    if kappa > 10:
        assert np.max(np.abs(wrong.cdf(some) - steps)) > weights.max()


def test_stieltjes_transform():
    law = HTMP(0.25, 2.0)
    nodes, weights = law.quadrature(400)
    for z in (-1.0, -0.01, 3.0 + 1.0j, 1.0 - 0.5j):
        assert law.stieltjes(z) == pytest.approx(np.sum(weights / (nodes - z)), rel=1e-6)
    height = 0.05
    x = np.array([0.5, 1.0, 2.0])
    assert law.stieltjes(x + 1j * height).imag / np.pi == pytest.approx(law.pdf(x), rel=0.15)
    y = 2.5  # the ratio of Tricomi's functions
    a, b = law.a, law.b
    ratio = mpmath.hyperu(b + 1, 1 - a, y) / mpmath.hyperu(b, -a, y)
    assert law.stieltjes(-y * law.gamma / b) * law.gamma / b == pytest.approx(complex(ratio), rel=1e-11)
    with pytest.raises(sl.InvalidInput, match="z must be"):
        law.stieltjes(1.0)


def test_sampler_follows_the_density():
    law, rng = HTMP(0.25, 2.0), np.random.default_rng(0)
    x = np.concatenate([law.sample(400, rng) for _ in range(60)])
    assert len(x) == 24_000 and x.min() > 0
    for decile in (0.1, 0.5, 0.9):
        assert law.cdf(np.quantile(x, decile)) == pytest.approx(decile, abs=0.004)
    other = HTMP(0.25, 3.0)  # a wrong κ is seen
    assert max(abs(other.cdf(np.quantile(x, decile)) - decile) for decile in (0.1, 0.5, 0.9)) > 0.01
    assert np.array_equal(law.sample(50, 3), law.sample(50, 3))


def test_limits():
    g = 0.25
    assert HTMP(g, 1e4).moments(3)[2] == pytest.approx(1.0 + 3.0 * g + g**2, abs=2e-4)
    assert HTMP(g, 1e6).moments(3)[2] == pytest.approx(1.0 + 3.0 * g + g**2, abs=2e-5)
    x = np.array([0.4, 1.0, 2.0])
    assert HTMP(g, 1e4).pdf(x) == pytest.approx(MarchenkoPastur(g).pdf(x), rel=3e-3)
    law = HTMP(0.5, 6.0)  # C x^a at zero
    assert law.pdf(1e-6) / (1e-6) ** law.a == pytest.approx(np.exp(law.log_edge), rel=1e-4)


def test_inverse():
    law = InverseHTMP(0.5, 2.0)
    assert law.tail_exponent == pytest.approx(2.0)
    z = np.array([1e4, 1e5])
    assert np.diff(law.logpdf(z))[0] / np.log(10.0) == pytest.approx(-2.0, abs=0.003)
    assert law.cdf(0.0) == 0.0 and law.cdf(3.0) == pytest.approx(1.0 - HTMP(0.5, 2.0).cdf(1.0 / 3.0))
    assert InverseHTMP(0.5, 1.0).tail_exponent < law.tail_exponent  # weaker repulsion, heavier tail
    assert law.moments(2).tolist() == [np.inf, np.inf]
    assert InverseHTMP(0.25, 6.0).moments(2) == pytest.approx([1.5, 3.5357142857], rel=1e-9)
    assert InverseHTMP(0.25, 6.0).sample(100, 1) == pytest.approx(1.0 / HTMP(0.25, 6.0).sample(100, 1)[::-1])


@pytest.mark.parametrize("inverse", [False, True])
def test_fit_round_trip(inverse):
    """Three matrices of 400: γ to 0.08 and κ to 40 % (they are read from how much more than Marchenko–Pastur it
    spreads)."""
    true = (InverseHTMP if inverse else HTMP)(0.5, 2.0)
    rng = np.random.default_rng(5)
    x = 3.0 * np.concatenate([true.sample(400, rng) for _ in range(3)])
    found = fit(x, inverse=inverse)
    gamma, kappa, scale, loglik = found
    assert abs(gamma - 0.5) < 0.08 and 1.2 < kappa < 2.8 and scale == pytest.approx(3.0, rel=0.05)
    assert loglik >= np.sum(true.logpdf(x / 3.0) - np.log(3.0)) - 0.1  # no less likely than the truth
    assert found.ks < 0.03 and found.status.is_result
    if inverse:
        assert found.tail_exponent == pytest.approx(2.0, abs=0.15)
    wrong = np.sum(HTMP(0.5, 20.0).logpdf(x / 3.0) - np.log(3.0))
    assert inverse or loglik > wrong + 10.0


def test_fit_of_white_noise_goes_to_marchenko_pastur():
    w = np.random.default_rng(0).standard_normal((120, 240))
    found = fit(np.linalg.eigvalsh(w @ w.T / 240.0))
    assert found.kappa > 100.0 and found.gamma == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: HTMP(1.0, 2.0), "gamma must"),
        (lambda: HTMP(0.0, 2.0), "gamma must"),
        (lambda: HTMP(0.5, 0.0), "kappa must"),
        (lambda: InverseHTMP(6.0, 1.0), "gamma must"),
        (lambda: fit([1.0, 2.0]), "at least 8"),
        (lambda: fit([0.0] + [1.0, 2.0] * 5), "positive"),
        (lambda: fit([1.0] * 10), "equal"),
        (lambda: HTMP(0.5, 1.0).sample(0, 1), "N must"),
        (lambda: HTMP(0.5, 1.0).moments(0), "n must"),
    ],
)
def test_bad_input_is_one_sentence(make, words):
    with pytest.raises(sl.InvalidInput, match=words):
        make()
