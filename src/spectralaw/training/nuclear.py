"""Convex training of the quadratic network: least squares over positive matrices with a nuclear norm.

    min over S ⪰ 0:   P(S) = ‖y − A S‖² + ρ Tr S,      ρ = λ √(p d)

exact for a width p ≥ d (arXiv:2505.17958). Proximal gradient steps find the rank, Newton steps on the tangent space of
that rank the minimiser; a dual point certifies it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spectralaw.training.sensing import Array, Sensing
from spectralaw.training.tangent import Threshold, newton_direction

_CURVATURE = 1.3  # of the smooth part where a step starts to be tried, in units of the mean 4 n/d
_SLACK = 1e-3  # rounding that the test of the curvature forgives
_DAMPING = 0.3  # of the first Newton step; a tenth of it after each success, ten times after each failure
_LEAST_DAMPING, _MOST_DAMPING = 1e-8, 1e8
_IDLE = 50  # iterations without a decrease beyond rounding, after which none is to be expected


@dataclass(frozen=True)
class Minimiser:
    """Outcome of a convex training: the weights by their eigenvalues, and the certificate."""

    eigenvalues: Array
    """Positive ones only, descending, shape (k,)."""
    eigenvectors: Array
    """Shape (d, k)."""
    residual: Array
    """y − A S, shape (n,)."""
    gap: float
    """(P − D) / P with D the value of a dual feasible point."""
    iterations: int
    """Gradients taken."""

    @property
    def factor(self) -> Array:
        """U with S = U Uᵀ."""
        return self.eigenvectors * np.sqrt(self.eigenvalues)


def dual_value(labels: Array, residual: Array, decay: float, top: float) -> float:
    """Value of the best dual point along a residual r; ``top`` is λ_max(Aᵀ r).

    The dual is max over u of u·y − ‖u‖²/4 with Aᵀu ⪯ ρ; tried are the multiples u = 2 s r with s ≥ 0.
    """
    square, product = float(residual @ residual), float(residual @ labels)
    if square == 0.0:
        return 0.0
    scale = max(product / square, 0.0)
    if top > 0.0:
        scale = min(scale, decay / (2.0 * top))
    return 2.0 * scale * product - scale**2 * square


def relative_gap(labels: Array, residual: Array, trace: float, decay: float, top: float) -> float:
    """Relative duality gap at a point with the given residual and trace; ``top`` is λ_max(Aᵀ residual)."""
    primal = float(residual @ residual) + decay * trace
    return 0.0 if primal == 0.0 else (primal - dual_value(labels, residual, decay, top)) / primal


@dataclass(frozen=True)
class _Point:
    """A positive matrix by its eigenvalues, and what is needed of it."""

    split: Threshold
    matrix: Array
    image: Array
    objective: float


def minimise(
    sensing: Sensing,
    labels: Array,
    decay: float,
    *,
    tolerance: float = 1e-6,
    max_iterations: int = 5000,
    start: Minimiser | None = None,
) -> Minimiser:
    """Minimise ‖y − A S‖² + ρ Tr S over S ⪰ 0.

    Each iteration takes a gradient at S, a proximal step from there to N, and a damped Newton step from N to the next
    S. Where P(N) does not decrease, it returns to the last N, from which a proximal step, shortened to the local
    curvature, always descends, and damps more.

    Parameters
    ----------
    sensing : Sensing
    labels : array, shape (n,)
    decay : float
        ρ > 0.
    tolerance : float
        Relative duality gap to stop at.
    max_iterations : int
        Where to stop without it; the gap then says how far it came.
    start : Minimiser, optional
        Of a neighbouring decay; saves the steps that find the rank.
    """
    d, n = sensing.dimension, sensing.samples
    nothing = Minimiser(np.zeros(0), np.zeros((d, 0)), labels, 0.0, 0)
    back = sensing.adjoint(labels)
    top = float(np.linalg.eigvalsh(back)[-1])
    if 2.0 * top <= decay:  # the gradient at zero is inside the cone: zero is the minimiser
        return nothing

    least = curvature = _CURVATURE * 4.0 * n / d
    damping, newton = _DAMPING, False
    empty = Threshold(np.zeros(0), np.zeros((d, 0)), np.zeros(0), np.zeros((d, 0)))
    best = _Point(empty, np.zeros((d, d)), np.zeros(n), float(labels @ labels))
    if start is not None and len(start.eigenvalues):
        best = _from(sensing, labels, decay, start)
        back = sensing.adjoint(labels - best.image)
    size = float(np.linalg.norm(labels))
    ahead, ahead_image, bound = best.matrix, best.image, 0.0
    iteration = idle = 0
    for iteration in range(1, max_iterations + 1):
        while True:
            point = _proximal_step(sensing, labels, decay, ahead, back, curvature)
            moved, moved_image = point.matrix - ahead, point.image - ahead_image
            length, stretch = float(np.sum(moved**2)), 2.0 * float(moved_image @ moved_image)
            if newton or not stretch > curvature * length * (1.0 + _SLACK):
                break
            curvature = max(1.5 * curvature, min(stretch / length, 4.0 * curvature))
        rounding = 16.0 * np.finfo(float).eps * np.sqrt(best.objective) * size
        idle = 0 if point.objective < best.objective - rounding else idle + 1
        if point.objective <= best.objective + rounding:
            best = point
            if newton:
                curvature = max(0.5 * curvature, least)
                damping = 0.1 * damping if damping > _LEAST_DAMPING else 0.0
            newton = len(best.split.kept) > 0
        else:
            damping = min(max(10.0 * damping, 1e-2), _MOST_DAMPING)
            newton = False
        ahead, ahead_image = best.matrix, best.image
        if newton:
            direction, image = newton_direction(sensing, best.split, moved, moved_image, 1.0 / curvature, damping)
            ahead, ahead_image = ahead + direction, ahead_image + image
        residual = labels - ahead_image
        back = sensing.adjoint(residual)
        last = idle >= _IDLE or iteration == max_iterations
        least_needed = -np.inf if last else (1.0 - tolerance) * best.objective
        bound = max(bound, _dual_bound(labels, residual, decay, back, best.split.vectors, least_needed))
        if last or bound >= least_needed:
            break
    gap = (best.objective - bound) / best.objective
    return Minimiser(best.split.kept[::-1], best.split.vectors[:, ::-1], labels - best.image, gap, iteration)


def _from(sensing: Sensing, labels: Array, decay: float, start: Minimiser) -> _Point:
    d = sensing.dimension
    split = Threshold(start.eigenvalues[::-1], start.eigenvectors[:, ::-1], np.zeros(0), np.zeros((d, 0)))
    image = sensing.forward_factor(split.factor)
    residual = labels - image
    objective = float(residual @ residual) + decay * float(np.sum(start.eigenvalues))
    return _Point(split, split.factor @ split.factor.T, image, objective)


def _proximal_step(sensing, labels, decay, ahead: Array, back: Array, curvature: float) -> _Point:
    """From S, with Aᵀ(y − A S), to (S + 2 Aᵀ(y − A S)/L − ρ/L)₊."""
    split = Threshold.at(ahead + (2.0 / curvature) * back, decay / curvature)
    factor = split.factor
    matrix = factor @ factor.T
    image = sensing.forward_factor(factor)
    residual = labels - image
    return _Point(split, matrix, image, float(residual @ residual) + decay * float(np.sum(split.kept)))


def _dual_bound(labels: Array, residual: Array, decay: float, back: Array, vectors: Array, needed: float) -> float:
    """Value of a dual point, a lower bound of the minimum; or 0, where it is certain to be below what is needed."""
    if vectors.shape[1]:  # eigenvectors of the minimiser are near those of the top eigenvalue
        top = float(np.max(np.einsum("ij,ij->j", vectors, back @ vectors)))
        if dual_value(labels, residual, decay, top) < needed:
            return 0.0
    return dual_value(labels, residual, decay, float(np.linalg.eigvalsh(back)[-1]))
