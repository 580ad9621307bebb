"""Read the spectra of trained weights: from a source to one row a tensor."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from spectralaw._checks import is_ours
from spectralaw.errors import InvalidInput
from spectralaw.task import Task
from spectralaw.weights.checkpoints import compare_checkpoints
from spectralaw.weights.diagnosis import SAME_NUMBERS, Diagnosis
from spectralaw.weights.files.dtypes import FLOATS
from spectralaw.weights.files.tensor import Source, UnreadableWeights
from spectralaw.weights.load import load
from spectralaw.weights.reading import read_matrix
from spectralaw.weights.row import MatrixReading, MatrixStatus
from spectralaw.weights.selection import Candidate, candidates, digest, named
from spectralaw.weights.settings import checked

_READING = ("level", "null", "intervals", "resamples", "seed", "min_size", "full")
Watch = Callable[[int, int], Any]


def diagnose(
    source: Any,
    *,
    level: float = 0.05,
    null: str = "auto",
    intervals: bool = True,
    resamples: int = 100,
    seed: int = 0,
    include: str | Sequence[str] | None = None,
    exclude: str | Sequence[str] | None = None,
    min_size: int = 32,
    max_bytes: int = 8 << 30,
    kind: str = "matrix",
    task: Task | None = None,
    split_gates: bool = False,
    full: bool = False,
) -> Any:
    """Read the spectra of trained weights: bulk, spikes, tail, and what to prune, one row a matrix.

    The singular values of W are held against noise of the same row and column variances: those beyond its edge, at a
    stated rate of false positives, are spikes, each with its strength and overlaps; the rest is the bulk. The largest
    eigenvalues of W Wᵀ are held against a power law, with an interval of its exponent and a test of its fit.

    Parameters
    ----------
    source : path, folder, mapping, array, Trained, or a list of these
        A file (safetensors, npz, npy, PyTorch without PyTorch, ONNX with the extra ``onnx``, Keras' HDF5 with ``h5``,
        an index of shards; told by content), a folder of such, a dictionary name → array, one array, anything with
        ``state_dict()``, or a trained network. A list is read as checkpoints of one network, in order.
    level : float
        Chance, below 1/2, that pure noise of the variance profile shows a spike; for each matrix.
    null : {"auto", "edge", "flip"}
        ``edge``: the variance profile alone. ``flip``: random signs too, for entries with heavy tails. ``auto``: random
        signs only where there are spikes and the entries have heavy tails.
    intervals : bool
        Whether to resample the tail for its interval and p-value.
    resamples : int
        How often, at least 10.
    seed : int
        With the name of a matrix, the seed of its flips and resamples; other matrices do not matter.
    include, exclude : pattern or list of patterns, optional
        Names to read, such as ``"*.weight"``; ``include`` also reads optimizer states, which are passed over otherwise.
    min_size : int
        Matrices whose smaller side is below are passed over.
    max_bytes : int
        Memory that one array may take.
    kind : {"matrix", "eigenvalues"}
        ``eigenvalues``: arrays are lists of eigenvalues of a positive matrix, zeros included.
    task : Task, optional
        What the network was trained on: theory's phase is given beside the structure, for it cannot be read from a
        spectrum. A ``Trained`` brings its own.
    split_gates : bool
        Read each gate of an LSTM or GRU alone.
    full : bool
        Try every xmin of a tail instead of a grid, compare laws of whole spectra (Marchenko–Pastur, HTMP) by
        likelihood, and hold the shape of the bulk against random signs; a second or more a matrix.

    Returns
    -------
    Diagnosis
        Rows in the order of the source; tensors passed over have a status and a reason. For a list,
        :class:`~spectralaw.Checkpoints`: a diagnosis each, and what changed, with error bars.

    Raises
    ------
    InvalidInput
        For an argument out of range, and for a file that is malformed or refused, then with ``status``. Nothing in a
        file is ever run, and nothing is written.

    References
    ----------
    arXiv:1306.6042 (strength and overlap), arXiv:0706.1062 (tails).
    """
    settings = {
        "level": level,
        "null": null,
        "intervals": intervals,
        "resamples": resamples,
        "seed": seed,
        "include": include,
        "exclude": exclude,
        "min_size": min_size,
        "max_bytes": max_bytes,
        "kind": kind,
        "split_gates": split_gates,
        "full": full,
    }
    return run(source, task=task, **settings)


def run(source: Any, *, task: Task | None = None, watch: Watch | None = None, **settings: Any) -> Any:
    """:func:`diagnose`, with somebody who is told of each matrix (how many are done, of how many)."""
    chosen = checked(settings)
    if task is not None and not isinstance(task, Task):
        raise InvalidInput(f"task must be a Task, not {task!r}")
    if _is_list_of_sources(source):
        return compare_checkpoints(source, lambda one: _one(one, task, watch, chosen), chosen)
    return _one(source, task, watch, chosen)


def _is_list_of_sources(source: Any) -> bool:
    if not isinstance(source, (list, tuple)) or not source:
        return False
    return all(
        isinstance(one, (str, os.PathLike, Mapping, Diagnosis)) or is_ours(one, "Trained") or hasattr(one, "state_dict")
        for one in source
    )


def _one(source: Any, task: Task | None, watch: Watch | None, settings: dict[str, Any]) -> Diagnosis:
    begin = time.perf_counter()
    if isinstance(source, Diagnosis):
        return source
    if is_ours(source, "Trained"):
        name, kind, rows = _trained(source, settings)
        task = task or source.task
    else:
        weights = load(source, kind=settings["kind"], max_bytes=settings["max_bytes"])
        name, kind, rows = weights.name, weights.format, _rows(weights, watch, settings)
    told = {key: list(value) if isinstance(value, tuple) else value for key, value in settings.items() if value != ()}
    phase = None if task is None else _phase(task)
    if phase is not None:
        rows = [replace(row, phase=phase) for row in rows]
    return Diagnosis(name, kind, tuple(rows), told, phase, time.perf_counter() - begin)


def _rows(weights: Source, watch: Watch | None, settings: dict[str, Any]) -> list[MatrixReading]:
    if settings["kind"] == "eigenvalues":
        return _eigenvalues(weights, settings)
    listed = list(
        candidates(
            weights.tensors,
            **{key: settings[key] for key in ("include", "exclude", "min_size", "max_bytes", "split_gates")},
        )
    )
    total = sum(candidate.status is None for candidate in listed)
    done, seen, rows = 0, {}, []
    for candidate in listed:
        if candidate.status is None:
            rows.append(_read(candidate, seen, settings))
            done += 1
            if watch is not None:
                watch(done, total)
        else:
            rows.append(_passed_over(candidate, candidate.status, candidate.reason))
    return rows


def _read(candidate: Candidate, seen: dict[bytes, str], settings: dict[str, Any]) -> MatrixReading:
    """One matrix, read from its file now; ``seen`` holds fingerprints of those before."""
    try:
        array = candidate.matrix()
    except UnreadableWeights as error:
        return _passed_over(candidate, error.status, str(error))
    except OSError as error:
        return _passed_over(candidate, MatrixStatus.TRUNCATED, f"it cannot be read: {error.strerror or error}")
    first = seen.setdefault(digest(array), candidate.name)
    if first != candidate.name:
        return _passed_over(candidate, MatrixStatus.DUPLICATE_OF, SAME_NUMBERS + first)
    matrix = np.array(array, dtype=np.float64)
    del array
    reading = read_matrix(
        candidate.name,
        matrix,
        **{key: settings[key] for key in _READING},
    )
    return replace(reading, shape=candidate.shape, dtype=candidate.tensor.dtype, reshape=candidate.reshape)


def _eigenvalues(weights: Source, settings: dict[str, Any]) -> list[MatrixReading]:
    """Lists of eigenvalues instead of matrices."""
    rows = []
    for tensor in weights.tensors:
        status, reason = named(tensor.name, settings["include"], settings["exclude"])
        if status is None and tensor.refused is not None:
            status, reason = tensor.refused.status, str(tensor.refused)
        if status is None and len(tensor.shape) != 1:
            status, reason = (
                MatrixStatus.OUT_OF_SCOPE,
                f"it has {len(tensor.shape)} dimensions, a list of eigenvalues has 1",
            )
        if status is None and tensor.dtype not in FLOATS and not re.match(r"u?int", tensor.dtype):
            status, reason = MatrixStatus.UNSUPPORTED_DTYPE, f"entries of type {tensor.dtype} are no real numbers"
        if status is None:
            try:
                rows.append(_spectrum(tensor.name, tensor.read(), tensor.dtype, settings))
                continue
            except UnreadableWeights as error:
                status, reason = error.status, str(error)
        rows.append(MatrixReading(tensor.name, tensor.shape, tensor.dtype, status, reason))
    return rows


def _spectrum(name: str, values: Any, dtype: str, settings: dict[str, Any]) -> MatrixReading:
    array = np.array(values, dtype=np.float64)
    reading = read_matrix(name, array, kind="eigenvalues", **{key: settings[key] for key in _READING})
    return replace(reading, shape=array.shape, dtype=dtype)


def _trained(trained: Any, settings: dict[str, Any]) -> tuple[str, str, list[MatrixReading]]:
    """The spectrum of a trained network: eigenvalues of Ŝ, zeros included."""
    network = trained.task.network
    values = np.asarray(trained.spectrum, dtype=np.float64)
    reason = ""
    if network != "quadratic":
        reason = "the diagonal network has coefficients, and no matrix whose spectrum could be read"
    elif not trained.status.is_result:
        reason = "the training did not converge; give its spectrum with kind='eigenvalues' to read it nevertheless"
    if reason:
        row = MatrixReading("spectrum", values.shape, "float64", MatrixStatus.OUT_OF_SCOPE, reason)
    else:
        row = _spectrum("spectrum", values, "float64", settings)
    return f"{network} network, seed {trained.seed}", "trained network", [row]


def _phase(task: Task) -> str | None:
    from spectralaw.theory import predict

    found = predict(task).phase
    return None if found is None else str(found.phase)


def _passed_over(candidate: Candidate, status: MatrixStatus, reason: str) -> MatrixReading:
    return MatrixReading(candidate.name, candidate.shape, candidate.tensor.dtype, status, reason)
