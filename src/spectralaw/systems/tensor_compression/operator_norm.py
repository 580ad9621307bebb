"""Operator norms of convolutions: the largest singular value over all frequencies, with a rigorous margin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from spectralaw._checks import entries, positive_integer
from spectralaw.errors import InvalidInput
from spectralaw.systems.tensor_compression.arguments import Array, array

OVERSAMPLING = 8


@dataclass(frozen=True)
class OperatorNorm:
    """The norm of a convolution on a grid of frequencies, and a bound over all frequencies."""

    value: float
    """max over the grid of σ_max(M̂(ω)): the norm of circular convolution of images of the grid's size."""
    margin: float
    """1 / Π cos(π (k_i − 1)/(2 N_i)): no frequency exceeds ``value × margin``."""
    grid: tuple[int, ...]
    """N_i, frequencies (or pixels) along each side."""

    @property
    def bound(self) -> float:
        """For images of any size, padding by zeros or around, stride and dilation."""
        return self.value * self.margin


def frequencies(space: tuple[int, ...], grid: ArrayLike | None = None) -> tuple[tuple[int, ...], float]:
    """The grid (8 (k_i − 1) along each side by default) and its margin; infinite where a side is below k_i."""
    if grid is None:
        sizes = tuple(max(OVERSAMPLING * (k - 1), 1) for k in space)
    else:
        sizes = tuple(positive_integer("each of grid", n) for n in entries("grid", grid))
        if len(sizes) != len(space):
            raise InvalidInput(f"grid must have {len(space)} sides, as space has, not {len(sizes)}")
        if any(n < k for n, k in zip(sizes, space, strict=True)):
            raise InvalidInput(f"grid must be at least {space}, the size of the kernel, not {sizes}")
    angles = [np.pi * (k - 1) / (2.0 * n) for n, k in zip(sizes, space, strict=True)]
    return sizes, float(1.0 / np.prod(np.cos(angles)))


def operator_norm(kernel: ArrayLike, grid: ArrayLike | None = None) -> OperatorNorm:
    """The operator norm of a convolution, measured on a grid, with a bound that holds for images of every size.

    M̂(ω) = Σ_x M(x) e^{−iω·x} is a matrix (outputs × inputs) at every frequency; circular convolution of an image of
    N_1 × N_2 pixels is the direct sum of those on its grid. Between the points of the grid M̂ is a trigonometric
    polynomial of degree (k_i − 1)/2 about its centre: near a maximum it falls no faster than a cosine, so the maximum
    is at most the grid's times Π 1/cos(π (k_i − 1)/(2 N_i)). A convolution padded by zeros, strided, dilated or in
    groups is a part of one with that maximum, and its norm is not larger. Reflecting pads are not covered.

    Parameters
    ----------
    kernel : array of shape (outputs, inputs, width, …) or (outputs, inputs)
    grid : list of int, optional
        N_i ≥ k_i; 8 (k_i − 1) by default, which gives a margin of 1.04 for 3 × 3.
    """
    values = array("kernel", kernel, "a kernel of shape (outputs, inputs, width, …) or a matrix", tuple(range(2, 7)))
    if values.ndim == 2:
        return OperatorNorm(float(np.linalg.norm(values, 2)), 1.0, ())
    space = values.shape[2:]
    sizes, margin = frequencies(space, grid)
    turned = np.moveaxis(values, (0, 1), (-2, -1))
    spectrum = np.fft.rfftn(turned, s=sizes, axes=tuple(range(len(space))))  # the other half are conjugates
    largest = 0.0
    for plane in spectrum.reshape(-1, *values.shape[:2]):
        largest = max(largest, spectral_norm(plane))
    return OperatorNorm(largest, margin, sizes)


def spectral_norm(matrix: np.ndarray) -> float:
    """σ_max of a complex matrix, by its smaller Gram matrix."""
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.conj().T
    if len(wide) == 1:
        return float(np.linalg.norm(wide))
    return float(np.sqrt(max(np.linalg.eigvalsh(wide @ wide.conj().T)[-1], 0.0)))


def pattern_norms(patterns: Array, grid: ArrayLike | None = None) -> tuple[Array, float]:
    """max_ω |Ĉ_r(ω)| on the grid for each of (R, width, …), and the margin."""
    sizes, margin = frequencies(patterns.shape[1:], grid)
    spectrum = np.abs(np.fft.rfftn(patterns, s=sizes, axes=tuple(range(1, patterns.ndim))))
    return spectrum.reshape(len(patterns), -1).max(axis=1), margin
