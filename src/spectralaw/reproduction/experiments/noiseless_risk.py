"""Noiseless learning curves in the limit of small weight decay: figure 5 of arXiv:2509.24882."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spectralaw.figures.noiseless import caption, draw
from spectralaw.reproduction.claims import Claim
from spectralaw.reproduction.experiment import Experiment, Run
from spectralaw.task import Task
from spectralaw.teacher import PowerLaw
from spectralaw.theory import predict_grid

if TYPE_CHECKING:
    import xarray

FALL = "the noiseless risk falls as the law of the paper says"
NETWORKS = ("diagonal", "quadratic")
GAMMAS = (0.75, 1.0, 1.5)


def compute(network: str, dimension: int, points: int, weight_decay: float = 1e-8) -> xarray.Dataset:
    """Risk and local exponents over samples for several exponents γ at Δ = 0."""
    unit = 1.0 if network == "diagonal" else float(dimension)
    n = np.geomspace(3.0, 0.5 * dimension * (1.0 if network == "diagonal" else 0.25), points) * unit
    task = Task(network, dimension, 10.0, weight_decay, 0.0, PowerLaw(1.0))  # type: ignore[arg-type]
    data = predict_grid(task, gamma=GAMMAS, samples=n)
    return data.assign_coords(effective_samples=("samples", n / unit)).assign_attrs(
        network=network, dimension=float(dimension), weight_decay=weight_decay, noise_variance=0.0
    )


def expected_exponent(network: str, gamma: float, samples: np.ndarray, dimension: int) -> np.ndarray:
    """∂ log R/∂ log n of (n/log(d/n))^(1−2γ), or of n_eff^(1−2γ)."""
    correction = 1.0 / np.log(dimension / samples) if network == "diagonal" else np.zeros_like(samples)
    return (1.0 - 2.0 * gamma) * (1.0 + correction)


def verdict(data: xarray.Dataset) -> list[Claim]:
    """The exponent in the middle of the window n_eff ≪ d."""
    network, d = data.attrs["network"], data.attrs["dimension"]
    claims = []
    window = (data.effective_samples.values > d**0.4) & (data.effective_samples.values < d**0.7)
    law = "(n/log(d/n))^(1−2γ)" if network == "diagonal" else "n_eff^(1−2γ)"
    for gamma in data.gamma.values:
        local = data.samples_exponent.sel(gamma=gamma).values[window]
        rate = expected_exponent(network, float(gamma), data.effective_samples.values[window], d)
        error = float(np.nanmedian(np.abs(local - rate)))
        claims.append(
            Claim.of(
                FALL,
                f"{network}, γ = {gamma:g}, {law}",
                f"local exponent {np.nanmedian(local):.3f} against {np.median(rate):.3f} at d = {d:.0e}",
                error < 0.06,
            )
        )
    return claims


def _compute(run: Run, dimension: int, points: int) -> list[xarray.Dataset]:
    data = []
    for k, network in enumerate(NETWORKS, start=1):
        data.append(compute(network, dimension, points))
        run.advance(k, len(NETWORKS))
    return data


EXPERIMENT = Experiment(
    name="noiseless-risk",
    title="Noiseless risk (figure 5 of arXiv:2509.24882)",
    claims=(FALL,),
    sizes={"quick": {"dimension": 10**10, "points": 41}, "paper": {"dimension": 10**12, "points": 81}},
    compute=_compute,
    draw=draw,
    judge=lambda datasets: [claim for data in datasets for claim in verdict(data)],
    caption=caption,
)
