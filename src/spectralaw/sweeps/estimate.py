"""What a sweep will cost, before it starts."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from spectralaw import parallel
from spectralaw.errors import InvalidInput
from spectralaw.sweeps.jobs import THEORY
from spectralaw.sweeps.plan import Plan, extremes, task_of
from spectralaw.task import Task
from spectralaw.training.data import bytes_needed, memory_available, whole_samples

_LOOKED_AT = 2000  # tasks, evenly spread over the plan
_VALUES_LOOKED_AT = 40  # of an axis along which memory need not grow
_OPERATIONS = 1e10  # a second and thread, of matrix products on a common machine
_PASSES = {"convex": 80, "amp": 80, "network": 400}  # over the data, as measured for λ of order one
_INTERPRETER, _OPTIMIZE, _LASSO, _THEORY = 82 << 20, 24 << 20, 125 << 20, 30 << 20  # bytes, as measured: imports


@dataclass(frozen=True)
class Cost:
    """Time within a factor of ten; memory not below what is taken, and within a factor of two as a rule."""

    seconds: float
    bytes: int
    """Of the largest row with its process, times the processes."""

    def __str__(self) -> str:
        time = f"{self.seconds:.0f} s" if self.seconds < 120 else f"{self.seconds / 60:.0f} min"
        if self.seconds > 7200:
            time = f"{self.seconds / 3600:.0f} h"
        return f"roughly {time} and {self.bytes / 2**30:.2f} GiB of memory at most"


def estimate(plan: Plan, workers: int | None = None, *, here: bool = True) -> Cost:
    """Time and memory of a plan, from a part of its tasks: a large plan takes no longer.

    Parameters
    ----------
    plan : Plan
    workers : int, optional
        Processes; by default one for each processor.
    here : bool
        Whether they run on this machine, so that what does not fit into its memory is refused.

    Raises
    ------
    InvalidInput
        When the largest rows, as many as there are processes, do not fit into memory.
    """
    count = min(workers or parallel.processors(), plan.size())
    total = plan.task_count()
    stride = max(1, total // _LOOKED_AT)
    looked_at = [plan.task_at(place) for place in range(0, total, stride)]
    seconds = 0.0
    for method in plan.methods:
        for task in looked_at:
            if method == THEORY:
                seconds += 0.005
                continue
            n, d = whole_samples(task), task.dimension
            work = 2.0 * n * d * (d if task.network == "quadratic" else 4.0) * _PASSES[method]
            seconds += len(plan.seeds) * (0.002 + work / _OPERATIONS)
    cost = Cost(seconds * total / len(looked_at) / count, _largest(plan) * count)
    available = memory_available() if here else None
    if available is not None and cost.bytes > available:
        raise InvalidInput(
            f"{count} of the largest rows at a time take {cost.bytes:,} bytes of memory, "
            f"but {available:,} are available; give fewer workers or smaller tasks"
        )
    return cost


def _largest(plan: Plan) -> int:
    """Bytes of the process with the largest row."""
    training = [method for method in plan.methods if method != THEORY]
    networks: set[str] = set()
    most = 0
    for task in _largest_tasks(plan):
        networks.add(task.network)
        most = max([most, *(bytes_needed(task, method) for method in training)])
    process = _INTERPRETER
    if "network" in training or THEORY in plan.methods:
        process += _OPTIMIZE
    if training and "diagonal" in networks:
        process += _LASSO
    return process + max(most, _THEORY if THEORY in plan.methods else 0)


def _largest_tasks(plan: Plan) -> Iterator[Task]:
    """Tasks among which there is the one that takes most memory."""
    by_size: dict[tuple[Any, ...], Task] = {}
    for task in plan.tasks:
        size = (task.network, task.dimension, task.samples, task.width)
        if size not in by_size or task.weight_decay < by_size[size].weight_decay:
            by_size[size] = task
    yield from by_size.values()
    few = {}
    for name, values in plan.axes.items():
        if name in ("dimension", "samples"):
            ordered = sorted(values)
            few[name] = ordered[:: max(1, len(ordered) // _VALUES_LOOKED_AT)] + ordered[-1:]
        else:
            few[name] = extremes(name, values)
            if name == "gamma":
                few[name] = few[name][:1]
    for values in itertools.product(*few.values()) if few else ():
        yield task_of(dict(zip(few, values, strict=True)))
