"""Intervals of the parameters, and which kind to quote."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from spectralaw.scaling.bootstrap import bootstrap
from spectralaw.scaling.covariance import ABSOLUTE, Errors, errors
from spectralaw.scaling.laws import Array
from spectralaw.scaling.model import Model, to_user
from spectralaw.scaling.profile import profile
from spectralaw.scaling.records import Estimate
from spectralaw.scaling.solve import Solution

_MEMBERS = 6  # points or groups from which the bootstrap is quoted without being asked for
SUSPECT = 1.5  # sandwich over Wald from which residuals are not independent and alike


@dataclass(frozen=True)
class Intervals:
    """All that is known of the spread of one solution."""

    errors: Errors
    quantile: float
    method: str
    not_iid: bool
    parameters: dict[str, Estimate]
    model: Model


def intervals(solution: Solution, kind: str, level: float, replicates: int, seed: int) -> Intervals:
    """Intervals of every parameter, of ``kind`` ``auto``, ``profile``, ``wald``, ``sandwich`` or ``bootstrap``."""
    law, points = solution.law, solution.points
    spread = errors(solution)
    quantile = float(student.ppf(0.5 + 0.5 * level, spread.dof))
    not_iid = _suspect(solution, spread)
    method = kind
    if kind == "auto":
        wanted = not_iid or points.correlated or solution.delta < ABSOLUTE * solution.sigma
        method = "bootstrap" if wanted and _drawable(solution) else "profile"
    thetas = bootstrap(solution, replicates, seed) if method == "bootstrap" else None
    covariance = spread.sandwich if method == "sandwich" else spread.wald
    u = points.u + np.array(points.frame.centres)[:, None]
    scatter = _scatter(solution, quantile, level)
    model = Model(
        law, points.frame, points.names, solution.theta, covariance, quantile, solution.sigma, scatter, level,
        u.min(axis=1), u.max(axis=1), thetas,
    )  # fmt: skip
    value = model.user()
    if thetas is not None:
        tail = 0.5 - 0.5 * level
        low, high = np.quantile(to_user(law, points.frame, thetas), [tail, 1.0 - tail], axis=0)
    else:
        low, high = _carried_ends(solution, spread, method, covariance, quantile)
    parameters = {}
    for j, name in enumerate(law.parameters):
        if solution.loose[j]:
            parameters[name] = Estimate(float(value[j]), float(low[j]), float(high[j]), method)
        else:
            parameters[name] = Estimate(float(value[j]), float(value[j]), float(value[j]), "fixed")
    return Intervals(spread, quantile, method, not_iid, parameters, model)


def _carried_ends(solution, spread: Errors, method: str, covariance: Array, quantile: float) -> tuple[Array, Array]:
    """Ends in the user's units from a profile or a covariance."""
    law, frame = solution.law, solution.points.frame
    matrix, offset = law.to_user(frame)
    if method == "profile":
        low, high = profile(solution, spread, quantile)
        # profiled about the centre of the data, but amplitudes about x = 1: only scale and origin are left to do
        scale = np.array([np.exp(frame.level) if name == "E" else 1.0 for name in law.parameters])
        low, high = low * scale + offset, high * scale + offset
    else:
        middle = matrix @ solution.theta + offset
        half = quantile * np.sqrt(np.maximum(np.diag(matrix @ covariance @ matrix.T), 0.0))
        low, high = middle - half, middle + half
        plateau = np.array([name == "E" for name in law.parameters])
        low = np.where(plateau, np.maximum(low, 0.0), low)
    with np.errstate(over="ignore"):
        closed = law.logarithmic & np.isfinite(low)  # an open end stays infinite: it is no amplitude of 0
        return np.where(closed, np.exp(low), low), np.where(law.logarithmic, np.exp(high), high)


def _drawable(solution: Solution) -> bool:
    """Whether there are enough members to draw from: with fewer every replicate is nearly the same."""
    points = solution.points
    members = points.n if points.groups is None else len(np.unique(points.groups))
    return members >= _MEMBERS and points.places >= 2 * (solution.free + 1)


def _scatter(solution: Solution, quantile: float, level: float) -> float:
    """t σ̂, or the quantile of the residuals themselves where their tails are heavier."""
    points = solution.points
    size = np.abs(solution.law.value(solution.theta, points.u)[0] - points.v)
    inflation = np.sqrt(points.n / max(points.n - solution.free, 1))
    return float(max(quantile * solution.sigma, np.quantile(size, level) * inflation))


def _suspect(solution: Solution, spread: Errors) -> bool:
    if solution.exact:
        return False
    index = [solution.law.parameters.index(name) for name in solution.law.exponents]
    wald, sandwich = np.diag(spread.wald)[index], np.diag(spread.sandwich)[index]
    return bool(np.any(np.sqrt(sandwich[wald > 0.0] / wald[wald > 0.0]) > SUSPECT))
