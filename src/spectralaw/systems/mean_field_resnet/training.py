"""Training of all particles by gradient flow in mean-field time, or by descent; with what drives it, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from spectralaw._checks import finite, positive_integer
from spectralaw.display import number
from spectralaw.errors import InvalidInput
from spectralaw.results import Status
from spectralaw.systems.mean_field_resnet.network import ScaledResNet, required
from spectralaw.systems.mean_field_resnet.record import Record, TrainingPath
from spectralaw.systems.mean_field_resnet.setting import Array, real_array

ENERGY = 1e-4  # of the initial loss: largest imbalance of a path that counts as gradient flow
_RTOL, _ATOL = 1e-6, 1e-9
_LARGEST = 1e9  # of the initial size: parameters that have grown more are lost


def train(
    network: ScaledResNet,
    inputs: ArrayLike,
    targets: ArrayLike,
    time: float,
    *,
    step: float | None = None,
    goal: float | None = None,
    every: int = 1,
    most_steps: int = 20_000,
) -> TrainingPath:
    """Full-batch training of all particles: dω_k/dt = −K ∂loss/∂ω_k, dθ_lm/dt = −L M ∂loss/∂θ_lm.

    Parameters
    ----------
    network : ScaledResNet
    inputs, targets : array_like, shapes (samples, dimension) and (samples,)
    time : float
        Mean-field time to train for.
    step : float, optional
        Gradient descent with this step of time (learning rates K·step and L·M·step). Without it the flow is followed
        by an adaptive Runge–Kutta method of order five.
    goal : float, optional
        Stop when the loss is this fraction of the initial one; not converged if ``time`` passes before.
    every : int
        Steps from record to record; the first and the last state are always recorded.
    most_steps : int
        Steps allowed.

    Returns
    -------
    TrainingPath
        ``converged`` if the energy balance of the flow holds to 1e-4 of the initial loss (for descent: if the loss fell
        in every step), and the goal, if any, was reached; otherwise ``message`` says what is missing.

    Raises
    ------
    InvalidInput
        For other shapes, a time or step that is not positive, and a goal outside (0, 1).

    References
    ----------
    arXiv:2403.09889, section 3: gradient flow of both laws; here for finitely many particles.
    """
    x = required(network).checked(inputs)
    y = real_array("targets", targets, (len(x),), "(samples,)")
    end = positive("time", time)
    fraction = None if goal is None else positive("goal", goal)
    if fraction is not None and fraction >= 1.0:
        raise InvalidInput(f"goal must be below 1, not {fraction:g}")
    every, most = positive_integer("every", every), positive_integer("most_steps", most_steps)
    record = Record(network, x, y)
    steps = _flow(network, x, y, end) if step is None else _descent(network, x, y, end, positive("step", step))
    message, count, fell = "", 0, True
    at, state = 0.0, _State(network.vector(), np.zeros(_count(network)), 0.0)
    previous = record.add(at, network, state.stretch)
    first = previous
    for count, taken in enumerate(steps, 1):
        at, state = taken
        if not np.max(np.abs(state.parameters)) <= _LARGEST * network.setting.initial_std:
            message = f"the parameters diverged by time {number(at)}; a smaller step would be right"
            break
        here = network.from_vector(state.parameters)
        loss = record.add(at, here, state.stretch) if count % every == 0 or at >= end else here.loss(x, y)
        fell, previous = fell and loss <= previous, loss
        if fraction is not None and loss <= fraction * first:
            break
        if count == most and at < end:
            message = f"most_steps, {most}, were made by time {number(at)} of {number(end)}"
            break
    if not message and record.time[-1] < at:
        record.add(at, network.from_vector(state.parameters), state.stretch)
    residual = abs(first - record.loss[-1] - state.spent) / first if first > 0.0 else 0.0
    if not message and at < end and (fraction is None or previous > fraction * first):
        message = f"the flow could not be followed beyond time {number(at)}"
    if not message and fraction is not None and previous > fraction * first:
        message = f"the loss is {previous / first:.3g} of its start at time {number(end)}, above the goal {fraction:g}"
    if not message and step is None and not residual <= ENERGY:
        message = f"the energy balance fails by {residual:.1e} of the initial loss"
    if not message and step is not None and not fell:
        message = "the loss grew in some step; a smaller step would be right"
    status = Status.NOT_CONVERGED if message else Status.CONVERGED
    return record.path(residual, status, message)


def positive(name: str, value: float) -> float:
    """``value`` as a finite float above zero."""
    value = finite(name, value)
    if value <= 0.0:
        raise InvalidInput(f"{name} must be positive, not {value:g}")
    return value


@dataclass(frozen=True)
class _State:
    """Where a training is: parameters, ∫ ∇·velocity dt of each particle (layers first), ∫ |gradient|² dt."""

    parameters: Array
    stretch: Array
    spent: float

    def vector(self) -> Array:
        return np.concatenate([self.parameters, self.stretch, [self.spent]])


def _count(network: ScaledResNet) -> int:
    s = network.setting
    return s.layers * s.particles + s.output_particles


def _flow(network: ScaledResNet, x: Array, y: Array, end: float) -> Iterator[tuple[float, _State]]:
    """Time and state after every accepted step; the integrals are solved along with the parameters."""
    from scipy.integrate import RK45

    size, count = network.vector().size, _count(network)
    start = np.concatenate([network.vector(), np.zeros(count + 1)])
    right = lambda _, values: _velocity(network.from_vector(values[:size]), x, y).vector()  # noqa: E731
    solver = RK45(right, 0.0, start, end, rtol=_RTOL, atol=_ATOL)
    while solver.status == "running":
        solver.step()
        if solver.status == "failed":
            return
        values = solver.y
        yield float(solver.t), _State(values[:size], values[size:-1], float(values[-1]))


def _descent(network: ScaledResNet, x: Array, y: Array, end: float, step: float) -> Iterator[tuple[float, _State]]:
    count = int(np.ceil(end / step - 1e-9))
    state = _State(network.vector(), np.zeros(_count(network)), 0.0)
    for k in range(count):
        size = min(step, end - k * step)
        moving = _velocity(network.from_vector(state.parameters), x, y)
        with np.errstate(over="ignore", invalid="ignore"):
            state = _State(
                state.parameters + size * moving.parameters,
                state.stretch + size * moving.stretch,
                state.spent + size * moving.spent,
            )
        yield (end if k == count - 1 else (k + 1) * step), state


def _velocity(network: ScaledResNet, x: Array, y: Array) -> _State:
    """d/dt of a state; −d loss/dt = L M |∂loss/∂θ|² + K |∂loss/∂ω|²."""
    velocity, found = network.velocity(x, y)
    s = network.setting
    layers, head = s.layers * s.particles, s.output_particles
    inner = layers * (2 * s.dimension + 1)
    spent = float(velocity[:inner] @ velocity[:inner] / layers + velocity[inner:] @ velocity[inner:] / head)
    return _State(velocity, np.concatenate([-layers * found.curvature.ravel(), -head * found.head_curvature]), spent)
