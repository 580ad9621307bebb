"""The diagonal linear network as a channel: soft thresholding of noisy coefficients.

θ̂_i = η(θ*_i + τ z; κ), η(x; κ) = sign(x) max(|x| − κ, 0), z ~ N(0, 1). Closed forms for Gaussian coefficients of
standard deviation σ_i and for fixed ones (arXiv:0907.3574; arXiv:1008.2581; arXiv:2509.24882).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf, erfc, gammainc, ndtr

from spectralaw.free_probability.atoms import Atoms
from spectralaw.state_evolution.channel import Channel, in_blocks

Array = NDArray[np.float64]

_ROOT_2, _ROOT_PI, _ROOT_2PI = np.sqrt(2.0), np.sqrt(np.pi), np.sqrt(2.0 * np.pi)


class DiagonalChannel:
    """R(τ, κ) = Σ_i E (θ̂_i − θ*_i)² and X(τ, κ) = Σ_i Pr(θ̂_i ≠ 0), with their derivatives."""

    def __init__(self, atoms: Atoms, *, fixed: bool) -> None:
        self.atoms = atoms
        self.fixed = fixed
        self.largest_risk = atoms.power
        self.largest_response = float(atoms.dimension)

    def may_collapse(self, noise: Array, threshold: Array) -> NDArray[np.bool_]:
        """Where the tail of the largest coefficient might underflow."""
        return threshold > 20.0 * np.hypot(self.atoms.largest, noise)

    def __call__(self, noise: Array, threshold: Array, hint: Any = None) -> Channel:
        return in_blocks(self._evaluate, noise, threshold, None)

    def _evaluate(self, noise: Array, threshold: Array, hint: Any = None) -> Channel:
        values, counts = self.atoms.near(threshold)
        terms = coefficient_moments(
            np.abs(values),
            noise[:, None],
            threshold[:, None],
            fixed=self.fixed,
        )
        risk, risk_noise, risk_threshold, kept, kept_noise, kept_threshold = (
            np.sum(counts * term, axis=1) for term in terms
        )
        return Channel(risk, risk_noise, risk_threshold, kept, kept_noise, kept_threshold, survivors=kept)


def coefficient_moments(value: Array, noise: Array, threshold: Array, *, fixed: bool) -> tuple[Array, ...]:
    """Risk and survival probability of one coefficient: R, ∂R/∂τ, ∂R/∂κ, P, ∂P/∂τ, ∂P/∂κ.

    Parameters
    ----------
    value : array
        |θ*_i| (``fixed``) or the standard deviation σ_i of a Gaussian coefficient.
    noise, threshold : array
        τ > 0 and κ ≥ 0.
    """
    with np.errstate(under="ignore"):
        return (_fixed if fixed else _gaussian)(value, noise, threshold)


def _gaussian(sigma: Array, tau: Array, kappa: Array) -> tuple[Array, ...]:
    v = sigma**2 + tau**2
    u = kappa / np.sqrt(2.0 * v)
    bell = np.exp(-(u**2))
    kept = erfc(u)
    # two forms of the same risk: neither subtracts what is much larger than the result on its side of u = 1
    learned = v * gammainc(1.5, u**2) - tau**2 * erf(u)
    unlearned = sigma**2 * (1.0 - kept) - kappa * np.sqrt(2.0 * v) / _ROOT_PI * bell
    risk = np.where(u < 1.0, learned, unlearned) + (tau**2 + kappa**2) * kept
    risk_noise = 2.0 * tau * kept - 4.0 * u * tau * sigma**2 / (_ROOT_PI * v) * bell
    risk_threshold = 2.0 * kappa * kept - 4.0 * tau**2 * bell / np.sqrt(2.0 * np.pi * v)
    kept_noise = 2.0 / _ROOT_PI * bell * u * tau / v
    kept_threshold = -2.0 / _ROOT_PI * bell / np.sqrt(2.0 * v)
    return risk, risk_noise, risk_threshold, kept, kept_noise, kept_threshold


def _fixed(theta: Array, tau: Array, kappa: Array) -> tuple[Array, ...]:
    up, down = (kappa - theta) / tau, (kappa + theta) / tau
    bell_up, bell_down = np.exp(-0.5 * up**2) / _ROOT_2PI, np.exp(-0.5 * down**2) / _ROOT_2PI
    kept_up, kept_down = ndtr(-up), ndtr(-down)
    kept = kept_up + kept_down
    risk = (
        (tau**2 + kappa**2) * kept
        + (tau * up - 2.0 * kappa) * tau * bell_up
        + (tau * down - 2.0 * kappa) * tau * bell_down
        + theta**2 * np.maximum(ndtr(up) - kept_down, 0.0)
    )
    risk_noise = 2.0 * tau * kept - 2.0 * theta * (bell_up - bell_down)
    risk_threshold = 2.0 * kappa * kept - 2.0 * tau * (bell_up + bell_down)
    kept_noise = (up * bell_up + down * bell_down) / tau
    kept_threshold = -(bell_up + bell_down) / tau
    return risk, risk_noise, risk_threshold, kept, kept_noise, kept_threshold
