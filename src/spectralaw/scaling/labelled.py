"""Curves that this project makes: a Dataset of a grid or a sweep, with one axis that varies."""

from __future__ import annotations

from typing import Any

import numpy as np

from spectralaw.errors import InvalidInput

_SEEDS = ("seed", "draw")
_NAMES = ("excess_risk", "loss", "training_loss")


def from_labelled(data: Any) -> tuple[Any, Any, Any]:
    """x, y and groups of a Dataset (of :func:`~spectralaw.predict_grid`), a DataArray, or an open sweep.

    Raises
    ------
    InvalidInput
        Where it is neither, or more than one axis varies: a law is fitted to one curve.
    """
    if hasattr(data, "to_xarray"):
        data = data.to_xarray()
    if hasattr(data, "data_vars"):
        name = next((name for name in _NAMES if name in data.data_vars), None)
        if name is None:
            raise InvalidInput(
                f"x as a Dataset must have excess_risk or loss, not {', '.join(map(str, data.data_vars))}"
            )
        data = data[name]
    if not (hasattr(data, "dims") and hasattr(data, "coords")):
        raise InvalidInput("y must be given with x, unless x is a Dataset of a grid or an open sweep")
    data = data.squeeze(drop=True)
    axes = [str(dim) for dim in data.dims if dim not in _SEEDS]
    if len(axes) != 1:
        raise InvalidInput(
            f"x as a Dataset must vary along one axis, not along {', '.join(axes) or 'none'}; "
            "select values of the others with .sel"
        )
    axis = axes[0]
    if data[axis].dtype.kind not in "iuf":
        raise InvalidInput(f"the axis of a curve must be numbers, not {axis!r} of type {data[axis].dtype}")
    seeds = [dim for dim in data.dims if dim in _SEEDS]
    table = data.transpose(axis, *seeds)
    y = np.asarray(table.values, dtype=float).reshape(len(table[axis]), -1)
    x = np.broadcast_to(np.asarray(table[axis].values, dtype=float)[:, None], y.shape)
    good = np.isfinite(y)
    if not good.any():
        raise InvalidInput("x as a Dataset must have at least one finite value")
    groups = x[good] if seeds else None
    return x[good], y[good], groups
