"""Checks of matrices that users hand to a system."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw._checks import shown
from spectralaw.errors import InvalidInput


def matrix(name: str, values: Any, columns: int | None = None) -> NDArray[np.float64]:
    """``values`` as a matrix of finite 64-bit floats, of at least one row and one column.

    Raises
    ------
    InvalidInput
        For booleans, text, complex numbers, masked entries, NaN and infinities, other shapes, and another number of
        columns than ``columns``.
    """
    if np.ma.is_masked(values):
        raise InvalidInput(f"{name} must be a matrix of numbers, but some of its entries are masked")
    try:
        array = np.asarray(values)
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"{name} must be a matrix with rows of equal length, not {shown(values)}") from error
    if array.dtype.kind not in "iuf":
        raise InvalidInput(f"{name} must be a matrix of numbers, not {shown(values)}")
    if array.ndim != 2 or array.size == 0:
        raise InvalidInput(f"{name} must be a matrix of rows and columns, not an array of shape {array.shape}")
    array = array.astype(np.float64)
    if not np.all(np.isfinite(array)):
        i, j = np.argwhere(~np.isfinite(array))[0]
        raise InvalidInput(f"{name} must be finite, but its entry ({i}, {j}) is {array[i, j]}")
    if columns is not None and array.shape[1] != columns:
        raise InvalidInput(f"{name} must have {columns} columns, not {array.shape[1]}")
    return array
