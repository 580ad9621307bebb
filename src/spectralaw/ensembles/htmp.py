"""The heavy-tailed ensemble HTMP: a Marchenko–Pastur law whose eigenvalues repel each other less.

The β-Laguerre ensemble of N eigenvalues with N/M → γ and β = κ/N (arXiv:2506.03470). With a = κ(1/γ − 1)/2 − 1, b =
κ/2 and y = b x/γ its limiting law is the spectral measure of (γ/b) B Bᵀ, B lower bidiagonal with squares B_kk² = a +
b + k and B_{k+1,k}² = b + k, k = 1, 2, … κ → ∞ is Marchenko–Pastur; the law of 1/x has a power-law tail.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from spectralaw._checks import finite, positive_integer
from spectralaw.ensembles import tricomi
from spectralaw.ensembles.panels import NODES, RUNNING, WEIGHTS, interpolate
from spectralaw.errors import ConvergenceFailure, InvalidInput

Array = NDArray[np.float64]

_LONGEST = 1 << 20  # levels of the continued fraction


@dataclass(frozen=True)
class HTMP:
    """High-temperature Marchenko–Pastur law of mean 1.

    Parameters
    ----------
    gamma : float
        Ratio of the sides N/M, in (0, 1).
    kappa : float
        Strength of the repulsion, κ > 0.

    Raises
    ------
    InvalidInput
        For parameters out of range.
    """

    gamma: float
    kappa: float

    def __post_init__(self) -> None:
        if not 0.0 < finite("gamma", self.gamma) < 1.0:
            raise InvalidInput(f"gamma must be between 0 and 1, not {self.gamma:g}")
        if not finite("kappa", self.kappa) > 0.0:
            raise InvalidInput(f"kappa must be positive, not {self.kappa:g}")

    @property
    def a(self) -> float:
        """Exponent of the density at zero, κ(1/γ − 1)/2 − 1 > −1."""
        return 0.5 * self.kappa * (1.0 / self.gamma - 1.0) - 1.0

    @property
    def b(self) -> float:
        """κ/2."""
        return 0.5 * self.kappa

    def jacobi(self, n: int) -> tuple[Array, Array]:
        """Diagonal (n) and off-diagonal (n − 1) of the leading block of the Jacobi matrix; its eigenvalues and the
        squares of the first components of its eigenvectors are Gauss's rule for the law."""
        n = positive_integer("n", n)
        k = np.arange(1.0, n + 1.0)
        upper, lower = self.a + self.b + k, self.b + k
        unit = self.gamma / self.b
        return unit * (upper + np.r_[0.0, lower[:-1]]), unit * np.sqrt(upper[:-1] * lower[:-1])

    def quadrature(self, n: int) -> tuple[Array, Array]:
        """Nodes and weights of Gauss's rule of n points."""
        from scipy.linalg import eigh_tridiagonal

        nodes, vectors = eigh_tridiagonal(*self.jacobi(n))
        return nodes, vectors[0] ** 2

    def moments(self, n: int) -> Array:
        """E x, E x², …, E xⁿ, exact: (Jⁿ)₁₁ of the leading block."""
        n = positive_integer("n", n)
        diagonal, off = self.jacobi(n // 2 + 2)
        vector, result, powers = np.zeros(len(diagonal)), [], [np.zeros(0)]
        vector[0] = 1.0
        powers = [vector]
        while len(powers) < n // 2 + 2:
            powers.append(_times(diagonal, off, powers[-1]))
        for k in range(1, n + 1):
            result.append(float(powers[k // 2] @ powers[k - k // 2]))
        return np.array(result)

    @property
    def mean_inverse(self) -> float:
        """E[1/x] = (b/γ)/a; infinite for a ≤ 0."""
        return self.b / self.gamma / self.a if self.a > 0 else math.inf

    @property
    def mean_log(self) -> float:
        """E[log x] = log(Γ(a + 1 + b)/Γ(a + 1))/b − log(b/γ)."""
        ratio = special.gammaln(self.a + 1.0 + self.b) - special.gammaln(self.a + 1.0)
        return float(ratio / self.b - math.log(self.b / self.gamma))

    def logpdf(self, x: ArrayLike, rough: bool = False) -> Array:
        """Logarithm of the density; −∞ for x < 0.

        ρ(x) = (b/γ) y^a e^(−y) / (Γ(b + 1) Γ(a + b + 1) |U(b, −a, y e^(±iπ))|²), with U along its path of steepest
        descent. ``rough`` takes half of the time and serves searches (:data:`tricomi.ROUGH`).
        """
        x = np.asarray(x, dtype=float)
        a, b, unit = self.a, self.b, self.b / self.gamma
        rule = tricomi.ROUGH if rough else tricomi.EXACT
        positive = np.isfinite(x) & (x > 0)
        y = np.where(positive, x, 1.0) * unit
        constant = math.log(unit) + special.gammaln(b) - math.log(b) - special.gammaln(a + b + 1.0)
        value = np.full(x.shape, -np.inf)
        value[positive] = (constant + a * np.log(y) - y)[positive] - 2.0 * tricomi.log_modulus(a, b, y[positive], rule)
        zero = x == 0
        if np.any(zero):
            value[zero] = -np.inf if a > 0 else np.inf if a < 0 else self.log_edge
        return np.where(np.isnan(x), np.nan, value)

    def pdf(self, x: ArrayLike) -> Array:
        """Density; integrates to 1 over x > 0."""
        return np.exp(self.logpdf(x))

    @property
    def log_edge(self) -> float:
        """log C of ρ ~ C x^a at zero."""
        a, b = self.a, self.b
        return float(
            (a + 1.0) * math.log(b / self.gamma)
            + special.gammaln(1.0 + a + b)
            - special.gammaln(b + 1.0)
            - 2.0 * special.gammaln(1.0 + a)
        )

    def cdf(self, x: ArrayLike) -> Array:
        """Distribution function, by integrating the density; right to about 10⁻¹⁰."""
        x = np.asarray(x, dtype=float)
        breaks, total, _, inner = self.table
        safe = np.clip(x, breaks[0], breaks[-1])
        at = np.clip(np.searchsorted(breaks, safe, side="right") - 1, 0, len(breaks) - 2)
        low, high = np.log(breaks[at]), np.log(breaks[at + 1])
        place = 2.0 * (np.log(safe) - low) / (high - low) - 1.0  # on [−1, 1] of the panel
        value = total[at] + interpolate(place, inner[at])
        value = np.where(x < breaks[0], self._below(np.clip(x, 0.0, breaks[0])), value)
        return np.where(np.isnan(x), np.nan, np.clip(np.where(x >= breaks[-1], 1.0, value), 0.0, 1.0))

    @cached_property
    def table(self) -> tuple[Array, Array, Array, Array]:
        """Ends of panels, the distribution function there, and at Gauss's nodes of each panel log(x ρ) and the
        integral from the left end."""
        a, unit = self.a, self.b / self.gamma
        panels = self._panels()
        for _ in range(4):
            ends = np.log(panels / unit)
            half = 0.5 * np.diff(ends)
            nodes = 0.5 * (ends[1:] + ends[:-1])[:, None] + half[:, None] * NODES
            values = self.logpdf(np.exp(nodes)) + nodes
            mass = half * (np.exp(values) @ WEIGHTS)
            start = float(self._below(np.exp(ends[:1]))[0])
            total = np.r_[start, start + np.cumsum(mass)]
            if abs(total[-1] - 1.0) < 1e-10 + 1e-14 * (a + self.b):
                return np.exp(ends), total, values, half[:, None] * (np.exp(values) @ RUNNING.T)
            panels = np.sort(np.r_[panels, np.sqrt(panels[1:] * panels[:-1])])
        raise ConvergenceFailure(f"the density of {self} integrates to 1 + {total[-1] - 1.0:.1e}")

    def _panels(self) -> Array:
        """Ends of panels in y: fine around the two edges of the Marchenko–Pastur law, at distances that double."""
        p, q = math.sqrt(self.b), math.sqrt(self.a + 1.0 + self.b)
        low, high = (q - p) ** 2, (q + p) ** 2
        scale_low, scale_high = (
            (q - p) * (1.0 / p - 1.0 / q) ** (1.0 / 3.0),
            (q + p) * (1.0 / p + 1.0 / q) ** (1.0 / 3.0),
        )
        negligible = (-45.0 - self.log_edge + math.log(self.a + 1.0)) / (self.a + 1.0) + math.log(self.b / self.gamma)
        first = max(
            1e-17 * min(1.0, 1.0 / self.b), math.exp(min(negligible, math.log(0.5 * low) if low > 0 else -690.0))
        )
        first = min(first, 1e-3 * high)
        last = high + 20.0 * scale_high + 60.0
        near = 2.0 ** np.arange(0.0, 60.0)
        ends = [low - scale_low * near, low + scale_low * near, high - scale_high * near, high + scale_high * near]
        ends = np.concatenate([np.geomspace(first, last, 2 + int(math.log(last / first) / 0.7)), *ends, [low, high]])
        ends = np.unique(ends[(ends >= first) & (ends <= last)])
        middle = np.linspace(low, high, 17)
        ends = np.unique(np.r_[ends, middle[middle > first]])
        return ends[np.r_[True, np.diff(np.log(ends)) > 1e-9]]

    def _below(self, x: Array) -> Array:
        """Distribution function at small x, from U(b, −a, ζ) ≈ Γ(1 + a)/Γ(1 + a + b) + Γ(−1 − a)/Γ(b) ζ^(1 + a)."""
        a, b = self.a, self.b
        with np.errstate(divide="ignore"):
            scaled = (a + 1.0) * np.log(x)
        if a >= 0.0:  # the second term is far below rounding
            return np.exp(np.minimum(self.log_edge + scaled, 0.0)) / (a + 1.0)
        power = np.exp(scaled) * (b / self.gamma) ** (a + 1.0)
        front = math.exp(self.log_edge) / (b / self.gamma) ** (a + 1.0) / (a + 1.0)
        ratio = special.gamma(-1.0 - a) * math.exp(
            special.gammaln(a + b + 1.0) - special.gammaln(b) - special.gammaln(1.0 + a)
        )
        angle = math.pi * (1.0 + a)
        turned = ratio * power
        return front / (ratio * math.sin(angle)) * np.arctan2(turned * math.sin(angle), 1.0 + turned * math.cos(angle))

    def stieltjes(self, z: ArrayLike) -> NDArray[np.complex128]:
        """∫ ρ(x)/(x − z) dx for z off [0, ∞), by the continued fraction of the Jacobi matrix.

        Raises
        ------
        InvalidInput
            For z on the support.
        ConvergenceFailure
            For z so near the support that 2²⁰ levels do not give ten digits.
        """
        z = np.asarray(z, dtype=np.complex128)
        on_support = (z.imag == 0.0) & (z.real >= 0.0)
        if np.any(on_support) or not np.all(np.isfinite(z)):
            raise InvalidInput(
                f"z must be finite and off the support [0, ∞), not {z[on_support | ~np.isfinite(z)].flat[0]}"
            )
        levels, before = 64, self._fraction(z, 32)
        while levels <= _LONGEST:
            value = self._fraction(z, levels)
            if np.all(np.abs(value - before) <= 1e-12 * np.abs(value)):
                return value
            levels, before = 2 * levels, value
        raise ConvergenceFailure("the continued fraction does not converge: z is too near the support [0, ∞)")

    def _fraction(self, z: NDArray[np.complex128], levels: int) -> NDArray[np.complex128]:
        diagonal, off = self.jacobi(levels + 1)
        last, square = diagonal[-1] - z, off[-1] ** 2
        root = np.sqrt(last / (2.0 * off[-1]) - 1.0) * np.sqrt(last / (2.0 * off[-1]) + 1.0)  # ~ z at infinity
        m = (last / (2.0 * off[-1]) - root) / off[-1]  # as if the rest were constant
        for alpha, square in zip(diagonal[-2::-1], off[::-1] ** 2, strict=True):
            m = 1.0 / (alpha - z - square * m)
        return m

    def sample(self, N: int, rng: np.random.Generator | int | None = None) -> Array:
        """N eigenvalues of one matrix of the ensemble at M = N/γ, ascending (bidiagonal model of Dumitriu and Edelman).

        They repel each other, so they are not independent; their distribution function tends to :meth:`cdf`.
        """
        from scipy.linalg import eigvalsh_tridiagonal

        size = positive_integer("N", N)
        rng = rng if isinstance(rng, np.random.Generator) else np.random.default_rng(rng)
        beta, rows = self.kappa / size, size / self.gamma
        k = np.arange(size, dtype=float)
        diagonal = np.sqrt(2.0 * rng.standard_gamma(0.5 * beta * (rows - k)))
        below = np.sqrt(2.0 * rng.standard_gamma(0.5 * beta * (size - 1.0 - k[:-1])))
        chain = np.empty(2 * size - 1)  # singular values of B are the positive eigenvalues of this chain
        chain[0::2], chain[1::2] = diagonal, below
        singular = np.abs(eigvalsh_tridiagonal(np.zeros(2 * size), chain))
        return np.sort(singular)[::2][:size] ** 2 / (beta * rows)


def _times(diagonal: Array, off: Array, vector: Array) -> Array:
    product = diagonal * vector
    product[:-1] += off * vector[1:]
    product[1:] += off * vector[:-1]
    return product
