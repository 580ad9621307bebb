"""How near the best weight decay comes to the Bayes-optimal risk, over samples and noise, and how both grow with d."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.figures.optimum_map import caption, draw
from spectralaw.reproduction.asymptotics import shrinks
from spectralaw.reproduction.claims import Claim
from spectralaw.reproduction.experiment import Advance, Experiment, Run
from spectralaw.task import Task
from spectralaw.theory import optimal_weight_decay
from spectralaw.theory.bayes import bayes_risk

if TYPE_CHECKING:
    import xarray

FOUND = "every λ_opt and Bayes-optimal risk is found"
BOUND = "R(λ_opt) is never below the Bayes-optimal risk"
TOWARDS = "with many samples, n_eff ≫ Δ d^2γ, R(λ_opt) is the Bayes-optimal risk to 2 %"
DECAY = "as d grows, λ_opt ~ n_eff^(1/2) for 1 ≪ n_eff ≪ d"
RISK = "as d grows, R(λ_opt) ~ n_eff^(−1+1/2γ) for 1 ≪ n_eff ≪ d"
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


MANY = 50.0  # n_eff/(Δ d^2γ) from which on every feature stands far above the noise
POWERS = (0.35, 0.45, 0.55, 0.65)  # log_d n_eff where the growth is measured


def growth(network: str, dimensions: Sequence[int]) -> xarray.Dataset:
    """λ_opt and R(λ_opt) over (dimension, power) with n_eff = d^power, Δ = 0.5 and γ = 1."""
    import xarray

    found = np.full((2, len(dimensions), len(POWERS)), np.nan)
    for i, d in enumerate(dimensions):
        for j, power in enumerate(POWERS):
            n = float(d) ** power * (1.0 if network == "diagonal" else float(d))
            best = optimal_weight_decay(Task(network, d, n, 1.0, 0.5))  # type: ignore[arg-type]
            if best.status.is_result:
                found[:, i, j] = best.weight_decay, best.excess_risk
    dims = ("dimension", "power")
    return xarray.Dataset(
        {"best_decay": (dims, found[0]), "best_risk": (dims, found[1])},
        coords={"dimension": np.array(dimensions, dtype=float), "power": list(POWERS)},
        attrs={"part": f"{network}-growth", "of": network, "noise_variance": 0.5, "gamma": 1.0},
    )


def growth_verdict(data: xarray.Dataset) -> list[Claim]:
    """Slopes of log λ_opt and log R(λ_opt) against log n_eff between neighbours, at every dimension."""
    claims = []
    log = np.log(data.dimension.values)[:, None] * data.power.values
    for name, statement, law in (("best_decay", DECAY, 0.5), ("best_risk", RISK, -1.0 + 0.5 / data.attrs["gamma"])):
        slopes = np.diff(np.log(data[name].values), axis=1) / np.diff(log, axis=1)
        about = f"{data.attrs['of']}, Δ = 0.5, n_eff from d^{POWERS[0]:g} to d^{POWERS[-1]:g}"
        errors = list(np.abs(slopes - law))
        claims.append(
            shrinks(statement, about, data.dimension.values, errors, logarithms=data.attrs["of"] == "diagonal")
        )
    return claims


def verdict(data: xarray.Dataset) -> list[Claim]:
    """No better than Bayes anywhere, and as good with many samples."""
    d = data.attrs["dimension"]
    label = f"{data.attrs['network']}, d = {d:,}"
    ratio = data.ratio.values
    lost = int(np.isnan(ratio).sum())
    scale = data.noise_variance.values[:, None] * float(d) ** (2.0 * data.attrs["gamma"])
    many = data.effective_samples.values > MANY * scale
    most = float(np.max(ratio[many], initial=1.0))
    return [
        Claim.of(FOUND, label, f"{lost} of {ratio.size} are not", lost == 0),
        Claim.of(
            BOUND,
            label,
            f"ratio from {np.nanmin(ratio):.4f} to {np.nanmax(ratio):.2f}",
            bool(np.all(ratio >= 1.0 - 1e-6)),  # a missing ratio is none
        ),
        Claim.of(
            TOWARDS,
            label,
            f"ratio up to {most:.4f} at n_eff > {MANY:g} Δ d^2γ, {int(many.sum())} points",
            bool(most <= 1.02) if many.any() else None,
            "" if many.any() else f"no point of the map has n_eff > {MANY:g} Δ d^2γ",
        ),
    ]


def judge(datasets: Sequence[xarray.Dataset]) -> list[Claim]:
    """Maps and growth."""
    return [claim for data in datasets for claim in (growth_verdict if "of" in data.attrs else verdict)(data)]


def _compute(run: Run, dimension: int, points: int, dimensions: Sequence[int]) -> list[xarray.Dataset]:
    maps = [compute(network, dimension, points, run.advance) for network in NETWORKS]
    return maps + [growth(network, dimensions) for network in NETWORKS]


DIMENSIONS = (10**6, 10**8, 10**10, 10**12)
EXPERIMENT = Experiment(
    name="optimum",
    title="How near the best weight decay comes to the Bayes-optimal risk",
    claims=(FOUND, BOUND, TOWARDS, DECAY, RISK),
    sizes={
        "quick": {"dimension": 400, "points": 9, "dimensions": DIMENSIONS},
        "paper": {"dimension": 2000, "points": 17, "dimensions": DIMENSIONS},
    },
    compute=_compute,
    draw=draw,
    judge=judge,
    caption=caption,
)
