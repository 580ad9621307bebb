"""What is followed while weights are trained: ranks, agreement with a checkpoint, alignment of neighbours, a baseline.

Definitions of arXiv:2408.11804. With p_i = s_i/Σ s, the effective rank is exp(−Σ p ln p), from 1 to the number of
singular values; its logarithm over that number is the entropy form found in print, too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw._checks import positive_integer
from spectralaw.errors import InvalidInput
from spectralaw.weights.spectrum import Array

ALIGNED = 10
"""Leading pairs whose mean is the score of alignment."""
_SHARE = 0.9


def ranks(singular_values: NDArray[np.floating]) -> dict[str, float]:
    """Effective rank in both definitions, stable rank, count of values that hold 90 % of their sum, and norms."""
    s = np.asarray(singular_values, dtype=float)
    total, largest = float(np.sum(s)), float(np.max(s, initial=0.0))
    if total == 0.0:
        return dict.fromkeys(
            ("effective_rank", "entropy_rank", "stable_rank", "count_rank", "spectral_norm", "frobenius"), 0.0
        )
    p = s[s > 0.0] / total
    entropy = float(-np.sum(p * np.log(p)))
    ordered = np.sort(s)[::-1]
    return {
        "effective_rank": math.exp(entropy),
        "entropy_rank": entropy / len(s),
        "stable_rank": float(np.sum((s / largest) ** 2)),
        "count_rank": float(np.searchsorted(np.cumsum(ordered), _SHARE * total * (1.0 - 1e-12)) + 1),
        "spectral_norm": largest,
        "frobenius": float(np.sqrt(np.sum((s / largest) ** 2))) * largest,
    }


def decompose(matrix: Array, vectors: int) -> tuple[Array, Array, Array]:
    """U, s and V of a matrix: all singular values, the leading ``vectors`` columns of U and V."""
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    return left[:, :vectors], values, right[:vectors].T


def agreement(left: Array, right: Array, other_left: Array, other_right: Array) -> Array:
    """|u_i · u'_j| |v_i · v'_j| of the leading pairs at two times; the diagonal says which have settled."""
    return np.abs(left.T @ other_left) * np.abs(right.T @ other_right)


def alignment(left: Array, following_right: Array) -> float:
    """Mean of the leading diagonal of |V_{l+1}ᵀ U_l|: 1 where a layer reads what the one before it writes."""
    diagonal = (
        np.abs(np.sum(following_right * left, axis=0))
        if left.shape == following_right.shape
        else np.diag(np.abs(following_right.T @ left))
    )
    return float(np.mean(diagonal[:ALIGNED]))


def random_matrix_baseline(shape: tuple[int, int], draws: int = 8, seed: int = 0) -> dict[str, float]:
    """Ranks of Gaussian matrices of a shape: what a layer has before it learns.

    Parameters
    ----------
    shape : (int, int)
    draws : int
        Over which the mean is taken.
    seed : int

    Notes
    -----
    For n × n the effective rank over n tends to 0.8050 (quarter circle).
    """
    rows, columns = (positive_integer("shape", size) for size in shape)
    generator = np.random.default_rng(seed)
    found = [
        ranks(np.linalg.svd(generator.standard_normal((rows, columns)), compute_uv=False))
        for _ in range(positive_integer("draws", draws))
    ]
    names = ("effective_rank", "entropy_rank", "stable_rank", "count_rank")
    return {name: float(np.mean([one[name] for one in found])) for name in names}


def as_matrices(weights: Any) -> dict[str, Array]:
    """Matrices by name, whatever library their arrays are of; convolutions (out, in, …) are unfolded, vectors left out.

    Raises
    ------
    InvalidInput
        For what is no mapping of arrays, holds no matrix, or is not finite.
    """
    if not isinstance(weights, Mapping):
        raise InvalidInput(f"weights must be a mapping of names to arrays, not {type(weights).__name__}")
    found = {}
    for name, value in weights.items():
        array = _array(str(name), value)
        if array.ndim < 2 or min(array.shape[0], array[0].size) < 2:
            continue
        matrix = array.reshape(array.shape[0], -1)
        if not np.all(np.isfinite(matrix)):
            raise InvalidInput(f"weights must be finite, but {name!r} is not")
        found[str(name)] = matrix
    if not found:
        raise InvalidInput("weights must hold at least one matrix of two rows and two columns")
    return found


def _array(name: str, value: Any) -> Array:
    """A copy as 64-bit numbers, of an array of NumPy, PyTorch, JAX or anything that becomes one."""
    for step in ("detach", "cpu"):  # PyTorch
        if hasattr(value, step):
            value = getattr(value, step)()
    try:
        return np.array(value, dtype=np.float64)
    except (TypeError, ValueError):
        pass
    try:
        return np.array(value.float(), dtype=np.float64)  # bfloat16 of PyTorch
    except (AttributeError, TypeError, ValueError) as error:
        raise InvalidInput(f"weights must be arrays of numbers, but {name!r} is {type(value).__name__}") from error
