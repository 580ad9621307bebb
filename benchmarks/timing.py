"""How things are timed: the first call by itself, then the median of repeated ones."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Times:
    """Seconds of one piece of work."""

    cold: float
    """The first call."""
    warm: float
    """Median of the calls after it; the first call where there was only one."""
    result: Any


def measure(work: Callable[[], Any], repeats: int = 5, seconds: float = 20.0) -> Times:
    """Time some work, again and again until ``repeats`` or ``seconds`` are reached."""
    begin = time.perf_counter()
    result = work()
    cold = time.perf_counter() - begin
    warm: list[float] = []
    while len(warm) < repeats and time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        result = work()
        warm.append(time.perf_counter() - start)
    return Times(cold, statistics.median(warm) if warm else cold, result)


def process(*arguments: str, repeats: int = 5) -> Times:
    """Time a new Python process from start to end."""
    return measure(lambda: subprocess.run([sys.executable, *arguments], check=True, capture_output=True), repeats)
