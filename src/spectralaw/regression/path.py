"""Training along a path of weight decays, from large to small, each with its estimated risk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from spectralaw.training import lasso, nuclear
from spectralaw.training.leverages import diagonal_leverages, quadratic_leverages
from spectralaw.training.risk_estimate import RiskEstimate, risk_estimate
from spectralaw.training.sensing import Array, Sensing

POINTS = 12
_DECADES = 2.5  # of weight decay below the one at which everything is zero


@dataclass(frozen=True)
class PathPoint:
    """One weight decay: the trained network and what is known of it."""

    weight_decay: float
    parameters: Any
    """Coefficients θ̂, or the :class:`~spectralaw.training.nuclear.Minimiser` of Ŝ."""
    training_loss: float
    gap: float
    risk: RiskEstimate


@dataclass(frozen=True)
class DiagonalProblem:
    """The LASSO of the diagonal network, ½ ‖y − X θ‖² + λ √d ‖θ‖₁."""

    inputs: Array
    labels: Array
    kurtosis: float

    @property
    def largest(self) -> float:
        """The weight decay from which on all weights are zero."""
        return float(np.max(np.abs(self.inputs.T @ self.labels), initial=0.0)) / np.sqrt(self.inputs.shape[1])

    def solve(self, decays: Array, tolerance: float, max_iterations: int) -> list[PathPoint]:
        """The path, best from large to small."""
        root = np.sqrt(self.inputs.shape[1])
        found = lasso.minimise_path(
            self.inputs, self.labels, list(decays * root), tolerance=tolerance, max_iterations=max_iterations
        )
        points = []
        for decay, one in zip(decays, found, strict=True):
            residual = self.labels - self.inputs @ one.coefficients
            risk = risk_estimate(residual, diagonal_leverages(self.inputs, one.coefficients), self.kurtosis)
            points.append(PathPoint(float(decay), one.coefficients, float(np.mean(residual**2)), one.gap, risk))
        return points


@dataclass(frozen=True)
class QuadraticProblem:
    """Least squares over positive matrices, ‖y − A S‖² + λ d Tr S (width p = d)."""

    inputs: Array
    labels: Array
    kurtosis: float
    seed: int

    @property
    def largest(self) -> float:
        """The weight decay from which on all weights are zero."""
        top = float(np.linalg.eigvalsh(Sensing(self.inputs).adjoint(self.labels))[-1])
        return max(2.0 * top, 0.0) / self.inputs.shape[1]

    def solve(self, decays: Array, tolerance: float, max_iterations: int) -> list[PathPoint]:
        """The path, best from large to small."""
        sensing, d = Sensing(self.inputs), self.inputs.shape[1]
        points, last = [], None
        for decay in decays:
            rho = float(decay) * d
            one = last = nuclear.minimise(
                sensing, self.labels, rho, tolerance=tolerance, max_iterations=max_iterations, start=last
            )
            leverages = quadratic_leverages(
                sensing, one.eigenvalues, one.eigenvectors, one.residual, rho, seed=self.seed
            )
            risk = risk_estimate(one.residual, leverages, self.kurtosis)
            points.append(PathPoint(float(decay), one, float(np.mean(one.residual**2)), one.gap, risk))
        return points


def default_decays(largest: float, points: int = POINTS) -> Array:
    """Weight decays from the one at which everything is zero down by 2.5 decades."""
    return largest * np.logspace(0.0, -_DECADES, points) if largest > 0.0 else np.ones(1)


def best(points: list[PathPoint]) -> PathPoint:
    """The point of least estimated risk plus one standard error, among those that are reliable if any are.

    With the standard error, a weight decay near interpolation, whose estimate is low by luck, does not win.
    """
    usable = [p for p in points if np.isfinite(p.risk.value)] or points
    reliable = [p for p in usable if not p.risk.reason] or usable
    bound = [p.risk.value + p.risk.standard_error for p in reliable]
    return reliable[int(np.nanargmin(bound))] if np.any(np.isfinite(bound)) else points[0]
