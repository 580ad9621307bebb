"""What a sweep runs: a grid or a list of tasks × seeds × methods, from Python or from a file."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spectralaw.errors import InvalidInput
from spectralaw.sweeps.axes import axis_values
from spectralaw.sweeps.jobs import METHODS, THEORY, Job, content_key, digest
from spectralaw.task import Task

_FIELDS = ("network", "dimension", "samples", "weight_decay", "noise_variance", "width", "gamma", "teacher")
_SECTIONS = ("task", "seeds", "methods", "options")


@dataclass(frozen=True)
class Plan:
    """Jobs, made one after the other: a plan of any size takes no memory."""

    axes: dict[str, list[Any]]
    """Values of each field of a task; their product is run."""
    tasks: tuple[Task, ...]
    """Or the tasks themselves."""
    seeds: tuple[int, ...]
    methods: tuple[str, ...]
    options: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Options of each training method."""

    def all_tasks(self) -> Iterator[Task]:
        """The tasks, in order."""
        yield from self.tasks
        if self.axes:
            names = list(self.axes)
            for values in itertools.product(*self.axes.values()):
                yield task_of(dict(zip(names, values, strict=True)))

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
        count = len(self.tasks)
        if self.axes:
            product = 1
            for values in self.axes.values():
                product *= len(values)
            count += product
        return count * sum(1 if method == THEORY else len(self.seeds) for method in self.methods)


def plan(
    grid: Mapping[str, Any] | Iterable[Task] | str | Path,
    seeds: int | Iterable[int] = 5,
    methods: str | Iterable[str] = (THEORY, "convex"),
    options: Mapping[str, Mapping[str, Any]] | None = None,
) -> Plan:
    """The plan of a sweep.

    Parameters
    ----------
    grid : mapping, iterable of Task, or path
        Fields of a task, each a number, a list, or ``{"logspace": [first, last, how many]}`` (also ``linspace`` and
        ``range``); or tasks; or a TOML or YAML file with the tables and entries ``task``, ``seeds``, ``methods``,
        ``options``, which take the place of the other arguments.
    seeds : int or iterable of int
        How many, or which, for the training methods.
    methods : str or iterable of str
        Of theory, convex, network, amp.
    options : mapping, optional
        By method, as for :func:`spectralaw.train`.
    """
    if isinstance(grid, (str, Path)):
        return _from_file(Path(grid))
    methods = (methods,) if isinstance(methods, str) else tuple(methods)
    unknown = [m for m in methods if m not in METHODS]
    if unknown or not methods:
        raise InvalidInput(f"methods must be some of {', '.join(METHODS)}, not {(unknown or [None])[0]!r}")
    chosen = _options(methods, options or {})
    if isinstance(grid, Mapping):
        fields: dict[str, Any] = {str(name): value for name, value in grid.items()}
        bad = sorted(set(fields) - set(_FIELDS))
        if bad:
            raise InvalidInput(f"unknown field {bad[0]!r} of a task; choose from {', '.join(_FIELDS)}")
        axes = {name: axis_values(name, value)[0] for name, value in fields.items()}
        made = Plan(axes, (), _seeds(seeds), methods, chosen)
    else:
        tasks = tuple(grid)
        if not tasks or not all(isinstance(task, Task) for task in tasks):
            raise InvalidInput("grid must be a mapping of fields, a list of tasks, or the path of a file")
        made = Plan({}, tasks, _seeds(seeds), methods, chosen)
    next(made.all_tasks())  # a bad field speaks now
    return made


def task_of(values: dict[str, Any]) -> Task:
    """The task with some fields, ``gamma`` standing for a power-law teacher."""
    teacher = values.pop("teacher", None)
    gamma = values.pop("gamma", None)
    if teacher is not None and gamma is not None:
        raise InvalidInput("gamma cannot be given together with teacher; put it into the teacher")
    if teacher is None:
        teacher = {"kind": "PowerLaw", "gamma": 1.0 if gamma is None else gamma}
    elif not isinstance(teacher, Mapping):
        import dataclasses

        teacher = {"kind": type(teacher).__name__, **dataclasses.asdict(teacher)}
    return Task.from_dict({**values, "teacher": dict(teacher)})


def _seeds(seeds: int | Iterable[int]) -> tuple[int, ...]:
    if isinstance(seeds, int) and not isinstance(seeds, bool):
        chosen = tuple(range(seeds))
    else:
        try:
            chosen = tuple(int(s) for s in seeds)  # type: ignore[union-attr]
        except (TypeError, ValueError) as error:
            raise InvalidInput(f"seeds must be a number of seeds or a list of whole numbers, not {seeds!r}") from error
    if not chosen or min(chosen) < 0:
        raise InvalidInput(f"seeds must be at least one, none negative, not {seeds!r}")
    return chosen


def _options(methods: tuple[str, ...], options: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    unknown = sorted(set(options) - set(methods))
    if unknown:
        raise InvalidInput(
            f"options are given for {unknown[0]!r}, which is not one of the methods {', '.join(methods)}"
        )
    return {method: dict(values) for method, values in options.items()}


def _from_file(path: Path) -> Plan:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"sweep file {path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    content = _parse(path, text)
    unknown = sorted(set(content) - set(_SECTIONS)) if isinstance(content, dict) else ["?"]
    if unknown:
        raise InvalidInput(f"sweep file {path} has an unknown entry {unknown[0]!r}; choose from {', '.join(_SECTIONS)}")
    if not isinstance(content.get("task"), dict):
        raise InvalidInput(f"sweep file {path} has no table [task] with the fields of a task")
    return plan(
        content["task"],
        content.get("seeds", 5),
        content.get("methods", (THEORY, "convex")),
        content.get("options"),
    )


def _parse(path: Path, text: str) -> Any:
    if path.suffix in (".yaml", ".yml"):
        try:
            import yaml
        except ImportError as error:
            raise InvalidInput(
                "YAML files need PyYAML, which is not installed: use TOML, or pip install pyyaml"
            ) from error
        try:
            return yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise InvalidInput(f"sweep file {path} is not YAML: {' '.join(str(error).split())}") from error
    if path.suffix == ".json":
        try:
            return json.loads(text)
        except ValueError as error:
            raise InvalidInput(f"sweep file {path} is not JSON: {error}") from error
    import tomllib

    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"sweep file {path} is not TOML: {error}") from error
