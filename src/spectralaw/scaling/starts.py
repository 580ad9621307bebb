"""Where a fit begins: variable projection instead of a grid of guesses.

At fixed exponents (and breaks) the law is linear in E, A, B, so that relative least squares (ŷ/y − 1)² has its minimum
from a small non-negative system; exponents are scanned over a grid whose points are all solved at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np

from spectralaw.scaling.laws import STEEPEST, Array, Law
from spectralaw.scaling.objective import Points

_GRID_TWO = np.geomspace(0.02, 2.5, 28)
_GRID_ONE = np.geomspace(0.03, 4.0, 24)
_KEPT_TWO = 4
_TINY = 1e-12  # an amplitude that the projection sets to zero starts here, relative to the loss


def starts(law: Law, points: Points, fixed: dict[str, float] | None = None, best: Array | None = None) -> Array:
    """Starting points, shape (starts, parameters).

    ``fixed`` holds parameters (as the law carries them) that are not free; ``best``, for a law with breaks, is the best
    fit of the same law with one break less.
    """
    fixed = fixed or {}
    if law.two_variables:
        theta = _two_variables(law, points, fixed)
    elif law.breaks == 0:
        theta = _power(law, points, fixed)
    elif law.breaks == 1 or best is None:
        theta = _one_break(law, points)
    else:
        theta = _added_break(law, points, best)
    for name, value in fixed.items():
        theta[:, law.parameters.index(name)] = value
    return np.unique(theta, axis=0)


def _two_variables(law: Law, points: Points, fixed: dict[str, float]) -> Array:
    alphas = np.array([fixed["alpha"]]) if "alpha" in fixed else _GRID_TWO
    betas = np.array([fixed["beta"]]) if "beta" in fixed else _GRID_TWO
    inverse = np.exp(-points.v)
    of_n = np.exp(-alphas[:, None] * points.u[0]) * inverse
    of_d = np.exp(-betas[:, None] * points.u[1]) * inverse
    columns = np.broadcast_arrays(inverse, of_n[:, None], of_d[None, :])
    if law.name == "chinchilla_tied":
        of_d = np.exp(-alphas[:, None] * points.u[1]) * inverse
        columns = np.broadcast_arrays(inverse, of_n, of_d)
    misfit, linear = _project(columns, points.weights, fixed.get("E"))
    order = np.argsort(misfit.ravel())
    lowest = order[: _KEPT_TWO if law.name == "chinchilla_tied" else misfit.size]
    if law.name == "chinchilla":
        lowest = _grid_minima(misfit)
    amplitudes = linear.reshape(-1, 3)[lowest]
    place = np.unravel_index(lowest, misfit.shape)
    exponents = [alphas[place[0]]] + ([betas[place[1]]] if law.name == "chinchilla" else [])
    logs = np.log(np.maximum(amplitudes[:, 1:], _TINY))
    return np.column_stack([amplitudes[:, 0], logs, *exponents])


def _grid_minima(misfit: Array) -> np.ndarray:
    """Flat indices of the four lowest points that are below all their neighbours; filled up by the lowest ones."""
    padded = np.pad(misfit, 1, constant_values=np.inf)
    rows, columns = misfit.shape
    around = [
        padded[1 + i : 1 + i + rows, 1 + j : 1 + j + columns]
        for i, j in product((-1, 0, 1), repeat=2)
        if (i, j) != (0, 0)
    ]
    local = np.flatnonzero((misfit <= np.min(around, axis=0)).ravel())
    flat = misfit.ravel()
    local = local[np.argsort(flat[local])]
    return np.concatenate([local, np.setdiff1d(np.argsort(flat)[: 2 * _KEPT_TWO], local)])[:_KEPT_TWO]


def _project(columns: Sequence[Array], weights: Array, plateau: float | None) -> tuple[Array, Array]:
    """Least Σ w (Σ_t c_t column_t − 1)², c ≥ 0, over all supports with a power law in them; E may be given."""
    count = len(columns)
    shape = columns[-1].shape[:-1]
    gram = np.empty((*shape, count, count))
    right = np.empty((*shape, count))
    for i in range(count):
        weighted = columns[i] * weights
        right[..., i] = weighted.sum(axis=-1)
        for j in range(i + 1):
            gram[..., i, j] = gram[..., j, i] = np.einsum("...n,...n->...", weighted, columns[j])
    base = float(weights.sum())
    best = np.full(shape, np.inf)
    solution = np.zeros((*shape, count))
    for support in product((False, True), repeat=count):
        if not any(support[1:]) or (plateau is not None and support[0]):
            continue
        index = np.flatnonzero(support)
        target = right[..., index]
        part = np.zeros((*shape, count))
        if plateau is not None:
            target = target - plateau * gram[..., index, 0]
            part[..., 0] = plateau
        inner = gram[..., index[:, None], index]
        ridge = 1e-13 * np.trace(inner, axis1=-2, axis2=-1)[..., None, None] * np.eye(len(index))
        part[..., index] = np.linalg.solve(inner + ridge, target[..., None])[..., 0]
        misfit = base - 2.0 * np.sum(part * right, axis=-1) + np.einsum("...i,...ij,...j->...", part, gram, part)
        feasible = np.all(part >= 0.0, axis=-1) & (misfit < best)
        best = np.where(feasible, misfit, best)
        solution = np.where(feasible[..., None], part, solution)
    return best, solution


def _power(law: Law, points: Points, fixed: dict[str, float]) -> Array:
    u = points.u[0]
    if law.name == "power":
        slope, level = np.polyfit(u, points.v, 1, w=np.sqrt(points.weights))
        return np.array([[level, np.clip(-slope, -STEEPEST, STEEPEST)]])
    alphas = np.array([fixed["alpha"]]) if "alpha" in fixed else _GRID_ONE
    inverse = np.exp(-points.v)
    columns = np.broadcast_arrays(inverse, np.exp(-alphas[:, None] * u) * inverse)
    misfit, linear = _project(columns, points.weights, fixed.get("E"))
    lowest = int(np.argmin(misfit))
    some = np.unique(np.clip([lowest - 5, lowest, lowest + 5], 0, len(alphas) - 1))
    return np.column_stack([linear[some, 0], np.log(np.maximum(linear[some, 1], _TINY)), alphas[some]])


def _one_break(law: Law, points: Points) -> Array:
    u, v = points.u[0], points.v
    order = np.argsort(u, kind="stable")
    gaps = np.diff(u[order])
    steps = np.diff(v[order])
    steepest = float(np.max(np.abs(steps[gaps > 0.02] / gaps[gaps > 0.02]), initial=0.0))
    widths = (0.15, 0.8) if steepest <= 5.0 else (0.03, 0.06, 0.15, 0.8)
    plateaus = np.array([0.0, 0.7, 0.95]) * np.exp(v.min()) if law.has_plateau else [None]
    out = []
    root = np.sqrt(points.weights)
    for place, width, plateau in product(np.quantile(u, np.linspace(0.12, 0.88, 6)), widths, plateaus):
        z = (u - place) / width
        hinge = width * (np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z))))
        target = v if plateau is None else np.log(np.exp(v) - plateau)
        design = np.column_stack([np.ones_like(u), -u, -hinge])
        level, slope, change = np.linalg.lstsq(design * root[:, None], target * root, rcond=None)[0]
        slope, change = np.clip((slope, change), -STEEPEST, STEEPEST)
        start = [level, slope, place, np.log(width), change]
        out.append(start if plateau is None else [plateau, *start])
    return np.array(out)


def _added_break(law: Law, points: Points, best: Array) -> Array:
    """The best fit with one break less, with a small break added at many places."""
    places = np.quantile(points.u[0], np.linspace(0.06, 0.94, 12))
    grid = np.array([(p, np.log(f), d) for p, d, f in product(places, (-0.5, 0.5), (0.15, 0.6))])
    first = 1 if law.has_plateau else 0
    base = np.broadcast_to(best, (len(grid), len(best))).copy()
    # the slope before the new break is lowered by half of it, so that the whole stays near the data
    base[:, first + 1] -= 0.5 * grid[:, 2]
    u = points.u[0]
    z = (u - grid[:, 0, None]) / np.exp(grid[:, 1, None])
    hinge = np.exp(grid[:, 1, None]) * (np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z))))
    added = 0.5 * grid[:, 2, None] * u - grid[:, 2, None] * hinge
    base[:, first] -= np.average(added, axis=1, weights=points.weights)
    return np.clip(np.column_stack([base, grid]), *law.bounds(points.u))
