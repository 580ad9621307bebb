"""Learning curves of grids and of sweeps."""

from __future__ import annotations

import numpy as np
import pytest

import spectralaw as sl

TASK = sl.Task("diagonal", 100, 200, 1.0, 0.5)


@pytest.fixture(scope="module")
def grid():
    return sl.predict_grid(TASK, samples=np.geomspace(10, 1e4, 9), weight_decay=[0.1, 1.0, 10.0])


def test_a_line_for_each_value_of_the_other_axis(grid, tmp_path):
    figure = sl.plot_curve(grid, output=tmp_path / "curve.pdf")
    axis = figure.axes[0]
    assert len(axis.lines) == 3 and axis.get_xscale() == axis.get_yscale() == "log"
    for line, decay in zip(axis.lines, grid.weight_decay.values, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), grid.excess_risk.sel(weight_decay=decay).values)
    assert axis.get_legend_handles_labels()[1] == [r"$\lambda = 0.1$", r"$\lambda = 1$", r"$\lambda = 10$"]
    assert (tmp_path / "curve.pdf").stat().st_size > 5_000
    other = sl.plot_curve(grid.isel(samples=[2, 5]), x="weight_decay", y="zero_mass").axes[0]
    assert len(other.lines) == 2 and other.get_yscale() == "linear"
    assert "no result" not in axis.get_xlabel()


def test_what_has_no_result_is_counted_and_not_drawn(grid):
    lost = grid.copy(deep=True)
    lost.excess_risk[3, 1] = np.nan
    axis = sl.plot_curve(lost).axes[0]
    assert "1 of 27 values have no result" in axis.get_xlabel()
    assert np.isnan(axis.lines[1].get_ydata()[3])


def test_a_sweep_shows_theory_as_lines_and_trainings_as_means_with_errors(tmp_path):
    fields = {
        "network": "diagonal",
        "dimension": 30,
        "samples": [30, 90, 300],
        "weight_decay": 1.0,
        "noise_variance": 0.5,
    }
    data = sl.sweep(fields, tmp_path / "s.sqlite", seeds=3, workers=1).to_xarray()
    axis = sl.plot_curve(data).axes[0]
    assert len(axis.containers) == 1
    drawn = axis.containers[0].lines[0].get_ydata()
    trained = data.excess_risk.sel(source="convex")
    np.testing.assert_allclose(drawn, trained.mean("seed").transpose("samples").values)
    segments = axis.containers[0].lines[2][0].get_segments()
    error = trained.std("seed", ddof=1).values / np.sqrt(3)
    np.testing.assert_allclose([(s[1, 1] - s[0, 1]) / 2 for s in segments], error)
    assert axis.get_legend_handles_labels()[1] == ["theory", "convex"]

    from spectralaw import cli

    path = tmp_path / "show.png"
    assert cli.run(["sweep", "show", str(tmp_path / "s.sqlite"), "--figure", str(path), "--json"]) == 0
    assert path.stat().st_size > 5_000


def test_refusals(grid, tmp_path):
    with pytest.raises(sl.InvalidInput, match="x must be one of samples, weight_decay, not 'gamma'"):
        sl.plot_curve(grid, x="gamma")
    with pytest.raises(sl.InvalidInput, match=r"y must be one of excess_risk, .*not 'status'"):
        sl.plot_curve(grid, y="status")
    many = sl.predict_grid(TASK, samples=np.geomspace(10, 1e3, 20), weight_decay=np.geomspace(0.1, 10, 13))
    with pytest.raises(sl.InvalidInput, match="at most 12 lines, not 13"):
        sl.plot_curve(many)
    with pytest.raises(sl.InvalidInput, match="figure must end in"):
        sl.plot_curve(grid, output=tmp_path / "curve")


def test_importing_the_functions_imports_no_matplotlib():
    import subprocess
    import sys

    code = "import sys, spectralaw as sl; sl.plot_curve; sl.plot_spectrum; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
