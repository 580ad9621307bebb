"""Whole spectra against laws of random matrices, by likelihood: Marchenko–Pastur, HTMP and inverse HTMP."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from spectralaw.ensembles.htmp_fit import fit
from spectralaw.ensembles.marchenko_pastur import MarchenkoPastur

Array = NDArray[np.float64]

_DIFFERENCE = 6.0
_FEWEST = 32


def compare_spectra(values: Array, ratio: float | None) -> dict[str, Any] | None:
    """Parameters, log likelihood, BIC and Kolmogorov–Smirnov distance of each law for positive eigenvalues.

    ``ratio`` is p/n of the matrix; without it Marchenko–Pastur is left out. Eigenvalues repel each other, so
    differences of likelihood overstate what is known; ``favoured`` is a name, or ``undecided`` where BICs differ by
    less than 6.
    """
    if len(values) < _FEWEST or values[0] <= 0 or values[0] == values[-1]:
        return None
    unit = float(values.mean())
    x = values / unit
    rows: dict[str, Any] = {}
    if ratio is not None and ratio <= 1.0:
        rows["marchenko_pastur"] = _marchenko_pastur(x, ratio)
    for name, inverse in (("htmp", False), ("inverse_htmp", True)):
        found = fit(x, inverse=inverse)
        if not np.isfinite(found.loglik):
            continue
        rows[name] = {
            "gamma": found.gamma,
            "kappa": found.kappa,
            "scale": found.scale,
            **({"tail_exponent": found.tail_exponent} if inverse else {}),
            "loglik": found.loglik,
            "bic": 3.0 * float(np.log(len(x))) - 2.0 * found.loglik,
            "ks": found.ks,
        }
    jacobian = len(x) * float(np.log(unit))
    for row in rows.values():
        row["loglik"] -= jacobian
        row["bic"] += 2.0 * jacobian
        row["scale"] *= unit
    order = sorted(rows, key=lambda name: rows[name]["bic"])
    clear = len(order) > 1 and rows[order[1]]["bic"] - rows[order[0]]["bic"] > _DIFFERENCE
    return {**rows, "favoured": order[0] if clear else "undecided"}


def _marchenko_pastur(x: Array, ratio: float) -> dict[str, float]:
    """Most likely scale of those that hold all eigenvalues; very unlikely where there are spikes."""
    low, high = MarchenkoPastur(ratio).support
    least = float(x.max()) / high
    most = float(x.min()) / low if low > 1e-12 else np.inf
    most = most if most > least else np.inf  # both ends cannot be inside: let the smallest ones be outside

    def cost(log_scale: float) -> float:
        scale = np.exp(log_scale)
        density = MarchenkoPastur(ratio).pdf(x / scale) / scale
        return -float(np.sum(np.log(np.maximum(density, 1e-12))))

    bounds = (np.log(least), np.log(min(most, 50.0 * least)))
    found: Any = minimize_scalar(cost, bounds=bounds, method="bounded", options={"xatol": 1e-8})
    scale = float(np.exp(found.x))
    loglik = -cost(np.log(scale))
    law, ranks = MarchenkoPastur(ratio).cdf(np.sort(x) / scale), np.arange(len(x) + 1.0) / len(x)
    ks = float(max(np.max(ranks[1:] - law), np.max(law - ranks[:-1])))
    return {"gamma": ratio, "scale": scale, "loglik": loglik, "bic": float(np.log(len(x))) - 2.0 * loglik, "ks": ks}
