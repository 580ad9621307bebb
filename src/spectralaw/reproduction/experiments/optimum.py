"""How near the best weight decay comes to the Bayes-optimal risk, over samples and noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spectralaw.figures.optimum_map import caption, draw
from spectralaw.reproduction.claims import Claim
from spectralaw.reproduction.experiment import Advance, Experiment
from spectralaw.task import Task
from spectralaw.theory import optimal_weight_decay
from spectralaw.theory.bayes import bayes_risk

if TYPE_CHECKING:
    import xarray

FOUND = "every λ_opt and Bayes-optimal risk is found"
ORDER = "R(λ_opt) is of the order of the Bayes-optimal risk, and never below it"
SCALE = "λ_opt is of order √(Δ n_eff/d) for 10 ≤ n_eff ≤ d/4"
NETWORKS = ("diagonal", "quadratic")
NOISE_VARIANCES = (0.03, 3.0)  # from and to


def compute(network: str, dimension: int, points: int, progress: Advance | None = None) -> xarray.Dataset:
    """λ_opt, R(λ_opt) and the Bayes-optimal risk over (noise_variance, samples), γ = 1."""
    import xarray

    unit = 1.0 if network == "diagonal" else float(dimension)
    effective = np.geomspace(3.0, float(dimension) ** 2.4, points)
    noises = np.geomspace(*NOISE_VARIANCES, max(points // 2, 3))
    found = np.full((3, len(noises), points), np.nan)
    for i, noise in enumerate(noises):
        for j, n in enumerate(effective):
            task = Task(network, dimension, n * unit, 1.0, float(noise))  # type: ignore[arg-type]
            best, bayes = optimal_weight_decay(task), bayes_risk(task)
            if best.status.is_result and bayes is not None:
                found[:, i, j] = best.weight_decay, best.excess_risk, bayes
            if progress is not None:
                progress(i * points + j + 1, len(noises) * points)
    dims = ("noise_variance", "samples")
    data = xarray.Dataset(
        dict(zip(("best_decay", "best_risk", "bayes_risk"), ((dims, values) for values in found), strict=True)),
        coords={"noise_variance": noises, "samples": effective * unit, "effective_samples": ("samples", effective)},
        attrs={"network": network, "dimension": dimension, "gamma": 1.0},
    )
    data["ratio"] = data.best_risk / data.bayes_risk
    data["scaled_decay"] = data.best_decay / np.sqrt(data.noise_variance * data.effective_samples / dimension)
    return data


def verdict(data: xarray.Dataset) -> list[Claim]:
    """No better than Bayes, never far from it, and the size of λ_opt."""
    label = f"{data.attrs['network']}, d = {data.attrs['dimension']:,}"
    ratio, scaled = data.ratio.values, data.scaled_decay.values
    lost = int(np.isnan(ratio).sum())
    middle = (data.effective_samples.values >= 10.0) & (data.effective_samples.values <= 0.25 * data.attrs["dimension"])
    inside = scaled[:, middle]
    return [
        Claim.of(FOUND, label, f"{lost} of {ratio.size} are not", lost == 0),
        Claim.of(
            ORDER,
            label,
            f"ratio from {np.nanmin(ratio):.3f} to {np.nanmax(ratio):.2f}",
            bool(np.nanmin(ratio) >= 1.0 - 1e-6 and np.nanmax(ratio) < 5.0),
        ),
        Claim.of(
            SCALE,
            label,
            f"{np.nanmin(inside):.2f} to {np.nanmax(inside):.2f} times that",
            bool(np.nanmin(inside) > 0.2 and np.nanmax(inside) < 5.0),
        ),
    ]  # fmt: skip


EXPERIMENT = Experiment(
    name="optimum",
    title="How near the best weight decay comes to the Bayes-optimal risk",
    claims=(FOUND, ORDER, SCALE),
    sizes={"quick": {"dimension": 400, "points": 9}, "paper": {"dimension": 2000, "points": 17}},
    compute=lambda run, dimension, points: [compute(network, dimension, points, run.advance) for network in NETWORKS],
    draw=draw,
    judge=lambda datasets: [claim for data in datasets for claim in verdict(data)],
    caption=caption,
)
