"""The spectrum of one matrix as a row: bulk, spikes, tail, cut, structure."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw.weights.bulk import Count, count_spikes, distance_from_marchenko_pastur, median_noise
from spectralaw.weights.flips import bulk_pvalue, count_against_flips
from spectralaw.weights.reading_parts import Settings, is_heavy, read_tail, whole_spectrum
from spectralaw.weights.row import MatrixReading, NoiseBulk, RankCut, Spike
from spectralaw.weights.shrinkage import rank_cut, shrink_spikes
from spectralaw.weights.spectrum import Entries, Spectrum, effective_rank, stable_rank
from spectralaw.weights.structure import structure_of

Array = NDArray[np.float64]

HEAVY_ENTRIES = 3.5
"""Entry kurtosis above which random signs are asked, too."""
BLEEDING = 3.0
"""Tracy–Widom scales beyond the edge, within which a spike may be part of the bulk."""


def read_wide(row: MatrixReading, wide: Array, how: Settings) -> MatrixReading:
    spectrum, entries = Spectrum(wide), Entries(wide)
    values, singular = spectrum.values, spectrum.singular_values
    p, n = wide.shape
    count = count_spikes(spectrum, entries, how.level)
    spikes, interval, null_used = _guarded(spectrum, entries, count, how)
    edge, k = count.noise.edge, spikes or 0
    distance = distance_from_marchenko_pastur(values[k:], (p - k) / (n - k)) if count.has_bulk and k < p else None
    bulk = NoiseBulk(
        edge=math.sqrt(max(edge.location, 0.0)),
        tw_scale=edge.scale,
        pvalue=float(count.first.edge.sf(values[0])),
        noise_std=math.sqrt(count.noise.noise_variance),
        noise_std_median=median_noise(spectrum),
        profile_spread=count.noise.profile_spread,
        entry_kurtosis=entries.kurtosis,
        ks=distance,
        ks_flip_pvalue=bulk_pvalue(spectrum, k, distance, how.streams[0])
        if how.full and distance is not None
        else None,
    )
    tail = read_tail(values[: spectrum.rank], spikes, edge.location if count.has_bulk else None, how)
    heavy = is_heavy(tail, edge.location if count.has_bulk else None, spectrum.rank)
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
        spectrum_models=whole_spectrum(values[: spectrum.rank], p / n, how),
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
        bleed_out=bool(spikes and values[spikes - 1] < edge.location + BLEEDING * edge.scale),
    )


def _numbers(one: Any) -> tuple[float, ...]:
    return one.strength, one.overlap_left, one.overlap_right, one.shrunken


def finite_or_none(value: float) -> float | None:
    """``value`` where it is a number that can be reported."""
    return value if math.isfinite(value) else None


def _guarded(
    spectrum: Spectrum, entries: Entries, count: Count, how: Settings
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


def rescaled(row: MatrixReading, unit: float) -> MatrixReading:
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
