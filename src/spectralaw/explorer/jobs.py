"""Long work in processes of its own: with progress, cancelled by ending the process, and no way to hurt the page.

A process is a new interpreter that is told its work over a pipe; what happens in it, a hostile file included, can end
it, and is then one sentence.
"""

from __future__ import annotations

import contextlib
import pickle
import secrets
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from spectralaw import parallel
from spectralaw._checks import shown
from spectralaw.errors import InvalidInput

_KEPT = 40  # finished pieces of work whose results are kept
_MOST_WAITING = 24
_FORGOTTEN = 900.0  # seconds without anybody asking, after which work is ended
_FIRST_WORDS = """
import pickle, sys
sys.path[:] = pickle.load(sys.stdin.buffer)
from spectralaw.explorer.work import serve
serve()
"""


@dataclass
class Job:
    """One piece of work, as it stands."""

    kind: str
    state: str = "waiting"
    """waiting, running, done, failed or cancelled."""
    done: int = 0
    total: int = 0
    sentence: str = ""
    """Why it failed."""
    result: Any = field(default=None, repr=False)
    begun: float = 0.0
    asked: float = field(default_factory=time.monotonic)
    clean_up: Callable[[], Any] | None = field(default=None, repr=False)

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ("done", "failed", "cancelled")

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self.begun if self.begun else 0.0


class Jobs:
    """All work of a page's server; as many pieces at once as there are processors, the others wait."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()
        self._slots = threading.Semaphore(parallel.processors())
        self._closing: list[Callable[[], Any]] = []

    def when_closed(self, clean_up: Callable[[], Any]) -> None:
        """Something more to be done by :meth:`close`."""
        self._closing.append(clean_up)

    def start(self, kind: str, content: Any, clean_up: Callable[[], Any] | None = None) -> str:
        """Begin a piece of work of :mod:`spectralaw.explorer.work`; returns its name.

        Raises
        ------
        InvalidInput
            When too much is waiting already.
        """
        with self._lock:
            if sum(not job.over for job in self._jobs.values()) >= _MOST_WAITING:
                if clean_up is not None:
                    clean_up()
                raise InvalidInput(f"this page works on {_MOST_WAITING} things already; wait until one is done")
            name = secrets.token_urlsafe(12)
            job = self._jobs[name] = Job(kind, clean_up=clean_up)
            finished = [old for old, one in self._jobs.items() if one.over]
            for old in finished[: max(0, len(finished) - _KEPT)]:
                del self._jobs[old]
        threading.Thread(target=self._run, args=(name, job, content), daemon=True).start()
        return name

    def look(self, name: Any) -> Job:
        """How a piece of work stands.

        Raises
        ------
        InvalidInput
            For work that is not known, or whose result is no longer kept.
        """
        job = self._jobs.get(name) if isinstance(name, str) else None
        if job is None:
            raise InvalidInput(f"there is no such work as {shown(name)}, or it is no longer kept; run it again")
        job.asked = time.monotonic()
        return job

    def cancel(self, name: Any) -> None:
        """End a piece of work; nothing for one that is over."""
        job = self.look(name)
        with self._lock:
            if not job.over:
                job.state = "cancelled"
            process = self._processes.get(name)
        if process is not None:
            process.kill()

    def close(self) -> None:
        """End all work."""
        for name in list(self._jobs):
            with contextlib.suppress(InvalidInput):
                self.cancel(name)
        for clean_up in self._closing:
            clean_up()

    def _run(self, name: str, job: Job, content: Any) -> None:
        try:
            while not self._slots.acquire(timeout=0.2):
                if job.over or self._forgotten(job):
                    return
            try:
                self._work(name, job, content)
            finally:
                self._slots.release()
        finally:
            if not job.over:
                job.state = "failed"
                job.sentence = job.sentence or "the work was not finished"
            if job.clean_up is not None:
                job.clean_up()

    def _forgotten(self, job: Job) -> bool:
        if time.monotonic() - job.asked < _FORGOTTEN:
            return False
        job.state, job.sentence = "cancelled", "nobody asked for it any more"
        return True

    def _work(self, name: str, job: Job, content: Any) -> None:
        process = subprocess.Popen(
            [sys.executable, "-c", _FIRST_WORDS],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=parallel.single_threaded(),
        )
        assert process.stdin is not None and process.stdout is not None
        with self._lock:
            self._processes[name] = process
            cancelled = job.over
        watch = threading.Thread(target=self._watch, args=(process, job), daemon=True)
        try:
            if cancelled:
                return
            job.state, job.begun = "running", time.monotonic()
            watch.start()
            pickle.dump(sys.path, process.stdin)
            pickle.dump((job.kind, content), process.stdin)
            process.stdin.flush()
            while not job.over:
                word, *rest = pickle.load(process.stdout)  # from a process of our own code
                if word == "progress":
                    job.done, job.total = rest
                elif word == "failed":
                    job.sentence, job.state = rest[0], "failed"
                elif not job.over:
                    job.result, job.state = rest[0], "done"
        except (EOFError, OSError, pickle.UnpicklingError):
            if not job.over:
                code = process.wait()
                job.sentence = f"the process that did it ended (status {code}), as when memory runs out"
                job.state = "failed"
        finally:
            with self._lock:
                self._processes.pop(name, None)
            process.kill()
            with contextlib.suppress(OSError):  # what was not read by the process is lost
                process.stdin.close()
            process.stdout.close()
            process.wait()

    def _watch(self, process: subprocess.Popen[bytes], job: Job) -> None:
        while process.poll() is None:
            if job.over or self._forgotten(job):
                process.kill()
                return
            time.sleep(0.5)
