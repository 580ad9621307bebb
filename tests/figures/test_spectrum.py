"""The picture of a spectrum: every mass once, and nothing of another task."""

from __future__ import annotations

import numpy as np
import pytest

import spectralaw as sl
from spectralaw.figures.spectrum import histogram, predicted

TASK = sl.Task("quadratic", 60, 900, 0.4, 0.5)
TASKS = {
    "bulk and outliers": TASK,
    "small decay": TASK.replace(weight_decay=0.01),
    "heavy tail": TASK.replace(samples=40_000, weight_decay=1.0),
    "narrow": TASK.replace(width=20),
    "finite rank": TASK.replace(teacher=sl.FiniteRank(3), samples=4000),
    "diagonal": sl.Task("diagonal", 200, 400, 1.0, 0.5),
    "diagonal, fixed": sl.Task("diagonal", 200, 400, 1.0, 0.5, teacher=sl.PowerLaw(1.0, coefficients="fixed")),
}


@pytest.mark.parametrize("name", TASKS)
def test_the_predicted_masses_add_up_to_one(name):
    part = predicted(sl.predict(TASKS[name]))
    line = float(np.trapezoid(part.density, part.x))
    assert line + part.outlier_count / part.dimension + part.zero_mass == pytest.approx(1.0, abs=2e-3)


def test_an_outlier_counted_twice_would_be_seen():
    answer = sl.predict(TASK)
    part = predicted(answer)
    twice = float(np.trapezoid(part.density, part.x)) + 2.0 * part.outlier_count / part.dimension + part.zero_mass
    assert abs(twice - 1.0) > 0.05
    x = np.geomspace(1e-6, 30.0, 20_000)
    everything = float(np.trapezoid(answer.spectrum.density(x), x))  # the density of all weights holds them already
    assert everything + part.zero_mass == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("name", ["bulk and outliers", "diagonal"])
def test_the_histogram_has_area_one_with_its_zeros_and_follows_the_prediction(name):
    networks = [sl.train(TASKS[name], seed) for seed in range(3)]
    found = histogram(networks)
    assert np.sum(found.density * np.diff(found.edges)) + found.zero_mass == pytest.approx(1.0, abs=1e-12)
    assert found.zero_mass == pytest.approx(np.mean([one.zero_mass for one in networks]))
    assert histogram(networks[:1]).zero_mass == pytest.approx(networks[0].zero_mass)
    sizes = np.abs(np.concatenate([one.spectrum for one in networks]))
    assert found.edges[0] == 0.0 and found.edges[-1] > sizes.max()


def test_the_zeros_of_a_network_trained_by_gradients_are_no_bin():
    answer = sl.train(TASK, 0, "network")
    found = histogram([answer])
    assert found.zero_mass == pytest.approx(answer.zero_mass)
    assert np.sum(found.density * np.diff(found.edges)) == pytest.approx(1.0 - answer.zero_mass, abs=1e-12)


@pytest.mark.parametrize("name", TASKS)
def test_it_is_drawn_and_written(name, tmp_path):
    figure = sl.plot_spectrum(sl.predict(TASKS[name]), output=tmp_path / "s.png")
    assert (tmp_path / "s.png").stat().st_size > 5_000
    axis = figure.axes[0]
    assert "at zero: theory" in axis.texts[-1].get_text()
    assert np.all(np.isfinite([*axis.get_xlim(), *axis.get_ylim()]))


def test_rank_collapse_and_networks_alone():
    collapsed = TASK.replace(weight_decay=100.0)
    figure = sl.plot_spectrum(sl.predict(collapsed), sl.train(collapsed))
    assert any("all weights are zero" in text.get_text() for text in figure.axes[0].texts)
    figure = sl.plot_spectrum(trained=[sl.train(TASK, 1), sl.train(TASK, 2)])
    assert figure.axes[0].get_legend_handles_labels()[1] == ["trained, 2 networks"]


def test_what_cannot_be_drawn_is_refused(tmp_path):
    answer = sl.predict(TASK)
    with pytest.raises(sl.InvalidInput, match="needs a prediction, or trained networks"):
        sl.plot_spectrum()
    with pytest.raises(sl.InvalidInput, match="trained must be networks of the task"):
        sl.plot_spectrum(answer, sl.train(TASK.replace(weight_decay=0.5)))
    with pytest.raises(sl.InvalidInput, match="figure must end in"):
        sl.plot_spectrum(answer, output=tmp_path / "s.jpeg")
    import dataclasses

    lost = dataclasses.replace(answer, status=sl.Status.NOT_CONVERGED, message="no solution was found")
    with pytest.raises(sl.ConvergenceFailure, match="no spectrum to draw"):
        sl.plot_spectrum(lost)


def test_on_the_command_line(tmp_path, capsys):
    from spectralaw import cli

    arguments = "--network quadratic --dimension 60 --samples 900 --weight-decay 0.4 --noise-variance 0.5".split()
    for verb, suffix, start in (
        ("predict", ".pdf", b"%PDF"),
        ("train", ".svg", b"<?xml"),
        ("train", ".png", b"\x89PNG"),
    ):
        path = tmp_path / f"{verb}{suffix}"
        assert cli.run([verb, *arguments, "--figure", str(path), "--json"]) == 0
        assert path.read_bytes().startswith(start)
    capsys.readouterr()
    assert cli.run(["predict", *arguments, "--figure", str(tmp_path / "predict.pdf")]) == 0
    assert "drawn in" in capsys.readouterr().out
    assert cli.run(["predict", *arguments, "--figure", str(tmp_path / "x.txt")]) == 2
    assert "figure must end in" in capsys.readouterr().err
    assert cli.run(["predict", *arguments, "--figure", str(tmp_path / "none" / "x.png")]) == 2
    assert {p.name for p in tmp_path.iterdir()} == {"predict.pdf", "train.svg", "train.png"}
