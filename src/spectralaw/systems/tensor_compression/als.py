"""Alternating least squares for a sum of rank-one tensors of three modes, with extrapolation, from several starts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from spectralaw.systems.tensor_compression.arguments import Array

Factors = tuple[Array, Array, Array]
_PROXIMAL = (
    1e-12  # pull towards the last iterate, relative to the Gram matrix: keeps it invertible, moves no fixed point
)
_EXACT = 1e-14  # relative error that rounding does not let fall further
_EXTRAPOLATE = 5  # sweeps between attempts


@dataclass(frozen=True)
class Fit:
    """Factors after the last sweep, with unit columns and no scales left out."""

    factors: Factors
    scales: Array
    error: float
    """‖T − T̂‖ / ‖T‖, of the difference itself."""
    gradient: float
    """Largest derivative of ½‖T − T̂‖² by a column, the others of unit norm, over ‖T − T̂‖: a cosine, 0 to 1."""
    sweeps: int


def khatri_rao(b: Array, c: Array) -> Array:
    """Columns b_r ⊗ c_r: (J·K, R)."""
    return (b[:, None, :] * c[None, :, :]).reshape(-1, b.shape[1])


def composed(factors: Factors, scales: Array) -> Array:
    """Σ_r λ_r a_r ⊗ b_r ⊗ c_r."""
    a, b, c = factors
    return ((a * scales) @ khatri_rao(b, c).T).reshape(a.shape[0], b.shape[0], c.shape[0])


def fit(tensor: Array, start: Factors, sweeps: int, tolerance: float, goal: float = _EXACT) -> Fit:
    """Sweep until the gradient is within ``tolerance`` or the error within ``goal``, or ``sweeps`` are done."""
    size = float(np.linalg.norm(tensor))
    rows = (tensor / size).reshape(tensor.shape[0], -1)
    now = _balanced(start)
    before, count = now, 0
    for count in range(1, sweeps + 1):
        before, now = now, _balanced(_sweep(rows, now))
        if count % _EXTRAPOLATE:
            continue
        error = _error(rows, now)
        if error <= goal or (count % (4 * _EXTRAPOLATE) == 0 and _gradient(rows, now) <= tolerance):
            break
        for step in (count ** (1.0 / 3.0), 4.0 * count ** (1.0 / 3.0)):
            ahead: Factors = tuple(x + step * (x - y) for x, y in zip(now, before, strict=True))  # type: ignore[assignment]
            if _error(rows, ahead) >= error:
                break
            now, error = _balanced(ahead), _error(rows, ahead)
    factors, scales = _unit(now)
    order = np.argsort(-scales, kind="stable")
    factors: Factors = tuple(x[:, order] for x in factors)  # type: ignore[no-redef]
    return Fit(factors, scales[order] * size, _error(rows, now), _gradient(rows, now), count)


def _sweep(rows: Array, factors: Factors) -> Factors:
    a, b, c = factors
    contracted = (a.T @ rows).reshape(a.shape[1], b.shape[0], c.shape[0])
    b = _solve(np.einsum("rjk,kr->jr", contracted, c), (a.T @ a) * (c.T @ c), b)
    c = _solve(np.einsum("rjk,jr->kr", contracted, b), (a.T @ a) * (b.T @ b), c)
    a = _solve(rows @ khatri_rao(b, c), (b.T @ b) * (c.T @ c), a)
    return a, b, c


def _solve(right: Array, gram: Array, last: Array) -> Array:
    pull = _PROXIMAL * float(np.trace(gram)) / len(gram)
    if not pull > 0.0:
        return last
    return np.asarray(np.linalg.solve(gram + pull * np.eye(len(gram)), (right + pull * last).T).T, dtype=float)


def _unit(factors: Factors) -> tuple[Factors, Array]:
    scales = np.ones(factors[0].shape[1])
    found = []
    for x in factors:
        norms = np.linalg.norm(x, axis=0)
        unit = np.where(norms > 0.0, x / np.where(norms > 0.0, norms, 1.0), np.eye(len(x))[:, :1])
        scales = scales * norms
        found.append(unit)
    return (found[0], found[1], found[2]), scales


def _balanced(factors: Factors) -> Factors:
    (a, b, c), scales = _unit(factors)
    root = np.cbrt(scales)
    return a * root, b * root, c * root


def _difference(rows: Array, factors: Factors) -> Array:
    return rows - factors[0] @ khatri_rao(factors[1], factors[2]).T


def _error(rows: Array, factors: Factors) -> float:
    return float(np.linalg.norm(_difference(rows, factors)))


def _gradient(rows: Array, factors: Factors) -> float:
    a, b, c = _unit(factors)[0]
    rest = _difference(rows, factors)
    contracted = (a.T @ rest).reshape(a.shape[1], b.shape[0], c.shape[0])
    along = rest @ khatri_rao(b, c), np.einsum("rjk,kr->jr", contracted, c), np.einsum("rjk,jr->kr", contracted, b)
    return max(float(np.max(np.linalg.norm(g, axis=0))) for g in along) / max(float(np.linalg.norm(rest)), _EXACT)


def starts(tensor: Array, rank: int, count: int, seed: int) -> Iterator[Factors]:
    """Algebraic start where the rank allows it, leading singular vectors, then random ones."""
    rng = np.random.default_rng(seed)
    shape = tensor.shape
    made = 0
    if sum(size >= rank for size in shape) >= 2 and rank > 1:
        start = _algebraic(tensor, rank, rng)
        if start is not None:
            made += 1
            yield start
    while made < count:
        first = made == 0 or (made == 1 and rank > 1)
        found = [
            _leading(tensor, mode, rank, rng) if first else rng.standard_normal((shape[mode], rank))
            for mode in range(3)
        ]
        made += 1
        yield found[0], found[1], found[2]


def _vectors(tensor: Array, mode: int) -> Array:
    unfolded = np.moveaxis(tensor, mode, 0).reshape(tensor.shape[mode], -1)
    return np.linalg.eigh(unfolded @ unfolded.T)[1][:, ::-1]


def _leading(tensor: Array, mode: int, rank: int, rng: np.random.Generator) -> Array:
    found = rng.standard_normal((tensor.shape[mode], rank))
    known = _vectors(tensor, mode)[:, :rank]
    found[:, : known.shape[1]] = known
    return found


def _algebraic(tensor: Array, rank: int, rng: np.random.Generator) -> Factors | None:
    """Exact for generic tensors of that rank: common eigenvectors of two random combinations of slices."""
    modes = [int(m) for m in np.argsort([-size for size in tensor.shape], kind="stable")]
    turned = np.transpose(tensor, modes)
    left, right = _vectors(turned, 0)[:, :rank], _vectors(turned, 1)[:, :rank]
    slices = np.einsum("ijk,ir,js->rsk", turned, left, right, optimize=True)
    one, two = (slices @ rng.standard_normal(turned.shape[2]) for _ in range(2))
    try:
        values, vectors = np.linalg.eig(np.linalg.solve(two.T, one.T).T)
    except np.linalg.LinAlgError:
        return None
    real = np.where(np.imag(values) < 0.0, np.imag(vectors), np.real(vectors))  # of a pair: the plane that it spans
    a = left @ real
    rest = (np.linalg.pinv(a) @ turned.reshape(len(turned), -1)).reshape(rank, turned.shape[1], turned.shape[2])
    u, s, v = np.linalg.svd(rest, full_matrices=False)
    found = [a, (u[:, :, 0] * s[:, :1]).T, v[:, 0, :].T]
    if not all(np.all(np.isfinite(x)) for x in found):
        return None
    placed = dict(zip(modes, found, strict=True))
    return placed[0], placed[1], placed[2]


def matrix_fit(tensor: Array, rank: int) -> Fit:
    """The best fit where one mode has a single entry: a singular value decomposition."""
    single = tensor.shape.index(1)
    others = [mode for mode in range(3) if mode != single]
    matrix = tensor.reshape(tensor.shape[others[0]], tensor.shape[others[1]])
    u, s, v = np.linalg.svd(matrix, full_matrices=False)
    kept = min(rank, len(s))
    parts = {others[0]: np.zeros((u.shape[0], rank)), others[1]: np.zeros((v.shape[1], rank))}
    for part in parts.values():
        part[0, :] = 1.0  # unit columns of the terms beyond the rank of the matrix, whose scale is 0
    parts[others[0]][:, :kept], parts[others[1]][:, :kept] = u[:, :kept], v[:kept].T
    scales = np.zeros(rank)
    scales[:kept] = s[:kept]
    parts[single] = np.ones((1, rank))
    factors = parts[0], parts[1], parts[2]
    size = float(np.linalg.norm(tensor))
    rest = (tensor - composed(factors, scales)) / size
    a, b, c = factors
    along = [np.einsum("ijk,jr,kr->ir", rest, b, c), np.einsum("ijk,ir,kr->jr", rest, a, c)]
    along.append(np.einsum("ijk,ir,jr->kr", rest, a, b))
    error = float(np.linalg.norm(rest))
    gradient = max(float(np.max(np.linalg.norm(g[:, :kept], axis=0))) for g in along) / max(error, _EXACT)
    return Fit(factors, scales, error, gradient, 0)
