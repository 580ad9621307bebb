"""The experiment refuses false data, claim by claim."""

from __future__ import annotations

import numpy as np
import pytest
import xarray

from spectralaw.reproduction import registry
from spectralaw.reproduction.experiment import Run
from spectralaw.results import Outcome
from spectralaw.systems.weight_series import experiment, verdict

EXPERIMENT = registry.experiment("weight-series")
AGREE, DISAGREE, OPEN = Outcome.AGREE, Outcome.DISAGREE, Outcome.NOT_JUDGED


def outcomes(data):
    return {claim.statement: claim.outcome for claim in EXPERIMENT.judge([data])}


def convergence(ratio=0.6):
    order = np.arange(61)
    error = ratio ** (order + 1.0) * np.abs(np.cos(1.3 * order + 0.2))
    return xarray.Dataset(
        {"error": (("place", "ratio", "order"), np.stack([error, 0.5 * error])[:, None])},
        coords={"place": [0.0, 0.4], "ratio": [ratio], "order": order},
        attrs={"part": "convergence"},
    )


def descent():
    size = 10.0 ** -np.array([2.0, 4.0, 12.0])[:, None, None] * np.array([0.0, 0.5, 1.0])[:, None] * np.ones(4)
    return xarray.Dataset(
        {
            "around_start": (("order", "step", "seed"), size),
            "summed": (("order", "step", "seed"), 0.1 * size),
            "inside": (("order", "seed"), np.ones((3, 4), dtype=bool)),
            "tangent": ("seed", np.full(4, 1e-15)),
        },
        coords={"order": [1, 2, 16]},
        attrs={"part": "descent", "width": 10},
    )


def quadratic():
    error = np.outer([1.0, 0.3, 1e-16, 1e-16], [1.0, 1.1])
    return xarray.Dataset(
        {"error": (("order", "seed"), error)}, coords={"order": [1, 2, 3, 4]}, attrs={"part": "quadratic"}
    )


def lazy():
    scale = np.array([1.0, 10.0, 30.0, 100.0, 1000.0])
    error = np.outer(1.0 / scale, [1.0, 0.8, 1.2])
    needed = np.array([[3.0, 4.0, np.nan], [2, 2, 3], [2, 2, 2], [1, 1, 2], [1, 1, 1]])
    return xarray.Dataset(
        {"linear_error": (("scale", "seed"), error), "needed": (("scale", "seed"), needed)},
        coords={"scale": scale},
        attrs={"part": "lazy", "width": 10, "steps": 200},
    )


def test_true_data_agree_with_every_claim():
    found = {}
    for data in (convergence(), convergence(0.3), convergence(1.2), descent(), quadratic(), lazy()):
        found |= outcomes(data)
        assert all(outcome is AGREE for outcome in outcomes(data).values())
    assert set(found) == set(EXPERIMENT.claims)


def changed(data, name, index, value):
    data = data.copy(deep=True)
    data[name][index] = value
    return data


FALSE = {
    "an error that is missing": (convergence(), verdict.RATE, "error", (0, 0, 9), np.nan, OPEN),
    "errors that stay": (convergence(), verdict.RATE, "error", (1, 0, slice(20, None)), 1e-4, DISAGREE),
    "errors that are all rounding": (convergence(), verdict.RATE, "error", (0, 0, slice(5, None)), 1e-15, OPEN),
    "series that miss the network": (descent(), verdict.DESCENT, "around_start", (2, 1, 0), 1e-5, DISAGREE),
    "sums that miss the network": (descent(), verdict.DESCENT, "summed", (2, 2, 3), 1e-5, DISAGREE),
    "an order that is no better": (descent(), verdict.DESCENT, "around_start", (1, 1, 0), 0.1, DISAGREE),
    "a step that is missing": (descent(), verdict.DESCENT, "around_start", (1, 1, 0), np.nan, DISAGREE),
    "a run outside the radius": (descent(), verdict.DESCENT, "inside", (0, 1), False, DISAGREE),
    "a kernel that is another": (descent(), verdict.TANGENT, "tangent", (2,), 1e-6, DISAGREE),
    "a kernel that is missing": (descent(), verdict.TANGENT, "tangent", (2,), np.nan, DISAGREE),
    "order three that is not exact": (quadratic(), verdict.QUADRATIC, "error", (2, 1), 1e-6, DISAGREE),
    "order two that is exact": (quadratic(), verdict.QUADRATIC, "error", (1, 0), 1e-16, DISAGREE),
    "order three that is missing": (quadratic(), verdict.QUADRATIC, "error", (2, 1), np.nan, DISAGREE),
    "order two that is missing": (quadratic(), verdict.QUADRATIC, "error", (1, 1), np.nan, DISAGREE),
    "an error that does not fall": (lazy(), verdict.LINEAR, "linear_error", (-1,), 0.01, DISAGREE),
    "a linear error that is missing": (lazy(), verdict.LINEAR, "linear_error", (-1, 0), np.nan, OPEN),
    "large scales that need order two": (lazy(), verdict.ORDER, "needed", (-1, 0), 2.0, DISAGREE),
    "large scales without an order": (lazy(), verdict.ORDER, "needed", (-1, 0), np.nan, DISAGREE),
    "small scales that are lazy": (lazy(), verdict.ORDER, "needed", (0,), 1.0, DISAGREE),
    "trainings that are missing": (lazy(), verdict.ORDER, "linear_error", (0, 0), np.nan, OPEN),
}


@pytest.mark.parametrize("what", FALSE)
def test_false_data_are_refused(what):
    data, statement, name, index, value, outcome = FALSE[what]
    assert outcomes(data)[statement] is AGREE
    assert outcomes(changed(data, name, index, value))[statement] is outcome


def test_laws_of_other_ratios_and_scales_are_refused():
    assert outcomes(convergence(0.6).assign_coords(ratio=[0.7]))[verdict.RATE] is DISAGREE
    squared = lazy().assign(linear_error=lazy().linear_error ** 2)
    assert outcomes(squared)[verdict.LINEAR] is DISAGREE
    assert outcomes(lazy().isel(scale=slice(0, 4)))[verdict.LINEAR] is OPEN
    backwards = lazy().assign_coords(scale=lazy().scale.values[::-1])
    assert outcomes(backwards)[verdict.ORDER] is DISAGREE
    assert outcomes(descent().isel(order=[1, 2]))[verdict.DESCENT] is OPEN


def test_it_runs_small_and_draws(tmp_path, monkeypatch):
    monkeypatch.setattr(experiment, "SCALES", (1.0, 30.0, 300.0, 1000.0))
    data = EXPERIMENT.compute(Run(tmp_path, "weight-series"), seeds=3)
    judged = EXPERIMENT.judge(data)
    assert {claim.statement for claim in judged} == set(EXPERIMENT.claims)
    assert all(claim.agrees for claim in judged)
    pytest.importorskip("matplotlib")
    figure = EXPERIMENT.draw(data)
    assert len(figure.axes) == 4 and all(axis.get_lines() for axis in figure.axes)
    assert "width 10" in EXPERIMENT.caption(data)
