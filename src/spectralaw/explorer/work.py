"""The inside of a process that works for the page: one piece of work comes in, progress and a result go out."""

from __future__ import annotations

import contextlib
import os
import pickle
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Progress = Callable[[int, int], None]


def serve() -> None:
    """Do the piece of work that standard input brings, and end."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints must not end up among the messages

    def say(*words: Any) -> None:
        pickle.dump(words, answers)
        answers.flush()

    with contextlib.suppress(BrokenPipeError, EOFError):  # the page is gone
        kind, content = pickle.load(sys.stdin.buffer)
        threading.Thread(target=_end_with_the_page, daemon=True).start()
        say(*run(kind, content, lambda done, total: say("progress", done, total)))


def _end_with_the_page() -> None:
    """Wait for the end of the input, which comes when the server is gone, however it went."""
    sys.stdin.buffer.read()
    os._exit(1)


def run(kind: str, content: Mapping[str, Any], progress: Progress) -> tuple[str, Any]:
    """``("done", result)`` or ``("failed", sentence)``."""
    from spectralaw.errors import ConvergenceFailure, InvalidInput

    try:
        return "done", KINDS[kind](progress=progress, **content)
    except (InvalidInput, ConvergenceFailure) as error:
        return "failed", str(error)
    except MemoryError:
        return "failed", "there is not enough memory for this"
    except OSError as error:
        return "failed", f"{error.filename or 'a file'}: {error.strerror or error}"
    except Exception as error:  # a fault of ours: the page says so, and lives on
        return "failed", f"this fails, which it should not ({type(error).__name__}: {error})"


def train(tasks: Any, method: str, seeds: Any, progress: Progress) -> list[dict[str, Any]]:
    """Networks of each task; what the pictures need of them."""
    from spectralaw.explorer.measured import summary
    from spectralaw.training.train import train as train_one

    total, found = len(tasks) * len(seeds), []
    progress(0, total)
    for task in tasks:
        trained = []
        for seed in seeds:
            trained.append(train_one(task, seed, method))
            progress(len(found) * len(seeds) + len(trained), total)
        found.append(summary(trained))
    return found


def diagnose(path: str, name: str, progress: Progress) -> Any:
    """A diagnosis of a file of weights, with the settings and limits of :func:`spectralaw.diagnose`; ``name`` is what
    it is called."""
    import inspect
    from dataclasses import replace

    from spectralaw.errors import InvalidInput
    from spectralaw.weights.diagnose import diagnose as public
    from spectralaw.weights.diagnose import run

    defaults = list(inspect.signature(public).parameters.values())[1:]
    try:
        answer = run(Path(path), watch=progress, **{one.name: one.default for one in defaults})
    except InvalidInput as error:
        raise InvalidInput(str(error).replace(path, name)) from None  # a dropped file has no place that means anything
    return replace(answer, source=name)


def fit(table: str, x: str, y: str, forecast: str, progress: Progress) -> Any:
    """A scaling law of a table that is given as text, as a page shows it."""
    from spectralaw.explorer.curves_view import fitted

    return fitted(table, x, y, forecast)


KINDS: dict[str, Callable[..., Any]] = {"train": train, "diagnose": diagnose, "fit": fit}
