"""Activation functions as power series about any point: coefficients, and how far the series converges."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw._checks import choice

Array = NDArray[np.float64]

ACTIVATIONS = ("tanh", "erf", "quadratic")
"""tanh(a), with poles at ±iπ/2; erf(a), entire; a², a polynomial."""


def activation_of(name: Any) -> str:
    """One of the activations."""
    return choice("activation", name, ACTIVATIONS)


def value(name: str, a: Array) -> Array:
    """φ(a)."""
    if name == "tanh":
        return np.tanh(a)
    if name == "quadratic":
        return a * a
    from scipy.special import erf

    return erf(a)


def derivative(name: str, a: Array) -> Array:
    """φ′(a)."""
    if name == "tanh":
        return _square_of_sech(a)
    if name == "quadratic":
        return 2.0 * a
    with np.errstate(under="ignore"):
        return 2.0 / np.sqrt(np.pi) * np.exp(-a * a)


def radius(name: str, a: Array) -> Array:
    """Radius of convergence about a: √(a² + π²/4) for tanh, infinite for the others."""
    return np.hypot(a, 0.5 * np.pi) if name == "tanh" else np.full(np.shape(a), np.inf)


def taylor(name: str, a: Array, order: int) -> Array:
    """Coefficients φ^(k)(a)/k!, k = 0 … order, along a new first axis.

    tanh by the recurrence that t′ = 1 − t² gives, from 1/cosh² without cancellation; erf by that of Hermite
    polynomials. Against 80 digits the error of tanh was below 5e-15 r^−k up to k = 60, r the radius of convergence.
    """
    found = np.zeros((order + 1, *np.shape(a)))
    found[0] = value(name, a)
    if order == 0:
        return found
    found[1] = derivative(name, a)
    with np.errstate(under="ignore"):
        if name == "tanh":
            for k in range(1, order):
                found[k + 1] = -np.sum(found[: k + 1] * found[k::-1], axis=0) / (k + 1)
        elif name == "quadratic":
            if order >= 2:
                found[2] = 1.0
        else:
            before, here = np.zeros_like(found[0]), found[1]  # of the density, by order
            for k in range(1, order):
                before, here = here, -(2.0 * a * here + 2.0 * before) / k
                found[k + 1] = here / (k + 1)
    return found


def _square_of_sech(a: Array) -> Array:
    with np.errstate(under="ignore"):
        e = np.exp(-2.0 * np.abs(a))
    return 4.0 * e / (1.0 + e) ** 2
