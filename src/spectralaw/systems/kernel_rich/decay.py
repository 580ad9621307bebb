"""Implicit bias against weight decay on the same data: where the two agree, and where they do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spectralaw._checks import seed_list
from spectralaw.systems.kernel_rich.limits import min_l1
from spectralaw.systems.kernel_rich.minimiser import min_potential
from spectralaw.systems.kernel_rich.regimes import checked_setting, positive
from spectralaw.systems.kernel_rich.setting import SparseRegression
from spectralaw.training.lasso import minimise_path

if TYPE_CHECKING:
    import xarray

_GAP = 1e-9  # relative duality gap of the LASSO


def decay_comparison(
    scales: Any, weight_decays: Any, setting: SparseRegression | None = None, *, seeds: Any = 8
) -> xarray.Dataset:
    """Networks trained without weight decay from a scale, beside diagonal networks trained with weight decay.

    The diagonal network of :class:`~spectralaw.Task`, f = Σ a_i w_i x_i/√d with weight decay λ, trains to the LASSO
    min ½ ‖y − X θ‖² + λ √d ‖θ‖₁ from any start. Without weight decay the start decides. Scale → 0 and λ → 0 have the
    same limit, the interpolation of least l1 norm; with λ > 0 labels are not interpolated.

    Parameters
    ----------
    scales, weight_decays : list of float
        Positive.
    setting : SparseRegression, optional
    seeds : int or list of int

    Returns
    -------
    xarray.Dataset
        Over (scale, seed): ``scale_error`` = ‖β − β*‖² and ``scale_distance`` = ‖β − β_1‖/‖β_1‖ from β_1, the
        interpolation of least l1 norm; over (weight_decay, seed): ``decay_error`` and ``decay_distance``. NaN where a
        solver did not converge.

    Raises
    ------
    InvalidInput
        For anything else.
    """
    import xarray

    start, decays = positive("scales", scales), positive("weight_decays", weight_decays)
    asked, chosen = checked_setting(setting), seed_list("seeds", seeds)
    order = np.argsort(-decays)
    by_scale = np.full((2, start.size, len(chosen)), np.nan)
    by_decay = np.full((2, decays.size, len(chosen)), np.nan)
    for j, seed in enumerate(chosen):
        data = asked.draw(seed)
        end = min_l1(data.inputs, data.labels)
        least = end.coefficients if end.status.is_result else np.full(asked.dimension, np.nan)
        for i, scale in enumerate(start):
            one = min_potential(data.inputs, data.labels, float(scale), asked.depth)
            if one.status.is_result:
                by_scale[:, i, j] = _distances(one.coefficients, data.target, least)
        penalties = [float(value) for value in decays[order] * np.sqrt(asked.dimension)]
        for i, found in zip(order, minimise_path(data.inputs, data.labels, penalties, tolerance=_GAP), strict=True):
            if found.gap <= max(_GAP, found.rounding):
                by_decay[:, i, j] = _distances(found.coefficients, data.target, least)
    return xarray.Dataset(
        {
            "scale_error": (("scale", "seed"), by_scale[0]),
            "scale_distance": (("scale", "seed"), by_scale[1]),
            "decay_error": (("weight_decay", "seed"), by_decay[0]),
            "decay_distance": (("weight_decay", "seed"), by_decay[1]),
        },
        coords={"scale": start, "weight_decay": decays, "seed": chosen},
        attrs=asked.to_dict(),
    )


def _distances(found: NDArray[np.float64], target: NDArray[np.float64], least: NDArray[np.float64]) -> list[float]:
    return [
        float(np.sum((found - target) ** 2)),
        float(np.linalg.norm(found - least) / (np.linalg.norm(least) or 1.0)),
    ]
