"""What is kept of a training: loss, Gram eigenvalues, and how far the particles have moved, at its recorded times."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.display import Shown, number, with_error
from spectralaw.results import ByValue, Status
from spectralaw.systems.mean_field_resnet.divergence import moved_divergence
from spectralaw.systems.mean_field_resnet.gram import gram_of
from spectralaw.systems.mean_field_resnet.network import ScaledResNet
from spectralaw.systems.mean_field_resnet.setting import Array

if TYPE_CHECKING:
    import xarray

_RECORDS = (
    "loss", "rate", "least", "least_layers", "least_output", "output_divergence", "output_error", "layer_divergence",
    "layer_error", "output_fit",
)  # fmt: skip


@dataclass(frozen=True, repr=False, eq=False)
class TrainingPath(ByValue, Shown):
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


@dataclass
class Record:
    """Collects the records of a training that is running."""

    start: ScaledResNet
    x: Array
    y: Array
    time: list[float] = field(default_factory=list)
    loss: list[float] = field(default_factory=list)
    rows: list[tuple[float, ...]] = field(default_factory=list)
    last: ScaledResNet | None = None

    def add(self, time: float, network: ScaledResNet, stretch: Array) -> float:
        """Record a time with the network there and ∫ ∇·velocity dt of each particle; returns the loss."""
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
        """All records."""
        s = self.start.setting
        rate, least, least_layers, least_output, *moved, fit = np.array(self.rows).T
        output, output_error, layer, layer_error = [values if self.start.drawn else None for values in moved]
        seen = fit if s.output_particles > s.dimension + 1 else None
        return TrainingPath(
            self.last or self.start, self.start, np.array(self.time), np.array(self.loss), rate, least, least_layers,
            least_output, output, output_error, layer, layer_error, seen, len(self.y), residual, status, message,
        )  # fmt: skip
