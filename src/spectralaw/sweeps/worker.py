"""The inside of a worker process: jobs come in on standard input, messages go out on standard output.

A thread waits for the input all the time, so that the process ends with its driver, also in the middle of a job.
"""

from __future__ import annotations

import os
import pickle
import queue
import sys
import threading

from spectralaw.sweeps.work import prepare, run

BEGUN = "begun"
"""Said when a job has what it needs: from then on its time is counted."""
UNFIT = "unfit"
"""Said, with the reason, when this process cannot do any such job."""


def serve() -> None:
    """Do jobs, one after the other, until the input ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints must not end up among the messages
    jobs: queue.SimpleQueue = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(jobs,), daemon=True).start()

    def say(kind: str, content: object = None) -> None:
        pickle.dump((kind, content), answers)
        answers.flush()

    try:
        while True:
            job = jobs.get()
            try:
                prepare(job)
            except Exception as error:
                say(UNFIT, f"{type(error).__name__}: {error}")
                os._exit(1)  # not through the end of the interpreter, for which the thread would be in the way
            say(BEGUN)
            say("done", run(job))
    except BrokenPipeError:  # the driver is gone
        os._exit(1)


def _receive(jobs: queue.SimpleQueue) -> None:
    while True:
        try:
            jobs.put(pickle.load(sys.stdin.buffer))
        except (EOFError, OSError, pickle.UnpicklingError):
            os._exit(0)
