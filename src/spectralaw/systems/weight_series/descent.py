"""Gradient descent through the series, step by step, beside plain gradient descent of the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spectralaw._checks import finite, positive_integer, vector, whole
from spectralaw.errors import ConvergenceFailure, InvalidInput
from spectralaw.systems.arrays import matrix
from spectralaw.systems.weight_series import activations
from spectralaw.systems.weight_series.network import Layers, gradient, layers, outputs
from spectralaw.systems.weight_series.series import HIGHEST, partial_sums

if TYPE_CHECKING:
    import xarray

Array = NDArray[np.float64]


def sequential_gd(
    v: Any,
    W: Any,
    inputs: Any,
    labels: Any,
    *,
    learning_rate: float,
    steps: int,
    order: int,
    activation: str = "tanh",
) -> xarray.Dataset:
    """Gradient descent on Σ (f − y)²/(2 n) from (v, W), of the network and of its power series.

    Two ways of learning through the series stand beside the network: *around the start*, descent of the series of the
    given order around the first weights, whose features never change (order 1: the tangent kernel); and *summed*, the
    outputs that add up step by step from the series around the weights of each step of plain descent.

    Parameters
    ----------
    v, W, inputs, labels : arrays, shapes (m,), (m, d), (n, d), (n,)
    learning_rate : float
        η > 0: a step is −η times the gradient.
    steps : int
    order : int
        1 to 500.
    activation : {"tanh", "erf", "quadratic"}

    Returns
    -------
    xarray.Dataset
        Over (step, input), from step 0: ``output`` of the network, ``series_output`` around the start and
        ``summed_output``; over step: ``loss``, ``series_loss``, ``reach`` and ``summed_reach``, the largest |δ| over
        its radius of convergence, and ``inside``, whether both are below one up to this step. From a step that is not
        inside, series and sums are NaN. The last weights: ``v``, ``W``, and ``series_v``, ``series_W`` at the last step
        inside.

    Raises
    ------
    InvalidInput
        For anything else.
    ConvergenceFailure
        When plain descent diverges: the learning rate is too large.
    """
    import xarray

    net = layers(v, W)
    x = matrix("inputs", inputs, net.W.shape[1])
    y, rate = vector("labels", labels), finite("learning_rate", learning_rate)
    if y.size != x.shape[0]:
        raise InvalidInput(f"labels must have one for each of the {x.shape[0]} inputs, not {y.size}")
    if rate <= 0.0:
        raise InvalidInput(f"learning_rate must be greater than 0, not {rate:g}")
    many, degree = positive_integer("steps", steps), whole("order", order, 1)
    if degree > HIGHEST:
        raise InvalidInput(f"order must be {HIGHEST} or less, not {degree}")
    name = activations.activation_of(activation)

    plain, a, room = net, x @ net.W.T, activations.radius(name, x @ net.W.T)
    coefficients = activations.taylor(name, a, degree)
    moved = Layers(np.zeros_like(net.v), np.zeros_like(net.W))
    start = outputs(net, x, name)
    out = {key: np.full((many + 1, y.size), np.nan) for key in ("output", "series_output", "summed_output")}
    reach = {key: np.full(many + 1, np.nan) for key in ("reach", "summed_reach")}
    inside = np.zeros(many + 1, dtype=bool)
    for values in out.values():
        values[0] = start
    reach["reach"][0] = reach["summed_reach"][0] = 0.0
    inside[0] = True
    for t in range(many):
        step = _scaled(gradient(plain, x, y, name), -rate)
        ahead = Layers(plain.v + step.v, plain.W + step.W)
        with np.errstate(over="ignore", invalid="ignore"):
            out["output"][t + 1] = outputs(ahead, x, name)
        if not np.all(np.isfinite(out["output"][t + 1])):
            raise ConvergenceFailure(f"gradient descent diverges at step {t + 1}: learning_rate {rate:g} is too large")
        if inside[t]:
            here, delta = x @ plain.W.T, x @ step.W.T
            reach["summed_reach"][t + 1] = np.max(np.abs(delta) / activations.radius(name, here))
            change = _scaled(_series_gradient(net, moved, x, y, coefficients, a), -rate)
            moved_on = Layers(moved.v + change.v, moved.W + change.W)
            shift = x @ moved_on.W.T
            reach["reach"][t + 1] = np.max(np.abs(shift) / room)
            inside[t + 1] = reach["reach"][t + 1] < 1.0 and reach["summed_reach"][t + 1] < 1.0
            if inside[t + 1]:
                moved = moved_on
                sums = partial_sums(plain, step, here, delta, degree, name)
                out["summed_output"][t + 1] = out["summed_output"][t] + (sums[-1] - sums[0])
                out["series_output"][t + 1] = partial_sums(net, moved, a, shift, degree, name)[-1]
        plain = ahead
    over = lambda values: np.sum((values - y) ** 2, axis=1) / (2.0 * y.size)  # noqa: E731
    return xarray.Dataset(
        {
            **{key: (("step", "input"), values) for key, values in out.items()},
            **{key: ("step", values) for key, values in reach.items()},
            "loss": ("step", over(out["output"])),
            "series_loss": ("step", over(out["series_output"])),
            "inside": ("step", inside),
            "v": ("unit", plain.v),
            "W": (("unit", "column"), plain.W),
            "series_v": ("unit", net.v + moved.v),
            "series_W": (("unit", "column"), net.W + moved.W),
        },
        coords={"step": np.arange(many + 1)},
        attrs={"learning_rate": rate, "order": degree, "activation": name},
    )


def _scaled(net: Layers, factor: float) -> Layers:
    return Layers(factor * net.v, factor * net.W)


def _series_gradient(net: Layers, moved: Layers, x: Array, y: Array, coefficients: Array, a: Array) -> Layers:
    """Gradient of the loss of the truncated series, in the step of the weights."""
    order = coefficients.shape[0] - 1
    delta = x @ moved.W.T
    full, slope = _polynomial(coefficients, delta)
    short, short_slope = _polynomial(coefficients[:order], delta)
    left = (full @ net.v + short @ moved.v - y) / y.size
    pull = (slope * net.v + short_slope * moved.v) * left[:, None]
    return Layers(short.T @ left, pull.T @ x)


def _polynomial(coefficients: Array, delta: Array) -> tuple[Array, Array]:
    """Σ c_k δ^k and its derivative, by Horner's rule."""
    found, slope = np.zeros_like(delta), np.zeros_like(delta)
    for c in coefficients[::-1]:
        slope = slope * delta + found
        found = found * delta + c
    return found, slope
