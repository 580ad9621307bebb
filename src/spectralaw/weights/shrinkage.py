"""Strength of the signal behind a spike, overlap of its vectors with the signal's, and what to cut.

OptShrink (arXiv:1306.6042): everything follows from the singular values below the spikes, whatever the noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectralaw.weights.row import RankCut

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Shrunken:
    """One spike, read through the spectrum of the noise."""

    strength: float
    """θ = D(s)^(−1/2)."""
    overlap_left: float
    """−2 φ/(θ² D'), squared overlap of the vector of length p."""
    overlap_right: float
    """−2 ψ/(θ² D')."""
    shrunken: float
    """−2 D/D'."""


def shrink_spikes(singular: Array, columns: int, k: int) -> list[Shrunken]:
    """The ``k`` largest of all singular values (largest first) of a matrix with ``columns`` ≥ p columns.

    φ(y) = mean y/(y² − s²) over the m others, ψ = c φ + (1 − c)/y with c = m/n, D = φ ψ. Below 1.1 thresholds of
    detection the overlaps are too large (0.26 for 0.06 at 0.8 thresholds): for counted spikes only.
    """
    rest, found = singular[k:], []
    c = len(rest) / columns
    for y in singular[:k]:
        gaps = (y - rest) * (y + rest)
        phi = float(np.mean(y / gaps))
        slope = float(np.mean(1.0 / gaps - 2.0 * (y / gaps) ** 2))
        psi, psi_slope = c * phi + (1.0 - c) / y, c * slope - (1.0 - c) / y**2
        d, d_slope = phi * psi, slope * psi + phi * psi_slope
        left, right = (float(np.clip(-2.0 * part * d / d_slope, 0.0, 1.0)) for part in (phi, psi))
        found.append(Shrunken(d**-0.5, left, right, -2.0 * d / d_slope))
    return found


def rank_cut(singular: Array, columns: int, keep: int) -> RankCut:
    """Errors of the weights, and numbers left, when the ``keep`` largest singular parts are kept; exact."""
    p, squares = len(singular), singular[::-1] ** 2  # small ones first: their sum keeps its digits
    relative = float(np.sqrt(squares[: p - keep].sum() / squares.sum()))
    operator = float(singular[keep]) if keep < p else 0.0
    return RankCut(keep, relative, operator, keep * (p + columns + 1) / (p * columns))
