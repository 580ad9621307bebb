"""Where gradient flow ends against the scale of the weights, and weight decay beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.reproduction.experiment import Experiment, Run
from spectralaw.systems.kernel_rich.decay import decay_comparison
from spectralaw.systems.kernel_rich.figure import caption, draw
from spectralaw.systems.kernel_rich.flow import gradient_flow
from spectralaw.systems.kernel_rich.minimiser import min_potential
from spectralaw.systems.kernel_rich.rates import worst_l1_excess
from spectralaw.systems.kernel_rich.regimes import regime_sweep, sample_complexity
from spectralaw.systems.kernel_rich.setting import SparseRegression
from spectralaw.systems.kernel_rich.verdict import CLAIMS, judge

if TYPE_CHECKING:
    import xarray

FLOW = SparseRegression(dimension=20, samples=8, sparsity=3)
FLOW_DEPTHS, FLOW_SCALES = (2, 3, 4), (0.05, 0.2, 0.5, 1.0, 3.0)
SCALES = np.geomspace(1e-3, 10.0, 9)
SWEEP_DEPTHS = (2, 3)
RATE_SCALES = {
    2: 10.0 ** -np.arange(2.0, 19.0, 4.0),
    3: 10.0 ** -np.arange(1.5, 4.1, 0.5),
    4: 10.0 ** -np.arange(1.0, 3.1, 0.5),
}
DECAYS = np.geomspace(1e-4, 3.0, 10)
NOISES = (0.0, 0.25)


def flows(seeds: int) -> xarray.Dataset:
    """Ends of gradient flow beside minimisers of the potential, over (depth, scale, seed)."""
    import xarray

    shape = (len(FLOW_DEPTHS), len(FLOW_SCALES), seeds)
    names = ("distance", "stationarity", "misfit")
    found, converged = {name: np.full(shape, np.nan) for name in names}, np.zeros(shape, dtype=bool)
    for k in range(seeds):
        data = FLOW.draw(k)
        for i, depth in enumerate(FLOW_DEPTHS):
            for j, scale in enumerate(FLOW_SCALES):
                end = gradient_flow(data.inputs, data.labels, scale, depth)
                least = min_potential(data.inputs, data.labels, scale, depth)
                size = float(np.max(np.abs(least.coefficients)))
                found["distance"][i, j, k] = np.max(np.abs(end.coefficients - least.coefficients)) / size
                found["stationarity"][i, j, k], found["misfit"][i, j, k] = end.stationarity, end.misfit
                converged[i, j, k] = end.status.is_result and least.status.is_result
    dims = ("depth", "scale", "seed")
    return xarray.Dataset(
        {**{name: (dims, values) for name, values in found.items()}, "converged": (dims, converged)},
        coords={"depth": list(FLOW_DEPTHS), "scale": list(FLOW_SCALES), "seed": np.arange(seeds)},
        attrs={"part": "flow", **FLOW.to_dict()},
    )


def _compute(run: Run, flow_seeds: int, seeds: int, complexity: Sequence[int]) -> list[xarray.Dataset]:
    noisy = SparseRegression(noise_variance=NOISES[1])
    parts = [lambda: flows(flow_seeds)]
    parts += [
        lambda depth=depth: regime_sweep(SCALES, noisy.replace(depth=depth), seeds=seeds).assign_attrs(
            part=f"regimes-{depth}"
        )
        for depth in SWEEP_DEPTHS
    ]
    parts += [
        lambda depth=depth, scales=scales: worst_l1_excess(scales, depth).assign_attrs(part=f"rates-{depth}")
        for depth, scales in RATE_SCALES.items()
    ]
    parts.append(lambda: sample_complexity(SCALES, complexity, seeds=seeds).assign_attrs(part="samples"))
    decays = SparseRegression(samples=60, depth=3)
    parts += [
        lambda noise=noise: decay_comparison(
            np.geomspace(1e-4, 3.0, 8), DECAYS, decays.replace(noise_variance=noise), seeds=seeds
        ).assign_attrs(part="decay-noisy" if noise else "decay-noiseless")
        for noise in NOISES
    ]
    return run.parts(parts)


EXPERIMENT = Experiment(
    name="kernel-rich",
    title="Where gradient flow ends: from the kernel to the rich regime, and weight decay beside it",
    claims=CLAIMS,
    sizes={
        "quick": {"flow_seeds": 2, "seeds": 8, "complexity": (5, *range(10, 100, 10), 95)},
        "paper": {"flow_seeds": 10, "seeds": 40, "complexity": (5, *range(10, 95, 5), 95)},
    },
    compute=_compute,
    draw=draw,
    judge=judge,
    caption=caption,
    references=("woodworth2020kernel",),
)
