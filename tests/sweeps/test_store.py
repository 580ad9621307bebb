"""The store: odd paths, damage, foreign files, locks."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest

import spectralaw as sl
from spectralaw import cli
from spectralaw.sweeps import StoreError
from spectralaw.sweeps.jobs import Job
from spectralaw.sweeps.store import Store
from spectralaw.sweeps.work import Outcome

GRID = {"network": "diagonal", "dimension": 10, "samples": [20, 40], "weight_decay": 1.0, "noise_variance": 0.5}
GOOD = Outcome({"excess_risk": 1.0, "status": "converged"}, b"x" * 80, None, 0.1, "here")


def filled(path, rows=40):
    task = sl.Task("diagonal", 10, 20, 1.0)
    with Store(path, write=True) as store:
        store.add((f"k{k}", Job(task.to_dict(), k, "convex", {})) for k in range(rows))
        for row in range(1, rows + 1):
            store.finish(row, GOOD, "0")
    return path


@pytest.mark.parametrize("name", ["a#b.sqlite", "a%20b.sqlite", "a?mode=memory.sqlite", ":memory:", "file:x", "é ü.db"])
def test_one_path_is_one_file(tmp_path, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with ThreadPoolExecutor(1) as pool:
        result = sl.sweep(GRID, name, seeds=1, executor=pool)
    assert result.counts()["done"] == 4 and sl.open_sweep(tmp_path / name).counts()["done"] == 4
    assert os.listdir(tmp_path) == [name]  # and nothing beside it: no lock, no log


def test_a_path_that_is_no_store_is_left_alone(tmp_path, capsys):
    (tmp_path / "text").write_text("root:x:0:0\n")
    sweep = tmp_path / "s.json"
    sweep.write_text(json.dumps({"task": GRID, "seeds": 1}))
    for path in (tmp_path / "text", tmp_path / "text" / "sub" / "s.sqlite", tmp_path, "/dev/null"):
        before = sorted(os.listdir(tmp_path))
        assert cli.run(["sweep", "run", str(sweep), "--store", str(path)]) == 2
        said = capsys.readouterr().err
        assert "Traceback" not in said and said.count("cannot be opened") == 1
        assert sorted(os.listdir(tmp_path)) == before and (tmp_path / "text").read_text() == "root:x:0:0\n"
    with pytest.raises(StoreError, match="must be the path of a file"):
        sl.open_sweep("a\0b")


@pytest.mark.parametrize(
    "statement",
    ["PRAGMA user_version = 0", "PRAGMA application_id = 7", "CREATE TABLE t (x)", "PRAGMA journal_mode=WAL"],
)
def test_a_database_of_another_program_is_left_alone(tmp_path, statement):
    path = tmp_path / "other.sqlite"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE x (y)")
    other.execute("DROP TABLE x")  # a database without tables is somebody's, too
    other.execute(statement)
    other.commit()
    other.close()
    before = path.read_bytes()
    for use in (lambda: sl.sweep(GRID, path), lambda: sl.open_sweep(path)):
        with pytest.raises(StoreError, match="another program"):
            use()
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["other.sqlite"]


def test_an_empty_file_becomes_a_store(tmp_path):
    (tmp_path / "s.sqlite").touch()
    with pytest.raises(StoreError, match="is empty; a sweep fills it"):
        sl.open_sweep(tmp_path / "s.sqlite")
    assert sl.sweep(GRID, tmp_path / "s.sqlite", seeds=1, methods="theory").counts()["done"] == 2


def test_two_drivers_by_whatever_name(tmp_path):
    path = tmp_path / "s.sqlite"
    (tmp_path / "link.sqlite").symlink_to(path)
    (tmp_path / "folder").symlink_to(tmp_path)
    with Store(path, write=True):
        for other in (path, tmp_path / "link.sqlite", tmp_path / "folder" / "s.sqlite"):
            with pytest.raises(StoreError, match="in use by another sweep"):
                sl.sweep(GRID, other, seeds=1)
    with Store(tmp_path / "link.sqlite", write=True):
        assert not (tmp_path / "link.sqlite.lock").exists()
    os.link(path, tmp_path / "hard.sqlite")
    with pytest.raises(StoreError, match="a hard link"):
        sl.sweep(GRID, tmp_path / "hard.sqlite", seeds=1)
    assert not list(tmp_path.glob("*.lock"))


def test_a_lock_that_was_left_behind_is_no_obstacle(tmp_path):
    (tmp_path / "s.sqlite.lock").touch()
    filled(tmp_path / "s.sqlite")
    assert not (tmp_path / "s.sqlite.lock").exists()


@pytest.mark.parametrize("share", [0.0001, 0.5, 0.95, 0.99])
@pytest.mark.parametrize("killed", [False, True])
def test_a_store_that_was_cut_is_refused(tmp_path, share, killed, capsys):
    path = filled(tmp_path / "whole.sqlite", 300)
    cut = tmp_path / "cut.sqlite"
    store = Store(path, write=True)
    try:
        if killed:  # its log is not in the file yet
            for row in range(1, 50):
                store.finish(row, GOOD, "1")
        shutil.copy(path, cut)
        if killed:
            shutil.copy(f"{path}-wal", f"{cut}-wal")
    finally:
        store.close()
    os.truncate(cut, int(share * cut.stat().st_size))
    for use in (lambda: sl.sweep(GRID, cut), lambda: sl.open_sweep(cut)):
        with pytest.raises(StoreError):
            use()
    for command in (["status"], ["show"], ["export", str(tmp_path / "x.csv")]):
        assert cli.run(["sweep", command[0], str(cut), *command[1:]]) == 2
        said = capsys.readouterr()
        assert said.out == "" and said.err.startswith("spectralaw: store ") and said.err.count("\n") == 1


def test_damage_is_one_sentence_wherever_it_is(tmp_path, capsys):
    """Bytes are changed at random: what is then read is what was written, or one sentence."""
    path = filled(tmp_path / "whole.sqlite")
    content = path.read_bytes()
    truth = [record["excess_risk"] for record in sl.open_sweep(path).records()]
    dice = random.Random(13)
    broken = tmp_path / "broken.sqlite"
    refused = 0
    for _ in range(60):
        changed = bytearray(content)
        for _ in range(dice.choice([1, 10, 200])):
            changed[dice.randrange(len(changed))] = dice.randrange(256)
        broken.write_bytes(changed)
        for command in (["status"], ["show"], ["export", str(tmp_path / "x.csv")]):
            status = cli.run(["sweep", command[0], str(broken), *command[1:]])
            said = capsys.readouterr().err
            assert status == 0 or (status == 2 and said.count("\n") == 1 and "Traceback" not in said)
        try:
            found = [record.get("excess_risk") for record in sl.open_sweep(broken).records()]
        except StoreError:
            refused += 1
        else:
            assert len(found) == len(truth)  # no row is lost
    assert refused > 20


HOSTILE = [
    ("task", "[1]"), ("task", "{"), ("task", "{}"), ("task", '{"teacher": 3}'), ("task", "[" * 100_000),
    ("options", "7"), ("result", "[]"), ("result", "nan"), ("state", "gone"), ("method", "rm"), ("seed", "x"),
    ("seed", -1), ("spectrum", b"123"), ("spectrum", "text"),
]  # fmt: skip


@pytest.mark.parametrize(("column", "value"), HOSTILE)
def test_rows_that_are_none(tmp_path, column, value, capsys):
    path = filled(tmp_path / "s.sqlite", 3)
    inside = sqlite3.connect(path)
    inside.execute(f"UPDATE rows SET {column} = ? WHERE id = 2", (value,))
    inside.commit()
    inside.close()
    for command in (["show"], ["export", str(tmp_path / "x.csv")]):
        if column == "spectrum" and isinstance(value, bytes):
            continue  # not read by these
        assert cli.run(["sweep", command[0], str(path), *command[1:]]) == (0 if column == "spectrum" else 2)
        said = capsys.readouterr().err
        assert ("is damaged" in said and said.count("\n") == 1) or column == "spectrum"
    if column == "spectrum":
        with pytest.raises(StoreError, match="spectrum of row 2"):
            list(sl.open_sweep(path).spectra())


def test_a_table_that_is_not_ours_and_an_error_that_commands_the_terminal(tmp_path, capsys):
    path = filled(tmp_path / "s.sqlite", 3)
    inside = sqlite3.connect(path)
    inside.execute("UPDATE rows SET state = 'failed', error = ? WHERE id < 3", ("\x1b]0;title\x07\x1b[31m \x9b2J",))
    inside.commit()
    assert cli.run(["sweep", "status", str(path)]) == 0
    said = capsys.readouterr().out
    assert all(letter.isprintable() or letter == "\n" for letter in said) and r"\x1b[31m" in said
    inside.execute("ALTER TABLE rows RENAME COLUMN error TO mistake")
    inside.commit()
    inside.close()
    with pytest.raises(StoreError, match="its table is not that of a store"):
        sl.open_sweep(path)


@pytest.mark.parametrize("how", ["deleted", "replaced"])
def test_a_store_that_goes_away_while_the_sweep_runs(tmp_path, how):
    path, other = tmp_path / "s.sqlite", filled(tmp_path / "other.sqlite", 2)

    def go(done, total):
        if done == 2:
            path.unlink() if how == "deleted" else os.replace(other, path)

    with ThreadPoolExecutor(1) as pool, pytest.raises(StoreError, match="was deleted or replaced while the sweep ran"):
        sl.sweep(GRID, path, seeds=3, executor=pool, progress=go)
    if how == "replaced":
        assert sl.open_sweep(path).counts() == {"pending": 0, "done": 2, "failed": 0}


def test_a_store_killed_at_its_birth_is_taken_up(tmp_path):
    """Wherever the making of a store stops, the next sweep goes on."""
    path = tmp_path / "s.sqlite"
    script = (
        "import os, sys\nfrom spectralaw.sweeps.store import Store\nleft = int(sys.argv[2])\n"
        "def count(frame, event, argument):\n"
        "    global left\n"
        "    left -= event == 'c_call'\n"
        "    if left < 0: os._exit(9)\n"
        "sys.setprofile(count)\nStore(sys.argv[1], write=True)\nos._exit(0)\n"
    )
    for left in (80, 120, 140, 160, 200, 400):
        subprocess.run([sys.executable, "-c", script, str(path), str(left)], timeout=60)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Store(path, write=True) as store:
                assert store.counts() == {"pending": 0, "done": 0, "failed": 0}
        for file in tmp_path.iterdir():
            file.unlink()


def test_an_old_store_whose_log_was_not_written_back_is_ours(tmp_path):
    """Stores were once marked in the log, which a killed driver leaves beside the file."""
    path, kept = tmp_path / "old.sqlite", tmp_path / "kept.sqlite"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA journal_mode = WAL")
    other.execute("VACUUM")
    from spectralaw.sweeps import store

    for statement in store._SCHEMA.split(";"):
        other.execute(statement)
    other.execute(f"PRAGMA application_id = {store.APPLICATION}")
    other.execute("PRAGMA user_version = 1")
    shutil.copy(path, kept)
    shutil.copy(f"{path}-wal", f"{kept}-wal")
    other.close()
    assert kept.read_bytes()[68:72] == bytes(4)
    assert sl.open_sweep(kept).counts() == {"pending": 0, "done": 0, "failed": 0}
