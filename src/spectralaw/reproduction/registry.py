"""The experiments there are: every file of ``reproduction/experiments``, and ``experiment.py`` of every related system.

A file registers itself by being there and naming an ``EXPERIMENT``; nothing is imported before it is asked for.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import lru_cache
from pathlib import Path

from spectralaw._checks import shown
from spectralaw.errors import InvalidInput
from spectralaw.reproduction.experiment import Experiment


@lru_cache(maxsize=1)
def _homes() -> dict[str, str]:
    """Module of each experiment by its name."""
    root = Path(__file__).parents[1]
    homes = {
        module.name.replace("_", "-"): f"spectralaw.reproduction.experiments.{module.name}"
        for module in pkgutil.iter_modules([str(root / "reproduction" / "experiments")])
    }
    for system in pkgutil.iter_modules([str(root / "systems")]):
        if any(part.name == "experiment" for part in pkgutil.iter_modules([str(root / "systems" / system.name)])):
            homes[system.name.replace("_", "-")] = f"spectralaw.systems.{system.name}.experiment"
    return homes


def names() -> tuple[str, ...]:
    """Names of all experiments."""
    return tuple(_homes())


def experiment(name: str) -> Experiment:
    """The experiment of a name.

    Raises
    ------
    InvalidInput
        For a name that is none.
    """
    homes = _homes()
    if not isinstance(name, str) or name not in homes:
        raise InvalidInput(f"name must be one of {', '.join(homes)}, not {shown(name)}")
    return importlib.import_module(homes[name]).EXPERIMENT
