"""The scaled residual network: immutable parameters, states, outputs, and gradients through the adjoint equation."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from spectralaw._checks import ours, shown, whole
from spectralaw.errors import InvalidInput
from spectralaw.results import ByValue
from spectralaw.systems.mean_field_resnet.setting import Array, ResNetSetting, real_array

AXES = {
    "outer": ("layers", "particles", "dimension"),
    "inner": ("layers", "particles", "dimension"),
    "bias": ("layers", "particles"),
    "head": ("output_particles", "dimension"),
    "head_bias": ("output_particles",),
}
"""Parameters by name, with their axes as fields of the setting."""


@dataclass(frozen=True, eq=False)
class Gradients(ByValue):
    """Derivatives of the loss (1/2n) Σ (f_i − y_i)² with respect to each parameter, in the shapes of the network."""

    outer: Array
    inner: Array
    bias: Array
    head: Array
    head_bias: Array
    curvature: Array
    """Σ ∂²loss/∂θ² over the coordinates of each particle, residuals held fixed; shape (layers, particles)."""
    head_curvature: Array
    """The same for the output particles, shape (output particles,)."""
    loss: float
    outputs: Array
    """f_i, shape (inputs,)."""


@dataclass(frozen=True, eq=False)
class Passage(ByValue):
    """What inputs become on their way through a network, and what comes back from the output.

    The adjoint is p_l = (1/β) ∂f/∂z_l, from p_L = (1/K) Σ_k (1 − h_k²) v_k downwards.
    """

    states: Array
    """z_l, shape (layers + 1, inputs, dimension)."""
    activations: Array
    """tanh(w·z_l + b), shape (layers, inputs, particles)."""
    features: Array
    """h_k = tanh(v_k·z_L + c_k), shape (inputs, output particles)."""
    adjoints: Array
    """p_l, shape (layers + 1, inputs, dimension)."""


@dataclass(frozen=True, eq=False)
class ScaledResNet(ByValue):
    """Parameters of a residual network in the mean-field scaling, and the functions that they define.

    Particles of layer l are θ_lm = (u_lm, w_lm, b_lm): ``outer``, ``inner``, ``bias``; those of the output are
    ω_k = (v_k, c_k): ``head``, ``head_bias``. Arrays are copied and cannot be written to; ``moved`` and
    ``from_vector`` make new networks.

    Raises
    ------
    InvalidInput
        For arrays of other shapes than the setting says, and entries that are not finite.

    References
    ----------
    arXiv:2403.09889, section 3; tanh for both σ and h is our choice.
    """

    setting: ResNetSetting
    outer: Array
    """u, shape (layers, particles, dimension)."""
    inner: Array
    """w, shape (layers, particles, dimension)."""
    bias: Array
    """b, shape (layers, particles)."""
    head: Array
    """v, shape (output particles, dimension)."""
    head_bias: Array
    """c, shape (output particles,)."""
    drawn: bool = False
    """Whether the particles are draws of the initial law, as ``initial`` makes them."""

    def __post_init__(self) -> None:
        ours("setting", self.setting, "ResNetSetting")
        if not isinstance(self.drawn, bool):
            raise InvalidInput(f"drawn must be True or False, not {shown(self.drawn)}")
        for name, axes in AXES.items():
            array = real_array(name, getattr(self, name), self._shape(name), f"({', '.join(axes)})")
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    def _shape(self, name: str) -> tuple[int, ...]:
        return tuple(getattr(self.setting, axis) for axis in AXES[name])

    @classmethod
    def initial(cls, setting: ResNetSetting, seed: int = 0) -> ScaledResNet:
        """Gaussian particles, those of the output in opposite pairs where the setting says so."""
        ours("setting", setting, "ResNetSetting")
        rng = np.random.default_rng(whole("seed", seed))
        d, std = setting.dimension, setting.initial_std
        theta = std * rng.standard_normal((setting.layers, setting.particles, 2 * d + 1))
        half = setting.output_particles // 2 if setting.symmetric else setting.output_particles
        omega = std * rng.standard_normal((half, d + 1))
        if setting.symmetric:
            omega = np.concatenate([omega, -omega])
        return cls(
            setting, theta[..., :d], theta[..., d : 2 * d], theta[..., -1], omega[:, :d], omega[:, -1], drawn=True
        )

    def __repr__(self) -> str:
        s = self.setting
        return (
            f"ScaledResNet: d = {s.dimension}, L = {s.layers}, M = {s.particles}, K = {s.output_particles}, "
            f"α = {s.alpha:g}, β = {s.beta:g}"
        )

    def forward(self, inputs: ArrayLike) -> Array:
        """Outputs f, shape (inputs,), of inputs of shape (inputs, dimension)."""
        return self.outputs_of(self.features(inputs))

    def loss(self, inputs: ArrayLike, targets: ArrayLike) -> float:
        """(1/2n) Σ (f_i − y_i)²; ``targets`` of shape (inputs,)."""
        f = self.forward(inputs)
        left = f - real_array("targets", targets, (f.size,), "(inputs,)")
        return float(0.5 * left @ left / f.size)

    def states(self, inputs: ArrayLike) -> Array:
        """z_l of every layer, shape (layers + 1, inputs, dimension)."""
        return propagate(self.checked(inputs), self.outer, self.inner, self.bias, self.setting.alpha)[0]

    def features(self, inputs: ArrayLike) -> Array:
        """h(z_L, ω_k), shape (inputs, output particles): what ``kl_ball_rademacher`` takes."""
        return np.tanh(self.states(inputs)[-1] @ self.head.T + self.head_bias)

    def passage(self, inputs: ArrayLike) -> Passage:
        """States, activations, features and adjoints."""
        states, activations = propagate(self.checked(inputs), self.outer, self.inner, self.bias, self.setting.alpha)
        features = np.tanh(states[-1] @ self.head.T + self.head_bias)
        s = self.setting
        adjoints = np.empty_like(states)
        adjoints[-1] = (1.0 - features**2) @ self.head / s.output_particles
        for layer in reversed(range(s.layers)):
            back = (adjoints[layer + 1] @ self.outer[layer].T) * (1.0 - activations[layer] ** 2)
            adjoints[layer] = adjoints[layer + 1] + s.alpha / (s.layers * s.particles) * (back @ self.inner[layer])
        return Passage(states, activations, features, adjoints)

    def gradients(self, inputs: ArrayLike, targets: ArrayLike) -> Gradients:
        """Exact gradients of the loss (1/2n) Σ (f_i − y_i)²; ``targets`` of shape (inputs,)."""
        passage = self.passage(inputs)
        f = self.outputs_of(passage.features)
        y = real_array("targets", targets, (f.size,), "(inputs,)")
        s, n = self.setting, f.size
        left = (f - y) / n
        slope = (s.beta / s.output_particles) * left[:, None] * (1.0 - passage.features**2)
        head, head_bias = slope.T @ passage.states[-1], slope.sum(axis=0)
        squared = np.sum(passage.states**2, axis=2) + 1.0  # (L + 1, n)
        head_curvature = -2.0 * squared[-1] @ (slope * passage.features)
        p = s.alpha * s.beta / (s.layers * s.particles) * left[:, None] * passage.adjoints[1:]  # (L, n, d)
        t, z = passage.activations, passage.states[:-1]
        q = (p @ self.outer.transpose(0, 2, 1)) * (1.0 - t**2)  # (L, n, M)
        outer, inner, bias = t.transpose(0, 2, 1) @ p, q.transpose(0, 2, 1) @ z, q.sum(axis=1)
        curvature = -2.0 * (squared[:-1, None] @ (q * t))[:, 0]
        loss = float(0.5 * n * left @ left)
        return Gradients(outer, inner, bias, head, head_bias, curvature, head_curvature, loss, f)

    def velocity(self, inputs: ArrayLike, targets: ArrayLike) -> tuple[Array, Gradients]:
        """Gradient flow in mean-field time: −L M ∂loss/∂θ and −K ∂loss/∂ω as one vector, and the gradients."""
        found = self.gradients(inputs, targets)
        s = self.setting
        factor = {name: float(s.layers * s.particles) for name in ("outer", "inner", "bias")}
        parts = [-factor.get(name, float(s.output_particles)) * getattr(found, name).ravel() for name in AXES]
        return np.concatenate(parts), found

    def vector(self) -> Array:
        """All parameters in one vector, in the order of the fields."""
        return np.concatenate([getattr(self, name).ravel() for name in AXES])

    def from_vector(self, values: ArrayLike) -> ScaledResNet:
        """A network of the same setting with the parameters of a vector as ``vector`` makes it; not ``drawn``."""
        sizes = [int(np.prod(self._shape(name))) for name in AXES]
        flat = real_array("values", values, (sum(sizes),), "(parameters,)")
        parts = np.split(flat, np.cumsum(sizes)[:-1])
        shaped = (part.reshape(self._shape(name)) for name, part in zip(AXES, parts, strict=True))
        outer, inner, bias, head, head_bias = shaped
        return ScaledResNet(self.setting, outer, inner, bias, head, head_bias)

    def particles(self) -> Array:
        """θ_lm, shape (layers, particles, 2 dimension + 1)."""
        return np.concatenate([self.outer, self.inner, self.bias[..., None]], axis=-1)

    def output_particles(self) -> Array:
        """ω_k, shape (output particles, dimension + 1)."""
        return np.concatenate([self.head, self.head_bias[:, None]], axis=-1)

    def outputs_of(self, features: Array) -> Array:
        """(β/K) Σ_k h_k."""
        return self.setting.beta * features.mean(axis=1)

    def checked(self, inputs: ArrayLike) -> Array:
        """Inputs as an array of shape (inputs, dimension)."""
        return real_array("inputs", inputs, (None, self.setting.dimension), "(inputs, dimension)")

    def __reduce__(self) -> tuple[Any, ...]:
        return ScaledResNet, tuple(getattr(self, f.name) for f in fields(self))


def propagate(inputs: Any, outer: Any, inner: Any, bias: Any, alpha: float) -> tuple[Any, Any]:
    """States (layers + 1, inputs, dimension) and activations (layers, inputs, particles); complex arrays too."""
    layers, particles = bias.shape
    kind = np.result_type(inputs, outer, inner, bias)
    states = np.empty((layers + 1, *inputs.shape), dtype=kind)
    activations = np.empty((layers, len(inputs), particles), dtype=kind)
    states[0] = inputs
    for layer in range(layers):
        activations[layer] = np.tanh(states[layer] @ inner[layer].T + bias[layer])
        states[layer + 1] = states[layer] + alpha / (layers * particles) * (activations[layer] @ outer[layer])
    return states, activations


def required(network: Any) -> ScaledResNet:
    """``network``, which is one of ours."""
    return ours("network", network, "ScaledResNet")
