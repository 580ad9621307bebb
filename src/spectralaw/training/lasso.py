"""Convex training of the diagonal network: the LASSO, min ½ ‖y − X θ‖² + ρ ‖θ‖₁ with ρ = λ √d.

Solved by Newton steps on the active set, and where these do not apply or do not converge, by scikit-learn's coordinate
descent; certified by our own dual point.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.blas import dgemm  # pyright: ignore[reportAttributeAccessIssue]

from spectralaw.training.active_set import ActiveSet

Array = NDArray[np.float64]

_WIDEST = 4  # d/n up to which a Gram matrix is worth its n d² operations
_QUICK = 300  # sweeps after which coordinate descent for a single decay is taken to be slow
_ROUNDS = 4  # of exact corrections
_ROUNDING = 4.0  # units in the last place; the gaps at which solvers stall were 1 to 3 of them
_CHUNK = 2000  # sweeps after which the gap is looked at; twice as many each time
_FIRST_TOLERANCE = 1e-8  # of coordinate descent, relative to ‖y‖²; sharpened until our own certificate holds


@dataclass(frozen=True)
class Minimiser:
    """Outcome: coefficients θ̂, the relative duality gap, and the Newton steps or sweeps of coordinate descent."""

    coefficients: Array
    gap: float
    iterations: int
    rounding: float = 0.0
    """What rounding alone can make of the gap: below it no solver comes, see :func:`rounding_of_gap`."""


def relative_gap(labels: Array, residual: Array, norm: float, decay: float, correlation: float) -> float:
    """Relative duality gap; ``norm`` is ‖θ‖₁ and ``correlation`` is ‖Xᵀ residual‖_∞.

    The dual is max over u of u·y − ‖u‖²/2 with ‖Xᵀu‖_∞ ≤ ρ; the dual point is the best feasible multiple of the
    residual.
    """
    square = float(residual @ residual)
    primal = 0.5 * square + decay * norm
    if primal == 0.0 or square == 0.0:
        return 0.0 if primal == 0.0 else 1.0
    most = decay / correlation if correlation > 0.0 else np.inf
    scale = float(np.clip(float(residual @ labels) / square, -most, most))
    dual = scale * float(residual @ labels) - 0.5 * scale**2 * square
    return (primal - dual) / primal


def rounding_of_gap(largest: float, labels: Array, norm: float, decay: float, primal: float) -> float:
    """Relative gap that the rounding of the residual leaves.

    The residual r = y − X θ is known to ε ‖y‖, its correlations to ε ‖y‖ max ‖x_j‖, which must be below ρ for a
    dual point:
    a share e = ε ‖y‖ max ‖x_j‖/ρ of r is given up, which costs e ρ ‖θ‖₁ + e² ‖r‖²/2. For tiny ρ that is all of the gap.

    Parameters
    ----------
    largest : float
        max_j ‖x_j‖.
    labels : array
    norm, decay, primal : float
        ‖θ‖₁, ρ and the objective.
    """
    if primal <= 0.0:
        return 0.0
    share = min(_ROUNDING * np.finfo(float).eps * float(np.linalg.norm(labels)) * largest / decay, 1.0)
    return min(share * decay * norm / primal + share**2, 1.0)


def minimise(
    inputs: Array, labels: Array, decay: float, *, tolerance: float = 1e-6, max_iterations: int = 1_000_000
) -> Minimiser:
    """Minimise ½ ‖y − X θ‖² + ρ ‖θ‖₁.

    Parameters
    ----------
    inputs : array, shape (n, d)
    labels : array, shape (n,)
    decay : float
        ρ > 0.
    tolerance : float
        Relative duality gap to stop at.
    max_iterations : int
        Newton steps, or sweeps of coordinate descent.
    """
    return minimise_path(inputs, labels, [decay], tolerance=tolerance, max_iterations=max_iterations)[0]


def minimise_path(
    inputs: Array,
    labels: Array,
    decays: Sequence[float],
    *,
    tolerance: float = 1e-6,
    max_iterations: int = 1_000_000,
) -> list[Minimiser]:
    """Minimise for several decays, best given from large to small: each starts from the last.

    Parameters are those of :func:`minimise`, with ``max_iterations`` for each decay.
    """
    n, d = inputs.shape
    penalties = np.asarray(decays, dtype=float)
    correlation = inputs.T @ labels
    largest = float(np.max(np.abs(correlation)))
    found = [Minimiser(np.zeros(d), 0.0, 0) for _ in penalties]
    open_ = np.flatnonzero(penalties < largest)
    if len(open_) == 0:
        return found
    inputs = np.asfortranarray(inputs)
    if len(open_) == 1:
        quick = min(_QUICK, max_iterations)
        _by_descent(found, open_, inputs, labels, penalties, tolerance, quick)
        open_ = open_[[found[row].gap > tolerance and quick < max_iterations for row in open_]]
    if len(open_) and d <= _WIDEST * n:
        some = _by_newton(inputs, labels, correlation, penalties[open_], tolerance, max_iterations)
        for row, one in zip(open_, some, strict=True):
            found[row] = one if one.gap < found[row].gap or not found[row].iterations else found[row]
        open_ = open_[[not one.gap <= max(tolerance, one.rounding) and one.iterations < max_iterations for one in some]]
    if len(open_):
        _by_descent(found, open_, inputs, labels, penalties, tolerance, max_iterations)
    return found


def _by_newton(inputs, labels, correlation, decays: Array, tolerance: float, most: int) -> list[Minimiser]:
    """Along the path of decays; then, for all at once, exact correlations, certificates, and a correction."""
    path = ActiveSet(inputs, correlation)
    coefficients = np.zeros((inputs.shape[1], len(decays)), order="F")
    largest, floors = _largest_column(inputs), np.zeros(len(decays))
    steps, gaps = np.zeros(len(decays), dtype=int), np.full(len(decays), np.inf)
    for k, decay in enumerate(decays):
        steps[k], _ = path.follow(float(decay), most)
        coefficients[:, k] = path.coefficients
    rows = np.arange(len(decays))
    for attempt in range(_ROUNDS):
        residuals = labels[:, None] - dgemm(1.0, inputs, coefficients[:, rows])
        correlations = dgemm(1.0, inputs, residuals, trans_a=1)
        for k, residual, exact in zip(rows, residuals.T, correlations.T, strict=True):
            norm, size = float(np.sum(np.abs(coefficients[:, k]))), float(np.max(np.abs(exact)))
            gaps[k] = relative_gap(labels, residual, norm, float(decays[k]), size)
            objective = 0.5 * float(residual @ residual) + float(decays[k]) * norm
            floors[k] = rounding_of_gap(largest, labels, norm, float(decays[k]), objective)
        wrong = ~(gaps[rows] <= np.maximum(tolerance, floors[rows])) & (steps[rows] < most)
        if not np.any(wrong) or attempt == _ROUNDS - 1:  # a gap belongs to the coefficients it was taken of
            break
        for k, exact in zip(rows[wrong], correlations.T[wrong], strict=True):
            path.coefficients, path.correlation, path.decay = coefficients[:, k], exact.copy(), float(decays[k])
            steps[k] += path.correct(most - int(steps[k]))[0]
        rows = rows[wrong]
    outcome = zip(coefficients.T, gaps, steps, floors, strict=True)
    return [Minimiser(c.copy(), float(gap), int(n), float(floor)) for c, gap, n, floor in outcome]


def _largest_column(inputs: Array) -> float:
    return float(np.sqrt(np.max(np.einsum("ij,ij->j", inputs, inputs))))


def _by_descent(found: list[Minimiser], rows, inputs, labels, decays, tolerance: float, most: int) -> None:
    """Coordinate descent for the rest, each from what was found for it or before it."""
    from sklearn.linear_model import Lasso

    n, d = inputs.shape
    gram: Any = inputs.T @ inputs if n > d else False  # measured faster as soon as it is the smaller one
    model = Lasso(fit_intercept=False, warm_start=True, copy_X=False, precompute=gram)
    for row in rows:
        model.alpha = float(decays[row]) / n
        if found[row].gap < 1.0 and found[row].iterations:
            model.coef_ = found[row].coefficients.copy()
        one = _descend(model, inputs, labels, float(decays[row]), tolerance, most)
        found[row] = one if one.gap < found[row].gap or not found[row].iterations else found[row]


def _descend(model: Any, inputs: Array, labels: Array, decay: float, tolerance: float, most: int) -> Minimiser:
    """Coordinate descent, sharpened until our own certificate holds."""
    model.tol = _FIRST_TOLERANCE
    largest = _largest_column(inputs)
    sweeps, chunk, best = 0, _CHUNK, np.inf
    while True:
        model.max_iter = min(most - sweeps, chunk)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # judged by our own certificate, which is returned
            model.fit(inputs, labels)
        taken = int(np.max(model.n_iter_))
        sweeps += taken
        coefficients = model.coef_
        residual = labels - inputs @ coefficients
        correlation = float(np.max(np.abs(inputs.T @ residual)))
        norm = float(np.sum(np.abs(coefficients)))
        gap = relative_gap(labels, residual, norm, decay, correlation)
        floor = rounding_of_gap(largest, labels, norm, decay, 0.5 * float(residual @ residual) + decay * norm)
        if gap <= max(tolerance, floor) or sweeps >= most or model.tol < 1e-17:
            return Minimiser(np.array(coefficients), gap, sweeps, floor)
        if gap > 0.9 * best and gap <= 30.0 * floor:  # no progress, and not far from where there is none to be had
            return Minimiser(np.array(coefficients), gap, sweeps, 30.0 * floor)
        best = min(best, gap)
        if taken >= model.max_iter:
            chunk *= 2
        else:
            model.tol *= 0.01
