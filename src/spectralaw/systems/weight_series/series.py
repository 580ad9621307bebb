"""A one-hidden-layer network around given weights, as an exact power series in the step of the weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw._checks import whole
from spectralaw.errors import InvalidInput
from spectralaw.systems.arrays import matrix
from spectralaw.systems.weight_series import activations, multi_indices
from spectralaw.systems.weight_series.network import Layers, layers, outputs

Array = NDArray[np.float64]

HIGHEST = 500
"""Order, of a series: its coefficients cost (order² × inputs × neurons) operations."""


class WeightStepSeries:
    """f(x) = v·φ(W x) around (v, W), to a given order jointly in the steps (dv, dW).

    With a = W x and δ = dW x,

    f(x; v + dv, W + dW) = Σ_j Σ_k (v_j + dv_j) φ^(k)(a_j)/k! · δ_j^k,

    of which the terms up to total degree ``order`` are kept: k ≤ order with v_j, k ≤ order − 1 with dv_j. Order 1 is
    the linearised network of the tangent kernel. The series converges where |δ_j| is below the distance of a_j to the
    nearest singularity of φ: √(a_j² + π²/4) for tanh, always for erf and for the quadratic, which is exact at order 3.

    Parameters
    ----------
    v : array, shape (m,)
    W : array, shape (m, d)
    order : int
        0 (the network as it is) to 500.
    activation : {"tanh", "erf", "quadratic"}

    Raises
    ------
    InvalidInput
        For anything else.

    References
    ----------
    arXiv:2302.00205, whose spaces and bounds are not claimed here: only the series, which follows from Taylor's
    theorem.
    """

    def __init__(self, v: Any, W: Any, order: int, activation: str = "tanh") -> None:
        self._net = layers(v, W)
        self.order = whole("order", order, 0)
        if self.order > HIGHEST:
            raise InvalidInput(f"order must be {HIGHEST} or less, not {self.order}")
        self.activation = activations.activation_of(activation)

    @property
    def v(self) -> Array:
        """Weights of the second layer, shape (m,)."""
        return self._net.v

    @property
    def W(self) -> Array:
        """Weights of the first layer, shape (m, d)."""
        return self._net.W

    def __repr__(self) -> str:
        units, dimension = self.W.shape
        return f"WeightStepSeries({units} {self.activation} units, {dimension} inputs, order {self.order})"

    def outputs(self, inputs: Any) -> Array:
        """f at the weights that it is expanded around, shape (n,)."""
        return outputs(self._net, self._inputs(inputs), self.activation)

    def radius(self, inputs: Any) -> Array:
        """Radius of convergence at each input, shape (n,): the least over neurons of how far δ_j may go."""
        return np.min(activations.radius(self.activation, self._inputs(inputs) @ self.W.T), axis=1)

    def reach(self, inputs: Any, dW: Any) -> Array:
        """|δ_j| over the radius of its series, shape (n, m): the series converges where all are below one."""
        x = self._inputs(inputs)
        step = layers(np.zeros(self.v.size), self._step("dW", dW)).W
        return np.abs(x @ step.T) / activations.radius(self.activation, x @ self.W.T)

    def taylor(self, inputs: Any) -> Array:
        """Coefficients φ^(k)(a_j)/k! of each neuron, shape (order + 1, n, m)."""
        return activations.taylor(self.activation, self._inputs(inputs) @ self.W.T, self.order)

    def predict(self, inputs: Any, dv: Any, dW: Any) -> Array:
        """f after a step of the weights, up to terms above the order, shape (n,).

        Parameters
        ----------
        inputs : array, shape (n, d)
        dv : array, shape (m,)
        dW : array, shape (m, d)

        Raises
        ------
        InvalidInput
            Where the step leaves the radius of convergence at some input: no order is near the network there.
        """
        x = self._inputs(inputs)
        step = self._layers(dv, dW)
        self._refuse_outside(x, step)
        a, delta = x @ self.W.T, x @ step.W.T
        return partial_sums(self._net, step, a, delta, self.order, self.activation)[-1]

    def kernel(self, inputs: Any, others: Any = None) -> Array:
        """Tangent kernel Σ_j φ(a_j) φ(a′_j) + x·x′ Σ_j v_j² φ′(a_j) φ′(a′_j), shape (n, n′)."""
        x = self._inputs(inputs)
        y = x if others is None else matrix("others", others, self.W.shape[1])
        a, b = x @ self.W.T, y @ self.W.T
        of = lambda c: activations.value(self.activation, c)  # noqa: E731
        slope = lambda c: activations.derivative(self.activation, c) * self.v  # noqa: E731
        return of(a) @ of(b).T + (x @ y.T) * (slope(a) @ slope(b).T)

    def features(self, inputs: Any) -> Array:
        """Φ_p(x) = ∂^p f/p! for every multi-index p of degree 1 to ``order`` that is not zero for all networks.

        Shape (n, P): for each degree, and each neuron, those of W alone, then those with one of v. With :meth:`step`,
        f(x; v + dv, W + dW) = f(x) + Φ(x)·Ψ(dv, dW).

        Raises
        ------
        InvalidInput
            Also when the features are more than 10^7 numbers.
        """
        x = self._inputs(inputs)
        return multi_indices.features(self.taylor(x), x, self.v, self.order)

    def step(self, dv: Any, dW: Any) -> Array:
        """Ψ_p = Δ^p for the same multi-indices, shape (P,)."""
        step = self._layers(dv, dW)
        return multi_indices.steps(step.v, step.W, self.order)

    def _inputs(self, inputs: Any) -> Array:
        return matrix("inputs", inputs, self.W.shape[1])

    def _step(self, name: str, dW: Any) -> Array:
        step = matrix(name, dW)
        if step.shape != self.W.shape:
            raise InvalidInput(f"{name} must have the shape {self.W.shape} of W, not {step.shape}")
        return step

    def _layers(self, dv: Any, dW: Any) -> Layers:
        return layers(dv, self._step("dW", dW), ("dv", "dW"))

    def _refuse_outside(self, x: Array, step: Layers) -> None:
        moved = np.abs(x @ step.W.T)
        room = activations.radius(self.activation, x @ self.W.T)
        outside = ~(moved < room)
        if np.any(outside):
            i, j = np.argwhere(outside)[0]
            raise InvalidInput(
                f"dW must keep every neuron within the radius of its series, but at input {i} it moves neuron {j} by "
                f"{moved[i, j]:.4g}, and the radius there is {room[i, j]:.4g}"
            )


def partial_sums(net: Layers, step: Layers, a: Array, delta: Array, order: int, activation: str) -> Array:
    """f to every order from 0, shape (order + 1, n); converged or not."""
    coefficients = activations.taylor(activation, a, order)
    with np.errstate(under="ignore", over="ignore", invalid="ignore"):
        terms = coefficients * np.cumprod(
            np.concatenate([np.ones((1, *delta.shape)), np.tile(delta, (order, 1, 1))]), 0
        )
        by_degree = terms @ net.v
        by_degree[1:] += terms[:-1] @ step.v
        return np.cumsum(by_degree, axis=0)
