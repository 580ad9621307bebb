"""The Gauss–Newton matrix of two-layer leaky-ReLU networks on given inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw._checks import finite
from spectralaw.errors import InvalidInput
from spectralaw.results import Status
from spectralaw.systems.gauss_newton.arguments import EPS, layers, matrix
from spectralaw.systems.gauss_newton.spectrum import RESOLVED, GNSpectrum

Array = NDArray[Any]
LARGEST = 4000
"""Samples times outputs, above which the matrix is refused: it would take minutes and a gigabyte."""


def leaky_relu_matrix(weights: Any, inputs: Any, slope: float) -> Array:
    """K/n, of shape (n k, n k), output by output; its eigenvalues that are not zero are those of G = JᵀJ/n.

    With H = X W_1ᵀ, activations σ(H) and slopes σ'(H) of every sample s and hidden unit i, and W_2 = (w_1, …):
    K[(a, s), (b, t)] = δ_ab Σ_i σ(H_si) σ(H_ti) + (x_s · x_t) Σ_i W_2[a, i] W_2[b, i] σ'(H_si) σ'(H_ti).
    """
    matrices, rows, leak = _checked(weights, inputs, slope)
    first, second = matrices
    with np.errstate(over="ignore", invalid="ignore"):
        result = _matrix(first, second, rows, leak)
    if not np.all(np.isfinite(result)):
        raise InvalidInput("weights and inputs must have products below 1e154 in size; scale them")
    return result


def _matrix(first: Array, second: Array, rows: Array, leak: float) -> Array:
    hidden = rows @ first.T
    slopes = np.where(hidden > 0.0, 1.0, leak)
    samples, outputs = len(rows), len(second)
    active = hidden * slopes
    seen = (second[:, None, :] * slopes).reshape(outputs * samples, -1)
    result = (seen @ seen.T).reshape(outputs, samples, outputs, samples)
    result *= (rows @ rows.T)[None, :, None, :]
    own = active @ active.T
    for output in range(outputs):
        result[output, :, output, :] += own
    return result.reshape(outputs * samples, -1) / samples


def leaky_relu_spectrum(weights: Any, inputs: Any, slope: float = 0.01) -> GNSpectrum:
    """Eigenvalues of G = JᵀJ/n of f(x) = W_2 σ(W_1 x) that are not zero, σ(h) = h for h > 0 and slope · h below.

    Parameters
    ----------
    weights : list of two matrices
        [W_1, W_2], of shapes (m, d) and (k, m).
    inputs : array_like of shape (n, d)
        The samples; n k is at most 4000.
    slope : float
        1 is the linear network, whose spectrum is :func:`gn_spectrum` with S = XᵀX/n; 0 is the ReLU.

    Returns
    -------
    GNSpectrum
        An eigenvalue below n k · 2.2e-16 of the largest counts as zero, and the smallest is known to that, relative to
        the largest: ``residual`` says how well, and ``not_converged`` where not to three digits.

    Raises
    ------
    InvalidInput
        For other shapes, and for more than 4000 samples times outputs.

    References
    ----------
    arXiv:2411.02139.
    """
    values = np.linalg.eigvalsh(leaky_relu_matrix(weights, inputs, slope))[::-1]
    size = len(values)
    if not values[0] > 0.0:
        return GNSpectrum(np.empty(0), 0, size, None, "dense", 0.0, Status.COLLAPSED, "all its entries are zero")
    zero = size * EPS * float(values[0])
    kept = values[values > zero]
    residual = float(zero / kept[-1])
    sure = residual <= RESOLVED
    message = "" if sure else "the smallest eigenvalue is as small as rounding beside the largest"
    status = Status.CONVERGED if sure else Status.NOT_CONVERGED
    return GNSpectrum(kept.copy(), len(kept), size, None, "dense", residual, status, message)


def _checked(weights: Any, inputs: Any, slope: float) -> tuple[list[Array], Array, float]:
    matrices, _ = layers(weights)
    if len(matrices) != 2:
        raise InvalidInput(f"weights must be two matrices [W1, W2], not {len(matrices)}")
    rows, _ = matrix("inputs", inputs)
    if rows.shape[1] != matrices[0].shape[1]:
        raise InvalidInput(
            f"inputs must have {matrices[0].shape[1]} columns, one for each input of weights[0], not {rows.shape[1]}"
        )
    size = len(rows) * len(matrices[1])
    if size > LARGEST:
        raise InvalidInput(f"inputs must be at most {LARGEST // len(matrices[1])} samples, not {len(rows)}")
    return matrices, rows, finite("slope", slope)
