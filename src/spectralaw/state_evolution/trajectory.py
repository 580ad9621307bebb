"""State evolution iterate by iterate: what message passing does after t steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectralaw._checks import positive_integer
from spectralaw.errors import InvalidInput
from spectralaw.state_evolution.equations import capacity, evaluator, scaled_decay
from spectralaw.task import Task

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Trajectory:
    """State evolution from weights of zero; every field has shape (iterations,)."""

    effective_noise: Array
    """δ_t of the noisy teacher that iteration t thresholds."""
    threshold: Array
    """c_t."""
    excess_risk: Array
    """R of the weights after iteration t."""


def trajectory(task: Task, iterations: int) -> Trajectory:
    """State evolution of :func:`spectralaw.train` with ``method="amp"``, undamped.

    Starting from δ_0² = (R_0 + Δ)/N with the risk R_0 of zero weights,

        λ' = c_t (N − X(δ_t, c_t)),      R_t = R(δ_t, c_t),      δ_{t+1}² = (R_t + Δ)/N

    in the notation of :mod:`spectralaw.state_evolution.channel`; its fixed point is :func:`spectralaw.predict`.

    Parameters
    ----------
    task : Task
        weight_decay > 0.
    iterations : int
    """
    if task.weight_decay == 0.0:
        raise InvalidInput("weight_decay must be greater than 0 for message passing, not 0")
    if not task.white:
        raise InvalidInput(f"inputs must be white for message passing, not {task.inputs}")
    channel = evaluator(task)
    n = float(capacity(task.network, np.array(task.samples), float(task.dimension)))
    decay = float(scaled_decay(task.network, np.array(task.effective_weight_decay), float(task.dimension)))
    noise = np.sqrt((channel.largest_risk + task.noise_variance) / n)
    rows = []
    for _ in range(positive_integer("iterations", iterations)):
        threshold = _threshold(channel, noise, n, decay)
        risk = float(channel(np.array([noise]), np.array([threshold])).risk[0])
        rows.append((noise, threshold, risk))
        noise = np.sqrt((risk + task.noise_variance) / n)
    return Trajectory(*(np.array(column) for column in zip(*rows, strict=True)))


def _threshold(channel, noise: float, n: float, decay: float) -> float:
    """The root c of c (N − X(δ, c)) = λ', whose left side increases where it is positive; bisection in log c."""
    low, high = 1e-12 * decay / n, (decay / n + 4.0 * noise) * 2.0
    while high * (n - float(channel(np.array([noise]), np.array([high])).response[0])) < decay:
        high *= 2.0
    for _ in range(100):
        middle = np.sqrt(low * high)
        if middle * (n - float(channel(np.array([noise]), np.array([middle])).response[0])) < decay:
            low = middle
        else:
            high = middle
        if high / low <= 1.0 + 1e-13:
            break
    return float(high)
