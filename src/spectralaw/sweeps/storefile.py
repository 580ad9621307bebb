"""The file of a store before it is opened: what it is by its first bytes, and how it is read without a change."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

from spectralaw.sweeps.errors import StoreError

APPLICATION = 0x5350_4C57
"""Marks a database as a store of this package."""
_MAGIC = b"SQLite format 3\x00"


def look(path: Path, file: Path, write: bool) -> bool:
    """Refuse what is no store, without a trace; returns whether there is nothing yet.

    Parameters
    ----------
    path, file : path
        As the user gave it, and with all links followed.
    write : bool
        Whether a sweep is to write into it.
    """
    try:
        about = file.stat()
    except FileNotFoundError:
        if not write:
            raise StoreError(f"store {path} does not exist; a sweep makes it") from None
        above = next(folder for folder in file.parents if folder.exists())
        if not (above.is_dir() and os.access(above, os.W_OK)):
            raise StoreError(f"store {path} cannot be opened: {above} is no folder to write into") from None
        return True
    if not stat.S_ISREG(about.st_mode):
        raise StoreError(f"store {path} cannot be opened: it is not a file")
    if about.st_nlink > 1 and write:
        raise StoreError(
            f"store {path} has another name on this disk (a hard link), under which a second sweep could write into "
            "it; copy it instead"
        )
    if about.st_size == 0:
        if not write:
            raise StoreError(f"store {path} is empty; a sweep fills it")
        return True
    with file.open("rb") as content:
        head = content.read(100)
    if head[:16] != _MAGIC:
        raise StoreError(f"store {path} cannot be opened: file is not a database")
    log = identity(file.with_name(file.name + "-wal"))  # in which a killed driver may have left the mark
    if int.from_bytes(head[68:72], "big") != APPLICATION and (log is None or log.st_size == 0):
        raise foreign(path)
    if write and not os.access(file, os.W_OK):
        raise StoreError(f"store {path} cannot be opened: it is read-only")
    return False


def reader(file: Path) -> sqlite3.Connection:
    """A connection that changes no row. The last to close a store takes the files beside it away."""
    uri = file.as_uri()  # with #, % and ? in their place
    try:
        return _opened(f"{uri}?mode=rw", "PRAGMA query_only = 1", "SELECT count(*) FROM sqlite_master")
    except sqlite3.OperationalError:  # a disk or folder that is read-only
        return _opened(f"{uri}?mode=ro")


def _opened(uri: str, *statements: str) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=30.0)
    try:
        for statement in statements:
            connection.execute(statement)
    except BaseException:
        connection.close()
        raise
    return connection


def foreign(path: Path) -> StoreError:
    """What is said of a database that is not ours."""
    return StoreError(f"store {path} is a database of another program; give another path")


def identity(file: Path) -> os.stat_result | None:
    """What tells a file from another of the same name; None if there is none."""
    try:
        return file.stat()
    except OSError:
        return None


def reason(error: BaseException) -> str:
    """The message of an error in one line."""
    return " ".join((getattr(error, "strerror", None) or str(error)).split())
