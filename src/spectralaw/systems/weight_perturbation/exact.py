"""The least margin itself, of small ReLU networks, as a mixed-integer program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from spectralaw._checks import finite
from spectralaw.display import Shown, number
from spectralaw.errors import InvalidInput
from spectralaw.results import Status
from spectralaw.systems.weight_perturbation import intervals
from spectralaw.systems.weight_perturbation import moves as moving
from spectralaw.systems.weight_perturbation.accepted import bind
from spectralaw.systems.weight_perturbation.bounds import asked_pairs
from spectralaw.systems.weight_perturbation.intervals import Intervals, Pairs
from spectralaw.systems.weight_perturbation.linear import Array
from spectralaw.systems.weight_perturbation.network import Case
from spectralaw.systems.weight_perturbation.radii import deviations

_GAP = 1e-5  # of the margin's change; the solver's own tolerances are 1e-6 and below


@dataclass(frozen=True, eq=False, repr=False)
class WorstMargin(Shown):
    """The least margin under perturbation, held from both sides."""

    attained: Array
    """By perturbed weights, evaluated from them, (n,)."""
    least: Array
    """No perturbation goes below this: the solver's bound, to its tolerances."""
    clean: Array
    """f_i − f_j without perturbation."""
    unstable: np.ndarray
    """Units whose sign the radius leaves open: the binary variables."""
    status: tuple[Status, ...]
    """``converged`` where the two ends are within 1e-5 of the change of the margin, or of 1e-6."""

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        solved = sum(one.is_result for one in self.status)
        return f"Least margins of {len(self.status)} inputs", [
            ("solved", f"{solved} of {len(self.status)}"),
            ("largest gap", number(float(np.max(self.attained - self.least)))),
        ]


def worst_margin(
    weights: Any,
    inputs: ArrayLike,
    radius: Any,
    pair: tuple[int, int],
    layers: Sequence[int] | None = None,
    *,
    time_limit: float = 20.0,
    biases: Sequence[ArrayLike | None] | None = None,
) -> WorstMargin:
    r"""Minimise f_i − f_j over all weights with |Ŵ − W| ≤ radius, exactly.

    What a row may add to its sum is any number in ±R z, so a = Ŵz + b is all a with (W − R) z + b ≤ a ≤ (W + R) z + b:
    linear in z ≥ 0. The first hidden layer is a box, the last layer an objective, and each ReLU in between whose sign
    is open takes one binary variable. Solved by HiGHS, through :func:`scipy.optimize.milp`; time grows
    exponentially with the open units at worst.

    Parameters
    ----------
    weights, inputs, radius, layers, biases
        As for :func:`margin_bound`; dense layers with ReLU.
    pair : (i, j)
        Classes.
    time_limit : float
        Seconds for each input.

    Raises
    ------
    InvalidInput
        For convolutions and other activations, and anything else.
    """
    case = bind(weights, inputs, biases)
    if case.activation.name != "relu" or any(layer.taps is not None for layer in case.layers):
        raise InvalidInput("worst_margin takes dense layers with relu only; use margin_bound and attack")
    limit = finite("time_limit", time_limit)
    if limit <= 0.0:
        raise InvalidInput(f"time_limit must be positive, not {limit:g}")
    if pair is None:
        raise InvalidInput("pair must be two classes (i, j), not None")
    radii = deviations(case.network, radius, layers)
    pairs = asked_pairs(case, pair)
    outputs = case.outputs()
    clean = outputs[:, pairs[0, 0, 0]] - outputs[:, pairs[0, 0, 1]]
    found = [_one(case.take(slice(k, k + 1)), radii, pairs[k : k + 1], limit) for k in range(len(case.x))]
    attained, least, unstable = (np.array([one[k] for one in found]) for k in range(3))
    gap = attained - least
    near = np.abs(gap) <= np.maximum(_GAP * np.abs(clean - attained), 1e-6)
    status = tuple(Status.CONVERGED if ok else Status.NOT_CONVERGED for ok in near)
    return WorstMargin(attained, least, clean, unstable.astype(int), status)


def _one(case: Case, radii: Sequence[Array], pairs: Pairs, limit: float) -> tuple[float, float, int]:
    """(attained, least, open units) of one input."""
    inside = intervals.propagate(case, radii)
    last = moving.towards(pairs, case.network.classes)
    if len(case.layers) == 1:
        moves = [last]
        value = _evaluated(case, radii, moves, pairs)
        return value, value, 0
    solution, least, unstable = _solve(case, radii, pairs, inside, limit)
    moves = _moves(case, radii, solution)
    moves[-1] = last
    return _evaluated(case, radii, moves, pairs), least, unstable


def _evaluated(case: Case, radii: Sequence[Array], moves: list[Array], pairs: Pairs) -> float:
    f = moving.evaluate(case, moving.weights_of(case, radii, moves))[0]
    return float(f[pairs[0, 0, 0]] - f[pairs[0, 0, 1]])


def _solve(
    case: Case, radii: Sequence[Array], pairs: Pairs, inside: Intervals, limit: float
) -> tuple[list[Array], float, int]:
    """Pre-activations of each hidden layer that reach the least margin, that margin by the solver's bound, open units.

    Variables: z of every hidden layer; a of the second and on, and a binary for each unit there.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    sizes = [layer.outputs for layer in case.layers[:-1]]
    count = sizes[0] + 3 * sum(sizes[1:])
    z_at, a_at, y_at, at = [slice(0, sizes[0])], [slice(0, 0)], [slice(0, 0)], sizes[0]
    for h in sizes[1:]:
        for places in (z_at, a_at, y_at):
            places.append(slice(at, at + h))
            at += h
    low, high, whole = np.zeros(count), np.zeros(count), np.zeros(count)
    rows: list[Array] = []
    tops: list[Array] = []
    unstable = 0

    def below(terms: Sequence[tuple[slice, Array]], top: Array) -> None:
        block = np.zeros((len(top), count))
        for places, matrix in terms:
            block[:, places] += matrix
        rows.append(block)
        tops.append(top)

    low[z_at[0]], high[z_at[0]] = inside.z[0][0][0], inside.z[0][1][0]
    for m in range(1, len(sizes)):
        layer, r, eye = case.layers[m], radii[m], np.eye(sizes[m])
        (a_low, a_high), z, a, y = inside.a[m], z_at[m], a_at[m], y_at[m]
        l, u = a_low[0], a_high[0]  # noqa: E741  # as in the formulas
        low[a], high[a] = l, u
        low[z], high[z] = np.maximum(l, 0.0), np.maximum(u, 0.0)
        low[y], high[y] = (l >= 0.0).astype(float), (u > 0.0).astype(float)
        whole[y] = 1.0
        unstable += int(np.sum((l < 0.0) & (u > 0.0)))
        below([(a, eye), (z_at[m - 1], -(layer.weight + r))], layer.bias)
        below([(a, -eye), (z_at[m - 1], layer.weight - r)], -layer.bias)
        below([(a, eye), (z, -eye)], np.zeros(sizes[m]))
        below([(z, eye), (a, -eye), (y, np.diag(-np.minimum(l, 0.0)))], -np.minimum(l, 0.0))
        below([(z, eye), (y, -np.diag(np.maximum(u, 0.0)))], np.zeros(sizes[m]))
    last = intervals.head(case, radii[-1], pairs)
    cost = np.zeros(count)
    cost[z_at[-1]] = last.c[0, 0]
    rest = float(case.layers[-1].bias[pairs[0, 0, 0]] - case.layers[-1].bias[pairs[0, 0, 1]])
    constraints = [LinearConstraint(np.concatenate(rows), ub=np.concatenate(tops))] if rows else []  # pyright: ignore[reportArgumentType]
    box = Bounds(low, high)  # pyright: ignore[reportArgumentType]
    options = {"time_limit": limit, "mip_rel_gap": 1e-7}
    result = milp(cost, integrality=whole, bounds=box, constraints=constraints, options=options)
    if result.x is None:
        return [0.5 * (a[0] + a[1])[0] for a in inside.a], -np.inf, unstable
    bound = result.mip_dual_bound if result.mip_dual_bound is not None else result.fun
    first = result.x[z_at[0]]
    first = np.where(first > 0.0, first, np.minimum(inside.a[0][0][0], 0.0))
    return [first, *(result.x[a] for a in a_at[1:])], float(bound) + rest, unstable


def _moves(case: Case, radii: Sequence[Array], wanted: Sequence[Array]) -> list[Array]:
    """Moves whose hidden sums are the wanted ones, or as near as the radius lets them."""
    moves, z = moving.still(case), case.x
    for m, (layer, r, goal) in enumerate(zip(case.layers[:-1], radii[:-1], wanted, strict=True)):
        reach = layer.apply(r, np.abs(z))
        middle = layer.apply(layer.weight, z) + layer.bias
        moves[m] = np.clip((goal - middle) / np.where(reach > 0.0, reach, 1.0), -1.0, 1.0)
        z = case.activation.value(middle + moves[m] * reach)
    return moves
