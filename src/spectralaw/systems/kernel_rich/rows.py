"""Interpolation as a problem in the span of the rows: β with Qᵀβ = b, Q orthonormal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw._checks import finite, vector
from spectralaw.errors import InvalidInput
from spectralaw.systems.arrays import matrix
from spectralaw.systems.kernel_rich.potential import slope

Array = NDArray[np.float64]

_RANK = 1e-12  # singular values below this share of the largest count as zero
_CONSISTENT = 1e-9  # share of ‖y‖ that may lie outside the range of X


@dataclass(frozen=True)
class Rows:
    """What interpolation asks, checked."""

    inputs: Array
    """X, shape (n, d)."""
    labels: Array
    """y, shape (n,)."""
    basis: Array
    """Q, shape (d, rank)."""
    goal: Array
    """b = Qᵀβ of every interpolating β, shape (rank,); Q b is the one of least l2 norm."""

    @property
    def min_l2(self) -> Array:
        """The interpolating coefficients of least Euclidean norm, pinv(X) y."""
        return self.basis @ self.goal

    def misfit(self, coefficients: Array) -> float:
        """‖X β − y‖/‖y‖, or ‖X β‖ where y is zero."""
        size = float(np.linalg.norm(self.labels))
        return float(np.linalg.norm(self.inputs @ coefficients - self.labels)) / (size or 1.0)

    def stationarity(self, coefficients: Array, unit: float, depth: int) -> float:
        """Largest part of q′(β_i/unit) outside the span of the rows, over the largest of them."""
        slopes = slope(coefficients / unit, depth)
        outside = slopes - self.basis @ (self.basis.T @ slopes)
        return float(np.max(np.abs(outside))) / (float(np.max(np.abs(slopes))) or 1.0)


def rows(X: Any, y: Any) -> Rows:
    """Inputs and labels as a problem in the span of the rows.

    Raises
    ------
    InvalidInput
        For anything but a matrix with a label for each row, for a zero matrix, and for labels that no coefficients
        interpolate.
    """
    inputs = matrix("X", X)
    labels = vector("y", y)
    if labels.size != inputs.shape[0]:
        raise InvalidInput(f"y must have a label for each of the {inputs.shape[0]} rows of X, not {labels.size}")
    left, values, right = np.linalg.svd(inputs, full_matrices=False)
    if values[0] == 0.0:
        raise InvalidInput("X must have an entry other than zero")
    rank = int(np.sum(values > _RANK * values[0]))
    seen = left[:, :rank].T @ labels
    missed = float(np.linalg.norm(labels - left[:, :rank] @ seen)) / (float(np.linalg.norm(labels)) or 1.0)
    if missed > _CONSISTENT:
        raise InvalidInput(
            f"y must be interpolated by some coefficients, but {100 * missed:.3g} % of it is out of reach of X, "
            f"{inputs.shape[0]} rows and {inputs.shape[1]} columns of rank {rank}"
        )
    return Rows(inputs, labels, np.ascontiguousarray(right[:rank].T), seen / values[:rank])


def scale_of(scale: Any, depth: int, size: float) -> float:
    """The scale of the weights at the start, with coefficients over scale^depth that one can compute with."""
    value = finite("scale", scale)
    if value <= 0.0:
        raise InvalidInput(f"scale must be greater than 0, not {value:g}")
    exponent = depth * np.log10(value)
    unit = np.log10(size) if size > 0.0 else 0.0
    if abs(exponent - unit) > 100.0 or abs(exponent) > 250.0:
        raise InvalidInput(
            f"scale to the power of the depth must be within a factor of 1e100 of the coefficients, "
            f"not {value:g}^{depth} where they are of size {size:.2g}"
        )
    return value
