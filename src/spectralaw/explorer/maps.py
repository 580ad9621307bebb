"""Grids behind the pictures of a task: cached, coarse while something moves and fine when it rests."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np

from spectralaw.state_evolution.evolution import state_evolution
from spectralaw.state_evolution.width import narrow
from spectralaw.task import Task
from spectralaw.teacher import PowerLaw
from spectralaw.theory.bayes import bayes_risk
from spectralaw.theory.phases import boundaries, classify, phases_defined
from spectralaw.theory.prediction import Prediction, predict

_SIDES = {"common": (8, 64), "large": (6, 32), "slow": (5, 12)}
"""Points along each side of the diagram, coarse and fine, by what a prediction takes."""
_CURVES = {"common": (17, 81), "large": (17, 61), "slow": (7, 25)}
_BATCHED = ("samples", "weight_decay", "noise_variance")
_LARGE = 10**6  # dimensions beyond which a prediction takes several times longer
_FARTHEST = 60.0  # decades of an axis, beyond which nothing is to be seen
_LABELLED = 0.25  # decades of room that the name of a phase needs
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Map:
    """Excess risk over samples and weight decay, with the phases where they are defined."""

    samples: np.ndarray
    weight_decay: np.ndarray
    excess_risk: np.ndarray
    """Shape (samples, weight_decay); NaN where there is no result."""
    lines: dict[str, tuple[np.ndarray, np.ndarray]]
    """Ends of the boundaries between phases inside the picture, by name: n and λ."""
    labels: dict[str, tuple[float, float]]
    """Where the name of each phase has most room."""


def _one_at_a_time(function: Callable[..., _Result]) -> Callable[..., _Result]:
    """The same call from several threads is computed once; other calls do not wait."""
    cached = lru_cache(maxsize=256)(function)
    locks: dict[Any, threading.Lock] = {}
    guard = threading.Lock()

    def call(*key: Any) -> _Result:
        with guard:
            lock = locks.setdefault(key, threading.Lock())
            if len(locks) > 1024:
                locks.clear()
        with lock:
            return cached(*key)

    return call


@_one_at_a_time
def prediction(task: Task) -> Prediction:
    """:func:`spectralaw.predict`, kept for a while."""
    return predict(task)


@_one_at_a_time
def bayes(task: Task) -> float | None:
    """Bayes-optimal risk; ask with the same weight decay always, for it does not depend on it."""
    return bayes_risk(task)


@_one_at_a_time
def _curve(task: Task, axis: str, values: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray]:
    return np.asarray(values), _risk(task, {axis: np.asarray(values)})


def _risk(task: Task, axes: dict[str, np.ndarray]) -> np.ndarray:
    """Excess risk over a grid, NaN where there is no result: :func:`spectralaw.predict_grid` without its labels, which
    take a second to import."""
    mesh = dict(zip(axes, np.meshgrid(*axes.values(), indexing="ij"), strict=True))
    shape = next(iter(mesh.values())).shape
    values = [
        mesh[name].ravel() if name in mesh else np.full(math.prod(shape), getattr(task, name)) for name in _BATCHED
    ]
    solved = state_evolution(task, *values, axes=axes)
    usable = np.array([status.is_result for status in solved.status])
    return np.where(usable, solved.excess_risk, np.nan).reshape(shape)


def curve(task: Task, axis: str, fine: bool) -> tuple[np.ndarray, np.ndarray, bool]:
    """Values along samples or weight decay within :func:`window`, the excess risk there, and whether they are the fine
    ones: those are given wherever they are known already.

    The task's own value on that axis does not matter, so that a curve is computed once while its point moves on it.
    """
    ends = window(task)[0 if axis == "samples" else 1]
    key = (task.replace(**{axis: 1.0}), axis, ends)
    fine = fine or key in _known
    values = np.geomspace(*ends, _CURVES[pace(task)][fine])
    x, risk = _curve(key[0], axis, tuple(values.tolist()))
    if fine:
        _remember(key)
    return x, risk, fine


def pace(task: Task) -> str:
    """What kind of grid a task can have: a prediction takes milliseconds, or tens of them for inputs that are not
    white and for narrow networks."""
    if not task.white or narrow(task):
        return "slow"
    return "large" if task.dimension > _LARGE else "common"


def window(task: Task) -> tuple[tuple[float, float], tuple[float, float]]:
    """Ends of the axes of samples and of weight decay: all phases, and the task itself."""
    d = math.log10(task.dimension)
    gamma = task.teacher.gamma if isinstance(task.teacher, PowerLaw) else 1.0
    unit = 0.0 if task.network == "diagonal" else d
    first = max(unit + max(-0.6 * d, -d), 0.0) if task.network == "quadratic" else 0.0
    n = first, unit + min(max(2.0 * gamma + 1.6, 2.6) * d, _FARTHEST)
    decay = -1.2 * d, min((gamma + 1.2) * d, _FARTHEST)
    return _with(n, task.samples), _with(decay, task.weight_decay)


def _with(ends: tuple[float, float], value: float) -> tuple[float, float]:
    """Powers of ten, widened by whole decades so that a value lies inside; zero lies nowhere."""
    low, high = ends
    if value > 0.0:
        place = math.log10(value)
        low, high = min(low, math.floor(place)), max(high, math.ceil(place))
    return 10.0**low, 10.0**high


def diagram(task: Task, fine: bool) -> tuple[Map, bool]:
    """The map around a task, and whether it is the fine one: that is given wherever it is known already."""
    key = (task.replace(samples=1.0, weight_decay=1.0), *window(task))
    coarse_side, fine_side = _SIDES[pace(task)]
    if fine or key in _known:
        found = _map(*key, fine_side)
        _remember(key)
        return found, True
    return _map(*key, coarse_side), False


_known: dict[Any, bool] = {}
"""Fine grids that the caches hold, most of them: one that is gone is computed again."""


def _remember(key: Any) -> None:
    _known[key] = True
    while len(_known) > 200:
        _known.pop(next(iter(_known)), None)


@_one_at_a_time
def _map(task: Task, n_ends: tuple[float, float], decay_ends: tuple[float, float], count: int) -> Map:
    n, decay = np.geomspace(*n_ends, count), np.geomspace(*decay_ends, count)
    risk = _risk(task, {"samples": n, "weight_decay": decay})
    if not phases_defined(task):
        return Map(n, decay, risk, {}, {})
    unit = 1.0 if task.network == "diagonal" else float(task.dimension)
    box = np.log10([n_ends, decay_ends])
    lines = {}
    for name, (x, y) in boundaries(task).items():
        with np.errstate(divide="ignore"):
            inside = _clipped(np.log10(np.array([x * unit, y])), box)
        if inside is not None:
            lines[name] = (10.0 ** inside[0], 10.0 ** inside[1])
    return Map(n, decay, risk, lines, _labels(task, box))


def _clipped(ends: np.ndarray, box: np.ndarray) -> np.ndarray | None:
    """The part of a segment inside a box, ends as columns; None where there is none."""
    start, way = ends[:, 0], ends[:, 1] - ends[:, 0]
    first, last = 0.0, 1.0
    for k in range(2):
        if way[k] == 0.0:
            if not box[k, 0] <= start[k] <= box[k, 1]:
                return None
            continue
        cuts = sorted((box[k] - start[k]) / way[k])
        first, last = max(first, cuts[0]), min(last, cuts[1])
    if not first < last:
        return None
    return np.column_stack([start + first * way, start + last * way])


def _labels(task: Task, box: np.ndarray) -> dict[str, tuple[float, float]]:
    x, y = (np.linspace(low, high, 82)[1:-1] for low, high in box)
    phases, distance = classify(task, 10.0 ** x[:, None], 10.0 ** y[None, :])
    to_frame = np.minimum(np.minimum(x - box[0, 0], box[0, 1] - x)[:, None], np.minimum(y - box[1, 0], box[1, 1] - y))
    room = np.minimum(distance, to_frame)
    labels = {}
    for phase in np.unique(phases):
        inside = np.where(phases == phase, room, -1.0)
        i, j = np.unravel_index(int(np.argmax(inside)), inside.shape)
        if inside[i, j] >= _LABELLED or phase == "peak":
            labels[str(phase)] = (float(10.0 ** x[i]), float(10.0 ** y[j]))
    return labels
