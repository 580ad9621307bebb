"""Progress, on standard error: a bar on a terminal, lines elsewhere, nothing beside ``--json``."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

_EVERY = 10.0  # seconds between two lines
_QUIET = 2.0  # seconds of waiting that need no word


def bar(*, silent: bool) -> Any:
    """A bar with counts, elapsed and remaining time; lines where standard error is no terminal that can draw one."""
    if silent or not _draws():
        return Lines(silent=silent)
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=Console(stderr=True))


def _draws() -> bool:
    """Whether standard error is a terminal that moves its cursor and that was not asked to stay plain."""
    terminal = sys.stderr is not None and sys.stderr.isatty()
    return terminal and os.environ.get("TERM") not in ("dumb", "unknown") and not os.environ.get("NO_COLOR")


class Lines:
    """The bar in words: a line after two seconds, every ten, and at the end; none for what takes less."""

    def __init__(self, *, silent: bool) -> None:
        self.silent = silent
        self.tasks: list[dict[str, Any]] = []

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *_: object) -> None:
        for task in self.tasks:
            if task["said"] != task["completed"] and time.monotonic() - task["begin"] >= _QUIET:
                self._say(task)

    def add_task(self, description: str, total: float | None = None) -> int:
        """Begin something, with how many steps there are if that is known; returns its number."""
        now = time.monotonic()
        first = now + _QUIET - _EVERY  # as if a line had been said that long ago
        self.tasks.append(
            {"name": description, "completed": 0, "total": total, "begin": now, "last": first, "said": None}
        )
        return len(self.tasks) - 1

    def update(self, task: int, *, completed: float | None = None, total: float | None = None) -> None:
        """How far something is."""
        one = self.tasks[task]
        one["completed"] = one["completed"] if completed is None else completed
        one["total"] = one["total"] if total is None else total
        if time.monotonic() - one["last"] >= _EVERY:
            self._say(one)

    def _say(self, task: dict[str, Any]) -> None:
        task["last"] = time.monotonic()
        task["said"] = task["completed"]
        total = "" if task["total"] is None else f" of {task['total']:,}"
        say(f"{task['name']}: {task['completed']:,}{total}, {task['last'] - task['begin']:.0f} s", silent=self.silent)


def say(line: str, *, silent: bool = False) -> None:
    """A line on standard error, if there is one."""
    if not silent and sys.stderr is not None:
        with contextlib.suppress(OSError, ValueError):  # a stream that was closed: progress is no reason to fail
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()


@contextlib.contextmanager
def waiting(name: str, *, silent: bool) -> Iterator[None]:
    """Say how long something has taken that cannot tell how far it is: in place on a terminal, in lines elsewhere."""
    if silent:
        yield
        return
    begin, over = time.monotonic(), threading.Event()
    draws = _draws()

    def tell() -> None:
        pause = _QUIET if draws else _EVERY
        while not over.wait(pause):
            line = f"{name}: {time.monotonic() - begin:.0f} s"
            if draws:
                with contextlib.suppress(OSError, ValueError):
                    sys.stderr.write(f"\r{line}")
                    sys.stderr.flush()
            else:
                say(line)
            pause = 1.0 if draws else _EVERY

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        if draws and time.monotonic() - begin > _QUIET:
            with contextlib.suppress(OSError, ValueError):
                sys.stderr.write("\r\033[K")
                sys.stderr.flush()
