"""Tables of numbers as the user has them: arrays, data frames, lists."""

from __future__ import annotations

from typing import Any

import numpy as np

from spectralaw.errors import InvalidInput
from spectralaw.training.sensing import Array


def refuse_masked(name: str, table: Any) -> None:
    """Masked entries count as missing, not as the number behind the mask."""
    if np.ma.is_masked(table):
        raise InvalidInput(f"{name} must have no missing value, but some of its entries are masked")


def as_rows(name: str, table: Any, features: int | None = None) -> Array:
    """A finite table of numbers, shape (n, features)."""
    if hasattr(table, "toarray"):
        raise InvalidInput(f"{name} must be a dense table, not a sparse matrix; use {name}.toarray() if it fits memory")
    columns = getattr(table, "columns", None)
    if columns is not None:
        for column in columns:
            if getattr(table[column].dtype, "kind", "O") not in "biuf":
                raise InvalidInput(f"{name} must hold numbers, but its column {column!r} is {table[column].dtype}")
    refuse_masked(name, table)
    try:
        array = np.asarray(table)
        if array.dtype.kind not in "biuf":
            raise InvalidInput(f"{name} must hold real numbers, not {array.dtype}")
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"{name} must be a table of numbers, not {type(table).__name__}") from error
    if array.ndim != 2 or array.shape[1] == 0:
        raise InvalidInput(f"{name} must be a table of rows and columns, not an array of shape {array.shape}")
    array = array.astype(np.float64)
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        row, column = (int(k) for k in bad[0])
        label = repr(columns[column]) if columns is not None else column
        raise InvalidInput(f"{name} must be finite, but row {row}, column {label} is {array[row, column]}")
    if features is not None and array.shape[1] != features:
        raise InvalidInput(f"{name} must have {features} columns, as X has, not {array.shape[1]}")
    return array


def as_targets(y: Any, rows: int) -> tuple[Array, Any]:
    """Targets as numbers, and the two classes behind them where they are none."""
    refuse_masked("y", y)
    array = np.asarray(y)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1 or len(array) != rows:
        raise InvalidInput(f"y must have one target for each of the {rows} rows of X, not shape {np.shape(y)}")
    classes = None
    if array.dtype.kind in "bOUS":
        array, classes = two_classes(array)
    array = array.astype(np.float64)
    if not np.all(np.isfinite(array)):
        row = int(np.flatnonzero(~np.isfinite(array))[0])
        raise InvalidInput(f"y must be finite, but row {row} is {array[row]}")
    if not np.any(array != array[0]):
        raise InvalidInput(f"y must vary, but all {len(array)} targets are {array[0]:g}: there is nothing to learn")
    return array, classes


def two_classes(array: Any) -> tuple[Any, Any]:
    """Two classes as −1 and +1, in sorted order; objects that are numbers are left as they are."""
    from numbers import Real

    if array.dtype.kind == "O":
        if any(value is None for value in array):
            raise InvalidInput("y must have no missing value, but it contains None")
        if all(isinstance(value, Real) and not isinstance(value, (bool, np.bool_)) for value in array):
            return array, None
        array = array.astype(str)
    classes = np.unique(array)
    if len(classes) != 2:
        raise InvalidInput(
            f"y must be numbers or two classes, not {len(classes)} different values of text such as {classes[0]!r}"
        )
    return np.where(array == classes[1], 1.0, -1.0), classes
