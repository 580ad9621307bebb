"""Standard errors: of the model (Wald), of the data (sandwich), and of functions of the parameters (delta method)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from spectralaw.scaling.laws import Array
from spectralaw.scaling.objective import psi
from spectralaw.scaling.solve import SMALLEST, Solution

ABSOLUTE = 1e-3  # δ below this many σ is that of least absolute deviations
_FEW = 30
_WINDOW = 0.6  # half-width, in σ, over which the density of residuals at 0 is counted for absolute deviations


@dataclass(frozen=True)
class Errors:
    """Covariances of the parameter vector as the law carries it."""

    wald: Array
    sandwich: Array
    kappa: float
    """Scale of twice the objective: 2 ΔF/κ is compared with t²."""
    dof: int
    condition: float
    """Of the Jacobian with its columns scaled to length 1."""


def errors(solution: Solution) -> Errors:
    """Both covariances at a minimum.

    κ = Σψ²/(n−p)/m · K², with m the share of points within δ and Huber's K = 1 + (p/n)(1−m)/m; RSS/(n−p) for squares.
    """
    points, law = solution.points, solution.law
    residuals, jacobian = points.residuals(law, solution.theta)
    r, free = residuals[0], solution.loose & ~solution.at_bound
    j = jacobian[0][free]
    w = points.weights
    n, p = points.n, int(np.count_nonzero(free))
    dof = max(n - p, 1)
    size = np.abs(r)
    slope = psi(residuals, np.array([solution.delta]))[0]
    absolute = solution.delta < ABSOLUTE * solution.sigma
    if solution.exact or solution.delta <= SMALLEST:
        curved = np.ones(n)
    elif absolute:  # density of the residuals at 0 from a window
        window = _WINDOW * solution.sigma
        curved = (size <= window) * (solution.delta / window)
    else:
        curved = (size <= solution.delta) * 1.0
    share = float(np.sum(w * curved) / np.sum(w))
    if share == 0.0:
        curved, share = np.full(n, 1.0 / n), 1.0 / n
    factor = 1.0 if absolute else 1.0 + p / n * (1.0 - share) / share
    kappa = float(np.sum(w * slope**2)) / dof / share * factor**2
    kappa = max(kappa, 1e-300)
    gram = (j * w) @ j.T
    root = 1.0 / np.sqrt(np.maximum(np.diag(gram), 1e-300))
    scaled = gram * root[:, None] * root
    values = np.linalg.eigvalsh(scaled)
    condition = math.sqrt(values[-1] / values[0]) if values[0] > 0.0 else math.inf
    inverse = np.linalg.pinv(scaled, rcond=1e-15, hermitian=True) * root[:, None] * root
    if (
        n < _FEW and not absolute
    ):  # too few points within δ for a matrix of their own: 8 to 12 % false notes at n = 8 to 20
        curved = np.full(n, share)
    bread = (j * root[:, None] * (w * curved)) @ (j * root[:, None]).T
    bread = np.linalg.pinv(bread, rcond=1e-13, hermitian=True) * root[:, None] * root
    scores = j * (w * slope)
    if points.groups is not None:
        sums = np.zeros((p, int(points.groups.max()) + 1))
        np.add.at(sums.T, points.groups, scores.T)
        count = sums.shape[1]
        meat = sums @ sums.T * (count / max(count - 1, 1) * n / dof)
    else:
        meat = scores @ scores.T * (n / dof)
    full = np.zeros((law.size, law.size))
    place = np.ix_(free, free)
    wald, sandwich = full.copy(), full.copy()
    wald[place] = kappa / share * inverse
    sandwich[place] = bread @ meat @ bread
    return Errors(wald, sandwich, kappa, dof, condition)
