"""A small regression with a two-layer network whose output scale decides how lazy its training is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectralaw._checks import finite, positive_integer, whole
from spectralaw.errors import InvalidInput
from spectralaw.results import ByValue
from spectralaw.systems.setting import Setting
from spectralaw.systems.weight_series.activations import activation_of
from spectralaw.systems.weight_series.network import Layers, outputs


@dataclass(frozen=True, eq=False)
class Start(ByValue):
    """First weights, and what is to be learned."""

    v: NDArray[np.float64]
    """Shape (m,)."""
    W: NDArray[np.float64]
    """Shape (m, d)."""
    inputs: NDArray[np.float64]
    """Shape (n, d)."""
    labels: NDArray[np.float64]
    """Shape (n,): the outputs of the network as it starts, changed by a function of the inputs of size one."""


@dataclass(frozen=True)
class TwoLayer(Setting):
    """f(x) = v·φ(W x) with W_ij ~ N(0, 1/d), v_j ~ s N(0, 1/m), x ~ N(0, I_d).

    The labels are y = f₀(x) + sin(x₁ + x₂), f₀ the network as it starts, so that at each output scale s the same change
    is to be learned. The tangent kernel is of size m + s²; with a learning rate ``rate``/(m + s²) training takes a like
    number of steps, and for s² ≫ m the first layer moves by 1/s: lazy training.
    """

    dimension: int = 3
    """d, two or more."""
    width: int = 50
    """m."""
    samples: int = 20
    """n."""
    output_scale: float = 1.0
    """s."""
    rate: float = 0.5
    """Learning rate times (m + s²)."""
    steps: int = 200
    activation: str = "tanh"

    def __post_init__(self) -> None:
        put = lambda name, value: object.__setattr__(self, name, value)  # noqa: E731
        put("dimension", whole("dimension", self.dimension, 2))
        for name in ("width", "samples", "steps"):
            put(name, positive_integer(name, getattr(self, name)))
        for name in ("output_scale", "rate"):
            put(name, finite(name, getattr(self, name)))
            if getattr(self, name) <= 0.0:
                raise InvalidInput(f"{name} must be greater than 0, not {getattr(self, name):g}")
        put("activation", activation_of(self.activation))

    @property
    def learning_rate(self) -> float:
        """rate/(m + s²)."""
        return self.rate / (self.width + self.output_scale**2)

    def draw(self, seed: int) -> Start:
        """First weights, inputs and labels; another output scale changes v and the labels' offset only."""
        streams = np.random.SeedSequence(whole("seed", seed)).spawn(3)
        first, second, data = (np.random.default_rng(s) for s in streams)
        W = first.standard_normal((self.width, self.dimension)) / np.sqrt(self.dimension)
        v = self.output_scale * second.standard_normal(self.width) / np.sqrt(self.width)
        x = data.standard_normal((self.samples, self.dimension))
        return Start(v, W, x, outputs(Layers(v, W), x, self.activation) + np.sin(x[:, 0] + x[:, 1]))
