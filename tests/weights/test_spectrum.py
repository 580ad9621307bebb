"""Singular values and vectors from the tridiagonal form, against NumPy's SVD."""

from __future__ import annotations

import numpy as np
import pytest

from spectralaw.weights.bulk import noise_edge, shrink
from spectralaw.weights.flips import count_against_flips, flip, flips_at, top_eigenvalue
from spectralaw.weights.shrinkage import rank_cut, shrink_spikes
from spectralaw.weights.spectrum import Entries, Spectrum, effective_rank, stable_rank

rg = np.random.default_rng


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (33, 40), (150, 150), (100, 500)])
def test_spectrum_is_that_of_the_svd(shape):
    w = rg(0).standard_normal(shape)
    spectrum = Spectrum(w)
    left, singular, _ = np.linalg.svd(w, full_matrices=False)
    assert spectrum.singular_values == pytest.approx(singular, rel=1e-10)
    for count in (1, min(shape[0], 5), shape[0], 1):
        vectors = spectrum.vectors(count)
        assert vectors.shape == (shape[0], count)
        assert np.abs(np.sum(vectors * left[:, :count], axis=0)) == pytest.approx(np.ones(count), abs=1e-9)
        assert vectors.T @ vectors == pytest.approx(np.eye(count), abs=1e-10)
    assert spectrum.rank == shape[0]


def test_small_singular_values_come_from_the_svd():
    """W Wᵀ knows nothing below 10⁻⁸ of the largest singular value."""
    left, right = np.linalg.qr(rg(0).standard_normal((40, 40))).Q, np.linalg.qr(rg(1).standard_normal((60, 40))).Q
    singular = np.geomspace(1.0, 1e-11, 40)
    spectrum = Spectrum(left * singular @ right.T)
    assert spectrum.singular_values == pytest.approx(singular, rel=1e-3)
    assert spectrum.rank == 40
    low = Spectrum(np.ascontiguousarray(rg(0).standard_normal((50, 7)) @ rg(1).standard_normal((7, 90))))
    assert low.rank == 7


def test_sums_over_entries():
    w = rg(0).standard_normal((300, 310))
    entries = Entries(w)
    assert entries.rows == pytest.approx(np.sum(w**2, axis=1)) and entries.columns == pytest.approx(
        np.sum(w**2, axis=0)
    )
    profile = np.exp(0.3 * rg(1).standard_normal((300, 1))) * np.exp(0.3 * rg(2).standard_normal(310))
    assert Entries(profile * w).kurtosis == pytest.approx(3.0, abs=0.25)  # whatever the profile
    assert Entries(np.sign(w)).kurtosis == pytest.approx(1.0)
    assert Entries(rg(3).standard_t(3, w.shape)).kurtosis > 10.0


def test_ranks():
    assert stable_rank(np.array([4.0, 1.0, 1.0])) == 1.5
    assert effective_rank(np.ones(7)) == pytest.approx(7.0)
    assert effective_rank(np.array([1.0, 0.0])) == pytest.approx(1.0)
    assert effective_rank(np.ones(7), exp=False) == pytest.approx(np.log(7.0) / 7.0)


def test_the_spread_of_sampling_is_taken_off_the_profile():
    rng = rg(0)
    w = rng.standard_normal((200, 300))
    flat = noise_edge(np.sum(w**2, axis=1), np.sum(w**2, axis=0), 3.0)
    assert flat.profile_spread < 0.04 and np.std(np.log(np.sum(w**2, axis=1))) > 0.07
    assert flat.noise_variance == pytest.approx(1.0, abs=0.01)
    sums = np.exp(0.5 * rng.standard_normal(200))
    assert np.std(shrink(sums, 0.0)) == pytest.approx(np.std(sums))
    assert np.std(shrink(sums, 1e9)) < 1e-12
    assert noise_edge(np.zeros(5), np.zeros(9), 3.0).edge.location == 0.0


def test_optshrink_knows_strength_and_overlap():
    rng, strength = rg(3), np.array([4.0, 2.5])
    left, right = np.linalg.qr(rng.standard_normal((150, 2))).Q, np.linalg.qr(rng.standard_normal((300, 2))).Q
    w = rng.standard_normal((150, 300)) / np.sqrt(300.0) + left * strength @ right.T
    found_left, singular, found_right = np.linalg.svd(w, full_matrices=False)
    for k, one in enumerate(shrink_spikes(singular, 300, 2)):
        assert one.strength == pytest.approx(strength[k], rel=0.04)
        assert one.overlap_left == pytest.approx((left[:, k] @ found_left[:, k]) ** 2, abs=0.04)
        assert one.overlap_right == pytest.approx((right[:, k] @ found_right[k]) ** 2, abs=0.04)
        assert one.overlap_left > one.overlap_right  # the shorter side is better known
        best = strength[k] * abs(left[:, k] @ found_left[:, k]) * abs(right[:, k] @ found_right[k])
        assert one.shrunken == pytest.approx(best, rel=0.04)


def test_errors_of_a_cut_are_exact():
    w = rg(0).standard_normal((40, 60))
    left, singular, right = np.linalg.svd(w, full_matrices=False)
    for keep in (0, 3, 40):
        cut = rank_cut(singular, 60, keep)
        rest = w - (left[:, :keep] * singular[:keep]) @ right[:keep]
        assert cut.relative_error == pytest.approx(np.linalg.norm(rest) / np.linalg.norm(w), abs=1e-12)
        assert cut.operator_error == pytest.approx(np.linalg.norm(rest, 2), abs=1e-10)
        assert cut.parameters == pytest.approx(keep * 101 / 2400)


def test_flips():
    assert [flips_at(level) for level in (0.05, 0.01, 0.1, 0.3)] == [19, 99, 9, 3]
    w = rg(0).standard_normal((41, 53)).astype(np.float32)
    flipped = flip(w, rg(1))
    assert np.array_equal(np.abs(flipped), np.abs(w)) and 0.4 < np.mean(flipped == w) < 0.6
    for shape in ((60, 90), (150, 200), (300, 300)):
        m = rg(2).standard_t(4, shape).astype(np.float32)
        assert top_eigenvalue(m) == pytest.approx(np.linalg.norm(m.astype(float), 2) ** 2, rel=1e-4)


@pytest.mark.parametrize("unit", [1.0, 1e-40, 1e40])
def test_flips_leave_signal_and_refuse_heavy_noise(unit):
    rng = rg(5)
    u, v = rng.standard_normal((100, 3)), rng.standard_normal((150, 3))
    signal = np.linalg.qr(u).Q @ np.diag([60.0, 70.0, 80.0]) @ np.linalg.qr(v).Q.T
    noise = rng.standard_t(3, (100, 150))
    alone = count_against_flips(Spectrum(unit * (signal + noise)), 0.05, 100, rg(0))
    assert 3 <= alone <= 4  # by themselves random signs of the residual count one too many at times
    assert count_against_flips(Spectrum(unit * (signal + noise)), 0.05, 2, rg(0)) >= 2
    false = sum(
        count_against_flips(Spectrum(unit * rg(seed).standard_t(3, (60, 90))), 0.05, 100, rg(seed)) > 0
        for seed in range(12)
    )
    assert false <= 3  # level 0.05
