"""What a sweep runs: a grid or a list of tasks × seeds × methods, from Python or from a file."""

from __future__ import annotations

import itertools
import math
import numbers
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spectralaw.errors import InvalidInput
from spectralaw.sweeps.axes import LARGEST_AXIS, axis_values
from spectralaw.sweeps.checks import LARGEST_SEED, shown, whole
from spectralaw.sweeps.files import read
from spectralaw.sweeps.jobs import METHODS, THEORY, Job, content_key, digest
from spectralaw.task import Task
from spectralaw.teacher import Empirical, FiniteRank, PowerLaw
from spectralaw.training import methods as training

_FIELDS = ("network", "dimension", "samples", "weight_decay", "noise_variance", "width", "gamma", "teacher")
_NEEDED = ("network", "dimension", "samples", "weight_decay")
LARGEST_PLAN = 10**9
_SEEDS, _METHODS = 5, (THEORY, "convex")


@dataclass(frozen=True)
class Plan:
    """Jobs, made one after the other: a plan takes no more memory than its axes."""

    axes: dict[str, list[Any]]
    """Values of each field of a task; their product is run."""
    tasks: tuple[Task, ...]
    """Or the tasks themselves."""
    seeds: Sequence[int]
    methods: tuple[str, ...]
    options: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Options of each training method, where they are not the defaults."""

    def all_tasks(self) -> Iterator[Task]:
        """The tasks, in order."""
        yield from self.tasks
        if self.axes:
            names = list(self.axes)
            for values in itertools.product(*self.axes.values()):
                yield task_of(dict(zip(names, values, strict=True)))

    def task_count(self) -> int:
        """Number of tasks."""
        return len(self.tasks) + (math.prod(map(len, self.axes.values())) if self.axes else 0)

    def task_at(self, place: int) -> Task:
        """The task at a place in the order."""
        if place < len(self.tasks):
            return self.tasks[place]
        place -= len(self.tasks)
        values = {}
        for name, axis in reversed(self.axes.items()):
            place, k = divmod(place, len(axis))
            values[name] = axis[k]
        return task_of(values)

    def jobs(self) -> Iterator[tuple[str, Job]]:
        """Keys and jobs; the theory has one row a task, training one for each seed."""
        for task in self.all_tasks():
            fields = task.to_dict()
            teacher = digest(fields["teacher"])
            for method in self.methods:
                options = self.options.get(method, {})
                for seed in (None,) if method == THEORY else self.seeds:
                    key = content_key(fields, teacher, seed, method, options)
                    yield key, Job(fields, seed, method, options)

    def size(self) -> int:
        """Number of rows, repetitions included."""
        return self.task_count() * sum(1 if method == THEORY else len(self.seeds) for method in self.methods)


def plan(
    grid: Mapping[str, Any] | Iterable[Task] | str | Path,
    seeds: int | Iterable[int] | None = None,
    methods: str | Iterable[str] | None = None,
    options: Mapping[str, Mapping[str, Any]] | None = None,
) -> Plan:
    """The plan of a sweep: every field, option and task is checked against every method, before anything runs.

    Parameters
    ----------
    grid : mapping, iterable of Task, or path
        Fields of a task, each a number, a list, or ``{"logspace": [first, last, how many]}`` (also ``linspace`` and
        ``range``); or tasks; or a TOML, YAML or JSON file with the entries ``task``, ``seeds``, ``methods``,
        ``options``; or a CSV file with a task a line.
    seeds : int or iterable of int, optional
        How many, or which, for the training methods; 5 by default. Must not stand in the file, too; nor must
        ``methods`` and ``options``.
    methods : str or iterable of str, optional
        Of theory, convex, network, amp; theory and convex by default.
    options : mapping, optional
        By method, as for :func:`spectralaw.train`.

    Raises
    ------
    InvalidInput
        One sentence for the first thing that is wrong.
    """
    if isinstance(grid, (str, Path)):
        return _from_file(Path(grid), {"seeds": seeds, "methods": methods, "options": options})
    chosen = _methods(_METHODS if methods is None else methods)
    settled = _options(chosen, {} if options is None else options)
    several = _seeds(_SEEDS if seeds is None else seeds)
    if isinstance(grid, Mapping):
        bad = [name for name in grid if name not in _FIELDS]
        if bad:
            raise InvalidInput(f"unknown field {shown(bad[0])} of a task; choose from {', '.join(_FIELDS)}")
        missing = [name for name in _NEEDED if name not in grid]
        if missing:
            raise InvalidInput(f"a task needs {', '.join(_NEEDED)}, but {missing[0]} is not given")
        if "gamma" in grid and "teacher" in grid:
            raise InvalidInput("gamma cannot be given together with teacher; put it into the teacher")
        made = Plan({str(name): axis_values(str(name), v) for name, v in grid.items()}, (), several, chosen, settled)
        tasks: Iterable[Task] = _corners(made.axes)
    else:
        tasks = tuple(grid) if isinstance(grid, Iterable) and getattr(grid, "ndim", 1) else ()
        if not tasks or not all(isinstance(task, Task) for task in tasks):
            raise InvalidInput("grid must be a mapping of fields, a list of tasks, or the path of a file")
        made = Plan({}, tasks, several, chosen, settled)
    for task in tasks:
        if not isinstance(task.teacher, (PowerLaw, FiniteRank, Empirical)):
            raise InvalidInput(
                f"teacher must be PowerLaw, FiniteRank or Empirical in a sweep, not {shown(task.teacher)}"
            )
        for method in chosen:
            if method != THEORY:
                training.refuse_unfit(task, method)
    if made.size() > LARGEST_PLAN:
        raise InvalidInput(f"a sweep must have at most {LARGEST_PLAN:,} rows, not {shown(made.size())}")
    return made


def _corners(axes: dict[str, list[Any]]) -> Iterator[Task]:
    """Tasks among which there is one of each kind that cannot be: what is wrong with any is wrong with one of these.

    Each value has been read by itself. Fields are limited by intervals, and by one another only through the largest
    and smallest of each.
    """
    for name in ("dimension", "width"):
        for value in axes.get(name, []):
            if value is not None and value != math.floor(value):
                raise InvalidInput(f"{name} must be a whole number, not {value!r}")
    few = {name: extremes(name, values) for name, values in axes.items()}
    for values in itertools.product(*few.values()):
        yield task_of(dict(zip(few, values, strict=True)))


def extremes(name: str, values: list[Any]) -> list[Any]:
    if name == "network":
        return values
    if name == "teacher":
        by_size: dict[Any, Any] = {}
        for teacher in values:
            spectrum = getattr(teacher, "spectrum", (0.0,))
            kind = (type(teacher), min(spectrum) < 0)
            size = getattr(teacher, "rank", len(spectrum))
            if kind not in by_size or size > by_size[kind][0]:
                by_size[kind] = (size, teacher)
        return [teacher for _, teacher in by_size.values()]
    numbers_only = [value for value in values if value is not None]
    ends = [min(numbers_only), max(numbers_only)] if numbers_only else []
    return list(dict.fromkeys([*ends, *([None] if len(numbers_only) < len(values) else [])]))


def task_of(values: dict[str, Any]) -> Task:
    """The task with some fields, ``gamma`` standing for a power-law teacher."""
    values = dict(values)
    if "gamma" in values:
        values["teacher"] = PowerLaw(values.pop("gamma"))
    return Task(**values)


def _methods(methods: Any) -> tuple[str, ...]:
    chosen = (methods,) if isinstance(methods, str) else methods
    if isinstance(chosen, (bytes, Mapping)) or not isinstance(chosen, Iterable):
        raise InvalidInput(f"methods must be some of {', '.join(METHODS)}, not {shown(methods)}")
    chosen = tuple(chosen)
    unknown = [one for one in chosen if not isinstance(one, str) or one not in METHODS]
    if unknown or not chosen:
        raise InvalidInput(f"methods must be some of {', '.join(METHODS)}, not {shown((unknown or [None])[0])}")
    if len(set(chosen)) < len(chosen):
        raise InvalidInput(f"methods must differ from one another, not {shown(list(chosen))}")
    return chosen


def _seeds(seeds: Any) -> Sequence[int]:
    if isinstance(seeds, numbers.Real) and not isinstance(seeds, bool):
        if not seeds >= 1:  # pyright: ignore[reportOperatorIssue]
            raise InvalidInput(f"seeds must be at least one, none negative, not {shown(seeds)}")
        return range(whole("seeds", seeds, 1, LARGEST_AXIS))
    if isinstance(seeds, range) and seeds and 0 <= min(seeds) and max(seeds) <= LARGEST_SEED:
        return seeds
    listed = isinstance(seeds, Iterable) and getattr(seeds, "ndim", 1) and not isinstance(seeds, (str, bytes, Mapping))
    if isinstance(seeds, bool) or not listed:
        raise InvalidInput(f"seeds must be a number of seeds or a list of whole numbers, not {shown(seeds)}")
    chosen = tuple(whole("each of the seeds", one, -LARGEST_SEED, LARGEST_SEED) for one in seeds)
    if not chosen or min(chosen) < 0:
        raise InvalidInput(f"seeds must be at least one, none negative, not {shown(list(chosen))}")
    if len(set(chosen)) < len(chosen):
        raise InvalidInput(f"seeds must differ from one another, not {shown(list(chosen))}")
    return chosen


def _options(methods: tuple[str, ...], options: Any) -> dict[str, dict[str, Any]]:
    """Validated, without those that are the defaults: what is the same has the same key."""
    if not isinstance(options, Mapping):
        raise InvalidInput(f"options must be a table with a table for each method, not {shown(options)}")
    settled = {}
    for method, given in options.items():
        if method not in methods:
            raise InvalidInput(
                f"options are given for {shown(method)}, which is not one of the methods {', '.join(methods)}"
            )
        if not isinstance(given, Mapping):
            raise InvalidInput(f"options of {method} must be a table, not {shown(given)}")
        if method == THEORY:
            if given:
                raise InvalidInput(f"unknown option {shown(next(iter(given)))} of method 'theory', which has none")
            continue
        for name, value in given.items():
            if isinstance(value, bool) or not isinstance(value, numbers.Real):
                raise InvalidInput(f"option {shown(name)} of {method} must be a number, not {shown(value)}")
        chosen = training.settings(method, given)
        own = {name: chosen[name] for name in given if chosen[name] != training.OPTIONS[method][name]}
        if own:
            settled[method] = own
    return settled


def _from_file(path: Path, arguments: dict[str, Any]) -> Plan:
    entries = read(path)
    for name, value in arguments.items():
        if value is not None and name in entries:
            raise InvalidInput(f"{name} must be given once, not both in {path} and beside it")
    try:
        for name in ("seeds", "methods", "options"):
            if name in entries and entries[name] is None:
                raise InvalidInput(f"{name} must have a value, not null")
        given = {name: value for name, value in arguments.items() if value is not None}
        return plan(entries.pop("task"), **{**given, **entries})
    except InvalidInput as error:
        raise InvalidInput(f"sweep file {path}: {error}") from error
