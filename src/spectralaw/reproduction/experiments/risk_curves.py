"""Learning curves of both networks at three weight decays: figure 3 of arXiv:2509.24882, theory and real training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.errors import InvalidInput
from spectralaw.figures.risk_curves import caption, draw
from spectralaw.reproduction import finite_size
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
PREDICTED = "the state evolution is the limit d → ∞ of the risk of trained networks"
SHRINKS = "what is left at finite size shrinks with d"
CERTIFIED = "every training reaches its certificate"
PEAK = "at the smallest λ the risk of trained networks peaks where predicted, near the interpolation threshold"
FALL = "at the largest n and the best λ the risk of trained networks falls with the predicted exponent, to 0.05"


_SAMPLES = {
    "diagonal": (0.05, 0.125, 0.3, 0.6, 1.0, 1.65, 4.0, 12.5, 40.0),
    "quadratic": (0.01, 0.025, 0.06, 0.14, 0.25, 0.3, 0.45, 0.9, 1.9, 4.0),  # the predicted peak is at 0.3
}


@dataclass(frozen=True)
class Curves:
    """The learning curves of one network: sizes of the experiment."""

    network: Network
    dimension: int
    seeds: int
    shares: tuple[float, ...] = ()
    """Samples in units of d (diagonal) or d² (quadratic); by default from few to plenty."""
    reference: int | None = None
    """Dimension D of the weight decays 1/D, 1, √D, the same for all sizes that are compared; by default its own."""

    @property
    def samples(self) -> tuple[int, ...]:
        """Whole numbers of samples, the interpolation threshold among them by default."""
        unit = self.dimension if self.network == "diagonal" else self.dimension**2
        return tuple(round(share * unit) for share in self.shares or _SAMPLES[self.network])

    @property
    def weight_decays(self) -> tuple[float, ...]:
        """1/D, 1, √D with the reference dimension D."""
        d = self.reference or self.dimension
        return 1.0 / d, 1.0, float(np.sqrt(d))

    def task(self, samples: float, weight_decay: float) -> Task:
        """The task of one point."""
        return Task(self.network, self.dimension, samples, weight_decay, NOISE_VARIANCE, PowerLaw(GAMMA))

    def tasks(self) -> list[Task]:
        """All points, weight decay outside, samples inside."""
        return [self.task(n, decay) for decay in self.weight_decays for n in self.samples]


QUICK = (
    *(Curves("diagonal", d, seeds, reference=200) for d, seeds in ((50, 64), (100, 32), (200, 16))),
    *(Curves("quadratic", d, seeds, reference=100) for d, seeds in ((25, 24), (50, 12), (100, 8))),
)
PAPER = (
    *(Curves("diagonal", d, seeds, reference=800) for d, seeds in ((100, 128), (200, 64), (400, 64), (800, 32))),
    *(Curves("quadratic", d, seeds, reference=800) for d, seeds in ((100, 16), (200, 8), (400, 4), (800, 4))),
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
    measured["seed_used"] = measured.pop("seed")

    dims = ("weight_decay", "samples", "seed")
    data = xarray.Dataset({name: (dims, values) for name, values in measured.items()})
    data = data.assign_coords(weight_decay=list(decays), samples=samples)
    data["theory"], data["theory_curve"] = theory, curve
    data["mean"] = data.excess_risk.mean("seed")
    data["standard_error"] = data.excess_risk.std("seed", ddof=1) / np.sqrt(data.excess_risk.count("seed"))
    z = np.vectorize(finite_size.z_score)(data["mean"].values, data.theory.values, data.standard_error.values)
    data["z"] = (("weight_decay", "samples"), z)
    attributes = {"network": curves.network, "dimension": curves.dimension, "noise_variance": NOISE_VARIANCE}
    return data.assign_attrs(**attributes, gamma=GAMMA)


def points(datasets: Sequence[xarray.Dataset]) -> list[finite_size.Point]:
    """Every (λ, n) of one network at all its dimensions."""
    smallest = datasets[0]
    unit = "d" if smallest.attrs["network"] == "diagonal" else "d²"
    found = []
    for k, decay in enumerate(smallest.weight_decay.values):
        for i in range(smallest.sizes["samples"]):
            cells = [data.isel(weight_decay=k, samples=i) for data in datasets]
            where = f"λ = {decay:.3g}, n = {float(cells[-1].samples) / _unit(datasets[-1]):.3g} {unit}"
            sizes = [finite_size.sized(data, cell.excess_risk, float(cell.theory))
                     for data, cell in zip(datasets, cells, strict=True)]  # fmt: skip
            found.append(finite_size.point(where, [s for s in sizes if np.isfinite(s.theory)]))
    return found


def verdict(datasets: Sequence[xarray.Dataset]) -> list[Claim]:
    """The claims of the figure about one network, judged."""
    datasets = sorted(datasets, key=lambda data: data.attrs["dimension"])
    largest = datasets[-1]
    about = largest.attrs["network"]
    every = points(datasets)
    lost, total = (sum(int(f(data)) for data in datasets) for f in (_lost, lambda data: data.excess_risk.size))
    return [
        finite_size.claim(PREDICTED, about, every),
        finite_size.shrinking(SHRINKS, f"{about}, n_eff ≥ 3", every, lambda size: size.effective_samples >= 3.0),
        Claim.of(CERTIFIED, about, f"{total - lost} of {total}", lost == 0),
        _peak(largest),
        _fall(largest),
    ]


def _unit(data: xarray.Dataset) -> float:
    d = float(data.attrs["dimension"])
    return d if data.attrs["network"] == "diagonal" else d * d


def _lost(data: xarray.Dataset) -> int:
    return int(data.excess_risk.isnull().sum())


def _peak(data: xarray.Dataset) -> Claim:
    """A maximum of the trained risk between two lower points on either side, each by 3 standard errors."""
    network, unit = data.attrs["network"], "d" if data.attrs["network"] == "diagonal" else "d²"
    threshold = 1.0 if network == "diagonal" else 0.25
    row, scale = data.isel(weight_decay=0), _unit(data)
    about = f"{network}, d = {data.attrs['dimension']}, λ = {float(row.weight_decay):.3g}"
    fine, curve = row.fine_samples.values / scale, row.theory_curve.values
    rising = [k for k in range(1, len(fine) - 1) if curve[k - 1] < curve[k] > curve[k + 1]]
    if not rising:
        return Claim.of(PEAK, about, "the predicted risk has no peak", False)
    at = float(fine[max(rising, key=lambda k: curve[k])])
    x, mean, error = row.samples.values / scale, row["mean"].values, row.standard_error.values
    near = np.flatnonzero((x > at / 1.6) & (x < at * 1.6))
    left, right = np.flatnonzero(x <= at / 1.6), np.flatnonzero(x >= at * 1.6)
    if not (near.size and left.size and right.size):
        return Claim.of(PEAK, about, f"predicted at n = {at:.3g} {unit}", None, "no network is trained there")
    sides = [int(left[-1]), int(right[0])]
    if not np.all(np.isfinite([*mean[near], *mean[sides], *error[near], *error[sides]])):
        return Claim.of(PEAK, about, f"predicted at n = {at:.3g} {unit}", None, "no trained network there converged")
    top = int(near[np.argmax(mean[near])])
    drops = [(mean[top] - mean[k]) / max(float(np.hypot(error[top], error[k])), 1e-300) for k in sides]
    low = " and ".join(f"{mean[k]:.3g} ± {error[k]:.1g} at {x[k]:.3g} {unit}" for k in sides)
    return Claim.of(
        PEAK,
        about,
        f"{mean[top]:.3g} ± {error[top]:.1g} at n = {x[top]:.3g} {unit}, {low}; predicted peak "
        f"{float(np.max(curve[rising])):.3g} at {at:.3g} {unit}, {at / threshold:.2f} of the threshold",
        bool(min(drops) > 3.0 and 0.5 < at / threshold < 2.0),
    )


def _fall(data: xarray.Dataset) -> Claim:
    """The exponent between the two largest numbers of samples, over the weight decay that is best there."""
    last = data.isel(samples=slice(-2, None))
    if not np.all(np.isfinite(last["mean"].values)):
        reason = "some mean at the two largest numbers of samples is missing"
        return Claim.of(FALL, f"{data.attrs['network']}, d = {data.attrs['dimension']}", "–", None, reason)
    row = last.isel(weight_decay=int(np.argmin(last["mean"].values[:, -1])))
    about = f"{data.attrs['network']}, d = {data.attrs['dimension']}, λ = {float(row.weight_decay):.3g}"
    if not np.all(row["mean"].values > 0.0):
        return Claim.of(FALL, about, "the mean risk is not positive", False)
    n = row.samples.values
    width = float(np.log(n[1] / n[0]))
    slope, predicted = (float(np.log(y[1] / y[0])) / width for y in (row["mean"].values, row.theory.values))
    error = float(np.hypot(*(row.standard_error / row["mean"]).values)) / width
    measured = f"{slope:.3f} ± {error:.3f} from n = {n[0]:.0f} to {n[1]:.0f}, predicted {predicted:.3f}"
    if not error <= 0.1:
        return Claim.of(FALL, about, measured, None, "the error is above 0.1, or unknown")
    return Claim.of(FALL, about, measured, bool(abs(slope - predicted) < 0.05 + 3.0 * error))


def judge(datasets: Sequence[xarray.Dataset]) -> list[Claim]:
    """Every claim, one network after the other."""
    networks = dict.fromkeys(data.attrs["network"] for data in datasets)
    return [c for name in networks for c in verdict([data for data in datasets if data.attrs["network"] == name])]


def _compute(run: Run, curves: Sequence[Curves]) -> list[xarray.Dataset]:
    fits, left_out = what_fits(curves, run.hours, run.workers)
    run.left_out.extend(left_out)
    return [compute(c, run.workers, run.advance, run.store(f"{c.network}-{c.dimension}")) for c in fits]


EXPERIMENT = Experiment(
    name="risk-curves",
    title="Learning curves (figure 3 of arXiv:2509.24882)",
    claims=(PREDICTED, SHRINKS, CERTIFIED, PEAK, FALL),
    sizes={"quick": {"curves": QUICK}, "paper": {"curves": PAPER}},
    compute=_compute,
    draw=draw,
    judge=judge,
    caption=caption,
)
