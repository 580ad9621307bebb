"""What the callbacks answer, without a browser."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

import spectralaw as sl
from spectralaw.explorer import measured, tasks

dash = pytest.importorskip("dash", reason="the explorer needs dash")
from spectralaw.explorer import sweeps_tab, theory_tab, weights_tab  # noqa: E402

SMALL = {"dimension": "20", "samples": "300"}


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ({"id": 1, "values": {"samples": "nan"}}, "samples must be a finite number"),
        ({"id": 1, "values": {"samples": ["1", "2"]}}, "samples must be a number"),
        ({"id": 1, "values": {"__class__": "x"}}, "unknown field"),
        ({"id": 1, "values": [1]}, "must be given by the values"),
        ({"id": 1}, "must be given by the values"),
        ("nothing", "must be given by the values"),
        (None, "must be given by the values"),
    ],
)
def test_a_state_that_is_wrong_is_a_sentence(state, sentence):
    answer = theory_tab.answered(state, None)
    assert sentence in answer["error"] and "columns" not in answer


def test_an_answer_has_everything_the_page_shows():
    answer = theory_tab.answered({"id": 7, "values": {**SMALL, "network": "both"}}, None)
    assert answer["id"] == 7 and answer["error"] == "" and len(answer["columns"]) == 2 and answer["coarse"]
    for k, column in enumerate(answer["columns"]):
        assert set(column["pictures"]) == {f"{name}-{k}" for name, _, _ in theory_tab.PICTURES}
    assert "6 trainings take roughly" in answer["estimate"]


def test_a_view_that_is_too_long_for_a_link_says_so():
    values = {"dimension": "5000", "samples": "1e6", "network": "diagonal", "teacher": "Empirical"}
    answer = theory_tab.answered({"id": 1, "values": {**values, "spectrum": "1.23456 " * 4000}}, None)
    assert (
        answer["error"] == "" and answer["query"] == "" and "too long for a link" in answer["columns"][0]["sentences"]
    )
    assert "too long" not in theory_tab.answered({"id": 1, "values": SMALL}, None)["columns"][0]["sentences"]


def test_a_fault_of_ours_is_said_and_the_page_lives_on(monkeypatch):
    from spectralaw.explorer import theory_view

    monkeypatch.setattr(theory_view, "shown", lambda *_, **__: 1 / 0)
    assert "ZeroDivisionError" in theory_tab.answered({"id": 1, "values": SMALL}, None)["error"]


@pytest.mark.parametrize(
    "trained", [None, 3, "x", [], [None], [{"task": 3}], [{"mean": 1.0}], [{"task": {}, "mean": "x"}]]
)
def test_what_a_browser_keeps_of_trainings_is_looked_at_with_care(trained):
    answer = theory_tab.answered({"id": 1, "values": SMALL}, trained)
    assert answer["error"] == "" and "trained" not in json.dumps(list(answer["columns"][0]["pictures"]))


def test_trained_networks_are_laid_over_their_task_alone():
    task = tasks.view(SMALL).tasks[0]
    group = json.loads(json.dumps(measured.summary([sl.train(task, seed) for seed in (0, 1)])))

    def traces(values):
        pictures = theory_tab.answered({"id": 1, "values": values}, [group])["columns"][0]["pictures"]
        return {
            name: [t["name"] for t in one["figure"]["data"] if "trained" in t["name"]] for name, one in pictures.items()
        }

    mine = traces(SMALL)
    assert mine["risk-samples-0"] and mine["risk-decay-0"] and mine["spectrum-0"] and mine["parts-0"]
    moved = traces({**SMALL, "samples": "301"})
    assert moved["risk-samples-0"] and not moved["risk-decay-0"] and not moved["spectrum-0"] and not moved["parts-0"]
    assert not any(traces({**SMALL, "gamma": "1.5"}).values())


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"weight_decay": "0"}, "weight_decay must be greater than 0 for training"),
        ({"width": "5"}, "a narrower network has no convex form"),
        ({"dimension": "1e9", "samples": "1e9"}, "memory"),
        ({"dimension": "400", "samples": "1e6", "seeds": "20"}, "more than the 120 s"),
    ],
)
def test_what_cannot_be_trained_is_said_before(values, sentence):
    assert sentence in theory_tab.estimate(tasks.view({**SMALL, **values}))


def test_a_running_sweep_tells_its_rate_and_is_looked_at_again(tmp_path):
    import contextlib
    import sqlite3

    path = str(tmp_path / "s.sqlite")
    sl.sweep({"network": "diagonal", "dimension": 12, "samples": [20, 40], "weight_decay": 1.0}, path, seeds=2)

    def put(statement):
        with contextlib.closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(statement)

    asked = dict.fromkeys(("x", "y", "by", "of"), "") | {"draw": "lines"}
    put("UPDATE rows SET state = 'pending' WHERE id > 3")
    *_, stopped, seen, query = sweeps_tab.answer(path, asked, None)
    assert not stopped and "tab=sweeps" in query
    assert all(part is dash.no_update for part in sweeps_tab.answer(path, asked, seen))
    put("UPDATE rows SET state = 'done' WHERE id = 4")
    seen = {**seen, "time": seen["time"] - 60.0}
    words = sweeps_tab.answer(path, asked, seen)[1]
    assert re.match(r"(1|0\.\d+) rows a minute since this page looks: 2\.\d minutes to go", words[-1].children)
    put("UPDATE rows SET state = 'done'")
    answer = sweeps_tab.answer(path, asked, seen)
    assert answer[-3] is True and not any("minute" in one.children for one in answer[1])


def test_dropped_files_are_kept_apart_and_deleted(tmp_path):
    import io

    uploads = weights_tab.Uploads()
    first = uploads.take(io.BytesIO(b"12345"), 5, "../../etc/passwd")
    place, name = uploads.give(first)
    assert place.read_bytes() == b"12345" and name == "passwd"
    with pytest.raises(sl.InvalidInput, match="drop it again"):
        uploads.give(first)
    for wrong in (None, "../x", 3):
        with pytest.raises(sl.InvalidInput, match="no dropped file"):
            uploads.give(wrong)
    with pytest.raises(sl.InvalidInput, match="broke off"):
        uploads.take(io.BytesIO(b"12"), 5, "short.npz")
    with pytest.raises(sl.InvalidInput, match="at most"):
        uploads.take(io.BytesIO(b""), 3 << 30, "large.npz")
    kept = [uploads.take(io.BytesIO(b"x"), 1, f"{k}.npz") for k in range(6)]
    with pytest.raises(sl.InvalidInput):
        uploads.give(kept[0])
    last, _ = uploads.give(kept[5])
    uploads.close()
    assert last.exists() and np.all([uploads._files == {}])
    last.unlink()
    last.parent.rmdir()
    place.unlink()
    place.parent.rmdir()
