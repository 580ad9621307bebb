"""Curves of theory and training read by the fitter alone: exponents, crossovers, plateaus against the exact ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.figures.crossovers import caption, draw
from spectralaw.reproduction.claims import Claim, covered
from spectralaw.reproduction.experiment import Experiment, Run
from spectralaw.reproduction.trainings import train_all
from spectralaw.scaling import fit_scaling_law
from spectralaw.task import Network, Task
from spectralaw.teacher import PowerLaw
from spectralaw.theory import predict_grid

if TYPE_CHECKING:
    import xarray

EXPONENT = "exponents of regimes are the exact local exponents, to 0.05 in the median"
COVERED = "95 % intervals of the exponents of regimes hold the exact mean exponent in at least 80 % of regimes"
CROSSOVER = "crossovers are where the exact local exponent is halfway, to 0.2 decades in the median"
PLATEAU = "the 95 % interval of the plateau holds the noise of the labels in at least 80 % of curves"
TRAINED = "a law fitted to trained networks has the exact local exponent of theory, to 0.1 in the median"

NOISE = 0.01
_NOT_FOUND = {"found": np.nan, "low": np.nan, "high": np.nan}  # inside no interval


@dataclass(frozen=True)
class Curve:
    """A learning curve whose exact exponents are known."""

    name: str
    network: Network
    dimension: int
    weight_decay: float
    samples: tuple[float, float]
    points: int
    plateau: bool = False
    """Whether the loss is R + Δ, with a plateau at Δ, or R."""
    gamma: float = 1.0
    noise_variance: float = 0.5

    @property
    def task(self) -> Task:
        """At the first number of samples."""
        return Task(
            self.network, self.dimension, self.samples[0], self.weight_decay, self.noise_variance, PowerLaw(self.gamma)
        )


CURVES = (
    Curve("II", "diagonal", 10**6, 1.0, (2e3, 3e5), 17),
    Curve("plateau to II", "diagonal", 10**6, 30.0, (3e2, 3e6), 24),
    Curve("II to VI", "quadratic", 10**4, 3.0, (1e7, 1e12), 24),
    Curve("steeper teacher", "quadratic", 10**6, 0.3, (1e8, 1e11), 20, gamma=1.5),
    Curve("loss with noise", "diagonal", 10**6, 1.0, (2e3, 3e6), 20, plateau=True, noise_variance=0.02),
)
_TRAINED = (("diagonal", 200, (100.0, 2e4)), ("quadratic", 60, (1800.0, 72_000.0)))


def exact(curve: Curve, samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Loss and its local exponent."""
    data = predict_grid(curve.task, samples=[float(n) for n in samples])
    risk, exponent = data.excess_risk.values, data.samples_exponent.values
    loss = risk + (curve.noise_variance if curve.plateau else 0.0)
    return loss, exponent * risk / loss


def read(curve: Curve, seed: int, records: list[dict]) -> xarray.Dataset:
    """Fit one noisy copy of a curve, and hold what was found against the exact one."""
    import xarray

    samples = np.geomspace(*curve.samples, curve.points)
    loss, _ = exact(curve, samples)
    measured = loss * np.exp(NOISE * np.random.default_rng(seed).standard_normal(len(samples)))
    fit = fit_scaling_law(samples, measured, bootstrap=200)
    fine = np.geomspace(*curve.samples, 400)
    _, slope = exact(curve, fine)
    row = {"curve": curve.name, "status": str(fit.status), "law": fit.law}
    for part in fit.parts.values() or (fit,):
        for regime in part.regimes:
            inside = (fine >= regime.low) & (fine <= regime.high)
            if inside.sum() > 2:
                true = float(np.mean(slope[inside]))
                low, high = regime.interval
                records.append(
                    {**row, "kind": "exponent", "found": regime.exponent, "exact": true, "low": low, "high": high}
                )
        for k, cross in enumerate(part.crossovers):
            before, after = part.regimes[k].exponent, part.regimes[k + 1].exponent
            change = np.flatnonzero(np.diff(np.sign(slope - 0.5 * (before + after))))
            if len(change):
                true = float(fine[change[np.argmin(np.abs(np.log(fine[change] / cross.x)))]])
                records.append(
                    {**row, "kind": "crossover", "found": cross.x, "exact": true, "low": cross.low, "high": cross.high}
                )
    if curve.plateau:
        found = fit.plateau
        ends = {"found": found.value, "low": found.low, "high": found.high} if found is not None else _NOT_FOUND
        records.append({**row, "kind": "plateau", "exact": curve.noise_variance, **ends})
    shown = {"samples": samples, "fine": fine}
    values = {"measured": ("samples", measured), "exact": ("samples", loss), "exact_exponent": ("fine", slope)}
    if fit.status.is_result:
        values |= {
            "fitted": ("fine", np.asarray(fit.predict(fine))),
            "exponent": ("fine", np.asarray(fit.local_exponent(fine))),
        }
    return xarray.Dataset(
        values, coords=shown, attrs={"part": curve.name.replace(" ", "-"), "title": curve.name, "law": fit.law}
    )


def _trained(run: Run, seeds: int, records: list[dict]) -> None:
    for network, d, ends in _TRAINED:
        samples = np.unique(np.round(np.geomspace(*ends, 12)))
        tasks = [Task(network, d, float(n), 1.0, 0.5) for n in samples]  # type: ignore[arg-type]
        found = train_all(tasks, seeds, store=run.store(network), workers=run.workers, progress=run.advance)
        risks = found.numbers["excess_risk"]
        good = np.isfinite(risks)
        x = np.broadcast_to(samples[:, None], risks.shape)
        fit = fit_scaling_law(x[good], risks[good], groups=x[good], bootstrap=200)
        row = {"curve": f"trained, {network}, d = {d}", "status": str(fit.status), "law": fit.law, "kind": "trained"}
        inner = samples[1:-1]
        slope = predict_grid(tasks[0], samples=[float(n) for n in inner]).samples_exponent.values
        if fit.status.is_result:
            value, low, high = fit.local_exponent_band(inner)
            for v, lo, hi, true in zip(value, low, high, slope, strict=True):
                records.append({**row, "found": float(v), "exact": float(true), "low": float(lo), "high": float(hi)})
        else:
            records.append({**row, "exact": np.nan, **_NOT_FOUND})


def _compute(run: Run, repeats: int, seeds: int) -> list[xarray.Dataset]:
    import xarray

    records: list[dict] = []
    shown = []
    for k, curve in enumerate(CURVES):
        for repeat in range(repeats):
            data = read(curve, 100 * k + repeat, records)
            if repeat == 0:
                shown.append(data)
        run.advance(k + 1, len(CURVES))
    _trained(run, seeds, records)
    names = ("curve", "kind", "law", "status")
    columns = {name: ("row", [str(r[name]) for r in records]) for name in names}
    columns |= {name: ("row", [float(r[name]) for r in records]) for name in ("found", "exact", "low", "high")}
    return [*shown, xarray.Dataset(columns, attrs={"part": "readings", "repeats": repeats, "seeds": seeds})]


def judge(datasets: Sequence[xarray.Dataset]) -> list[Claim]:
    """Every claim, from the readings of all noisy copies."""
    data = datasets[-1]
    about = f"{len(CURVES)} curves, {data.attrs['repeats']} copies each with {NOISE:.0%} noise"
    kinds = {kind: data.isel(row=np.flatnonzero(data.kind.values == kind)) for kind in np.unique(data.kind.values)}
    claims = []
    exponents = kinds.get("exponent")
    if exponents is None:
        claims.append(Claim.of(EXPONENT, about, "no regime was found", False))
    else:
        off = np.abs(exponents.found - exponents.exact).values
        inside = ((exponents.low <= exponents.exact) & (exponents.exact <= exponents.high)).values
        median = float(np.median(off))
        claims += [
            Claim.of(
                EXPONENT, about, f"median {median:.3f}, largest {off.max():.3f} of {off.size} regimes", median <= 0.05
            ),
            _coverage(COVERED, about, inside),
        ]
    crossings = kinds.get("crossover")
    if crossings is None:
        claims.append(Claim.of(CROSSOVER, about, "no crossover was found", False))
    else:
        off = np.abs(np.log10(crossings.found / crossings.exact)).values
        claims.append(
            Claim.of(CROSSOVER, about, f"median {np.median(off):.3f} of {off.size}", bool(np.median(off) <= 0.2))
        )
    plateaus = kinds.get("plateau")
    if plateaus is None or not np.isfinite(plateaus.found.values).any():
        claims.append(Claim.of(PLATEAU, about, "no plateau was found", False))
    else:
        inside = ((plateaus.low <= plateaus.exact) & (plateaus.exact <= plateaus.high)).values
        claims.append(_coverage(PLATEAU, about, inside))
    trained = kinds.get("trained")
    if trained is not None:
        for name in np.unique(trained.curve.values):
            one = trained.isel(row=np.flatnonzero(trained.curve.values == name))
            off = np.abs(one.found - one.exact).values
            status = str(one.status.values[0])
            told = np.all(np.isfinite(off))
            claims.append(
                Claim.of(
                    TRAINED,
                    str(name),
                    f"median {np.median(off):.3f}, largest {np.max(off):.3f}" if told else f"status {status}",
                    bool(np.median(off) <= 0.1) if told else None,
                    "" if told else f"the fitter refuses a law: {status}",
                )
            )
    return claims


def _coverage(statement: str, about: str, inside: np.ndarray) -> Claim:
    agrees = covered(int(inside.sum()), inside.size)
    reason = "too few to tell from 80 %" if agrees is None else ""
    return Claim.of(statement, about, f"{inside.sum()} of {inside.size}", agrees, reason)


EXPERIMENT = Experiment(
    name="crossovers",
    title="Scaling laws read from curves by the fitter alone",
    claims=(EXPONENT, COVERED, CROSSOVER, PLATEAU, TRAINED),
    sizes={"quick": {"repeats": 4, "seeds": 6}, "paper": {"repeats": 25, "seeds": 16}},
    compute=_compute,
    draw=draw,
    judge=judge,
    caption=caption,
)
