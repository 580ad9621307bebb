"""What the theory answers about one task."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from spectralaw.display import Shown, number, task_in_words
from spectralaw.results import Outlier, Status
from spectralaw.saving import Saved
from spectralaw.state_evolution.evolution import state_evolution
from spectralaw.state_evolution.width import narrow
from spectralaw.task import Task, required
from spectralaw.theory.decomposition import Decomposition, decompose
from spectralaw.theory.phases import PhasePoint, phase_of, phases_defined
from spectralaw.theory.spectra import spectrum_of
from spectralaw.theory.spectrum import Spectrum


@dataclass(frozen=True)
class Exponents:
    """Local exponents, by implicit differentiation of the state evolution."""

    samples: float
    """∂ log R / ∂ log n."""
    weight_decay: float
    """∂ log R / ∂ log λ."""


@dataclass(frozen=True, repr=False)
class Prediction(Shown, Saved):
    """State evolution of a task, solved.

    Units: the excess risk is R = E (f* − f̂)², the training loss (1/n) Σ residual² without the penalty; spectra are in
    units where Q* = 1 (quadratic) or Σ E θ*² = 1 (diagonal) for the teacher laws, and the user's for listed ones.
    """

    task: Task
    excess_risk: float
    training_loss: float
    effective_noise: float
    """δ (quadratic) or τ (diagonal): the noise on each teacher value before it is thresholded."""
    threshold: float
    """c = λε (quadratic) or κ (diagonal)."""
    zero_mass: float
    """Fraction of weights that are exactly zero."""
    exponents: Exponents
    status: Status
    residual: float
    """Larger of the relative residuals of the two equations."""
    message: str = field(default="", compare=False)

    @cached_property
    def spectrum(self) -> Spectrum:
        """Spectrum of the trained weights."""
        return spectrum_of(self.task, self.effective_noise, self.threshold, self.zero_mass)

    @property
    def outliers(self) -> tuple[Outlier, ...]:
        """Learned features, largest first."""
        return self.spectrum.outliers

    @cached_property
    def bayes_risk(self) -> float | None:
        """Smallest excess risk of any estimator that knows the teacher's spectrum; None where it is not defined."""
        from spectralaw.theory.bayes import bayes_risk

        return bayes_risk(self.task)

    @cached_property
    def decomposition(self) -> Decomposition | None:
        """Overfitting, underfitting and approximation, which add up to the excess risk; None without a result, for
        narrow networks, inputs that are not white, and where the teacher is found exactly."""
        defined = not narrow(self.task) and self.task.white and self.effective_noise != 0.0
        if not self.status.is_result or not defined:
            return None
        return decompose(self.task, self.excess_risk, self.effective_noise, self.threshold)

    @cached_property
    def phase(self) -> PhasePoint | None:
        """Phase of the task, its predicted rate, and the distance to the nearest boundary; None where undefined."""
        return phase_of(self.task) if phases_defined(self.task) else None

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        title = f"Prediction: {task_in_words(self.task)}"
        if not self.status.is_result:
            return title, [("status", str(self.status)), ("", self.message)]
        quadratic = self.task.network == "quadratic"
        pairs = [
            ("status", f"{self.status} (residual {self.residual:.1e})"),
            ("excess risk R", number(self.excess_risk)),
            ("training loss", number(self.training_loss)),
            (f"effective noise {'δ' if quadratic else 'τ'}", number(self.effective_noise)),
            (f"threshold {'λε' if quadratic else 'κ'}", number(self.threshold)),
            ("zero mass", number(self.zero_mass)),
            ("exponent in n", f"{self.exponents.samples:+.4f}"),
            ("exponent in λ", f"{self.exponents.weight_decay:+.4f}"),
        ]
        if self.phase is not None:
            pairs.append(("phase", self.phase.in_words()))
        return title, pairs

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers; a value that does not exist is absent."""
        values: dict[str, Any] = {
            "task": self.task.to_dict(),
            "excess_risk": self.excess_risk,
            "training_loss": self.training_loss,
            "effective_noise": self.effective_noise,
            "threshold": self.threshold,
            "zero_mass": self.zero_mass,
            "outliers": [{"teacher": o.teacher, "location": o.location, "overlap": o.overlap} for o in self.outliers],
            "outlier_count": self.spectrum.outlier_count,
            "bands": [asdict(band) for band in self.spectrum.bands],
            "exponents": {"samples": self.exponents.samples, "weight_decay": self.exponents.weight_decay},
            "bayes_risk": self.bayes_risk,
            "decomposition": asdict(self.decomposition) if self.decomposition else None,
            "phase": str(self.phase.phase) if self.phase else None,
            "phase_distance": self.phase.distance if self.phase else None,
            "status": str(self.status),
            "residual": self.residual,
            "message": self.message,
        }
        return {key: value for key, value in values.items() if value is not None and value != ""}


def predict(task: Task) -> Prediction:
    """Excess risk, spectrum and exponents of a trained network, from its state evolution.

    Solves R + Δ = N δ², λ' = c (N − X) for the effective noise δ and the threshold c
    (:mod:`spectralaw.state_evolution.channel`).

    Parameters
    ----------
    task : Task
        Any task. For width < dimension see :mod:`spectralaw.state_evolution.width`; that training reaches what is
        predicted is then a conjecture.

    Returns
    -------
    Prediction
        Check ``status``: only ``converged`` and ``collapsed`` are results. Spectrum, outliers and Bayes risk are
        computed when asked for.

    References
    ----------
    arXiv:2509.24882, results 1 and 2; arXiv:2505.17958; arXiv:0907.3574.
    """
    required(task)
    one = lambda value: np.array([value], dtype=float)  # noqa: E731
    s = state_evolution(task, one(task.samples), one(task.weight_decay), one(task.noise_variance))
    status, residual = s.status[0], float(s.residual[0])
    return Prediction(
        task=task,
        excess_risk=float(s.excess_risk[0]),
        training_loss=float(s.training_loss[0]),
        effective_noise=float(s.effective_noise[0]),
        threshold=float(s.threshold[0]),
        zero_mass=float(s.zero_mass[0]),
        exponents=Exponents(float(s.samples_exponent[0]), float(s.weight_decay_exponent[0])),
        status=status,
        residual=residual if math.isfinite(residual) else math.inf,
        message=_message(task, status, residual),
    )


def _message(task: Task, status: Status, residual: float) -> str:
    if status is Status.CONVERGED:
        return ""
    if status is Status.COLLAPSED:
        return "nothing survives the threshold: the trained weights are zero and the excess risk is the teacher's power"
    if task.weight_decay == 0.0 or task.noise_variance == 0.0:
        return (
            f"no solution was found (residual {residual:.1e}): the limit may not exist here, as when the excess risk "
            "vanishes or diverges; try a small positive weight_decay or noise_variance"
        )
    return f"no solution was found (residual {residual:.1e})"
