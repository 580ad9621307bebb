"""The experiment's claims: true data agree, and every claim refuses false data and data with holes."""

from __future__ import annotations

import numpy as np
import pytest
import xarray

from spectralaw.systems import signal_propagation as sp
from spectralaw.systems.signal_propagation import experiment, measurements, verdicts

ABOUT = {"activation": "tanh", "bias_std": 0.3, "weight_std": 1.3955839752, "metric_factor": 0.2334978205}
T = np.array(measurements.RATIOS)


@pytest.fixture(scope="module")
def point():
    return sp.critical_point("tanh", bias_std=0.3)


@pytest.fixture(scope="module")
def measured(point):
    return {
        "boundary": measurements.boundary(("tanh", "sin"), (0.1, 0.3)),
        "approach": measurements.approach(point, (1e-6, 1e-5, 1e-4, 1e-3)),
        "layer": measurements.one_layer(point, 2000, 20),
        "many": measurements.many_channels(point, 100, 40, depth=4, positions=16),
    }


@pytest.fixture(scope="module")
def law(point):
    return sp.finite_width(point)


@pytest.fixture(scope="module")
def widths(law):
    """As the theory has it, with corrections of order 1/n and errors of 3 %."""
    rng, sizes = np.random.default_rng(2), np.array([100, 200, 400])
    scaling = law.scaling_function(T)
    infinite = 1.0 / (law.metric_factor * T * sizes[:, None])
    share = scaling * law.metric_factor * T * (1.0 + 6.0 / sizes[:, None])
    noise = np.exp(0.03 * np.sqrt(20.0) * rng.standard_normal((3, 20, T.size)))
    return xarray.Dataset(
        {
            "rho": (("width", "group", "ratio"), (share * infinite)[:, None] * noise),
            "infinite": (("width", "ratio"), infinite),
            "scaling": ("ratio", scaling),
            "lyapunov": ("width", law.lyapunov / sizes + np.array([1e-4, -1e-4, 1e-5])),
            "lyapunov_error": ("width", 0.03 / sizes),
        },
        coords={"width": sizes, "ratio": T},
        attrs={"part": "widths", "noise": law.noise, "drift": law.drift, "seeds": (1, 1, 1), **ABOUT},
    )


def channels(decay, spread=1e-3, bend=1e-4):
    """Curves l^−δ that bend up and down around the middle factor, as precise as ``spread``."""
    rng, layer, factors = np.random.default_rng(3), np.arange(801), np.array([1.0, 1.04, 1.06, 1.08, 1.3])
    turn = np.sign(factors - 1.06) * bend
    turn[[0, -1]] = -0.05, 0.0
    rho = 0.9 * np.maximum(layer, 1.0) ** -decay * np.exp(np.outer(turn, layer))
    rho[-1] = 0.6 * (1.0 + 0.4 / (layer + 1.0))
    noise = np.exp(spread * rng.standard_normal((5, 8, layer.size)))
    return xarray.Dataset(
        {
            "rho": (("factor", "seed", "layer"), rho[:, None] * noise),
            "infinite": ("layer", 1.0 / (1.0 + 0.2335 * layer)),
        },
        coords={"factor": factors, "layer": layer},
        attrs={"part": "channels", "channels": 10, "positions": 256, "kernel": 3, **ABOUT},
    )


def outcomes(*data):
    return {claim.statement: str(claim.outcome) for claim in verdicts.judge(data)}


def refused(data, *statements):
    """Whether just these claims of a dataset disagree."""
    found = outcomes(data)
    return {s for s, outcome in found.items() if outcome == "disagree"} == set(statements)


def test_true_data_agree(measured, widths):
    found = outcomes(*measured.values(), widths, channels(0.15946))
    assert set(found) == set(experiment.EXPERIMENT.claims) == set(verdicts.CLAIMS)
    assert set(found.values()) == {"agree"}


@pytest.mark.parametrize("name", ["residual", "weight_std"])
def test_a_boundary_that_is_not_found_or_falls_disagrees(measured, name):
    line = measured["boundary"]
    lost = line.assign({name: line[name].where(line.bias_std > 0.2)})
    wrong = {
        "residual": line.residual + 1e-9,
        "weight_std": line.weight_std.isel(bias_std=slice(None, None, -1)).values,
    }
    falls = line.assign({name: (line[name].dims, np.asarray(wrong[name]))})
    for data in (lost, falls, line.isel(bias_std=[0])):
        assert [str(c.outcome) for c in verdicts.judge([data])] == ["disagree"] * 2


def test_other_exponents_disagree(measured):
    true = measured["approach"]
    assert refused(true.assign(decay=true.decay / 1.05), verdicts.DECAY)
    assert refused(true.assign(decay=true.decay.where(true.layer != 2000)), verdicts.DECAY)
    assert refused(true.assign(rho=true.rho * true.tau**0.1), verdicts.ORDER)
    assert refused(true.assign(rho=1.01 * true.rho), verdicts.ORDER)
    assert refused(true.assign(rho=true.rho.where(true.tau > 1e-5)), verdicts.ORDER)
    assert refused(true.assign(rho=0.0 * true.rho), verdicts.ORDER)
    for side in ("depth_above", "depth_below"):
        assert refused(true.assign({side: true[side] * true.tau**-0.1}), verdicts.DEPTH)
        assert refused(true.assign({side: true[side].where(true.tau > 1e-5)}), verdicts.DEPTH)


def test_another_map_disagrees(measured):
    true = measured["layer"]
    assert refused(true.assign(map_gain=1.05 * true.map_gain), verdicts.LAYER)
    assert refused(true.assign(map_gain=true.map_gain[::-1].values + 0.0 * true.map_gain), verdicts.LAYER)
    assert refused(true.assign(gain=true.gain.where(true.rho < 1.0)), verdicts.LAYER)
    assert refused(true.assign(error=true.error * 10.0), verdicts.LAYER)  # it would agree with anything
    assert refused(true.assign(error=true.error.where(true.rho < 1.0)), verdicts.LAYER)


def test_other_scaling_with_width_disagrees(widths):
    everything = {verdicts.COLLAPSE, verdicts.EARLY, verdicts.LATE, verdicts.SCALING}
    assert refused(widths.assign(rho=widths.rho * (widths.width / 100.0) ** -0.5), *everything - {verdicts.LATE})
    assert verdicts.COLLAPSE in _disagree(widths.assign(rho=widths.rho * (widths.width / 100.0) ** 0.3))
    swapped = widths.assign(rho=(widths.rho.dims, widths.rho.values[[2, 1, 0]]))
    assert _disagree(swapped) >= {verdicts.COLLAPSE, verdicts.EARLY}
    ones = (widths.rho / widths.rho.mean("group")).transpose("width", "group", "ratio")
    mean_field = widths.assign(rho=(ones * widths.infinite).transpose("width", "group", "ratio"))
    # a pure power law fixes no pair of exponents
    assert _disagree(mean_field) == {verdicts.COLLAPSE, verdicts.LATE, verdicts.SCALING}
    assert refused(widths.assign(scaling=1.4 * widths.scaling), verdicts.SCALING)
    shifted = widths.assign(scaling=widths.scaling * np.exp(0.3 * (widths.ratio - 1.0)))
    assert refused(shifted, verdicts.SCALING)
    lost = widths.assign(rho=widths.rho.where((widths.width < 400) | (widths.ratio != 0.5)))
    assert _disagree(lost) >= {verdicts.COLLAPSE, verdicts.EARLY, verdicts.SCALING}
    lost = widths.assign(rho=widths.rho.where((widths.width < 400) | (widths.ratio != 2.0)))
    assert _disagree(lost) >= {verdicts.COLLAPSE, verdicts.LATE, verdicts.SCALING}
    for law in (lambda d: d.lyapunov * 0.8, lambda d: -d.lyapunov, lambda d: d.lyapunov.where(d.width > 100)):
        assert refused(widths.assign(lyapunov=law(widths)), verdicts.LYAPUNOV)
    assert refused(widths.assign(lyapunov_error=widths.lyapunov_error * 20.0), verdicts.LYAPUNOV)


def _disagree(data):
    return {s for s, outcome in outcomes(data).items() if outcome == "disagree"}


def test_noisy_widths_are_not_judged(widths):
    rng = np.random.default_rng(5)
    noisy = widths.assign(rho=widths.rho * np.exp(2.0 * rng.standard_normal(widths.rho.shape) - 2.0))
    claims = {c.statement: c for c in verdicts.judge([noisy])}
    assert claims[verdicts.COLLAPSE].outcome == "not judged" and claims[verdicts.COLLAPSE].reason
    assert outcomes(widths.isel(width=[0, 1]))[verdicts.SCALING] == "not judged"


def test_other_spreading_disagrees(measured):
    true = measured["many"]
    assert refused(true.assign(map_rho=1.5 * true.map_rho), verdicts.MANY)
    assert refused(true.assign(rho=true.rho.roll(position=3)), verdicts.MANY)
    assert refused(true.assign(rho=true.rho.where(true.position != 8)), verdicts.MANY)
    assert refused(true.assign(rho=true.rho.where(true.seed > 0).rename("rho")), verdicts.MANY)
    assert refused(true.isel(seed=slice(0, 2)).assign(rho=3.0 * true.rho.isel(seed=slice(0, 2))), verdicts.MANY)


def test_few_channels_that_do_not_shift_disagree():
    true = channels(0.15946)
    alive = true.assign(rho=true.rho.where(true.factor != 1.0, 0.5))
    dead = true.assign(rho=true.rho.where(true.factor != 1.3, 1e-9))
    holes = true.assign(rho=true.rho.where(true.layer < 700))
    missing = true.isel(factor=slice(1, None))
    for data in (alive, dead, holes, missing):
        assert outcomes(data)[verdicts.SHIFT] == "disagree"


def test_percolation_is_judged_from_narrow_intervals_only():
    assert outcomes(channels(0.15946))[verdicts.PERCOLATION] == "agree"
    assert outcomes(channels(1.0))[verdicts.PERCOLATION] == "disagree"
    assert outcomes(channels(0.35))[verdicts.PERCOLATION] == "disagree"
    for data in (channels(0.15946, bend=3e-3), channels(0.15946, spread=3.0), channels(1.0, spread=3.0)):
        claim = next(c for c in verdicts.judge([data]) if c.statement == verdicts.PERCOLATION)
        assert claim.outcome == "not judged" and claim.reason
    holes = channels(0.15946)
    assert outcomes(holes.assign(rho=holes.rho.where(holes.layer != 5)))[verdicts.PERCOLATION] == "disagree"


@pytest.mark.statistical
def test_widths_and_channels_are_measured_as_they_are_judged(point):
    data = measurements.widths(point, (20, 40), (200, 100))
    assert dict(data.sizes) == {"width": 2, "group": 20, "ratio": T.size} and np.all(np.isfinite(data.rho))
    mean, error = verdicts.shares(data)
    assert np.all(np.abs(mean - 1.0)[:, :3] < 0.3 + 4.0 * error[:, :3]) and mean[0, -1] < mean[0, 4]
    few = measurements.channels(point, 4, 8, 40, 3, (1.0, 1.5))
    assert dict(few.sizes) == {"factor": 2, "seed": 3, "layer": 41}
    assert float(few.rho.sel(factor=1.5)[:, 20:].median()) > float(few.rho.sel(factor=1.0)[:, 20:].median())


def test_the_picture_and_its_caption(measured, widths):
    pytest.importorskip("matplotlib")
    data = [measured["boundary"], measured["approach"], widths, channels(0.15946)]
    figure = experiment.EXPERIMENT.draw(data)
    assert len(figure.axes) == 4
    caption = experiment.EXPERIMENT.caption(data)
    assert "κ = 0.23350" in caption and "256" in caption and "tanh, sin" in caption
