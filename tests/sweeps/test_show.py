"""``sweep show``: means over seeds, and over nothing else."""

from __future__ import annotations

import json

import numpy as np
import pytest

import spectralaw as sl
from spectralaw import cli
from spectralaw.sweeps.jobs import Job
from spectralaw.sweeps.store import Store
from spectralaw.sweeps.summary import _digits
from spectralaw.sweeps.work import Outcome


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Rows whose risk says which they are: n + 1000 λ + 10 γ + seed, and half of it in theory."""
    path = tmp_path_factory.mktemp("show") / "s.sqlite"
    jobs, risks = [], []
    for n in (20, 40):
        for decay in (0.1, 1.0):
            for gamma in (0.8, 1.5):
                task = sl.Task("diagonal", 10, n, decay, 0.5, sl.PowerLaw(gamma)).to_dict()
                for seed in (None, 0, 1, 2):
                    jobs.append(Job(task, seed, "theory" if seed is None else "convex", {}))
                    risks.append((n + 1000 * decay + 10 * gamma) * (0.5 if seed is None else 1.0) + (seed or 0))
    with Store(path, write=True) as rows:
        rows.add((job.key, job) for job in jobs)
        for k, risk in enumerate(risks[:-1], start=1):
            rows.finish(k, Outcome({"excess_risk": risk, "status": "converged"}, None, None, 0.1, ""), "0")
    return str(path)


def shown(capsys, *arguments):
    assert cli.run(["sweep", "show", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_different_tasks_are_never_averaged(store, capsys):
    found = shown(capsys, store, "--x", "samples", "--y", "excess_risk")
    assert len(found["rows"]) == 16 and found["without_result"] == 1
    for row in found["rows"]:
        truth = row["samples"] + 1000 * row["weight_decay"] + 10 * row["gamma"]
        if row["method"] == "theory":
            assert row["mean"] == 0.5 * truth and row["rows"] == 1 and "standard_error" not in row
        elif row["rows"] == 3:
            assert row["mean"] == truth + 1.0 and row["standard_error"] == pytest.approx(1.0 / np.sqrt(3.0))
        else:
            assert row["rows"] == 2 and row["mean"] == truth + 0.5  # the pending one is not a number


def test_where_and_by(store, capsys):
    found = shown(capsys, store, "--where", "weight_decay=0.1", "--where", "gamma=1.5", "--where", "method=convex")
    assert [(row["samples"], row["mean"]) for row in found["rows"]] == [(20, 136.0), (40, 156.0)]
    found = shown(capsys, store, "--x", "gamma", "--by", "weight_decay,samples", "--where", "method=theory")
    assert len(found["rows"]) == 8 and found["by"] == ["weight_decay", "samples"]
    found = shown(capsys, store, "--by", "seed", "--where", "method=convex")
    assert all(row["rows"] == 1 and "standard_error" not in row for row in found["rows"]) and len(found["rows"]) == 23
    assert cli.run(["sweep", "show", store, "--by", "weight_decay", "--where", "gamma=0.8"]) == 0
    table = capsys.readouterr().out.splitlines()
    assert table[0].split() == ["method", "samples", "weight_decay=0.1", "weight_decay=1"] and len(table) == 6
    assert table[2].split() == ["convex", "20", "129.00", "±", "0.58", "1029.00", "±", "0.58"]
    assert table[-1].split() == ["theory", "40", "74", "524"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--x", "colour"], "'colour' is not in the store; choose from network"),
        (["--by", "colour"], "'colour' is not in the store"),
        (["--x", "excess_risk"], "'excess_risk' is not in the store"),
        (["--y", "status"], "'status' is not a number that rows have"),
        (["--y", "training_loss"], "'training_loss' is not a number that rows have"),
        (["--where", "gamma"], "where must be field=value"),
        (["--where", "colour=3"], "where must be field=value"),
        (["--where", "gamma=0.9"], "no row has gamma = 0.9; there are 0.8, 1.5"),
        (["--figure", "x.bmp"], "figure must end in .png, .pdf, .svg"),
        (["--x", "network", "--figure", "x.png"], "a figure needs numbers along x"),
    ],
)
def test_what_cannot_be_shown(store, capsys, arguments, sentence):
    assert cli.run(["sweep", "show", store, *arguments]) == 2
    said = capsys.readouterr()
    assert sentence in said.err and said.err.count("\n") == 1 and said.out == ""


def test_numbers_as_they_are_printed_are_found(tmp_path, capsys):
    plan = {"network": "diagonal", "dimension": 10, "samples": {"logspace": [10, 100, 4]},
            "weight_decay": {"logspace": [0.1, 1, 4]}}  # fmt: skip
    sl.sweep(plan, tmp_path / "s.sqlite", methods="theory")
    found = shown(capsys, str(tmp_path / "s.sqlite"), "--where", "weight_decay=0.215443")
    assert len(found["rows"]) == 4


@pytest.mark.parametrize("suffix", ["png", "pdf", "svg"])
def test_a_figure(store, capsys, tmp_path, suffix):
    path = tmp_path / f"show0.5.{suffix}"
    found = shown(capsys, store, "--by", "weight_decay", "--figure", str(path))
    assert found["file"] == str(path) and path.stat().st_size > 3000 and len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("mean", "error", "texts"),
    [
        (1.918, 0.1026, ("1.92", "0.10")),
        (123456.0, 789.0, ("123460", "790")),
        (1e-12, 3e-14, ("1.000e-12", "3.0e-14")),
        (2.0, 3e-16, ("2", "<2e-06")),
        (0.1, 5.0, ("0.1", "5.0")),
        (0.0, 0.0, ("0", "")),
    ],
)
def test_digits(mean, error, texts):
    assert _digits({"mean": mean, "standard_error": error}) == texts
