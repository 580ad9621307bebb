"""Clean, certified and attacked accuracy against the radius."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from spectralaw._checks import positive_integer, vector, whole
from spectralaw.errors import InvalidInput
from spectralaw.systems.weight_perturbation.accepted import as_network, bind
from spectralaw.systems.weight_perturbation.attack import attack_case
from spectralaw.systems.weight_perturbation.bounds import asked_pairs
from spectralaw.systems.weight_perturbation.certify import certified_radius
from spectralaw.systems.weight_perturbation.network import Network
from spectralaw.systems.weight_perturbation.robust import checked_labels

if TYPE_CHECKING:
    import xarray


def accuracy_curve(
    weights: Any,
    inputs: ArrayLike,
    labels: ArrayLike,
    radii: ArrayLike,
    *,
    relative: bool = False,
    restarts: int = 2,
    seed: int = 0,
    biases: Sequence[ArrayLike | None] | None = None,
    activation: str | None = None,
) -> xarray.Dataset:
    """Shares of inputs that are right, certified to stay right, and right after an attack, over ``radius``.

    Parameters
    ----------
    weights, inputs, biases, activation
        As for :func:`margin_bound`.
    labels : array of shape (n,)
        True classes.
    radii : list of float
        0 or greater, ascending.
    relative : bool
        In units of each layer's largest |W|.
    restarts, seed : int
        Of the attack. An input that a smaller radius changed counts as changed.

    Returns
    -------
    xarray.Dataset
        ``certified``, ``attacked`` over (radius), ``clean``; the accuracy under the worst perturbation lies between
        certified and attacked.
    """
    import xarray

    network: Network = as_network(weights, biases, activation)
    case = bind(network, inputs)
    y, sizes = checked_labels(labels, case), vector("radii", radii)
    if sizes.min() < 0.0 or np.any(np.diff(sizes) <= 0.0):
        raise InvalidInput("radii must be 0 or greater and ascending")
    restarts, rng = positive_integer("restarts", restarts), np.random.default_rng(whole("seed", seed))
    pairs = asked_pairs(case, None)
    right = pairs[:, 0, 0] == y
    held = np.atleast_1d(certified_radius(network, inputs, relative=relative, falls_only=True))
    tops = [float(np.abs(layer.weight).max()) if relative else 1.0 for layer in case.layers]
    certified, attacked = np.zeros(len(sizes)), np.zeros(len(sizes))
    changed = np.zeros(len(y), dtype=bool)
    for k, size in enumerate(sizes):
        sure = right & (held >= size) & (held > 0.0)
        open_ = right & ~sure & ~changed
        if open_.any():
            moved = [np.full(layer.weight.shape, top * size) for layer, top in zip(case.layers, tops, strict=True)]
            changed[open_] = attack_case(case.take(open_), moved, pairs[open_], restarts, 12, rng).margin <= 0.0
        certified[k], attacked[k] = np.mean(sure), np.mean(right & ~changed)
    return xarray.Dataset(
        {"certified": ("radius", certified), "attacked": ("radius", attacked), "clean": float(np.mean(right))},
        coords={"radius": sizes},
        attrs={"inputs": len(y), "relative": int(relative)},
    )
