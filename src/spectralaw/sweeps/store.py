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

from spectralaw.sweeps.errors import StoreError
from spectralaw.sweeps.jobs import Job
from spectralaw.sweeps.work import Outcome

VERSION = 1
_APPLICATION = 0x5350_4C57  # marks the file as a store of this package
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
_MIGRATIONS: dict[int, str] = {}
"""By version: the statements that lead from it to the next."""


class Store:
    """An open store.

    Parameters
    ----------
    path : path
    write : bool
        Open for writing, and create it if it does not exist: one driver at a time.
    """

    def __init__(self, path: str | Path, *, write: bool = False) -> None:
        self.path = Path(path)
        self._lock: int | None = None
        if not write and not self.path.exists():
            raise StoreError(f"store {self.path} does not exist; a sweep makes it")
        try:
            if write:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._take_lock()
                self._connection = sqlite3.connect(self.path, isolation_level=None, timeout=30.0)
            else:
                self._connection = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, isolation_level=None)
            self._prepare(write)
        except (sqlite3.Error, OSError) as error:
            self._release()
            raise StoreError(f"store {self.path} cannot be opened: {error}") from error
        except StoreError:
            self._release()
            raise

    def _take_lock(self) -> None:
        """A lock of the operating system, which ends with the process however that ends."""
        try:
            import fcntl
        except ImportError:  # not on this system: SQLite's own locks remain
            return
        self._lock = os.open(self.path.with_name(self.path.name + ".lock"), os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreError(
                f"store {self.path} is in use by another sweep; wait for it, or give this one a store of its own"
            ) from None

    def _prepare(self, write: bool) -> None:
        execute = self._connection.execute
        application = execute("PRAGMA application_id").fetchone()[0]
        version = execute("PRAGMA user_version").fetchone()[0]
        tables = execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if tables and application != _APPLICATION:
            raise StoreError(f"store {self.path} is a database of another program; give another path")
        if version > VERSION:
            raise StoreError(
                f"store {self.path} has version {version}, newer than the {VERSION} that this spectralaw reads; "
                "update spectralaw"
            )
        if not write:
            if not tables:
                raise StoreError(f"store {self.path} is empty; a sweep fills it")
            return
        execute("PRAGMA journal_mode = WAL")
        execute("PRAGMA synchronous = NORMAL")
        if not tables:
            with self.transaction():
                for statement in _SCHEMA.split(";"):
                    execute(statement)
                execute(f"PRAGMA application_id = {_APPLICATION}")
                execute(f"PRAGMA user_version = {VERSION}")
        while version and version < VERSION:
            with self.transaction():
                for statement in _MIGRATIONS[version].split(";"):
                    execute(statement)
                version += 1
                execute(f"PRAGMA user_version = {version}")

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
            raise StoreError(f"store {self.path} cannot be written, rows done before are safe: {error}") from error

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
            found = self._connection.execute(
                "SELECT id, task, seed, method, options FROM rows "
                "WHERE state = 'pending' AND id > ? ORDER BY id LIMIT 64",
                (last,),
            ).fetchall()
            if not found:
                return
            for row, task, seed, method, options in found:
                yield Job(json.loads(task), seed, method, json.loads(options), row)
            last = found[-1][0]

    def finish(self, row: int, outcome: Outcome, version: str) -> None:
        """Write a result; when this returns it is in the file."""
        state = "failed" if outcome.result is None else "done"
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
        found = dict(self._connection.execute("SELECT state, count(*) FROM rows GROUP BY state").fetchall())
        return {state: found.get(state, 0) for state in ("pending", "done", "failed")}

    def errors(self, limit: int = 5) -> list[tuple[int, str]]:
        """Row numbers and the last lines of the errors of failed rows."""
        found = self._connection.execute(
            "SELECT id, error FROM rows WHERE state = 'failed' LIMIT ?", (limit,)
        ).fetchall()
        return [(row, (error or "").strip().splitlines()[-1]) for row, error in found]

    def rows(self, spectra: bool = False) -> Iterator[dict[str, Any]]:
        """All rows, in order, as plain values."""
        spectrum = "spectrum" if spectra else "NULL"
        cursor = self._connection.execute(
            f"SELECT id, key, task, seed, method, options, state, result, {spectrum}, error, seconds, host, version, "
            "finished FROM rows ORDER BY id"
        )
        for row in cursor:
            yield {
                "id": row[0], "key": row[1], "task": json.loads(row[2]), "seed": row[3], "method": row[4],
                "options": json.loads(row[5]), "state": row[6], "result": json.loads(row[7]) if row[7] else {},
                "spectrum": row[8], "error": row[9], "seconds": row[10], "host": row[11], "version": row[12],
                "finished": row[13],
            }  # fmt: skip

    def _release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def close(self) -> None:
        """Close the file and give up the lock."""
        self._connection.close()
        self._release()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
