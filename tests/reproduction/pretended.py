"""Trainings that were not made: the theory, a finite-size effect that shrinks with d, and noise of known size.

What a verdict says about them is known beforehand, and they take no time.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

import spectralaw as sl
from spectralaw.reproduction.trainings import Trainings, seeds_of


def train_all(
    tasks: Sequence[sl.Task], seeds: int, method: str = "convex", *, spectra=False, progress=None, **_
) -> Trainings:
    """Mean of the risk: theory · (1 + 2/d); relative noise of one training: 4 %."""
    rng = np.random.default_rng(int(sum(task.samples for task in tasks)))
    shape = (len(tasks), seeds)
    predictions = [sl.predict(task) for task in tasks]
    risk = np.array([p.excess_risk for p in predictions])[:, None]
    size = np.array([task.dimension for task in tasks])[:, None]
    measured = risk * (1.0 + 2.0 / size) * (1.0 + 0.04 * rng.standard_normal(shape))
    numbers = {name: np.zeros(shape) for name in ("training_loss", "zero_mass", "certificate", "seconds")}
    numbers |= {"excess_risk": measured, "seed": np.array([seeds_of(task, seeds) for task in tasks], dtype=float)}
    found = [[_spectrum(p, rng) if spectra else None for _ in range(seeds)] for p in predictions]
    if progress is not None:
        progress(len(tasks) * seeds, len(tasks) * seeds)
    return Trainings(numbers, found)


def _spectrum(p: sl.Prediction, rng) -> np.ndarray:
    d = p.task.dimension
    places = np.array([o.location for o in p.outliers])
    values = np.zeros(d)
    alive = max(int((1.0 - p.zero_mass) * d + rng.random()), len(places))
    values[:alive] = 0.5 * (places[-1] if places.size else 1.0) * rng.random(alive)
    values[: len(places)] = places * (1.0 + 2.0 / d) * (1.0 + 0.01 * rng.standard_normal(len(places)))
    return np.sort(values)[::-1]
