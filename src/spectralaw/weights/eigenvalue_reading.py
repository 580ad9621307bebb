"""A list of eigenvalues as a row: zeros, the cut semicircle, outliers, tail."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw.weights.eigenvalues import CutBulk, read_eigenvalues
from spectralaw.weights.matrix_reading import BLEEDING
from spectralaw.weights.reading_parts import Settings, is_heavy, passed, read_tail, whole_spectrum
from spectralaw.weights.row import MatrixReading, MatrixStatus, NoiseBulk, Spike, Structure
from spectralaw.weights.spectrum import effective_rank, stable_rank
from spectralaw.weights.structure import structure_of


def read_list(row: MatrixReading, array: NDArray[Any], how: Settings) -> MatrixReading:
    if array.ndim != 1:
        return passed(row, MatrixStatus.OUT_OF_SCOPE, f"it has {array.ndim} dimensions, a list of eigenvalues has 1")
    if array.size == 0:
        return passed(row, MatrixStatus.TOO_SMALL, "it is empty")
    values = np.sort(array.astype(np.float64))[::-1]
    if not np.all(np.isfinite(values)):
        bad = int(values.size - np.count_nonzero(np.isfinite(values)))
        return passed(row, MatrixStatus.NON_FINITE, f"{bad} of its {values.size} eigenvalues are not finite")
    if values[-1] < -1e-7 * max(float(values[0]), 0.0):
        reason = f"its eigenvalue {values[-1]:g} is negative; those of a positive matrix, or of W Wᵀ, are read"
        return passed(row, MatrixStatus.OUT_OF_SCOPE, reason)
    values = np.maximum(values, 0.0)
    read = read_eigenvalues(values, how.level)
    singular = np.sqrt(values)
    row = replace(row, zero_mass=read.zero_mass, rank=read.positive, singular_values=singular)
    if read.positive == 0:
        return replace(row, spikes=0, spikes_interval=(0, 0), structure=Structure.COLLAPSED)
    has_bulk, only_outliers = read.is_bulk, read.only_outliers
    spikes = read.outliers if has_bulk or only_outliers else None
    edge = read.edge.location if read.edge is not None and has_bulk else None
    tail = read_tail(values[: read.positive], spikes, edge, how)
    heavy = not only_outliers and is_heavy(tail, edge, read.positive)
    next_value = float(values[read.outliers]) if read.outliers < len(values) else 0.0
    largest = float(values[0])
    return replace(
        row,
        stable_rank=stable_rank(values),
        effective_rank=effective_rank(singular),
        bulk=_cut_bulk(read) if has_bulk else None,
        spikes=spikes,
        spikes_interval=None if spikes is None else (spikes, spikes),
        null_used=None if spikes is None else "edge",
        outliers=tuple(_outlier(value, read) for value in values[: spikes or 0].tolist()),
        tail=tail,
        spectrum_models=whole_spectrum(values[: read.positive], None, how),
        structure=structure_of(read.positive, spikes, has_bulk or only_outliers, next_value, largest, heavy),
        prune=None,
        bleed_out=bool(spikes and has_bulk and _near(float(values[spikes - 1]), read)),
    )


def _cut_bulk(read: CutBulk) -> NoiseBulk:
    assert read.edge is not None
    return NoiseBulk(
        edge=read.edge.location,
        tw_scale=read.edge.scale,
        ks=read.ks,
        effective_noise=read.effective_noise,
        threshold=read.threshold,
    )


def _outlier(value: float, read: CutBulk) -> Spike:
    return Spike(value, None if read.edge is None else float(read.edge.sf(value)))


def _near(value: float, read: CutBulk) -> bool:
    return read.edge is not None and value < read.edge.location + BLEEDING * read.edge.scale
