"""The phase diagram: which term of the excess risk dominates, and at what rate it falls.

In the plane of x = log n_eff and y = log λ (logarithms to base d, say) every boundary of arXiv:2509.24882 is a straight
line, but for the strip of the interpolation peak. A phase is then an intersection of half-planes, and the
distance of a point to the nearest boundary says how far its label may be trusted: labels are statements about
asymptotics.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spectralaw.display import Shown
from spectralaw.errors import InvalidInput
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


@dataclass(frozen=True)
class Rate:
    """Predicted exponents of the excess risk, R ~ n^samples λ^weight_decay; NaN where the phase has no power law."""

    samples: float
    weight_decay: float


@dataclass(frozen=True, repr=False)
class PhasePoint(Shown):
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

    References
    ----------
    arXiv:2509.24882, results 1 and 2.
    """
    gamma = _gamma(task)
    noisy, quadratic = task.noise_variance > 0.0, task.network == "quadratic"
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


def logarithmic_correction(task: Task, phase: Phase, effective_samples: ArrayLike) -> Array:
    """What logarithms add to the exponent of the samples at finite d, where the rate holds up to logarithms.

    Only the diagonal network has known ones, both from L = log(d/n): its phase V, R ≈ Δ/L, by 1/L; and its noiseless
    phase IV, R ~ (n/L)^(1−2γ), by (1−2γ)/L.
    """
    with np.errstate(divide="ignore"):
        inverse = 1.0 / np.log(task.dimension / np.asarray(effective_samples, dtype=float))
    if task.network == "diagonal" and phase is Phase.V:
        return inverse
    if task.network == "diagonal" and phase is Phase.IV and task.noise_variance == 0.0:
        return (1.0 - 2.0 * _gamma(task)) * inverse
    return np.zeros_like(inverse)


def classify(task: Task, samples: ArrayLike, weight_decay: ArrayLike) -> tuple[NDArray[np.str_], Array]:
    """Phase labels and distances to the nearest boundary, in decades.

    Parameters
    ----------
    task : Task
        Network, dimension, teacher and whether there is noise.
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
    lines = _lines(task)
    d = np.log10(float(task.dimension))
    far = 40.0
    optimum, collapse, shifted = lines["optimum"], lines["collapse"], lines["shifted"]
    vertical = lambda x, top: (np.array([x, x]), np.array([-far, top]))  # noqa: E731
    span = lambda line, low, high: (np.array([low, high]), np.array([line(low), line(high)]))  # noqa: E731
    cross = 2.0 * _gamma(task) * d
    logs = {
        "nothing learned": (np.array([0.0, 0.0]), np.array([-far, -0.5 * d])),
        "rank collapse": span(collapse, 0.0, far),
    }
    if task.noise_variance > 0.0:
        logs |= {
            "optimal weight decay": span(optimum, 0.0, far),
            "all features": span(shifted, cross, far),
            "harmful overfitting": vertical(lines["harmful"](0.0), optimum(lines["harmful"](0.0))),
            "interpolation": vertical(lines["peak"](0.0), 0.0),
            "bulk absorbed": vertical(cross, optimum(cross)),
        }
    else:
        logs |= {"noiseless plateau": span(optimum, 0.0, d), "all features": span(shifted, d, far)}
        logs |= {"interpolation": vertical(d, optimum(d))}
    return {name: (10.0**x, 10.0**y) for name, (x, y) in logs.items()}


def _gamma(task: Task) -> float:
    if not phases_defined(task):
        raise InvalidInput(
            "phases are defined for a PowerLaw teacher and width ≥ dimension, "
            f"not for {task.teacher!r}, width={task.width}"
        )
    return float(task.teacher.gamma)  # type: ignore[attr-defined]


def _lines(task: Task):
    """Boundaries as functions of x = log₁₀ n_eff, and the abscissas of the vertical ones."""
    gamma, d = _gamma(task), np.log10(float(task.dimension))
    noisy = task.noise_variance > 0.0
    peak = d if task.network == "diagonal" else d - np.log10(4.0)
    harmful = _harmful(task, gamma, d)
    return {
        "collapse": lambda x: x - 0.5 * d,
        "shifted": lambda x: x - (gamma + 0.5) * d,
        "optimum": (lambda x: 0.5 * (x - d)) if noisy else (lambda x: (1.0 - gamma) * x - 0.5 * d),
        "peak": lambda x: peak,
        "harmful": lambda x: harmful,
    }


def _harmful(task: Task, gamma: float, d: float) -> float:
    """Where the risk of overfitting overtakes that of underfitting, n_eff^(−1+1/2γ) = ρ(n_eff/d), as log₁₀ n_eff."""
    slope = 1.0 - 0.5 / gamma
    if task.network == "quadratic":
        return 0.4 * d / (slope + 0.4)
    low, high = 0.0, d * (1.0 - 1e-9)
    for _ in range(200):  # the left side falls, ρ = Δ/log(d/n) rises
        middle = 0.5 * (low + high)
        overfitting = np.log10(max(task.noise_variance, 1e-300) / (np.log(10.0) * (d - middle)))
        low, high = (middle, high) if overfitting < -slope * middle else (low, middle)
    return high


def _margins(task: Task, x: Array, y: Array) -> dict[Phase, Array]:
    """Signed distance to the nearest boundary of each phase, in decades; positive inside."""
    gamma, d = _gamma(task), np.log10(float(task.dimension))
    lines = _lines(task)
    over = lambda line, slope: (y - lines[line](x)) / np.hypot(1.0, slope)  # noqa: E731
    collapse, shifted = over("collapse", 1.0), over("shifted", 1.0)
    least = lambda *parts: np.min(np.broadcast_arrays(*parts), axis=0)  # noqa: E731
    if task.noise_variance == 0.0:
        plateau = over("optimum", 1.0 - gamma)
        return {
            Phase.IA: least(-x, -y - 0.5 * d),
            Phase.IB: np.where(x < 0.0, least(y + 0.5 * d, np.maximum(collapse, y + 0.5 * d)), collapse),
            Phase.II: least(x, -collapse, np.where(x < d, plateau, shifted), np.where(x < d, np.inf, shifted)),
            Phase.III: least(x - d, -shifted),
            Phase.IV: least(x, d - x, -plateau),
        }
    optimum = over("optimum", 0.5)
    peak, harmful, absorbed = lines["peak"](x), lines["harmful"](x), 2.0 * gamma * d
    half_width = np.minimum(10.0 ** (2.0 / 3.0 * np.minimum(y, 0.0)), 1.0) / np.log(10.0)
    near = np.abs(x - peak)
    strip = np.where(y < 0.0, half_width - near, -np.abs(y))
    before = least(peak - x, np.where(y < 0.0, near - half_width, np.inf))
    after = least(x - peak, np.where(y < 0.0, near - half_width, np.inf))
    return {
        Phase.IA: least(-x, -y - 0.5 * d),
        Phase.IB: np.where(x < 0.0, y + 0.5 * d, collapse),
        Phase.II: least(x, -collapse, optimum, shifted),
        Phase.III: least(optimum, -shifted),
        Phase.IV: least(x, -optimum, harmful - x, before),
        Phase.V: least(-optimum, x - harmful, before),
        Phase.PEAK: least(strip, -optimum),
        Phase.VIA: least(-optimum, after, absorbed - x),
        Phase.VIB: least(-optimum, x - absorbed),
    }
