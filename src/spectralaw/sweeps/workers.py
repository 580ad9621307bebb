"""Processes on this machine that do the rows of a sweep, each with one job at a time.

They are new interpreters that talk over pipes, not copies of this one: the caller's script is not run again in them,
whether or not it has a main guard, and they end when the driver does, however that ends.
"""

from __future__ import annotations

import pickle
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

from spectralaw.parallel import single_threaded
from spectralaw.sweeps.errors import SweepStopped
from spectralaw.sweeps.jobs import Job
from spectralaw.sweeps.work import Outcome
from spectralaw.sweeps.worker import BEGUN, UNFIT

_STARTING = 120.0  # seconds a process may take before its job begins
_LOOK_UP = 1.0  # seconds after which the driver looks round: an interrupt just before a wait is seen only at its end
_FIRST_WORDS = """
import pickle, sys
try:
    sys.path[:] = pickle.load(sys.stdin.buffer)
    from spectralaw.sweeps.worker import serve
except EOFError:  # the driver is gone
    sys.exit()
except Exception as error:
    pickle.dump(("unfit", f"{type(error).__name__}: {error}"), sys.stdout.buffer)
    sys.exit(1)
serve()
"""


def by_processes(jobs: Iterator[Job], count: int, timeout: float | None) -> Iterator[tuple[Job, Outcome]]:
    """Outcomes from ``count`` processes, each with one thread of linear algebra.

    A process that dies in the middle of a job, or takes longer than ``timeout`` seconds for it, fails that job alone
    and is replaced. One that ends before its first job has begun fails no job: it stops the sweep.
    """
    events: queue.SimpleQueue = queue.SimpleQueue()
    workers: list[_Worker] = []
    again: deque[Job] = deque()
    exhausted = False

    def following() -> Job | None:
        nonlocal exhausted
        if again:
            return again.popleft()
        job = None if exhausted else next(jobs, None)
        exhausted = job is None
        return job

    def discard(worker: _Worker) -> None:
        workers.remove(worker)
        worker.stop()

    try:
        while True:
            while len(workers) < count and (job := following()) is not None:
                workers.append(_Worker(events))
                workers[-1].start(job)
            for worker in [worker for worker in workers if worker.job is None]:
                if (job := following()) is None:
                    break
                worker.start(job)
            if not any(worker.job for worker in workers):
                return
            for worker, kind, content in _news(events, _patience(workers, timeout)):
                job = worker.job
                if worker not in workers:
                    continue
                if job is None:  # it was idle, and has ended
                    discard(worker)
                elif kind == BEGUN:
                    worker.begun = time.monotonic()
                elif kind == UNFIT:
                    raise SweepStopped(f"a worker process cannot do its work, and no row was run by it: {content}")
                elif kind is not None:
                    worker.finish()
                    yield job, content
                else:
                    discard(worker)
                    if worker.begun is not None:
                        yield job, worker.failure(f"the worker process died (exit code {worker.code()})")
                    elif worker.finished:
                        again.append(job)  # it had not begun
                    else:
                        raise SweepStopped(
                            f"a worker process ended before it was ready (exit code {worker.code()}); "
                            "no row was run by it, and the same call continues the sweep"
                        )
            for worker in list(workers):
                job, now = worker.job, time.monotonic()
                if job is None:
                    continue
                if worker.begun is None and now - worker.given >= _STARTING:
                    raise SweepStopped(
                        f"a worker process was not ready after {_STARTING:g} s; the machine is too busy, "
                        "give fewer workers"
                    )
                if timeout is not None and worker.begun is not None and now - worker.begun >= timeout:
                    discard(worker)
                    yield job, worker.failure(f"stopped after the timeout of {timeout:g} s")
    finally:
        for worker in workers:
            worker.stop()


def _patience(workers: list[_Worker], timeout: float | None) -> float:
    """Seconds until some worker may have run out of its time."""
    now = time.monotonic()
    left = [_STARTING - (now - worker.given) for worker in workers if worker.job and worker.begun is None]
    if timeout is not None:
        left += [timeout - (now - worker.begun) for worker in workers if worker.job and worker.begun is not None]
    return max(0.0, min([*left, _LOOK_UP]))


def _news(events: queue.SimpleQueue, patience: float) -> Iterator[tuple[_Worker, str | None, Any]]:
    """What workers have said since last time; waits for the first word."""
    try:
        yield events.get(timeout=patience)
        while True:
            yield events.get_nowait()
    except queue.Empty:
        return


class _Worker:
    """One process, the pipes to it, and the thread that listens."""

    def __init__(self, events: queue.SimpleQueue) -> None:
        apart: dict[str, Any] = (  # an interrupt from the keyboard is the driver's affair
            {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP} if sys.platform == "win32" else {"process_group": 0}
        )
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-c", _FIRST_WORDS],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=single_threaded(),
            **apart,
        )
        self.job: Job | None = None
        self.given = 0.0
        self.begun: float | None = None
        self.finished = 0
        self._events = events
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self._send(sys.path)

    def _listen(self) -> None:
        assert self.process.stdout is not None
        try:
            while True:
                self._events.put((self, *pickle.load(self.process.stdout)))
        except Exception:  # the end of the pipe, or half a message of a process that was killed
            self._events.put((self, None, None))

    def _send(self, content: object) -> None:
        assert self.process.stdin is not None
        try:
            pickle.dump(content, self.process.stdin)
            self.process.stdin.flush()
        except OSError:  # it has died; the listener says so
            pass

    def start(self, job: Job) -> None:
        self.job, self.given, self.begun = job, time.monotonic(), None
        self._send(job)

    def finish(self) -> None:
        self.job, self.begun = None, None
        self.finished += 1

    def failure(self, reason: str) -> Outcome:
        return Outcome(None, None, reason, time.monotonic() - (self.begun or self.given), "")

    def code(self) -> int | None:
        return self.process.poll()

    def stop(self) -> None:
        if self.process.poll() is None and self._listener.is_alive():
            self.process.kill()
        try:
            self.process.wait(5.0)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._listener.join()
        for pipe in (self.process.stdin, self.process.stdout):
            try:
                pipe.close()  # type: ignore[union-attr]
            except OSError:  # what could not be flushed to a dead process
                pass
