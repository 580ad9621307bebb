"""What works with the required packages alone, and the one sentence where an extra is missing."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

EXTRAS = ("matplotlib", "distributed", "dask", "pyarrow", "yaml", "hypothesis", "mpmath")
WITHOUT = f"import sys; sys.modules.update(dict.fromkeys({EXTRAS!r})); "
TASK = ["--network", "diagonal", "--dimension", "20", "--samples", "60", "--weight-decay", "1"]
CSV = "network,dimension,samples,weight_decay\ndiagonal,20,40,1\n"
JSON = json.dumps({"seeds": 1, "task": {"network": "diagonal", "dimension": 20, "samples": 40, "weight_decay": 1}})


def command(folder, *arguments):
    """A command line in a process that has none of the extras."""
    script = WITHOUT + "from spectralaw.cli import main; main(sys.argv[1:])"
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)], capture_output=True, text=True, cwd=folder, timeout=120
    )


def test_the_public_face(tmp_path):
    script = WITHOUT + (
        "import spectralaw as sl; t = sl.Task('quadratic', 12, 200, 1.0, 0.5); "
        "names = [getattr(sl, name) for name in sl.__all__]; p = sl.predict(t); "
        "print(p.status, sl.train(t).status, len(sl.compare(t, seeds=2).runs), p.phase is None, len(sl.cite(p)) > 0); "
        "print(sl.sweep({'network': 'diagonal', 'dimension': 12, 'samples': 20, 'weight_decay': 1}, 's.sqlite', "
        "seeds=2).to_dataframe().shape[0])"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path, timeout=120)
    assert found.stderr == "" and found.stdout.split() == ["converged", "converged", "2", "False", "True", "3"]


@pytest.mark.parametrize("verb", ["predict", "train", "compare"])
def test_commands(tmp_path, verb):
    found = command(tmp_path, verb, *TASK, "--json")
    assert found.returncode == 0 and found.stderr == "" and json.loads(found.stdout)["status"] == "converged"


def test_a_sweep(tmp_path):
    (tmp_path / "s.json").write_text(JSON)
    (tmp_path / "t.csv").write_text(CSV)
    (tmp_path / "t.toml").write_text("[task]\nnetwork='diagonal'\ndimension=20\nsamples=40\nweight_decay=1\n")
    for file in ("s.json", "t.csv", "t.toml"):
        assert command(tmp_path, "sweep", "run", file, "--json").returncode == 0
    assert command(tmp_path, "sweep", "show", "s.sqlite").returncode == 0
    for file in ("s.nc", "s.csv"):
        assert command(tmp_path, "sweep", "export", "s.sqlite", file).returncode == 0 and (tmp_path / file).exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["sweep", "run", "s.yaml"], "need PyYAML, which is not installed"),
        (["sweep", "export", "s.sqlite", "s.parquet"], "needs pyarrow, which is not installed"),
        (["sweep", "show", "s.sqlite", "--figure", "s.png"], "need matplotlib, which is not installed"),
        (["sweep", "run", "s.json", "--scheduler", "tcp://localhost:1"], "needs Dask, which is not installed"),
        (["reproduce", "spectra"], "need matplotlib, which is not installed"),
        (["demo"], "need matplotlib, which is not installed"),
    ],
)
def test_a_missing_extra_is_one_sentence(tmp_path, arguments, sentence):
    (tmp_path / "s.json").write_text(JSON)
    (tmp_path / "s.yaml").write_text("task: {}")
    assert command(tmp_path, "sweep", "run", "s.json", "--json").returncode == 0
    before = sorted(file.name for file in tmp_path.iterdir())
    found = command(tmp_path, *arguments)
    assert found.returncode == 2 and found.stdout == ""
    last = found.stderr.splitlines()[-1]
    assert sentence in last and "pip install" in last and "Traceback" not in found.stderr
    assert sorted(file.name for file in tmp_path.iterdir()) == before
