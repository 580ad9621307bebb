"""Learning curves of both networks at three weight decays: figure 3 of arXiv:2509.24882, theory and real training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.comparison import finite_size_allowance, z_score
from spectralaw.errors import InvalidInput
from spectralaw.figures.risk_curves import caption, draw
from spectralaw.reproduction.claims import Claim
from spectralaw.reproduction.experiment import Advance, Experiment, Run
from spectralaw.reproduction.trainings import train_all
from spectralaw.sweeps import plan_sweep
from spectralaw.sweeps.estimate import estimate
from spectralaw.task import Network, Task
from spectralaw.teacher import PowerLaw
from spectralaw.theory import predict_grid

if TYPE_CHECKING:
    import xarray

NOISE_VARIANCE, GAMMA = 0.5, 1.0
PREDICTED = "the state evolution predicts the risk of trained networks"
CERTIFIED = "every training reaches its certificate"
PEAK = "with λ = 1/d the risk peaks at the interpolation threshold"
FALL = "the risk falls to the order of Δ d/n_eff for n_eff ≫ d"


_SAMPLES = {
    "diagonal": (0.05, 0.125, 0.3, 0.6, 1.0, 1.65, 4.0, 12.5, 40.0),
    "quadratic": (0.01, 0.025, 0.06, 0.14, 0.25, 0.45, 0.9, 1.9, 4.0),
}


@dataclass(frozen=True)
class Curves:
    """The learning curves of one network: sizes of the experiment."""

    network: Network
    dimension: int
    seeds: int
    shares: tuple[float, ...] = ()
    """Samples in units of d (diagonal) or d² (quadratic); by default from few to plenty."""

    @property
    def samples(self) -> tuple[int, ...]:
        """Whole numbers of samples, the interpolation threshold among them by default."""
        unit = self.dimension if self.network == "diagonal" else self.dimension**2
        return tuple(round(share * unit) for share in self.shares or _SAMPLES[self.network])

    @property
    def weight_decays(self) -> tuple[float, ...]:
        """1/d, 1, √d."""
        return 1.0 / self.dimension, 1.0, float(np.sqrt(self.dimension))

    def task(self, samples: float, weight_decay: float) -> Task:
        """The task of one point."""
        return Task(self.network, self.dimension, samples, weight_decay, NOISE_VARIANCE, PowerLaw(GAMMA))

    def tasks(self) -> list[Task]:
        """All points, weight decay outside, samples inside."""
        return [self.task(n, decay) for decay in self.weight_decays for n in self.samples]


QUICK = (Curves("diagonal", 200, 16), Curves("quadratic", 100, 8))
PAPER = (
    *(Curves("diagonal", d, 32) for d in (100, 200, 400, 800)),
    *(Curves("quadratic", d, 4) for d in (100, 200, 400, 800)),
)


def what_fits(curves: Sequence[Curves], hours: float | None, workers: int | None) -> tuple[list[Curves], list[Claim]]:
    """Curves that fit into memory and, by a rough estimate, into some hours each; and a line for each left out."""
    fits, left_out = [], []
    for one in curves:
        try:
            cost = estimate(plan_sweep(one.tasks(), one.seeds, "convex"), workers)
        except InvalidInput as error:
            reason = str(error)
        else:
            if hours is None or cost.seconds <= 3600.0 * hours:
                fits.append(one)
                continue
            reason = f"{cost}, more than the {hours:g} hours allowed"
        left_out.append(Claim.of(PREDICTED, f"{one.network}, d = {one.dimension}", "not run", None, reason))
    return fits, left_out


def compute(
    curves: Curves, workers: int | None = None, progress: Advance | None = None, store: Path | None = None
) -> xarray.Dataset:
    """Theory and training of one network.

    Parameters
    ----------
    curves : Curves
    workers : int, optional
        Processes; by default one for each processor.
    progress : callable, optional
        Called with (trainings done, trainings in all).
    store : path, optional
        Keeps the trainings, so that the same call again continues.

    Returns
    -------
    xarray.Dataset
        ``excess_risk`` and the like over (weight_decay, samples, seed), NaN where a training did not converge; their
        ``mean``, ``standard_error``, ``z``; ``theory`` over (weight_decay, samples); ``theory_curve`` on a fine grid.
    """
    import xarray

    decays, samples = curves.weight_decays, np.array(curves.samples, dtype=float)
    fine = np.unique(np.concatenate([np.geomspace(samples[0], samples[-1], 160), samples]))
    base = curves.task(float(samples[0]), 1.0)
    theory = predict_grid(base, weight_decay=decays, samples=samples).excess_risk
    curve = predict_grid(base, weight_decay=decays, samples=fine).excess_risk.rename(samples="fine_samples")

    trained = train_all(curves.tasks(), curves.seeds, store=store, workers=workers, progress=progress)
    shape = (len(decays), len(samples), curves.seeds)
    measured = {name: values.reshape(shape) for name, values in trained.numbers.items()}

    dims = ("weight_decay", "samples", "seed")
    data = xarray.Dataset({name: (dims, values) for name, values in measured.items()})
    data = data.assign_coords(weight_decay=list(decays), samples=samples, seed=np.arange(curves.seeds))
    data["theory"], data["theory_curve"] = theory, curve
    data["mean"] = data.excess_risk.mean("seed")
    data["standard_error"] = data.excess_risk.std("seed", ddof=1) / np.sqrt(data.excess_risk.count("seed"))
    z = np.vectorize(z_score)(data["mean"].values, data.theory.values, data.standard_error.values)
    allowance = [finite_size_allowance(curves.task(float(n), 1.0)) for n in samples]
    data["allowance"] = ("samples", allowance)
    data["z"] = (("weight_decay", "samples"), z)
    attributes = {"network": curves.network, "dimension": curves.dimension, "noise_variance": NOISE_VARIANCE}
    return data.assign_attrs(**attributes, gamma=GAMMA)


def agrees(data: xarray.Dataset) -> xarray.DataArray:
    """Whether each mean is within 3 standard errors plus the finite-size allowance of the theory."""
    return abs(data["mean"] - data.theory) <= 3.0 * data.standard_error + data.allowance * data.theory


def verdict(data: xarray.Dataset) -> list[Claim]:
    """The claims of the figure about one network, judged."""
    network, d = data.attrs["network"], data.attrs["dimension"]
    good, total = int(agrees(data).sum()), data["mean"].size
    lost = int(data.excess_risk.isnull().sum())
    peak_at = float(d) if network == "diagonal" else d * d / 4.0
    weak = data["mean"].isel(weight_decay=0)
    beyond = weak.sel(samples=slice(0.4 * peak_at, None))
    top = float(beyond.samples[int(np.argmax(beyond.values))])
    last = data.isel(samples=-1)
    best = float(last["mean"].min())
    effective = float(last.samples) / (1.0 if network == "diagonal" else d)
    return [
        Claim.of(
            PREDICTED,
            f"{network}, d = {d}",
            f"{good} of {total} points within 3 standard errors + 2.5 (1/n_eff + 1/d)",
            good == total,
        ),
        Claim.of(
            CERTIFIED,
            f"{network}, d = {d}",
            f"{data.excess_risk.size - lost} of {data.excess_risk.size}",
            lost == 0,
        ),
        Claim.of(
            PEAK,
            f"{network}, d = {d}, n = {peak_at:g}",
            f"largest mean risk near it at n = {top:g}",
            0.5 <= top / peak_at <= 2.0,
        ),
        Claim.of(
            FALL,
            f"{network}, d = {d}",
            f"R n_eff/(Δ d) = {best * effective / (NOISE_VARIANCE * d):.2f} at the largest n",
            0.1 < best * effective / (NOISE_VARIANCE * d) < 10.0,
        ),
    ]


def _compute(run: Run, curves: Sequence[Curves]) -> list[xarray.Dataset]:
    fits, left_out = what_fits(curves, run.hours, run.workers)
    run.left_out.extend(left_out)
    return [compute(c, run.workers, run.advance, run.store(f"{c.network}-{c.dimension}")) for c in fits]


EXPERIMENT = Experiment(
    name="risk-curves",
    title="Learning curves (figure 3 of arXiv:2509.24882)",
    claims=(PREDICTED, CERTIFIED, PEAK, FALL),
    sizes={"quick": {"curves": QUICK}, "paper": {"curves": PAPER}},
    compute=_compute,
    draw=draw,
    judge=lambda datasets: [claim for data in datasets for claim in verdict(data)],
    caption=caption,
)
