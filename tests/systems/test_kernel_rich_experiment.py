"""The experiment refuses false data, claim by claim."""

from __future__ import annotations

import numpy as np
import pytest
import xarray

from spectralaw.reproduction import registry
from spectralaw.reproduction.experiment import Run
from spectralaw.results import Outcome
from spectralaw.systems.kernel_rich import experiment, verdict
from spectralaw.systems.kernel_rich.experiment import DECAYS, SCALES

EXPERIMENT = registry.experiment("kernel-rich")
AGREE, DISAGREE, OPEN = Outcome.AGREE, Outcome.DISAGREE, Outcome.NOT_JUDGED


def outcomes(data):
    return {claim.statement: claim.outcome for claim in EXPERIMENT.judge([data])}


def flow():
    rng = np.random.default_rng(0)
    dims, shape = ("depth", "scale", "seed"), (1, 5, 3)
    return xarray.Dataset(
        {
            "distance": (dims, 1e-9 * rng.random(shape)),
            "stationarity": (dims, 1e-9 * rng.random(shape)),
            "misfit": (dims, np.full(shape, 1e-11)),
            "converged": (dims, np.ones(shape, dtype=bool)),
        },
        coords={"depth": [2]},
        attrs={"part": "flow"},
    )


def regimes(depth=2):
    size = SCALES[:, None] * np.array([1.0, 1.1, 1.2])
    dims = ("scale", "seed")
    return xarray.Dataset(
        {
            "l1_excess": (dims, 0.3 * size / (1.0 + size)),
            "l2_excess": (dims, 0.3 / (1.0 + (10.0 * size) ** 4)),
            "kernel_change": (dims, size ** (-2.0 * depth)),
            "test_error": (dims, size),
            "converged": (dims, np.ones(size.shape, dtype=bool)),
        },
        coords={"scale": SCALES},
        attrs={"part": "regimes-2", "depth": depth, "dimension": 100, "samples": 40, "noise_variance": 0.25},
    )


def rates(depth):
    scales = 10.0 ** -np.arange(2.0, 7.0)
    excess = 0.1 / np.log(1.0 / scales) if depth == 2 else scales ** (depth - 2)
    return xarray.Dataset(
        {"excess": ("scale", excess)}, coords={"scale": scales}, attrs={"part": f"rates-{depth}", "depth": depth}
    )


def samples():
    counts = np.array([20, 40, 80])
    errors = np.full((2, 3, 4), 0.3)
    errors[0, 1:] = errors[1, 2:, :3] = 0.05
    return xarray.Dataset(
        {
            "test_error": (("scale", "samples", "seed"), errors),
            "needed": (("scale", "seed"), [[40, 40, 40, 40], [80, 80, 80, np.nan]]),
        },
        coords={"scale": [0.01, 10.0], "samples": counts},
        attrs={"part": "samples", "error": 0.1, "dimension": 100, "depth": 2},
    )


def decay(noise):
    wobble = np.array([1.0, 1.05, 0.95, 1.02])
    scale = np.geomspace(1e-4, 3.0, 8)
    return xarray.Dataset(
        {
            "scale_error": (("scale", "seed"), (0.5 if noise else 1e-9) * np.outer(np.ones(8), wobble)),
            "scale_distance": (("scale", "seed"), np.outer(np.minimum(10 * scale, 0.5), wobble)),
            "decay_error": (
                ("weight_decay", "seed"),
                np.outer(0.6 - 0.4 * np.exp(-(np.log(DECAYS / 0.3) ** 2)) if noise else DECAYS**2, wobble),
            ),
            "decay_distance": (("weight_decay", "seed"), np.outer(np.minimum(10 * DECAYS, 0.9), wobble)),
        },
        coords={"scale": scale, "weight_decay": DECAYS},
        attrs={
            "part": "decay-noisy" if noise else "decay-noiseless",
            "noise_variance": noise,
            "samples": 60,
            "dimension": 100,
            "depth": 3,
        },
    )


def test_true_data_agree_with_every_claim():
    parts = [flow(), regimes(2), regimes(3), rates(2), rates(3), samples(), decay(0.0), decay(0.25)]
    found = {}
    for data in parts:
        for statement, outcome in outcomes(data).items():
            assert outcome is AGREE, statement
            found[statement] = outcome
    assert set(found) == set(EXPERIMENT.claims)


def changed(data, name, index, value):
    data = data.copy(deep=True)
    data[name][index] = value
    return data


FALSE = {
    "a flow that ends elsewhere": (flow(), verdict.FLOW, "distance", (0, 3, 1), 1e-4, DISAGREE),
    "a distance that is missing": (flow(), verdict.FLOW, "distance", (0, 3, 1), np.nan, DISAGREE),
    "a flow that has not ended": (flow(), verdict.FLOW, "converged", (0, 0, 0), False, DISAGREE),
    "an l2 norm above the least": (regimes(), verdict.KERNEL, "l2_excess", (-1, 0), 1e-3, DISAGREE),
    "an l2 norm below the least": (regimes(), verdict.KERNEL, "l2_excess", (-1, 0), -1e-3, DISAGREE),
    "an l2 norm that rises": (regimes(), verdict.KERNEL, "l2_excess", (-2, 0), 0.2, DISAGREE),
    "an l2 norm that is missing": (regimes(), verdict.KERNEL, "l2_excess", (-2, 0), np.nan, DISAGREE),
    "an l1 norm above the least": (regimes(), verdict.RICH, "l1_excess", (0, 2), 0.1, DISAGREE),
    "an l1 norm that is missing": (regimes(), verdict.RICH, "l1_excess", (0, 2), np.nan, DISAGREE),
    "an l1 norm that is not monotone": (regimes(), verdict.RICH, "l1_excess", (4, 2), 1e-4, DISAGREE),
    "a minimiser not found": (regimes(), verdict.RICH, "converged", (4, 2), False, DISAGREE),
    "a kernel that changes more": (regimes(), verdict.CHANGE, "kernel_change", (-1, 0), 1.0, DISAGREE),
    "a kernel change that is missing": (regimes(), verdict.CHANGE, "kernel_change", (-1, 0), np.nan, OPEN),
    "a missing change at a small scale": (regimes(), verdict.CHANGE, "kernel_change", (0, 0), np.nan, DISAGREE),
    "a rate that is missing": (rates(3), verdict.RATE, "excess", (0,), np.nan, OPEN),
    "a rate that is off": (rates(3), verdict.RATE, "excess", (0,), 0.1, DISAGREE),
    "samples not found at small scale": (samples(), verdict.SAMPLES, "needed", (0, 1), np.nan, DISAGREE),
    "as many samples at all scales": (samples(), verdict.SAMPLES, "needed", (1,), 40, DISAGREE),
    "fewer samples at large scales": (samples(), verdict.SAMPLES, "needed", (1,), 20, DISAGREE),
    "an error that is missing": (samples(), verdict.SAMPLES, "test_error", (1, 0, 0), np.nan, OPEN),
    "a scale with another limit": (decay(0.25), verdict.LIMIT, "scale_distance", (0, 0), 0.5, DISAGREE),
    "a weight decay with another limit": (decay(0.25), verdict.LIMIT, "decay_distance", (0, 0), 0.5, DISAGREE),
    "a limit that is missing": (decay(0.0), verdict.LIMIT, "decay_distance", (0, 0), np.nan, DISAGREE),
    "all weight decays alike": (decay(0.0), verdict.LIMIT, "decay_distance", (-1, 0), 0.001, DISAGREE),
    "a target that is not found": (decay(0.0), verdict.NOISELESS, "scale_error", (0, 0), 0.1, DISAGREE),
    "weight decay that helps without noise": (decay(0.0), verdict.NOISELESS, "decay_error", (0,), 0.9, DISAGREE),
    "training that did not converge": (decay(0.0), verdict.NOISELESS, "decay_error", (3, 0), np.nan, OPEN),
    "interpolation that is as good": (decay(0.25), verdict.NOISE, "scale_error", (2,), 0.2, DISAGREE),
    "noisy training that did not converge": (decay(0.25), verdict.NOISE, "scale_error", (2, 0), np.nan, OPEN),
}


@pytest.mark.parametrize("what", FALSE)
def test_false_data_are_refused(what):
    data, statement, name, index, value, outcome = FALSE[what]
    assert outcomes(data)[statement] is AGREE
    assert outcomes(changed(data, name, index, value))[statement] is outcome


def test_laws_of_another_depth_are_refused():
    for true, false in ((2, 3), (3, 2), (4, 3)):
        assert outcomes(rates(true).assign_attrs(depth=false))[verdict.RATE] is DISAGREE
    assert outcomes(regimes(2).assign_attrs(depth=3))[verdict.CHANGE] is DISAGREE
    single = decay(0.25).isel(seed=[0])
    assert outcomes(single)[verdict.NOISE] is DISAGREE  # one data set has no error
    assert outcomes(regimes().isel(scale=slice(0, 4)))[verdict.KERNEL] is OPEN


def test_it_runs_small_and_draws(tmp_path, monkeypatch):
    few = {depth: scales[:3] for depth, scales in experiment.RATE_SCALES.items()}
    monkeypatch.setattr(experiment, "RATE_SCALES", few)
    monkeypatch.setattr(experiment, "FLOW_SCALES", (0.2, 3.0))
    run = Run(tmp_path, "kernel-rich")
    data = EXPERIMENT.compute(run, flow_seeds=1, seeds=2, complexity=(20, 40, 95))
    assert [d.attrs["part"].split("-")[0] for d in data] == [
        "flow", *["regimes"] * 2, *["rates"] * 3, "samples", *["decay"] * 2,
    ]  # fmt: skip
    judged = EXPERIMENT.judge(data)
    assert {claim.statement for claim in judged} == set(EXPERIMENT.claims)
    assert all(claim.agrees for claim in judged if claim.statement in verdict.CLAIMS[:5])
    pytest.importorskip("matplotlib")
    figure = EXPERIMENT.draw(data)
    assert len(figure.axes) == 6 and all(axis.get_lines() for axis in figure.axes)
    assert "d = 100" in EXPERIMENT.caption(data)
