"""The experiment of tensor compression: true data agree, false data are refused, claim by claim."""

from __future__ import annotations

import numpy as np
import pytest

from spectralaw.systems.tensor_compression import experiment, verdict
from spectralaw.systems.tensor_compression.experiment import EXPERIMENT


def _nothing() -> None:
    return None


@pytest.fixture(scope="module")
def datasets():
    weights, images = experiment.planted_network(0)
    random = np.random.default_rng(0).standard_normal((6, 5, 3, 3))
    return [
        experiment.compute_truncation(4, 3, _nothing),
        experiment.compute_ranks(random, (1, 4, 16), "random", _nothing),
        experiment.compute_ranks(random[:, :, :2, :2].copy(), (1, 4), "trained", _nothing),
        experiment.compute_network("digits", weights, images, (0.9, 0.3), "typical", _nothing),
        experiment.compute_network("planted", weights, images, (0.3, 0.1), "certified", _nothing),
    ]


@pytest.fixture
def parts(datasets):
    return {data.attrs["part"]: data for data in datasets}


def outcomes(data, statement):
    claims = [claim for claim in verdict.judge([data]) if claim.statement == statement]
    assert claims
    return {str(claim.outcome) for claim in claims}


def test_true_data_agree(datasets):
    claims = verdict.judge(datasets)
    assert [c for c in claims if not c.agrees] == []
    assert {c.statement for c in claims} == set(EXPERIMENT.claims) and len(claims) == 12
    assert EXPERIMENT.sizes["quick"].keys() == EXPERIMENT.sizes["paper"].keys()


def test_the_picture_and_its_caption(datasets):
    figure = EXPERIMENT.draw(datasets)
    assert len(figure.axes) == 4 and all(axis.get_title() for axis in figure.axes)
    assert "3 kernels of 4 planted terms" in EXPERIMENT.caption(datasets)


@pytest.mark.parametrize(
    ("part", "name", "statement"),
    [
        ("truncation", "recovery", verdict.RECOVERY),
        ("truncation", "frobenius_error", verdict.FROBENIUS),
        ("truncation", "noise", verdict.FROBENIUS),
        ("truncation", "operator_error", verdict.OPERATOR),
        ("truncation", "termwise", verdict.OPERATOR),
        ("truncation", "margin", verdict.IDENTITY),
        ("truncation", "noise", verdict.NOT_XI),
        ("random", "bound", verdict.RANKS),
        ("trained", "operator_error", verdict.RANKS),
        ("random", "other_sizes", verdict.RANKS),
        ("typical", "measured", verdict.OUTPUT),
        ("typical", "certified", verdict.LOOSE),
        ("certified", "certified", verdict.OUTPUT),
        ("certified", "measured", verdict.HOLDS),
        ("certified", "share", verdict.SMALLER),
    ],
)
@pytest.mark.parametrize("false", [np.nan, np.inf, -1.0])
def test_what_is_missing_never_agrees(parts, part, name, statement, false):
    data = parts[part]
    assert outcomes(data, statement) == {"agree"}
    lost = data[name].copy(deep=True)
    lost.values.flat[-1] = false
    assert outcomes(data.assign({name: lost}), statement) == {"disagree"}


@pytest.mark.parametrize(
    ("part", "name", "change", "statement"),
    [
        ("truncation", "recovery", lambda a: a + 1e-9, verdict.RECOVERY),
        ("truncation", "frobenius_error", lambda a: a * 1.1 + 0.1, verdict.FROBENIUS),
        ("truncation", "operator_error", lambda a: a * 1.001, verdict.OPERATOR),
        ("truncation", "operator_error", lambda a: a * 0.999, verdict.IDENTITY),
        ("truncation", "operator_error", lambda a: a * 0.1, verdict.NOT_XI),
        ("random", "bound", lambda a: a * 0.95, verdict.RANKS),
        ("trained", "other_sizes", lambda a: a * 1.1, verdict.RANKS),
        ("typical", "measured", lambda a: a * 1e4, verdict.OUTPUT),
        ("typical", "measured", lambda a: a * 1e4, verdict.LOOSE),
        ("certified", "certified", lambda a: a * 100.0, verdict.HOLDS),
        ("certified", "measured", lambda a: a + 1.0, verdict.HOLDS),
        ("certified", "share", lambda a: a + 1.0, verdict.SMALLER),
    ],
)
def test_false_data_are_refused(parts, part, name, change, statement):
    data = parts[part]
    assert outcomes(data.assign({name: change(data[name])}), statement) == {"disagree"}


def test_where_nothing_was_compressed_nothing_is_judged(parts):
    kept = parts["certified"]
    zero = kept.assign(measured=0.0 * kept.measured, certified=0.0 * kept.certified)
    assert outcomes(zero, verdict.HOLDS) == outcomes(zero, verdict.SMALLER) == {"not judged"}
    typical = parts["typical"]
    zero = typical.assign(measured=0.0 * typical.measured, certified=0.0 * typical.certified)
    assert outcomes(zero, verdict.LOOSE) == {"not judged"}
