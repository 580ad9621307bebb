"""Convex training of the quadratic network: least squares over positive matrices with a nuclear norm.

    min over S ⪰ 0:   P(S) = ‖y − A S‖² + ρ Tr S,      ρ = λ √(p d)

exact for a width p ≥ d (arXiv:2505.17958). Solved by accelerated proximal gradient steps; certified by a dual point.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectralaw.training.sensing import Sensing

Array = NDArray[np.float64]

_CHECK_EVERY = 10  # iterations between two certificates
_SHRINK = 0.97  # of the local curvature estimate in each iteration; it grows again where the step was too long
_GROW = 1.5


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

    @property
    def factor(self) -> Array:
        """U with S = U Uᵀ."""
        return self.eigenvectors * np.sqrt(self.eigenvalues)


def relative_gap(labels: Array, residual: Array, trace: float, decay: float, top: float) -> float:
    """Relative duality gap at a point with the given residual and trace; ``top`` is λ_max(Aᵀ residual).

    The dual is max over u of u·y − ‖u‖²/4 with Aᵀu ⪯ ρ; the dual point is the multiple of the residual that is best
    among the feasible ones.
    """
    square = float(residual @ residual)
    primal = square + decay * trace
    if primal == 0.0 or square == 0.0:
        return 0.0 if primal == 0.0 else 1.0
    scale = float(residual @ labels) / square
    if top > 0.0:
        scale = min(scale, decay / (2.0 * top))
    dual = 2.0 * scale * float(residual @ labels) - scale**2 * square
    return (primal - dual) / primal


def minimise(
    sensing: Sensing, labels: Array, decay: float, *, tolerance: float = 1e-6, max_iterations: int = 5000
) -> Minimiser:
    """Minimise ‖y − A S‖² + ρ Tr S over S ⪰ 0.

    Accelerated proximal gradient with restarts where the momentum points uphill. The step follows the local curvature:
    the bound ‖A D‖² ≤ (L/2) ‖D‖² is checked on the step D itself, at no cost, and L shrinks again after each iteration.

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
    """
    d, n = sensing.dimension, sensing.samples
    back = sensing.adjoint(labels)
    nothing = Minimiser(np.zeros(0), np.zeros((d, 0)), labels, 0.0, 0)
    if 2.0 * np.linalg.eigvalsh(back)[-1] <= decay:  # the gradient at zero is inside the cone: zero is the minimiser
        return nothing

    curvature = 1.3 * 4.0 * n / d  # of A for matrices in general position, plus a margin
    current = np.zeros((d, d), order="F")
    current_image = np.zeros(n)
    ahead, ahead_image, momentum = current, current_image, 1.0
    best = nothing
    for iteration in range(1, max_iterations + 1):
        gradient = -2.0 * (sensing.adjoint(labels - ahead_image) if iteration > 1 else back)
        while True:
            eigenvalues, vectors = np.linalg.eigh(ahead - gradient / curvature)
            kept = eigenvalues > decay / curvature
            values, vectors = eigenvalues[kept] - decay / curvature, vectors[:, kept]
            factor = vectors * np.sqrt(values)
            following = factor @ factor.T
            image = sensing.forward_factor(factor)
            step = float(np.sum((following - ahead) ** 2))
            stretch = 2.0 * float(np.sum((image - ahead_image) ** 2))
            if stretch <= curvature * step * (1.0 + 1e-12) or step == 0.0:
                break
            curvature = max(_GROW * curvature, min(stretch / step, 4.0 * curvature))
        if float(np.sum((ahead - following) * (following - current))) > 0.0:
            momentum = 1.0
        next_momentum = 0.5 * (1.0 + np.sqrt(1.0 + 4.0 * momentum**2))
        push = (momentum - 1.0) / next_momentum
        ahead = following + push * (following - current)
        ahead_image = image + push * (image - current_image)
        current, current_image, momentum = following, image, next_momentum
        curvature *= _SHRINK
        if iteration % _CHECK_EVERY == 0 or iteration == max_iterations or step == 0.0:
            residual = labels - image
            top = float(np.linalg.eigvalsh(sensing.adjoint(residual))[-1])
            gap = relative_gap(labels, residual, float(np.sum(values)), decay, top)
            best = Minimiser(values[::-1], vectors[:, ::-1], residual, gap, iteration)
            if gap <= tolerance or step == 0.0:
                break
    return best
