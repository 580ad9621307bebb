"""A loss that asks for margins which perturbations of the weights do not undo, with its gradient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spectralaw._checks import at_least, entries, whole
from spectralaw.errors import InvalidInput
from spectralaw.systems.weight_perturbation.accepted import bind
from spectralaw.systems.weight_perturbation.bounds import rivals
from spectralaw.systems.weight_perturbation.linear import Array
from spectralaw.systems.weight_perturbation.network import Case, array_of
from spectralaw.systems.weight_perturbation.radii import deviations


@dataclass(frozen=True, eq=False)
class RobustLoss:
    """The loss with its parts and its gradient."""

    value: float
    """cross_entropy + degradation_weight · degradation + norm_weight · norms."""
    cross_entropy: float
    degradation: float
    norms: float
    gradient: tuple[Array, ...]
    """With respect to the weights, each in its own shape."""
    bias_gradient: tuple[Array, ...]
    """With respect to the biases, (out,) for each layer, whether it has one or not."""


def robust_loss(
    weights: Any,
    inputs: ArrayLike,
    labels: ArrayLike,
    radius: Any,
    layers: Sequence[int] | None = None,
    *,
    degradation_weight: float = 1.0,
    norm_weight: float = 0.0,
    relative: bool = False,
    biases: Sequence[ArrayLike | None] | None = None,
    activation: str | None = None,
) -> RobustLoss:
    r"""Cross-entropy, how far the worst perturbation lowers the margin of the true class, and norms of the weights.

    (1/n) Σ_x [−log softmax_y f(x) + a max_{j ≠ y} D_j(x)] + b Σ_m (max row + max column sum of |W^m|), where D_j is by
    how much the least f_y − f_j by intervals is below f_y − f_j.

    Parameters
    ----------
    weights, inputs, layers, biases, activation
        As for :func:`margin_bound`.
    labels : array of shape (n,)
        True classes y, from 0.
    radius : float or list
        As for :func:`margin_bound`; with ``relative`` a number, in units of each layer's largest |W|.
    degradation_weight, norm_weight : float
        a and b, 0 or greater.

    Returns
    -------
    RobustLoss
        The gradient is exact where the loss is differentiable, and one of a subgradient's values where ends of
        intervals, largest classes or largest sums tie. Rounding is not held outwards here.

    References
    ----------
    arXiv:2103.02200: a cross-entropy with a term of this kind and with these norms; the bound inside is ours.
    """
    case = bind(weights, inputs, biases, activation)
    y = checked_labels(labels, case)
    a, b = at_least("degradation_weight", degradation_weight, 0.0), at_least("norm_weight", norm_weight, 0.0)
    radii = deviations(case.network, radius, layers)
    if relative:
        if np.ndim(radius):
            raise InvalidInput("radius must be one number where it is relative, not a list")
        radii = [r * np.abs(la.weight).max() for r, la in zip(radii, case.layers, strict=True)]
    return loss_of(case, y, radii, a, b, relative)


def loss_of(case: Case, y: NDArray[np.intp], radii: Sequence[Array], a: float, b: float, relative: bool) -> RobustLoss:
    """The loss of checked arguments."""
    n, rows = len(case.x), np.arange(len(case.x))
    clean = _Clean(case)
    f = clean.outputs
    top = f - f.max(axis=1, keepdims=True)
    chances = np.exp(top) / np.exp(top).sum(axis=1, keepdims=True)
    entropy = float(np.mean(np.log(np.exp(top).sum(axis=1)) - top[rows, y]))
    seed = chances / n
    seed[rows, y] -= 1.0 / n
    fall, gradients = 0.0, [np.zeros_like(layer.weight) for layer in case.layers]
    sums = [np.zeros(layer.outputs) for layer in case.layers]
    if a > 0.0:
        others = rivals(y, case.network.classes)[..., 1]
        worst = _Worst(case, radii, y, others)
        falls = f[rows, y][:, None] - np.take_along_axis(f, others, axis=1) - worst.least
        k = falls.argmax(axis=1)
        fall = float(falls[rows, k].mean())
        seed[rows, y] += a / n
        seed[rows, others[rows, k]] -= a / n
        weight = np.zeros_like(falls)
        weight[rows, k] = -a / n
        moved = worst.backward(weight, gradients, sums)
        if relative:
            for gradient, layer, r, g in zip(gradients, case.layers, radii, moved, strict=True):
                at = np.unravel_index(np.abs(layer.weight).argmax(), layer.weight.shape)
                gradient[at] += np.sign(layer.weight[at]) * float(np.sum(g * r)) / max(np.abs(layer.weight[at]), 1e-300)
    clean.backward(seed, gradients, sums)
    norms = sum(_norm(layer.weight, gradient, b) for layer, gradient in zip(case.layers, gradients, strict=True))
    shapes = [array_of(layer).shape for layer in case.network.weights]
    return RobustLoss(
        entropy + a * fall + b * norms,
        entropy,
        fall,
        float(norms),
        tuple(g.reshape(shape) for g, shape in zip(gradients, shapes, strict=True)),
        tuple(s.reshape(layer.weight.shape[0], -1).sum(axis=1) for s, layer in zip(sums, case.layers, strict=True)),
    )


def checked_labels(labels: ArrayLike, case: Case) -> NDArray[np.intp]:
    """One class for each input."""
    found = np.array([whole("each of labels", one) for one in entries("labels", labels, "classes")], dtype=np.intp)
    if len(found) != len(case.x):
        raise InvalidInput(f"labels must be one for each of {len(case.x)} inputs, not {len(found)}")
    if found.max() >= case.network.classes:
        raise InvalidInput(f"each of labels must be from 0 to {case.network.classes - 1}, not {found.max()}")
    return found


class _Clean:
    """f(x), kept for the way back."""

    def __init__(self, case: Case) -> None:
        self.case, self.z, self.a = case, [case.x], []
        for layer in case.layers:
            self.a.append(layer.apply(layer.weight, self.z[-1]) + layer.bias)
            self.z.append(case.activation.value(self.a[-1]))
        self.outputs = self.a[-1]

    def backward(self, delta: Array, gradients: list[Array], sums: list[Array]) -> None:
        for m in range(len(self.a) - 1, -1, -1):
            layer = self.case.layers[m]
            gradients[m] += layer.gradient(delta, self.z[m])
            sums[m] += delta.sum(axis=0)
            if m:
                delta = layer.transposed(layer.weight, delta[:, None])[:, 0] * self.case.activation.slope(self.a[m - 1])


class _Worst:
    """Least f_y − f_j by intervals, without room for rounding, kept for the way back."""

    def __init__(self, case: Case, radii: Sequence[Array], y: NDArray[np.intp], others: NDArray[np.intp]) -> None:
        self.case, self.radii, self.y, self.others = case, radii, y, others
        self.a: list[tuple[Array, Array]] = []
        self.z = [(case.x, case.x)]
        for m, (layer, r) in enumerate(zip(case.layers[:-1], radii[:-1], strict=True)):
            low, high = self.z[-1]
            if m == 0:
                middle, half = layer.apply(layer.weight, low), layer.apply(r, np.abs(low))
                ends = middle - half + layer.bias, middle + half + layer.bias
            else:
                most, least = layer.weight + r, layer.weight - r
                ends = (
                    layer.apply(np.maximum(least, 0.0), low) + layer.apply(np.minimum(least, 0.0), high) + layer.bias,
                    layer.apply(np.maximum(most, 0.0), high) + layer.apply(np.minimum(most, 0.0), low) + layer.bias,
                )
            self.a.append(ends)
            self.z.append((case.activation.value(ends[0]), case.activation.value(ends[1])))
        layer, r = case.layers[-1], radii[-1]
        self.d = layer.weight[y][:, None] - layer.weight[others]
        self.s = r[y][:, None] + r[others]
        low, high = self.z[-1]
        rest = layer.bias[y][:, None] - layer.bias[others]
        if len(case.layers) == 1:
            self.least = np.einsum("nqk,nk->nq", self.d, low) - np.einsum("nqk,nk->nq", self.s, np.abs(low)) + rest
        else:
            c = self.d - self.s
            self.least = np.einsum("nqk,nk->nq", np.maximum(c, 0.0), low) + rest
            self.least += np.einsum("nqk,nk->nq", np.minimum(c, 0.0), high)

    def backward(self, weight: Array, gradients: list[Array], sums: list[Array]) -> list[Array]:
        """Adds the gradient of Σ weight · least; returns that with respect to the radii."""
        moved = [np.zeros_like(r) for r in self.radii]
        low, high = self.z[-1]
        if len(self.case.layers) == 1:
            dd, ds = weight[:, :, None] * low[:, None], -weight[:, :, None] * np.abs(low)[:, None]
        else:
            c = self.d - self.s
            dd = weight[:, :, None] * np.where(c > 0.0, low[:, None], high[:, None])
            ds = -dd
        for sign, (target, d) in ((-1.0, (gradients[-1], dd)), (1.0, (moved[-1], ds))):
            np.add.at(target, self.y, d.sum(axis=1))
            np.add.at(target, self.others, sign * d)
        np.add.at(sums[-1], self.y, weight.sum(axis=1))
        np.add.at(sums[-1], self.others, -weight)
        if len(self.case.layers) > 1:
            self._hidden(
                np.einsum("nq,nqk->nk", weight, np.maximum(c, 0.0)),
                np.einsum("nq,nqk->nk", weight, np.minimum(c, 0.0)),
                gradients,
                sums,
                moved,
            )
        return moved

    def _hidden(self, low: Array, high: Array, gradients: list[Array], sums: list[Array], moved: list[Array]) -> None:
        """From the ends of the last hidden layer's z down to the inputs."""
        slope = self.case.activation.slope
        for m in range(len(self.a) - 1, -1, -1):
            layer, r = self.case.layers[m], self.radii[m]
            low, high = low * slope(self.a[m][0]), high * slope(self.a[m][1])
            sums[m] += (low + high).sum(axis=0)
            if m == 0:
                gradients[0] += layer.gradient(low + high, self.case.x)
                moved[0] += layer.gradient(high - low, np.abs(self.case.x))
                return
            z_low, z_high = self.z[m]
            most, least = layer.weight + r, layer.weight - r
            by_high = np.where(most > 0.0, layer.gradient(high, z_high), layer.gradient(high, z_low))
            by_low = np.where(least > 0.0, layer.gradient(low, z_low), layer.gradient(low, z_high))
            gradients[m] += by_high + by_low
            moved[m] += by_high - by_low

            def back(matrix: Array, c: Array, layer=layer) -> Array:
                return layer.transposed(matrix, c[:, None])[:, 0]

            low, high = (
                back(np.minimum(most, 0.0), high) + back(np.maximum(least, 0.0), low),
                back(np.maximum(most, 0.0), high) + back(np.minimum(least, 0.0), low),
            )


def _norm(weight: Array, gradient: Array, b: float) -> float:
    """Largest row plus largest column sum of |W|; adds b times its gradient."""
    size = np.abs(weight)
    row, column = size.sum(axis=1).argmax(), size.sum(axis=0).argmax()
    if b > 0.0:
        gradient[row] += b * np.sign(weight[row])
        gradient[:, column] += b * np.sign(weight[:, column])
    return float(size[row].sum() + size[:, column].sum())
