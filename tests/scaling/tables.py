"""The public tables of measured losses, where they are at hand; nothing of them is in the repository."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import numpy as np
import pytest

_BESIDE = Path(__file__).resolve().parents[2].parent / "shared" / "data"
FOLDER = Path(os.environ.get("SPECTRALAW_DATA", _BESIDE))


def rows(name):
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"{name} is others' and not in the repository: SPECTRALAW_DATA names its folder, now {FOLDER}")

    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file] if name.endswith("jsonl") else list(csv.DictReader(file))


def column(table, name):
    return np.array([float(row[name]) for row in table])


def epoch():
    """N, D, loss of 240 runs: the five largest losses are left out, as in the published fits."""
    table = rows("epoch_chinchilla.csv")
    size, compute, loss = (column(table, name) for name in ("Model Size", "Training FLOP", "loss"))
    kept = np.sort(np.argsort(loss)[:-5])
    return {"N": size[kept], "D": (compute / 6.0 / size)[kept]}, loss[kept]
