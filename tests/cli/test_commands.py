"""The command line: strict JSON, exit status, one sentence for bad input."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import spectralaw as sl
from tests.cli.running import run as _run
from tests.cli.running import strict as _strict

TASK = "--network quadratic --dimension 30 --samples 300 --weight-decay 1 --noise-variance 0.5".split()
DIAGONAL = "--network diagonal --dimension 30 --samples 300 --weight-decay 1 --noise-variance 0.5".split()


@pytest.mark.parametrize("task", [TASK, DIAGONAL])
def test_predict(capsys, task):
    status, out, err = _run(capsys, "predict", *task, "--json")
    answer = _strict(out)
    assert status == 0 and err == "" and out.count("\n") == 1
    keys = "excess_risk training_loss effective_noise threshold zero_mass outliers exponents bayes_risk status residual"
    assert set(keys.split()) <= set(answer)
    assert answer["excess_risk"] == sl.predict(sl.Task.from_dict(answer["task"])).excess_risk
    status, out, _ = _run(capsys, "predict", *task)
    assert status == 0 and f"{answer['excess_risk']:.6g}" in out and "converged" in out


@pytest.mark.parametrize("task", [TASK, DIAGONAL])
def test_train(capsys, tmp_path, task):
    status, out, err = _run(capsys, "train", *task, "--seed", "3", "--json", "--save", str(tmp_path / "w.npz"))
    answer = _strict(out)
    assert status == 0 and err == ""
    keys = "excess_risk training_loss zero_mass certificate status seconds iterations seed method"
    assert set(keys.split()) <= set(answer)
    trained = sl.train(sl.Task.from_dict(answer["task"]), 3)
    assert answer["excess_risk"] == pytest.approx(trained.excess_risk, rel=1e-12)
    np.testing.assert_allclose(np.load(tmp_path / "w.npz")["spectrum"], trained.spectrum, atol=1e-12)
    assert "excess risk" in _run(capsys, "train", *task, "--method", "network")[1]


def test_compare(capsys):
    sizes = ["--dimensions", "60"]
    status, out, _ = _run(capsys, "compare", *DIAGONAL, "--seeds", "3", *sizes, "--json")
    answer = _strict(out)
    keys = {"theory", "mean", "standard_error", "z", "deviation", "allowance", "outcome", "reason"}
    assert status == 0 and set(answer["excess_risk"]) >= keys and answer["dimensions"] == [30, 60]
    assert {"outcome", "z", "deviation", "allowance", "reason"} <= set(answer)
    assert answer["outcome"] in ("agree", "not judged")
    status, out, _ = _run(capsys, "compare", *DIAGONAL, "--seeds", "3", *sizes)
    assert status == 0 and "training loss" in out and "d = 30, 60" in out


def test_compare_exits_with_one_when_theory_and_training_disagree(capsys, monkeypatch):
    import dataclasses

    from spectralaw.comparison import comparison as module

    def wrong(task):
        right = sl.predict(task)
        return dataclasses.replace(right, excess_risk=4.0 * right.excess_risk)

    monkeypatch.setattr(module, "predict", wrong)
    status, out, _ = _run(capsys, "compare", *DIAGONAL, "--seeds", "6", "--dimensions", "60", "--json")
    assert status == 1 and _strict(out)["outcome"] == "disagree" and "excess risk" in _strict(out)["reason"]


def test_teachers_from_options(capsys, tmp_path):
    values = tmp_path / "values.txt"
    values.write_text("3.0\n2.0\n\n1e0\n")
    np.save(tmp_path / "values.npy", np.array([3.0, 2.0, 1.0]))
    answers = [
        _strict(_run(capsys, "predict", *TASK, "--spectrum", str(path), "--json")[1])
        for path in (values, tmp_path / "values.npy")
    ]
    assert answers[0] == answers[1] and answers[0]["task"]["teacher"]["spectrum"] == [3.0, 2.0, 1.0]
    rank = _strict(_run(capsys, "predict", *TASK, "--rank", "4", "--json")[1])
    assert rank["task"]["teacher"] == {"kind": "FiniteRank", "rank": 4, "gamma": 0.0, "coefficients": "gaussian"}


def test_json_leaves_out_what_is_not_finite(capsys):
    status, out, err = _run(
        capsys, "compare", *TASK, "--seeds", "2", "--dimensions", "30", "--max-iterations", "1", "--json"
    )
    answer = _strict(out)
    assert status == 1 and answer["status"] == "not_converged" and "mean" not in answer["excess_risk"]
    assert "did not converge" in err


def test_not_converged_exits_with_one(capsys):
    status, out, err = _run(capsys, "train", *TASK, "--max-iterations", "1", "--json")
    assert status == 1 and _strict(out)["status"] == "not_converged" and err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["predict", *TASK, "--gamma", "0.5"], "gamma must be greater than 1/2"),
        (["predict", *TASK, "--gamma", "nan"], "gamma must be a finite number"),
        (["predict", *TASK, "--noise-variance", "-1"], "noise_variance must be 0 or greater, not -1"),
        (["predict", *TASK, "--samples", "inf"], "samples must be a finite number"),
        (["predict", *TASK, "--samples", "0"], "samples must be 1 or greater, not 0"),
        (["predict", *TASK, "--dimension", "1.5"], "dimension must be a whole number"),
        (["predict", *TASK, "--samples", "few"], "few"),
        (["predict", *TASK, "--wdith", "3"], "--wdith"),
        (["predict", *TASK, "--width", "0"], "width must be 1 or greater"),
        (["predict", *TASK, "--spectrum", "missing.txt"], "missing.txt"),
        (["predict", *TASK, "--rank", "3", "--spectrum", "x"], "spectrum cannot be given together"),
        (["predict", "--network", "diagonal"], "--dimension"),
        (["train", *TASK, "--weight-decay", "0"], "weight_decay must be greater than 0"),
        (["train", *TASK, "--method", "sgd"], "method must be one of"),
        (["train", *TASK, "--width", "3"], "width must be at least the dimension"),
        (["train", *TASK, "--dimension", "1e5", "--samples", "1e8"], "bytes"),
        (["compare", *TASK, "--seeds", "1"], "seeds must be at least 2"),
        (["cite", "alchemy"], "topic must be one of"),
        (["foo"], "foo"),
    ],
)
def test_bad_input_is_one_sentence_and_status_two(capsys, arguments, sentence):
    status, out, err = _run(capsys, *arguments)
    assert status == 2 and out == "" and sentence in err
    assert err.startswith("spectralaw: ") and err.count("\n") == 1


def test_hostile_spectrum_files(capsys, tmp_path):
    for name, content in {"a.npy": b"\x93NUMPY", "b.txt": b"1.0 two", "c.txt": b"\xff\xfe\x00", "d.npy": b""}.items():
        (tmp_path / name).write_bytes(content)
        status, _, err = _run(capsys, "predict", *TASK, "--spectrum", str(tmp_path / name))
        assert status == 2 and name in err and err.count("\n") == 1


def test_help_and_version(capsys):
    for arguments in ((), ("--help",), ("predict", "--help")):
        status, out, _ = _run(capsys, *arguments)
        assert status == 0 and "Usage" in out
    assert _run(capsys, "--version")[1] == f"spectralaw {sl.__version__}\n"
    assert "2509.24882" in _run(capsys, "cite")[1]


def test_the_installed_command():
    run = subprocess.run(
        [sys.executable, "-m", "spectralaw", "predict", *TASK, "--json"], capture_output=True, text=True
    )
    assert run.returncode == 0 and _strict(run.stdout)["status"] == "converged"
