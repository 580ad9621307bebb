"""Learning curves on a small scale: data, verdicts that must refuse false data, the figure."""

from __future__ import annotations

import numpy as np
import pytest

import spectralaw as sl
from spectralaw.figures import look, risk_curves
from spectralaw.reproduction.claims import markdown
from spectralaw.reproduction.experiments import risk_curves as experiment
from spectralaw.results import Outcome

from . import pretended

SMALL = experiment.Curves("quadratic", 20, 3, (0.1, 0.25, 1.0, 4.0))


@pytest.fixture(scope="module")
def trained():
    seen = []
    result = experiment.compute(SMALL, workers=2, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(k, 36) for k in range(37)]
    return result


def test_data_are_those_of_train_and_predict(trained):
    task = SMALL.task(400.0, 1.0)
    cell = trained.sel(samples=400.0, weight_decay=1.0)
    assert float(cell.theory) == pytest.approx(sl.predict(task).excess_risk, rel=1e-12)
    single = sl.train(task, int(cell.seed_used[2]))
    assert float(cell.excess_risk[2]) == pytest.approx(single.excess_risk, rel=1e-6)
    assert trained.sizes == {"weight_decay": 3, "samples": 4, "seed": 3, "fine_samples": trained.sizes["fine_samples"]}


def test_every_point_has_its_own_seeds(trained):
    assert len(np.unique(trained.seed_used)) == trained.seed_used.size == 36


def test_figure_and_data_are_written(trained, tmp_path):
    paths = look.save(risk_curves.draw([trained]), tmp_path / "curves")
    assert [p.suffix for p in paths] == [".png", ".pdf"] and all(p.stat().st_size > 10_000 for p in paths)
    trained.to_netcdf(tmp_path / "curves.nc", engine="scipy")
    import xarray

    with xarray.open_dataset(tmp_path / "curves.nc", engine="scipy") as again:
        np.testing.assert_array_equal(again.excess_risk, trained.excess_risk)
    words = risk_curves.caption([trained])
    assert "lines are theory" in words and "γ = 1" in words and "d = 20 (3 seeds)" in words


@pytest.fixture(scope="module", params=["diagonal", "quadratic"])
def datasets(request):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiment, "train_all", pretended.train_all)
        sizes = ((25, 48), (50, 32), (100, 16))
        return [experiment.compute(experiment.Curves(request.param, d, seeds, reference=100)) for d, seeds in sizes]


def outcomes(datasets):
    return {claim.statement: claim.outcome for claim in experiment.verdict(datasets)}


def spoiled(datasets, factor, where=True):
    """Risks of trained networks times a factor, at some numbers of samples."""
    result = []
    for data in datasets:
        chosen = where(data) if callable(where) else np.full(data.sizes["samples"], where)
        f = np.where(chosen, factor, 1.0)[None, :, None]
        one = data.assign(excess_risk=data.excess_risk * f, mean=data["mean"] * f[..., 0])
        result.append(one.assign(standard_error=one.standard_error * f[..., 0]))
    return result


def test_claims_agree_with_what_the_theory_says(datasets):
    claims = experiment.verdict(datasets)
    assert {claim.statement for claim in claims} == set(experiment.EXPERIMENT.claims)
    assert [str(claim) for claim in claims if claim.outcome is not Outcome.AGREE] == []
    assert "beyond 3 standard errors" in claims[0].measured and "largest deviation" in claims[0].measured
    assert "agree" in markdown(claims)


@pytest.mark.parametrize("factor", [0.0, 0.5, 0.8, 1.25, 2.0])
def test_wrong_risks_disagree(datasets, factor):
    assert outcomes(spoiled(datasets, factor))[experiment.PREDICTED] is Outcome.DISAGREE


@pytest.mark.parametrize("factor", [0.0, 2.0])
def test_wrong_risks_at_few_samples_disagree(datasets, factor):
    """Once judged with an allowance of 2.5/n_eff, which let everything pass."""

    def few(data):
        n_eff = data.samples.values / (1.0 if data.attrs["network"] == "diagonal" else data.attrs["dimension"])
        return n_eff <= max(2.5, n_eff.min())

    assert outcomes(spoiled(datasets, factor, few))[experiment.PREDICTED] is Outcome.DISAGREE


def test_deviations_that_grow_with_d_disagree(datasets):
    grown = [spoiled([data], 1.0 + data.attrs["dimension"] / 400.0)[0] for data in datasets]
    assert outcomes(grown)[experiment.SHRINKS] is Outcome.DISAGREE


@pytest.mark.parametrize("shape", ["constant", "falling", "rising"])
def test_a_curve_without_a_peak_disagrees(datasets, shape):
    x = datasets[-1].samples.values
    values = {"constant": np.ones_like(x), "falling": (x / x[0]) ** -0.3, "rising": (x / x[0]) ** 0.3}[shape]
    last = datasets[-1]
    flat = last.assign(mean=last["mean"] * 0.0 + values, standard_error=last.standard_error * 0.0 + 0.01)
    assert outcomes([*datasets[:-1], flat])[experiment.PEAK] is Outcome.DISAGREE


def test_a_risk_that_does_not_fall_disagrees(datasets):
    last = datasets[-1]
    flat = last.assign(mean=last["mean"] * 0.0 + 0.5, standard_error=last.standard_error * 0.0 + 0.005)
    assert outcomes([*datasets[:-1], flat])[experiment.FALL] is Outcome.DISAGREE


def test_a_training_that_did_not_converge_disagrees(datasets):
    risk = datasets[0].excess_risk.copy()
    risk[0, 0, 0] = np.nan
    assert outcomes([datasets[0].assign(excess_risk=risk), *datasets[1:]])[experiment.CERTIFIED] is Outcome.DISAGREE


def test_means_that_are_missing_are_not_judged(datasets):
    last = datasets[-1]
    for name in ("mean", "standard_error"):
        lost = last.assign({name: last[name] * np.nan})
        found = outcomes([*datasets[:-1], lost])
        assert found[experiment.PEAK] is found[experiment.FALL] is Outcome.NOT_JUDGED


def test_one_size_is_not_judged(datasets):
    assert outcomes(datasets[-1:])[experiment.PREDICTED] is Outcome.NOT_JUDGED


def test_what_does_not_fit_is_left_out_and_said():
    small, large = experiment.Curves("diagonal", 50, 2), experiment.Curves("quadratic", 20_000, 2)
    fits, left_out = experiment.what_fits([small, large], None, 1)
    assert fits == [small] and left_out[0].outcome == "not judged" and "memory" in left_out[0].reason
    fits, left_out = experiment.what_fits([small], 1e-9, 1)
    assert not fits and "hours allowed" in left_out[0].reason and "not run" in markdown(left_out)
