"""What is printed: on any stream, in any encoding, with the digits that numbers deserve; and what is written where."""

from __future__ import annotations

import dataclasses
import io
import json
import math
import os
import re
import subprocess
import sys
import time

import numpy as np
import pytest

import spectralaw as sl
from spectralaw import cli
from spectralaw.cli import options, output, progress
from tests.cli.running import run as _run

TASK = "--network quadratic --dimension 20 --samples 200 --weight-decay 1 --noise-variance 0.5".split()
LINES = {
    "predict": ["predict", *TASK],
    "train": ["train", *TASK],
    "compare": ["compare", *TASK, "--seeds", "2"],
    "optimum": ["optimum", "--network", "diagonal", "--dimension", "20", "--samples", "50", "--noise-variance", "0.5"],
    "grid": ["grid", *TASK, "--over", "samples=100:400:2"],
    "phases": ["phases", "--network", "diagonal", "--dimension", "100", "--noise-variance", "0.5", "--points", "3"],
    "cite": ["cite"],
    "help": ["--help"],
    "predict help": ["predict", "-h"],
    "train help": ["train", "-h"],
}


def _into(monkeypatch, encoding: str, arguments: list[str], written: str = "") -> tuple[int, str, str]:
    """Run with streams that refuse what their encoding has no letter for."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict", newline="") for _ in range(2)]
    monkeypatch.setattr(sys, "stdout", streams[0])
    monkeypatch.setattr(sys, "stderr", streams[1])
    monkeypatch.setattr(progress, "_QUIET", math.inf)  # whatever the speed of the machine
    status = cli.run(arguments)
    for stream in streams:
        stream.flush()
        assert stream.errors == "strict"  # as it was
    texts = [stream.buffer.getvalue().decode(written or encoding) for stream in streams]
    monkeypatch.undo()
    return status, *texts


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "cp437", "ascii", "utf-8"])
@pytest.mark.parametrize("name", LINES)
def test_output_reaches_a_stream_of_any_encoding(monkeypatch, encoding, name):
    utf8 = encoding == "ascii" and "help" in name  # click takes a stream that says ASCII for one of UTF-8
    status, out, err = _into(monkeypatch, encoding, LINES[name], written="utf-8" if utf8 else encoding)
    assert status == 0 and out and err == ""
    if encoding == "utf-8":
        assert "?" not in out
    elif name == "predict":
        assert "effective noise" in out and out.count("?") == 0
        assert ("delta" in out) == (encoding != "cp437")  # which has a letter for it
    if name == "compare":
        assert re.search(r"\d (±|\+-) \d", out)


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_complaints_reach_a_stream_of_any_encoding(monkeypatch, encoding):
    status, out, err = _into(monkeypatch, encoding, ["predict", *TASK, "--samples", "λ ≥ 3"])
    assert status == 2 and out == "" and err.count("\n") == 1 and "samples" in err


def test_a_table_stays_aligned_in_a_small_encoding(monkeypatch):
    _, out, _ = _into(monkeypatch, "cp1252", LINES["phases"])
    header, line = out.splitlines()[:2]
    assert len(header) == len(line) and set(line) == {"-", " "}


@pytest.mark.parametrize("name", [n for n in LINES if "help" not in n])
def test_json_is_one_ascii_line_and_nothing_else(monkeypatch, tmp_path, name):
    for encoding in ("ascii", "cp1252", "utf-8"):
        status, out, err = _into(monkeypatch, encoding, [*LINES[name], "--json"])
        assert status == 0 and err == "" and out.isascii() and out.count("\n") == 1
        json.loads(out, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))


def test_json_of_what_is_not_ascii(capsys):
    output.print_json({"name": "λ\udcff", "value": math.nan, "list": [1.0, {"inner": math.inf}]})
    assert json.loads(capsys.readouterr().out) == {"name": "λ\udcff", "list": [1.0, {}]}


@pytest.mark.parametrize("arguments", [["--json"], []])
def test_a_redirect_on_windows(arguments):
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252"}
    run = subprocess.run(
        [sys.executable, "-m", "spectralaw", *LINES["predict"], *arguments], capture_output=True, env=environment
    )
    assert run.returncode == 0 and run.stderr == b"" and b"converged" in run.stdout.decode("cp1252").encode()


def test_a_full_disk_and_a_closed_pipe_are_no_traceback():
    command = [sys.executable, "-m", "spectralaw", *LINES["cite"]]
    reader, writer = os.pipe()
    os.close(reader)
    run = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert run.returncode == 1 and run.stderr == ""
    if os.path.exists("/dev/full"):
        with open("/dev/full", "w") as full:
            run = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
        assert run.returncode != 0 and run.stderr.count("\n") == 1 and "No space left" in run.stderr


def test_means_have_the_digits_that_they_deserve(capsys):
    _, out, _ = _run(capsys, *LINES["compare"])
    for mean, error in re.findall(r"(-?[\d.]+) ± ([\d.]+)", out):
        if error != "0":  # all alike
            assert len(mean.partition(".")[2]) == len(error.partition(".")[2])
            assert len(error.replace(".", "").lstrip("0")) == 2


def test_more_outliers_are_counted(capsys):
    strong = ["predict", *TASK, "--samples", "1e5", "--gamma", "0.7"]
    _, out, _ = _run(capsys, *strong)
    count = int(re.search(r"outliers\s+(\d+)", out).group(1))
    assert count > 6 and out.endswith(f"\n{count - 5} more outliers\n")
    _, out, _ = _run(capsys, "predict", *TASK, "--samples", "1e5", "--rank", "6", "--gamma", "1")
    assert out.endswith("\n1 more outlier\n")
    assert "more outlier" not in _run(capsys, "predict", *TASK, "--samples", "1e5", "--rank", "5", "--gamma", "1")[1]


def test_a_failed_prediction_is_a_sentence_and_no_table(capsys, monkeypatch):
    import spectralaw.theory

    good = sl.predict(sl.Task("quadratic", 20, 200, 1.0))
    failed = dataclasses.replace(
        good, status=sl.Status.NOT_CONVERGED, excess_risk=math.nan, message="no solution was found (residual 1e-2)"
    )
    monkeypatch.setattr(spectralaw.theory, "predict", lambda task: failed)
    status, out, err = _run(capsys, "predict", *TASK)
    assert (status, out, err) == (1, "", "spectralaw: no solution was found (residual 1e-2)\n")
    status, out, err = _run(capsys, "predict", *TASK, "--json")
    assert status == 1 and json.loads(out)["status"] == "not_converged" and "excess_risk" not in json.loads(out)
    assert err == "spectralaw: no solution was found (residual 1e-2)\n"


def test_points_of_a_grid_without_a_solution_are_counted(capsys, monkeypatch):
    import spectralaw.theory

    data = sl.predict_grid(sl.Task("quadratic", 20, 200, 1.0), samples=[100.0, 200.0])
    data["status"][1] = "not_converged"
    data["excess_risk"][1] = math.nan
    monkeypatch.setattr(spectralaw.theory, "predict_grid", lambda task, **axes: data)
    status, out, err = _run(capsys, *LINES["grid"])
    assert status == 1 and "nan" not in out and err == "spectralaw: no solution was found at 1 of 2 points\n"


def test_grid_is_that_of_python(capsys, tmp_path):
    import xarray

    line = ["grid", "--network", "quadratic", "--dimension", "20", "--noise-variance", "0.5"]
    line += ["--over", "samples=100:400:3", "--over", "weight-decay=0.1", "--over", "weight_decay=1"]
    status, out, _ = _run(capsys, *line, "--json", "--save", str(tmp_path / "grid0.5"))
    answer = json.loads(out)
    assert status == 0 and answer["axes"] == {
        "samples": [100.0, pytest.approx(200.0), 400.0],
        "weight_decay": [0.1, 1.0],
    }
    assert len(answer["points"]) == 6 and "samples" not in answer["task"]
    for point in answer["points"]:
        task = sl.Task("quadratic", 20, point["samples"], point["weight_decay"], 0.5)
        assert point["excess_risk"] == pytest.approx(sl.predict(task).excess_risk, rel=1e-10)
    with xarray.open_dataset(tmp_path / "grid0.5", engine="scipy") as data:
        assert data.sizes == {"samples": 3, "weight_decay": 2}
    assert [f.name for f in tmp_path.iterdir()] == ["grid0.5"]


def test_optimum_is_that_of_python(capsys):
    _, out, _ = _run(capsys, *LINES["optimum"], "--json")
    best = sl.optimal_weight_decay(sl.Task("diagonal", 20, 50, 1.0, 0.5))
    answer = json.loads(out)
    assert answer["weight_decay"] == best.weight_decay and answer["excess_risk"] == best.excess_risk
    assert answer["status"] == "converged" and "weight_decay" not in answer["task"]


def test_cite_takes_what_python_takes(capsys, tmp_path):
    path = sl.train(sl.Task("diagonal", 8, 40, 1.0, 0.5), method="amp").save(tmp_path / "t.npz")
    for subject, number in (
        ("2606.28242", "2606.28242"),
        ("width", "2606.28242"),
        ("bayes", "2408.03733"),
        (str(path), "0907.3574"),
    ):
        status, out, _ = _run(capsys, "cite", subject)
        assert status == 0 and number in out
    assert "Pedregosa" not in out
    assert json.loads(_run(capsys, "cite", "bayes", "--json")[1])["bibtex"] == sl.cite("bayes")


def test_files_have_exactly_the_name_that_was_given(capsys, tmp_path):
    for name in ("a.txt", "w.npz", "noise0.5", "run1.5.npz"):
        assert _run(capsys, "train", *TASK, "--save", str(tmp_path / name))[0] == 0
        trained = sl.Trained.load(tmp_path / name)
        assert trained.task == sl.Task("quadratic", 20, 200, 1.0, 0.5)
        with np.load(tmp_path / name) as file:
            assert {"spectrum", "estimate", "target", "W"} <= set(file.files)
    assert sorted(f.name for f in tmp_path.iterdir()) == ["a.txt", "noise0.5", "run1.5.npz", "w.npz"]
    assert _run(capsys, "predict", *TASK, "--save", str(tmp_path / "p.npz"))[0] == 0
    assert _run(capsys, *LINES["compare"], "--save", str(tmp_path / "c.npz"))[0] == 0
    assert isinstance(sl.load(tmp_path / "p.npz"), sl.Prediction) and len(sl.load(tmp_path / "c.npz").runs) == 2


def test_a_picture_never_takes_the_place_of_another_file(capsys, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    from spectralaw.figures import look, phase_maps

    monkeypatch.setattr(phase_maps, "draw", lambda data: None)
    monkeypatch.setattr(look, "write", lambda figure, path: path.write_bytes(b"picture") and path)  # rendering is slow
    for name in ("noise0.5.nc", "noise0.25.nc", "noise0"):
        assert _run(capsys, *LINES["phases"], "--save", str(tmp_path / name))[0] == 0
    names = sorted(f.name for f in tmp_path.iterdir())
    assert names == sorted(
        ["noise0.5.nc", "noise0.5.png", "noise0.5.pdf", "noise0.25.nc", "noise0.25.png", "noise0.25.pdf",
         "noise0", "noise0.png", "noise0.pdf"]
    )  # fmt: skip
    assert (tmp_path / "noise0").read_bytes()[:3] == b"CDF" and (tmp_path / "noise0.png").read_bytes() == b"picture"


def test_help_is_short_and_completion_is_there(capsys, tmp_path):
    for arguments in (["-h"], ["predict", "-h"], ["sweep", "-h"], ["sweep", "run", "-h"]):
        status, out, _ = _run(capsys, *arguments)
        assert status == 0 and "Usage" in out
    assert "--install-completion" in _run(capsys, "-h")[1]
    environment = {
        **os.environ,
        "_SPECTRALAW_COMPLETE": "complete_bash",
        "COMP_WORDS": "spectralaw pre",
        "COMP_CWORD": "1",
    }
    run = subprocess.run([sys.executable, "-m", "spectralaw"], capture_output=True, text=True, env=environment)
    assert run.stdout.split() == ["predict"] and run.stderr == ""


@pytest.mark.skipif(not os.path.exists("/bin/bash"), reason="the shell is found by its process")
def test_completion_is_installed_where_the_shell_looks(tmp_path):
    environment = {**os.environ, "HOME": str(tmp_path)}
    script = f'"{sys.executable}" -m spectralaw --install-completion; echo "status $?"'
    run = subprocess.run(["/bin/bash", "-c", script], capture_output=True, text=True, env=environment, cwd=tmp_path)
    assert "status 0" in run.stdout and run.stderr == ""
    assert "spectralaw" in (tmp_path / ".bashrc").read_text()


def test_the_options_are_the_fields_of_a_task():
    assert tuple(options.FIELDS) == sl.Task.field_names()
    defaults = {f.name: f.default for f in dataclasses.fields(sl.Task)}
    for field, group in options.FIELDS.items():
        for name, (_, default) in group.items():
            if name == field:
                wanted = defaults[field]
                assert default == (options._REQUIRED if wanted is dataclasses.MISSING else wanted)
    teachers = [sl.PowerLaw, sl.FiniteRank, sl.Empirical]
    assert set(options.FIELDS["teacher"]) == {f.name for t in teachers for f in dataclasses.fields(t)}


class _Clock:
    def __init__(self, monkeypatch):
        self.now = 0.0
        monkeypatch.setattr(progress.time, "monotonic", lambda: self.now)


def test_progress_is_lines_where_no_bar_can_be_drawn(capsys, monkeypatch):
    clock = _Clock(monkeypatch)
    with progress.bar(silent=False) as bar:
        assert isinstance(bar, progress.Lines)
        line = bar.add_task("trainings")
        for done in range(101):
            clock.now = 0.3 * done
            bar.update(line, completed=done, total=100)
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.splitlines() == [
        "trainings: 7 of 100, 2 s",
        "trainings: 41 of 100, 12 s",
        "trainings: 75 of 100, 22 s",
        "trainings: 100 of 100, 30 s",
    ]
    with progress.bar(silent=False) as bar:  # over at once
        bar.update(bar.add_task("trainings", total=3), completed=3)
    assert capsys.readouterr().err == ""
    with progress.bar(silent=True) as bar:
        bar.update(bar.add_task("trainings", total=3), completed=3)
    assert capsys.readouterr().err == ""


class _Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("variables", "draws"),
    [({"TERM": "xterm"}, True), ({"TERM": "dumb"}, False), ({"TERM": "xterm", "NO_COLOR": "1"}, False)],
)
def test_a_bar_is_drawn_on_a_terminal_that_can(monkeypatch, variables, draws):
    for name in ("TERM", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stderr", terminal := _Terminal())
    with progress.bar(silent=False) as bar:
        assert isinstance(bar, progress.Lines) != draws
        bar.update(bar.add_task("x", total=2), completed=1)
    assert ("\x1b[" in terminal.getvalue()) == draws
    monkeypatch.setattr(progress, "_QUIET", 0.01)
    monkeypatch.setattr(progress, "_EVERY", 0.01)
    terminal.truncate(0)
    with progress.waiting("training", silent=False):
        time.sleep(0.2)
    assert "training: 0 s" in terminal.getvalue() and ("\r" in terminal.getvalue()) == draws
    monkeypatch.undo()


def test_waiting_says_nothing_when_it_is_short_or_silent(capsys):
    with progress.waiting("training", silent=False):
        pass
    with pytest.raises(ZeroDivisionError), progress.waiting("training", silent=True):
        _ = 1 / 0
    assert capsys.readouterr().err == ""


def test_two_files_of_one_run_are_two_files(capsys, tmp_path):
    pytest.importorskip("matplotlib")
    same = ["--save", str(tmp_path / "x.png"), "--figure", str(tmp_path / "." / "x.png")]
    for command in ("predict", "train"):
        status, out, err = _run(capsys, *LINES[command], *same)
        assert (status, out) == (2, "") and "save and figure must be two files" in err
        status, _, err = _run(capsys, *LINES[command], "--figure", str(tmp_path / "none" / "x.png"))
        assert status == 2 and "there is no folder" in err
    assert list(tmp_path.iterdir()) == []


def test_inputs_that_are_not_white(capsys, tmp_path):
    task = sl.Task("diagonal", 20, 50, 1.0, 0.5, inputs=sl.PowerLawInputs(0.5))
    line = ["predict", *"--network diagonal --dimension 20 --samples 50 --weight-decay 1 --noise-variance 0.5".split()]
    status, out, _ = _run(capsys, *line, "--input-exponent", "0.5", "--json")
    assert status == 0 and sl.Task.from_dict(json.loads(out)["task"]) == task
    assert json.loads(out)["excess_risk"] == sl.predict(task).excess_risk
    np.save(tmp_path / "variances.npy", task.inputs.variances(20))
    listed = ["--input-variances", str(tmp_path / "variances.npy")]
    status, out, _ = _run(capsys, *line, *listed, "--json")
    assert json.loads(out)["excess_risk"] == pytest.approx(sl.predict(task).excess_risk, rel=1e-12)
    status, _, err = _run(capsys, *line, *listed, "--input-exponent", "1")
    assert status == 2 and "input_variances cannot be given together with input_exponent" in err
    p = sl.predict(task)
    assert sl.load(p.save(tmp_path / "p.npz")) == p and "PowerLawInputs" in repr(p)
