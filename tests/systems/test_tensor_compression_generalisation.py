"""The bound of few parameters: it holds for a class of which everything is known, and falls as m^(-1/2)."""

from __future__ import annotations

import numpy as np
import pytest

from spectralaw.errors import InvalidInput
from spectralaw.systems import tensor_compression as tc


def test_it_falls_with_samples_and_grows_with_what_is_stored():
    one, four = (tc.generalisation_bound(100, m) for m in (10_000, 40_000))
    assert one.verified == pytest.approx(2.0 * four.verified, rel=1e-12)
    assert one.recalled == pytest.approx(2.0 * four.recalled, rel=1e-12) == pytest.approx(0.1)
    assert one.verified == pytest.approx(np.sqrt((3200 * np.log(2.0) + np.log(20.0)) / 20_000.0), rel=1e-12)
    assert tc.generalisation_bound(100, 10_000, bits=8).verified < one.verified
    assert tc.generalisation_bound(100, 10_000, 0.2).verified == pytest.approx(one.verified + 0.2)
    assert not one.vacuous and tc.generalisation_bound(10**6, 1000).vacuous
    assert "vacuous" in repr(tc.generalisation_bound(10**6, 1000)) and "recalled, not checked" in repr(one)


def test_it_holds_for_the_best_of_a_known_class_and_a_bound_without_the_class_does_not():
    """64 networks (3 numbers of 2 bits) that are all wrong half the time: the luckiest is chosen on m samples."""
    rng, m, tries = np.random.default_rng(0), 60, 4000
    luckiest = rng.binomial(m, 0.5, size=(tries, 64)).min(axis=1) / m
    broken = np.mean([tc.generalisation_bound(3, m, e, bits=2, confidence=0.8).verified < 0.5 for e in luckiest])
    assert 0.0 < broken <= 0.2  # allowed; measured 0.014 at three seeds, for Hoeffding is not sharp
    alone = np.sqrt(np.log(1.0 / 0.2) / (2.0 * m))
    assert np.mean(luckiest + alone < 0.5) > 0.9  # Hoeffding for one network, used on the chosen one, is broken: 0.95


def test_ranks_that_were_chosen_are_paid_for():
    rng = np.random.default_rng(1)
    terms = [np.linalg.qr(rng.standard_normal((n, 2)))[0] for n in (8, 8, 9)]
    kernel = np.einsum("ar,br,cr->abc", *terms).reshape(8, 8, 3, 3)
    made = tc.compress([kernel], 0.1)
    assert made.parameters == 2 * (8 + 8 + 9 + 1)
    bound = tc.generalisation_bound(made, 10_000)
    bare = tc.generalisation_bound(made.parameters, 10_000)
    more = 2.0 * 10_000 * (bound.verified**2 - bare.verified**2)
    assert more == pytest.approx(np.log(1 + 576 // 26), rel=1e-9)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((0, 10), "network must be 1 or greater, not 0"),
        (("net", 10), "network must be a number, not 'net'"),
        ((10, 0), "samples must be 1 or greater, not 0"),
        ((10, 10, -0.1), "training_error must be from 0 to 1, not -0.1"),
        ((10, 10, float("nan")), "training_error must be a finite number, not nan"),
    ],
)
def test_bad_input(arguments, sentence):
    with pytest.raises(InvalidInput, match=f"^{sentence}$"):
        tc.generalisation_bound(*arguments)
    with pytest.raises(InvalidInput, match="confidence must be between 0 and 1, not 1"):
        tc.generalisation_bound(10, 10, confidence=1.0)
