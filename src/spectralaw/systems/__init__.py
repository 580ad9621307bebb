"""Related systems, one package each: setting, theory, simulation, and an ``experiment.py`` that registers itself.

``spectralaw.systems.perceptron`` and its siblings are imported when first used; :mod:`.catalogue` lists them.
"""

from __future__ import annotations

import importlib
from typing import Any

from spectralaw.systems.catalogue import SYSTEMS

__all__ = ["SYSTEMS", *(system.name for system in SYSTEMS if system.is_package)]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if any(system.name == name and system.is_package for system in SYSTEMS):
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
