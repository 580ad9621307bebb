"""What a finite width does at criticality: noise and drift of the distance of two signals, and how it decays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spectralaw._checks import finite, vector
from spectralaw.display import Shown, number
from spectralaw.errors import ConvergenceFailure, InvalidInput
from spectralaw.systems.signal_propagation.activations import Activation, ActivationLike, smooth
from spectralaw.systems.signal_propagation.critical import CriticalPoint, critical_point
from spectralaw.systems.signal_propagation.expansion import Expansion, expansion, nodes

Array = NDArray[np.float64]
_TOP, _BOTTOM, _CELLS = 12.0, -30.0, 1600  # of ln(κ n rho/s²)
_SHORTEST, _LONGEST = 0.05, 100.0  # s² depth/width
_ACCURACY = 2e-3  # of the scaling function, by what extrapolation from half the cells changes


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

        Brownian motion with drift, X, gives n rho = e^X/(κ∫e^X): F(t) = E 1/(κ∫_0^t exp(m u − s B_u) du). The
        backward equation is solved in units of s², on a grid and on one of half the cells. Small ratios: F = 1/(κ t).

        Raises
        ------
        InvalidInput
            For ratios that are not between 0.05/s² and 100/s².
        ConvergenceFailure
            If extrapolation from the two grids changes more than 0.2 %.
        """
        t = vector("ratio", ratio, or_number=True) * self.noise
        if np.any((t < _SHORTEST) | (t > _LONGEST)):
            low, high, bad = (v / self.noise for v in (_SHORTEST, _LONGEST, t[(t < _SHORTEST) | (t > _LONGEST)][0]))
            raise InvalidInput(f"ratio must be between {low:.3g} and {high:.3g}, not {bad:g}")
        fine, coarse = (_backward(self.drift / self.noise, t, cells) for cells in (_CELLS, _CELLS // 2))
        extrapolated = fine + (fine - coarse) / 3.0  # of second order
        if not np.all(np.abs(extrapolated - fine) <= _ACCURACY * np.abs(fine)):
            raise ConvergenceFailure(f"the scaling function of {self.activation} is not found to {_ACCURACY:g}")
        return extrapolated * self.noise / self.metric_factor

    def reach(self, factor: float = 0.5) -> float:
        """Depth over width at which F has fallen to ``factor`` of the decay 1/(κ t) at infinite width.

        Raises
        ------
        InvalidInput
            For a factor that is not between 0.01 and 0.95.
        ConvergenceFailure
            If it does not fall to it up to depth/width = 100/s².
        """
        share = finite("factor", factor)
        if not 0.01 <= share <= 0.95:
            raise InvalidInput(f"factor must be between 0.01 and 0.95, not {share:g}")
        low, high = 1.001 * _SHORTEST / self.noise, 8.0 / self.noise  # the first range has it for usual activations
        while high * self.noise <= _LONGEST:
            steps = np.geomspace(low, high, 100)
            left = self.scaling_function(steps) * self.metric_factor * steps
            if left[-1] <= share:
                return float(np.exp(np.interp(-share, -left, np.log(steps))))
            low, high = high, 2.0 * high
        raise ConvergenceFailure(
            f"with {self.activation}, mean rho at finite width does not fall to {share:g} of that at infinite width "
            f"up to depth/width = {low:.3g}: noise {self.noise:.3g} is too strong for leading order in 1/width"
        )

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
    Var η = σ_w⁴ (3 E φ'⁴ − (E φ'²)²) and Cov = σ_w⁴ Cov(φ², φ'²). Their overlap C' = V'(A) C + θ √(B/n), with
    Var θ = σ_w⁴ E (φφ')², stretches the part of the difference that lies along the signal by σ_w² E (φ'z)² instead of
    χ₁. With the memory r = χ₁'/(1 − V') of the variance, s² = Var(η + r ζ); m is the second-order mean of −ln B'/B.
    Derived here, and held against simulations; not from the paper, which has the form n rho = F(l/n). It needs depths
    beyond the memory of the variance, 1/|ln V'| layers, which is long for GELU and its kin.

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
    zeta, eta, both, theta, stretch = _fluctuations(phi, e, w2)
    memory = chi_slope / (1.0 - variance_slope)
    spread = zeta / (1.0 - variance_slope**2)  # n Var A
    shift = 0.5 * variance_bend * spread / (1.0 - variance_slope)  # n (E A − q*)
    along = theta / (point.variance * (1.0 - variance_slope**2))  # n E C²/AB
    mean = chi_slope * shift + 0.5 * (chi_bend - chi_slope**2) * spread - 0.5 * eta + along * (stretch - 1.0)
    return FiniteWidth(phi.name, point.metric_factor, eta + 2.0 * memory * both + memory**2 * zeta, -mean)


def _fluctuations(phi: Activation, e: Expansion, w2: float) -> tuple[float, float, float, float, float]:
    """Var ζ, Var η, Cov(ζ, η), Var θ and σ_w² E (φ' z)²."""
    z, weights = nodes(e.coefficients.size)
    squares = phi(np.sqrt(e.variance) * z) ** 2
    slopes = _slopes(e, z) ** 2
    square, slope = e.square, e.slope_square
    return (
        w2**2 * float(weights @ squares**2 - square**2),
        w2**2 * float(3.0 * weights @ slopes**2 - slope**2),
        w2**2 * float(weights @ (squares * slopes) - square * slope),
        w2**2 * float(weights @ (squares * slopes)),
        w2 * float(weights @ (slopes * z**2)),
    )


def _slopes(e: Expansion, z: Array) -> Array:
    """φ'(√q z) from the coefficients: Σ √k a_k He_(k−1)(z)/√((k−1)!)/√q."""
    before, here = np.zeros_like(z), np.exp(-0.25 * z * z)
    total = np.zeros_like(z)
    for k in range(1, e.coefficients.size):
        total += np.sqrt(k) * e.coefficients[k] * here
        before, here = here, (z * here - np.sqrt(k - 1.0) * before) / np.sqrt(float(k))
    return total * np.exp(0.25 * z * z) / np.sqrt(e.variance)


def _backward(drift: float, times: Array, cells: int) -> Array:
    """E e^x(t) of dx = −(drift + e^x) dt + dB from x = +∞: its backward equation by central differences.

    Upwind where the drift is too strong for those, above all times of interest: there the solution is flat.
    """
    from scipy.integrate import solve_ivp

    x = np.linspace(_BOTTOM, _TOP, cells + 1)
    dx = x[1] - x[0]
    speed, half = drift + np.exp(x), 0.5 / dx**2
    upwind = np.abs(speed) * dx > 1.0
    down = half + np.where(upwind, np.maximum(speed, 0.0) / dx, 0.5 * speed / dx)
    up = half + np.where(upwind, np.maximum(-speed, 0.0) / dx, -0.5 * speed / dx)
    down[0], up[-1] = 0.0, 0.0
    bands = np.zeros((3, cells + 1))
    bands[0, 1:], bands[1], bands[2, :-1] = up[:-1], -(down + up), down[1:]

    def rate(_: float, u: Array) -> Array:
        out = bands[1] * u
        out[:-1] += bands[0, 1:] * u[1:]
        out[1:] += bands[2, :-1] * u[:-1]
        return out

    unique, back = np.unique(times, return_inverse=True)
    solved = solve_ivp(
        rate, (0.0, float(unique[-1])), np.exp(x), "LSODA", unique, rtol=1e-7, atol=1e-9, lband=1, uband=1,
        jac=lambda *_: bands,
    )  # fmt: skip
    if not solved.success:
        raise ConvergenceFailure(f"the backward equation of the scaling function was not solved: {solved.message}")
    return solved.y[-1][back]
