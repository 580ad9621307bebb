"""Several checkpoints of one network: a diagnosis each, and what changed from first to last, with error bars."""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spectralaw._checks import is_ours
from spectralaw.errors import InvalidInput
from spectralaw.files import file_path
from spectralaw.weights.diagnosis import Diagnosis, flat
from spectralaw.weights.load import load
from spectralaw.weights.reading import read_matrix
from spectralaw.weights.row import MatrixReading, MatrixStatus, TailStatus
from spectralaw.weights.selection import candidates

if TYPE_CHECKING:
    import xarray
    from rich.console import Console

_Z = 1.96
_EXACT = ("spectral_norm", "frobenius", "stable_rank", "effective_rank")
_SURE = 1e-3  # p-value below which a spike is no matter of the level


@dataclass(frozen=True)
class Difference:
    """One quantity of one matrix, in the first checkpoint and in the last."""

    first: float
    last: float
    standard_error: float | None = None
    """Of last − first; absent for counts, and for numbers that are exact functions of the weights."""
    differs: bool | None = None
    """Whether the two differ beyond their errors (5 %); ``None``: that cannot be told."""

    @property
    def change(self) -> float:
        """last − first."""
        return self.last - self.first

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers; what is not known is absent."""
        values = {"first": self.first, "last": self.last, "change": self.change}
        extra = {"standard_error": self.standard_error, "differs": self.differs}
        return {**values, **{key: value for key, value in extra.items() if value is not None}}


@dataclass(frozen=True)
class MatrixChange:
    """What changed in one matrix that was read in both checkpoints."""

    name: str
    structure: tuple[str, str]
    """In the first checkpoint and in the last."""
    differences: Mapping[str, Difference]
    """By quantity: spikes, alpha, noise_std, spectral_norm, frobenius, stable_rank, effective_rank."""
    relative_change: float | None = None
    """‖W_last − W_first‖_F / ‖W_first‖_F."""
    update_spikes: int | None = None
    """Spikes of the update W_last − W_first itself: its rank beyond noise."""

    def __getitem__(self, quantity: str) -> Difference:
        return self.differences[quantity]

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and words."""
        row: dict[str, Any] = {"name": self.name, "structure": list(self.structure)}
        for key in ("relative_change", "update_spikes"):
            if getattr(self, key) is not None:
                row[key] = getattr(self, key)
        return {**row, **{name: difference.to_dict() for name, difference in self.differences.items()}}


@dataclass(frozen=True)
class Checkpoints:
    """Diagnoses of several checkpoints, in order, and the changes from the first to the last."""

    labels: tuple[str, ...]
    diagnoses: tuple[Diagnosis, ...]
    changes: tuple[MatrixChange, ...]
    only_in_some: tuple[str, ...] = field(default=())
    """Names that were not read in both the first checkpoint and the last."""

    def __len__(self) -> int:
        return len(self.diagnoses)

    def __iter__(self) -> Iterator[Diagnosis]:
        return iter(self.diagnoses)

    def __getitem__(self, key: int | str) -> Diagnosis | MatrixChange:
        """A diagnosis by its place, or the change of a matrix by its name."""
        if isinstance(key, int):
            return self.diagnoses[key]
        for change in self.changes:
            if change.name == key:
                return change
        raise KeyError(key)

    @property
    def read(self) -> tuple[MatrixReading, ...]:
        """Rows of all checkpoints that were read."""
        return tuple(row for diagnosis in self.diagnoses for row in diagnosis.read)

    @property
    def failures(self) -> tuple[str, ...]:
        """Names of matrices whose decomposition did not converge."""
        return tuple(name for diagnosis in self.diagnoses for name in diagnosis.failures)

    def why_nothing(self) -> str:
        """Why nothing was read."""
        return self.diagnoses[0].why_nothing()

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and words."""
        return {
            "checkpoints": list(self.labels),
            "changes": [change.to_dict() for change in self.changes],
            "only_in_some": list(self.only_in_some),
            "diagnoses": [diagnosis.to_dict() for diagnosis in self.diagnoses],
        }

    def to_xarray(self) -> xarray.Dataset:
        """The data sets of the diagnoses along ``checkpoint``; NaN where a matrix is not in one."""
        import xarray as xr

        parts = [diagnosis.to_xarray() for diagnosis in self.diagnoses]
        joined = xr.concat(parts, dim="checkpoint", join="outer", combine_attrs="drop", data_vars="all")
        return joined.assign_coords(checkpoint=list(self.labels))

    def to_csv(self) -> str:
        """One line a matrix: the changes."""
        records = [flat({**change.to_dict(), "structure": " → ".join(change.structure)}) for change in self.changes]
        names = list(dict.fromkeys(key for record in records for key in record))
        text = io.StringIO()
        writer = csv.DictWriter(text, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(records)
        return text.getvalue()

    def print(self, console: Console) -> None:
        """The table of changes."""
        from spectralaw.weights.text import print_checkpoints

        print_checkpoints(self, console)

    def report(self, path: str | os.PathLike[str], overwrite: bool = False) -> Path:
        """Write a page with the changes and their curves, and the readings of the last checkpoint: .html or .pdf."""
        from spectralaw.weights.report import write_checkpoints

        return write_checkpoints(self, file_path(path), overwrite)

    def __repr__(self) -> str:
        from spectralaw.weights.text import plain

        return plain(self.print)

    def _repr_html_(self) -> str:
        from spectralaw.weights.page import changes_table

        return changes_table(self)


def compare_checkpoints(
    sources: Sequence[Any], read: Callable[[Any], Diagnosis], settings: Mapping[str, Any]
) -> Checkpoints:
    """Read every checkpoint, and compare the last with the first."""
    if len(sources) < 2:
        raise InvalidInput("source must list at least 2 checkpoints, not 1; give one source by itself")
    diagnoses = tuple(read(source) for source in sources)
    first = {row.name: row for row in diagnoses[0].read}
    last = {row.name: row for row in diagnoses[-1].read}
    common = [name for name in first if name in last]
    updates = _updates(sources[0], sources[-1], common, settings)
    changes = tuple(
        MatrixChange(
            name,
            (str(first[name].structure), str(last[name].structure)),
            differences(first[name], last[name]),
            *updates.get(name, (None, None)),
        )
        for name in common
    )
    rest = tuple(name for name in {**first, **last} if name not in common)
    return Checkpoints(_labels(sources, diagnoses), diagnoses, changes, rest)


def differences(first: MatrixReading, last: MatrixReading) -> dict[str, Difference]:
    """What can be compared in two readings, each with the error that it has."""
    found: dict[str, Difference] = {}
    spikes = _spikes(first, last)
    if spikes is not None:
        found["spikes"] = spikes
    alpha = _alpha(first, last)
    if alpha is not None:
        found["alpha"] = alpha
    noise = _noise(first, last)
    if noise is not None:
        found["noise_std"] = noise
    for name in _EXACT:
        one, other = getattr(first, name, None), getattr(last, name, None)
        if one is not None and other is not None:
            found[name] = Difference(one, other, None, not math.isclose(one, other, rel_tol=1e-6))
    return found


def _spikes(first: MatrixReading, last: MatrixReading) -> Difference | None:
    """Counts differ where no spike near the edge, and no choice of the null, could make up for it."""
    if first.spikes is None or last.spikes is None:
        return None
    ranges = []
    for row, count in ((first, first.spikes), (last, last.spikes)):
        low, high = row.spikes_interval or (count, count)
        marginal = sum((outlier.pvalue or 0.0) > _SURE for outlier in row.outliers or ())
        ranges.append((low - marginal, high + marginal))
    apart = ranges[0][1] < ranges[1][0] or ranges[1][1] < ranges[0][0]
    differs = True if apart else False if first.spikes == last.spikes else None
    return Difference(float(first.spikes), float(last.spikes), None, differs)


def _alpha(first: MatrixReading, last: MatrixReading) -> Difference | None:
    """Exponents on the scale ln(α − 1), on which their intervals are symmetric; only where both tails are tails."""
    if first.tail is None or last.tail is None or first.tail.alpha is None or last.tail.alpha is None:
        return None
    parts = []
    for tail in (first.tail, last.tail):
        interval = tail.interval or tail.interval_fixed_xmin
        if interval is None or tail.status is not TailStatus.OK or interval[0] <= 1.0:
            return Difference(first.tail.alpha, last.tail.alpha)
        deviation = math.log((interval[1] - 1.0) / (interval[0] - 1.0)) / (2.0 * _Z)
        slope = (tail.alpha or math.nan) - 1.0
        parts.append((math.log(slope), deviation, slope * deviation))
    (one, sd_one, se_one), (other, sd_other, se_other) = parts
    differs = abs(other - one) > _Z * math.hypot(sd_one, sd_other)
    return Difference(first.tail.alpha, last.tail.alpha, math.hypot(se_one, se_other), differs)


def _noise(first: MatrixReading, last: MatrixReading) -> Difference | None:
    """Noise of an entry; its error is that of a variance of p n entries of the measured kurtosis."""
    levels, errors = [], []
    for row in (first, last):
        bulk = row.bulk
        if bulk is None or bulk.noise_std is None or bulk.entry_kurtosis is None:
            return None
        levels.append(bulk.noise_std)
        errors.append(0.5 * bulk.noise_std * math.sqrt(max(bulk.entry_kurtosis - 1.0, 0.0) / math.prod(row.shape)))
    error = math.hypot(*errors)
    return Difference(levels[0], levels[1], error, abs(levels[1] - levels[0]) > _Z * error)


def _updates(
    first: Any, last: Any, names: Sequence[str], settings: Mapping[str, Any]
) -> dict[str, tuple[float, int | None]]:
    """Size and spikes of the update of each matrix; two matrices in memory at a time."""
    if isinstance(first, Diagnosis) or isinstance(last, Diagnosis) or settings["kind"] == "eigenvalues":
        return {}
    if is_ours(first, "Trained") or is_ours(last, "Trained"):
        return {}
    chosen = {key: settings[key] for key in ("min_size", "max_bytes", "split_gates")}
    sides = []
    for source in (first, last):
        tensors = load(source, max_bytes=settings["max_bytes"]).tensors
        sides.append({one.name: one for one in candidates(tensors, include=("*",), **chosen)})
    found: dict[str, tuple[float, int | None]] = {}
    for name in names:
        before = np.asarray(sides[0][name].matrix(), dtype=np.float64)
        after = np.asarray(sides[1][name].matrix(), dtype=np.float64)
        if before.shape != after.shape:
            continue
        size = float(np.linalg.norm(before))
        update = after - before
        relative = float(np.linalg.norm(update)) / size if size else 0.0
        reading = read_matrix(
            name,
            update,
            intervals=False,
            **{key: settings[key] for key in ("level", "null", "seed", "min_size")},
        )
        found[name] = (relative, reading.spikes if reading.status is MatrixStatus.OK else None)
    return found


def _labels(sources: Sequence[Any], diagnoses: Sequence[Diagnosis]) -> tuple[str, ...]:
    labels = [diagnosis.source for diagnosis in diagnoses]
    if len(set(labels)) < len(labels):  # the same file name in several folders
        labels = [str(s) if isinstance(s, (str, os.PathLike)) else f"checkpoint {k}" for k, s in enumerate(sources)]
    return tuple(labels)
