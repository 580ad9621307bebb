"""Noiseless learning curves in the limit of small weight decay: figure 5 of arXiv:2509.24882."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.figures.noiseless import caption, draw
from spectralaw.reproduction.asymptotics import shrinks
from spectralaw.reproduction.claims import Claim
from spectralaw.reproduction.experiment import Experiment, Run
from spectralaw.task import Task
from spectralaw.teacher import PowerLaw
from spectralaw.theory import predict_grid

if TYPE_CHECKING:
    import xarray

FALL = "as d grows, the noiseless risk falls as the law of the paper says"
SOLVED = "every point of the curves is solved"
NETWORKS = ("diagonal", "quadratic")
GAMMAS = (0.75, 1.0, 1.5)
WINDOW = (0.4, 0.7)  # log_d n_eff where the law is judged: many directions learned, far from interpolation


def compute(network: str, dimension: int, points: int) -> xarray.Dataset:
    """Risk and local exponents over samples for several exponents γ, Δ = 0, λ = d^−1.5, far below every boundary."""
    unit = 1.0 if network == "diagonal" else float(dimension)
    n = np.geomspace(3.0, 0.5 * dimension * (1.0 if network == "diagonal" else 0.25), points) * unit
    decay = float(dimension) ** -1.5
    task = Task(network, dimension, 10.0, decay, 0.0, PowerLaw(1.0))  # type: ignore[arg-type]
    data = predict_grid(task, gamma=GAMMAS, samples=n)
    window = [float(dimension) ** power for power in WINDOW]
    return data.assign_coords(effective_samples=("samples", n / unit)).assign_attrs(
        network=network, dimension=float(dimension), weight_decay=decay, noise_variance=0.0, window=window
    )


def expected_exponent(network: str, gamma: float, samples: np.ndarray, dimension: float) -> np.ndarray:
    """∂ log R/∂ log n of (n/log(d/n))^(1−2γ), or of n_eff^(1−2γ)."""
    correction = 1.0 / np.log(dimension / samples) if network == "diagonal" else np.zeros_like(samples)
    return (1.0 - 2.0 * gamma) * (1.0 + correction)


def exponent_errors(data: xarray.Dataset, gamma: float) -> np.ndarray:
    """Differences from the law in the window: of the solver's exponent and of the slope of R, the larger one."""
    x, d = data.effective_samples.values, data.attrs["dimension"]
    inside = (x > data.attrs["window"][0]) & (x < data.attrs["window"][1])
    one = data.sel(gamma=gamma)
    slope = np.gradient(np.log(one.excess_risk.values), np.log(x))
    rate = expected_exponent(data.attrs["network"], gamma, x, d)
    return np.maximum(np.abs(one.samples_exponent.values - rate), np.abs(slope - rate))[inside]


def verdict(datasets: Sequence[xarray.Dataset]) -> list[Claim]:
    """Network by network, the exponents in the window at every dimension."""
    claims = []
    for network in dict.fromkeys(data.attrs["network"] for data in datasets):
        own = sorted(
            (data for data in datasets if data.attrs["network"] == network), key=lambda data: data.attrs["dimension"]
        )
        dimensions = np.array([data.attrs["dimension"] for data in own])
        law = "(n/log(d/n))^(1−2γ)" if network == "diagonal" else "n_eff^(1−2γ)"
        about = f"n_eff from d^{WINDOW[0]:g} to d^{WINDOW[1]:g}"
        for gamma in own[-1].gamma.values:
            errors = [exponent_errors(data, float(gamma)) for data in own]
            claims.append(
                shrinks(FALL, f"{network}, γ = {gamma:g}, {law}, {about}", dimensions, errors, logarithms="log" in law)
            )
        lost = sum(int(np.isnan(data.excess_risk.values).sum()) for data in own)
        claims.append(Claim.of(SOLVED, network, f"{lost} of {sum(d.excess_risk.size for d in own)} are not", lost == 0))
    return claims


def _compute(run: Run, dimensions: Sequence[int], points: int) -> list[xarray.Dataset]:
    data = []
    for network in NETWORKS:
        for dimension in dimensions:
            data.append(compute(network, dimension, points))
            run.advance(len(data), len(NETWORKS) * len(dimensions))
    return data


DIMENSIONS = (10**6, 10**8, 10**10, 10**12)
EXPERIMENT = Experiment(
    name="noiseless-risk",
    title="Noiseless risk (figure 5 of arXiv:2509.24882)",
    claims=(FALL, SOLVED),
    sizes={"quick": {"dimensions": DIMENSIONS, "points": 41}, "paper": {"dimensions": DIMENSIONS, "points": 81}},
    compute=_compute,
    draw=draw,
    judge=verdict,
    caption=caption,
)
