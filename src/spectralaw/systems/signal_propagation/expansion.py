"""Averages over Gaussian pre-activations from Hermite coefficients: only the activation itself is needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from spectralaw.errors import InvalidInput
from spectralaw.systems.signal_propagation.activations import Activation, no_transition

Array = NDArray[np.float64]
FEWEST, MOST = 64, 16384  # coefficients
ACCURACY = 1e-12  # relative change of every sum from one doubling to the next
_REACH = 13.0  # standard deviations; the weight there is 1e-37
_BLOCK = 512


@dataclass(frozen=True)
class Expansion:
    """φ(√q z) = Σ_k a_k He_k(z)/√k!, z ~ N(0, 1).

    Sums of squares give averages without a derivative of φ and without cancellation: E φ² = Σ a_k²,
    q E φ'² = Σ k a_k², q² E φ''² = Σ k(k−1) a_k², and E φ(u)φ(v) = Σ a_k² c^k for two Gaussians of correlation c
    (Mehler).
    """

    coefficients: Array
    variance: float
    error: float
    """Largest relative change of the three sums when the number of coefficients, and with it that of nodes, doubled."""

    @cached_property
    def order(self) -> Array:
        """k = 0, 1, …"""
        return np.arange(self.coefficients.size, dtype=float)

    @cached_property
    def power(self) -> Array:
        """a_k²."""
        return self.coefficients**2

    @cached_property
    def square(self) -> float:
        """E φ²."""
        return float(np.sum(self.power))

    @cached_property
    def slope_square(self) -> float:
        """E φ'²."""
        return float(self.order @ self.power) / self.variance

    @cached_property
    def bend_square(self) -> float:
        """E φ''²."""
        return float((self.order * (self.order - 1.0)) @ self.power) / self.variance**2

    @cached_property
    def excess(self) -> float:
        """q E φ'² − E φ² = Σ (k−1) a_k², without the cancellation of the linear part."""
        return float((self.order - 1.0) @ self.power)

    @cached_property
    def derivative(self) -> Array:
        """∂a_k/∂q = (k a_k + √((k+1)(k+2)) a_{k+2})/2q."""
        return _flow(self.coefficients, self.order) / (2.0 * self.variance)

    @cached_property
    def second_derivative(self) -> Array:
        """∂²a_k/∂q²."""
        return (_flow(self.derivative, self.order) - 2.0 * self.derivative) / (2.0 * self.variance)

    @cached_property
    def square_rates(self) -> tuple[float, float]:
        """First and second derivative of E φ² by q."""
        a, b, c = self.coefficients, self.derivative, self.second_derivative
        return 2.0 * float(a @ b), 2.0 * float(b @ b + a @ c)

    @cached_property
    def slope_rates(self) -> tuple[float, float]:
        """First and second derivative of E φ'² by q."""
        a, b, c, k, q = self.coefficients, self.derivative, self.second_derivative, self.order, self.variance
        zeroth, first, second = float(k @ (a * a)), 2.0 * float(k @ (a * b)), 2.0 * float(k @ (b * b + a * c))
        return first / q - zeroth / q**2, second / q - 2.0 * first / q**2 + 2.0 * zeroth / q**3

    def loss(self, rho: Array) -> Array:
        """E φ(u)² − E φ(u)φ(v) at correlation 1 − rho: Σ a_k² (1 − (1−rho)^k), to full relative accuracy at any rho."""
        flat = np.ravel(np.asarray(rho, dtype=float))
        out = np.empty(flat.shape)
        used = self.order[1:], self.power[1:]
        for start in range(0, flat.size, _BLOCK):
            part = flat[start : start + _BLOCK, None]
            inner = (part > 0.0) & (part < 1.0)
            left = -np.expm1(used[0] * np.log1p(-np.where(inner, part, 0.5)))
            beyond = 1.0 - (1.0 - part) ** used[0]  # negative correlations, and the ends
            out[start : start + _BLOCK] = np.where(inner, left, beyond) @ used[1]
        return out.reshape(np.shape(rho))

    def loss_rate(self, rho: float) -> float:
        """Derivative of ``loss`` by rho: Σ k a_k² c^(k−1)."""
        return float((self.order[1:] * self.power[1:]) @ (1.0 - rho) ** (self.order[1:] - 1.0))


def _flow(a: Array, k: Array) -> Array:
    ahead = np.zeros_like(a)
    ahead[:-2] = a[2:]
    return k * a + np.sqrt((k + 1.0) * (k + 2.0)) * ahead


def nodes(count: int) -> tuple[Array, Array]:
    """Nodes and weights of E f(z) for ``count`` coefficients: the trapezoidal rule.

    It converges as fast as the integrand is analytic in a strip, where Gauss–Hermite rules, exact for polynomials,
    need the square of the number of nodes; tests hold the two against each other.
    """
    step = 2.0 * np.pi / (4.0 * np.sqrt(count) + 8.0)
    half = int(np.ceil(_REACH / step))
    z = step * np.arange(-half, half + 1)
    return z, step / np.sqrt(2.0 * np.pi) * np.exp(-0.5 * z * z)


@lru_cache(maxsize=6)
def _basis(count: int) -> Array:
    rows = np.concatenate(list(_rows(count)))
    rows.setflags(write=False)
    return rows


def _rows(count: int) -> Iterator[Array]:
    """He_k(z)/√k! exp(−z²/4) at z ≥ 0, in blocks of rows; the recurrence is stable in this form."""
    z = nodes(count)[0]
    z = z[z.size // 2 :]
    before, here = np.zeros_like(z), np.exp(-0.25 * z * z)
    for start in range(0, count, _BLOCK):
        block = np.empty((min(_BLOCK, count - start), z.size))
        for row in range(len(block)):
            block[row] = here
            k = start + row
            before, here = here, (z * here - np.sqrt(k) * before) / np.sqrt(k + 1.0)
        yield block


def coefficients(phi: Activation, variances: Array, count: int) -> Array:
    """a_0 … a_{count−1} for every variance, one row each."""
    z, weights = nodes(count)
    values = phi(np.sqrt(variances)[:, None] * z) * (weights * np.exp(0.25 * z * z))
    ends = np.abs(values[:, [0, -1]]).max(axis=1)
    if np.any(ends > 1e-14 * np.abs(values).max(axis=1)):
        raise InvalidInput(f"activation must not grow as fast as {phi.name}: its Gaussian averages do not converge")
    middle = z.size // 2
    right, left = values[:, middle:], values[:, middle::-1]
    even, odd = right + left, right - left
    even[:, 0] *= 0.5  # z = 0 is one node
    out = np.empty((len(variances), count))
    start = 0
    for block in [_basis(count)] if count <= 2048 else _rows(count):  # blocks are of even length
        end = start + len(block)
        out[:, start:end:2], out[:, start + 1 : end : 2] = even @ block[::2].T, odd @ block[1::2].T
        start = end
    return out


def expansion(phi: Activation, variance: float, fewest: int = FEWEST) -> Expansion:
    """The expansion, with as many coefficients as the accuracy of its sums takes.

    Raises
    ------
    InvalidInput
        For an activation whose sums do not converge: one with a kink, or a jump in a higher derivative.
    """
    count, last, bends = fewest, None, []
    while count <= MOST:
        here = Expansion(coefficients(phi, np.array([variance]), count)[0], variance, np.inf)
        sums = np.array([here.square, here.slope_square, here.bend_square])
        bends.append(here.bend_square)
        if last is not None:
            scale = np.where(sums > 0.0, sums, 1.0)
            noise = np.array([0.0, 0.0, 1e-13 * sums[0] / variance**2])  # of what is linear but for rounding
            if np.all(np.abs(sums - last) <= ACCURACY * scale + noise):
                return Expansion(here.coefficients, variance, float(np.max(np.abs(sums - last) / scale)))
        last, count = sums, 2 * count
    if bends[-1] > 1.2 * bends[-3]:  # doubles with every fourfold order where a slope jumps
        raise InvalidInput(no_transition(f"{phi.name} has a kink"))
    raise InvalidInput(
        f"activation must be smooth, but the averages of {phi.name} at variance {variance:.4g} need more than {MOST:,} "
        "coefficients for ten digits: it varies too sharply there, or a derivative of it jumps"
    )
