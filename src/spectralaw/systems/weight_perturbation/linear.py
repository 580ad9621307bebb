"""Linear maps of layers, dense or convolution, on flat activations: forward, transposed, and gradient of the weights.

A convolution reads its input through ``taps``, the place of every entry of every patch; so all of them are matrices
(out, taps) that are applied to patches, and a dense layer has one patch.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np
from numpy.typing import NDArray

from spectralaw.errors import InvalidInput

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Linear:
    """One layer without its activation.

    Matrices are (out, K), the same for all rows, or (n, out, K), one for each row. Activations are (n, inputs) and
    (n, outputs), where the outputs of a convolution run over channels, then places.
    """

    weight: Array
    """(out, K)."""
    bias: Array
    """(outputs,); zero where there is none."""
    inputs: int
    outputs: int
    shape: tuple[int, ...]
    """Of one output: (out,), or (out, places …)."""
    taps: NDArray[np.intp] | None = None
    """(places, K), for a convolution; ``inputs`` stands for padding."""

    @property
    def terms(self) -> int:
        """The longest sum that any of the methods takes."""
        out, k = self.weight.shape
        return k + out * (1 if self.taps is None else min(k, len(self.taps)))

    def patches(self, z: Array) -> Array:
        """(n, places, K)."""
        assert self.taps is not None
        return np.concatenate([z, np.zeros((len(z), 1))], axis=1)[:, self.taps]

    def apply(self, matrix: Array, z: Array) -> Array:
        """Matrix times activations, without bias."""
        if self.taps is None:
            return z @ matrix.T if matrix.ndim == 2 else np.matmul(matrix, z[:, :, None])[:, :, 0]
        return np.matmul(matrix, self.patches(z).swapaxes(1, 2)).reshape(len(z), self.outputs)

    def transposed(self, matrix: Array, c: Array) -> Array:
        """Transposed matrix times coefficients (n, q, outputs): coefficients (n, q, inputs)."""
        if self.taps is None:
            return c @ matrix
        places, k = self.taps.shape
        wide = c.reshape(*c.shape[:2], -1, places).swapaxes(2, 3)
        parts = np.matmul(wide, matrix if matrix.ndim == 2 else matrix[:, None])
        out = np.zeros((*c.shape[:2], self.inputs + 1))
        for tap in range(k):  # one tap meets each entry once, the padding aside
            out[:, :, self.taps[:, tap]] += parts[..., tap]
        return out[:, :, :-1]

    def outer(self, c: Array, z: Array) -> Array:
        """∂(c·Wz)/∂W for each row, (n, out, K)."""
        if self.taps is None:
            return c[:, :, None] * z[:, None, :]
        return np.matmul(c.reshape(len(c), -1, len(self.taps)), self.patches(z))

    def gradient(self, c: Array, z: Array) -> Array:
        """Σ over rows of :meth:`outer`, (out, K)."""
        if self.taps is None:
            return c.T @ z
        return self.outer(c, z).sum(axis=0)

    def spread(self, values: Array) -> Array:
        """One number an output channel as one an output."""
        return values if self.taps is None else np.repeat(values, len(self.taps), axis=-1)


def dense(weight: Array, bias: Array | None) -> Linear:
    """A dense layer."""
    out, inputs = weight.shape
    return Linear(weight, np.zeros(out) if bias is None else bias, inputs, out, (out,))


def convolution(kernel: Array, bias: Array | None, shape: tuple[int, ...], stride: int, padding: int) -> Linear:
    """A convolution (the cross-correlation of frameworks) of inputs of ``shape`` (channels, places …)."""
    out, channels, *window = kernel.shape
    places = [1 + (size + 2 * padding - w) // stride for size, w in zip(shape[1:], window, strict=True)]
    if min(places) < 1:
        raise InvalidInput(
            f"inputs of shape {shape} are smaller than a kernel of shape {kernel.shape} with padding {padding}"
        )
    inputs = prod(shape)
    taps = np.full((prod(places), channels * prod(window)), inputs, dtype=np.intp)
    steps = list(product(range(channels), *map(range, window)))
    for row, place in enumerate(product(*map(range, places))):
        for column, (channel, *step) in enumerate(steps):
            at = [p * stride + s - padding for p, s in zip(place, step, strict=True)]
            if all(0 <= a < size for a, size in zip(at, shape[1:], strict=True)):
                taps[row, column] = np.ravel_multi_index((channel, *at), shape)
    count = prod(places)
    wide = np.zeros(out * count) if bias is None else np.repeat(bias, count)
    return Linear(kernel.reshape(out, -1), wide, inputs, out * count, (out, *places), taps)
