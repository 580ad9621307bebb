"""What a user hands in, as lists of matrices that fit each other: weights, covariances, rows of data."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw._checks import entries, finite, shown, vector
from spectralaw.errors import InvalidInput
from spectralaw.weights.files.memory import as_numpy

Array = NDArray[Any]
EPS = float(np.finfo(np.float64).eps)
LARGEST = 4096
"""Inputs and outputs of a network: matrices of that size squared are decomposed, each in a minute or two."""


def matrix(name: str, value: Any) -> tuple[Array, float]:
    """A matrix of finite numbers in 64 bits, with the relative spacing of the format that it came in."""
    if np.ma.is_masked(value):
        raise InvalidInput(f"{name} must be a matrix of numbers, but some of its entries are masked")
    if isinstance(value, (list, tuple)):
        rows = [vector(f"{name}[{i}]", row) for i, row in enumerate(value)]
        if len({row.size for row in rows}) != 1:
            raise InvalidInput(f"{name} must be a matrix, with rows of one length, not {shown(value)}")
        return np.array(rows), EPS
    if not (hasattr(value, "__array__") or hasattr(value, "detach")):
        raise InvalidInput(f"{name} must be a matrix of numbers, not {shown(value)}")
    try:
        array = as_numpy(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InvalidInput(f"{name} must be a matrix of numbers, not a {type(value).__name__}") from error
    if array.dtype.kind not in "iuf":
        raise InvalidInput(f"{name} must be a matrix of numbers, not an array of {array.dtype}")
    if array.ndim != 2 or array.size == 0:
        raise InvalidInput(f"{name} must be a matrix with at least one entry, not an array of shape {array.shape}")
    spacing = max(EPS, float(np.finfo(array.dtype).eps)) if array.dtype.kind == "f" else EPS
    plain = np.array(array, dtype=np.float64)
    if not np.all(np.isfinite(plain)):
        place = tuple(int(k) for k in np.argwhere(~np.isfinite(plain))[0])
        raise InvalidInput(f"{name} must be finite, but its entry {place} is {plain[place]}")
    return plain, spacing


def layers(weights: Any) -> tuple[list[Array], float]:
    """W₁, …, W_L that can be multiplied, and the coarsest spacing of their formats."""
    if hasattr(weights, "ndim") and getattr(weights, "ndim", 0) < 3:
        raise InvalidInput("weights must be a list of matrices [W1, ..., WL], not one array")
    found = [matrix(f"weights[{i}]", one) for i, one in enumerate(entries("weights", weights, "matrices"))]
    if not found:
        raise InvalidInput("weights must be a list of at least one matrix, not an empty one")
    matrices = [one for one, _ in found]
    for i, (before, after) in enumerate(pairwise(matrices)):
        if after.shape[1] != before.shape[0]:
            raise InvalidInput(
                f"weights must be of shape (out, in) each and fit each other, but weights[{i + 1}] takes "
                f"{after.shape[1]} inputs and weights[{i}] gives {before.shape[0]} outputs"
            )
    for end, size in (("inputs", matrices[0].shape[1]), ("outputs", matrices[-1].shape[0])):
        if size > LARGEST:
            raise InvalidInput(
                f"weights must have at most {LARGEST:,} {end}, not {size:,}: matrices as wide and high are decomposed"
            )
    return matrices, max(spacing for _, spacing in found)


def residual(weights: Any, skip: float) -> list[Array]:
    """The layers W + β I of a residual network.

    Parameters
    ----------
    weights : list of matrices
        Square, all of one size.
    skip : float
        β, any finite number.

    Raises
    ------
    InvalidInput
        For a layer that is not square: there is no identity to add to it.
    """
    matrices, _ = layers(weights)
    beta = finite("skip", skip)
    for i, one in enumerate(matrices):
        if one.shape[0] != one.shape[1]:
            raise InvalidInput(f"weights must be square where a skip is added, but weights[{i}] has shape {one.shape}")
    return [one + beta * np.eye(len(one)) for one in matrices]
