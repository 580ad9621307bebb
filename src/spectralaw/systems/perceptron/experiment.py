"""Trained perceptrons on the lines of the theory, curves of many sizes on one, and the best norm beside Bayes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spectralaw.reproduction.experiment import Advance, Experiment, Run
from spectralaw.systems.perceptron.figure import caption, draw
from spectralaw.systems.perceptron.fixed_norm import train_fixed_norm
from spectralaw.systems.perceptron.flow import train_free_norm
from spectralaw.systems.perceptron.limits import bayes_error, hebb_error, max_stability_error
from spectralaw.systems.perceptron.replica import rs_perceptron, tuned_perceptron
from spectralaw.systems.perceptron.setting import Perceptron
from spectralaw.systems.perceptron.verdict import CLAIMS, judge

if TYPE_CHECKING:
    import xarray

Array = np.ndarray

OF_BEST = (0.1, 0.3, 1.0, 4.0)
"""Norms that are trained, in units of the best one."""
BEYOND = (1.0, 2.0)
"""Norms in units of the best one at which both ways of training are compared on the same data."""


def theory(alphas: Sequence[float], points: int) -> xarray.Dataset:
    """Test error over (alpha, point), the norm from 1/20 to 20 times the best; with the limits of the norm."""
    import xarray

    a = np.array(alphas, dtype=float)
    best = tuned_perceptron(a)
    norms = best.weight_norm[:, None] * np.geomspace(0.05, 20.0, points)
    solved = rs_perceptron(a[:, None], norms)
    return xarray.Dataset(
        {
            "weight_norm": (("alpha", "point"), norms),
            "error": (("alpha", "point"), solved.generalization_error),
            "best_norm": ("alpha", best.weight_norm),
            "best_error": ("alpha", best.generalization_error),
            "bayes_error": ("alpha", bayes_error(a)),
            "hebb_error": ("alpha", hebb_error(a)),
            "max_stability_error": ("alpha", max_stability_error(a)),
        },
        coords={"alpha": a},
        attrs={"part": "theory"},
    )


def tuned(alphas: Array) -> xarray.Dataset:
    """The best norm, its error, and the Bayes-optimal one, over alpha."""
    import xarray

    best = tuned_perceptron(alphas)
    values = {"best_norm": best.weight_norm, "best_error": best.generalization_error, "slope": best.slope}
    values |= {"residual": best.residual, "bayes_error": bayes_error(alphas)}
    return xarray.Dataset(
        {name: ("alpha", value) for name, value in values.items()}, coords={"alpha": alphas}, attrs={"part": "tuned"}
    )


def curves(ranges: Sequence[Sequence[float]], points: int) -> xarray.Dataset:
    """Curves of the theory from Hebb's rule to past the best norm, over (range, size, point)."""
    import xarray

    a = np.array(ranges, dtype=float)
    norms = np.geomspace(np.full(a.shape, 0.02), 4.0 * a, points, axis=-1)
    solved = rs_perceptron(a[..., None], norms)
    dims = ("range", "size", "point")
    return xarray.Dataset(
        {"alpha": (dims[:2], a), "weight_norm": (dims, norms), "error": (dims, solved.generalization_error)},
        attrs={"part": "curves"},
    )


def fixed(
    dimension: int, alphas: Sequence[float], seeds: int, advance: Advance = lambda done, of: None
) -> xarray.Dataset:
    """Perceptrons trained to the minimum at norms about the best, over (alpha, of_best, seed); no two share data."""
    import xarray

    shape = (len(alphas), len(OF_BEST), seeds)
    error, angle, norm = np.full(shape, np.nan), np.full(shape, np.nan), np.full(shape[:2], np.nan)
    predicted = np.full(shape[:2], np.nan)
    for i, j, k in np.ndindex(shape):
        setting = Perceptron(dimension, alphas[i])
        if k == 0:
            best = float(tuned_perceptron(setting.drawn_alpha).weight_norm)
            norm[i, j] = best * OF_BEST[j]
            predicted[i, j] = rs_perceptron(setting.drawn_alpha, norm[i, j]).generalization_error
        done = train_fixed_norm(setting, norm[i, j], int(np.ravel_multi_index((i, j, k), shape)) + 1000 * dimension)
        error[i, j, k], angle[i, j, k] = done.test_error[0], done.angle[0]
        advance(int(np.ravel_multi_index((i, j, k), shape)) + 1, int(np.prod(shape)))
    dims = ("alpha", "of_best", "seed")
    return xarray.Dataset(
        {
            "error": (dims, error),
            "angle": (dims, angle),
            "weight_norm": (dims[:2], norm),
            "predicted": (dims[:2], predicted),
        },
        coords={"alpha": list(alphas), "of_best": list(OF_BEST)},
        attrs={"part": "fixed-norm", "network": "fixed-norm", "dimension": dimension},
    )


def free(
    dimension: int, alphas: Sequence[float], seeds: int, points: int, advance: Advance = lambda done, of: None
) -> xarray.Dataset:
    """Gradient flow without a constraint, over (alpha, seed, point); and the fixed-norm minimum on the same data."""
    import xarray

    shape = (len(alphas), seeds, points)
    norm = np.full((shape[0], points), np.nan)
    error, initial = np.full(shape, np.nan), np.full(shape[:2], np.nan)
    flown, minimal = (np.full((*shape[:2], len(BEYOND)), np.nan) for _ in range(2))
    for i, alpha in enumerate(alphas):
        setting = Perceptron(dimension, alpha)
        norm[i] = np.geomspace(0.02, 4.0 * alpha, points)
        beyond = float(tuned_perceptron(setting.drawn_alpha).weight_norm) * np.array(BEYOND)
        visited = np.unique(np.concatenate([norm[i], beyond]))
        for k in range(seeds):
            seed = 1000 * i + k
            found = train_free_norm(setting, visited, seed)
            error[i, k] = found.test_error[np.searchsorted(visited, norm[i])]
            initial[i, k] = found.initial_error
            flown[i, k] = found.test_error[np.searchsorted(visited, beyond)]
            minimal[i, k] = train_fixed_norm(setting, beyond, seed).test_error
            advance(i * seeds + k + 1, shape[0] * seeds)
    return xarray.Dataset(
        {
            "weight_norm": (("alpha", "point"), norm),
            "error": (("alpha", "seed", "point"), error),
            "initial_error": (("alpha", "seed"), initial),
            "flown": (("alpha", "seed", "beyond"), flown),
            "minimal": (("alpha", "seed", "beyond"), minimal),
        },
        coords={"alpha": list(alphas), "beyond": list(BEYOND)},
        attrs={"part": "free-norm", "dimension": dimension},
    )


def _compute(run: Run, **size: Any) -> list[xarray.Dataset]:
    sizes = size["sizes"]
    steps = [len(size["alphas"]) * len(OF_BEST) * seeds for _, seeds in sizes]
    total = sum(steps) + len(size["free_alphas"]) * size["free_seeds"]
    parts = [theory(size["alphas"], size["points"]), tuned(np.geomspace(0.1, 1e4, 16)), curves(size["ranges"], 80)]
    for k, (dimension, seeds) in enumerate(sizes):
        before = sum(steps[:k])
        parts.append(fixed(dimension, size["alphas"], seeds, lambda d, _, b=before: run.advance(b + d, total)))
    free_part = (size["free_dimension"], size["free_alphas"], size["free_seeds"], 40)
    return [*parts, free(*free_part, lambda done, _: run.advance(sum(steps) + done, total))]


RANGES = [[s, 2 * s, 4 * s, 8 * s] for s in (10.0, 100.0, 1e3, 1e4)]
EXPERIMENT = Experiment(
    name="perceptron",
    title="How the test error of a perceptron follows the norm of its weights",
    claims=CLAIMS,
    sizes={
        "quick": {
            "alphas": (2.0, 5.0, 20.0), "points": 60, "ranges": RANGES, "sizes": ((50, 40), (100, 40), (200, 25)),
            "free_dimension": 100, "free_alphas": (3.0, 5.0, 8.0, 12.0, 20.0, 32.0, 50.0), "free_seeds": 8,
        },
        "paper": {
            "alphas": (2.0, 5.0, 20.0), "points": 120, "ranges": RANGES,
            "sizes": ((50, 400), (100, 200), (200, 100), (400, 50)),
            "free_dimension": 200, "free_alphas": (3.0, 5.0, 8.0, 12.0, 20.0, 32.0, 50.0, 80.0), "free_seeds": 40,
        },
    },
    compute=_compute,
    draw=draw,
    judge=judge,
    caption=caption,
    references=("damico2025implicit",),
)  # fmt: skip
