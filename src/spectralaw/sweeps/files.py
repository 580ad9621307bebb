"""Sweep files: TOML, YAML, JSON, or a CSV with one task a line. Read strictly; what is odd is refused, not guessed."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from spectralaw.errors import InvalidInput
from spectralaw.sweeps.axes import teacher
from spectralaw.sweeps.checks import shown
from spectralaw.task import Task

SECTIONS = ("task", "seeds", "methods", "options")
_LARGEST_FILE = 1 << 28  # bytes
_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_NEEDED = ("network", "dimension", "samples", "weight_decay")
_TASK_COLUMNS = (*_NEEDED, "noise_variance", "width")
_TEACHER_COLUMNS = ("teacher", "gamma", "rank", "spectrum", "normalize", "coefficients")


def read(path: Path) -> dict[str, Any]:
    """The entries of a sweep file; ``task`` is a table of fields, or the list of tasks of a CSV."""
    readers = {".toml": _toml, ".yaml": _yaml, ".yml": _yaml, ".json": _json, ".csv": _csv}
    suffix = path.suffix.lower()
    if suffix not in readers:
        raise InvalidInput(f"sweep file {path} must end in {', '.join(readers)}, not {suffix or 'nothing'!r}")
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise InvalidInput(f"sweep file {path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"sweep file {path} cannot be read: it is not UTF-8 text ({error.reason})") from error
    except ValueError as error:  # a null character in the name
        raise InvalidInput(f"sweep file {str(path)!r} cannot be read: {error}") from error
    if len(content) > _LARGEST_FILE:
        raise InvalidInput(f"sweep file {path} must have at most {_LARGEST_FILE:,} bytes")
    try:
        entries = readers[suffix](text)
    except RecursionError:
        raise InvalidInput(f"sweep file {path} is nested too deeply") from None
    except InvalidInput as error:
        raise InvalidInput(f"sweep file {path}: {error}") from error
    except (ValueError, csv.Error) as error:  # of the parser
        kind = suffix[1:].upper()
        raise InvalidInput(f"sweep file {path} is not {kind}: {' '.join(str(error).split())[:300]}") from error
    if not isinstance(entries, dict):
        raise InvalidInput(f"sweep file {path} must have a table [task] with the fields of a task")
    unknown = [name for name in entries if name not in SECTIONS]
    if unknown:
        raise InvalidInput(
            f"sweep file {path} has an unknown entry {shown(unknown[0])}; choose from {', '.join(SECTIONS)}"
        )
    if not isinstance(entries.get("task"), (dict, list)) or (suffix != ".csv" and isinstance(entries["task"], list)):
        raise InvalidInput(f"sweep file {path} must have a table [task] with the fields of a task")
    return entries


def _toml(text: str) -> Any:
    import tomllib

    return tomllib.loads(text)


def _json(text: str) -> Any:
    def no_constant(name: str) -> Any:
        raise ValueError(f"{name} is no number")

    return json.loads(text, parse_constant=no_constant, object_pairs_hook=_once)


def _once(pairs: list[tuple[Any, Any]]) -> dict[Any, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{shown(next(n for n in names if names.count(n) > 1))} stands twice in one table")
    return table


def _yaml(text: str) -> Any:
    try:
        import yaml
    except ImportError as error:
        raise InvalidInput(
            "YAML files need PyYAML, which is not installed: use TOML, or pip install 'spectralaw[sweeps]'"
        ) from error

    class Loader(yaml.SafeLoader):
        """Numbers as in YAML 1.2: 1e-3 is one, 1:30, 1_000 and 010 are none; no key twice."""

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            self.flatten_mapping(node)
            return _once([(self.construct_object(key, True), self.construct_object(v, deep)) for key, v in node.value])

    dropped = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float", "tag:yaml.org,2002:timestamp")
    Loader.yaml_implicit_resolvers = {
        letter: [(tag, pattern) for tag, pattern in resolvers if tag not in dropped]
        for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    first = list("-+.0123456789")
    Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[-+]?(?:0|[1-9][0-9]*)$"), first)
    pattern = re.compile(rf"^(?:(?=.*[.eE]){_NUMBER.pattern}|[-+]?\.(?:inf|nan))$")
    Loader.add_implicit_resolver("tag:yaml.org,2002:float", pattern, first)
    add: Any = Loader.add_constructor
    add("tag:yaml.org,2002:map", lambda loader, node: loader.construct_mapping(node, True))
    add("tag:yaml.org,2002:float", lambda loader, node: _yaml_float(loader.construct_scalar(node)))
    try:
        return yaml.load(text, Loader)  # of safe kinds only
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
    except TypeError as error:  # a list or table as a key
        raise ValueError(f"keys must be names: {error}") from error


def _yaml_float(text: str) -> float:
    return float(text.replace(".inf", "inf").replace(".nan", "nan"))


def _csv(text: str) -> dict[str, Any]:
    """One task a line, under a header of field names; an empty cell is a field that is not given."""
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = [name.strip() for name in next(lines, [])]
    columns = (*_TASK_COLUMNS, *_TEACHER_COLUMNS)
    for place, name in enumerate(header):
        if name not in columns:
            raise InvalidInput(f"column {shown(name)} is not a field of a task; choose from {', '.join(columns)}")
        if name in header[:place]:
            raise InvalidInput(f"column {name!r} stands twice in the header")
    missing = [name for name in _NEEDED if name not in header]
    if missing:
        raise InvalidInput(f"the header must have {', '.join(_NEEDED)}, but {missing[0]} is not there")
    tasks: dict[Task, int] = {}
    for cells in lines:
        if not cells:
            continue
        line = lines.line_num
        if len(cells) != len(header):
            raise InvalidInput(f"line {line} has {len(cells)} cells, but the header has {len(header)}")
        given = {name: cell.strip() for name, cell in zip(header, cells, strict=True) if cell.strip()}
        try:
            task = _task_of_cells(given)
        except InvalidInput as error:
            raise InvalidInput(f"line {line}: {error}") from error
        if task in tasks:
            raise InvalidInput(f"line {line} is the same task as line {tasks[task]}")
        tasks[task] = line
    if not tasks:
        raise InvalidInput("there is no task below the header")
    return {"task": list(tasks)}


def _task_of_cells(given: dict[str, str]) -> Task:
    missing = [name for name in _NEEDED if name not in given]
    if missing:
        raise InvalidInput(f"{missing[0]} must be given, but its cell is empty")
    read_cell: dict[str, Callable[[str, str], Any]] = {
        "network": _name, "teacher": _name, "coefficients": _name, "normalize": _truth, "spectrum": _numbers,
    }  # fmt: skip
    values = {name: read_cell.get(name, number_from)(name, cell) for name, cell in given.items()}
    about = {name: values.pop(name) for name in _TEACHER_COLUMNS if name in values}
    kind = about.pop("teacher", "FiniteRank" if "rank" in about else "Empirical" if "spectrum" in about else "PowerLaw")
    return Task(**values, teacher=teacher({"kind": kind, **about}))


def _name(_: str, cell: str) -> str:
    return cell


def _truth(name: str, cell: str) -> bool:
    if cell.lower() not in ("true", "false"):
        raise InvalidInput(f"{name} must be true or false, not {shown(cell)}")
    return cell.lower() == "true"


def _numbers(name: str, cell: str) -> list[float | int]:
    """A list of numbers, [1, 0.5], as JSON writes it."""
    if not (cell.startswith("[") and cell.endswith("]")):
        raise InvalidInput(f"{name} must be a list such as [1, 0.5], not {shown(cell)}")
    return [number_from(name, entry.strip()) for entry in cell[1:-1].split(",")]


def number_from(name: str, text: str) -> float | int:
    """The number that a text is, in plain decimal or scientific notation."""
    if not _NUMBER.fullmatch(text) or len(text) > 400:
        raise InvalidInput(f"{name} must be a number, not {shown(text)}")
    return int(text) if text.lstrip("+-").isdigit() else float(text)
