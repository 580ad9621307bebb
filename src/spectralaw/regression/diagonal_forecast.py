"""Forecast of the diagonal network: teachers from the evidence of the pilot, risks from the theory of correlated inputs."""

from __future__ import annotations

import numpy as np

from spectralaw.regression.correlated import Channel
from spectralaw.regression.evidence import fit_evidence
from spectralaw.regression.inputs import Standardising
from spectralaw.training.risk_estimate import projected_kurtosis
from spectralaw.training.sensing import Array

_Z = 6  # draws of the noise of the channel for each teacher
_DECAYS = 64
_CERTIFICATE = 1e-3  # gradient of the log evidence per label up to which its maximum counts as found


def curves(rows: Array, targets: Array, more: Array, sizes: list[int], draws: int, generator):
    """Error over (draw, samples, weight_decay), in the units of :class:`~spectralaw.DiagonalRegressor`."""
    import xarray

    standard = Standardising.of(more)
    varies = np.isfinite(standard.scale)
    everything, labelled = standard(more)[:, varies], standard(rows)[:, varies]
    d = everything.shape[1]
    covariance = everything.T @ everything / len(everything)
    variances, basis = np.linalg.eigh(covariance)
    centred = targets - targets.mean()
    evidence = fit_evidence(labelled @ basis, centred, np.maximum(variances, 0.0))
    total = float(np.mean(centred**2))
    decays = np.geomspace(1e-3, 30.0, _DECAYS) * np.sqrt(total * len(rows))
    smallest = max(evidence.noise_variance, 1e-6 * total)
    noises = 0.3 * np.sqrt(smallest / max(sizes)), 2.0 * np.sqrt(2.0 * total / min(sizes))
    error = np.full((draws, len(sizes), _DECAYS), np.nan)
    floors = np.zeros(draws)
    for k in range(draws):
        teacher, floors[k] = evidence.draw(generator)
        channel = Channel.of(covariance, basis @ teacher, noises, generator.standard_normal((_Z, d)))
        for i, n in enumerate(sizes):
            at, risk = channel.curve(float(n), floors[k])
            if len(at):
                error[k, i] = np.interp(np.log(decays), np.log(at), risk + floors[k])
    notes = []
    if not evidence.gradient <= _CERTIFICATE:
        notes.append(f"the evidence of the labels did not reach its maximum (gradient {evidence.gradient:.1e})")
    return xarray.Dataset(
        {"error": (("draw", "samples", "weight_decay"), error), "noise_floor": ("draw", floors)},
        coords={"samples": sizes, "weight_decay": decays * np.sqrt(d / rows.shape[1])},
        attrs={"kurtosis": projected_kurtosis(everything), "notes": notes},
    )
