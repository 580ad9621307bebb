"""Spectra of trained quadratic networks by phase: figure 2 of arXiv:2509.24882, histograms under the theory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from spectralaw.comparison.limit import Sized
from spectralaw.figures.spectra import caption, draw
from spectralaw.reproduction import finite_size
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


ZEROS = "the predicted fraction of zero eigenvalues is the limit d → ∞ of the trained one"
OUTLIERS = "each predicted outlier is the limit d → ∞ of the trained eigenvalue of its rank"
TAIL = "the trained outliers follow the law of the teacher, Pr(eigenvalue > x) ~ x^(−1/γ), exponent to 0.05"
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
    points = max(len(p.spectrum.grid) for p in predictions)
    grid = np.full((len(tasks), points), np.nan)
    density = np.full((len(tasks), points), np.nan)
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


def verdict(datasets: Sequence[xarray.Dataset]) -> list[Claim]:
    """Zero mass, and each outlier against its own size and its own error, regime by regime."""
    datasets = sorted(datasets, key=lambda data: data.attrs["dimension"])
    claims = []
    for name in datasets[-1].panel.values:
        panels = [data.sel(panel=name) for data in datasets]
        zeros = [_sized(one, _zero_mass(one), float(one.zero_mass)) for one in panels]
        largest = zeros[-1]
        about = f"{name}, {largest.theory:.3f} predicted, {largest.mean:.3f} ± {largest.standard_error:.3f} trained"
        claims.append(
            finite_size.claim(ZEROS, about, [finite_size.point("zero mass", zeros, relative=False)], relative=False)
        )
        predicted = [one.outlier.values[np.isfinite(one.outlier.values)] for one in panels]
        count = len(predicted[-1])
        if count:
            points = []
            for k in range(count):
                sizes = [_sized(one, one.spectrum.values[:, k], float(places[k]))
                         for one, places in zip(panels, predicted, strict=True) if k < len(places)]  # fmt: skip
                points.append(finite_size.point(f"rank {k + 1}", sizes))
            claims.append(finite_size.claim(OUTLIERS, f"{name}, {count} of them", points))
        if name == HEAVY_TAIL:
            slope = tail_exponent(panels[-1].spectrum.values[:, :count])
            expected = -1.0 / datasets[-1].attrs["gamma"]
            claims.append(
                Claim.of(
                    TAIL,
                    f"{name}, exponent {expected:g}",
                    f"exponent {slope:.3f} trained, {tail_exponent(predicted[-1]):.3f} predicted",
                    bool(abs(slope - expected) < 0.05),
                )
            )
    return claims


def _zero_mass(one: xarray.Dataset) -> NDArray[np.float64]:
    values = one.spectrum.values
    return np.mean(values[np.all(np.isfinite(values), axis=1)] <= 1e-9, axis=1)


def _sized(one: xarray.Dataset, values: NDArray[np.float64], theory: float) -> Sized:
    d, found = float(one.attrs["dimension"]), values[np.isfinite(values)]
    error = float(np.std(found, ddof=1) / np.sqrt(found.size)) if found.size > 1 else np.nan
    mean = float(np.mean(found)) if found.size else np.nan
    return Sized(d, float(one.samples) / d, theory, mean, error, found.size)


def _compute(run: Run, sizes: Sequence[tuple[int, int]]) -> list[xarray.Dataset]:
    return [compute(d, seeds, run.workers, run.advance, run.store(str(d))) for d, seeds in sizes]


EXPERIMENT = Experiment(
    name="spectra",
    title="Spectra by phase (figure 2 of arXiv:2509.24882)",
    claims=(ZEROS, OUTLIERS, TAIL),
    sizes={
        "quick": {"sizes": ((30, 48), (60, 16), (120, 5))},
        "paper": {"sizes": ((100, 32), (200, 12), (400, 4))},
    },
    compute=_compute,
    draw=draw,
    judge=verdict,
    caption=caption,
)
