"""The rows of a sweep as a labelled array over everything that varies."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from spectralaw.errors import InvalidInput
from spectralaw.sweeps.jobs import THEORY
from spectralaw.sweeps.records import NUMBERS, TASK, TEACHER, Record, labelled, teacher_label, varying
from spectralaw.training.methods import OPTIONS

if TYPE_CHECKING:
    import xarray

_SPARSEST = 50  # places of a labelled array for each row, above which it is refused


def to_xarray(records: list[Record], source: object) -> xarray.Dataset:
    """Numbers of all records over the axes on which they differ, then ``source`` and ``seed``; NaN where none is.

    ``source`` is what an error names.
    """
    import xarray

    if not records:
        raise InvalidInput(f"{source} has no rows")
    records = labelled(records)
    fields = varying(records)
    values = {name: _sorted({record[name] for record in records if name in record}) for name in fields}
    values |= {"source": sorted({record["method"] for record in records})}
    values |= {"seed": sorted({r["seed"] for r in records if r["seed"] is not None}) or [0]}
    shape = tuple(len(axis) for axis in values.values())
    if math.prod(shape) > _SPARSEST * len(records):
        raise InvalidInput(
            f"the rows of {source} are no grid: {math.prod(shape):,} places for {len(records):,} rows; "
            "read them with to_dataframe() or records(), or export them as CSV"
        )
    where = {name: {value: k for k, value in enumerate(axis)} for name, axis in values.items()}
    data = {name: np.full(shape, np.nan) for name in NUMBERS if any(name in record for record in records)}
    status = np.full(shape, "missing", dtype="<U13")
    taken = np.zeros(shape, dtype=int)
    for number, record in enumerate(records, start=1):
        named = {**record, "source": record["method"]}
        place = tuple(_place(name, named, where) for name in values)
        if np.any(taken[place]):
            other = int(np.max(taken[place]))
            raise InvalidInput(
                f"rows {other} and {number} of {source} stand on one place of the array, so that one would be lost; "
                "read them with to_dataframe() or records(), or export them as CSV"
            )
        taken[place] = number
        status[place] = record.get("status", record["state"])
        for name, array in data.items():
            if name in record:
                array[place] = record[name]
    dims = tuple(values)
    coordinates: dict[str, Any] = {name: _coordinate(axis) for name, axis in values.items()}
    return xarray.Dataset(
        {**{name: (dims, array) for name, array in data.items()}, "status": (dims, status)},
        coords=coordinates,
        attrs=_constants(records, fields),
    )


def _place(name: str, record: Record, where: dict[str, dict[Any, int]]) -> int | slice:
    """Where on an axis; what has no such field (the theory has no seed, and no tolerance) is on all of it."""
    if name == "seed" and record[name] is None:
        return slice(None)
    return where[name][record[name]] if name in record else slice(None)


def _sorted(values: set[Any]) -> list[Any]:
    return sorted(values, key=lambda value: (value is None, value if value is not None else 0))


def _coordinate(values: list[Any]) -> Any:
    """``None`` among numbers (a width that is not given) is NaN."""
    return np.array([np.nan if value is None else value for value in values])


def _constants(records: list[Record], fields: list[str]) -> dict[str, Any]:
    """What all rows have in common, as attributes that netCDF can hold."""
    first = records[0]
    same: dict[str, Any] = {name: first[name] for name in TASK if name not in fields and first.get(name) is not None}
    if "teacher" not in fields:
        same["teacher"] = first["teacher"]
        if "spectrum" in first:
            same["teacher"] = teacher_label(first)
        same |= {n: first[n] for n in TEACHER if n in first and n not in fields and n != "spectrum"}
    settled = {
        record["method"]: {n: record[n] for n in OPTIONS[record["method"]] if n in record and n not in fields}
        for record in records
        if record["method"] != THEORY
    }
    if settled:
        same["options"] = json.dumps(settled)
    return {name: int(value) if isinstance(value, bool) else value for name, value in same.items()}


def for_netcdf(data: xarray.Dataset) -> xarray.Dataset:
    """The array with whole numbers as this kind of file can hold them: 32 bits, or exactly as 64-bit floats."""
    most = np.iinfo(np.int32).max
    changed: dict[str, Any] = {}
    for name, axis in data.coords.items():
        if axis.dtype.kind in "iu" and axis.size and int(axis.max()) > most:
            if np.any(axis.values > 2**53):
                raise InvalidInput(f"{name} has values too large for netCDF, {int(axis.max())}; export CSV or Parquet")
            changed[str(name)] = axis.astype(float)
    attributes = {name: float(v) if isinstance(v, int) and v > most else v for name, v in data.attrs.items()}
    return data.assign_coords(changed).assign_attrs(attributes)
