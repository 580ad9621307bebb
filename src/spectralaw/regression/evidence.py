"""What labels say of the teacher before a network is trained: a Gaussian prior by maximum evidence, and its posterior.

    y = Z w + ξ,      w_i ~ N(0, C ν_i^p),      ξ ~ N(0, s² I)

with Z the rows in the eigenbasis of the covariance of all inputs at hand and ν its eigenvalues. C, p and s² maximise
the evidence of the labels. A draw of the posterior takes (log C, p, log s²) from the Gaussian around that maximum, and
w from its Gaussian posterior given them: a teacher and a noise that explain the labels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from spectralaw.training.sensing import Array

_POWERS = (-1.0, 0.0, 1.0)
_SHARES = (0.1, 0.5, 0.9)  # of the labels' variance given to the teacher at first
_FLAT = 1e-10
_POWER, _POWER_SPREAD = 0.5, 0.5
"""Hyper-prior of p: few labels do not fix it, and p < 0, a teacher that lives where inputs hardly vary, explains any
noise away (of 10 pilots of 60 handwritten digits one had p = −0.6 and a third of the true error)."""


@dataclass(frozen=True)
class Evidence:
    """The prior of largest evidence, and what is needed to draw from the posterior."""

    rows: Array
    labels: Array
    log_variances: Array
    prior: Array
    """(log C, p, log s²) at the maximum."""
    covariance: Array
    """Of these three, from the curvature of the log evidence; shape (3, 3)."""
    log_evidence: float
    gradient: float
    """Largest component of the gradient of the log evidence per label, the certificate of the maximum."""

    @property
    def noise_variance(self) -> float:
        """s²."""
        return float(np.exp(self.prior[2]))

    def draw(self, generator: np.random.Generator) -> tuple[Array, float]:
        """A teacher w, shape (d,), and a noise variance."""
        values, vectors = np.linalg.eigh(self.covariance)
        step = vectors @ (np.sqrt(np.maximum(values, 0.0)) * generator.standard_normal(3))
        level, power, log_noise = self.prior + step
        prior, noise = np.exp(level + power * self.log_variances), float(np.exp(log_noise))
        scaled = self.rows * np.sqrt(prior)
        # a draw of the prior, moved to the posterior by the labels it misses
        free, error = generator.standard_normal(len(prior)), np.sqrt(noise) * generator.standard_normal(len(self.rows))
        missed = self.labels - scaled @ free - error
        gram = scaled @ scaled.T
        gram[np.diag_indices_from(gram)] += noise
        return np.sqrt(prior) * (free + scaled.T @ np.linalg.solve(gram, missed)), noise


def fit_evidence(rows: Array, labels: Array, variances: Array) -> Evidence:
    """The prior of largest evidence.

    Parameters
    ----------
    rows : array, shape (n, d)
        Labelled rows, centred, in the eigenbasis of the covariance.
    labels : array, shape (n,)
        Centred.
    variances : array, shape (d,)
        Eigenvalues ν of the covariance, from all inputs at hand.
    """
    total = float(np.mean(labels**2))
    logs = np.log(np.maximum(variances, _FLAT * float(np.max(variances))))
    best, limits = None, []
    for power in _POWERS:
        level = np.log(total / float(np.sum(np.exp((1.0 + power) * logs))))
        for share in _SHARES:
            start = np.array([level + np.log(share), power, np.log(total * (1.0 - share))])
            box = [(start[0] - 40.0, start[0] + 40.0), (-6.0, 6.0), (np.log(total) - 18.0, np.log(total) + 1.0)]
            one = minimize(_loss, start, (rows, labels, logs), jac=True, method="L-BFGS-B", bounds=box)
            if best is None or one.fun < best.fun:
                best, limits = one, box
    assert best is not None
    inside = np.array([low < x < high for x, (low, high) in zip(best.x, limits, strict=True)])
    return Evidence(
        rows,
        labels,
        logs,
        best.x,
        _spread(best.x, rows, labels, logs),
        -float(best.fun) * len(labels),
        float(np.max(np.abs(best.jac[inside]), initial=0.0)),
    )


def _loss(x: Array, rows: Array, labels: Array, logs: Array) -> tuple[float, Array]:
    """Minus the log evidence per label, and its gradient in (log C, p, log s²)."""
    n = len(labels)
    prior, noise = np.exp(x[0] + x[1] * logs), float(np.exp(x[2]))
    left, sizes, _ = np.linalg.svd(rows * np.sqrt(prior), full_matrices=False)
    projected = left.T @ labels
    spread = sizes**2 + noise
    missing = n - len(sizes)
    outside = max(float(labels @ labels) - float(projected @ projected), 0.0)
    value = float(np.sum(np.log(spread))) + missing * np.log(noise)
    value += float(np.sum(projected**2 / spread)) + outside / noise
    weight = left @ (projected / spread) + (labels - left @ projected) / noise  # K⁻¹ y
    inside = left.T @ rows
    inverse_rows = (left / spread) @ inside + (rows - left @ inside) / noise  # K⁻¹ Z
    slope = prior * (np.einsum("ij,ij->j", rows, inverse_rows) - (rows.T @ weight) ** 2)
    trace = float(np.sum(1.0 / spread)) + missing / noise
    gradient = np.array([np.sum(slope), np.sum(slope * logs), noise * (trace - float(weight @ weight))])
    off = (x[1] - _POWER) / _POWER_SPREAD
    value += off**2
    gradient[1] += 2.0 * off / _POWER_SPREAD
    return value / (2.0 * n), gradient / (2.0 * n)


def _spread(x: Array, rows: Array, labels: Array, logs: Array) -> Array:
    """Inverse curvature of minus the log evidence; directions it does not fix get a spread of 1."""
    hessian = np.zeros((3, 3))
    for k in range(3):
        step = np.zeros(3)
        step[k] = 1e-4
        sides = [_loss(x + sign * step, rows, labels, logs)[1] for sign in (1.0, -1.0)]
        hessian[k] = (sides[0] - sides[1]) / 2e-4 * len(labels)
    values, vectors = np.linalg.eigh(0.5 * (hessian + hessian.T))
    return (vectors / np.maximum(values, 1.0)) @ vectors.T
