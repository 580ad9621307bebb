"""Predictions over a grid of any numeric fields of a task."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from spectralaw._checks import at_least, finite, vector
from spectralaw.errors import InvalidInput
from spectralaw.results import Status
from spectralaw.state_evolution.evolution import state_evolution
from spectralaw.task import Task, required

if TYPE_CHECKING:
    import xarray

_BATCHED = ("samples", "weight_decay", "noise_variance")
_OTHERS = ("dimension", "width", "gamma")
_VARIABLES = {
    "excess_risk": "R = E (f* − f̂)²",
    "training_loss": "(1/n) Σ residual², without the penalty",
    "effective_noise": "δ (quadratic) or τ (diagonal)",
    "threshold": "c = λε (quadratic) or κ (diagonal)",
    "zero_mass": "fraction of weights that are exactly zero",
    "samples_exponent": "∂ log R / ∂ log n",
    "weight_decay_exponent": "∂ log R / ∂ log λ",
    "residual": "larger of the relative residuals of the two equations",
}


def predict_grid(task: Task, **axes: ArrayLike) -> xarray.Dataset:
    """Predictions over the product of any numeric fields.

    Parameters
    ----------
    task : Task
        Gives the fields that are not axes.
    **axes : array_like
        One-dimensional values (or one number) for any of samples, weight_decay, noise_variance, dimension, width,
        and gamma (of a teacher law); each becomes a dimension of the result, in the order given.

    Returns
    -------
    xarray.Dataset
        Variables excess_risk, training_loss, effective_noise, threshold, zero_mass, samples_exponent,
        weight_decay_exponent, residual and status; equal to single predictions to 1e-12. Points that are not
        results have status "not_converged".

    Raises
    ------
    InvalidInput
        For an unknown axis, or a value that a task refuses.
    """
    import xarray

    required(task)
    grid = {name: _axis(name, values) for name, values in axes.items()}
    shape = tuple(len(values) for values in grid.values())
    result = {name: np.full(shape, np.nan) for name in _VARIABLES}
    status = np.full(shape, str(Status.NOT_CONVERGED), dtype=f"<U{max(len(s) for s in Status)}")

    batched = [name for name in grid if name in _BATCHED]
    fixed = [name for name in grid if name not in _BATCHED]
    for combination in itertools.product(*(range(len(grid[name])) for name in fixed)):
        one = _with(task, {name: grid[name][i] for name, i in zip(fixed, combination, strict=True)})
        mesh = np.meshgrid(*(grid[name] for name in batched), indexing="ij") if batched else []
        points = dict(zip(batched, mesh, strict=True))
        block = mesh[0].shape if mesh else ()
        constant = {name: np.full(block, getattr(one, name)) for name in _BATCHED}
        values = ({**constant, **points}[name].ravel() for name in _BATCHED)
        solved = state_evolution(one, *values, axes={name: grid[name] for name in batched})
        where = tuple(combination[fixed.index(name)] if name in fixed else slice(None) for name in grid)
        for name, target in result.items():
            target[where] = getattr(solved, name).reshape(block)
        status[where] = np.array([str(s) for s in solved.status], dtype=status.dtype).reshape(block)

    dims = tuple(grid)
    data = {name: (dims, values, {"long_name": _VARIABLES[name]}) for name, values in result.items()}
    fields = {name: getattr(task, name) for name in ("dimension", "width") if name not in grid}
    attrs = {"task": repr(task), "network": task.network, **{k: v for k, v in fields.items() if v is not None}}
    return xarray.Dataset({**data, "status": (dims, status)}, coords=grid, attrs=attrs)


def _axis(name: str, values: ArrayLike) -> np.ndarray:
    if name not in _BATCHED + _OTHERS:
        raise InvalidInput(f"unknown axis {name!r}; choose from {', '.join(_BATCHED + _OTHERS)}")
    array = vector(name, values, or_number=True)
    for value in array:
        at_least(name, value, 1.0 if name == "samples" else 0.0)
    return array


def _with(task: Task, changes: dict[str, Any]) -> Task:
    if "gamma" in changes:
        gamma = finite("gamma", changes.pop("gamma"))
        teacher = task.teacher
        if not hasattr(teacher, "gamma"):
            raise InvalidInput(
                f"gamma cannot be an axis of the teacher {type(teacher).__name__}, which has no exponent"
            )
        import dataclasses

        changes["teacher"] = dataclasses.replace(teacher, gamma=gamma)  # type: ignore[type-var]
    return task.replace(**changes)
