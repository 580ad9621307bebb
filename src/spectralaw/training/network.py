"""Training the two-layer network itself: L-BFGS on the weight-decayed loss, from a random start.

    quadratic:  Σ_μ (y_μ − f(x_μ; W))² + λ ‖W‖²,              f = Tr[WᵀW (x xᵀ − I)] / √(p d²)
    diagonal:   Σ_μ (y_μ − f(x_μ; w, a))² + λ (‖w‖² + ‖a‖²),  f = Σ_i a_i w_i x_i / √d

The problem is not convex in the weights. With p ≥ d hidden units its minimisers are those of the convex form, so that
the duality gap of the function reached is a certificate of the global minimum; with p < d only the gradient is known
to vanish.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw.training.sensing import Sensing

Array = NDArray[np.float64]

_MEMORY = 20  # pairs that L-BFGS keeps
_ROUND = 200  # iterations between two certificates


@dataclass(frozen=True)
class Descent:
    """Where L-BFGS stopped."""

    weights: Array
    """The flat vector of all weights."""
    certificate: float
    iterations: int


def descend(objective, certify, start: Array, *, tolerance: float, max_iterations: int, record: Any = None) -> Descent:
    """L-BFGS in rounds, until ``certify(weights)`` is within the tolerance or nothing moves any more.

    Parameters
    ----------
    objective : callable
        weights ↦ (loss, gradient).
    certify : callable
        weights ↦ certificate.
    record : callable, optional
        Called with (iteration, weights) at the start and after each iteration.
    """
    from scipy.optimize import minimize

    weights, done, certificate, last = start, 0, np.inf, np.inf
    taken = 0

    def seen(current: Array) -> None:
        nonlocal taken
        taken += 1
        record(taken, current)

    if record is not None:
        record(0, start)
    while done < max_iterations:
        steps = min(_ROUND, max_iterations - done)
        found = minimize(
            objective,
            weights,
            jac=True,
            method="L-BFGS-B",
            callback=None if record is None else seen,
            options={"maxiter": steps, "maxfun": 20 * steps, "maxcor": _MEMORY, "ftol": 0.0, "gtol": 0.0},
        )
        weights, done, certificate = found.x, done + max(int(found.nit), 1), certify(found.x)
        if certificate <= tolerance or (found.nit == 0 and not found.fun < last):
            break
        last = found.fun
    return Descent(weights, float(certificate), done)


def relative_gradient(objective, weights: Array, decay: float) -> float:
    """‖∇ loss‖ over the norm 2 λ ‖weights‖ of its weight-decay part; 0 at a stationary point."""
    scale = 2.0 * decay * float(np.linalg.norm(weights))
    return float(np.linalg.norm(objective(weights)[1])) / scale if scale > 0.0 else 0.0


def quadratic_objective(sensing: Sensing, labels: Array, decay: float, width: int):
    """weights W (flat, p × d) ↦ loss and gradient, 4 Σ_μ … = −4 W Aᵀ(residual)/√(p d) + 2 λ W."""
    d = sensing.dimension
    scale = np.sqrt(float(width) * d)

    def objective(flat: Array) -> tuple[float, Array]:
        w = flat.reshape(width, d)
        image = sensing.forward_factor(w.T / np.sqrt(scale)) if width < d else sensing.forward(w.T @ w / scale)
        residual = labels - image
        gradient = -4.0 / scale * (w @ sensing.adjoint(residual)) + 2.0 * decay * w
        return float(residual @ residual) + decay * float(np.sum(w**2)), gradient.ravel()

    return objective


def diagonal_objective(inputs: Array, labels: Array, decay: float):
    """weights (w, a) (flat, 2 d) ↦ loss and gradient."""
    d = inputs.shape[1]

    def objective(flat: Array) -> tuple[float, Array]:
        w, a = flat[:d], flat[d:]
        residual = labels - inputs @ (a * w / np.sqrt(d))
        back = -2.0 / np.sqrt(d) * (inputs.T @ residual)
        gradient = np.concatenate([back * a, back * w]) + 2.0 * decay * flat
        return float(residual @ residual) + decay * float(flat @ flat), gradient

    return objective
