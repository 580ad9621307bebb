"""Risk against weight decay at fixed samples: underfitting, the optimum, harmful overfitting."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.figures.decay_curves import caption, draw
from spectralaw.reproduction import finite_size
from spectralaw.reproduction.claims import Claim
from spectralaw.reproduction.experiment import Advance, Experiment, Run
from spectralaw.reproduction.trainings import train_all
from spectralaw.task import Task
from spectralaw.theory import optimal_weight_decay, predict, predict_grid
from spectralaw.theory.decomposition import integrals

if TYPE_CHECKING:
    import xarray

AGREE = "theory is the limit d → ∞ of training at every λ"
OPTIMUM = "the predicted optimum is at λ of order √(n_eff/d)"
NEAR = "trained networks are best at the predicted optimum, to the spacing of those trained"
TERMS = "the three terms, each integrated by itself, add up to R within 0.1 %"
BAYES = "R(λ_opt) is within a factor 2.5 of the Bayes-optimal risk"
STEP = 2.5  # from one trained weight decay to the next


def compute(
    network: str,
    dimension: int,
    samples: int,
    seeds: int,
    centre: float | None = None,
    workers: int | None = None,
    progress: Advance | None = None,
    store: Path | None = None,
) -> xarray.Dataset:
    """Theory, decomposition and training over the weight decay, around the predicted optimum or a given centre."""
    import xarray

    task = Task(network, dimension, samples, 1.0, 0.5)  # type: ignore[arg-type]
    best = optimal_weight_decay(task)
    centre = best.weight_decay if centre is None else centre
    decays = centre * STEP ** np.arange(-4.0, 5.0)
    fine = centre * np.geomspace(0.01, 60.0, 240)
    predictions = [predict(task.replace(weight_decay=value)) for value in fine]
    parts = [integrals(p.task, p.effective_noise, p.threshold) for p in predictions]
    tasks = [task.replace(weight_decay=float(value)) for value in decays]
    trained = train_all(tasks, seeds, store=store, workers=workers, progress=progress)
    measured = trained.numbers["excess_risk"]
    names = ("overfitting", "underfitting", "approximation")
    terms = {name: ("fine_decay", values) for name, values in zip(names, np.array(parts).T, strict=True)}
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
            "bayes_risk": float(predictions[0].bayes_risk or np.nan),
        },
    )  # fmt: skip


def verdict(datasets: Sequence[xarray.Dataset]) -> list[Claim]:
    """Every claim about one network at several dimensions; the largest has the optimum and the terms."""
    datasets = sorted(datasets, key=lambda data: data.attrs["dimension"])
    data = datasets[-1]
    a = data.attrs
    points = []
    for k, decay in enumerate(data.weight_decay.values):
        cells = [(one, one.isel(weight_decay=k)) for one in datasets]
        sizes = [finite_size.sized(one, cell.excess_risk, float(cell.theory)) for one, cell in cells]
        points.append(finite_size.point(f"λ = {decay:.3g}", sizes))
    label = f"{a['network']}, d = {a['dimension']}, n = {a['samples']}"
    total = data.overfitting + data.underfitting + data.approximation
    off = float(np.max(np.abs(total / data.theory_curve - 1.0).values))  # of an array: a missing value stays one
    n_eff = a["samples"] if a["network"] == "diagonal" else a["samples"] / a["dimension"]
    order = a["best_decay"] / np.sqrt(n_eff / a["dimension"])
    ratio = a["best_risk"] / a["bayes_risk"]
    return [
        finite_size.claim(AGREE, a["network"], points),
        Claim.of(OPTIMUM, label, f"λ_opt = {a['best_decay']:.3g} = {order:.2f} √(n_eff/d)", bool(1 / 3 < order < 3.0)),
        _near(data, label),
        Claim.of(TERMS, label, f"largest relative difference {off:.1e} at {data.sizes['fine_decay']} λ", off < 1e-3),
        Claim.of(BAYES, label, f"{ratio:.2f}", bool(1.0 <= ratio < 2.5)),
    ]


def _near(data: xarray.Dataset, label: str) -> Claim:
    """The best of those trained, and the others that cannot be told from it."""
    mean = data.excess_risk.mean("seed").values
    error = data.excess_risk.std("seed", ddof=1).values / np.sqrt(data.excess_risk.count("seed").values)
    if not np.all(np.isfinite([*mean, *error])):
        return Claim.of(NEAR, label, "–", None, "some mean or its error is missing")
    decays, best = data.weight_decay.values, int(np.argmin(mean))
    equal = (mean - mean[best]) <= 3.0 * np.hypot(error, error[best])
    low, high = decays[equal].min(), decays[equal].max()
    measured = (
        f"best trained λ = {decays[best]:.3g}; from {low:.3g} to {high:.3g} not told from it by 3 standard errors"
    )
    if high / low > STEP**3:
        return Claim.of(NEAR, label, measured, None, "error bars are too wide to place the optimum")
    return Claim.of(NEAR, label, measured, bool(low / STEP < data.attrs["best_decay"] < high * STEP))


def judge(datasets: Sequence[xarray.Dataset]) -> list[Claim]:
    """Every claim, one network after the other."""
    networks = dict.fromkeys(data.attrs["network"] for data in datasets)
    return [c for name in networks for c in verdict([data for data in datasets if data.attrs["network"] == name])]


def _compute(run: Run, diagonal: Sequence[tuple[int, int]], quadratic: Sequence[tuple[int, int]]):
    data = []
    for network, share, sizes in (("diagonal", 2.0, diagonal), ("quadratic", 0.25, quadratic)):
        samples = {d: round(share * (d if network == "diagonal" else d * d)) for d, _ in sizes}
        largest = max(samples)
        centre = optimal_weight_decay(Task(network, largest, samples[largest], 1.0, 0.5)).weight_decay  # type: ignore[arg-type]
        for d, seeds in sizes:
            store = run.store(f"{network}-{d}")
            data.append(compute(network, d, samples[d], seeds, centre, run.workers, run.advance, store))
    return data


EXPERIMENT = Experiment(
    name="weight-decay",
    title="Risk against weight decay",
    claims=(AGREE, OPTIMUM, NEAR, TERMS, BAYES),
    sizes={
        "quick": {"diagonal": ((50, 64), (100, 64), (200, 32)), "quadratic": ((25, 32), (50, 16), (100, 6))},
        "paper": {"diagonal": ((100, 96), (200, 96), (400, 64)), "quadratic": ((50, 40), (100, 20), (200, 8))},
    },
    compute=_compute,
    draw=draw,
    judge=judge,
    caption=caption,
)
