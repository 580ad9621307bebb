"""Deep linear networks at initialisation, as what is asked."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw._checks import at_least, choice, positive_integer, whole
from spectralaw.errors import InvalidInput
from spectralaw.systems.setting import Setting

Array = NDArray[Any]
INITIALISATIONS = ("gaussian", "orthogonal")


@dataclass(frozen=True)
class LinearNetwork(Setting):
    """Random deep linear networks and the data that they see.

    Parameters
    ----------
    inputs, outputs, width : int
        d, k, and the units of every hidden layer.
    depth : int
        L, the number of weight matrices, 1 or more.
    skip : float
        β ≥ 0, added to the diagonal of every square layer.
    initialisation : {"gaussian", "orthogonal"}
        Entries N(0, 1/inputs of the layer), or matrices with orthonormal rows or columns, uniformly.
    data_condition : float
        κ(S) ≥ 1. The eigenvalues of S fall geometrically from 1 to 1/κ(S), along the inputs: random networks do not
        tell one basis from another.
    """

    inputs: int = 6
    outputs: int = 3
    width: int = 100
    depth: int = 2
    skip: float = 0.0
    initialisation: str = "gaussian"
    data_condition: float = 10.0

    def __post_init__(self) -> None:
        for name in ("inputs", "outputs", "width", "depth"):
            object.__setattr__(self, name, positive_integer(name, getattr(self, name)))
        object.__setattr__(self, "skip", at_least("skip", self.skip, 0.0))
        object.__setattr__(self, "data_condition", at_least("data_condition", self.data_condition, 1.0))
        choice("initialisation", self.initialisation, INITIALISATIONS)
        if self.skip > 0.0 and not any(a == b for a, b in self.shapes):
            raise InvalidInput(f"skip must be 0 where no layer is square, not {self.skip:g}")
        if self.inputs == 1 and self.data_condition > 1.0:
            raise InvalidInput(f"data_condition must be 1 for one input, not {self.data_condition:g}")

    @property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        """(outputs, inputs) of every layer."""
        sizes = (self.inputs, *[self.width] * (self.depth - 1), self.outputs)
        return tuple((after, before) for before, after in pairwise(sizes))

    def variances(self) -> Array:
        """Eigenvalues of S, descending."""
        return np.geomspace(1.0, 1.0 / self.data_condition, self.inputs)

    def weights(self, seed: int) -> list[Array]:
        """[W_1, …, W_L] of one network; those of different ``skip`` differ by the skip alone."""
        rng = np.random.default_rng(whole("seed", seed))
        found = []
        for rows, columns in self.shapes:
            one = rng.standard_normal((rows, columns))
            if self.initialisation == "orthogonal":
                q, r = np.linalg.qr(one if rows >= columns else one.T)
                q = q * np.where(np.diagonal(r) < 0.0, -1.0, 1.0)
                one = q if rows >= columns else q.T
            else:
                one = one / np.sqrt(columns)
            found.append(one + self.skip * np.eye(rows) if self.skip and rows == columns else one)
        return found
