"""Newton's method for the LASSO on its active set, along the path of decays.

The minimiser of ½ ‖y − X θ‖² + ρ ‖θ‖₁ is the fixed point of θ ↦ η(θ + t Xᵀ(y − X θ); t ρ). This equation is piecewise
linear: on the piece with active set A and signs s, its root is θ_A ← θ_A + (XᵀX)_AA⁻¹ ((Xᵀ(y − X θ))_A − ρ s), all
else zero. From the minimiser of a nearby ρ it takes one to four steps; where it does not settle, the way is cut,
down to single changes of the set. Large Gram matrices are taken in 32 bits: every step is a correction of the last
point, so that an exact correlation Xᵀ(y − X θ) from outside gives the next correction its digits.

All of it runs in SciPy's BLAS, for the reason that :mod:`spectralaw.training.sensing` runs in NumPy's.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import dgemv, dsyrk, sgemv, ssyrk  # pyright: ignore[reportAttributeAccessIssue]
from scipy.linalg.lapack import dposv, sposv  # pyright: ignore[reportAttributeAccessIssue]

Array = NDArray[np.float64]

_ROWS = 4096  # samples converted together
DOUBLE = 1e9  # n d² up to which the Gram matrix is taken in 64 bits
_SETTLED = 10  # Newton steps within which the active set must stay
_TOLERANCE = 1e-5  # on the optimality conditions, relative to ρ
_FIRST_STRIDE, _LEAST_STRIDE = 0.5, 1e-5  # in log ρ


class ActiveSet:
    """A point of the path of minimisers, coefficients θ and their correlation Xᵀ(y − X θ), at first θ = 0."""

    def __init__(self, inputs: Array, correlation: Array) -> None:
        n, d = inputs.shape
        kind = np.float64 if float(n) * d * d <= DOUBLE else np.float32
        rank_update, self._solve, self._times = (dsyrk, dposv, dgemv) if kind is np.float64 else (ssyrk, sposv, sgemv)
        self.coefficients = np.zeros(d)
        self.correlation = correlation.copy()
        self.decay = float(np.max(np.abs(correlation)))
        """The ρ whose minimiser this is."""
        gram: Any = np.zeros((d, d), dtype=kind, order="F")
        for begin in range(0, n, _ROWS):
            block = np.asfortranarray(inputs[begin : begin + _ROWS], dtype=kind)
            gram = rank_update(1.0, block, beta=1.0, c=gram, trans=1, lower=0, overwrite_c=True)
        gram += np.triu(gram, 1).T
        self._gram = gram.T  # symmetric; rows are contiguous
        self._reach = 1.0 / max(float(np.max(np.diag(gram))), 1e-300)

    def follow(self, decay: float, most: int) -> tuple[int, bool]:
        """Move towards another ρ; returns the number of Newton steps, at most ``most``, and whether it was reached."""
        taken, stride = 0, max(_FIRST_STRIDE, abs(np.log(decay / self.decay)))
        while self.decay != decay and taken < most:
            last = (self.coefficients.copy(), self.correlation.copy(), self.decay)
            way = np.log(decay / self.decay)
            self.decay = decay if abs(way) <= stride else self.decay * float(np.exp(np.copysign(stride, way)))
            steps, settled = self.correct(most - taken)
            taken += steps
            if not settled:
                self.coefficients, self.correlation, self.decay = last
                stride = 0.3 * min(stride, abs(way))
                if stride < _LEAST_STRIDE:
                    break
            elif steps <= _SETTLED // 2:
                stride *= 2.0
        return taken, self.decay == decay

    def correct(self, most: int) -> tuple[int, bool]:
        """Newton steps at the present ρ, and whether the active set has settled."""
        for taken in range(1, min(most, _SETTLED) + 1):
            moved = self.coefficients + self._reach * self.correlation
            active = np.flatnonzero(np.abs(moved) > self._reach * self.decay)
            signs = np.sign(moved[active])
            leaving = self.coefficients != 0.0
            leaving[active] = False
            if np.any(leaving):
                self._move(self._gram.take(np.flatnonzero(leaving), axis=0), -self.coefficients[leaving])
                self.coefficients[leaving] = 0.0
            if len(active):
                rows = self._gram.take(active, axis=0)
                right = (self.correlation[active] - self.decay * signs).astype(rows.dtype)
                _, change, singular = self._solve(rows.take(active, axis=1).T, right, lower=0, overwrite_a=True)
                if singular:
                    return taken, False
                self._move(rows, change)
                self.coefficients[active] += change
            excess = float(np.max(np.abs(self.correlation))) / self.decay - 1.0
            if excess <= _TOLERANCE and np.all(self.coefficients[active] * signs >= 0.0):
                return taken, True
        return min(most, _SETTLED), False

    def _move(self, rows: NDArray[Any], change: NDArray[Any]) -> None:
        self.correlation -= self._times(1.0, rows.T, change.astype(rows.dtype))
