"""The parts of a row that a matrix and a list of eigenvalues share: settings, the tail, laws of whole spectra."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw.weights.competing import compare_tails
from spectralaw.weights.row import MatrixReading, MatrixStatus, PowerLawTail, Structure, TailStatus
from spectralaw.weights.structure import power_law_stands, tail_status
from spectralaw.weights.tail import FEWEST, TailFit, bootstrap_interval, fit_pvalue, fit_tail, fixed_interval

Array = NDArray[np.float64]

_NOTE = (
    "the interval holds for an exact power law; eigenvalues repel each other, which makes p conservative; "
    "noise has an α, too"
)


@dataclass(frozen=True)
class Settings:
    """Settings of one reading."""

    level: float
    null: str
    intervals: bool
    resamples: int
    full: bool
    streams: tuple[np.random.Generator, ...]


def passed(row: MatrixReading, status: MatrixStatus, reason: str, structure: Structure | None = None) -> MatrixReading:
    return replace(row, status=status, reason=reason, structure=structure)


def read_tail(values: Array, spikes: int | None, edge: float | None, how: Settings) -> PowerLawTail:
    """The tail of eigenvalues, largest first; ``edge`` in the same units."""
    positive = values[values > 0]
    found: TailFit | None = fit_tail(positive, how.full)
    if found is None:
        why = f"fewer than {FEWEST} positive eigenvalues" if len(positive) < FEWEST else "the eigenvalues do not differ"
        status = TailStatus.TOO_FEW if len(positive) < FEWEST else TailStatus.FAILED
        return PowerLawTail(status, note=f"no exponent: {why}")
    interval = pvalue = models = None
    if how.intervals:
        interval = bootstrap_interval(positive, found.alpha, how.resamples, how.streams[1])
        pvalue = fit_pvalue(positive, found, how.resamples, how.streams[2])
        models = compare_tails(positive, found.xmin)
    return PowerLawTail(
        tail_status(found.n, len(positive), spikes, found.xmin, edge, pvalue),
        alpha=found.alpha,
        interval=interval,
        interval_fixed_xmin=fixed_interval(found.alpha, found.n),
        xmin=found.xmin,
        n=found.n,
        ks=found.ks,
        pvalue=pvalue,
        models=models,
        note=_NOTE,
        curve=found.curve,
    )


def is_heavy(tail: PowerLawTail, edge: float | None, count: int) -> bool:
    """A tail that stands and begins beyond the edge; where no edge is known, one of half of the eigenvalues or more."""
    if tail.status is not TailStatus.OK or tail.xmin is None or tail.n is None:
        return False
    beyond = 2 * tail.n >= count if edge is None else tail.xmin >= edge
    return beyond and power_law_stands(tail.models)


def whole_spectrum(positive: Array, ratio: float | None, how: Settings) -> dict[str, Any] | None:
    if not how.full:
        return None
    from spectralaw.weights.spectrum_models import compare_spectra

    return compare_spectra(positive, ratio)
