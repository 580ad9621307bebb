"""What is asked of a perceptron of finite size, and the data that it meets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spectralaw._checks import finite, positive_integer, whole
from spectralaw.errors import InvalidInput
from spectralaw.systems.perceptron.inputs import Array
from spectralaw.systems.setting import Setting

_LARGEST = 4e8  # numbers in the matrix of samples: 3 GB


@dataclass(frozen=True)
class Perceptron(Setting):
    """A student of N weights and αN samples that a teacher of random direction labels without error.

    Raises
    ------
    InvalidInput
        For a dimension below 2, an alpha that is not greater than 0 or gives no sample, and data beyond 3 GB.
    """

    dimension: int
    """N."""
    alpha: float
    """Samples per dimension; the nearest whole number of samples is drawn."""

    def __post_init__(self) -> None:
        dimension, alpha = positive_integer("dimension", self.dimension), finite("alpha", self.alpha)
        if dimension < 2:
            raise InvalidInput(f"dimension must be 2 or greater, not {dimension}")
        if alpha <= 0.0:
            raise InvalidInput(f"alpha must be greater than 0, not {alpha:g}")
        if round(alpha * dimension) < 1:
            raise InvalidInput(f"alpha must give at least one sample, not {alpha:g} of them in {dimension} dimensions")
        if alpha * dimension**2 > _LARGEST:
            raise InvalidInput(f"alpha * dimension**2 must be at most {_LARGEST:g}, not {alpha * dimension**2:g}")
        object.__setattr__(self, "dimension", dimension)
        object.__setattr__(self, "alpha", alpha)

    @property
    def samples(self) -> int:
        """αN, rounded."""
        return round(self.alpha * self.dimension)

    @property
    def drawn_alpha(self) -> float:
        """Samples per dimension as they are drawn, which theory is to be asked about."""
        return self.samples / self.dimension


def draw(setting: Perceptron, seed: int) -> tuple[Array, Array]:
    """Rows y x/√N, shape (samples, N), whose products with weights are margins; and the teacher, of length 1."""
    rng = np.random.default_rng(whole("seed", seed))
    teacher = rng.standard_normal(setting.dimension)
    teacher /= np.linalg.norm(teacher)
    rows = rng.standard_normal((setting.samples, setting.dimension))
    rows *= (np.sign(rows @ teacher) / np.sqrt(setting.dimension))[:, None]
    return rows, teacher


def error_of(weights: Array, teacher: Array) -> Array:
    """arccos(R)/π of weights (…, N); 1/2 for weights that are zero. With all digits where R is near 1."""
    along = weights @ teacher
    across = np.linalg.norm(weights - along[..., None] * teacher, axis=-1)
    return np.where((along == 0.0) & (across == 0.0), 0.5, np.arctan2(across, along) / np.pi)
