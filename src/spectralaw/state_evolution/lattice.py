"""The state evolution on a product grid, coarse to fine: solutions of one level start the search on the next.

Solutions are smooth functions of the logarithms of samples, weight decay and noise variance. A grid is solved on every
eighth point of each axis, then on every fourth, second, and all: each new point starts from the cubic interpolation of
its neighbours, of log δ, log c/δ and the subordination point, and is then solved like any other.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spectralaw.free_probability.interpolation import lagrange
from spectralaw.state_evolution.channel import Array, Evaluator, empty, put
from spectralaw.state_evolution.solver import Guess, Solution, solve

_COARSEST = 8
_SHORTEST = 2 * _COARSEST + 1  # an axis with fewer points is not thinned


def solve_on_lattice(
    evaluate: Evaluator, shape: tuple[int, ...], axes: list[Array], *parameters: Array, thorough: bool = True
) -> Solution:
    """Solve at all points of a product grid.

    Parameters
    ----------
    evaluate : Evaluator
    shape : tuple of int
        Of the grid, whose points are in C order.
    axes : list of array
        Increasing or decreasing coordinates along each axis, in which solutions are smooth.
    *parameters : array, shape (B,)
        Capacity, scaled decay and noise variance of each point, as for :func:`spectralaw.state_evolution.solver.solve`.
    """
    if max(shape, default=1) < _SHORTEST:
        return solve(evaluate, *parameters, thorough=thorough)  # pyright: ignore[reportArgumentType]
    total = int(np.prod(shape))
    whole = Solution(
        *(np.full(total, np.nan) for _ in range(2)),
        channel=empty(total),
        residual=np.full(total, np.inf),
        rounding=np.full(total, np.nan),
        collapsed=np.zeros(total, dtype=bool),
        unthresholded=np.zeros(total, dtype=bool),
        recovered=np.zeros(total, dtype=bool),
    )
    index = np.arange(total).reshape(shape)
    coarse: list[NDArray[np.intp]] = []
    stride = _COARSEST
    while stride:
        fine = [_thinned(size, stride) for size in shape]
        rows = index[np.ix_(*fine)].ravel()
        guess = None
        if coarse:
            guess = _interpolated(whole, index[np.ix_(*coarse)], axes, coarse, fine)
            new = np.ones([len(f) for f in fine], dtype=bool)
            new[np.ix_(*(np.isin(f, c).nonzero()[0] for f, c in zip(fine, coarse, strict=True)))] = False
            rows, guess = rows[new.ravel()], guess.subset(new.ravel())
        if len(rows):
            _keep(
                whole, rows, solve(evaluate, *(values[rows] for values in parameters), guess=guess, thorough=thorough)
            )
        coarse, stride = fine, stride // 2
    return whole


def _thinned(size: int, stride: int) -> NDArray[np.intp]:
    """Indices of an axis at a level: every ``stride``-th and the last."""
    return np.arange(size) if size < _SHORTEST else np.unique(np.append(np.arange(0, size, stride), size - 1))


def _interpolated(
    whole: Solution, rows: NDArray[np.intp], axes: list[Array], coarse: list[NDArray[np.intp]], fine: list
) -> Guess:
    """Cubic interpolation from one level to the next; NaN next to what was not solved."""
    noise, threshold = whole.noise[rows], whole.threshold[rows]
    with np.errstate(all="ignore"):
        log_noise, log_t = np.log(noise), np.log(threshold / noise)
        shift = (whole.channel.hint[rows] - threshold) / noise  # bounded: |w − c| ≤ δ
    unknown = ~(np.isfinite(log_noise) & np.isfinite(log_t) & (whole.residual[rows] < 1e-6))
    tables = [np.where(unknown, 0.0, table) for table in (log_noise, log_t, shift.real, shift.imag, 0.0)]
    tables[-1] = unknown.astype(float)
    for place, (axis, c, f) in enumerate(zip(axes, coarse, fine, strict=True)):
        matrix = lagrange(axis[c], axis[f])
        spread = matrix != 0.0  # a point counts as unknown as soon as one neighbour is
        for k, table in enumerate(tables):
            weights = spread.astype(float) if k == len(tables) - 1 else matrix
            tables[k] = np.moveaxis(np.tensordot(weights, table, axes=(1, place)), 0, place)
    log_noise, log_t, real, imaginary, unknown = (table.ravel() for table in tables)
    log_noise = np.where(unknown > 0.0, np.nan, log_noise)
    with np.errstate(all="ignore"):
        noise, t = np.exp(log_noise), np.exp(log_t)
    # a point of the real line must start there: outside the spectrum v vanishes, and interpolates to almost nothing
    hint = noise * (t + real + 1j * np.where(imaginary > 1e-3, imaginary, 0.0))
    return Guess(log_noise, log_t, None if np.isnan(shift).all() else hint)


def _keep(whole: Solution, rows: NDArray[np.intp], part: Solution) -> None:
    put(whole.channel, rows, part.channel)
    for name in ("noise", "threshold", "residual", "rounding", "collapsed", "unthresholded", "recovered"):
        getattr(whole, name)[rows] = getattr(part, name)
