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
        ("tokens,loss\n1,2\n3,1\n", ["--forecast", "-1"], "forecast must be greater than 0, not -1"),
        (
            "tokens,loss\n1,2\n3,1\n",
            ["--forecast", "far"],
            "forecast must be a number such as 1000, 0.5 or 1e3, not 'far'",
        ),
        ("tokens,loss\n1,2\n3,1\n", ["--fixed", "alpha=q"], "fixed alpha must be a number"),
        ("tokens,loss\n1,2\n3,1\n", ["--breaks", "x"], "breaks must be a number"),
        ("tokens,loss\n1,2\n3,1\n", ["--figure", "nowhere/f.png"], "nowhere"),
        ("N,D,loss\n1,2,3\n", ["--budget", "0"], "budget must be greater than 0"),
        ("tokens,loss\n1,2\n3,1\n", ["--budget", "1e20"], "budget goes with the law of two variables"),
        ("tokens,loss\n1,2\n3,1\n", ["--network", "deep"], "network must be"),
        ("tokens,loss\n1,2\n3,1\n", ["--figure", "f.txt"], "f.txt"),
        ("N,D,loss\n1,2,3\n", ["--network", "diagonal"], "network goes with a law of one variable"),
        ("N,D,loss\n1,2,3\n", ["--forecast", "5"], "forecast must be N,D"),
        ("tokens,loss,weight\n1,2,1\n3,1,0\n", [], "column 'weight' must be finite and greater than 0, but data row 2"),
        ("tokens,loss,se\n1,2,0\n3,1,1\n", [], "column 'se' must be finite and greater than 0, but data row 1"),
        ("m,tokens,loss\na,1,2\nb,3,1\nb,3,-1\n", ["--where", "m=b"], "data row 3 has -1"),
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


def test_seeds_of_two_variables_are_replicates_of_a_pair_and_rows_without_a_run_are_counted(tmp_path):
    rows = [(n, d, seed) for n in (1e6, 1e7) for d in (1e8, 1e9) for seed in range(2)]
    text = "N,D,seed,loss\n" + "\n".join(f"{n},{d},{s},{2 + n**-0.3 + s}" for n, d, s in rows)
    assert len(set(read_table(_file(tmp_path, text)).groups)) == 4  # not 2, the number of D
    table = read_table(_file(tmp_path, "n,run,loss\n1,a,3\n2,,2\n3,a,1\n"))
    assert len(table.y) == 2 and table.dropped == {"missing value": 1} and "'run'" in table.remarks[0]
    single = read_table(_file(tmp_path, "n,seed,loss\n1,0,3\n2,1,2\n3,2,1\n"))
    assert single.groups is None


def test_skip_first_is_a_share_of_each_run(tmp_path):
    text = "run,n,loss\n" + "\n".join(f"{r},{n},{1 / n}" for r, most in (("a", 100), ("b", 1000)) for n in
                                        (most // 20, most // 5, most))  # fmt: skip
    table = read_table(_file(tmp_path, text), skip_first=0.1)
    assert sorted(table.x) == [20.0, 100.0, 200.0, 1000.0] and table.dropped == {"skip_first": 2}


def test_a_first_point_off_the_law_is_told(tmp_path, capsys):
    text = _power(noise=0.005)
    assert cli.run(["fit", str(_file(tmp_path, text)), "--law", "power", "--json"]) == 0
    assert "warm_up" not in json.loads(capsys.readouterr().out)["notes"]
    lines = text.splitlines()
    lines[1] = lines[1].split(",")[0] + "," + str(1.3 * float(lines[1].split(",")[1]))
    path = _file(tmp_path, "\n".join(lines))
    assert cli.run(["fit", str(path), "--law", "power", "--json"]) == 0
    assert "warm_up" in json.loads(capsys.readouterr().out)["notes"]
    assert cli.run(["fit", str(path), "--law", "power", "--json", "--skip-first", "0.0015"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert "warm_up" not in report["notes"] and report["n_dropped"] == {"skip_first": 1}


def test_an_invalid_table_has_a_status_in_json(tmp_path, capsys):
    assert cli.run(["fit", str(_file(tmp_path, "n,loss\n10,0\n20,2\n")), "--json"]) == 2
    printed = capsys.readouterr()
    assert json.loads(printed.out)["status"] == "invalid" and "data row 1 has 0" in printed.err


def test_a_refusal_is_exit_status_one_with_json(tmp_path, capsys):
    path = _file(tmp_path, "n,loss\n10,3\n20,2\n")
    assert cli.run(["fit", str(path), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["status"] == "too_few_points"
    assert cli.run(["fit", str(path)]) == 1 and "points" in capsys.readouterr().out


def test_the_picture(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    path = _file(tmp_path, _power())
    picture = tmp_path / "f.png"
    assert cli.run(["fit", str(path), "--figure", str(picture), "--forecast", "1e7", "--network", "diagonal"]) == 0
    assert picture.stat().st_size > 10_000 and f"drawn in {picture}" in capsys.readouterr().out
    none = tmp_path / "none.png"
    assert cli.run(["fit", str(_file(tmp_path, "n,loss\n10,3\n20,2\n")), "--figure", str(none)]) == 1
    assert not none.exists() and "nothing was drawn" in capsys.readouterr().out


def test_two_variables_joint_profile_and_picture(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    rng = np.random.default_rng(1)
    size, data = (part.ravel() for part in np.meshgrid(np.geomspace(3e7, 1e10, 7), np.geomspace(1e9, 3e11, 6)))
    y = (1.7 + 400 * size**-0.34 + 400 * data**-0.28) * np.exp(0.003 * rng.standard_normal(len(size)))
    text = "N,D,loss\n" + "\n".join(f"{a},{b},{c}" for a, b, c in zip(size, data, y, strict=True))
    path = _file(tmp_path, text)
    picture = tmp_path / "f.png"
    assert cli.run(["fit", str(path), "--figure", str(picture), "--budget", "1e21", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    fit = sl.fit_scaling_law({"N": size, "D": data}, y)
    assert picture.exists() and report["parameters"] == fit.to_dict()["parameters"]
    assert report["compute_optimal"] == [fit.compute_optimal(1e21).to_dict()]
    found = fit.joint_profile(points=25)
    inside = found.rise <= found.levels[0.95]
    one = found.rise <= 4.1  # about t² of the profile of one exponent
    for axis, name, ends in ((0, "alpha", found.alpha), (1, "beta", found.beta)):
        across = ends[one.any(axis=axis)]
        estimate, step = fit.parameters[name], ends[1] - ends[0]
        assert abs(across[0] - estimate.low) < 1.5 * step and abs(across[-1] - estimate.high) < 1.5 * step
    assert 10 < inside.sum() < 0.7 * inside.size and not inside[[0, -1]].any() and not inside[:, [0, -1]].any()
    with pytest.raises(sl.InvalidInput, match="two variables"):
        sl.fit_scaling_law(np.geomspace(1, 1e3, 8), np.geomspace(1, 1e-1, 8)).joint_profile()
