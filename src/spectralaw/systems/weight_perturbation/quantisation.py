"""What rounding the weights to few bits can do to each prediction, and what it does."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spectralaw._checks import entries, positive_integer, whole
from spectralaw.display import NONE, Shown, number
from spectralaw.errors import InvalidInput
from spectralaw.systems.weight_perturbation.accepted import bind
from spectralaw.systems.weight_perturbation.attack import attack_case
from spectralaw.systems.weight_perturbation.bounds import asked_pairs, least_margins, pieces
from spectralaw.systems.weight_perturbation.intervals import Pairs
from spectralaw.systems.weight_perturbation.linear import Array
from spectralaw.systems.weight_perturbation.moves import evaluate
from spectralaw.systems.weight_perturbation.network import Case
from spectralaw.systems.weight_perturbation.robust import checked_labels

SCHEMES = ("per tensor", "per channel")


@dataclass(frozen=True)
class Quantised:
    """One way of rounding, and how many of the predictions it leaves, may change, or does change.

    ``…_any`` stand for any change of the weights as large as the largest rounding error of the layer (of the output
    channel, per channel); the others for any change within each weight's own rounding error, of which the rounding
    itself is one. What is neither certified nor attacked is not decided.
    """

    bits: int
    scheme: str
    largest_error: float
    """Largest |Ŵ − W| over the largest |W| of its layer, over all layers."""
    certified: int
    certified_any: int
    changed: int
    """By rounding itself."""
    attacked: int
    """By rounding, or by a perturbation that was found."""
    attacked_any: int
    accuracy: float | None = None
    """Of the rounded network."""
    certified_accuracy: float | None = None
    """Right, and certified."""

    @property
    def vacuous(self) -> bool:
        """Whether the bounds say nothing: no prediction is certified either way."""
        return self.certified == 0


@dataclass(frozen=True, repr=False)
class QuantisationReport(Shown):
    """A row for each number of bits and scheme."""

    rows: tuple[Quantised, ...]
    inputs: int
    ties: int
    """Inputs whose prediction is a tie, which nothing can certify; they are not counted as changed."""
    accuracy: float | None
    """Of the network as it is."""

    def row(self, bits: int, scheme: str = "per tensor") -> Quantised:
        """The row of a number of bits and a scheme."""
        for row in self.rows:
            if row.bits == bits and row.scheme == scheme:
                return row
        raise InvalidInput(f"the report has no row of {bits} bits {scheme}")

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and strings; accuracies are absent without labels."""
        rows = [{**asdict(row), "vacuous": row.vacuous} for row in self.rows]
        top = {"inputs": self.inputs, "ties": self.ties, "accuracy": self.accuracy, "rows": rows}
        return _without_none(top)

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        cells = self._cells()
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = ["  ".join(f"{c:>{w}}" for c, w in zip(line, widths, strict=True)) for line in cells]
        return self._title(), [(line, "") for line in [*lines, *self._notes()]]

    def __repr__(self) -> str:
        title, lines = self._shown()
        return "\n".join([title, *(f"  {line}".rstrip() for line, _ in lines)])

    def _repr_html_(self) -> str:
        head, *body = [[html.escape(cell) for cell in line] for line in self._cells()]
        rows = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in line) + "</tr>" for line in body)
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self._notes())
        top = "".join(f"<th>{cell}</th>" for cell in head)
        return f"<div><strong>{html.escape(self._title())}</strong><table><tr>{top}</tr>{rows}</table>{notes}</div>"

    def _title(self) -> str:
        accuracy = "" if self.accuracy is None else f", accuracy {self.accuracy:.1%}"
        ties = f", {self.ties} of them ties" if self.ties else ""
        return f"Rounding of weights, {self.inputs} predictions{ties}{accuracy}"

    def _cells(self) -> list[list[str]]:
        head = ["bits", "", "error", "certified", "(any)", "rounding changes", "attack changes", "(any)"]
        head += [] if self.accuracy is None else ["accuracy", "certified"]
        found = [head]
        for r in self.rows:
            line = [str(r.bits), r.scheme, number(float(f"{r.largest_error:.3g}")), str(r.certified)]
            line += [str(r.certified_any), str(r.changed), str(r.attacked), str(r.attacked_any)]
            if self.accuracy is not None:
                line += [_share(r.accuracy), _share(r.certified_accuracy)]
            found.append(line)
        return found

    def _notes(self) -> list[str]:
        empty = [f"{r.bits} bits {r.scheme}" for r in self.rows if r.vacuous]
        return [
            "error: largest rounding error over the largest weight of its layer; biases are not rounded",
            "(any): any change as large as the largest rounding error, not only within each weight's own",
            *([f"vacuous, nothing is certified: {', '.join(empty)}"] if empty else []),
        ]


def quantised(matrix: Array, bits: int, scheme: str) -> Array:
    """Symmetric rounding to 2^bits − 1 levels, the largest |W| of the tensor or of the row being the last."""
    levels = 2 ** (bits - 1) - 1
    size = np.abs(matrix).max(axis=1, keepdims=True) if scheme == "per channel" else np.abs(matrix).max()
    step = np.where(size > 0.0, size, 1.0) / levels
    return np.clip(np.rint(matrix / step), -levels, levels) * step


def quantisation_report(
    weights: Any,
    inputs: ArrayLike,
    bits: int | Iterable[int] = (8, 6, 4),
    labels: ArrayLike | None = None,
    *,
    restarts: int = 2,
    seed: int = 0,
    biases: Sequence[ArrayLike | None] | None = None,
    activation: str | None = None,
) -> QuantisationReport:
    """How many predictions survive rounding the weights: certified, attacked, and rounded.

    Rounding is symmetric and to the nearest, with a step for each layer (per tensor) or for each output (per channel):
    Ŵ = s round(W/s), s = max |W| / (2^(bits − 1) − 1). A prediction is certified where the least f_i − f_j of the
    predicted class i is positive for all others under every change of the weights within the rounding errors.

    Parameters
    ----------
    weights, inputs, biases, activation
        As for :func:`margin_bound`; biases are not rounded.
    bits : int or list of int
        From 2 to 32, different ones.
    labels : array of shape (n,), optional
        True classes, for accuracies.
    restarts, seed : int
        Of the attack, which is made where a prediction is neither certified nor changed by rounding.

    Raises
    ------
    InvalidInput
        For anything else.
    """
    case = bind(weights, inputs, biases, activation)
    asked = [bits] if np.ndim(bits) == 0 else entries("bits", bits, "whole numbers")  # pyright: ignore[reportArgumentType]
    each = [whole("each of bits", one, 2) for one in asked]
    if not each or max(each) > 32 or len(set(each)) < len(each):
        raise InvalidInput(f"bits must be different whole numbers from 2 to 32, not {each}")
    y = None if labels is None else checked_labels(labels, case)
    restarts, rng = positive_integer("restarts", restarts), np.random.default_rng(whole("seed", seed))
    pairs = asked_pairs(case, None)
    clean = _margins(case, [layer.weight for layer in case.layers], pairs)
    right = None if y is None else pairs[:, 0, 0] == y
    rows = tuple(_row(case, pairs, clean, right, y, b, scheme, restarts, rng) for b in each for scheme in SCHEMES)
    accuracy = None if right is None else float(np.mean(right))
    return QuantisationReport(rows, len(case.x), int(np.sum(clean <= 0.0)), accuracy)


def _row(
    case: Case,
    pairs: Pairs,
    clean: Array,
    right: NDArray[np.bool_] | None,
    y: NDArray[np.intp] | None,
    bits: int,
    scheme: str,
    restarts: int,
    rng: np.random.Generator,
) -> Quantised:
    rounded = [quantised(layer.weight, bits, scheme) for layer in case.layers]
    own = [np.abs(new - layer.weight) for new, layer in zip(rounded, case.layers, strict=True)]
    if scheme == "per channel":
        any_ = [np.broadcast_to(r.max(axis=1, keepdims=True), r.shape) for r in own]
    else:
        any_ = [np.full(r.shape, r.max()) for r in own]
    held, held_any = (certified(case, radii, pairs) for radii in (own, any_))
    changed = (clean > 0.0) & (_margins(case, rounded, pairs) <= 0.0)
    attacked = changed | _attacked(case, own, pairs, ~held & ~changed, restarts, rng)
    attacked_any = attacked | _attacked(case, any_, pairs, ~held_any & ~attacked, restarts, rng)
    tops = [max(float(np.abs(layer.weight).max()), 1e-300) for layer in case.layers]
    accuracy = sure = None
    if y is not None and right is not None:
        accuracy = float(np.mean(_outputs(case, rounded).argmax(axis=1) == y))
        sure = float(np.mean(right & held))
    error = max(float(r.max()) / top for r, top in zip(own, tops, strict=True))
    c, c_any, moved, a, a_any = (int(np.sum(found)) for found in (held, held_any, changed, attacked, attacked_any))
    return Quantised(bits, scheme, error, c, c_any, moved, a, a_any, accuracy, sure)


def certified(case: Case, radii: Sequence[Array], pairs: Pairs) -> NDArray[np.bool_]:
    """Where the predicted class stays above all others, whatever the weights do within the radii."""
    found = [least_margins(part, radii, pairs[rows]).min(axis=1) for rows, part in pieces(case, pairs.shape[1])]
    return np.concatenate(found) > 0.0


def _attacked(
    case: Case, radii: Sequence[Array], pairs: Pairs, where: NDArray[np.bool_], restarts: int, rng: np.random.Generator
) -> NDArray[np.bool_]:
    found = np.zeros(len(case.x), dtype=bool)
    if where.any():
        found[where] = attack_case(case.take(where), radii, pairs[where], restarts, 12, rng).flipped
    return found


def _outputs(case: Case, weights: Sequence[Array]) -> Array:
    return np.concatenate([evaluate(part, weights) for part in case.chunks(1)])


def _margins(case: Case, weights: Sequence[Array], pairs: Pairs) -> Array:
    """f_i over its best rival, (n,)."""
    f, rows = _outputs(case, weights), np.arange(len(pairs))[:, None]
    return (f[rows, pairs[..., 0]] - f[rows, pairs[..., 1]]).min(axis=1)


def _share(value: float | None) -> str:
    return NONE if value is None else f"{value:.1%}"


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_none(one) for name, one in value.items() if one is not None}
    return [_without_none(one) for one in value] if isinstance(value, list) else value
