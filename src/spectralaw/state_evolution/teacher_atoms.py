"""The teacher of a task as the atoms that free probability works with."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from spectralaw.free_probability.atoms import Atoms
from spectralaw.task import Task
from spectralaw.teacher import Empirical, FiniteRank, Teacher


def teacher_atoms(task: Task) -> Atoms:
    """Atoms of a task's teacher, in the units of its network."""
    return _atoms(task.teacher, task.dimension, task.total_power)


@lru_cache(maxsize=64)
def _atoms(teacher: Teacher, dimension: int, total_power: float) -> Atoms:
    if isinstance(teacher, Empirical):
        return Atoms.of_values(teacher.values(len(teacher.spectrum), total_power), dimension)
    if isinstance(teacher, FiniteRank) and teacher.gamma == 0.0:
        value = float(teacher.value_at(np.ones(1), dimension, total_power)[0])
        return Atoms.of_equal(value, teacher.rank, dimension)
    nonzero = min(teacher.rank, dimension) if isinstance(teacher, FiniteRank) else dimension
    return Atoms.of_law(
        lambda index: teacher.value_at(index, dimension, total_power),
        teacher.gamma,  # type: ignore[attr-defined]  # laws have an exponent
        nonzero,
        dimension,
        total_power,
    )
