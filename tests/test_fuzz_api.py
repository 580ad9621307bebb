"""Thousands of wrong arguments into the public functions: each is refused in one sentence that names it.

Seeded. Every case takes a call that works and spoils one argument with a value that is nonsense there; the call must
raise ``InvalidInput``, and nothing else. Beside them the same calls with good values of unusual kinds must work.
"""

from __future__ import annotations

import dataclasses
import decimal
import fractions
import math
import random

import numpy as np
import pytest

import spectralaw as sl

TASK = sl.Task("quadratic", 8, 40, 1.0, 0.5)
DIAGONAL = sl.Task("diagonal", 8, 40, 1.0, 0.5)


class Floaty:
    """Converts to a number and is none."""

    def __float__(self) -> float:
        return 3.0

    def __int__(self) -> int:
        return 3

    def __index__(self) -> int:
        return 3


class Broken:
    """Cannot even be shown."""

    def __repr__(self) -> str:
        raise RuntimeError("no")


def _deep():
    value: list = []
    for _ in range(100_000):
        value = [value]
    return value


NOT_NUMBERS = [
    None,
    True,
    np.True_,
    False,
    "3",
    "",
    "1e3",
    b"3",
    1j,
    3 + 0j,
    np.complex128(3),
    [],
    [3.0],
    (3.0,),
    {},
    {3},
    {"a": 3},
    object(),
    Floaty(),
    Broken(),
    np.timedelta64(3, "D"),
    np.datetime64("2026-01-01"),
    np.array([3.0]),
    np.ones((2, 2)),
    np.array("3"),
    np.array(True),
    np.array(3j),
    np.str_("3"),
    np.ma.masked,
    int,
    lambda: 3,
    range(3),
    Ellipsis,
    _deep(),
]
NOT_FINITE = [math.nan, math.inf, -math.inf, np.float32("nan"), np.array(np.inf), 10**400, decimal.Decimal("NaN")]
NO_NUMBER = NOT_NUMBERS + NOT_FINITE
NOT_WHOLE = [2.5, fractions.Fraction(5, 2), np.float64(3.7), 1e-9]
NO_WORD = [
    "",
    "deep",
    "Quadratic",
    "quadratic ",
    b"convex",
    3,
    None,
    [],
    ["convex"],
    {},
    True,
    np.array(["convex"]),
    sl.Task,
    Broken(),
]
NO_TASK = [
    None,
    3,
    "task",
    {},
    [],
    sl.Task,
    sl.PowerLaw(1.0),
    TASK.to_dict(),
    (TASK,),
    [TASK],
    np.array(TASK),
    Broken(),
    _deep(),
]
NO_LIST = [
    None,
    True,
    "12",
    b"12",
    "3.0",
    {1.0: 2.0},
    {1.0, 2.0},
    [],
    (),
    np.array([]),
    np.ones((2, 2)),
    [[1.0]],
    ["1"],
    ["a"],
    [True],
    [None],
    [1j],
    np.array([True]),
    np.array(["1"]),
    np.array([1j]),
    np.array([None]),
    [1.0, math.nan],
    [math.inf],
    [10**400],
    object(),
    Floaty(),
    [Floaty()],
    3,
    Broken(),
    [Broken()],
    _deep(),
    np.ma.array([1.0, 2.0], mask=[0, 1]),
    np.array([1], dtype="datetime64[s]"),
    np.zeros(2, dtype=[("a", float)]),
]
NO_PATH = [None, 3, "", "a\0b", b"x", [], {}, True, object()]
NO_FLAG = ["yes", 1, 0, None, [], np.array([True, False]), "False"]

GOOD_FIELDS = dict(network="quadratic", dimension=8, samples=40.0, weight_decay=1.0, noise_variance=0.5, width=8)
CALLS = {
    "Task": (sl.Task, GOOD_FIELDS),
    "PowerLaw": (sl.PowerLaw, dict(gamma=1.0, coefficients="gaussian")),
    "FiniteRank": (sl.FiniteRank, dict(rank=3, gamma=0.5, coefficients="fixed")),
    "Empirical": (sl.Empirical, dict(spectrum=[2.0, 1.0], normalize=True, coefficients="gaussian")),
    "replace": (TASK.replace, dict(samples=50, weight_decay=2.0, noise_variance=0.1, dimension=9, network="quadratic")),
    "from_dict": (lambda **fields: sl.Task.from_dict(fields), {**GOOD_FIELDS, "teacher": {"kind": "PowerLaw"}}),
    "predict": (sl.predict, dict(task=TASK)),
    "predict_grid": (sl.predict_grid, dict(task=TASK, samples=[20, 40], weight_decay=[1.0], noise_variance=0.5)),
    "predict_grid over others": (sl.predict_grid, dict(task=TASK, dimension=[8], width=[4, 8], gamma=[1.0])),
    "phase_diagram": (sl.phase_diagram, dict(task=DIAGONAL, samples=[20.0], weight_decay=[0.1, 1.0])),
    "optimal_weight_decay": (sl.optimal_weight_decay, dict(task=DIAGONAL)),
    "train": (sl.train, dict(task=TASK, seed=1, method="convex", tolerance=1e-5, max_iterations=1000)),
    "train the network": (sl.train, dict(task=DIAGONAL, seed=1, method="network", tolerance=1e-2, start_scale=0.5)),
    "train by amp": (sl.train, dict(task=DIAGONAL, seed=1, method="amp", tolerance=1e-2, damping=0.5)),
    "compare": (sl.compare, dict(task=DIAGONAL, seeds=2, method="convex", tolerance=1e-4)),
    "predict_pruning": (sl.predict_pruning, dict(prediction=sl.predict(TASK))),
    "read_bulk": (sl.read_bulk, dict(spectrum=np.linspace(0.0, 1.0, 30), zero=0.1)),
    "prune": (sl.prune, dict(source=sl.train(TASK, 0), bulk=sl.predict(TASK))),
    "plot_spectrum": (sl.plot_spectrum, dict(prediction=sl.predict(TASK), trained=sl.train(TASK, 0), output="x.png")),
    "plot_curve": (sl.plot_curve, dict(data=sl.predict_grid(TASK, samples=[20, 40]), output="x.png")),
    "open_sweep": (sl.open_sweep, dict(path="")),
    "sweep": (sl.sweep, dict(grid=[TASK], store="missing/x.sqlite", seeds=1, methods="theory", workers=1)),
    "plan_sweep": (sl.plan_sweep, dict(grid=[TASK], seeds=1, methods=["theory"])),
    "save": (sl.predict(TASK).save, dict(path="")),
    "load": (sl.load, dict(path="")),
    "Prediction.load": (sl.Prediction.load, dict(path="")),
}
NEGATIVE = [-1, -1e-9, -1e9, np.int64(-3)]
BAD = {
    "network": NO_WORD,
    "method": NO_WORD,
    "coefficients": NO_WORD,
    "normalize": NO_FLAG,
    "task": NO_TASK,
    "dimension": NO_NUMBER + NOT_WHOLE + NEGATIVE + [0, 1, 10**13, 1e13],
    "samples": NO_NUMBER + NEGATIVE + [0, 0.5, -0.0],
    "weight_decay": NO_NUMBER + NEGATIVE,
    "noise_variance": NO_NUMBER + NEGATIVE,
    "width": [value for value in NO_NUMBER if value is not None] + NOT_WHOLE + NEGATIVE + [0],
    "gamma": NO_NUMBER + NEGATIVE,
    "rank": NO_NUMBER + NOT_WHOLE + NEGATIVE + [0],
    "spectrum": NO_LIST + [[0.0], [0.0, -0.0], [1.0, -2.0]],
    "teacher": [
        None,
        3,
        "PowerLaw",
        [],
        {},
        {"kind": "Magic"},
        {"kind": []},
        {"kind": "PowerLaw", "gamma": "1"},
        {"kind": "PowerLaw", "rank": 3},
        {"kind": "FiniteRank"},
        {3: 4},
        {"kind": "Empirical", "spectrum": "12"},
        True,
        _deep(),
    ],
    "seed": [value for value in NO_NUMBER if not (isinstance(value, int) and value == 10**400)]
    + NOT_WHOLE
    + NEGATIVE,  # a seed may be of any size
    "seeds": [value for value in NO_NUMBER if not isinstance(value, range)]
    + NEGATIVE
    + [0, 1, 2.5, [1], [1, 1], [1, 1.0], [1, 2.5], [1, -2], [1, "2"], [1, True], [1, None], "12", {1: 2}, 10**9],
    "tolerance": NO_NUMBER + NEGATIVE + [0, 0.0],
    "start_scale": NO_NUMBER + NEGATIVE + [0],
    "damping": NO_NUMBER + NEGATIVE + [0, 1.5],
    "max_iterations": NO_NUMBER + NOT_WHOLE + NEGATIVE + [0],
    "path": NO_PATH,
    "store": NO_PATH,
    "prediction": [value for value in NO_TASK if value is not None] + [TASK],
    "bulk": [value for value in NO_TASK if value is not None] + [TASK],
    "trained": [value for value in NO_TASK if value is not None and not (isinstance(value, list) and not value)]
    + [TASK, sl.predict(TASK)],
    "source": [None, 3, "", {1, 2}, b"x", True],
    "zero": NO_NUMBER + NEGATIVE,
    "data": [*NO_TASK, TASK],
    "output": [value for value in NO_PATH if value is not None] + ["x.gif", "x"],
    "grid": [value for value in NO_TASK if not isinstance(value, (dict, tuple, list))] + [[3], [], [TASK, 3], {"a": 1}],
    "methods": [v for v in NO_WORD if v is not None and not isinstance(v, (list, np.ndarray))] + [["x"]],
    "workers": [value for value in NO_NUMBER if value is not None] + [0, -1, 1.5],
}
AXES = {name: NO_LIST for name in ("samples", "weight_decay", "noise_variance", "dimension", "width", "gamma")}


def _is_one(value) -> bool:
    if isinstance(value, np.ndarray):
        return value.dtype.kind == "f" and value.shape == (1,)
    return any(value is one or (isinstance(value, type(one)) and value == one) for one in (1, [1], (3.0,), [3.0], {3}))


def _bad_values(call: str, name: str) -> list:
    if call in ("predict_grid", "predict_grid over others", "phase_diagram") and name in AXES:
        values = [value for value in NO_LIST if value is True or not isinstance(value, int)]  # one number is an axis
        values = [value for value in values if value is not None or call != "phase_diagram"]  # None is the default
        return [*values, [-1.0], -1.0, math.nan, "3", *([[0.5]] if name in ("samples", "dimension") else [])]
    if name == "seeds" and call != "compare":  # one is enough, None is the default
        return [v for v in BAD["seeds"] if v is not None and v is not True and not _is_one(v)]
    return BAD[name] + ([0.5, 0.1] if name == "gamma" and call == "PowerLaw" else [])


CASES = [(call, name) for call, (_, good) in CALLS.items() for name in good]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # should anything be written


def _one_sentence(error: sl.InvalidInput) -> None:
    text = str(error)
    assert "\n" not in text and 10 < len(text) < 500 and "Traceback" not in text and "object has no" not in text, text


@pytest.mark.parametrize(("call", "name"), CASES, ids=lambda part: part)
def test_nonsense_is_refused_in_one_sentence(call, name):
    function, good = CALLS[call]
    accepted = []
    for value in _bad_values(call, name):
        try:
            accepted.append((value, function(**{**good, name: value})))
        except sl.InvalidInput as error:
            _one_sentence(error)
    assert not accepted


def _unusual(draw: random.Random, value):
    """The same number in another kind."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    kinds = [float, np.float64, np.array, np.float32, lambda v: fractions.Fraction(v), decimal.Decimal]
    if value == int(value):
        kinds += [int, np.int64, np.uint8, lambda v: np.array(int(v))]
    return draw.choice(kinds)(value)


@pytest.mark.parametrize("seed", range(60))
def test_numbers_of_any_kind_give_the_same_task(seed):
    draw = random.Random(seed)
    fields = {**GOOD_FIELDS, "dimension": draw.choice([8, 64]), "weight_decay": draw.choice([0, 0.25, 2])}
    task = sl.Task(**{name: _unusual(draw, value) for name, value in fields.items()})
    assert task == sl.Task(**fields) and hash(task) == hash(sl.Task(**fields))
    assert {type(v) for v in dataclasses.asdict(task).values()} <= {str, int, float, dict}
    assert sl.Task.from_dict(task.to_dict()) == task
    assert sl.predict(task).excess_risk == sl.predict(sl.Task(**fields)).excess_risk


@pytest.mark.parametrize("seed", range(120))
def test_two_wrong_arguments_are_refused_too(seed):
    draw = random.Random(1000 + seed)
    call = draw.choice([name for name, (_, good) in CALLS.items() if len(good) > 1])
    function, good = CALLS[call]
    spoiled = {name: draw.choice(_bad_values(call, name)) for name in draw.sample(sorted(good), 2)}
    with pytest.raises(sl.InvalidInput) as told:
        function(**{**good, **spoiled})
    _one_sentence(told.value)


def test_an_experiment_refuses_nonsense_before_it_begins(tmp_path, monkeypatch):
    from spectralaw.reproduction import registry, runner

    def runs(run, **size):
        raise AssertionError("it ran")

    real = registry.experiment
    monkeypatch.setattr(runner, "experiment", lambda name: dataclasses.replace(real(name), compute=runs))
    good = {"name": "spectra", "size": "quick", "output": tmp_path / "out", "workers": 1, "hours": 1.0}
    numbers = [value for value in NO_NUMBER if value is not None] + NEGATIVE
    bad = {"name": NO_WORD, "size": NO_WORD, "output": NO_PATH, "workers": [*numbers, 0, 1.5], "hours": numbers}
    for name, values in bad.items():
        for value in values:
            with pytest.raises(sl.InvalidInput) as told:
                sl.reproduce(**{**good, name: value})
            _one_sentence(told.value)
    assert not list(tmp_path.iterdir())
    with pytest.raises(AssertionError, match="it ran"):
        sl.reproduce(**good)


def test_unknown_arguments():
    with pytest.raises(sl.InvalidInput, match="unknown field"):
        TASK.replace(sample=3)
    with pytest.raises(sl.InvalidInput, match="unknown axis"):
        sl.predict_grid(TASK, seed=[1])
    with pytest.raises(sl.InvalidInput, match="unknown option"):
        sl.train(TASK, tolerence=1e-3)
    for values in (None, 3, "x", [], [("network", "diagonal")], {1: 2}, {None: 1, "network": "diagonal"}):
        with pytest.raises(sl.InvalidInput):
            sl.Task.from_dict(values)  # type: ignore[arg-type]
