"""Checks of arrays that users hand to a system: one rule for all of them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw._checks import shown
from spectralaw.errors import InvalidInput
from spectralaw.weights.files.memory import as_numpy


def array(name: str, values: Any, wanted: str, dimensions: Collection[int] | None = None) -> NDArray[np.float64]:
    """``values`` as finite 64-bit floats, a copy; of PyTorch and JAX, too.

    Parameters
    ----------
    name, values
        The argument.
    wanted : str
        What it must be, for the sentence that refuses it.
    dimensions : collection of int, optional
        Numbers of dimensions that it may have, and then at least one entry; None leaves the shape to the caller.

    Raises
    ------
    InvalidInput
        For booleans, text, complex numbers, masked entries, NaN and infinities, rows of different lengths, and other
        numbers of dimensions.
    """
    if np.ma.is_masked(values):
        raise InvalidInput(f"{name} must be {wanted}, but some of its entries are masked")
    try:
        found = as_numpy(values)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InvalidInput(f"{name} must be {wanted}, with rows of equal length, not {shown(values)}") from error
    if found.dtype.kind not in "iuf":
        raise InvalidInput(
            f"{name} must be {wanted}, not {f'an array of {found.dtype}' if found.ndim else shown(values)}"
        )
    if dimensions is not None and (found.ndim not in dimensions or found.size == 0):
        what = f"an array of shape {found.shape}" if found.ndim else shown(values)
        raise InvalidInput(f"{name} must be {wanted}, not {what}")
    found = np.array(found, dtype=np.float64)
    if not np.all(np.isfinite(found)):
        place = tuple(int(k) for k in np.argwhere(~np.isfinite(found))[0])
        raise InvalidInput(f"{name} must be finite, but its entry {place} is {found[place]}")
    return found


def matrix(name: str, values: Any, columns: int | None = None) -> NDArray[np.float64]:
    """A matrix of at least one row and one column, and of a number of columns."""
    found = array(name, values, "a matrix of numbers", (2,))
    if columns is not None and found.shape[1] != columns:
        raise InvalidInput(f"{name} must have {columns} columns, not {found.shape[1]}")
    return found
