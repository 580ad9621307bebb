"""Peaks: found where there are, not where there are none, and what is fitted beside them."""

import json

import numpy as np
import pytest

import spectralaw as sl
from spectralaw.scaling.inputs import read
from spectralaw.scaling.peak import shape


def seen(x, y):
    points, xs, _ = read(x, y)
    return shape(points, xs[0])


def bump(x, height, width):
    return x**-0.5 * np.exp(height * np.exp(-0.5 * (np.log(x / 3e4) / width) ** 2))


@pytest.mark.parametrize("n, repeats", [(8, 1), (20, 1), (40, 1), (12, 3)])
@pytest.mark.parametrize("slope", [0.0, -0.4])
def test_noise_is_no_peak(n, repeats, slope):
    x = np.repeat(np.geomspace(1e3, 1e6, n), repeats)
    random = np.random.default_rng(n)
    alarms = sum(seen(x, x**slope * np.exp(0.03 * random.standard_normal(len(x)))).peak is not None for _ in range(200))
    assert alarms <= 4


@pytest.mark.parametrize("n, sigma, height, width", [(40, 0.01, 1.0, 0.5), (20, 0.01, 2.0, 1.0), (20, 0.03, 2.0, 1.0)])
def test_peaks_are_found(n, sigma, height, width):
    x = np.geomspace(1e3, 1e6, n)
    random = np.random.default_rng(0)
    found = [seen(x, bump(x, height, width) * np.exp(sigma * random.standard_normal(n))).peak for _ in range(50)]
    assert all(one is not None and 0.5 < one.x / 3e4 < 2.0 and one.z > 6.0 for one in found)


def test_a_single_high_point_is_said_not_taken_for_a_peak():
    x = np.geomspace(1e3, 1e6, 20)
    y = x**-0.4 * np.exp(0.01 * np.random.default_rng(0).standard_normal(20))
    assert "one_point_high" not in sl.fit_scaling_law(x, y).notes
    y[9] *= 1.6
    fit = sl.fit_scaling_law(x, y)
    assert fit.peak is None and fit.status == "converged" and "one_point_high" in fit.notes
    assert f"{x[9]:.4g}" in " ".join(fit.remarks)


def test_diagonal_network_with_weak_decay():
    n = np.unique(np.round(np.geomspace(30, 1e7, 33)))
    task = sl.Task("diagonal", 10_000, 1000, 0.01, 0.5, teacher=sl.PowerLaw(1.0))
    risk = np.array([sl.predict(task.replace(samples=k)).excess_risk for k in n])
    fit = sl.fit_scaling_law(n, risk)
    assert fit.status == "peak" and not fit.parameters
    assert fit.peak.x == pytest.approx(1.16e4, rel=0.01)
    assert fit.parts["right"].status == "converged"
    assert fit.regimes[-1].exponent == pytest.approx(-1.0, abs=0.02)
    out = json.loads(json.dumps(fit.to_dict(), allow_nan=False))
    assert out["peak"]["x"] == fit.peak.x and out["parts"]["right"]["law"] == fit.law
    assert fit.parts["right"].predict(1e6) == pytest.approx(np.interp(1e6, n, risk), rel=0.1)
    with pytest.raises(sl.InvalidInput, match="peak"):
        fit.predict(1e3)


def test_a_curve_that_still_rises_at_its_end():
    x = np.geomspace(1e3, 2.5e4, 16)
    fit = sl.fit_scaling_law(x, bump(x, 4.0, 0.8))
    assert fit.status == "peak" and "end of the data" in fit.message and "right" not in fit.parts
