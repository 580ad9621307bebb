"""Weight perturbations: bounds that hold, where they are attained, and what comes between them and the truth."""

from __future__ import annotations

import numpy as np
import pytest

from spectralaw.errors import InvalidInput
from spectralaw.results import Status
from spectralaw.systems import weight_perturbation as wp
from spectralaw.systems.weight_perturbation.accepted import bind
from spectralaw.systems.weight_perturbation.bounds import METHODS, asked_pairs, least_margins
from spectralaw.systems.weight_perturbation.radii import deviations

COUNTEREXAMPLE = ([np.array([[1.0], [1.0]]), np.array([[10.0, -10.0]]), np.array([[1.0], [1.0]])], np.array([1.0]))


def random_network(rng, layers=None, biases=True, widest=8):
    count = layers or int(rng.integers(1, 6))
    sizes = rng.integers(1, widest, count + 1)
    sizes[-1] = max(2, sizes[-1])
    weights = [rng.standard_normal((sizes[k + 1], sizes[k])) for k in range(count)]
    given = [rng.standard_normal(len(w)) if rng.random() < 0.7 else None for w in weights] if biases else None
    return weights, given


def plain_outputs(weights, inputs, biases=None):
    """f(x) written once more, by itself."""
    z = np.atleast_2d(inputs)
    for m, w in enumerate(weights):
        z = (z if m == 0 else np.where(z > 0.0, z, 0.0)) @ np.asarray(w).T
        if biases is not None and biases[m] is not None:
            z = z + biases[m]
    return z


def test_no_perturbation_of_a_thousand_networks_exceeds_the_bound():
    """Random corners, attacks in both directions, and inputs of any sign: 1000 networks, four methods, no violation."""
    rng = np.random.default_rng(20)
    tightness = []
    for _ in range(1000):
        weights, biases = random_network(rng)
        x = rng.standard_normal((3, weights[0].shape[1])) * rng.choice([0.1, 1.0, 10.0])
        radius = float(10.0 ** rng.uniform(-4.0, 0.3))
        f = plain_outputs(weights, x, biases)
        clean = f[:, 0] - f[:, 1]
        bounds = {m: wp.margin_bound(weights, x, radius, (0, 1), method=m, biases=biases) for m in METHODS}
        worst = np.zeros(3)
        for _ in range(3):
            moved = [w + radius * rng.choice([-1.0, 1.0], w.shape) for w in weights]
            g = plain_outputs(moved, x, biases)
            worst = np.maximum(worst, np.abs(g[:, 0] - g[:, 1] - clean))
        for pair in ((0, 1), (1, 0)):
            found = wp.attack(weights, x, radius, pair, biases=biases, restarts=2, steps=4)
            worst = np.maximum(worst, found.change)
            one = found.weights(1)
            assert max(np.max(np.abs(new - old)) for new, old in zip(one, weights, strict=True)) <= radius + 1e-15
            g = plain_outputs(one, x[1], biases)[0]
            assert g[pair[0]] - g[pair[1]] == pytest.approx(found.margin[1], rel=1e-9, abs=1e-9 * np.abs(g).max())
        for values in bounds.values():
            assert np.all(worst <= values)
        smaller = np.minimum(bounds["intervals"], bounds["lines"])  # of two layers lines may win by rounding
        assert np.all(bounds["tightest"] <= smaller * (1.0 + 1e-9) + 1e-12)
        assert np.all(bounds["intervals"] <= bounds["analytic"] * (1.0 + 1e-9) + 1e-9)
        if len(weights) > 2:
            tightness.append([np.median(worst / bounds[m]) for m in METHODS])
    best, by_intervals, by_lines, analytic = np.median(tightness, axis=0)  # measured 1.00, 0.93, 1.00, 0.16
    assert best > 0.99 and by_lines > by_intervals > 2.0 * analytic


def test_the_counterexample_to_the_recursion_without_signs_is_bounded():
    weights, x = COUNTEREXAMPLE
    moved = [weights[0] + [[0.05], [-0.05]], weights[1] + 0.05, weights[2] + [[0.05], [-0.05]]]
    attained = float(np.diff(plain_outputs(moved, x) - plain_outputs(weights, x))[0, 0])
    assert abs(attained) == pytest.approx(0.11)
    for method in METHODS:
        bound = wp.margin_bound(weights, x, 0.05, pair=(0, 1), method=method)
        assert isinstance(bound, float) and 0.11 <= bound < 0.1100001
    z = np.maximum((weights[1] + 0.05) @ ((weights[0] + 0.05) @ x), 0.0)  # the recursion: 10 and −10 cancel in it
    assert 2.0 * 0.05 * z.sum() == pytest.approx(0.0105) and 0.0105 < abs(attained)
    assert float(wp.attack(weights, x, 0.05, (0, 1))) == pytest.approx(0.11)


def test_the_last_layer_alone_is_attained():
    rng = np.random.default_rng(1)
    weights, _ = random_network(rng, layers=4, biases=False)
    x = rng.standard_normal((20, weights[0].shape[1]))
    z = x
    for w in weights[:-1]:
        z = np.maximum(z @ w.T, 0.0)
    for layers in ([-1], [3]):
        bound = wp.margin_bound(weights, x, 0.03, pair=(1, 0), layers=layers)
        assert bound == pytest.approx(2.0 * 0.03 * z.sum(axis=1), rel=1e-9, abs=1e-250)
        found = wp.attack(weights, x, 0.03, (1, 0), layers)
        assert found.change == pytest.approx(2.0 * 0.03 * z.sum(axis=1), rel=1e-9, abs=1e-13)
    alone = wp.margin_bound([weights[0]], x, 0.03, pair=(0, 1)) if len(weights[0]) > 1 else None
    assert alone is None or alone == pytest.approx(2.0 * 0.03 * np.abs(x).sum(axis=1), rel=1e-9)


def test_one_hidden_layer_is_exact_and_inputs_of_any_sign_count_by_size():
    rng = np.random.default_rng(2)
    for _ in range(50):
        weights, biases = random_network(rng, layers=2)
        x, radius = rng.standard_normal((4, weights[0].shape[1])), float(10.0 ** rng.uniform(-3.0, 0.0))
        bound = wp.margin_bound(weights, x, radius, (0, 1), biases=biases)
        both = [wp.attack(weights, x, radius, pair, biases=biases).change for pair in ((0, 1), (1, 0))]
        assert np.max(both, axis=0) == pytest.approx(bound, rel=1e-9)


def test_the_bound_is_linear_as_the_radius_vanishes_and_attained_to_first_order():
    rng = np.random.default_rng(3)
    weights, biases = random_network(rng, layers=4, widest=12)
    x = rng.standard_normal((30, weights[0].shape[1]))
    ratios = []
    for radius in (1e-5, 1e-6, 1e-7):
        bound = wp.margin_bound(weights, x, radius, (0, 1), biases=biases)
        ratios.append(bound / radius)
        found = wp.attack(weights, x, radius, (0, 1), biases=biases, restarts=1, steps=3)
        assert np.median(found.change / bound) > 0.999
    assert ratios[2] == pytest.approx(ratios[1], rel=1e-3, abs=1e-6)
    assert wp.margin_bound(weights, x, 0.0, (0, 1), biases=biases) == pytest.approx(np.zeros(30), abs=0.0)
    radii = np.geomspace(1e-3, 10.0, 12)
    grown = np.array([wp.margin_bound(weights, x, r, (0, 1), biases=biases, method="intervals") for r in radii])
    assert np.all(np.diff(grown, axis=0) >= 0.0)


def test_the_least_margin_itself_lies_between_attack_and_bound():
    rng = np.random.default_rng(4)
    for _ in range(12):
        weights, biases = random_network(rng, layers=int(rng.integers(1, 6)))
        x, radius = rng.standard_normal((3, weights[0].shape[1])), float(10.0 ** rng.uniform(-3.0, -0.3))
        exact = wp.worst_margin(weights, x, radius, (0, 1), biases=biases)
        assert exact.status == (Status.CONVERGED,) * 3
        fall = exact.clean - exact.attained
        found = wp.attack(weights, x, radius, (0, 1), biases=biases).change
        bound = wp.margin_bound(weights, x, radius, (0, 1), biases=biases)
        assert np.all(found <= fall + 1e-6 * (1.0 + fall)) and np.all(fall <= bound)
        assert np.all(exact.least <= exact.attained + 1e-6)
    assert "solved" in repr(exact)


def test_a_solver_that_stops_early_says_so():
    rng = np.random.default_rng(5)
    weights = [rng.standard_normal((12, 12)) for _ in range(5)]
    stopped = wp.worst_margin(weights, rng.standard_normal(12), 0.3, (0, 1), time_limit=1e-4)
    assert stopped.status == (Status.NOT_CONVERGED,) and stopped.least[0] <= stopped.attained[0]


def test_nothing_flips_within_the_certified_radius():
    rng = np.random.default_rng(6)
    for _ in range(60):
        weights, biases = random_network(rng)
        x = rng.standard_normal((4, weights[0].shape[1]))
        radius = wp.certified_radius(weights, x, biases=biases, falls_only=True)
        both = wp.certified_radius(weights, x, biases=biases)
        assert np.all(both <= radius * (1.0 + 2e-6))
        f = plain_outputs(weights, x, biases)
        best = f.argmax(axis=1)
        for k in np.flatnonzero(radius > 0.0):
            found = wp.attack(weights, x[k], float(radius[k]), biases=biases, restarts=2, steps=5)
            assert not found.flipped[0] and found.predicted[0] == best[k]
            case = bind(weights, x[k], biases)
            for factor, sure in ((1.0, True), (1.001, False)):
                radii = deviations(case.network, factor * float(radius[k]))
                assert (least_margins(case, radii, asked_pairs(case, None)).min() > 0.0) == sure
            both_ways = wp.margin_bound(weights, x[k], 1.001 * float(radius[k]), biases=biases)
            margin = np.min(f[k, best[k]] - np.delete(f[k], best[k]))
            assert both_ways >= margin
            for j in set(range(f.shape[1])) - {best[k]}:  # what the two functions say is one thing
                one = wp.margin_bound(weights, x[k], float(both[k]), (best[k], j), biases=biases)
                assert one <= f[k, best[k]] - f[k, j]


def test_certified_radii_are_those_of_a_linear_network_and_grow_with_the_margin():
    rng = np.random.default_rng(7)
    w, x = rng.standard_normal((5, 6)), rng.standard_normal((40, 6))
    f = np.sort(x @ w.T, axis=1)
    exact = (f[:, -1] - f[:, -2]) / (2.0 * np.abs(x).sum(axis=1))
    assert wp.certified_radius([w], x) == pytest.approx(exact, rel=2e-6)
    assert wp.certified_radius([w], x, relative=True) * np.abs(w).max() == pytest.approx(exact, rel=2e-6)
    weights, _ = random_network(rng, layers=4, biases=False, widest=10)
    x = rng.standard_normal((25, weights[0].shape[1]))
    lifted = []
    for lift in (0.0, 0.1, 0.5, 2.0, 5.0):
        bias = np.zeros(len(weights[-1]))
        bias[0] = 20.0 + lift  # class 0 is predicted, by more and more
        lifted.append(wp.certified_radius(weights, x, biases=[None, None, None, bias]))
    assert np.all(np.diff(lifted, axis=0) >= -1e-6 * lifted[0]) and np.all(lifted[-1] > lifted[0])


def test_ties_have_no_radius_and_what_cannot_move_has_the_largest():
    twice = [np.array([[1.0, -2.0], [1.0, -2.0]])]
    assert wp.certified_radius(twice, np.array([0.3, 0.4])) == 0.0
    assert wp.attack(twice, np.array([0.3, 0.4]), 0.1).clean_margin[0] == 0.0
    assert not wp.attack(twice, np.array([0.3, 0.4]), 0.1).flipped[0]
    dead = wp.certified_radius([-np.eye(2), np.eye(2)], np.ones(2), layers=[1], biases=[None, [1.0, 0.0]])
    assert dead == 2.0**40  # where the search ends


def test_a_certificate_is_not_broken_by_rounding():
    """Margins that differ by rounding: 0.1 + 0.2 against 0.3, and large numbers that cancel."""
    assert wp.certified_radius([np.array([[0.1, 0.2], [0.3, 0.0]])], np.ones(2)) == 0.0
    rng = np.random.default_rng(8)
    for _ in range(40):
        big = rng.standard_normal((2, 30)) * 1e8
        weights = [np.vstack([big, big]), np.array([[1.0, 0.0, -1.0, 0.0], [0.0, 1.0, 0.0, -1.0]])]
        x = rng.standard_normal(30)
        f = plain_outputs(weights, x)[0]
        if f[0] == f[1]:
            assert wp.certified_radius(weights, x) == 0.0
        for radius in (1e-16, 1e-14, 1e-12):  # far below an ulp of the weights
            bound = wp.margin_bound(weights, x, radius, (0, 1))
            moved = [w + radius * rng.choice([-1.0, 1.0], w.shape) for w in weights]
            order = rng.permutation(30)  # another order of the sum
            g = plain_outputs([moved[0][:, order], moved[1]], x[order])[0]
            assert abs((g[0] - g[1]) - (f[0] - f[1])) <= bound


def test_numbers_too_large_bound_nothing_instead_of_something():
    weights = [1e200 * np.ones((3, 2)), 1e200 * np.ones((2, 3))]
    assert wp.margin_bound(weights, np.ones(2), 1e300, (0, 1)) == np.inf
    for function in (wp.certified_radius, wp.margin_bound, wp.attack):
        with pytest.raises(InvalidInput, match="weights and inputs must give finite outputs, but theirs overflow"):
            function(weights, np.ones(2), **({} if function is wp.certified_radius else {"radius": 0.1}))
    small = [1e-200 * np.ones((3, 2)), 1e-200 * np.eye(3)[:2]]  # products underflow to zero
    assert wp.certified_radius(small, np.array([1.0, 2.0]), biases=[None, [1.0, 0.0]]) > 0.1


@pytest.mark.parametrize("activation", ["sigmoid", "softplus"])
def test_smooth_activations_are_bounded_and_tight_to_first_order(activation):
    rng = np.random.default_rng(9)
    value = {"sigmoid": lambda a: 1.0 / (1.0 + np.exp(-a)), "softplus": lambda a: np.log1p(np.exp(a))}[activation]

    def outputs(weights, x):
        z = x
        for m, w in enumerate(weights):
            z = (z if m == 0 else value(z)) @ w.T
        return z[:, 0] - z[:, 1]

    for _ in range(100):
        weights, _ = random_network(rng, layers=int(rng.integers(2, 5)), biases=False)
        x, radius = rng.standard_normal((4, weights[0].shape[1])), float(10.0 ** rng.uniform(-4.0, 0.3))
        worst = wp.attack(weights, x, radius, (0, 1), activation=activation, restarts=1, steps=4).change
        for _ in range(5):
            moved = [w + radius * rng.choice([-1.0, 1.0], w.shape) for w in weights]
            worst = np.maximum(worst, np.abs(outputs(moved, x) - outputs(weights, x)))
        for method in METHODS:
            assert np.all(worst <= wp.margin_bound(weights, x, radius, (0, 1), method=method, activation=activation))
    found = wp.attack(weights, x, 1e-6, (0, 1), activation=activation).change
    bound = wp.margin_bound(weights, x, 1e-6, (0, 1), method="lines", activation=activation)
    assert found == pytest.approx(bound, rel=1e-4, abs=1e-12)


def test_each_layer_and_each_weight_may_have_a_radius_of_its_own():
    rng = np.random.default_rng(10)
    weights, _ = random_network(rng, layers=3, biases=False)
    x = rng.standard_normal((5, weights[0].shape[1]))
    only = wp.margin_bound(weights, x, [0.0, 0.1, 0.0], (0, 1))
    assert only == pytest.approx(wp.margin_bound(weights, x, 0.1, (0, 1), layers=[1]), rel=1e-12)
    arrays = [np.full(w.shape, 0.1 * on) for w, on in zip(weights, (0, 1, 0), strict=True)]
    assert wp.margin_bound(weights, x, arrays, (0, 1)) == pytest.approx(only, rel=1e-12)
    assert np.all(wp.margin_bound(weights, x, 0.1, (0, 1)) >= only)
    found = wp.attack(weights, x, arrays, (0, 1))
    assert np.array_equal(found.weights(2)[0], weights[0]) and np.array_equal(found.weights(2)[2], weights[2])
    worst = wp.margin_bound(weights, x, 0.1)  # of the predicted class, over its rivals
    f = plain_outputs(weights, x)
    for k, i in enumerate(f.argmax(axis=1)):
        each = [wp.margin_bound(weights, x[k], 0.1, (i, j)) for j in range(f.shape[1]) if j != i]
        assert worst[k] == pytest.approx(max(each), rel=1e-12)


def test_results_do_not_depend_on_the_pieces_or_the_company():
    rng = np.random.default_rng(11)
    weights, _ = random_network(rng, layers=3, biases=False)
    x = rng.standard_normal((9, weights[0].shape[1]))
    together = wp.certified_radius(weights, x)
    assert [wp.certified_radius(weights, one) for one in x] == pytest.approx(together, rel=3e-6)
    a, b = (wp.attack(weights, x, 0.1, seed=3) for _ in range(2))
    assert np.array_equal(a.margin, b.margin) and np.array_equal(np.asarray(a), a.change) and len(a) == 9
    assert "flipped" in repr(a)
    with pytest.raises(TypeError, match="no single number"):
        float(a)
