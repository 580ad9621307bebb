"""The training methods: the options of each, and the tasks that it can train. Everything that asks, asks here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spectralaw._checks import choice, finite, positive_integer
from spectralaw.errors import InvalidInput
from spectralaw.task import Task

OPTIONS: dict[str, dict[str, float]] = {
    "convex": {"tolerance": 1e-6, "max_iterations": 1_000_000},
    "network": {"tolerance": 1e-6, "max_iterations": 20_000, "start_scale": 0.5},
    "amp": {"tolerance": 1e-6, "max_iterations": 1000, "damping": 0.6},
}
"""Options of each method, with their defaults."""


def settings(method: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """All options of a method, those that were given validated, the others at their defaults.

    Raises
    ------
    InvalidInput
        For an unknown method or option, or a value that cannot be used.
    """
    choice("method", method, OPTIONS)
    defaults = OPTIONS[method]
    unknown = sorted(map(str, set(options) - set(defaults)))
    if unknown:
        raise InvalidInput(f"unknown option {unknown[0]!r} of method {method!r}; choose from {', '.join(defaults)}")
    chosen: dict[str, Any] = {**defaults, **options}
    for name in set(chosen) - {"max_iterations"}:
        chosen[name] = finite(name, chosen[name])
        if not chosen[name] > 0.0:
            raise InvalidInput(f"{name} must be greater than 0, not {chosen[name]:g}")
    chosen["max_iterations"] = positive_integer("max_iterations", chosen["max_iterations"])
    if chosen.get("damping", 1.0) > 1.0:
        raise InvalidInput(f"damping must be at most 1, which is none, not {chosen['damping']:g}")
    return chosen


def refuse_unfit(task: Task, method: str) -> None:
    """Raise when a method cannot train a task, whatever the seed and the machine."""
    if task.weight_decay == 0.0:
        raise InvalidInput("weight_decay must be greater than 0 for training, not 0; the limit exists in theory only")
    if method != "network" and task.width is not None and task.width < task.dimension:
        raise InvalidInput(
            f"width must be at least the dimension {task.dimension} for method {method!r}, not {task.width}; "
            "a narrower network has no convex form, train it with method 'network'"
        )
    if method == "amp" and not task.white:
        raise InvalidInput("inputs must be white for method 'amp', whose correction term supposes so; use 'convex'")
