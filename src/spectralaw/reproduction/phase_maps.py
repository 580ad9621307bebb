"""Phase diagrams with and without noise (figures 1 and 4 of arXiv:2509.24882): the data.

A map at one dimension is drawn. What is judged are probes: local exponents at the same points of the plane of
log_d n_eff and log_d λ at several dimensions, so that what is left of the asymptotic law can be seen to shrink.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray

from spectralaw.reproduction.experiment import Run
from spectralaw.task import Task
from spectralaw.teacher import PowerLaw
from spectralaw.theory import phase_diagram, predict_grid

NETWORKS = ("diagonal", "quadratic")
SAMPLES = (-0.6, 3.6)  # from and to, log_d n_eff at γ = 1: phase III opens at 2
DECAYS = (-1.2, 2.2)  # from and to, log_d λ
STEP = 0.1  # of the probes, in both directions
SMALL_DECAY = -1.2  # log_d λ of the curve across phases IV, V and VIa
PEAK_DECAY = 1e-4
NEARBY = 1.01  # the slopes of R are differences between values this far apart
_KEPT = ("excess_risk", "samples_exponent", "weight_decay_exponent", "samples_rate", "weight_decay_rate", "phase")


def lattice(network: str, dimension: int, log_samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """log_d n_eff and n, without what is less than one sample."""
    n = float(dimension) ** log_samples * (1.0 if network == "diagonal" else float(dimension))
    return log_samples[n >= 1.0], n[n >= 1.0]


def task_of(network: str, dimension: int, noise_variance: float) -> Task:
    """The task at γ = 1, whose samples and weight decay are placeholders."""
    return Task(network, dimension, 10.0, 1.0, noise_variance, PowerLaw(1.0))  # type: ignore[arg-type]


def phase_map(network: str, noise_variance: float, dimension: int, points: int) -> xarray.Dataset:
    """The phase diagram at γ = 1 on points × points values of samples and weight decay, evenly spaced in logarithms."""
    _, n = lattice(network, dimension, np.linspace(*SAMPLES, points))
    decays = float(dimension) ** np.linspace(*DECAYS, points)
    return phase_diagram(task_of(network, dimension, noise_variance), samples=n, weight_decay=decays)


def probes(network: str, noise_variance: float, dimensions: Sequence[int]) -> xarray.Dataset:
    """Risks, exponents and labels over (dimension, log_samples, log_decay), on a lattice in units of log d.

    ``…_exponent`` is the solver's, by implicit differentiation; ``…_slope`` a difference of two risks.

    With noise also ``curve_…`` over (dimension, curve) at λ = d^−1.2, across phases IV, V and VIa, and the peak:
    ``peak_risk`` over n / threshold at λ = 10⁻⁴, and ``decay_risk`` over λ at the threshold.
    """
    count = [round((high - low) / STEP) + 1 for low, high in (SAMPLES, DECAYS)]
    log_samples, _ = lattice(network, min(dimensions), np.linspace(*SAMPLES, count[0]))
    log_decay = np.linspace(*DECAYS, count[1])
    parts = []
    for d in dimensions:
        task = task_of(network, d, noise_variance)
        n, decays = lattice(network, d, log_samples)[1], float(d) ** log_decay
        data = phase_diagram(task, samples=n, weight_decay=decays)
        one = xarray.Dataset(
            {name: (("log_samples", "log_decay"), data[name].values) for name in _KEPT},
            coords={"log_samples": log_samples, "log_decay": log_decay},
        )
        one["depth"] = (("log_samples", "log_decay"), data.distance.values / np.log10(d))
        moved = {"samples": (n * NEARBY, decays), "weight_decay": (n, decays * NEARBY)}
        for name, (x, y) in moved.items():
            there = predict_grid(task, samples=x, weight_decay=y).excess_risk.values
            slope = np.log(there / data.excess_risk.values) / np.log(NEARBY)
            one[f"{name}_slope"] = (("log_samples", "log_decay"), slope)
        parts.append(one.merge(_curve(task)).merge(_peak(task)) if noise_variance > 0.0 else one)
    joined = xarray.concat(parts, dim=xarray.DataArray(np.array(dimensions, dtype=float), dims="dimension"))
    joined = joined.assign_coords(dimension=np.array(dimensions, dtype=float))
    return joined.assign_attrs(part=f"{network}-probes", of=network, noise_variance=noise_variance, gamma=1.0)


def _curve(task: Task) -> xarray.Dataset:
    d = float(task.dimension)
    log_samples, n = lattice(task.network, task.dimension, np.arange(0.2, 1.8001, 0.025))
    data = phase_diagram(task, samples=n, weight_decay=[d**SMALL_DECAY]).isel(weight_decay=0)
    names = ("excess_risk", "samples_exponent", "weight_decay_exponent", "phase")
    return xarray.Dataset(
        {f"curve_{name}": ("curve", data[name].values) for name in names}, coords={"curve": log_samples}
    )


def threshold(network: str, dimension: float) -> float:
    """The number of samples at which the network begins to fit any labels: d, or d²/4."""
    return float(dimension) if network == "diagonal" else 0.25 * float(dimension) ** 2


def _peak(task: Task) -> xarray.Dataset:
    ratio, decays = 2.0 ** np.linspace(-1.0, 1.0, 41), 10.0 ** -np.arange(1.0, 7.0)
    at = threshold(task.network, task.dimension)
    around = predict_grid(task.replace(weight_decay=PEAK_DECAY), samples=at * ratio)
    above = predict_grid(task.replace(samples=at), weight_decay=decays)
    return xarray.Dataset(
        {"peak_risk": ("ratio", around.excess_risk.values), "decay_risk": ("peak_decay", above.excess_risk.values)},
        coords={"ratio": ratio, "peak_decay": decays},
    )


def compute_all(
    run: Run, noise_variance: float, dimension: int, points: int, dimensions: Sequence[int]
) -> list[xarray.Dataset]:
    """The map and the probes of each network."""
    data = []
    for network in NETWORKS:
        data.append(phase_map(network, noise_variance, dimension, points))
        data.append(probes(network, noise_variance, dimensions))
        run.advance(len(data), 2 * len(NETWORKS))
    return data
