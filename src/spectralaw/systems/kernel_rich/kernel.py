"""How far the tangent kernel has moved from where the weights started: the difference of the two regimes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spectralaw.systems.kernel_rich.potential import log_cosh, position

Array = NDArray[np.float64]


def growth(coefficients: Array, unit: float, depth: int) -> Array:
    """(w₊^(2D−2) + w₋^(2D−2))/(2 scale^(2D−2)) − 1 of each coefficient at the end of the flow.

    The two weights of a coefficient keep w₊ w₋ (D = 2), or w₊^(2−D) + w₋^(2−D), so that the coefficient tells both.
    """
    z = coefficients / unit
    if depth == 2:
        return 2.0 * np.sinh(0.5 * np.arcsinh(0.5 * z)) ** 2
    power = (2.0 * depth - 2.0) / (depth - 2.0)
    x = position(z, depth)
    return np.expm1(power * log_cosh(x) + log_cosh(power * x))


def kernel_change(inputs: Array, grown: Array) -> float:
    """‖K − K₀‖/‖K₀‖ in the Frobenius norm, K = D² X diag(w₊^(2D−2) + w₋^(2D−2)) Xᵀ."""
    change = (inputs * grown) @ inputs.T
    return float(np.linalg.norm(change) / np.linalg.norm(inputs @ inputs.T))
