"""From what a user hands in to points in centred logarithms; refuses what cannot be a loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from spectralaw.errors import InvalidInput
from spectralaw.scaling.laws import Array, Frame
from spectralaw.scaling.objective import Points


def read(x: Any, y: Any, weights: Any = None, groups: Any = None) -> tuple[Points, Array, Array]:
    """Points, x of shape (variables, n), and y."""
    if isinstance(x, Mapping):
        missing = [name for name in ("N", "D") if name not in x]
        if missing or len(x) != 2:
            raise InvalidInput(f"x of two variables must have the names 'N' and 'D', not {', '.join(map(repr, x))}")
        names, columns = ("N", "D"), [x["N"], x["D"]]
    else:
        names, columns = ("x",), [x]
    xs = np.array([_column(name, column) for name, column in zip(names, columns, strict=True)])
    ys = _column("y", y)
    if ys.size == 0:
        raise InvalidInput("y must have at least one point, not none")
    for name, column in zip(names, xs, strict=True):
        if len(column) != len(ys):
            raise InvalidInput(f"{name} must be as long as y ({len(ys)}), not {len(column)}")
        _positive(name, column)
    _positive("y", ys)
    w = np.ones(len(ys)) if weights is None else _column("weights", weights)
    if len(w) != len(ys):
        raise InvalidInput(f"weights must be as many as y ({len(ys)}), not {len(w)}")
    _positive("weights", w)
    labels = None
    if groups is not None:
        members = np.asarray(groups).ravel()
        if len(members) != len(ys):
            raise InvalidInput(f"groups must be as many as y ({len(ys)}), not {len(members)}")
        labels = np.unique(members, return_inverse=True)[1]
    u, v = np.log(xs), np.log(ys)
    frame = Frame(tuple(float(c) for c in u.mean(axis=1)), float(v.mean()))
    points = Points(
        names, u - np.array(frame.centres)[:, None], v - frame.level, w / w.mean(), frame, labels
    )  # fmt: skip
    return points, xs, ys


def _column(name: str, values: Any) -> Array:
    if values is None:
        raise InvalidInput(f"{name} must be a list of numbers, not None")
    if np.ma.is_masked(values):
        raise InvalidInput(f"{name} must be a list of numbers, but some of its entries are masked")
    try:
        return np.asarray(values, dtype=float).ravel()
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"{name} must be a list of numbers, not {values!r:.80}") from error


def _positive(name: str, values: Array) -> None:
    bad = np.flatnonzero(~(np.isfinite(values) & (values > 0.0)))
    if bad.size:
        row = int(bad[0])
        raise InvalidInput(f"{name} must be finite and greater than 0, not {values[row]:g} in row {row}")
