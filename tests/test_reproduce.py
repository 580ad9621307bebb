"""The figures on a small scale: data, verdicts that can fail, pictures."""

from __future__ import annotations

import json

import numpy as np
import pytest

from spectralaw import cli
from spectralaw.figures import decay_curves, look, noiseless, optimum_map, phase_maps, spectra, width_curves
from spectralaw.reproduction import phase_maps as map_experiment
from spectralaw.reproduction.claims import markdown
from spectralaw.reproduction.experiments import noiseless_risk as noiseless_experiment
from spectralaw.reproduction.experiments import optimum as optimum_experiment
from spectralaw.reproduction.experiments import risk_curves as risk_experiment
from spectralaw.reproduction.experiments import spectra as spectra_experiment
from spectralaw.reproduction.experiments import weight_decay as decay_experiment
from spectralaw.reproduction.experiments import width as width_experiment


def _written(figure, folder):
    return all(path.stat().st_size > 5_000 for path in look.save(figure, folder / "figure"))


def test_phase_map(tmp_path):
    data = map_experiment.compute("diagonal", 0.5, 10**8, 25)
    claims = {claim.about.rsplit(" ", 1)[-1]: claim for claim in map_experiment.verdict(data)[:-2]}
    assert claims["II"].agrees and claims["Ib"].agrees and claims["VIb"].agrees
    wrong = data.assign(samples_rate=data.samples_rate + 0.1)
    assert not any(claim.agrees for claim in map_experiment.verdict(wrong)[:4])
    assert _written(phase_maps.draw([data, map_experiment.compute("diagonal", 0.0, 10**4, 9)]), tmp_path)
    data.to_netcdf(tmp_path / "map.nc", engine="scipy")


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


def test_two_terms_across_the_crossover():
    data = map_experiment.compute("diagonal", 0.5, 10**10, 25)
    a, b, error = map_experiment.two_terms(data)
    assert a > 0 and 0.4 < b < 0.6 and error < 0.03  # the second prefactor is near Δ
    _, _, error = map_experiment.two_terms(data.assign(samples_exponent=data.samples_exponent + 0.1))
    assert error > 0.05


def test_optimum_map(tmp_path):
    data = optimum_experiment.compute("diagonal", 400, 9)
    assert all(claim.agrees for claim in optimum_experiment.verdict(data))
    below_bayes = data.assign(ratio=0.9 * data.ratio)
    assert not optimum_experiment.verdict(below_bayes)[1].agrees
    assert _written(optimum_map.draw([data]), tmp_path)


def test_what_does_not_fit_is_left_out_and_said():
    small, large = risk_experiment.Curves("diagonal", 50, 2), risk_experiment.Curves("quadratic", 20_000, 2)
    fits, left_out = risk_experiment.what_fits([small, large], None, 1)
    assert fits == [small] and left_out[0].outcome == "not judged" and "memory" in left_out[0].reason
    fits, left_out = risk_experiment.what_fits([small], 1e-9, 1)
    assert not fits and "hours allowed" in left_out[0].reason and "not run" in markdown(left_out)


def test_noiseless(tmp_path):
    data = noiseless_experiment.compute("quadratic", 10**8, 15)
    assert all(claim.agrees for claim in noiseless_experiment.verdict(data))
    assert not any(
        c.agrees for c in noiseless_experiment.verdict(data.assign(samples_exponent=data.samples_exponent - 1))
    )
    assert _written(noiseless.draw([data]), tmp_path)


@pytest.mark.statistical
@pytest.mark.slow
def test_width(tmp_path):
    data = width_experiment.compute(24, 4, workers=2)
    assert not np.all(np.isnan(data.excess_risk)) and width_experiment.verdict(data)[-1].about.startswith("λ̃ = 0.1")
    assert not width_experiment.verdict(data.assign(theory=10.0 * data.theory))[0].agrees
    assert _written(width_curves.draw(data), tmp_path)


def test_commands(capsys, tmp_path):
    assert cli.run(["reproduce", "noiseless-risk", "--output", str(tmp_path), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)["figures"][0]
    assert len(report["verdict"]) == 6 and all((tmp_path / name.rsplit("/")[-1]).exists() for name in report["files"])
    assert cli.run(["reproduce", "fig9"]) == 2 and "name must be one of" in capsys.readouterr().err
    assert cli.run(["reproduce", "width", "--size", "huge"]) == 2 and "size must be" in capsys.readouterr().err
    arguments = "phases --network diagonal --dimension 1e4 --noise-variance 0.5 --points 9 --json".split()
    assert cli.run(arguments) == 0
    phases = {row["phase"] for row in json.loads(capsys.readouterr().out)["phases"]}
    assert {"Ib", "II", "VIa"} <= phases
    assert cli.run([*arguments[:-1], "--save", str(tmp_path / "map.nc")]) == 0 and (tmp_path / "map.png").exists()
    assert cli.run([*arguments, "--gamma", "0.4"]) == 2
