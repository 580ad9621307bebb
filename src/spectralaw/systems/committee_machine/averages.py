"""Gaussian averages of one step of gradient descent on a committee machine, in closed form.

Pre-activations h = (x₁ … x_K, y₁ … y_M) of students and teachers are Gaussian with covariance C = [[Q, R], [Rᵀ, T]],
and the difference of outputs is δ = Σ_p c_p g(h_p) with c = (−1/√K, …, +1/√M, …). With a factor g′(x_i) under the
average C changes to that of a tilted Gaussian, C − C_i (1 + C_ii)⁻¹ C_iᵀ, and with two factors likewise; what is left
are arcsines. These are the I₃ and I₄ of Saad and Solla (1995). All functions take leading axes, and complex numbers, so
that derivatives by a complex step are exact.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Averages(NamedTuple):
    """What drives the overlaps: E g′(x_i) v δ = Σ_j D_ij cov(v, x_j) + Σ_m E_im cov(v, y_m) for any Gaussian v."""

    students: Array
    """D (…, K, K), symmetric."""
    teachers: Array
    """E (…, K, M)."""
    noise: Array
    """E g′(x_i) g′(x_j) δ² (…, K, K)."""


def averages(activation: str, Q: Array, R: Array, T: Array) -> Averages:
    """Averages for ``erf``, g(x) = erf(x/√2), or ``linear``, g(x) = x."""
    return (_erf if activation == "erf" else _linear)(Q, R, T)


def error(activation: str, Q: Array, R: Array, T: Array) -> Array:
    """Generalisation error ½ E δ²."""
    students, teachers = R.shape[-2:]
    if activation == "linear":
        sums = Q.sum((-1, -2)) / students + T.sum((-1, -2)) / teachers
        return 0.5 * (sums - 2.0 * R.sum((-1, -2)) / np.sqrt(students * teachers))
    q, t = (1.0 + np.diagonal(part, axis1=-2, axis2=-1) for part in (Q, T))

    def total(C: Array, a: Array, b: Array) -> Array:
        return np.arcsin(C / np.sqrt(a[..., :, None] * b[..., None, :])).sum((-1, -2))

    sums = total(Q, q, q) / students + total(T, t, t) / teachers
    return (sums - 2.0 * total(R, q, t) / np.sqrt(students * teachers)) / np.pi


def outputs(students: int, teachers: int) -> Array:
    """The second layer c of the difference of outputs."""
    return np.concatenate([np.full(students, -(students**-0.5)), np.full(teachers, teachers**-0.5)])


def _linear(Q: Array, R: Array, T: Array) -> Averages:
    students, teachers = R.shape[-2:]
    noise = 2.0 * error("linear", Q, R, T)
    like = np.zeros_like(R[..., :1, :1])
    return Averages(
        like + np.full((students, students), -(students**-0.5)),
        like + np.full((students, teachers), teachers**-0.5),
        noise[..., None, None] + np.zeros_like(Q),
    )


def _erf(Q: Array, R: Array, T: Array) -> Averages:
    K, M = R.shape[-2:]
    c = outputs(K, M)
    T = T + np.zeros_like(R[..., :1, :1])
    C = np.concatenate([np.concatenate([Q, R], -1), np.concatenate([np.swapaxes(R, -1, -2), T], -1)], -2)
    variance = np.diagonal(C, axis1=-2, axis2=-1)
    rows, own = C[..., :K, :], 1.0 + variance[..., :K, None]
    pull = c * (2.0 / np.pi) / np.sqrt(own * (1.0 + variance[..., None, :]) - rows**2)
    D = pull[..., :K].copy()
    diagonal = np.arange(K)
    D[..., diagonal, diagonal] -= ((pull * rows).sum(-1, keepdims=True) / own)[..., 0]

    i, j = np.triu_indices(K)
    first, second, cross = own[..., i, :], own[..., j, :], Q[..., i, j, None]
    size = first * second - cross**2
    one, two = C[..., i, :], C[..., j, :]
    tilted = (
        C[..., None, :, :]
        - one[..., :, None] * ((second * one - cross * two) / size)[..., None, :]
        - two[..., :, None] * ((first * two - cross * one) / size)[..., None, :]
    )
    scale = 1.0 / np.sqrt(1.0 + np.diagonal(tilted, axis1=-2, axis2=-1))
    angles = np.arcsin(tilted * scale[..., :, None] * scale[..., None, :])
    values = (4.0 / np.pi**2) * ((angles @ c) @ c) / np.sqrt(size[..., 0])
    noise = np.empty_like(Q)
    noise[..., i, j] = values
    noise[..., j, i] = values
    return Averages(D, pull[..., K:], noise)
