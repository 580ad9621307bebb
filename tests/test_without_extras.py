"""What works with the required packages alone, and the one sentence where an extra is missing."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

EXTRAS = ("matplotlib", "distributed", "dask", "pyarrow", "yaml", "hypothesis", "mpmath", "dash", "plotly", "waitress")
WITHOUT = f"""
import sys
from importlib.machinery import PathFinder
class Bare(PathFinder):
    @staticmethod
    def find_spec(name, *rest):
        return None if name.partition(".")[0] in {EXTRAS!r} else PathFinder.find_spec(name, *rest)
sys.meta_path[sys.meta_path.index(PathFinder)] = Bare
"""
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


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A folder with a sweep that was run."""
    folder = tmp_path_factory.mktemp("bare")
    (folder / "s.json").write_text(JSON)
    (folder / "s.yaml").write_text("task: {}")
    (folder / "t.csv").write_text(CSV)
    assert command(folder, "sweep", "run", "s.json", "--json").returncode == 0
    return folder


def test_a_sweep(swept):
    assert command(swept, "sweep", "run", "t.csv", "--seeds", "1").returncode == 0
    assert command(swept, "sweep", "show", "s.sqlite").returncode == 0
    assert command(swept, "sweep", "export", "s.sqlite", "s.nc").returncode == 0 and (swept / "s.nc").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["sweep", "run", "s.yaml"], "need PyYAML, which is not installed"),
        (["sweep", "export", "s.sqlite", "s.parquet"], "needs pyarrow, which is not installed"),
        (["sweep", "show", "s.sqlite", "--figure", "s.png"], "need matplotlib, which is not installed"),
        (["sweep", "run", "s.json", "--scheduler", "tcp://localhost:1"], "needs Dask, which is not installed"),
        (["reproduce", "spectra"], "need matplotlib, which is not installed"),
        (["demo"], "need matplotlib, which is not installed"),
        (["explore", "--no-browser"], "needs dash, which is not installed"),
        (["explore", "--export", "view.html"], "needs dash, which is not installed"),
    ],
)
def test_a_missing_extra_is_one_sentence(swept, arguments, sentence):
    before = sorted(file.name for file in swept.iterdir())
    found = command(swept, *arguments)
    assert found.returncode == 2 and found.stdout == ""
    last = found.stderr.splitlines()[-1]
    assert sentence in last and "pip install" in last and "Traceback" not in found.stderr
    assert sorted(file.name for file in swept.iterdir()) == before
