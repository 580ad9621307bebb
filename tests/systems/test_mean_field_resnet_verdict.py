"""The experiment of scaled residual networks: true data agree, false data are refused, claim by claim."""

from __future__ import annotations

import numpy as np
import pytest

from spectralaw.reproduction.experiment import Run
from spectralaw.systems.mean_field_resnet import verdict
from spectralaw.systems.mean_field_resnet.experiment import EXPERIMENT

SMALL = {"samples": 10, "scaled_time": 300.0, "networks": 60, "signs": 200, "seeds": 5, "most_samples": 64}


@pytest.fixture(scope="module")
def datasets(tmp_path_factory):
    return EXPERIMENT.compute(Run(tmp_path_factory.mktemp("run"), EXPERIMENT.name), **SMALL)


@pytest.fixture
def parts(datasets):
    return {data.attrs["part"]: data for data in datasets}


def outcomes(data, statement=None):
    claims = [claim for claim in verdict.judge([data]) if statement in (None, claim.statement)]
    assert claims
    return {str(claim.outcome) for claim in claims}


def test_true_data_agree(datasets):
    claims = verdict.judge(datasets)
    assert [c for c in claims if not c.agrees] == []
    assert {c.statement for c in claims} == set(EXPERIMENT.claims) and len(claims) == 17
    assert set(EXPERIMENT.sizes) == {"quick", "paper"} and EXPERIMENT.sizes["quick"].keys() == SMALL.keys()


def test_the_picture_has_a_panel_for_each_question(datasets):
    figure = EXPERIMENT.draw(datasets)
    assert len(figure.axes) == 8 and all(axis.get_title() for axis in figure.axes)
    caption = EXPERIMENT.caption(datasets)
    assert "10 samples, L = 10, M = 32, K = 512" in caption and "5 seeds" in caption


@pytest.mark.parametrize(
    ("part", "name", "statement"),
    [
        ("depth", "error", verdict.DEPTH),
        ("depth", "error", verdict.CONSTANT),
        ("depth", "coefficient", verdict.CONSTANT),
        ("width", "std", verdict.WIDTH),
        ("width", "std", verdict.NOISE),
        ("width", "standard_error", verdict.NOISE),
        ("width", "predicted", verdict.NOISE),
        ("velocity", "difference", verdict.MOTION),
        ("training", "least", verdict.LEAST),
        ("training", "least_output", verdict.LEAST),
        ("training", "loss", verdict.DECAY),
        ("training", "least", verdict.DECAY),
        ("training", "rate", verdict.RATE),
        ("training", "loss", verdict.RATE),
        ("complexity", "value", verdict.COMPLEXITY),
        ("complexity", "standard_error", verdict.COMPLEXITY),
        ("complexity", "gap", verdict.COMPLEXITY),
        ("gap-beta", "divergence", verdict.MOVED),
        ("gap-samples", "gap", verdict.GAP),
        ("gap-samples", "gap_error", verdict.GAP),
        ("gap-layers", "gap", verdict.LAYERS),
        ("fixed-layers-samples", "absolute", verdict.FIXED),
        ("fixed-layers-samples", "absolute_error", verdict.FIXED),
        ("fixed-layers-samples", "divergence", verdict.FIXED),
    ],
)
@pytest.mark.parametrize("false", [np.nan, np.inf])
def test_what_is_missing_never_agrees(parts, part, name, statement, false):
    data = parts[part]
    assert outcomes(data, statement) == {"agree"}
    lost = data[name].copy(deep=True)
    lost.values.flat[-2] = false
    assert outcomes(data.assign({name: lost}), statement) - {"agree"}
    with np.errstate(invalid="ignore"):
        assert outcomes(data.assign({name: false * data[name]}), statement) == {"disagree"}


def test_another_order_of_depth_disagrees(parts):
    data = parts["depth"]
    for power in (-0.05, 0.05, 1.0):
        assert outcomes(data.assign(error=data.error * data.layers**power), verdict.DEPTH) == {"disagree"}
    assert outcomes(data.assign(error=data.error * (1.0 + 0.02 / data.layers**0)), verdict.CONSTANT) == {"disagree"}
    assert outcomes(data.assign(coefficient=0.98 * data.coefficient), verdict.CONSTANT) == {"disagree"}
    away = data.assign(error=data.coefficient / data.layers * (1.0 + 0.003 * np.log(data.layers / 10.0)))
    assert outcomes(away, verdict.CONSTANT) == {"disagree"}  # within 1 %, but it goes away from the coefficient
    shuffled = data.assign(error=data.error[:, ::-1].assign_coords(layers=data.layers))
    assert outcomes(shuffled) == {"disagree"}
    assert outcomes(data.assign(error=-data.error)) == {"disagree"}


def test_other_fluctuations_disagree_and_few_networks_cannot_tell(parts):
    data = parts["width"]
    for power in (-0.1, 0.1, 0.5):
        assert outcomes(data.assign(std=data["std"] * data.particles**power), verdict.WIDTH) == {"disagree"}
    assert outcomes(data.assign(std=1.06 * data["std"]), verdict.NOISE) == {"disagree"}
    assert outcomes(data.assign(predicted=data.predicted[::-1].values + 0.0 * data.predicted)) >= {"disagree"}
    noisy = data.assign(standard_error=5.0 * data.standard_error)
    claim = next(c for c in verdict.judge([noisy]) if c.statement == verdict.WIDTH)
    assert claim.outcome == "not judged" and "more networks" in claim.reason
    sure = data.assign(standard_error=1e-4 * data["std"])  # scatter widens the interval, so only the size is refused
    assert outcomes(sure, verdict.NOISE) == {"disagree"}


def test_a_motion_by_another_matrix_disagrees(parts):
    data = parts["velocity"]
    for false in (data.difference + 0.01, 0.0 * data.difference + 0.02, data.difference * data.step**-1.5):
        assert outcomes(data.assign(difference=false)) == {"disagree"}


def test_a_false_training_disagrees(parts):
    data = parts["training"]
    n, steps = data.attrs["samples"], data.time.values
    slow = data.loss.values[0] * np.exp(-2.0 / n * 0.9 * data.least.values[0] * steps)
    assert outcomes(data.assign(loss=("time", slow)), verdict.DECAY) == {"disagree"}
    assert outcomes(data.assign(least=30.0 * data.least), verdict.DECAY) == {"disagree"}
    assert outcomes(data.assign(loss=data.loss[::-1].values + 0.0 * data.loss)) == {"disagree", "agree"}
    for factor in (0.99, 1.01):
        assert outcomes(data.assign(rate=factor * data.rate), verdict.RATE) == {"disagree"}
    assert outcomes(data.assign(least=0.99 * data.least), verdict.LEAST) == {"disagree"}
    assert outcomes(data.assign(least_output=0.0 * data.least_output), verdict.LEAST) == {"disagree"}
    unfinished = data.assign_attrs(status="not_converged")
    assert outcomes(unfinished) == {"disagree"}


def test_a_complexity_above_the_bound_or_without_certificate_disagrees(parts):
    data = parts["complexity"]
    one = data.copy(deep=True)
    one.value[2] = float(np.sqrt(2.0 * one.radius[2] / 50.0))  # on the bound, but not two errors below
    for false in (one, data.assign(value=2.0 * data.value), data.assign(value=-data.value)):
        assert outcomes(false) == {"disagree"}
    assert outcomes(data.assign(gap=1e-3 * data.value)) == {"disagree"}
    false_bound = data.assign(bound=10.0 * data.bound, value=2.0 * data.value)  # the bound is computed anew
    assert outcomes(false_bound) == {"disagree"}


def test_another_motion_of_particles_disagrees(parts):
    data = parts["gap-beta"]
    for power in (-0.1, 0.1, 1.0, 2.0):
        assert outcomes(data.assign(divergence=data.divergence * data.beta**power)) == {"disagree"}
    assert outcomes(data.sel(beta=data.beta <= 16.0)) == {"disagree"}


def test_other_gaps_disagree_or_cannot_be_judged(parts):
    data = parts["gap-samples"]
    n = data.samples
    slow = data.assign(gap=0.3 * n**-0.3 / 16.0**-0.3, gap_error=0.003 + 0.0 * data.gap)
    assert (
        outcomes(slow)
        == {"disagree"}
        == outcomes(data.assign(gap=0.0 * data.gap + 0.3, gap_error=0.01 + 0.0 * data.gap))
    )
    for false, reason in (
        (data.assign(gap_error=data.gap), "the gap is within its error at n = 16"),
        (data.assign(gap=0.3 * (n / 16.0) ** -0.5, gap_error=0.05 * (n / 16.0) ** -0.5), "both sides of −1/2"),
        (data.assign(gap=-data.gap), "the gap is within its error"),
    ):
        claim = verdict.judge([false])[0]
        assert claim.outcome == "not judged" and reason in claim.reason


def test_a_gap_that_changes_with_depth_disagrees(parts):
    data = parts["gap-layers"]
    assert outcomes(data.assign(gap=data.gap * data.layers**0.1)) == {"disagree"}
    assert outcomes(data.sel(layers=data.layers <= 8)) == {"disagree"}
    changed = data.gap.copy(deep=True)
    changed[0] *= 3.0  # two layers are not among those judged
    assert outcomes(data.assign(gap=changed)) == {"agree"}


def test_a_gap_above_the_bound_disagrees(parts):
    data = parts["fixed-layers-samples"]
    for false in (
        data.assign(absolute=data.bound),
        data.assign(divergence=1e-3 * data.divergence),
        data.assign(absolute_error=data.bound),
        data.assign(bound=100.0 * data.bound, absolute=data.bound),  # the bound is computed anew
    ):
        assert outcomes(false) == {"disagree"}
