"""Who does the work: processes on this machine, or any executor of ``concurrent.futures``."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from typing import Any

from spectralaw.parallel import pinned_threads
from spectralaw.sweeps.jobs import Job
from spectralaw.sweeps.work import Outcome, run


def by_processes(jobs: Iterator[Job], count: int, timeout: float | None) -> Iterator[tuple[Job, Outcome]]:
    """Outcomes from ``count`` processes, each with one job at a time and its share of the threads.

    A process that dies, or takes longer than ``timeout`` seconds for a job, fails that job alone and is replaced.
    """
    context = multiprocessing.get_context("spawn")
    workers: list[_Worker] = []
    try:
        with pinned_threads():
            exhausted = False
            while True:
                while not exhausted and len(workers) < count:
                    job = next(jobs, None)
                    if job is None:
                        exhausted = True
                        break
                    workers.append(_Worker(context))
                    workers[-1].start(job)
                busy = [worker for worker in workers if worker.job is not None]
                if not busy:
                    return
                for worker, outcome in _collect(busy, timeout):
                    job = worker.job
                    assert job is not None
                    worker.job = None
                    if outcome is None or not worker.process.is_alive():
                        workers.remove(worker)
                        worker.stop()
                    yield job, outcome or worker.failure
                    if worker in workers:
                        following = None if exhausted else next(jobs, None)
                        if following is None:
                            exhausted = True
                        else:
                            worker.start(following)
    finally:
        for worker in workers:
            worker.stop()


_READY = "ready"  # the first thing a process says: from then on its time is counted
_STARTING = 120.0  # seconds a process may take until then


class _Worker:
    """One process and the pipe to it."""

    def __init__(self, context: Any) -> None:
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()
        self.job: Job | None = None
        self.begun = 0.0
        self.ready = False
        self.failure = Outcome(None, None, None, 0.0, "")

    def start(self, job: Job) -> None:
        self.job, self.begun = job, time.monotonic() + (0.0 if self.ready else _STARTING)
        try:
            self.pipe.send(job)
        except OSError:  # it died while idle; the closed pipe is noticed when collecting
            pass

    def fail(self, reason: str) -> None:
        self.failure = Outcome(None, None, reason, max(time.monotonic() - self.begun, 0.0), "")

    def stop(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


def _collect(busy: list[_Worker], timeout: float | None) -> Iterator[tuple[_Worker, Outcome | None]]:
    """Wait for at least one worker to answer, die, or run out of time; None stands for the last two."""
    patience = None
    if timeout is not None:
        patience = max(0.0, min(worker.begun for worker in busy) + timeout - time.monotonic())
    ready = multiprocessing.connection.wait([worker.pipe for worker in busy], patience)
    for worker in busy:
        if worker.pipe in ready:
            try:
                message = worker.pipe.recv()
                if message == _READY:
                    worker.ready, worker.begun = True, time.monotonic()
                else:
                    yield worker, message
            except (EOFError, OSError):
                worker.process.join(5.0)
                worker.fail(f"the worker process died (exit code {worker.process.exitcode})")
                yield worker, None
        elif timeout is not None and time.monotonic() - worker.begun >= timeout:
            worker.fail(f"stopped after the timeout of {timeout:g} s")
            yield worker, None


def _serve(pipe: Any) -> None:
    """Main loop of a worker process; ends when the driver is gone."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # an interrupt from the keyboard is the driver's affair
    import spectralaw.theory
    import spectralaw.training  # noqa: F401  # what rows need, before their time is counted

    pipe.send(_READY)
    while True:
        try:
            job = pipe.recv()
            pipe.send(run(job))
        except (EOFError, OSError):
            return


def by_executor(jobs: Iterator[Job], executor: Executor, in_flight: int = 64) -> Iterator[tuple[Job, Outcome]]:
    """Outcomes from an executor, at most ``in_flight`` jobs at a time. The executor stays the caller's."""
    running: dict[Future[Outcome], Job] = {}
    try:
        while True:
            while len(running) < in_flight and (job := next(jobs, None)) is not None:
                running[executor.submit(run, job)] = job
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                yield running.pop(future), _outcome(future)
    finally:
        for future in running:
            future.cancel()


def _outcome(future: Future[Outcome]) -> Outcome:
    try:
        return future.result()
    except Exception as error:  # the executor's own failure: a lost worker, a broken pool
        return Outcome(None, None, f"the executor failed: {type(error).__name__}: {error}", 0.0, "")
