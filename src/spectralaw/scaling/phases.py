"""Which phases of the theory have the exponents of a fitted curve, and what γ they would mean."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from spectralaw._checks import choice
from spectralaw.scaling.records import Record, Regime

_NEAR = 0.05
"""How far the exponent of a regime may be off one that theory fixes: the width within which a regime counts as one."""
FINITE_SIZE = (0.07, 0.13)
"""By how much γ is read too large from curves at the best weight decay (diagonal network, d = 10⁶, n = 10² to 10⁵)."""


@dataclass(frozen=True, slots=True)
class CompatiblePhase(Record):
    """A phase whose rate has the exponent of a regime: compatible with it, not shown to be it."""

    phase: str
    low: float
    high: float
    exponent: float
    rate: str
    """R as a function of n."""
    gamma: float | None = None
    """γ that the exponent implies, where the rate depends on it."""
    gamma_interval: tuple[float, float] | None = None
    gamma_allowed: tuple[float, float] | None = None
    """The interval with the finite-size bias taken off, as far as it was measured: quote this one."""

    def __str__(self) -> str:
        where = f"{self.low:.3g} to {self.high:.3g}: exponent {self.exponent:+.3f}"
        text = f"{where} is compatible with {self.phase}, R ~ {self.rate}"
        if self.gamma is None or self.gamma_interval is None or self.gamma_allowed is None:
            return text
        low, high = self.gamma_interval
        allowed = self.gamma_allowed
        finite = f", with finite size [{allowed[0]:.3f}, {allowed[1]:.3f}]" if allowed != (low, high) else ""
        return f"{text}: γ = {self.gamma:.3f} [{low:.3f}, {high:.3f}]{finite}"


# phase, rate, exponent that theory fixes (or None), γ as a function of the exponent s (or None), biased by finite size
_PHASES: tuple[tuple[str, str, float | None, Any, bool], ...] = (
    ("Ib", "1 (plateau)", 0.0, None, False),
    ("II", "n^−(2−1/γ)", None, lambda s: 1.0 / (2.0 + s) if s > -2.0 else math.inf, False),
    ("III", "n^−2", -2.0, None, False),
    ("IV, or the best weight decay", "n^(−1+1/(2γ))", None, lambda s: 0.5 / (1.0 + s) if s > -1.0 else math.inf, True),
    ("VIa, VIb", "d/n_eff", -1.0, None, False),
    ("noiseless", "n_eff^(1−2γ)", None, lambda s: 0.5 * (1.0 - s), False),
)
_OVERFITTING = {"quadratic": ("V", "(n_eff/d)^(2/5)", 0.4), "diagonal": ("V", "1/log(d/n)", 0.1)}


def compatible(regimes: tuple[Regime, ...], network: str) -> tuple[CompatiblePhase, ...]:
    """Rows of the phase table that each regime could be.

    Parameters
    ----------
    regimes : tuple of Regime
        Exponents of R in n.
    network : {"diagonal", "quadratic"}
    """
    network = choice("network", network, ("diagonal", "quadratic"))
    rows = []
    for regime in regimes:
        low, high = regime.interval
        phases = [*_PHASES, (*_OVERFITTING[network], None, False)]
        for phase, rate, fixed, gamma_of, biased in phases:
            if fixed is not None:
                if min(low, regime.exponent - _NEAR) <= fixed <= max(high, regime.exponent + _NEAR):
                    rows.append(CompatiblePhase(phase, regime.low, regime.high, regime.exponent, rate))
                continue
            gamma = gamma_of(regime.exponent)
            ends = sorted(gamma_of(min(max(s, -1.999), 0.0)) for s in (low, high))
            if not (math.isfinite(gamma) and ends[1] > 0.5) or regime.exponent >= 0.0:
                continue
            bias = FINITE_SIZE if biased else (0.0, 0.0)
            allowed = (max(ends[0] - bias[1], 0.5), max(ends[1] - bias[0], 0.5))
            rows.append(
                CompatiblePhase(
                    phase, regime.low, regime.high, regime.exponent, rate, gamma, (ends[0], ends[1]), allowed
                )
            )
    return tuple(rows)
