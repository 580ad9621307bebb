"""``WeightRecorder``: the spectra of weights through a training, in one file that grows, in constant memory."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spectralaw._checks import positive_integer, whole
from spectralaw.errors import InvalidInput
from spectralaw.files import file_path
from spectralaw.weights.dynamics import agreement, alignment, as_matrices, decompose, random_matrix_baseline, ranks
from spectralaw.weights.spectrum import Array

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

_FORMAT = "spectralaw weight recording 1"
_TABLES = (
    "CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE records (step INTEGER NOT NULL, name TEXT NOT NULL, place INTEGER NOT NULL, rows INTEGER NOT NULL, "
    "columns INTEGER NOT NULL, alignment REAL, singular BLOB NOT NULL, lefts BLOB NOT NULL, rights BLOB NOT NULL, "
    "PRIMARY KEY (step, name))",
)
_RANKS = ("effective_rank", "entropy_rank", "stable_rank", "count_rank", "spectral_norm", "frobenius")


def _begins(path: Path, count: int) -> bytes:
    with path.open("rb") as file:
        return file.read(count)


class WeightRecorder:
    """Follow the singular values and vectors of weights in any training loop.

    Parameters
    ----------
    path : path
        File of the recording; one that is there is continued. Its memory here does not grow with the number of steps.
    vectors : int
        Leading singular vectors that are kept of each matrix, for agreement and alignment.
    every : int
        Steps between two records; other steps cost nothing.

    Examples
    --------
    >>> recorder = sl.WeightRecorder("run.weights")  # doctest: +SKIP
    >>> for step in range(steps):  # doctest: +SKIP
    ...     ...
    ...     recorder(step, {"layer1": W1, "layer2": W2})  # NumPy, PyTorch or JAX arrays
    >>> recorder.to_xarray()  # doctest: +SKIP

    References
    ----------
    arXiv:2408.11804.
    """

    def __init__(self, path: str | Path, vectors: int = 16, every: int = 1) -> None:
        self.path = file_path(path)
        self.every = positive_integer("every", every)
        self.vectors = positive_integer("vectors", vectors)
        new = not self.path.exists()
        if not self.path.parent.is_dir():
            raise InvalidInput(f"path must be in a folder that exists, not {self.path}")
        if not new and not self.path.is_file():
            raise InvalidInput(f"path must be a file, not {self.path}")
        if not new and self.path.stat().st_size and _begins(self.path, 15) != b"SQLite format 3":
            raise InvalidInput(f"{self.path} is no recording of weights; choose another path")
        with self._open() as file:
            if new or not self.path.stat().st_size:
                for table in _TABLES:
                    file.execute(table)
                about = {"format": _FORMAT, "vectors": str(self.vectors)}
                file.executemany("INSERT INTO about VALUES (?, ?)", about.items())
            else:
                try:
                    about = dict(file.execute("SELECT key, value FROM about"))
                except sqlite3.DatabaseError as error:
                    raise InvalidInput(f"{self.path} is no recording of weights: {error}") from error
                if about.get("format") != _FORMAT:
                    raise InvalidInput(f"{self.path} is no recording of weights, or one of another version")
                if int(about["vectors"]) != self.vectors:
                    raise InvalidInput(
                        f"vectors must be {about['vectors']}, as in the recording {self.path} that is continued, "
                        f"not {self.vectors}"
                    )

    def __call__(self, step: int, weights: Mapping[str, Any]) -> bool:
        """Record the weights at a step, if it is one of every ``every``; returns whether it was recorded.

        Raises
        ------
        InvalidInput
            For a step that is recorded already or lies before the last one (see :meth:`rewind`), names or shapes that
            differ from those recorded, and weights that are no finite matrices. What was recorded stays.
        """
        step = whole("step", step)
        if step % self.every:
            return False
        matrices = as_matrices(weights)
        with self._open() as file:
            last = file.execute("SELECT max(step) FROM records").fetchone()[0]
            if last is not None and step <= last:
                raise InvalidInput(
                    f"step must be greater than {last}, the last one recorded in {self.path}, not {step}; "
                    f"rewind({step}) forgets what was recorded from there on"
                )
            known = {
                name: (rows, columns)
                for name, rows, columns in file.execute(
                    "SELECT name, rows, columns FROM records WHERE step = ?", (last,)
                )
            }
            shapes = {name: matrix.shape for name, matrix in matrices.items()}
            if known and known != shapes:
                raise InvalidInput(f"weights must have the names and shapes of the last record, {known}, not {shapes}")
            file.executemany("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", self._rows(step, matrices))
        return True

    def _rows(self, step: int, matrices: Mapping[str, Array]) -> Iterator[tuple]:
        """One row a matrix; a layer's alignment is with the one before it, whose outputs it reads."""
        before: Array | None = None
        for place, (name, matrix) in enumerate(matrices.items()):
            left, values, right = decompose(matrix, self.vectors)
            fits = before is not None and before.shape[0] == right.shape[0]
            count = min(before.shape[1], right.shape[1]) if fits else 0  # type: ignore[union-attr]
            score = alignment(before[:, :count], right[:, :count]) if fits else None  # type: ignore[index]
            blobs = (part.astype("<f4" if k else "<f8").tobytes() for k, part in enumerate((values, left, right)))
            yield (step, name, place, *matrix.shape, score, *blobs)
            before = left

    def rewind(self, step: int) -> int:
        """Forget the records from a step on, as when training goes on from a checkpoint; returns how many steps."""
        step = whole("step", step)
        with self._open() as file:
            count = file.execute("SELECT count(DISTINCT step) FROM records WHERE step >= ?", (step,)).fetchone()[0]
            file.execute("DELETE FROM records WHERE step >= ?", (step,))
        return int(count)

    @property
    def steps(self) -> tuple[int, ...]:
        """Steps that are recorded."""
        with self._open() as file:
            return tuple(row[0] for row in file.execute("SELECT DISTINCT step FROM records ORDER BY step"))

    def to_xarray(self, reference: str | int = "last") -> xarray.Dataset:
        """The recording as labelled arrays.

        Parameters
        ----------
        reference : "last", "first", "previous" or int
            Step with whose singular vectors those of each step are compared.

        Returns
        -------
        xarray.Dataset
            Over (step, matrix): ``effective_rank`` (exp of the entropy), ``entropy_rank`` (entropy over the number of
            singular values), ``stable_rank``, ``count_rank``, ``spectral_norm``, ``frobenius``, ``alignment`` with the
            matrix before; over (step, matrix, rank) ``singular_values``, NaN beyond the size of a matrix; over
            (step, matrix, vector) ``agreement`` of the leading pairs; ``random_effective_rank`` over matrix.
        """
        import xarray

        steps = self.steps
        if not steps:
            raise InvalidInput(f"{self.path} holds no record yet")
        if reference not in ("last", "first", "previous") and reference not in steps:
            raise InvalidInput(f"reference must be 'last', 'first', 'previous' or a recorded step, not {reference!r}")
        with self._open() as file:
            shapes = {
                name: (rows, columns)
                for name, rows, columns in file.execute(
                    "SELECT name, rows, columns FROM records WHERE step = ? ORDER BY place", (steps[-1],)
                )
            }
            names = list(shapes)
            most = max(min(shape) for shape in shapes.values())
            size = len(steps), len(names)
            numbers = {name: np.full(size, np.nan) for name in (*_RANKS, "alignment")}
            singular, agreed = np.full((*size, most), np.nan), np.full((*size, self.vectors), np.nan)
            for j, name in enumerate(names):
                fixed = {"last": steps[-1], "first": steps[0]}.get(reference, reference)  # type: ignore[arg-type]
                other = None if reference == "previous" else self._vectors(file, int(fixed), name, shapes[name])  # type: ignore[arg-type]
                for i, step in enumerate(steps):
                    values, score = self._values(file, step, name)
                    for key, value in ranks(values).items():
                        numbers[key][i, j] = value
                    if score is not None:
                        numbers["alignment"][i, j] = score
                    singular[i, j, : len(values)] = values
                    mine = self._vectors(file, step, name, shapes[name])
                    if other is not None:
                        pairs = np.diag(agreement(*mine, *other))
                        agreed[i, j, : len(pairs)] = pairs
                    if reference == "previous":
                        other = mine
        baseline = [random_matrix_baseline(shapes[name])["effective_rank"] for name in names]
        data = {key: (("step", "matrix"), value) for key, value in numbers.items()}
        return xarray.Dataset(
            {
                **data,
                "singular_values": (("step", "matrix", "rank"), singular),
                "agreement": (("step", "matrix", "vector"), agreed),
                "random_effective_rank": ("matrix", baseline),
                "shape": (("matrix", "side"), [list(shapes[name]) for name in names]),
            },
            coords={"step": list(steps), "matrix": names},
            attrs={"reference": str(reference), "path": self.path.name},
        )

    def plot(self, reference: str | int = "last") -> Figure:
        """Figure of the recording: ranks, singular values, agreement, alignment."""
        from spectralaw.figures.weight_dynamics import draw

        return draw(self.to_xarray(reference))

    def film(self, output: str | Path, *, frames_per_second: int = 8) -> Path:
        """Animated picture (.gif) of the singular values through training."""
        from spectralaw.figures.weight_dynamics import film

        return film(self.to_xarray(), file_path(output), frames_per_second)

    def __repr__(self) -> str:
        steps = self.steps
        span = f"steps {steps[0]} to {steps[-1]}" if steps else "nothing yet"
        return f"WeightRecorder({self.path.name!r}: {len(steps)} records, {span})"

    def _values(self, file: sqlite3.Connection, step: int, name: str) -> tuple[Array, float | None]:
        blob, score = file.execute(
            "SELECT singular, alignment FROM records WHERE step = ? AND name = ?", (step, name)
        ).fetchone()
        return np.frombuffer(blob, dtype="<f8"), score

    def _vectors(self, file: sqlite3.Connection, step: int, name: str, shape: tuple[int, int]) -> tuple[Array, Array]:
        blobs = file.execute("SELECT lefts, rights FROM records WHERE step = ? AND name = ?", (step, name)).fetchone()
        left, right = (
            np.frombuffer(b, dtype="<f4").astype(float).reshape(n, -1) for b, n in zip(blobs, shape, strict=True)
        )
        return left, right

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            file = sqlite3.connect(self.path)
        except sqlite3.Error as error:
            raise InvalidInput(f"{self.path} cannot be opened: {error}") from error
        try:
            with file:
                yield file
        finally:
            file.close()

    def to_json(self) -> str:
        """Steps, names and ranks as JSON."""
        data = self.to_xarray()
        rows = {name: data[name].values.tolist() for name in ("effective_rank", "stable_rank")}
        return json.dumps({"steps": list(self.steps), "matrices": data.matrix.values.tolist(), **rows})
