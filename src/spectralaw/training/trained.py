"""What training answers about one task: the same questions as a prediction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw.display import Shown, number, task_in_words
from spectralaw.results import Status
from spectralaw.saving import Saved
from spectralaw.task import Task
from spectralaw.training.risk_estimate import RiskEstimate
from spectralaw.training.self_estimate import estimated_risk

Array = NDArray[np.float64]


@dataclass(frozen=True, repr=False)
class Trained(Shown, Saved):
    """A trained network of finite size.

    Units are those of :class:`~spectralaw.Prediction`: ``excess_risk`` is R = E (f* − f̂)², exact from the weights;
    ``training_loss`` is (1/n) Σ residual² without the penalty.
    """

    task: Task
    seed: int
    method: str
    weights: Mapping[str, Array] = field(repr=False, compare=False)
    """Weights of the two layers: ``W``, shape (units, d), of the quadratic network (units that are zero are left
    out), or ``w`` and ``a``, shape (d,), of the diagonal one."""
    estimate: Array = field(repr=False, compare=False)
    """What the network computes: θ̂, shape (d,), or Ŝ, shape (d, d)."""
    target: Array = field(repr=False, compare=False)
    """The teacher, θ* or S*."""
    spectrum: Array = field(repr=False, compare=False)
    """Eigenvalues of Ŝ, or the coefficients θ̂_i; d values, largest first."""
    excess_risk: float
    training_loss: float
    zero_mass: float
    """Fraction of the spectrum that is zero: exactly in convex training; otherwise what is below 10⁻⁶ of the
    largest value, or of the teacher's root mean square if that is larger."""
    certificate: float
    certificate_kind: str
    """``relative duality gap``, or ``relative gradient`` for a network without a convex form."""
    status: Status
    message: str
    seconds: float = field(compare=False)
    iterations: int
    trajectory: Mapping[str, Array] | None = field(default=None, repr=False, compare=False)
    """Message passing only, by iteration: effective_noise, threshold, excess_risk, gap."""
    another_minimiser: float | None = field(default=None, compare=False)
    """Convex training of the quadratic network only: relative distance ‖S' − Ŝ‖/‖Ŝ‖ of another minimiser S' with
    the same residuals and trace, the farthest of those tried, itself certified; None where none was found
    (:mod:`spectralaw.training.uniqueness`)."""

    @cached_property
    def risk_estimate(self) -> RiskEstimate:
        """R + Δ estimated from the training set alone (GCV and approximate leave-one-out), as for the user's own rows.

        The training set is drawn again from the seed. Compare ``excess_risk + task.noise_variance``.
        """
        return estimated_risk(self.task, self.seed, self.estimate)

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        pairs = [
            ("status", str(self.status)),
            (self.certificate_kind, f"{self.certificate:.1e}"),
            ("excess risk R", number(self.excess_risk)),
            ("training loss", number(self.training_loss)),
            ("zero mass", number(self.zero_mass)),
            ("largest of the spectrum", ", ".join(f"{value:.4g}" for value in self.spectrum[:5])),
            ("iterations", str(self.iterations)),
            ("seconds", f"{self.seconds:.3f}"),
        ]
        if not self.status.is_result:
            pairs.insert(1, ("", self.message))
        return f"Trained (seed {self.seed}, {self.method}): {task_in_words(self.task)}", pairs

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, without the arrays."""
        return {
            "task": self.task.to_dict(),
            "seed": self.seed,
            "method": self.method,
            "excess_risk": self.excess_risk,
            "training_loss": self.training_loss,
            "zero_mass": self.zero_mass,
            "certificate": self.certificate,
            "certificate_kind": self.certificate_kind,
            "status": str(self.status),
            **({"message": self.message} if self.message else {}),
            **({"another_minimiser": self.another_minimiser} if self.another_minimiser is not None else {}),
            "seconds": self.seconds,
            "iterations": self.iterations,
        }
