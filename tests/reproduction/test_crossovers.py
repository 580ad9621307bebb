"""Claims of the experiment crossovers: for each the false data that it must refuse."""

from __future__ import annotations

import numpy as np
import pytest
import xarray

from spectralaw.reproduction.experiments import crossovers


def _readings(rows):
    names = ("curve", "kind", "law", "status")
    data = {name: ("row", [row.get(name, "") for row in rows]) for name in names}
    data |= {name: ("row", [float(row[name]) for row in rows]) for name in ("found", "exact", "low", "high")}
    return [xarray.Dataset(data, attrs={"part": "readings", "repeats": 1, "seeds": 1})]


def _right():
    exponent = [{"kind": "exponent", "found": -1.0, "exact": -0.99, "low": -1.02, "high": -0.98}] * 20
    cross = [{"kind": "crossover", "found": 1e4, "exact": 1.1e4, "low": 9e3, "high": 1.2e4}] * 20
    plateau = [{"kind": "plateau", "found": 0.02, "exact": 0.02, "low": 0.019, "high": 0.021}] * 20
    trained = [{"kind": "trained", "curve": "t", "status": "converged", "found": -0.9, "exact": -0.95, "low": -1,
                "high": -0.8}] * 10  # fmt: skip
    return exponent + cross + plateau + trained


def _outcomes(rows):
    return {claim.statement: str(claim.outcome) for claim in crossovers.judge(_readings(rows))}


def test_right_readings_agree():
    found = _outcomes(_right())
    assert set(found) == set(crossovers.EXPERIMENT.claims) and set(found.values()) == {"agree"}


@pytest.mark.parametrize(
    ("kind", "false", "claim"),
    [
        ("exponent", {"found": -1.1}, crossovers.EXPONENT),
        ("exponent", {"low": -1.02, "high": -1.0}, crossovers.COVERED),
        ("crossover", {"found": 2e4}, crossovers.CROSSOVER),
        ("plateau", {"low": 0.021, "high": 0.022}, crossovers.PLATEAU),
        ("plateau", {"found": np.nan, "low": np.nan, "high": np.nan}, crossovers.PLATEAU),
        ("exponent", {"found": np.nan}, crossovers.EXPONENT),
        ("crossover", {"found": np.nan}, crossovers.CROSSOVER),
        ("trained", {"found": -0.7}, crossovers.TRAINED),
    ],
)
def test_false_readings_disagree(kind, false, claim):
    rows = [{**row, **false} if row["kind"] == kind else row for row in _right()]
    assert _outcomes(rows)[claim] == "disagree"
    without = [row for row in _right() if row["kind"] != kind]
    assert _outcomes(without).get(claim) != "agree"


def test_what_the_fitter_refuses_is_not_judged():
    rows = [row for row in _right() if row["kind"] != "trained"]
    refused = {"kind": "trained", "curve": "t", "status": "peak"} | dict.fromkeys(
        ("found", "exact", "low", "high"), np.nan
    )
    assert _outcomes([*rows, refused])[crossovers.TRAINED] == "not judged"


def test_plateaus_that_were_not_found_count_as_missed():
    lost = {"kind": "plateau", "found": np.nan, "exact": 0.02, "low": np.nan, "high": np.nan}
    assert _outcomes([*_right(), *[lost] * 20])[crossovers.PLATEAU] == "disagree"


def test_few_misses_are_no_verdict_on_coverage():
    rows = [row for row in _right() if row["kind"] != "plateau"]
    one = {"kind": "plateau", "found": 0.02, "exact": 0.02, "low": 0.019, "high": 0.021}
    miss = {**one, "low": 0.021}
    assert _outcomes([*rows, one, one, miss])[crossovers.PLATEAU] == "not judged"


def test_a_noisy_curve_is_read():
    records: list[dict] = []
    data = crossovers.read(crossovers.CURVES[0], 3, records)
    assert records and all(abs(row["found"] - row["exact"]) < 0.05 for row in records if row["kind"] == "exponent")
    assert data.attrs["law"] and np.all(data.measured > 0)
