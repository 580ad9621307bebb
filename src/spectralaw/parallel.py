"""Processors of this machine, and one thread of linear algebra for each process."""

from __future__ import annotations

import contextlib
import os

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads() -> int:
    """Threads that this process may keep busy: what linear algebra was told, or every processor."""
    told = os.environ.get("OMP_NUM_THREADS", "").strip()
    return min(int(told), processors()) if told.isdigit() and int(told) > 0 else processors()


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
