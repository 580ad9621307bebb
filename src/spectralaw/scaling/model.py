"""A fitted law with its covariance: values and intervals of functions of the parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from spectralaw.errors import InvalidInput
from spectralaw.scaling.laws import Array, Frame, Law


class Band(NamedTuple):
    """Values with the ends of their intervals."""

    value: Any
    low: Array
    high: Array


@dataclass(frozen=True)
class Model:
    """One fitted law.

    Intervals of functions are the delta method's, or percentiles of the bootstrap where there is one.
    """

    law: Law
    frame: Frame
    names: tuple[str, ...]
    theta: Array
    covariance: Array
    quantile: float
    """Of Student's t."""
    sigma: float
    """Robust scale of one measurement, in log y."""
    scatter: float
    """Half-width of the interval of a new measurement around the law, in log y."""
    level: float
    low: Array
    high: Array
    """Range of log x that was fitted."""
    replicates: Array | None = None
    """Parameter vectors of the bootstrap."""

    @property
    def method(self) -> str:
        return "wald" if self.replicates is None else "bootstrap"

    def centred(self, x: Any) -> tuple[Array, tuple[int, ...]]:
        """Centred logarithms of x, shape (variables, n), and the shape that x had."""
        if isinstance(x, Mapping):
            if set(x) != set(self.names):
                raise InvalidInput(f"x must have the names {', '.join(map(repr, self.names))}, not {list(x)!r}")
            columns = np.broadcast_arrays(*(np.asarray(x[name], dtype=float) for name in self.names))
        elif len(self.names) == 1:
            columns = [np.asarray(x, dtype=float)]
        else:
            raise InvalidInput("x of a law of two variables must be {'N': ..., 'D': ...}")
        values = np.array([column.ravel() for column in columns])
        if not np.all(np.isfinite(values) & (values > 0.0)):
            raise InvalidInput("x must be finite and greater than 0")
        return np.log(values) - np.array(self.frame.centres)[:, None], columns[0].shape

    def predict(self, x: Any) -> Any:
        u, shape = self.centred(x)
        value = np.exp(self.law.value(self.theta, u)[0] + self.frame.level).reshape(shape)
        return float(value) if not shape else value

    def log_error(self, u: Array) -> Array:
        """Standard error of log ŷ at centred u."""
        jacobian = self.law.evaluate(self.theta, u)[1][0]
        return np.sqrt(np.maximum(np.einsum("jn,jk,kn->n", jacobian, self.covariance, jacobian), 0.0))

    def log_band(self, u: Array) -> Band:
        value = self.law.value(self.theta, u)[0]
        if self.replicates is not None:
            return Band(value, *self.percentiles(self.law.value(self.replicates, u)))
        half = self.quantile * self.log_error(u)
        return Band(value, value - half, value + half)

    def band(self, x: Any) -> tuple[Array, Array, Array]:
        """The law, and the interval of the law (not of a new measurement), in units of y."""
        u, shape = self.centred(x)
        value, low, high = (np.exp(part + self.frame.level).reshape(shape) for part in self.log_band(u))
        return value, low, high

    def local_exponent(self, x: Any) -> Band:
        if self.law.two_variables:
            raise InvalidInput("local_exponent needs a law of one variable, not one of N and D")
        u, shape = self.centred(x)
        band = self.slope_band(u[0])
        value, low, high = (np.asarray(part).reshape(shape) for part in band)
        return Band(float(value) if not shape else value, low, high)

    def slope_band(self, u: Array) -> Band:
        """Local exponent at centred u with its interval."""
        value, gradient = self.law.local_exponent(self.theta, u)
        return self.of(value[0], gradient[0], lambda theta: self.law.local_exponent(theta, u)[0])

    def of(self, value: Any, gradient: Array, function: Any) -> Band:
        """Interval of a function of this gradient (parameters first); ``function`` maps parameter vectors to values."""
        if self.replicates is not None:
            return Band(value, *self.percentiles(function(self.replicates)))
        variance = np.einsum("j...,jk,k...->...", gradient, self.covariance, gradient)
        half = self.quantile * np.sqrt(np.maximum(variance, 0.0))
        return Band(value, value - half, value + half)

    def percentiles(self, values: Array) -> tuple[Array, Array]:
        tail = 0.5 * (1.0 - self.level)
        low, high = np.quantile(values, [tail, 1.0 - tail], axis=0)
        return low, high

    def user(self, theta: Array | None = None) -> Array:
        """Parameters in the user's units."""
        return to_user(self.law, self.frame, self.theta if theta is None else theta)


def to_user(law: Law, frame: Frame, theta: Array) -> Array:
    """Parameter vectors in the units of x and y."""
    matrix, offset = law.to_user(frame)
    carried = theta @ matrix.T + offset
    with np.errstate(over="ignore"):
        return np.where(law.logarithmic, np.exp(carried), carried)


def from_user(law: Law, frame: Frame, name: str, value: float) -> float:
    """One given parameter as the law carries it; amplitudes need a frame whose centre is 0."""
    if name == "E":
        return value * float(np.exp(-frame.level))
    if name in ("A", "B"):
        return float(np.log(value)) - frame.level
    if name.startswith("x"):
        return float(np.log(value)) - frame.centres[0]
    return float(np.log(value)) if name.startswith("f") else value
