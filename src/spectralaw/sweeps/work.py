"""What a worker does with a job: from plain numbers to plain numbers."""

from __future__ import annotations

import contextlib
import platform
import time
import traceback
from dataclasses import dataclass
from typing import Any

from spectralaw.sweeps.jobs import THEORY, Job


@dataclass(frozen=True, slots=True)
class Outcome:
    """A row's result, or its error."""

    result: dict[str, Any] | None
    """excess_risk, training_loss, …; None when the job failed."""
    spectrum: bytes | None
    """64-bit floats, largest first; only of trained networks."""
    error: str | None
    """Traceback of the failure."""
    seconds: float
    host: str


_prepared: set[tuple[str, str]] = set()


def prepare(job: Job) -> None:
    """Import what a job needs, in whatever moment that is, so that no row is charged for it.

    A tiny job of the same kind is done, once in a process: libraries import parts of themselves when first used.
    """
    kind = (job.method, job.task["network"])
    if kind in _prepared:
        return
    import spectralaw.theory
    import spectralaw.training  # noqa: F401

    if job.method != THEORY and job.task["network"] == "diagonal":
        import sklearn.linear_model  # noqa: F401
    tiny = {"network": job.task["network"], "dimension": 4, "samples": 9, "weight_decay": 1.0, "noise_variance": 0.5}
    with contextlib.suppress(Exception):  # what is wrong with it is wrong with the rows, and theirs to say
        _compute(Job(tiny, None, job.method, {} if job.method == THEORY else {"max_iterations": 3}))
    _prepared.add(kind)


def run(job: Job) -> Outcome:
    """Do one job; whatever it raises is in the outcome."""
    prepare(job)
    begin = time.perf_counter()
    try:
        result, spectrum, error = *_compute(job), None
    except Exception:
        result, spectrum, error = None, None, traceback.format_exc()
    return Outcome(result, spectrum, error, time.perf_counter() - begin, platform.node())


def _compute(job: Job) -> tuple[dict[str, Any], bytes | None]:
    import math

    from spectralaw.task import Task

    task = Task.from_dict(job.task)
    if job.method == THEORY:
        from spectralaw.theory import predict

        answer = predict(task)
        values = {
            "effective_noise": answer.effective_noise,
            "threshold": answer.threshold,
            "samples_exponent": answer.exponents.samples,
            "weight_decay_exponent": answer.exponents.weight_decay,
            "certificate": answer.residual,
        }
        spectrum = None
    else:
        from spectralaw.training import train

        answer = train(task, job.seed or 0, job.method, **job.options)
        values = {"certificate": answer.certificate, "iterations": answer.iterations}
        spectrum = answer.spectrum.astype("<f8").tobytes()
    values |= {name: getattr(answer, name) for name in ("excess_risk", "training_loss", "zero_mass")}
    kept = {name: value for name, value in values.items() if math.isfinite(value)}
    return {**kept, "status": str(answer.status)}, spectrum
