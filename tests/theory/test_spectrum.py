"""Spectra: masses, densities and outliers, against random matrices and sampled coefficients."""

import itertools

import numpy as np
import pytest

import spectralaw as sl

from ..references import random_matrices

TASKS = [
    sl.Task("quadratic", 400, 8000, 0.0224, 0.1, sl.PowerLaw(1.25)),
    sl.Task("quadratic", 800, 40_000, 1.0, 0.5),
    sl.Task("quadratic", 100, 1e5, 0.0, 0.5),
    sl.Task("quadratic", 300, 3e4, 0.01, 0.5, sl.FiniteRank(5)),
    sl.Task("quadratic", 10**6, 1e11, 0.1, 0.5),
    sl.Task("quadratic", 50, 3.0, 1e3, 0.5),
    sl.Task("diagonal", 200, 2000, 1.0, 0.5),
    sl.Task("diagonal", 200, 100, 0.1, 0.5, sl.PowerLaw(1.0, "fixed")),
]


@pytest.mark.parametrize("task", TASKS, ids=str)
def test_masses_add_up(task):
    spectrum = sl.predict(task).spectrum
    total = spectrum.zero_mass + spectrum.bulk_mass + spectrum.outlier_count / task.dimension
    assert total == pytest.approx(1.0, abs=1e-9)
    if spectrum.grid.size:
        assert np.all(np.diff(spectrum.grid) > 0)
        integral = np.trapezoid(spectrum.values, spectrum.grid)
        assert integral == pytest.approx(spectrum.bulk_mass, rel=2e-5, abs=1e-9)


def test_density_agrees_with_the_bulk():
    p = sl.predict(TASKS[0])
    np.testing.assert_allclose(p.spectrum.bulk_density(p.spectrum.grid[5:-5:40]), p.spectrum.values[5:-5:40], rtol=1e-6)
    np.testing.assert_allclose(p.spectrum.density(p.spectrum.grid[5:-5:40]), p.spectrum.values[5:-5:40], rtol=1e-6)
    assert p.spectrum.density(np.array([-1.0, 0.0])).tolist() == [0.0, 0.0]


@pytest.mark.statistical
def test_quadratic_spectrum_agrees_with_random_matrices():
    task = sl.Task("quadratic", 400, 40_000, 0.3, 0.5)
    p = sl.predict(task)
    values, count = task.teacher_values(), 8
    samples, locations, overlaps = [], [], []
    for eigenvalues, vectors in random_matrices(values, p.effective_noise, count, seed=3):
        samples.append(np.sort(np.maximum(eigenvalues - p.threshold, 0.0))[::-1])
        locations.append(samples[-1][:3])
        overlaps.append(vectors[np.arange(3), -1 - np.arange(3)] ** 2)
    sampled = np.array(samples)
    assert np.mean(sampled == 0.0) == pytest.approx(p.zero_mass, abs=2.0 / 400)
    for k in range(3):
        spread = np.std([x[k] for x in locations], ddof=1) / np.sqrt(count)
        assert abs(np.mean([x[k] for x in locations]) - p.outliers[k].location) < 4 * spread + 0.02
        assert np.mean([o[k] for o in overlaps]) == pytest.approx(p.outliers[k].overlap, abs=0.02)
    # the bulk, in ten bins of equal predicted mass
    grid, density = p.spectrum.grid, p.spectrum.values
    mass = np.concatenate([[0.0], np.cumsum(np.diff(grid) * 0.5 * (density[1:] + density[:-1]))])
    edges = np.interp(np.linspace(0.0, mass[-1], 11), mass, grid)
    counts = np.histogram(sampled[(sampled > 0)], bins=edges)[0] / sampled.size
    np.testing.assert_allclose(counts, np.full(10, mass[-1] / 10), atol=3.0 / 400)


@pytest.mark.statistical
def test_diagonal_spectrum_agrees_with_sampling():
    task = sl.Task("diagonal", 300, 500, 0.5, 0.5)
    p = sl.predict(task)
    rng = np.random.default_rng(11)
    sigma = task.teacher_values()
    x = sigma * rng.standard_normal((4000, 300)) + p.effective_noise * rng.standard_normal((4000, 300))
    theta = np.sign(x) * np.maximum(np.abs(x) - p.threshold, 0.0)
    assert np.mean(theta == 0.0) == pytest.approx(p.zero_mass, abs=0.003)
    assert np.mean(np.abs(theta[:, 0])) == pytest.approx(p.outliers[0].location, rel=0.03)
    edges = np.array([0.01, 0.02, 0.05, 0.1])
    for low, high in itertools.pairwise(edges):
        grid = np.linspace(low, high, 200)
        predicted = np.trapezoid(p.spectrum.density(grid), grid)
        assert np.mean((theta > low) & (theta < high)) == pytest.approx(predicted, rel=0.05)


def test_isolated_spike_over_a_semicircle():
    """x = s + δ²/s, squared overlap 1 − δ²/s²: one spike in a large dimension."""
    d = 10**6
    task = sl.Task("quadratic", d, d * 30.0, 1e-3, 0.5, sl.FiniteRank(1))
    p = sl.predict(task)
    s, delta = float(task.teacher.value_at(np.ones(1), d, d)[0]), p.effective_noise
    spike = p.outliers[0]
    assert spike.location + p.threshold == pytest.approx(s + delta**2 / s, rel=1e-5)
    assert spike.overlap == pytest.approx(1 - delta**2 / s**2, rel=1e-5)


def test_large_dimension_counts_outliers_without_listing_them():
    p = sl.predict(sl.Task("quadratic", 10**12, 1e23, 1.0, 0.5))
    assert p.spectrum.outlier_count > 1e5
    assert len(p.outliers) == 1000
    assert np.all(np.diff([o.location for o in p.outliers]) < 0)


def test_tail_exponent():
    from spectralaw.theory.spectrum import tail_exponent

    values = 3.0 * np.arange(1.0, 40.0) ** -1.25
    assert tail_exponent(values) == pytest.approx(-0.8, abs=1e-12)
    assert tail_exponent(np.stack([values, 2.0 * values])) == pytest.approx(-0.8, abs=1e-12)
    assert np.isnan(tail_exponent(values[:4]))
    # in phase VIb every feature is an outlier, and the tail is the teacher's
    spectrum = sl.predict(sl.Task("quadratic", 10**4, 1e10, 5.0, 0.5, sl.PowerLaw(1.0))).spectrum
    assert spectrum.tail_exponent == pytest.approx(-1.0, abs=0.01)


def test_a_density_keeps_the_order_and_shape_of_its_points():
    for dimension in (300, 10**6):
        density = sl.predict(sl.Task("quadratic", dimension, 0.5 * dimension**2, 0.3, 0.5)).spectrum.density
        x = np.array([[0.5, 0.1, 0.5], [-1.0, 0.02, 0.3]])
        one_by_one = np.array([[float(density(np.array([v]))[0]) for v in row] for row in x])
        np.testing.assert_allclose(density(x), one_by_one, rtol=1e-9, atol=1e-12)
        assert density([]).shape == (0,)


CORNERS = [
    sl.Task("quadratic", 38, 1.5e6, 1e-3, 1e-6, sl.PowerLaw(2.0)),
    sl.Task("quadratic", 100, 1e5, 1.0, 0.5, sl.FiniteRank(100)),
    sl.Task("quadratic", 100, 1e5, 1.0, 0.5, sl.FiniteRank(50)),
    sl.Task("quadratic", 100, 1e5, 0.0, 0.5, sl.Empirical([2.0] * 30 + [1.0] * 30)),
    sl.Task("quadratic", 200_000, 1e11, 0.1, 0.5, sl.PowerLaw(0.51)),
    sl.Task("quadratic", 150_000, 2e9, 0.3, 0.5, sl.PowerLaw(0.505)),
    sl.Task("quadratic", 10**9, 1e17, 0.1, 0.5, sl.Empirical([1.0, 2.0])),
    sl.Task("quadratic", 3000, 2e6, 0.1, 0.05, sl.FiniteRank(900, 0.3)),
    sl.Task("quadratic", 60, 900, 0.5, 0.5, width=20),
    sl.Task("diagonal", 10**9, 1e8, 0.1, 0.5, sl.Empirical([1.0, 2.0])),
]


@pytest.mark.parametrize("task", CORNERS, ids=str)
def test_masses_of_corners(task):
    spectrum = sl.predict(task).spectrum
    assert spectrum.zero_mass + spectrum.bulk_mass + spectrum.outlier_count / task.dimension == pytest.approx(
        1, abs=1e-9
    )
    bulk = sum(band.mass for band in spectrum.bands if not band.outliers)
    assert bulk == pytest.approx(spectrum.bulk_mass, rel=1e-9, abs=1e-12)
    if spectrum.bulk_mass:
        assert np.trapezoid(spectrum.values, spectrum.grid) == pytest.approx(spectrum.bulk_mass, rel=1e-5)


def test_every_direction_an_outlier_leaves_no_bulk():
    spectrum = sl.predict(CORNERS[0]).spectrum
    assert spectrum.outlier_count == 38 and spectrum.bulk_mass == 0.0 and spectrum.bands == ()


def test_an_identity_is_one_semicircle():
    p = sl.predict(CORNERS[1])
    (band,) = p.spectrum.bands
    assert p.outliers == () and band.mass == 1.0
    edges = 1.0 - p.threshold + 2.0 * p.effective_noise * np.array([-1.0, 1.0])
    np.testing.assert_allclose((band.low, band.high), edges, rtol=1e-9)
    x = np.linspace(band.low, band.high, 9)[1:-1]
    exact = np.sqrt(4.0 * p.effective_noise**2 - (x + p.threshold - 1.0) ** 2) / (2.0 * np.pi * p.effective_noise**2)
    np.testing.assert_allclose(p.spectrum.bulk_density(x), exact, rtol=1e-9)


@pytest.mark.statistical
def test_equal_values_make_a_band():
    """Half rank at δ = 0.5, c = 0.3: .53 to 1.88 around 1.2026; and the eigenvalues of matrices end there."""
    from spectralaw.theory.spectra import spectrum_of

    task = sl.Task("quadratic", 100, 1e5, 1.0, 0.5, sl.FiniteRank(50))
    spectrum = spectrum_of(task, 0.5, 0.3, 0.35)
    top = spectrum.bands[-1]
    assert spectrum.outlier_count == 0 and top.mass == pytest.approx(0.5)
    assert (top.low, top.high) == pytest.approx((0.53, 1.88), abs=0.015)  # as read off matrices
    values = np.concatenate([v for v, _ in random_matrices(task.teacher_values(), 0.5, 20, seed=0)]) - 0.3
    assert top.low == pytest.approx(np.quantile(values, 0.505), abs=0.05)
    assert top.high == pytest.approx(np.quantile(values, 0.999), abs=0.06)
    few = sl.predict(sl.Task("quadratic", 300, 3e4, 0.01, 0.5, sl.FiniteRank(5))).spectrum
    places = [o.location for o in few.outliers]
    assert few.outlier_count == 5 and np.all(np.diff(places) < 0.0)
    band = next(band for band in few.bands if band.outliers == 5)
    assert band.low < places[-1] < places[0] < band.high and band.mass == pytest.approx(5 / 300)


def test_densities_at_infinity_and_pickled():
    import pickle

    for network in ("quadratic", "diagonal"):
        p = sl.predict(sl.Task(network, 50, 5000, 1.0, 0.5))
        for density in (p.spectrum.density, p.spectrum.bulk_density):
            assert density([np.inf, -np.inf]).tolist() == [0.0, 0.0] and np.isnan(density(np.nan))
        again = pickle.loads(pickle.dumps(p))
        assert again.spectrum.density([0.1]) == p.spectrum.density([0.1])


def test_bulk_density_leaves_out_the_outliers():
    p = sl.predict(sl.Task("quadratic", 400, 4e5, 0.1, 0.5))
    place = p.outliers[0].location
    assert p.spectrum.density([place])[0] > 0.0 and p.spectrum.bulk_density([place])[0] == 0.0
    x = np.linspace(1e-6, place, 200_001)
    assert np.trapezoid(p.spectrum.bulk_density(x), x) == pytest.approx(p.spectrum.bulk_mass, rel=1e-3)


def test_a_bulk_with_ripples_is_not_resolved_ripple_by_ripple():
    task = sl.Task("quadratic", 19824700001, 3.55e21, 1.81, 8.6e-08, sl.PowerLaw(0.826))
    spectrum = sl.predict(task).spectrum
    assert len(spectrum.grid) < 10_000
    assert np.trapezoid(spectrum.values, spectrum.grid) == pytest.approx(spectrum.bulk_mass, rel=1e-5)
