"""Finite perceptrons without a constraint: gradient flow on the logistic loss, recorded as its norm grows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.integrate import BDF

from spectralaw._checks import at_least, ours, vector
from spectralaw.display import Shown, number
from spectralaw.errors import InvalidInput
from spectralaw.results import Status
from spectralaw.systems.perceptron.inputs import Array
from spectralaw.systems.perceptron.loss import curvature, log_loss, relative_slopes
from spectralaw.systems.perceptron.setting import Perceptron, draw, error_of

ACCURACY = 1e-6
"""Of the integrator, relative; test errors follow to about as much."""
_MOST = 20_000  # steps
_TIMES = 60  # halvings to find where a norm is passed


@dataclass(frozen=True, repr=False)
class FreeNorm(Shown):
    """What was recorded along a training; arrays of shape (norms,)."""

    setting: Perceptron
    seed: int
    weight_norm: Array
    """λ = |w|/√N, in ascending order; each is recorded when it is first reached."""
    test_error: Array
    """arccos(R)/π; NaN at norms that were not reached."""
    log_loss: Array
    """log of (1/αN) Σ log(1 + e^{−2Δ})."""
    initial_error: float
    """Test error of the first weights; of Hebb's rule where they are zero, which is where the flow goes at once."""
    status: Status
    """``not_converged`` if a norm was not reached."""
    message: str
    weights: Array = field(compare=False)
    """Shape (norms, N)."""

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        pairs = [
            ("status", f"{self.status}"),
            ("norms", f"{self.weight_norm.size} from {self.weight_norm[0]:g} to {self.weight_norm[-1]:g}"),
            ("test error ε", f"{number(self.test_error[0])} to {number(self.test_error[-1])}"),
        ]
        title = f"Perceptron of free norm, N = {self.setting.dimension}, {self.setting.samples} samples"
        return title, [*pairs, *([("", self.message)] if self.message else [])]


def train_free_norm(setting: Perceptron, weight_norms: Any, seed: int = 0, *, initial_norm: float = 0.0) -> FreeNorm:
    """Train by gradient flow, dw/dt = −∇ Σ log(1 + e^{−2Δ}), and record the test error at the norms it passes.

    The flow is what gradient descent does at small learning rate. As labels can be separated the norm grows without
    end, like log t; time is therefore measured by the loss, ds = loss · dt, which changes no point of the curve, and
    the flow is integrated by backward differentiation with the exact Hessian.

    Parameters
    ----------
    setting : Perceptron
    weight_norms : array_like of shape (norms,)
        λ, ascending, greater than ``initial_norm``.
    seed : int
        Of teacher, inputs and first weights.
    initial_norm : float
        λ of the first weights, of random direction; 0 or greater.

    Returns
    -------
    FreeNorm

    Raises
    ------
    InvalidInput
        For norms that do not ascend from above ``initial_norm``.

    References
    ----------
    arXiv:2505.13230.
    """
    ours("setting", setting, "Perceptron")
    norms, begin = vector("weight_norms", weight_norms, or_number=True), at_least("initial_norm", initial_norm, 0.0)
    if norms[0] <= begin or np.any(np.diff(norms) <= 0.0):
        raise InvalidInput(f"weight_norms must ascend from above initial_norm = {begin:g}, not {norms.tolist()!r:.60}")
    rows, teacher = draw(setting, seed)
    root = np.sqrt(setting.dimension)
    first = np.random.default_rng([seed, 1]).standard_normal(setting.dimension)
    first *= begin * root / np.linalg.norm(first)
    initial = float(error_of(first if begin > 0.0 else rows.sum(axis=0), teacher))
    weights = np.full((norms.size, setting.dimension), np.nan)
    k, message = 0, ""
    solver = BDF(
        lambda _, w: _velocity(rows, w), 0.0, first, np.inf,
        rtol=ACCURACY, atol=ACCURACY * norms[0], jac=lambda _, w: _bend(rows, w), first_step=1e-3 * norms[0],
    )  # fmt: skip
    for _ in range(_MOST):
        message = solver.step() or ""
        if message or solver.status == "failed":
            break
        size = float(np.linalg.norm(solver.y)) / root
        if size >= norms[k]:
            path = solver.dense_output()
            while k < norms.size and size >= norms[k]:
                weights[k] = _passing(path, path.t_old, path.t, norms[k] * root)
                k += 1
            if k == norms.size:
                break
    if k < norms.size:
        message = message or f"norm {norms[k]:g} was not reached within {_MOST:,} steps"
    with np.errstate(invalid="ignore"):
        logs = log_loss(weights @ rows.T) - np.log(setting.samples)
    status = Status.CONVERGED if k == norms.size else Status.NOT_CONVERGED
    return FreeNorm(setting, seed, norms, error_of(weights, teacher), logs, initial, status, message, weights)


def _velocity(rows: Array, weights: Array) -> Array:
    """−∇ log loss."""
    return -relative_slopes(rows, rows @ weights)[0]


def _bend(rows: Array, weights: Array) -> Array:
    """Jacobian of the velocity: −∇² loss/loss + (∇ loss/loss)(∇ loss/loss)ᵀ."""
    gradient, bends = relative_slopes(rows, rows @ weights)
    return np.outer(gradient, gradient) - curvature(rows, bends)


def _passing(path: Any, begin: float, end: float, radius: float) -> Array:
    """Weights where the norm first passes a radius between two times, by bisection."""
    for _ in range(_TIMES):
        middle = 0.5 * (begin + end)
        begin, end = (begin, middle) if np.linalg.norm(path(middle)) >= radius else (middle, end)
    return path(end)
