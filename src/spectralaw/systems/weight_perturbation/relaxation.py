r"""Lower bound of the margin by lines, carried backwards: keeps what cancels between paths, which intervals lose.

With coefficients c of z and lines s a + t that hold ρ on the interval of a, Σ c z ≥ Σ λ a + Σ c t, λ = c s; the line is
the one below where c ≥ 0 and the one above where c < 0. For z ≥ 0, and all perturbations of W within R,

    λ·a = λ·(Wz + b) + λ·ΔWz ≥ (λW − |λ|R)·z + λ·b:

coefficients of the layer before. At the inputs R|x| stands for Rz. To first order in the radius this is
Σ_m Σ_kl R^m_kl |∂(f_i − f_j)/∂W^m_kl|, which is attained; no bound can be better there.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spectralaw.systems.weight_perturbation.intervals import FLOOR, Head, Intervals
from spectralaw.systems.weight_perturbation.linear import Array
from spectralaw.systems.weight_perturbation.network import Case
from spectralaw.systems.weight_perturbation.radii import UNIT, room


def least_margin(case: Case, radii: Sequence[Array], last: Head, inside: Intervals) -> Array:
    """No Σ c z + rest of a perturbed network is below this, (n, q); for two layers or more."""
    c, parts = last.c, [last.rest]
    for m in range(len(case.layers) - 2, -1, -1):
        layer, r = case.layers[m], radii[m]
        lines = case.activation.lines(*inside.a[m])
        up, down = np.maximum(c, 0.0), np.minimum(c, 0.0)
        kept = up * lines.below_slope[:, None] + down * lines.above_slope[:, None]
        lost = room(layer)
        parts += [_dot(up, lines.below) - lost * _dot(up, np.abs(lines.below))]
        parts += [_dot(down, lines.above) + lost * _dot(down, np.abs(lines.above))]
        parts += [kept @ layer.bias - lost * (np.abs(kept) @ np.abs(layer.bias))]
        straight, spread = layer.transposed(layer.weight, kept), layer.transposed(r, np.abs(kept))
        if m == 0:
            parts += [_dot(straight, case.x) - _dot(spread, np.abs(case.x))]
        c = straight - spread
    size = np.sum(np.abs(parts), axis=0)
    return np.sum(parts, axis=0) - len(parts) * UNIT * size - FLOOR


def _dot(c: Array, z: Array) -> Array:
    """(n, q, h) with (n, h)."""
    return np.matmul(c, z[:, :, None])[..., 0]
