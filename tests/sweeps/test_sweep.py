"""Sweeps end to end: results, resuming, everything that can go wrong."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import spectralaw as sl
from spectralaw.sweeps.jobs import Job
from spectralaw.sweeps.store import Store
from spectralaw.sweeps.work import Outcome

GRID = {
    "network": "quadratic",
    "dimension": 12,
    "samples": [20, 60, 200],
    "weight_decay": [0.3, 3.0],
    "noise_variance": 0.5,
}


def test_results_are_those_of_train_and_predict(tmp_path):
    seen = []
    result = sl.sweep(GRID, tmp_path / "s.sqlite", seeds=3, workers=2, progress=lambda *a: seen.append(a))
    assert seen == [(k, 24) for k in range(25)] and result.counts() == {"pending": 0, "done": 24, "failed": 0}
    data = result.to_xarray()
    assert dict(data.sizes) == {"samples": 3, "weight_decay": 2, "source": 2, "seed": 3}
    task = sl.Task("quadratic", 12, 60, 0.3, 0.5)
    here = data.sel(samples=60.0, weight_decay=0.3)
    assert float(here.excess_risk.sel(source="convex", seed=2)) == pytest.approx(
        sl.train(task, 2).excess_risk, rel=1e-12
    )
    assert float(here.excess_risk.sel(source="theory", seed=0)) == pytest.approx(
        sl.predict(task).excess_risk, rel=1e-12
    )
    record, spectrum = next(iter(result.spectra()))
    expected = sl.train(sl.Task("quadratic", 12, record["samples"], record["weight_decay"], 0.5), record["seed"])
    np.testing.assert_allclose(spectrum, expected.spectrum, atol=1e-12)


def _finished(path):
    with Store(path) as rows:
        return {row["id"]: row["finished"] for row in rows.rows()}


def test_resuming_is_free_and_equal_to_an_uninterrupted_run(tmp_path):
    part = {**GRID, "samples": [20, 60]}
    sl.sweep(part, tmp_path / "a.sqlite", seeds=2, workers=1)
    first = _finished(tmp_path / "a.sqlite")
    whole = sl.sweep(GRID, tmp_path / "a.sqlite", seeds=2, workers=1)
    again = _finished(tmp_path / "a.sqlite")
    assert all(again[row] == finished for row, finished in first.items())
    fresh = sl.sweep(GRID, tmp_path / "b.sqlite", seeds=2, workers=2)
    assert whole.to_xarray().drop_vars([]).equals(fresh.to_xarray())  # bit for bit


@pytest.mark.slow
def test_killed_at_random_moments_nothing_is_lost_and_nothing_done_twice(tmp_path):
    file, store = tmp_path / "s.toml", tmp_path / "s.sqlite"
    file.write_text(
        'seeds = 40\nmethods = "convex"\n[task]\nnetwork = "quadratic"\ndimension = 16\n'
        "samples = [30, 60, 120, 240, 480]\nweight_decay = [0.1, 0.3, 1.0]\nnoise_variance = 0.5\n"
    )
    command = [sys.executable, "-m", "spectralaw", "sweep", "run", str(file), "--json"]
    finished: dict[int, float] = {}
    begin = time.monotonic()  # of one row, from start to end: what the machine takes to get going
    alone = tmp_path / "alone.toml"
    alone.write_text('methods = "convex"\nseeds = 1\n[task]\nnetwork = "diagonal"\ndimension = 4\n'
                     "samples = 9\nweight_decay = 1.0\n")  # fmt: skip
    subprocess.run([*command[:5], str(alone), "--json"], check=True, capture_output=True)
    start = time.monotonic() - begin
    moments = random.Random(0)
    for _ in range(20):
        driver = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        time.sleep(start * moments.uniform(0.4, 1.6))
        os.killpg(driver.pid, signal.SIGKILL)
        driver.communicate()
        if store.exists() and store.stat().st_size:
            with Store(store, write=True) as rows:
                now = {r["id"]: r["finished"] for r in rows.rows() if r["state"] == "done"}
            assert all(now.get(row) == moment for row, moment in finished.items())  # kept, and not done again
            finished = now
    assert 0 < len(finished)
    subprocess.run(command, check=True, capture_output=True)
    assert sl.open_sweep(store).counts() == {"pending": 0, "done": 600, "failed": 0}
    with Store(store) as rows:
        assert all(r["finished"] == finished[r["id"]] for r in rows.rows() if r["id"] in finished)


def test_two_drivers_on_one_store(tmp_path):
    path = tmp_path / "s.sqlite"
    with Store(path, write=True), pytest.raises(sl.InvalidInput, match="in use by another sweep"):
        sl.sweep(GRID, path, seeds=1)
    assert sl.sweep({**GRID, "samples": 20}, path, seeds=1, methods="theory").counts()["done"] == 2


def test_failed_rows_hold_their_error_and_are_retried(tmp_path, monkeypatch):
    from spectralaw import training

    def train(task, seed, *_, **__):
        if task.width == 13:
            raise RuntimeError(f"seed {seed}: \x1b[2Jno\nsuch luck\x07")
        return original(task, seed)

    original = training.train
    monkeypatch.setattr(training, "train", train)
    path = tmp_path / "s.sqlite"
    grid = {**GRID, "samples": 20, "width": [13, 12], "weight_decay": 1.0}
    with ThreadPoolExecutor(1) as pool:
        result = sl.sweep(grid, path, seeds=2, methods="convex", executor=pool)
    assert result.counts() == {"pending": 0, "done": 2, "failed": 2}
    assert result.errors() == [(1, r"such luck\x07"), (2, r"such luck\x07")]
    assert np.isnan(result.to_xarray().excess_risk.sel(width=13)).all()
    assert sl.sweep(grid, path, seeds=2, methods="convex").counts()["failed"] == 2
    with Store(path, write=True) as rows:
        assert rows.retry_failed() == 2 and rows.counts()["pending"] == 2
    assert sl.sweep(grid, path, seeds=2, methods="convex").counts() == {"pending": 0, "done": 4, "failed": 0}


def test_what_did_not_converge_is_no_number(tmp_path):
    options = {"convex": {"max_iterations": 1}}
    result = sl.sweep({**GRID, "samples": 60}, tmp_path / "s.sqlite", seeds=1, methods="convex", options=options)
    data = result.to_xarray()
    assert set(data.status.values.ravel()) == {"not_converged"} and "excess_risk" not in data


LONG = {"network": "quadratic", "dimension": 200, "samples": 60_000, "weight_decay": 1.0, "noise_variance": 0.5}


@pytest.mark.slow
def test_a_row_that_never_ends_is_stopped_and_the_rest_goes_on(tmp_path):
    tasks = [sl.Task(**LONG), sl.Task("diagonal", 10, 20, 1.0, 0.5)]
    result = sl.sweep(tasks, tmp_path / "s.sqlite", seeds=1, methods="network", workers=1, timeout=4.0)
    assert result.counts() == {"pending": 0, "done": 1, "failed": 1}
    assert "timeout of 4 s" in result.errors()[0][1]


def test_any_executor_serves(tmp_path):
    with ThreadPoolExecutor(2) as pool:
        result = sl.sweep(GRID, tmp_path / "s.sqlite", seeds=1, executor=pool)
    assert result.counts()["done"] == 12
    with ThreadPoolExecutor(1) as pool, pytest.raises(sl.InvalidInput, match="timeout cannot be used with an executor"):
        sl.sweep(GRID, tmp_path / "s.sqlite", executor=pool, timeout=3.0)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of Dask's own, when its processes stop
def test_dask_with_a_real_scheduler_and_workers(tmp_path, capsys):
    from spectralaw import cli

    address = tmp_path / "scheduler.json"
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard"]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--nthreads", "1", "--no-dashboard"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    processes = [subprocess.Popen([*dask, "--scheduler-file", str(address)], **quiet)]
    processes += [subprocess.Popen([*worker, "--scheduler-file", str(address)], **quiet) for _ in range(2)]
    try:
        deadline = time.monotonic() + 60.0
        while not address.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        import json

        where = json.loads(address.read_text())["address"]
        file = tmp_path / "s.toml"
        file.write_text(
            'seeds = 2\n[task]\nnetwork = "diagonal"\ndimension = 10\nsamples = [20, 40]\nweight_decay = 1.0\n'
        )
        assert cli.run(["sweep", "run", str(file), "--scheduler", where, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["done"] == 6
        file.write_text(
            'seeds = 200\nmethods = "network"\n[task]\nnetwork = "quadratic"\ndimension = 40\nsamples = 2000\n'
            "weight_decay = 0.1\n"
        )
        lost = tmp_path / "lost.sqlite"
        command = ["sweep", "run", str(file), "--scheduler", where, "--store", str(lost), "--json"]
        driver = subprocess.Popen([sys.executable, "-m", "spectralaw", *command], stderr=subprocess.PIPE, text=True)
        while time.monotonic() < deadline + 60.0 and not (lost.exists() and sl.open_sweep(lost).counts()["done"]):
            time.sleep(0.2)
        processes[0].kill()  # a lost scheduler is no row's fault
        said = driver.communicate(timeout=120)[1]
        counts = sl.open_sweep(lost).counts()
        assert driver.returncode == 1 and "the executor failed" in said and said.count("spectralaw: ") == 1
        assert counts["failed"] == 0 and counts["done"] > 0 and counts["pending"] > 0
    finally:
        for process in processes:
            process.terminate()
            process.wait(20)


def test_stores_that_cannot_be_used(tmp_path):
    with pytest.raises(sl.InvalidInput, match="does not exist"):
        sl.open_sweep(tmp_path / "none.sqlite")
    (tmp_path / "text.sqlite").write_text("this is no database, and never was one")
    with pytest.raises(sl.InvalidInput, match="cannot be opened"):
        sl.open_sweep(tmp_path / "text.sqlite")
    other = sqlite3.connect(tmp_path / "other.sqlite")
    other.execute("CREATE TABLE t (x)")
    other.close()
    with pytest.raises(sl.InvalidInput, match="another program"):
        sl.sweep(GRID, tmp_path / "other.sqlite")
    path = tmp_path / "newer.sqlite"
    Store(path, write=True).close()
    newer = sqlite3.connect(path)
    newer.execute("PRAGMA user_version = 99")
    newer.close()
    for use in (lambda: sl.sweep(GRID, path), lambda: sl.open_sweep(path)):
        with pytest.raises(sl.InvalidInput, match="version 99, newer than"):
            use()
    (tmp_path / "file").write_text("")
    with pytest.raises(sl.InvalidInput, match="cannot be opened"):
        sl.sweep(GRID, tmp_path / "file" / "s.sqlite")


def test_a_full_disk_is_one_sentence_and_loses_nothing(tmp_path):
    path = tmp_path / "s.sqlite"
    task = sl.Task("diagonal", 10, 20, 1.0)
    jobs = [(f"k{k}", Job(task.to_dict(), k, "convex", {})) for k in range(50)]
    outcome = Outcome({"excess_risk": 1.0, "status": "converged"}, b"x" * 4000, None, 0.1, "here")
    with Store(path, write=True) as rows:
        rows.add(jobs)
        rows.finish(1, outcome, "0")
        pages = rows._connection.execute("PRAGMA page_count").fetchone()[0]
        rows._connection.execute(f"PRAGMA max_page_count = {pages + 2}")  # SQLite's own full disk
        with pytest.raises(sl.InvalidInput, match="rows done before are safe: database or disk is full"):
            for row in range(2, 50):
                rows.finish(row, outcome, "0")
    counts = sl.open_sweep(path).counts()
    assert counts["done"] >= 1 and counts["done"] + counts["pending"] == 50


@pytest.mark.slow
def test_a_hundred_thousand_rows(tmp_path):
    path = tmp_path / "s.sqlite"
    task = sl.Task("diagonal", 10, 20, 1.0).to_dict()
    with Store(path, write=True) as rows:
        rows.add((f"k{k}", Job(task, k, "convex", {})) for k in range(100_000))
    begin = time.perf_counter()
    assert sl.open_sweep(path).counts()["pending"] == 100_000
    assert time.perf_counter() - begin < 2.0


def test_rows_that_are_no_grid_are_told(tmp_path):
    tasks = [sl.Task("diagonal", 10 + k, 20 + k, 1.0 + k, 0.5) for k in range(12)]
    result = sl.sweep(tasks, tmp_path / "s.sqlite", seeds=1, methods="theory")
    with pytest.raises(sl.InvalidInput, match="are no grid"):
        result.to_xarray()
    assert result.export(tmp_path / "rows.csv") == 12 and result.export(tmp_path / "rows.parquet") == 12
    with pytest.raises(sl.InvalidInput, match=r"must end in \.csv"):
        result.export(tmp_path / "rows.xls")


def test_commands(tmp_path, capsys):
    import json

    from spectralaw import cli

    file = tmp_path / "s.toml"
    file.write_text('seeds = 2\n[task]\nnetwork = "diagonal"\ndimension = 10\nsamples = [20, 40]\nweight_decay = 1.0\n')
    assert cli.run(["sweep", "run", str(file)]) == 0
    printed = capsys.readouterr()
    assert "6 done" in printed.out and "s.sqlite" in printed.err and "roughly" in printed.err
    store = str(tmp_path / "s.sqlite")
    assert cli.run(["sweep", "status", store, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["done"] == 6
    assert cli.run(["sweep", "show", store, "--x", "samples", "--y", "excess_risk", "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["rows"]) == 4
    assert cli.run(["sweep", "show", store, "--x", "colour"]) == 2 and "'colour' is not in" in capsys.readouterr().err
    assert cli.run(["sweep", "export", store, str(tmp_path / "s.nc")]) == 0
    assert cli.run(["sweep", "status", str(tmp_path / "none.sqlite")]) == 2


def test_what_has_no_result_is_said_and_is_status_one(tmp_path, capsys):
    import json

    from spectralaw import cli

    file = tmp_path / "s.json"
    content = {
        "seeds": 8,
        "methods": "convex",
        "task": {"network": "quadratic", "dimension": 10, "samples": 60, "weight_decay": 1.0},
        "options": {"convex": {"max_iterations": 1}},
    }
    file.write_text(json.dumps(content))
    with Store(tmp_path / "s.sqlite", write=True) as rows:
        rows.add(sl.plan_sweep(file).jobs())
        for row in range(1, 8):
            rows.finish(row, Outcome(None, None, f"Traceback:\nValueError: no {row}", 0.1, ""), "0")
    command = ["sweep", "run", str(file), "--workers", "1"]
    assert cli.run(command) == 1
    said = capsys.readouterr().out
    assert "0 pending, 1 done, 7 failed (1 of those done did not converge)" in said
    assert "row 5: ValueError: no 5" in said and "row 6" not in said and "and 2 more errors" in said
    assert cli.run([*command, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["errors_not_shown"] == 2 and len(found["errors"]) == 5 and found["not_converged"] == 1
    assert cli.run(["sweep", "status", str(tmp_path / "s.sqlite")]) == 0  # a question that was answered
    file.write_text(json.dumps({**content, "options": {}}))
    assert cli.run(["sweep", "run", str(file), "--store", str(tmp_path / "good.sqlite"), "--json"]) == 0
