"""Condition numbers of random networks over width, depth, skip, and the condition of the data."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from spectralaw._checks import ours, seed_list, vector
from spectralaw.errors import InvalidInput
from spectralaw.results import Status
from spectralaw.systems.gauss_newton.arguments import EPS
from spectralaw.systems.gauss_newton.bound import bound
from spectralaw.systems.gauss_newton.chain import triangle
from spectralaw.systems.gauss_newton.covariance import factor
from spectralaw.systems.gauss_newton.prepared import prepare
from spectralaw.systems.gauss_newton.setting import LinearNetwork
from spectralaw.systems.gauss_newton.spectrum import spectrum

if TYPE_CHECKING:
    import xarray

AXES = ("inputs", "outputs", "width", "depth", "skip", "data_condition")
_VARIABLES = {
    "condition_number": "κ of the Gauss–Newton matrix, where it is not zero",
    "ratio": "κ/κ(S)",
    "bound": "κ(S) Σ σ²max σ²max / Σ σ²min σ²min",
    "largest": "largest eigenvalue",
    "smallest": "smallest eigenvalue that is not zero",
    "rank": "eigenvalues that are not zero",
    "residual": "relative error of the eigenvalues",
    "spread": "largest singular value of a layer, without its skip",
}


def sweep(
    network: LinearNetwork, *, seeds: Any = 5, progress: Callable[[int, int], Any] | None = None, **axes: Any
) -> xarray.Dataset:
    """Spectrum and bound over the product of any numeric fields and seeds.

    Parameters
    ----------
    network : LinearNetwork
        Gives the fields that are not axes.
    seeds : int or list of int
        How many, or which. The same seed at two skips is the same network but for its skip.
    progress : callable, optional
        Called with (networks done, networks in all).
    **axes : array_like
        Values of any of inputs, outputs, width, depth, skip, data_condition; each becomes a dimension, in that order.

    Returns
    -------
    xarray.Dataset
        condition_number, ratio (over κ(S)), bound, largest, smallest, rank, residual, spread (the largest singular
        value of any layer without its skip) and status over the axes and ``seed``. Numbers that are no results are NaN
        there and have status ``not_converged``.

    Raises
    ------
    InvalidInput
        For an unknown axis, and for a value that a network cannot have.
    """
    import xarray

    ours("network", network, "LinearNetwork")
    chosen = seed_list("seeds", seeds)
    for name in axes:
        if name not in AXES:
            raise InvalidInput(f"an axis must be one of {', '.join(AXES)}, not {name!r}")
    grid = {name: vector(name, values, or_number=True) for name, values in axes.items()}
    for name, values in grid.items():
        if len(np.unique(values)) < len(values):
            raise InvalidInput(f"{name} must have different values, not {values.tolist()}")
    shape = (*(len(values) for values in grid.values()), len(chosen))
    found = {name: np.full(shape, np.nan) for name in _VARIABLES}
    status = np.full(shape, str(Status.NOT_CONVERGED), dtype="<U13")
    points = list(itertools.product(*(range(len(values)) for values in grid.values())))
    networks = [network.replace(**{n: grid[n][i] for n, i in zip(grid, place, strict=True)}) for place in points]
    for count, (place, one) in enumerate(zip(points, networks, strict=True)):
        for column, seed in enumerate(chosen):
            where = (*place, column)
            numbers, status[where] = _one(one, seed)
            for name, value in numbers.items():
                found[name][where] = value
            if progress is not None:
                progress(count * len(chosen) + column + 1, len(networks) * len(chosen))
    dims = (*grid, "seed")
    data = {name: (dims, values, {"long_name": _VARIABLES[name]}) for name, values in found.items()}
    fields = {name: value for name, value in network.to_dict().items() if name not in grid}
    return xarray.Dataset({**data, "status": (dims, status)}, coords={**grid, "seed": chosen}, attrs=fields)


def _one(network: LinearNetwork, seed: int) -> tuple[dict[str, float], str]:
    weights = network.weights(seed)
    data = factor(network.variances(), network.inputs)
    ready = prepare(weights, EPS, data)
    found = spectrum(ready)
    plain = network.replace(skip=0.0).weights(seed) if network.skip else weights
    numbers = {"bound": bound(ready).bound, "rank": found.rank, "residual": found.residual}
    numbers["spread"] = max(
        float(np.linalg.norm(triangle(one if one.shape[0] >= one.shape[1] else one.T), 2)) for one in plain
    )
    kappa = found.condition_number
    if found.status is Status.CONVERGED and kappa is not None:
        numbers |= {"condition_number": kappa, "ratio": kappa / ready.data_condition}
        numbers |= {"largest": float(found.eigenvalues[0]), "smallest": float(found.eigenvalues[-1])}
    return numbers, str(found.status)
