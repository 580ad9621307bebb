"""The profile of two exponents at once: how far the data let them move together."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import stats

from spectralaw.errors import InvalidInput
from spectralaw.scaling.laws import Array
from spectralaw.scaling.levenberg import minimise

if TYPE_CHECKING:
    from spectralaw.scaling.result import ScalingFit

_ENOUGH = 1e-7  # relative decrease of the objective that no longer moves a contour
_WIDE = 1.35  # half-width of the grid, in ends of the intervals of each exponent by itself


class JointProfile(NamedTuple):
    """Rise of the objective over a grid of two exponents, all other parameters refitted."""

    alpha: Array
    beta: Array
    rise: Array
    """2 (F − F_min)/κ, with a row for each β."""
    levels: dict[float, float]
    """Rise at the edge of the joint region of each level, by Fisher's distribution."""
    replicates: Array | None
    """α and β of the bootstrap, where there was one."""


def joint_profile(fit: ScalingFit, points: int = 21, levels: tuple[float, ...] = (0.5, 0.95)) -> JointProfile:
    """Profile of (α, β) of a law of two variables.

    Raises
    ------
    InvalidInput
        For a fit without free α and β.
    """
    solution, model = fit.solution, fit.model
    if solution is None or model is None or fit.errors is None or not {"alpha", "beta"} <= set(fit.parameters):
        raise InvalidInput("joint_profile needs a fit of the law of two variables with a result")
    places = [solution.law.parameters.index(name) for name in ("alpha", "beta")]
    if not all(solution.loose[places]):
        raise InvalidInput("joint_profile needs alpha and beta to be free, not fixed")
    quantile = {level: 2.0 * float(stats.f.ppf(level, 2, fit.errors.dof)) for level in levels}
    half = np.sqrt(np.diag(fit.errors.wald)[places] * max(quantile.values())) * _WIDE
    cloud = None if model.replicates is None else model.replicates[:, places]
    if cloud is not None:
        half = np.maximum(
            half, np.max(np.abs(np.quantile(cloud, [0.01, 0.99], axis=0) - solution.theta[places]), axis=0)
        )
    axes = [np.linspace(max(solution.theta[k] - h, 0.0), solution.theta[k] + h, points) for k, h in
            zip(places, half, strict=True)]  # fmt: skip
    grid = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
    start = np.repeat(solution.theta[None], len(grid), axis=0)
    start[:, places] = grid
    held = np.broadcast_to(~solution.loose, start.shape).copy()
    held[:, places] = True
    ends = minimise(solution.law, solution.points, start, solution.delta, fixed=held, steps=150, enough=_ENOUGH)
    rise = 2.0 * np.maximum(ends.objective - solution.objective, 0.0) / fit.errors.kappa
    return JointProfile(axes[0], axes[1], rise.reshape(points, points), quantile, cloud)
