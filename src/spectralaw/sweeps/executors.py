"""Any executor of ``concurrent.futures`` as the one who does the rows."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait

from spectralaw.sweeps.errors import SweepStopped
from spectralaw.sweeps.jobs import Job
from spectralaw.sweeps.work import Outcome, run


def by_executor(jobs: Iterator[Job], executor: Executor, in_flight: int = 64) -> Iterator[tuple[Job, Outcome]]:
    """Outcomes from an executor, at most ``in_flight`` jobs at a time. The executor stays the caller's.

    What the executor itself does not survive (a lost scheduler, a broken pool) fails no row: it stops the sweep.
    """
    running: dict[Future[Outcome], Job] = {}
    try:
        while True:
            while len(running) < in_flight and (job := next(jobs, None)) is not None:
                try:
                    running[executor.submit(run, job)] = job
                except Exception as error:
                    raise _stopped(error) from None
            if not running:
                return
            trouble = None
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                job = running.pop(future)
                try:
                    outcome = future.result()
                except (Exception, CancelledError) as error:
                    if type(error).__name__ == "KilledWorker":  # Dask: this job took several workers with it
                        outcome = Outcome(None, None, f"the worker died with it: {' '.join(str(error).split())}", 0, "")
                    else:
                        trouble = error
                        continue
                yield job, outcome
            if trouble is not None:
                raise _stopped(trouble) from None
    finally:
        for future in running:
            with contextlib.suppress(Exception):
                future.cancel()


def _stopped(error: BaseException) -> SweepStopped:
    reason = " ".join(f"{type(error).__name__} {error}".split())
    return SweepStopped(
        f"the executor failed ({reason}); rows that it had not finished are pending, and the same call continues"
    )
