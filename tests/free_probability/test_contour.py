"""Moments above a threshold: against many digits, against random matrices, and their own derivatives."""

import numpy as np
import pytest

from spectralaw.free_probability.contour import moments_above

from ..references import quadratic_reference, random_matrices


def power_law(dimension, gamma):
    values = np.arange(1.0, dimension + 1.0) ** -gamma
    return values * np.sqrt(dimension / np.sum(values**2))


def moments(values, weights, noise, threshold):
    return moments_above(np.atleast_1d(noise), np.atleast_1d(threshold), values[None], weights[None])


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_agrees_with_many_digits(seed):
    rng = np.random.default_rng(seed)
    d = int(rng.choice([2, 3, 5, 8]))
    values, weights = power_law(d, rng.uniform(0.6, 3.0)), np.full(d, 1.0 / d)
    noise = 10.0 ** rng.uniform(-5.0, 5.0)
    # thresholds from far below the noise to the edge of what survives
    threshold = min(noise * 10.0 ** rng.uniform(-4.0, 4.0), 0.9 * (values[0] + 2.0 * noise))
    m = moments(values, weights, noise, threshold)
    mse, response = quadratic_reference(values, weights, noise, threshold)
    assert abs(m.mse[0] / float(mse) - 1.0) < 1e-12
    assert abs(m.response[0] / float(response) - 1.0) < 1e-12


@pytest.mark.parametrize(
    ("noise", "threshold", "mse", "response"),
    # quadratures of the same integrals, γ = 1.25 and d = 400: their authors' digits, not ours
    [
        (0.5, 0.4, 0.0394377478536, 0.5099453711838),
        (0.01, 0.004, 0.000110320931760, 1.95155273597640),
        (3.0, 7.0, 0.3479765646455, 0.008411912540969),
    ],
)
def test_agrees_with_known_quadratures(noise, threshold, mse, response):
    m = moments(power_law(400, 1.25), np.full(400, 1 / 400), noise, threshold)
    assert m.mse[0] == pytest.approx(mse, rel=3e-6)
    assert m.response[0] == pytest.approx(response, rel=1e-7)


@pytest.mark.statistical
@pytest.mark.parametrize(("noise", "threshold"), [(0.5, 0.4), (1.5, 2.5), (0.2, 1.0)])
def test_agrees_with_random_matrices(noise, threshold):
    d, count = 300, 12
    values = power_law(d, 1.0)
    errors, kept = [], []
    for eigenvalues, vectors in random_matrices(values, noise, count, seed=7):
        learned = np.maximum(eigenvalues - threshold, 0.0)
        estimate = (vectors * learned) @ vectors.T
        errors.append(np.sum((estimate - np.diag(values)) ** 2) / d)
        kept.append(np.mean(learned > 0.0))
    m = moments(values, np.full(d, 1 / d), noise, threshold)
    for prediction, sample in ((m.mse[0], errors), (m.mass[0], kept)):
        spread = np.std(sample, ddof=1) / np.sqrt(count)
        assert abs(np.mean(sample) - prediction) < 4.0 * spread + 2.0 / d * prediction


@pytest.mark.parametrize(("noise", "ratio"), [(0.5, 0.8), (0.02, 1.9), (4.0, 1.2), (0.05, 60.0), (10.0, 0.01)])
def test_derivatives_are_those_of_the_moments(noise, ratio):
    values, weights = power_law(60, 1.0), np.full(60, 1 / 60)
    threshold, step = noise * ratio, 1e-5
    m = moments(values, weights, noise, threshold)

    def slope(field, by_noise):
        up, down = (
            moments(
                values, weights, noise * (1 + by_noise * sign * step), threshold * (1 + (1 - by_noise) * sign * step)
            )
            for sign in (1, -1)
        )
        return (getattr(up, field)[0] - getattr(down, field)[0]) / (2 * step * (noise if by_noise else threshold))

    for field in ("mse", "response"):
        # differences of values that hardly change keep few digits
        scale = max(abs(getattr(m, f"{field}_noise")[0]), 1e-4 * getattr(m, field)[0] / min(noise, threshold))
        assert slope(field, 1) == pytest.approx(getattr(m, f"{field}_noise")[0], rel=1e-5, abs=1e-5 * scale)
        assert slope(field, 0) == pytest.approx(getattr(m, f"{field}_threshold")[0], rel=1e-5, abs=1e-5 * scale)


def test_pure_noise_is_the_semicircle():
    noise, threshold = 2.0, 1.3
    m = moments(np.zeros(1), np.ones(1), noise, threshold)
    x = np.linspace(threshold, 2 * noise, 200_001)
    density = np.sqrt(np.maximum(4 * noise**2 - x**2, 0)) / (2 * np.pi * noise**2)
    hilbert = x / (2 * noise**2)
    assert m.mass[0] == pytest.approx(np.trapezoid(density, x), rel=1e-7)
    assert m.mse[0] == pytest.approx(np.trapezoid((x - threshold) ** 2 * density, x), rel=1e-7)
    assert m.response[0] == pytest.approx(4 * np.trapezoid((x - threshold) * hilbert * density, x), rel=1e-7)


def test_nothing_survives_beyond_the_spectrum():
    values, weights = power_law(50, 1.0), np.full(50, 1 / 50)
    m = moments(values, weights, 1.0, values[0] + 2.5)
    assert m.mass[0] == 0.0
    assert m.response[0] == 0.0
    assert m.mse[0] == pytest.approx(1.0, rel=1e-14)


def test_points_do_not_depend_on_their_company():
    rng = np.random.default_rng(0)
    values, weights = power_law(80, 1.0), np.full(80, 1 / 80)
    noise = 10.0 ** rng.uniform(-3, 2, 40)
    threshold = noise * 10.0 ** rng.uniform(-2, 1.5, 40)
    together = moments(values, weights, noise, threshold)
    for i in range(40):
        alone = moments(values, weights, noise[i], threshold[i])
        assert alone.mse[0] == pytest.approx(together.mse[i], rel=1e-12)
        assert alone.response[0] == pytest.approx(together.response[i], rel=1e-12, abs=1e-15)


def test_curve_is_the_point_by_point_solution():
    from spectralaw.free_probability.subordination import curve, subordination_point

    values = np.sort(np.random.default_rng(0).exponential(size=60))
    weights, x = np.full(60, 1.0 / 60.0), np.linspace(-1.5, 7.0, 203)
    one_by_one = np.array(
        [subordination_point(np.array([v]), values[None], weights[None], np.array([0.3]))[0] for v in x]
    )
    assert np.allclose(curve(x, values, weights, 0.3), one_by_one, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("noise", [0.01, 0.3, 3.0])
def test_compressed_atoms_have_the_same_free_convolution(noise):
    from spectralaw.free_probability.compression import compressed
    from spectralaw.free_probability.subordination import curve, stieltjes

    rng = np.random.default_rng(1)
    for values in (
        np.sort(rng.exponential(size=900)),
        35.0 / np.arange(1.0, 2001.0),
        np.concatenate([np.zeros(500), rng.standard_normal(500), [7.0]]),
        np.repeat([1.0, 2.0], 40),
    ):
        weights = rng.uniform(0.5, 1.5, len(values))
        weights /= weights.sum()
        few, rule = compressed(values, weights, noise)
        assert len(few) <= len(values) and np.all(rule > 0.0) and np.all(np.diff(few) >= 0.0)
        assert rule.sum() == pytest.approx(1.0, rel=1e-13)
        x = np.linspace(values.min() - 3.0 * noise, values.max() + 3.0 * noise, 301)
        w = curve(x, values, weights, noise)
        back = w + noise**2 * stieltjes(w, values, weights)  # with every atom
        slope = np.abs(1.0 - noise**2 * np.array([np.sum(weights / (v - values) ** 2) for v in w]))
        assert np.all(np.abs(back - x) <= 1e-12 * (1.0 + np.abs(x)) * np.maximum(1.0, slope))
    assert len(compressed(35.0 / np.arange(1.0, 2001.0), np.full(2000, 1.0 / 2000), 0.5)[0]) < 200


def test_a_curve_of_very_many_points_takes_memory_in_proportion():
    import tracemalloc

    from spectralaw.free_probability.subordination import curve

    values, weights = np.linspace(0.5, 2.0, 20), np.full(20, 0.05)
    tracemalloc.start()
    curve(np.linspace(-2.0, 4.0, 20_000), values, weights, 0.3)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50e6  # a matrix from half of the points to the other half would take 800 MB
