"""Perturbations that lower a margin: what the bound cannot be below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spectralaw._checks import positive_integer, whole
from spectralaw.display import Shown, number
from spectralaw.errors import InvalidInput
from spectralaw.systems.weight_perturbation import moves as moving
from spectralaw.systems.weight_perturbation.accepted import bind
from spectralaw.systems.weight_perturbation.bounds import asked_pairs, pieces
from spectralaw.systems.weight_perturbation.intervals import Pairs
from spectralaw.systems.weight_perturbation.linear import Array
from spectralaw.systems.weight_perturbation.moves import Moves
from spectralaw.systems.weight_perturbation.network import Case, Convolution
from spectralaw.systems.weight_perturbation.radii import deviations


@dataclass(frozen=True, eq=False, repr=False)
class Attack(Shown):
    """The worst perturbation that was found for each input; as an array, it is :attr:`change`."""

    predicted: NDArray[np.intp]
    """Class i whose margin is lowered, (n,)."""
    rival: NDArray[np.intp]
    """Class j that comes nearest to it, or passes it."""
    clean_margin: Array
    """f_i − f_j without perturbation; over the best rival where all were tried."""
    margin: Array
    """The same with the perturbed weights, evaluated from them."""
    _case: Case
    _radii: tuple[Array, ...]
    _moves: tuple[Array, ...]

    @property
    def change(self) -> Array:
        """How far the margin fell; never above :func:`margin_bound` of the same radius."""
        return self.clean_margin - self.margin

    @property
    def flipped(self) -> NDArray[np.bool_]:
        """Where i is above its rivals without perturbation, and no longer with it."""
        return (self.clean_margin > 0.0) & (self.margin <= 0.0)

    def weights(self, k: int = 0) -> list[Array | Convolution]:
        """The perturbed weights for input ``k``, in the shapes of the network's."""
        k = whole("k", k)
        if k >= len(self.margin):
            raise InvalidInput(f"k must be below the number of inputs, {len(self.margin)}, not {k}")
        one = slice(k, k + 1)
        found = moving.weights_of(self._case.take(one), self._radii, [t[one] for t in self._moves])
        return [
            replace(old, kernel=new[0].reshape(old.kernel.shape)) if isinstance(old, Convolution) else new[0]
            for old, new in zip(self._case.network.weights, found, strict=True)
        ]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.asarray(self.change, dtype=dtype)

    def __float__(self) -> float:
        if len(self.margin) != 1:
            raise TypeError(f"an attack on {len(self.margin)} inputs is no single number")
        return float(self.change[0])

    def __len__(self) -> int:
        return len(self.margin)

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        return f"Attack on {len(self)} inputs", [
            ("flipped", f"{int(self.flipped.sum())} of {int((self.clean_margin > 0.0).sum())} with a margin"),
            ("largest fall of a margin", number(float(self.change.max()))),
        ]


def attack(
    weights: Any,
    inputs: ArrayLike,
    radius: Any,
    pair: tuple[int, int] | None = None,
    layers: Sequence[int] | None = None,
    *,
    restarts: int = 4,
    steps: int = 12,
    seed: int = 0,
    biases: Sequence[ArrayLike | None] | None = None,
    activation: str | None = None,
) -> Attack:
    """Lower the margin of each input by a perturbation of its own, |Ŵ − W| ≤ radius entry by entry.

    Steps along the sign of the gradient, from no perturbation and from random corners; the last layer takes its best
    value in closed form, which makes the attack exact for two dense layers. What is returned was evaluated from the
    perturbed weights.

    Parameters
    ----------
    weights, inputs, radius, layers, biases, activation
        As for :func:`margin_bound`.
    pair : (i, j), optional
        Lower f_i − f_j, whichever is larger. Without it, the predicted class against all others.
    restarts, steps : int
        1 or more.
    seed : int
        Of the random corners.

    Raises
    ------
    InvalidInput
        For anything else.
    """
    case = bind(weights, inputs, biases, activation)
    radii = deviations(case.network, radius, layers)
    restarts, steps = positive_integer("restarts", restarts), positive_integer("steps", steps)
    rng = np.random.default_rng(whole("seed", seed))
    pairs = asked_pairs(case, pair)
    return attack_case(case, radii, pairs, restarts, steps, rng)


def attack_case(
    case: Case, radii: Sequence[Array], pairs: Pairs, restarts: int, steps: int, rng: np.random.Generator
) -> Attack:
    """The attack on checked arguments."""
    kernels = any(layer.taps is not None for layer in case.layers)
    found = [
        _piece(part, radii, pairs[rows], restarts, steps, rng)
        for rows, part in pieces(case, pairs.shape[1], matrices=kernels)
    ]
    moves = tuple(np.concatenate([one[1][m] for one in found]) for m in range(len(case.layers)))
    rival, clean, margin = (np.concatenate([one[0][k] for one in found]) for k in range(3))
    return Attack(pairs[:, 0, 0].copy(), rival.astype(np.intp), clean, margin, case, tuple(radii), moves)


def _piece(
    case: Case, radii: Sequence[Array], pairs: Pairs, restarts: int, steps: int, rng: np.random.Generator
) -> tuple[tuple[Array, Array, Array], Moves]:
    """(rival, clean margin, margin) of each input, and the moves."""
    n, q = pairs.shape[:2]
    wide = case.take(np.repeat(np.arange(n), q))
    flat = pairs.reshape(-1, 2)
    last = np.repeat(moving.towards(pairs, case.network.classes), q, axis=0)
    best, worst = moving.still(wide), np.full(n * q, np.inf)
    for restart in range(restarts):
        moves = moving.still(wide)
        if restart:
            moves = [rng.choice([-1.0, 1.0], t.shape) for t in moves]
        moves[-1] = last
        for step in range(steps + 1):
            passed = moving.forward(wide, radii, moves)
            margin = _margin(passed.outputs, flat)
            better = margin < worst
            worst = np.where(better, margin, worst)
            for kept, t in zip(best, moves, strict=True):
                kept[better] = t[better]
            if step == steps:
                break
            slope = moving.backward(wide, radii, moves, passed, flat, alive=restart % 2 == 0)
            size = 2.0 if step < 3 else 2.0 * 0.7 ** (step - 2)
            moves = [np.clip(t - size * np.sign(g), -1.0, 1.0) for t, g in zip(moves, slope, strict=True)]
            moves[-1] = last
    rows = np.arange(n) * q + worst.reshape(n, q).argmin(axis=1)
    moves = [t[rows] for t in best]
    clean = case.outputs()
    perturbed = np.concatenate(
        [
            moving.evaluate(part, moving.weights_of(part, radii, [t[rows] for t in moves]))
            for rows, part in pieces(case, q, matrices=True)
        ]
    )
    margins, clean_margins = (_margins(f, pairs) for f in (perturbed, clean))
    worst_at = margins.argmin(axis=1)
    margin, clean_margin = margins[np.arange(n), worst_at], clean_margins.min(axis=1)
    moved = margin < clean_margin  # otherwise nothing lowers it: no perturbation is as good
    moves = [np.where(moved.reshape(-1, *[1] * (t.ndim - 1)), t, 0.0) for t in moves]
    margin = np.where(moved, margin, clean_margin)
    rival = np.where(moved, pairs[np.arange(n), worst_at, 1], pairs[np.arange(n), clean_margins.argmin(axis=1), 1])
    return (rival, clean_margin, margin), moves


def _margin(outputs: Array, pairs: NDArray[np.intp]) -> Array:
    rows = np.arange(len(pairs))
    return outputs[rows, pairs[:, 0]] - outputs[rows, pairs[:, 1]]


def _margins(outputs: Array, pairs: Pairs) -> Array:
    rows = np.arange(len(pairs))[:, None]
    return outputs[rows, pairs[..., 0]] - outputs[rows, pairs[..., 1]]
