"""The store of a sweep: one SQLite file, a row for each (task, seed, method), never dropped.

Only the driver writes. The file is in write-ahead mode: it can be read while the sweep runs, and a killed driver leaves
it as it was after the last row that was reported done.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from spectralaw.display import printable
from spectralaw.sweeps.checks import LARGEST_SEED, shown
from spectralaw.sweeps.errors import StoreError
from spectralaw.sweeps.jobs import METHODS, Job
from spectralaw.sweeps.lock import Lock
from spectralaw.sweeps.storefile import APPLICATION, foreign, identity, look, reader, reason
from spectralaw.sweeps.work import Outcome

VERSION = 1
STATES = ("pending", "done", "failed")
_CHECKED = 1 << 30  # bytes up to which a file is read through when it is opened
_SCHEMA = """
CREATE TABLE rows (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    task TEXT NOT NULL,
    seed INTEGER,
    method TEXT NOT NULL,
    options TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending',
    result TEXT,
    spectrum BLOB,
    error TEXT,
    seconds REAL,
    host TEXT,
    version TEXT,
    finished REAL
);
CREATE INDEX by_state ON rows (state, id);
"""
_COLUMNS = (
    "id", "key", "task", "seed", "method", "options", "state", "result", "spectrum", "error", "seconds", "host",
    "version", "finished",
)  # fmt: skip
_MIGRATIONS: dict[int, str] = {}
"""By version: the statements that lead from it to the next."""


class Store:
    """An open store.

    Parameters
    ----------
    path : path
        Links are followed, so that one file has one name.
    write : bool
        Open for writing, and create it if it does not exist: one driver at a time.
    check : bool
        Whether the file is read through for damage (up to 1 GiB).

    Raises
    ------
    StoreError
        For a path that is no store; nothing is written to it, or beside it.
    """

    def __init__(self, path: str | Path, *, write: bool = False, check: bool = True) -> None:
        if not isinstance(path, (str, os.PathLike)) or "\0" in os.fspath(path):
            raise StoreError(f"store must be the path of a file, not {shown(path)}")
        self.path = Path(path)
        self._lock: Lock | None = None
        self._connection: Any = None
        self._log: os.stat_result | None = None
        self._gone = False
        try:
            self._file = Path(os.path.realpath(self.path))
            new = look(self.path, self._file, write)
            if write:
                if new:
                    self._file.parent.mkdir(parents=True, exist_ok=True)
                self._lock = Lock(self._file)
                new = look(self.path, self._file, write)  # another sweep may have made it in between
                self._connection = sqlite3.connect(self._file, isolation_level=None, timeout=30.0)
            else:
                self._connection = reader(self._file)
            self._prepare(write, new, check)
        except StoreError:
            self.close()
            raise
        except (sqlite3.Error, OSError, ValueError) as error:
            self.close()
            raise StoreError(f"store {self.path} cannot be opened: {reason(error)}") from error

    def _beside(self, ending: str) -> Path:
        return self._file.with_name(self._file.name + ending)

    def _prepare(self, write: bool, new: bool, check: bool) -> None:
        execute = self._connection.execute
        if new:
            with self.transaction():  # before the write-ahead mode: there is a whole store, or an empty file
                execute(f"PRAGMA application_id = {APPLICATION}")
                execute(f"PRAGMA user_version = {VERSION}")
                for statement in _SCHEMA.split(";"):
                    execute(statement)
        if execute("PRAGMA application_id").fetchone()[0] != APPLICATION:
            raise foreign(self.path)
        version = execute("PRAGMA user_version").fetchone()[0]
        if version > VERSION:
            raise StoreError(
                f"store {self.path} has version {version}, newer than the {VERSION} that this spectralaw reads; "
                "update spectralaw"
            )
        if check:
            self._check()
        self._identity = self._file.stat()
        if not write:
            return
        execute("PRAGMA journal_mode = WAL")
        execute("PRAGMA synchronous = NORMAL")
        while version < VERSION:
            with self.transaction():
                for statement in _MIGRATIONS[version].split(";"):
                    execute(statement)
                version += 1
                execute(f"PRAGMA user_version = {version}")

    def _check(self) -> None:
        execute = self._connection.execute
        columns = tuple(row[1] for row in execute("PRAGMA table_info(rows)"))
        if columns != _COLUMNS:
            raise self._damaged("its table is not that of a store")
        if self._file.stat().st_size <= _CHECKED:
            found = str(execute("PRAGMA integrity_check(1)").fetchone()[0])
            if found != "ok":
                raise self._damaged(" ".join(found.replace("*", "").split()))

    def _damaged(self, reason: str) -> StoreError:
        return StoreError(f"store {self.path} is damaged ({reason}); restore it from a copy, or start a new one")

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        """What cannot be read is one sentence."""
        try:
            yield
        except (sqlite3.Error, OverflowError) as error:
            raise self._damaged(reason(error)) from error

    def _still_there(self) -> None:
        try:
            same = os.path.samestat(self._identity, os.stat(self._file))
        except OSError:
            same = False
        if same:
            self._log = self._log or identity(self._beside("-wal"))
        else:
            self._gone = True
            raise StoreError(
                f"store {self.path} was deleted or replaced while the sweep ran; rows done since are lost, "
                "and the same call runs them again"
            )

    @contextlib.contextmanager
    def transaction(self):
        """All or nothing; a full disk or the like is one sentence."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._roll_back()
                raise
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            raise StoreError(
                f"store {self.path} cannot be written, rows done before are safe: {reason(error)}"
            ) from error

    def _roll_back(self) -> None:
        with contextlib.suppress(sqlite3.Error):  # SQLite has done so itself after some errors
            self._connection.execute("ROLLBACK")

    def add(self, jobs: Iterable[tuple[str, Job]]) -> int:
        """Add jobs that are not there yet; returns how many."""
        before = self._connection.total_changes
        with self.transaction():
            self._connection.executemany(
                "INSERT OR IGNORE INTO rows (key, task, seed, method, options) VALUES (?, ?, ?, ?, ?)",
                ((k, json.dumps(j.task), j.seed, j.method, json.dumps(j.options)) for k, j in jobs),
            )
        return self._connection.total_changes - before

    def retry_failed(self) -> int:
        """Make failed rows pending again; their errors are kept until they are done."""
        with self.transaction():
            return self._connection.execute("UPDATE rows SET state = 'pending' WHERE state = 'failed'").rowcount

    def pending(self) -> Iterator[Job]:
        """Pending jobs, read as they are needed."""
        last = 0
        while True:
            with self._reading():
                found = self._connection.execute(
                    "SELECT id, task, seed, method, options FROM rows "
                    "WHERE state = 'pending' AND id > ? ORDER BY id LIMIT 64",
                    (last,),
                ).fetchall()
            if not found:
                return
            for row, task, seed, method, options in found:
                yield Job(self._table(row, task), seed, method, self._table(row, options), row)
            last = found[-1][0]

    def finish(self, row: int, outcome: Outcome, version: str) -> None:
        """Write a result; when this returns it is in the file."""
        state = "failed" if outcome.result is None else "done"
        self._still_there()
        with self.transaction():
            self._connection.execute(
                "UPDATE rows SET state = ?, result = ?, spectrum = ?, error = ?, seconds = ?, host = ?, version = ?, "
                "finished = ? WHERE id = ?",
                (
                    state,
                    None if outcome.result is None else json.dumps(outcome.result, allow_nan=False),
                    outcome.spectrum,
                    outcome.error,
                    outcome.seconds,
                    outcome.host,
                    version,
                    time.time(),
                    row,
                ),
            )

    def counts(self) -> dict[str, int]:
        """Rows by state: pending, done, failed."""
        with self._reading():
            found = dict(self._connection.execute("SELECT state, count(*) FROM rows GROUP BY state").fetchall())
        if not set(found) <= set(STATES):
            raise self._damaged("a row is in no known state")
        return {state: found.get(state, 0) for state in STATES}

    def not_converged(self) -> int:
        """How many of the rows done hold no result, because their solver did not converge."""
        with self._reading():
            query = "SELECT count(*) FROM rows WHERE state = 'done' AND result LIKE '%\"status\": \"not_converged\"%'"
            return int(self._connection.execute(query).fetchone()[0])

    def errors(self, limit: int = 5) -> list[tuple[int, str]]:
        """Row numbers and the last lines of the errors of failed rows, in printable characters."""
        with self._reading():
            found = self._connection.execute(
                "SELECT id, error FROM rows WHERE state = 'failed' ORDER BY id LIMIT ?", (limit,)
            ).fetchall()
        return [(row, _last_line(error)) for row, error in found]

    def rows(self, spectra: bool = False) -> Iterator[dict[str, Any]]:
        """All rows, in order, as plain values."""
        columns = [name if name != "spectrum" or spectra else "NULL" for name in _COLUMNS]
        with self._reading():
            cursor = self._connection.execute(f"SELECT {', '.join(columns)} FROM rows ORDER BY id")
            for values in cursor:
                yield self._row(dict(zip(_COLUMNS, values, strict=True)))

    def _row(self, row: dict[str, Any]) -> dict[str, Any]:
        where = row["id"]
        row["task"], row["options"] = self._table(where, row["task"]), self._table(where, row["options"])
        row["result"] = self._table(where, row["result"]) if row["result"] is not None else {}
        seed, spectrum = row["seed"], row["spectrum"]
        whole = seed is None or (isinstance(seed, int) and 0 <= seed <= LARGEST_SEED)
        if row["state"] not in STATES or row["method"] not in METHODS or not whole:
            raise self._damaged(f"row {where} has no state, method or seed that there is")
        if not isinstance(row["task"].get("teacher"), dict):
            raise self._damaged(f"row {where} has no teacher")
        if spectrum is not None and (not isinstance(spectrum, bytes) or len(spectrum) % 8):
            raise self._damaged(f"the spectrum of row {where} is not a list of numbers")
        return row

    def _table(self, row: int, text: Any) -> dict[str, Any]:
        try:
            table = json.loads(text)
        except (TypeError, ValueError, RecursionError) as error:
            raise self._damaged(f"row {row} cannot be read") from error
        if not isinstance(table, dict):
            raise self._damaged(f"row {row} cannot be read")
        return table

    def close(self) -> None:
        """Close the file and give up the lock."""
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None
        if self._gone and self._log is not None:  # the log of a file that is gone must not be read into another one
            now = identity(self._beside("-wal"))
            if now is not None and os.path.samestat(now, self._log):
                for ending in ("-wal", "-shm"):
                    self._beside(ending).unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _last_line(error: Any) -> str:
    lines = str(error or "").strip().splitlines()
    last = lines[-1] if lines else "?"
    return printable(last)[:500]
