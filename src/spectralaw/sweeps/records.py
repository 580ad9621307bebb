"""Rows of a store as flat records that carry the whole task, its teacher and the options of its method."""

from __future__ import annotations

from typing import Any

from spectralaw.results import Status
from spectralaw.sweeps.jobs import THEORY, digest
from spectralaw.training.methods import OPTIONS

Record = dict[str, Any]

TASK = ("network", "dimension", "samples", "weight_decay", "noise_variance", "width")
TEACHER = ("gamma", "rank", "coefficients", "normalize", "spectrum")
SETTINGS = tuple(dict.fromkeys(name for options in OPTIONS.values() for name in options))
"""Options of all methods."""
NUMBERS = (
    "excess_risk", "training_loss", "zero_mass", "certificate", "iterations", "effective_noise", "threshold",
    "samples_exponent", "weight_decay_exponent",
)  # fmt: skip
OUTCOME = ("state", "status", *NUMBERS, "seconds", "error")
"""What a row came to; every other entry of a record says which row it is."""


def flat(row: dict[str, Any]) -> Record:
    """The record of a row as the store gives it: equal for two rows only if they are the same computation.

    Options that were not given stand at their defaults. Numbers of a row whose solver did not converge are no
    results; they are left out. An empirical spectrum is a tuple.
    """
    task = dict(row["task"])
    teacher = dict(task.pop("teacher"))
    kind = teacher.pop("kind", None)
    if isinstance(teacher.get("spectrum"), list):
        teacher["spectrum"] = tuple(teacher["spectrum"])
    result, method = row["result"], row["method"]
    status = result.get("status")
    usable = status in [str(known) for known in Status] and Status(status).is_result
    return {
        **task,
        "teacher": kind,
        **teacher,
        "method": method,
        **({} if method == THEORY else {**OPTIONS[method], **row["options"]}),
        "seed": row["seed"],
        "state": row["state"],
        **({"status": status} if status is not None else {}),
        **({name: result[name] for name in NUMBERS if isinstance(result.get(name), (int, float))} if usable else {}),
        "seconds": row["seconds"],
        "error": row["error"],
    }


def columns(records: list[Record]) -> list[str]:
    """Names of all entries, in one order whichever record has them."""
    known = [*TASK, "teacher", *TEACHER, "method", *SETTINGS, "seed", *OUTCOME]
    there = dict.fromkeys(name for record in records for name in record)
    return [name for name in known if name in there] + [name for name in there if name not in known]


def varying(records: list[Record]) -> list[str]:
    """Fields, teacher parameters and options that take more than one value; each tells some rows apart.

    Teachers of one kind are told apart by their parameters, others, and lists of numbers, by ``teacher``: see
    :func:`labelled`. An option varies if it does so within one method.
    """
    fields = [name for name in TASK if len({record.get(name) for record in records}) > 1]
    if _needs_label(records):
        fields.append("teacher")
    else:
        fields += [name for name in TEACHER if len({record.get(name) for record in records}) > 1]
    for name in columns(records):
        if name in (*TASK, "teacher", *TEACHER, "method", "seed", *OUTCOME):
            continue
        values = {(record["method"], record[name]) for record in records if name in record}
        if len(values) > len({method for method, _ in values}):
            fields.append(name)
    return fields


def _needs_label(records: list[Record]) -> bool:
    kinds = {record["teacher"] for record in records}
    return len(kinds) > 1 or len({record.get("spectrum") for record in records}) > 1


def labelled(records: list[Record]) -> list[Record]:
    """The records, with the teacher written out where its parameters do not tell it: ``FiniteRank(rank=2, …)``."""
    if not _needs_label(records):
        return records
    return [{**record, "teacher": teacher_label(record)} for record in records]


def teacher_label(record: Record) -> str:
    """The teacher of a record in one line, different for different teachers."""
    parts = []
    for name in TEACHER:
        if name == "spectrum" and name in record:
            parts.append(f"{len(record[name])} values, sha256={digest(record[name])[:8]}")
        elif name in record and record[name] != "gaussian" and record[name] is not False:
            parts.append(f"{name}={record[name]}")
    return f"{record['teacher']}({', '.join(parts)})"
