"""Weight perturbations: the robust loss and its gradient, training, rounding, and accuracy curves."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest

from spectralaw.errors import InvalidInput
from spectralaw.systems import weight_perturbation as wp
from spectralaw.systems.weight_perturbation.quantisation import quantised


def blobs(n=240, seed=0):
    """Three classes in eight dimensions, not quite apart."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 3
    return rng.standard_normal((n, 8)) + 3.5 * np.eye(8)[y], y


@pytest.fixture(scope="module")
def trained():
    x, y = blobs()
    plain = wp.train_classifier(wp.RobustTraining((12, 8), epochs=25, batch=40), x, y)
    robust = wp.train_classifier(
        wp.RobustTraining((12, 8), epochs=25, batch=40, radius=0.02, degradation_weight=1.0), x, y
    )
    return plain, robust


CASES = {
    "relu": dict(radius=0.1, degradation_weight=0.7, norm_weight=0.01),
    "relative": dict(radius=0.05, relative=True),
    "sigmoid": dict(radius=0.1, activation="sigmoid", norm_weight=0.1),
    "softplus, own radii": dict(radius=[0.1, 0.02, 0.0], activation="softplus"),
    "one layer": dict(radius=0.1, depth=1),
    "two layers, last": dict(radius=0.1, depth=2, layers=[-1]),
    "no degradation": dict(radius=0.1, degradation_weight=0.0),
    "convolution": dict(radius=0.03, kernel=True, norm_weight=0.1),
}


@pytest.mark.parametrize("name", CASES)
def test_the_gradient_is_that_of_finite_differences(name):
    how = dict(CASES[name])
    depth, kernel = how.pop("depth", 3), how.pop("kernel", False)
    rng = np.random.default_rng(0)
    if kernel:
        weights = [rng.standard_normal((3, 2, 3)), rng.standard_normal((2, 3, 2)), rng.standard_normal((3, 10))]
        x = rng.standard_normal((4, 2, 8))
    else:
        weights = [rng.standard_normal(s) for s in ((6, 4), (5, 6), (3, 5))][:depth]
        x = rng.standard_normal((7, 4))
    biases = [rng.standard_normal(len(w)) for w in weights]
    y = rng.integers(0, len(weights[-1]), len(x))
    loss = wp.robust_loss(weights, x, y, biases=biases, **how)
    step = 1e-6
    for array, gradient in zip([*weights, *biases], [*loss.gradient, *loss.bias_gradient], strict=True):
        assert gradient.shape == array.shape
        for at in rng.integers(0, array.size, 8):
            old = array.flat[at]
            ends = []
            for value in (old + step, old - step):
                array.flat[at] = value
                ends.append(wp.robust_loss(weights, x, y, biases=biases, **how).value)
            array.flat[at] = old
            assert (ends[0] - ends[1]) / (2 * step) == pytest.approx(gradient.flat[at], abs=2e-7)  # measured 4e-9


def test_the_parts_of_the_loss_are_what_they_are_called():
    rng = np.random.default_rng(1)
    weights, x = [rng.standard_normal((6, 4)), rng.standard_normal((3, 6))], rng.standard_normal((9, 4))
    y = rng.integers(0, 3, 9)
    loss = wp.robust_loss(weights, x, y, 0.05, degradation_weight=2.0, norm_weight=0.1)
    f = np.maximum(x @ weights[0].T, 0.0) @ weights[1].T
    chances = np.exp(f) / np.exp(f).sum(axis=1, keepdims=True)
    assert loss.cross_entropy == pytest.approx(-np.mean(np.log(chances[np.arange(9), y])), rel=1e-12)
    falls = [[wp.attack(weights, x[k], 0.05, (y[k], j)).change[0] for j in {0, 1, 2} - {y[k]}] for k in range(9)]
    assert loss.degradation == pytest.approx(np.mean(np.max(falls, axis=1)), rel=1e-9)  # two layers: attained
    sizes = [np.abs(w) for w in weights]
    assert loss.norms == pytest.approx(sum(s.sum(0).max() + s.sum(1).max() for s in sizes), rel=1e-12)
    assert loss.value == pytest.approx(loss.cross_entropy + 2.0 * loss.degradation + 0.1 * loss.norms, rel=1e-12)


def test_training_for_it_certifies_more(trained):
    plain, robust = trained
    x, y = blobs(seed=1)
    assert plain.losses[-1] < 0.6 * plain.losses[0] and min(plain.accuracy(x, y), robust.accuracy(x, y)) > 0.8
    ends = [np.median(wp.certified_radius(one.network, x, relative=True, falls_only=True)) for one in trained]
    assert ends[1] > 1.3 * ends[0]  # measured 1.48
    again = wp.train_classifier(robust.setting, *blobs())
    assert all(np.array_equal(a, b) for a, b in zip(again.network.weights, robust.network.weights, strict=True))


def test_rounding_is_to_the_nearest_level_and_within_its_radius():
    rng = np.random.default_rng(2)
    w = rng.standard_normal((5, 7)) * np.array([[1.0], [0.1], [3.0], [0.0], [1.0]])
    for bits in (2, 4, 8):
        levels = 2 ** (bits - 1) - 1
        whole = quantised(w, bits, "per tensor")
        assert len(np.unique(whole)) <= 2 * levels + 1
        assert np.abs(whole - w).max() <= 0.5 * np.abs(w).max() / levels * (1.0 + 1e-12)
        rows = quantised(w, bits, "per channel")
        assert np.all(np.abs(rows - w).max(axis=1) <= 0.5 * np.abs(w).max(axis=1) / levels * (1.0 + 1e-12))
        assert np.abs(rows).max(axis=1) == pytest.approx(np.abs(w).max(axis=1)) and np.all(rows[3] == 0.0)


def test_the_report_counts_each_prediction_once_and_is_true(trained):
    x, y = blobs(seed=2)
    network = trained[0].network
    report = wp.quantisation_report(network, x, bits=(8, 5, 3), labels=y)
    assert [(r.bits, r.scheme) for r in report.rows] == [
        (b, s) for b in (8, 5, 3) for s in ("per tensor", "per channel")
    ]
    f = network.outputs(x)
    for r in report.rows:
        assert r.certified_any <= r.certified <= 240 - r.attacked and r.attacked <= r.attacked_any
        assert r.certified_any <= 240 - r.attacked_any and r.changed <= r.attacked
        rounded = [quantised(w, r.bits, r.scheme) for w in network.weights]
        g = wp.Network(tuple(rounded), network.biases).outputs(x)
        assert r.changed == np.sum(f.argmax(axis=1) != g.argmax(axis=1))
        assert r.accuracy == pytest.approx(np.mean(g.argmax(axis=1) == y))
        own = [np.abs(new - old) for new, old in zip(rounded, network.weights, strict=True)]
        best = f.argmax(axis=1)
        sure = [
            all(
                wp.margin_bound(network, x[k], own, (best[k], j)) < f[k, best[k]] - f[k, j]
                for j in range(3)
                if j != best[k]
            )
            for k in range(60)
        ]
        small = wp.quantisation_report(network, x[:60], bits=r.bits).row(r.bits, r.scheme)
        assert sum(sure) <= small.certified <= 60 - small.attacked  # changes both ways are more than falls
    assert report.row(8).certified > report.row(5).certified > report.row(3).certified
    plain = json.loads(json.dumps(report.to_dict()))
    assert plain["rows"][0]["certified"] == report.rows[0].certified and plain["accuracy"] == report.accuracy
    assert "accuracy" not in wp.quantisation_report(network, x[:5], bits=8).to_dict()["rows"][0]
    assert pickle.loads(pickle.dumps(report)) == report


def test_the_report_says_where_the_bounds_say_nothing(trained):
    x, _ = blobs(seed=3)
    report = wp.quantisation_report(trained[0].network, x[:40], bits=(8, 2))
    assert report.row(2).vacuous and not report.row(8).vacuous
    text = repr(report)
    assert "vacuous, nothing is certified: 2 bits per tensor, 2 bits per channel" in text and "rounding changes" in text
    assert "<table>" in report._repr_html_() and "vacuous" in report._repr_html_()
    tie = wp.quantisation_report([np.ones((2, 3))], np.ones((4, 3)), bits=4)
    assert tie.ties == 4 and tie.row(4).certified == tie.row(4).attacked_any == 0 and "4 of them ties" in repr(tie)
    for call, sentence in (
        (lambda: report.row(7), "no row of 7 bits"),
        (lambda: wp.quantisation_report(trained[0].network, x, bits=1), "each of bits must be 2 or greater, not 1"),
        (lambda: wp.quantisation_report(trained[0].network, x, bits=(4, 4)), "bits must be different whole numbers"),
        (lambda: wp.quantisation_report(trained[0].network, x, bits=[]), "bits must be different whole numbers"),
        (lambda: wp.quantisation_report(trained[0].network, x, labels=[0]), "labels must be one for each of 240"),
        (lambda: wp.quantisation_report(trained[0].network, x[:1], labels=[3]), "must be from 0 to 2, not 3"),
    ):
        with pytest.raises(InvalidInput, match=sentence):
            call()


def test_a_report_that_rounds_nothing_certifies_all():
    """Weights that are levels already: no rounding error, nothing that may change."""
    w = [np.array([[1.0, -1.0], [0.0, 1.0], [1.0, 1.0]])]
    report = wp.quantisation_report(w, np.array([[0.3, 0.8], [0.9, -0.2]]), bits=2)
    assert all(r.largest_error == 0.0 and r.certified == r.certified_any == 2 for r in report.rows)


def test_curves_hold_each_other(trained):
    x, y = blobs(seed=4)
    for one in trained:
        data = wp.accuracy_curve(one.network, x, y, [0.0, 0.001, 0.01, 0.05, 0.3], relative=True)
        assert np.all(data.certified <= data.attacked) and np.all(data.attacked <= data.clean)
        assert np.all(np.diff(data.certified) <= 0.0) and np.all(np.diff(data.attacked) <= 0.0)
        assert data.certified[0] == data.clean == one.accuracy(x, y) and data.certified[-1] == 0.0
    for radii in ([0.1, 0.1], [-0.1, 0.1], [0.2, 0.1]):
        with pytest.raises(InvalidInput, match="radii must be 0 or greater and ascending"):
            wp.accuracy_curve(trained[0].network, x, y, radii)


def test_settings_and_labels_are_checked():
    x, y = blobs(30)
    for call, sentence in (
        (lambda: wp.RobustTraining(widths=(0,)), "each of widths must be 1 or greater, not 0"),
        (lambda: wp.RobustTraining(radius=-1.0), "radius must be 0 or greater, not -1"),
        (lambda: wp.RobustTraining(learning_rate=0.0), "learning_rate must be positive, not 0"),
        (lambda: wp.RobustTraining(activation="tanh"), "activation must be one of"),
        (lambda: wp.train_classifier(3, x, y), "setting must be a RobustTraining, not 3"),
        (lambda: wp.train_classifier(wp.RobustTraining(), x, y[:-1]), "labels must be one for each of 30 inputs"),
        (lambda: wp.train_classifier(wp.RobustTraining(), x, 2 * y), "without a gap"),
        (lambda: wp.train_classifier(wp.RobustTraining(), x, 0 * y), "two classes or more"),
        (lambda: wp.robust_loss([np.eye(8)], x, y + 0.5, 0.1), "each of labels must be a whole number, not 0.5"),
        (lambda: wp.robust_loss([np.eye(8)], x, y - 1, 0.1), "each of labels must be 0 or greater, not -1"),
        (lambda: wp.robust_loss([np.eye(8)], x, y, [0.1], relative=True), "radius must be one number where it is rel"),
        (lambda: wp.robust_loss([np.eye(8)], x, y, 0.1, degradation_weight=np.nan), "degradation_weight must be a fin"),
    ):
        with pytest.raises(InvalidInput, match=sentence):
            call()
