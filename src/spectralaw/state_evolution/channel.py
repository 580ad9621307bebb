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

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from spectralaw.free_probability.atoms import Atoms
from spectralaw.parallel import threads

Array = NDArray[np.float64]

_BLOCK = 256  # points evaluated together


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

    def may_collapse(self, noise: Array, threshold: Array) -> NDArray[np.bool_]:
        """False where something survives the threshold for certain."""
        ...

    def __call__(self, noise: Array, threshold: Array, hint: Any = None) -> Channel: ...


def in_blocks(evaluate: Callable[[Array, Array, Any], Channel], noise: Array, threshold: Array, hint: Any) -> Channel:
    """Evaluate many points in blocks that fit the cache, on as many threads as linear algebra may use."""
    if len(noise) <= _BLOCK:
        return evaluate(noise, threshold, hint)
    order = np.argsort(threshold)  # like with like: points of a block share their teacher's atoms
    blocks = np.array_split(order, -(-len(noise) // _BLOCK))
    with ThreadPoolExecutor(threads()) as pool:
        parts = list(pool.map(lambda b: evaluate(noise[b], threshold[b], None if hint is None else hint[b]), blocks))
    whole = empty(len(noise))
    for block, part in zip(blocks, parts, strict=True):
        put(whole, block, part)
    if parts[0].hint is None:
        whole.hint = None
    return whole


def empty(size: int) -> Channel:
    """A channel to be filled with :func:`put`."""
    return Channel(*(np.full(size, np.nan) for _ in range(7)), hint=np.full(size, np.nan, dtype=complex))


def put(target: Channel, rows: NDArray[np.intp], source: Channel, which: Any = slice(None)) -> None:
    """Copy some points of one channel into another."""
    for field in fields(Channel):
        values = getattr(source, field.name)
        if values is not None:
            getattr(target, field.name)[rows] = values[which]


def select(hint: Any, rows: NDArray[np.bool_]) -> Any:
    """The hint of some of the points."""
    return None if hint is None else hint[rows]
