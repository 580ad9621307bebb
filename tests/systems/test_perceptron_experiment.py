"""The perceptron's experiment: true data agree, and every claim is refused on data that break it."""

from __future__ import annotations

import numpy as np
import pytest
import xarray

from spectralaw.systems.perceptron import experiment, rs_perceptron, verdict

OUTCOMES = ("agree",) * len(verdict.CLAIMS)
FREE = (5.0, 10.0, 20.0, 40.0)


def pretended_fixed(dimension, theory, seeds=40):
    """Trainings that were not made: the theory, less a finite-size effect, with noise of 6 %."""
    rng = np.random.default_rng(dimension)
    predicted = theory.best_error.values[:, None] * np.array([1.8, 1.2, 1.0, 1.05])
    noise = 1.0 + 0.06 * rng.standard_normal((*predicted.shape, seeds))
    dims = ("alpha", "of_best", "seed")
    return xarray.Dataset(
        {
            "error": (dims, predicted[..., None] * (1.0 - 1.0 / dimension) * noise),
            "angle": (dims, np.full(noise.shape, 1e-11)),
            "weight_norm": (dims[:2], theory.best_norm.values[:, None] * np.array(experiment.OF_BEST)),
            "predicted": (dims[:2], predicted),
        },
        coords={"alpha": theory.alpha.values, "of_best": list(experiment.OF_BEST)},
        attrs={"part": "fixed-norm", "network": "fixed-norm", "dimension": dimension},
    )


def pretended_free(seeds=12):
    """Curves of the theory with noise, some of it common to each training."""
    rng = np.random.default_rng(1)
    norm = np.geomspace(np.full(4, 0.02), 4.0 * np.array(FREE), 40, axis=-1)
    clean = rs_perceptron(np.array(FREE)[:, None], norm).generalization_error
    error = clean[:, None, :] * (1.0 + 0.02 * rng.standard_normal((4, seeds, 1)))
    error = error * (1.0 + 0.005 * rng.standard_normal((4, seeds, 40)))
    end = clean.min(axis=1)[:, None, None] * np.ones((4, seeds, 2))
    return xarray.Dataset(
        {
            "weight_norm": (("alpha", "point"), norm),
            "error": (("alpha", "seed", "point"), error),
            "initial_error": (("alpha", "seed"), error[..., 0]),
            "flown": (("alpha", "seed", "beyond"), (1.0 + 0.1 / np.array(FREE)[:, None, None] ** 2) * end),
            "minimal": (("alpha", "seed", "beyond"), end),
        },
        coords={"alpha": list(FREE), "beyond": [1.0, 2.0]},
        attrs={"part": "free-norm", "dimension": 100},
    )


@pytest.fixture(scope="module")
def parts():
    theory = experiment.theory((5.0, 20.0), 20)
    found = [theory, experiment.tuned(np.geomspace(0.1, 1e4, 11)), experiment.curves(experiment.RANGES[::3], 60)]
    return [*found, *(pretended_fixed(n, theory) for n in (50, 100, 200)), pretended_free()]


def judged(parts, name, **changes):
    """Outcome of every claim once some variables of one part are changed: functions of the dataset."""
    changed = [
        data.assign({key: change(data) for key, change in changes.items()}) if data.attrs["part"] == name else data
        for data in parts
    ]
    return {claim.statement: str(claim.outcome) for claim in verdict.judge(changed)}


def test_true_data_agree(parts):
    claims = verdict.judge(parts)
    assert tuple(claim.statement for claim in claims) == verdict.CLAIMS
    assert tuple(str(claim.outcome) for claim in claims) == OUTCOMES, "\n".join(map(str, claims))


@pytest.mark.parametrize(
    ("statement", "name", "changes"),
    [
        (verdict.CERTIFIED, "fixed-norm", {"angle": lambda d: d.angle + 1e-6}),
        (verdict.CERTIFIED, "fixed-norm", {"angle": lambda d: d.angle.where(d.of_best < 1.0)}),
        (verdict.CERTIFIED, "tuned", {"residual": lambda d: d.residual + 1e-6}),
        (verdict.CERTIFIED, "theory", {"error": lambda d: d.error.where(d.alpha < 10.0)}),
        (verdict.TENDS, "fixed-norm", {"error": lambda d: 1.1 * d.error}),
        (verdict.TENDS, "fixed-norm", {"predicted": lambda d: d.predicted.copy(data=d.predicted[:, ::-1])}),
        (verdict.BOUND, "tuned", {"best_error": lambda d: 0.999 * d.best_error}),
        (verdict.BOUND, "tuned", {"best_error": lambda d: d.best_error.where(d.alpha > 1.0)}),
        (verdict.ABOVE, "tuned", {"best_error": lambda d: d.bayes_error}),
        (verdict.ABOVE, "tuned", {"best_error": lambda d: 1.001 * d.best_error}),
        (verdict.ABOVE, "tuned", {"bayes_error": lambda d: d.bayes_error.where(d.alpha < 1e3)}),
        (verdict.GROWS, "tuned", {"best_norm": lambda d: d.best_norm * d.alpha**0.1}),
        (verdict.GROWS, "tuned", {"best_norm": lambda d: d.best_norm.where(d.alpha < 1e3)}),
        (verdict.LAWS, "curves", {"error": lambda d: d.error**0.8}),
        (verdict.LAWS, "curves", {"weight_norm": lambda d: d.weight_norm * d.alpha**0.1}),
        (verdict.LAWS, "curves", {"error": lambda d: d.error.where(d.weight_norm < 1.0)}),
        (verdict.LAWS, "curves", {"error": lambda d: d.error[..., ::-1]}),
        (verdict.COLLAPSE, "curves", {"error": lambda d: d.error ** xarray.DataArray([1, 1.1, 1.2, 1.3], dims="size")}),
        (verdict.COLLAPSE, "curves", {"error": lambda d: d.error.where(d.weight_norm < 1.0)}),
        (verdict.TRAINED, "free-norm", {"weight_norm": lambda d: d.weight_norm / d.alpha}),
        (verdict.TRAINED, "free-norm", {"error": lambda d: d.error ** (d.alpha / 20.0)}),
        (verdict.TRAINED, "free-norm", {"error": lambda d: d.error.where(d.seed != 3)}),
        (verdict.TRAINED, "free-norm", {"error": lambda d: d.error[..., ::-1]}),
        (verdict.FOLLOWS, "free-norm", {"flown": lambda d: 1.02 * d.flown}),
        (verdict.FOLLOWS, "free-norm", {"minimal": lambda d: d.minimal.where(d.alpha < 30.0)}),
    ],
)  # fmt: skip
def test_data_that_break_a_claim_disagree(parts, statement, name, changes):
    assert judged(parts, name, **changes)[statement] == "disagree"


def test_what_was_not_measured_is_not_judged(parts):
    without = {name: [d for d in parts if d.attrs["part"] != name] for name in verdict.PARTS}
    outcome = lambda data: {c.statement: (str(c.outcome), c.reason) for c in verdict.judge(data)}  # noqa: E731
    assert outcome(without["fixed-norm"])[verdict.TENDS] == ("not judged", "nothing was measured")
    assert outcome(without["tuned"])[verdict.CERTIFIED] == ("not judged", "a part was not computed")
    one = [d for d in parts if d.attrs.get("dimension") not in (100, 200) or d.attrs["part"] != "fixed-norm"]
    assert outcome(one)[verdict.TENDS][0] == "not judged"
    lost = judged(parts, "fixed-norm", error=lambda d: d.error.where(d.error < 0.0))
    assert lost[verdict.TENDS] == "not judged" and lost[verdict.CERTIFIED] == "disagree"
    some = judged(parts, "fixed-norm", error=lambda d: d.error.where(d.seed > 0))
    assert some[verdict.TENDS] == "not judged"  # one training of each point is missing
    small = [d.sel(alpha=d.alpha < 15.0) if d.attrs["part"] == "free-norm" else d for d in parts]
    assert outcome(small)[verdict.FOLLOWS] == ("not judged", "no α is 20 or more")
    few = [d.sel(alpha=d.alpha < 10.0) if d.attrs["part"] == "tuned" else d for d in parts]
    assert outcome(few)[verdict.ABOVE][0] == outcome(few)[verdict.GROWS][0] == "not judged"
    single = [d.isel(range=[0]) if d.attrs["part"] == "curves" else d for d in parts]
    assert outcome(single)[verdict.LAWS] == ("not judged", "one range of sizes has no trend")
    flat = judged(
        parts, "free-norm", weight_norm=lambda d: d.weight_norm * xarray.DataArray([1, 9, 0.1, 5], dims="alpha")
    )
    assert flat[verdict.TRAINED] in ("not judged", "disagree")


def test_trainings_have_what_is_judged(parts):
    fixed, free = experiment.fixed(20, (2.0, 5.0), 2), experiment.free(20, (2.0, 4.0), 2, 10)
    for made, like in ((fixed, parts[3]), (free, parts[-1])):
        assert set(made.data_vars) == set(like.data_vars)
        assert all(made[name].dims == like[name].dims for name in made.data_vars)
        assert all(np.all(np.isfinite(made[name])) for name in made.data_vars)
    assert np.unique(fixed.error).size == fixed.error.size  # no two share data
    again = experiment.fixed(20, (2.0, 5.0), 2)
    assert again.identical(fixed)


def test_the_picture_and_its_words(parts, tmp_path):
    figure = experiment.EXPERIMENT.draw(parts)
    assert len(figure.axes) == 4 and all(axis.get_title() for axis in figure.axes)
    words = experiment.EXPERIMENT.caption(parts)
    assert "0.0629% at α = 10000" in words and "50 (40 seeds), 100 (40 seeds), 200 (40 seeds)" in words
