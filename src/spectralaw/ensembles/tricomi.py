"""|U(b, −a, −y ± i0)|, Tricomi's function on its cut, by the path of steepest descent.

Γ(b) U = ∫ exp(Φ(u)) du with Φ(u) = y e^u + b u − (a + b + 1) log(1 + e^u), from −∞ to where y e^u → −∞, passing
below the singularity e^u = −1. The path of steepest descent through the saddle is followed roughly, by a polygon; on
each of its sides the integrand is analytic, so Gauss's rule gives the integral to rounding whatever the polygon.
There is no recurrence and no series, hence nothing that overflows or cancels, from b = 10⁻³ to 10⁵.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Complex = Any  # NDArray[np.complex128]: what NumPy's stubs say of ufuncs on it is too wide to be checked

_CHUNK = 512


@dataclass(frozen=True)
class Rule:
    """How finely the path is followed."""

    nodes: int
    """Gauss's nodes of a side."""
    drop: float
    """Fall of log |integrand| from the saddle to the ends."""
    step: float
    """Fall of log |integrand| along a side."""


EXACT = Rule(10, 40.0, 4.0)
"""To rounding."""
ROUGH = Rule(6, 20.0, 5.0)
"""To 10⁻⁸ where a and b are below 100, to 2·10⁻³ at b = 5000 outside the bulk; in half of the time: for searches."""


def log_modulus(a: float, b: float, y: Array, rule: Rule = EXACT) -> Array:
    """log |Γ(b) U(b, −a, −y ± i0)| for y > 0, a > −1, b > 0."""
    y = np.asarray(y, dtype=float)
    flat = y.ravel()
    result = np.concatenate([_chunk(a, b, flat[k : k + _CHUNK], rule) for k in range(0, flat.size, _CHUNK)] or [flat])
    return result.reshape(y.shape)


def _chunk(a: float, b: float, y: Array, rule: Rule) -> Array:
    start, turn, real = _saddles(a, b, y)
    top = _exponent(a, b, y, start).real
    direction = _descent(a, b, y, start, real)
    # to the left, until the integrand is an exponential of u and the rest is known
    left, tail = _walk(a, b, y, start, -direction, top, rule, True)
    # to the right; where the saddles are real, straight to the second one, and there off the real axis
    sides = [left, np.where(real, turn, start)[None, :]]
    right, _ = _walk(a, b, y, np.where(real, turn, start), np.where(real, _off(a, y), direction), top, rule, False)
    total = -_integral(a, b, y, np.concatenate([start[None, :], left]), top, rule) + tail
    between = np.linspace(0.0, 1.0, 17)[:, None]
    total += np.where(real, _integral(a, b, y, start + (sides[1][0] - start) * between, top, rule), 0.0)
    total += _integral(a, b, y, np.concatenate([sides[1], right]), top, rule)
    return top + np.log(np.abs(total))


def _saddles(a: float, b: float, y: Array) -> tuple[Complex, Complex, NDArray[np.bool_]]:
    """The saddle of the path, the second one where both are on the axis of u (outside the bulk), and whether they
    are."""
    half = 0.5 * (y - a - 1.0)
    discriminant = half**2 - y * b
    real = discriminant > 0.0
    root = np.sqrt(np.abs(discriminant))
    inside = (-half - 1j * root) / y
    large = np.abs(half) + root
    size, other = b / large, large / y
    below = half < 0.0
    shift = np.where(below, 0.0, -1j * np.pi)
    first = np.where(real, np.log(np.where(real, size, 1.0)) + shift, np.log(np.where(real, -1j, inside)))
    return first, np.log(np.where(real, other, 1.0)) + shift, real


def _off(a: float, y: Array) -> Complex:
    """Where the path leaves the axis at the second saddle: down from u real, up from Im u = −π."""
    return np.where(y < a + 1.0, -1j, 1j)


def _parts(a: float, b: float, y: Array, u: Complex) -> tuple[Complex, Complex, Complex]:
    t = np.exp(u)
    share = t / (1.0 + t)
    return y * t + b - (a + b + 1.0) * share, y * t - (a + b + 1.0) * share / (1.0 + t), (1.0 + t) / t


def _exponent(a: float, b: float, y: Array, u: Complex) -> Complex:
    t = np.exp(u)
    logarithm = np.log(1.0 + t)
    beyond = (
        (logarithm.imag > 0.0) & (u.real > 0.0) & (u.imag < -2.0)
    )  # the cut goes straight down from the singularity u = −iπ
    logarithm = np.where(beyond, logarithm - 2j * np.pi, logarithm)
    return y * t + b * u - (a + b + 1.0) * logarithm


def _descent(a: float, b: float, y: Array, u: Complex, real: NDArray[np.bool_]) -> Complex:
    """Direction of steepest descent through the saddle, to the right."""
    _, second, _ = _parts(a, b, y, u)
    direction = np.exp(0.5j * (np.pi - np.angle(second)))
    direction = np.where(direction.real < 0.0, -direction, direction)
    return np.where(real, 1.0 + 0.0j, direction)


def _walk(
    a: float, b: float, y: Array, start: Complex, direction: Complex, top: Array, rule: Rule, leftwards: bool
) -> tuple[Complex, Complex]:
    """Vertices of a rough path of steepest descent, and what is beyond its left end."""
    u, vertices = start, []
    enough = rule.drop - (min(np.log(b), 0.0) if leftwards else 0.0)
    gradient, second, away = _parts(a, b, y, u)
    step = np.sqrt(1.0 / np.maximum(np.abs(second), 1e-300))  # a fall of 1/2, where the saddle is simple
    step = np.minimum(step, np.minimum(0.3, np.minimum(np.cbrt(3.0 / (a + b + 1.0 + y)), 0.3 * np.abs(away))))
    active = np.ones(u.shape, dtype=bool)
    for _ in range(400):
        u = np.where(active, u + step * direction, u)
        vertices.append(u)
        exponent = _exponent(a, b, y, u).real
        active = active & (top - exponent < enough)
        if leftwards:
            active = active & (u.real > np.log(1e-17 / (y + a + b + 1.0)))
        if not np.any(active):
            break
        gradient, second, away = _parts(a, b, y, u)
        size = np.maximum(np.abs(gradient), 1e-300)
        direction = -np.conj(gradient) / size
        step = np.minimum(rule.step / size, 0.3 * np.abs(away))
        step = np.minimum(step, np.maximum(0.7 * size / np.maximum(np.abs(second), 1e-300), 1e-3))
        step = np.minimum(step, 2.0 if leftwards else 0.5)
    tail = np.exp(_exponent(a, b, y, u) - top) / b if leftwards else np.zeros_like(u)
    return np.array(vertices), tail


def _integral(a: float, b: float, y: Array, vertices: Complex, top: Array, rule: Rule) -> Complex:
    half = 0.5 * np.diff(vertices, axis=0)
    middle = 0.5 * (vertices[1:] + vertices[:-1])
    total = np.zeros(y.shape, dtype=complex)
    for node, weight in zip(*np.polynomial.legendre.leggauss(rule.nodes), strict=True):
        total += weight * np.sum(half * np.exp(_exponent(a, b, y, middle + half * node) - top), axis=0)
    return total
