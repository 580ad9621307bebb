"""The laws: log ŷ and its derivatives, for many parameter vectors at once.

Everything is one sum, ŷ = E + Σ_t exp(g_t), with g linear in the logarithm of an amplitude and in the exponents, less a
softplus for each break. Inside, x and y are centred in logarithms (:class:`Frame`), so that a fit does not depend on
units: E is in units of the mean loss, an amplitude is that at the centre of the data.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

STEEPEST = 8.0  # largest exponent, and largest change of exponent at a break
STEEPEST_TWO = 5.0  # the same for the law of two variables
SHARPEST, WIDEST = 0.03, 3.0  # width f of a break, in units of log x
_LOWEST = -600.0  # below this the exponential underflows anyway
_TINY = 1e-300


@dataclass(frozen=True)
class Frame:
    """Where the logarithms are centred."""

    centres: tuple[float, ...]
    """Of log x, one for each variable."""
    level: float
    """Of log y."""


@dataclass(frozen=True)
class Law:
    """One law: which terms, which parameters."""

    name: str
    """``power``, ``plateau``, ``broken``, ``broken_plateau``, ``chinchilla`` or ``chinchilla_tied``."""
    breaks: int = 0

    @property
    def two_variables(self) -> bool:
        return self.name.startswith("chinchilla")

    @property
    def has_plateau(self) -> bool:
        return self.name not in ("power", "broken")

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """Names, in the order of the parameter vector."""
        if self.name == "chinchilla":
            return ("E", "A", "B", "alpha", "beta")
        if self.name == "chinchilla_tied":
            return ("E", "A", "B", "alpha")
        slope = "a0" if self.breaks else "alpha"
        broken = tuple(f"{what}{i}" for i in range(1, self.breaks + 1) for what in ("x", "f", "delta"))
        return (("E",) if self.has_plateau else ()) + ("A", slope) + broken

    @property
    def size(self) -> int:
        return len(self.parameters)

    @property
    def exponents(self) -> tuple[str, ...]:
        """Parameters that are exponents of the whole law (none where it has breaks, whose regimes say it)."""
        return tuple(name for name in self.parameters if name in ("alpha", "beta"))

    def bounds(self, u: Array) -> tuple[Array, Array]:
        """Lower and upper limits of the parameters, for centred logarithms u of shape (variables, n)."""
        steepest = STEEPEST_TWO if self.two_variables else STEEPEST
        low, high = np.full(self.size, -np.inf), np.full(self.size, np.inf)
        places = np.unique(u) if self.breaks else u[0]  # a break beyond the second or last but one fits a single point
        for j, name in enumerate(self.parameters):
            if name == "E":
                low[j] = 0.0
            elif name in ("alpha", "beta"):
                low[j], high[j] = (0.0 if self.has_plateau else -steepest), steepest
            elif name == "a0" or name.startswith("delta"):
                low[j], high[j] = -steepest, steepest
            elif name.startswith("x"):
                low[j], high[j] = places[min(1, len(places) - 1)], places[max(-2, -len(places))]
            elif name.startswith("f"):
                low[j], high[j] = np.log(SHARPEST), np.log(WIDEST)
        return low, high

    def evaluate(self, theta: Array, u: Array) -> tuple[Array, Array]:
        """log ŷ, shape (batch, n), and its derivatives, shape (batch, parameters, n)."""
        theta = np.atleast_2d(theta)
        jacobian = np.empty((len(theta), self.size, u.shape[1]))
        if self.two_variables:
            return self._two(theta, u, jacobian), jacobian
        return self._one(theta, u[0], jacobian), jacobian

    def value(self, theta: Array, u: Array) -> Array:
        """log ŷ, shape (batch, n)."""
        return self.evaluate(theta, u)[0]

    def _one(self, theta: Array, u: Array, jacobian: Array) -> Array:
        first = 1 if self.has_plateau else 0
        power = theta[:, first, None] - theta[:, first + 1, None] * u
        jacobian[:, first] = 1.0
        jacobian[:, first + 1] = -u
        for i in range(self.breaks):
            j = first + 2 + 3 * i
            width, change = np.exp(theta[:, j + 1, None]), theta[:, j + 2, None]
            z = (u - theta[:, j, None]) / width
            softplus = np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z)))
            step = 0.5 * (1.0 + np.tanh(0.5 * z))
            power = power - change * width * softplus
            jacobian[:, j] = change * step
            jacobian[:, j + 1] = -change * width * (softplus - z * step)
            jacobian[:, j + 2] = -width * softplus
        if not first:
            return power
        floor = np.maximum(power, _LOWEST)
        scaled = np.exp(-floor)
        log_y = floor + np.log(np.maximum(theta[:, 0, None] * scaled + np.exp(power - floor), _TINY))
        jacobian[:, 0] = np.exp(np.minimum(-log_y, -_LOWEST))
        jacobian[:, 1:] *= np.exp(power - log_y)[:, None]
        return log_y

    def _two(self, theta: Array, u: Array, jacobian: Array) -> Array:
        beta = theta[:, -1, None]
        of_n = theta[:, 1, None] - theta[:, 3, None] * u[0]
        of_d = theta[:, 2, None] - beta * u[1]
        top = np.maximum(np.maximum(of_n, of_d), _LOWEST)
        terms = theta[:, 0, None] * np.exp(-top) + np.exp(of_n - top) + np.exp(of_d - top)
        log_y = top + np.log(np.maximum(terms, _TINY))
        jacobian[:, 0] = np.exp(np.minimum(-log_y, -_LOWEST))
        np.exp(of_n - log_y, out=jacobian[:, 1])
        np.exp(of_d - log_y, out=jacobian[:, 2])
        np.multiply(jacobian[:, 1], -u[0], out=jacobian[:, 3])
        if self.size == 5:
            np.multiply(jacobian[:, 2], -u[1], out=jacobian[:, 4])
        else:
            jacobian[:, 3] -= jacobian[:, 2] * u[1]
        return log_y

    def local_exponent(self, theta: Array, u: Array) -> tuple[Array, Array]:
        """s = d log ŷ / d log x of a law of one variable, and its derivatives (batch, parameters, n)."""
        theta, u = np.atleast_2d(theta), np.atleast_1d(u)
        first = 1 if self.has_plateau else 0
        batch, n = len(theta), len(u)
        slope = -theta[:, first + 1, None] * np.ones(n)
        of_slope = np.zeros((batch, self.size, n))
        of_slope[:, first + 1] = -1.0
        for i in range(self.breaks):
            j = first + 2 + 3 * i
            width, change = np.exp(theta[:, j + 1, None]), theta[:, j + 2, None]
            z = (u - theta[:, j, None]) / width
            step = 0.5 * (1.0 + np.tanh(0.5 * z))
            bend = step * (1.0 - step)
            slope = slope - change * step
            of_slope[:, j] = change * bend / width
            of_slope[:, j + 1] = change * bend * z
            of_slope[:, j + 2] = -step
        if not first:
            return slope, of_slope
        log_y, jacobian = self.evaluate(theta, u[None])
        share = 1.0 - theta[:, 0, None] * np.exp(-log_y)  # of the power law in ŷ
        of_share = theta[:, 0, None, None] * np.exp(-log_y)[:, None] * jacobian
        of_share[:, 0] -= np.exp(-log_y)
        return slope * share, of_slope * share[:, None] + slope[:, None] * of_share

    def to_user(self, frame: Frame) -> tuple[Array, Array]:
        """Matrix and offset that take a parameter vector to the user's units; see :attr:`logarithmic`."""
        matrix, offset = np.eye(self.size), np.zeros(self.size)
        index = {name: j for j, name in enumerate(self.parameters)}
        for j, name in enumerate(self.parameters):
            if name == "E":
                matrix[j, j] = np.exp(frame.level)
            elif name == "A":
                matrix[j, index["a0" if self.breaks else "alpha"]] = frame.centres[0]
                offset[j] = frame.level
            elif name == "B":
                matrix[j, index.get("beta", index["alpha"])] = frame.centres[1]
                offset[j] = frame.level
            elif name.startswith("x"):
                offset[j] = frame.centres[0]
        return matrix, offset

    @cached_property
    def logarithmic(self) -> Array:
        """Which parameters are carried as logarithms: amplitudes, breaks, widths."""
        return np.array([name[0] in "ABxf" for name in self.parameters])

    def move(self, theta: Array, old: Frame, new: Frame) -> Array:
        """The same law with its parameters in another frame."""
        there, shift = self.to_user(old)
        back, unshift = self.to_user(new)
        return np.asarray(np.linalg.solve(back, ((theta @ there.T) + shift - unshift).T).T, dtype=np.float64)
