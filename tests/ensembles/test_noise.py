"""Marchenko–Pastur, separable noise, Tracy–Widom, semicircle."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import spectralaw as sl
from spectralaw.ensembles import CutSemicircle, MarchenkoPastur, SeparableNoise, TracyWidom, semicircle


def test_tracy_widom():
    assert TracyWidom.quantile(0.95) == pytest.approx(0.97940, abs=2e-5)
    assert TracyWidom.quantile(0.99) == pytest.approx(2.01353, abs=2e-5)
    assert TracyWidom.sf(TracyWidom.quantile(0.3)) == pytest.approx(0.7)
    assert TracyWidom.sf(-50.0) == 1.0 and TracyWidom.cdf(-50.0) == 0.0
    law = stats.gamma(46.446, scale=0.186054)
    assert law.mean() - 9.84801 == pytest.approx(-1.2065, abs=1e-3)  # mean and variance of TW₁
    assert law.var() == pytest.approx(1.6078, abs=1e-3)


@pytest.mark.parametrize(
    ("ratio", "median"), [(0.1, 0.9665651474), (0.25, 0.9160040707), (0.5, 0.8304658816), (1.0, 0.6527759416)]
)
def test_median_of_marchenko_pastur(ratio, median):
    assert MarchenkoPastur(ratio).median == pytest.approx(median, abs=1e-9)


@pytest.mark.parametrize("ratio", [0.05, 0.5, 1.0])
def test_marchenko_pastur_is_a_law(ratio):
    law = MarchenkoPastur(ratio, 2.0)
    angles = np.linspace(0.0, np.pi, 20_001)
    low, high = law.support
    x = 0.5 * (low + high) - 0.5 * (high - low) * np.cos(angles)
    mass = np.concatenate([[0.0], np.cumsum(0.5 * np.diff(x) * (law.pdf(x)[1:] + law.pdf(x)[:-1]))])
    if ratio < 1.0:
        assert mass[-1] == pytest.approx(1.0, abs=1e-6)
        assert np.max(np.abs(mass - law.cdf(x))) < 1e-6
    assert law.cdf(0.0) == 0.0 and law.cdf(100.0) == 1.0
    assert law.cdf(law.quantile(0.3)) == pytest.approx(0.3)


def _edge(rows, columns):
    return SeparableNoise(rows, columns).edge()


def test_white_edge_is_that_of_johnstone_and_ma():
    edge = _edge(np.ones(200), np.ones(500))
    assert edge.location == pytest.approx(1330.3486, abs=1e-3)
    p, n = np.sqrt(200.0), np.sqrt(500.0)
    assert edge.limit == pytest.approx((p + n) ** 2, rel=1e-10)
    assert edge.scale == pytest.approx((p + n) * (1.0 / p + 1.0 / n) ** (1.0 / 3.0), rel=1e-7)
    assert edge.sf(edge.quantile(0.95)) == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("rows", "columns", "location", "scale"),
    [
        (np.ones(200), np.ones(400), 1163.625, None),
        (np.r_[np.ones(100), np.full(100, 4.0)], np.ones(400), 3713.404, 63.67),
        (np.linspace(0.5, 1.5, 200), np.linspace(0.5, 1.5, 400), 1336.849, 23.77),
    ],
)
def test_edges_of_profiles(rows, columns, location, scale):
    edge = _edge(rows, columns)
    assert edge.location == pytest.approx(location, rel=1e-6)
    assert scale is None or edge.scale == pytest.approx(scale, rel=2e-4)
    shuffled = _edge(np.random.default_rng(0).permutation(rows), columns)
    assert shuffled.location == pytest.approx(edge.location, rel=1e-12)
    scaled = _edge(3.0 * rows, 5.0 * columns)
    assert scaled.location == pytest.approx(15.0 * edge.location, rel=1e-9)
    assert scaled.scale == pytest.approx(15.0 * edge.scale, rel=1e-6)
    swapped = _edge(columns, rows)  # W and Wᵀ have the same singular values
    assert swapped.limit == pytest.approx(edge.limit, rel=1e-9)
    assert swapped.scale == pytest.approx(edge.scale, rel=1e-6)


def test_an_edge_that_forgets_the_profile_is_wrong():
    """The false edge: white noise of the same total variance."""
    rows = np.r_[np.ones(100), np.full(100, 4.0)]
    assert _edge(np.full(200, rows.mean()), np.ones(400)).location < 0.8 * _edge(rows, np.ones(400)).location


@pytest.mark.statistical
@pytest.mark.parametrize("name", ["two levels", "linear", "few strong rows"])
def test_fluctuations_at_the_edge_are_those_of_tracy_and_widom(name):
    """Mean −1.2065 and standard deviation 1.268 in units of the scale; 150 draws: standard error 0.10."""
    rows = {
        "two levels": np.r_[np.ones(50), np.full(50, 4.0)],
        "linear": np.linspace(0.5, 1.5, 100),
        "few strong rows": np.r_[np.ones(90), np.full(10, 9.0)],
    }[name]
    columns = np.linspace(0.5, 1.5, 200)
    edge, rng = _edge(rows, columns), np.random.default_rng(7)
    root = np.sqrt(rows)[:, None] * np.sqrt(columns)
    tops = np.array([np.linalg.norm(root * rng.standard_normal(root.shape), 2) ** 2 for _ in range(150)])
    units = (tops - edge.location) / edge.scale
    assert abs(units.mean() + 1.2065) < 0.35 and 0.95 < units.std() < 1.55
    assert np.mean(units > TracyWidom.quantile(0.95)) < 0.11


def test_density_of_separable_noise():
    law = SeparableNoise(np.ones(60), np.ones(120))
    x = np.linspace(1.0, 380.0, 60)
    white = MarchenkoPastur(0.5).pdf(x / 120.0) / 120.0
    assert law.density(x) == pytest.approx(white, abs=1e-10)
    law = SeparableNoise(np.linspace(0.5, 1.5, 60), np.linspace(0.5, 1.5, 120))
    x = np.linspace(0.5, 1.01 * law.edge().limit, 1500)
    density = law.density(x)
    assert np.trapezoid(density, x) == pytest.approx(1.0, abs=2e-3)
    assert np.all(density[x > 1.001 * law.edge().limit] < 1e-8)
    assert np.trapezoid(x * density, x) == pytest.approx(np.sum(law.rows) * np.sum(law.columns) / 60.0, rel=1e-3)


def test_semicircle():
    probability = np.r_[0.0, 1e-9, 1e-4, 0.2, 0.5, 0.9, 1.0]
    assert semicircle.cdf(semicircle.quantile(probability)) == pytest.approx(probability, abs=1e-12)
    law = CutSemicircle(0.6, 0.5)
    x = np.linspace(0.0, law.edge, 20_001)
    assert np.trapezoid(law.pdf(x), x) == pytest.approx(1.0 - law.zero_mass, abs=1e-5)
    assert law.cdf(0.0) == pytest.approx(law.zero_mass) and law.cdf(law.edge) == pytest.approx(1.0)
    assert law.quantile(0.5 * law.zero_mass) == 0.0
    assert CutSemicircle(1.0, 3.0).edge == 0.0 and CutSemicircle(1.0, 3.0).zero_mass == 1.0


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: MarchenkoPastur(1.5), "ratio"),
        (lambda: MarchenkoPastur(0.5, 0.0), "variance"),
        (lambda: SeparableNoise([], [1.0]), "rows"),
        (lambda: SeparableNoise([1.0], [0.0]), "columns"),
        (lambda: SeparableNoise([1.0, -1.0], [1.0]), "rows"),
        (lambda: SeparableNoise([1.0], [1.0]).density([-1.0]), "x must"),
        (lambda: CutSemicircle(0.0, 1.0), "effective_noise"),
    ],
)
def test_bad_input_is_one_sentence(make, words):
    with pytest.raises(sl.InvalidInput, match=words):
        make()
