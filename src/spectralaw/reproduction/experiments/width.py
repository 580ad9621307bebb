"""Risk against the number of hidden units: double descent in the width (arXiv:2606.28242)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.figures.width_curves import caption, draw
from spectralaw.reproduction import finite_size
from spectralaw.reproduction.claims import Claim
from spectralaw.reproduction.experiment import Advance, Experiment, Run
from spectralaw.reproduction.trainings import train_all
from spectralaw.task import Task
from spectralaw.theory import predict

if TYPE_CHECKING:
    import xarray

AGREE = "the state evolution is the limit d → ∞ of the risk that L-BFGS reaches (a conjecture for p < d)"
PREDICTED = "the predicted risk has a peak at a width between 1 and d (double descent)"
TRAINED = "the risk of trained networks has a peak at a width between 1 and d (double descent)"
SAMPLES = 0.25  # in units of d²
DECAYS = (0.1, 1.0)  # λ̃ = λ √(p/d), the same for all widths
SHARES = (
    1 / 24,
    1 / 12,
    1 / 6,
    1 / 4,
    1 / 3,
    5 / 12,
    1 / 2,
    2 / 3,
    1.0,
)  # p/d of trained networks: whole for d = 24, 48, …


def compute(
    dimension: int,
    seeds: int,
    workers: int | None = None,
    progress: Advance | None = None,
    store: Path | None = None,
) -> xarray.Dataset:
    """Theory at every width, networks trained by L-BFGS at the same shares p/d for every dimension."""
    import xarray

    d = dimension
    widths = np.unique([max(1, round(share * d)) for share in SHARES])
    fine = np.unique(np.concatenate([np.round(np.geomspace(1, d, 18)).astype(int), widths]))

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
            "gamma": 1.0,
        },
    )  # fmt: skip


def verdict(datasets: Sequence[xarray.Dataset]) -> list[Claim]:
    """Agreement in the limit for each λ̃, and the peak: predicted, and measured."""
    datasets = sorted(datasets, key=lambda data: data.attrs["dimension"])
    claims = []
    for decay in datasets[-1].decay.values:
        points = []
        for width in datasets[-1].width.values:
            share = float(width) / datasets[-1].attrs["dimension"]
            sizes = []
            for data in datasets:
                one = data.sel(decay=decay)
                at = one.width.values[np.argmin(np.abs(one.width.values / data.attrs["dimension"] - share))]
                if abs(at / data.attrs["dimension"] - share) > 1e-9:
                    continue
                theory = float(one.theory.sel(fine_width=at))
                sizes.append(finite_size.sized(data, one.excess_risk.sel(width=at), theory))
            points.append(finite_size.point(f"p = {share:.3g} d", sizes))
        claims.append(finite_size.claim(AGREE, f"λ̃ = {decay:g}, n = {SAMPLES:g} d²", points))
    largest = datasets[-1]
    about = f"λ̃ = {float(largest.decay[0]):g}, d = {largest.attrs['dimension']}"
    return [*claims, _predicted_peak(largest.isel(decay=0), about), _trained_peak(largest.isel(decay=0), about)]


def _predicted_peak(one: xarray.Dataset, about: str) -> Claim:
    risk, width = one.theory.values, one.fine_width.values
    peak = int(np.argmax(risk[:-1]))
    measured = (
        f"theory alone: R = {risk[peak]:.3g} at p = {width[peak]:g}, {risk[0]:.3g} at p = 1, {risk[-1]:.3g} at p = d"
    )
    return Claim.of(PREDICTED, about, measured, bool(0 < peak < len(risk) - 1 and risk[peak] > 1.1 * risk[-1]))


def _trained_peak(one: xarray.Dataset, about: str) -> Claim:
    """At the width of the predicted peak, a mean above those at either end by 3 standard errors."""
    mean, width = one.excess_risk.mean("seed").values, one.width.values
    error = one.excess_risk.std("seed", ddof=1).values / np.sqrt(one.excess_risk.count("seed").values)
    if not np.all(np.isfinite(error)):
        return Claim.of(TRAINED, about, "not every width converged", None, "a mean is missing")
    theory = one.theory.sel(fine_width=width).values
    at, ends = int(np.argmax(theory)), (0, len(mean) - 1)
    shown = ", ".join(f"{mean[k]:.3g} ± {error[k]:.1g} at p = {width[k]:g}" for k in (0, at, len(mean) - 1))
    noise = [max(float(np.hypot(error[at], error[k])), 1e-300) for k in ends]
    drops = [(mean[at] - mean[k]) / e for k, e in zip(ends, noise, strict=True)]
    if min(drops) > 3.0:
        return Claim.of(TRAINED, about, f"trained networks: {shown}", True)
    if min((theory[at] - theory[k]) / e for k, e in zip(ends, noise, strict=True)) < 4.0:
        return Claim.of(TRAINED, about, f"trained networks: {shown}", None, "error bars as large as the predicted peak")
    return Claim.of(TRAINED, about, f"trained networks: {shown}", False)


def _compute(run: Run, sizes: Sequence[tuple[int, int]]) -> list[xarray.Dataset]:
    return [compute(d, seeds, run.workers, run.advance, run.store(str(d))) for d, seeds in sizes]


EXPERIMENT = Experiment(
    name="width",
    title="Risk against width (arXiv:2606.28242)",
    claims=(AGREE, PREDICTED, TRAINED),
    sizes={
        "quick": {"sizes": ((24, 24), (48, 10), (72, 5))},
        "paper": {"sizes": ((24, 64), (48, 32), (96, 12), (144, 8))},
    },
    compute=_compute,
    draw=draw,
    judge=verdict,
    caption=caption,
    references=("defilippis2025scaling", "girardin2026width"),
)
