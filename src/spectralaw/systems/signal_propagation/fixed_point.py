"""What infinite width does to two signals: the fixed point of the variance, order or chaos, depth scales."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, log

import numpy as np

from spectralaw._checks import at_least
from spectralaw.display import NONE, Shown, number
from spectralaw.errors import ConvergenceFailure, InvalidInput
from spectralaw.results import Status
from spectralaw.systems.signal_propagation.activations import Activation, ActivationLike, smooth
from spectralaw.systems.signal_propagation.critical import (
    LARGEST_VARIANCE,
    LEAST_VARIANCE,
    RESIDUAL,
    brackets,
    refuse_linear,
)
from spectralaw.systems.signal_propagation.expansion import MOST, Expansion, coefficients, expansion

_CRITICAL = 1e-12  # of |χ₁ − 1|, below which nothing but rounding is left


@dataclass(frozen=True, repr=False)
class FixedPoint(Shown):
    """Where the variance of pre-activations comes to rest, and what becomes of the correlation of two signals there."""

    activation: str
    weight_std: float
    bias_std: float
    variance: float
    """q*, the stable fixed point of least variance."""
    variance_slope: float
    """∂V/∂q there."""
    correlation_slope: float
    """χ₁ = σ_w² E φ'²: the factor a layer by which a small 1 − correlation changes."""
    metric_factor: float
    """κ = ½ σ_w² q* E φ''²."""
    order_parameter: float
    """rho* = 1 − c*: 0 in the ordered phase and at the critical point, positive in the chaotic phase."""
    approach_slope: float
    """Slope of the correlation map at c*; χ₁ where rho* = 0."""
    residual: float
    """Largest of |V(q*) − q*|/q* and the relative error of rho*, at twice the coefficients."""
    status: Status

    @property
    def phase(self) -> str:
        """ "ordered" (signals become alike), "chaotic", or "critical"."""
        gap = self.correlation_slope - 1.0
        return "critical" if abs(gap) <= _CRITICAL else "chaotic" if gap > 0.0 else "ordered"

    @property
    def correlation_depth(self) -> float:
        """ξ = 1/|ln χ₁|: layers over which a small difference of two signals changes by e; infinite at criticality."""
        return inf if self.phase == "critical" else 1.0 / abs(log(self.correlation_slope))

    @property
    def approach_depth(self) -> float:
        """Layers over which the correlation comes nearer to c* by e; that of ξ in the ordered phase."""
        if self.phase == "critical":
            return inf
        return 1.0 / abs(log(self.approach_slope)) if self.approach_slope > 0.0 else 0.0

    @property
    def variance_depth(self) -> float:
        """Layers over which the variance comes nearer to q* by e."""
        return 1.0 / abs(log(abs(self.variance_slope))) if self.variance_slope != 0.0 else 0.0

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        depth = self.correlation_depth
        return f"Signals in a wide {self.activation} network", [
            ("status", f"{self.status} (residual {self.residual:.1e})"),
            ("weight_std, bias_std", f"{number(self.weight_std)}, {number(self.bias_std)}"),
            ("phase", self.phase),
            ("variance q*", number(self.variance)),
            ("slope χ₁", number(self.correlation_slope)),
            ("order parameter rho*", number(self.order_parameter)),
            ("metric factor κ", number(self.metric_factor)),
            ("correlation depth ξ", NONE if depth == inf else number(depth)),
        ]


def fixed_point(activation: ActivationLike, weight_std: float, bias_std: float) -> FixedPoint:
    """Fixed points of the maps of variance and correlation, for any scales of weights and biases.

    The correlation map has non-negative Taylor coefficients, so it is convex: c = 1 attracts where χ₁ ≤ 1, and beyond
    there is exactly one other fixed point in [0, 1), which is solved for in rho = 1 − c, where nothing cancels.

    Raises
    ------
    InvalidInput
        For activations with a kink or without curvature; where the variance decays to nothing (as for tanh without
        biases and σ_w ≤ 1), or grows beyond 1000.
    ConvergenceFailure
        If the residual stays above 1e-10.
    """
    phi = smooth(activation)
    weight, bias = at_least("weight_std", weight_std, 0.0), at_least("bias_std", bias_std, 0.0)
    if weight == 0.0:
        raise InvalidInput("weight_std must be positive, not 0")
    refuse_linear(phi)
    lowest = max(bias**2, LEAST_VARIANCE)
    q = _stable_variance(phi, weight, bias, lowest)
    solved = expansion(phi, q)
    count = min(2 * solved.coefficients.size, MOST)
    finer = Expansion(coefficients(phi, np.array([q]), count)[0], q, np.inf)
    rho, rho_error = _order_parameter(finer, weight, q)
    residual = max(abs(weight**2 * finer.square + bias**2 - q) / q, rho_error)
    chi = weight**2 * solved.slope_square
    found = FixedPoint(
        phi.name, weight, bias, q, weight**2 * solved.square_rates[0], chi, 0.5 * weight**2 * q * solved.bend_square,
        rho, chi if rho == 0.0 else weight**2 / q * finer.loss_rate(rho), float(residual),
        Status.CONVERGED if residual <= RESIDUAL else Status.NOT_CONVERGED,
    )  # fmt: skip
    if not found.status.is_result:
        raise ConvergenceFailure(f"the fixed point of {phi.name} was found to {residual:.1e} only")
    return found


def _stable_variance(phi: Activation, weight: float, bias: float, lowest: float) -> float:
    from scipy.optimize import brentq

    balance = lambda e: weight**2 * e.square + bias**2 - e.variance  # noqa: E731
    first = balance(expansion(phi, lowest))
    if bias == 0.0 and first <= 0.0:
        raise InvalidInput(
            f"bias_std must be positive at weight_std {weight:g}: without biases the variance of {phi.name} decays to 0"
        )
    if first <= 0.0 and weight**2 * expansion(phi, lowest).square <= 1e-13 * lowest:
        return lowest
    for low, high in brackets(phi, balance, lowest * (1.0 - 1e-9)):
        count = expansion(phi, high).coefficients.size

        def at(log_q: float, count: int = count) -> Expansion:
            q = float(np.exp(log_q))
            return Expansion(coefficients(phi, np.array([q]), count)[0], q, np.inf)

        x = float(brentq(lambda log_q: balance(at(log_q)), np.log(low), np.log(high), xtol=1e-15, rtol=1e-15))  # type: ignore[arg-type]
        if abs(weight**2 * at(x).square_rates[0]) < 1.0:
            return float(np.exp(x))
    raise InvalidInput(
        f"weight_std must be one at which the variance of {phi.name} comes to rest below {LARGEST_VARIANCE:g}, "
        f"not {weight:g} at bias_std {bias:g}"
    )


def _order_parameter(e: Expansion, weight: float, q: float) -> tuple[float, float]:
    """rho* and its relative error by one Newton step."""
    from scipy.optimize import brentq

    scale = weight**2 / q
    chi, kappa = weight**2 * e.slope_square, 0.5 * weight**2 * q * e.bend_square
    if chi - 1.0 <= _CRITICAL:
        return 0.0, 0.0
    gain = lambda log_rho: scale * float(e.loss(np.exp(np.array(log_rho)))) / float(np.exp(log_rho)) - 1.0  # noqa: E731
    if gain(0.0) >= -1e-14:
        return 1.0, 0.0
    low = min(0.1 * (chi - 1.0) / kappa, 0.5)
    while gain(np.log(low)) < 0.0 and low > 1e-300:
        low *= 0.1
    x = float(brentq(gain, np.log(low), 0.0, xtol=1e-15, rtol=1e-15))  # type: ignore[arg-type]
    rho = float(np.exp(x))
    tilt = scale * e.loss_rate(rho) - 1.0
    return rho, abs(gain(x) / tilt)
