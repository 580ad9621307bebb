"""The trainings behind a figure: a sweep, so that a killed one goes on where it stopped."""

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
from spectralaw.sweeps.store import Store
from spectralaw.task import Task


@dataclass(frozen=True)
class Trainings:
    """Results over (task, seed); NaN where a training failed or did not converge."""

    numbers: dict[str, NDArray[np.float64]]
    """excess_risk, training_loss, zero_mass, certificate, seconds; each of shape (tasks, seeds)."""
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
    """Train every task on every seed.

    Parameters
    ----------
    tasks : sequence of Task
    seeds : int
        How many.
    store : path, optional
        Where results are kept; with it, the same call again continues. Without, they are kept for this call only.
    workers, progress
        As for :func:`spectralaw.sweep`.
    """
    longest_first = sorted(tasks, key=lambda task: -task.samples)  # no worker is left with one at the end
    plan = plan_sweep(longest_first, seeds, method)
    with _kept(store) as path:
        sweep(plan, path, workers=workers, progress=progress, retry_failed=True)
        with Store(path) as rows:
            found = {row["key"]: row for row in rows.rows(spectra=True)}
    numbers = {
        name: np.full((len(tasks), seeds), np.nan)
        for name in ("excess_risk", "training_loss", "zero_mass", "certificate", "seconds")
    }
    spectra: list[list[NDArray[np.float64] | None]] = [[None] * seeds for _ in tasks]
    for i, (key, job) in enumerate(plan_sweep(tasks, seeds, method).jobs()):
        result = found[key]["result"]
        if "status" in result and Status(result["status"]).is_result:
            where = i // seeds, job.seed or 0
            for name, values in numbers.items():
                values[where] = found[key]["seconds"] if name == "seconds" else result[name]
            spectra[where[0]][where[1]] = np.frombuffer(found[key]["spectrum"], dtype="<f8")
    return Trainings(numbers, spectra)


@contextlib.contextmanager
def _kept(store: Path | None) -> Iterator[Path]:
    if store is not None:
        yield store
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "trainings.sqlite"
