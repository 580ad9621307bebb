"""One matrix, or one list of eigenvalues, in; one row out."""

from __future__ import annotations

import math
import time
import zlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw.weights.bulk import Count, count_spikes, distance_from_marchenko_pastur, median_noise
from spectralaw.weights.competing import compare_tails
from spectralaw.weights.eigenvalues import CutBulk, read_eigenvalues
from spectralaw.weights.flips import count_against_flips
from spectralaw.weights.row import (
    MatrixReading,
    MatrixStatus,
    NoiseBulk,
    PowerLawTail,
    RankCut,
    Spike,
    Structure,
    TailStatus,
)
from spectralaw.weights.shrinkage import rank_cut, shrink_spikes
from spectralaw.weights.spectrum import Entries, Spectrum, effective_rank, stable_rank
from spectralaw.weights.structure import power_law_stands, structure_of, tail_status
from spectralaw.weights.tail import FEWEST, TailFit, bootstrap_interval, fit_pvalue, fit_tail, fixed_interval

Array = NDArray[np.float64]

HEAVY_ENTRIES = 3.5
"""Entry kurtosis above which random signs are asked, too."""
_BLEEDING = 3.0  # Tracy–Widom scales beyond the edge
_EXTREME = 2.0**200  # entries are brought near 1 where squares of squares would leave the range of numbers
_NOTE = (
    "the interval holds for an exact power law; eigenvalues repel each other, which makes p conservative; "
    "noise has an α, too"
)


@dataclass(frozen=True)
class _How:
    """Settings of one reading."""

    level: float
    null: str
    intervals: bool
    resamples: int
    full: bool
    streams: tuple[np.random.Generator, ...]


def read_matrix(
    name: str,
    matrix: Any,
    *,
    level: float = 0.05,
    null: str = "auto",
    intervals: bool = True,
    resamples: int = 100,
    seed: int = 0,
    kind: str = "matrix",
    min_size: int = 32,
    full: bool = False,
) -> MatrixReading:
    """Read the spectrum of one matrix (``kind="eigenvalues"``: of a list of eigenvalues); never raises on a bad one.

    Parameters
    ----------
    name : str
        With ``seed``, what random numbers follow from; other matrices do not matter.
    matrix : array_like, shape (rows, columns) or (d,)
        Any real numbers; read in 64 bits.
    level : float
        Chance that noise shows a spike.
    null : {"auto", "edge", "flip"}
        Whether random signs are asked besides the edge of the noise: never (``edge``), always (``flip``), or where
        there are spikes and the entries have heavy tails (``auto``).
    intervals : bool
        Resample the tail for its interval and its p-value.
    resamples : int
        How often.
    min_size : int
        Smaller matrices are passed over.
    full : bool
        Try every xmin of the tail, and compare laws of whole spectra (HTMP; seconds a matrix).
    """
    begin = time.perf_counter()
    streams = np.random.default_rng([seed, zlib.crc32(name.encode())]).spawn(3)
    how = _How(level, null, intervals, resamples, full, tuple(streams))
    array = np.asarray(matrix)
    row = MatrixReading(name, tuple(array.shape), str(array.dtype), MatrixStatus.OK, kind=kind)
    try:
        if array.dtype.kind not in "fiub":
            row = _passed(row, MatrixStatus.UNSUPPORTED_DTYPE, f"entries of type {array.dtype} are no real numbers")
        elif kind == "eigenvalues":
            row = _eigenvalues(row, array, how)
        else:
            row = _matrix(row, array, how, min_size)
    except np.linalg.LinAlgError as error:
        row = _passed(row, MatrixStatus.OUT_OF_SCOPE, f"its spectrum could not be computed: {error}")
    return replace(row, seconds=time.perf_counter() - begin)


def _passed(row: MatrixReading, status: MatrixStatus, reason: str, structure: Structure | None = None) -> MatrixReading:
    return replace(row, status=status, reason=reason, structure=structure)


def _matrix(row: MatrixReading, array: NDArray[Any], how: _How, min_size: int) -> MatrixReading:
    if array.ndim != 2:
        status = MatrixStatus.VECTOR if array.ndim < 2 else MatrixStatus.OUT_OF_SCOPE
        return _passed(row, status, f"it has {array.ndim} dimensions, a matrix has 2")
    if min(array.shape) < max(min_size, 1):
        reason = f"the smaller side of {array.shape[0]} × {array.shape[1]} is below min_size = {min_size}"
        return _passed(row, MatrixStatus.TOO_SMALL, reason)
    wide = np.ascontiguousarray(array if array.shape[0] <= array.shape[1] else array.T, dtype=np.float64)
    low, high = float(wide.min()), float(wide.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        bad = int(wide.size - np.count_nonzero(np.isfinite(wide)))
        return _passed(row, MatrixStatus.NON_FINITE, f"{bad} of its {wide.size} entries are not finite")
    if low == high:
        if low == 0.0:
            return _passed(row, MatrixStatus.ALL_ZERO, "all its entries are zero", Structure.COLLAPSED)
        return _passed(row, MatrixStatus.CONSTANT, f"all its entries are {low:g}")
    largest = max(abs(low), abs(high))
    if not 1.0 / _EXTREME < largest < _EXTREME:
        unit = 2.0 ** math.floor(math.log2(largest))
        return _rescaled(_spectrum_of_matrix(row, wide / unit, how), unit)
    return _spectrum_of_matrix(row, wide, how)


def _spectrum_of_matrix(row: MatrixReading, wide: Array, how: _How) -> MatrixReading:
    spectrum, entries = Spectrum(wide), Entries(wide)
    values, singular = spectrum.values, spectrum.singular_values
    p, n = wide.shape
    count = count_spikes(spectrum, entries, how.level)
    spikes, interval, null_used = _guarded(spectrum, entries, count, how)
    edge = count.noise.edge
    bulk = NoiseBulk(
        edge=math.sqrt(max(edge.location, 0.0)),
        tw_scale=edge.scale,
        pvalue=float(count.first.edge.sf(values[0])),
        noise_std=math.sqrt(count.noise.noise_variance),
        noise_std_median=median_noise(spectrum),
        profile_spread=count.noise.profile_spread,
        entry_kurtosis=entries.kurtosis,
        ks=distance_from_marchenko_pastur(spectrum, spikes or 0) if count.has_bulk else None,
    )
    tail = _tail(values[: spectrum.rank], spikes, edge.location if count.has_bulk else None, how)
    heavy = _heavy(tail, edge.location if count.has_bulk else None, spectrum.rank)
    next_value = float(singular[spikes or 0]) if (spikes or 0) < p else 0.0
    row = replace(
        row,
        frobenius=math.sqrt(entries.total),
        spectral_norm=float(singular[0]),
        rank=spectrum.rank,
        stable_rank=stable_rank(values),
        effective_rank=effective_rank(singular),
        bulk=bulk,
        tail=tail,
        spectrum_models=_whole(values[: spectrum.rank], p / n, how),
        structure=structure_of(spectrum.rank, spikes, count.has_bulk, next_value, float(singular[0]), heavy),
        singular_values=singular,
    )
    if spikes is None:
        return row
    shrunken = shrink_spikes(singular, n, spikes) if spikes < p else []
    outliers = tuple(
        Spike(float(s), float(edge.sf(s**2)), *(finite_or_none(v) for v in _numbers(one)))
        for s, one in zip(singular[:spikes], shrunken, strict=True)
    )
    return replace(
        row,
        spikes=spikes,
        spikes_interval=interval,
        null_used=null_used,
        outliers=outliers,
        prune=rank_cut(singular, n, spikes),
        bleed_out=bool(spikes and values[spikes - 1] < edge.location + _BLEEDING * edge.scale),
    )


def _numbers(one: Any) -> tuple[float, ...]:
    return one.strength, one.overlap_left, one.overlap_right, one.shrunken


def finite_or_none(value: float) -> float | None:
    """``value`` where it is a number that can be reported."""
    return value if math.isfinite(value) else None


def _guarded(
    spectrum: Spectrum, entries: Entries, count: Count, how: _How
) -> tuple[int | None, tuple[int, int] | None, str | None]:
    """Spikes by the edge, and by random signs where they are asked: the smaller count, and both."""
    if not count.has_bulk:
        return None, None, None
    k = count.spikes
    ask = how.null == "flip" or (how.null == "auto" and k > 0 and entries.kurtosis > HEAVY_ENTRIES)
    if not ask:
        return k, (k, k), "edge"
    flipped = count_against_flips(spectrum, how.level, k, how.streams[0]) if k else 0
    return min(k, flipped), (min(k, flipped), max(k, flipped)), "flip"


def _tail(values: Array, spikes: int | None, edge: float | None, how: _How) -> PowerLawTail:
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


def _heavy(tail: PowerLawTail, edge: float | None, count: int) -> bool:
    """A tail that stands and begins beyond the edge; where no edge is known, one of half of the eigenvalues or more."""
    if tail.status is not TailStatus.OK or tail.xmin is None or tail.n is None:
        return False
    beyond = 2 * tail.n >= count if edge is None else tail.xmin >= edge
    return beyond and power_law_stands(tail.models)


def _whole(positive: Array, ratio: float | None, how: _How) -> dict[str, Any] | None:
    if not how.full:
        return None
    from spectralaw.weights.spectrum_models import compare_spectra

    return compare_spectra(positive, ratio)


def _eigenvalues(row: MatrixReading, array: NDArray[Any], how: _How) -> MatrixReading:
    if array.ndim != 1:
        return _passed(row, MatrixStatus.OUT_OF_SCOPE, f"it has {array.ndim} dimensions, a list of eigenvalues has 1")
    if array.size == 0:
        return _passed(row, MatrixStatus.TOO_SMALL, "it is empty")
    values = np.sort(array.astype(np.float64))[::-1]
    if not np.all(np.isfinite(values)):
        bad = int(values.size - np.count_nonzero(np.isfinite(values)))
        return _passed(row, MatrixStatus.NON_FINITE, f"{bad} of its {values.size} eigenvalues are not finite")
    if values[-1] < -1e-7 * max(float(values[0]), 0.0):
        reason = f"its eigenvalue {values[-1]:g} is negative; those of a positive matrix, or of W Wᵀ, are read"
        return _passed(row, MatrixStatus.OUT_OF_SCOPE, reason)
    values = np.maximum(values, 0.0)
    read = read_eigenvalues(values, how.level)
    singular = np.sqrt(values)
    row = replace(row, zero_mass=read.zero_mass, rank=read.positive, singular_values=singular)
    if read.positive == 0:
        return replace(row, spikes=0, spikes_interval=(0, 0), structure=Structure.COLLAPSED)
    has_bulk, only_outliers = read.is_bulk, read.only_outliers
    spikes = read.outliers if has_bulk or only_outliers else None
    edge = read.edge.location if read.edge is not None and has_bulk else None
    tail = _tail(values[: read.positive], spikes, edge, how)
    heavy = not only_outliers and _heavy(tail, edge, read.positive)
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
        spectrum_models=_whole(values[: read.positive], None, how),
        structure=structure_of(read.positive, spikes, has_bulk or only_outliers, next_value, largest, heavy),
        prune=None,
        bleed_out=bool(spikes and has_bulk and _near(values[spikes - 1], read)),
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
    return read.edge is not None and value < read.edge.location + _BLEEDING * read.edge.scale


def _rescaled(row: MatrixReading, unit: float) -> MatrixReading:
    """A reading of W/unit as one of W; powers of two change no digit."""
    assert row.bulk is not None and row.singular_values is not None and row.tail is not None

    def times(value: float | None, power: int = 1) -> float | None:
        return None if value is None else float(value) * unit**power if abs(math.log2(unit) * power) < 1000 else None

    bulk = replace(
        row.bulk,
        edge=times(row.bulk.edge),
        tw_scale=times(row.bulk.tw_scale, 2),
        noise_std=times(row.bulk.noise_std),
        noise_std_median=times(row.bulk.noise_std_median),
    )
    outliers = tuple(
        replace(one, value=one.value * unit, strength=times(one.strength), shrunken=times(one.shrunken))
        for one in row.outliers
    )
    prune: RankCut | None = None
    if row.prune is not None:
        prune = replace(row.prune, operator_error=row.prune.operator_error * unit)
    tail = replace(row.tail, xmin=times(row.tail.xmin, 2), models=None, curve=None)
    return replace(
        row,
        frobenius=times(row.frobenius),
        spectral_norm=times(row.spectral_norm),
        bulk=bulk,
        outliers=outliers,
        prune=prune,
        tail=tail,
        spectrum_models=None,
        singular_values=row.singular_values * unit,
    )
