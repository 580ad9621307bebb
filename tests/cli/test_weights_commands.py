"""The commands that read trained weights: exit status, strict JSON, one sentence, and little memory."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.cli.running import run as _run
from tests.cli.running import strict as _strict
from tests.weights import test_hostile_files as hostile

RNG = np.random.default_rng(0)
NOISE = RNG.standard_normal((40, 60))
SPIKED = NOISE + 3.0 * np.outer(np.ones(40), np.ones(60)) / 7.0


@pytest.fixture
def file(tmp_path):
    np.savez(tmp_path / "w.npz", w=SPIKED, n=NOISE, b=np.zeros(3))
    return tmp_path / "w.npz"


def test_diagnose(capsys, file):
    status, out, err = _run(capsys, "diagnose", file, "--json", "--resamples", "20")
    answer = _strict(out)
    assert status == 0 and err == "" and out.count("\n") == 1
    assert [row["status"] for row in answer["matrices"]] == ["ok", "ok", "vector"]
    assert "interval" in answer["matrices"][0]["tail"] and answer["matrices"][0]["spikes"] >= 1
    status, out, _ = _run(capsys, "diagnose", file, "--no-intervals")
    assert status == 0 and "2 matrices read" in out and "vector" in out
    status, out, err = _run(capsys, "diagnose", file, "--csv", "--no-intervals")
    assert status == 0 and err == "" and out.startswith("name,shape") and out.count("\n") == 4
    chosen = _strict(_run(capsys, "diagnose", file, "--json", "--no-intervals", "--include", "w", "--include", "b*")[1])
    assert [row["status"] for row in chosen["matrices"]] == ["ok", "not_selected", "vector"]
    assert _run(capsys, "diagnose", file, "--json", "--no-intervals", "--exclude", "w")[0] == 0


def test_describe_reads_headers_only(capsys, file, monkeypatch):
    from spectralaw.weights.files import zips

    monkeypatch.setattr(zips.Archive, "read", None)
    status, out, err = _run(capsys, "diagnose", file, "--describe", "--json")
    rows = _strict(out)["matrices"]
    assert status == 0 and err == "" and [row["status"] for row in rows] == ["to_read", "to_read", "vector"]
    assert rows[0]["matrix_shape"] == [40, 60] and rows[0]["bytes"] == 19_200
    status, out, _ = _run(capsys, "diagnose", file, "--describe")
    assert status == 0 and "3 tensors, 2 to read" in out and "vector: " in out
    assert _run(capsys, "diagnose", file, "--describe", "--csv")[1].startswith("name,shape,dtype,status")


def test_describe_is_quick_and_needs_neither_torch_nor_onnx(file):
    code = (
        "import sys; from spectralaw import cli; status = cli.run(['diagnose', sys.argv[1], '--describe']); "
        "loaded = {'torch', 'onnx', 'scipy', 'xarray', 'matplotlib', 'pandas'} & set(sys.modules); "
        "sys.exit(status or (f'loaded {loaded}' if loaded else 0))"
    )
    begin = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    ran = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    taken = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - begin  # of the processor, whatever else it does
    assert taken < 1.0  # 0.25 s on an idle core; the benchmark holds it to 0.3 s


def test_nothing_to_read_and_refused_files(capsys, tmp_path):
    np.savez(tmp_path / "b.npz", b=np.zeros(3), s=NOISE[:3])
    status, out, err = _run(capsys, "diagnose", tmp_path / "b.npz", "--json")
    assert status == 2 and [row["status"] for row in _strict(out)["matrices"]] == ["vector", "too_small"]
    assert err == "spectralaw: b.npz holds no matrix that could be read: 1 vector, 1 too_small\n"
    (tmp_path / "x.pt").write_bytes(hostile.ASKS)
    for command in ("diagnose", "prune"):
        status, out, err = _run(capsys, command, tmp_path / "x.pt", "--json")
        assert status == 2 and out == "" and err.count("\n") == 1 and "os.system" in err and "refused_pickle" in err
    assert _run(capsys, "diagnose", tmp_path / "missing.npz")[0] == 2


def test_a_decomposition_that_does_not_converge(capsys, file, monkeypatch):
    from spectralaw.weights.spectrum import Spectrum

    def fail(*_):
        raise np.linalg.LinAlgError("it did not converge")

    assert _run(capsys, "diagnose", file, "--include", "w", "--no-intervals")[0] == 0
    monkeypatch.setattr(Spectrum, "__init__", fail)
    status, out, err = _run(capsys, "diagnose", file, "--json")
    assert status == 1 and "could not be computed" in err and err.count("\n") == 1
    assert _strict(out)["matrices"][0]["status"] == "out_of_scope"


def test_checkpoints(capsys, file, tmp_path):
    np.savez(tmp_path / "v.npz", w=SPIKED * 2, n=NOISE)
    status, out, _ = _run(capsys, "diagnose", file, tmp_path / "v.npz", "--json", "--no-intervals")
    answer = _strict(out)
    assert status == 0 and answer["checkpoints"] == ["w.npz", "v.npz"] and len(answer["diagnoses"]) == 2
    assert answer["changes"][0]["relative_change"] == pytest.approx(1.0)
    status, out, _ = _run(capsys, "diagnose", file, tmp_path / "v.npz", "--no-intervals")
    assert status == 0 and "2 checkpoints, from w.npz to v.npz" in out


def test_report(capsys, file, tmp_path):
    page = tmp_path / "r.html"
    status, _, err = _run(capsys, "diagnose", file, "--no-intervals", "--report", page)
    assert status == 0 and "report in" in err and page.read_text(encoding="utf-8").count("<img") == 2
    status, out, err = _run(capsys, "diagnose", file, "--no-intervals", "--report", page)
    assert status == 2 and out == "" and "exists" in err


def test_prune(capsys, file, tmp_path):
    out_file = tmp_path / "p.safetensors"
    status, out, err = _run(capsys, "prune", file, "--output", out_file, "--json", "--factored")
    answer = _strict(out)
    assert status == 0 and err == "" and answer["matrices"][0]["written"] == "factors" and out_file.exists()
    status, out, err = _run(capsys, "prune", file, "--output", out_file)
    assert status == 2 and out == "" and "exists" in err
    status, out, _ = _run(capsys, "prune", file, "--output", out_file, "--overwrite", "--keep", "3")
    assert status == 0 and "parameters kept" in out and "not of the function" in out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--level", "2"], "level must be between 0 and 1/2, not 2"),
        (["--null", "magic"], "null must be one of 'auto', 'edge', 'flip'"),
        (["--json", "--csv"], "json and csv cannot be given together"),
        (["--report", "r.doc"], ".html or .pdf"),
        (["--describe", "--report", "r.html"], "describe"),
        (["--min-size", "few"], "few"),
        (["--levle", "0.1"], "--levle"),
    ],
)
def test_bad_options(capsys, file, arguments, sentence):
    status, out, err = _run(capsys, "diagnose", file, *arguments)
    assert status == 2 and out == "" and sentence in err and err.count("\n") == 1


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of memory is read from /proc")
@pytest.mark.parametrize(
    "name", ["os.system", "zip bomb", "header of 2^62 bytes", "2^40 rows of stride 0", "millions of lists"]
)
def test_hostile_files_cost_no_memory(tmp_path, name):
    make, _ = hostile.CASES[name]
    path = make(tmp_path)
    before = sorted(tmp_path.iterdir())
    code = (  # the peak of the process itself: what the system reports after a fork is that of its parent
        "import sys; from spectralaw import cli; status = cli.run(['diagnose', sys.argv[1]]); "
        "print(next(line for line in open('/proc/self/status') if line.startswith('VmHWM'))); sys.exit(status)"
    )
    ran = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True)
    assert ran.returncode == 2 and ran.stderr.startswith("spectralaw: ") and ran.stderr.count("\n") == 1, ran.stderr
    assert int(ran.stdout.split()[-2]) * 1024 < 200e6 and sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("command", [["diagnose"], ["diagnose", "--describe"], ["prune"]])
def test_names_in_a_file_and_of_a_file_do_not_reach_the_terminal_raw(command, tmp_path, capsys):
    place = tmp_path / "evil\x1b[2J.npz"
    np.savez(place, **{"name\x1b]0;x\x07": np.arange(3.0)})
    status, out, err = _run(capsys, *command, str(place))
    assert status == 2 and "evil" in err and not {"\x1b", "\x07"} & set(out + err)
