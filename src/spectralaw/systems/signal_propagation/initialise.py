"""How to draw the weights of a deep network, and how deep a network of a given width carries signals apart."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import acos, inf, log, pi, sqrt

from spectralaw._checks import at_least, whole
from spectralaw.display import Shown, number
from spectralaw.errors import InvalidInput
from spectralaw.systems.signal_propagation.activations import LEAK, ActivationLike
from spectralaw.systems.signal_propagation.activations import activation as named
from spectralaw.systems.signal_propagation.critical import CriticalPoint, critical_point
from spectralaw.systems.signal_propagation.expansion import expansion
from spectralaw.systems.signal_propagation.finite_width import FiniteWidth, finite_width
from spectralaw.systems.signal_propagation.maps import propagate

_LAYERS = 500  # that are gone through one by one; from there on 1/rho grows by κ a layer
_PAPER = (
    "This is about signals at initialisation (χ₁ = 1 keeps the mean square of gradients, too); nothing was trained."
)


@dataclass(frozen=True, repr=False)
class Initialisation(Shown):
    """Scales of weights and biases, and what they do in a network of given depth and width."""

    activation: str
    weight_std: float
    """σ_w; a weight has standard deviation σ_w/√fan-in."""
    bias_std: float
    depth: int
    width: int
    rho: float
    """1 − correlation of two unrelated inputs after ``depth`` layers, at infinite width."""
    reach: float
    """Layers up to which the infinite width describes this one: where the mean rho has fallen to half of it. For ReLU,
    where the logarithm of the squared norm of a signal has a standard deviation of 1."""
    tolerance: float
    """Relative error of σ_w at which the correlation depth ξ is no more than ``depth``; not a limit for ReLU (inf)."""
    words: tuple[str, ...]
    critical_point: CriticalPoint | None = field(default=None, compare=False)
    finite_width: FiniteWidth | None = field(default=None, compare=False)

    @property
    def within_reach(self) -> bool:
        """Whether the network is no deeper than ``reach``."""
        return self.depth <= self.reach

    @property
    def width_needed(self) -> float:
        """Width at which ``reach`` is ``depth``."""
        return self.width * self.depth / self.reach

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        pairs = [
            ("weight_std σ_w", f"{self.weight_std:.8g}  (a weight: σ_w/√fan-in)"),
            ("bias_std σ_b", number(self.bias_std)),
            ("reach", f"{number(self.reach)} layers at width {self.width}"),
        ]
        return f"Initialisation of {self.activation}, depth {self.depth}, width {self.width}", [
            *pairs,
            *(("", sentence) for sentence in self.words),
        ]


def initialise(activation: ActivationLike, depth: int, width: int, bias_std: float | None = None) -> Initialisation:
    """Scales at which signals neither die nor explode, and how deep a network of that width they carry.

    Parameters
    ----------
    activation
        A name or a smooth function; "relu" and "leaky_relu" get the scale of He et al., which keeps the mean square.
    depth, width
        Layers, and neurons in each (2 or more).
    bias_std
        σ_b; 0.3 unless given, and 0 for ReLU.

    Returns
    -------
    Initialisation
        Its ``words`` say what to do.

    Raises
    ------
    InvalidInput
        As :func:`critical_point`; for biases with ReLU, whose variance grows with them in every layer.
    ConvergenceFailure
        Where the noise of a finite width is too strong to say a reach.

    References
    ----------
    arXiv:2307.02284 for the critical point and the scaling with depth/width; the size of the reach is derived in
    :func:`finite_width`.
    """
    layers, neurons = whole("depth", depth, 1), whole("width", width, 2)
    phi = named(activation)
    if phi.name in ("relu", "leaky_relu") and isinstance(activation, str):
        return _rectified(phi.name, layers, neurons, bias_std)
    bias = 0.3 if bias_std is None else at_least("bias_std", bias_std, 0.0)
    point = critical_point(activation, bias_std=bias)
    finite = finite_width(point)
    reach = finite.reach() * neurons
    rho = _distance(point, layers)
    tolerance = _tau(point) / layers
    fits = layers <= reach
    memory = -1.0 / log(abs(point.variance_slope)) if point.variance_slope else 0.0
    rough = (
        (f"That is rough: the variance takes {memory:.0f} layers to settle, more than this network has.",)
        if memory > layers
        else ()
    )
    words = (
        f"Draw weights with standard deviation {point.weight_std:.6g}/√fan-in and biases with {bias:g}.",
        f"Two unrelated inputs then arrive at layer {layers} with 1 − correlation {rho:.3g}, if the width is large.",
        f"At width {neurons} that holds, to a factor of two, down to layer {reach:.0f}: "
        + (
            "this network is not deeper."
            if fits
            else f"this network is deeper, and its signals become alike; width {layers / reach * neurons:.0f} would do."
        ),
        *rough,
        f"σ_w must be right to {tolerance:.2g} of itself, or signals change their distance by e before the last layer.",
        _PAPER,
    )
    return Initialisation(
        phi.name, point.weight_std, bias, layers, neurons, rho, reach, tolerance, words, point, finite
    )  # fmt: skip


def _distance(point: CriticalPoint, layers: int) -> float:
    walked = min(layers, _LAYERS)
    data = propagate(point.function, point.weight_std, point.bias_std, walked, variance=point.variance)
    return 1.0 / (1.0 / float(data.rho[-1]) + point.metric_factor * (layers - walked))


def _tau(point: CriticalPoint) -> float:
    """lim ξ τ: one over d ln χ₁/d ln σ_w, the variance following."""
    e = expansion(named(point.function), point.variance)
    follows = 2.0 * point.weight_variance * e.square / (1.0 - point.variance_slope)
    return 1.0 / abs(2.0 + point.weight_variance * e.slope_rates[0] * follows)


def _rectified(name: str, depth: int, width: int, bias_std: float | None) -> Initialisation:
    if bias_std is not None and at_least("bias_std", bias_std, 0.0) > 0.0:
        raise InvalidInput(
            f"bias_std must be 0 for {name}, not {bias_std:g}: at the scale of He, biases add up with depth"
        )
    slope = 0.0 if name == "relu" else LEAK
    weight = sqrt(2.0 / (1.0 + slope**2))
    noise = 6.0 * (1.0 + slope**4) / (1.0 + slope**2) ** 2 - 1.0
    correlation = 0.0
    for _ in range(min(depth, 20_000)):
        correlation = _arc_cosine(correlation) - 2.0 * slope / (1.0 + slope**2) * _arc_cosine(-correlation)
    reach = width / noise
    words = (
        f"Draw weights with standard deviation {weight:.6g}/√fan-in and set biases to 0 (He initialisation).",
        f"{name} has a kink, and no absorbing transition with a metric factor: there is no critical σ_b to choose, the "
        "variance keeps any value, and 1 − correlation falls as 1/depth², not as 1/(κ depth).",
        f"At width {width}, squared norms of signals fluctuate by e at layer {reach:.0f} (the variance of their "
        f"logarithm is {noise:.3g} depth/width): "
        + ("this network is not deeper." if depth <= reach else "this network is deeper."),
        "This is about signals at initialisation; nothing was trained.",
    )
    return Initialisation(name, weight, 0.0, depth, width, 1.0 - correlation, reach, inf, words)


def _arc_cosine(c: float) -> float:
    """2 E relu(u) relu(v)/q at correlation c."""
    c = min(max(c, -1.0), 1.0)
    return (sqrt(1.0 - c * c) + (pi - acos(c)) * c) / pi
