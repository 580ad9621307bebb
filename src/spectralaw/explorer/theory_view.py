"""The Theory tab: everything that one task shows, from texts to pictures, numbers, sentences and code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from spectralaw.display import more, number, task_in_words
from spectralaw.explorer import maps
from spectralaw.explorer import theory_pictures as pictures
from spectralaw.explorer.look import Shown
from spectralaw.explorer.tasks import in_python, on_the_command_line
from spectralaw.task import Task
from spectralaw.theory.prediction import Prediction

LISTED = 10
"""Outliers in the table of a page."""
NAMES = {
    "Ia": "too few samples",
    "Ib": "rank collapse, all weights zero",
    "II": "shrinkage, some features learned",
    "III": "shrinkage, all features learned",
    "IV": "benign, underfitting dominates",
    "V": "harmful overfitting",
    "peak": "interpolation threshold",
    "VIa": "plenty of samples, bulk and outliers",
    "VIb": "plenty of samples, every feature an outlier",
}
"""Phases in words that need no formulas."""


def shown(task: Task, groups: Sequence[Mapping[str, Any]] = (), fine: bool = True) -> Shown:
    """All that a page shows of a task.

    Parameters
    ----------
    task : Task
    groups : sequence
        Trained networks to lay over it, as :func:`spectralaw.explorer.measured.summary` gives them.
    fine : bool
        Fine grids; coarse ones are a few times faster, and exact at their points too.
    """
    p = maps.prediction(task)
    diagram, fine_map = pictures.diagram(p, fine)
    along_n, fine_n = pictures.risk_along(p, "samples", groups, fine)
    along_decay, fine_decay = pictures.risk_along(p, "weight_decay", groups, fine)
    return Shown(
        title=task_in_words(task),
        pictures=(
            diagram,
            along_n,
            along_decay,
            pictures.spectrum(p, groups),
            pictures.parts(p, groups),
        ),
        sentences=sentences(p),
        tables=tables(p),
        code=(("Python", in_python(task)), ("Command line", on_the_command_line(task))),
        facts={"fine": fine_map and fine_n and fine_decay},
    )


def sentences(p: Prediction) -> tuple[str, ...]:
    """Phase and local exponents."""
    if not p.status.is_result:
        return (p.message,)
    found = [p.message] if p.message else []
    if p.phase is not None:
        rates = [
            f"{symbol}^{value:+.3g}"
            for symbol, value in (("n", p.phase.rate.samples), ("λ", p.phase.rate.weight_decay))
            if np.isfinite(value) and value != 0.0
        ]
        falls = f"R ~ {' '.join(rates)} for d → ∞" if rates else "R has no power law, or is constant, for d → ∞"
        found.append(
            f"Phase {p.phase.phase} ({NAMES[str(p.phase.phase)]}), {p.phase.distance:.1f} decades from the nearest "
            f"boundary: {falls}; spectrum: {p.phase.spectrum}."
        )
    else:
        found.append(
            "Phases are defined for power-law teachers, white inputs and width ≥ dimension: there is none here."
        )
    found.append(
        f"Local exponents: ∂ log R/∂ log n = {_signed(p.exponents.samples)}, "
        f"∂ log R/∂ log λ = {_signed(p.exponents.weight_decay)}."
    )
    return tuple(found)


def _signed(value: float) -> str:
    return f"{value:+.4f}" if np.isfinite(value) else "not defined"


def tables(p: Prediction) -> tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]:
    """Numbers of the prediction, and its outliers."""
    _, pairs = p._shown()
    bayes = maps.bayes(p.task.replace(weight_decay=1.0)) if p.status.is_result else None
    if bayes is not None:
        pairs.append(("Bayes-optimal R", number(bayes)))
    numbers = (("quantity", "value"), *(pair for pair in pairs if pair[0]))
    if not p.status.is_result or not p.outliers:
        return (("Prediction", numbers),)
    listed = p.outliers[:LISTED]
    rows = tuple((number(o.teacher), number(o.location), f"{o.overlap:.4f}") for o in listed)
    count = round(p.spectrum.outlier_count)
    title = f"Outliers ({count:,})" + (
        f": the largest {len(listed)}, {more(count - len(listed), 'outlier')}" if count > len(listed) else ""
    )
    return (("Prediction", numbers), (title, (("teacher", "trained", "overlap²"), *rows)))
