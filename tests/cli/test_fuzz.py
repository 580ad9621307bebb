"""Hundreds of wrong command lines: exit status 2, one sentence, nothing on standard output, no file left behind.

Seeded. Each case takes a command line that works and spoils it; beside them, command lines that must work.
"""

from __future__ import annotations

import json
import random

import numpy as np
import pytest

from spectralaw import cli

TASK = {
    "--network": "quadratic",
    "--dimension": "8",
    "--samples": "40",
    "--weight-decay": "1",
    "--noise-variance": "0.5",
}
COMMANDS = {
    "predict": TASK | {"--gamma": "1.5", "--width": "8"},
    "train": TASK | {"--seed": "1", "--method": "convex", "--tolerance": "1e-4", "--max-iterations": "1e4"},
    "compare": TASK | {"--network": "diagonal", "--seeds": "2", "--method": "convex", "--tolerance": "1e-4"},
    "optimum": {k: v for k, v in TASK.items() if k != "--weight-decay"} | {"--network": "diagonal"},
    "grid": TASK | {"--over": "samples=20:40:2"},
    "phases": {"--network": "diagonal", "--dimension": "100", "--noise-variance": "0.5", "--points": "3"},
}
NO_NUMBER = [
    "",
    " ",
    "abc",
    "1,5",
    "0,25",
    "1_000",
    "0x10",
    "1e",
    "e5",
    "--",
    "-",
    ".",
    "1 2",
    "1;2",
    "1/2",
    "2**3",
    "1e3.5",
    "True",
    "None",
    "[1]",
    "1j",
    "nan",
    "NaN",
    "inf",
    "-inf",
    "Infinity",
    "1e999",
    "-1e999",
    "1e-999",
    "٣",
    "½",
    "1\n2",
    "1\x00",
    "'1'",
    "1d3",
    "1.5.2",
    "∞",
    "\ud800",
    "1" * 5000,
    "9" * 400,
    "\x1b[31m1",
    "%s",
    "{}",
    "-1",
    "-1e-9",
    "-5e300",
]
NO_WHOLE = ["1.5", "2.5e0", "1e-3"]
NO_WORD = [
    "",
    "deep",
    "Quadratic",
    "convex ",
    "1",
    "nan",
    "λ",
    "\x1b[31m",
    "a b",
    "None",
    "quadratic,diagonal",
    "x" * 3000,
]
BAD = {
    "--network": NO_WORD,
    "--method": NO_WORD,
    "--coefficients": NO_WORD,
    "--dimension": NO_NUMBER + NO_WHOLE + ["0", "1", "1e13"],
    "--samples": NO_NUMBER + ["0", "0.5"],
    "--weight-decay": NO_NUMBER,
    "--noise-variance": NO_NUMBER,
    "--gamma": NO_NUMBER + ["0.5", "0.1"],
    "--width": NO_NUMBER + NO_WHOLE + ["0"],
    "--rank": NO_NUMBER + NO_WHOLE + ["0", "9"],
    "--seed": [t for t in NO_NUMBER if t != "9" * 400] + NO_WHOLE,
    "--seeds": NO_NUMBER + NO_WHOLE + ["0", "1", "1e9"],
    "--tolerance": NO_NUMBER + ["0"],
    "--max-iterations": NO_NUMBER + NO_WHOLE + ["0"],
    "--points": NO_NUMBER + NO_WHOLE + ["0", "1", "1e6"],
    "--spectrum": ["", "missing.txt", ".", "/", "a\x00b", "x" * 5000, "-"],
    "--save": ["", ".", "/", "none/x.npz", "a\x00b"],
    "--over": [
        "",
        "samples",
        "samples=",
        "=3",
        "samples=1:2",
        "samples=1:2:3:4",
        "samples=1:2:0",
        "samples=1:2:1",
        "samples=1:2:1e9",
        "samples=0:2:3",
        "samples=-1:2:3",
        "samples=1:inf:3",
        "samples=nan",
        "samples=1,5",
        "depth=1:2:3",
        "samples=a:b:c",
        "samples=1_0:20:3",
        "seed=3",
        "dimension=1.5",
        "gamma=0.5",
        "network=diagonal",
        "samples==3",
        "samples=1:2:2.5",
    ],
}


def _run(capsys, arguments):
    status = cli.run(arguments)
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def _line(command: str, options: dict[str, str]) -> list[str]:
    return [command, *(part for name, value in options.items() for part in (name, value))]


def _refused(capsys, arguments) -> None:
    status, out, err = _run(capsys, arguments)
    assert (status, out) == (2, ""), (arguments, status, out, err)
    assert err.startswith("spectralaw: ") and err.count("\n") == 1 and 15 < len(err) < 700, (arguments, err)
    assert err[:-1].isprintable() and "object has no" not in err and "Error" not in err, (arguments, err)


def _cases(count: int, seed: int):
    draw = random.Random(seed)
    for _ in range(count):
        command = draw.choice(list(COMMANDS))
        options = dict(COMMANDS[command])
        name = draw.choice(
            [*options, "--save", "--spectrum", "--rank", "--width"] if command != "phases" else list(options)
        )
        if command == "optimum" and name == "--save":
            continue
        if name in ("--spectrum", "--rank"):
            options.pop("--gamma", None)
        if draw.random() < 0.15:  # a bad value of a good number of others
            options[draw.choice(list(options))] = draw.choice(NO_NUMBER[:12])
        options[name] = draw.choice(BAD[name])
        items = list(options.items())
        draw.shuffle(items)
        yield _line(command, dict(items)) + draw.choice([[], ["--json"]])


@pytest.mark.parametrize("seed", range(20))
def test_spoiled_command_lines_are_refused(capsys, tmp_path, monkeypatch, seed):
    monkeypatch.chdir(tmp_path)
    for arguments in _cases(25, seed):
        _refused(capsys, arguments)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["predict"],
        [*_line("predict", TASK), "--spectrum", "/dev/zero"],
        [*_line("predict", TASK), "--save", "/dev/full"],
        ["predict", "extra", *_line("predict", TASK)[1:]],
        [*_line("predict", TASK), "--dimension"],
        [*_line("predict", TASK), "--unknown", "3"],
        [*_line("predict", TASK), "--normalize"],
        [*_line("predict", TASK), "--json=yes"],
        [*_line("predict", TASK), "--rank", "3", "--spectrum", "x"],
        [*_line("train", TASK), "--weight-decay", "0"],
        [*_line("train", TASK), "--width", "3"],
        [*_line("train", TASK), "--dimension", "1e5", "--samples", "1e8"],
        ["grid", "--network", "quadratic", "--dimension", "8", "--over", "samples=10:20:2"],
        [*_line("grid", TASK)],
        [*_line("phases", COMMANDS["phases"]), "--rank", "3"],
        [*_line("phases", COMMANDS["phases"]), "--save", "map.png"],
        ["cite", "alchemy"],
        ["cite", "predict-quadratic", ""],
        ["reproduce", "everything"],
        ["reproduce", "spectra", "--size", "huge"],
        ["sweep"],
        ["sweep", "run", "missing.toml"],
        ["sweep", "status", "missing.sqlite"],
        ["nothing"],
        ["--nothing"],
        ["\x1b[31m"],
        ["predict\n"],
    ],
    ids=lambda arguments: " ".join(arguments)[-40:].encode("ascii", "replace").decode(),
)
def test_wrong_command_lines_are_refused(capsys, tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    _refused(capsys, arguments)
    assert list(tmp_path.iterdir()) == []


FILES = {
    "decimal commas": b"0,5\n0,25\n0,125\n",
    "two columns": b"1 2\n3 4\n",
    "two columns with tabs": b"1\t2\n3\t4\n",
    "two columns with commas": b"1.0, 2.0\n3.0, 4.0\n",
    "two columns with semicolons": b"1;2\n3;4\n",
    "columns, one value missing": b"1 2\n3\n",
    "one row": b"3 2 1\n",
    "a header": b"values\n3\n2\n",
    "underscores": b"1_000\n2\n",
    "hexadecimal": b"0x10\n",
    "not finite": b"3\nnan\n",
    "infinite": b"3\ninf\n",
    "too large": b"1e999\n",
    "too small": b"1e-999\n1\n",
    "negative": b"3\n-1\n",
    "zeros": b"0\n0\n",
    "empty": b"",
    "blank": b"\n \n\n",
    "UTF-16": "3\n2\n".encode("utf-16"),
    "binary": bytes(range(256)),
    "too many": b"1\n" * 9,
    "other digits": "٣\n".encode(),
    "true": b"True\n",
    "complex": b"1j\n",
    "JSON": b"[3, 2, 1]\n",
    "escape": b"\x1b[31m3\n",
}
ARRAYS = {
    "matrix": np.ones((2, 2)),
    "row": np.ones((1, 3)),
    "number": np.array(3.0),
    "none": np.ones(0),
    "boolean": np.array([True]),
    "complex": np.array([1j]),
    "text": np.array(["1", "2"]),
    "times": np.array([1], dtype="datetime64[s]"),
    "nan": np.array([1.0, np.nan]),
    "fields": np.zeros(2, dtype=[("a", float)]),
}


@pytest.mark.parametrize("name", FILES)
def test_text_files_that_are_no_list_of_numbers_are_refused(capsys, tmp_path, name):
    path = tmp_path / "values.txt"
    path.write_bytes(FILES[name])
    _refused(capsys, [*_line("predict", TASK), "--spectrum", str(path)])


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_that_are_no_list_of_numbers_are_refused(capsys, tmp_path, name):
    path = tmp_path / "values.npy"
    np.save(path, ARRAYS[name])
    _refused(capsys, [*_line("predict", TASK), "--spectrum", str(path)])


def test_arrays_of_objects_and_broken_ones_are_refused(capsys, tmp_path):
    np.save(tmp_path / "objects.npy", np.array([1.0, None], dtype=object), allow_pickle=True)
    np.savez(tmp_path / "several.npy.npz", a=np.ones(2))
    (tmp_path / "several.npy").write_bytes((tmp_path / "several.npy.npz").read_bytes())
    np.save(tmp_path / "good.npy", np.ones(3))
    (tmp_path / "cut.npy").write_bytes((tmp_path / "good.npy").read_bytes()[:-4])
    for name in ("objects", "several", "cut"):
        _refused(capsys, [*_line("predict", TASK), "--spectrum", str(tmp_path / f"{name}.npy")])


@pytest.mark.parametrize(
    ("content", "values"),
    [
        (b"3\n2\n0.5\n", [3, 2, 0.5]),
        (b"\xef\xbb\xbf3.0\r\n+1e0\r\n\r\n.5", [3, 1, 0.5]),
        (b"  3  \n\t0.25\n0\n", [3, 0.25, 0]),
    ],
)
def test_files_with_one_number_a_line_are_read(capsys, tmp_path, content, values):
    (tmp_path / "values.txt").write_bytes(content)
    status, out, _ = _run(capsys, [*_line("predict", TASK), "--spectrum", str(tmp_path / "values.txt"), "--json"])
    assert status == 0 and json.loads(out)["task"]["teacher"]["spectrum"] == values


@pytest.mark.parametrize("seed", range(30))
def test_good_command_lines_work(capsys, tmp_path, seed):
    draw = random.Random(seed)
    command = draw.choice(list(COMMANDS))
    options = COMMANDS[command] | {"--noise-variance": draw.choice(["0.5", ".5", "5e-1", "+0.50"])}
    options["--network"] = draw.choice(["diagonal", "quadratic"])
    options.pop("--width", None)
    status, out, err = _run(capsys, [*_line(command, options), "--json"])
    answer = json.loads(out, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
    assert err == "" and out.isascii() and out.count("\n") == 1
    assert status == (answer.get("outcome") == "disagree")
    assert answer["task"]["noise_variance"] == 0.5
