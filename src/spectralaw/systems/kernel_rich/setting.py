"""Sparse regression with fewer samples than coefficients: where the scale of the weights decides what is learned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectralaw._checks import at_least, positive_integer, whole
from spectralaw.errors import InvalidInput
from spectralaw.results import ByValue
from spectralaw.systems.kernel_rich.potential import depth_of
from spectralaw.systems.setting import Setting


@dataclass(frozen=True, eq=False)
class Sample(ByValue):
    """A training set and the coefficients that labelled it."""

    inputs: NDArray[np.float64]
    """X, shape (n, d), standard Gaussian."""
    labels: NDArray[np.float64]
    """y = X β* + √Δ ξ, shape (n,)."""
    target: NDArray[np.float64]
    """β*, shape (d,)."""


@dataclass(frozen=True)
class SparseRegression(Setting):
    """y = β*·x + √Δ ξ, x ~ N(0, I_d), β* with a few coefficients other than zero, all 1/√sparsity, ‖β*‖ = 1.

    The test error of coefficients β is the excess risk E (β·x − β*·x)² = ‖β − β*‖².
    """

    dimension: int = 100
    """d."""
    samples: int = 40
    """n < d: fewer samples than coefficients."""
    sparsity: int = 5
    noise_variance: float = 0.0
    """Δ."""
    depth: int = 2
    """D of β = w₊^D − w₋^D."""

    def __post_init__(self) -> None:
        put = lambda name, value: object.__setattr__(self, name, value)  # noqa: E731
        put("dimension", whole("dimension", self.dimension, 2))
        put("samples", positive_integer("samples", self.samples))
        put("sparsity", positive_integer("sparsity", self.sparsity))
        put("noise_variance", at_least("noise_variance", self.noise_variance, 0.0))
        put("depth", depth_of(self.depth))
        if self.samples >= self.dimension:
            raise InvalidInput(f"samples must be fewer than dimension = {self.dimension}, not {self.samples}")
        if self.sparsity > self.dimension:
            raise InvalidInput(f"sparsity must be at most dimension = {self.dimension}, not {self.sparsity}")

    def draw(self, seed: int) -> Sample:
        """A training set; with the same seed, that of fewer samples is the first part of that of more."""
        seed = whole("seed", seed)
        inputs, noise = (np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(2))
        target = np.zeros(self.dimension)
        target[: self.sparsity] = self.sparsity**-0.5
        x = inputs.standard_normal((self.samples, self.dimension))
        return Sample(x, x @ target + np.sqrt(self.noise_variance) * noise.standard_normal(self.samples), target)
