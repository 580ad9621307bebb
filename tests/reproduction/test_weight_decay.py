"""Risk against weight decay: verdicts that must refuse false data, the figure."""

from __future__ import annotations

import numpy as np
import pytest

from spectralaw.figures import decay_curves, look
from spectralaw.reproduction.experiments import weight_decay as experiment
from spectralaw.results import Outcome

from . import pretended


@pytest.fixture(scope="module")
def datasets():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiment, "train_all", pretended.train_all)
        made = []
        for network, share in (("diagonal", 2.0), ("quadratic", 0.25)):
            centre = None
            for d, seeds in ((100, 16), (50, 32), (25, 48)):
                samples = round(share * d if network == "diagonal" else share * d * d)
                made.append(experiment.compute(network, d, samples, seeds, centre))
                centre = centre or made[-1].attrs["best_decay"]
        return made


def outcomes(datasets, statement):
    return {claim.outcome for claim in experiment.judge(datasets) if claim.statement == statement}


def test_claims_agree_with_what_the_theory_says(datasets, tmp_path):
    claims = experiment.judge(datasets)
    assert {claim.statement for claim in claims} == set(experiment.EXPERIMENT.claims)
    assert [str(claim) for claim in claims if claim.outcome is not Outcome.AGREE] == []
    assert all(path.stat().st_size > 5_000 for path in look.save(decay_curves.draw(datasets), tmp_path / "figure"))
    assert "teeth" in decay_curves.caption(datasets)


@pytest.mark.parametrize("factor", [0.0, 0.8, 1.25, 3.0])
def test_wrong_risks_disagree(datasets, factor):
    wrong = [data.assign(excess_risk=factor * data.excess_risk) for data in datasets]
    assert outcomes(wrong, experiment.AGREE) == {Outcome.DISAGREE}


@pytest.mark.parametrize("name", ["overfitting", "underfitting", "approximation"])
def test_terms_that_do_not_add_up_disagree(datasets, name):
    wrong = [data.assign({name: 1.01 * data[name]}) for data in datasets]
    assert outcomes(wrong, experiment.TERMS) == {Outcome.DISAGREE}


def test_what_is_missing_does_not_agree(datasets):
    for name in ("overfitting", "underfitting", "approximation"):
        wrong = [data.assign({name: data[name].where(data.fine_decay > data.fine_decay[0])}) for data in datasets]
        assert outcomes(wrong, experiment.TERMS) == {Outcome.DISAGREE}
    lost = [
        data.assign(excess_risk=data.excess_risk.where(data.weight_decay > data.weight_decay[0])) for data in datasets
    ]
    assert outcomes(lost, experiment.NEAR) == {Outcome.NOT_JUDGED}
    unknown = [data.assign_attrs(bayes_risk=np.nan, best_decay=np.nan) for data in datasets]
    assert outcomes(unknown, experiment.BAYES) == outcomes(unknown, experiment.OPTIMUM) == {Outcome.DISAGREE}


@pytest.mark.parametrize("factor", [0.05, 20.0])
def test_an_optimum_elsewhere_disagrees(datasets, factor):
    wrong = [data.assign_attrs(best_decay=factor * data.attrs["best_decay"]) for data in datasets]
    assert outcomes(wrong, experiment.OPTIMUM) == outcomes(wrong, experiment.NEAR) == {Outcome.DISAGREE}


@pytest.mark.parametrize("direction", [1, -1])
def test_a_monotone_risk_has_its_best_elsewhere(datasets, direction):
    steps = np.arange(9.0)[::direction][:, None]
    wrong = [data.assign(excess_risk=0.0 * data.excess_risk + 0.3 * (1.0 + 0.2 * steps)) for data in datasets]
    assert outcomes(wrong, experiment.NEAR) == {Outcome.DISAGREE}


@pytest.mark.parametrize("ratio", [0.9, 2.6])
def test_a_risk_below_bayes_or_far_above_disagrees(datasets, ratio):
    wrong = [data.assign_attrs(best_risk=ratio * data.attrs["bayes_risk"]) for data in datasets]
    assert outcomes(wrong, experiment.BAYES) == {Outcome.DISAGREE}


@pytest.mark.statistical
def test_training_itself():
    data = [experiment.compute("diagonal", d, round(1.5 * d), 8, workers=2) for d in (40, 20)]
    assert np.isfinite(data[0].excess_risk).all()
    assert {c.statement for c in experiment.verdict(data)} == set(experiment.EXPERIMENT.claims)
