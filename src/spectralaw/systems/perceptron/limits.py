"""Test errors that need no norm: Hebb's rule, maximal stability, a draw from the posterior, and the best there is."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import log_ndtr, ndtr

from spectralaw.errors import ConvergenceFailure
from spectralaw.systems.perceptron.inputs import Array, back, broadcast

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)
_REACH = 9.0
_PANELS = 20


def hebb_error(alpha: Any) -> Any:
    """Test error of Hebb's rule, w = Σ y x, the limit of no norm.

    ε = (1/π) arccos √(2α/(2α + π)), which tends to 1/√(2πα) for many samples.

    Parameters
    ----------
    alpha : float or array_like
        Samples per dimension, greater than 0.

    Returns
    -------
    float or ndarray
        Share of inputs that are classified otherwise than by the teacher, in the shape of ``alpha``.

    Raises
    ------
    InvalidInput
        For what is not finite and greater than 0.

    References
    ----------
    arXiv:2505.13230.
    """
    (a,), shape = broadcast(alpha=alpha)
    return back(np.arctan2(np.sqrt(0.5 * np.pi), np.sqrt(a)) / np.pi, shape)


def bayes_error(alpha: Any) -> Any:
    """Least test error that any rule can have: that of the mean of the posterior.

    ε = arccos(√r)/π with r/√(1−r) = (α/π) ∫Dt e^{−rt²/2}/Φ(−√r t); it tends to 0.442/α for many samples.

    Parameters
    ----------
    alpha : float or array_like
        Samples per dimension, greater than 0.

    Returns
    -------
    float or ndarray
        In the shape of ``alpha``, exact to about 1e-13 of itself.

    Raises
    ------
    InvalidInput
        For what is not finite and greater than 0.
    ConvergenceFailure
        Should the equation not be solved to that.

    References
    ----------
    arXiv:2505.13230.
    """
    (a,), shape = broadcast(alpha=alpha)
    return back(np.arctan(np.exp(-_posterior(a))) / np.pi, shape)


def gibbs_error(alpha: Any) -> Any:
    """Test error of one draw from the posterior, which separates all samples.

    ε = arccos(r)/π with the r of :func:`bayes_error`; it tends to 0.625/α for many samples.

    Parameters
    ----------
    alpha : float or array_like
        Samples per dimension, greater than 0.

    Returns
    -------
    float or ndarray
        In the shape of ``alpha``.

    Raises
    ------
    InvalidInput
        For what is not finite and greater than 0.
    ConvergenceFailure
        Should the equation not be solved.

    References
    ----------
    arXiv:2505.13230.
    """
    (a,), shape = broadcast(alpha=alpha)
    y = _posterior(a)
    r = np.exp(-np.logaddexp(0.0, -2.0 * y))
    rest = np.exp(-0.5 * np.logaddexp(0.0, 2.0 * y))  # √(1−r), with all its digits
    return back(np.arctan2(rest * np.sqrt(1.0 + r), r) / np.pi, shape)


def max_stability_error(alpha: Any) -> Any:
    """Test error of the widest margin, the limit of large norm.

    With K = κ/√(1−R²): R/√(1−R²) = √(2/π) α (KΦ(K) + φ(K)),   1−R² = 2α ∫_{t<κ} Dt Φ(Rt/√(1−R²)) (κ−t)²;
    ε = arccos(R)/π tends to 0.500/α for many samples.

    Parameters
    ----------
    alpha : float or array_like
        Samples per dimension, greater than 0.

    Returns
    -------
    float or ndarray
        In the shape of ``alpha``.

    Raises
    ------
    InvalidInput
        For what is not finite and greater than 0.
    ConvergenceFailure
        Should the equations not be solved.

    References
    ----------
    arXiv:2505.13230.
    """
    (a,), shape = broadcast(alpha=alpha)
    low, high = np.full(a.shape, -700.0), np.full(a.shape, 0.5 * np.log1p(1.0 / a) + 12.0)  # log K
    for _ in range(80):
        middle = 0.5 * (low + high)
        short = _stability(np.log(a), middle)[0] < 0.0
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    residual, y = _stability(np.log(a), 0.5 * (low + high))
    if not np.all(np.abs(residual) < 1e-11):
        raise ConvergenceFailure(f"maximal stability was not solved: residual {np.abs(residual).max():.1e}")
    return back(np.arctan(np.exp(-y)) / np.pi, shape)


def _posterior(alpha: Array) -> Array:
    """y = log √(r/(1−r)). The average varies by 13 % only, so that inserting it again and again converges."""
    t, w = _panels(np.array([-_REACH]), np.array([_REACH]))
    y = np.full(alpha.shape, np.nan)
    log_side = np.log(alpha / np.pi) + np.log(2.0)
    done = np.zeros(alpha.shape, dtype=bool)
    for _ in range(100):
        # r/√(1−r) = A: cot² = (A² + A √(A² + 4))/2
        new = 0.5 * (log_side + np.logaddexp(log_side, 0.5 * np.logaddexp(2.0 * log_side, np.log(4.0))) - np.log(2.0))
        done = np.abs(new - y) <= 1e-14 * np.maximum(1.0, np.abs(new))
        y = new
        if np.all(done):
            return y
        r = np.exp(-np.logaddexp(0.0, -2.0 * y))[:, None]
        inner = np.exp(-0.5 * t**2 * (1.0 + r) - log_ndtr(-np.sqrt(r) * t))
        log_side = np.log(alpha / np.pi) + np.log(np.sum(w * inner, axis=1) / np.sqrt(2.0 * np.pi))
    raise ConvergenceFailure(f"the posterior's overlap was not found at alpha = {alpha[~done][0]:g}")


def _stability(log_alpha: Array, log_width: Array) -> tuple[Array, Array]:
    """log(2α ∫…/(1−R²)) at K, and y = log cot πε; t is in units of √(1−R²)."""
    k = np.exp(log_width)
    y = log_alpha + 0.5 * np.log(2.0 / np.pi) + np.log(k * ndtr(k) + np.exp(-0.5 * k**2) / np.sqrt(2.0 * np.pi))
    log_sine, cosine = -0.5 * np.logaddexp(0.0, 2.0 * y), np.exp(-0.5 * np.logaddexp(0.0, -2.0 * y))
    sine = np.exp(log_sine)
    # from where the Gaussian factors end to the margin; past κ = 9 nothing is left of e^{−t²/2}
    low, zero = np.full(k.shape, -_REACH), np.zeros(k.shape)
    high = np.minimum(k, _REACH / np.maximum(sine, 1e-300))
    total = zero
    for begin, end in ((low, zero), (zero, np.minimum(high, _REACH)), (np.minimum(high, _REACH), high)):
        t, w = _panels(begin, end)
        inner = -0.5 * (t * sine[:, None]) ** 2 + log_ndtr(t * cosine[:, None])
        total = total + np.sum(w * np.exp(inner) * (k[:, None] - t) ** 2, axis=1)
    return log_alpha + np.log(2.0) + log_sine + np.log(total) - 0.5 * np.log(2.0 * np.pi), y


def _panels(low: Array, high: Array) -> tuple[Array, Array]:
    """Nodes and weights from low to high, shape (n, panels · 16)."""
    edges = low[:, None] + (high - low)[:, None] * np.linspace(0.0, 1.0, _PANELS + 1)
    half = 0.5 * np.diff(edges, axis=1)[..., None]
    nodes = edges[:, :-1, None] + half * (1.0 + _NODES)
    return nodes.reshape(len(edges), -1), (half * _WEIGHTS).reshape(len(edges), -1)
