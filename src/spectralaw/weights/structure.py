"""From numbers to a word: the structure of a spectrum, and the status of its tail. No verdict on the training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spectralaw.weights.row import Structure, TailStatus

FEWEST_IN_ALL = 50
"""Eigenvalues below which an exponent says too little."""
REJECTED = 0.1
_NOTHING = 1e-6  # of the largest singular value


def tail_status(
    n: int, count: int, spikes: int | None, xmin: float, edge: float | None, pvalue: float | None
) -> TailStatus:
    """``n`` eigenvalues of ``count`` are beyond ``xmin``; ``edge`` in the same units, None where there is no bulk."""
    if count < FEWEST_IN_ALL:
        return TailStatus.TOO_FEW
    if edge is not None and xmin < edge and (spikes or 0) < 0.5 * n:
        return TailStatus.INSIDE_BULK
    if pvalue is not None and pvalue < REJECTED:
        return TailStatus.REJECTED
    return TailStatus.OK


def power_law_stands(models: Mapping[str, Any] | None) -> bool:
    """Whether no other law of the tail is favoured."""
    return models is None or models["favoured"] in ("power_law", "undecided")


def structure_of(
    rank: int, spikes: int | None, has_bulk: bool, next_value: float, largest: float, heavy: bool
) -> Structure:
    """``next_value``: the largest singular value that is no spike. ``heavy``: a tail beyond the edge that stands."""
    if rank == 0:
        return Structure.COLLAPSED
    if heavy:
        return Structure.HEAVY_TAIL
    if not has_bulk:
        return Structure.NO_BULK
    if spikes and next_value < _NOTHING * largest:
        return Structure.OUTLIERS_ONLY
    return Structure.BULK_AND_OUTLIERS if spikes else Structure.BULK
