"""Whether a minimiser of the quadratic network is the only one.

All minimisers of P(S) = ‖y − A S‖² + ρ Tr S over S ⪰ 0 have the same residual r and lie on the face of the kernel E of
ρ − 2 Aᵀr. A symmetric D ≠ 0 on E with A D = 0 has Tr D = 0: S + t D is a minimiser, too, as long as it is positive.
There may be such D as soon as the k (k + 1)/2 directions on E, of dimension k, outnumber the n samples. What is
found here is checked by its own objective, against the dual value that certifies S.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from spectralaw.training.sensing import Array, Sensing

_LARGEST = 1_000_000  # elements of the matrix of A on the face that is decomposed
_ON_FACE = (1e-5, 1e-3)  # relative slack ρ − 2 λ(Aᵀr) of its eigenvectors; too many are seen in the objective
_SINGULAR = 1e-11  # of the largest singular value
_DIRECTIONS = 16  # of the null space that are followed to the boundary
_POSITIVE = 1e-13  # least eigenvalue of a positive matrix, relative to the largest, for rounding


@dataclass(frozen=True)
class Certified:
    """A minimiser with its certificate: its eigenvalues (positive ones) and eigenvectors, residual, and gap."""

    eigenvalues: Array
    eigenvectors: Array
    residual: Array
    gap: float


def distance_of_another(
    sensing: Sensing, labels: Array, decay: float, found: Certified, tolerance: float
) -> float | None:
    """Relative distance ‖S' − S‖/‖S‖ of another minimiser S', the farthest of a few; None when none was found.

    Parameters
    ----------
    sensing : Sensing
    labels : array, shape (n,)
    decay : float
        ρ.
    found : Certified
        S.
    tolerance : float
        Relative duality gap that S' must keep, as S does.
    """
    rank, n = len(found.eigenvalues), sensing.samples
    if rank == 0 or not found.gap <= tolerance:
        return None
    slack, vectors = np.linalg.eigh(decay * np.eye(sensing.dimension) - 2.0 * sensing.adjoint(found.residual))
    faces = [found.eigenvectors, *(vectors[:, slack <= share * decay] for share in _ON_FACE)]
    size = float(np.linalg.norm(found.eigenvalues))
    bound = (1.0 - found.gap) * _objective(found.residual, decay, float(np.sum(found.eigenvalues)))
    farthest, last = 0.0, -1
    for face in faces:
        k = face.shape[1]
        directions = k * (k + 1) // 2
        if k == last or directions <= n or directions**2 > _LARGEST:
            continue
        last = k
        start = face.T @ (found.eigenvectors * found.eigenvalues) @ found.eigenvectors.T @ face
        for change in _unseen(sensing, face, start, rank):
            step = _farthest_positive(start, change, size)
            if step <= farthest:
                continue
            other = face @ (start + step * change) @ face.T
            objective = _objective(labels - sensing.forward(other), decay, float(np.trace(other)))
            if objective - bound <= tolerance * objective:
                farthest = step
    return farthest / size if farthest > 0.0 else None


def _unseen(sensing: Sensing, face: Array, start: Array, rank: int) -> Iterator[Array]:
    """Symmetric matrices D on the face, of norm one, with A D = 0; first the one that leads most into the face."""
    k = face.shape[1]
    row, column = np.triu_indices(k)
    scale = np.where(row == column, 1.0, np.sqrt(2.0))
    hidden = sensing.inputs @ face
    matrix = hidden[:, row] * hidden[:, column] * scale
    matrix[:, row == column] -= 1.0
    _, singular, right = np.linalg.svd(matrix, full_matrices=True)
    null = right[int(np.sum(singular > _SINGULAR * singular[0])) :]
    inside = np.eye(k) - _projector(start, rank)  # away from the range of S
    central = null.T @ (null @ (inside[row, column] * scale))
    tried = [central]
    for vector in null[:_DIRECTIONS]:
        tried += [vector, -vector] if rank >= k else [vector + central, central - vector]
    for vector in tried:
        change = np.zeros((k, k))
        change[row, column] = vector / scale
        change = change + np.triu(change, 1).T
        length = float(np.linalg.norm(change))
        if length > 1e-9:
            yield change / length


def _projector(matrix: Array, rank: int) -> Array:
    vectors = np.linalg.eigh(matrix)[1][:, -rank:]
    return vectors @ vectors.T


def _objective(residual: Array, decay: float, trace: float) -> float:
    return float(residual @ residual) + decay * trace


def _farthest_positive(start: Array, change: Array, size: float) -> float:
    """The largest t at which start + t·change is still positive."""

    def positive(t: float) -> bool:
        return float(np.linalg.eigvalsh(start + t * change)[0]) >= -_POSITIVE * size

    low, high = 0.0, size
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if positive(middle) else (low, middle)
        if (high - low <= 1e-6 * high and low > 0.0) or high < 1e-6 * size:
            break
    return low
