"""The interpolating coefficients of least potential: Newton's method on the dual, followed in the scale."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import qr, solve_triangular

from spectralaw._checks import finite
from spectralaw.display import Shown, number
from spectralaw.errors import ConvergenceFailure, InvalidInput
from spectralaw.results import ByValue, Status
from spectralaw.systems.kernel_rich import potential as law
from spectralaw.systems.kernel_rich.mirror import Sinh, Walls, start
from spectralaw.systems.kernel_rich.rows import Rows, rows, scale_of

Array = NDArray[np.float64]

_NEWTON = 12  # steps at one scale; a step of the path that needs more is halved
_NEAR = 1e-6  # misfit at which the path goes on
_FIRST, _LONGEST, _SHORTEST = np.log(30.0), np.log(1e12), 1e-4  # steps of the path, in log(goal/scale^depth)
_MOST = 600  # steps in all
_HALVINGS = 40
_DESCENT = 0.9  # share of the first slope of the dual that may be left after a step, on either side


@dataclass(frozen=True, repr=False, eq=False)
class Minimiser(Shown, ByValue):
    """Interpolating coefficients of least potential, with the certificate of the convex problem."""

    coefficients: NDArray[np.float64] = field(repr=False)
    """β, shape (d,)."""
    scale: float
    depth: int
    potential: float
    """scale^D Σ q_D(β_i/scale^D)."""
    l1_norm: float
    l2_norm: float
    misfit: float
    """‖X β − y‖/‖y‖."""
    stationarity: float
    """Largest part of q′(β_i/scale^D) outside the span of the rows, over the largest of them; both are zero at the
    minimiser and nowhere else."""
    iterations: int
    status: Status
    message: str = ""
    """Where it did not converge: the scale down to which the minimiser could be followed. That happens where
    coefficients of size scale^D are lost in the rounding of others, and the labels need few of them: the coefficients
    then differ from the least l1 norm by rounding only."""

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        return f"Interpolation of least potential, depth {self.depth}, scale {number(self.scale)}", [
            ("status", f"{self.status} (misfit {self.misfit:.1e}, stationarity {self.stationarity:.1e})"),
            ("potential", number(self.potential)),
            ("l1 norm", number(self.l1_norm)),
            ("l2 norm", number(self.l2_norm)),
            ("Newton steps", str(self.iterations)),
        ]


def min_potential(X: Any, y: Any, scale: float = 1.0, depth: int = 2, *, tolerance: float = 1e-9) -> Minimiser:
    """Minimise scale^D Σ q_D(β_i/scale^D) over the coefficients that interpolate, X β = y.

    This is where gradient flow on ‖X β − y‖² with β = w₊^D − w₋^D ends when all weights start at ``scale``. The
    minimiser has q′(β/scale^D) = Xᵀν; ν is found by Newton's method from large scales down to the one asked for, with
    predicted steps. For scale → ∞ it tends to the interpolation of least l2 norm, for scale → 0 to least l1 norm.

    Parameters
    ----------
    X : array, shape (n, d)
    y : array, shape (n,)
        In the range of X, to 1e-9.
    scale : float
        α > 0, with α^D within a factor of 1e100 of the coefficients.
    depth : int
        D, 2 to 100.
    tolerance : float
        What ``misfit`` and ``stationarity`` may be for ``status`` to say ``converged``.

    Raises
    ------
    InvalidInput
        For anything else, and for labels that nothing interpolates.

    References
    ----------
    arXiv:2002.09277.
    """
    depth, limit = law.depth_of(depth), finite("tolerance", tolerance)
    if limit <= 0.0:
        raise InvalidInput(f"tolerance must be greater than 0, not {limit:g}")
    asked = rows(X, y)
    size = float(np.linalg.norm(asked.goal))
    alpha = scale_of(scale, depth, size)
    unit = alpha**depth
    if size == 0.0:
        return _judged(asked, np.zeros(asked.inputs.shape[1]), alpha, depth, 0, limit)
    found, reached, iterations = _follow(asked.basis, asked.goal / size, size / unit, depth)
    coefficients = size / reached * found.image()
    return _judged(asked, coefficients, alpha, depth, iterations, limit, (size / reached) ** (1.0 / depth))


def _judged(
    asked: Rows,
    coefficients: Array,
    alpha: float,
    depth: int,
    iterations: int,
    limit: float,
    reached: float | None = None,
) -> Minimiser:
    unit = alpha**depth
    misfit = asked.misfit(coefficients)
    stationarity = asked.stationarity(coefficients, unit, depth)
    good = misfit <= limit and stationarity <= limit
    return Minimiser(
        coefficients,
        alpha,
        depth,
        unit * float(np.sum(law.potential(coefficients / unit, depth))),
        float(np.sum(np.abs(coefficients))),
        float(np.linalg.norm(coefficients)),
        misfit,
        stationarity,
        iterations,
        Status.CONVERGED if good else Status.NOT_CONVERGED,
        "" if good else f"the coefficients are those of scale {alpha if reached is None else reached:.3g}",
    )


def _follow(basis: Array, direction: Array, size: float, depth: int) -> tuple[Sinh | Walls, float, int]:
    """u with Qᵀz(u) = size · direction, from small sizes, where z is linear in u, to the one asked for.

    Also the size that was reached, and the Newton steps that it took.
    """
    here = min(size, 1e-3)
    linear = (basis @ direction) * (here / float(start(depth, 1).steepness()[0]))
    state, iterations = _newton(basis, here * direction, start(depth, basis.shape[0]).moved(linear))
    if state is None:
        raise ConvergenceFailure(f"no minimiser was found even where the problem is almost linear, at size {here:.3g}")
    step = _FIRST
    while here < size and step >= _SHORTEST and iterations < _MOST:
        ahead = min(step, float(np.log(size / here)))
        last = ahead >= float(np.log(size / here)) * (1.0 - 1e-12)
        there = size if last else here * float(np.exp(ahead))
        _, change = _solve(basis, state.steepness(), ahead * here * direction)
        if not np.all(np.isfinite(change)):
            break
        guess = state.moved(min(1.0, state.farthest(change)) * change)
        found, taken = _newton(basis, there * direction, guess)
        iterations += taken
        if found is None:
            step = 0.5 * ahead
        else:
            state, here, step = found, there, min(2.0 * step, _LONGEST)
    return state, here, iterations


def _newton(basis: Array, goal: Array, state: Sinh | Walls) -> tuple[Sinh | Walls | None, int]:
    """Maximise the concave dual; None where that took too many steps. To rounding, once it is near."""
    size = float(np.linalg.norm(goal))
    left = goal - basis.T @ state.image()
    error = float(np.linalg.norm(left)) / size
    for iteration in range(_NEWTON):
        inner, change = _solve(basis, state.steepness(), left)
        first = float(inner @ left)
        if not np.isfinite(first) or first <= 0.0:
            return (state if error <= _NEAR else None), iteration
        share = min(1.0, state.farthest(change))
        for _ in range(_HALVINGS):
            there = state.moved(share * change)
            after = goal - basis.T @ there.image()
            if abs(float(inner @ after)) <= _DESCENT * first or share < 1e-10:
                break
            share *= 0.5
        new = float(np.linalg.norm(after)) / size
        if error <= _NEAR and share == 1.0 and not new < 0.5 * error:  # rounding has been reached
            return (there if new < error else state), iteration + 1
        state, left, error = there, after, new
    return (state if error <= _NEAR else None), _NEWTON


def _solve(basis: Array, weights: Array, right: Array) -> tuple[Array, Array]:
    """Inner solution (Qᵀ W Q)⁻¹ right, and Q times it, by QR of √W Q with the largest weights first.

    The change of u is read off the orthonormal factor: where weights are large u must be known to far more than its
    own last digit. NaN for a singular matrix.
    """
    order = np.argsort(-weights, kind="stable")
    root = np.sqrt(weights[order])
    factor, triangle, pivots = qr(root[:, None] * basis[order], mode="economic", pivoting=True)  # type: ignore[misc]
    if np.any(np.diagonal(triangle) == 0.0):
        return np.full_like(right, np.nan), np.full_like(weights, np.nan)
    half = solve_triangular(triangle, right[pivots], trans=1)
    inner, change = np.empty_like(right), np.empty_like(weights)
    inner[pivots] = solve_triangular(triangle, half)
    change[order] = (factor @ half) / root
    return inner, change
