"""Checks of kernels and data, and kernels as tensors of three modes: outputs, inputs, and all of space as one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw.errors import InvalidInput
from spectralaw.systems.arrays import array as finite_array

Array = NDArray[np.float64]


def array(name: str, values: Any, wanted: str, dimensions: tuple[int, ...]) -> Array:
    """Finite real numbers in an array of one of some numbers of dimensions, none of them empty, without a mask."""
    if np.ma.isMaskedArray(values):
        raise InvalidInput(f"{name} must be {wanted}, without a mask")
    return finite_array(name, values, wanted, dimensions)


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
