"""How many directions pass each layer, and with that how many eigenvalues are not zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw.systems.gauss_newton.arguments import EPS
from spectralaw.systems.gauss_newton.chain import Chain, triangle

Array = NDArray[Any]
_SAFETY = 10.0  # of the random change of one rounding; ranks of products of low rank were found with 3 to 100 alike


@dataclass(frozen=True)
class Ranks:
    """Ranks α_l of A_l, which never fall with l, and β_l of C_l, which never rise."""

    after: tuple[int, ...]
    before: tuple[int, ...]

    @property
    def total(self) -> int:
        """Eigenvalues that are not zero, Σ_l (α_l − α_{l−1}) β_l with α_0 = 0.

        The ranges of A_1, A_2, … lie in one another, and so do the row spaces of …, C_2, C_1: in bases that follow
        them, x ⊗ y is seen by the matrix exactly where some layer has both x in its range and y in its row space.
        """
        return sum((a - b) * c for a, b, c in zip(self.after, (0, *self.after[:-1]), self.before, strict=True))


def ranks(exact: Chain, changed: Chain) -> Ranks:
    """Ranks of all products, as far as rounding of the weights (``changed``) does not make up a direction."""
    after, before = [exact.outputs], [exact.rank_of_inputs]  # A_L is the identity, and C_1 is F
    for near, far, power, other in zip(
        exact.after[:-1], changed.after[:-1], exact.powers[0][:-1], changed.powers[0][:-1], strict=True
    ):
        after.insert(-1, _rank(near.T, np.ldexp(far.T, other - power)))
    for near, far, power, other in zip(
        exact.before[1:], changed.before[1:], exact.powers[1][1:], changed.powers[1][1:], strict=True
    ):
        before.append(_rank(near, np.ldexp(far, other - power)))
    after = list(np.minimum.accumulate(after[::-1])[::-1])
    return Ranks(tuple(int(a) for a in after), tuple(int(b) for b in np.minimum.accumulate(before)))


def _rank(tall: Array, changed: Array) -> int:
    """Rank of a matrix whose columns are brought to length one first."""
    size = np.linalg.norm(tall, axis=0)
    there = size > 0.0
    if not there.any():
        return 0
    scaled = tall[:, there] / size[there]
    error = np.linalg.norm(triangle(changed[:, there] / size[there] - scaled), 2)
    values = np.linalg.svd(triangle(scaled), compute_uv=False)
    return int(np.sum(values > max(_SAFETY * error, max(min(tall.shape), 8) * EPS * values[0])))
