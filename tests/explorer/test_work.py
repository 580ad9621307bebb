"""Work in processes of its own, and what the tabs make of stores, weights and tables."""

from __future__ import annotations

import time

import numpy as np
import pytest

import spectralaw as sl
from spectralaw.explorer import curves_view, export, sweeps_view, tasks, weights_view, work
from spectralaw.explorer.address import read
from spectralaw.explorer.jobs import Jobs


@pytest.fixture
def jobs():
    running = Jobs()
    yield running
    running.close()


def wait(jobs, name, *states):
    for _ in range(1200):
        job = jobs.look(name)
        if job.state in states:
            return job
        time.sleep(0.05)
    raise AssertionError(job)


def test_work_is_done_elsewhere_with_progress(jobs):
    view = tasks.view({"dimension": "15", "samples": "200", "seeds": "2"})
    cleaned = []
    content = {"tasks": view.tasks, "method": "convex", "seeds": view.seeds}
    name = jobs.start("train", content, lambda: cleaned.append(True))
    job = wait(jobs, name, "done")
    assert (job.done, job.total) == (2, 2)
    assert job.result[0]["risks"] == [sl.train(view.tasks[0], seed).excess_risk for seed in (0, 1)]
    for _ in range(100):
        if cleaned:
            break
        time.sleep(0.05)
    assert cleaned == [True]


def test_work_can_be_cancelled_and_what_is_unknown_is_said(jobs):
    view = tasks.view({"dimension": "300", "samples": "60000", "seeds": "20"})
    name = jobs.start("train", {"tasks": view.tasks, "method": "convex", "seeds": view.seeds})
    wait(jobs, name, "running")
    jobs.cancel(name)
    assert wait(jobs, name, "cancelled").result is None
    for wrong in ("nothing", None, 3):
        with pytest.raises(sl.InvalidInput, match="no such work"):
            jobs.look(wrong)


def test_a_process_that_dies_is_a_sentence(jobs, monkeypatch):
    from spectralaw.explorer import jobs as module

    monkeypatch.setattr(module, "_FIRST_WORDS", "import os; os._exit(9)")
    assert "ended (status 9)" in wait(jobs, jobs.start("train", {}), "failed").sentence


def test_a_process_ends_with_its_server():
    import pickle
    import subprocess
    import sys

    from spectralaw.explorer import jobs as module

    view = tasks.view({"dimension": "300", "samples": "60000", "seeds": "20"})
    process = subprocess.Popen(
        [sys.executable, "-c", module._FIRST_WORDS], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None and process.stdout is not None
    pickle.dump(sys.path, process.stdin)
    pickle.dump(("train", {"tasks": view.tasks, "method": "convex", "seeds": view.seeds}), process.stdin)
    process.stdin.flush()
    assert pickle.load(process.stdout) == ("progress", 0, 20)
    process.stdin.close()
    assert process.wait(timeout=60) == 1
    process.stdout.close()


def test_too_much_at_once_is_refused(jobs, monkeypatch):
    from spectralaw.explorer import jobs as module

    monkeypatch.setattr(module, "_MOST_WAITING", 0)
    cleaned = []
    with pytest.raises(sl.InvalidInput, match="works on 0 things"):
        jobs.start("train", {}, lambda: cleaned.append(True))
    assert cleaned == [True]


def test_what_goes_wrong_inside_is_a_sentence(tmp_path):
    silent = lambda done, total: None  # noqa: E731
    state, said = work.run("diagnose", {"path": str(tmp_path / "none.pt"), "name": "none.pt"}, silent)
    assert state == "failed" and "none.pt" in said and str(tmp_path) not in said
    assert work.run("fit", {"table": "a\n1\n", "x": "", "y": "", "forecast": ""}, silent)[0] == "failed"
    state, said = work.run("train", {"tasks": 3, "method": "convex", "seeds": [0]}, silent)
    assert state == "failed" and "should not" in said


@pytest.mark.parametrize(
    ("table", "forecast", "sentence"),
    [
        ("", "", "table must be given"),
        ("tokens,loss\n1,2\n", "nan", "greater than 0, not nan"),
        ("tokens,loss\n1,2\n", "-1", "greater than 0, not -1"),
        ("tokens,loss\n1,2\n", "many", "forecast must be a number"),
        ("tokens,loss\n1,nan\n2,inf\n3,x\n", "", "data row 3 has 'x'"),
        ("a,b\n1,2\n", "", "y was not found"),
    ],
)
def test_a_table_that_cannot_be_used_is_a_sentence(table, forecast, sentence):
    with pytest.raises(sl.InvalidInput, match=sentence) as caught:
        curves_view.fitted(table, forecast=forecast)
    assert "/tmp" not in str(caught.value)


def test_a_curve_without_a_law_and_one_of_two_variables():
    flat = "x,loss\n" + "".join(f"{x},{1.0 + 0.3 * (-1) ** x}\n" for x in range(1, 12))
    shown = curves_view.fitted(flat, forecast="100")
    assert any("no forecast" in sentence for sentence in shown.sentences) and len(shown.pictures) == 2
    size, amount = (a.ravel() for a in np.meshgrid(np.geomspace(1e6, 1e9, 6), np.geomspace(1e8, 1e11, 6)))
    loss = 1.7 + 400 * size**-0.34 + 410 * amount**-0.28
    rows = "".join(
        f"{n!r},{d!r},{y!r}\n" for n, d, y in zip(size.tolist(), amount.tolist(), loss.tolist(), strict=True)
    )
    shown = curves_view.fitted("N,D,loss\n" + rows)
    assert len(shown.pictures) == 1 and any(row[0] == "alpha" for row in shown.tables[0][1])


def test_sweeps_show_errors_and_refuse_what_is_not_there(tmp_path):
    path = str(tmp_path / "s.sqlite")
    grid = {"network": "diagonal", "dimension": 12, "samples": [20, 40], "weight_decay": 1.0}
    sl.sweep(grid, path, seeds=1)
    shown = sweeps_view.shown(path, {})
    assert shown.facts["counts"] == {"pending": 0, "done": 4, "failed": 0} and shown.facts["axes"] == ["samples"]
    for values, sentence in (
        ({"y": "beauty"}, "not a number that rows have"),
        ({"x": "beauty"}, "not in the store"),
        ({"draw": "map"}, "needs two fields"),
        ({"draw": "film"}, "draw must be one of"),
        ({"by": "samples"}, "must differ"),
        ({"of": "sgd"}, "of must be one of"),
    ):
        with pytest.raises(sl.InvalidInput, match=sentence):
            sweeps_view.shown(path, values)
    import sqlite3

    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE rows SET state = 'failed', error = 'Boom: <b>', result = NULL WHERE id = 1")
    connection.close()
    shown = sweeps_view.shown(path, {})
    assert ("1", "Boom: <b>") in shown.tables[0][1] and any(
        "1 rows have no" in sentence for sentence in shown.sentences
    )


def test_nothing_on_an_exported_page_is_more_than_text(tmp_path):
    pytest.importorskip("plotly", reason="exports need plotly")
    name = "</script><script>alert(1)</script>"
    np.savez(tmp_path / "w.npz", **{name: np.random.default_rng(0).standard_normal((40, 50))})
    shown = weights_view.shown(sl.diagnose(tmp_path / "w.npz"))
    text = export.document([shown], 'tab=weights&path="><img src=x onerror=alert(1)>')
    assert "<script>alert(1)" not in text and "<img src=x" not in text
    assert text.count("<script") == 3 + len(shown.pictures) and "http-equiv" in text


def test_an_export_holds_the_numbers_of_the_view():
    shown = export.views(read("network=both&dimension=30&samples=500"))
    assert len(shown) == 2
    for one, task in zip(
        shown, tasks.view({"network": "both", "dimension": "30", "samples": "500"}).tasks, strict=True
    ):
        bars = {trace["name"]: trace["x"] for trace in one.pictures[4].figure["data"]}
        p = sl.predict(task)
        assert bars["approximation"] == [p.decomposition.approximation] and one.title.startswith(task.network)
