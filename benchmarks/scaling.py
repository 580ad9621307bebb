"""Fits of the public Chinchilla table (``SPECTRALAW_DATA``) against how they are usually made; one thread."""

from __future__ import annotations

import csv
import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import spectralaw as sl
from benchmarks import scaling_peers as peers
from benchmarks.report import Row, missing
from benchmarks.timing import measure

_FOLDER = Path(os.environ.get("SPECTRALAW_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
_DELTA = 1e-3
_STARTS = 50
_WORSE = 1e-9  # relative, by which our objective may be above the peer's


def table(name: str = "epoch_chinchilla.csv"):
    """N, D, loss without the five largest losses, or None where the table is not at hand."""
    path = _FOLDER / name
    if not path.exists():
        return None
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    size, compute, loss = (np.array([float(r[k]) for r in rows]) for k in ("Model Size", "Training FLOP", "loss"))
    kept = np.sort(np.argsort(loss)[:-5])
    return size[kept], (compute / (6.0 * size))[kept], loss[kept]


def scaling_laws() -> Iterator[Row]:
    """The global minimum of the law of two variables, and its bootstrap."""
    from spectralaw.scaling.bootstrap import bootstrap
    from spectralaw.scaling.inputs import read
    from spectralaw.scaling.laws import Law
    from spectralaw.scaling.solve import solve

    work = "law of two variables, 240 points, global minimum"
    found = table()
    if found is None:
        yield Row(work, float("nan"), float("nan"), note=f"skipped: no epoch_chinchilla.csv in {_FOLDER}")
        return
    size, data, loss = found
    logs = np.log(size), np.log(data), np.log(loss)
    points = read({"N": size, "D": data}, loss)[0]
    ours = measure(lambda: solve(Law("chinchilla"), points, delta=_DELTA), 7, 10.0)
    least = ours.result.objective
    whole = measure(lambda: sl.fit_scaling_law({"N": size, "D": data}, loss, delta=_DELTA), 1)

    grid = measure(lambda: peers.grid_of_starts(*logs, _DELTA, _STARTS), 0)
    best, every = grid.result
    note = (
        f"objective {least:.10g}, theirs {best / least - 1.0:+.0e} at the best of {_STARTS}; the whole fit with "
        f"intervals, audit and influence {whole.warm:.2g} s"
    )
    yield _row(work, ours, f"L-BFGS-B from {every:,} starts ({_STARTS} run, scaled)", grid.cold * every / _STARTS, 1000,
               least <= best * (1.0 + _WORSE), note)  # fmt: skip

    if importlib.util.find_spec("chinchilla") is None:
        yield missing(work, "chinchilla")
    else:
        theirs = measure(lambda: peers.chinchilla_package(size, data, loss, _DELTA), 0)
        E, A, B, alpha, beta = theirs.result
        reached = peers.objective((np.log(A), np.log(B), np.log(E), alpha, beta), *logs, _DELTA)[0]
        note = f"its objective is {reached / least - 1.0:+.2g} from ours: it averages the loss and stops early"
        yield _row(work, ours, "chinchilla, 32 starts", theirs.cold, 100, least <= reached * (1.0 + _WORSE), note)

    replicates, fits = 1000, 100
    many = measure(lambda: bootstrap(ours.result, replicates, 0), 1)
    fit = sl.fit_scaling_law({"N": size, "D": data}, loss, delta=_DELTA, interval="wald").parameters
    start = np.array([np.log(fit[k].value) for k in "ABE"] + [fit[k].value for k in ("alpha", "beta")])
    theirs = measure(lambda: peers.bfgs(*logs, _DELTA, start, fits), 0)
    note = f"{1e3 * many.warm / replicates:.2g} ms a replicate, theirs {1e3 * theirs.cold / fits:.2g}"
    ratio = many.warm / theirs.cold
    work = f"law of two variables, {replicates:,} bootstraps"
    yield Row(
        work, many.warm, many.cold, f"SciPy BFGS, {fits} fits", theirs.cold, "< 3 of its times", ratio < 3.0, note
    )


def _row(work, ours, peer, theirs, least, lower, note) -> Row:
    """A ratio that counts only where the minimum is as low."""
    target = f"≥ {least:,}×, objective ≤"
    return Row(work, ours.warm, ours.cold, peer, theirs, target, bool(theirs / ours.warm >= least and lower), note)
