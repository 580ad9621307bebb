"""The sum of losses Σ w ρ_δ(log ŷ − log y), its weights, and the scale of the residuals.

ρ is Huber's: r²/2 up to δ, δ(|r| − δ/2) beyond; δ = ∞ gives squares, δ → 0 absolute residuals.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from spectralaw.scaling.laws import Array, Frame, Law

EFFICIENT = 1.345  # δ in units of σ: 95 % as efficient as squares for normal residuals
NORMAL_MEDIAN = 1.4826  # σ over the median of |r|, for normal residuals


@dataclass(frozen=True)
class Points:
    """What is fitted, in centred logarithms."""

    names: tuple[str, ...]
    """Of the variables."""
    u: Array
    """log x less its centre, shape (variables, n)."""
    v: Array
    """log y less its mean, shape (n,)."""
    weights: Array
    """Of mean 1."""
    frame: Frame
    groups: np.ndarray | None = None
    """Integer label of each point's run."""
    linear: bool = False
    """Whether residuals are those of y itself, in units of its geometric mean, not of log y."""

    @property
    def n(self) -> int:
        return len(self.v)

    @property
    def places(self) -> int:
        """Number of distinct x."""
        return np.unique(np.round(self.u, 9), axis=1).shape[1]

    @property
    def correlated(self) -> bool:
        """Whether some group holds several x: a run measured along the way."""
        if self.groups is None:
            return False
        pairs = np.unique(np.vstack([self.groups, np.round(self.u, 9)]), axis=1)
        return pairs.shape[1] > len(np.unique(self.groups))

    def take(self, rows: np.ndarray) -> Points:
        """Some of the points, in the same frame."""
        weights = self.weights[rows]
        return replace(
            self,
            u=self.u[:, rows],
            v=self.v[rows],
            weights=weights / weights.mean(),
            groups=None if self.groups is None else self.groups[rows],
        )

    def thin(self, most: int) -> Points:
        """At most so many points, evenly over x (or over N·D): enough to find where a minimum is."""
        if self.n <= most:
            return self
        order = np.argsort(self.u.sum(axis=0), kind="stable")
        return self.take(order[np.linspace(0, self.n - 1, most).round().astype(int)])

    def reframe(self, frame: Frame) -> Points:
        """The same points about other centres (of log x; the level stays)."""
        shift = np.subtract(self.frame.centres, frame.centres)
        return replace(self, u=self.u + shift[:, None], frame=frame)

    def decades(self) -> Array:
        """Range of each variable."""
        return np.ptp(self.u, axis=1) / math.log(10.0)

    def residuals(self, law: Law, theta: Array) -> tuple[Array, Array]:
        """log ŷ − log y (or ŷ − y), shape (batch, n), and its derivatives (batch, parameters, n)."""
        log_y, jacobian = law.evaluate(theta, self.u)
        if not self.linear:
            return log_y - self.v, jacobian
        y = np.exp(np.minimum(log_y, 600.0))
        return y - np.exp(self.v), jacobian * y[:, None]


def total(residuals: Array, weights: Array, delta: Array) -> Array:
    """Σ w ρ_δ(r) over the last axis; ``delta`` has the shape of the batch."""
    size = np.abs(residuals)
    inside = np.minimum(size, delta[..., None])
    return np.sum(weights * inside * (size - 0.5 * inside), axis=-1)


def psi(residuals: Array, delta: Array) -> Array:
    """Derivative of ρ."""
    edge = delta[..., None]
    return np.clip(residuals, -edge, edge)


def weighted_median(values: Array, weights: Array) -> float:
    """Median of ``values``, each counted ``weights`` times."""
    order = np.argsort(values)
    values, share = values[order], np.cumsum(weights[order])
    half = 0.5 * share[-1]
    k = int(np.searchsorted(share, half * (1.0 - 1e-12)))
    if abs(share[k] - half) <= 1e-12 * half and k + 1 < len(values):
        return float(0.5 * (values[k] + values[k + 1]))
    return float(values[k])


def robust_scale(residuals: Array, weights: Array, parameters: int) -> float:
    """σ̂ = 1.4826 median |r| √(n/(n − p)) of residuals of least absolute deviations."""
    n = len(residuals)
    return NORMAL_MEDIAN * weighted_median(np.abs(residuals), weights) * math.sqrt(n / max(n - parameters, 1))
