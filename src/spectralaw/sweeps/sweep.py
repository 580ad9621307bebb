"""A finished or running sweep, read back."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spectralaw.errors import InvalidInput
from spectralaw.results import Status
from spectralaw.sweeps.store import Store

if TYPE_CHECKING:
    import xarray

_NUMBERS = (
    "excess_risk", "training_loss", "zero_mass", "certificate", "iterations", "effective_noise", "threshold",
    "samples_exponent", "weight_decay_exponent",
)  # fmt: skip
_SPARSEST = 50  # places of a labelled array for each row, above which it is refused


def open_sweep(path: str | Path) -> Sweep:
    """Open a store for reading, also while a sweep writes into it."""
    with Store(path):  # a store that cannot be read speaks now
        return Sweep(Path(path))


class Sweep:
    """The results in a store."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def counts(self) -> dict[str, int]:
        """Rows by state: pending, done, failed."""
        with Store(self.path) as store:
            return store.counts()

    def errors(self, limit: int = 5) -> list[tuple[int, str]]:
        """Numbers and last error lines of failed rows."""
        with Store(self.path) as store:
            return store.errors(limit)

    def records(self) -> Iterator[dict[str, Any]]:
        """Flat rows: fields of the task, seed, method, state, numbers.

        Numbers of a row whose solver did not converge are not results; they are left out.
        """
        with Store(self.path) as store:
            for row in store.rows():
                yield _flat(row)

    def spectra(self) -> Iterator[tuple[dict[str, Any], np.ndarray]]:
        """Flat rows of trained networks with their spectra."""
        with Store(self.path) as store:
            for row in store.rows(spectra=True):
                if row["spectrum"] is not None:
                    yield _flat(row), np.frombuffer(row["spectrum"], dtype="<f8")

    def to_xarray(self) -> xarray.Dataset:
        """Numbers over the fields that vary, ``source`` (theory, convex, …) and ``seed``; NaN where there is no result.

        The theory, which has no seed, is repeated for each. ``status`` is the solver's, or pending or failed.
        """
        import xarray

        records = list(self.records())
        fields = [name for name in records[0] if name in _fields(records)] if records else []
        seeds = sorted({r["seed"] for r in records if r["seed"] is not None}) or [0]
        axes: dict[str, list[Any]] = {name: _sorted({r.get(name) for r in records}) for name in fields}
        axes |= {"source": sorted({r["method"] for r in records}), "seed": seeds}
        shape = tuple(len(values) for values in axes.values())
        if math.prod(shape) > _SPARSEST * max(len(records), 1):
            raise InvalidInput(
                f"the rows of {self.path} are no grid: {math.prod(shape):,} places for {len(records):,} rows; "
                "read them with records(), or export them as CSV"
            )
        where = {name: {value: k for k, value in enumerate(values)} for name, values in axes.items()}
        data = {name: np.full(shape, np.nan) for name in _NUMBERS if any(name in r for r in records)}
        status = np.full(shape, "missing", dtype="<U13")
        for record in records:
            source = where["source"][record["method"]]
            place = (*(where[name][record.get(name)] for name in fields), source)
            seed = slice(None) if record["seed"] is None else where["seed"][record["seed"]]
            status[(*place, seed)] = record.get("status", record["state"])
            for name, values in data.items():
                if name in record:
                    values[(*place, seed)] = record[name]
        dims = tuple(axes)
        return xarray.Dataset(
            {**{name: (dims, values) for name, values in data.items()}, "status": (dims, status)}, coords=axes
        )

    def export(self, path: str | Path) -> int:
        """Write all rows to .csv, .parquet (needs pyarrow) or, if they are a grid, .nc; returns how many."""
        path = Path(path)
        if path.suffix == ".nc":
            data = self.to_xarray()
            data.to_netcdf(path, engine="scipy")
            return int(data["status"].size)
        records = list(self.records())
        columns = list(dict.fromkeys(name for record in records for name in record))
        if path.suffix == ".csv":
            with path.open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, columns)
                writer.writeheader()
                writer.writerows(records)
        elif path.suffix == ".parquet":
            try:
                import pyarrow
                import pyarrow.parquet
            except ImportError as error:
                raise InvalidInput(
                    "Parquet needs pyarrow, which is not installed: pip install pyarrow, or use .csv"
                ) from error
            table = pyarrow.table({name: [record.get(name) for record in records] for name in columns})
            pyarrow.parquet.write_table(table, path)
        else:
            raise InvalidInput(f"output must end in .csv, .parquet or .nc, not {path.name!r}")
        return len(records)


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    task = dict(row["task"])
    teacher = task.pop("teacher")
    result = row["result"]
    usable = "status" in result and Status(result["status"]).is_result
    return {
        **task,
        "teacher": teacher["kind"],
        **{name: teacher[name] for name in ("gamma", "rank") if name in teacher},
        "method": row["method"],
        "seed": row["seed"],
        "state": row["state"],
        **({"status": result["status"]} if "status" in result else {}),
        **({name: result[name] for name in _NUMBERS if name in result} if usable else {}),
        "seconds": row["seconds"],
        "error": row["error"],
    }


def _fields(records: list[dict[str, Any]]) -> list[str]:
    """Fields of the task that take more than one value."""
    names = [
        name for name in records[0] if name not in ("method", "seed", "state", "status", "seconds", "error", *_NUMBERS)
    ]
    return [name for name in names if len({record.get(name) for record in records}) > 1]


def _sorted(values: set[Any]) -> list[Any]:
    return sorted(values, key=lambda value: (value is None, value))
