"""From a task to its two equations: the channel of its network, the capacity N, and the scaled weight decay λ'."""

from __future__ import annotations

import numpy as np

from spectralaw.state_evolution.channel import Array, Evaluator
from spectralaw.state_evolution.coloured import ColouredDiagonal, ColouredQuadratic
from spectralaw.state_evolution.diagonal import DiagonalChannel
from spectralaw.state_evolution.quadratic import QuadraticChannel
from spectralaw.state_evolution.teacher_atoms import teacher_atoms
from spectralaw.task import Task


def evaluator(task: Task) -> Evaluator:
    """The channel of a task's network."""
    if not task.white:
        values, variances = task.teacher_values(), task.inputs.variances(task.dimension)
        if task.network == "quadratic":
            return ColouredQuadratic(values, variances)
        return ColouredDiagonal(values, variances, fixed=task.teacher.coefficients == "fixed")
    atoms = teacher_atoms(task)
    if task.network == "quadratic":
        return QuadraticChannel(atoms)
    return DiagonalChannel(atoms, fixed=task.teacher.coefficients == "fixed")


def capacity(network: str, samples: Array, dimension: float) -> Array:
    """N: n (diagonal), 4 n / d² (quadratic)."""
    return samples if network == "diagonal" else 4.0 * (samples / dimension / dimension)


def scaled_decay(network: str, weight_decay: Array, dimension: float) -> Array:
    """λ': λ √d (diagonal), λ̃ (quadratic)."""
    return weight_decay * np.sqrt(dimension) if network == "diagonal" else weight_decay
