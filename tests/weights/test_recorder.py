"""The recorder: ranks, agreement, alignment, resuming, foreign arrays, refusals; its experiment's exact end."""

from __future__ import annotations

import numpy as np
import pytest

import spectralaw as sl
from spectralaw.reproduction.experiments import spectral_dynamics as experiment
from spectralaw.weights.dynamics import ranks


def _weights(seed, shapes=((12, 20), (6, 12))):
    rng = np.random.default_rng(seed)
    return {f"layer{k}": rng.standard_normal(shape) for k, shape in enumerate(shapes)}


def test_ranks():
    assert ranks(np.ones(7))["effective_rank"] == pytest.approx(7.0)
    projector = np.linalg.svd(np.diag([1.0, 1.0, 1.0, 0.0, 0.0]), compute_uv=False)
    found = ranks(projector)
    assert found["effective_rank"] == pytest.approx(3.0) and found["stable_rank"] == pytest.approx(3.0)
    assert found["entropy_rank"] == pytest.approx(np.log(3.0) / 5.0) and found["count_rank"] == 3.0
    assert ranks(np.zeros(4))["effective_rank"] == 0.0


def test_baseline_is_the_quarter_circle():
    found = sl.random_matrix_baseline((400, 400), draws=2)
    assert found["effective_rank"] / 400 == pytest.approx(0.805041, abs=0.003)
    with pytest.raises(sl.InvalidInput, match="draws must be"):
        sl.random_matrix_baseline((4, 4), draws=0)


def test_records_and_continues(tmp_path):
    path = tmp_path / "run.weights"
    recorder = sl.WeightRecorder(path, vectors=4)
    for step in range(3):
        assert recorder(step, _weights(step))
    again = sl.WeightRecorder(path, vectors=4)  # as after a kill
    again(3, _weights(3))
    assert again.steps == (0, 1, 2, 3)
    data = again.to_xarray()
    exact = np.linalg.svd(_weights(2)["layer1"], compute_uv=False)
    np.testing.assert_allclose(data.singular_values.sel(step=2, matrix="layer1").values[:6], exact)
    np.testing.assert_allclose(data.agreement.sel(step=3).values, 1.0, atol=1e-5)
    assert float(data.agreement.sel(step=0).max()) < 0.9  # of other random weights
    assert np.all(np.isnan(data.alignment.sel(matrix="layer0"))) and np.all(data.alignment.sel(matrix="layer1") < 0.9)
    first = again.to_xarray("first")
    np.testing.assert_allclose(first.agreement.sel(step=0).values, 1.0, atol=1e-5)
    assert np.all(np.isnan(again.to_xarray("previous").agreement.sel(step=0)))
    with pytest.raises(sl.InvalidInput, match="step must be greater than 3"):
        again(2, _weights(2))
    assert again.rewind(2) == 2 and again.steps == (0, 1)
    again(2, _weights(9))


def test_alignment_is_seen(tmp_path):
    rng = np.random.default_rng(0)
    middle = np.linalg.qr(rng.standard_normal((8, 8)))[0]
    first = middle @ np.diag(np.arange(8.0, 0.0, -1.0)) @ np.linalg.qr(rng.standard_normal((8, 8)))[0].T
    second = np.linalg.qr(rng.standard_normal((8, 8)))[0] @ np.diag(np.arange(8.0, 0.0, -1.0)) @ middle.T
    recorder = sl.WeightRecorder(tmp_path / "a.weights", vectors=8)
    recorder(0, {"first": first, "second": second})
    assert float(recorder.to_xarray().alignment.sel(step=0, matrix="second")) == pytest.approx(1.0, abs=1e-5)


def test_every_skips(tmp_path):
    recorder = sl.WeightRecorder(tmp_path / "a.weights", every=5)
    assert [recorder(step, _weights(0)) for step in range(11)].count(True) == 3 and recorder.steps == (0, 5, 10)


def test_arrays_of_other_libraries(tmp_path):
    class Foreign:
        def __init__(self, array):
            self.array = array

        def detach(self):
            return self

        def cpu(self):
            return self

        def __array__(self, dtype=None, copy=None):
            return self.array if dtype is None else self.array.astype(dtype)

    array = np.random.default_rng(0).standard_normal((3, 2, 5, 5))
    recorder = sl.WeightRecorder(tmp_path / "a.weights")
    recorder(0, {"conv": Foreign(array), "bias": np.zeros(7), "dense": [[1.0, 2.0], [3.0, 4.0]]})
    data = recorder.to_xarray()
    assert data.matrix.values.tolist() == ["conv", "dense"] and data.shape.sel(matrix="conv").values.tolist() == [3, 50]


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [
        ([np.eye(3)], "weights must be a mapping"),
        ({"a": np.zeros(3)}, "at least one matrix"),
        ({"a": np.full((3, 3), np.nan)}, "weights must be finite, but 'a' is not"),
        ({"a": "text"}, "weights must be arrays of numbers, but 'a' is str"),
    ],
)
def test_refuses_what_is_no_weights(tmp_path, weights, sentence):
    recorder = sl.WeightRecorder(tmp_path / "a.weights")
    recorder(0, {"a": np.eye(3)})
    with pytest.raises(sl.InvalidInput, match=sentence):
        recorder(1, weights)
    assert recorder.steps == (0,)


def test_refuses_other_files_and_shapes(tmp_path):
    (tmp_path / "text").write_text("hello, this is a file of text", encoding="utf-8")
    with pytest.raises(sl.InvalidInput, match="no recording of weights"):
        sl.WeightRecorder(tmp_path / "text")
    assert (tmp_path / "text").read_text(encoding="utf-8").startswith("hello")
    with pytest.raises(sl.InvalidInput, match="folder that exists"):
        sl.WeightRecorder(tmp_path / "none" / "a")
    recorder = sl.WeightRecorder(tmp_path / "a.weights")
    with pytest.raises(sl.InvalidInput, match="holds no record yet"):
        recorder.to_xarray()
    recorder(0, {"a": np.eye(3)})
    with pytest.raises(sl.InvalidInput, match="names and shapes of the last record"):
        recorder(1, {"a": np.eye(4)})
    with pytest.raises(sl.InvalidInput, match="vectors must be 16"):
        sl.WeightRecorder(tmp_path / "a.weights", vectors=3)
    with pytest.raises(sl.InvalidInput, match="reference must be"):
        recorder.to_xarray(7)


def test_training_records_itself(tmp_path):
    task = sl.Task("quadratic", 12, 150, 1.0, 0.5)
    recorder = sl.WeightRecorder(tmp_path / "a.weights")
    trained = sl.train(task, 0, "network", record=recorder)
    data = recorder.to_xarray()
    values = data.singular_values.isel(step=-1, matrix=0).values
    np.testing.assert_allclose(values**2 / 12.0, trained.spectrum, atol=1e-6 * trained.spectrum[0])
    assert trained.excess_risk == pytest.approx(sl.train(task, 0, "network").excess_risk)  # watching changes nothing
    with pytest.raises(sl.InvalidInput, match="record must be a function, with method='network'"):
        sl.train(task, 0, record=recorder)


def test_the_end_of_two_linear_layers_is_exact(tmp_path):
    data = experiment.linear(tmp_path / "l.weights")
    claims = {c.statement: c for c in _judged(tmp_path, data)}
    assert claims[experiment.END].agrees and claims[experiment.ALIGNED].agrees
    wrong = data.assign(singular_values=data.singular_values + 0.1)
    refused = {c.statement: c for c in _judged(tmp_path, wrong)}
    assert not refused[experiment.END].agrees and not refused[experiment.ALIGNED].agrees


def _judged(tmp_path, linear):
    quadratic = experiment.quadratic(tmp_path / "q.weights", 12)
    parts = [experiment.addition(tmp_path / f"{d}.weights", d, 7, 16, 60) for d in (1.0, 0.0)]
    return experiment.judge([linear, quadratic, *parts])


def test_false_recordings_disagree(tmp_path):
    linear = experiment.linear(tmp_path / "l.weights", steps=400)
    quadratic = experiment.quadratic(tmp_path / "q.weights", 24)
    parts = [experiment.addition(tmp_path / f"{d}.weights", d, 7, 16, 60) for d in (1.0, 0.0)]

    def outcome(statement, changed):
        return next(c.outcome for c in experiment.judge([linear, *changed]) if c.statement == statement)

    assert outcome(experiment.SPECTRUM, [quadratic.assign(trained=1.3 * quadratic.outlier), *parts]) == "disagree"
    flat = quadratic.assign(effective_rank=0.0 * quadratic.effective_rank + 20.0)
    assert outcome(experiment.FALLS, [flat, *parts]) == "disagree"
    for false in (0.1, np.nan):  # a random matrix has a lower rank still, or its rank is unknown
        other = quadratic.assign(random_effective_rank=false + 0.0 * quadratic.random_effective_rank)
        assert outcome(experiment.FALLS, [other, *parts]) == "disagree"
    both = [part.assign(accuracy=0.0 * part.accuracy + 1.0) for part in parts]
    assert outcome(experiment.GROKKED, [quadratic, *both]) == "disagree"  # the network without weight decay, too
    assert outcome(experiment.RANK, [quadratic, *parts]) == "disagree"


def test_pictures(tmp_path):
    pytest.importorskip("matplotlib")
    recorder = sl.WeightRecorder(tmp_path / "run.weights", vectors=4)
    for step in range(4):
        recorder(step, _weights(step))
    recorder.plot().savefig(tmp_path / "p.png")
    assert (tmp_path / "p.png").stat().st_size > 10_000
    assert recorder.film(tmp_path / "f.gif").read_bytes()[:3] == b"GIF"
    with pytest.raises(sl.InvalidInput, match=r"must be a .gif file"):
        recorder.film(tmp_path / "f.mp4")
