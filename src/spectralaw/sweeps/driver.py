"""``sweep``: from a plan and a store to a filled store, however often it is killed in between."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from spectralaw import parallel
from spectralaw._checks import finite, positive_integer
from spectralaw._version import __version__
from spectralaw.errors import InvalidInput
from spectralaw.files import file_path
from spectralaw.sweeps.checks import shown, whole
from spectralaw.sweeps.executors import by_executor
from spectralaw.sweeps.plan import Plan, plan
from spectralaw.sweeps.refine import refine as refined
from spectralaw.sweeps.store import Store
from spectralaw.sweeps.sweep import Sweep, open_sweep
from spectralaw.sweeps.workers import by_processes
from spectralaw.task import Task

_BATCH = 1000  # rows of a plan that are added in one transaction
_MOST_WORKERS = 4096


def sweep(
    grid: Mapping[str, Any] | Iterable[Task] | str | Path | Plan,
    store: str | Path,
    *,
    seeds: int | Iterable[int] | None = None,
    methods: str | Iterable[str] | None = None,
    options: Mapping[str, Mapping[str, Any]] | None = None,
    workers: int | None = None,
    executor: Executor | None = None,
    timeout: float | None = None,
    refine: int = 0,
    retry_failed: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Sweep:
    """Run tasks × seeds × methods into a store; the same call again continues where the last one stopped.

    Parameters
    ----------
    grid, seeds, methods, options
        See :func:`spectralaw.sweeps.plan.plan`; 5 seeds of theory and convex training by default. Everything is
        checked before anything is stored.
    store : path
        A SQLite file, made if it does not exist. Rows are identified by their content: what is done is not done again.
    workers : int, optional
        Processes on this machine, each with one thread of linear algebra; by default one for each processor. They are
        new interpreters: the calling script needs no main guard.
    executor : concurrent.futures.Executor, optional
        Runs the rows instead: a pool, or ``dask.distributed.Client(...).get_executor()``. It is not shut down.
    timeout : float, optional
        Seconds a row may take on this machine, after which its process is killed and the row failed.
    refine : int
        Further tasks, placed where the predicted risk changes most over the grid.
    retry_failed : bool
        Run failed rows again.
    progress : callable, optional
        Called with (rows finished, rows in all) after each row, when it is in the file.

    Returns
    -------
    Sweep

    Raises
    ------
    InvalidInput
        For a bad plan, or a store that is locked, foreign, damaged, newer than this version, or cannot be written.
    SweepStopped
        When workers cannot be started, or the executor fails: no row is blamed for it, and rows done are kept.
    """
    store = file_path(store)
    if isinstance(grid, Plan):
        if seeds is not None or methods is not None or options is not None:
            raise InvalidInput("seeds, methods and options are in the plan, and cannot be given beside it")
        planned = grid
    else:
        planned = plan(grid, seeds, methods, options)
    if whole("refine", refine, 0, 10**6):
        planned = refined(planned, int(refine))
    count = positive_integer("workers", parallel.processors() if workers is None else workers)
    if count > _MOST_WORKERS:
        raise InvalidInput(f"workers must be at most {_MOST_WORKERS}, not {count}")
    if timeout is not None and not finite("timeout", timeout) > 0.0:
        raise InvalidInput(f"timeout must be greater than 0 seconds, not {timeout:g}")
    if executor is not None and not callable(getattr(executor, "submit", None)):
        raise InvalidInput(f"executor must have a method submit, as those of concurrent.futures, not {shown(executor)}")
    if executor is not None and timeout is not None:
        raise InvalidInput("timeout cannot be used with an executor, whose processes are not ours to stop")
    with Store(store, write=True) as rows:
        _add(rows, planned)
        if retry_failed:
            rows.retry_failed()
        counts = rows.counts()
        done, total = counts["done"] + counts["failed"], sum(counts.values())
        if progress is not None:
            progress(done, total)
        pending = rows.pending()
        outcomes = by_processes(pending, count, timeout) if executor is None else by_executor(pending, executor)
        with contextlib.closing(outcomes):  # type: ignore[type-var]
            for job, outcome in outcomes:
                rows.finish(job.row, outcome, __version__)
                done += 1
                if progress is not None:
                    progress(done, total)
    return open_sweep(store)


def _add(rows: Store, planned: Plan) -> None:
    batch = []
    for entry in planned.jobs():
        batch.append(entry)
        if len(batch) == _BATCH:
            rows.add(batch)
            batch = []
    rows.add(batch)
