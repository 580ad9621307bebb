"""The Gram matrices that drive the outputs during training: one of the layers, one of the output particles."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from spectralaw.display import Shown, number
from spectralaw.results import ByValue
from spectralaw.systems.mean_field_resnet.network import Passage, ScaledResNet, required
from spectralaw.systems.mean_field_resnet.setting import Array


@dataclass(frozen=True, repr=False, eq=False)
class Gram(ByValue, Shown):
    """G = α²β² G₁ + β² G₂ on some inputs: under gradient flow df/dt = −(1/n) G (f − y)."""

    layers: Array = field(repr=False)
    """G₁ = (1/LM) Σ_lm ∇_θ(p_{l+1}·σ(z_l, θ_lm)) · ∇_θ(…), through the adjoint p; shape (inputs, inputs)."""
    output: Array = field(repr=False)
    """G₂ = (1/K) Σ_k ∇_ω h(z_L, ω_k) · ∇_ω h(z_L, ω_k); shape (inputs, inputs)."""
    alpha: float
    beta: float

    @property
    def total(self) -> Array:
        """G."""
        return (self.alpha * self.beta) ** 2 * self.layers + self.beta**2 * self.output

    @property
    def least(self) -> float:
        """λ_min(G), the rate that no error of the outputs decays slower than: d loss/dt ≤ −(2/n) λ_min(G) loss."""
        return float(np.linalg.eigvalsh(self.total)[0])

    @property
    def least_layers(self) -> float:
        """λ_min(G₁)."""
        return float(np.linalg.eigvalsh(self.layers)[0])

    @property
    def least_output(self) -> float:
        """λ_min(G₂)."""
        return float(np.linalg.eigvalsh(self.output)[0])

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        return f"Gram matrices of {len(self.output)} inputs", [
            ("λ_min(G)", number(self.least)),
            ("λ_min(G₁), layers", number(self.least_layers)),
            ("λ_min(G₂), output", number(self.least_output)),
            ("α, β", f"{self.alpha:g}, {self.beta:g}"),
        ]


def gram(network: ScaledResNet, inputs: ArrayLike) -> Gram:
    """G₁ and G₂ of a network on inputs, without forming the Jacobian.

    At a symmetric start the output is zero for every state, so the adjoint and with it G₁ vanish: only G₂ is positive
    there.

    Parameters
    ----------
    network : ScaledResNet
    inputs : array_like, shape (inputs, dimension)

    References
    ----------
    arXiv:2403.09889, section 4; the form for particles is derived here and tested against the outputs' own motion.
    """
    return gram_of(required(network), network.passage(inputs))


def gram_of(network: ScaledResNet, passage: Passage) -> Gram:
    """The same from a passage that is at hand."""
    s = network.setting
    slope = 1.0 - passage.features**2
    z = passage.states[-1]
    output = (slope @ slope.T) / s.output_particles * (z @ z.T + 1.0)
    t, p, z = passage.activations, passage.adjoints[1:], passage.states[:-1]
    q = (p @ network.outer.transpose(0, 2, 1)) * (1.0 - t**2)
    across = lambda a: a @ a.transpose(0, 2, 1)  # noqa: E731
    layers = (across(p) * across(t) + (across(z) + 1.0) * across(q)).sum(axis=0) / (s.layers * s.particles)
    return Gram(layers, output, s.alpha, s.beta)
