"""The best weight decay: where the predicted excess risk is least."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from spectralaw.display import Shown, number
from spectralaw.results import ByValue, Status
from spectralaw.state_evolution.channel import Array
from spectralaw.state_evolution.evolution import state_evolution
from spectralaw.state_evolution.width import narrow
from spectralaw.task import Task, required

_ACCURACY = 1e-9  # of the least risk, as judged from its neighbours
_STATIONARY, _NEAREST = 1e-8, 1e-6  # slope, or width in log λ, to refine to
_NEARER = 9  # points of each round of refinement
_LIMIT = 1e-12  # relative difference of risks that does not count


@dataclass(frozen=True, repr=False, eq=False)
class OptimalDecay(Shown, ByValue):
    """The least predicted risk over the weight decay."""

    weight_decay: float
    """λ_opt; 0 when the limit λ → 0 is best."""
    excess_risk: float
    slope: float
    """∂ log R / ∂ log λ there, zero at an interior minimum and in the limit."""
    status: Status
    message: str = ""
    """Says so when λ_opt is the limit λ → 0, or what is missing."""
    task: Task | None = field(default=None, compare=False)
    """What was asked; its own weight decay was ignored."""

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        if not self.status.is_result:
            return "Optimal weight decay", [("status", str(self.status)), ("", self.message)]
        best = "0, the limit λ → 0" if self.weight_decay == 0.0 else number(self.weight_decay)
        return "Optimal weight decay", [
            ("status", f"{self.status} (slope {self.slope:.1e})"),
            ("weight decay λ", best),
            ("excess risk R", number(self.excess_risk)),
        ]


def optimal_weight_decay(task: Task) -> OptimalDecay:
    """Minimise the predicted excess risk over λ.

    The risk is scanned over many decades up to rank collapse, beside the limit λ → 0, and the minimum is refined
    until its neighbours do not differ in the ninth digit. It is the risk that is judged: where it is flat, λ itself has
    few digits.

    Parameters
    ----------
    task : Task
        Its own weight decay is ignored.

    Returns
    -------
    OptimalDecay
        ``converged`` when the risk is within 1e-9 of that of its neighbours on either side, or when no λ > 0 is better
        than the limit λ → 0: λ = 0 then, and the risk is that of the limit.

    References
    ----------
    arXiv:2509.24882, section 4: λ_opt = Θ(√(n_eff/d)) up to logarithms.
    """
    return replace(_minimise(required(task)), task=task)


def _minimise(task: Task) -> OptimalDecay:
    scale = np.sqrt(task.effective_samples / task.dimension)
    collapse = task.effective_samples / np.sqrt(task.dimension) * _units(task)
    lowest, highest = 1e-11 * min(scale, collapse), 1e3 * max(scale, collapse)
    count = int(np.ceil((2.0 if narrow(task) else 5.0) * np.log10(highest / lowest)))
    x = np.linspace(np.log(lowest), np.log(highest), count)
    risk, slope = _evaluate(task, np.exp(x))
    limit = float(_evaluate(task, np.zeros(1))[0][0])
    if not np.any(np.isfinite(risk)):
        if np.isfinite(limit):
            return OptimalDecay(0.0, limit, 0.0, Status.CONVERGED, "the limit of no weight decay is best")
        return OptimalDecay(np.nan, np.nan, np.nan, Status.NOT_CONVERGED, "no weight decay has a predicted risk")
    for _ in range(30):
        k = int(np.nanargmin(risk))
        around = risk[max(k - 1, 0) : k + 2]
        if (
            0 < k < len(x) - 1
            and np.all(np.abs(around - risk[k]) <= _ACCURACY * risk[k])
            and (abs(slope[k]) <= _STATIONARY or x[k + 1] - x[k - 1] <= _NEAREST)
        ):
            break
        low, high = x[max(k - 1, 0)], x[min(k + 1, len(x) - 1)]
        if high - low <= 1e-12:
            break
        inner = np.linspace(low, high, _NEARER)
        if k == 0 or not np.isfinite(risk[k - 1]):  # the end of what can be solved
            break
        x = inner
        risk, slope = _evaluate(task, np.exp(x))
        if not np.any(np.isfinite(risk)):
            break
    alike = np.where(risk <= np.nanmin(risk) * (1.0 + _LIMIT), np.abs(slope), np.inf)
    k = int(np.nanargmin(alike))
    best, here = float(np.exp(x[k])), float(risk[k])
    if np.isfinite(limit) and limit <= here * (1.0 + _LIMIT):
        return OptimalDecay(0.0, limit, 0.0, Status.CONVERGED, "the limit of no weight decay is best")
    around = risk[max(k - 1, 0) : k + 2]
    interior = 0 < k < len(x) - 1 and bool(np.all(np.isfinite(around)))
    flat = np.nanmax(np.abs(around - here)) <= _ACCURACY * here and np.sum(np.isfinite(around)) > 1
    if flat and (interior or (abs(slope[k]) <= 1e-6 and k > 0)):
        return OptimalDecay(best, here, float(slope[k]), Status.CONVERGED)
    if not interior and abs(slope[k]) <= 1e-7:  # flat down to where it cannot be solved
        message = "the limit of no weight decay is best, as far as it is seen"
        return OptimalDecay(0.0, here, 0.0, Status.CONVERGED, message)
    return OptimalDecay(best, here, float(slope[k]), Status.NOT_CONVERGED,
                        "the least risk is at the end of the weight decays that can be solved")  # fmt: skip


def _units(task: Task) -> float:
    """Scale of the teacher's values over that of the laws, in which weight decays are measured."""
    from spectralaw.state_evolution.teacher_atoms import teacher_atoms

    size = np.sqrt(teacher_atoms(task).power / task.total_power)
    return float(size) if size > 0.0 else 1.0


def _evaluate(task: Task, decays: Array) -> tuple[Array, Array]:
    full = lambda value: np.full(decays.shape, value)  # noqa: E731
    solved = state_evolution(task, full(task.samples), decays, full(task.noise_variance))
    return solved.excess_risk, solved.weight_decay_exponent
