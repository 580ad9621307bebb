"""What an experiment is: a name, sizes, and four functions that compute, draw, describe and judge."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spectralaw.reproduction.claims import Claim

if TYPE_CHECKING:
    import xarray
    from matplotlib.figure import Figure

Advance = Callable[[int, int], None]


@dataclass(frozen=True)
class Run:
    """How an experiment is to be run, and what was left out of it."""

    folder: Path
    """Where trainings are kept, so that the same run again continues."""
    name: str
    workers: int | None = None
    """Processes; None for one on each processor."""
    hours: float | None = None
    """Parts that would take longer than this, by a rough estimate, are left out."""
    advance: Advance = lambda done, total: None
    """Called with (steps done, steps in all)."""
    left_out: list[Claim] = field(default_factory=list)

    def parts(self, parts: Sequence[Callable[[], Any]]) -> list[Any]:
        """What each part computes, one after the other; each is a step."""
        done = []
        for part in parts:
            done.append(part())
            self.advance(len(done), len(parts))
        return done

    def store(self, label: str = "") -> Path:
        """A store of trainings of its own for a part of the experiment."""
        return self.folder / f"{self.name}{'-' if label else ''}{label}.sqlite"


@dataclass(frozen=True)
class Experiment:
    """A claim of the literature, or of ours, as something that can be run and can fail.

    ``compute(run, **sizes[size])`` returns labelled datasets, ``draw`` makes the picture of them, ``caption`` says what
    it shows, and ``judge`` holds every claim against them.
    """

    name: str
    """As on the command line, in lower case with dashes; the file has the same name with underscores."""
    title: str
    claims: tuple[str, ...]
    """Statements that ``judge`` holds against the data; each must be able to fail."""
    sizes: Mapping[str, Mapping[str, Any]]
    """Keywords of ``compute`` for ``quick`` (under two minutes on two cores) and, where there is one, ``paper``."""
    compute: Callable[..., Sequence[xarray.Dataset]]
    draw: Callable[[Sequence[Any]], Figure]
    judge: Callable[[Sequence[Any]], list[Claim]]
    caption: Callable[[Sequence[Any]], str]
    references: tuple[str, ...] = ("defilippis2025scaling",)
    """What to cite: keys of :mod:`spectralaw.citations`."""
