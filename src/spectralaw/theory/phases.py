"""The phase diagram: which term of the excess risk dominates, and at what rate it falls.

In the plane of x = log n_eff and y = log λ (logarithms to base d, say) every boundary of arXiv:2509.24882 is made of
straight lines, but for the strip of the interpolation peak. A phase is then an intersection of half-planes, and the
distance of a point to the nearest boundary says how far its label may be trusted: labels are statements about
asymptotics.

Where noise comes in, the boundaries carry Δ. A direction sees the noise τ² = (Δ + R)/n_eff and the threshold
λ√d/n_eff; without noise R is what stays unlearned, n_eff^(1−2γ) for n_eff < d and nothing beyond. So

* weight decay matters above λ = √(n_eff (Δ + R)/d), the line of its best value;
* noise matters, in phase IV, above n_eff = Δ^(−1/(2γ−1)), where (Δ/n_eff)^(1−1/2γ) overtakes n_eff^(1−2γ);
* every feature is an outlier above n_eff = Δ d^(2γ), where the noise falls below the last one.

For Δ → 0 these become the noiseless diagram: the first two lines leave through the corner n_eff = d.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spectralaw.display import Shown
from spectralaw.errors import InvalidInput
from spectralaw.results import ByValue
from spectralaw.task import Task
from spectralaw.teacher import PowerLaw

Array = NDArray[np.float64]


class Phase(StrEnum):
    """Regions of the plane of effective samples and weight decay."""

    IA = "Ia"
    """Too few samples: nothing is learned."""
    IB = "Ib"
    """Too much weight decay: rank collapse."""
    II = "II"
    """Weight decay sets the risk, some features are learned."""
    III = "III"
    """Weight decay sets the risk, all features are learned and shifted."""
    IV = "IV"
    """Benign: outliers and a small bulk."""
    V = "V"
    """Harmful overfitting: the bulk dominates the risk."""
    PEAK = "peak"
    """Interpolation threshold."""
    VIA = "VIa"
    """Plenty of samples: bulk and outliers."""
    VIB = "VIb"
    """Plenty of samples, every feature an outlier."""


SPECTRUM = {
    Phase.IA: "outliers of little overlap",
    Phase.IB: "rank collapse",
    Phase.II: "zeros and outliers, towards a heavy tail",
    Phase.III: "heavy tail, shifted",
    Phase.IV: "outliers and a small bulk",
    Phase.V: "outliers bleeding into a bulk that grows",
    Phase.PEAK: "bulk",
    Phase.VIA: "bulk and outliers, bleed-out of the smallest",
    Phase.VIB: "heavy tail, every feature an outlier",
}
"""What the spectrum of the trained weights looks like in each phase."""


@dataclass(frozen=True, eq=False)
class Rate(ByValue):
    """Predicted exponents of the excess risk, R ~ n^samples λ^weight_decay; NaN where the phase has no power law."""

    samples: float
    weight_decay: float


@dataclass(frozen=True, repr=False, eq=False)
class PhasePoint(Shown, ByValue):
    """The phase of one point."""

    phase: Phase
    distance: float
    """Decades to the nearest boundary, in the plane of (log₁₀ n_eff, log₁₀ λ). Below about one, a crossover."""
    rate: Rate
    spectrum: str
    """What the spectrum of the trained weights looks like."""

    def in_words(self) -> str:
        """Label and distance in one line."""
        return f"{self.phase} ({self.distance:.1f} decades from the nearest boundary)"

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        rate = ", ".join(
            f"{value:+.3g} in {name}"
            for name, value in (("n", self.rate.samples), ("λ", self.rate.weight_decay))
            if value == value
        )
        return f"Phase {self.in_words()}", [("rate of R", rate), ("spectrum", self.spectrum)]


def phases_defined(task: Task) -> bool:
    """Whether the diagram is defined: for power-law teachers of wide networks."""
    return task.white and isinstance(task.teacher, PowerLaw) and (task.width is None or task.width >= task.dimension)


def phase_of(task: Task) -> PhasePoint:
    """Phase of a task.

    Raises
    ------
    InvalidInput
        For a teacher that is not a power law, or a narrow network.
    """
    phase, distance = classify(task, np.array([task.samples]), np.array([task.weight_decay]))
    one = Phase(str(phase[0]))
    return PhasePoint(one, float(distance[0]), rate(task, one), SPECTRUM[one])


def rate(task: Task, phase: Phase) -> Rate:
    """Predicted exponents in a phase (up to logarithms; phase V of the diagonal network is purely logarithmic).

    Phase IV has two: that of noise where it outweighs what is unlearned at the task's number of samples, or else
    that of the noiseless network.

    References
    ----------
    arXiv:2509.24882, results 1 and 2.
    """
    gamma = _gamma(task)
    noisy = bool(noise_dominates(task, task.effective_samples))
    quadratic = task.network == "quadratic"
    return {
        Phase.IA: Rate(0.0, 0.0),
        Phase.IB: Rate(0.0, 0.0),
        Phase.II: Rate(-(2.0 - 1.0 / gamma), 2.0 - 1.0 / gamma),
        Phase.III: Rate(-2.0, 2.0),
        Phase.IV: Rate(-1.0 + 0.5 / gamma if noisy else 1.0 - 2.0 * gamma, 0.0),
        Phase.V: Rate(0.4 if quadratic else 0.0, 0.0),
        Phase.PEAK: Rate(np.nan, -2.0 / 3.0),
        Phase.VIA: Rate(-1.0, 0.0),
        Phase.VIB: Rate(-1.0, 0.0),
    }[phase]


def noise_dominates(task: Task, effective_samples: ArrayLike) -> NDArray[np.bool_]:
    """Whether noise outweighs what stays unlearned at small weight decay, n_eff > Δ^(−1/(2γ−1))."""
    return np.log10(np.asarray(effective_samples, dtype=float)) >= _Lines.of(task).noisy_from


def logarithmic_correction(task: Task, phase: Phase, effective_samples: ArrayLike) -> Array:
    """What logarithms add to the exponent of the samples at finite d, where the rate holds up to logarithms.

    Only the diagonal network has known ones, both from L = log(d/n): its phase V, R ≈ Δ/L, by 1/L; and its noiseless
    phase IV, R ~ (n/L)^(1−2γ), by (1−2γ)/L.
    """
    effective = np.asarray(effective_samples, dtype=float)
    with np.errstate(divide="ignore"):
        inverse = 1.0 / np.log(task.dimension / effective)
    if task.network == "diagonal" and phase is Phase.V:
        return inverse
    if task.network == "diagonal" and phase is Phase.IV:
        return np.where(noise_dominates(task, effective), 0.0, (1.0 - 2.0 * _gamma(task)) * inverse)
    return np.zeros_like(inverse)


def classify(task: Task, samples: ArrayLike, weight_decay: ArrayLike) -> tuple[NDArray[np.str_], Array]:
    """Phase labels and distances to the nearest boundary, in decades.

    Parameters
    ----------
    task : Task
        Network, dimension, teacher and noise.
    samples, weight_decay : array_like
        n ≥ 1 and λ ≥ 0, broadcast against each other; λ = 0 counts as far below every boundary.
    """
    n, decay = np.broadcast_arrays(np.asarray(samples, dtype=float), np.asarray(weight_decay, dtype=float))
    unit = 1.0 if task.network == "diagonal" else float(task.dimension)
    x = np.log10(n / unit)
    y = np.log10(np.maximum(decay, 1e-300))
    margins = _margins(task, x, y)
    stacked = np.stack(list(margins.values()))
    best = np.argmax(stacked, axis=0)
    labels = np.array([str(phase) for phase in margins])
    return labels[best], np.maximum(np.take_along_axis(stacked, best[None], axis=0)[0], 0.0)


def boundaries(task: Task) -> dict[str, tuple[Array, Array]]:
    """Lines between the phases as (n_eff, λ), for drawing: each a pair of points, or a vertical line.

    Returns
    -------
    dict
        By name; ends are far outside any window.
    """
    line = _Lines.of(task)
    d, far, crossing = line.dimension, 40.0, line.noisy_from
    vertical = lambda x, top: (np.array([x, x]), np.array([-far, top]))  # noqa: E731
    span = lambda of, low, high: (np.array([low, high]), np.array([of(low), of(high)]))  # noqa: E731
    begin = line.first
    logs = {
        "nothing learned": vertical(begin, line.collapse(begin)),
        "rank collapse": span(line.collapse, begin, far),
    }
    if crossing > begin:
        logs["noiseless plateau"] = span(line.plateau, begin, min(crossing, d))
    if line.noise == -np.inf:
        logs |= {"all features": span(line.shifted, d, far), "interpolation": vertical(d, line.plateau(d))}
        return {name: (10.0**x, 10.0**y) for name, (x, y) in logs.items()}
    from_ = float(np.clip(crossing, begin, d))
    logs["optimal weight decay"] = span(line.noisy, from_, far)
    everything = max(line.absorbed, d)
    logs["all features"] = span(line.shifted, everything, far)
    if line.harmful < line.peak:
        logs["harmful overfitting"] = vertical(line.harmful, float(line.optimum(line.harmful)))
    if begin < crossing < min(line.harmful, line.peak):
        logs["noise over signal"] = vertical(crossing, float(line.optimum(crossing)))
    below = float(line.plateau(d)) if crossing >= d else 0.5 * line.noise
    logs["interpolation"] = vertical(line.peak, max(below, 0.5 * line.noise))
    if line.absorbed > line.peak:
        logs["bulk absorbed"] = vertical(line.absorbed, float(line.noisy(line.absorbed)))
    return {name: (10.0**x, 10.0**y) for name, (x, y) in logs.items()}


def _gamma(task: Task) -> float:
    if not phases_defined(task):
        raise InvalidInput(
            "phases are defined for a PowerLaw teacher and width ≥ dimension, "
            f"not for {task.teacher!r}, width={task.width}"
        )
    return float(task.teacher.gamma)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class _Lines:
    """Boundaries as functions of x = log₁₀ n_eff, and the abscissas of the vertical ones; logarithms to base 10."""

    gamma: float
    dimension: float
    noise: float
    """log Δ, −∞ without noise."""
    peak: float
    harmful: float
    """Where overfitting outweighs everything else, before the peak; at the peak, if it does not."""

    @classmethod
    def of(cls, task: Task) -> _Lines:
        gamma, d = _gamma(task), float(np.log10(float(task.dimension)))
        noise = float(np.log10(task.noise_variance)) if task.noise_variance > 0.0 else -np.inf
        peak = d if task.network == "diagonal" else d - float(np.log10(4.0))
        return cls(gamma, d, noise, peak, _harmful(task, gamma, d, noise, peak))

    @property
    def first(self) -> float:
        """Samples that the largest feature needs, n_eff = max(1, Δ)."""
        return max(0.0, self.noise)

    @property
    def noisy_from(self) -> float:
        """Where noise overtakes what is unlearned; infinite without noise."""
        return -self.noise / (2.0 * self.gamma - 1.0)

    @property
    def absorbed(self) -> float:
        """Where the noise falls below the smallest feature."""
        return 2.0 * self.gamma * self.dimension + self.noise

    def collapse(self, x):
        return x - 0.5 * self.dimension

    def shifted(self, x):
        return x - (self.gamma + 0.5) * self.dimension

    def plateau(self, x):
        return (1.0 - self.gamma) * x - 0.5 * self.dimension

    def noisy(self, x):
        return 0.5 * (x + self.noise - self.dimension)

    def optimum(self, x):
        """The line above which weight decay matters: for n_eff > d that of noise alone."""
        return np.where(np.asarray(x) < self.dimension, np.maximum(self.noisy(x), self.plateau(x)), self.noisy(x))

    def above_optimum(self, x: Array, y: Array) -> Array:
        """Signed distance to that line, which has a step down at n_eff = d where there is little noise."""
        plateau = (y - self.plateau(x)) / np.hypot(1.0, 1.0 - self.gamma)
        noisy = (y - self.noisy(x)) / np.hypot(1.0, 0.5) if self.noise > -np.inf else np.full(np.shape(x), np.inf)
        before = np.minimum(plateau, noisy)
        return np.where(x < self.dimension, before, noisy)


def _harmful(task: Task, gamma: float, d: float, noise: float, peak: float) -> float:
    """Where the risk of overfitting, Δ ρ(n_eff/d), overtakes that of phase IV, as log₁₀ n_eff."""
    if noise == -np.inf:
        return peak
    low, high = max(0.0, noise), peak - 1e-9
    quadratic = task.network == "quadratic"

    def overfits(x: float) -> bool:  # one side falls, the other rises
        share = 0.4 * (x - d) if quadratic else -np.log10(np.log(10.0) * (d - x))
        return noise + share > max((1.0 - 0.5 / gamma) * (noise - x), (1.0 - 2.0 * gamma) * x)

    if high <= low or not overfits(high):
        return peak
    for _ in range(200):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if overfits(middle) else (middle, high)
    return high


def _margins(task: Task, x: Array, y: Array) -> dict[Phase, Array]:
    """Signed distance to the nearest boundary of each phase, in decades; positive inside."""
    line = _Lines.of(task)
    d, begin = line.dimension, line.first
    collapse = (y - line.collapse(x)) / np.hypot(1.0, 1.0)
    shifted = (y - line.shifted(x)) / np.hypot(1.0, 1.0)
    least = lambda *parts: np.min(np.broadcast_arrays(*parts), axis=0)  # noqa: E731
    optimum = line.above_optimum(x, y)
    first_collapse = y - line.collapse(begin)
    early = {
        Phase.IA: least(begin - x, -first_collapse),
        Phase.IB: np.where(x < begin, first_collapse, collapse),
        Phase.II: least(x - begin, -collapse, optimum, shifted),
    }
    if line.noise == -np.inf:
        return early | {
            Phase.II: least(x - begin, -collapse, np.where(x < d, optimum, shifted)),
            Phase.III: least(x - d, -shifted),
            Phase.IV: least(x - begin, d - x, -optimum),
        }
    reduced = y - 0.5 * line.noise  # log λ in units of √Δ
    half_width = np.minimum(10.0 ** (2.0 / 3.0 * np.minimum(reduced, 0.0)), 1.0) / np.log(10.0)
    near = np.abs(x - line.peak)
    strip = np.where(reduced < 0.0, half_width - near, -np.abs(reduced))
    outside = np.where(reduced < 0.0, near - half_width, np.inf)
    crossing = np.abs(x - line.noisy_from)  # in phase IV, between the terms of noise and signal
    # between the step of the optimum line at n_eff = d and the noisy line beyond, weight decay sets the risk
    step = np.where((y < line.plateau(d)) & (y > line.noisy(d)), x - d, np.inf) if line.noisy_from > d else np.inf
    return early | {
        Phase.III: least(optimum, -shifted, step),
        Phase.IV: least(x - begin, -optimum, line.harmful - x, line.peak - x, outside, crossing),
        Phase.V: least(-optimum, x - line.harmful, line.peak - x, outside, x - begin),
        Phase.PEAK: least(strip, -optimum),
        Phase.VIA: least(-optimum, x - line.peak, outside, line.absorbed - x),
        Phase.VIB: least(-optimum, x - line.absorbed, x - line.peak, outside),
    }
