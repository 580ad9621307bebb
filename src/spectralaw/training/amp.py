"""Approximate message passing for both networks, whose fixed points are the minimisers of the convex forms.

    diagonal:   M = θ + Xᵀ z / n,            θ ← η(M; c),       z ← y − X θ + b z,    b = #{θ ≠ 0} / n
    quadratic:  M = S + (d / 2n) Aᵀ z,       S ← (M − c)₊,      z ← y − A S + b z,    b = div / n

with div the divergence of the denoiser over symmetric matrices,
Σ_i f'(m_i) + Σ_{i<j} (f(m_i) − f(m_j))/(m_i − m_j).
At a fixed point the residual r = (1 − b) z satisfies the optimality conditions of the convex form if
c (N − X) = λ', with X = N b: the threshold is set to that in each iteration, so that the state evolution
of the iteration is :func:`spectralaw.state_evolution.trajectory.trajectory` (arXiv:0907.3574, arXiv:1008.2581;
arXiv:2505.17958).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectralaw.training import lasso, nuclear
from spectralaw.training.sensing import Sensing

Array = NDArray[np.float64]

_DIVERGED = 1e6  # growth of the effective noise after which nothing is to be expected


@dataclass(frozen=True)
class Passage:
    """Where message passing stopped, and its way there."""

    estimate: Array
    """θ̂, shape (d,), or Ŝ, shape (d, d)."""
    gap: float
    """Relative duality gap of the best iterate, which is the estimate."""
    iterations: int
    trajectory: dict[str, Array]
    """By iteration: effective_noise, threshold, excess_risk, gap."""


def calibrated(survive: Callable[[float], float], size: float, n: float, decay: float) -> float:
    """The threshold c with c (N − X(c)) = λ'; X decreases with c, and c (N − X) increases where it is positive."""
    low, high = 0.0, decay / n + size
    for _ in range(80):
        middle = 0.5 * (low + high)
        if middle * (n - survive(middle)) < decay:
            low = middle
        else:
            high = middle
        if high - low <= 1e-14 * high:
            break
    return high


def diagonal(
    inputs: Array, labels: Array, target: Array, decay: float, *, tolerance: float, max_iterations: int, damping: float
) -> Passage:
    """Message passing for the LASSO, ρ = ``decay`` = λ √d."""
    n, d = inputs.shape

    def denoise(matrix: Array) -> tuple[Array, float, float]:
        size = np.abs(matrix)
        threshold = calibrated(lambda c: float(np.count_nonzero(size > c)), float(size.max()), float(n), decay)
        kept = np.count_nonzero(size > threshold)
        return np.sign(matrix) * np.maximum(size - threshold, 0.0), threshold, kept / n

    def certify(theta: Array, residual: Array) -> float:
        correlation = float(np.max(np.abs(inputs.T @ residual)))
        return lasso.relative_gap(labels, residual, float(np.sum(np.abs(theta))), decay, correlation)

    return _pass(
        np.zeros(d), labels, lambda z: inputs.T @ z / n, lambda t: inputs @ t, denoise, certify,
        lambda t: float(np.sum((t - target) ** 2)), 1.0 / n, tolerance, max_iterations, damping,
    )  # fmt: skip


def quadratic(
    sensing: Sensing,
    labels: Array,
    target: Array,
    decay: float,
    *,
    tolerance: float,
    max_iterations: int,
    damping: float,
) -> Passage:
    """Message passing for the positive nuclear norm; ``decay`` is λ̃."""
    n, d = sensing.samples, sensing.dimension
    step, capacity = d / (2.0 * n), 4.0 * n / d**2

    def denoise(matrix: Array) -> tuple[Array, float, float]:
        values, vectors = np.linalg.eigh(matrix)
        spread = float(max(abs(values[0]), abs(values[-1])))
        threshold = calibrated(lambda c: 4.0 / d**2 * divergence(values, c), spread, capacity, decay)
        kept = values > threshold
        estimate = (vectors[:, kept] * (values[kept] - threshold)) @ vectors[:, kept].T
        return estimate, threshold, divergence(values, threshold) / n

    def certify(matrix: Array, residual: Array) -> float:
        top = float(np.linalg.eigvalsh(sensing.adjoint(residual))[-1])
        return nuclear.relative_gap(labels, residual, float(np.trace(matrix)), decay * d, top)

    return _pass(
        np.zeros((d, d)), labels, lambda z: step * sensing.adjoint(z), sensing.forward, denoise, certify,
        lambda s: 2.0 / d * float(np.sum((s - target) ** 2)), step, tolerance, max_iterations, damping,
    )  # fmt: skip


def divergence(values: Array, threshold: float) -> float:
    """Σ_i f'(m_i) + Σ_{i<j} (f(m_i) − f(m_j))/(m_i − m_j) of f(m) = (m − c)₊; pairs on one side of c are 1 or 0."""
    kept = values > threshold
    above, below = values[kept], values[~kept]
    count = len(above)
    mixed = np.sum((above - threshold)[:, None] / (above[:, None] - below))
    return 0.5 * count * (count + 1.0) + float(mixed)


def _pass(estimate, labels, back, image, denoise, certify, risk, unit, tolerance, max_iterations, damping) -> Passage:
    z, onsager = labels.copy(), 0.0
    first = np.linalg.norm(z)
    best, best_gap = estimate, np.inf
    rows = []
    while len(rows) < max_iterations:
        noise = unit * float(np.linalg.norm(z))
        following, threshold, onsager = denoise(estimate + back(z))
        estimate = damping * following + (1.0 - damping) * estimate
        residual = labels - image(estimate)
        z = damping * (residual + onsager * z) + (1.0 - damping) * z
        gap = certify(estimate, residual)
        rows.append((noise, threshold, risk(estimate), gap))
        if gap < best_gap:
            best, best_gap = estimate, gap
        if gap <= tolerance or not np.linalg.norm(z) < _DIVERGED * first:
            break
    names = ("effective_noise", "threshold", "excess_risk", "gap")
    columns = zip(*rows, strict=True)
    return Passage(best, float(best_gap), len(rows), {k: np.array(v) for k, v in zip(names, columns, strict=True)})
