"""What was used is cited, and nothing else."""

from __future__ import annotations

import re

import numpy as np
import pytest

import spectralaw as sl
from spectralaw import bibliography, citations
from spectralaw.reproduction import registry
from spectralaw.reproduction.runner import Reproduction

QUADRATIC = sl.Task("quadratic", 20, 100, 1.0, 0.5)
DIAGONAL = sl.Task("diagonal", 20, 100, 1.0, 0.5)
SCALING, NUCLEAR, BAYES, AMP, LASSO, WIDTH = (
    "2509.24882", "2505.17958", "2408.03733", "0907.3574", "1008.2581", "2606.28242",
)  # fmt: skip


def _cited(*subjects) -> set[str]:
    """Numbers of the arXiv, and the first authors of what has none."""
    text = sl.cite(*subjects)
    assert text.count("@") == len(set(re.findall(r"@\w+\{(\w+),", text)))  # each once
    entries = text.split("\n\n") if text else []
    return {
        found.group(1) if (found := re.search(r"eprint = \{(.*?)\}", e)) else re.search(r"author = \{(\w+)", e).group(1)
        for e in entries
    }


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        (lambda: QUADRATIC, {SCALING, NUCLEAR}),
        (lambda: DIAGONAL, {SCALING, AMP, LASSO}),
        (lambda: sl.predict(QUADRATIC), {SCALING, NUCLEAR}),
        (lambda: sl.predict(QUADRATIC.replace(width=5)), {SCALING, NUCLEAR, WIDTH}),
        (lambda: sl.predict(QUADRATIC.replace(width=20)), {SCALING, NUCLEAR}),
        (lambda: sl.train(DIAGONAL, method="amp"), {SCALING, AMP, LASSO}),
        (lambda: sl.train(QUADRATIC, method="amp"), {SCALING, AMP, NUCLEAR}),
        (lambda: sl.train(DIAGONAL), {SCALING, "Pedregosa"}),
        (lambda: sl.train(QUADRATIC), {SCALING, NUCLEAR, "Beck"}),
        (lambda: sl.train(QUADRATIC, method="network"), {SCALING, "Liu"}),
        (lambda: sl.compare(DIAGONAL, 2, "amp"), {SCALING, AMP, LASSO}),
        (lambda: sl.optimal_weight_decay(QUADRATIC), {SCALING, NUCLEAR}),
        (lambda: sl.predict_grid(DIAGONAL, samples=[10, 20]), {SCALING, AMP, LASSO}),
        (lambda: sl.predict_grid(QUADRATIC, width=[3, 20]), {SCALING, NUCLEAR, WIDTH}),
        (lambda: sl.predict_grid(QUADRATIC, samples=[100]), {SCALING, NUCLEAR}),
        (lambda: sl.phase_diagram(DIAGONAL, samples=[10], weight_decay=[1.0]), {SCALING, AMP, LASSO}),
        (lambda: sl.predict(QUADRATIC).phase, {SCALING}),
        (lambda: "width", {SCALING, WIDTH}),
        (lambda: "risk-curves", {SCALING}),
        (lambda: Reproduction("width", "", "quick", (), (), (), 0.0), {SCALING, WIDTH}),
        (lambda: "2606.28242", {WIDTH}),
        (lambda: "arXiv:2408.03733", {BAYES}),
        (lambda: "https://arxiv.org/abs/0907.3574", {AMP}),
        (lambda: "beck2009fista", {"Beck"}),
    ],
)
def test_what_was_used_is_cited(subject, expected):
    assert _cited(subject()) == expected


def test_the_bayes_risk_is_cited_once_it_was_asked_for():
    p = sl.predict(QUADRATIC)
    assert BAYES not in _cited(p)
    assert p.bayes_risk is not None
    assert _cited(p) == {SCALING, NUCLEAR, BAYES}


def test_everything_and_names():
    everything = sl.cite()
    assert everything.count("@") == len(bibliography.ENTRIES) >= 9
    assert "Girardin, Julius and Troiani, Emanuele and Xu, Yizhou and Erba, Vittorio" in everything
    assert sl.cite("predict-quadratic", "predict-quadratic") == sl.cite(QUADRATIC)
    assert all(sl.cite(topic) for topic in (*citations.topics(), *registry.names()))
    assert sl.cite("bayes", QUADRATIC).index(BAYES) < sl.cite("bayes", QUADRATIC).index(NUCLEAR)  # in the order asked


@pytest.mark.parametrize("subject", ["alchemy", "", "9999.99999", "arXiv:"])
def test_unknown_names_are_refused(subject):
    with pytest.raises(sl.InvalidInput, match="topic must be one of"):
        sl.cite(subject)


@pytest.mark.parametrize(
    "subject",
    [3, None, 1.5, [], {}, object(), sl.Task, sl.PowerLaw(1.0), np.ones(3), lambda: 0, type("X", (), {"task": 3})()],
)
def test_what_is_none_of_ours_is_refused(subject):
    with pytest.raises(sl.InvalidInput, match="cite takes tasks, results, datasets and names"):
        sl.cite(subject)


def test_a_foreign_dataset_is_refused():
    import xarray

    for data in (xarray.Dataset(), xarray.Dataset(attrs={"network": "deep"}), xarray.DataArray(3.0)):
        with pytest.raises(sl.InvalidInput, match="names its network"):
            sl.cite(data)


def test_a_sweep_is_cited_row_by_row(tmp_path):
    sweep = sl.sweep(
        [DIAGONAL, DIAGONAL.replace(samples=50)], tmp_path / "s.sqlite", seeds=1, methods=["theory", "amp"], workers=1
    )
    assert _cited(sweep) == {SCALING, AMP, LASSO}


def test_the_dataset_of_a_sweep_is_cited_by_its_axes():
    import xarray

    axes = {"source": ["theory", "convex"], "network": ["diagonal", "quadratic"], "width": [None, 5]}
    data = xarray.Dataset(coords={**axes, "width": np.array(axes["width"], dtype=object)}, attrs={"dimension": 20})
    assert _cited(data) == {SCALING, AMP, LASSO, NUCLEAR, WIDTH, "Pedregosa", "Beck"}
    assert _cited(xarray.Dataset(coords={"source": ["amp"]}, attrs={"network": "quadratic"})) == {SCALING, AMP, NUCLEAR}
