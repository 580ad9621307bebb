"""What a finite width does at criticality: noise and drift of the distance of two signals, and the law of their decay."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spectralaw._checks import vector
from spectralaw.display import Shown, number
from spectralaw.errors import ConvergenceFailure, InvalidInput
from spectralaw.systems.signal_propagation.activations import Activation, ActivationLike, smooth
from spectralaw.systems.signal_propagation.critical import CriticalPoint, critical_point
from spectralaw.systems.signal_propagation.expansion import Expansion, expansion, nodes

Array = NDArray[np.float64]
_TOP, _BOTTOM, _CELLS = 14.0, -24.0, 1900
_ACCURACY = 1e-4  # of the scaling function, from half the cells to all, and from half the steps to all


@dataclass(frozen=True, repr=False)
class FiniteWidth(Shown):
    """Leading order in 1/width at the critical point: d ln rho = −(m/n + κ rho) dl + (s/√n) dB."""

    activation: str
    metric_factor: float
    """κ."""
    noise: float
    """s²: n times the variance that a layer adds to ln rho."""
    drift: float
    """m: n times the mean fall of ln rho in a layer, for rho → 0; −m/2n is the Lyapunov exponent."""

    @property
    def lyapunov(self) -> float:
        """n times the Lyapunov exponent at the critical point: −m/2."""
        return -0.5 * self.drift

    def scaling_function(self, ratio: ArrayLike) -> Array:
        """F = lim n E rho at depth/width = ``ratio`` (n → ∞), from signals that are far apart at first.

        Brownian motion with drift, X, gives n rho = e^X/(κ∫e^X): F(t) = E 1/(κ∫_0^t exp(m u − s B_u) du). Its
        backward equation is solved on a grid, twice as fine until nothing changes by 1e-4. Small ratios: F = 1/(κ t).

        Raises
        ------
        InvalidInput
            For ratios that are not between 0.01 and 20.
        ConvergenceFailure
            If the two grids differ.
        """
        t = vector("ratio", ratio, or_number=True)
        if np.any((t < 0.01) | (t > 20.0)):
            raise InvalidInput(f"ratio must be between 0.01 and 20, not {t[(t < 0.01) | (t > 20.0)][0]:g}")
        fine, coarse = (_backward(self.noise, self.drift, t, part) for part in (1, 2))
        extrapolated = fine + (fine - coarse) / 3.0  # second order in both steps
        if not np.all(np.abs(extrapolated - fine) <= _ACCURACY * 10.0 * np.abs(fine)):
            raise ConvergenceFailure(f"the scaling function of {self.activation} is not found to {10 * _ACCURACY:g}")
        return extrapolated / self.metric_factor

    def reach(self, factor: float = 0.5) -> float:
        """Depth over width at which F has fallen to ``factor`` of the decay 1/(κ t) at infinite width."""
        from scipy.optimize import brentq

        gap = lambda log_t: float(  # noqa: E731
            self.scaling_function(np.exp(log_t))[0] * self.metric_factor * np.exp(log_t) - factor
        )
        return float(np.exp(brentq(gap, np.log(0.011), np.log(19.0), xtol=1e-3)))  # type: ignore[arg-type]

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        return f"Finite width at the critical point of {self.activation}", [
            ("metric factor κ", number(self.metric_factor)),
            ("noise s²", number(self.noise)),
            ("drift m", number(self.drift)),
        ]


def finite_width(
    activation: ActivationLike | CriticalPoint, *, bias_std: float | None = None, bias_variance: float | None = None
) -> FiniteWidth:
    """Noise and drift of the distance of two signals at the critical point.

    A layer of width n draws pre-activations that are independent Gaussians given the layer before: their variance A and
    the distance B of two near signals fluctuate, A' = V(A) + ζ/√n and B' = B (χ₁(A) + η/√n), with Var ζ = σ_w⁴ Var φ²,
    Var η = σ_w⁴ (3 E φ'⁴ − (E φ'²)²) and Cov = σ_w⁴ Cov(φ², φ'²). With the memory r = χ₁'/(1 − V') of the variance,
    s² = Var(η + r ζ); m is the second-order mean of −ln B'/B. Derived here, and held against simulations; not
    from the paper, which has the form n rho = F(l/n).

    Raises
    ------
    InvalidInput
        As :func:`critical_point`.
    """
    if isinstance(activation, CriticalPoint):
        if bias_std is not None or bias_variance is not None:
            raise InvalidInput("bias_std must not be given beside a critical point, which has its own")
        point = activation
    else:
        point = critical_point(activation, bias_std=bias_std, bias_variance=bias_variance)
    phi = smooth(point.function)
    e = expansion(phi, point.variance)
    w2 = point.weight_variance
    variance_slope, variance_bend = (w2 * rate for rate in e.square_rates)
    chi_slope, chi_bend = (w2 * rate for rate in e.slope_rates)
    zeta, eta, both = _fluctuations(phi, e, w2)
    memory = chi_slope / (1.0 - variance_slope)
    spread = zeta / (1.0 - variance_slope**2)  # n Var A
    shift = 0.5 * variance_bend * spread / (1.0 - variance_slope)  # n (E A − q*)
    mean = chi_slope * shift + 0.5 * (chi_bend - chi_slope**2) * spread - 0.5 * eta
    return FiniteWidth(phi.name, point.metric_factor, eta + 2.0 * memory * both + memory**2 * zeta, -mean)


def _fluctuations(phi: Activation, e: Expansion, w2: float) -> tuple[float, float, float]:
    """n times the variances of what a layer adds to A and to B/B, and their covariance."""
    z, weights = nodes(e.coefficients.size)
    squares = phi(np.sqrt(e.variance) * z) ** 2
    slopes = _slopes(e, z) ** 2
    square, slope = e.square, e.slope_square
    return (
        w2**2 * float(weights @ squares**2 - square**2),
        w2**2 * float(3.0 * weights @ slopes**2 - slope**2),
        w2**2 * float(weights @ (squares * slopes) - square * slope),
    )


def _slopes(e: Expansion, z: Array) -> Array:
    """φ'(√q z) from the coefficients: Σ √k a_k He_(k−1)(z)/√((k−1)!)/√q."""
    before, here = np.zeros_like(z), np.exp(-0.25 * z * z)
    total = np.zeros_like(z)
    for k in range(1, e.coefficients.size):
        total += np.sqrt(k) * e.coefficients[k] * here
        before, here = here, (z * here - np.sqrt(k - 1.0) * before) / np.sqrt(float(k))
    return total * np.exp(0.25 * z * z) / np.sqrt(e.variance)


def _backward(noise: float, drift: float, times: Array, coarser: int) -> Array:
    """E e^x(t) of dx = −(m + e^x) dt + s dB from x = +∞, by Crank–Nicolson with implicit first steps."""
    from scipy.linalg import solve_banded

    cells = _CELLS // coarser
    x = np.linspace(_BOTTOM, _TOP, cells + 1)
    dx = x[1] - x[0]
    speed = drift + np.exp(x)
    half = 0.5 * noise / dx**2
    down, up = half + np.maximum(speed, 0.0) / dx, half + np.maximum(-speed, 0.0) / dx
    central = np.abs(speed) * dx <= noise  # second order where it is stable
    down = np.where(central, half + 0.5 * speed / dx, down)
    up = np.where(central, half - 0.5 * speed / dx, up)
    down[0], up[-1] = 0.0, 0.0
    bands = np.zeros((3, cells + 1))
    bands[0, 1:], bands[1], bands[2, :-1] = up[:-1], -(down + up), down[1:]
    u, now, out = np.exp(x), 0.0, {}
    edge = np.exp(x[0])
    for target in np.unique(times):
        steps = max(int(np.ceil((120 // coarser) * max(1.0, np.log(target / max(now, 1e-4))))), 4)
        grid = np.geomspace(max(now, 1e-4 * target), target, steps + 1)
        grid[0] = now
        for dt in np.diff(grid):
            theta = 0.5
            for _ in range(1):
                left = -theta * dt * bands
                left[1] += 1.0
                right = u + (1.0 - theta) * dt * _apply(bands, u)
                u = solve_banded((1, 1), left, right)
        now = float(target)
        out[now] = u[-1]
    del edge
    return np.array([out[float(t)] for t in times])


def _apply(bands: Array, u: Array) -> Array:
    out = bands[1] * u
    out[:-1] += bands[0, 1:] * u[1:]
    out[1:] += bands[2, :-1] * u[:-1]
    return out
