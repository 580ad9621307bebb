"""Arguments that are numbers or arrays of numbers, all of them positive."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw._checks import finite, is_number, shown, vector
from spectralaw.errors import InvalidInput

Array = NDArray[np.float64]


def numbers(name: str, values: Any) -> Array:
    """A finite number, or a non-empty array of them of any shape, as 64-bit floats; masked ones are refused."""
    if isinstance(values, np.ma.MaskedArray):
        raise InvalidInput(f"{name} must be a number or an array without a mask, not {shown(values)}")
    if is_number(values) or getattr(values, "ndim", None) == 0 or isinstance(values, (bool, str, bytes)):
        return np.array(finite(name, values))
    held = values if hasattr(values, "__array__") else np.array(_nested(name, values), dtype=object)
    array = np.asarray(held)
    return vector(name, array.ravel()).reshape(array.shape)


def positive(name: str, values: Any) -> Array:
    """Likewise, and every one greater than 0."""
    array = numbers(name, values)
    if np.any(array <= 0.0):
        worst = f"{array}" if array.ndim == 0 else f"{array.min():g} among its {array.size} entries"
        raise InvalidInput(f"{name} must be greater than 0, not {worst}")
    return array


def broadcast(**values: Any) -> tuple[list[Array], tuple[int, ...]]:
    """Positive arguments, each as one long list of the common shape, and that shape."""
    arrays = {name: positive(name, value) for name, value in values.items()}
    try:
        together = np.broadcast_arrays(*arrays.values())
    except ValueError as error:
        shapes = " and ".join(f"{name} of shape {array.shape}" for name, array in arrays.items())
        raise InvalidInput(f"{shapes} do not broadcast to one shape") from error
    return [np.array(one, dtype=float).ravel() for one in together], together[0].shape


def back(values: Array, shape: tuple[int, ...]) -> Any:
    """A long list in the shape that was asked; a float for one number."""
    return float(values[0]) if shape == () else values.reshape(shape)


def _nested(name: str, values: Any) -> Any:
    if isinstance(values, (set, frozenset, dict)) or not hasattr(values, "__iter__"):
        raise InvalidInput(f"{name} must be a number or an array of numbers, not {shown(values)}")
    return list(values)
