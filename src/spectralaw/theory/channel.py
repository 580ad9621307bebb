"""What the two networks have in common: a noisy copy of the teacher, thresholded.

Both state evolutions are the same pair of equations for a noise δ and a threshold c,

    R(δ, c) + Δ = N δ²                                        (excess risk against noise)
    λ' = c (N − X(δ, c))                                       (weight decay against threshold)

with a capacity N, a scaled weight decay λ', the excess risk R of the thresholded noisy teacher, and the response X
of the threshold to the noise. The training loss is δ² (N − X)² / N in both.

* diagonal: δ = τ, c = κ, N = n, λ' = λ √d, X = Σ_i P_i (arXiv:0907.3574; arXiv:2509.24882);
* quadratic: N = 4 n / d², λ' = λ̃, R = 2 mse, X = (1/δ) ∂_δ ∫ (x − c)₊² dμ_δ (arXiv:2505.17958).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from spectralaw.task import Task
from spectralaw.theory.atoms import Atoms

Array = NDArray[np.float64]


@dataclass
class Channel:
    """R, X and their first derivatives at B points (δ, c); every field has shape (B,)."""

    risk: Array
    risk_noise: Array
    risk_threshold: Array
    response: Array
    response_noise: Array
    response_threshold: Array
    survivors: Array
    """Expected number of weights that survive the threshold, out of d."""
    hint: Any = None
    """What speeds up an evaluation at a neighbouring point."""


class Evaluator(Protocol):
    """A network seen as a channel: evaluates R and X for one teacher and dimension."""

    atoms: Atoms
    largest_risk: float
    """R of a network whose weights are zero."""
    largest_response: float
    """X of noise alone without threshold."""

    def __call__(self, noise: Array, threshold: Array, hint: Any = None) -> Channel: ...


def evaluator(task: Task) -> Evaluator:
    """The channel of a task's network."""
    from spectralaw.theory.diagonal import DiagonalChannel
    from spectralaw.theory.quadratic import QuadraticChannel

    atoms = Atoms.of(task)
    return QuadraticChannel(atoms) if task.network == "quadratic" else DiagonalChannel(atoms)


def capacity(network: str, samples: Array, dimension: float) -> Array:
    """N: n (diagonal), 4 n / d² (quadratic)."""
    return samples if network == "diagonal" else 4.0 * samples / dimension / dimension


def scaled_decay(network: str, weight_decay: Array, dimension: float) -> Array:
    """λ': λ √d (diagonal), λ̃ (quadratic)."""
    return weight_decay * np.sqrt(dimension) if network == "diagonal" else weight_decay


def select(hint: Any, rows: NDArray[np.bool_]) -> Any:
    """The hint of some of the points."""
    return None if hint is None else hint[rows]
