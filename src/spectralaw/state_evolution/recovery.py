"""When noiseless data determine the teacher: the limit of small noises.

With a threshold of t noises, R/δ² falls as δ grows; its limit f(t) = R/δ², δ → 0, is convex in t. For N above the least
of f, R = N δ² has no solution but zero at some t: the limit λ → 0 recovers the teacher exactly. For small λ the
solution
is near the larger root of f(t) = N, at δ = λ'/(t (N − X)). For N below the least of f, part of the teacher stays
unlearned however small λ is.
"""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from spectralaw.state_evolution.channel import Array, Evaluator

RECOVERY_NOISE = 1e-12
"""Of the smallest teacher value: small enough for the limit δ → 0 to 1e-9."""
_LOG_T = (-14.0, 4.0)


@dataclass(frozen=True)
class Recovery:
    """f(t) and the response X(t) of a channel in the limit δ → 0."""

    evaluate: Evaluator
    noise: float
    least: float
    """min over t of f(t)."""
    at: float
    """log of the t where it is reached."""

    @classmethod
    def of(cls, evaluate: Evaluator) -> Recovery | None:
        """None where the noise would be no number."""
        if evaluate.atoms not in _KNOWN:
            _KNOWN[evaluate.atoms] = cls._computed(evaluate)
        return _KNOWN[evaluate.atoms]

    @classmethod
    def _computed(cls, evaluate: Evaluator) -> Recovery | None:
        atoms = evaluate.atoms
        noise = RECOVERY_NOISE * atoms.smallest if atoms.power > 0.0 else 0.0
        if not noise > 1e-140:
            return None
        curve = cls(evaluate, noise, np.nan, np.nan)
        log_t = np.linspace(*_LOG_T, 37)
        ratios = curve.ratio(log_t)
        for _ in range(4):
            k = int(np.nanargmin(ratios))
            log_t = np.linspace(log_t[max(k - 1, 0)], log_t[min(k + 1, len(log_t) - 1)], 9)
            ratios = curve.ratio(log_t)
        k = int(np.nanargmin(ratios))
        return cls(evaluate, noise, float(ratios[k]), float(log_t[k]))

    def ratio(self, log_t: Array) -> Array:
        """f(t)."""
        return self._channel(log_t).risk / self.noise**2

    def solve(self, capacity: Array) -> tuple[Array, Array]:
        """log t of the larger root of f(t) = N, and N − X there; N above the least of f."""
        low, high = np.full(capacity.shape, self.at), np.full(capacity.shape, self.at + 1.0)
        for _ in range(60):
            short = self.ratio(high) < capacity
            if not np.any(short):
                break
            low, high = np.where(short, high, low), np.where(short, high + 2.0, high)
        for _ in range(30):
            middle = 0.5 * (low + high)
            left = self.ratio(middle) < capacity
            low, high = np.where(left, middle, low), np.where(left, high, middle)
        return high, capacity - self._channel(high).response

    def _channel(self, log_t: Array):
        with np.errstate(all="ignore"):
            return self.evaluate(np.full(log_t.shape, self.noise), self.noise * np.exp(log_t))


_KNOWN: WeakKeyDictionary = WeakKeyDictionary()  # atoms are cached, and asked again by each prediction
