"""From the texts of a page's fields to tasks, and from tasks to the Python and the command line that say the same."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from spectralaw._checks import choice, number_from_text, shown, whole_from_text
from spectralaw.errors import InvalidInput
from spectralaw.explorer.fields import CHOICES, DEFAULTS, LISTS
from spectralaw.inputs import EmpiricalInputs, Inputs, PowerLawInputs, White
from spectralaw.task import Task
from spectralaw.teacher import Empirical, FiniteRank, PowerLaw, Teacher

MOST_VALUES = 5000
"""Numbers of a list that a page takes."""
_MOST_SEEDS = 20


@dataclass(frozen=True)
class View:
    """What the Theory tab shows: one task, or the same for both networks, and how it would be trained."""

    tasks: tuple[Task, ...]
    method: str
    seeds: tuple[int, ...]


def view(values: Mapping[str, Any]) -> View:
    """The view that texts describe, which may be missing; fields that a choice leaves without use are not looked at.

    Raises
    ------
    InvalidInput
        One sentence that names the field, its value and what would be right.
    """
    unknown = next((name for name in values if name not in DEFAULTS), None)
    if unknown is not None:
        raise InvalidInput(f"unknown field {shown(unknown)}; a view has {', '.join(DEFAULTS)}")
    texts = {**DEFAULTS, **{name: str(value) for name, value in values.items() if value is not None}}
    for name, allowed in CHOICES.items():
        choice(name, texts[name], allowed)
    seeds, first = _whole(texts, "seeds"), _whole(texts, "seed")
    if not 1 <= seeds <= _MOST_SEEDS:
        raise InvalidInput(f"seeds must be from 1 to {_MOST_SEEDS}, not {seeds}")
    if not 0 <= first < 2**31:
        raise InvalidInput(f"seed must be from 0 to {2**31 - 1}, not {first}")
    networks = ("quadratic", "diagonal") if texts["network"] == "both" else (texts["network"],)
    return View(
        tuple(_task(network, texts) for network in networks), texts["method"], tuple(range(first, first + seeds))
    )


def _task(network: str, texts: Mapping[str, str]) -> Task:
    width = texts["width"].strip()
    wide = not width or (network == "diagonal" and texts["network"] == "both")  # the diagonal network has no width
    return Task(
        network=network,  # type: ignore[arg-type]
        dimension=_whole(texts, "dimension"),
        samples=_number(texts, "samples"),
        weight_decay=_number(texts, "weight_decay"),
        noise_variance=_number(texts, "noise_variance"),
        teacher=_teacher(texts),
        width=None if wide else _whole(texts, "width"),
        inputs=_inputs(texts),
    )


def _teacher(texts: Mapping[str, str]) -> Teacher:
    coefficients: Any = texts["coefficients"]
    if texts["teacher"] == "PowerLaw":
        return PowerLaw(_number(texts, "gamma"), coefficients=coefficients)
    if texts["teacher"] == "FiniteRank":
        return FiniteRank(_whole(texts, "rank"), gamma=_number(texts, "gamma"), coefficients=coefficients)
    return Empirical(_list(texts, "spectrum"), normalize=texts["normalize"] == "yes", coefficients=coefficients)


def _inputs(texts: Mapping[str, str]) -> Inputs:
    if texts["inputs"] == "White":
        return White()
    if texts["inputs"] == "PowerLawInputs":
        return PowerLawInputs(_number(texts, "input_exponent"))
    return EmpiricalInputs(_list(texts, "input_variances"))


def _number(texts: Mapping[str, str], name: str) -> float:
    return _parsed(name, texts[name], number_from_text)


def _whole(texts: Mapping[str, str], name: str) -> int:
    return _parsed(name, texts[name], whole_from_text)


def _parsed(name: str, text: str, parse: Any) -> Any:
    if not text.strip():
        raise InvalidInput(f"{name} must be given")
    try:
        return parse(text)
    except ValueError as error:
        raise InvalidInput(f"{name} {error}") from None


def _list(texts: Mapping[str, str], name: str) -> list[float]:
    words = re.split(r"[\s,;]+", texts[name].strip())
    if words == [""]:
        raise InvalidInput(f"{LISTS[name]} must be given, as numbers with spaces, commas or line ends between")
    if len(words) > MOST_VALUES:
        raise InvalidInput(f"{LISTS[name]} must be at most {MOST_VALUES:,} on this page, not {len(words):,}")
    return [_parsed(f"{LISTS[name]}: entry {k}", word, number_from_text) for k, word in enumerate(words)]


def in_python(task: Task) -> str:
    """Python that predicts the task."""
    fields = [repr(str(task.network)), *(f"{name}={exact(getattr(task, name))}" for name in _NUMBERS)]
    fields.append(f"teacher={_teacher_in_python(task.teacher)}")
    if task.width is not None:
        fields.append(f"width={task.width}")
    if isinstance(task.inputs, PowerLawInputs):
        fields.append(f"inputs=sl.PowerLawInputs({exact(task.inputs.exponent)})")
    elif isinstance(task.inputs, EmpiricalInputs):
        fields.append(f"inputs=sl.EmpiricalInputs([{', '.join(map(exact, task.inputs.values))}])")
    lines = ("import spectralaw as sl", "", f"task = sl.Task({', '.join(fields)})", "prediction = sl.predict(task)")
    return "\n".join([*lines, "print(prediction)", ""])


def on_the_command_line(task: Task) -> str:
    """The same for a shell; lists of numbers go through a file, as the command takes them."""
    lines, options = [], [("network", str(task.network)), *((name, exact(getattr(task, name))) for name in _NUMBERS)]
    teacher = task.teacher
    if isinstance(teacher, Empirical):
        lines.append(f"printf '%s\\n' {' '.join(map(exact, teacher.spectrum))} > spectrum.txt")
        options += [("spectrum", "spectrum.txt"), *([("normalize", "")] if teacher.normalize else [])]
    elif isinstance(teacher, FiniteRank):
        options += [("rank", str(teacher.rank)), ("gamma", exact(teacher.gamma))]
    elif isinstance(teacher, PowerLaw):
        options.append(("gamma", exact(teacher.gamma)))
    if teacher.coefficients != "gaussian":
        options.append(("coefficients", teacher.coefficients))
    if task.width is not None:
        options.append(("width", str(task.width)))
    if isinstance(task.inputs, PowerLawInputs):
        options.append(("input-exponent", exact(task.inputs.exponent)))
    elif isinstance(task.inputs, EmpiricalInputs):
        lines.append(f"printf '%s\\n' {' '.join(map(exact, task.inputs.values))} > variances.txt")
        options.append(("input-variances", "variances.txt"))
    words = [part for name, value in options for part in (f"--{name.replace('_', '-')}", value) if part]
    return "\n".join([*lines, "spectralaw predict " + " ".join(map(shlex.quote, words))]) + "\n"


_NUMBERS = ("dimension", "samples", "weight_decay", "noise_variance")


def _teacher_in_python(teacher: Teacher) -> str:
    coefficients = "" if teacher.coefficients == "gaussian" else f", coefficients={str(teacher.coefficients)!r}"
    if isinstance(teacher, Empirical):
        normalize = ", normalize=True" if teacher.normalize else ""
        return f"sl.Empirical([{', '.join(map(exact, teacher.spectrum))}]{normalize}{coefficients})"
    if isinstance(teacher, FiniteRank):
        return f"sl.FiniteRank({teacher.rank}, gamma={exact(teacher.gamma)}{coefficients})"
    return f"sl.PowerLaw({exact(teacher.gamma)}{coefficients})"  # type: ignore[attr-defined]


def exact(value: float) -> str:
    """As few digits as give the same number back."""
    text = repr(value)
    return text.removesuffix(".0")
