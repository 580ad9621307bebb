"""A finished or running sweep, read back."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spectralaw.errors import InvalidInput
from spectralaw.files import file_path
from spectralaw.sweeps import arrays
from spectralaw.sweeps.errors import StoreError
from spectralaw.sweeps.records import Record, columns, flat
from spectralaw.sweeps.store import Store

if TYPE_CHECKING:
    import pandas
    import xarray


def open_sweep(path: str | Path) -> Sweep:
    """Open a store for reading, also while a sweep writes into it.

    Raises
    ------
    StoreError
        For a file that is not a store, or a damaged one.
    """
    path = file_path(path)
    with Store(path):  # a store that cannot be read speaks now
        return Sweep(path)


class Sweep:
    """The results in a store."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __repr__(self) -> str:
        try:
            about = ", ".join(f"{count:,} {state}" for state, count in self.counts().items())
        except StoreError:
            about = "cannot be read any more"
        return f"Sweep({str(self.path)!r}: {about})"

    def counts(self) -> dict[str, int]:
        """Rows by state: pending, done, failed."""
        with self._store() as store:
            return store.counts()

    def not_converged(self) -> int:
        """How many of the rows done hold no result, because their solver did not converge."""
        with self._store() as store:
            return store.not_converged()

    def errors(self, limit: int = 5) -> list[tuple[int, str]]:
        """Numbers and last error lines of the first failed rows."""
        with self._store() as store:
            return store.errors(limit)

    def records(self) -> Iterator[Record]:
        """Flat rows: the whole task, teacher and options, method, seed, state, numbers.

        Numbers of a row whose solver did not converge are not results; they are left out.
        """
        with self._store() as store:
            for row in store.rows():
                yield flat(row)

    def spectra(self) -> Iterator[tuple[Record, np.ndarray]]:
        """Flat rows of trained networks with their spectra."""
        with self._store() as store:
            for row in store.rows(spectra=True):
                if row["spectrum"] is not None:
                    yield flat(row), np.frombuffer(row["spectrum"], dtype="<f8")

    def to_dataframe(self) -> pandas.DataFrame:
        """One line for each row of the store, with a column for each field, option and number."""
        import pandas

        records = list(self.records())
        return pandas.DataFrame.from_records(records, columns=columns(records))

    def to_xarray(self) -> xarray.Dataset:
        """Numbers over everything that varies, then ``source`` (theory, convex, …) and ``seed``; NaN where none is.

        Fields of the task, parameters of the teacher and options of the methods that take more than one value are
        dimensions, those that do not are attributes. Teachers of different kinds, or lists of numbers, are one
        dimension ``teacher``. The theory, which has no seed and no options, is repeated along them; a width that is
        not given is NaN. ``status`` is the solver's, or pending or failed, or missing.

        Raises
        ------
        InvalidInput
            For rows that fill less than a fiftieth of the array, or stand on one place of it.
        """
        return arrays.to_xarray(list(self.records()), self.path)

    def export(self, path: str | Path) -> int:
        """Write all rows to .csv, .parquet (needs pyarrow) or, if they are a grid, .nc; returns how many rows.

        A file that is already there is replaced when the new one is complete.
        """
        path = file_path(path)
        writers = {".csv": _write_csv, ".parquet": _write_parquet, ".nc": _write_netcdf}
        if path.suffix not in writers:
            raise InvalidInput(f"output must end in .csv, .parquet or .nc, not {path.name!r}")
        if path.exists() and os.path.samefile(path, self.path):
            raise InvalidInput(f"output must not be the store itself, {path}")
        records = list(self.records())
        with _replacing(path) as unfinished:
            writers[path.suffix](records, unfinished, self.path)
        return len(records)

    def _store(self) -> Store:
        return Store(self.path, check=False)  # it was checked when it was opened


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A file beside ``path`` that takes its place when all is well."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}-") as folder:
        unfinished = Path(folder) / path.name
        yield unfinished
        os.replace(unfinished, path)


def _write_csv(records: list[Record], path: Path, _: Any) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns(records))
        writer.writeheader()
        for record in records:
            listed = {"spectrum": json.dumps(record["spectrum"])} if "spectrum" in record else {}
            writer.writerow({**record, **listed})


def _write_parquet(records: list[Record], path: Path, _: Any) -> None:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise InvalidInput(
            "Parquet needs pyarrow, which is not installed: pip install 'spectralaw[sweeps]', or use .csv"
        ) from error
    table = {name: [record.get(name) for record in records] for name in columns(records)}
    pyarrow.parquet.write_table(pyarrow.table(table), path)


def _write_netcdf(records: list[Record], path: Path, source: Any) -> None:
    arrays.for_netcdf(arrays.to_xarray(records, source)).to_netcdf(path, engine="scipy")
