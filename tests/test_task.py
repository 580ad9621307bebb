"""Tasks and teachers: what they are, and what they refuse in one sentence."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest

import spectralaw as sl

GOOD = {"network": "quadratic", "dimension": 50, "samples": 100, "weight_decay": 1.0, "noise_variance": 0.5}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"network": "deep"}, "network must be 'diagonal' or 'quadratic', not 'deep'"),
        ({"dimension": 1}, "dimension must be from 2 to 10\\^12, not 1"),
        ({"dimension": 0}, "dimension must be 1 or greater, not 0"),
        ({"dimension": 10**13}, "dimension must be from 2"),
        ({"dimension": 50.5}, "dimension must be a whole number, not 50.5"),
        ({"samples": 0.5}, "samples must be 1 or greater, not 0.5"),
        ({"samples": math.nan}, "samples must be a finite number, not nan"),
        ({"samples": math.inf}, "samples must be a finite number, not inf"),
        ({"samples": "many"}, "samples must be a number, not 'many'"),
        ({"weight_decay": -1e-9}, "weight_decay must be 0 or greater, not -1e-09"),
        ({"weight_decay": math.nan}, "weight_decay must be a finite number"),
        ({"noise_variance": -0.5}, "noise_variance must be 0 or greater, not -0.5"),
        ({"width": 0}, "width must be 1 or greater, not 0"),
        ({"width": 2.5}, "width must be a whole number, not 2.5"),
        ({"teacher": 1.5}, "teacher must be PowerLaw, FiniteRank or Empirical, not 1.5"),
        ({"teacher": sl.FiniteRank(60)}, "rank must be at most the dimension 50, not 60"),
        ({"teacher": sl.Empirical(np.ones(51))}, "spectrum has 51 entries, more than the dimension 50"),
        (
            {"teacher": sl.Empirical([-1.0], coefficients="fixed")},
            "no negative value for the quadratic network, not -1",
        ),
    ],
)
def test_bad_fields(changes, sentence):
    with pytest.raises(sl.InvalidInput, match=sentence):
        sl.Task(**{**GOOD, **changes})


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: sl.PowerLaw(0.5), "gamma must be greater than 1/2"),
        (lambda: sl.PowerLaw(math.nan), "gamma must be a finite number"),
        (lambda: sl.PowerLaw(1.0, "uniform"), "coefficients must be 'gaussian' or 'fixed', not 'uniform'"),
        (lambda: sl.FiniteRank(0), "rank must be 1 or greater, not 0"),
        (lambda: sl.FiniteRank(3, gamma=-1.0), "gamma must be zero or greater"),
        (lambda: sl.Empirical([]), "spectrum must be a non-empty list"),
        (lambda: sl.Empirical([1.0, math.nan]), "its entry 1 is nan"),
        (lambda: sl.Empirical([1.0, -2.0]), "spectrum must not be negative"),
        (lambda: sl.Empirical([0.0]), "at least one non-zero"),
        (lambda: sl.Empirical(["a"]), "spectrum must be a list of numbers"),
    ],
)
def test_bad_teachers(make, sentence):
    with pytest.raises(sl.InvalidInput, match=sentence):
        make()


@pytest.mark.parametrize("teacher", [sl.PowerLaw(1.3), sl.FiniteRank(4, 0.5), sl.Empirical([2.0, 1.0], normalize=True)])
@pytest.mark.parametrize("network", ["diagonal", "quadratic"])
def test_teacher_power_is_one_per_the_convention(teacher, network):
    task = sl.Task(network, 300, 10, 1.0, teacher=teacher)
    values = task.teacher_values()
    assert np.sum(values**2) == pytest.approx(1.0 if network == "diagonal" else 300.0, rel=1e-12)
    assert np.all(np.diff(values) <= 0.0)
    assert sl.Task.from_dict(task.to_dict()) == task


def test_unknown_fields_are_named():
    with pytest.raises(sl.InvalidInput, match="unknown field 'sample'"):
        sl.Task(**GOOD).replace(sample=3)
    with pytest.raises(sl.InvalidInput, match="unknown field 'sample'"):
        sl.Task.from_dict({**GOOD, "sample": 3})
    with pytest.raises(sl.InvalidInput, match="teacher kind must be one of"):
        sl.Task.from_dict({**GOOD, "teacher": {"kind": "Magic"}})


def test_import_is_inert():
    code = (
        "import sys, warnings; before = list(warnings.filters); import spectralaw; "
        "heavy = {'numpy', 'scipy', 'sklearn', 'xarray', 'matplotlib', 'typer'} & set(sys.modules); "
        "assert not heavy, heavy; assert warnings.filters == before"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_public_name_exists():
    for name in sl.__all__:
        assert getattr(sl, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = sl.nothing  # type: ignore[attr-defined]
