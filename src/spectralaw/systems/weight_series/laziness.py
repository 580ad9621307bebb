"""How lazy a training was: which order of the series explains what it did to the function."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw._checks import finite, positive_integer
from spectralaw.display import Shown, number
from spectralaw.errors import InvalidInput
from spectralaw.results import ByValue
from spectralaw.systems.arrays import matrix
from spectralaw.systems.weight_series import activations
from spectralaw.systems.weight_series.network import outputs, read_layers
from spectralaw.systems.weight_series.series import HIGHEST, partial_sums


@dataclass(frozen=True, repr=False, eq=False)
class Laziness(Shown, ByValue):
    """What each order of the series explains of the change of the function, over given inputs."""

    order: int | None
    """The lowest from which on all orders are within the tolerance; None where none is, up to the highest tried."""
    errors: NDArray[np.float64] = field(repr=False)
    """‖f_k − f‖/‖f − f₀‖ over the inputs by order k = 0, 1, …, f the network after training, f₀ before."""
    tolerance: float
    change: float
    """Root mean square of f − f₀ over the inputs."""
    reach: float
    """Largest |δ| over its radius of convergence; from one on the series diverges at some input."""
    outside: float
    """Share of the pairs of input and neuron at which it does."""
    message: str = ""
    """Why there is no order."""

    @property
    def linear_error(self) -> float:
        """Error of order 1, the linearised network: how far the training was from its tangent kernel."""
        return float(self.errors[1])

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        return "How lazy the training was", [
            (f"order that explains it to {100 * self.tolerance:g} %", self.message or str(self.order)),
            ("error of the linearised network", number(self.linear_error)),
            ("error of order 2", number(float(self.errors[2]))),
            ("change of the function", number(self.change)),
            ("largest step over its radius", number(self.reach)),
        ]


def laziness(
    initial: Any,
    final: Any,
    inputs: Any,
    tolerance: float = 0.01,
    *,
    max_order: int = 40,
    activation: str = "tanh",
) -> Laziness:
    """Which order of the series around the initial weights explains the change of the function.

    Order 1 means lazy training, in the regime of the tangent kernel. Where weights have left the radius of convergence
    at some input, low orders may still be within the tolerance before the series diverges; high ones are not.

    Parameters
    ----------
    initial, final : (v, W), mapping, file or network
        Weights of v·φ(W x) before and after training, as a pair, or as ``weights.load`` reads them.
    inputs : array, shape (n, d)
        Where the function is looked at.
    tolerance : float
        Between 0 and 1, relative to the change of the function.
    max_order : int
        2 to 500.
    activation : {"tanh", "erf", "quadratic"}

    Raises
    ------
    InvalidInput
        For anything else, and for a training that has not changed the function.
    """
    limit, highest = finite("tolerance", tolerance), positive_integer("max_order", max_order)
    if not 0.0 < limit < 1.0:
        raise InvalidInput(f"tolerance must be between 0 and 1, not {limit:g}")
    if not 2 <= highest <= HIGHEST:
        raise InvalidInput(f"max_order must be between 2 and {HIGHEST}, not {highest}")
    name = activations.activation_of(activation)
    start, end = read_layers("initial", initial), read_layers("final", final)
    if start.W.shape != end.W.shape:
        raise InvalidInput(f"final must have W of the shape {start.W.shape} of initial, not {end.W.shape}")
    x = matrix("inputs", inputs, start.W.shape[1])
    before, after = outputs(start, x, name), outputs(end, x, name)
    change = float(np.linalg.norm(after - before))
    if change <= 1e-12 * float(np.linalg.norm(before)) or change == 0.0:
        raise InvalidInput(
            "final must compute another function than initial on these inputs, but the outputs are equal"
        )
    step = end - start
    a, delta = x @ start.W.T, x @ step.W.T
    sums = partial_sums(start, step, a, delta, highest, name)
    with np.errstate(over="ignore", invalid="ignore"):
        errors = np.linalg.norm(sums - after, axis=1) / change
    errors = np.where(np.isnan(errors), np.inf, errors)  # terms that overflow
    ratio = np.abs(delta) / activations.radius(name, a)
    within = np.flip(np.logical_and.accumulate(np.flip(errors <= limit)))
    order = int(np.argmax(within)) if within.any() else None
    reach, outside = float(np.max(ratio)), float(np.mean(ratio >= 1.0))
    message = ""
    if order is None:
        least = int(np.argmin(errors))
        why = "diverges" if reach >= 1.0 else "converges too slowly"
        message = f"none up to {highest}: the series {why} (order {least} comes nearest, {errors[least]:.2g})"
    return Laziness(order, errors, limit, change / np.sqrt(after.size), reach, outside, message)
