"""The experiment on HTMP: its claims hold, and false data are refused."""

from __future__ import annotations

import numpy as np
import pytest

import spectralaw as sl
from spectralaw.figures import look
from spectralaw.reproduction.experiments import heavy_tails
from spectralaw.reproduction.registry import experiment, names
from spectralaw.results import Outcome


def outcomes(claims):
    return {claim.outcome for claim in claims}


@pytest.mark.statistical
def test_density_and_tail(tmp_path):
    density = heavy_tails.density(200, 20)
    assert outcomes(heavy_tails.judge_density(density)) == {Outcome.AGREE}
    far = density.assign(distance=density.distance + 0.03)
    assert outcomes(heavy_tails.judge_density(far)) == {Outcome.DISAGREE}
    tail = heavy_tails.tails(200, 40, 3)
    assert outcomes(heavy_tails.judge_tails(tail)) == {Outcome.AGREE}
    steeper = tail.assign(measured=1.0 + 1.5 * (tail.measured - 1.0))
    assert outcomes(heavy_tails.judge_tails(steeper)) == {Outcome.DISAGREE}
    other = tail.assign(predicted=1.0 + 2.0 * (tail.predicted - 1.0))  # κ(1 − γ)/γ: a factor of two forgotten
    assert outcomes(heavy_tails.judge_tails(other)) == {Outcome.DISAGREE}


@pytest.mark.statistical
def test_fits(tmp_path):
    data = heavy_tails.fits(150, 5)
    assert outcomes(heavy_tails.judge_fits(data)) == {Outcome.AGREE}
    wrong = data.assign(fitted_tail_exponent=data.fitted_tail_exponent + 3.0)
    assert outcomes(heavy_tails.judge_fits(wrong)) == {Outcome.DISAGREE}
    unlikely = data.assign(fitted_gain=data.fitted_gain - 5.0)
    assert outcomes(heavy_tails.judge_fits(unlikely)) == {Outcome.DISAGREE}
    lost = data.assign(fitted_tail_exponent=data.fitted_tail_exponent * np.nan)
    assert outcomes(heavy_tails.judge_fits(lost)) == {Outcome.NOT_JUDGED}
    unknown = data.assign(fitted_gain=data.fitted_gain * np.nan)
    assert outcomes(heavy_tails.judge_fits(unknown)) == {Outcome.DISAGREE}
    first = data.seed == 0
    one = heavy_tails.judge_fits(data.assign(fitted_tail_exponent=data.fitted_tail_exponent.where(~first)))
    assert all("4 fits of 5 matrices" in claim.about for claim in one)
    figure = heavy_tails.draw([heavy_tails.density(50, 4), heavy_tails.tails(50, 10, 2), data])
    assert all(path.stat().st_size > 5_000 for path in look.save(figure, tmp_path / "figure"))


def test_it_is_registered():
    assert "heavy-tails" in names()
    assert experiment("heavy-tails").references == ("hodgkinson2025models",)
    assert "2506.03470" in sl.cite("heavy-tails")
