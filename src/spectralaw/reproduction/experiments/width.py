"""Risk against the number of hidden units: double descent in the width (arXiv:2606.28242)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.comparison import finite_size_allowance
from spectralaw.figures.width_curves import caption, draw
from spectralaw.reproduction.claims import Claim
from spectralaw.reproduction.experiment import Advance, Experiment, Run
from spectralaw.reproduction.trainings import train_all
from spectralaw.task import Task
from spectralaw.theory import predict

if TYPE_CHECKING:
    import xarray

AGREE = "L-BFGS reaches the predicted risk at every width (a conjecture for p < d)"
DESCENT = "the predicted risk peaks at a width between 1 and d (double descent)"
SAMPLES = 0.25  # in units of d²
DECAYS = (0.1, 1.0)  # λ̃ = λ √(p/d), the same for all widths


def compute(
    dimension: int,
    seeds: int,
    workers: int | None = None,
    progress: Advance | None = None,
    store: Path | None = None,
) -> xarray.Dataset:
    """Theory at every width, networks trained by L-BFGS at some."""
    import xarray

    d = dimension
    fine = np.unique(np.round(np.geomspace(1, d, 28)).astype(int))
    widths = fine[:: max(1, len(fine) // 10)]

    def task(width: int, decay: float) -> Task:
        return Task("quadratic", d, round(SAMPLES * d * d), decay * float(np.sqrt(d / width)), 0.5, width=int(width))

    theory = np.array([[predict(task(int(p), decay)).excess_risk for p in fine] for decay in DECAYS])
    tasks = [task(int(p), decay) for decay in DECAYS for p in widths]
    trained = train_all(tasks, seeds, "network", store=store, workers=workers, progress=progress)
    measured = trained.numbers["excess_risk"].reshape(len(DECAYS), len(widths), seeds)
    return xarray.Dataset(
        {"excess_risk": (("decay", "width", "seed"), measured), "theory": (("decay", "fine_width"), theory)},
        coords={"decay": list(DECAYS), "width": widths.astype(float), "fine_width": fine.astype(float)},
        attrs={
            "network": "quadratic", "dimension": d, "samples": round(SAMPLES * d * d), "noise_variance": 0.5,
            "gamma": 1.0, "allowance": finite_size_allowance(task(d, 1.0)),
        },
    )  # fmt: skip


def verdict(data: xarray.Dataset) -> list[Claim]:
    """Agreement by width, and the bump."""
    claims = []
    for decay in data.decay.values:
        one = data.sel(decay=decay)
        mean = one.excess_risk.mean("seed").values
        error = one.excess_risk.std("seed", ddof=1).values / np.sqrt(one.excess_risk.count("seed").values)
        theory = one.theory.sel(fine_width=one.width.values).values
        good = np.abs(mean - theory) <= 3.0 * error + data.attrs["allowance"] * theory
        claims.append(
            Claim.of(
                AGREE,
                f"λ̃ = {decay:g}",
                f"{int(good.sum())} of {good.size} widths",
                bool(good.all()),
            )
        )
    weak = data.theory.isel(decay=0).values
    peak = int(np.argmax(weak[:-1]))
    claims.append(
        Claim.of(
            DESCENT,
            f"λ̃ = {float(data.decay[0]):g}",
            f"R = {weak[peak]:.2f} at p = {data.fine_width.values[peak]:g}, "
            f"{weak[0]:.2f} at p = 1, {weak[-1]:.2f} at p = d",
            bool(0 < peak < len(weak) - 1 and weak[peak] > 1.1 * weak[-1]),
        )
    )
    return claims


def _compute(run: Run, dimension: int, seeds: int) -> list[xarray.Dataset]:
    return [compute(dimension, seeds, run.workers, run.advance, run.store())]


EXPERIMENT = Experiment(
    name="width",
    title="Risk against width (arXiv:2606.28242)",
    claims=(AGREE, DESCENT),
    sizes={"quick": {"dimension": 60, "seeds": 6}, "paper": {"dimension": 150, "seeds": 6}},
    compute=_compute,
    draw=lambda datasets: draw(datasets[0]),
    judge=lambda datasets: verdict(datasets[0]),
    caption=lambda datasets: caption(datasets[0]),
)
