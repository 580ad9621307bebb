"""The logistic loss Σ log(1 + e^{−2Δ}) and its slopes, over itself: they vanish together, and their ratios do not."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logsumexp

from spectralaw.systems.perceptron.inputs import Array


def log_loss(margins: Array) -> Array:
    """log Σ log(1 + e^{−2Δ}) over the last axis."""
    return np.asarray(logsumexp(_logs(margins), axis=-1))


def relative_slopes(rows: Array, margins: Array) -> tuple[Array, Array]:
    """Gradient over loss, shape (N,); and the weights b of the Hessian over loss, rowsᵀ diag(b) rows."""
    shares = np.exp(-np.logaddexp(0.0, 2.0 * margins) - log_loss(margins))
    return -2.0 * (rows.T @ shares), 4.0 * shares * expit(2.0 * margins)


def curvature(rows: Array, bends: Array) -> Array:
    """rowsᵀ diag(b) rows, as a product of one matrix with itself, which takes half the work."""
    scaled = rows * np.sqrt(bends)[:, None]
    return scaled.T @ scaled


def _logs(margins: Array) -> Array:
    """log log(1 + e^{−2Δ}), which is −2Δ to 1e-13 once Δ is above 15."""
    far = margins > 15.0
    near = np.log(np.logaddexp(0.0, -2.0 * np.where(far, 0.0, margins)))
    return np.where(far, -2.0 * margins, near)
