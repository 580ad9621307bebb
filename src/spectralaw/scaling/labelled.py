"""Curves that this project makes: a Dataset of a grid or a sweep, with one axis that varies."""

from __future__ import annotations

from typing import Any

import numpy as np

from spectralaw._checks import shown
from spectralaw.errors import InvalidInput

_SEEDS = ("seed", "draw")
_SOURCES = ("source", "method")
_NAMES = ("excess_risk", "loss", "training_loss")
_USABLE = ("converged", "collapsed")


def from_labelled(data: Any) -> tuple[Any, Any, Any, dict[str, int]]:
    """x, y, groups, and how many values were left out by the reason, of a Dataset, a DataArray, or an open sweep.

    The Dataset is one of :func:`~spectralaw.predict_grid` or of a sweep's ``to_xarray``. With several seeds every one
    is a point, and whole x are drawn by the bootstrap. Left out is what was not computed or did not converge.

    Raises
    ------
    InvalidInput
        Where it is neither, more than one axis varies, or several methods are mixed: a law is fitted to one curve.
    """
    if hasattr(data, "to_xarray") and not hasattr(data, "dims"):
        data = data.to_xarray()
    status = None
    if hasattr(data, "data_vars"):
        name = next((name for name in _NAMES if name in data.data_vars), None)
        if name is None:
            raise InvalidInput(
                f"x as a Dataset must have excess_risk or loss, not {', '.join(map(str, data.data_vars))}"
            )
        status = data.get("status")
        data = data[name]
    if not (hasattr(data, "dims") and hasattr(data, "coords")):
        raise InvalidInput(
            f"y must be given with x, unless x is a Dataset of a grid or an open sweep, not {shown(data)}"
        )
    data = data.squeeze(drop=True)
    axes = [str(dim) for dim in data.dims if dim not in _SEEDS]
    mixed = next((axis for axis in axes if axis in _SOURCES), None)
    if mixed is not None:
        several = [str(value) for value in data[mixed].values]
        raise InvalidInput(
            f"x holds the curves of several methods, {', '.join(several)}: take one, "
            f"as in to_xarray().sel({mixed}={several[0]!r})"
        )
    if len(axes) != 1:
        raise InvalidInput(
            f"x as a Dataset must vary along one axis, not along {', '.join(axes) or 'none'}; "
            "select values of the others with .sel"
        )
    axis = axes[0]
    if data[axis].dtype.kind not in "iuf":
        raise InvalidInput(f"the axis of a curve must be numbers, not {axis!r} of type {data[axis].dtype}")
    seeds = [dim for dim in data.dims if dim in _SEEDS]
    y = _columns(data, axis, seeds).astype(float)
    usable = np.isfinite(y)
    missing = int(np.sum(~usable))
    if status is not None and set(data.dims) <= set(status.dims):
        usable &= np.isin(_columns(status.squeeze(drop=True), axis, seeds), _USABLE)
    if not usable.any():
        raise InvalidInput("x as a Dataset must have at least one finite value that converged")
    counts = {"missing value": missing, "not converged": int(np.sum(~usable)) - missing}
    if usable.all() and np.all(y == y[:, :1]):  # the theory of a sweep, which is repeated along the seeds
        y, usable, seeds = y[:, :1], usable[:, :1], []
    x = np.broadcast_to(np.asarray(data[axis].values, dtype=float)[:, None], y.shape)
    return x[usable], y[usable], x[usable] if seeds else None, {why: n for why, n in counts.items() if n}


def _columns(array: Any, axis: str, seeds: list[Any]) -> Any:
    """Values with a row for each place of the axis."""
    values = array.transpose(axis, *seeds).values
    return values.reshape(len(values), -1)
