"""Risk against weight decay at fixed samples: underfitting, the optimum, harmful overfitting."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.comparison import finite_size_allowance
from spectralaw.figures.decay_curves import caption, draw
from spectralaw.reproduction.claims import Claim
from spectralaw.reproduction.experiment import Advance, Experiment, Run
from spectralaw.reproduction.trainings import train_all
from spectralaw.task import Task
from spectralaw.theory import optimal_weight_decay, predict, predict_grid

if TYPE_CHECKING:
    import xarray

AGREE = "theory and training agree at every λ"
OPTIMUM = "the optimum is at λ of order √(n_eff/d)"
NEAR = "trained networks are best near the predicted optimum"
TERMS = "the three terms add up to R"
BAYES = "R(λ_opt) is within a factor 2.5 of the Bayes-optimal risk"


def compute(
    network: str,
    dimension: int,
    samples: int,
    seeds: int,
    workers: int | None = None,
    progress: Advance | None = None,
    store: Path | None = None,
) -> xarray.Dataset:
    """Theory, decomposition and training over the weight decay."""
    import xarray

    task = Task(network, dimension, samples, 1.0, 0.5)  # type: ignore[arg-type]
    best = optimal_weight_decay(task)
    decays = best.weight_decay * np.geomspace(0.02, 30.0, 9)
    fine = best.weight_decay * np.geomspace(0.01, 60.0, 120)
    predictions = [predict(task.replace(weight_decay=value)) for value in fine]
    parts = [p.decomposition for p in predictions]
    tasks = [task.replace(weight_decay=float(value)) for value in decays]
    trained = train_all(tasks, seeds, store=store, workers=workers, progress=progress)
    measured = trained.numbers["excess_risk"]
    names = ("overfitting", "underfitting", "approximation")
    terms = {k: ("fine_decay", [np.nan if p is None else getattr(p, k) for p in parts]) for k in names}
    theory = predict_grid(task, weight_decay=decays).excess_risk.values
    return xarray.Dataset(
        {
            "excess_risk": (("weight_decay", "seed"), measured),
            "theory": ("weight_decay", theory),
            "theory_curve": ("fine_decay", [p.excess_risk for p in predictions]),
            **terms,
        },
        coords={"weight_decay": decays, "fine_decay": fine},
        attrs={
            "network": network, "dimension": dimension, "samples": samples, "noise_variance": 0.5, "gamma": 1.0,
            "best_decay": best.weight_decay, "best_risk": best.excess_risk,
            "bayes_risk": float(predictions[0].bayes_risk or np.nan), "allowance": finite_size_allowance(task),
        },
    )  # fmt: skip


def verdict(data: xarray.Dataset) -> list[Claim]:
    """An interior optimum, agreement, and the three terms."""
    a = data.attrs
    mean = data.excess_risk.mean("seed").values
    error = data.excess_risk.std("seed", ddof=1).values / np.sqrt(data.sizes["seed"])
    agree = np.abs(mean - data.theory.values) <= 3.0 * error + a["allowance"] * data.theory.values
    measured_best = float(data.weight_decay.values[int(np.nanargmin(mean))])
    total = data.overfitting + data.underfitting + data.approximation
    off = float(np.nanmax(np.abs(total / data.theory_curve - 1.0)))
    label = f"{a['network']}, d = {a['dimension']}, n = {a['samples']}"
    n_eff = a["samples"] if a["network"] == "diagonal" else a["samples"] / a["dimension"]
    ratio = a["best_decay"] / np.sqrt(n_eff / a["dimension"])
    return [
        Claim.of(AGREE, label, f"{int(agree.sum())} of {agree.size}", bool(agree.all())),
        Claim.of(
            OPTIMUM,
            label,
            f"λ_opt = {a['best_decay']:.3g} = {ratio:.2f} √(n_eff/d)",
            bool(0.3 < ratio < 5.0),
        ),
        Claim.of(
            NEAR,
            label,
            f"best of those trained: λ = {measured_best:.3g}",
            bool(0.3 < measured_best / a["best_decay"] < 3.0),
        ),
        Claim.of(TERMS, label, f"largest relative difference {off:.1e}", off < 1e-8),
        Claim.of(
            BAYES,
            label,
            f"{a['best_risk'] / a['bayes_risk']:.2f}",
            bool(1.0 <= a["best_risk"] / a["bayes_risk"] < 2.5),
        ),
    ]


def _compute(run: Run, dimension: int) -> list[xarray.Dataset]:
    d = dimension
    parts = (("diagonal", 2 * d, 2 * d, 16), ("quadratic", d, d * d // 4, 4))
    return [compute(*part, run.workers, run.advance, run.store(part[0])) for part in parts]


EXPERIMENT = Experiment(
    name="weight-decay",
    title="Risk against weight decay",
    claims=(AGREE, OPTIMUM, NEAR, TERMS, BAYES),
    sizes={"quick": {"dimension": 100}, "paper": {"dimension": 200}},
    compute=_compute,
    draw=draw,
    judge=lambda datasets: [claim for data in datasets for claim in verdict(data)],
    caption=caption,
)
