"""The experiments that ``spectralaw reproduce`` knows: sizes, computation, picture and verdict of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spectralaw.reproduce.verdict import Claim

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

Advance = Callable[[int, int], None]


@dataclass(frozen=True)
class Setup:
    """How an experiment is to be run."""

    paper: bool
    """The large size."""
    workers: int | None
    hours: float | None
    """Sizes that would take longer than this, by a rough estimate, are left out."""
    advance: Advance
    store: Path
    """Where trainings are kept."""

    def store_of(self, label: str) -> Path:
        """A store of its own for a part of the experiment."""
        return self.store.with_name(f"{self.store.stem}-{label}.sqlite")


@dataclass(frozen=True)
class Experiment:
    """What came out, and how it is drawn and judged."""

    datasets: list[xarray.Dataset]
    draw: Callable[[list[Any]], Figure]
    judge: Callable[[Any], list[Claim]]
    left_out: list[Claim] = field(default_factory=list)

    def claims(self) -> list[Claim]:
        """The verdict, one dataset after the other, and what was left out."""
        return [claim for data in self.datasets for claim in self.judge(data)] + self.left_out


def _risk_curves(setup: Setup) -> Experiment:
    from spectralaw.figures import risk_curves as figure
    from spectralaw.reproduce import risk_curves as experiment

    curves, left_out = experiment.what_fits(
        experiment.PAPER if setup.paper else experiment.QUICK, setup.hours, setup.workers
    )
    data = [
        experiment.compute(c, setup.workers, setup.advance, setup.store_of(f"{c.network}-{c.dimension}"))
        for c in curves
    ]
    return Experiment(data, figure.draw, experiment.verdict, left_out)


def _phase_maps(noise_variance: float) -> Callable[[Setup], Experiment]:
    def run(setup: Setup) -> Experiment:
        from spectralaw.figures import phase_maps as figure
        from spectralaw.reproduce import phase_maps as experiment

        points, dimension = (97, 10**12) if setup.paper else (41, 10**8)
        data = []
        for k, network in enumerate(experiment.NETWORKS, start=1):
            data.append(experiment.compute(network, noise_variance, dimension, points))
            setup.advance(k, len(experiment.NETWORKS))
        return Experiment(data, figure.draw, experiment.verdict)

    return run


def _spectra(setup: Setup) -> Experiment:
    from spectralaw.figures import spectra as figure
    from spectralaw.reproduce import spectra as experiment

    data = [experiment.compute(400 if setup.paper else 150, 4, setup.workers, setup.advance, setup.store)]
    return Experiment(data, lambda datasets: figure.draw(datasets[0]), experiment.verdict)


def _noiseless_risk(setup: Setup) -> Experiment:
    from spectralaw.figures import noiseless as figure
    from spectralaw.reproduce import noiseless as experiment

    data = []
    for k, network in enumerate(("diagonal", "quadratic"), start=1):
        data.append(experiment.compute(network, 10**12 if setup.paper else 10**10, 81 if setup.paper else 41))
        setup.advance(k, 2)
    return Experiment(data, figure.draw, experiment.verdict)


def _weight_decay(setup: Setup) -> Experiment:
    from spectralaw.figures import decay_curves as figure
    from spectralaw.reproduce import decay_curves as experiment

    d = 200 if setup.paper else 100
    data = [
        experiment.compute(network, size, n, seeds, setup.workers, setup.advance, setup.store_of(network))
        for network, size, n, seeds in (("diagonal", 2 * d, 2 * d, 16), ("quadratic", d, d * d // 4, 4))
    ]
    return Experiment(data, figure.draw, experiment.verdict)


def _width(setup: Setup) -> Experiment:
    from spectralaw.figures import width_curves as figure
    from spectralaw.reproduce import width_curves as experiment

    data = [experiment.compute(150 if setup.paper else 60, 6, setup.workers, setup.advance, setup.store)]
    return Experiment(data, lambda datasets: figure.draw(datasets[0]), experiment.verdict)


def _optimum(setup: Setup) -> Experiment:
    from spectralaw.figures import optimum_map as figure
    from spectralaw.reproduce import optimum_map as experiment

    d, points = (2000, 17) if setup.paper else (400, 9)
    data = [experiment.compute(network, d, points, setup.advance) for network in ("diagonal", "quadratic")]
    return Experiment(data, figure.draw, experiment.verdict)


EXPERIMENTS: dict[str, tuple[str, Callable[[Setup], Experiment]]] = {
    "phase-diagram": ("figure 1", _phase_maps(0.5)),
    "spectra": ("figure 2", _spectra),
    "risk-curves": ("figure 3", _risk_curves),
    "noiseless-phases": ("figure 4", _phase_maps(0.0)),
    "noiseless-risk": ("figure 5", _noiseless_risk),
    "width": ("risk against width", _width),
    "weight-decay": ("risk against weight decay", _weight_decay),
    "optimum": ("R(λ_opt) over the Bayes-optimal risk", _optimum),
}
