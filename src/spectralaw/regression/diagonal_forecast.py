"""Forecast of the diagonal network: teachers from the pilot's evidence, through the theory of correlated inputs."""

from __future__ import annotations

import numpy as np

from spectralaw.regression.correlated import Channel
from spectralaw.regression.evidence import fit_evidence
from spectralaw.regression.inputs import Standardising
from spectralaw.regression.path import DiagonalProblem, default_decays
from spectralaw.regression.resampling import kept
from spectralaw.training.risk_estimate import projected_kurtosis
from spectralaw.training.sensing import Array

_TRIED = 3  # teachers drawn for each that is kept, by how well they explain the pilot's own errors
_PILOT = 8  # weight decays at which the pilot is trained
_Z = 3  # draws of the noise of the channel for each teacher
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
    noises = 0.3 * np.sqrt(smallest / max(sizes)), 2.0 * np.sqrt(2.0 * total / min(*sizes, len(rows)))
    path = [p for p in _pilot(labelled, centred) if not p.risk.reason]
    candidates, pilots = [], np.full((_TRIED * draws, len(path)), np.nan)
    for row in pilots:
        teacher, noise = evidence.draw(generator)
        channel = Channel.of(covariance, basis @ teacher, noises, generator.standard_normal((_Z, d)))
        candidates.append((channel, noise))
        at, risk = channel.curve(float(len(rows)), noise)
        if len(at):
            row[:] = np.interp(np.log([p.weight_decay for p in path]), np.log(at), risk + noise)
    notes = []
    taken, explained = np.arange(draws), True
    if path:
        values = np.array([(p.risk.value, p.risk.standard_error) for p in path])
        taken, explained = kept(pilots, values[:, 0], values[:, 1], draws, generator)
    if not explained:
        notes.append("no teacher that was drawn explains the pilot's own error: the model may not hold for these rows")
    error = np.full((draws, len(sizes), _DECAYS), np.nan)
    for k, one in enumerate(taken):
        channel, noise = candidates[one]
        for i, n in enumerate(sizes):
            at, risk = channel.curve(float(n), noise)
            if len(at):
                error[k, i] = np.interp(np.log(decays), np.log(at), risk + noise)
    floors = np.array([candidates[one][1] for one in taken])
    if not evidence.gradient <= _CERTIFICATE:
        notes.append(f"the evidence of the labels did not reach its maximum (gradient {evidence.gradient:.1e})")
    return xarray.Dataset(
        {"error": (("draw", "samples", "weight_decay"), error), "noise_floor": ("draw", floors)},
        coords={"samples": sizes, "weight_decay": decays * np.sqrt(d / rows.shape[1])},
        attrs={"kurtosis": projected_kurtosis(everything), "notes": notes},
    )


def _pilot(inputs: Array, labels: Array):
    problem = DiagonalProblem(inputs, labels, projected_kurtosis(inputs))
    return problem.solve(default_decays(problem.largest, _PILOT)[1:], 1e-6, 100_000)
