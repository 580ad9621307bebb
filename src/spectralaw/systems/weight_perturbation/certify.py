"""The radius up to which a prediction is certified, for each input."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from spectralaw._checks import shown
from spectralaw.errors import InvalidInput
from spectralaw.systems.weight_perturbation.accepted import bind
from spectralaw.systems.weight_perturbation.bounds import asked_pairs, least_margins, margins, pieces
from spectralaw.systems.weight_perturbation.intervals import Pairs
from spectralaw.systems.weight_perturbation.linear import Array
from spectralaw.systems.weight_perturbation.network import Case
from spectralaw.systems.weight_perturbation.radii import chosen

_NEAR = 1e-6  # relative, between what is certified and what is not
_ROUNDS = 200
_LEAST = 2.0**-60  # times the largest weight: below, rounding decides
_FARTHEST = 2.0**40  # times the largest weight, or times 1


def certified_radius(
    weights: Any,
    inputs: ArrayLike,
    layers: Sequence[int] | None = None,
    *,
    relative: bool = False,
    falls_only: bool = False,
    biases: Sequence[ArrayLike | None] | None = None,
    activation: str | None = None,
) -> Array | float:
    """The radius within which no change of the weights changes the predicted class, as far as the bounds can tell.

    The largest radius, to a relative 1e-6, at which :func:`margin_bound` is below the margin f_i − f_j of the predicted
    class i over every other j: by bracketing and regula falsi, all inputs at once, each with a radius of its own. The
    radius that is returned was certified itself, rounding included. How far beyond it the class does change,
    :func:`attack` can tell.

    Parameters
    ----------
    weights, inputs, layers, biases, activation
        As for :func:`margin_bound`.
    relative : bool
        Count the radius of each layer in units of its largest |W|.
    falls_only : bool
        Let only a fall of the margin count: ``margin_bound`` holds changes both ways, which a certificate does not
        need. The radius is larger then, and as safe.

    Returns
    -------
    array (n,), or float for a single input
        0 where two classes tie, or differ by no more than rounding. At most 2⁴⁰ times the largest weight, or 2⁴⁰ where
        that is more: there the search ends, where nothing that may move reaches the output.
    """
    case = bind(weights, inputs, biases, activation)
    for name, value in (("relative", relative), ("falls_only", falls_only)):
        if not isinstance(value, (bool, np.bool_)):
            raise InvalidInput(f"{name} must be True or False, not {shown(value)}")
    left = _left_of_falls if falls_only else _left
    tops = np.array([float(np.abs(layer.weight).max()) for layer in case.layers]) * chosen(case.network, layers)
    if relative:
        units, top = tops, 1.0
    else:
        units, top = chosen(case.network, layers).astype(float), float(tops.max()) or 1.0
    pairs = asked_pairs(case, None)
    found = np.concatenate(
        [_radius(part, units, top, pairs[rows], left) for rows, part in pieces(case, pairs.shape[1], matrices=True)]
    )
    return float(found[0]) if case.single else found


def _radius(case: Case, units: Array, unit: float, pairs: Pairs, left: Callable[..., Array]) -> Array:
    """Bracket by extrapolation, then regula falsi with the weight of an end that stays halved (Illinois).

    Every third point is the middle: where units die all at once the margin is 0 on a plateau, which a secant never
    leaves.
    """
    n = len(case.x)
    clean = left(case, units, pairs, np.zeros(n))
    low, high, at_low, at_high = np.zeros(n), np.full(n, np.inf), clean.copy(), np.full(n, -np.inf)
    stayed = np.zeros(n)  # +1 where the lower end moved last, −1 where the upper one did
    trial, growth, farthest = np.full(n, 1e-3 * unit), np.full(n, 4.0), _FARTHEST * max(unit, 1.0)
    rows = np.flatnonzero(clean > 0.0)
    for k in range(_ROUNDS):
        if not rows.size:
            break
        margin = left(case.take(rows), units, pairs[rows], trial[rows])
        up, down = rows[margin > 0.0], rows[margin <= 0.0]
        at_high[up] *= np.where(stayed[up] > 0.0, 0.5, 1.0)
        at_low[down] *= np.where(stayed[down] < 0.0, 0.5, 1.0)
        low[up], at_low[up], stayed[up] = trial[up], margin[margin > 0.0], 1.0
        growth[up] = np.minimum(growth[up] ** 2, 2.0**128)
        high[down], at_high[down], stayed[down] = trial[down], margin[margin <= 0.0], -1.0
        near = np.isfinite(high) & (high - low <= _NEAR * np.where(np.isfinite(high), high, 0.0))
        rows = rows[((low < farthest) & ~near & (high > _LEAST * unit))[rows]]
        trial = np.where(
            np.isfinite(high), _between(low, at_low, high, at_high, k % 3 == 2), _beyond(low, at_low, clean, growth)
        )
        trial = np.minimum(trial, farthest)
    return low


def _beyond(low: Array, at_low: Array, clean: Array, growth: Array) -> Array:
    """Where a straight line from no radius would end, and a little more; at most so many times as far."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        end = 1.02 * low * clean / (clean - at_low)
    return np.clip(np.where(np.isfinite(end) & (end > 0.0), end, np.inf), 1.02 * low, growth * low)


def _between(low: Array, at_low: Array, high: Array, at_high: Array, middle: bool) -> Array:
    """The secant's point, not nearer to an end than half of what is asked for; the middle where there is no secant."""
    with np.errstate(invalid="ignore"):
        secant = low + (high - low) * (at_low / (at_low - at_high))
        point = np.where(np.isfinite(at_high) & (not middle), secant, 0.5 * (low + high))
        point = np.where(low > 0.0, point, np.minimum(point, 0.5 * high))
        point = np.where((low > 0.0) & (high > 16.0 * low), np.sqrt(low) * np.sqrt(high), point)
        edge = 0.5 * _NEAR * np.where(np.isfinite(high), high, 0.0)
        return np.clip(point, low + edge, high - edge)


def _left_of_falls(case: Case, units: Array, pairs: Pairs, radius: Array) -> Array:
    """Least margin over the nearest rival, each input with a radius of its own, (n,)."""
    return least_margins(case, _radii(case, units, radius), pairs).min(axis=1)


def _left(case: Case, units: Array, pairs: Pairs, radius: Array) -> Array:
    """What the bound of changes leaves of the margin over the nearest rival, (n,)."""
    found = margins(case, _radii(case, units, radius), pairs)
    return (found.clean_least - found.change).min(axis=1)


def _radii(case: Case, units: Array, radius: Array) -> list[Array]:
    return [
        np.broadcast_to(unit * radius[:, None, None], (len(radius), *layer.weight.shape))
        for layer, unit in zip(case.layers, units, strict=True)
    ]
