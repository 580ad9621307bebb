"""The potential that gradient flow minimises among all interpolating coefficients: between l2 and l1."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw._checks import finite, is_number, shown, whole
from spectralaw.errors import InvalidInput

Array = NDArray[np.float64]

_LARGEST = 1e300  # of |z|: the potential itself stays a finite number
_STEPS = 60  # of Newton; 6 were the most for z from 1e-100 to 1e300
DEEPEST = 100
"""Largest depth that is taken."""


def depth_of(value: Any) -> int:
    """``value`` as a depth."""
    depth = whole("depth", value, 2)
    if depth > DEEPEST:
        raise InvalidInput(f"depth must be {DEEPEST} or less, not {depth}")
    return depth


def powers(depth: int) -> tuple[float, float]:
    """p = D/(D − 2) and p − 1 = 2/(D − 2), of depth 3 or more."""
    return depth / (depth - 2.0), 2.0 / (depth - 2.0)


def potential(z: Any, depth: int = 2) -> Any:
    """The potential q_D(z) of one coefficient, even, convex and zero at zero.

    q_2(z) = 2 − √(4 + z²) + z asinh(z/2) for depth 2, and for depth D ≥ 3 the convex conjugate of
    H_D(u) = (D − 2)/2 · [(1 − u)^(−2/(D−2)) + (1 + u)^(−2/(D−2)) − 2], −1 < u < 1. Near zero q ≈ z²/4 (D = 2) and
    q ≈ z² (D − 2)/(4 D); far out q_2 ≈ |z| (log |z| − 1) + 2 and q_D ≈ |z| − (D/2) |z|^(2/D).

    Parameters
    ----------
    z : float or array
        Coefficient over scale^depth; |z| up to 1e300.
    depth : int
        D, 2 to 100: coefficients are w₊^D − w₋^D.

    Returns
    -------
    float or array of the shape of z
        To a few units in the last place; z² below the smallest float gives 0.

    Raises
    ------
    InvalidInput
        For anything else.

    References
    ----------
    arXiv:2002.09277, theorems 1 and 3 (implicit bias of depth 2 and of higher depth).
    """
    depth, values = depth_of(depth), _numbers(z)
    size = np.abs(values)
    if depth == 2:
        root = np.hypot(2.0, size)
        with np.errstate(under="ignore"):
            found = size * (np.arcsinh(0.5 * size) - size / (2.0 + root))
    else:
        x = position(size, depth)
        found = size * np.tanh(x) - conjugate(x, depth)
    return float(found) if values.ndim == 0 else found


def slope(z: Any, depth: int = 2) -> Any:
    """q_D′(z): asinh(z/2) for depth 2, between −1 and 1 for higher depths.

    The stationarity condition of an interpolating minimiser is that these, one for each coefficient, lie in the span
    of the rows of X. Arguments and errors as of :func:`potential`.
    """
    depth, values = depth_of(depth), _numbers(z)
    found = np.arcsinh(0.5 * values) if depth == 2 else np.tanh(position(values, depth))
    return float(found) if values.ndim == 0 else found


def position(z: Array, depth: int) -> Array:
    """x = artanh q_D′(z) for depth ≥ 3, in which both 1 − q′ and 1 + q′ are accurate: z = 2 cosh^p(x) sinh(p x).

    Newton's method in log x on log z, which is convex in it, from above: monotone and quadratic.
    """
    p, _ = powers(depth)
    size = np.abs(z)
    x = np.arcsinh(0.5 * size) / p
    left = size > 1e-150  # below, z = 2 p x to the last digit
    x = np.where(left, x, 0.5 * size / p)
    if np.any(left):
        goal, y = np.log(size[left]), x[left]
        for _ in range(_STEPS):
            with np.errstate(under="ignore"):
                error = np.log(2.0) + p * log_cosh(y) + log_sinh(p * y) - goal
            change = error / (p * y * (np.tanh(y) + 1.0 / np.tanh(p * y)))
            y = y * np.exp(-change)
            if np.all(np.abs(change) <= 1e-15):
                break
        x[left] = y
    return np.copysign(x, z)


def conjugate(x: Array, depth: int) -> Array:
    """H_D(u) at u = tanh x, zero at zero."""
    _, p = powers(depth)
    return 2.0 / p * np.expm1(p * log_cosh(x) + log_cosh(p * x))


def log_cosh(x: Array) -> Array:
    y = np.abs(x)
    with np.errstate(under="ignore"):
        small = 0.5 * np.log1p(np.sinh(np.minimum(y, 1.0)) ** 2)
    return np.where(y < 1.0, small, y + np.log1p(np.exp(-2.0 * y)) - np.log(2.0))


def log_sinh(y: Array) -> Array:
    """Of positive numbers."""
    return np.where(y < 1.0, np.log(np.sinh(np.minimum(y, 1.0))), y + np.log(-np.expm1(-2.0 * y)) - np.log(2.0))


def _numbers(z: Any) -> Array:
    if is_number(z):
        array = np.asarray(finite("z", z))
    else:
        if np.ma.is_masked(z):
            raise InvalidInput("z must be numbers, but some of its entries are masked")
        try:
            array = np.asarray(z)
        except ValueError as error:
            raise InvalidInput(f"z must be a number or an array of numbers, not {shown(z)}") from error
        if array.dtype.kind not in "iuf":
            raise InvalidInput(f"z must be a number or an array of numbers, not {shown(z)}")
        array = array.astype(np.float64)
    wrong = ~(np.abs(array) <= _LARGEST)
    if np.any(wrong):
        raise InvalidInput(f"z must be finite and at most {_LARGEST:g} in size, not {array[wrong].flat[0]:g}")
    return array
