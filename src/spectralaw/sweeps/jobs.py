"""One row of a sweep: a task, a seed, a method and its options, under a key that is derived from them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

TRAINING_METHODS = ("convex", "network", "amp")
THEORY = "theory"
METHODS = (THEORY, *TRAINING_METHODS)


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker is given; made of plain numbers and strings."""

    task: dict[str, Any]
    """As :meth:`spectralaw.Task.to_dict` writes it."""
    seed: int | None
    """None for the theory, which has none."""
    method: str
    options: dict[str, Any]
    row: int = 0
    """Number of the row in the store; no part of the key."""

    @property
    def key(self) -> str:
        """SHA-256 of the content: equal jobs have equal keys on any machine."""
        return content_key(self.task, digest(self.task["teacher"]), self.seed, self.method, self.options)


def canonical(value: Any) -> str:
    """The one JSON text of a value: sorted keys, no spaces, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(value: Any) -> str:
    """SHA-256 of the canonical text."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def content_key(
    task: dict[str, Any], teacher_digest: str, seed: int | None, method: str, options: dict[str, Any]
) -> str:
    """Key of a row, from the digest of its teacher, which may be long and shared by many rows.

    Fields that are None are left out, so that a later optional field of :class:`~spectralaw.Task` keeps old keys.
    """
    fields = {name: value for name, value in task.items() if value is not None and name != "teacher"}
    return digest({"task": fields, "teacher": teacher_digest, "seed": seed, "method": method, "options": options})
