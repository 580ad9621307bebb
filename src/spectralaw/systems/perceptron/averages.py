"""The two averages of the replica-symmetric equations, with their derivatives, at any norm and any overlap.

Gaussian fields t meet the loss through D = t + x (1 − tanh λD). In u = 2λD, τ = 2λt and X = 4λx this is

    u = τ + v,      v = X / (1 + e^u),

so that τ is explicit in u: integrals over u need no root. What is left of the integrands are Gaussian factors, whose
scales in τ are known, and 1/(1 + e^u), whose nearest pole is π away. Panels are laid by both, and Gauss's rule on each
converges geometrically. Everything is kept in logarithms that can grow: X is e^{2λκ} on the way to maximal stability κ.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_ndtr

Array = NDArray[np.float64]

REACH = 9.0
"""Standard deviations of a Gaussian that count: what is beyond is 1e-18 of it."""
_STEADY = 38.0  # e^−38 is a sixth of the rounding of 1
_FLAT = 36  # panels over the bends of v
_NODES = 12  # of each panel
_NARROW = np.concatenate([np.arange(-REACH, 0.0), np.arange(0.0, REACH + 1.0)])  # in units of 2λ sin πε
_WIDE = np.array([0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.5, REACH])  # in units of 2λ, positive τ


@dataclass(frozen=True)
class State:
    """Where the equations are asked; arrays of one shape (n,)."""

    log_ratio: Array
    """y = log cot πε = log R/√(1−R²)."""
    log_force: Array
    """p = log v(τ = 0): linear in log λ towards both ends of the norm."""
    log_norm: Array
    """log λ."""

    def take(self, where: NDArray[np.bool_]) -> State:
        return State(self.log_ratio[where], self.log_force[where], self.log_norm[where])


def log_strength(log_force: Array) -> Array:
    """L = log X from p: L = p + log(1 + e^v), v = e^p."""
    return log_force + np.logaddexp(0.0, np.exp(log_force))


def force(tau: Array, strength: Array) -> Array:
    """v(τ; L), by Newton's method in log v: log v + log(1 + e^{τ+v}) − L is convex, and falls from the right."""
    s = np.minimum(strength, np.log(np.maximum(strength - tau, 1.0)))
    for _ in range(60):
        v = np.exp(s)
        step = (s + np.logaddexp(0.0, tau + v) - strength) / (1.0 + v * expit(tau + v))
        s = s - step
        if np.all(np.abs(step) <= 1e-13 * (1.0 + np.abs(s))):
            break
    return np.exp(s)


@dataclass(frozen=True)
class Averages:
    """A = E_t v(τ)/2λ with t ~ N(0, 1−R²), B = E_t Φ(t R/√(1−R²)) (v/2λ)² with t ~ N(0, 1), and logarithmic slopes."""

    log_first: Array
    first_by_strength: Array
    """∂ log A / ∂L."""
    first_by_scale: Array
    """∂ log A / ∂ log(2λ√(1−R²)) of v, the unit 2λ held."""
    log_second: Array
    second_by_strength: Array
    second_by_scale: Array
    """∂ log B / ∂ log 2λ of v, the unit held."""
    second_by_ratio: Array
    """∂ log B / ∂y."""


def averages(state: State, fineness: int = 1) -> Averages:
    """Both averages; every panel is cut into ``fineness``."""
    y, log_two = state.log_ratio, state.log_norm + np.log(2.0)
    strength = log_strength(state.log_force)
    log_sine = -0.5 * np.logaddexp(0.0, 2.0 * y)
    centre = np.maximum(strength, 0.0)
    edges = _edges(strength, centre, log_two, log_sine, fineness)
    nodes, weights = _rule()
    half = 0.5 * np.diff(edges, axis=1)[..., None]
    place = 0.5 * (edges[:, 1:] + edges[:, :-1])[..., None] + half * nodes  # u − max(L, 0)
    count = len(y)
    place, weight = place.reshape(count, -1), (half * weights).reshape(count, -1)
    # log v = L − log(1 + e^u), u = place + max(L, 0), without taking large numbers from each other
    log_v = np.minimum(strength, 0.0)[:, None] - place - np.logaddexp(0.0, -place - centre[:, None])
    low = place + centre[:, None] < 0.0
    log_v = np.where(low, strength[:, None] - np.logaddexp(0.0, place + centre[:, None]), log_v)
    v, sigma = np.exp(log_v), expit(place + centre[:, None])
    tau = place + centre[:, None] - v
    scaled = np.exp(log_v - log_two[:, None])
    z = tau * np.exp(-log_two)[:, None]
    narrow = z * np.exp(-log_sine)[:, None]
    back = v * sigma
    root = np.sqrt(2.0 * np.pi)
    first = weight * np.exp(-0.5 * narrow**2 - (log_two + log_sine)[:, None]) / root * scaled
    across = z * np.exp(y)[:, None]
    gauss = weight * np.exp(-0.5 * z**2 - log_two[:, None]) / root * scaled**2
    second = gauss * np.exp(log_ndtr(across))
    a, b = np.sum(first * (1.0 + back), axis=1), np.sum(second * (1.0 + back), axis=1)
    return Averages(
        np.log(a),
        np.sum(first, axis=1) / a,
        -np.sum(first * tau * sigma, axis=1) / a,
        np.log(b),
        2.0 * np.sum(second, axis=1) / b,
        -2.0 * np.sum(second * tau * sigma, axis=1) / b,
        np.sum(gauss * (1.0 + back) * across * np.exp(-0.5 * across**2), axis=1) / root / b,
    )


def _edges(strength: Array, centre: Array, log_two: Array, log_sine: Array, fineness: int) -> Array:
    """Edges of panels in u − max(L, 0), sorted, shape (n, panels + 1)."""
    two = np.exp(log_two)[:, None]
    tau = np.concatenate([two * np.exp(log_sine)[:, None] * _NARROW, two * _WIDE], axis=1)
    images = (tau - centre[:, None]) + force(tau, strength[:, None])
    low, high = images.min(axis=1), np.minimum(images.max(axis=1), _STEADY)
    bend = np.maximum(low, -2.0 * centre - _STEADY)
    flat = bend[:, None] + (high - bend)[:, None] * np.linspace(0.0, 1.0, _FLAT)
    edges = np.sort(np.minimum(np.concatenate([images, flat], axis=1), high[:, None]), axis=1)
    if fineness == 1:
        return edges
    inner = np.arange(fineness) / fineness
    cut = edges[:, :-1, None] + np.diff(edges, axis=1)[..., None] * inner
    return np.concatenate([cut.reshape(len(edges), -1), edges[:, -1:]], axis=1)


@lru_cache(maxsize=1)
def _rule() -> tuple[Array, Array]:
    return np.polynomial.legendre.leggauss(_NODES)
