"""One matrix, or one list of eigenvalues, in; one row out."""

from __future__ import annotations

import math
import time
import zlib
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw.weights.eigenvalue_reading import read_list
from spectralaw.weights.matrix_reading import read_wide, rescaled
from spectralaw.weights.reading_parts import Settings, passed
from spectralaw.weights.row import MatrixReading, MatrixStatus, Structure

_EXTREME = 2.0**200  # entries are brought near 1 where squares of squares would leave the range of numbers


def read_matrix(
    name: str,
    matrix: Any,
    *,
    level: float = 0.05,
    null: str = "auto",
    intervals: bool = True,
    resamples: int = 100,
    seed: int = 0,
    kind: str = "matrix",
    min_size: int = 32,
    full: bool = False,
) -> MatrixReading:
    """Read the spectrum of one matrix (``kind="eigenvalues"``: of a list of eigenvalues); never raises on a bad one.

    Parameters
    ----------
    name : str
        With ``seed``, what random numbers follow from; other matrices do not matter.
    matrix : array_like, shape (rows, columns) or (d,)
        Any real numbers; read in 64 bits.
    level : float
        Chance that noise shows a spike.
    null : {"auto", "edge", "flip"}
        Whether random signs are asked besides the edge of the noise: never (``edge``), always (``flip``), or where
        there are spikes and the entries have heavy tails (``auto``).
    intervals : bool
        Resample the tail for its interval and its p-value.
    resamples : int
        How often.
    min_size : int
        Smaller matrices are passed over.
    full : bool
        Try every xmin of the tail, compare laws of whole spectra (HTMP), and hold the shape of the bulk against random
        signs; a second or more a matrix.
    """
    begin = time.perf_counter()
    streams = np.random.default_rng([seed, zlib.crc32(name.encode())]).spawn(3)
    how = Settings(level, null, intervals, resamples, full, tuple(streams))
    array = np.asarray(matrix)
    row = MatrixReading(name, tuple(array.shape), str(array.dtype), MatrixStatus.OK, kind=kind)
    try:
        if array.dtype.kind not in "fiub":
            row = passed(row, MatrixStatus.UNSUPPORTED_DTYPE, f"entries of type {array.dtype} are no real numbers")
        elif kind == "eigenvalues":
            row = read_list(row, array, how)
        else:
            row = _matrix(row, array, how, min_size)
    except np.linalg.LinAlgError as error:
        row = passed(row, MatrixStatus.OUT_OF_SCOPE, f"its spectrum could not be computed: {error}")
    return replace(row, seconds=time.perf_counter() - begin)


def _matrix(row: MatrixReading, array: NDArray[Any], how: Settings, min_size: int) -> MatrixReading:
    if array.ndim != 2:
        status = MatrixStatus.VECTOR if array.ndim < 2 else MatrixStatus.OUT_OF_SCOPE
        return passed(row, status, f"it has {array.ndim} dimensions, a matrix has 2")
    if min(array.shape) < max(min_size, 1):
        reason = f"the smaller side of {array.shape[0]} × {array.shape[1]} is below min_size = {min_size}"
        return passed(row, MatrixStatus.TOO_SMALL, reason)
    wide = np.ascontiguousarray(array if array.shape[0] <= array.shape[1] else array.T, dtype=np.float64)
    low, high = float(wide.min()), float(wide.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        bad = int(wide.size - np.count_nonzero(np.isfinite(wide)))
        return passed(row, MatrixStatus.NON_FINITE, f"{bad} of its {wide.size} entries are not finite")
    if low == high:
        if low == 0.0:
            return passed(row, MatrixStatus.ALL_ZERO, "all its entries are zero", Structure.COLLAPSED)
        return passed(row, MatrixStatus.CONSTANT, f"all its entries are {low:g}")
    largest = max(abs(low), abs(high))
    if not 1.0 / _EXTREME < largest < _EXTREME:
        unit = 2.0 ** math.floor(math.log2(largest))
        return rescaled(read_wide(row, wide / unit, how), unit)
    return read_wide(row, wide, how)
