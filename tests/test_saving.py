"""Results survive: pickled after use, written, read back to the last bit; files that are not ours are refused."""

from __future__ import annotations

import copy
import dataclasses
import json
import os
import pickle
import stat
import zipfile

import numpy as np
import pytest

import spectralaw as sl
from spectralaw import files

TASK = sl.Task("quadratic", 20, 133.7, 0.1, 1.0 / 3.0, sl.PowerLaw(1.1))
TASKS = [
    TASK,
    sl.Task("diagonal", 20, 60, 1e-3, 0.25, sl.Empirical([3.0, 1.0 / 3.0], normalize=True)),
    sl.Task("diagonal", 20, 60, 1.0, 0.25, sl.Empirical([-3.0, 2.0], coefficients="fixed")),
    sl.Task("quadratic", 20, 60, 1.0, 0.25, sl.FiniteRank(3), width=7),
]


def _same(one, two) -> bool:
    """Equal to the last bit, in type and in value."""
    if isinstance(one, np.ndarray):
        return one.dtype == two.dtype and one.tobytes() == two.tobytes() and one.shape == two.shape
    if isinstance(one, dict):
        return list(one) == list(two) and all(_same(one[name], two[name]) for name in one)
    if isinstance(one, (tuple, list)):
        return len(one) == len(two) and all(map(_same, one, two))
    if dataclasses.is_dataclass(one):
        return type(one) is type(two) and all(
            _same(getattr(one, f.name), getattr(two, f.name)) for f in dataclasses.fields(one)
        )
    return type(one) is type(two) and (one == two or (one != one and two != two))


@pytest.mark.parametrize("task", TASKS)
def test_a_prediction_pickles_after_use_and_answers_the_same(task):
    p = sl.predict(task)
    used = (p.outliers, p.spectrum, p.bayes_risk, p.phase, p.decomposition)
    for again in (pickle.loads(pickle.dumps(p)), copy.deepcopy(p), copy.copy(p)):
        assert _same(again, p) and again == p
        assert again.outliers == used[0] and again.bayes_risk == used[2] and again.phase == used[3]
        np.testing.assert_array_equal(again.spectrum.values, p.spectrum.values)


def _results():
    x = np.geomspace(1.0, 1e4, 20)
    trained = sl.train(TASK.replace(samples=134))
    yield sl.predict(TASK).phase  # at the peak, without an exponent in n
    yield sl.predict(TASK).spectrum
    yield sl.predict(TASK.replace(weight_decay=1e3)).spectrum  # without a bulk
    yield sl.optimal_weight_decay(TASK)
    yield trained.risk_estimate
    yield sl.read_bulk(trained.spectrum)
    yield sl.compare(TASK.replace(samples=134), 2)
    yield sl.fit_scaling_law(x, x**-0.5 + 0.1)


@pytest.mark.parametrize("result", list(_results()), ids=lambda result: type(result).__name__)
def test_a_result_equals_its_copy_and_no_changed_one(result):
    again = pickle.loads(pickle.dumps(result))
    assert again == result and hash(again) == hash(result) and result != 3
    for f in dataclasses.fields(result):
        value = getattr(result, f.name)
        if not f.compare or not f.init or isinstance(value, str):
            continue
        if isinstance(value, float):
            missing = float("nan")
            twice = [dataclasses.replace(result, **{f.name: copy.copy(missing) + 0.0}) for _ in range(2)]
            assert twice[0] == twice[1] and (twice[0] != result or value != value)
            assert dataclasses.replace(result, **{f.name: 7.25}) != result
        elif isinstance(value, np.ndarray) and value.size:
            assert dataclasses.replace(result, **{f.name: value + 1}) != result
            assert dataclasses.replace(result, **{f.name: value[:-1]}) != result


@pytest.mark.parametrize("task", TASKS)
def test_a_prediction_is_read_back_to_the_last_bit(task, tmp_path):
    p = sl.predict(task)
    path = p.save(tmp_path / "p.npz")
    assert _same(sl.Prediction.load(path), p) and sl.Prediction.load(path).task == task
    assert _same(sl.load(str(path)), p)


@pytest.mark.parametrize(("task", "method"), [(TASK, "convex"), (TASKS[1], "amp"), (TASKS[3], "network")])
def test_a_trained_network_is_read_back_to_the_last_bit(task, method, tmp_path):
    t = sl.train(task, 10**30, method)
    again = sl.Trained.load(t.save(tmp_path / "t.npz"))
    assert _same(again, t) and again.seed == 10**30
    assert _same(pickle.loads(pickle.dumps(t)), t) and (method != "amp" or "gap" in again.trajectory)


def test_a_comparison_is_read_back_to_the_last_bit(tmp_path):
    c = sl.compare(TASK, seeds=(3, 5))
    _ = c.prediction.spectrum
    assert _same(sl.Comparison.load(c.save(tmp_path / "c.npz")), c)
    assert _same(pickle.loads(pickle.dumps(c)), c)
    assert sl.load(tmp_path / "c.npz").to_dict() == c.to_dict()


def test_what_is_not_finite_is_read_back(tmp_path):
    p = dataclasses.replace(sl.predict(TASK), excess_risk=float("nan"), residual=float("inf"), message="λ ≥ 0\n")
    assert _same(sl.Prediction.load(p.save(tmp_path / "p.npz")), p)
    lost = sl.compare(TASK, 2, max_iterations=1)
    assert _same(sl.Comparison.load(lost.save(tmp_path / "c.npz")), lost)


def test_the_file_has_exactly_the_name_that_was_given_and_no_pickle_inside(tmp_path):
    for name in ("a.txt", "b", "noise0.5", "c.npz"):
        sl.predict(TASK).save(tmp_path / name)
        assert (tmp_path / name).is_file()
        with zipfile.ZipFile(tmp_path / name) as archive:
            assert all(b"|O" not in archive.read(member)[:100] for member in archive.namelist())
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.txt", "b", "c.npz", "noise0.5"]


def test_foreign_cut_and_newer_files_are_refused_in_one_sentence(tmp_path):
    good = sl.train(TASK).save(tmp_path / "good.npz")
    content = good.read_bytes()
    bad = {
        "empty": b"",
        "text": b"not a result",
        "pickle": pickle.dumps({"a": 1}),
        "half": content[: len(content) // 2],
        "short": content[:-1],
        "flipped": content[:3000] + bytes([content[3000] ^ 255]) + content[3001:],
    }
    for name, data in bad.items():
        (tmp_path / name).write_bytes(data)
    np.savez(tmp_path / "foreign.npz", spectrum=np.ones(3))
    np.save(tmp_path / "array.npy", np.ones(3))
    for name in [*bad, "foreign.npz", "array.npy"]:
        for load in (sl.Trained.load, sl.load):
            with pytest.raises(
                sl.InvalidInput, match="is not a result that spectralaw saved, or it is cut off"
            ) as told:
                load(tmp_path / name)
            assert name in str(told.value) and "\n" not in str(told.value)
    with pytest.raises(sl.InvalidInput, match=r"missing\.npz cannot be read: No such file"):
        sl.load(tmp_path / "missing.npz")
    with pytest.raises(sl.InvalidInput, match="cannot be read"):
        sl.load(tmp_path)
    with pytest.raises(sl.InvalidInput, match="holds a Trained, not a Prediction"):
        sl.Prediction.load(good)


def _with_header(source, target, **changes):
    with np.load(source) as file:
        arrays = dict(file)
    header = {**json.loads(arrays.pop("spectralaw").tobytes()), **changes}
    np.savez(target, spectralaw=np.frombuffer(json.dumps(header).encode(), np.uint8), **arrays)
    return target


def test_headers_that_lie_are_refused(tmp_path):
    good = sl.predict(TASK).save(tmp_path / "p.npz")
    with np.load(good) as file:
        fields = json.loads(file["spectralaw"].tobytes())["fields"]
    newer = _with_header(good, tmp_path / "newer.npz", format=2, version="9.9")
    with pytest.raises(sl.InvalidInput, match=r"written by spectralaw 9\.9, in a newer format than this version"):
        sl.load(newer)
    for changes in (
        {"fields": {**fields, "status": "fine"}},
        {"fields": {**fields, "task": {**fields["task"], "dimension": "20"}}},
        {"fields": {**fields, "exponents": [1]}},
        {"fields": {name: value for name, value in fields.items() if name != "residual"}},
        {"fields": {**fields, "surprise": 1}},
        {"fields": {**fields, "excess_risk": {}}},
        {"fields": {**fields, "excess_risk": True}},
        {"fields": None},
    ):
        with pytest.raises(sl.InvalidInput, match="is not a whole Prediction"):
            sl.Prediction.load(_with_header(good, tmp_path / "lie.npz", **changes))
    with pytest.raises(sl.InvalidInput, match="holds a System, which is none of"):
        sl.load(_with_header(good, tmp_path / "lie.npz", kind="System"))


def test_places_where_no_file_can_be_written(tmp_path):
    p = sl.predict(TASK)
    for path in (tmp_path, tmp_path / "none" / "p.npz", p.save(tmp_path / "p.npz") / "q.npz"):
        with pytest.raises(sl.InvalidInput, match="cannot be written"):
            p.save(path)
    for path in (3, None, "", "a\0b"):
        with pytest.raises(sl.InvalidInput, match="path must be the name of a file"):
            p.save(path)
    p.save(os.devnull)
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)  # a device is not replaced
    assert [f.name for f in tmp_path.iterdir()] == ["p.npz"]


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = sl.predict(TASK).save(tmp_path / "p.npz")
    before = path.read_bytes()

    def full(self, content):
        with open(self, "wb") as file:
            file.write(content[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        sl.predict(TASK.replace(samples=200)).save(path)
    assert path.read_bytes() == before and [f.name for f in tmp_path.iterdir()] == ["p.npz"]


@pytest.mark.parametrize(
    ("path", "picture"),
    [
        ("noise0.5.nc", "noise0.5.png"),
        ("noise0.5", "noise0.5.png"),
        ("noise0", "noise0.png"),
        ("a/b.c/x.toml", "a/b.c/x.png"),
        ("run.v2.npz", "run.v2.png"),
        ("run.v2", "run.v2.png"),
        (".nc", ".nc.png"),
    ],
)
def test_a_picture_stands_beside_its_data_under_the_same_name(path, picture):
    assert files.beside(path, ".png").as_posix() == picture


def test_a_number_is_no_file_and_its_descriptor_stays_open(tmp_path):
    with open(tmp_path / "a", "w+b") as file:
        for number in (file.fileno(), True):
            for load in (sl.load, sl.Prediction.load, sl.Diagnosis.load, sl.diagnose):
                with pytest.raises(sl.InvalidInput, match=r"path must be|source must be"):
                    load(number)
        os.fstat(file.fileno())
        os.fstat(1)
