"""Risk against width: verdicts that must refuse false data, the figure."""

from __future__ import annotations

import numpy as np
import pytest

from spectralaw.figures import look, width_curves
from spectralaw.reproduction.experiments import width as experiment
from spectralaw.results import Outcome

from . import pretended

WIDTHS = len(experiment.SHARES)


@pytest.fixture(scope="module")
def datasets():
    """One size by the theory; the others stretched from it, with effects that shrink with d."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiment, "train_all", pretended.train_all)
        base = experiment.compute(24, 48)
    rng, made = np.random.default_rng(1), [base]
    theory = base.theory.sel(fine_width=base.width.values).values[:, :, None]
    for d, seeds in ((48, 32), (72, 24)):
        risk = theory * (1.0 + 2.0 / d) * (1.0 + 0.04 * rng.standard_normal((*theory.shape[:2], seeds)))
        one = base.drop_vars("excess_risk").assign(excess_risk=(("decay", "width", "seed"), risk))
        one = one.assign_coords(width=base.width * d / 24, fine_width=base.fine_width * d / 24)
        made.append(one.assign_attrs(dimension=d, samples=round(0.25 * d * d)))
    return made


def outcomes(datasets, statement):
    return {claim.outcome for claim in experiment.verdict(datasets) if claim.statement == statement}


def test_claims_agree_with_what_the_theory_says(datasets, tmp_path):
    claims = experiment.verdict(datasets)
    assert {claim.statement for claim in claims} == set(experiment.EXPERIMENT.claims)
    assert [str(claim) for claim in claims if claim.outcome is not Outcome.AGREE] == []
    by_statement = {claim.statement: claim.measured for claim in claims}
    assert "theory alone" in by_statement[experiment.PREDICTED] and "trained" in by_statement[experiment.TRAINED]
    assert all(path.stat().st_size > 5_000 for path in look.save(width_curves.draw(datasets), tmp_path / "figure"))
    assert "λ̃" in width_curves.caption(datasets)


@pytest.mark.parametrize("factor", [0.0, 0.8, 1.12, 1.25, 3.0])
def test_wrong_risks_disagree(datasets, factor):
    """Means 6 to 18 % above theory at every size once passed for agreement."""
    wrong = [data.assign(excess_risk=factor * data.excess_risk) for data in datasets]
    assert outcomes(wrong, experiment.AGREE) == {Outcome.DISAGREE}


@pytest.mark.parametrize("shape", [np.ones(WIDTHS), np.linspace(2.0, 1.0, WIDTHS), np.linspace(1.0, 2.0, WIDTHS)])
def test_trained_networks_without_a_peak_disagree(datasets, shape):
    rng = np.random.default_rng(0)
    last = datasets[-1]
    noise = 1.0 + 0.02 * rng.standard_normal(last.excess_risk.shape)
    flat = last.assign(excess_risk=0.0 * last.excess_risk + shape[None, :, None] * noise)
    assert outcomes([*datasets[:-1], flat], experiment.TRAINED) == {Outcome.DISAGREE}
    assert outcomes([*datasets[:-1], flat], experiment.PREDICTED) == {Outcome.AGREE}  # theory is not what was measured


def test_a_theory_without_a_peak_disagrees(datasets):
    last = datasets[-1]
    flat = last.assign(theory=0.0 * last.theory + np.linspace(2.0, 1.0, last.sizes["fine_width"]))
    assert outcomes([*datasets[:-1], flat], experiment.PREDICTED) == {Outcome.DISAGREE}


def test_one_size_and_wide_error_bars_are_not_judged(datasets):
    assert outcomes(datasets[-1:], experiment.AGREE) == {Outcome.NOT_JUDGED}
    rng = np.random.default_rng(0)
    last = datasets[-1]
    noisy = last.assign(excess_risk=last.excess_risk * (1.0 + 1.5 * rng.standard_normal(last.excess_risk.shape)))
    assert outcomes([*datasets[:-1], noisy], experiment.TRAINED) == {Outcome.NOT_JUDGED}


@pytest.mark.statistical
def test_training_itself():
    data = experiment.compute(24, 2, workers=2)
    assert np.isfinite(data.excess_risk).all() and data.sizes["width"] == WIDTHS
