"""Further tasks for a grid, placed where the predicted risk changes most from one point to the next.

Neighbours on the grid, along any axis, are joined by an edge. The edge with the largest change of log R is halved, and
its halves take its place, as often as tasks are wanted. Only predictions are looked at, so that the tasks are known
before anything is run, and the same plan is always refined in the same way: a killed sweep goes on.
"""

from __future__ import annotations

import dataclasses
import heapq
import itertools
import math
from typing import Any

from spectralaw.errors import InvalidInput
from spectralaw.sweeps.axes import WHOLE
from spectralaw.sweeps.plan import Plan, task_of
from spectralaw.task import Task

AXES = ("samples", "weight_decay", "noise_variance", "gamma")
"""Fields along which a grid is refined."""


def refine(plan: Plan, count: int) -> Plan:
    """The plan with ``count`` further tasks.

    Parameters
    ----------
    plan : Plan
        A grid with at least two values of samples, weight_decay, noise_variance or gamma.
    count : int
        How many tasks; fewer are added where edges cannot be halved any further.

    Raises
    ------
    InvalidInput
        For a plan without such an axis.
    """
    if count == 0:
        return plan
    axes = {name: sorted(values) for name, values in plan.axes.items() if name in AXES and len(values) > 1}
    if not axes:
        raise InvalidInput(f"refine needs a grid with two or more values of {', '.join(AXES[:-1])} or {AXES[-1]}")
    known: dict[tuple[Any, ...], float] = {}
    names = list(plan.axes)

    def log_risk(point: tuple[Any, ...]) -> float:
        if point not in known:
            known[point] = _log_risk(task_of(dict(zip(names, point, strict=True))))
        return known[point]

    edges: list[tuple[float, int, str, tuple, tuple]] = []
    order = itertools.count()  # ties are broken by age, never by the points

    def add(name: str, low: tuple[Any, ...], high: tuple[Any, ...]) -> None:
        change = abs(log_risk(high) - log_risk(low))
        heapq.heappush(edges, (-change if math.isfinite(change) else 0.0, next(order), name, low, high))

    for name, values in axes.items():
        place = names.index(name)
        others = [[None] if other == name else plan.axes[other] for other in names]
        for corner in itertools.product(*others):
            for low, high in itertools.pairwise(values):
                add(name, _put(corner, place, low), _put(corner, place, high))
    added: list[tuple[Any, ...]] = []
    while edges and len(added) < count:
        _, _, name, low, high = heapq.heappop(edges)
        place = names.index(name)
        middle = _put(low, place, _between(name, low[place], high[place]))
        if middle in (low, high):
            continue
        if middle not in known:
            added.append(middle)
        add(name, low, middle)
        add(name, middle, high)
    tasks = tuple(task_of(dict(zip(names, point, strict=True))) for point in added)
    return dataclasses.replace(plan, tasks=plan.tasks + tasks)


def _put(point: tuple[Any, ...], place: int, value: Any) -> tuple[Any, ...]:
    return (*point[:place], value, *point[place + 1 :])


def _between(name: str, low: float, high: float) -> float:
    """The geometric mean, or the arithmetic one where an end is zero; whole for whole fields."""
    value = math.sqrt(low * high) if low > 0.0 else 0.5 * (low + high)
    return float(round(value)) if name in WHOLE else value


def _log_risk(task: Task) -> float:
    from spectralaw.theory import predict

    risk = predict(task).excess_risk
    return math.log(risk) if risk > 0.0 else math.nan  # not a number where the theory has no result
