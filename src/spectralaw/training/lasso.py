"""Convex training of the diagonal network: the LASSO, min ½ ‖y − X θ‖² + ρ ‖θ‖₁ with ρ = λ √d.

Solved by scikit-learn's coordinate descent, certified by our own dual point.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_FIRST_TOLERANCE = 1e-8  # of coordinate descent, relative to ‖y‖²; sharpened until our own certificate holds


@dataclass(frozen=True)
class Minimiser:
    """Outcome: coefficients θ̂, the relative duality gap, and the sweeps of coordinate descent."""

    coefficients: Array
    gap: float
    iterations: int


def relative_gap(labels: Array, residual: Array, norm: float, decay: float, correlation: float) -> float:
    """Relative duality gap; ``norm`` is ‖θ‖₁ and ``correlation`` is ‖Xᵀ residual‖_∞.

    The dual is max over u of u·y − ‖u‖²/2 with ‖Xᵀu‖_∞ ≤ ρ; the dual point is the best feasible multiple of the
    residual.
    """
    square = float(residual @ residual)
    primal = 0.5 * square + decay * norm
    if primal == 0.0 or square == 0.0:
        return 0.0 if primal == 0.0 else 1.0
    most = decay / correlation if correlation > 0.0 else np.inf
    scale = float(np.clip(float(residual @ labels) / square, -most, most))
    dual = scale * float(residual @ labels) - 0.5 * scale**2 * square
    return (primal - dual) / primal


def minimise(
    inputs: Array, labels: Array, decay: float, *, tolerance: float = 1e-6, max_iterations: int = 1_000_000
) -> Minimiser:
    """Minimise ½ ‖y − X θ‖² + ρ ‖θ‖₁.

    Parameters
    ----------
    inputs : array, shape (n, d)
    labels : array, shape (n,)
    decay : float
        ρ > 0.
    tolerance : float
        Relative duality gap to stop at.
    max_iterations : int
        Sweeps of coordinate descent, in all.
    """
    return minimise_path(inputs, labels, [decay], tolerance=tolerance, max_iterations=max_iterations)[0]


def minimise_path(
    inputs: Array,
    labels: Array,
    decays: Sequence[float],
    *,
    tolerance: float = 1e-6,
    max_iterations: int = 1_000_000,
) -> list[Minimiser]:
    """Minimise for several decays, best given from large to small: each starts from the last.

    Parameters are those of :func:`minimise`, with ``max_iterations`` for each decay.
    """
    n, d = inputs.shape
    largest = float(np.max(np.abs(inputs.T @ labels)))
    if min(decays) >= largest:
        return [Minimiser(np.zeros(d), 0.0, 0) for _ in decays]

    from sklearn.linear_model import Lasso

    inputs = np.asfortranarray(inputs)
    gram: Any = inputs.T @ inputs if n > d else False  # measured faster as soon as it is the smaller one
    model = Lasso(fit_intercept=False, warm_start=True, copy_X=False, precompute=gram)
    found = []
    for decay in decays:
        if decay >= largest:
            found.append(Minimiser(np.zeros(d), 0.0, 0))
            continue
        model.alpha = decay / n
        found.append(_descend(model, inputs, labels, decay, tolerance, max_iterations))
    return found


def _descend(model: Any, inputs: Array, labels: Array, decay: float, tolerance: float, most: int) -> Minimiser:
    """Coordinate descent, sharpened until our own certificate holds."""
    from sklearn.exceptions import ConvergenceWarning

    model.tol = _FIRST_TOLERANCE
    sweeps = 0
    while True:
        model.max_iter = most - sweeps
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # judged by our own certificate, which is returned
            model.fit(inputs, labels)
        sweeps += int(np.max(model.n_iter_))
        coefficients = model.coef_
        residual = labels - inputs @ coefficients
        correlation = float(np.max(np.abs(inputs.T @ residual)))
        gap = relative_gap(labels, residual, float(np.sum(np.abs(coefficients))), decay, correlation)
        if gap <= tolerance or sweeps >= most or model.tol < 1e-17:
            return Minimiser(np.array(coefficients), gap, sweeps)
        model.tol *= 0.01
