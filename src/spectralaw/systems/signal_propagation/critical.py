"""The edge of chaos of a smooth activation: where signals neither die nor explode, with its metric factor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from spectralaw._checks import at_least, vector
from spectralaw.display import Shown, number
from spectralaw.errors import ConvergenceFailure, InvalidInput
from spectralaw.results import Status
from spectralaw.systems.signal_propagation.activations import Activation, ActivationLike, smooth
from spectralaw.systems.signal_propagation.expansion import MOST, Expansion, coefficients, expansion

if TYPE_CHECKING:
    import xarray

RESIDUAL = 1e-10
LEAST_VARIANCE, LARGEST_VARIANCE = 1e-8, 1e3  # of pre-activations, that are looked at
_STEP = 1.2  # of the variance from one look to the next
_LINEAR = 1e-24  # share of the power in curvature that is rounding


@dataclass(frozen=True, repr=False)
class CriticalPoint(Shown):
    """Where χ₁ = 1 at a fixed point of the variance that the variance returns to."""

    activation: str
    weight_std: float
    """σ_w; weights have variance σ_w²/width."""
    bias_std: float
    variance: float
    """q*, of the pre-activations."""
    metric_factor: float
    """κ = ½ σ_w² q* E φ''(√q* z)² = ½ f''(1): 1 − correlation falls as 1/(κ depth)."""
    variance_slope: float
    """∂V/∂q at q*, between −1 and 1: the factor by which a deviation of the variance shrinks in a layer."""
    residual: float
    """Largest of |V(q*) − q*|/q*, |χ₁ − 1| and a relative Newton step of q*, at twice the coefficients."""
    status: Status
    function: ActivationLike = field(compare=False)
    """What was handed in, to go on with."""

    @property
    def weight_variance(self) -> float:
        """σ_w²."""
        return self.weight_std**2

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        return f"Critical point of {self.activation}", [
            ("status", f"{self.status} (residual {self.residual:.1e})"),
            ("weight_std σ_w", f"{self.weight_std:.11g}"),
            ("bias_std σ_b", number(self.bias_std)),
            ("variance q*", f"{self.variance:.11g}"),
            ("metric factor κ", f"{self.metric_factor:.11g}"),
        ]


def critical_point(
    activation: ActivationLike, *, bias_std: float | None = None, bias_variance: float | None = None
) -> CriticalPoint:
    """The weights' scale at the edge of chaos, for biases of a given scale.

    With pre-activations N(0, q), V(q) = σ_w² E φ(√q z)² + σ_b² and χ₁ = σ_w² E φ'(√q z)², the point where V(q) = q and
    χ₁ = 1. Eliminating σ_w leaves one equation, σ_b² E φ'² = q E φ'² − E φ², whose right side is summed from Hermite
    coefficients without cancellation. Of several solutions the one of least variance that the variance returns to.

    Parameters
    ----------
    activation
        A name (:func:`~.activations.activations`), or a function of an array, smooth; no derivative is needed.
    bias_std, bias_variance
        σ_b or σ_b², exactly one, 0 or greater.

    Returns
    -------
    CriticalPoint
        Certified: ``residual`` is taken with twice as many coefficients and nodes as it was solved with.

    Raises
    ------
    InvalidInput
        For activations with a kink, such as ReLU, and linear ones; where there is no such point with a variance
        between 1e-8 and 1000; and where the variance would run away from it.
    ConvergenceFailure
        If the residual stays above 1e-10.

    References
    ----------
    arXiv:2307.02284. The formula of the metric factor was derived and checked here.
    """
    phi = smooth(activation)
    bias = bias_scale(bias_std, bias_variance)
    refuse_linear(phi)
    runs_away: list[tuple[float, float]] = []
    for low, high in brackets(phi, lambda e: bias**2 - e.excess / e.slope_square, max(bias**2, LEAST_VARIANCE)):
        q, count = _root(phi, bias, low, high)
        point = _certified(phi, bias, q, count, activation)
        if abs(point.variance_slope) < 1.0:
            if not point.status.is_result:
                raise ConvergenceFailure(
                    f"the critical point of {phi.name} at bias_std {bias:g} was found to {point.residual:.1e} only"
                )
            return point
        runs_away.append((q, point.variance_slope))
    expansion(phi, max(1.0, bias**2))  # a kink is the better reason
    if runs_away:
        q, slope = runs_away[0]
        raise InvalidInput(
            f"bias_std must be one at which {phi.name} has a stable critical point, not {bias:g}: χ₁ = 1 at variance "
            f"{q:.4g}, but a deviation of the variance grows there by a factor {slope:.4g} a layer{_from_where_on(phi)}"
        )
    raise InvalidInput(
        f"bias_std must be one at which {phi.name} has a critical point, not {bias:g}: χ₁ = 1 at no fixed point of the "
        f"variance from {max(bias**2, LEAST_VARIANCE):g} to {LARGEST_VARIANCE:g}"
    )


def phase_boundary(activation: ActivationLike, bias_std) -> xarray.Dataset:
    """The line between order and chaos: the critical ``weight_std`` over ``bias_std``.

    Returns
    -------
    xarray.Dataset
        ``weight_std``, ``variance``, ``metric_factor`` and ``residual`` over ``bias_std``; not a number where there
        is no (stable) critical point, with the sentence in ``reason``.
    """
    import xarray

    phi = smooth(activation)
    biases = vector("bias_std", bias_std, or_number=True)
    names = ("weight_std", "variance", "metric_factor", "residual")
    found, reasons = np.full((4, biases.size), np.nan), [""] * biases.size
    for k, bias in enumerate(biases):
        at_least("bias_std", bias, 0.0)
        try:
            point = critical_point(phi if callable(activation) else activation, bias_std=float(bias))
        except (InvalidInput, ConvergenceFailure) as error:
            reasons[k] = str(error)
        else:
            found[:, k] = [getattr(point, name) for name in names]
    return xarray.Dataset(
        {**{name: ("bias_std", row) for name, row in zip(names, found, strict=True)}, "reason": ("bias_std", reasons)},
        coords={"bias_std": biases},
        attrs={"activation": phi.name},
    )


def bias_scale(bias_std: float | None, bias_variance: float | None) -> float:
    """σ_b from exactly one of σ_b and σ_b²."""
    if (bias_std is None) == (bias_variance is None):
        both = "both" if bias_std is not None else "neither"
        raise InvalidInput(f"bias_std or bias_variance must be given, exactly one, not {both}")
    if bias_std is not None:
        return at_least("bias_std", bias_std, 0.0)
    return float(np.sqrt(at_least("bias_variance", bias_variance, 0.0)))


def refuse_linear(phi: Activation) -> None:
    """Without curvature there is nothing that bends the map of correlations, and without slope no signal."""
    at_one = Expansion(coefficients(phi, np.ones(1), 256)[0], 1.0, np.inf)
    if at_one.slope_square <= _LINEAR * at_one.square or at_one.bend_square <= _LINEAR * at_one.slope_square:
        kind = "constant" if at_one.slope_square <= _LINEAR * at_one.square else "linear"
        raise InvalidInput(
            f"activation must be curved, but {phi.name} is {kind}: there is no transition between order and chaos"
        )


def brackets(phi: Activation, balance: Callable[[Expansion], float], lowest: float) -> Iterator[tuple[float, float]]:
    """Neighbouring variances between which ``balance`` changes its sign, upwards from ``lowest``."""
    before: tuple[float, float] | None = None
    q = lowest
    while True:
        batch = np.array(q * _STEP ** np.arange(12), dtype=np.float64)
        count = int(2.0 ** np.ceil(np.log2(np.clip(64.0 * batch[-1], 128, MOST))))  # enough for a sign
        for variance, row in zip(batch, coefficients(phi, batch, count), strict=True):
            value = balance(Expansion(row, float(variance), np.inf))
            if before is not None and (before[1] > 0.0) != (value > 0.0):
                yield before[0], float(variance)
            before = float(variance), value
            if variance > LARGEST_VARIANCE:
                return
        q = batch[-1] * _STEP


def _from_where_on(phi: Activation) -> str:
    """From which bias on, going up in the variance, the critical points are stable: the end of a sentence."""
    from scipy.optimize import brentq

    def at(q: float) -> Expansion:
        return Expansion(coefficients(phi, np.array([q]), 2048)[0], q, np.inf)

    def excess_slope(e: Expansion) -> float:
        return e.square_rates[0] / e.slope_square - 1.0

    for low, high in brackets(phi, excess_slope, LEAST_VARIANCE):
        if high > 20.0:  # more than 2048 coefficients
            break
        here = at(float(brentq(lambda q: excess_slope(at(q)), low, high, rtol=1e-6)))  # type: ignore[arg-type]
        if here.excess > 0.0 and excess_slope(at(high)) < 0.0:
            return f"; they are stable from bias_std {np.sqrt(here.excess / here.slope_square):.4g} on"
    return ""


def _root(phi: Activation, bias: float, low: float, high: float) -> tuple[float, int]:
    """q in a bracket, to rounding, and with how many coefficients."""
    from scipy.optimize import brentq

    count = min(expansion(phi, high).coefficients.size, MOST // 2)

    def balance(log_q: float) -> float:
        q = float(np.exp(log_q))
        here = Expansion(coefficients(phi, np.array([q]), count)[0], q, np.inf)
        return bias**2 - here.excess / here.slope_square

    ends = np.log(low), np.log(high)
    if balance(ends[0]) * balance(ends[1]) > 0.0:  # the look was too coarse: widen by one step
        ends = ends[0] - np.log(_STEP), ends[1] + np.log(_STEP)
    try:
        return float(np.exp(brentq(balance, *ends, xtol=1e-15, rtol=1e-15))), count  # type: ignore[arg-type]
    except ValueError as error:
        raise ConvergenceFailure(f"the variance of {phi.name} between {low:.4g} and {high:.4g} is not found") from error


def _certified(phi: Activation, bias: float, q: float, count: int, given: ActivationLike) -> CriticalPoint:
    solved = Expansion(coefficients(phi, np.array([q]), count)[0], q, np.inf)
    finer = Expansion(coefficients(phi, np.array([q]), 2 * count)[0], q, np.inf)
    weight = 1.0 / solved.slope_square
    square, slope = finer.square, finer.slope_square
    tilt = -1.0 + (finer.square_rates[0] * slope - square * finer.slope_rates[0]) / slope**2
    newton = abs((bias**2 - finer.excess / slope) / tilt) / q
    residual = max(abs(weight * square + bias**2 - q) / q, abs(weight * slope - 1.0), newton)
    return CriticalPoint(
        phi.name,
        float(np.sqrt(weight)),
        bias,
        q,
        0.5 * weight * q * solved.bend_square,
        weight * solved.square_rates[0],
        float(residual),
        Status.CONVERGED if residual <= RESIDUAL else Status.NOT_CONVERGED,
        given,
    )
