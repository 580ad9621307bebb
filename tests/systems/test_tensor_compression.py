"""CP decomposition of kernels and its certificates: exact recovery, identities, and what bounds what."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from spectralaw.errors import InvalidInput
from spectralaw.results import Status
from spectralaw.systems import tensor_compression as tc
from spectralaw.systems.tensor_compression import als

RNG = np.random.default_rng(0)
KERNEL = RNG.standard_normal((6, 5, 3, 3))


def planted(seed, shape=(8, 6, 3, 3), rank=3):
    """Factors, scales and kernel of unit columns drawn at random."""
    rng = np.random.default_rng(seed)
    factors = [rng.standard_normal((n, rank)) for n in (shape[0], shape[1], int(np.prod(shape[2:])))]
    factors = [f / np.linalg.norm(f, axis=0) for f in factors]
    scales = np.sort(rng.uniform(0.5, 2.0, rank))[::-1]
    return factors, scales, np.einsum("ir,jr,kr,r->ijk", *factors, scales).reshape(shape)


def circular(kernel, image):
    """The matrix of circular convolution, entry by entry."""
    out, into, kx, ky = kernel.shape
    n, m = image
    found = np.zeros((out, n, m, into, n, m))
    for x in range(n):
        for y in range(m):
            for a in range(kx):
                for b in range(ky):
                    found[:, x, y, :, (x - a) % n, (y - b) % m] += kernel[:, :, a, b]
    return found.reshape(out * n * m, into * n * m)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("shape", "rank"), [((8, 6, 3, 3), 3), ((4, 9, 5), 3), ((8, 6, 3, 3), 8), ((5, 4, 2, 3, 2), 2)]
)
def test_a_planted_kernel_is_found_again(seed, shape, rank):
    factors, scales, kernel = planted(seed, shape, rank)
    found = tc.cp(kernel, rank)
    assert found.status is Status.CONVERGED and found.shape == shape and found.rank == rank
    np.testing.assert_allclose(found.reconstruct(), kernel, atol=1e-10)
    np.testing.assert_allclose(found.scales, scales, rtol=1e-9)
    assert np.all(np.diff(found.scales) <= 0.0) and np.all(found.scales >= 0.0)
    for ours, theirs in zip(found.factors, factors, strict=True):
        np.testing.assert_allclose(np.linalg.norm(ours, axis=0), 1.0, atol=1e-14)
        np.testing.assert_allclose(np.abs(np.sum(ours * theirs, axis=0)), 1.0, atol=1e-9)
    assert found.relative_error <= 1e-12 and found.patterns.shape == (rank, *shape[2:])
    assert found.parameters == rank * (shape[0] + shape[1] + int(np.prod(shape[2:])) + 1)


def test_too_few_terms_are_not_exact_and_the_stated_error_is_the_true_one():
    _, scales, kernel = planted(0)
    found = tc.cp(kernel, 2)
    true = np.linalg.norm(kernel - found.reconstruct()) / np.linalg.norm(kernel)
    assert found.relative_error == pytest.approx(true, rel=1e-12) and true > 0.05
    errors = [tc.cp(KERNEL, rank, sweeps=300).relative_error for rank in (1, 2, 4, 8)]
    assert np.all(np.diff(errors) < -0.05)
    assert found.noise[0] == found.tensorisation[-1] == pytest.approx(found.scales.sum()) and found.noise[-1] == 0.0
    assert scales[2] > 0.5


def test_the_certificate_of_a_fit_is_a_gradient():
    found = tc.cp(KERNEL, 2)
    assert found.status is Status.CONVERGED and found.gradient <= 1e-5
    rest = (KERNEL - found.reconstruct()).reshape(6, 5, 9)
    along = np.einsum("ijk,jr,kr->ir", rest, found.factors[1], found.factors[2])
    assert np.linalg.norm(along, axis=0).max() / np.linalg.norm(rest) <= found.gradient * (1.0 + 1e-9)
    short = tc.cp(KERNEL, 16, sweeps=5)
    assert short.status is Status.NOT_CONVERGED and not short.status.is_result and short.gradient > 1e-5
    assert tc.cp(KERNEL, 2, seed=1).relative_error == pytest.approx(found.relative_error, abs=0.02)
    assert tc.cp(KERNEL, 2) == found and tc.cp(KERNEL, 1) != found and pickle.loads(pickle.dumps(found)) == found


@pytest.mark.parametrize("shape", [(7, 5, 1, 1), (9, 1, 3, 3), (1, 6, 3, 3), (5, 4, 1)])
def test_kernels_that_are_matrices_get_the_singular_value_decomposition(shape):
    kernel = np.random.default_rng(3).standard_normal(shape)
    flat = kernel.reshape([n for n in (shape[0], shape[1], int(np.prod(shape[2:]))) if n > 1])
    values = np.linalg.svd(flat, compute_uv=False)
    found = tc.cp(kernel, 2)
    np.testing.assert_allclose(found.scales, values[:2], rtol=1e-12)
    assert found.relative_error == pytest.approx(np.linalg.norm(values[2:]) / np.linalg.norm(values), rel=1e-12)
    assert found.status is Status.CONVERGED and found.gradient < 1e-12
    beyond = tc.cp(kernel, len(values) + 2)
    assert beyond.relative_error < 1e-14 and np.all(beyond.scales[-2:] == 0.0)
    assert all(np.allclose(np.linalg.norm(f, axis=0), 1.0) for f in beyond.factors)


@pytest.mark.parametrize("image", [(5, 5), (4, 6)])
def test_the_operator_norm_is_that_of_the_whole_matrix(image):
    kernel = KERNEL[:3, :2]
    norm = tc.operator_norm(kernel, image)
    assert norm.value == pytest.approx(np.linalg.norm(circular(kernel, image), 2), rel=1e-12)
    for other in ((3, 3), (7, 5), (64, 64), (101, 97)):
        assert tc.operator_norm(kernel, other).value <= norm.bound


def test_the_margin_holds_where_it_is_tight():
    cosine = np.zeros((1, 1, 3))
    cosine[0, 0, [0, 2]] = 0.5, -0.5  # |sin ω|, whose maximum lies between the points of an odd grid
    for n in (3, 5, 7):
        norm = tc.operator_norm(cosine, [n])
        assert norm.value < 1.0 <= norm.bound * (1.0 + 1e-14)
    even = np.array([[[1.0, -1.0]]])  # 2 |sin(ω/2)|: half-integer degree, its maximum at π
    for n in (2, 3, 5):
        assert tc.operator_norm(even, [n]).bound >= 2.0 * (1.0 - 1e-14)
    assert tc.operator_norm(even, [3]).bound == pytest.approx(2.0)  # attained
    zero_padded = circular(KERNEL[:2, :2], (9, 9)).reshape(2, 9, 9, 2, 9, 9)[:, 2:9, 2:9, :, :7, :7].reshape(98, 98)
    assert np.linalg.norm(zero_padded, 2) <= tc.operator_norm(KERNEL[:2, :2]).bound


@pytest.mark.parametrize("seed", range(5))
def test_dropping_one_term_costs_exactly_its_bound(seed):
    _, _, kernel = planted(seed, rank=4)
    full = tc.cp(kernel, 4)
    last = tc.certificate(kernel, 3, decomposition=full, grid=(8, 8))
    assert last.termwise / last.margin == pytest.approx(last.operator_error, rel=1e-9)
    assert last.operator_error > last.noise == pytest.approx(full.scales[-1])  # ξ is no bound of the operator
    assert last.frobenius_error == pytest.approx(last.noise, rel=1e-9)
    for j in (1, 2, 3, 4):
        one = tc.certificate(kernel, j, decomposition=full)
        rest = kernel - full.reconstruct(j)
        assert np.linalg.norm(rest) == pytest.approx(one.frobenius_error, abs=1e-13)
        assert one.frobenius_error <= one.frobenius_bound * (1.0 + 1e-9) + 1e-15
        for image in ((3, 3), (11, 7), (40, 41)):
            true = tc.operator_norm(rest, image).value
            assert true <= one.bound <= one.termwise * (1.0 + 1e-9) + 1e-14
    assert one.bound < 1e-11 and not one.vacuous


def test_a_false_bound_is_seen():
    """The test above would refuse ξ as a bound, a forgotten term, and a wrong decomposition."""
    _, _, kernel = planted(0, rank=4)
    full = tc.cp(kernel, 4)
    two = tc.certificate(kernel, 2, decomposition=full, grid=(16, 16))
    rest = two.operator_error
    assert rest > two.noise
    assert rest > tc.certificate(kernel, 3, decomposition=full, grid=(16, 16)).bound
    other = tc.cp(planted(1, rank=4)[2], 4)
    wrong = tc.certificate(kernel, 2, decomposition=other)
    assert (
        wrong.vacuous and "vacuous" in repr(wrong) and wrong.bound >= wrong.operator_error
    )  # it pays for what is left


def test_a_certificate_by_rank_alone_is_of_the_best_fit():
    one = tc.certificate(KERNEL, 2)
    rest = KERNEL - tc.cp(KERNEL, 2).reconstruct()
    assert one.terms == one.rank == 2 and one.noise == 0.0 and one.bound == one.direct
    for image in ((3, 5), (16, 16), (50, 50)):
        assert tc.operator_norm(rest, image).value <= one.bound
    assert one.operator_error == pytest.approx(tc.operator_norm(rest, one.grid).value, rel=1e-12)
    assert 0.0 < one.relative_bound < 1.0
    assert tc.certificate(planted(2)[2], 3).bound < 1e-12


def test_the_gradient_of_a_wrong_fit_is_large():
    _, _, kernel = planted(0)
    tensor = kernel.reshape(8, 6, 9)
    start = tuple(np.random.default_rng(1).standard_normal((n, 3)) for n in tensor.shape)
    assert als.fit(tensor, start, 1, 1e-5).gradient > 1e-2  # type: ignore[arg-type]
    assert als.fit(tensor, start, 2000, 1e-5).error < 1e-12  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: tc.cp(np.ones((3, 3)), 1), r"kernel must be a kernel of shape \(outputs, inputs, width, …\), not"),
        (lambda: tc.cp(np.ones((3, 3, 0)), 1), "kernel must be a kernel of shape"),
        (lambda: tc.cp(np.zeros((3, 3, 3)), 1), "kernel must have an entry that is not 0"),
        (lambda: tc.cp(np.full((2, 2, 2), np.nan), 1), r"kernel must be finite, but its entry \(0, 0, 0\) is nan"),
        (lambda: tc.cp(np.full((2, 2, 2), np.inf), 1), "kernel must be finite"),
        (lambda: tc.cp(np.full((2, 2, 2), 1e200), 1), "kernel must have its largest entry between"),
        (lambda: tc.cp(np.ones((2, 2, 2), dtype=bool), 1), "not an array of bool"),
        (lambda: tc.cp(np.ones((2, 2, 2), dtype=complex), 1), "not an array of complex128"),
        (lambda: tc.cp(np.ma.masked_equal(KERNEL, 0.0), 1), "kernel must be .*, without a mask"),
        (lambda: tc.cp("kernel", 1), "kernel must be a kernel of shape .*, not 'kernel'"),
        (lambda: tc.cp([[[1.0], [2.0, 3.0]]], 1), "kernel must be a kernel of shape"),
        (lambda: tc.cp(KERNEL, 0), "rank must be 1 or greater, not 0"),
        (lambda: tc.cp(KERNEL, 1.5), "rank must be a whole number, not 1.5"),
        (lambda: tc.cp(KERNEL, True), "rank must be a number, not True"),
        (lambda: tc.cp(KERNEL, 1, starts=0), "starts must be 1 or greater, not 0"),
        (lambda: tc.cp(KERNEL, 1, sweeps=-1), "sweeps must be 1 or greater, not -1"),
        (lambda: tc.cp(KERNEL, 1, seed=-1), "seed must be 0 or greater, not -1"),
        (lambda: tc.cp(KERNEL, 1, tolerance=float("nan")), "tolerance must be a finite number, not nan"),
        (lambda: tc.cp(KERNEL, 2).reconstruct(3), "rank must be at most 2, the terms there are, not 3"),
        (lambda: tc.operator_norm(KERNEL, [2, 9]), r"grid must be at least \(3, 3\), the size of the kernel, not"),
        (lambda: tc.operator_norm(KERNEL, [9]), "grid must have 2 sides, as space has, not 1"),
        (lambda: tc.certificate(KERNEL, 3, decomposition=tc.cp(KERNEL, 2)), "rank must be at most 2, the terms of"),
        (lambda: tc.certificate(KERNEL, 1, decomposition=tc.cp(KERNEL[:4], 2)), "decomposition must be of a kernel of"),
        (lambda: tc.certificate(KERNEL, 1, decomposition=3), "decomposition must be a CP, not 3"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(call, sentence):
    with pytest.raises(InvalidInput, match=f"^{sentence}" if not sentence.startswith("not") else sentence):
        call()
