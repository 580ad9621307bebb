"""The two ends: interpolation of least l2 norm (kernel regime) and of least l1 norm (rich regime)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw.display import Shown, number
from spectralaw.errors import ConvergenceFailure
from spectralaw.results import ByValue, Status
from spectralaw.systems.kernel_rich.rows import Rows, rows

Array = NDArray[np.float64]

_ZERO = 1e-9  # of the largest coefficient: what the linear program leaves of zeros
_GAP, _MISFIT = 1e-9, 1e-9


@dataclass(frozen=True, repr=False, eq=False)
class LeastNorm(Shown, ByValue):
    """Interpolating coefficients of least norm."""

    coefficients: NDArray[np.float64] = field(repr=False)
    norm: float
    misfit: float
    """‖X β − y‖/‖y‖."""
    gap: float
    """Relative duality gap of the norm, with a dual point made feasible."""
    status: Status

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        return "Interpolation of least norm", [
            ("status", f"{self.status} (misfit {self.misfit:.1e}, gap {self.gap:.1e})"),
            ("norm", number(self.norm)),
            ("coefficients other than zero", str(int(np.count_nonzero(self.coefficients)))),
        ]


def min_l2(X: Any, y: Any) -> LeastNorm:
    """min ‖β‖₂ with X β = y: pinv(X) y, the limit of large scales.

    Raises
    ------
    InvalidInput
        For anything but a matrix and labels that it can interpolate.
    """
    asked = rows(X, y)
    beta = asked.min_l2
    norm, misfit = float(np.linalg.norm(beta)), asked.misfit(beta)
    status = Status.CONVERGED if misfit <= _MISFIT else Status.NOT_CONVERGED
    return LeastNorm(beta, norm, misfit, abs(1.0 - float(np.linalg.norm(asked.goal)) / norm) if norm else 0.0, status)


def min_l1(X: Any, y: Any) -> LeastNorm:
    """min ‖β‖₁ with X β = y, the limit of small scales where it is unique.

    A linear program (HiGHS); its vertex is then solved for exactly, and certified by its dual point.

    Raises
    ------
    InvalidInput
        As :func:`min_l2`.
    ConvergenceFailure
        When the linear program was not solved.
    """
    from scipy.optimize import linprog

    asked = rows(X, y)
    size = float(np.linalg.norm(asked.goal))
    d = asked.inputs.shape[1]
    if size == 0.0:
        return LeastNorm(np.zeros(d), 0.0, asked.misfit(np.zeros(d)), 0.0, Status.CONVERGED)
    both = np.hstack([asked.basis.T, -asked.basis.T])
    solved = linprog(np.ones(2 * d), A_eq=both, b_eq=asked.goal / size, bounds=(0.0, None), method="highs-ds")
    if not solved.success:
        raise ConvergenceFailure(f"the linear program of least l1 norm was not solved: {solved.message}")
    beta = _exact(asked, size * (solved.x[:d] - solved.x[d:]))
    inner = np.asarray(solved.eqlin.marginals)
    slopes = float(np.max(np.abs(asked.basis @ inner)))
    norm, misfit = float(np.sum(np.abs(beta))), asked.misfit(beta)
    dual = float(inner @ asked.goal) / max(1.0, slopes)
    gap = abs(norm - dual) / norm
    status = Status.CONVERGED if gap <= _GAP and misfit <= _MISFIT else Status.NOT_CONVERGED
    return LeastNorm(beta, norm, misfit, gap, status)


def _exact(asked: Rows, beta: Array) -> Array:
    """The vertex on the coefficients that are not zero, by least squares, where that is no worse."""
    support = np.abs(beta) > _ZERO * np.max(np.abs(beta))
    exact = np.zeros_like(beta)
    exact[support] = np.linalg.lstsq(asked.basis[support].T, asked.goal, rcond=None)[0]
    return exact if asked.misfit(exact) <= max(asked.misfit(beta), 1e-13) else beta
