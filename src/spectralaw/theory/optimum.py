"""The best weight decay: where the predicted excess risk is least."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spectralaw.results import Status
from spectralaw.state_evolution.channel import Array
from spectralaw.state_evolution.evolution import state_evolution
from spectralaw.task import Task

_TOLERANCE = 1e-6  # on |∂ log R / ∂ log λ| at an interior optimum
_SCAN = 60


@dataclass(frozen=True)
class OptimalDecay:
    """The least predicted risk over the weight decay."""

    weight_decay: float
    """λ_opt; 0 when the risk only rises with λ, in the limit λ → 0."""
    excess_risk: float
    slope: float
    """∂ log R / ∂ log λ there, zero at an interior minimum: the certificate."""
    status: Status


def optimal_weight_decay(task: Task) -> OptimalDecay:
    """Minimise the predicted excess risk over λ.

    The risk is scanned over the decades from the smallest useful decay to rank collapse, and the minimum is refined as
    the root of the local exponent ∂ log R / ∂ log λ, which is exact.

    Parameters
    ----------
    task : Task
        Its own weight decay is ignored.

    Returns
    -------
    OptimalDecay
        ``converged`` when the slope at an interior minimum is below 1e-6, or the limit λ → 0 is best.

    References
    ----------
    arXiv:2509.24882, section 4: λ_opt = Θ(√(n_eff/d)) up to logarithms.
    """
    scale = np.sqrt(task.effective_samples / task.dimension)
    collapse = task.effective_samples / np.sqrt(task.dimension)
    decays = np.geomspace(1e-5 * min(scale, collapse), 1e3 * max(scale, collapse), _SCAN)
    risk, slope = _evaluate(task, decays)
    if not np.any(np.isfinite(risk)):
        return OptimalDecay(float("nan"), float("nan"), float("nan"), Status.NOT_CONVERGED)
    best = int(np.nanargmin(risk))
    if best == 0:
        limit, _ = _evaluate(task, np.zeros(1))
        if limit[0] <= risk[0]:
            return OptimalDecay(0.0, float(limit[0]), 0.0, Status.CONVERGED)
    low, high = np.log(decays[max(best - 1, 0)]), np.log(decays[min(best + 1, _SCAN - 1)])
    for _ in range(12):  # each round narrows the sign change of the slope 8 times
        inner = np.linspace(low, high, 9)
        risk, slope = _evaluate(task, np.exp(inner))
        k = int(np.nanargmin(np.where(np.isfinite(slope), risk, np.inf)))
        low, high = (inner[k], inner[min(k + 1, 8)]) if slope[k] < 0.0 else (inner[max(k - 1, 0)], inner[k])
        if abs(slope[k]) <= 0.01 * _TOLERANCE:
            break
    k = int(np.nanargmin(np.abs(slope)))
    good = abs(slope[k]) <= _TOLERANCE
    status = Status.CONVERGED if good else Status.NOT_CONVERGED
    return OptimalDecay(float(np.exp(inner[k])), float(risk[k]), float(slope[k]), status)


def _evaluate(task: Task, decays: Array) -> tuple[Array, Array]:
    full = lambda value: np.full(decays.shape, value)  # noqa: E731
    solved = state_evolution(task, full(task.samples), decays, full(task.noise_variance))
    return solved.excess_risk, solved.weight_decay_exponent
