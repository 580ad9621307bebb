"""A network as a power series in the step of its weights: convergence, descent through it, and how lazy training is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.reproduction.experiment import Experiment, Run
from spectralaw.systems.weight_series import activations
from spectralaw.systems.weight_series.descent import sequential_gd
from spectralaw.systems.weight_series.figure import caption, draw
from spectralaw.systems.weight_series.laziness import laziness
from spectralaw.systems.weight_series.network import Layers, outputs
from spectralaw.systems.weight_series.series import WeightStepSeries, partial_sums
from spectralaw.systems.weight_series.setting import TwoLayer
from spectralaw.systems.weight_series.verdict import CLAIMS, judge

if TYPE_CHECKING:
    import xarray

PLACES, RATIOS, HIGHEST = (0.0, 0.4, 1.5), (0.3, 0.6, 0.9, 1.2), 60
DESCENT = TwoLayer(width=10, output_scale=10.0, steps=60)
ORDERS = (1, 2, 4, 8, 16)
LAZY = TwoLayer(width=10, steps=200)
SCALES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)


def convergence() -> xarray.Dataset:
    """Truncation error of one tanh neuron at a, moved by a multiple of its radius, over (place, ratio, order)."""
    import xarray

    found = np.full((len(PLACES), len(RATIOS), HIGHEST + 1), np.nan)
    for i, a in enumerate(PLACES):
        for j, ratio in enumerate(RATIOS):
            at, moved = np.array([[a]]), ratio * activations.radius("tanh", np.array([[a]]))
            neuron, rest = Layers(np.ones(1), np.ones((1, 1))), Layers(np.zeros(1), np.ones((1, 1)))
            sums = partial_sums(neuron, rest, at, moved, HIGHEST, "tanh")[:, 0]
            found[i, j] = np.abs(sums - np.tanh(a + moved[0, 0]))
    return xarray.Dataset(
        {"error": (("place", "ratio", "order"), found)},
        coords={"place": list(PLACES), "ratio": list(RATIOS), "order": np.arange(HIGHEST + 1)},
        attrs={"part": "convergence"},
    )


def descent(seeds: int) -> xarray.Dataset:
    """How far descent through the series is from plain descent, over (order, step, seed), in units of the change.

    And, over seed, how far order one is from descent in the tangent kernel: f ← f − η K (f − y)/n.
    """
    import xarray

    shape = (len(ORDERS), DESCENT.steps + 1, seeds)
    found = {name: np.full(shape, np.nan) for name in ("around_start", "summed")}
    inside, tangent = np.zeros((len(ORDERS), seeds), dtype=bool), np.full(seeds, np.nan)
    for k in range(seeds):
        start = DESCENT.draw(k)
        for i, order in enumerate(ORDERS):
            run = sequential_gd(
                start.v, start.W, start.inputs, start.labels,
                learning_rate=DESCENT.learning_rate, steps=DESCENT.steps, order=order,
            )  # fmt: skip
            output = run.output.values
            size = np.max(np.abs(output[-1] - output[0]))
            found["around_start"][i, :, k] = np.max(np.abs(run.series_output.values - output), axis=1) / size
            found["summed"][i, :, k] = np.max(np.abs(run.summed_output.values - output), axis=1) / size
            inside[i, k] = bool(run.inside.all())
            if order == 1:
                kernel = WeightStepSeries(start.v, start.W, 1).kernel(start.inputs)
                f = output[0]
                for _ in range(DESCENT.steps):
                    f = f - DESCENT.learning_rate * kernel @ (f - start.labels) / start.labels.size
                tangent[k] = np.max(np.abs(run.series_output.values[-1] - f)) / size
    dims = ("order", "step", "seed")
    return xarray.Dataset(
        {
            **{name: (dims, values) for name, values in found.items()},
            "inside": (("order", "seed"), inside),
            "tangent": ("seed", tangent),
        },
        coords={"order": list(ORDERS), "step": np.arange(DESCENT.steps + 1), "seed": np.arange(seeds)},
        attrs={"part": "descent", **DESCENT.to_dict()},
    )


def polynomial(seeds: int) -> xarray.Dataset:
    """Error of the series of a quadratic network by order, relative to the change, over (order, seed)."""
    import xarray

    orders = (1, 2, 3, 4)
    error = np.full((len(orders), seeds), np.nan)
    for k in range(seeds):
        start, rng = DESCENT.replace(activation="quadratic").draw(k), np.random.default_rng(k)
        dv, dW = rng.standard_normal(start.v.shape), rng.standard_normal(start.W.shape)
        truth = outputs(Layers(start.v + dv, start.W + dW), start.inputs, "quadratic")
        for i, order in enumerate(orders):
            series = WeightStepSeries(start.v, start.W, order, "quadratic")
            change = np.linalg.norm(truth - series.outputs(start.inputs))
            error[i, k] = np.linalg.norm(series.predict(start.inputs, dv, dW) - truth) / change
    return xarray.Dataset(
        {"error": (("order", "seed"), error)}, coords={"order": list(orders)}, attrs={"part": "quadratic"}
    )


def lazy(seeds: int) -> xarray.Dataset:
    """How lazy training is against the output scale, over (scale, seed): ``needed`` order, NaN where there is none."""
    import xarray

    shape = (len(SCALES), seeds)
    found = {name: np.full(shape, np.nan) for name in ("needed", "linear_error", "reach", "loss")}
    for i, scale in enumerate(SCALES):
        setting = LAZY.replace(output_scale=scale)
        for k in range(seeds):
            start = setting.draw(k)
            run = sequential_gd(
                start.v, start.W, start.inputs, start.labels,
                learning_rate=setting.learning_rate, steps=setting.steps, order=1,
            )  # fmt: skip
            about = laziness((start.v, start.W), (run.v.values, run.W.values), start.inputs)
            found["needed"][i, k] = np.nan if about.order is None else about.order
            found["linear_error"][i, k], found["reach"][i, k] = about.linear_error, about.reach
            found["loss"][i, k] = float(run.loss[-1] / run.loss[0])
    return xarray.Dataset(
        {name: (("scale", "seed"), values) for name, values in found.items()},
        coords={"scale": list(SCALES), "seed": np.arange(seeds)},
        attrs={"part": "lazy", **LAZY.to_dict()},
    )


def _compute(run: Run, seeds: int) -> Sequence[xarray.Dataset]:
    parts = (convergence, lambda: descent(seeds), lambda: polynomial(seeds), lambda: lazy(seeds))
    return run.parts(parts)


EXPERIMENT = Experiment(
    name="weight-series",
    title="A network as a power series in the step of its weights, and how lazy training is",
    claims=CLAIMS,
    sizes={"quick": {"seeds": 10}, "paper": {"seeds": 100}},
    compute=_compute,
    draw=draw,
    judge=judge,
    caption=caption,
    references=("shilton2023gradient",),
)
