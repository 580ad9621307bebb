"""Phase diagrams: every phase is judged or said not to be, and false data are seen."""

from __future__ import annotations

import pytest

from spectralaw.reproduction import phase_maps, phase_verdicts
from spectralaw.reproduction.experiments import noiseless_phases, phase_diagram
from spectralaw.theory import Phase

DIMENSIONS = (10**6, 10**12)


@pytest.fixture(scope="module")
def noisy():
    return phase_maps.probes("diagonal", 0.5, DIMENSIONS)


@pytest.fixture(scope="module")
def noiseless():
    return phase_maps.probes("diagonal", 0.0, DIMENSIONS)


def outcomes(data):
    """Outcome of the first claim about each phase, by name."""
    return {c.about.split("phase ")[1].split(",")[0]: str(c.outcome) for c in reversed(phase_verdicts.verdict(data))}


def test_true_data_agree_and_no_phase_is_skipped(noisy, noiseless):
    found = outcomes(noisy)
    assert set(found) == {str(phase) for phase in Phase}
    assert found.pop("Ia") == "not judged"  # the diagonal network has no n_eff below one sample
    assert set(found.values()) == {"agree"}
    found = outcomes(noiseless)
    assert found == {"Ia": "not judged", "Ib": "agree", "II": "agree", "III": "agree", "IV": "agree"}
    assert all(claim.reason for claim in phase_verdicts.verdict(noisy) if claim.outcome == "not judged")


@pytest.mark.parametrize("name", ["samples_exponent", "samples_slope", "weight_decay_exponent", "weight_decay_slope"])
def test_wrong_exponents_disagree(noisy, noiseless, name):
    for data, phases in ((noisy, ("II", "III", "VIb")), (noiseless, ("II", "III", "IV"))):
        found = outcomes(data.assign({name: data[name] + 0.1}))
        assert all(found[phase] == "disagree" for phase in phases)


def test_the_plateau_of_rank_collapse_is_measured_and_not_a_label(noisy):
    tilted = noisy.assign(samples_slope=noisy.samples_slope - 0.05)
    assert outcomes(tilted)["Ib"] == "disagree"
    relabelled = noisy.assign(samples_exponent=0.0 * noisy.samples_exponent + 7.0)
    assert outcomes(relabelled)["Ib"] == "agree"  # no number of the solver enters, only risks


def test_a_lost_point_disagrees(noisy):
    lost = noisy.samples_slope.where(noisy.samples_slope < -1.9)
    assert outcomes(noisy.assign(samples_slope=lost))["II"] == "disagree"
    curve = noisy.curve_excess_risk.where(noisy.curve < 0.5)
    assert outcomes(noisy.assign(curve_excess_risk=curve))["V"] == "disagree"
    broken = noisy.excess_risk.where(noisy.log_samples < 3.0).isel(dimension=0)
    diagram = broken.to_dataset(name="excess_risk").assign(phase=noisy.phase.isel(dimension=0))
    claim = phase_verdicts.judge([diagram.assign_attrs(network="diagonal", dimension=1e6)])[0]
    assert claim.statement == phase_verdicts.SOLVED and claim.outcome == "disagree"


def test_a_phase_without_deep_points_is_said_to_be_not_judged(noisy):
    shallow = noisy.assign(depth=0.0 * noisy.depth)
    found = outcomes(shallow)
    assert found["II"] == found["VIb"] == "not judged"


def test_two_terms_see_a_wrong_exponent_and_a_wrong_risk(noisy):
    wrong = outcomes(noisy.assign(curve_samples_exponent=noisy.curve_samples_exponent + 0.1))
    assert wrong["IV"] == wrong["V"] == wrong["VIa"] == "disagree"
    power = (noisy.dimension**noisy.curve) ** -0.8  # one power law instead of the sum of two terms
    wrong = outcomes(noisy.assign(curve_excess_risk=power.transpose(*noisy.curve_excess_risk.dims)))
    assert wrong["IV"] == wrong["V"] == wrong["VIa"] == "disagree"
    wrong = outcomes(noisy.assign(curve_weight_decay_exponent=noisy.curve_weight_decay_exponent - 0.2))
    assert wrong["IV"] == wrong["V"] == "disagree"
    coefficients, _ = phase_verdicts.two_terms(noisy, (0.2, 0.75))
    assert 0.45 < coefficients[-1, 1] < 0.55  # the second prefactor is near Δ


@pytest.mark.parametrize("false", ["constant", "falling", "rising", "shifted", "flat top"])
def test_a_curve_without_the_peak_disagrees(noisy, false):
    risk = noisy.peak_risk
    curve = {
        "constant": 0.0 * risk + 1.0,
        "falling": 0.0 * risk + noisy.ratio**-3.0,
        "rising": 0.0 * risk + noisy.ratio**3.0,
        "shifted": risk.roll(ratio=6, roll_coords=False),
        "flat top": risk.clip(max=1.01 * float(risk.isel(ratio=[0, -1]).max())),
    }[false]
    data = noisy.assign(peak_risk=curve.transpose("dimension", "ratio"))
    assert phase_verdicts.peak_place_claim(data).outcome == "disagree"


@pytest.mark.parametrize("slope", [0.0, -0.5, -1.0])
def test_another_growth_at_the_peak_disagrees(noisy, slope):
    data = noisy.assign(decay_risk=(0.0 * noisy.decay_risk + noisy.peak_decay**slope))
    claims = [c for c in phase_verdicts.verdict(data) if c.statement == phase_verdicts.PEAK]
    assert [str(c.outcome) for c in claims] == ["disagree"]


def test_every_statement_is_judged_by_the_experiment(noisy, noiseless):
    for experiment, data in ((phase_diagram.EXPERIMENT, noisy), (noiseless_phases.EXPERIMENT, noiseless)):
        diagram = phase_maps.phase_map("diagonal", data.attrs["noise_variance"], 10**4, 24)
        assert {claim.statement for claim in experiment.judge([diagram, data])} == set(experiment.claims)
        text = experiment.caption([diagram, data])
        assert "d = 10000" in text and f"Δ = {data.attrs['noise_variance']:g}" in text


def test_data_can_be_written(noisy, tmp_path):
    noisy.to_netcdf(tmp_path / "probes.nc", engine="scipy")
