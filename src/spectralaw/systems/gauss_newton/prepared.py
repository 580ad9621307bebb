"""What the spectrum and its bound both need of a network and its data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw.systems.gauss_newton.arguments import layers
from spectralaw.systems.gauss_newton.chain import Chain, chain, singular_values
from spectralaw.systems.gauss_newton.covariance import Factor, factor
from spectralaw.systems.gauss_newton.ranks import Ranks, ranks

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Prepared:
    """Products of all layers, the same after a rounding of every number, and the ranks that follow."""

    matrices: Sequence[Array]
    data: Factor
    exact: Chain
    changed: Chain | None
    """With every number changed by up to one spacing of its format; None where that S is no longer positive."""
    ranks: Ranks
    data_condition: float
    """κ(S), of S where it is not zero."""
    spacing: float
    """The coarsest spacing of weights and covariance."""

    @property
    def size(self) -> int:
        """Outputs times inputs."""
        return self.exact.outputs * self.matrices[0].shape[1]


def prepared(weights: Any, covariance: Any) -> Prepared:
    """Of what a user handed in, checked."""
    matrices, spacing = layers(weights)
    return prepare(matrices, spacing, factor(covariance, matrices[0].shape[1]))


def prepare(matrices: Sequence[Array], spacing: float, data: Factor) -> Prepared:
    """Of checked matrices."""
    rng = np.random.default_rng(0)
    exact, columns = chain(matrices, data.columns), data.perturbed(rng)
    changed = None
    if columns is not None:
        changed = chain([one * (1.0 + spacing * rng.uniform(-1.0, 1.0, one.shape)) for one in matrices], columns)
    found = ranks(exact, exact if changed is None else changed)
    spread = singular_values(data.columns)
    condition = float((spread[0] / spread[-1]) ** 2)
    return Prepared(matrices, data, exact, changed, found, condition, max(spacing, data.spacing))
