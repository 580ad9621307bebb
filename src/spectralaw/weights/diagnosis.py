"""What was read from a source of weights: one row a tensor, as table, data set, page or file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spectralaw.errors import InvalidInput
from spectralaw.files import file_path, write_bytes
from spectralaw.weights.row import MatrixReading, MatrixStatus

if TYPE_CHECKING:
    import pandas
    import xarray
    from rich.console import Console

_VERSION = 1
SAME_NUMBERS = "it holds the same numbers as "


@dataclass(frozen=True)
class Diagnosis:
    """Readings of every tensor of a source, in its order; those passed over carry a status and a reason.

    Iterating gives the rows, ``diagnosis["layer.weight"]`` one of them, ``diagnosis.read`` those that were read.
    """

    source: str
    """File name, or what the source is."""
    format: str
    rows: tuple[MatrixReading, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Level, null, seed … of the reading."""
    phase: str | None = None
    """Phase that theory predicts for the task that was given; it cannot be read from a spectrum."""
    seconds: float = field(default=0.0, compare=False)

    def __getitem__(self, key: str | int) -> MatrixReading:
        if isinstance(key, int):
            return self.rows[key]
        for row in self.rows:
            if row.name == key:
                return row
        raise KeyError(key)

    def __iter__(self) -> Iterator[MatrixReading]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def read(self) -> tuple[MatrixReading, ...]:
        """Rows of the matrices that were read."""
        return tuple(row for row in self.rows if row.status is MatrixStatus.OK)

    @property
    def passed_over(self) -> tuple[MatrixReading, ...]:
        """Rows of the tensors that were not read, each with ``status`` and ``reason``."""
        return tuple(row for row in self.rows if row.status is not MatrixStatus.OK)

    @property
    def failures(self) -> tuple[str, ...]:
        """Names of matrices whose decomposition did not converge."""
        return tuple(
            row.name for row in self.passed_over if row.reason.startswith("its spectrum could not be computed")
        )

    def why_nothing(self) -> str:
        """Statuses of what was passed over, for a source of which nothing was read."""
        from spectralaw.weights.text import groups

        return ", ".join(f"{count} {status}" for status, count, _ in groups(self)) or "it is empty"

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and words: ``matrices`` is the list of rows. What was not computed is absent."""
        return {
            "source": self.source,
            "format": self.format,
            **({"phase": self.phase} if self.phase is not None else {}),
            "settings": dict(self.settings),
            "matrices": [row_dict(row) for row in self.rows],
            "seconds": self.seconds,
        }

    def records(self) -> list[dict[str, Any]]:
        """One flat dictionary a row, ``bulk_edge`` for ``bulk["edge"]``; lists of outliers are left out."""
        return [flat(row_dict(row)) for row in self.rows]

    def to_xarray(self) -> xarray.Dataset:
        """Data set along ``matrix``; numbers that a row lacks are NaN, words are empty."""
        import numpy as np
        import xarray as xr

        records = self.records()
        names = list(dict.fromkeys(key for record in records for key in record if key != "name"))
        columns: dict[str, Any] = {}
        for name in names:
            column = [record.get(name) for record in records]
            if any(isinstance(value, str) for value in column):
                columns[name] = ("matrix", np.array(["" if value is None else str(value) for value in column]))
            else:
                columns[name] = ("matrix", np.array([np.nan if value is None else float(value) for value in column]))
        attributes = {"source": self.source, "format": self.format, **{k: _plain(v) for k, v in self.settings.items()}}
        if self.phase is not None:
            attributes["phase"] = self.phase
        return xr.Dataset(columns, {"matrix": [row.name for row in self.rows]}, attributes)

    def to_dataframe(self) -> pandas.DataFrame:
        """Table with one row a tensor, indexed by name."""
        import pandas

        return pandas.DataFrame.from_records(self.records()).set_index("name")

    def to_csv(self) -> str:
        """The same table as text; empty where a row lacks the number."""
        import csv
        import io

        records = self.records()
        names = list(dict.fromkeys(key for record in records for key in record))
        text = io.StringIO()
        writer = csv.DictWriter(text, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(records)
        return text.getvalue()

    def save(self, path: str | os.PathLike[str], overwrite: bool = False) -> Path:
        """Write everything, the spectra included, to one JSON file."""
        place = file_path(path)
        if place.exists() and not overwrite:
            raise InvalidInput(f"path must be a new file, not {place}, which exists; give overwrite=True to replace it")
        content = {**self.to_dict(), "kind": "spectralaw diagnosis", "version": _VERSION}
        content["matrices"] = [row.to_dict(arrays=True) for row in self.rows]
        write_bytes(place, json.dumps(content, ensure_ascii=False, allow_nan=False).encode())
        return place

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Diagnosis:
        """The diagnosis that :meth:`save` wrote."""
        place = file_path(path)
        try:
            content = json.loads(place.read_text(encoding="utf-8"))
            if content["kind"] != "spectralaw diagnosis" or content["version"] != _VERSION:
                raise KeyError("kind")
            rows = tuple(MatrixReading.from_dict(row) for row in content["matrices"])
            return cls(
                content["source"],
                content["format"],
                rows,
                content["settings"],
                content.get("phase"),
                content["seconds"],
            )
        except OSError as error:
            raise InvalidInput(f"path {place} cannot be read: {error.strerror or error}") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InvalidInput(f"path must be a file that Diagnosis.save wrote, not {place}") from error

    def report(self, path: str | os.PathLike[str], overwrite: bool = False) -> Path:
        """Write a page with a table and a picture a matrix: ``.html``, one file that loads nothing, or ``.pdf``."""
        from spectralaw.weights.report import write

        return write(self, file_path(path), overwrite)

    def print(self, console: Console) -> None:
        """The table for a terminal."""
        from spectralaw.weights.text import print_diagnosis

        print_diagnosis(self, console)

    def __repr__(self) -> str:
        from spectralaw.weights.text import plain

        return plain(self.print)

    def _repr_html_(self) -> str:
        from spectralaw.weights.page import fragment

        return fragment(self)


def row_dict(row: MatrixReading) -> dict[str, Any]:
    """Plain numbers and words of a row; a duplicate's status names what it repeats, ``duplicate_of:NAME``."""
    values = row.to_dict()
    if row.status is MatrixStatus.DUPLICATE_OF:
        values["status"] = f"{row.status}:{row.reason.removeprefix(SAME_NUMBERS)}"
    return values


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """A nested row with its keys joined by underscores; pairs become ``_low`` and ``_high``, lists are left out."""
    row: dict[str, Any] = {}
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            row.update(flat(value, f"{name}_"))
        elif key == "shape":
            row[name] = "x".join(map(str, value))
        elif _is_pair(value):
            row[f"{name}_low"], row[f"{name}_high"] = value
        elif not isinstance(value, (list, tuple)):
            row[name] = value
    return row


def _plain(value: Any) -> Any:
    """A value that a file of the data set can hold."""
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)


def _is_pair(value: Any) -> bool:
    return isinstance(value, Sequence) and len(value) == 2 and all(isinstance(v, (int, float)) for v in value)
