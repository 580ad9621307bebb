"""How fast the rich regime is reached: two columns that are almost alike, the hardest choice there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spectralaw.systems.kernel_rich.minimiser import min_potential
from spectralaw.systems.kernel_rich.potential import depth_of
from spectralaw.systems.kernel_rich.regimes import positive

if TYPE_CHECKING:
    import xarray

_GRID, _ROUNDS = 13, 3  # of the search for the worst pair: points, each round between the neighbours of the best
_NEAREST = 1e-12  # of two columns


def worst_l1_excess(scales: Any, depth: int = 2) -> xarray.Dataset:
    """The largest relative l1 excess over all pairs of columns, X = (1, 1 − δ), y = 1, against the scale.

    The least l1 norm is one, on the first column; what the second takes costs δ β₂. Depth 2 tells the columns apart
    only when scale^(2δ) is small, so that the worst excess falls like 1/log(1/scale); depth D ≥ 3 when scale^(D−2) is
    small beside δ, and the worst excess falls like scale^(D−2).

    Parameters
    ----------
    scales : list of float
        Positive.
    depth : int

    Returns
    -------
    xarray.Dataset
        ``excess`` and ``difference``, the δ that has it, over scale; NaN where it was not found.

    Raises
    ------
    InvalidInput
        For anything else.
    """
    import xarray

    values, depth = positive("scales", scales), depth_of(depth)
    found = np.array([_worst(float(scale), depth) for scale in values])
    return xarray.Dataset(
        {"excess": ("scale", found[:, 0]), "difference": ("scale", found[:, 1])},
        coords={"scale": values},
        attrs={"depth": depth},
    )


def _worst(scale: float, depth: int) -> tuple[float, float]:
    low, high = np.log(_NEAREST), 0.0
    for _ in range(_ROUNDS):
        grid = np.linspace(low, high, _GRID)
        excess = np.array([_excess(scale, depth, float(np.exp(g))) for g in grid])
        if not np.all(np.isfinite(excess)):
            return np.nan, np.nan
        best = int(np.argmax(excess))
        low, high = grid[max(best - 1, 0)], grid[min(best + 1, _GRID - 1)]
    return float(excess[best]), float(np.exp(grid[best]))


def _excess(scale: float, depth: int, difference: float) -> float:
    one = min_potential([[1.0, 1.0 - difference]], [1.0], scale, depth)
    return difference * float(one.coefficients[1]) if one.status.is_result else np.nan
