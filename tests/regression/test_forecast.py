"""Forecasts: coverage on simulated tasks, evidence, correlated theory, tables, refusals."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.datasets import load_diabetes

import spectralaw as sl
from spectralaw import cli
from spectralaw.regression import diagonal_forecast
from spectralaw.regression.correlated import Channel
from spectralaw.regression.evidence import fit_evidence
from spectralaw.regression.reading import quadratic_reading
from spectralaw.regression.resampling import kept
from spectralaw.training import lasso, nuclear
from spectralaw.training.data import draw
from spectralaw.training.sensing import Sensing


def _correlated(seed=0, d=40):
    rng = np.random.default_rng(seed)
    nu = np.arange(1.0, d + 1.0) ** -0.8
    basis = np.linalg.qr(rng.standard_normal((d, d)))[0]
    covariance = (basis * (nu * d / nu.sum())) @ basis.T
    teacher = rng.standard_normal(d) / np.arange(1.0, d + 1.0)
    return covariance, teacher / np.sqrt(teacher @ covariance @ teacher), rng


@pytest.mark.statistical
def test_theory_of_correlated_inputs_is_what_training_finds():
    covariance, teacher, rng = _correlated()
    d, n, decay = 40, 120, 1.0
    channel = Channel.of(covariance, teacher, (0.02, 1.5), rng.standard_normal((40, d)))
    at, risk = channel.curve(float(n), 0.5)
    root, risks = np.linalg.cholesky(covariance), []
    for _ in range(80):
        X = rng.standard_normal((n, d)) @ root.T
        y = X @ teacher + np.sqrt(0.5) * rng.standard_normal(n)
        error = lasso.minimise(X, y, decay * np.sqrt(d)).coefficients - teacher
        risks.append(error @ covariance @ error)
    theory, mean, spread = np.interp(np.log(decay), np.log(at), risk), np.mean(risks), np.std(risks) / np.sqrt(80)
    assert abs(theory - mean) < 3.0 * spread + 0.04 * mean  # 40 draws of the channel's noise: 0.03 measured
    at, risk = channel.curve(float(n), 0.25)
    assert (
        abs(np.interp(np.log(decay), np.log(at), risk) - mean) > 5.0 * spread + 0.04 * mean
    )  # half the noise: refused


def test_white_inputs_are_the_state_evolution():
    task = sl.Task("diagonal", 60, 90.0, 0.7, 0.5, sl.PowerLaw(1.0, "fixed"))
    rng = np.random.default_rng(0)
    channel = Channel.of(np.eye(60), task.teacher_values(), (0.02, 1.5), rng.standard_normal((400, 60)))
    at, risk = channel.curve(90.0, 0.5)
    assert np.interp(np.log(0.7), np.log(at), risk) == pytest.approx(sl.predict(task).excess_risk, rel=0.03)


def test_evidence_finds_the_noise_and_its_gradient_vanishes():
    rng = np.random.default_rng(3)
    nu = np.arange(1.0, 21.0) ** -1.0
    rows = rng.standard_normal((400, 20)) * np.sqrt(nu)
    w = rng.standard_normal(20) * nu**0.25
    found = fit_evidence(rows, rows @ w + 0.5 * rng.standard_normal(400), nu)
    assert found.noise_variance == pytest.approx(0.25, rel=0.2) and found.gradient < 1e-5
    teachers = np.array([found.draw(rng)[0] for _ in range(300)])
    z = (teachers.mean(axis=0) - w) / teachers.std(axis=0)
    assert np.mean(np.abs(z) < 1.96) >= 0.8 and np.max(np.abs(z)) < 5.0


def test_draws_that_do_not_explain_the_pilot_are_not_kept():
    rng = np.random.default_rng(0)
    predicted = np.array([[1.0], [2.0], [np.nan], [1.02]])
    taken, explained = kept(predicted, np.array([1.0]), np.array([0.02]), 40, rng)
    assert explained and set(taken) <= {0, 3}
    _, explained = kept(predicted[1:3], np.array([1.0]), np.array([0.02]), 4, rng)
    assert not explained


def test_reading_undoes_noise_and_shrinkage():
    task = sl.Task("quadratic", 60, 5000, 1.0, 0.3, sl.FiniteRank(4, 0.5))
    data, p = draw(task, 2), sl.predict(task)
    found = nuclear.minimise(Sensing(data.inputs), data.labels, 60.0)
    freedom = 5000 * (1.0 - np.sqrt(p.training_loss / (p.excess_risk + 0.3)))
    read = quadratic_reading(found, p.excess_risk + 0.3, freedom, 5000, 1.0, np.eye(60))
    assert read.effective_noise == pytest.approx(p.effective_noise, rel=1e-6)
    assert read.threshold == pytest.approx(p.threshold, rel=1e-6)
    truth = task.teacher_values()[:4]
    np.testing.assert_allclose([f.truth for f in read.features], truth, rtol=0.12)
    _, vectors = np.linalg.eigh(data.target)
    for feature, true in zip(read.features, vectors[:, ::-1].T, strict=False):
        assert feature.overlap == pytest.approx(float(feature.direction @ true) ** 2, abs=0.1)


@pytest.mark.statistical
@pytest.mark.slow
def test_forecast_of_the_quadratic_network_covers_the_truth():
    rng = np.random.default_rng(5)
    inside, narrow = [], []
    for seed in range(8):
        d = int(rng.integers(15, 25))
        n = max(int(10 ** rng.uniform(-0.3, 0.3) * d * d), 2 * d)
        noise = float(rng.choice([0.1, 0.5, 1.0]))
        task = sl.Task("quadratic", d, 8.0 * n, 1.0, noise, sl.PowerLaw(float(rng.uniform(0.7, 1.7))))
        data = draw(task.replace(samples=n), seed)
        made = sl.forecast(data.inputs, data.labels, [n, 8 * n], draws=12, seed=seed)
        for k, size in enumerate(made.samples):
            truth = sl.predict(task.replace(samples=size, weight_decay=made.weight_decay[k])).excess_risk + noise
            inside.append(made.low[k] <= truth <= made.high[k])
            quarter = np.log(made.high[k] / made.low[k]) / 8.0
            narrow.append(abs(np.log(truth / made.error[k])) <= quarter)
    assert np.mean(inside) >= 0.8  # 0.93 on 50 tasks
    assert np.mean(narrow) < 0.75  # false data: intervals of a quarter of the width


def _table(tmp_path, rows=200):
    data = load_diabetes()
    lines = [",".join([*data.feature_names, "note", "progression"])]
    for k, (row, value) in enumerate(zip(data.data[:rows], data.target[:rows], strict=True)):
        lines.append(",".join([*map(repr, map(float, row)), "fine", "" if k == 3 else repr(float(value))]))
    path = tmp_path / "diabetes.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_one_command_from_a_table(tmp_path, capsys, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.setattr(diagonal_forecast, "_TRIED", 1)
    monkeypatch.setattr(diagonal_forecast, "_Z", 1)
    path = _table(tmp_path)
    arguments = ["forecast", str(path), "--target", "progression", "--samples", "200,2000"]
    assert cli.run([*arguments, "--figure", str(tmp_path / "f.png"), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["rows"] == 199 and report["dropped_rows"] == 1 and report["ignored"] == {"note": "no numbers"}
    assert {"value", "standard_error", "method", "alo", "gcv", "degrees_of_freedom", "status"} <= set(
        report["risk_estimate"]
    )
    assert report["forecast"]["samples"] == [200, 2000] and (tmp_path / "f.png").stat().st_size > 5_000
    assert report["forecast"]["error"][1] < report["forecast"]["error"][0] < report["forecast"]["target_variance"]
    assert cli.run(arguments) == 0
    text = capsys.readouterr().out
    assert "left out: note (no numbers)" in text and "1 rows with a missing value" in text and "bmi" in text


@pytest.mark.parametrize(
    ("text", "target", "sentence"),
    [
        ("a,b\n1,2\n", "c", "target must be one of the columns a, b, not 'c'"),
        ("a,a\n1,2\n", "a", "two columns named 'a'"),
        ("a,b\n1,2,3\n", "b", "3 values in data row 1, for 2 columns"),
        ("a,b\nx,2\ny,3\n", "b", "no column of numbers besides the target"),
        ("a,b\n1,\n2,\n", "b", "no row without a missing value"),
        ("a,b\n", "b", "must have a header and at least one row"),
        ("a,b\n" + "\n".join(f"{k},1" for k in range(30)), "b", "y must vary, but all 30 targets are 1"),
        ("a,b\n" + "\n".join(f"{k},{k}" for k in range(9)), "b", "must have at least 16 rows"),
    ],
)
def test_bad_tables(tmp_path, capsys, text, target, sentence):
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    assert cli.run(["forecast", str(path), "--target", target]) == 2
    printed = capsys.readouterr()
    assert sentence in printed.err and not printed.out


def test_bad_arguments():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((40, 3)), rng.standard_normal(40)
    for change, sentence in (
        ({"network": "deep"}, "network must be 'quadratic' or 'diagonal', not 'deep'"),
        ({"samples": [1]}, "samples must be 2 or greater"),
        ({"samples": []}, "at least one number of rows"),
        ({"draws": 0}, "draws must be"),
        ({"unlabelled": X[:, :2]}, "unlabelled must have 3 columns"),
    ):
        with pytest.raises(sl.InvalidInput, match=sentence):
            sl.forecast(X, y, **{"samples": [40], **change})
    with pytest.raises(sl.InvalidInput, match="row 3, column 1 is nan"):
        X[3, 1] = np.nan
        sl.forecast(X, y)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"draws": 1}, "draws must be 2 or greater, not 1"),
        ({"draws": 0, "check": True}, "draws must be 2 or greater, not 0"),
        ({"seed": -1}, "seed must be 0 or greater, not -1"),
        ({"seed": "a"}, "seed must be a number, not 'a'"),
        ({"samples": "123"}, "samples must be a list of numbers of rows, not '123'"),
        ({"samples": 100}, "samples must be a list of numbers of rows, not 100"),
        ({"samples": [1]}, "samples must be 2 or greater, not 1"),
        ({"network": "deep"}, "network must be 'quadratic' or 'diagonal', not 'deep'"),
    ],
)
def test_arguments_of_a_forecast_are_checked_before_anything_is_computed(change, sentence):
    X = np.random.default_rng(0).standard_normal((40, 3))
    with pytest.raises(sl.InvalidInput, match=f"^{sentence}$"):
        sl.forecast(X, X[:, 0], **change)


def test_masked_entries_are_missing_and_no_numbers():
    X = np.random.default_rng(0).standard_normal((40, 3))
    masked = np.ma.masked_greater(X, 1.0)
    with pytest.raises(sl.InvalidInput, match="X must have no missing value, but some of its entries are masked"):
        sl.forecast(masked, X[:, 0])
    with pytest.raises(sl.InvalidInput, match="y must have no missing value, but some of its entries are masked"):
        sl.DiagonalRegressor(1.0).fit(X, masked[:, 0])
    x = np.geomspace(1.0, 1e3, 12)
    with pytest.raises(sl.InvalidInput, match="y must be a list of numbers, but some of its entries are masked"):
        sl.fit_scaling_law(x, np.ma.masked_less(x**-0.5, 0.1))


def test_teachers_without_a_solution_are_said_and_none_at_all_is_no_forecast(monkeypatch):
    X = np.random.default_rng(0).standard_normal((60, 4))
    y = X[:, 0] + 0.3 * np.random.default_rng(1).standard_normal(60)
    true = diagonal_forecast.curves

    def lost(share):
        def curves(*arguments):
            found = true(*arguments)
            found.error[: int(share * found.sizes["draw"])] = np.nan
            return found

        return curves

    monkeypatch.setattr(diagonal_forecast, "curves", lost(0.25))
    made = sl.forecast(X, y, [120], "diagonal", draws=8)
    assert made.status == "caution" and any("for 2 of 8 teachers" in note for note in made.notes)
    assert np.isfinite([*made.low, *made.high, *made.error]).all()
    monkeypatch.setattr(diagonal_forecast, "curves", lost(1.0))
    with pytest.raises(sl.ConvergenceFailure, match="no solution for any teacher"):
        sl.forecast(X, y, [120], "diagonal", draws=8)


def test_cells_are_read_as_everywhere(tmp_path, capsys):
    from spectralaw.regression.report import read_table

    path = tmp_path / "t.csv"
    path.write_text("a,b,y\n" + "".join(f"{k},{'1_0' if k == 3 else k},{k % 5}\n" for k in range(20)), encoding="utf-8")
    columns, _, _, ignored, _ = read_table(path, "y")
    assert columns == ["a"] and ignored == {"b": "no numbers"}
    path.write_text("a,y\n" + "".join(f"{'None' if k == 3 else k},{k}\n" for k in range(20)), encoding="utf-8")
    assert read_table(path, "y")[4] == 1
