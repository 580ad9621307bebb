"""The potential, its minimiser, and gradient flow: certificates, limits, and what is refused."""

from __future__ import annotations

import pickle

import mpmath as mp
import numpy as np
import pytest
from scipy.optimize import brentq

import spectralaw as sl
from spectralaw.errors import InvalidInput
from spectralaw.results import Status
from spectralaw.systems import kernel_rich
from spectralaw.systems.kernel_rich import (
    SparseRegression,
    decay_comparison,
    gradient_flow,
    min_l1,
    min_l2,
    min_potential,
    potential,
    regime_sweep,
    sample_complexity,
    slope,
    worst_l1_excess,
)
from spectralaw.systems.kernel_rich.kernel import growth, kernel_change
from spectralaw.systems.kernel_rich.regimes import needed
from spectralaw.systems.kernel_rich.rows import rows
from spectralaw.training.data import draw


def data(n=8, d=20, seed=0, noise=0.0):
    one = SparseRegression(dimension=d, samples=n, sparsity=3, noise_variance=noise).draw(seed)
    return one.inputs, one.labels


def exact(z, depth):
    """The potential with as many digits as it takes, by quadrature-free formulas at high precision."""
    with mp.workdps(100):
        z = mp.mpf(z)
        if depth == 2:
            return 2 - mp.sqrt(4 + z * z) + z * mp.asinh(z / 2)
        power = mp.mpf(2) / (depth - 2)
        image = lambda u: (1 - u) ** (-power - 1) - (1 + u) ** (-power - 1)  # noqa: E731
        low, high = mp.mpf(0), mp.mpf(1)
        for _ in range(330):
            middle = (low + high) / 2
            low, high = (middle, high) if image(middle) < z else (low, middle)
        return z * low - ((1 - low) ** -power + (1 + low) ** -power - 2) / power


def test_numbers_of_the_potential():
    assert potential(3.0, 2) == pytest.approx(1.9787383764, abs=1e-10)
    assert potential(3.0, 3) == pytest.approx(0.5938177244, abs=1e-10)
    assert isinstance(potential(3, 3), float) and potential(0.0, 5) == 0.0


@pytest.mark.parametrize("depth", [2, 3, 4, 7, 100])
def test_the_potential_has_all_digits_however_small_or_large(depth):
    z = np.array([1e-30, 1e-9, 1e-3, 0.3, 1.0, 3.0, 40.0, 1e5, 1e12, 1e40])
    truth = np.array([float(exact(v, depth)) for v in z])
    found = potential(z, depth)
    assert np.max(np.abs(found / truth - 1.0)) < 1e-15  # 4.6e-16 was measured
    assert np.array_equal(potential(-z, depth), found)
    naive = 2.0 - np.sqrt(4.0 + z**2) + z * np.log(z / 2 + np.sqrt(1 + z**2 / 4))
    if depth == 2:  # the formula as it stands in the papers loses all digits
        assert np.max(np.abs(naive[:3] / truth[:3] - 1.0)) > 1e-3


def test_the_slope_is_the_derivative_and_ends_of_the_potential():
    z = np.array([-5.0, -0.2, 0.7, 3.0, 90.0])
    for depth in (2, 3, 6):
        step = 1e-5 * np.maximum(1.0, np.abs(z))
        difference = (potential(z + step, depth) - potential(z - step, depth)) / (2 * step)
        assert slope(z, depth) == pytest.approx(difference, rel=1e-8)
        quadratic = 0.25 if depth == 2 else (depth - 2) / (4 * depth)
        assert potential(1e-5, depth) == pytest.approx(quadratic * 1e-10, rel=1e-9)
    big = 1e30
    assert potential(big, 2) == pytest.approx(big * (np.log(big) - 1.0), rel=1e-12)
    assert big - potential(big, 4) == pytest.approx(2.0 * np.sqrt(big), rel=0.1)
    assert slope(1e300, 3) == 1.0 and potential(1e300, 2) < np.inf and potential(1e-200, 3) == 0.0


@pytest.mark.parametrize("depth", [2, 3, 4, 7])
@pytest.mark.parametrize("scale", [1e3, 1.0, 0.1, 1e-2, 1e-4])
def test_the_minimiser_is_certified_and_better_than_its_neighbours(depth, scale):
    X, y = data(12, 30, 1, noise=0.2)
    found = min_potential(X, y, scale, depth)
    assert found.status is Status.CONVERGED
    assert found.misfit < 1e-13 and found.stationarity < 1e-13  # 5e-15 and 3e-15 were measured
    unit = scale**depth
    inside = np.linalg.lstsq(X.T, slope(found.coefficients / unit, depth), rcond=None)
    assert np.max(np.abs(X.T @ inside[0] - slope(found.coefficients / unit, depth))) < 1e-12
    null = np.linalg.svd(X)[2][12:]
    rng = np.random.default_rng(0)
    for _ in range(5):
        other = found.coefficients + null.T @ rng.standard_normal(18) * 0.1
        assert np.allclose(X @ other, y)
        assert unit * np.sum(potential(other / unit, depth)) > found.potential


def test_the_certificate_refuses_what_is_no_minimiser():
    X, y = data()
    asked = rows(X, y)
    unit = 0.1**2
    best = min_potential(X, y, 0.1, 2).coefficients
    assert asked.stationarity(best, unit, 2) < 1e-13
    for wrong in (min_l2(X, y).coefficients, min_l1(X, y).coefficients, min_potential(X, y, 0.11).coefficients):
        assert asked.stationarity(wrong, unit, 2) > 1e-3
    assert asked.stationarity(best, unit, 3) > 1e-3  # of another depth
    assert asked.misfit(best * (1 + 1e-6)) > 1e-7 and not asked.misfit(best * np.nan) <= 1.0


def test_limits_are_pinv_and_the_linear_program():
    X, y = data(12, 30, 2, noise=0.3)
    pinv, sparse = np.linalg.pinv(X) @ y, min_l1(X, y)
    assert min_l2(X, y).coefficients == pytest.approx(pinv, abs=1e-13)
    assert sparse.status is Status.CONVERGED and sparse.gap < 1e-12 and np.count_nonzero(sparse.coefficients) == 12
    for depth in (2, 3, 5):
        assert min_potential(X, y, 300.0, depth).coefficients == pytest.approx(pinv, abs=1e-9)
    for depth, scale, near in ((3, 1e-6, 1e-5), (4, 1e-4, 1e-5), (6, 1e-3, 1e-6)):
        assert min_potential(X, y, scale, depth).coefficients == pytest.approx(sparse.coefficients, abs=near)
    assert not np.allclose(min_potential(X, y, 1e-6, 2).coefficients, sparse.coefficients, atol=1e-5)  # logarithmic


def test_scaling_of_labels_and_weights():
    X, y = data(seed=3)
    for depth in (2, 3):
        one = min_potential(X, y, 0.2, depth).coefficients
        assert min_potential(X, 8.0 * y, 0.2 * 8.0 ** (1 / depth), depth).coefficients == pytest.approx(8.0 * one)
        order = np.random.default_rng(0).permutation(20)
        moved = min_potential(X[::-1][:, order], y[::-1], 0.2, depth).coefficients
        assert moved == pytest.approx(one[order], abs=1e-12)
        signs = np.where(np.arange(20) % 2, -1.0, 1.0)
        assert min_potential(X * signs, y, 0.2, depth).coefficients == pytest.approx(signs * one, abs=1e-12)


@pytest.mark.parametrize(("depth", "scale"), [(2, 1e3), (2, 1.0), (2, 0.05), (3, 10.0), (3, 0.3), (3, 0.05), (4, 0.2)])
def test_flow_ends_at_the_minimiser(depth, scale):
    X, y = data()
    end, least = gradient_flow(X, y, scale, depth), min_potential(X, y, scale, depth)
    assert end.status is Status.CONVERGED and end.misfit <= 1e-10 and end.loss <= 1e-19
    assert end.stationarity < 1e-8  # 2e-10 was measured
    assert end.coefficients == pytest.approx(least.coefficients, abs=2e-9)  # 5e-11 was measured
    assert end.plus**depth - end.minus**depth == pytest.approx(end.coefficients, abs=1e-10 * max(1.0, scale**depth))
    change = kernel_change(X, growth(least.coefficients, scale**depth, depth))
    assert end.kernel_change == pytest.approx(change, rel=1e-5, abs=1e-15)
    other = min_potential(X, y, scale, 5 - depth if depth < 4 else 2)
    if scale < 1.0:
        assert np.max(np.abs(end.coefficients - other.coefficients)) > 1e-2


def test_the_time_of_flow_is_that_of_the_weights():
    """Euler steps of the weights themselves, from the definition, lead to the same coefficients at the same time."""
    X, y = data(3, 6, 1)
    end = gradient_flow(X, y, 0.7, 3)
    plus = minus = np.full(6, 0.7)
    steps = 40_000
    for _ in range(steps):
        back = 2.0 * X.T @ (X @ (plus**3 - minus**3) - y)
        plus, minus = (
            plus - end.time / steps * 3.0 * plus**2 * back,
            minus + end.time / steps * 3.0 * minus**2 * back,
        )
    left = np.linalg.norm(X @ (plus**3 - minus**3) - y) / np.linalg.norm(y)
    assert plus**3 - minus**3 == pytest.approx(end.coefficients, abs=1e-3)
    assert np.log10(left) == pytest.approx(np.log10(end.misfit), abs=1.5)  # of ten decades


def test_flow_that_has_not_ended_says_so():
    X, y = data()
    short = gradient_flow(X, y, 0.1, 2, max_steps=20)
    assert short.status is Status.NOT_CONVERGED and "not ended after 20 steps" in short.message
    coarse = gradient_flow(X, y, 0.01, 4, tolerance=1e-3)
    assert coarse.status is Status.NOT_CONVERGED and "stationarity" in coarse.message
    assert "not_converged" in repr(short)


def test_where_a_scale_is_out_of_reach_the_minimiser_says_so():
    one = SparseRegression(dimension=60, samples=20, sparsity=2).draw(0)
    found = min_potential(one.inputs, one.labels, 1e-6, 12)
    assert found.status is Status.NOT_CONVERGED and "the coefficients are those of scale" in found.message
    assert found.l1_norm == pytest.approx(min_l1(one.inputs, one.labels).norm, rel=1e-6)


def test_determined_and_deficient_systems():
    square = np.random.default_rng(0).standard_normal((6, 6))
    values = square @ np.arange(6.0)
    for X, y in ((square, values), (np.vstack([square, square]), np.concatenate([values, values]))):
        assert min_potential(X, y, 0.1).coefficients == pytest.approx(np.linalg.pinv(X) @ y, abs=1e-9)
        assert gradient_flow(X, y, 0.5).coefficients == pytest.approx(np.linalg.pinv(X) @ y, abs=1e-6)
    zero = min_potential(np.eye(2, 3), [0.0, 0.0], 0.1)
    flow = gradient_flow(np.eye(2, 3), [0.0, 0.0], 0.1, 3)
    assert zero.status.is_result and not zero.coefficients.any() and min_l1(np.eye(2, 3), [0, 0]).norm == 0.0
    assert flow.status.is_result and flow.plus == pytest.approx(0.1)


def test_regimes_and_complexity():
    setting = SparseRegression(dimension=30, samples=12, sparsity=2)
    found = regime_sweep([1e-2, 1.0, 30.0], setting, seeds=3)
    assert dict(found.sizes) == {"scale": 3, "seed": 3} and bool(found.converged.all())
    assert float(found.l2_excess[-1].max()) < 1e-9 and float(found.l1_excess[0].max()) < 0.1
    assert found.test_error[-1].values == pytest.approx(found.l2_test_error.values, abs=1e-6)
    again = regime_sweep([30.0, 1e-2], setting, seeds=[2, 0])
    assert again.test_error.sel(seed=0, scale=30.0).item() == found.test_error.sel(seed=0, scale=30.0).item()
    few = sample_complexity([0.01, 10.0], [4, 8, 16, 24, 29], setting, seeds=3)
    assert float(few.needed[0].max()) <= 24 < float(few.needed[1].fillna(30).min())


def test_the_samples_needed_are_those_from_which_on_the_error_stays():
    errors = np.array([[[0.5, 0.05, np.nan], [0.05, 0.2, 0.05], [0.2, 0.05, 0.05], [0.01, 0.01, 0.01]]])
    assert needed(np.array([1.0, 2.0, 3.0, 4.0]), errors, 0.1).tolist() == [[4.0, 3.0, 2.0]]
    assert np.isnan(needed(np.array([1.0, 2.0]), np.array([[[0.05], [np.nan]]]), 0.1)).all()


def test_weight_decay_is_that_of_the_trained_diagonal_network():
    """The same labels through spectralaw.train: the LASSO of the comparison is the network of the project."""
    task = sl.Task("diagonal", 30, 15, 0.05, 0.1, teacher=sl.Empirical(np.r_[np.ones(3), np.full(27, 1e-9)]))
    trained, drawn = sl.train(task, seed=1), draw(task, 1)
    from spectralaw.training.lasso import minimise

    again = minimise(drawn.inputs, drawn.labels, task.weight_decay * np.sqrt(30.0), tolerance=1e-9)
    assert again.coefficients == pytest.approx(trained.estimate, abs=1e-4)
    rich = min_potential(drawn.inputs, drawn.labels, 1e-5, 4).coefficients
    small = sl.train(task.replace(weight_decay=1e-5), seed=1, tolerance=1e-9).estimate
    assert np.linalg.norm(small - rich) < 1e-2 * np.linalg.norm(rich) < np.linalg.norm(trained.estimate - rich)


def test_decay_comparison_and_rates():
    setting = SparseRegression(dimension=40, samples=20, sparsity=2, noise_variance=0.3, depth=3)
    found = decay_comparison([1e-3, 1.0], [0.3, 1e-3], setting, seeds=2)
    assert float(found.decay_distance.sel(weight_decay=1e-3).max()) < 0.2
    assert bool((found.decay_error.sel(weight_decay=0.3) < found.scale_error.sel(scale=1.0)).all())


def test_the_worst_pair_of_columns_by_a_root_of_one_equation():
    found = worst_l1_excess([1e-2, 1e-3])
    for scale, worst in zip(found.scale.values, found.excess.values, strict=True):
        excess = []
        for difference in np.geomspace(1e-3, 0.5, 2000):
            image = lambda v, s=1.0 - difference: 2e0 * scale**2 * (np.sinh(v) + s * np.sinh(s * v)) - 1.0  # noqa: B023, E731
            v = brentq(image, 0.0, 100.0, xtol=1e-14)
            excess.append(difference * 2.0 * scale**2 * np.sinh((1.0 - difference) * v))
        assert max(excess) == pytest.approx(worst, rel=5e-3)


def test_results_pickle_and_show():
    X, y = data()
    for result in (min_potential(X, y, 0.1), gradient_flow(X, y, 0.5), min_l1(X, y)):
        again = pickle.loads(pickle.dumps(result))
        assert again == result and repr(again) == repr(result) and again != min_potential(X, y, 0.2)
        assert "converged" in repr(result) and "<table>" in result._repr_html_()
    setting = SparseRegression(depth=3)
    assert SparseRegression.from_dict(setting.to_dict()) == setting and kernel_rich.__doc__


X0, Y0 = np.eye(2, 4), [1.0, 2.0]


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: potential(1.0, 1), "depth must be 2 or greater, not 1"),
        (lambda: potential(1.0, 2.5), "depth must be a whole number, not 2.5"),
        (lambda: potential(1.0, 101), "depth must be 100 or less, not 101"),
        (lambda: potential(np.nan), "z must be a finite number, not nan"),
        (lambda: potential([1.0, np.inf]), "z must be finite and at most 1e[+]300 in size, not inf"),
        (lambda: potential("3"), "z must be a number or an array of numbers, not '3'"),
        (lambda: potential(np.ma.masked_array([1.0, 2.0], [True, False])), "some of its entries are masked"),
        (lambda: potential([True]), "z must be a number or an array of numbers"),
        (lambda: min_potential(X0, Y0, 0.0), "scale must be greater than 0, not 0"),
        (lambda: min_potential(X0, Y0, -1.0), "scale must be greater than 0, not -1"),
        (lambda: min_potential(X0, Y0, 1e-60), "scale to the power of the depth must be within a factor of 1e100"),
        (lambda: min_potential(X0, Y0, 1.0, 1), "depth must be 2 or greater, not 1"),
        (lambda: min_potential(X0, Y0, tolerance=0.0), "tolerance must be greater than 0, not 0"),
        (
            lambda: min_potential([1.0, 2.0], Y0),
            r"X must be a matrix of numbers, not an array of shape \(2,\)",
        ),
        (lambda: min_potential(X0 * np.nan, Y0), r"X must be finite, but its entry \(0, 0\) is nan"),
        (lambda: min_potential(X0 * 0.0, Y0), "X must have an entry other than zero"),
        (lambda: min_potential(X0 > 0, Y0), "X must be a matrix of numbers"),
        (lambda: min_potential([[1.0], [1.0, 2.0]], Y0), "X must be a matrix of numbers, with rows of equal length"),
        (lambda: min_potential(np.ma.masked_equal(X0, 0.0), Y0), "X must be a matrix of numbers, but some of its"),
        (lambda: min_potential(X0, [1.0]), "y must have a label for each of the 2 rows of X, not 1"),
        (lambda: min_potential(X0, [1.0, np.nan]), "y must be finite, but its entry 1 is nan"),
        (lambda: gradient_flow(np.ones((3, 2)), [1.0, 2.0, 3.0]), "y must be interpolated by some coefficients, but"),
        (lambda: gradient_flow(X0, Y0, tolerance=0.1), "tolerance must be between 1e-12 and 1e-3, not 0.1"),
        (lambda: gradient_flow(np.ones((1, 1001)), [1.0]), "X must have at most 1000 columns, not 1001"),
        (lambda: SparseRegression(samples=100), "samples must be fewer than dimension = 100, not 100"),
        (lambda: SparseRegression(sparsity=101), "sparsity must be at most dimension = 100, not 101"),
        (lambda: SparseRegression(noise_variance=-1.0), "noise_variance must be 0 or greater, not -1"),
        (lambda: regime_sweep([1.0, 0.0]), "scales must be greater than 0, but its entry 1 is 0"),
        (lambda: regime_sweep([1.0], {"depth": 2}), "setting must be a SparseRegression, not"),
        (lambda: sample_complexity([1.0], [5, 5]), "samples must be whole numbers of 1 or greater, increasing"),
        (lambda: sample_complexity([1.0], [5, 100]), "samples must be fewer than dimension = 100, not 100"),
        (lambda: sample_complexity([1.0], [5], error=1.0), "error must be between 0 and 1, not 1"),
        (lambda: decay_comparison([1.0], [0.0]), "weight_decays must be greater than 0, but its entry 0 is 0"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(call, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        call()
