"""The test error of a trained network from its own training set, drawn again from its seed."""

from __future__ import annotations

import numpy as np

from spectralaw.errors import InvalidInput
from spectralaw.task import Task
from spectralaw.training.data import draw
from spectralaw.training.leverages import diagonal_leverages, quadratic_leverages
from spectralaw.training.risk_estimate import RiskEstimate, projected_kurtosis, risk_estimate
from spectralaw.training.sensing import Array, Sensing

_ZERO = 1e-9  # of the largest eigenvalue, below which iterative methods mean zero


def estimated_risk(task: Task, seed: int, estimate: Array) -> RiskEstimate:
    """R + Δ of a minimiser, estimated as for the user's own rows.

    Parameters
    ----------
    task : Task
        Not narrower than its dimension: the leverages are those of the convex form.
    seed : int
        Of the training.
    estimate : array
        θ̂, shape (d,), or Ŝ, shape (d, d).

    Raises
    ------
    InvalidInput
        For a narrow network.
    """
    if task.width is not None and task.width < task.dimension:
        raise InvalidInput(
            f"width must be at least the dimension {task.dimension} for an estimate of the risk, not {task.width}"
        )
    if task.network == "quadratic" and not task.white:
        raise InvalidInput(
            f"inputs must be white for an estimate of the risk of the quadratic network, not {task.inputs}"
        )
    data = draw(task, seed)
    kurtosis = projected_kurtosis(data.inputs)
    if task.network == "diagonal":
        return risk_estimate(data.labels - data.inputs @ estimate, diagonal_leverages(data.inputs, estimate), kurtosis)
    sensing = Sensing(data.inputs, data.covariance)
    values, vectors = np.linalg.eigh(estimate)
    kept = values > _ZERO * max(float(values[-1]), 1e-300)
    residual = data.labels - sensing.forward(estimate)
    decay = task.effective_weight_decay * task.dimension
    leverages = quadratic_leverages(sensing, values[kept][::-1], vectors[:, kept][:, ::-1], residual, decay, seed=seed)
    return risk_estimate(residual, leverages, kurtosis)
