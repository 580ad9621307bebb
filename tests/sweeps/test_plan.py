"""Plans: fields, files, keys."""

from __future__ import annotations

import math
import time
import tracemalloc

import numpy as np
import pytest

import spectralaw as sl
from spectralaw.sweeps.estimate import estimate

GRID = {
    "network": "diagonal",
    "dimension": 20,
    "samples": [10, 40],
    "weight_decay": [0.1, 1.0, 10.0],
    "noise_variance": 0.5,
}


def test_a_grid_is_the_product_of_its_axes():
    plan = sl.plan_sweep(GRID, seeds=4, methods=["theory", "convex", "amp"])
    jobs = list(plan.jobs())
    assert len(jobs) == plan.size() == 6 * (1 + 4 + 4)
    assert len({key for key, _ in jobs}) == len(jobs)
    assert {job.seed for _, job in jobs if job.method == "theory"} == {None}


def test_keys_are_those_of_the_content():
    one = dict(sl.plan_sweep([sl.Task("diagonal", 20, 10, 0.1, 0.5)], seeds=[3]).jobs())
    two = dict(sl.plan_sweep({**GRID, "samples": 10.0, "weight_decay": 0.1}, seeds=[3]).jobs())
    other = dict(
        sl.plan_sweep(
            {**GRID, "samples": 10, "weight_decay": 0.1}, seeds=[3], options={"convex": {"tolerance": 1e-4}}
        ).jobs()
    )
    assert set(one) == set(two) and len(set(one) & set(other)) == 1  # the theory has no such option


@pytest.mark.parametrize("suffix", ["toml", "json", "yaml"])
def test_files(tmp_path, suffix):
    text = {
        "toml": 'seeds = [1, 2]\nmethods = "convex"\n[task]\nnetwork = "diagonal"\ndimension = 20\n'
        "samples = {logspace = [10, 1000, 3]}\nweight_decay = 1.0\n[options.convex]\ntolerance = 1e-4\n",
        "json": '{"seeds": [1, 2], "methods": "convex", "task": {"network": "diagonal", "dimension": 20, '
        '"samples": {"logspace": [10, 1000, 3]}, "weight_decay": 1.0}, "options": {"convex": {"tolerance": 1e-4}}}',
        "yaml": "seeds: [1, 2]\nmethods: convex\ntask:\n  network: diagonal\n  dimension: 20\n"
        "  samples: {logspace: [10, 1000, 3]}\n  weight_decay: 1.0\noptions: {convex: {tolerance: 0.0001}}\n",
    }[suffix]
    path = tmp_path / f"sweep.{suffix}"
    path.write_text(text)
    plan = sl.plan_sweep(path)
    assert [job.task["samples"] for _, job in plan.jobs()][::2] == [10.0, 100.0, 1000.0]
    assert plan.size() == 6 and plan.options == {"convex": {"tolerance": 1e-4}}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (({"network": "diagonal", "lambda": 1.0},), "unknown field 'lambda'"),
        (({**GRID, "weight_decay": -1.0},), "weight_decay must be 0 or greater"),
        (({**GRID, "samples": {"logspace": [0, 10, 3]}},), "logspace of samples must be between positive"),
        (({**GRID, "samples": {"geometric": [1, 10, 3]}},), "samples must be a number, a list, or a table"),
        (({**GRID, "samples": []},), "samples must have at least one value"),
        ((GRID, 0), "seeds must be at least one"),
        ((GRID, [-1]), "none negative"),
        ((GRID, 1, "sgd"), "methods must be some of"),
        ((GRID, 1, "convex", {"amp": {}}), "options are given for 'amp'"),
        (([],), "grid must be a mapping"),
        (([1, 2],), "grid must be a mapping"),
        (("missing.toml",), "missing.toml cannot be read"),
    ],
)
def test_bad_plans(arguments, sentence):
    with pytest.raises(sl.InvalidInput, match=sentence):
        sl.plan_sweep(*arguments)


@pytest.mark.parametrize("text", ["[task", "seeds = 3", "foo = 1\n[task]\nnetwork = 'diagonal'"])
def test_bad_files(tmp_path, text):
    (tmp_path / "bad.toml").write_text(text)
    with pytest.raises(sl.InvalidInput, match=r"bad\.toml"):
        sl.plan_sweep(tmp_path / "bad.toml")


def test_cost_is_estimated_and_what_does_not_fit_is_refused(monkeypatch):
    small, large = (estimate(sl.plan_sweep({**GRID, "samples": n}), 1) for n in (100, 1_000_000))
    assert large.seconds > small.seconds and large.bytes - small.bytes > 1_000_000 * 20 * 8
    huge = sl.plan_sweep({**GRID, "dimension": 10**5, "samples": 10**8})
    with pytest.raises(sl.InvalidInput, match="bytes of memory"):
        estimate(huge)
    assert estimate(huge, here=False).bytes > 8 * 10**13  # on other machines


@pytest.mark.parametrize(
    ("grid", "seeds"),
    [
        ({"samples": {"logspace": [100, 1e5, 100]}, "weight_decay": {"logspace": [0.01, 10, 100]},
          "gamma": {"linspace": [0.6, 2, 100]}}, 1),
        ({"samples": 100, "weight_decay": 1.0}, 10**6),
        ({"samples": [10, 20], "weight_decay": 1.0, "width": {"range": [20, 1019, 1]}, "network": "quadratic"}, 500),
    ],
)  # fmt: skip
def test_a_million_rows_are_planned_in_constant_memory(grid, seeds):
    begin = time.perf_counter()
    tracemalloc.start()
    try:
        plan = sl.plan_sweep({"network": "diagonal", "dimension": 20, "noise_variance": 0.5, **grid}, seeds, "convex")
        cost = estimate(plan, 2)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert plan.size() == 10**6 and cost.seconds > 1.0
    assert peak < 2e6 and time.perf_counter() - begin < 2.0  # 0.5 MB and 0.2 s were measured


def test_refinement_goes_where_the_risk_changes_most():
    from spectralaw.sweeps.refine import refine

    grid = {**GRID, "network": "quadratic", "samples": [20, 100, 500, 20_000], "weight_decay": 0.01}
    plan = refine(sl.plan_sweep(grid, methods="theory"), 12)
    assert plan.size() == 16 and len({key for key, _ in plan.jobs()}) == 16
    assert [k for k, _ in plan.jobs()] == [k for k, _ in refine(sl.plan_sweep(grid, methods="theory"), 12).jobs()]
    n = sorted(task.samples for task in plan.all_tasks())
    risk = [math.log(sl.predict(task).excess_risk) for task in sorted(plan.all_tasks(), key=lambda t: t.samples)]
    even = np.geomspace(20, 20_000, 16)
    same = [math.log(sl.predict(sl.Task("quadratic", 20, v, 0.01, 0.5)).excess_risk) for v in even]
    assert max(abs(np.diff(risk))) < 0.8 * max(abs(np.diff(same))) and all(v == round(v) for v in n)
    with pytest.raises(sl.InvalidInput, match="refine needs a grid"):
        refine(sl.plan_sweep([sl.Task("diagonal", 20, 10, 0.1, 0.5)]), 3)
    narrow = refine(sl.plan_sweep({**GRID, "samples": [10, 11], "weight_decay": 1.0}), 5)
    assert narrow.size() == sl.plan_sweep({**GRID, "samples": [10, 11], "weight_decay": 1.0}).size()  # nothing between
