"""Learning curves of committee machines from the equations of their overlaps, exact for N → ∞."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spectralaw._checks import finite, ours, positive_integer
from spectralaw.display import Shown, number
from spectralaw.errors import InvalidInput
from spectralaw.results import Status
from spectralaw.systems.committee_machine.linear import nonnegative
from spectralaw.systems.committee_machine.setting import CommitteeSetting
from spectralaw.systems.committee_machine.stiff import OverlapEquations, run

if TYPE_CHECKING:
    import xarray

Array = NDArray[np.float64]
LOOSER = 30.0  # tolerance of the second integration over that of the first
ACCURACY = 1e-3  # relative, that the two must agree to
FLOOR = 1e-11  # error that is not told from zero: a difference of overlaps that are O(1)


@dataclass(frozen=True, repr=False)
class LearningCurve(Shown):
    """Generalisation error and overlaps over α."""

    alphas: Array
    """As they were given (A,)."""
    generalization_error: Array
    """ε = ½ E (f − f*)² (A,)."""
    uncertainty: Array
    """How far ε is from that of a second integration, with other steps and a tolerance 30 times as large (A,)."""
    student_overlaps: Array
    """Q = J_i·Σ J_j/N (A, K, K)."""
    teacher_overlaps: Array
    """R = J_i·Σ B_n/N (A, K, M)."""
    end: Array = field(repr=False)
    """Overlaps per direction of every level at the largest α, (L, K, M + K): with teachers, then with students."""
    status: Status
    """``converged`` when the two integrations agree to 1e-3, relative, or to 1e-11, at every α."""
    steps: int
    setting: CommitteeSetting

    def to_xarray(self) -> xarray.Dataset:
        """Over alpha, student, other_student and teacher."""
        import xarray

        return xarray.Dataset(
            {
                "generalization_error": ("alpha", self.generalization_error),
                "uncertainty": ("alpha", self.uncertainty),
                "student_overlaps": (("alpha", "student", "other_student"), self.student_overlaps),
                "teacher_overlaps": (("alpha", "student", "teacher"), self.teacher_overlaps),
            },
            coords={"alpha": self.alphas},
            attrs={"status": str(self.status)},
        )

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        s, first, last = self.setting, int(np.argmin(self.alphas)), int(np.argmax(self.alphas))
        worst = float(np.max(self.uncertainty / np.maximum(self.generalization_error, FLOOR)))
        return (
            f"Learning curve, {s.students} students and {s.teachers} teachers ({s.activation}), "
            f"{s.spectrum.levels} levels, η = {number(s.learning_rate)}",
            [
                ("status", f"{self.status} (two integrations differ by {worst:.1e}, relative)"),
                *(
                    (f"error at α = {number(self.alphas[k])}", number(self.generalization_error[k]))
                    for k in dict.fromkeys((first, last))
                ),
                ("steps", str(self.steps)),
            ],
        )


def integrate(
    setting: CommitteeSetting, alphas: ArrayLike, *, tolerance: float = 1e-7, most_steps: int = 100_000
) -> LearningCurve:
    """Learning curve of a committee machine in one pass of stochastic gradient descent, N → ∞.

    With overlaps per direction r = J·P_l B/(N w_l), q = J·P_l J/(N w_l) of each level, full overlaps R = Σ w λ r,
    Q = Σ w λ q, T = Σ w λ, and Gaussian averages D, E, V that depend on these only (:mod:`.averages`),

        dr/dα = (η/√K) λ (D r + E),
        dq/dα = (η/√K) λ (D q + E rᵀ + transposed) + (η²/K) λ V.

    Both are integrated by an implicit method of order six that is made for this structure: cost grows with
    L K² (M + K) (K M + K²), and hardly with λ₁ α.

    Parameters
    ----------
    setting : CommitteeSetting
    alphas
        Examples over dimension, 0 or greater, in any order; one number counts as a list of one.
    tolerance : float
        Of a step, relative to each overlap (with 1e-3 added), between 1e-11 and 1e-3.
    most_steps : int
        More than these are not taken.

    Returns
    -------
    LearningCurve
        Its ``status`` must be looked at.

    Raises
    ------
    InvalidInput
        For other values.
    ConvergenceFailure
        When ``most_steps`` do not reach the largest of ``alphas``.

    References
    ----------
    arXiv:2410.09005; the form by levels is equivalent to its hierarchy of overlaps. Averages: Saad and Solla,
    Phys. Rev. E 52, 4225 (1995).
    """
    ours("setting", setting, "CommitteeSetting")
    points = nonnegative("alphas", alphas)
    allowed = finite("tolerance", tolerance)
    if not 1e-11 <= allowed <= 1e-3:
        raise InvalidInput(f"tolerance must be between 1e-11 and 1e-3, not {allowed:g}")
    most = positive_integer("most_steps", most_steps)
    spectrum, M = setting.spectrum, setting.teachers
    T = spectrum.mean * np.eye(M)
    equations = OverlapEquations(
        setting.activation, spectrum.values, spectrum.weights, setting.learning_rate, T, setting.students
    )
    times, place = np.unique(points, return_inverse=True)
    full, end, steps = run(equations, setting.start(), times, allowed, most)
    rough, _, _ = run(equations, setting.start(), times, LOOSER * allowed, most)

    found = equations.error(full)
    differs = np.abs(found - equations.error(rough))
    good = bool(np.all(differs <= np.maximum(ACCURACY * found, FLOOR)))
    return LearningCurve(
        points,
        found[place],
        differs[place],
        full[place][..., M:],
        full[place][..., :M],
        end,
        Status.CONVERGED if good else Status.NOT_CONVERGED,
        steps,
        setting,
    )
