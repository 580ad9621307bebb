"""What comes out of a store: every row in a place of its own, with the whole task."""

from __future__ import annotations

import csv
import math

import numpy as np
import pytest
import xarray

import spectralaw as sl
from spectralaw.sweeps.jobs import Job
from spectralaw.sweeps.store import Store
from spectralaw.sweeps.work import Outcome


def store_of(path, rows):
    """A store whose rows (task, seed, method, options) have their number as excess risk."""
    with Store(path, write=True) as store:
        jobs = [Job(task.to_dict(), seed, method, options) for task, seed, method, options in rows]
        store.add((job.key, job) for job in jobs)
        for number in range(1, len(jobs) + 1):
            store.finish(number, Outcome({"excess_risk": number, "status": "converged"}, None, None, 0.1, ""), "0")
    return sl.open_sweep(path)


def task(**changes):
    base = {"network": "diagonal", "dimension": 10, "samples": 20, "weight_decay": 1.0, "noise_variance": 0.5}
    return sl.Task(**{**base, **changes})


E = sl.Empirical
CASES = {
    "teachers": [(task(teacher=t), None, "theory", {}) for t in (sl.PowerLaw(1), sl.FiniteRank(2), sl.FiniteRank(5))],
    "ranks": [(task(teacher=sl.FiniteRank(r)), None, "theory", {}) for r in (2, 5)],
    "ranks and gammas": [(task(teacher=sl.FiniteRank(r, g)), None, "theory", {}) for r in (2, 5) for g in (0, 1)],
    "spectra": [(task(teacher=E(s)), None, "theory", {}) for s in ([1.0, 2.0], [1.0, 3.0], [2.0, 1.0, 0.5])],
    "normalized": [(task(teacher=E([1.0, 2.0], normalize=b)), None, "theory", {}) for b in (True, False)],
    "coefficients": [(task(teacher=sl.PowerLaw(1, c)), None, "theory", {}) for c in ("gaussian", "fixed")],
    "one gamma and its coefficients": [
        (task(teacher=sl.PowerLaw(g, c)), s, "convex", {})
        for g in (1, 2) for c in ("gaussian", "fixed") for s in (0, 7)
    ],
    "tolerances": [(task(), s, "convex", o) for s in (0, 1) for o in ({}, {"tolerance": 1e-4})],
    "options of two methods": [
        (task(samples=n), s, m, o)
        for n in (20, 30) for s in (0, 1)
        for m, o in (("convex", {}), ("convex", {"tolerance": 1e-3}), ("network", {}), ("network", {"start_scale": 2}))
    ] + [(task(samples=n), None, "theory", {}) for n in (20, 30)],
    "widths": [(task(network="quadratic", width=w), s, "network", {}) for w in (None, 3, 12) for s in (0, 1)],
    "a width in one row of the last": [
        (task(network="quadratic", samples=n), 0, "network", {}) for n in (20, 30)
    ] + [(task(network="quadratic", width=12), 0, "network", {})],
    "networks": [(task(network=n), None, "theory", {}) for n in ("diagonal", "quadratic")],
    "whole samples": [(task(dimension=d), s, "amp", {}) for d in (10, 10**12) for s in (0, 2**40)],
    "everything": [
        (task(samples=n, weight_decay=w, noise_variance=v, teacher=t), s, m, {})
        for n in (20, 30) for w in (0.1, 1) for v in (0.1, 1) for t in (sl.PowerLaw(1), sl.FiniteRank(2))
        for s, m in ((0, "convex"), (1, "convex"), (0, "amp"), (1, "amp"))
    ],
}  # fmt: skip


@pytest.mark.parametrize("rows", CASES.values(), ids=CASES)
def test_every_row_has_a_place_of_its_own(tmp_path, rows):
    result = store_of(tmp_path / "s.sqlite", rows)
    data = result.to_xarray()
    values = data.excess_risk.values
    assert set(values[~np.isnan(values)]) == set(range(1, len(rows) + 1))
    for number, record in enumerate(result.records(), start=1):
        where = {"source": record["method"]}
        for name in data.dims:
            if name == "teacher":
                where[name] = [label for label in data.teacher.values if label.startswith(record["teacher"])]
            elif name in record and record[name] is not None:
                where[name] = record[name]
            elif name == "width":
                where[name] = math.nan
        assert number in data.excess_risk.sel(where).values
    for name, value in data.attrs.items():
        if name not in ("options", "teacher"):
            assert {record[name] for record in result.records()} == {value}
    assert result.export(tmp_path / "s.nc") == len(rows)
    with xarray.open_dataset(tmp_path / "s.nc", engine="scipy") as kept:
        np.testing.assert_array_equal(kept.excess_risk.values, values)
        assert dict(kept.sizes) == dict(data.sizes)


@pytest.mark.parametrize("rows", CASES.values(), ids=CASES)
def test_rows_of_a_table_can_be_told_apart(tmp_path, rows):
    result = store_of(tmp_path / "s.sqlite", rows)
    assert result.export(tmp_path / "s.csv") == result.export(tmp_path / "s.parquet") == len(rows)
    with open(tmp_path / "s.csv", newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    outcome = ("excess_risk", "seconds")
    told = {tuple(value for name, value in line.items() if name not in outcome) for line in lines}
    assert len(told) == len(lines) == len(rows)
    frame = result.to_dataframe()
    assert len(frame) == len(rows) and list(frame.excess_risk) == list(range(1, len(rows) + 1))
    assert frame.drop(columns=list(outcome)).astype(str).drop_duplicates().shape[0] == len(rows)


def test_two_rows_on_one_place_are_an_error(tmp_path):
    """As in a store that was written by a version which kept defaults among the options."""
    rows = [(task(), 0, "convex", {}), (task(), 0, "convex", {"tolerance": 1e-6})]
    result = store_of(tmp_path / "s.sqlite", rows)
    for use in (result.to_xarray, lambda: result.export(tmp_path / "s.nc")):
        with pytest.raises(sl.InvalidInput, match=r"rows 1 and 2 of .* stand on one place"):
            use()
    assert not (tmp_path / "s.nc").exists() and result.export(tmp_path / "s.csv") == 2


def test_the_same_options_are_the_same_rows():
    a = sl.plan_sweep([task()], 1, "convex", {"convex": {"tolerance": 1e-6, "max_iterations": 1e6}})
    b = sl.plan_sweep([task()], 1, "convex")
    assert [key for key, _ in a.jobs()] == [key for key, _ in b.jobs()] and a.options == {}


def test_what_cannot_be_an_array_says_so(tmp_path):
    with Store(tmp_path / "none.sqlite", write=True):
        pass
    with pytest.raises(sl.InvalidInput, match="has no rows"):
        sl.open_sweep(tmp_path / "none.sqlite").to_xarray()
    assert len(sl.open_sweep(tmp_path / "none.sqlite").to_dataframe()) == 0
    result = store_of(tmp_path / "s.sqlite", [(task(), 2**60 + 1, "convex", {}), (task(), 3, "convex", {})])
    assert int(result.to_xarray().seed[1]) == 2**60 + 1
    with pytest.raises(sl.InvalidInput, match="seed has values too large for netCDF"):
        result.export(tmp_path / "s.nc")
    with pytest.raises(sl.InvalidInput, match="must not be the store itself"):
        store_of(tmp_path / "s.csv", [(task(), 0, "convex", {})]).export(tmp_path / "s.csv")


def test_the_whole_task_is_in_the_array(tmp_path):
    data = store_of(tmp_path / "s.sqlite", CASES["tolerances"]).to_xarray()
    assert data.attrs | {"options": ""} == {
        "network": "diagonal", "dimension": 10, "samples": 20.0, "weight_decay": 1.0, "noise_variance": 0.5,
        "teacher": "PowerLaw", "gamma": 1.0, "coefficients": "gaussian", "options": "",
    }  # fmt: skip
    assert data.attrs["options"] == '{"convex": {"max_iterations": 1000000}}'
    assert list(data.tolerance) == [1e-6, 1e-4]
    spectra = store_of(tmp_path / "t.sqlite", CASES["spectra"]).to_xarray()
    assert all(str(label).startswith("Empirical(") for label in spectra.teacher.values)
