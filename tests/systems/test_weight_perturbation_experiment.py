"""The experiment of weight perturbations: what agrees, and false data for every claim."""

from __future__ import annotations

import numpy as np
import pytest
import xarray

from spectralaw.reproduction.experiment import Run
from spectralaw.systems.weight_perturbation import verdicts as ours
from spectralaw.systems.weight_perturbation.experiment import EXPERIMENT
from spectralaw.systems.weight_perturbation.quantisation import SCHEMES
from spectralaw.systems.weight_perturbation.verdicts import BITS, judge, radius_of

RADII = np.unique([2e-5, 1e-3, 0.1, *(float(radius_of(b)) for b in BITS)])


def falls(name):
    base = RADII * np.linspace(50.0, 80.0, 4)[:, None]
    values = {
        "attack": base, "attained": 1.001 * base, "exact": 1.001 * base, "tightest": 1.002 * base * (1.0 + RADII),
        "intervals": 1.5 * base, "norms": 4.0 * base, "open_units": np.zeros_like(base), "solved": np.ones_like(base),
    }  # fmt: skip
    data = {key: (("input", "radius"), value.copy()) for key, value in values.items()}
    data["clean"] = ("input", np.full(4, 0.5))
    attrs = {"part": f"falls-{name}", "widths": "24-24", "seeds": 3}
    return xarray.Dataset(data, coords={"radius": RADII}, attrs=attrs)


def accuracy(name):
    clean = 0.97 if name == "plain" else 0.96
    held = np.clip(clean - RADII * (100.0 if name == "plain" else 5.0), 0.0, 1.0) * np.ones((3, 1))
    both = ("seed", "radius")
    return xarray.Dataset(
        {"certified": (both, held), "attacked": (both, np.minimum(held + 0.01, clean)),
         "broken": (both, 0.0 * held), "clean": ("seed", np.full(3, clean))},
        coords={"radius": RADII}, attrs={"part": f"accuracy-{name}", "inputs": 300, "seeds": 3},
    )  # fmt: skip


def rounding(name):
    sure = np.array([[0.9, 0.4, 0.1, 0.0], [0.95, 0.7, 0.2, 0.0]]) * np.ones((3, 1, 1))
    fields = {
        "certified": sure,
        "certified_any": 0.9 * sure,
        "changed": np.full(sure.shape, 0.02),
        "broken": 0.0 * sure,
    }
    fields |= {"attacked": 0.9 - sure * 0.9, "attacked_any": 0.95 - sure * 0.9, "accuracy": np.full(sure.shape, 0.95)}
    data = {key: (("seed", "scheme", "bits"), value.copy()) for key, value in fields.items()}
    coords = {"scheme": list(SCHEMES), "bits": list(BITS)}
    return xarray.Dataset(data, coords=coords, attrs={"part": f"rounding-{name}", "seeds": 3})


def everything():
    return [kind(name) for name in ours.TRAININGS for kind in (falls, accuracy, rounding)]


def outcomes(datasets):
    """Of each statement, the outcomes that differ."""
    found: dict[str, set[str]] = {}
    for claim in judge(datasets):
        found.setdefault(claim.statement, set()).add(str(claim.outcome))
    return found


def changed(part, field, change):
    """All data, with one field of one part changed."""
    datasets = everything()
    for k, data in enumerate(datasets):
        if data.attrs["part"] == part:
            values = data[field].values.copy()
            change(values)
            datasets[k] = data.assign({field: (data[field].dims, values)})
    return outcomes(datasets)


def test_true_data_agree_in_every_claim():
    found = outcomes(everything())
    assert set(found) == set(EXPERIMENT.claims) and all(each == {"agree"} for each in found.values())


def at(place, value):
    def change(values):
        values[place] = value

    return change


FALSE = {
    "an attack above the bound": ("falls-plain", "attack", at((2, 3), 1e3), {ours.ORDER}),
    "an attack above the exact fall": ("falls-robust", "attack", lambda v: np.multiply(v, 1.0015, out=v), {ours.ORDER}),
    "an exact fall above the bound": ("falls-plain", "exact", at((1, 2), 1e3), {ours.ORDER}),
    "a fall without a bound": ("falls-plain", "tightest", at((1, 2), np.nan), {ours.ORDER}),
    "no attack": ("falls-plain", "attack", at((0, 1), np.nan), {ours.ORDER}),
    "a loose bound at first": ("falls-plain", "tightest", at((3, 0), 1.0), {ours.FIRST}),
    "no bound at first": ("falls-plain", "tightest", at((3, 0), np.nan), {ours.FIRST, ours.ORDER}),
    "norms as good": ("falls-robust", "norms", lambda v: np.multiply(v, 0.4, out=v), {ours.NORMS}),
    "norms of no size": ("falls-robust", "norms", at((0, 2), np.nan), {ours.NORMS}),
    "a broken certificate": ("accuracy-plain", "broken", at((0, 0), 1.0), {ours.SOUND}),
    "one broken by rounding": ("rounding-robust", "broken", at((2, 1, 0), 1.0), {ours.SOUND}),
    "one not looked at": ("rounding-robust", "broken", at((2, 1, 0), np.nan), {ours.SOUND}),
    "certified unknown": ("accuracy-robust", "certified", at((0, 0), np.nan), {ours.SOUND}),
    "no gain": ("accuracy-robust", "certified", lambda v: np.multiply(v, 0.3, out=v), {ours.ROBUST}),
    "no gain of one seed": ("accuracy-robust", "certified", at((1,), 0.0), {ours.ROBUST}),
    "gain unknown": ("accuracy-robust", "certified", at((1,), np.nan), {ours.ROBUST, ours.SOUND}),
    "dear": ("accuracy-robust", "clean", lambda v: np.multiply(v, 0.9, out=v), {ours.COST}),
    "cost unknown": ("accuracy-plain", "clean", at((1,), np.nan), {ours.COST}),
    "channels worse once": ("rounding-plain", "certified", at((1, 1, 0), 0.1), {ours.CHANNELS}),
    "channels unknown": ("rounding-robust", "certified", at((1, 1, 0), np.nan), {ours.CHANNELS}),
    "something certified": ("rounding-plain", "certified", at((1, 1, 3), 0.01), {ours.VACUOUS}),
    "rounding hurts": ("rounding-plain", "changed", at((1, 0, 3), 0.5), {ours.VACUOUS}),
    "rounding unknown": ("rounding-plain", "changed", at((1, 0, 3), np.nan), {ours.VACUOUS}),
}  # fmt: skip


@pytest.mark.parametrize("name", FALSE)
def test_false_data_disagree(name):
    part, field, change, wrong = FALSE[name]
    found = changed(part, field, change)
    assert {statement for statement, each in found.items() if "disagree" in each} == wrong


def test_what_was_not_solved_not_certified_or_is_missing_is_not_judged():
    unsolved = changed("falls-plain", "solved", lambda v: np.multiply(v, 0.0, out=v))
    assert all("not judged" in unsolved[one] for one in (ours.ORDER, ours.FIRST, ours.NORMS))
    unknown = changed("falls-plain", "solved", lambda v: v.fill(np.nan))
    assert all("not judged" in unknown[one] for one in (ours.ORDER, ours.FIRST, ours.NORMS))
    assert "not judged" in changed("falls-plain", "open_units", lambda v: v.fill(2.0))[ours.FIRST]
    assert "not judged" in changed("accuracy-plain", "certified", lambda v: v.fill(0.0))[ours.SOUND]
    datasets = everything()
    datasets[1] = datasets[1].isel(radius=slice(0, 2))
    assert outcomes(datasets)[ours.ROBUST] == {"not judged"}
    for k, data in enumerate(everything()):
        found = outcomes([one for j, one in enumerate(everything()) if j != k])
        assert set(found) == set(EXPERIMENT.claims), data.attrs["part"]
        assert any("not judged" in each for each in found.values())
    assert all(each == {"not judged"} for each in outcomes([]).values())


def test_the_smallest_run_computes_draws_and_is_judged(tmp_path):
    sizes = {"widths": (10,), "seeds": 1, "inputs": 2, "points": 2, "held_out": 30}
    steps = []
    run = Run(tmp_path, "weight-perturbation", advance=lambda done, total: steps.append((done, total)))
    datasets = EXPERIMENT.compute(run, **sizes)
    assert steps[-1][0] == steps[-1][1] == len(steps)
    found = outcomes(datasets)
    assert set(found) == set(EXPERIMENT.claims)
    assert all(found[one] == {"agree"} for one in (ours.ORDER, ours.FIRST, ours.SOUND))
    figure = EXPERIMENT.draw(datasets)
    assert [len(axis.get_title()) > 0 for axis in figure.axes] == [True, True, False]
    caption = EXPERIMENT.caption(datasets)
    assert "vacuous" in caption and "nan" not in caption
