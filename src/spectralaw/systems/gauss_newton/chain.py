"""What stands before and after each layer of a chain of matrices, at scales that neither overflow nor vanish."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import get_lapack_funcs

Array = NDArray[Any]
_JACOBI = 1500  # columns, 5 s


@dataclass(frozen=True)
class Chain:
    """A_l = W_L … W_{l+1} and C_l = W_{l−1} … W_1 F of every layer l, each over a power of two."""

    after: tuple[Array, ...]
    """A_l, of shape (k, outputs of l)."""
    before: tuple[Array, ...]
    """C_l, of shape (inputs of l, r)."""
    powers: tuple[tuple[int, ...], tuple[int, ...]]
    """The powers of two of A_l and of C_l."""

    @property
    def exponent(self) -> int:
        """The largest power of two of A_l ⊗ C_l."""
        return max(a + c for a, c in zip(*self.powers, strict=True))

    @property
    def scales(self) -> tuple[float, ...]:
        """A_l ⊗ C_l has this size over 2^exponent."""
        return tuple(float(np.ldexp(1.0, max(a + c - self.exponent, -2000))) for a, c in zip(*self.powers, strict=True))

    @property
    def outputs(self) -> int:
        return self.after[0].shape[0]

    @property
    def rank_of_inputs(self) -> int:
        return self.before[0].shape[1]

    @property
    def size(self) -> int:
        """k r, the most eigenvalues that are not zero."""
        return self.outputs * self.rank_of_inputs


def chain(weights: Sequence[Array], columns: Array) -> Chain:
    """All products of a chain, one matrix product a layer and side."""
    after, a = _products([one.T for one in reversed(weights[1:])], np.eye(len(weights[-1])))
    before, b = _products(list(weights[:-1]), columns)
    after, a = [one.T for one in reversed(after)], a[::-1]
    return Chain(tuple(after), tuple(before), (tuple(a), tuple(b)))


def _products(factors: Sequence[Array], start: Array) -> tuple[list[Array], list[int]]:
    found, exponents = [start], [0]
    for one in factors:
        largest = float(np.abs(one).max())
        shift = int(np.floor(np.log2(largest))) if largest > 0.0 else 0
        product = np.ldexp(one, -shift) @ found[-1]
        largest = float(np.abs(product).max())
        more = int(np.floor(np.log2(largest))) if largest > 0.0 else 0
        found.append(np.ldexp(product, -more))
        exponents.append(exponents[-1] + shift + more)
    return found, exponents


def singular_values(tall: Array) -> Array:
    """Singular values, descending, of a matrix of at least as many rows as columns, by a preconditioned Jacobi method.

    Each is exact relative to itself however differently the columns are scaled, where a bidiagonalisation is exact
    relative to the largest only; above 1500 columns, where the former takes minutes, it is the latter.
    """
    rows, columns = tall.shape
    if rows >= columns and np.count_nonzero(tall, axis=1).max() <= 1:  # columns that are orthogonal as they stand
        return np.sort(np.linalg.norm(tall, axis=0))[::-1]
    if columns > _JACOBI:
        return np.asarray(np.linalg.svd(tall, compute_uv=False))
    if rows < columns:
        tall = np.vstack([tall, np.zeros((columns - rows, columns))])
    if not tall.any():
        return np.zeros(columns)
    (jacobi,) = get_lapack_funcs(("gejsv",), (tall,))
    values, _, _, work, _, info = jacobi(
        np.asfortranarray(tall), joba=0, jobu=3, jobv=3, jobr=1, jobt=0, jobp=0, overwrite_a=0
    )
    if info != 0:
        return np.asarray(np.linalg.svd(tall, compute_uv=False))
    return np.sort(values * (work[0] / work[1]))[::-1]


def triangle(tall: Array) -> Array:
    """R of a QR factorisation where that is smaller: the same Gram matrix with as few rows as can be."""
    return np.asarray(np.linalg.qr(tall, mode="r")) if tall.shape[0] > tall.shape[1] else tall
