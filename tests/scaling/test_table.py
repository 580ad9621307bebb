"""Tables of losses: columns, what is left out and said, what is refused; the command line."""

from __future__ import annotations

import json

import numpy as np
import pytest

import spectralaw as sl
from spectralaw import cli
from spectralaw.scaling.table import read_table


def _file(tmp_path, text, name="t.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def _power(n=14, header="tokens,loss", separator=",", noise=0.01):
    x = np.geomspace(1e3, 1e6, n)
    y = 5.0 * x**-0.3 * np.exp(noise * np.random.default_rng(0).standard_normal(n))
    return "\n".join([header, *(f"{float(a)!r}{separator}{float(b)!r}" for a, b in zip(x, y, strict=True))])


@pytest.mark.parametrize(
    ("header", "separator", "x", "y"),
    [
        ("tokens,loss", ",", "tokens", "loss"),
        ("Samples;Excess_Risk", ";", "Samples", "Excess_Risk"),
        ("n\tval_loss", "\t", "n", "val_loss"),
        ("C,y", ",", "C", "y"),
    ],
)
def test_usual_names_in_any_case_and_any_separator(tmp_path, header, separator, x, y):
    table = read_table(_file(tmp_path, "# a comment\n" + _power(header=header, separator=separator)))
    assert table.columns == {"x": x, "y": y} and len(table.y) == 14 and not table.dropped


def test_two_variables_from_compute(tmp_path):
    text = "Model Size,Training FLOP,loss\n1e6,6e15,3\n2e6,6e16,2\n"
    table = read_table(_file(tmp_path, text))
    np.testing.assert_allclose(table.x["D"], [1e9, 5e9])
    assert "D = C/(6 N)" in table.remarks[0] and set(table.columns) == {"N", "C", "y"}
    one = read_table(_file(tmp_path, text), columns={"x": "Training FLOP"})
    assert one.columns == {"x": "Training FLOP", "y": "loss"}


def test_what_is_left_out_is_counted(tmp_path):
    text = _power() + "\n2e6,NaN\n,0.1\n3e6,0.5"
    table = read_table(_file(tmp_path, text), skip_first=0.001, drop_worst=1)
    assert table.dropped == {"missing value": 2, "skip_first": 1 + 4 - 0 - 1, "drop_worst": 1} or (
        table.dropped["missing value"] == 2 and table.dropped["drop_worst"] == 1 and table.dropped["skip_first"] >= 1
    )
    assert len(table.y) == 17 - sum(table.dropped.values())


def test_seeds_runs_weights(tmp_path):
    rows = [(x, seed, 5 * x**-0.3 * (1 + 0.01 * seed)) for x in (1e3, 1e4, 1e5) for seed in range(3)]
    text = "n,seed,loss,se\n" + "\n".join(f"{x},{seed},{y},0.5" for x, seed, y in rows)
    table = read_table(_file(tmp_path, text))
    assert len(set(table.groups)) == 3 and len(table.y) == 9  # points are kept; whole x are drawn
    np.testing.assert_allclose(table.weights, 4.0)
    runs = read_table(_file(tmp_path, text.replace("seed", "run")))
    assert set(runs.groups) == {"0", "1", "2"} and "correlated" in " ".join(runs.remarks)


def test_several_curves_in_one_table_are_told(tmp_path):
    text = "model,n,loss\n" + "\n".join(f"{m},{n},{k + n**-0.3}" for k, m in enumerate("ab") for n in (10, 20, 40))
    table = read_table(_file(tmp_path, text))
    assert "'model' has 2 values" in table.remarks[0]
    one = read_table(_file(tmp_path, text), where={"model": "a"})
    assert len(one.y) == 3 and one.dropped == {"where": 3} and not one.remarks


@pytest.mark.parametrize(
    ("text", "arguments", "sentence"),
    [
        ("tokens,loss\n10,x\n", [], "column 'loss' must hold numbers, but data row 1 has 'x'"),
        ("tokens;loss\n10;0,5\n", [], "data row 1 has '0,5'"),
        ("tokens,loss\n10,0\n20,1\n", [], "column 'loss' must be finite and greater than 0, but data row 1 has 0"),
        ("tokens,loss\n10\n", [], "1 values in data row 1, for 2 columns"),
        ("10,0.5\n20,0.4\n", [], "must begin with a header"),
        ("a,b\n1,2\n", [], "y was not found: the table has a, b"),
        ("n,n\n1,2\n", [], "two columns named 'n'"),
        ("tokens,loss\n", [], "a header and at least one row"),
        ("tokens,loss\n1,2\n", ["--x", "steps"], "x must be one of the columns tokens, loss, not 'steps'"),
        ("tokens,loss\n1,2\n", ["--law", "chinchilla"], "N was not found"),
        ("tokens,loss\n1,2\n", ["--where", "tokens"], "where must be name=value"),
        ("tokens,loss\n1,2\n", ["--skip-first", "2"], "skip_first must be a share below 1"),
        ("tokens,loss\n1,2\n3,1\n", ["--drop-worst", "2"], "drop_worst must leave some"),
        ("tokens,loss\n1,2\n3,1\n", ["--loss", "l7"], "loss must be one of"),
    ],
)
def test_bad_tables_and_options(tmp_path, capsys, text, arguments, sentence):
    assert cli.run(["fit", str(_file(tmp_path, text)), *arguments]) == 2
    printed = capsys.readouterr()
    assert sentence in printed.err and printed.err.count("\n") == 1 and not printed.out


def test_a_missing_file(tmp_path, capsys):
    assert cli.run(["fit", str(tmp_path / "none.csv")]) == 2 and "cannot be read" in capsys.readouterr().err


def test_the_command_says_what_the_function_says(tmp_path, capsys):
    path = _file(tmp_path, _power())
    assert cli.run(["fit", str(path), "--forecast", "1e7", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    table = read_table(path)
    fit = sl.fit_scaling_law(table.x, table.y)
    assert report["parameters"] == fit.to_dict()["parameters"] and report["status"] == "converged"
    assert (
        report["forecast"][0]["value"] == pytest.approx(fit.forecast(1e7).value) and report["columns"]["x"] == "tokens"
    )
    assert cli.run(["fit", str(path), "--fixed", "alpha=0.3"]) == 0
    assert "fixed" in capsys.readouterr().out


def test_a_refusal_is_exit_status_one_with_json(tmp_path, capsys):
    path = _file(tmp_path, "n,loss\n10,3\n20,2\n")
    assert cli.run(["fit", str(path), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["status"] == "too_few_points"
    assert cli.run(["fit", str(path)]) == 1 and "points" in capsys.readouterr().out


def test_the_picture(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    path = _file(tmp_path, _power())
    assert (
        cli.run(["fit", str(path), "--figure", str(tmp_path / "f.png"), "--forecast", "1e7", "--network", "diagonal"])
        == 0
    )
    assert (tmp_path / "f.png").stat().st_size > 10_000
