"""The pairing of features of the data with features of the step, one multi-index at a time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations_with_replacement
from math import comb, factorial, prod

import numpy as np
from numpy.typing import NDArray

from spectralaw.errors import InvalidInput

Array = NDArray[np.float64]

_MOST = 10**7  # numbers


def count(units: int, dimension: int, order: int) -> int:
    """How many multi-indices there are: for each neuron, degrees of W up to the order, and with v one fewer."""
    of_degree = lambda k: comb(dimension + k - 1, k)  # noqa: E731
    alone = sum(of_degree(k) for k in range(1, order + 1))
    return units * (alone + sum(of_degree(k) for k in range(order)))


def _monomials(dimension: int, degree: int) -> Iterator[tuple[tuple[int, ...], int]]:
    """Columns of each monomial, and its multinomial coefficient degree!/p!."""
    for columns in combinations_with_replacement(range(dimension), degree):
        repeats = prod(factorial(columns.count(c)) for c in set(columns))
        yield columns, factorial(degree) // repeats


def features(taylor: Array, inputs: Array, v: Array, order: int) -> Array:
    """∂^p f/p! at each input: φ^(k)(a_j)/k! · (k!/p!) x^p, times v_j where p is of W alone; shape (n, P)."""
    n, d = inputs.shape
    size = count(v.size, d, order)
    if n * size > _MOST:
        raise InvalidInput(
            f"order must leave at most {_MOST:,} features, not {n:,} inputs with {size:,} each at order {order}: "
            "predict needs none of them"
        )
    parts = []
    for degree in range(1, order + 1):
        parts += [_powers(inputs, degree, taylor[degree] * v), _powers(inputs, degree - 1, taylor[degree - 1])]
    return np.concatenate(parts, axis=1) if parts else np.zeros((n, 0))


def _powers(inputs: Array, degree: int, factors: Array) -> Array:
    found = [many * np.prod(inputs[:, columns], axis=1) for columns, many in _monomials(inputs.shape[1], degree)]
    monomials = np.stack(found, axis=1)  # (n, M)
    return (factors[:, :, None] * monomials[:, None, :]).reshape(inputs.shape[0], -1)


def steps(dv: Array, dW: Array, order: int) -> Array:
    """Δ^p for the same multi-indices, shape (P,)."""
    size = count(dv.size, dW.shape[1], order)
    if size > _MOST:
        raise InvalidInput(f"order must leave at most {_MOST:,} multi-indices, not {size:,} at order {order}")
    parts = []
    for degree in range(1, order + 1):
        parts += [_step(dW, degree), dv[:, None] * _step(dW, degree - 1)]
    return np.concatenate([part.ravel() for part in parts]) if parts else np.zeros(0)


def _step(dW: Array, degree: int) -> Array:
    return np.stack([np.prod(dW[:, columns], axis=1) for columns, _ in _monomials(dW.shape[1], degree)], axis=1)
