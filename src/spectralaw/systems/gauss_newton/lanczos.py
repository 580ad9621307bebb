"""The largest and the smallest eigenvalue that is not zero, by applying the matrix, for networks too large to list all.

Ĝ acts on matrices X of shape (k, r) as Σ_l P_l X K_l, with P_l = A_l A_lᵀ and K_l = C_lᵀ C_l. Its first and last terms
alone, P_1 X K_1 + X K_L, are inverted exactly in bases that make both diagonal. As Ĝ is no smaller than they are, that
inverse preconditions the systems which the search for the smallest eigenvalue solves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, cg, eigsh

from spectralaw.errors import ConvergenceFailure
from spectralaw.systems.gauss_newton.chain import Chain
from spectralaw.systems.gauss_newton.ranks import Ranks

Array = NDArray[Any]
Apply = Callable[[Array], Array]
ACCURACY = 1e-6
"""|Ĝ x − λ x| / λ within which λ is a result."""
_TIGHT: Any = 1e-12  # relative, of Lanczos steps and of each system
_MOST = 3000  # steps of conjugate gradients for one system
_FLOOR = 1e-6  # of the first and last terms, where both vanish


def extremes(exact: Chain, found: Ranks) -> tuple[float, float, float, str]:
    """The largest and smallest eigenvalue over 4^exponent, the larger residual, and what is wrong."""
    left, right, mask = _bases(exact, found)
    outputs = [scale * (left.T @ a) for a, scale in zip(exact.after, exact.scales, strict=True)]
    inputs = [c @ right for c in exact.before]
    p = [one @ one.T for one in outputs]
    k = [one.T @ one for one in inputs]
    apply = _operator(p, k, mask)
    size = exact.size
    start = np.where(mask, np.random.default_rng(0).standard_normal(mask.shape), 0.0).ravel()
    whole = _Applied(size, apply)
    try:
        _, top = eigsh(whole, k=1, which="LA", v0=start, tol=_TIGHT, ncv=min(40, size - 1))
        largest, error = _rayleigh(apply, top[:, 0])
        if found.total == 1:
            return largest, largest, error, _wrong(error)
        precondition = _Applied(size, _inverse(p, k, mask))
        inverse = _Applied(size, _solver(whole, precondition, mask))
        _, bottom = eigsh(inverse, k=1, which="LA", v0=start, tol=_TIGHT, ncv=min(20, size - 1), maxiter=20)
    except ArpackNoConvergence as failure:
        raise ConvergenceFailure("the extreme eigenvalues were not found by Lanczos steps") from failure
    smallest, other = _rayleigh(apply, bottom[:, 0])
    residual = max(error, other)
    return largest, smallest, residual, _wrong(residual)


class _Applied(LinearOperator):
    """A symmetric matrix that is known by what it does."""

    def __init__(self, size: int, apply: Apply) -> None:
        super().__init__(np.float64, (size, size))
        self.apply = apply

    def _matvec(self, x: Array) -> Array:
        return self.apply(x.ravel())

    def _adjoint(self) -> LinearOperator:
        return self


def _wrong(residual: float) -> str:
    if residual <= ACCURACY:
        return ""
    return (
        f"the eigenvalue is off by up to {residual:.1e} of itself: too small beside the largest to be applied exactly"
    )


def _rayleigh(apply: Apply, vector: Array) -> tuple[float, float]:
    """An eigenvalue and its relative residual; some eigenvalue lies as near."""
    vector = vector / np.linalg.norm(vector)
    image = apply(vector)
    value = float(vector @ image)
    return value, float(np.linalg.norm(image - value * vector)) / value if value > 0.0 else np.inf


def _operator(p: Sequence[Array], k: Sequence[Array], mask: Array) -> Apply:
    def apply(vector: Array) -> Array:
        x = np.where(mask, vector.reshape(mask.shape), 0.0)
        total = sum((a @ x) @ c for a, c in zip(p, k, strict=True))
        return np.where(mask, total, 0.0).ravel()

    return apply


def _inverse(p: Sequence[Array], k: Sequence[Array], mask: Array) -> Apply:
    """Of the first and last terms."""
    first, rows = np.linalg.eigh(p[0] if len(p) > 1 else 0.5 * p[0])
    last = p[-1][0, 0] * k[-1] if len(p) > 1 else 0.5 * k[0]
    ground = k[0] + np.finfo(float).eps * len(k[0]) * np.trace(k[0]) * np.eye(len(k[0]))
    second, columns = eigh(last, ground)
    both = np.maximum(first, 0.0)[:, None] + np.maximum(second, 0.0)
    both = np.maximum(both, _FLOOR * both.max()) if both.min() <= 0.0 or not mask.all() else both

    def apply(vector: Array) -> Array:
        z = np.where(mask, vector.reshape(mask.shape), 0.0)
        x = rows @ ((rows.T @ z @ columns) / both) @ columns.T
        return np.where(mask, x, 0.0).ravel()

    return apply


def _solver(whole: LinearOperator, precondition: LinearOperator, mask: Array) -> Apply:
    def solve(vector: Array) -> Array:
        right = np.where(mask.ravel(), vector, 0.0)
        found, info = cg(whole, right, rtol=_TIGHT, atol=0.0, maxiter=_MOST, M=precondition)
        if info:
            raise ConvergenceFailure(f"the smallest eigenvalue was not found: a system was not solved in {_MOST} steps")
        return found

    return solve


def _bases(exact: Chain, found: Ranks) -> tuple[Array, Array, Array]:
    """Orthonormal bases of outputs and inputs that follow the ranges of all layers, and which pairs are not zero."""
    left, first = _flag([a for a in exact.after], found.after)
    right, last = _flag([c.T for c in exact.before[::-1]], found.before[::-1])
    depth = len(found.after)
    return left, right, (depth - 1 - last)[None, :] >= first[:, None]


def _flag(parts: Sequence[Array], wanted: Sequence[int]) -> tuple[Array, Array]:
    """A basis of nested ranges, smallest first, and the place of the first of them that holds each vector."""
    rows = parts[0].shape[0]
    if wanted[0] == rows:
        return np.eye(rows), np.zeros(rows, dtype=int)
    basis, level = np.empty((rows, 0)), np.empty(0, dtype=int)
    for place, (part, rank) in enumerate(zip(parts, wanted, strict=True)):
        more = rank - basis.shape[1]
        if more > 0:
            left = part - basis @ (basis.T @ part)
            u = np.linalg.svd(left, full_matrices=False)[0][:, :more]
            basis = np.linalg.qr(np.hstack([basis, u]))[0]
            level = np.append(level, np.full(more, place))
    return basis, level
