"""What a sweep will cost, before it starts."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from spectralaw import parallel
from spectralaw.errors import InvalidInput
from spectralaw.sweeps.jobs import THEORY
from spectralaw.sweeps.plan import Plan
from spectralaw.training.data import bytes_needed, memory_available, whole_samples

_LOOKED_AT = 2000  # tasks, evenly spread over the plan
_OPERATIONS = 1e10  # a second and thread, of matrix products on a common machine
_PASSES = {"convex": 80, "amp": 80, "network": 400}  # over the data, as measured for λ of order one


@dataclass(frozen=True)
class Cost:
    """A rough estimate: within a factor of ten."""

    seconds: float
    bytes: int
    """Of the largest row, times the processes."""

    def __str__(self) -> str:
        time = f"{self.seconds:.0f} s" if self.seconds < 120 else f"{self.seconds / 60:.0f} min"
        if self.seconds > 7200:
            time = f"{self.seconds / 3600:.0f} h"
        return f"roughly {time} and {self.bytes / 2**30:.2f} GiB of memory at most"


def estimate(plan: Plan, workers: int | None = None) -> Cost:
    """Time and memory of a plan on this machine.

    Raises
    ------
    InvalidInput
        When the largest rows, as many as there are processes, do not fit into memory.
    """
    count = workers or parallel.processors()
    total = sum(1 for _ in plan.all_tasks())
    looked_at = list(itertools.islice(plan.all_tasks(), 0, None, max(1, total // _LOOKED_AT)))
    seconds, most = 0.0, 0
    for method in plan.methods:
        for task in looked_at:
            if method == THEORY:
                seconds += 0.005
                continue
            n, d = whole_samples(task), task.dimension
            work = 2.0 * n * d * (d if task.network == "quadratic" else 4.0) * _PASSES[method]
            seconds += len(plan.seeds) * (0.002 + work / _OPERATIONS)
            most = max(most, bytes_needed(task, method))
    cost = Cost(seconds * total / len(looked_at) / count, most * count)
    available = memory_available()
    if available is not None and cost.bytes > available:
        raise InvalidInput(
            f"{count} of the largest rows at a time take {cost.bytes:,} bytes of memory, "
            f"but {available:,} are available; give fewer workers or smaller tasks"
        )
    return cost
