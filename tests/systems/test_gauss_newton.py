"""Gauss–Newton spectra: against the explicit Jacobian, in many digits, by Lanczos, and their bound."""

from __future__ import annotations

import pickle
from itertools import pairwise

import mpmath
import numpy as np
import pytest

from spectralaw.errors import ConvergenceFailure, InvalidInput
from spectralaw.results import Status
from spectralaw.systems import gauss_newton as gn
from spectralaw.systems.gauss_newton import lanczos

DIMENSIONS = (
    (6, 8, 3),
    (6, 9, 10, 3),
    (6, 7, 7, 7, 3),
    (6, 2, 3),
    (6, 4, 2, 5, 4),
    (6, 3, 2, 3, 6),
    (5, 4),
    (3, 1, 1, 2),
)


def gaussian(rng, dims):
    return [rng.standard_normal((b, a)) / np.sqrt(a) for a, b in pairwise(dims)]


def sample_covariance(rng, d, n=20):
    x = rng.standard_normal((n, d))
    return x.T @ x / n


def orthogonal(rng, n):
    return np.linalg.qr(rng.standard_normal((n, n)))[0]


def jacobian(weights, rows, slope=1.0):
    """∂f_a(x_s)/∂W by central differences, exact for linear networks, which are linear in each entry."""

    def outputs(flat):
        x, at = rows.T, 0
        for place, shape in enumerate(w.shape for w in weights):
            one = flat[at : at + shape[0] * shape[1]].reshape(shape)
            at += one.size
            x = one @ x
            if place < len(weights) - 1:
                x = np.where(x > 0.0, x, slope * x)
        return x.ravel()

    flat = np.concatenate([w.ravel() for w in weights])
    step = 1.0 if slope == 1.0 else 2.0**-20
    columns = [(outputs(flat + step * e) - outputs(flat - step * e)) / (2.0 * step) for e in np.eye(len(flat))]
    return np.array(columns).T


def explicit(weights, covariance):
    """Eigenvalues of JᵀJ by the singular values of J on inputs whose covariance it is."""
    values, vectors = np.linalg.eigh(covariance)
    rows = (vectors * np.sqrt(np.maximum(values, 0.0))).T
    return np.linalg.svd(jacobian(weights, rows), compute_uv=False) ** 2


@pytest.mark.parametrize("dims", DIMENSIONS)
def test_spectrum_is_that_of_the_jacobian(dims):
    rng = np.random.default_rng(list(dims))
    weights, covariance = gaussian(rng, dims), sample_covariance(rng, dims[0])
    found = gn.gn_spectrum(weights, covariance)
    true = explicit(weights, covariance)
    assert found.status is Status.CONVERGED and found.complete and found.size == dims[0] * dims[-1]
    assert np.max(np.abs(found.eigenvalues - true[: found.rank])) <= 1e-10 * true[0]
    assert found.eigenvalues == pytest.approx(true[: found.rank], rel=1e-10)
    assert np.all(true[found.rank :] <= 1e-25 * true[0])
    assert np.all(np.diff(found.eigenvalues) <= 0.0)


def test_rank_is_the_dimension_of_matrices_of_the_width_of_the_bottleneck():
    rng = np.random.default_rng(0)
    for d, m, k in ((6, 2, 3), (9, 4, 7), (5, 5, 5), (3, 1, 1), (4, 20, 2)):
        r = min(d, m, k)
        assert gn.gn_spectrum(gaussian(rng, (d, m, k))).rank == r * (d + k - r)


def exact_spectrum(weights, covariance, digits=80):
    """All eigenvalues in many digits, of the numbers as they are."""
    with mpmath.workdps(digits):
        w, s = [mpmath.matrix(one.tolist()) for one in weights], mpmath.matrix(covariance.tolist())
        values, vectors = mpmath.eigsy(s)
        d, k = s.rows, w[-1].rows
        root = mpmath.matrix(d, d)
        for i in range(d):
            for j in range(d):
                root[i, j] = vectors[i, j] * mpmath.sqrt(values[j])
        total = mpmath.matrix(k * d, k * d)
        for place in range(len(w)):
            after, before = mpmath.eye(k), root
            for one in reversed(w[place + 1 :]):
                after = after * one
            for one in w[:place]:
                before = one * before
            p, q = after * after.T, before.T * before
            for row in range(k * d):
                for column in range(k * d):
                    total[row, column] += p[row // d, column // d] * q[row % d, column % d]
        return np.array([float(x) for x in sorted(mpmath.eigsy(total, eigvals_only=True), reverse=True)])


def hard_cases():
    rng = np.random.default_rng(3)
    two = [rng.standard_normal((5, 3)), rng.standard_normal((2, 5))]
    rotated = lambda ends: (lambda q: (q * np.geomspace(1.0, ends, 3)) @ q.T)(orthogonal(rng, 3))  # noqa: E731
    units = np.array([1.0, 1e-6, 1e3])
    uneven = [orthogonal(rng, 3) * np.geomspace(1.0, 1e-6, 3) @ orthogonal(rng, 3) for _ in range(4)]
    return {
        # name: weights, covariance, least condition number, allowed relative error of every eigenvalue
        "uneven layers": (uneven[:2], np.eye(3), 5e11, 1e-10),
        "deep": (gn.LinearNetwork(3, 3, 3, 24).weights(1), np.eye(3), 1e13, 1e-8),
        "variances": (two, np.diag([1.0, 1e-6, 1e-12]), 1e12, 1e-13),
        "units": (two, sample_covariance(rng, 3) * units * units[:, None], 1e16, 1e-7),
        "rotated, 1e10": (two, rotated(1e-10), 1e10, 1e-5),  # the entries of S themselves round at 1e-16 · 1e10
        "rotated, 1e12": (two, rotated(1e-12), 1e12, 1e-3),
    }


@pytest.mark.parametrize("case", list(hard_cases()))
def test_condition_numbers_that_squares_would_lose(case):
    weights, covariance, least, allowed = hard_cases()[case]
    covariance = 0.5 * (covariance + covariance.T)
    true = exact_spectrum(weights, covariance)
    found = gn.gn_spectrum(weights, covariance)
    assert found.rank == len(true) and true[0] / true[-1] >= least
    error = np.max(np.abs(found.eigenvalues / true - 1.0))
    assert error <= allowed and found.status is Status.CONVERGED
    assert error <= 100.0 * found.residual + 1e-14  # measured: within ten times


def test_what_rounding_decides_is_no_result():
    rng = np.random.default_rng(3)
    uneven = [orthogonal(rng, 4) * np.geomspace(1.0, 1e-6, 4) @ orthogonal(rng, 4) for _ in range(4)]
    found = gn.gn_spectrum(uneven)
    assert found.status is Status.NOT_CONVERGED and "rounding" in found.message and found.residual > 1e-3


def test_limits():
    rng = np.random.default_rng(0)
    covariance = sample_covariance(rng, 5)
    values = np.linalg.eigvalsh(covariance)[::-1]
    turned = gn.gn_spectrum([orthogonal(rng, 5) for _ in range(4)], covariance)
    assert turned.eigenvalues == pytest.approx(np.repeat(4.0 * values, 5), rel=1e-12)
    bound = gn.gn_bound([orthogonal(rng, 5) for _ in range(4)], covariance)
    assert turned.condition_number == pytest.approx(values[0] / values[-1], rel=1e-12)
    assert bound.bound == pytest.approx(turned.condition_number, rel=1e-12)
    chain = gn.gn_spectrum([[[2.0]], [[-3.0]], [[0.5]]], [[4.0]])
    assert chain.condition_number == 1.0 and chain.eigenvalues == pytest.approx([4.0 * (1.5**2 + 1.0 + 36.0)])
    one = gn.gn_spectrum([rng.standard_normal((3, 5))], covariance)
    assert one.eigenvalues == pytest.approx(np.repeat(values, 3), rel=1e-12)
    wide = gn.LinearNetwork(width=10_000)
    ratios = [gn.gn_spectrum(wide.weights(s), wide.variances()).condition_number / 10.0 for s in range(9)]
    assert abs(np.median(ratios) - 1.0) < 0.02


def test_bound_is_the_formula_and_never_below():
    rng = np.random.default_rng(1)
    for number in range(100):
        dims = tuple(rng.integers(1, 9, rng.integers(2, 6)))
        weights, covariance = gaussian(rng, dims), sample_covariance(rng, int(dims[0]))
        kappa, bound = gn.gn_spectrum(weights, covariance).condition_number, gn.gn_bound(weights, covariance)
        assert kappa <= bound.with_data * (1.0 + 1e-10) and bound.with_data <= bound.bound * (1.0 + 1e-10), number
        top, low = np.zeros(len(weights)), np.zeros(len(weights))
        for place in range(len(weights)):
            after = np.linalg.multi_dot([np.eye(dims[-1]), *weights[:place:-1], np.eye(weights[place].shape[0])])
            before = np.linalg.multi_dot([np.eye(weights[place].shape[1]), *weights[:place][::-1], np.eye(dims[0])])
            p, q = np.linalg.eigvalsh(after @ after.T), np.linalg.eigvalsh(before.T @ before)
            top[place], low[place] = p[-1] * q[-1], max(p[0], 0.0) * max(q[0], 0.0)
        assert bound.largest == pytest.approx(top / top.max(), rel=1e-9)
        s = np.linalg.eigvalsh(covariance)
        if np.isfinite(bound.bound):
            assert bound.bound == pytest.approx(s[-1] / s[0] * top.sum() / low.sum(), rel=1e-8)
            assert bound.contributions.sum() == pytest.approx(bound.bound / bound.data_condition, rel=1e-12)
        else:
            assert low.sum() <= 1e-12 * top.sum()
        assert bound.dominant_layer == np.argmax(top)


def test_singular_covariances_count_where_they_are_not_zero():
    rng = np.random.default_rng(2)
    weights = gaussian(rng, (6, 8, 7, 3))
    rows = rng.standard_normal((4, 6))
    covariance = rows.T @ rows / 4
    found = gn.gn_spectrum(weights, covariance)
    true = explicit(weights, covariance)
    assert found.rank == 12 and found.size == 18
    assert np.max(np.abs(found.eigenvalues - true[:12])) <= 1e-9 * true[0]
    assert found.condition_number <= gn.gn_bound(weights, covariance).bound < np.inf
    variances = np.array([1.0, 0.0, 2.0, 0.5, 0.0, 1.0])
    as_vector, as_matrix = gn.gn_spectrum(weights, variances), gn.gn_spectrum(weights, np.diag(variances))
    assert as_vector.eigenvalues == pytest.approx(as_matrix.eigenvalues, rel=1e-12) and as_vector.rank == 12


def test_weights_of_low_rank_in_any_format():
    rng = np.random.default_rng(4)
    low = lambda rows, columns: rng.standard_normal((rows, 2)) @ rng.standard_normal((2, columns))  # noqa: E731
    weights = [low(8, 7), low(5, 8)]
    for kind in (np.float64, np.float32, np.float16):
        found = gn.gn_spectrum([w.astype(kind) for w in weights])
        assert found.rank == 2 * 7 + (5 - 2) * 2 and found.status is Status.CONVERGED, kind
        assert found.residual < 30.0 * np.finfo(kind).eps
        assert np.isinf(gn.gn_bound([w.astype(kind) for w in weights]).bound)
    assert np.sum(explicit(weights, np.eye(7)) > 1e-20) == 20
    zero = gn.gn_spectrum([np.zeros((3, 2)), np.zeros((2, 3))])
    assert zero.status is Status.COLLAPSED and len(zero) == 0 and zero.condition_number is None
    assert gn.gn_spectrum([np.zeros((3, 2)), np.ones((1, 3))]).rank == 2


@pytest.mark.parametrize(
    "dims", [(15, 20, 6), (15, 20, 17, 6), (12, 5, 7), (10, 8, 5, 9, 8), (8, 8), (9, 12, 12, 12, 4)]
)
@pytest.mark.parametrize("spread", [1.0, 1e6])
def test_lanczos_finds_the_ends_of_the_whole_spectrum(dims, spread):
    rng = np.random.default_rng(list(dims))
    weights, variances = gaussian(rng, dims), np.geomspace(1.0, 1.0 / spread, dims[0])
    whole, ends = gn.gn_spectrum(weights, variances), gn.gn_spectrum(weights, variances, method="lanczos")
    assert ends.eigenvalues == pytest.approx(whole.eigenvalues[[0, -1]], rel=1e-9)  # measured 1e-14
    assert ends.rank == whole.rank and ends.status is Status.CONVERGED and ends.residual < 1e-6
    assert not ends.complete and "largest and smallest only" in repr(ends)


def test_two_layers_block_by_block():
    rng = np.random.default_rng(5)
    for dims in ((7, 9, 4), (7, 3, 4), (6, 2)):
        weights, covariance = gaussian(rng, dims), sample_covariance(rng, dims[0])
        blocks = gn.gn_spectrum(weights, covariance, method="blocks")
        assert blocks.eigenvalues == pytest.approx(gn.gn_spectrum(weights, covariance).eigenvalues, rel=1e-11)
    with pytest.raises(InvalidInput, match="method must be 'dense' or 'lanczos' for 3 layers, not 'blocks'"):
        gn.gn_spectrum(gaussian(rng, (3, 3, 3, 3)), method="blocks")


def test_a_large_network_and_a_search_that_fails(monkeypatch):
    network = gn.LinearNetwork(300, 8, 64, 3)
    found = gn.gn_spectrum(network.weights(0), network.variances())
    assert found.method == "lanczos" and found.status is Status.CONVERGED and len(found) == 2
    assert found.condition_number <= gn.gn_bound(network.weights(0), network.variances()).bound
    monkeypatch.setattr(lanczos, "_MOST", 1)
    with pytest.raises(ConvergenceFailure, match="smallest eigenvalue was not found"):
        gn.gn_spectrum(network.weights(0), network.variances())
    monkeypatch.undo()
    monkeypatch.setattr(lanczos, "ACCURACY", 1e-20)
    unsure = gn.gn_spectrum(network.weights(0), network.variances())
    assert unsure.status is Status.NOT_CONVERGED and unsure.message


def test_any_scale_and_any_order_of_units():
    rng = np.random.default_rng(6)
    weights, covariance = gaussian(rng, (5, 7, 6, 3)), sample_covariance(rng, 5)
    found = gn.gn_spectrum(weights, covariance)
    scaled = gn.gn_spectrum([1e60 * weights[0], 1e-60 * weights[1], weights[2]], 1e-80 * covariance)
    huge = gn.gn_spectrum([1e130 * one for one in weights], 1e-300 * covariance)
    assert huge.condition_number == pytest.approx(found.condition_number, rel=1e-12)
    assert scaled.rank == found.rank == 15
    order = rng.permutation(7)
    mixed = gn.gn_spectrum([weights[0][order], weights[1][:, order], weights[2]], covariance)
    assert mixed.eigenvalues == pytest.approx(found.eigenvalues, rel=1e-12)
    with pytest.raises(InvalidInput, match="weights and covariance must have products between"):
        gn.gn_spectrum([1e200 * one for one in weights], covariance)


def test_the_result_is_an_array_that_is_kept():
    found = gn.gn_spectrum(gaussian(np.random.default_rng(0), (4, 5, 2)))
    assert np.array_equal(np.asarray(found), found.eigenvalues) and found[0] == max(found) and len(found) == 8
    again = pickle.loads(pickle.dumps(found))
    assert np.array_equal(again.eigenvalues, found.eigenvalues) and repr(again) == repr(found)
    assert (
        again == found
        and hash(again) == hash(found)
        and again != gn.gn_spectrum(gaussian(np.random.default_rng(1), (4, 5, 2)))
    )
    assert "condition number" in repr(found) and "<table>" in found._repr_html_()
    bound = gn.gn_bound(gaussian(np.random.default_rng(0), (4, 5, 2)))
    assert bound.to_xarray().sizes["layer"] == 2 and "weights[" in repr(bound)


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_dependent_columns_of_many_rows_are_not_taken_for_small_ones(kind):
    rng = np.random.default_rng(9)
    for rows in (10, 1000, 200_000):
        x = rng.standard_normal((rows, 4)) * np.array([1.0, 30.0, 0.1, 3.0]) + 1.0
        x[:, 0] = 3.0 * x[:, 1] - x[:, 2]
        for covariance in (x.T @ x / rows, np.cov(x.T)):
            found = gn.gn_spectrum([np.ones((1, 4)), [[2.0]]], covariance.astype(kind))
            assert found.rank == 3 and found.status is Status.CONVERGED


@pytest.mark.parametrize("slope", [1.0, 0.2, 0.0, -0.5])
def test_leaky_relu_is_that_of_the_jacobian(slope):
    rng = np.random.default_rng(7)
    for n, d, m, k in ((7, 4, 6, 3), (30, 3, 5, 2)):
        weights, rows = [rng.standard_normal((m, d)), rng.standard_normal((k, m))], rng.standard_normal((n, d))
        found = gn.leaky_relu_spectrum(weights, rows, slope)
        hidden = rows @ weights[0].T
        active, on = np.where(hidden > 0.0, hidden, slope * hidden), np.where(hidden > 0.0, 1.0, slope)
        second = np.einsum("ab,sm->asbm", np.eye(k), active).reshape(n * k, -1)
        first = np.einsum("am,sm,si->asmi", weights[1], on, rows).reshape(n * k, -1)
        true = np.linalg.svd(np.hstack([first, second]), compute_uv=False) ** 2 / n
        assert np.max(np.abs(found.eigenvalues - true[: found.rank])) <= 1e-12 * true[0]
        assert np.all(true[found.rank :] <= 1e-12 * true[0])
        numeric = np.linalg.svd(jacobian(weights, rows, slope), compute_uv=False) ** 2 / n
        assert np.max(np.abs(found.eigenvalues - numeric[: found.rank])) <= 1e-8 * true[0]
        if slope == 1.0:
            linear = gn.gn_spectrum(weights, rows.T @ rows / n)
            assert found.rank == linear.rank and found.eigenvalues == pytest.approx(linear.eigenvalues, rel=1e-9)
    dead = gn.leaky_relu_spectrum([-np.ones((3, 2)), np.ones((1, 3))], np.ones((4, 2)), 0.0)
    assert dead.status is Status.COLLAPSED


def test_residual_layers():
    rng = np.random.default_rng(8)
    weights = [rng.standard_normal((4, 4)) for _ in range(3)]
    for one, with_skip in zip(weights, gn.residual(weights, 0.7), strict=True):
        assert np.array_equal(with_skip, one + 0.7 * np.eye(4))
    assert gn.gn_spectrum(gn.residual(weights, 1e6)).condition_number == pytest.approx(1.0, abs=1e-3)
    with pytest.raises(InvalidInput, match=r"weights must be square where a skip is added, but weights\[1\] has shape"):
        gn.residual([np.eye(3), np.ones((2, 3))], 1.0)


def test_sweeps_are_labelled_and_seeded():
    data = gn.sweep(gn.LinearNetwork(4, 4, 4, 3), skip=[0.0, 2.0], depth=[2, 3], seeds=[5, 1])
    assert data.ratio.dims == ("skip", "depth", "seed") and list(data.seed.values) == [5, 1]
    network = gn.LinearNetwork(4, 4, 4, 3, skip=2.0)
    one = gn.gn_spectrum(network.weights(1), network.variances())
    place = {"skip": 2.0, "depth": 3, "seed": 1}
    assert float(data.condition_number.sel(place)) == one.condition_number
    assert float(data.bound.sel(place)) == gn.gn_bound(network.weights(1), network.variances()).bound
    assert float(data.ratio.sel(place)) == pytest.approx(one.condition_number / 10.0)
    spread = max(np.linalg.norm(w - 2.0 * np.eye(4), 2) for w in network.weights(1))
    assert float(data["spread"].sel(place)) == pytest.approx(spread, rel=1e-12)
    assert (data.status == "converged").all() and data.attrs["width"] == 4
    assert data.equals(gn.sweep(gn.LinearNetwork(4, 4, 4, 3), skip=[0.0, 2.0], depth=[2, 3], seeds=[5, 1]))
    lost = gn.sweep(gn.LinearNetwork(8, 8, 8, 60), seeds=1)  # κ beyond what 64 bits hold
    assert lost.status.item() == "not_converged" and np.isnan(lost.ratio.item())


BAD = [
    (lambda g: g(np.eye(2)), r"weights must be a list of matrices \[W1, ..., WL\], not one array"),
    (lambda g: g([]), "weights must be a list of at least one matrix, not an empty one"),
    (lambda g: g(3), "weights must be a list of matrices, not 3"),
    (lambda g: g(["a"]), r"weights\[0\] must be a matrix of numbers, not 'a'"),
    (lambda g: g([np.ones(3)]), r"weights\[0\] must be a matrix with at least one entry, not an array of shape \(3,\)"),
    (lambda g: g([np.ones((0, 3))]), r"weights\[0\] must be a matrix with at least one entry"),
    (lambda g: g([np.eye(2), np.ones((2, 3))]), r"weights\[1\] takes 3 inputs and weights\[0\] gives 2 outputs"),
    (lambda g: g([np.array([[1.0, np.nan]])]), r"weights\[0\] must be finite, but its entry \(0, 1\) is nan"),
    (lambda g: g([np.eye(2, dtype=bool)]), r"weights\[0\] must be a matrix of numbers, not an array of bool"),
    (lambda g: g([np.eye(2) * 1j]), r"weights\[0\] must be a matrix of numbers, not an array of complex128"),
    (lambda g: g([np.ma.masked_equal(np.eye(2), 0.0)]), r"weights\[0\] must be .* some of its entries are masked"),
    (lambda g: g([[[1.0, 2.0], [3.0]]]), r"weights\[0\] must be a matrix, with rows of one length"),
    (lambda g: g([np.eye(2)], np.eye(3)), "covariance must be of the 2 inputs of weights"),
    (lambda g: g([np.eye(2)], [1.0, 2.0, 3.0]), "covariance must be of the 2 inputs of weights"),
    (lambda g: g([np.eye(2)], [1.0, -2.0]), "covariance must be variances of 0 or greater, but its entry 1 is -2"),
    (lambda g: g([np.eye(2)], np.ones((2, 3))), "covariance must be a square matrix or a vector of variances"),
    (lambda g: g([np.eye(2)], [[1.0, 0.5], [0.0, 1.0]]), "covariance must be symmetric"),
    (lambda g: g([np.eye(2)], [[1.0, 2.0], [2.0, 1.0]]), "positive semidefinite, but its least eigenvalue is -1"),
    (lambda g: g([np.eye(2)], [[1.0, 0.0], [0.0, -1.0]]), "positive semidefinite, but its least eigenvalue is -1"),
    (lambda g: g([np.eye(2)], -np.eye(2)), "positive semidefinite, but its least eigenvalue is -1"),
    (lambda g: g([np.eye(2)], [[0.0, 1.0], [1.0, 0.0]]), "positive semidefinite, but its least eigenvalue is -1"),
    (lambda g: g([np.eye(2)], [[1.0, 0.5], [0.5, 0.0]]), "covariance must be positive semidefinite"),
    (lambda g: g([np.eye(2)], np.zeros((2, 2))), "covariance must have an entry other than zero"),
    (lambda g: g([np.eye(2)], [[1.0, np.inf], [np.inf, 1.0]]), "covariance.* must be finite"),
    (lambda g: g([np.eye(2)], [[1.0, 2.0], [3.0]]), "covariance must be a matrix, with rows of one length"),
    (lambda g: g([np.eye(2)], []), "covariance must be a non-empty list of numbers"),
    (lambda g: g([np.eye(2)], "wide"), "covariance must be a matrix of numbers, not 'wide'"),
    (lambda g: g([np.eye(2)], [1.0, None]), "covariance must be a list of numbers, but its entry 1 is None"),
    (lambda g: g([np.ones((4097, 1))]), "weights must have at most 4,096 outputs, not 4,097"),
    (lambda g: g([np.eye(2)], 2.0), "covariance must be a matrix of numbers, not 2.0"),
]


@pytest.mark.parametrize("function", [gn.gn_spectrum, gn.gn_bound])
@pytest.mark.parametrize(("call", "sentence"), BAD, ids=range(len(BAD)))
def test_bad_input_is_a_sentence(function, call, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        call(function)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: gn.gn_spectrum([np.eye(2)], method="fast"), "method must be one of 'auto'"),
        (lambda: gn.leaky_relu_spectrum([np.eye(2)], np.eye(2)), r"weights must be two matrices \[W1, W2\], not 1"),
        (lambda: gn.leaky_relu_spectrum([np.eye(2)] * 2, np.eye(3)), "inputs must have 2 columns"),
        (lambda: gn.leaky_relu_spectrum([1e200 * np.eye(2)] * 2, np.eye(2)), "must have products below 1e154"),
        (lambda: gn.leaky_relu_spectrum([np.eye(2)] * 2, np.ones((3000, 2))), "inputs must be at most 2000 samples"),
        (lambda: gn.leaky_relu_spectrum([np.eye(2)] * 2, np.eye(2), np.nan), "slope must be a finite number, not nan"),
        (lambda: gn.LinearNetwork(inputs=0), "inputs must be 1 or greater, not 0"),
        (lambda: gn.LinearNetwork(skip=-1.0), "skip must be 0 or greater, not -1"),
        (lambda: gn.LinearNetwork(skip=1.0), "skip must be 0 where no layer is square, not 1"),
        (lambda: gn.LinearNetwork(data_condition=0.5), "data_condition must be 1 or greater"),
        (lambda: gn.LinearNetwork(inputs=1), "data_condition must be 1 for one input, not 10"),
        (lambda: gn.LinearNetwork(initialisation="uniform"), "initialisation must be one of 'gaussian', 'orthogonal'"),
        (lambda: gn.sweep(gn.LinearNetwork(), colour=[1]), "an axis must be one of inputs, .*, not 'colour'"),
        (lambda: gn.sweep(gn.LinearNetwork(), width=[3, 3]), "width must have different values"),
        (lambda: gn.sweep(gn.LinearNetwork(), width=[2.5]), "width must be a whole number, not 2.5"),
        (lambda: gn.sweep("network"), "network must be a LinearNetwork, not 'network'"),
        (lambda: gn.sweep(gn.LinearNetwork(), seeds=0), "seeds must be at least 1, not 0"),
        (lambda: gn.LinearNetwork().weights(-1), "seed must be 0 or greater, not -1"),
    ],
)
def test_other_bad_input_is_a_sentence(call, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        call()


def test_a_setting_comes_back():
    network = gn.LinearNetwork(4, 4, 4, 3, 0.5, "orthogonal", 100.0)
    assert gn.LinearNetwork.from_dict(network.to_dict()) == network and pickle.loads(pickle.dumps(network)) == network
    for one in network.replace(skip=0.0).weights(0):
        assert one @ one.T == pytest.approx(np.eye(4), abs=1e-14)
