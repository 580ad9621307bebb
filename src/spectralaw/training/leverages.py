"""Leverages h_μ = ∂ŷ_μ/∂y_μ of trained networks, exact to second order at the minimiser.

Diagonal network: H = X_S (X_Sᵀ X_S)⁻¹ X_Sᵀ on the active set S.

Quadratic network, at S = U diag(s) Uᵀ of rank k: the minimiser moves on the matrices of rank k, in the directions
E = U B Uᵀ + U C U⊥ᵀ + U⊥ Cᵀ Uᵀ; their curvature adds to the least squares. With the gradient G = ρ I − 2 Aᵀ r ⪰ 0,
G U = 0, and its eigenvalues g_j on U⊥,

    H = J (JᵀJ + D)⁻¹ Jᵀ,      D = 0 on B, g_j/(2 s_i) on the coordinate √2 C_ij,

J being A on an orthonormal basis of these directions. Their number m = k (k + 1)/2 + k (d − k) decides how: dense
algebra, or random probes of the trace. In the latter case a single row's leverage is that of its deterministic
equivalent, h = q/(1 + q) with q_μ = Σ_c J_μc²/(β + D_c), β set by the trace: exact for Gaussian rows as n → ∞.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import brentq

from spectralaw.training.sensing import AnyArray, Array, Sensing
from spectralaw.training.tangent import Threshold, trace_probe

_DENSE = 4e9  # n m² up to which the directions are taken one by one, a fraction of a second
_WIDEST = 6000  # and their number
_PROBES = 4
_LEAST = 1e-9  # of the largest eigenvalue of JᵀJ + D, below which a direction is not determined


@dataclass(frozen=True)
class Leverages:
    """Leverages of n training rows."""

    values: Array
    """h_μ, shape (n,), from 0 to 1."""
    degrees_of_freedom: float
    """Σ_μ h_μ."""
    standard_error: float
    """Of the degrees of freedom: 0 where they are exact."""
    exact: bool
    """False where each row has the leverage of its deterministic equivalent."""
    determined: bool
    """False where the directions in which the minimiser can move are not fixed by the data."""
    bending: Array | None = None
    """Quadratic network: b_μ ≥ 0, by which the prediction of a left-out row bends, − b_μ r_μ² to second order."""


def diagonal_leverages(inputs: Array, coefficients: Array) -> Leverages:
    """Leverages of the LASSO.

    Parameters
    ----------
    inputs : array, shape (n, d)
    coefficients : array, shape (d,)
        The minimiser.
    """
    active = np.flatnonzero(coefficients)
    n = len(inputs)
    if len(active) == 0:
        return Leverages(np.zeros(n), 0.0, 0.0, True, True)
    basis, sizes, _ = np.linalg.svd(inputs[:, active], full_matrices=False)
    kept = sizes > _LEAST * sizes[0]
    values = np.clip(np.sum(basis[:, kept] ** 2, axis=1), 0.0, 1.0)
    return Leverages(values, float(np.sum(kept)), 0.0, True, bool(np.all(kept)) and len(active) < n)


def quadratic_leverages(
    sensing: Sensing, eigenvalues: Array, eigenvectors: Array, residual: Array, decay: float, *, seed: int = 0
) -> Leverages:
    """Leverages of least squares over positive matrices with a nuclear norm.

    Parameters
    ----------
    sensing : Sensing
    eigenvalues, eigenvectors : array, shapes (k,) and (d, k)
        The minimiser, positive eigenvalues only.
    residual : array, shape (n,)
        y − A S.
    decay : float
        ρ of ‖y − A S‖² + ρ Tr S.
    seed : int
        Of the probes, where there are any.
    """
    n, d, k = sensing.samples, sensing.dimension, len(eigenvalues)
    if k == 0:
        return Leverages(np.zeros(n), 0.0, 0.0, True, True, np.zeros(n))
    others, slack = _complement(sensing, eigenvectors, residual, decay)
    stiffness = np.maximum(slack, 0.0)[None, :] / (2.0 * eigenvalues[:, None])  # k × (d − k)
    directions = k * (k + 1) // 2 + k * (d - k)
    if directions <= _WIDEST and float(n) * directions**2 <= _DENSE:
        exact = _dense(sensing.inputs, eigenvectors, others, stiffness)
        equivalent = _Equivalent.at(sensing.inputs, eigenvalues, eigenvectors, others, stiffness)
        return replace(exact, bending=equivalent.bending(exact.degrees_of_freedom, exact.values))
    order = np.argsort(eigenvalues)
    split = Threshold(eigenvalues[order], eigenvectors[:, order], np.maximum(slack, 0.0), others)
    generator = np.random.default_rng(seed)
    signs = 2.0 * generator.integers(0, 2, (_PROBES, n)) - 1.0
    traces = np.array([trace_probe(sensing, split, row) for row in signs])
    freedom = float(np.mean(traces))
    equivalent = _Equivalent.at(sensing.inputs, eigenvalues, eigenvectors, others, stiffness)
    values = equivalent.leverages(freedom)
    error = float(np.std(traces, ddof=1)) / np.sqrt(_PROBES)
    return Leverages(values, freedom, error, False, freedom < n, equivalent.bending(freedom, values))


def _complement(sensing: Sensing, vectors: Array, residual: Array, decay: float) -> tuple[Array, Array]:
    """Eigenvectors of U⊥ᵀ G U⊥, in the coordinates of the inputs, and its eigenvalues."""
    d, k = vectors.shape
    rest = np.linalg.qr(vectors, mode="complete")[0][:, k:]
    if k == d:
        return rest, np.zeros(0)
    gradient = decay * np.eye(d) - 2.0 * sensing.adjoint(residual)
    values, rotation = np.linalg.eigh(rest.T @ gradient @ rest)
    return rest @ rotation, values


def _dense(inputs: AnyArray, vectors: Array, others: Array, stiffness: Array) -> Leverages:
    n, d = inputs.shape
    k = vectors.shape[1]
    inside, outside = inputs @ vectors, inputs @ others
    rows, columns = np.tril_indices(k, -1)
    jacobian = np.concatenate(
        [
            inside**2 - 1.0,
            np.sqrt(2.0) * inside[:, rows] * inside[:, columns],
            np.sqrt(2.0) * (inside[:, :, None] * outside[:, None, :]).reshape(n, -1),
        ],
        axis=1,
    ) / np.sqrt(d)  # fmt: skip
    curvature = np.concatenate([np.zeros(k * (k + 1) // 2), stiffness.ravel()])
    loose = curvature == 0.0
    # a common scale for directions that the data fix and those that curvature fixes
    scale = 1.0 / np.sqrt(np.mean(jacobian**2, axis=0) * n + curvature + 1e-300)
    jacobian *= scale
    hessian = jacobian.T @ jacobian
    hessian[np.diag_indices_from(hessian)] += curvature * scale**2
    values, basis = np.linalg.eigh(hessian)
    kept = values > _LEAST * values[-1]
    image = jacobian @ (basis[:, kept] / np.sqrt(values[kept]))
    leverages = np.clip(np.einsum("ij,ij->i", image, image), 0.0, 1.0)
    determined = bool(np.all(kept)) and int(np.sum(loose)) < n
    return Leverages(leverages, float(np.sum(leverages)), 0.0, True, determined)


@dataclass(frozen=True)
class _Equivalent:
    """What replaces (JᵀJ + D)⁻¹ seen by one row: 1/(β + D), the same for all rows."""

    size: float
    """d."""
    eigenvalues: Array
    inside: Array
    """U ᵀx_μ, shape (n, k)."""
    outside: Array
    """Squares of U⊥ᵀx_μ, shape (n, d − k)."""
    stiffness: Array

    @classmethod
    def at(cls, inputs: AnyArray, eigenvalues: Array, vectors: Array, others: Array, stiffness: Array) -> _Equivalent:
        return cls(float(inputs.shape[1]), eigenvalues, inputs @ vectors, (inputs @ others) ** 2, stiffness)

    def _shares(self, beta: float) -> Array:
        """q_μ = Σ_c J_μc²/(β + D_c)."""
        squares = self.inside**2
        norm = np.sum(squares, axis=1)
        fixed = norm**2 - 2.0 * norm + squares.shape[1]  # Σ over the B coordinates of J², times d
        mixed = np.einsum("ij,ij->i", squares @ (1.0 / (beta + self.stiffness)), self.outside)
        return (fixed / beta + 2.0 * mixed) / self.size

    def _beta(self, freedom: float) -> float:
        n = len(self.inside)
        target, centre = min(freedom, 0.999 * n), np.log(2.0 * n / self.size)

        def excess(log_beta: float) -> float:
            q = self._shares(np.exp(log_beta))
            return float(np.sum(q / (1.0 + q))) - target

        return float(np.exp(brentq(excess, centre - 40.0, centre + 40.0, xtol=1e-6)))  # type: ignore[arg-type]

    def leverages(self, freedom: float) -> Array:
        """h = q/(1 + q) with the β that gives the degrees of freedom."""
        if freedom <= 0.0:
            return np.zeros(len(self.inside))
        q = self._shares(self._beta(freedom))
        return q / (1.0 + q)

    def bending(self, freedom: float, leverages: Array) -> Array:
        """(24/d^{3/2}) |T v|² of each row, T the inverse of ∂²P/∂V² seen by the row in S = V Vᵀ, v = Vᵀ x.

        Without row μ the factor moves by w = xᵀΔV; f is quadratic in V, and so is the pull of the row that was
        taken out: together they bend the prediction by −b r² beyond the linear −q r. T is scaled so that its linear
        term is the leverage. Were P quadratic in V, the number would be 48; P grows faster, and 24 is what exact
        leave-one-out fits showed (d = 20 to 80).
        """
        if freedom <= 0.0:
            return np.zeros(len(self.inside))
        beta, roots = self._beta(freedom), np.sqrt(self.eigenvalues)
        v, squares = roots * self.inside, self.inside**2
        both = 0.5 / (beta * (roots[:, None] + roots[None, :]) ** 2)
        single = squares @ both + self.outside @ (0.5 / (self.eigenvalues[:, None] * (beta + self.stiffness))).T
        moved = 0.5 * (single * v + self.inside * ((self.inside * v) @ both))
        q = 8.0 / self.size * np.sum(moved * v, axis=1)
        scale = np.divide(leverages / np.maximum(1.0 - leverages, 1e-12), q, out=np.zeros_like(q), where=q > 0.0)
        return 24.0 / self.size**1.5 * scale**2 * np.sum(moved**2, axis=1)
