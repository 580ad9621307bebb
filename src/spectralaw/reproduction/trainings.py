"""The trainings behind a figure: a sweep, so that a killed one goes on where it stopped; every task its own seeds."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spectralaw.reproduction.experiment import Advance
from spectralaw.results import Status
from spectralaw.sweeps import plan_sweep
from spectralaw.sweeps.driver import sweep
from spectralaw.sweeps.jobs import digest
from spectralaw.sweeps.store import Store
from spectralaw.task import Task


@dataclass(frozen=True)
class Trainings:
    """Results over (task, seed); NaN where a training failed or did not converge."""

    numbers: dict[str, NDArray[np.float64]]
    """excess_risk, training_loss, zero_mass, certificate, seconds, seed; each of shape (tasks, seeds)."""
    spectra: list[list[NDArray[np.float64] | None]]


def train_all(
    tasks: Sequence[Task],
    seeds: int,
    method: str = "convex",
    *,
    store: Path | None = None,
    workers: int | None = None,
    progress: Advance | None = None,
) -> Trainings:
    """Train every task on some seeds of its own (:func:`seeds_of`), so that no two points share their noise.

    Parameters
    ----------
    tasks : sequence of Task
    seeds : int
        How many for each task.
    store : path, optional
        Where results are kept; with it, the same call again continues. Without, they are kept for this call only.
    workers, progress
        As for :func:`spectralaw.sweep`.
    """
    plans = [plan_sweep([task], seeds_of(task, seeds), method) for task in tasks]
    longest_first = sorted(plans, key=lambda plan: -plan.tasks[0].samples)  # no worker is left with one at the end
    with _kept(store) as path:
        with Store(path, write=True) as rows:
            for plan in longest_first:
                rows.add(list(plan.jobs()))
        sweep(longest_first[-1], path, workers=workers, progress=progress, retry_failed=True)
        with Store(path) as rows:
            found = {row["key"]: row for row in rows.rows(spectra=True)}
    numbers = {
        name: np.full((len(tasks), seeds), np.nan)
        for name in ("excess_risk", "training_loss", "zero_mass", "certificate", "seconds")
    }
    numbers["seed"] = np.array([seeds_of(task, seeds) for task in tasks], dtype=float)
    spectra: list[list[NDArray[np.float64] | None]] = [[None] * seeds for _ in tasks]
    for i, plan in enumerate(plans):
        for j, (key, _) in enumerate(plan.jobs()):
            result = found[key]["result"]
            if "status" in result and Status(result["status"]).is_result:
                for name in set(numbers) - {"seed"}:
                    numbers[name][i, j] = found[key]["seconds"] if name == "seconds" else result[name]
                spectra[i][j] = np.frombuffer(found[key]["spectrum"], dtype="<f8")
    return Trainings(numbers, spectra)


def seeds_of(task: Task, count: int) -> list[int]:
    """Seeds that no other task has: they start at a number made of its fields."""
    first = int(digest(task.to_dict())[:9], 16)
    return list(range(first, first + count))


@contextlib.contextmanager
def _kept(store: Path | None) -> Iterator[Path]:
    if store is not None:
        yield store
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "trainings.sqlite"
