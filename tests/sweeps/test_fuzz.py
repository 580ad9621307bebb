"""Hundreds of mutated sweep files: each is a plan that means what it says, or is refused in one sentence.

Each mutation is known to be right or wrong, so that both a traceback and nonsense that is accepted are seen. Changes
of the text itself are not, and only what comes out is judged.
"""

from __future__ import annotations

import copy
import csv
import io
import json
import math
import random

import pytest
import yaml

import spectralaw as sl
from spectralaw import cli
from spectralaw.sweeps.jobs import METHODS
from spectralaw.training.methods import settings

CASES = 150  # of each kind
_DEEP: list = []
for _ in range(60):
    _DEEP = [_DEEP]
NOT_NUMBERS = [
    True, False, "1", "", "1e3", [[1]], [[]], ["1"], [True], [1, "2"], [None], {}, {"a": 1}, {"range": [1, 2]}, [],
    {"linspace": [1, 2, 3], "range": [1, 2, 1]}, {"logspace": [1, 2, 0]}, {"logspace": "1,2,3"}, {"range": [1, 2, 0]},
    {"range": [2, 1, 1]}, {"linspace": [1, 2, 1e9]}, {"linspace": [1, 2, 2.5]}, {"logspace": [0, 1, 3]},
    {"logspace": [True, 2, 3]}, {"linspace": ["1", 2, 3]}, {"linspace": None}, _DEEP, 10**400, [1, 10**400],
]  # fmt: skip
NAN = [math.nan, math.inf, -math.inf, [1.0, math.nan], {"linspace": [1, math.inf, 3]}]
WRONG = {
    ("task", "network"): ["diag", "", 1, None, True, [], ["diagonal", 3], {"linspace": [1, 2, 2]}, {}],
    ("task", "dimension"): [*NOT_NUMBERS, 1, 0, -3, 20.5, [20, 1], 10**13, None],
    ("task", "samples"): [*NOT_NUMBERS, 0, 0.5, -1, [20, 0], None],
    ("task", "weight_decay"): [*NOT_NUMBERS, -1, [1, -1e-300], None],
    ("task", "noise_variance"): [*NOT_NUMBERS, -1e-9, None],
    ("task", "gamma"): [*NOT_NUMBERS, 0.5, 0, [1, 0.2], None],
    ("task", "teacher"): [
        True, None, "PowerLaw", 1, [], [1], {}, {"kind": "Law"}, {"kind": None}, {"kind": ["PowerLaw"]},
        {"kind": "FiniteRank"}, {"kind": "FiniteRank", "rank": 2.5}, {"kind": "FiniteRank", "rank": 10**13},
        {"kind": "FiniteRank", "rank": True}, {"kind": "FiniteRank", "rank": 2, "gamma": -1},
        {"kind": "PowerLaw", "gamma": [1, 2]}, {"kind": "PowerLaw", "gamma": None}, {"kind": "PowerLaw", "rank": 1},
        {"kind": "PowerLaw", "coefficients": "both"}, {"kind": "PowerLaw", "coefficients": ["fixed"]},
        {"kind": "Empirical"}, {"kind": "Empirical", "spectrum": []}, {"kind": "Empirical", "spectrum": [0]},
        {"kind": "Empirical", "spectrum": [-1]}, {"kind": "Empirical", "spectrum": "12"},
        {"kind": "Empirical", "spectrum": [True]}, {"kind": "Empirical", "spectrum": ["1"]},
        {"kind": "Empirical", "spectrum": [[1]]}, {"kind": "Empirical", "spectrum": [1], "normalize": 1},
        {"kind": "Empirical", "spectrum": [1] * 41}, {"kind": "Empirical", "spectrum": _DEEP},
    ],
    ("task", "width"): [True, "3", [], {}, 0, -1, 2.5, [30, True], _DEEP, 3],
    ("task", "lambda"): [1.0, None],
    ("task",): [None, True, 1, "x", [], {}, [{}], _DEEP, {"network": "diagonal"}],
    ("seeds",): [
        None, True, False, 0, -1, 1.5, "3", "", [], [1.7], [-1], [True], ["1"], [None], [1, 1], [[1]], {}, {"range": 3},
        10**40, [2**63], _DEEP, 10**7, [1, 1.5],
    ],
    ("methods",): [None, True, 1, "", "sgd", [], [1], [None], ["convex", "convex"], [["convex"]], {}, "theory,convex",
                   ["theory", "Convex"], {"convex": 1}, _DEEP],
    ("options",): [
        None, True, 1, "x", [], {"sgd": {}}, {"convex": None}, {"convex": True}, {"convex": [1]}, {"theory": {"a": 1}},
        {"convex": {"tolerence": 1}}, {"convex": {"tolerance": "a"}}, {"convex": {"tolerance": True}},
        {"convex": {"tolerance": None}}, {"convex": {"tolerance": 0}}, {"convex": {"tolerance": -1}},
        {"convex": {"tolerance": [1e-3]}}, {"convex": {"max_iterations": 0}}, {"convex": {"max_iterations": 1.5}},
        {"convex": {"damping": 0.5}}, {"convex": {"tolerance": 10**400}}, {"convex": _DEEP}, _DEEP,
    ],
    ("task_",): [{}],
}  # fmt: skip
WRONG_NAN = {("task", name): NAN for name in ("dimension", "samples", "weight_decay", "noise_variance", "gamma")} | {
    ("seeds",): [math.nan, [math.inf]],
    ("options",): [{"convex": {"tolerance": math.nan}}, {"convex": {"max_iterations": math.inf}}],
}
RIGHT = {
    ("task", "samples"): [40, 2.5, [20, 40.0], {"logspace": [10, 1000, 3]}, {"range": [20, 40, 10]}, 1e3],
    ("task", "weight_decay"): [1, 1e-3, [0.1, 1], {"linspace": [0.1, 1, 4]}, {"range": [0.1, 0.7, 0.1]}],
    ("task", "noise_variance"): [0, 0.5, [0.0, 1e-3]],
    ("task", "dimension"): [40, 40.0, [40, 50]],
    ("seeds",): [1, 3, 3.0, [0, 7], [2**62]],
    ("methods",): ["theory", "convex", ["convex", "theory"], ["amp", "network", "convex"]],
    ("options",): [{}, {"convex": {}}, {"convex": {"tolerance": 1e-4, "max_iterations": 1e4}}],
}


def base() -> dict:
    return {
        "seeds": 2,
        "methods": ["theory", "convex"],
        "task": {"network": "diagonal", "dimension": 40, "samples": [20, 60], "weight_decay": 1.0},
        "options": {"convex": {"tolerance": 1e-5}},
    }


def put(content: dict, path: tuple[str, ...], value: object) -> None:
    for name in path[:-1]:
        if not isinstance(content.get(name), dict):
            return
        content = content[name]
    content[path[-1]] = copy.deepcopy(value) if value is not _DEEP else value


def _toml_value(value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(str(k))} = {_toml_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml_value, value)) + "]"
    return json.dumps(value) if isinstance(value, str) else repr(value)


def written(content: dict, suffix: str) -> str:
    if suffix == "json":
        return json.dumps(content)
    if suffix == "yaml":
        return yaml.safe_dump(content)
    return "".join(f"{name} = {_toml_value(value)}\n" for name, value in content.items())


def has_none(value) -> bool:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return value is None or (value is not _DEEP and any(has_none(one) for one in inside))


def read(path) -> sl.sweeps.Plan | None:  # type: ignore[name-defined]
    """The plan of a file, or None where it is refused in one sentence; anything else is an error of the test."""
    try:
        return sl.plan_sweep(path)
    except sl.InvalidInput as error:
        said = str(error)
        assert "\n" not in said and 10 < len(said) < 700, said
        assert path.name in said
        return None


def sensible(plan) -> None:
    """What a plan must be, by checks of its own."""
    assert plan.size() > 0 and plan.methods and set(plan.methods) <= set(METHODS)
    assert all(type(seed) is int and 0 <= seed < 2**63 for seed in (*plan.seeds[:5], plan.seeds[-1]))
    for method, options in plan.options.items():
        assert all(type(value) in (int, float) and math.isfinite(value) for value in options.values())
        settings(method, options)
    for place in {0, plan.task_count() // 2, plan.task_count() - 1}:
        task = plan.task_at(place)
        assert type(task.dimension) is int and task.samples >= 1.0 and math.isfinite(task.samples)
        assert task.weight_decay > 0.0 or plan.methods == ("theory",)
        assert sl.Task.from_dict(task.to_dict()) == task
        json.dumps(task.to_dict(), allow_nan=False)


@pytest.mark.parametrize("suffix", ["toml", "json", "yaml"])
def test_values_that_are_wrong_are_refused(tmp_path, suffix):
    path = tmp_path / f"s.{suffix}"
    every = [(where, value) for where, values in WRONG.items() for value in values]
    every += [] if suffix == "json" else [(where, value) for where, values in WRONG_NAN.items() for value in values]
    for where, value in every:
        if (suffix == "toml" and has_none(value)) or (suffix == "yaml" and value == "1e3"):
            continue  # there is no null in TOML; PyYAML writes this text as the number that it is in YAML 1.2
        content = base()
        if where == ("task", "width") and value == 3:
            content["task"]["network"] = "quadratic"
        if where[-1] == "teacher" and isinstance(value, dict) and value.get("spectrum") == [-1]:
            value = {**value, "coefficients": "gaussian"}
        put(content, where, value)
        path.write_text(written(content, suffix))
        assert read(path) is None, f"accepted: {where} = {value!r}"


@pytest.mark.parametrize("suffix", ["toml", "json", "yaml"])
def test_values_that_are_right_are_taken_as_they_are(tmp_path, suffix):
    dice = random.Random(f"right {suffix}")
    path = tmp_path / f"s.{suffix}"
    for _ in range(CASES):
        content = base()
        for where in dice.sample(list(RIGHT), 3):
            put(content, where, dice.choice(RIGHT[where]))
        if "convex" not in content["methods"]:
            content["options"] = {}
        path.write_text(written(content, suffix))
        plan = read(path)
        assert plan is not None, content
        sensible(plan)
        seeds, methods = content["seeds"], content["methods"]
        assert list(plan.seeds) == (seeds if isinstance(seeds, list) else list(range(int(seeds))))
        assert list(plan.methods) == (methods if isinstance(methods, list) else [methods])
        for name in ("samples", "weight_decay", "noise_variance", "dimension"):
            given = content["task"].get(name, 0.0)
            if not isinstance(given, dict):
                expected = given if isinstance(given, list) else [given]
                assert {getattr(task, name) for task in plan.all_tasks()} == set(expected)


@pytest.mark.parametrize("suffix", ["toml", "json", "yaml", "csv"])
def test_texts_that_were_changed_anywhere(tmp_path, suffix):
    dice = random.Random(f"text {suffix}")
    path = tmp_path / f"s.{suffix}"
    pieces = ["\n", "[", "]", "{", "}", '"', "=", ":", ",", "null", "true", "nan", "1e999", "-", "\x00", "\ufeff", "é",
              "\x1b[2J", "&a ", "*a", "!!python/name:os.system ", "0x1", "1_0", "1:3", "..", " " * 9, "#",
              "'"]  # fmt: skip
    csv_text = "network,dimension,samples,weight_decay,rank\ndiagonal,40,20,1.0,\nquadratic,40,1e2,0.1,3\n"
    accepted = 0
    for _ in range(CASES):
        text = csv_text if suffix == "csv" else written(base(), suffix)
        for _ in range(dice.choice([1, 1, 2, 5])):
            at = dice.randrange(len(text))
            kind = dice.randrange(4)
            if kind == 0:
                text = text[:at] + dice.choice(pieces) + text[at:]
            elif kind == 1:
                text = text[:at] + text[at + dice.choice([1, 1, 5, 50]) :]
            elif kind == 2:
                text = text[:at] + chr(dice.choice([*range(32, 127), 0, 7, 233, 0x2028])) + text[at + 1 :]
            else:
                text = text[:at] + text[at : at + 30] * dice.choice([2, 3]) + text[at + 30 :]
            text = text or "#"
        raw = text.encode()
        if dice.random() < 0.1:
            raw = raw[: dice.randrange(len(raw))] + bytes([dice.randrange(256)])
        path.write_bytes(raw)
        plan = read(path)
        if plan is not None:
            sensible(plan)
            accepted += 1
    assert accepted < CASES  # some are harmless: a comment, a digit


def test_tables_that_are_wrong_are_refused(tmp_path):
    dice = random.Random("csv")
    path = tmp_path / "s.csv"
    wrong = {
        "network": ["diag", "1", "Diagonal", "true"],
        "dimension": ["1", "20.5", "x", "nan", "1e13", "0x20", "1,5", "-3", "True"],
        "samples": ["0", "-1", "inf", "1_000", "1 000", "1e999", "''"],
        "weight_decay": ["-1", "nan", "0", "1e", "e3", "--1"],
        "noise_variance": ["-0.1", "none", "½", "+-1"],
        "width": ["3", "0", "2.5", "true"],
        "rank": ["0", "41", "1.5", "[1]"],
        "gamma": ["-1", "nan", "g"],
        "spectrum": ["1", "[]", "[1;2]", "[nan]", "[true]", "{}", "[[1]]", "[1"],
        "coefficients": ["both", "1", "Gaussian"],
    }
    for _ in range(2 * CASES):
        row = {"network": "diagonal", "dimension": "40", "samples": "20", "weight_decay": "1"}
        name = dice.choice(list(wrong))
        if name == "width":
            row["network"] = "quadratic"
        row[name] = dice.choice(wrong[name])
        if name == "gamma":
            row["rank"] = "3"
        text = io.StringIO()
        writer = csv.DictWriter(text, list(row), lineterminator=dice.choice(["\n", "\r\n"]))
        writer.writeheader()
        writer.writerow(row)
        path.write_text(text.getvalue(), newline="")
        assert read(path) is None, row


def test_the_command_line_refuses_in_one_sentence(tmp_path, capsys):
    dice = random.Random("command")
    every = [(where, value) for where, values in WRONG.items() for value in values]
    for where, value in dice.sample(every, 40):
        content = base()
        if where == ("task", "width") and value == 3:
            content["task"]["network"] = "quadratic"
        put(content, where, value)
        (tmp_path / "s.json").write_text(json.dumps(content))
        assert cli.run(["sweep", "run", str(tmp_path / "s.json")]) == 2
        said = capsys.readouterr()
        assert said.out == "" and said.err.startswith("spectralaw: sweep file") and said.err.count("\n") == 1
        assert [file.name for file in tmp_path.iterdir()] == ["s.json"]
