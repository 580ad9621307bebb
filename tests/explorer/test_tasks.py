"""From an address to tasks, and back to code that says the same."""

from __future__ import annotations

import contextlib
import io
import itertools
import subprocess

import pytest

import spectralaw as sl
from spectralaw import cli
from spectralaw.explorer import address, maps, measured, tasks, theory_view
from spectralaw.explorer.fields import CHOICES, DEFAULTS, LISTS, NUMBERS, OF_INPUTS, OF_TEACHER, ORDER, WHOLE

SMALL = {"dimension": "30", "samples": "400"}
VIEWS = [
    {},
    {"network": "both", "width": "40", "noise_variance": "0"},
    {"teacher": "FiniteRank", "rank": "3", "gamma": "0.25", "width": "12"},
    {"teacher": "Empirical", "spectrum": "3, 2.5\n1;0.125", "normalize": "yes"},
    {"network": "diagonal", "teacher": "Empirical", "spectrum": "1 -2 0.5", "coefficients": "fixed"},
    {"inputs": "PowerLawInputs", "input_exponent": "0.3"},
    {"inputs": "EmpiricalInputs", "input_variances": " ".join(["1.5"] * 30), "weight_decay": "0"},
]


def test_the_fields_are_those_of_a_task():
    assert set(ORDER) == set(DEFAULTS) == set(NUMBERS) | set(LISTS) | set(CHOICES) | set(WHOLE)
    of_laws = {"gamma", "rank", "spectrum", "normalize", "coefficients", "input_exponent", "input_variances"}
    assert set(ORDER) - of_laws - {"method", "seeds", "seed"} == set(sl.Task.field_names())
    assert set(OF_TEACHER) == set(CHOICES["teacher"]) and set(OF_INPUTS) == set(CHOICES["inputs"])


@pytest.mark.parametrize("values", VIEWS)
def test_an_address_reads_back(values):
    values = {**SMALL, **values}
    query = address.write("theory", values)
    back = address.read(f"http://127.0.0.1:1/?token=x&{query}")
    assert back.tab == "theory" and tasks.view(back.values) == tasks.view(values) and back.query() == query


def test_defaults_and_fields_without_use_are_left_out_of_the_address():
    assert address.write("theory", DEFAULTS) == ""
    assert address.write("theory", {"rank": "7", "spectrum": "1 2", "gamma": "2"}) == "gamma=2"
    assert address.write("sweeps", {"store": "a b.sqlite", "x": ""}) == "tab=sweeps&store=a+b.sqlite"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("tab=nowhere", "tab must be one of"),
        ("gama=2", "unknown field 'gama'"),
        ("gamma=1&gamma=2", "stands in it 2 times"),
        ("store=x", "unknown field 'store' of the theory tab"),
        ("no equals sign", "field=value"),
        ("gamma=%ff", "field=value"),
        ("x" * 30_000, "at most"),
    ],
)
def test_an_address_that_cannot_be_read_is_a_sentence(text, sentence):
    with pytest.raises(sl.InvalidInput, match=sentence):
        address.read(text)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"samples": "nan"}, "samples must be a finite number, not nan"),
        ({"samples": "inf"}, "samples must be a finite number, not inf"),
        ({"samples": "-3"}, "samples must be 1 or greater, not -3"),
        ({"samples": ""}, "samples must be given"),
        ({"samples": "1_000"}, "samples must be a number"),
        ({"dimension": "20.5"}, "dimension must be a whole number"),
        ({"dimension": "1"}, "dimension must be from 2"),
        ({"weight_decay": "-1"}, "weight_decay must be 0 or greater"),
        ({"noise_variance": "half"}, "noise_variance must be a number"),
        ({"network": "cubic"}, "network must be one of"),
        ({"teacher": "Oracle"}, "teacher must be one of"),
        ({"inputs": "Red"}, "inputs must be one of"),
        ({"gamma": "0.5"}, "gamma must be greater than 1/2"),
        ({"teacher": "FiniteRank", "rank": "300"}, "rank must be at most the dimension"),
        ({"teacher": "Empirical"}, "teacher values must be given"),
        ({"teacher": "Empirical", "spectrum": "1 x"}, "teacher values: entry 1 must be a number"),
        ({"teacher": "Empirical", "spectrum": "1 nan"}, "spectrum must be finite"),
        ({"teacher": "Empirical", "spectrum": "1 " * 6000}, "at most 5,000"),
        ({"inputs": "EmpiricalInputs", "input_variances": "1 -1"}, "variances greater than 0"),
        ({"seeds": "0"}, "seeds must be from 1 to 20"),
        ({"seed": "-1"}, "seed must be from 0"),
        ({"method": "sgd"}, "method must be one of"),
        ({"network": "diagonal", "width": "5"}, "width must not be given"),
        ({"lambda": "1"}, "unknown field 'lambda'"),
    ],
)
def test_what_is_wrong_is_a_sentence(values, sentence):
    with pytest.raises(sl.InvalidInput, match=sentence):
        tasks.view(values)


@pytest.mark.parametrize("values", VIEWS)
def test_the_code_gives_the_same_prediction(values, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for task in tasks.view({**SMALL, **values}).tasks:
        names: dict = {}
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(tasks.in_python(task), names)
        assert names["task"] == task and names["prediction"] == sl.predict(task) and printed.getvalue()
        *files, command = tasks.on_the_command_line(task).strip().splitlines()
        for line in files:
            subprocess.run(["sh", "-c", line], check=True)
        capsys.readouterr()
        assert cli.run([*command.split()[1:], "--json"]) == 0
        assert f'"excess_risk": {sl.predict(task).excess_risk!r}' in capsys.readouterr().out


def test_grids_are_those_of_predict_grid():
    import numpy as np

    for network, fine in itertools.product(("quadratic", "diagonal"), (False, True)):
        task = tasks.view({**SMALL, "network": network}).tasks[0]
        found, _ = maps.diagram(task, fine)
        grid = sl.predict_grid(task, samples=found.samples, weight_decay=found.weight_decay)
        np.testing.assert_allclose(found.excess_risk, grid.excess_risk.values, rtol=1e-9)
        x, risk, _ = maps.curve(task, "samples", fine)
        np.testing.assert_allclose(risk, sl.predict_grid(task, samples=x).excess_risk.values, rtol=1e-9)


def test_boundaries_and_names_are_those_of_the_phase_diagram():
    import numpy as np

    from spectralaw.theory.phases import classify

    task = tasks.view({}).tasks[0]
    found, _ = maps.diagram(task, False)
    (low, high), _ = maps.window(task)
    for name, (x, y) in found.labels.items():
        label, _ = classify(task, np.array([x]), np.array([y]))
        assert str(label[0]) == name
    assert {"II", "VIa", "VIb"} <= set(found.labels)
    for x, y in found.lines.values():
        assert np.all((low * 0.999 <= x) & (x <= high * 1.001)) and np.all(np.isfinite(y))


def test_the_window_holds_the_point_and_is_finite_everywhere():
    for values in (
        {"samples": "1e30"},
        {"weight_decay": "1e-9"},
        {"dimension": "1e12", "gamma": "3"},
        {"weight_decay": "0"},
    ):
        task = tasks.view(values).tasks[0]
        (n_low, n_high), (low, high) = maps.window(task)
        assert 0 < n_low <= task.samples <= n_high < float("inf") and 0 < low < high < float("inf")
        assert task.weight_decay == 0.0 or low <= task.weight_decay <= high


@pytest.mark.parametrize("values", [*VIEWS, {"weight_decay": "1e6"}, {"noise_variance": "0", "weight_decay": "0"}])
def test_every_kind_of_task_can_be_shown(values):
    for task in tasks.view({**SMALL, **values}).tasks:
        shown = theory_view.shown(task, fine=False)
        p = sl.predict(task)
        assert [picture.name for picture in shown.pictures] == [
            "diagram",
            "risk-samples",
            "risk-decay",
            "spectrum",
            "parts",
        ]
        assert all(picture.caption for picture in shown.pictures) and shown.sentences
        rows = dict(row for row in shown.tables[0][1])
        assert rows["status"].startswith(str(p.status))


def test_measured_networks_lie_on_their_own_task_only():
    task = tasks.view({**SMALL, "seeds": "2"}).tasks[0]
    group = measured.summary([sl.train(task, seed) for seed in (0, 1)])
    assert measured.like([group], task) == [group] and group["error"] > 0.0
    other = task.replace(samples=500.0)
    assert measured.like([group], other) == [] and measured.like([group], other, "samples") == [group]
    assert measured.like([group], task.replace(noise_variance=0.1), "samples") == []
    lost = {**group, "task": dict(group["task"])}
    del lost["mean"]
    assert measured.like([lost], task) == []


def test_a_network_without_a_certificate_is_counted_and_left_out():
    task = tasks.view(SMALL).tasks[0]
    bad = sl.train(task, 0, max_iterations=1, tolerance=1e-12)
    assert not bad.status.is_result
    group = measured.summary([bad])
    assert "mean" not in group and group["not_converged"] == [0] and group["messages"]


def test_what_is_coarse_is_said_and_what_is_known_to_be_fine_is_shown():
    task = tasks.view({**SMALL, "samples": "431"}).tasks[0]
    assert not theory_view.shown(task, fine=False).facts["fine"]
    assert theory_view.shown(task, fine=True).facts["fine"] and theory_view.shown(task, fine=False).facts["fine"]
    moved = theory_view.shown(task.replace(samples=433.0), fine=False)  # another line along the weight decay
    lengths = {picture.name: len(picture.figure["data"][0]["x"]) for picture in moved.pictures[:3]}
    assert not moved.facts["fine"] and lengths == {"diagram": 64, "risk-samples": 81, "risk-decay": 17}
