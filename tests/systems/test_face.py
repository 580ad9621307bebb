"""What all related systems share: the list, settings, averages, slopes, and that none imports another."""

from __future__ import annotations

import importlib
import json
from dataclasses import dataclass

import numpy as np
import pytest

import spectralaw as sl
from spectralaw import cli
from spectralaw._checks import positive_integer
from spectralaw.errors import InvalidInput
from spectralaw.systems.catalogue import SYSTEMS
from spectralaw.systems.gaussian import rule
from spectralaw.systems.setting import Setting
from spectralaw.systems.slopes import log_slope


@dataclass(frozen=True)
class Inner(Setting):
    size: int
    bends: tuple[float, ...] = (1.0, 2.0)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", positive_integer("size", self.size))


def test_a_setting_comes_back_and_refuses_what_it_does_not_know():
    one = Inner(3)
    assert json.loads(json.dumps(one.to_dict())) == {"size": 3, "bends": [1.0, 2.0]}
    assert Inner.from_dict({"size": 3}) == one and one.replace(size=4) == Inner(4)
    for values, sentence in (
        ({"size": 3, "depth": 1}, "Inner has the fields size, bends, not 'depth'"),
        ({}, "Inner needs a value of size"),
        ([3], r"values must be a mapping of names to values, not \[3\]"),
        ({"size": 0}, "size must be 1 or greater, not 0"),
    ):
        with pytest.raises(InvalidInput, match=f"^{sentence}$"):
            Inner.from_dict(values)
    with pytest.raises(InvalidInput, match="size must be 1 or greater"):
        one.replace(size=-1)


def test_averages_are_exact_for_polynomials():
    nodes, weights = rule(10)
    for power, moment in ((0, 1.0), (2, 1.0), (4, 3.0), (18, 34459425.0), (3, 0.0)):
        assert weights @ nodes**power == pytest.approx(moment, rel=1e-12, abs=1e-12)
    with pytest.raises(ValueError, match="read-only"):
        nodes[0] = 1.0


def test_slopes_cover_the_true_exponent_and_refuse_what_has_none():
    x = np.geomspace(1.0, 1e3, 8)
    exact = log_slope(x, 3.0 * x**-0.5)
    assert exact.value == pytest.approx(-0.5, abs=1e-12) and exact.high - exact.low < 1e-12
    rng = np.random.default_rng(0)
    noisy = lambda: x**-0.5 * np.exp(0.05 * rng.standard_normal(8))  # noqa: E731
    for errors in (None, np.full(8, 0.05)):
        inside = sum(log_slope(x, noisy(), errors).holds(-0.5) for _ in range(400))
        assert (
            0.92 <= inside / 400 <= 0.98
        )  # 0.947 to 0.964 at seeds 1 to 3, 2,000 each; three standard errors are 0.033
    assert not log_slope(x, x**-0.6 * np.exp(0.01 * rng.standard_normal(8))).holds(-0.5)
    for values, sentence in (
        ((x, -x), "y must be positive, but its entry 0 is not"),
        ((x[:2], x[:2]), "x must have three points or more"),
        ((x, x[:3]), "x and y must be of the same length, not 8 and 3"),
        ((np.ones(4), np.ones(4)), "two of them different"),
        ((x, np.where(x > 10, np.nan, x)), "y must be finite, but its entry 3 is nan"),
        ((x, x, np.zeros(8)), "relative_error must be positive"),
        ((x, x, None, 1.0), "confidence must be between 0 and 1, not 1"),
    ):
        with pytest.raises(InvalidInput, match=sentence):
            log_slope(*values)


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda s: s.name)
def test_each_system_can_be_imported_cited_and_reproduced(system):
    from spectralaw.reproduction import registry

    module = importlib.import_module(system.module)
    assert module.__doc__ and system.arxiv in sl.cite(system.reference) and sl.cite(system.arxiv)
    experiment = registry.experiment(system.experiment)
    assert system.reference in experiment.references
    if system.is_package:
        assert getattr(sl.systems, system.name) is module
        assert (sl.cite(experiment.name)).count("@") >= 1


def test_the_command_lists_them_all(capsys):
    assert cli.run(["systems"]) == 0
    printed = capsys.readouterr().out
    assert all(s.name in printed and s.arxiv in printed for s in SYSTEMS)
    assert cli.run(["systems", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["systems"]
    assert [s["name"] for s in listed] == [s.name for s in SYSTEMS]
    with pytest.raises(AttributeError, match="no attribute 'no_such'"):
        _ = sl.systems.no_such
