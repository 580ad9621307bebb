"""A spectrum of d values as few weighted atoms: a list with multiplicities, or a law of the index."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from spectralaw.free_probability.index_rule import NODES, index_rule

Array = NDArray[np.float64]

LISTED_UP_TO = 768  # values up to which listing every one is cheaper than blocks


class Atoms:
    """d values, zeros included: listed, or resolved around a point.

    Made by :meth:`of_values` or :meth:`of_law`; values beyond the non-zero ones are zero.

    Attributes
    ----------
    dimension : int
        Number d of values.
    nonzero : int
        Number of values that may differ from zero.
    decay : float
        Exponent γ of the law s(i) ∝ i^(−γ); NaN for a list.
    """

    def __init__(self, dimension: int, nonzero: int, decay: float, law: Callable[[Array], Array] | None) -> None:
        self.dimension = dimension
        self.nonzero = nonzero
        self.decay = decay
        self._law = law
        self._values: Array | None = None
        self._each = 1.0
        self._power: float | None = None

    @classmethod
    def of_values(cls, values: Array, dimension: int) -> Atoms:
        """A list of at most ``dimension`` values."""
        atoms = cls(dimension, len(values), float("nan"), None)
        atoms._values = values
        return atoms

    @classmethod
    def of_equal(cls, value: float, count: int, dimension: int) -> Atoms:
        """``count`` equal values, the others zero."""
        atoms = cls(dimension, count, float("nan"), None)
        atoms._values = np.full(1, value)
        atoms._each = float(count)
        return atoms

    @classmethod
    def of_law(cls, law: Callable[[Array], Array], decay: float, nonzero: int, dimension: int, power: float) -> Atoms:
        """A decreasing law of the (fractional, one-based) index, with its exponent and its power Σ s_i²."""
        atoms = cls(dimension, nonzero, decay, law)
        atoms._power = power
        return atoms

    @property
    def is_law(self) -> bool:
        """Whether the values are a smooth law of the index, not a list."""
        return self._law is not None

    @property
    def listed(self) -> bool:
        """Whether every non-zero value is an atom, wherever one looks."""
        return not self.is_law or self.nonzero <= LISTED_UP_TO

    def value_at(self, index: Array) -> Array:
        """Values at (possibly fractional) one-based indices, largest first."""
        if self._law is not None:
            return self._law(index)
        values, counts = self.all()
        last = np.cumsum(counts)  # index of the last of each group of equal values
        return values[np.minimum(np.searchsorted(last, np.asarray(index)), len(last) - 1)]

    def all(self) -> tuple[Array, Array]:
        """Every distinct value (of a listed spectrum) with its multiplicity, largest absolute value first."""
        return self._listed

    @cached_property
    def _listed(self) -> tuple[Array, Array]:
        values = self._values if self._values is not None else self.value_at(np.arange(1.0, self.nonzero + 1.0))
        distinct, counts = np.unique(values, return_counts=True)
        counts = self._each * counts.astype(float)
        missing = self.dimension - self._each * len(values)
        if missing:
            where = np.flatnonzero(distinct == 0.0)
            if len(where):
                counts[where[0]] += missing
            else:
                distinct, counts = np.append(distinct, 0.0), np.append(counts, float(missing))
        order = np.argsort(-np.abs(distinct), kind="stable")
        distinct, counts = distinct[order], counts[order]
        distinct.setflags(write=False)
        counts.setflags(write=False)
        return distinct, counts

    def near(self, point: Array, noise: Array | None = None, order: int = NODES) -> tuple[Array, Array]:
        """Values and multiplicities, shape (B, m) or (1, m), resolved around each value of ``point``, shape (B,).

        For resolvents at subordination points of a noise δ, blocks of N values need not be finer than a radius of
        δ √(N/d)/4: no such point is nearer to all of them than δ √(N/d), see
        :mod:`spectralaw.free_probability.compression`. The ``order`` is the number of nodes of a block.
        """
        if self.listed:
            values, counts = self.all()
            return values[None, :], counts[None, :]
        centre = self.index_of(point)
        finest = None if noise is None else self._finest(centre, noise)
        nodes, counts = index_rule(self.nonzero, centre, finest, order)
        values = self.value_at(nodes)
        zeros = self.dimension - self.nonzero
        if zeros:
            values = np.concatenate([np.zeros((len(values), 1)), values], axis=1)
            counts = np.concatenate([np.full((len(counts), 1), float(zeros)), counts], axis=1)
        return values, counts

    def _finest(self, centre: Array, noise: Array) -> Array:
        """Number N of values around an index whose radius, N/2 times the spacing at half the index, is δ √(N/d)/4."""
        half = np.maximum(0.5 * centre, 1.0)
        spacing = self.decay * self.value_at(half) / half
        with np.errstate(all="ignore"):
            count = (0.5 * noise / spacing) ** 2 / self.dimension
        return np.minimum(np.where(np.isnan(count), 0.0, count), 0.5 * centre)

    def index_of(self, point: Array) -> Array:
        """Fractional index at which the law s(i) passes through each point, between 1 and the last non-zero one."""
        first = float(self.value_at(np.ones(1))[0])
        ratio = np.clip(np.asarray(point) / first, 1e-300, 1.0)
        if self.decay == 0.0:
            return np.where(ratio < 1.0, float(self.nonzero), 1.0)
        return np.clip(np.exp(np.minimum(-np.log(ratio) / self.decay, 700.0)), 1.0, float(self.nonzero))

    def height_at(self, point: Array, noise: Array) -> Array:
        """About how high the curve of subordination points is over points of a law, π δ² times the density there."""
        index = self.index_of(point)
        with np.errstate(all="ignore"):
            return np.pi * noise**2 / self.dimension * index / (self.decay * self.value_at(index))

    @property
    def power(self) -> float:
        """Σ_i s_i²."""
        if self._power is not None:
            return self._power
        values, counts = self.all()
        return float(np.sum(counts * values**2))

    @property
    def largest(self) -> float:
        """max_i |s_i|."""
        if self.listed:
            return float(np.max(np.abs(self.all()[0])))
        return float(self.value_at(np.ones(1))[0])

    @cached_property
    def smallest(self) -> float:
        """min |s_i| over the values that are not zero."""
        if self._law is not None:
            return float(self.value_at(np.array([float(self.nonzero)]))[0])
        size = np.abs(self.all()[0])
        return float(np.min(size[size > 0.0]))

    @cached_property
    def rank(self) -> float:
        """Number of values that are not zero."""
        if self._law is not None:
            return float(self.nonzero)
        values, counts = self.all()
        return float(np.sum(counts[values != 0.0]))
