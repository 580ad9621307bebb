"""The figures on a small scale: data, verdicts that can fail, pictures."""

from __future__ import annotations

import numpy as np
import pytest

from spectralaw.figures import decay_curves, look, spectra, width_curves
from spectralaw.reproduction.claims import markdown
from spectralaw.reproduction.experiments import risk_curves as risk_experiment
from spectralaw.reproduction.experiments import spectra as spectra_experiment
from spectralaw.reproduction.experiments import weight_decay as decay_experiment
from spectralaw.reproduction.experiments import width as width_experiment


def _written(figure, folder):
    return all(path.stat().st_size > 5_000 for path in look.save(figure, folder / "figure"))


@pytest.mark.statistical
def test_spectra(tmp_path):
    data = spectra_experiment.compute(60, 3, workers=2)
    claims = spectra_experiment.verdict(data)
    assert np.mean([claim.agrees for claim in claims]) > 0.8
    moved = data.assign(zero_mass=data.zero_mass - 0.2)
    assert not any(claim.agrees for claim in spectra_experiment.verdict(moved) if "zero eigenvalues" in claim.statement)
    assert _written(spectra.draw(data), tmp_path)


@pytest.mark.statistical
def test_weight_decay(tmp_path):
    data = decay_experiment.compute("diagonal", 60, 90, 8, workers=2)
    assert [claim.agrees for claim in decay_experiment.verdict(data)][1:4] == [True, True, True]
    assert not decay_experiment.verdict(data.assign(theory=3.0 * data.theory))[0].agrees
    assert _written(decay_curves.draw([data]), tmp_path)


def test_what_does_not_fit_is_left_out_and_said():
    small, large = risk_experiment.Curves("diagonal", 50, 2), risk_experiment.Curves("quadratic", 20_000, 2)
    fits, left_out = risk_experiment.what_fits([small, large], None, 1)
    assert fits == [small] and left_out[0].outcome == "not judged" and "memory" in left_out[0].reason
    fits, left_out = risk_experiment.what_fits([small], 1e-9, 1)
    assert not fits and "hours allowed" in left_out[0].reason and "not run" in markdown(left_out)


@pytest.mark.statistical
@pytest.mark.slow
def test_width(tmp_path):
    data = width_experiment.compute(24, 4, workers=2)
    assert not np.all(np.isnan(data.excess_risk)) and width_experiment.verdict(data)[-1].about.startswith("λ̃ = 0.1")
    assert not width_experiment.verdict(data.assign(theory=10.0 * data.theory))[0].agrees
    assert _written(width_curves.draw(data), tmp_path)
