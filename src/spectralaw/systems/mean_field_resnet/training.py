"""Training of all particles by gradient flow in mean-field time, or by descent; with what drives it, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from spectralaw._checks import finite, positive_integer
from spectralaw.display import Shown, number
from spectralaw.errors import InvalidInput
from spectralaw.results import Status
from spectralaw.systems.mean_field_resnet.divergence import moved_divergence
from spectralaw.systems.mean_field_resnet.gram import gram_of
from spectralaw.systems.mean_field_resnet.network import ScaledResNet, required
from spectralaw.systems.mean_field_resnet.setting import Array, real_array

if TYPE_CHECKING:
    import xarray

ENERGY = 1e-4  # of the initial loss: largest imbalance of a path that counts as gradient flow
_RTOL, _ATOL = 1e-6, 1e-9
_LARGEST = 1e9  # of the initial size: parameters that have grown more are lost


@dataclass(frozen=True, repr=False, eq=False)
class TrainingPath(Shown):
    """A training: the network at its end, and loss, Gram eigenvalues and divergences at its recorded times."""

    network: ScaledResNet
    """At the last time."""
    start: ScaledResNet
    time: Array
    """Mean-field time of each record; of order n/(λ_min(G)) to fit, so of order 1/β²."""
    loss: Array
    """(1/2n) Σ (f_i − y_i)²."""
    rate: Array
    """(f−y)ᵀ G (f−y)/|f−y|²: under the flow d ln loss/dt = −(2/n) rate."""
    least: Array
    """λ_min(G)."""
    least_layers: Array
    """λ_min(G₁)."""
    least_output: Array
    """λ_min(G₂)."""
    output_divergence: Array | None
    """KL of output particles from their start, by Gaussian fits (``moved_divergence``); None if they are too few."""
    layer_divergence: Array | None
    """The same for the particles of a layer, mean over layers."""
    samples: int
    residual: float
    """Certificate: |loss lost − ∫ |gradient|² dt| over the initial loss, zero along the exact flow."""
    status: Status
    message: str = ""

    @property
    def bound(self) -> Array:
        """loss(0) exp(−(2/n) ∫ λ_min(G) dt), above which the loss of the flow cannot be; trapezium rule."""
        return decayed(self.time, self.loss, self.least, self.samples)

    @property
    def expected(self) -> Array:
        """loss(0) exp(−(2/n) ∫ rate dt), which the loss of the flow is; trapezium rule."""
        return decayed(self.time, self.loss, self.rate, self.samples)

    def to_xarray(self) -> xarray.Dataset:
        """Records over ``time``; divergences that do not exist are left out."""
        import xarray

        found = {name: ("time", values) for name, values in self._records().items() if values is not None}
        attrs = {**self.start.setting.to_dict(), "samples": self.samples, "residual": self.residual}
        attrs = {name: int(value) if isinstance(value, bool) else value for name, value in attrs.items()}
        return xarray.Dataset(found, coords={"time": self.time}, attrs={**attrs, "status": str(self.status)})

    def _records(self) -> dict[str, Array | None]:
        names = ("loss", "rate", "least", "least_layers", "least_output", "output_divergence", "layer_divergence")
        return {name: getattr(self, name) for name in (*names, "bound", "expected")}

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        last = lambda values: "too few particles" if values is None else number(float(values[-1]))  # noqa: E731
        return f"Training of a residual network on {self.samples} samples", [
            ("status", f"{self.status} (imbalance {self.residual:.1e})"),
            *([("", self.message)] if self.message else []),
            ("time, records", f"{number(float(self.time[-1]))}, {self.time.size}"),
            ("loss", f"{number(float(self.loss[0]))} → {number(float(self.loss[-1]))}"),
            ("λ_min(G)", f"{number(float(self.least[0]))} → {number(float(self.least[-1]))}"),
            ("KL of output particles", last(self.output_divergence)),
            ("KL of layer particles", last(self.layer_divergence)),
        ]


def decayed(time: Array, loss: Array, rate: Array, samples: int) -> Array:
    """loss(0) exp(−(2/n) ∫ rate dt) at each time, by the trapezium rule."""
    steps = 0.5 * (rate[1:] + rate[:-1]) * np.diff(time)
    return loss[0] * np.exp(-2.0 / samples * np.concatenate([[0.0], np.cumsum(steps)]))


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
    record = _Record(network, x, y)
    steps = _flow(network, x, y, end) if step is None else _descent(network, x, y, end, positive("step", step))
    message, count, fell = "", 0, True
    at, state, spent = 0.0, network.vector(), 0.0
    previous = record.add(at, network)
    first = previous
    for count, taken in enumerate(steps, 1):
        at, state, spent = taken
        if not np.max(np.abs(state)) <= _LARGEST * network.setting.initial_std:
            message = f"the parameters diverged by time {number(at)}; a smaller step would be right"
            break
        here = network.from_vector(state)
        loss = record.add(at, here) if count % every == 0 or at >= end else here.loss(x, y)
        fell, previous = fell and loss <= previous, loss
        if fraction is not None and loss <= fraction * first:
            break
        if count == most and at < end:
            message = f"most_steps, {most}, were made by time {number(at)} of {number(end)}"
            break
    if not message and record.time[-1] < at:
        record.add(at, network.from_vector(state))
    residual = abs(first - record.loss[-1] - spent) / first if first > 0.0 else 0.0
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


def _flow(network: ScaledResNet, x: Array, y: Array, end: float) -> Iterator[tuple[float, Array, float]]:
    """(time, parameters, ∫ |gradient|² dt) after every accepted step; the integral is solved along with the rest."""
    from scipy.integrate import RK45

    def right(_: float, values: Array) -> Array:
        velocity, energy = _velocity(network.from_vector(values[:-1]), x, y)
        return np.append(velocity, energy)

    solver = RK45(right, 0.0, np.append(network.vector(), 0.0), end, rtol=_RTOL, atol=_ATOL)
    while solver.status == "running":
        solver.step()
        if solver.status == "failed":
            return
        yield float(solver.t), solver.y[:-1], float(solver.y[-1])


def _descent(
    network: ScaledResNet, x: Array, y: Array, end: float, step: float
) -> Iterator[tuple[float, Array, float]]:
    count = int(np.ceil(end / step - 1e-9))
    state, spent = network.vector(), 0.0
    for k in range(count):
        size = min(step, end - k * step)
        velocity, energy = _velocity(network.from_vector(state), x, y)
        with np.errstate(over="ignore", invalid="ignore"):
            state, spent = state + size * velocity, spent + size * energy
        yield (end if k == count - 1 else (k + 1) * step), state, spent


def _velocity(network: ScaledResNet, x: Array, y: Array) -> tuple[Array, float]:
    """Velocity of all parameters, and −d loss/dt = L M |∂loss/∂θ|² + K |∂loss/∂ω|²."""
    velocity, _ = network.velocity(x, y)
    s = network.setting
    inner = s.layers * s.particles * (2 * s.dimension + 1)
    parts = velocity[:inner], velocity[inner:]
    return velocity, float(parts[0] @ parts[0] / (s.layers * s.particles) + parts[1] @ parts[1] / s.output_particles)


@dataclass
class _Record:
    """What is kept of a training."""

    start: ScaledResNet
    x: Array
    y: Array
    time: list[float] = field(default_factory=list)
    loss: list[float] = field(default_factory=list)
    rows: list[tuple[float, ...]] = field(default_factory=list)
    last: ScaledResNet | None = None

    def add(self, time: float, network: ScaledResNet) -> float:
        passage = network.passage(self.x)
        made = gram_of(network, passage)
        left = network.outputs_of(passage.features) - self.y
        square = float(left @ left)
        rate = float(left @ made.total @ left) / square if square > 0.0 else 0.0
        self.time.append(time)
        self.loss.append(0.5 * square / len(left))
        self.rows.append((rate, made.least, made.least_layers, made.least_output, *self._moved(network)))
        self.last = network
        return self.loss[-1]

    def _moved(self, network: ScaledResNet) -> tuple[float, float]:
        s = self.start.setting
        output = layers = 0.0
        if s.output_particles > s.dimension + 1:
            output = moved_divergence(self.start.output_particles(), network.output_particles())
        if s.particles > 2 * s.dimension + 1:
            pairs = zip(self.start.particles(), network.particles(), strict=True)
            layers = float(np.mean([moved_divergence(before, after) for before, after in pairs]))
        return output, layers

    def path(self, residual: float, status: Status, message: str) -> TrainingPath:
        s = self.start.setting
        rate, least, least_layers, least_output, output, layers = np.array(self.rows).T
        return TrainingPath(
            self.last or self.start, self.start, np.array(self.time), np.array(self.loss), rate, least, least_layers,
            least_output, output if s.output_particles > s.dimension + 1 else None,
            layers if s.particles > 2 * s.dimension + 1 else None, len(self.y), residual, status, message,
        )  # fmt: skip
