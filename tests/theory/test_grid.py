"""Grids of predictions equal single predictions, and refuse what a task refuses."""

import numpy as np
import pytest

import spectralaw as sl


@pytest.mark.parametrize("network", ["diagonal", "quadratic"])
def test_equals_single_predictions(network):
    task = sl.Task(network, 200, 1000.0, 1.0, 0.5)
    samples, decay, dimension, gamma = [30.0, 3e3, 2e5], [1e-3, 1.0, 20.0], [100, 2000], [0.8, 1.5]
    grid = sl.predict_grid(task, samples=samples, dimension=dimension, weight_decay=decay, gamma=gamma)
    assert grid.excess_risk.dims == ("samples", "dimension", "weight_decay", "gamma")
    for n in samples:
        for k in decay:
            for d in dimension:
                for g in gamma:
                    one = sl.predict(task.replace(samples=n, weight_decay=k, dimension=d, teacher=sl.PowerLaw(g)))
                    point = grid.sel(samples=n, weight_decay=k, dimension=d, gamma=g)
                    assert str(point.status.values) == one.status
                    for name in ("excess_risk", "training_loss", "effective_noise", "threshold", "zero_mass"):
                        assert float(point[name]) == pytest.approx(getattr(one, name), rel=1e-12, abs=1e-14), name
                    assert float(point.samples_exponent) == pytest.approx(one.exponents.samples, abs=1e-9)


def test_points_that_are_not_results_are_missing():
    grid = sl.predict_grid(sl.Task("diagonal", 100, 100, 0.0, 0.5), samples=[100.0, 1000.0])
    assert grid.status.values.tolist() == ["not_converged", "converged"]
    assert np.isnan(grid.excess_risk.values).tolist() == [True, False]


def test_without_axes_is_one_point():
    task = sl.Task("quadratic", 50, 3000.0, 1.0, 0.5)
    assert float(sl.predict_grid(task).excess_risk) == pytest.approx(sl.predict(task).excess_risk, rel=1e-13)


@pytest.mark.parametrize(
    ("axes", "names"),
    [
        ({"sample": [1.0]}, ("sample", "samples")),
        ({"samples": []}, ("samples", "non-empty")),
        ({"samples": [np.nan]}, ("samples", "nan")),
        ({"noise_variance": [-1.0]}, ("noise_variance", "-1")),
        ({"gamma": [0.5]}, ("gamma", "0.5")),
        ({"weight_decay": ["much"]}, ("weight_decay",)),
        ({"dimension": [1]}, ("dimension", "1")),
    ],
)
def test_bad_axes_are_refused_in_one_sentence(axes, names):
    with pytest.raises(sl.InvalidInput) as caught:
        sl.predict_grid(sl.Task("diagonal", 100, 100, 1.0, 0.5), **axes)
    message = str(caught.value)
    assert all(name in message for name in names)
    assert "\n" not in message
