"""What is asked: a deep network with random weights, its activation, scales, width and depth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from spectralaw._checks import at_least, choice, whole
from spectralaw.errors import InvalidInput
from spectralaw.systems.setting import Setting
from spectralaw.systems.signal_propagation.activations import ActivationLike, activation

MOST_ENTRIES = 10**10
"""Of signals in one run: seeds × layers × width (× positions)."""


@dataclass(frozen=True)
class Network(Setting):
    """Pre-activations h^l = W^l φ(h^(l−1)) + b^l with W ~ N(0, σ_w²/fan-in), b ~ N(0, σ_b²), new in every layer.

    ``positions`` = None is a fully connected network with ``width`` neurons a layer; a number is a circular
    one-dimensional convolution with ``width`` channels at that many positions, and kernels of ``kernel`` (odd).
    """

    activation: ActivationLike
    """A name, or a function; those with a kink too, for a simulation needs no theory."""
    weight_std: float
    bias_std: float
    width: int
    depth: int
    positions: int | None = None
    kernel: int = 3

    def __post_init__(self) -> None:
        activation(self.activation)
        values: dict[str, Any] = {
            "weight_std": at_least("weight_std", self.weight_std, 0.0),
            "bias_std": at_least("bias_std", self.bias_std, 0.0),
            "width": whole("width", self.width, 2),
            "depth": whole("depth", self.depth, 1),
            "kernel": whole("kernel", self.kernel, 1),
        }
        if values["weight_std"] == 0.0:
            raise InvalidInput("weight_std must be positive, not 0")
        if values["kernel"] % 2 == 0:
            raise InvalidInput(f"kernel must be odd, not {values['kernel']}")
        if self.positions is not None:
            values["positions"] = whole("positions", self.positions, values["kernel"])
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @property
    def architecture(self) -> str:
        """ "mlp" or "convolution"."""
        return "mlp" if self.positions is None else "convolution"

    def require(self, architecture: str) -> None:
        """Refuse a network of the other architecture."""
        choice("architecture of network", self.architecture, (architecture,), joined=" or ")
