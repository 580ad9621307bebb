"""Spectra of trained quadratic networks by phase: figure 2 of arXiv:2509.24882, histograms under the theory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.figures.spectra import caption, draw
from spectralaw.reproduction.claims import Claim
from spectralaw.reproduction.experiment import Advance, Experiment, Run
from spectralaw.reproduction.trainings import train_all
from spectralaw.task import Task
from spectralaw.theory import predict
from spectralaw.theory.spectrum import tail_exponent

if TYPE_CHECKING:
    import xarray


@dataclass(frozen=True)
class Panel:
    """One regime: samples in units of d², and the weight decay."""

    name: str
    samples: float
    weight_decay: float


ZEROS = "the fraction of zero eigenvalues is the predicted one"
OUTLIERS = "the outliers are where predicted"
TAIL = "the outliers follow the law of the teacher, Pr(eigenvalue > x) ~ x^(−1/γ)"
HEAVY_TAIL = "towards a heavy tail"
PANELS = (
    Panel("outliers only", 0.1, 2.0),
    Panel("outliers and small bulk", 0.2, 0.4),
    Panel("harmful overfitting", 0.25, 0.02),
    Panel("bleed-out", 1.0, 0.1),
    Panel(HEAVY_TAIL, 4.0, 1.0),
    Panel("rank collapse", 0.1, 30.0),
)


def compute(
    dimension: int,
    seeds: int,
    workers: int | None = None,
    progress: Advance | None = None,
    store: Path | None = None,
) -> xarray.Dataset:
    """Trained spectra over (panel, seed, rank), and the predicted zero mass, density and outliers of each panel."""
    import xarray

    tasks = [Task("quadratic", dimension, round(p.samples * dimension**2), p.weight_decay, 0.5) for p in PANELS]
    trained = train_all(tasks, seeds, store=store, workers=workers, progress=progress)
    nothing = np.full(dimension, np.nan)
    spectra = np.array([[nothing if one is None else one for one in row] for row in trained.spectra])
    predictions = [predict(task) for task in tasks]
    most = max(int(p.spectrum.outlier_count) for p in predictions)
    outliers = np.full((len(tasks), most), np.nan)
    for row, p in zip(outliers, predictions, strict=True):
        found = [o.location for o in p.outliers]
        row[: len(found)] = found
    grid = np.full((len(tasks), 801), np.nan)
    density = np.full((len(tasks), 801), np.nan)
    for k, p in enumerate(predictions):
        size = len(p.spectrum.grid)
        grid[k, :size], density[k, :size] = p.spectrum.grid, p.spectrum.values
    return xarray.Dataset(
        {
            "spectrum": (("panel", "seed", "rank"), spectra),
            "zero_mass": ("panel", [p.zero_mass for p in predictions]),
            "outlier": (("panel", "outlier_rank"), outliers),
            "bulk_grid": (("panel", "point"), grid),
            "bulk_density": (("panel", "point"), density),
            "samples": ("panel", [t.samples for t in tasks]),
            "weight_decay": ("panel", [t.weight_decay for t in tasks]),
        },
        coords={"panel": [p.name for p in PANELS]},
        attrs={"dimension": dimension, "network": "quadratic", "noise_variance": 0.5, "gamma": 1.0},
    )


def verdict(data: xarray.Dataset) -> list[Claim]:
    """Zero mass and outliers, regime by regime."""
    d, claims = data.attrs["dimension"], []
    for name in data.panel.values:
        one = data.sel(panel=name)
        trained = one.spectrum.values
        zero = np.mean(trained <= 1e-9, axis=1)
        theory = float(one.zero_mass)
        error = abs(float(np.mean(zero)) - theory)
        claims.append(
            Claim.of(
                ZEROS,
                f"{name}, {theory:.3f}",
                f"{np.mean(zero):.3f} ± {np.std(zero, ddof=1) / np.sqrt(len(zero)):.3f}",
                bool(error <= 3.0 * np.std(zero, ddof=1) / np.sqrt(len(zero)) + 3.0 / d),
            )
        )
        predicted = one.outlier.values[np.isfinite(one.outlier.values)]
        if predicted.size:
            top = trained[:, : predicted.size].mean(axis=0)
            spread = trained[:, : predicted.size].std(axis=0, ddof=1) / np.sqrt(len(trained))
            worst = float(np.max(np.abs(top - predicted) / predicted[0]))
            good = np.abs(top - predicted) <= 3.0 * spread + (5.0 / np.sqrt(d) + 0.02) * predicted[0]
            claims.append(
                Claim.of(
                    OUTLIERS,
                    f"{name}, {predicted.size} of them",
                    f"largest difference {worst:.1%} of the first",
                    bool(np.all(good)),
                )
            )
        if name == HEAVY_TAIL:
            slope = tail_exponent(trained[:, : predicted.size])
            expected = -1.0 / data.attrs["gamma"]
            claims.append(
                Claim.of(
                    TAIL,
                    f"{name}, exponent {expected:g}",
                    f"exponent {slope:.3f} trained, {tail_exponent(predicted):.3f} predicted",
                    bool(abs(slope - expected) < 0.05),
                )
            )
    return claims


def _compute(run: Run, dimension: int, seeds: int) -> list[xarray.Dataset]:
    return [compute(dimension, seeds, run.workers, run.advance, run.store())]


EXPERIMENT = Experiment(
    name="spectra",
    title="Spectra by phase (figure 2 of arXiv:2509.24882)",
    claims=(ZEROS, OUTLIERS, TAIL),
    sizes={"quick": {"dimension": 150, "seeds": 4}, "paper": {"dimension": 400, "seeds": 4}},
    compute=_compute,
    draw=lambda datasets: draw(datasets[0]),
    judge=lambda datasets: verdict(datasets[0]),
    caption=lambda datasets: caption(datasets[0]),
)
