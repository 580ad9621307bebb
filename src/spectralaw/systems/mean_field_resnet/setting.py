"""What is asked of a scaled residual network: sizes, scales, and how it starts; and arrays of numbers, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw._checks import at_least, finite, positive_integer, shown
from spectralaw.errors import InvalidInput
from spectralaw.systems.arrays import array as finite_array
from spectralaw.systems.setting import Setting

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ResNetSetting(Setting):
    """Sizes and scales of a residual network of ``layers`` layers with ``particles`` neurons each.

    z_{l+1} = z_l + (α/(L M)) Σ_m u_lm tanh(w_lm·z_l + b_lm), f = (β/K) Σ_k tanh(v_k·z_L + c_k), z_0 the input.

    All parameters start as independent Gaussians of standard deviation ``initial_std``.
    """

    dimension: int
    """d, of the inputs and of every state."""
    layers: int = 10
    """L."""
    particles: int = 32
    """M, in each layer."""
    output_particles: int = 256
    """K; even where the start is symmetric."""
    alpha: float = 1.0
    """α, scale of the residual branches; 0 leaves a two-layer network."""
    beta: float = 1.0
    """β, scale of the output."""
    initial_std: float = 1.0
    symmetric: bool = True
    """Whether output particles start in pairs (v, c) and (−v, −c), which makes all outputs zero."""

    def __post_init__(self) -> None:
        for name in ("dimension", "layers", "particles", "output_particles"):
            object.__setattr__(self, name, positive_integer(name, getattr(self, name)))
        object.__setattr__(self, "alpha", at_least("alpha", self.alpha, 0.0))
        for name in ("beta", "initial_std"):
            value = finite(name, getattr(self, name))
            if value <= 0.0:
                raise InvalidInput(f"{name} must be positive, not {value:g}")
            object.__setattr__(self, name, value)
        if not isinstance(self.symmetric, bool):
            raise InvalidInput(f"symmetric must be True or False, not {shown(self.symmetric)}")
        if self.symmetric and self.output_particles % 2:
            raise InvalidInput(
                f"output_particles must be even for a symmetric start in pairs, not {self.output_particles}"
            )


def real_array(name: str, values: Any, shape: tuple[int | None, ...], axes: str) -> Array:
    """An array of finite real numbers of a shape, None for any length of one or more; ``axes`` in words.

    Raises
    ------
    InvalidInput
        For masked entries, NaN, infinities, and anything that is not a number.
    """
    array = finite_array(name, values, "an array of real numbers")
    fits = array.ndim == len(shape) and all(n == (m or n) and n for n, m in zip(array.shape, shape, strict=True))
    if not fits:
        wanted = ", ".join("any" if m is None else str(m) for m in shape)
        raise InvalidInput(f"{name} must have the shape {axes} = ({wanted}), not {array.shape}")
    return array
