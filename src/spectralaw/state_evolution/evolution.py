"""The state evolution of a task, or of many: effective noise, threshold, and what follows from them at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw.results import Status
from spectralaw.state_evolution.channel import Array
from spectralaw.state_evolution.equations import capacity, evaluator, scaled_decay
from spectralaw.state_evolution.lattice import solve_on_lattice
from spectralaw.state_evolution.solver import TOLERANCE, Solution, solve
from spectralaw.state_evolution.width import narrow, solve_narrow
from spectralaw.task import Task

RISK_ACCURACY = 1e-6
"""Relative error of the excess risk, as estimated from residuals and rounding, above which there is no result."""
FEWEST_SURVIVORS = 1e-3
"""Expected number of surviving weights below which a diagonal network counts as collapsed."""


_NUMBERS = (
    "excess_risk",
    "training_loss",
    "effective_noise",
    "threshold",
    "zero_mass",
    "samples_exponent",
    "weight_decay_exponent",
)


@dataclass(frozen=True)
class StateEvolution:
    """Solved equations at B points; every field has shape (B,), and is NaN where nothing was found."""

    excess_risk: Array
    training_loss: Array
    effective_noise: Array
    threshold: Array
    zero_mass: Array
    samples_exponent: Array
    weight_decay_exponent: Array
    residual: Array
    converged: NDArray[np.bool_]
    collapsed: NDArray[np.bool_]

    @property
    def status(self) -> list[Status]:
        """Outcome of each point."""
        return [
            Status.NOT_CONVERGED if not good else Status.COLLAPSED if dead else Status.CONVERGED
            for good, dead in zip(self.converged, self.collapsed, strict=True)
        ]


def state_evolution(
    task: Task, samples: Array, weight_decay: Array, noise_variance: Array, axes: dict[str, Array] | None = None
) -> StateEvolution:
    """Solve the state evolution of one teacher and dimension for B triples (n, λ, Δ).

    Parameters
    ----------
    task : Task
        Gives network, dimension, teacher and width; its other fields are replaced by the arrays.
    samples, weight_decay, noise_variance : array, shape (B,)
        n > 0, λ ≥ 0 (of the objective; the width's factor √(p/d) is applied here), Δ ≥ 0.
    axes : dict, optional
        Values of those that are axes of a grid, if the triples are its points in C order: neighbours then help.

    Returns
    -------
    StateEvolution
        Networks narrower than the number of eigenvalues that would survive follow
        :mod:`spectralaw.state_evolution.width`.
    """
    with np.errstate(all="ignore"):  # numbers at the end of their range make points that are not results, and say so
        return _solved(task, samples, weight_decay, noise_variance, axes)


def _solved(
    task: Task, samples: Array, weight_decay: Array, noise_variance: Array, axes: dict[str, Array] | None
) -> StateEvolution:
    dimension = float(task.dimension)
    n_capacity = np.asarray(capacity(task.network, samples, dimension))
    decay = scaled_decay(task.network, weight_decay * _width_factor(task), dimension)
    lattice = [_coordinates(values) for values in (axes or {}).values()]
    if lattice:
        shape = tuple(len(values) for values in lattice)
        solution = solve_on_lattice(
            evaluator(task), shape, lattice, n_capacity, decay, noise_variance, thorough=not narrow(task)
        )
    else:
        solution = solve(evaluator(task), n_capacity, decay, noise_variance, thorough=not narrow(task))
    channel, noise = solution.channel, solution.noise
    with np.errstate(invalid="ignore"):
        spare = decay / solution.threshold  # N − X, without its cancellation
    spare = np.where(solution.unthresholded | solution.recovered, n_capacity - channel.response, spare)
    by_samples, by_decay, amplification = _exponents(solution, n_capacity, decay, noise_variance)
    # at a divergence (λ → 0 at the interpolation peak) any large noise almost solves the equations: the residual is
    # small, but says nothing about the risk
    error = amplification * np.maximum(np.minimum(solution.residual, TOLERANCE), np.finfo(float).eps)
    converged = (solution.residual <= np.maximum(TOLERANCE, 8.0 * solution.rounding)) & (error <= RISK_ACCURACY)
    # a wide network that has no solution may have one with fewer units
    with_units = narrow(task) & ~(converged & (channel.survivors <= (task.width or 0) * (1.0 + 1e-9)))
    result = lambda values: np.where(converged, values, np.nan)  # noqa: E731  # never a number that is not a result
    answer = StateEvolution(
        excess_risk=result(channel.risk),
        training_loss=result(noise**2 * spare**2 / n_capacity),
        effective_noise=result(noise),
        threshold=result(solution.threshold),
        zero_mass=result(np.clip(1.0 - channel.survivors / dimension, 0.0, 1.0)),
        samples_exponent=result(by_samples),
        weight_decay_exponent=result(by_decay),
        residual=solution.residual,
        converged=converged,
        collapsed=solution.collapsed | ((task.network == "diagonal") & (channel.survivors < FEWEST_SURVIVORS)),
    )
    for row in np.flatnonzero(with_units):
        one = task.replace(samples=samples[row], weight_decay=weight_decay[row], noise_variance=noise_variance[row])
        _with_cut(answer, int(row), one)
    return answer


def _with_cut(answer: StateEvolution, row: int, task: Task) -> None:
    """Put the solution of a network too narrow for the wide solution in its place."""
    found = solve_narrow(task)
    values: dict[str, Any] = dict.fromkeys(_NUMBERS, np.nan)
    residual = np.inf if found is None else found.residual
    error = np.inf if found is None else found.amplification * max(found.residual, np.finfo(float).eps)
    if found is None or not (residual <= TOLERANCE and error <= RISK_ACCURACY and found.excess_risk >= 0.0):
        values |= {"residual": residual, "converged": False}
    else:
        values = {
            "excess_risk": found.excess_risk,
            "training_loss": found.training_loss,
            "effective_noise": found.noise,
            "threshold": found.threshold,
            "zero_mass": 1.0 - found.survivors / task.dimension,
            "samples_exponent": found.samples_exponent,
            "weight_decay_exponent": found.weight_decay_exponent,
            "residual": found.residual,
            "converged": True,
        }
    values["collapsed"] = False
    for name, value in values.items():
        getattr(answer, name)[row] = value


def _coordinates(values: Array) -> Array:
    """What solutions are smooth in along an axis: logarithms, if they can be had, or positions where values repeat."""
    smooth = np.log(values) if np.all(values > 0.0) else values
    steps = np.diff(smooth)
    return smooth if np.all(steps > 0.0) or np.all(steps < 0.0) else np.arange(len(values), dtype=float)


def _width_factor(task: Task) -> float:
    return 1.0 if task.width is None else float(np.sqrt(task.width / task.dimension))


def _exponents(
    solution: Solution, n_capacity: Array, decay: Array, noise_variance: Array
) -> tuple[Array, Array, Array]:
    """∂ log R / ∂ log n, ∂ log R / ∂ log λ, and by how much log R amplifies the residuals of the equations.

    With ℓ = log δ and k = log c, the equations log((R + Δ)/N) − 2 ℓ = 0 and c (N − X) − λ' = 0 are differentiated;
    the second is divided by c N.
    """
    ch, noise, threshold = solution.channel, solution.noise, solution.threshold
    total = ch.risk + noise_variance
    with np.errstate(all="ignore"):
        a = noise * ch.risk_noise / total - 2.0
        b = threshold * ch.risk_threshold / total
        c = -noise * ch.response_noise / n_capacity
        d = (1.0 - ch.response / n_capacity) - threshold * ch.response_threshold / n_capacity
        determinant = a * d - b * c
        pull = decay / (threshold * n_capacity)
        # right-hand sides: (1, −1) for log n, (0, λ'/(c N)) for log λ
        noise_n, threshold_n = (d + b) / determinant, (-a - c) / determinant
        noise_decay, threshold_decay = -b * pull / determinant, a * pull / determinant
        risk_noise, risk_threshold = noise * ch.risk_noise / ch.risk, threshold * ch.risk_threshold / ch.risk
        by_samples = risk_noise * noise_n + risk_threshold * threshold_n
        by_decay = risk_noise * noise_decay + risk_threshold * threshold_decay
        # rows of the inverse Jacobian, with log R: what a unit residual of either equation does to log R
        amplification = np.abs((risk_noise * d - risk_threshold * c) / determinant)
        amplification += np.abs((risk_threshold * a - risk_noise * b) / determinant)
    flat = solution.collapsed
    free = solution.unthresholded  # only the noise moves
    with np.errstate(all="ignore"):
        by_samples = np.where(free, risk_noise / a, by_samples)
        amplification = np.where(free, np.abs(risk_noise / a), amplification)
    exact = flat | solution.recovered
    amplification = np.where(exact, 0.0, np.where(np.isfinite(amplification), amplification, np.inf))
    return np.where(flat, 0.0, by_samples), np.where(flat | free, 0.0, by_decay), amplification
