"""Training of all particles by gradient flow in mean-field time, or by descent; with what drives it, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from spectralaw._checks import finite, positive_integer
from spectralaw.display import Shown, number, with_error
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
_RECORDS = (
    "loss", "rate", "least", "least_layers", "least_output", "output_divergence", "output_error", "layer_divergence",
    "layer_error", "output_fit",
)  # fmt: skip
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
    """KL(τ_t‖τ₀) of the output particles, by transport; None if they do not start as draws of the initial law."""
    output_error: Array | None
    """Its standard error, from the number of output particles."""
    layer_divergence: Array | None
    """The same for the particles of a layer, mean over layers."""
    layer_error: Array | None
    output_fit: Array | None
    """KL between Gaussian fits of the output particles (``moved_divergence``), which sees means and covariances only;
    None if they are too few."""
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

        records = {name: getattr(self, name) for name in (*_RECORDS, "bound", "expected")}
        found = {name: ("time", values) for name, values in records.items() if values is not None}
        attrs = {**self.start.setting.to_dict(), "samples": self.samples, "residual": self.residual}
        attrs = {name: int(value) if isinstance(value, bool) else value for name, value in attrs.items()}
        return xarray.Dataset(found, coords={"time": self.time}, attrs={**attrs, "status": str(self.status)})

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        missing = "not known: the start is no draw of the initial law"
        last = lambda a, e: missing if a is None else with_error(float(a[-1]), float(e[-1]))  # noqa: E731
        return f"Training of a residual network on {self.samples} samples", [
            ("status", f"{self.status} (imbalance {self.residual:.1e})"),
            *([("", self.message)] if self.message else []),
            ("time, records", f"{number(float(self.time[-1]))}, {self.time.size}"),
            ("loss", f"{number(float(self.loss[0]))} → {number(float(self.loss[-1]))}"),
            ("λ_min(G)", f"{number(float(self.least[0]))} → {number(float(self.least[-1]))}"),
            ("KL of output particles", last(self.output_divergence, self.output_error)),
            ("KL of layer particles", last(self.layer_divergence, self.layer_error)),
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

    def add(self, time: float, network: ScaledResNet, stretch: Array) -> float:
        passage = network.passage(self.x)
        made = gram_of(network, passage)
        left = network.outputs_of(passage.features) - self.y
        square = float(left @ left)
        rate = float(left @ made.total @ left) / square if square > 0.0 else 0.0
        self.time.append(time)
        self.loss.append(0.5 * square / len(left))
        self.rows.append((rate, made.least, made.least_layers, made.least_output, *self._moved(network, stretch)))
        self.last = network
        return self.loss[-1]

    def _moved(self, network: ScaledResNet, stretch: Array) -> tuple[float, ...]:
        """Divergences with their errors, and that of the fits.

        Along the flow of a particle ln τ_t falls by ∫ ∇·velocity dt, so KL(τ_t‖τ₀) is the mean over particles of
        ln τ₀(start) − ∫ ∇·velocity dt − ln τ₀(now).
        """
        s = self.start.setting
        found: list[float] = []
        split = s.layers * s.particles
        for before, after, grown, paired in (
            (self.start.output_particles(), network.output_particles(), stretch[split:], s.symmetric),
            (self.start.particles(), network.particles(), stretch[:split], False),
        ):
            size = np.sum((after - before) * (after + before), axis=-1).ravel() / (2.0 * s.initial_std**2)
            terms = size - grown
            if paired:  # what is of first order in the motion cancels in opposite pairs, and so must its noise
                terms = terms.reshape(2, -1).mean(axis=0)
            found += [float(terms.mean()), float(np.std(terms) / np.sqrt(max(terms.size - 1, 1)))]
        fits = s.output_particles > s.dimension + 1
        fit = moved_divergence(self.start.output_particles(), network.output_particles()) if fits else np.nan
        return (*found, fit)

    def path(self, residual: float, status: Status, message: str) -> TrainingPath:
        s = self.start.setting
        rate, least, least_layers, least_output, *moved, fit = np.array(self.rows).T
        divergences = [values if self.start.drawn else None for values in moved]
        return TrainingPath(
            self.last or self.start, self.start, np.array(self.time), np.array(self.loss), rate, least, least_layers,
            least_output, *divergences, fit if s.output_particles > s.dimension + 1 else None, len(self.y), residual,
            status, message,
        )  # fmt: skip
