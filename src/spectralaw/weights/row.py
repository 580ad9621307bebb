"""One row of a diagnosis: what was read from one matrix, or why nothing was."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Interval = tuple[float, float]


class MatrixStatus(StrEnum):
    """What became of a tensor: read, or passed over for a reason that has a name."""

    OK = "ok"
    VECTOR = "vector"
    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"
    QUANTISED = "quantised"
    OPTIMIZER_STATE = "optimizer_state"
    NON_FINITE = "non_finite"
    ALL_ZERO = "all_zero"
    CONSTANT = "constant"
    DUPLICATE_OF = "duplicate_of"
    NOT_SELECTED = "not_selected"
    UNSUPPORTED_DTYPE = "unsupported_dtype"
    UNSUPPORTED_FORMAT = "unsupported_format"
    TRUNCATED = "truncated"
    MALFORMED = "malformed"
    REFUSED_PICKLE = "refused_pickle"
    OUT_OF_SCOPE = "out_of_scope"


class Structure(StrEnum):
    """What a spectrum looks like; no verdict on training, and no phase of the theory."""

    COLLAPSED = "collapsed"
    OUTLIERS_ONLY = "outliers_only"
    BULK = "bulk"
    BULK_AND_OUTLIERS = "bulk_and_outliers"
    HEAVY_TAIL = "heavy_tail"
    NO_BULK = "no_bulk"


class TailStatus(StrEnum):
    """Whether an exponent describes a tail."""

    OK = "ok"
    INSIDE_BULK = "inside_bulk"
    """The tail begins below the edge of the noise: α describes the shoulder of the bulk."""
    TOO_FEW = "too_few"
    """Fewer than 50 eigenvalues."""
    REJECTED = "rejected"
    """A power law does not fit (p < 0.1)."""
    FAILED = "failed"
    """No exponent could be computed."""


@dataclass(frozen=True, slots=True)
class NoiseBulk:
    """The noise behind a spectrum.

    Of a matrix: entries of variance a_i b_j (``entry_kurtosis`` and ``profile_spread`` describe them). Of a list of
    eigenvalues: the cut semicircle max(δ x − c, 0), with ``effective_noise`` δ and ``threshold`` c.
    """

    edge: float | None = None
    """Where the noise ends: a singular value of a matrix; an eigenvalue where eigenvalues were given."""
    tw_scale: float | None = None
    """Scale of the fluctuations of the largest eigenvalue (Tracy–Widom), in units of eigenvalues."""
    pvalue: float | None = None
    """Chance that noise alone reaches the largest singular value."""
    noise_std: float | None = None
    """Standard deviation of an entry without the spikes."""
    noise_std_median: float | None = None
    """The same from the median eigenvalue and the Marchenko–Pastur law."""
    profile_spread: float | None = None
    """Standard deviation of log(a_i b_j) over the entries, less its sampling noise; 0 is plain Marchenko–Pastur."""
    entry_kurtosis: float | None = None
    """E z⁴ of the entries over their variance profile; 3 for Gaussian entries."""
    ks: float | None = None
    """Distance (Kolmogorov–Smirnov) of the eigenvalues below the edge from the Marchenko–Pastur law."""
    ks_flip_pvalue: float | None = None
    """Its p-value against random signs; with ``full`` only."""
    effective_noise: float | None = None
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class Spike:
    """A singular value that noise does not explain."""

    value: float
    """The singular value; the eigenvalue where eigenvalues were given."""
    pvalue: float | None = None
    """Chance that noise alone reaches it."""
    strength: float | None = None
    """Singular value of the signal behind it."""
    overlap_left: float | None = None
    """Squared overlap of its left singular vector (of length p, the shorter side) with the signal's."""
    overlap_right: float | None = None
    shrunken: float | None = None
    """The value that makes the smallest expected error of the signal."""


@dataclass(frozen=True, slots=True)
class PowerLawTail:
    """The largest eigenvalues against a power law of density x^(−α)."""

    status: TailStatus
    alpha: float | None = None
    interval: Interval | None = None
    """95 %, the choice of xmin included (bootstrap)."""
    interval_fixed_xmin: Interval | None = None
    """95 %, as if xmin had been known."""
    xmin: float | None = None
    n: int | None = None
    """Eigenvalues in the tail."""
    ks: float | None = None
    pvalue: float | None = None
    """Of the fit; small means that a power law does not fit."""
    models: Mapping[str, Any] | None = None
    """Power law, exponential, lognormal, truncated power law beyond xmin; ``favoured`` is one of them or
    ``undecided``."""
    note: str = ""
    curve: tuple[Array, Array] | None = field(default=None, repr=False, compare=False)
    """xmin and α(xmin), for pictures; not in ``to_dict`` unless asked for."""


@dataclass(frozen=True, slots=True)
class RankCut:
    """What keeping the spikes alone would do to the weights (not to the function)."""

    keep: int
    relative_error: float
    """‖W − W_k‖_F / ‖W‖_F."""
    operator_error: float
    """‖W − W_k‖, the first singular value that is cut."""
    parameters: float
    """k (p + n + 1) / (p n)."""


@dataclass(frozen=True)
class MatrixReading:
    """One matrix. What was not computed is None here and absent in :meth:`to_dict`."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    status: MatrixStatus
    reason: str = ""
    """One sentence, where the status is not ``ok``."""
    reshape: str | None = None
    kind: str = "matrix"
    frobenius: float | None = None
    spectral_norm: float | None = None
    rank: int | None = None
    stable_rank: float | None = None
    effective_rank: float | None = None
    zero_mass: float | None = None
    """Fraction of eigenvalues that are zero, where eigenvalues were given."""
    bulk: NoiseBulk | None = None
    spikes: int | None = None
    spikes_interval: tuple[int, int] | None = None
    null_used: str | None = None
    outliers: tuple[Spike, ...] = ()
    tail: PowerLawTail | None = None
    spectrum_models: Mapping[str, Any] | None = None
    """Marchenko–Pastur, HTMP and inverse HTMP on all eigenvalues, by likelihood."""
    prune: RankCut | None = None
    structure: Structure | None = None
    phase: str | None = None
    """The theory's phase, where a task was given: a spectrum alone cannot tell it."""
    bleed_out: bool | None = None
    """Whether the last spike is so near the edge that it may be part of the bulk."""
    seconds: float | None = field(default=None, compare=False)
    singular_values: Array | None = field(default=None, repr=False, compare=False)
    """All of them, largest first (square roots of the eigenvalues where those were given)."""

    @property
    def eigenvalues(self) -> Array | None:
        """Squares of the singular values."""
        return None if self.singular_values is None else self.singular_values**2

    @property
    def edge_eigenvalue(self) -> float | None:
        """Edge of the bulk on the scale of :attr:`eigenvalues`."""
        if self.bulk is None or self.bulk.edge is None:
            return None
        return self.bulk.edge if self.kind == "eigenvalues" else self.bulk.edge**2

    def to_dict(self, arrays: bool = False) -> dict[str, Any]:
        """Plain numbers, words, lists; without what was not computed, and without arrays unless asked for."""
        values = _plain(self, arrays)
        if self.kind == "matrix":
            values.pop("kind")
        if self.status is MatrixStatus.OK:
            values.setdefault("outliers", [])
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> MatrixReading:
        """The reading that :meth:`to_dict` gave."""
        row = dict(values)
        row["shape"] = tuple(row["shape"])
        row["status"] = MatrixStatus(row["status"])
        row["outliers"] = tuple(Spike(**one) for one in row.get("outliers", ()))
        if "structure" in row:
            row["structure"] = Structure(row["structure"])
        if "spikes_interval" in row:
            row["spikes_interval"] = tuple(row["spikes_interval"])
        if "bulk" in row:
            row["bulk"] = NoiseBulk(**row["bulk"])
        if "tail" in row:
            tail = dict(row["tail"])
            for interval in {"interval", "interval_fixed_xmin"} & set(tail):
                tail[interval] = tuple(tail[interval])
            tail["status"] = TailStatus(tail["status"])
            if "curve" in tail:
                tail["curve"] = tuple(np.asarray(part, dtype=float) for part in tail["curve"])
            row["tail"] = PowerLawTail(**tail)
        if "prune" in row:
            row["prune"] = RankCut(**row["prune"])
        if "singular_values" in row:
            row["singular_values"] = np.asarray(row["singular_values"], dtype=float)
        return cls(**row)


def _plain(value: Any, arrays: bool) -> Any:
    """Numbers, words, lists and dictionaries only; None, empty words, non-finite numbers are left out of
    dictionaries."""
    if dataclasses.is_dataclass(value):
        return _plain({f.name: getattr(value, f.name) for f in dataclasses.fields(value)}, arrays)
    if isinstance(value, Mapping):
        plain = {str(key): _plain(one, arrays) for key, one in value.items() if not _absent(one, arrays)}
        return {key: one for key, one in plain.items() if one is not None}
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, (list, tuple)):
        return [_plain(one, arrays) for one in value]
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, np.generic):
        return value.item()
    return value


def _absent(value: Any, arrays: bool) -> bool:
    if value is None or (isinstance(value, (str, tuple)) and len(value) == 0):
        return True
    if isinstance(value, np.ndarray) or (isinstance(value, tuple) and any(isinstance(v, np.ndarray) for v in value)):
        return not arrays
    return isinstance(value, (float, np.floating)) and not math.isfinite(value)
