"""Processes that do the rows: from any script, on their own time, no longer than their driver lives."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

import spectralaw as sl
from spectralaw import cli
from spectralaw.sweeps import SweepStopped, workers

SMALL = {"network": "diagonal", "dimension": 10, "samples": [20, 40], "weight_decay": 1.0, "noise_variance": 0.5}
LONG = {"network": "quadratic", "dimension": 200, "samples": 60_000, "weight_decay": 1.0, "noise_variance": 0.5}
SCRIPT = """
import os, spectralaw as sl
before = dict(os.environ)
grid = {"network": "diagonal", "dimension": 10, "samples": [20, 40], "weight_decay": 1.0}
inside = []
result = sl.sweep(grid, "s.sqlite", seeds=2, workers=2, progress=lambda *_: inside.append(dict(os.environ)))
print(result.counts(), all(now == before for now in [*inside, dict(os.environ)]))
"""


@pytest.mark.parametrize("way", ["file", "input", "command"])
def test_a_script_needs_no_main_guard_and_the_environment_stays(tmp_path, way):
    (tmp_path / "script.py").write_text(SCRIPT)
    arguments = {"file": ["script.py"], "input": ["-"], "command": ["-c", SCRIPT]}[way]
    found = subprocess.run(
        [sys.executable, *arguments],
        input=SCRIPT, capture_output=True, text=True, cwd=tmp_path, timeout=120,
    )  # fmt: skip
    assert found.stdout == "{'pending': 0, 'done': 6, 'failed': 0} True\n" and found.stderr == ""


def test_a_worker_that_cannot_start_stops_the_sweep_and_blames_no_row(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(workers, "_FIRST_WORDS", "import sys; sys.exit(7)")
    with pytest.raises(SweepStopped, match=r"ended before it was ready \(exit code 7\)"):
        sl.sweep(SMALL, tmp_path / "s.sqlite", seeds=2, workers=2)
    assert sl.open_sweep(tmp_path / "s.sqlite").counts() == {"pending": 6, "done": 0, "failed": 0}
    (tmp_path / "s.json").write_text(json.dumps({"task": SMALL}))
    assert cli.run(["sweep", "run", str(tmp_path / "s.json"), "--store", str(tmp_path / "s.sqlite")]) == 1
    assert capsys.readouterr().err.count("ended before it was ready") == 1


def test_a_worker_without_what_it_needs_says_so(tmp_path, monkeypatch, capfd):
    words = "import sys; sys.modules['sklearn'] = None\n" + workers._FIRST_WORDS
    monkeypatch.setattr(workers, "_FIRST_WORDS", words)
    with pytest.raises(SweepStopped, match="cannot do its work, and no row was run by it: ModuleNotFoundError"):
        sl.sweep(SMALL, tmp_path / "s.sqlite", seeds=1, methods="convex", workers=1)
    assert sl.open_sweep(tmp_path / "s.sqlite").counts()["pending"] == 2
    monkeypatch.setattr(workers, "_FIRST_WORDS", words.replace("'sklearn'", "'spectralaw'"))
    with pytest.raises(SweepStopped, match="no row was run by it: ModuleNotFoundError"):
        sl.sweep(SMALL, tmp_path / "s.sqlite", seeds=1, methods="convex", workers=1)
    assert capfd.readouterr().err == ""


def test_importing_is_not_the_time_of_a_row(tmp_path, monkeypatch):
    slow = "import time; time.sleep(2.0)\n" + workers._FIRST_WORDS
    monkeypatch.setattr(workers, "_FIRST_WORDS", slow)
    result = sl.sweep(SMALL, tmp_path / "s.sqlite", seeds=1, methods="convex", workers=1, timeout=1.5)
    assert result.counts() == {"pending": 0, "done": 2, "failed": 0}
    assert all(record["seconds"] < 1.0 for record in result.records())


def _children_killed_when_busy(monkeypatch, patience=2.0):
    """Kill each first worker some time after its job has begun."""
    original = workers._Worker.start

    def start(self, job):
        original(self, job)
        if job.task["dimension"] == LONG["dimension"]:

            def kill():
                while self.begun is None:
                    time.sleep(0.01)
                time.sleep(patience)
                self.process.send_signal(signal.SIGKILL)

            threading.Thread(target=kill, daemon=True).start()

    monkeypatch.setattr(workers._Worker, "start", start)


def test_a_worker_that_dies_fails_its_row_alone(tmp_path, monkeypatch):
    _children_killed_when_busy(monkeypatch, 0.3)
    tasks = [sl.Task(**LONG), sl.Task("diagonal", 10, 20, 1.0, 0.5)]
    result = sl.sweep(tasks, tmp_path / "s.sqlite", seeds=1, methods="network", workers=1)
    assert result.counts() == {"pending": 0, "done": 1, "failed": 1}
    assert "worker process died (exit code -9)" in result.errors()[0][1]


def test_a_worker_that_dies_between_rows_is_replaced(tmp_path, monkeypatch):
    original, killed = workers._Worker.start, []

    def start(self, job):
        if self.finished == 1 and not killed:
            killed.append(self.process.pid)
            self.process.kill()
            self.process.wait()
        original(self, job)

    monkeypatch.setattr(workers._Worker, "start", start)
    result = sl.sweep(SMALL, tmp_path / "s.sqlite", seeds=2, workers=1)
    assert killed and result.counts() == {"pending": 0, "done": 6, "failed": 0}


def _alive(pids):
    def running(pid):
        try:
            with open(f"/proc/{pid}/stat") as file:
                return file.read().rsplit(")", 1)[1].split()[0] not in ("Z", "X")
        except OSError:
            return False

    return [pid for pid in pids if running(pid)]


def _children(pid):
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children") as file:
            found += [int(child) for child in file.read().split()]
    return found


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="reads /proc")
@pytest.mark.parametrize("signal_", [signal.SIGKILL, signal.SIGINT])
def test_workers_end_with_their_driver(tmp_path, signal_):
    (tmp_path / "s.json").write_text(json.dumps({"task": LONG, "methods": "network", "seeds": 4}))
    driver = subprocess.Popen(
        [sys.executable, "-m", "spectralaw", "sweep", "run", "s.json", "--workers", "2"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60.0
    while time.monotonic() < deadline:
        children = _children(driver.pid)
        used = [Path(f"/proc/{child}/stat").read_text().split()[13:15] for child in children]
        busy = [times for times in used if sum(map(float, times)) > 200]
        if len(busy) == 2:  # two seconds of work each: in the middle of a row
            break
        time.sleep(0.1)
    assert len(children) == 2
    driver.send_signal(signal_)
    said = driver.communicate(timeout=60)[1]
    moment = time.monotonic()
    while _alive(children) and time.monotonic() - moment < 10.0:
        time.sleep(0.05)
    assert not _alive(children) and time.monotonic() - moment < 5.0
    assert sl.open_sweep(tmp_path / "s.sqlite").counts()["failed"] == 0
    if signal_ == signal.SIGINT:
        assert driver.returncode == 130
        assert "interrupted; 0 of 4 rows are finished and kept in s.sqlite, and the same command continues" in said
        assert "Traceback" not in said


class _Lost(ThreadPoolExecutor):
    """An executor that is lost after some rows."""

    def __init__(self, good: int, error: Exception) -> None:
        super().__init__(1)
        self.left, self.error = good, error

    def submit(self, function, /, *arguments, **named):
        self.left -= 1
        if self.left >= 0:
            return super().submit(function, *arguments, **named)
        future = Future()
        future.set_exception(self.error)
        return future


class KilledWorker(Exception):
    """As Dask calls it."""


def test_a_lost_executor_fails_no_row(tmp_path):
    with _Lost(3, OSError("scheduler gone")) as pool, pytest.raises(SweepStopped, match="OSError scheduler gone"):
        sl.sweep(SMALL, tmp_path / "s.sqlite", seeds=5, executor=pool)
    counts = sl.open_sweep(tmp_path / "s.sqlite").counts()
    assert counts["failed"] == 0 and counts["done"] <= 3 and counts["pending"] >= 9
    with _Lost(99, OSError()) as pool:
        assert sl.sweep(SMALL, tmp_path / "s.sqlite", seeds=5, executor=pool).counts()["done"] == 12
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    with pytest.raises(SweepStopped, match="after shutdown"):
        sl.sweep(SMALL, tmp_path / "t.sqlite", executor=pool)


def test_a_row_that_takes_workers_of_dask_with_it_is_failed(tmp_path):
    with _Lost(10, KilledWorker("run-1 was on 3 workers that died")) as pool:
        result = sl.sweep(SMALL, tmp_path / "s.sqlite", seeds=5, executor=pool)
    assert result.counts() == {"pending": 0, "done": 10, "failed": 2}
    assert "died with it" in result.errors()[0][1]


def _exit(*_):
    os._exit(3)


@pytest.mark.slow
def test_a_broken_pool_fails_no_row(tmp_path):
    with ProcessPoolExecutor(1) as pool:
        pool.submit(_exit)
        with pytest.raises(SweepStopped, match="BrokenProcessPool"):
            sl.sweep(SMALL, tmp_path / "s.sqlite", seeds=2, executor=pool)
    assert sl.open_sweep(tmp_path / "s.sqlite").counts()["failed"] == 0


def test_what_a_library_prints_is_not_taken_for_a_result(tmp_path, monkeypatch, capfd):
    noisy = workers._FIRST_WORDS.replace(
        "serve()", "import spectralaw.sweeps.worker as w, os; r = w.run; "
        "w.run = lambda job: (print('noise'), os.write(1, b'more'), r(job))[2]; serve()",
    )  # fmt: skip
    monkeypatch.setattr(workers, "_FIRST_WORDS", noisy)
    assert sl.sweep(SMALL, tmp_path / "s.sqlite", seeds=1, workers=1).counts()["done"] == 4
    assert "more" in capfd.readouterr().err
