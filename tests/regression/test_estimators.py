"""Estimators: scikit-learn's conventions, exact training, error without a test set, reading, bad input."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import spectralaw as sl
from spectralaw.training.data import draw

KINDS = [sl.QuadraticRegressor, sl.DiagonalRegressor]


@pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning", "ignore::sklearn.exceptions.SkipTestWarning"
)
@parametrize_with_checks([sl.QuadraticRegressor(), sl.DiagonalRegressor()])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(X))
    return X[order], 2.0 * (y[order] % 2) - 1.0


def test_a_fixed_weight_decay_trains_as_train_does():
    task = sl.Task("diagonal", 20, 60, 0.8, 0.5)
    data, trained = draw(task, 4), sl.train(task, 4)
    rows = np.concatenate([data.inputs, -data.inputs])  # mean zero: the estimator centres
    scale = rows.std(axis=0)
    labels = np.concatenate([data.labels, -data.labels])
    found = sl.DiagonalRegressor(0.8).fit(rows / scale, labels)
    direct = sl.DiagonalRegressor(0.8, tolerance=1e-10).fit(rows, labels)
    np.testing.assert_allclose(found.predict(rows / scale), direct.predict(rows), atol=1e-4)
    assert found.gap_ <= 1e-6 and trained.status == "converged"


def test_the_quadratic_network_recovers_a_teacher():
    rng = np.random.default_rng(1)
    direction = rng.standard_normal(8)
    mixing = rng.standard_normal((8, 8))
    X = rng.standard_normal((1500, 8)) @ mixing
    seen = X @ direction / np.std(X @ direction)
    y = 3.0 + 2.0 * (seen**2 - 1.0) + 0.3 * rng.standard_normal(1500)
    one = sl.QuadraticRegressor().fit(X, y)
    assert one.risk_estimate_.value == pytest.approx(0.09, rel=0.15)
    feature = one.reading_.features[0]
    assert one.reading_.keep == 1 and feature.overlap > 0.95
    learned = (X - X.mean(axis=0)) @ feature.direction
    assert abs(np.corrcoef(learned, seen)[0, 1]) > 0.99  # in the user's columns
    centred = X - X.mean(axis=0)
    by_hand = np.einsum("ij,jk,ik->i", centred, one.weights_, centred) - np.trace(one.weights_ @ np.cov(X.T, bias=True))
    np.testing.assert_allclose(one.predict(X), by_hand / np.sqrt(8) + one.intercept_, atol=1e-8)


@pytest.mark.statistical
def test_error_on_digits_without_a_test_set(digits):
    X, y = digits
    ratios = []
    for split in range(4):
        order = np.random.default_rng(split).permutation(len(X))
        train, test = order[:1200], order[1200:]
        one = sl.QuadraticRegressor(path_points=8).fit(X[train], y[train])
        held = [
            np.mean((one._evaluate(p.parameters, one._inputs(X[test])) + one.intercept_ - y[test]) ** 2)
            for p in one.path_
        ]
        ratios.append([p.risk.alo / h for p, h in zip(one.path_, held, strict=True)])
        losses = [p.training_loss / h for p, h in zip(one.path_, held, strict=True)]
    assert np.all(np.abs(np.mean(ratios, axis=0) - 1.0) < 0.15)  # at every weight decay of the path
    assert losses[-1] < 0.4  # the training loss would be refused


@pytest.mark.parametrize("kind", KINDS)
def test_works_where_scikit_learn_estimators_work(kind, digits):
    pandas = pytest.importorskip("pandas")
    X, y = digits
    frame = pandas.DataFrame(X[:300, 18:30], columns=[f"pixel {k}" for k in range(12)])
    search = GridSearchCV(kind(), {"weight_decay": [0.5, 5.0], "transform": [None, "rank"]}, cv=2).fit(frame, y[:300])
    assert search.best_params_["weight_decay"] in (0.5, 5.0)
    pipe = make_pipeline(StandardScaler(), kind()).fit(frame, y[:300])
    assert pipe.predict(frame).shape == (300,)
    assert list(kind().fit(frame, y[:300]).feature_names_in_) == list(frame.columns)
    again = pickle.loads(pickle.dumps(pipe))
    np.testing.assert_array_equal(again.predict(frame), pipe.predict(frame))


@pytest.mark.parametrize("kind", KINDS)
def test_two_classes(kind, digits):
    X, y = digits
    names = np.where(y > 0, "odd", "even")
    one = kind().fit(X[:400], names[:400])
    np.testing.assert_allclose(one.predict(X[:400]), kind().fit(X[:400], y[:400]).predict(X[:400]), atol=1e-8)
    assert (
        set(one.predict_class(X[:50])) <= {"odd", "even"} and np.mean(one.predict_class(X[400:]) == names[400:]) > 0.75
    )
    assert one.score(X[400:], names[400:]) > 0.2
    with pytest.raises(sl.InvalidInput, match="y must hold the classes even, odd, not seven"):
        one.score(X[:2], ["odd", "seven"])
    with pytest.raises(sl.InvalidInput, match="predict_class needs targets of two classes"):
        kind().fit(X[:100], y[:100]).predict_class(X[:2])


def test_heavy_tails_are_warned_of():
    X, y = load_breast_cancer(return_X_y=True)
    one = sl.QuadraticRegressor().fit(X, 2.0 * y - 1.0)
    assert one.risk_estimate_.status == "unreliable" and "transform='rank'" in one.risk_estimate_.reason
    assert one.cut_["heavy"] > 0
    assert sl.DiagonalRegressor().fit(X, 2.0 * y - 1.0).risk_estimate_.status == "ok"  # it does not square its inputs


@pytest.mark.parametrize("kind", KINDS)
def test_constant_and_repeated_columns(kind, digits):
    X, y = digits
    table = np.column_stack([X[:300, 18:28], np.full(300, 7.0), X[:300, 20]])
    one = kind(1.0).fit(table, y[:300])
    assert one.cut_["constant"] >= 1 and np.all(np.isfinite(one.predict(table)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"weight_decay": 0.0}, "weight_decay must be 'auto' or a number greater than 0, not 0.0"),
        ({"weight_decay": "best"}, "weight_decay must be 'auto'"),
        ({"weight_decay": True}, "weight_decay must be 'auto'"),
        ({"transform": "log"}, "transform must be None or 'rank', not 'log'"),
        ({"path_points": 1}, "path_points must be a whole number of 2 or greater"),
        ({"tolerance": 2.0}, "tolerance must be a number between 0 and 1"),
        ({"max_iterations": 1.5}, "max_iterations must be a whole number of 1 or greater"),
    ],
)
def test_bad_parameters(kind, change, sentence):
    with pytest.raises(sl.InvalidInput, match=sentence):
        kind(**change).fit(np.random.default_rng(0).standard_normal((30, 3)), np.arange(30.0))


@pytest.mark.parametrize("kind", KINDS)
def test_bad_tables(kind):
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((30, 3)), rng.standard_normal(30)
    with pytest.raises(sl.InvalidInput, match="y must vary, but all 30 targets are 2"):
        kind().fit(X, np.full(30, 2.0))
    with pytest.raises(sl.InvalidInput, match="two classes, not 3 different values"):
        kind().fit(X, ["a", "b", "c"] * 10)
    with pytest.raises(sl.InvalidInput, match="X must vary"):
        kind().fit(np.ones((30, 3)), y)
    with pytest.raises(ValueError, match="NaN"):
        kind().fit(np.where(X > 2.0, np.nan, X) + np.nan, y)
    with pytest.raises(ValueError, match="minimum of 2"):
        kind().fit(X[:1], y[:1])


def test_fewer_rows_than_columns():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((20, 30)), rng.standard_normal(20)
    with pytest.raises(sl.InvalidInput, match="X has 20 rows for 30 columns, too few to whiten"):
        sl.QuadraticRegressor().fit(X, y)
    assert sl.DiagonalRegressor().fit(X, y).predict(X).shape == (20,)


def test_pictures(digits, tmp_path):
    pytest.importorskip("matplotlib")
    X, y = digits
    one = sl.QuadraticRegressor(path_points=4).fit(X[:600], y[:600])
    for name, figure in (("path", one.plot_path(X[600:], y[600:])), ("spectrum", one.plot_spectrum())):
        figure.savefig(tmp_path / f"{name}.png")
        assert (tmp_path / f"{name}.png").stat().st_size > 5_000
