"""The main job on a small scale: data, verdict, figure."""

from __future__ import annotations

import numpy as np
import pytest

from spectralaw.figures import look, risk_curves
from spectralaw.reproduction.claims import markdown
from spectralaw.reproduction.experiments import risk_curves as experiment

SMALL = experiment.Curves("quadratic", 20, 3, (0.1, 0.25, 1.0, 4.0))


@pytest.fixture(scope="module")
def data():
    seen = []
    result = experiment.compute(SMALL, workers=2, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(k, 36) for k in range(37)]
    return result


def test_data_are_those_of_train_and_predict(data):
    import spectralaw as sl

    task = SMALL.task(400.0, 1.0)
    assert float(data.theory.sel(samples=400.0, weight_decay=1.0)) == pytest.approx(
        sl.predict(task).excess_risk, rel=1e-12
    )
    single = sl.train(task, 2)
    assert float(data.excess_risk.sel(samples=400.0, weight_decay=1.0, seed=2)) == pytest.approx(
        single.excess_risk, rel=1e-6
    )
    assert data.sizes == {"weight_decay": 3, "samples": 4, "seed": 3, "fine_samples": data.sizes["fine_samples"]}


def test_verdict_tells_a_wrong_theory(data):
    claims = experiment.verdict(data)
    assert claims[0].agrees and claims[1].agrees
    wrong = data.assign(theory=2.0 * data.theory)
    assert not experiment.verdict(wrong)[0].agrees
    assert "**disagree**" in markdown(experiment.verdict(wrong)) and "agree" in markdown(claims)


def test_figure_and_data_are_written(data, tmp_path):
    paths = look.save(risk_curves.draw([data, data]), tmp_path / "curves")
    assert [p.suffix for p in paths] == [".png", ".pdf"] and all(p.stat().st_size > 10_000 for p in paths)
    data.to_netcdf(tmp_path / "curves.nc", engine="scipy")
    import xarray

    with xarray.open_dataset(tmp_path / "curves.nc", engine="scipy") as again:
        np.testing.assert_array_equal(again.excess_risk, data.excess_risk)
