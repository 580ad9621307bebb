"""Rademacher complexity of all averages over laws within a Kullback–Leibler ball, by the exact dual."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from spectralaw._checks import at_least, whole
from spectralaw.display import Shown, number, with_error
from spectralaw.errors import ConvergenceFailure
from spectralaw.results import Status
from spectralaw.systems.mean_field_resnet.setting import Array, real_array

ENUMERATED = 12  # inputs up to which every sign vector is taken
_CHUNK = 2_000_000  # entries of one block of exponentials
_GAP = 1e-10  # of the supremum: duality gap that counts as closed
_ROUNDS = 200
_SERIES = 1e-2  # |x| below which eˣ − 1 − x is summed as a series


@dataclass(frozen=True, repr=False)
class Complexity(Shown):
    """Rademacher complexity of {x ↦ E_τ h(x, ω): KL(τ‖τ₀) ≤ radius}; ``float`` gives the value."""

    value: float
    standard_error: float
    """From the sampled sign vectors; 0 where all of them were taken."""
    bound: float
    """c √(2 radius/n) with c = max(1, max |h|), which the average over all signs does not exceed; c = 1 for |h| ≤ 1."""
    radius: float
    inputs: int
    signs: int
    """Sign vectors that the average is over."""
    exact: bool
    """Whether these are all 2^inputs."""
    gap: float
    """Certificate: the largest difference between the dual's minimum and a law inside the ball that attains it."""
    status: Status

    def __float__(self) -> float:
        return self.value

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        return "Rademacher complexity of a Kullback–Leibler ball", [
            ("status", f"{self.status} (duality gap {self.gap:.1e})"),
            ("value", number(self.value) if self.exact else with_error(self.value, self.standard_error)),
            ("bound", number(self.bound)),
            ("radius, inputs", f"{number(self.radius)}, {self.inputs}"),
            ("sign vectors", f"{self.signs:,}{', all of them' if self.exact else ''}"),
        ]


def kl_ball_rademacher(features: ArrayLike, radius: float, *, signs: int = 2000, seed: int = 0) -> Complexity:
    """E_ε sup {(1/n) Σ_i ε_i E_τ h(x_i, ω): KL(τ‖τ₀) ≤ radius} for the equal-weight law τ₀ of the given particles.

    For each sign vector the supremum of E_τ φ, φ_k = (1/n) Σ_i ε_i h_ik, is min_λ λ r + λ ln E_τ₀ e^{φ/λ}. The minimum
    is where the tilted law τ ∝ τ₀ e^{φ/λ} lies on the edge of the ball; from r = ln(K/multiplicity of the maximum) on
    it is max φ. Signs are taken in opposite pairs, so that the part common to all particles drops out; for up to
    twelve inputs all 2ⁿ are.

    Parameters
    ----------
    features : array_like, shape (inputs, particles)
        h(x_i, ω_k); ``ScaledResNet.features`` gives them. Other orders or numbers of axes are refused or, for two axes
        the wrong way round, cannot be told: rows are inputs.
    radius : float
        r ≥ 0; the particles resolve no more than ln(particles).
    signs : int
        Sign vectors, rounded up to an even number of at least four, where they are sampled.
    seed : int

    Raises
    ------
    InvalidInput
        For features that are no such array, a negative radius, and too few signs.
    ConvergenceFailure
        If the duality gap of a sign vector stays above 1e-10 of its supremum.

    References
    ----------
    arXiv:2403.09889 bounds this complexity; the dual is the Donsker–Varadhan formula.
    """
    h = real_array("features", features, (None, None), "(inputs, particles)")
    r = at_least("radius", radius, 0.0)
    count = whole("signs", signs, 4)
    rng = np.random.default_rng(whole("seed", seed))
    n, particles = h.shape
    exact = n <= ENUMERATED
    if exact:  # one of each opposite pair: the first sign is +
        bits = np.arange(2 ** (n - 1))[:, None] >> np.arange(n) & 1
        half = 1.0 - 2.0 * bits
    else:
        half = rng.choice([-1.0, 1.0], size=((count + 1) // 2, n))
    values, gap = np.empty(len(half)), 0.0
    block = max(1, _CHUNK // particles)
    for start in range(0, len(half), block):
        phi = half[start : start + block] @ h / n
        up, gap_up = excess_supremum(phi, r)
        down, gap_down = excess_supremum(-phi, r)  # E φ of the two cancels
        values[start : start + block] = 0.5 * (up + down)
        gap = max(gap, float(np.max(gap_up)), float(np.max(gap_down)))
    error = 0.0 if exact else float(np.std(values, ddof=1) / np.sqrt(len(values)))
    bound = max(1.0, float(np.max(np.abs(h)))) * np.sqrt(2.0 * r / n)
    return Complexity(
        float(np.mean(values)), error, float(bound), r, n, 2 * len(half), exact, gap, Status.CONVERGED
    )  # fmt: skip


def excess_supremum(phi: Array, radius: float) -> tuple[Array, Array]:
    """sup E_τ φ − E φ over KL(τ‖uniform) ≤ radius, for rows of φ of shape (rows, particles); and the duality gaps.

    The values are attained by laws inside the ball, so the supremum is between them and them plus the gap.

    Raises
    ------
    ConvergenceFailure
        If a gap stays above 1e-10 of its value.
    """
    centred = phi - phi.mean(axis=1, keepdims=True)
    top, spread = centred.max(axis=1, keepdims=True), np.ptp(phi, axis=1)
    value, gap = np.zeros(len(phi)), np.zeros(len(phi))
    varies = (spread > 1e-14 * np.max(np.abs(phi), axis=1)) & (radius > 0.0)
    corner = radius >= np.log(phi.shape[1] / np.sum(centred == top, axis=1))
    value[varies & corner] = top[varies & corner, 0]
    rows = np.flatnonzero(varies & ~corner)
    if rows.size:
        reached, left = _edge(centred[rows] / spread[rows, None], radius)
        if not np.all(left <= _GAP * reached):
            raise ConvergenceFailure(
                f"the dual of the Kullback–Leibler ball of radius {radius:g} keeps a gap of "
                f"{np.max(left / reached):.1e} of the supremum"
            )
        value[rows], gap[rows] = spread[rows] * reached, spread[rows] * left
    return value, gap


def _edge(x: Array, radius: float) -> tuple[Array, Array]:
    """E_τ x of the tilted law at the edge of the ball, and the gap, for centred rows of range one.

    Newton's method in ln s, s = 1/λ, inside a bracket, for KL of the tilted law grows with s; a step that leaves the
    bracket is replaced by its middle.
    """
    low, high = np.full(len(x), -np.inf), np.full(len(x), np.inf)
    at = 0.5 * np.log(2.0 * radius / np.mean(x * x, axis=1))
    best, left = np.zeros(len(x)), np.full(len(x), np.inf)
    for _ in range(_ROUNDS):
        s = np.exp(at)
        reached, divergence, variance = tilted(x, s)
        inside = divergence <= radius
        gap = (radius - divergence) / s
        better = inside & (gap < left)
        best, left = np.where(better, reached, best), np.where(better, gap, left)
        if np.all(left <= 0.01 * _GAP * best):
            break
        low, high = np.where(inside, at, low), np.where(inside, high, at)
        with np.errstate(all="ignore"):
            aim = radius * (1.0 - 1e-13)  # just inside, for only laws inside the ball count
            new = at + np.clip((aim - divergence) / (s * s * variance), -2.0, 2.0)
        wild = ~np.isfinite(new) | (new <= low) | (new >= high)
        middle = np.where(np.isinf(low), high - 1.0, np.where(np.isinf(high), low + 1.0, 0.5 * (low + high)))
        at = np.where(wild, middle, new)
    return best, left


def tilted(x: Array, s: Array) -> tuple[Array, Array, Array]:
    """Mean, KL to the uniform law, and variance of x under weights ∝ e^{s x}, for centred rows.

    Where s|x| is small the sums are those of eˣ − 1 − x, which keep their digits however small s is; elsewhere the
    largest exponent is taken out first.
    """
    y = s[:, None] * x
    top = y.max(axis=1, keepdims=True)
    small = np.max(np.abs(y), axis=1) < 1.0
    mean, divergence, variance = (np.empty(len(x)) for _ in range(3))
    if np.any(small):
        z = y[small]
        grown = np.expm1(z)
        rest = np.where(np.abs(z) < _SERIES, z * z * (0.5 + z * (1 / 6 + z * (1 / 24 + z / 120))), grown - z)
        log_m = np.log1p(rest.mean(axis=1))
        m = np.exp(log_m)
        first = (z * grown).mean(axis=1) / m  # E_τ y, since the mean of y is zero
        mean[small], divergence[small] = first / s[small], first - log_m
        variance[small] = (((z - first[:, None]) ** 2) * (1.0 + grown)).mean(axis=1) / m / s[small] ** 2
    large = ~small
    if np.any(large):
        weights = np.exp(y[large] - top[large])
        total = weights.sum(axis=1)
        weights /= total[:, None]
        mean[large] = (weights * x[large]).sum(axis=1)
        log_m = top[large, 0] + np.log(total / x.shape[1])
        divergence[large] = s[large] * mean[large] - log_m
        variance[large] = (weights * (x[large] - mean[large, None]) ** 2).sum(axis=1)
    return mean, divergence, variance
