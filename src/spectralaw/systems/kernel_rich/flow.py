"""Gradient flow of the weights themselves, from a given scale to the end of training."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw._checks import finite, positive_integer
from spectralaw.display import Shown, number
from spectralaw.errors import InvalidInput
from spectralaw.results import ByValue, Status
from spectralaw.systems.kernel_rich import potential as law
from spectralaw.systems.kernel_rich.kernel import kernel_change
from spectralaw.systems.kernel_rich.rows import Rows, rows, scale_of

Array = NDArray[np.float64]

_WIDEST = 1000  # columns: the Jacobian has the square of twice as many entries
_LAZY = 1e-2  # coefficients over scale^depth below which the weights are kept as what they differ from the start
_END = 1e-10  # misfit at which training has ended
_MISFIT, _STATIONARY = 1e-9, 1e-6  # of a result; 4e-9 was the largest stationarity that was measured
_ABSOLUTE = 1e-6  # absolute over relative tolerance of the integrator


@dataclass(frozen=True, repr=False, eq=False)
class Flow(Shown, ByValue):
    """Where gradient flow has led, with what certifies that it is the end, and that it is the one of the theory."""

    coefficients: NDArray[np.float64] = field(repr=False)
    """β = w₊^D − w₋^D, shape (d,)."""
    plus: NDArray[np.float64] = field(repr=False)
    """w₊, shape (d,)."""
    minus: NDArray[np.float64] = field(repr=False)
    """w₋, shape (d,)."""
    scale: float
    depth: int
    loss: float
    """‖X β − y‖²."""
    misfit: float
    """‖X β − y‖/‖y‖."""
    stationarity: float
    """Largest part of q′(β_i/scale^D) outside the span of the rows, over the largest of them: zero along exact flow, so
    that it tells the error of the integration."""
    kernel_change: float
    """‖K − K₀‖/‖K₀‖ of the tangent kernel."""
    time: float
    """Of the flow dw/dt = −∂‖X β − y‖²/∂w."""
    steps: int
    status: Status
    message: str = ""

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        return f"Gradient flow of depth {self.depth} from scale {number(self.scale)}", [
            ("status", f"{self.status} (misfit {self.misfit:.1e}, stationarity {self.stationarity:.1e})"),
            ("loss", number(self.loss)),
            ("l1 norm", number(float(np.sum(np.abs(self.coefficients))))),
            ("l2 norm", number(float(np.linalg.norm(self.coefficients)))),
            ("kernel change", number(self.kernel_change)),
            ("time", number(self.time)),
            ("steps", str(self.steps)),
        ]


def gradient_flow(
    X: Any,
    y: Any,
    scale: float = 1.0,
    depth: int = 2,
    *,
    tolerance: float = 1e-8,
    max_steps: int = 20_000,
) -> Flow:
    """Gradient flow on ‖X β − y‖² with β = w₊^D − w₋^D, all weights at ``scale`` in the beginning, to its end.

    The 2 d weights are integrated by an implicit Runge–Kutta method (Radau, order five), for the rates of small weights
    and of large ones are many orders apart. Nothing of the theory enters; that the end is the minimiser of the
    potential is what ``stationarity`` measures.

    Parameters
    ----------
    X : array, shape (n, d)
        At most 1000 columns.
    y : array, shape (n,)
        Interpolated by some coefficients: otherwise the loss ends above zero and the flow is of another problem.
    scale : float
        α > 0.
    depth : int
        D, 2 to 100.
    tolerance : float
        Relative error of a step of the integrator, 1e-12 to 1e-3.
    max_steps : int

    Returns
    -------
    Flow
        ``converged`` when the misfit is below 1e-9 and the stationarity below 1e-6.

    Raises
    ------
    InvalidInput
        For anything else.

    References
    ----------
    arXiv:2002.09277.
    """
    depth, steps = law.depth_of(depth), positive_integer("max_steps", max_steps)
    relative = finite("tolerance", tolerance)
    if not 1e-12 <= relative <= 1e-3:
        raise InvalidInput(f"tolerance must be between 1e-12 and 1e-3, not {relative:g}")
    asked = rows(X, y)
    d = asked.inputs.shape[1]
    if d > _WIDEST:
        raise InvalidInput(
            f"X must have at most {_WIDEST} columns, not {d}: min_potential finds the end without a flow"
        )
    size = float(np.linalg.norm(asked.goal))
    alpha = scale_of(scale, depth, size)
    if size == 0.0:
        start = np.full(d, alpha)
        return Flow(np.zeros(d), start, start, alpha, depth, 0.0, 0.0, 0.0, 0.0, 0.0, 0, Status.CONVERGED)
    weights, duration, taken, message = _integrate(asked, size, alpha**depth / size, depth, relative, steps)
    return _judged(asked, weights, alpha, depth, duration, taken, message)


def _judged(
    asked: Rows, weights: _Weights, alpha: float, depth: int, duration: float, taken: int, message: str
) -> Flow:
    coefficients = alpha**depth * weights.image()
    misfit = asked.misfit(coefficients)
    stationarity = asked.stationarity(coefficients, alpha**depth, depth)
    good = misfit <= _MISFIT and stationarity <= _STATIONARY
    if not good and not message:
        message = f"the misfit must be below {_MISFIT:g} and the stationarity below {_STATIONARY:g}"
    top = float(np.linalg.norm(asked.inputs, 2))
    unit = 2.0 * depth * alpha ** (depth - 2) * top**2 * float(np.linalg.norm(asked.goal))
    plus, minus = (alpha * w for w in weights.both())
    return Flow(
        coefficients,
        plus,
        minus,
        alpha,
        depth,
        float(np.sum((asked.inputs @ coefficients - asked.labels) ** 2)),
        misfit,
        stationarity,
        kernel_change(asked.inputs, weights.growth()),
        duration / unit,
        taken,
        Status.CONVERGED if good else Status.NOT_CONVERGED,
        "" if good else message,
    )


class _Weights:
    """Weights over their scale, kept as they are (origin 0) or as what they differ from one (origin 1)."""

    def __init__(self, state: Array, origin: float, depth: int) -> None:
        self.state, self.origin, self.depth = state, origin, depth

    def both(self) -> tuple[Array, Array]:
        plus, minus = np.split(self.origin + self.state, 2)
        return plus, minus

    def _power(self, exponent: int) -> Array:
        """ω^exponent, less one with origin 1."""
        if self.origin:
            return np.expm1(exponent * np.log1p(self.state))
        return self.state**exponent

    def image(self) -> Array:
        """ω₊^D − ω₋^D."""
        plus, minus = np.split(self._power(self.depth), 2)
        return plus - minus

    def growth(self) -> Array:
        """(ω₊^(2D−2) + ω₋^(2D−2))/2 − 1."""
        plus, minus = np.split(self._power(2 * self.depth - 2), 2)
        return 0.5 * (plus + minus) - (1.0 - self.origin)


def _integrate(
    asked: Rows, size: float, unit: float, depth: int, relative: float, most: int
) -> tuple[_Weights, float, int, str]:
    """dω±/dτ = ±ω±^(D−1) g, g = Xᵀ(y − X β)/(σ₁² ‖b‖): weights over their scale, σ₁ the largest singular value of X."""
    from scipy.integrate import Radau

    d = asked.inputs.shape[1]
    top = float(np.linalg.norm(asked.inputs, 2))
    origin = 1.0 if 1.0 / unit < _LAZY else 0.0
    gram = asked.inputs.T @ asked.inputs / top**2
    pull, goal = gram @ asked.min_l2 / size, asked.goal / size
    weights = lambda state: _Weights(state, origin, depth)  # noqa: E731

    def force(state: Array) -> Array:
        return pull - unit * (gram @ weights(state).image())

    def rate(_: float, state: Array) -> Array:
        plus, minus = weights(state).both()
        g = force(state)
        return np.concatenate([plus ** (depth - 1) * g, -(minus ** (depth - 1)) * g])

    def jacobian(_: float, state: Array) -> Array:
        plus, minus = weights(state).both()
        steep = np.concatenate([plus ** (depth - 1), -(minus ** (depth - 1))])
        found = -unit * depth * steep[:, None] * np.tile(gram, (2, 2)) * steep
        own = (depth - 1) * np.concatenate([plus ** (depth - 2), -(minus ** (depth - 2))]) * np.tile(force(state), 2)
        found[np.arange(2 * d), np.arange(2 * d)] += own
        return found

    absolute = relative * _ABSOLUTE * (1.0 / unit if origin else 1.0)
    start = np.full(2 * d, 1.0 - origin)
    with np.errstate(over="ignore", invalid="ignore"):  # steps that are tried and refused
        solver = Radau(rate, 0.0, start, np.inf, rtol=relative, atol=absolute, jac=jacobian)  # type: ignore[arg-type]
        for step in range(most):
            left = goal - unit * (asked.basis.T @ weights(solver.y).image())
            if float(np.linalg.norm(left)) <= _END:
                return weights(solver.y), float(solver.t), step, ""
            why = solver.step()
            if solver.status == "failed":
                return weights(solver.y), float(solver.t), step, f"the integrator stopped: {why}"
    return weights(solver.y), float(solver.t), most, f"training has not ended after {most} steps"
