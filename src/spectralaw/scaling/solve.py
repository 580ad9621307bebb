"""One fit of one law: starts, polish, the scale of the residuals, the certificate."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from spectralaw.scaling.laws import Array, Law
from spectralaw.scaling.levenberg import minimise
from spectralaw.scaling.objective import EFFICIENT, Points, robust_scale
from spectralaw.scaling.starts import starts

TOLERANCE = 1e-8  # of the relative projected gradient
_AGREE = 1e-6  # starts whose objective is the same to this ended in the same place
_SMALL = (0.02, 0.02)  # δ, in units of σ̂, of the two fits that give the scale
_ABSOLUTE = (0.02, 2e-3, 2e-4, 2e-5)  # and of those that lead to least absolute deviations
_COARSE = 500  # points on the way; the last fit takes all
_FIRST = 25  # steps for all starts, before only the best go on
_FINALISTS = (6, 6, 3)  # of a law with no, one, more breaks
_PATH = 100  # steps of fits that are only on the way
_ROUGH = 1e-9  # relative decrease at which a fit that is only on the way ends
SMALLEST = 1e-13  # δ of residuals that are rounding


@dataclass(frozen=True)
class Solution:
    """The best minimum of one law."""

    law: Law
    points: Points
    theta: Array
    objective: float
    """Σ w ρ_δ(r)."""
    delta: float
    sigma: float
    """Robust scale of the residuals."""
    gradient: float
    """Certificate: the largest relative projected gradient."""
    converged: bool
    exact: bool
    """Whether the residuals are rounding."""
    starts: int
    agreeing: int
    """Starts that reached the same objective."""
    loose: np.ndarray
    """Which parameters are free."""
    pool: Array
    """Other minima, as starts for refits."""

    @property
    def free(self) -> int:
        """Number of free parameters."""
        return int(np.count_nonzero(self.loose))

    @property
    def at_bound(self) -> np.ndarray:
        low, high = self.law.bounds(self.points.u)
        return self.loose & ((self.theta <= low) | (self.theta >= high))


def solve(
    law: Law,
    points: Points,
    loss: str = "huber",
    delta: float | None = None,
    fixed: dict[str, float] | None = None,
    best: Array | None = None,
) -> Solution:
    """The global minimum of ``loss``, as far as all starts tell."""
    fixed = fixed or {}
    loose = np.array([name not in fixed for name in law.parameters])
    coarse = points.thin(_COARSE)
    theta = starts(law, coarse, fixed, best)
    held = np.broadcast_to(~loose, theta.shape)
    first = math.inf if loss != "huber" or delta is None else delta
    sigma = None
    finalists = _FINALISTS[min(law.breaks, 2)]
    if len(theta) > finalists:
        early = minimise(law, coarse, theta, first, fixed=held, steps=_FIRST)
        theta = early.theta[np.argsort(early.objective)]
        theta = theta[_distinct(np.sort(early.objective))][:finalists]
        held = held[: len(theta)]
    if loss == "absolute" or (loss == "huber" and delta is None):
        ends = minimise(law, coarse, theta, math.inf, fixed=held, steps=_PATH, enough=_ROUGH)
        theta = ends.theta
        for small in _SMALL if loss == "huber" else _ABSOLUTE:
            sigma = _scale(law, points, ends.theta[np.argmin(ends.objective)], int(loose.sum()))
            first = max(small * sigma, SMALLEST)
            ends = minimise(law, coarse, ends.theta, first, fixed=held, steps=_PATH, enough=_ROUGH)
        winner = ends.theta[np.argmin(ends.objective)]
        sigma = _scale(law, points, winner, int(loose.sum()))
        if loss == "huber":
            first = max(EFFICIENT * sigma, SMALLEST)
            theta = np.concatenate([theta, winner[None]])
        else:
            theta = ends.theta
        held = np.broadcast_to(~loose, theta.shape)
    ends = minimise(law, points, theta, first, fixed=held)
    k = int(np.argmin(ends.objective))
    if sigma is None:
        sigma = _scale(law, points, ends.theta[k], int(loose.sum()))
    same = ends.objective <= ends.objective[k] * (1.0 + _AGREE) + 1e-300
    return Solution(
        law, points, ends.theta[k], float(ends.objective[k]), first, sigma, float(ends.gradient[k]),
        bool(ends.converged(TOLERANCE, math.isfinite(first))[k]), bool(ends.exact[k]), len(theta), int(same.sum()),
        loose, ends.theta[np.argsort(ends.objective)],
    )  # fmt: skip


def _scale(law: Law, points: Points, theta: Array, free: int) -> float:
    return robust_scale(points.residuals(law, theta)[0][0], points.weights, free)


def _distinct(ordered: Array) -> np.ndarray:
    """First of every run of equal objectives."""
    gap = np.diff(ordered) > 1e-9 * np.abs(ordered[1:])
    return np.flatnonzero(np.concatenate([[True], gap]))
