"""Checks of kernels and data, and kernels as tensors of three modes: outputs, inputs, and all of space as one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw._checks import shown
from spectralaw.errors import InvalidInput

Array = NDArray[np.float64]


def array(name: str, values: Any, wanted: str, dimensions: tuple[int, ...]) -> Array:
    """Finite real numbers in an array of one of some numbers of dimensions, none of them empty."""
    if np.ma.isMaskedArray(values):
        raise InvalidInput(f"{name} must be {wanted}, without a mask")
    try:
        found = np.asarray(values)
    except ValueError as error:  # rows of different lengths
        raise InvalidInput(f"{name} must be {wanted}, not {shown(values)}") from error
    if found.dtype.kind not in "iuf" or found.ndim not in dimensions or found.size == 0:
        what = f"an array of {found.dtype} of shape {found.shape}" if found.ndim else shown(values)
        raise InvalidInput(f"{name} must be {wanted}, not {what}")
    found = np.asarray(found, dtype=float)
    if not np.all(np.isfinite(found)):
        where = tuple(int(k) for k in np.argwhere(~np.isfinite(found))[0])
        raise InvalidInput(f"{name} must be finite, but its entry {where} is {found[where]}")
    return found


def kernel(name: str, values: Any, *, dense: bool = False) -> Array:
    """A kernel (outputs, inputs, space …) that is not zero; with ``dense``, a matrix too."""
    wanted = "a kernel of shape (outputs, inputs, width, …)" + (" or a matrix" if dense else "")
    found = array(name, values, wanted, tuple(range(2 if dense else 3, 7)))
    if not np.any(found):
        raise InvalidInput(f"{name} must have an entry that is not 0: nothing relative can be said of zeros")
    if not 1e-140 < np.max(np.abs(found)) < 1e140:
        raise InvalidInput(f"{name} must have its largest entry between 1e-140 and 1e140, not {np.abs(found).max():g}")
    return found


def three(values: Array) -> Array:
    """(outputs, inputs, all of space as one mode)."""
    return values.reshape(values.shape[0], values.shape[1], -1)
