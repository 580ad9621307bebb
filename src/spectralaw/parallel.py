"""Many independent calls on the processors of this machine, one thread of linear algebra each."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Any

from spectralaw._checks import positive_integer

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(function: Callable[..., Any], jobs: Sequence[tuple], workers: int | None = None) -> Iterator[tuple[int, Any]]:
    """(index of the job, ``function(*job)``), in the order in which they are done.

    Processes are started afresh, so that the libraries of linear algebra read the number of threads that each is
    given; results do not depend on the number of workers.
    """
    count = positive_integer("workers", processors() if workers is None else workers)
    count = max(1, min(count, len(jobs)))
    with pinned_threads(), ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn")) as pool:
        futures = {pool.submit(function, *job): index for index, job in enumerate(jobs)}
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@contextlib.contextmanager
def pinned_threads():
    """One thread of linear algebra for each process started within."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
