"""One matrix in, one row out."""

from __future__ import annotations

from typing import Any

from spectralaw.weights.row import MatrixReading


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
    """Read the spectrum of one matrix (``kind="eigenvalues"``: of a list of eigenvalues); never raises on a bad one."""
    raise NotImplementedError
