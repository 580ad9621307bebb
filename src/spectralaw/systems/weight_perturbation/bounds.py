"""How far a margin can move under any perturbation of the weights within a radius: a rigorous bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from spectralaw._checks import choice, entries, shown, whole
from spectralaw.errors import InvalidInput
from spectralaw.systems.weight_perturbation import intervals, relaxation
from spectralaw.systems.weight_perturbation.accepted import bind
from spectralaw.systems.weight_perturbation.intervals import Intervals, Pairs
from spectralaw.systems.weight_perturbation.linear import Array
from spectralaw.systems.weight_perturbation.network import Case, Network
from spectralaw.systems.weight_perturbation.radii import deviations, with_rounding

METHODS = ("tightest", "intervals", "lines", "analytic")


@dataclass(frozen=True, eq=False)
class Margins:
    """What f_i − f_j is, and what it can become, (n, q) each; rounding included."""

    least: Array
    most: Array
    clean_least: Array
    """Ends of the margin without perturbation, which differ by rounding."""
    clean_most: Array

    @property
    def drop(self) -> Array:
        """How far it can fall."""
        return np.maximum(_no_nan(self.clean_most - self.least, np.inf), 0.0)

    @property
    def change(self) -> Array:
        """How far it can move."""
        return np.maximum(self.drop, _no_nan(self.most - self.clean_least, np.inf))


def margin_bound(
    weights: Any,
    inputs: ArrayLike,
    radius: Any,
    pair: tuple[int, int] | None = None,
    layers: Sequence[int] | None = None,
    *,
    method: str = "tightest",
    biases: Sequence[ArrayLike | None] | None = None,
    activation: str | None = None,
) -> Array | float:
    r"""Bound of |Δ(f_i − f_j)| over all weights with |Ŵ^m − W^m| ≤ radius, entry by entry.

    Parameters
    ----------
    weights : list of arrays, Network, path or mapping
        [W¹, …, W^L], each (out, in), of f(x) = W^L ρ(… ρ(W¹x)); kernels of convolutions, too (:class:`Network`). A
        file or dictionary is read by :func:`read_network`.
    inputs : array of shape (n, d) or (d,)
        Of any sign; for convolutions (n, channels, …).
    radius : float, or list with a float or an array like W^m for each layer
        0 or greater; an array says how far each weight may move.
    pair : (i, j), optional
        Classes. Without it, the largest bound over j ≠ i, i being the class that the network predicts.
    layers : list of int, optional
        Which layers move, by their place in ``weights`` (from 0; −1 is the last); all of them by default. With one
        number as ``radius`` only.
    method : {"tightest", "intervals", "lines", "analytic"}
        ``intervals`` propagates intervals (exact for two layers), ``lines`` carries lines backwards (exact to first
        order in the radius), ``analytic`` is the closed form of products of norms (never below intervals), and
        ``tightest`` is the smaller of the first two.
    biases, activation
        As in :class:`Network`; biases are exact.

    Returns
    -------
    array (n,), or float for a single input
        The change of the margin is never larger, in exact arithmetic or evaluated in double precision in any order.
        Rounding is held by radii that are larger by a relative (K + out + 16) 2⁻⁵² of |W| + radius, K the inputs of
        the layer; that is what the bound exceeds 0 by as the radius vanishes. It is inf where numbers overflow.

    Raises
    ------
    InvalidInput
        For shapes that do not chain, and anything else that is not as above.

    References
    ----------
    arXiv:2103.02200, for the question and the closed form. The recursion for activations that bounds only W + radius
    does not hold for signed weights; intervals do.
    """
    case = bind(weights, inputs, biases, activation)
    method = choice("method", method, METHODS)
    radii = deviations(case.network, radius, layers)
    pairs = asked_pairs(case, pair)
    if not any(r.any() for r in radii):
        found = np.zeros(len(case.x))
    else:
        found = np.concatenate(
            [_change(part, radii, pairs[rows], method) for rows, part in pieces(case, pairs.shape[1])]
        )
    return float(found[0]) if case.single else found


def _change(case: Case, radii: list[Array], pairs: Pairs, method: str) -> Array:
    if method == "analytic":
        held = with_rounding(case, radii)
        with np.errstate(over="ignore", invalid="ignore"):
            inside = intervals.propagate(case, held)
            return _no_nan(intervals.analytic_drop(case, held, pairs, inside), np.inf).max(axis=1)
    return margins(case, radii, pairs, method).change.max(axis=1)


def margins(case: Case, radii: Sequence[Array], pairs: Pairs, method: str = "tightest") -> Margins:
    """Ends of all margins; radii without rounding, (out, K) or (n, out, K)."""
    still = with_rounding(case, [np.zeros_like(layer.weight) for layer in case.layers])
    return Margins(*ends(case, with_rounding(case, radii), pairs, method), *ends(case, still, pairs, "intervals"))


def ends(case: Case, held: Sequence[Array], pairs: Pairs, method: str = "tightest") -> tuple[Array, Array]:
    """No perturbed f_i − f_j is below the first or above the second, (n, q); infinite where numbers overflow.

    ``held`` includes rounding.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        inside = intervals.propagate(case, held)
        return (
            _least(case, held, pairs, inside, method),
            -_least(case, held, pairs[..., ::-1], inside, method),
        )


def least_margins(case: Case, radii: Sequence[Array], pairs: Pairs) -> Array:
    """The first of :func:`ends` alone; radii without rounding."""
    held = with_rounding(case, radii)
    with np.errstate(over="ignore", invalid="ignore"):
        return _least(case, held, pairs, intervals.propagate(case, held), "tightest")


def _least(case: Case, held: Sequence[Array], pairs: Pairs, inside: Intervals, method: str) -> Array:
    deep = len(case.layers) > 1
    by_intervals = by_lines = np.full(pairs.shape[:2], -np.inf)
    if method != "lines" or not deep:
        by_intervals = intervals.least_margin(case, held, pairs, inside)
    if deep and (method == "lines" or (method == "tightest" and len(case.layers) > 2)):  # two layers are exact
        last = intervals.head(case, held[-1], pairs)
        by_lines = relaxation.least_margin(case, held, last, inside)
    return np.maximum(_no_nan(by_intervals, -np.inf), _no_nan(by_lines, -np.inf))


def asked_pairs(case: Case, pair: Any) -> Pairs:
    """The pair for every input, (n, 1, 2), or the predicted class with each other one, (n, classes − 1, 2)."""
    n, classes = len(case.x), case.network.classes
    if pair is None:
        best = np.concatenate([part.outputs() for part in case.chunks(1)]).argmax(axis=1)
        return rivals(best, classes)
    i, j = checked_pair(case.network, pair)
    return np.broadcast_to(np.array([[[i, j]]], dtype=np.intp), (n, 1, 2))


def rivals(best: np.ndarray, classes: int) -> Pairs:
    """Class ``best`` against each other one, (n, classes − 1, 2)."""
    others = np.arange(classes - 1)[None, :]
    others = others + (others >= best[:, None])
    return np.stack([np.broadcast_to(best[:, None], others.shape), others], axis=-1).astype(np.intp)


def checked_pair(network: Network, pair: Any) -> tuple[int, int]:
    """Two different classes."""
    both = entries("pair", pair, "two classes (i, j)")
    if len(both) != 2:
        raise InvalidInput(f"pair must be two classes (i, j), not {shown(pair)}")
    i, j = (whole("each of pair", one) for one in both)
    if max(i, j) >= network.classes:
        raise InvalidInput(f"each of pair must be from 0 to {network.classes - 1}, not {max(i, j)}")
    if i == j:
        raise InvalidInput(f"pair must be two different classes, not {i} twice")
    return i, j


def pieces(case: Case, pairs: int, matrices: bool = False):
    """Rows and the case of them, in pieces that fit in memory; with ``matrices``, one set of weights for each input."""
    width = max(max(layer.inputs, layer.outputs) for layer in case.layers)
    taps = max((layer.taps.size for layer in case.layers if layer.taps is not None), default=0)
    floats = 4 * pairs * (width + taps) + (2 * case.parameters if matrices else 0)
    for rows in case.slices(floats):
        yield rows, case.take(rows)


def _no_nan(values: Array, instead: float) -> Array:
    return np.where(np.isnan(values), instead, values)
