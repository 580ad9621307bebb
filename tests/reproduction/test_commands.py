"""reproduce and phases on the command line: files, words, refusals."""

from __future__ import annotations

import json

import pytest

from spectralaw import cli
from spectralaw.figures import phase_maps as drawing
from spectralaw.reproduction import phase_maps, registry
from tests.figures.test_look import pdf_text, pixels


def test_reproduce_writes_data_picture_caption_and_verdict(capsys, tmp_path):
    assert cli.run(["reproduce", "noiseless-risk", "--output", str(tmp_path), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)["figures"][0]
    assert len(report["verdict"]) == 8 and all((tmp_path / name.rsplit("/")[-1]).exists() for name in report["files"])
    assert {"noiseless-risk.png", "noiseless-risk.pdf", "noiseless-risk-caption.md", "noiseless-risk-report.json"} <= {
        name.rsplit("/")[-1] for name in report["files"]
    }
    assert pixels(tmp_path / "noiseless-risk.png") == (1480, 700)
    assert b"/Type3" not in pdf_text(tmp_path / "noiseless-risk.pdf")
    kept = json.loads((tmp_path / "noiseless-risk-report.json").read_text(encoding="utf-8"))
    assert kept["verdict"] == report["verdict"] and "grey window" in kept["caption"]
    assert str(tmp_path) not in json.dumps(kept)


def test_bad_names_and_sizes_are_refused(capsys):
    assert cli.run(["reproduce", "fig9"]) == 2 and "name must be one of" in capsys.readouterr().err
    assert cli.run(["reproduce", "width", "--size", "huge"]) == 2 and "size must be" in capsys.readouterr().err


def test_phases(capsys, tmp_path):
    arguments = "phases --network diagonal --dimension 1e4 --noise-variance 0.5 --points 15 --json".split()
    assert cli.run(arguments) == 0
    phases = {row["phase"] for row in json.loads(capsys.readouterr().out)["phases"]}
    assert {"Ib", "II", "III", "IV", "V", "VIa", "VIb"} <= phases
    assert cli.run([*arguments[:-1], "--save", str(tmp_path / "map.v2.nc")]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"map.v2.nc", "map.v2.png", "map.v2.pdf"}
    assert cli.run([*arguments, "--save", str(tmp_path / "map.png")]) == 2
    assert "save must name the file of the data" in capsys.readouterr().err and not (tmp_path / "map.png").exists()
    assert cli.run([*arguments, "--gamma", "0.4"]) == 2


@pytest.mark.parametrize("noise", [0.0, 0.5])
def test_the_map_names_every_phase_that_it_shows(noise):
    maps = [phase_maps.phase_map(network, noise, 10**4, 40) for network in phase_maps.NETWORKS]
    figure = drawing.draw(maps)
    named = {text.get_text() for axis in figure.axes for text in axis.texts}
    shown = {str(phase) for data in maps for phase in data.phase.values.ravel()}
    assert named == shown and ("III" in shown) and ("Ia" in shown)
    legend = {text.get_text().split(":")[0] for text in figure.legends[0].get_texts()}
    assert shown <= legend
    assert len(figure.axes) == 6  # two rows of two maps, and their colours


def test_the_maps_have_128_cells_and_more():
    for name in ("phase-diagram", "noiseless-phases"):
        assert all(size["points"] >= 128 for size in registry.experiment(name).sizes.values())
