"""Where signals neither die nor explode: the phase boundary, its exponents, and what a finite width makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from spectralaw.reproduction.experiment import Experiment, Run
from spectralaw.systems.signal_propagation import measurements
from spectralaw.systems.signal_propagation.critical import critical_point
from spectralaw.systems.signal_propagation.figure import caption, draw
from spectralaw.systems.signal_propagation.verdicts import CLAIMS, judge

if TYPE_CHECKING:
    import xarray

ACTIVATIONS = ("tanh", "erf", "sin", "arctan")
BIASES = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5)
TAUS = (1e-6, 1e-5, 1e-4, 1e-3)
FACTORS = (1.0, 1.04, 1.06, 1.08, 1.1, 1.13, 1.3)


def _compute(
    run: Run, widths: Sequence[int], seeds: Sequence[int], positions: int, depth: int, networks: int
) -> list[xarray.Dataset]:
    point = critical_point("tanh", bias_std=0.3)
    parts = (
        lambda: measurements.boundary(ACTIVATIONS, BIASES),
        lambda: measurements.approach(point, TAUS),
        lambda: measurements.one_layer(point, 4000, 50),
        lambda: measurements.widths(point, widths, seeds),
        lambda: measurements.many_channels(point, 200, 20),
        lambda: measurements.channels(point, 10, positions, depth, networks, FACTORS),
    )
    return run.parts(parts)


EXPERIMENT = Experiment(
    name="signal-propagation",
    title="Where signals neither die nor explode, and what a finite width makes of it",
    claims=CLAIMS,
    sizes={
        "quick": {
            "widths": (100, 200, 400),
            "seeds": (3000, 1500, 500),
            "positions": 256,
            "depth": 800,
            "networks": 8,
        },
        "paper": {
            "widths": (100, 200, 400, 800),
            "seeds": (20000, 10000, 5000, 1200),
            "positions": 1024,
            "depth": 3000,
            "networks": 32,
        },
    },
    compute=_compute,
    draw=draw,
    judge=judge,
    caption=caption,
    references=("tamai2023universal",),
)
