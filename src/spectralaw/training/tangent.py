"""Newton's method for the positive nuclear norm, on the tangent space of the current rank.

A proximal gradient step sends S to N = (M − c)₊, M = S + τ 2 Aᵀ(y − A S), c = τ ρ, on eigenvalues m of M. The fixed
point S = N is a semismooth equation: the derivative of M ↦ (M − c)₊ multiplies the entries of a direction, in the
eigenvectors of M, by 1 between two kept eigenvalues, by (m_i − c)/(m_i − m_j) between a kept and a dropped one, and
by 0 between dropped ones. Its Newton step is S → N + E with E in the tangent space T of the kept ones and

    Ω ∘ E + P_T 2 τ AᵀA E = P_T [(N − S) + 2 τ Aᵀ(A S − A N)],     Ω_ij = (c − m_j)/(m_i − c) kept × dropped, else 0,

symmetric and positive. Solved by conjugate gradients, preconditioned by AᵀA ≈ (2 n/d) I, which is its mean over
Gaussian inputs; each product is two passes of n × d × k, against n × d² of a gradient. Directions need few digits, and
are computed in 32 bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw.training.sensing import Array, Sensing

SingleArray = NDArray[Any]  # of np.float32; its operators are typed too widely to say so

_FORCING = 0.1  # residual to which conjugate gradients solve, relative
_MOST_STEPS = 200  # of conjugate gradients
_STIFFEST = 1e8  # entries of Ω above this are as good as infinite


@dataclass(frozen=True)
class Threshold:
    """The eigenvalues of M, split at the threshold c."""

    kept: Array
    """m − c > 0, ascending, shape (k,)."""
    vectors: Array
    """Their eigenvectors, shape (d, k)."""
    slack: Array
    """c − m ≥ 0 of the dropped ones, shape (d − k,)."""
    others: Array
    """Their eigenvectors, shape (d, d − k)."""

    @classmethod
    def at(cls, matrix: Array, threshold: float) -> Threshold:
        """Decompose M and threshold it."""
        values, vectors = np.linalg.eigh(matrix)
        dropped = int(np.searchsorted(values, threshold, side="right"))
        return cls(
            values[dropped:] - threshold, vectors[:, dropped:], threshold - values[:dropped], vectors[:, :dropped]
        )

    @property
    def factor(self) -> Array:
        """U with (M − c)₊ = U Uᵀ."""
        return self.vectors * np.sqrt(self.kept)


def newton_direction(
    sensing: Sensing, split: Threshold, moved: Array, moved_image: Array, step: float, damping: float
) -> tuple[Array, Array]:
    """E of the Newton step S → N + E, and its image A(E).

    Parameters
    ----------
    sensing : Sensing
    split : Threshold
        Of M; k ≥ 1.
    moved, moved_image : array, shapes (d, d) and (n,)
        N − S and A(N − S).
    step : float
        τ > 0.
    damping : float
        ≥ 0; multiplies the mean curvature that is added to the equation. The larger, the shorter the step.
    """
    tangent = _Tangent(sensing.single, split)
    n, d = sensing.samples, sensing.dimension
    mean = 4.0 * step * n / d  # of 2 τ AᵀA
    curvature = np.minimum(split.slack[:, None] / split.kept, _STIFFEST).astype(np.float32)
    twice, mu, added = np.float32(2.0 * step), np.float32((1.0 + damping) * mean), np.float32(damping * mean)

    def product(y: SingleArray) -> SingleArray:
        return tangent.stiffness(curvature, y) + twice * tangent.normal(y) + added * y

    def precondition(y: SingleArray) -> SingleArray:
        outside = tangent.others.T @ y
        inside = y - tangent.others @ outside
        return tangent.others @ (outside / (curvature + mu)) + inside / mu

    scale = max(float(np.max(np.abs(moved))), float(np.max(np.abs(moved_image))), 1e-300)
    right = ((moved / scale) @ split.vectors).astype(np.float32)
    right -= twice * tangent.adjoint((moved_image / scale).astype(np.float32))
    solution = _conjugate_gradients(product, precondition, tangent.inner, right)
    matrix, image = tangent.matrix(solution.astype(np.float64)), tangent.image(solution).astype(np.float64)
    return scale * matrix, scale * image


def trace_probe(sensing: Sensing, split: Threshold, signs: Array, accuracy: float = 1e-2) -> float:
    """vᵀ H v for one vector v of signs: a noisy trace of H = J (JᵀJ + D)⁻¹ Jᵀ (:mod:`spectralaw.training.leverages`).

    Parameters
    ----------
    sensing : Sensing
    split : Threshold
        The minimiser: ``kept`` its eigenvalues, ``slack`` those of its gradient on the others.
    signs : array, shape (n,)
    accuracy : float
        Of the conjugate gradients, whose error enters squared.
    """
    tangent = _Tangent(sensing.single, split)
    mean = np.float32(2.0 * sensing.samples / sensing.dimension)  # of AᵀA
    curvature = np.minimum(0.5 * split.slack[:, None] / split.kept, _STIFFEST * mean).astype(np.float32)

    def product(y: SingleArray) -> SingleArray:
        return tangent.stiffness(curvature, y) + tangent.normal(y)

    def precondition(y: SingleArray) -> SingleArray:
        outside = tangent.others.T @ y
        inside = y - tangent.others @ outside
        return tangent.others @ (outside / (curvature + mean)) + inside / mean

    right = tangent.adjoint(signs.astype(np.float32))
    solution = _conjugate_gradients(product, precondition, tangent.inner, right, accuracy)
    return 2.0 * tangent.inner(right, solution) - tangent.inner(solution, product(solution))


def _conjugate_gradients(product, precondition, inner, right: SingleArray, forcing: float = _FORCING) -> SingleArray:
    """Solve ``product(x) = right`` roughly; what is not a number or of no curvature ends it at the last good point."""
    solution, residual = np.zeros_like(right), right
    direction = conditioned = precondition(right)
    first = square = inner(residual, conditioned)
    for _ in range(_MOST_STEPS):
        image = product(direction)
        curvature = inner(direction, image)
        if not curvature > 1e-9 * inner(direction, direction):
            break
        solution = solution + np.float32(square / curvature) * direction
        residual = residual - np.float32(square / curvature) * image
        conditioned = precondition(residual)
        following = inner(residual, conditioned)
        if not following > forcing**2 * first:
            break
        direction = conditioned + np.float32(following / square) * direction
        square = following
    return solution


class _Tangent:
    """Matrices E = Y Qᵀ + Q Yᵀ − Q (Qᵀ Y) Qᵀ, represented by Y = E Q, and A on them; in 32 bits."""

    def __init__(self, sensing: Sensing, split: Threshold) -> None:
        self.sensing = sensing
        self.kept = np.ascontiguousarray(split.vectors, dtype=np.float32)
        self.others = np.ascontiguousarray(split.others, dtype=np.float32)
        self.hidden = sensing.inputs @ self.kept
        self._centred = sensing.centred(self.kept)
        self._root = np.float32(np.sqrt(sensing.dimension))

    def inner(self, one: SingleArray, two: SingleArray) -> float:
        """⟨E, E'⟩ = Tr E E'."""
        return 2.0 * float(np.vdot(one, two)) - float(np.vdot(self.kept.T @ one, self.kept.T @ two))

    def matrix(self, y: Array) -> Array:
        """E itself."""
        half = self._half(y) @ self.kept.T
        return half + half.T

    def stiffness(self, curvature: SingleArray, y: SingleArray) -> SingleArray:
        """Ω ∘ E."""
        return self.others @ (curvature * (self.others.T @ y))

    def image(self, y: SingleArray) -> SingleArray:
        """A(E), shape (n,)."""
        half = self._half(y)
        result = np.empty(self.sensing.samples, dtype=np.float32)
        for rows in self.sensing.blocks():
            result[rows] = self._image(rows, half)
        return result

    def adjoint(self, residual: SingleArray) -> SingleArray:
        """Aᵀ(r) Q, the projection of Aᵀ(r) to the tangent space."""
        result = np.zeros_like(self.kept)
        for rows in self.sensing.blocks():
            result += self._back(rows, residual[rows])
        return (result - np.sum(residual) * self._centred) / self._root

    def normal(self, y: SingleArray) -> SingleArray:
        """Aᵀ(A E) Q, in one pass over the samples."""
        half = self._half(y)
        result, total = np.zeros_like(self.kept), np.float32(0.0)
        for rows in self.sensing.blocks():
            image = self._image(rows, half)
            result += self._back(rows, image)
            total += np.sum(image)
        return (result - total * self._centred) / self._root

    def _half(self, y):
        """H with E = H Qᵀ + Q Hᵀ."""
        return y - 0.5 * (self.kept @ (self.kept.T @ y))

    def _back(self, rows: slice, residual: SingleArray) -> SingleArray:
        scaled = np.multiply(residual[:, None], self.hidden[rows], out=self.sensing.work(rows, self.kept.shape[1]))
        return self.sensing.inputs[rows].T @ scaled

    def _image(self, rows: slice, half: SingleArray) -> SingleArray:
        moved = np.matmul(self.sensing.inputs[rows], half, out=self.sensing.work(rows, half.shape[1]))
        products = np.einsum("ij,ij->i", self.hidden[rows], moved)
        return 2.0 * (products - np.vdot(self._centred, half)) / self._root
