"""The same problem at another dimension."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence

import numpy as np

from spectralaw._checks import entries, positive_integer
from spectralaw.errors import InvalidInput
from spectralaw.task import Task
from spectralaw.teacher import Empirical, FiniteRank, Teacher

SMALLEST, PLENTY = 25, 100


def default_dimensions(task: Task) -> list[int]:
    """Three dimensions a factor of two apart, of which the task's is the largest if it is 100 or more.

    Below, the others would be too small to tell, and larger ones cost little: the smallest is then 25 or its own.
    """
    d = task.dimension
    if d >= PLENTY:
        return [-(-d // 4), -(-d // 2), d]
    if d >= 2 * SMALLEST:
        return [-(-d // 2), d, 2 * d]
    return [d, 2 * d, 4 * d] if d >= SMALLEST else [d, SMALLEST, 2 * SMALLEST, 4 * SMALLEST]


def chosen_dimensions(task: Task, dimensions: Iterable[int] | None) -> list[int]:
    """The dimensions of a comparison, smallest first, the task's own always among them."""
    if dimensions is None:
        return default_dimensions(task)
    listed = entries("dimensions", dimensions, "whole numbers")
    values = sorted({positive_integer("dimensions", value) for value in listed} | {task.dimension})
    if values[0] < 2:
        raise InvalidInput(f"dimensions must be 2 or greater, not {values[0]}")
    return values


def resized(task: Task, dimension: int) -> Task:
    """The task at another dimension, such that the state evolution has the same parameters.

    Kept are n/d (diagonal) or n/d² (quadratic), up to rounding of n; the effective weight decay λ √(p/d); the noise
    variance; the width's share p/d; and the teacher: a power law is the same law, and so is one of finite rank as long
    as its rank is at most a quarter of either dimension, above which the share rank/d is kept. A list of values is
    stretched: its power is spread over as many values as there are dimensions.
    """
    if dimension == task.dimension:
        return task
    share = dimension / task.dimension
    samples = max(1.0, float(round(task.samples * (share if task.network == "diagonal" else share**2))))
    width = None if task.width is None else max(1, round(task.width * share))
    decay = task.weight_decay
    if width is not None:
        decay = task.effective_weight_decay / math.sqrt(width / dimension)
    teacher = _teacher(task, dimension)
    return task.replace(dimension=dimension, samples=samples, weight_decay=decay, width=width, teacher=teacher)


def _teacher(task: Task, dimension: int) -> Teacher:
    teacher = task.teacher
    if isinstance(teacher, FiniteRank):
        if 4 * teacher.rank <= min(dimension, task.dimension):
            return teacher
        return dataclasses.replace(teacher, rank=max(1, round(teacher.rank * dimension / task.dimension)))
    if not isinstance(teacher, Empirical):
        return teacher
    values = task.teacher_values()
    # total power up to each place of the list; blocks of it become the new values, with the sign of their largest
    power = np.concatenate([[0.0], np.cumsum(values**2)])
    ends = np.linspace(0.0, 1.0, dimension + 1) * len(values)
    blocks = np.maximum(np.diff(np.interp(ends, np.arange(len(power)), power)), 0.0)
    total = 1.0 if task.network == "diagonal" else dimension / task.dimension
    signs = np.where(values[np.minimum(ends[:-1].astype(int), len(values) - 1)] < 0.0, -1.0, 1.0)
    return dataclasses.replace(teacher, spectrum=signs * np.sqrt(total * blocks), normalize=False)


def own_seeds(seeds: Sequence[int], dimensions: Sequence[int], dimension: int) -> dict[int, list[int]]:
    """Seeds of each dimension, none used twice: four times as many at half the dimension, eight times at a quarter.

    The task's own dimension gets those asked for, and so does a larger one. A training at half the dimension costs a
    quarter (diagonal) or a sixteenth.
    """
    following, result = max(seeds) + 1, {}
    for d in dimensions:
        if d == dimension:
            result[d] = list(seeds)
            continue
        times = 1 if d > dimension else 4 if 4 * d > 2 * dimension - 4 else 8
        count = times * len(seeds)
        result[d] = list(range(following, following + count))
        following += count
    return result
