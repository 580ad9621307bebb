"""Pruning of trained weights by rank: cut each matrix behind its spikes, say what that costs, write the rest."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spectralaw._checks import choice, is_ours, positive_integer
from spectralaw.errors import InvalidInput
from spectralaw.results import Pruned
from spectralaw.weights.files import dtypes, safetensors
from spectralaw.weights.files.memory import as_numpy
from spectralaw.weights.load import load
from spectralaw.weights.pruned import PrunedMatrix, PrunedWeights
from spectralaw.weights.reading import read_matrix
from spectralaw.weights.row import MatrixStatus
from spectralaw.weights.selection import Candidate, candidates, digest
from spectralaw.weights.settings import checked
from spectralaw.weights.trained_bulk import Bulk, prune_trained

if TYPE_CHECKING:
    from spectralaw.theory import Prediction
    from spectralaw.training import Trained

Array = NDArray[np.float64]
METHODS = ("truncate", "shrink")


@overload
def prune(source: Trained, bulk: Bulk | Prediction | None = None) -> Pruned: ...
@overload
def prune(
    source: Any,
    *,
    out: str | os.PathLike[str] | None = None,
    method: str = "truncate",
    factored: bool = False,
    keep: int | Mapping[str, int] | None = None,
    inputs: Mapping[str, ArrayLike] | None = None,
    overwrite: bool = False,
    level: float = 0.05,
    null: str = "auto",
    seed: int = 0,
    include: str | Sequence[str] | None = None,
    exclude: str | Sequence[str] | None = None,
    min_size: int = 32,
    max_bytes: int = 8 << 30,
) -> PrunedWeights: ...


def prune(
    source: Any,
    bulk: Bulk | Prediction | None = None,
    *,
    out: str | os.PathLike[str] | None = None,
    method: str = "truncate",
    factored: bool = False,
    keep: int | Mapping[str, int] | None = None,
    inputs: Mapping[str, ArrayLike] | None = None,
    overwrite: bool = False,
    level: float = 0.05,
    null: str = "auto",
    seed: int = 0,
    include: str | Sequence[str] | None = None,
    exclude: str | Sequence[str] | None = None,
    min_size: int = 32,
    max_bytes: int = 8 << 30,
) -> Pruned | PrunedWeights:
    """Prune trained weights by rank, and say what it costs.

    Of a file, folder or dictionary of weights, each matrix W = Σ s_i u_i v_iᵀ becomes Ŵ = Σ_{i ≤ k} η_i u_i v_iᵀ; k is
    its number of spikes: the singular values that noise of the same variance profile does not reach
    (:func:`~spectralaw.diagnose`). A matrix without spikes is left as it is, for nothing in it can be told from noise
    and cutting it would leave zero. The errors are those of the *weights*; what it does to the function, only data can
    tell (``inputs``).

    A :class:`~spectralaw.Trained` quadratic network is cut at the edge of its bulk instead; its excess risk is exact,
    before and after (arXiv:2509.24882, corollary 2).

    Parameters
    ----------
    source : path, folder, mapping, array or Trained
        As for :func:`~spectralaw.diagnose`.
    bulk : Bulk or Prediction, optional
        For a trained network only: where δ and c come from; by default they are read from its spectrum.
    out : path, optional
        The safetensors file to write, with every tensor of the source. Without it, nothing is written and the report
        alone is returned.
    method : {"truncate", "shrink"}
        η_i = s_i, or the optimal shrinkage of s_i under noise (arXiv:1306.6042).
    factored : bool
        Write ``NAME.left`` (p × k) and ``NAME.right`` (k × n) with W ≈ left · right where that is fewer numbers.
    keep : int or mapping, optional
        k for every matrix, or by name, instead of the number of spikes; ``method="truncate"`` only.
    inputs : mapping name → array of shape (samples, n), optional
        Inputs of some matrices, for ``output_error``; n is the number of columns.
    overwrite : bool
        Replace a file that exists.
    level, null, seed, include, exclude, min_size, max_bytes
        As for :func:`~spectralaw.diagnose`.

    Returns
    -------
    PrunedWeights
        One row a matrix; :class:`~spectralaw.Pruned` for a trained network.

    Raises
    ------
    InvalidInput
        For a source that cannot be read as a whole, or an ``out`` that exists or is the source itself.
    """
    if is_ours(source, "Trained"):
        if out is not None:
            raise InvalidInput("out must not be given for a trained network, whose pruning is a computation only")
        return prune_trained(source, bulk)
    if bulk is not None:
        raise InvalidInput(f"bulk must be given for a trained network only, not for a {type(source).__name__}")
    method = choice("method", method, METHODS)
    reading = {"level": level, "null": null, "seed": seed, "min_size": min_size}
    chosen = checked({**reading, "max_bytes": max_bytes, "include": include, "exclude": exclude})
    if isinstance(keep, Mapping):
        keep = {name: positive_integer(f"keep of {name}", rank) for name, rank in keep.items()}
    elif keep is not None:
        keep = positive_integer("keep", keep)
    if keep is not None and method != "truncate":
        raise InvalidInput("keep must be given with method='truncate' only: shrinkage is for spikes")
    place = _place(source, out, overwrite)
    weights = load(source, max_bytes=chosen["max_bytes"])
    listed = list(
        candidates(weights.tensors, **{name: chosen[name] for name in ("include", "exclude", "min_size", "max_bytes")})
    )
    for candidate in listed:
        if candidate.tensor.refused is not None:
            raise InvalidInput(f"source cannot be pruned as a whole: {candidate.name}: {candidate.reason}")
    _known_names("keep", keep if isinstance(keep, Mapping) else {}, listed)
    _known_names("inputs", inputs or {}, listed)
    job = _Job(method, keep, {name: chosen[name] for name in reading}, factored, inputs or {})
    names = [f"{name}{end}" for name in dict.fromkeys(c.tensor.name for c in listed) for end in ("", ".left", ".right")]
    written = 0
    if place is None:
        rows, before, after = _run(listed, job, None)
    else:
        with safetensors.Writer(place, names, overwrite) as writer:
            rows, before, after = _run(listed, job, writer)
            factors = {row.name: {"shape": list(row.shape)} for row in rows if row.written == "factors"}
            notes = {"spectralaw.pruned": method, **({"spectralaw.factored": json.dumps(factors)} if factors else {})}
            written = writer.finish(notes)
    name = None if place is None else str(place)
    passed_over = len(listed) - len(rows)
    return PrunedWeights(weights.name, method, tuple(rows), passed_over, before, after, name, written)


@dataclass(frozen=True)
class _Job:
    """How every matrix is treated."""

    method: str
    keep: int | Mapping[str, int] | None
    reading: Mapping[str, Any]
    """Settings of :func:`~spectralaw.weights.reading.read_matrix`."""
    factored: bool
    inputs: Mapping[str, ArrayLike]


@dataclass(frozen=True)
class _Cut:
    """A matrix as left · right, or a sentence why it stays."""

    reason: str
    left: Array | None = None
    right: Array | None = None
    operator_error: float = 0.0


def _run(
    listed: Sequence[Candidate], job: _Job, writer: safetensors.Writer | None
) -> tuple[list[PrunedMatrix], int, int]:
    """Prune, and write, one tensor after the other."""
    rows: list[PrunedMatrix] = []
    before = after = 0
    ranks: dict[bytes, int] = {}  # tied weights are cut alike
    for candidate in listed:
        tensor = candidate.tensor
        before += tensor.size
        if candidate.status is not None:
            after += tensor.size
            if writer is not None:
                writer.add(tensor.name, tensor.shape, tensor.dtype, np.asarray(tensor.read()))
            continue
        matrix = np.asarray(candidate.matrix(), dtype=np.float64)
        cut = _cut(candidate, matrix, job, ranks)
        row = _written(candidate, matrix, cut, job, writer)
        rows.append(row)
        after += min(round(row.parameters * tensor.size), tensor.size)
    return rows, before, after


def _cut(candidate: Candidate, matrix: Array, job: _Job, ranks: dict[bytes, int]) -> _Cut:
    values: list[float] = []
    keep = job.keep.get(candidate.name) if isinstance(job.keep, Mapping) else job.keep
    key = digest(matrix)
    if keep is None and job.method == "truncate":
        keep = ranks.get(key)
    if keep is None:
        reading = read_matrix(candidate.name, matrix, intervals=False, **job.reading)
        if reading.status is not MatrixStatus.OK:
            return _Cut(f"{reading.status}: {reading.reason}")
        keep = ranks.setdefault(key, int(reading.spikes or 0))
        if job.method == "shrink":
            values = [float(outlier.shrunken or 0.0) for outlier in reading.outliers]
    if not keep:
        return _Cut("it has no spikes: nothing in it can be told from noise")
    if not 1 <= keep <= min(matrix.shape):
        raise InvalidInput(f"keep must be from 1 to {min(matrix.shape)} for {candidate.name}, not {keep}")
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    squares, vectors = np.linalg.eigh(wide @ wide.T)
    singular = np.sqrt(np.maximum(squares[::-1], 0.0))
    basis = vectors[:, ::-1][:, :keep]
    rest = basis.T @ wide  # rows s_i v_i
    error = float(singular[keep]) if keep < len(singular) else 0.0
    if values:
        shrunken = np.asarray(values[:keep])
        rest *= (shrunken / singular[:keep])[:, None]
        error = max(error, float(np.max(np.abs(singular[:keep] - shrunken))))
    left, right = (basis, rest) if wide is matrix else (rest.T, basis.T)
    return _Cut("", np.ascontiguousarray(left), np.ascontiguousarray(right), error)


def _written(
    candidate: Candidate, matrix: Array, cut: _Cut, job: _Job, writer: safetensors.Writer | None
) -> PrunedMatrix:
    """Write what stands for a matrix in the file, and measure it as it is written."""
    tensor, (rows, columns) = candidate.tensor, matrix.shape
    if cut.left is None or cut.right is None:
        if writer is not None:
            writer.add(tensor.name, tensor.shape, tensor.dtype, np.asarray(tensor.read()))
        return PrunedMatrix(candidate.name, candidate.shape, min(rows, columns), 0.0, 0.0, 1.0, "unchanged", cut.reason)
    keep = cut.left.shape[1]
    factors = job.factored and keep * (rows + columns) < rows * columns
    if factors:
        left, right = _rounded(cut.left, tensor.dtype), _rounded(cut.right, tensor.dtype)
        pruned = left @ right
        if writer is not None:
            writer.add(f"{tensor.name}.left", left.shape, tensor.dtype, left)
            writer.add(f"{tensor.name}.right", right.shape, tensor.dtype, right)
    else:
        pruned = _rounded(cut.left @ cut.right, tensor.dtype)
        if writer is not None:
            stored = pruned.T if tensor.output_last and len(tensor.shape) > 2 else pruned
            writer.add(tensor.name, tensor.shape, tensor.dtype, stored)
    difference = matrix - pruned
    output = None
    if candidate.name in job.inputs:
        inputs = np.asarray(as_numpy(job.inputs[candidate.name]), dtype=np.float64)
        if inputs.ndim != 2 or inputs.shape[1] != columns:
            raise InvalidInput(f"inputs of {candidate.name} must have shape (samples, {columns}), not {inputs.shape}")
        output = float(np.linalg.norm(difference @ inputs.T) / np.linalg.norm(matrix @ inputs.T))
    return PrunedMatrix(
        candidate.name,
        candidate.shape,
        keep,
        float(np.linalg.norm(difference) / np.linalg.norm(matrix)),
        cut.operator_error,
        keep * (rows + columns + 1) / (rows * columns),
        "factors" if factors else "dense",
        output_error=output,
    )


def _rounded(array: Array, dtype: str) -> Array:
    """The numbers as a file of that type holds them."""
    if dtype == "bfloat16":
        return (
            dtypes.decoded(safetensors.encoded(array, dtype).view("<u2"), dtype).astype(np.float64).reshape(array.shape)
        )
    return array.astype(dtype).astype(np.float64)


def _place(source: Any, out: str | os.PathLike[str] | None, overwrite: bool) -> Path | None:
    if out is None:
        return None
    place = Path(out)
    if place.suffix != ".safetensors":
        raise InvalidInput(f"out must be a file name that ends in .safetensors, not {str(out)!r}")
    if isinstance(source, (str, os.PathLike)) and place.exists() and place.samefile(source):
        raise InvalidInput(f"out must not be the source itself, {place}")
    if not place.parent.is_dir():
        raise InvalidInput(f"out must be in a folder that exists, not {place.parent}")
    safetensors.check_new(place, overwrite)
    return place


def _known_names(argument: str, given: Mapping[str, Any], listed: Sequence[Candidate]) -> None:
    known = {candidate.name for candidate in listed if candidate.status is None}
    for name in given:
        if name not in known:
            raise InvalidInput(f"{argument} must name matrices that are pruned, not {name!r}")
