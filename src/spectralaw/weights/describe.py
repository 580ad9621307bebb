"""What a source holds, from its headers alone: what would be read, what not and why, and what reading would take."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from spectralaw._checks import positive_integer
from spectralaw.display import printable
from spectralaw.weights.files.dtypes import item_size
from spectralaw.weights.load import load
from spectralaw.weights.selection import COPIES, Candidate, candidates, patterns

_SECONDS = (0.0065, 2.5e-11, 8.4e-11)  # a matrix, a unit of p² n, a unit of p³: measured on one core


@dataclass(frozen=True)
class Description:
    """Tensors of a source by their headers."""

    source: str
    format: str
    tensors: tuple[Candidate, ...]

    @property
    def matrices(self) -> tuple[Candidate, ...]:
        """Those that would be read."""
        return tuple(tensor for tensor in self.tensors if tensor.status is None)

    @property
    def bytes(self) -> int:
        """Memory that reading takes at its peak, about."""
        return max((8 * COPIES * _product(one) for one in self.matrices), default=0)

    @property
    def seconds(self) -> float:
        """Time that reading takes without intervals, about: that of the decompositions."""
        return sum(map(_seconds, self.matrices))

    def rows(self) -> list[dict[str, Any]]:
        """One dictionary a tensor; ``status`` is ``to_read`` for what would be read."""
        return [_row(tensor) for tensor in self.tensors]

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and words."""
        return {
            "source": self.source,
            "format": self.format,
            "tensors": len(self.tensors),
            "to_read": len(self.matrices),
            "peak_bytes": self.bytes,
            "seconds": self.seconds,
            "matrices": self.rows(),
        }

    def to_csv(self) -> str:
        """The rows as text."""
        text = io.StringIO()
        names = ["name", "shape", "dtype", "status", "reason", "reshape", "matrix_shape", "bytes", "seconds"]
        writer = csv.DictWriter(text, names, lineterminator="\n")
        writer.writeheader()
        for row in self.rows():
            shapes = {key: "x".join(map(str, row[key])) for key in ("shape", "matrix_shape") if key in row}
            writer.writerow({**row, **shapes})
        return text.getvalue()

    def lines(self) -> list[str]:
        """A table for people."""
        rows = self.rows()
        width = max([len(row["name"]) for row in rows] + [6])
        shapes = ["×".join(map(str, row["shape"])) for row in rows]
        across = max([len(shape) for shape in shapes] + [5])
        lines = [f"{self.source} ({self.format}): {len(rows)} tensors, {len(self.matrices)} to read"]
        for row, shape in zip(rows, shapes, strict=True):
            told = "to read" if row["status"] == "to_read" else f"{row['status']}: {row['reason']}"
            if "matrix_shape" in row and tuple(row["matrix_shape"]) != tuple(row["shape"]):
                told += f" as {row['matrix_shape'][0]} × {row['matrix_shape'][1]}"
            lines.append(f"{row['name']:<{width}}  {shape:>{across}}  {row['dtype']:<9}  {told}")
        lines.append(
            f"about {self.bytes / 1e6:,.0f} MB at the peak and {self.seconds:.1f} s of one core without intervals"
        )
        return [printable(line) for line in lines]


def describe(
    source: Any,
    *,
    include: str | Sequence[str] | None = None,
    exclude: str | Sequence[str] | None = None,
    min_size: int = 32,
    max_bytes: int = 8 << 30,
    split_gates: bool = False,
) -> Description:
    """Read the headers of a source; arguments as for :func:`~spectralaw.diagnose`."""
    most = positive_integer("max_bytes", max_bytes)
    weights = load(source, max_bytes=most)
    listed = candidates(
        weights.tensors,
        include=patterns("include", include),
        exclude=patterns("exclude", exclude),
        min_size=positive_integer("min_size", min_size),
        max_bytes=most,
        split_gates=split_gates,
    )
    return Description(weights.name, weights.format, tuple(listed))


def _product(one: Candidate) -> int:
    rows, columns = one.matrix_shape or (0, 0)
    return rows * columns


def _seconds(one: Candidate) -> float:
    small, large = sorted(one.matrix_shape or (0, 0))
    constant, gram, vectors = _SECONDS
    return constant + gram * small**2 * large + vectors * small**3


def _row(one: Candidate) -> dict[str, Any]:
    row: dict[str, Any] = {"name": one.name, "shape": list(one.shape), "dtype": one.tensor.dtype}
    if one.status is not None:
        return {**row, "status": str(one.status), "reason": one.reason}
    row["status"] = "to_read"
    if one.reshape:
        row["reshape"] = one.reshape
    row["matrix_shape"] = list(one.matrix_shape or ())
    row["bytes"] = _product(one) * item_size(one.tensor.dtype)
    return {**row, "seconds": _seconds(one)}
