"""Sweep files: what they may say, in four formats, and what is refused."""

from __future__ import annotations

import json
import math

import pytest

import spectralaw as sl
from spectralaw import cli

BASE = {"network": "diagonal", "dimension": 20, "samples": 40, "weight_decay": 1.0}


def plan_of(tmp_path, text, name="s.toml", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
    return sl.plan_sweep(path)


def toml(**entries):
    task = {**BASE, **entries.pop("task", {})}
    lines = [f"{name} = {value}" for name, value in entries.items() if not name.startswith("[")]
    lines += ["[task]"] + [f"{n} = {json.dumps(v) if not isinstance(v, _Raw) else v}" for n, v in task.items()]
    return "\n".join(lines) + "\n"


class _Raw(str):
    pass


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("{range=[0.1,0.7,0.1]}", [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]),
        ("{range=[0.7,0.1,-0.1]}", [0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]),
        ("{range=[1,2,0.5]}", [1.0, 1.5, 2.0]),
        ("{range=[1e-3,3e-3,1e-3]}", [0.001, 0.002, 0.003]),
        ("{range=[0,1,0.3]}", [0.0, 0.3, 0.6, 0.9]),
        ("{range=[5,5,1]}", [5.0]),
        ("{linspace=[0.0,1.0,5]}", [0.0, 0.25, 0.5, 0.75, 1.0]),
        ("{logspace=[1e-300,1e300,3]}", [1e-300, pytest.approx(1.0), 1e300]),
        ("{logspace=[1,100,3]}", [1.0, 10.0, 100.0]),
        ("[3, 1, 3.0, 2]", [3.0, 1.0, 2.0]),
    ],
)
def test_generators(tmp_path, text, values):
    plan = plan_of(tmp_path, toml(task={"weight_decay": _Raw(text)}, methods='"theory"'))
    assert [task.weight_decay for task in plan.all_tasks()] == values


def test_places_in_the_order():
    plan = sl.plan_sweep({**BASE, "samples": [20, 30], "gamma": [1, 2, 3], "weight_decay": [0.1, 0.2]}, 1, "theory")
    assert [plan.task_at(k) for k in range(plan.task_count())] == list(plan.all_tasks())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("suffix", ["toml", "yaml", "json", "csv"])
def test_a_byte_order_mark_is_no_obstacle(tmp_path, suffix, encoding):
    text = {
        "toml": toml(),
        "yaml": "task: {network: diagonal, dimension: 20, samples: 40, weight_decay: 1}\n",
        "json": json.dumps({"task": BASE}),
        "csv": "network,dimension,samples,weight_decay\ndiagonal,20,40,1\n",
    }[suffix]
    plan = plan_of(tmp_path, text, f"s.{suffix}", encoding)
    assert list(plan.all_tasks()) == [sl.Task("diagonal", 20, 40, 1.0)] and plan.size() == 6


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e-3", 1e-3), ("1E3", 1e3), ("-0", 0.0), (".5", 0.5), ("5.", 5.0), ("+2", 2.0), ("010", None), ("1_000", None),
     ("1:30", None), ("0x10", None), ("yes", None), (".nan", None), ("-.inf", None), ("2024-01-01", None),
     ("'1'", None), ("~", None), ("!!int '7'", 7.0), ("!!python/object/apply:os.system ['true']", None)],
)  # fmt: skip
def test_numbers_of_yaml(tmp_path, text, value):
    content = f"methods: theory\ntask:\n  network: diagonal\n  dimension: 20\n  samples: 40\n  weight_decay: {text}\n"
    if value is None:
        with pytest.raises(sl.InvalidInput, match=r"s\.yaml"):
            plan_of(tmp_path, content, "s.yaml")
    else:
        assert next(plan_of(tmp_path, content, "s.yaml").all_tasks()).weight_decay == value


CSV = "network,dimension,samples,weight_decay,noise_variance,width,teacher,gamma,rank,spectrum,normalize,coefficients\n"


def test_a_csv_is_a_list_of_tasks(tmp_path, capsys):
    text = (
        CSV + "diagonal,20,40,1,0.5,,,,,,,\nquadratic,20,1e2,.1,,30,,1.5,,,,\n\n"
        "diagonal,20,40,1,,,,,3,,,fixed\ndiagonal,20,40,1,,,FiniteRank,0.5,3,,,\n"
        'diagonal,20,40,1,,,,,,"[2, -1, 0.5]",TRUE,fixed\ndiagonal,20,40,1,,,Empirical,,,[1],false,\n'
    )
    plan = plan_of(tmp_path, text, "tasks.csv")
    assert list(plan.all_tasks()) == [
        sl.Task("diagonal", 20, 40, 1.0, 0.5),
        sl.Task("quadratic", 20, 100, 0.1, 0.0, sl.PowerLaw(1.5), 30),
        sl.Task("diagonal", 20, 40, 1.0, 0.0, sl.FiniteRank(3, coefficients="fixed")),
        sl.Task("diagonal", 20, 40, 1.0, 0.0, sl.FiniteRank(3, 0.5)),
        sl.Task("diagonal", 20, 40, 1.0, 0.0, sl.Empirical([2, -1, 0.5], True, "fixed")),
        sl.Task("diagonal", 20, 40, 1.0, 0.0, sl.Empirical([1.0])),
    ]
    path = str(tmp_path / "tasks.csv")
    assert (
        cli.run(["sweep", "run", path, "--seeds", "1", "--methods", "theory, convex", "--workers", "1", "--json"]) == 0
    )
    assert json.loads(capsys.readouterr().out)["done"] == 12
    frame = sl.open_sweep(tmp_path / "tasks.sqlite").to_dataframe()
    assert set(frame.teacher) == {"PowerLaw", "FiniteRank", "Empirical"} and (frame.status == "converged").all()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "the header must have network"),
        ("network;dimension\ndiagonal;20\n", "column 'network;dimension' is not a field"),
        ("network,dimension,samples\ndiagonal,20,40\n", "but weight_decay is not there"),
        ("network,dimension,samples,weight_decay\n", "no task below the header"),
        ("network,dimension,samples,weight_decay,samples\n", "column 'samples' stands twice"),
        ("network,dimension,samples,weight_decay,colour\n", "column 'colour' is not a field"),
        ("network,dimension,samples,weight_decay\ndiagonal,20,40\n", "line 2 has 3 cells, but the header has 4"),
        ("network,dimension,samples,weight_decay\ndiagonal,20,40,0,5\n", "line 2 has 5 cells"),
        ("network,dimension,samples,weight_decay\ndiagonal,20,,1\n", "line 2: samples must be given"),
        ("network,dimension,samples,weight_decay\ndiagonal,20,40,nan\n", "line 2: weight_decay must be a number"),
        ("network,dimension,samples,weight_decay\ndiagonal,20,1_000,1\n", "line 2: samples must be a number"),
        ("network,dimension,samples,weight_decay\ndiagonal,20,0x1F,1\n", "line 2: samples must be a number"),
        ("network,dimension,samples,weight_decay\ndiagonal,20,40,-1\n", "line 2: weight_decay must be 0 or greater"),
        ("network,dimension,samples,weight_decay\ndiagonal,20,40,1e999\n", "line 2: weight_decay must be a finite"),
        ("network,dimension,samples,weight_decay\ndiagonal,20.5,40,1\n", "line 2: dimension must be a whole"),
        ("network,dimension,samples,weight_decay\ndiagonal,20,40,1\nquadratic,20,x,1\n", "line 3: samples"),
        ("network,dimension,samples,weight_decay\ndiagonal,20,40,1\ndiagonal,2e1,40,1.0\n", "same task as line 2"),
        ("network,dimension,samples,weight_decay\ndiagonal,20,40,0\n", "weight_decay must be greater than 0 for train"),
        ("network,dimension,samples,weight_decay,spectrum\ndiagonal,20,40,1,1 2\n", "spectrum must be a list such as"),
        ('network,dimension,samples,weight_decay,spectrum\ndiagonal,20,40,1,"[1,,2]"\n', "spectrum must be a number"),
        ("network,dimension,samples,weight_decay,normalize\ndiagonal,20,40,1,0\n", "normalize must be true or false"),
        ("network,dimension,samples,weight_decay,rank,gamma,teacher\ndiagonal,20,40,1,3,,PowerLaw\n", "PowerLaw has"),
        ('network,dimension,samples,weight_decay\n"diagonal,20,40,1\n', "is not CSV"),
    ],
)
def test_a_csv_that_is_not_clear(tmp_path, text, sentence):
    with pytest.raises(sl.InvalidInput, match=r"tasks\.csv") as refused:
        plan_of(tmp_path, text, "tasks.csv")
    assert sentence in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (toml(methods="[]"), "methods must be some of"),
        (toml(methods='["convex", "convex"]'), "methods must differ"),
        (toml(methods="true"), "methods must be some of"),
        (toml(methods="[1]"), "methods must be some of theory, convex, network, amp, not 1"),
        (toml(seeds="true"), "seeds must be a number of seeds or a list"),
        (toml(seeds="[1.7]"), "must be a whole number, not 1.7"),
        (toml(seeds="1" + "0" * 40), "seeds must be from 1 to 1,000,000"),
        (toml(seeds=f"[{2**63}]"), "each of the seeds must be from"),
        (toml(seeds='"12"'), "seeds must be a number"),
        (toml(seeds="[1, 1]"), "seeds must differ"),
        (toml(seeds="nan"), "seeds must be at least one"),
        (toml(seeds="[[1]]"), "each of the seeds must be a number"),
        (toml(seeds="0"), "seeds must be at least one"),
        (toml(options="true"), "options must be a table"),
        (toml(options="{convex=true}"), "options of convex must be a table"),
        (toml(options='{convex={tolerance="a"}}'), "option 'tolerance' of convex must be a number"),
        (toml(options="{convex={tolerance=nan}}"), "tolerance must be a finite number"),
        (toml(options="{convex={tolerance=true}}"), "option 'tolerance' of convex must be a number"),
        (toml(options="{convex={tolerence=1e-3}}"), "unknown option 'tolerence' of method 'convex'; choose from tol"),
        (toml(options="{theory={tolerance=1e-3}}"), "unknown option 'tolerance' of method 'theory', which has none"),
        (toml(options="{amp={}}"), "options are given for 'amp'"),
        (toml(options="{convex={max_iterations=0.5}}"), "max_iterations must be a whole number"),
        (toml(task={"weight_decay": 0}), "weight_decay must be greater than 0 for training"),
        (toml(task={"weight_decay": [1.0, 0.0]}), "weight_decay must be greater than 0 for training"),
        (toml(task={"network": "quadratic", "width": [30, 3]}), "width must be at least the dimension 20"),
        (toml(task={"network": ["quadratic", "diagonal"], "width": 30}), "width must not be given for the diagonal"),
        (toml(task={"dimension": [20, 20.5]}), "dimension must be a whole number, not 20.5"),
        (toml(task={"dimension": [20, 1]}), "dimension must be from 2"),
        (toml(task={"samples": "100"}), "samples must be a number, not '100'"),
        (toml(task={"samples": True}), "samples must be a number, not True"),
        (toml(task={"samples": [[1, 2]]}), "samples must be a number, not [1, 2]"),
        (toml(task={"samples": _Raw("inf")}), "samples must be a finite number"),
        (toml(task={"samples": _Raw("1979-05-27")}), "samples must be a number"),
        (toml(task={"network": _Raw("{range=[1,2,1]}")}), "network must be a number, a list, or a table"),
        (toml(task={"samples": _Raw("{range=[1,1e9,1]}")}), "samples must have at most 1,000,000 values"),
        (toml(task={"samples": _Raw("{range=[1,1e300,1e-300]}")}), "samples must have at most 1,000,000 values"),
        (toml(task={"samples": _Raw("{linspace=[1,10,1]}")}), "must be 2 or more, for both ends are included"),
        (toml(task={"samples": _Raw("{linspace=[1,10,2.5]}")}), "number of values of samples must be a whole number"),
        (toml(task={"samples": _Raw("{linspace=[-1e308,1e308,3]}")}), "linspace of samples must be between smaller"),
        (toml(task={"teacher": True}), "teacher must be a teacher, or a table"),
        (toml(task={"teacher": "PowerLaw"}), "teacher must be a teacher, or a table"),
        (toml(task={"teacher": _Raw("{}")}), "kind of teacher must be one of"),
        (toml(task={"teacher": _Raw('{kind="FiniteRank"}')}), "FiniteRank needs rank"),
        (toml(task={"teacher": _Raw('{kind="FiniteRank",rank=21}')}), "rank must be at most the dimension 20"),
        (toml(task={"teacher": _Raw('{kind="PowerLaw",rank=2}')}), "a teacher PowerLaw has gamma"),
        (toml(task={"teacher": _Raw('{kind="Empirical",spectrum=[1],normalize="no"}')}), "normalize must be true"),
        (toml(task={"teacher": _Raw('{kind="Empirical",spectrum="12"}')}), "spectrum must be a list of numbers"),
        (toml(task={"teacher": _Raw('{kind="PowerLaw"}'), "gamma": 2}), "gamma cannot be given together with teacher"),
        (toml(task={"teacher": []}), "teacher must have at least one value"),
        ("task = {}\n", "a task needs network"),
        ("task = 3\n", "must have a table [task]"),
        ("x = " + "[" * 5000, "nested too deeply"),
        (b"\xff\xfe\x00", "is not UTF-8"),
        ("[task]\nsamples = 1\nsamples = 2\n", "is not TOML"),
    ],
)
def test_what_is_refused(tmp_path, text, sentence):
    with pytest.raises(sl.InvalidInput) as refused:
        plan_of(tmp_path, text)
    said = str(refused.value)
    assert sentence in said and "s.toml" in said and "\n" not in said and len(said) < 400


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("s.json", '{"task": {}, "methods": null}', "methods must have a value, not null"),
        ("s.json", '{"task": {}, "task": {}}', "'task' stands twice"),
        ("s.json", '{"task": {"samples": NaN}}', "NaN is no number"),
        ("s.json", "[" * 100_000, "nested too deeply"),
        ("s.json", "[1]", "must have a table [task]"),
        ("s.json", '{"task": [1]}', "must have a table [task]"),
        ("s.json", '{"seeds": 1' + "0" * 5000 + "}", "is not JSON"),
        ("s.yaml", "task: {1: 2, a: 3}", "unknown field 1 of a task"),
        ("s.yaml", "1: 2\ntask: {}\n", "unknown entry 1"),
        ("s.yaml", "task: {a: 1, a: 2}", "stands twice"),
        ("s.yaml", "task: &a [*a]\n", "is not YAML"),
        ("s.yaml", "? [1, 2]\n: 3\n", "is not YAML"),
        ("s.yaml", "task: " + "[" * 3000, "nested too deeply"),
        ("s.yaml", "", "must have a table [task]"),
        ("s.txt", "", "must end in .toml, .yaml, .yml, .json, .csv, not '.txt'"),
        ("s", "", "must end in .toml"),
    ],
)
def test_what_is_refused_elsewhere(tmp_path, name, text, sentence):
    with pytest.raises(sl.InvalidInput) as refused:
        plan_of(tmp_path, text, name)
    assert sentence in str(refused.value) and len(str(refused.value)) < 500 and "\n" not in str(refused.value)


def test_nothing_is_written_for_what_is_refused(tmp_path, capsys):
    path = tmp_path / "s.toml"
    for text in (toml(task={"weight_decay": [1, 0]}), toml(options="{convex={tolerence=1}}")):
        path.write_text(text)
        assert cli.run(["sweep", "run", str(path), "--store", str(tmp_path / "new" / "s.sqlite")]) == 2
        said = capsys.readouterr()
        assert said.out == "" and said.err.count("\n") == 1
        assert [file.name for file in tmp_path.iterdir()] == ["s.toml"]
    with pytest.raises(sl.InvalidInput, match="greater than 0 for training"):
        sl.sweep([sl.Task(**BASE), sl.Task(**{**BASE, "weight_decay": 0})], tmp_path / "s.sqlite")
    assert not (tmp_path / "s.sqlite").exists()


def test_what_is_in_the_file_cannot_be_given_beside_it(tmp_path):
    (tmp_path / "s.toml").write_text(toml(seeds="2"))
    with pytest.raises(sl.InvalidInput, match="seeds must be given once"):
        sl.plan_sweep(tmp_path / "s.toml", seeds=3)
    assert sl.plan_sweep(tmp_path / "s.toml", methods="convex").size() == 2
    with pytest.raises(sl.InvalidInput, match="are in the plan"):
        sl.sweep(sl.plan_sweep(tmp_path / "s.toml"), tmp_path / "s.sqlite", seeds=3)


def test_python_values(tmp_path):
    import numpy as np

    grid = {**BASE, "samples": np.array([20, 40]), "weight_decay": np.float64(0.5), "dimension": np.int64(20)}
    plan = sl.plan_sweep(grid, seeds=np.int64(3), methods=iter(["convex"]))
    assert plan.size() == 6 and all(type(t.dimension) is int for t in plan.all_tasks())
    assert sl.plan_sweep(BASE, seeds=np.arange(3), methods="convex").seeds == (0, 1, 2)
    assert sl.plan_sweep(BASE, seeds=range(2, 4), methods="convex").size() == 2
    for bad in (np.True_, 1 + 2j, np.eye(2), 10**5000, math.nan, "12", b"12", None):
        with pytest.raises(sl.InvalidInput, match="samples must"):
            sl.plan_sweep({**BASE, "samples": bad})
    for bad in ({3: 4}, 3, None, [None]):
        with pytest.raises(sl.InvalidInput):
            sl.plan_sweep(bad)
