"""Networks that were trained on the page: what is kept of them, and where they are laid over the theory."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from spectralaw.figures.spectrum import histogram
from spectralaw.task import Task

MOST = 40
"""Groups of networks that a page keeps."""


def summary(trained: Sequence[Any]) -> dict[str, Any]:
    """What the pictures need of networks of one task, as plain numbers. Networks without a certificate are counted,
    and left out of everything else."""
    good = [one for one in trained if one.status.is_result]
    task, method = trained[0].task, trained[0].method
    risks = [one.excess_risk for one in good]
    found: dict[str, Any] = {
        "task": plain(task),
        "method": method,
        "seeds": [one.seed for one in good],
        "not_converged": [one.seed for one in trained if not one.status.is_result],
        "messages": list(dict.fromkeys(one.message for one in trained if one.message)),
        "seconds": float(sum(one.seconds for one in trained)),
    }
    if good:
        bins = histogram(good)
        found |= {
            "risks": risks,
            "mean": float(np.mean(risks)),
            "error": float(np.std(risks, ddof=1) / math.sqrt(len(risks))) if len(risks) > 1 else None,
            "training_loss": float(np.mean([one.training_loss for one in good])),
            "zero_mass": bins.zero_mass,
            "edges": bins.edges.tolist(),
            "density": bins.density.tolist(),
        }
    return found


def like(groups: Iterable[Mapping[str, Any]], task: Task, *free: str) -> list[Mapping[str, Any]]:
    """Groups of networks whose task is this one but for some free fields."""
    wanted = {name: value for name, value in plain(task).items() if name not in free}
    return [
        group
        for group in groups
        if "mean" in group and {name: value for name, value in group["task"].items() if name not in free} == wanted
    ]


def plain(task: Task) -> dict[str, Any]:
    """A task as it is after a journey through JSON."""
    return json.loads(json.dumps(task.to_dict()))
