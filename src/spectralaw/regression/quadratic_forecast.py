"""Forecast of the quadratic network: the teacher is read from a trained spectrum, its unlearned rest left open.

The pilot is trained once. Its outliers give the learned teacher values s (:mod:`spectralaw.regression.reading`); the
variance of the labels that these do not explain is shared between further teacher values, which continue the outliers
as a power law, and noise. The share is between none and all that fits: it is drawn uniformly, and the teacher values
with their own uncertainty; what is kept of the draws is what predicts the pilot's own estimated error.
"""

from __future__ import annotations

import numpy as np

from spectralaw.regression.inputs import Whitening
from spectralaw.regression.path import QuadraticProblem, best, default_decays
from spectralaw.regression.reading import quadratic_reading
from spectralaw.regression.resampling import kept
from spectralaw.task import Task
from spectralaw.teacher import Empirical
from spectralaw.theory import predict, predict_grid
from spectralaw.training.risk_estimate import projected_kurtosis
from spectralaw.training.sensing import Array

_DECAYS = 24
_POINTS = 12
_TRIED = 5  # teachers drawn for each that is kept, by how well they explain the pilot's own error
_SLOPES = (0.6, 2.0)  # exponents γ of the rest that are tried where the outliers do not tell


def curves(rows: Array, targets: Array, more: Array, sizes: list[int], draws: int, generator):
    """Error over (draw, samples, weight_decay), in the units of :class:`~spectralaw.QuadraticRegressor`."""
    import xarray

    white = Whitening.of(more)
    inputs = white(rows)
    n, d = inputs.shape
    centred = targets - targets.mean()
    kurtosis = projected_kurtosis(inputs)
    problem = QuadraticProblem(inputs, centred, kurtosis, 0)
    path = problem.solve(default_decays(problem.largest, _POINTS), 1e-6, 100_000)
    chosen = best(path)
    risk = chosen.risk
    notes = []
    if risk.reason:
        notes.append(f"the pilot's own error is unreliable: {risk.reason}")
    total = risk.value if np.isfinite(risk.value) else float(np.mean(centred**2))
    reading = quadratic_reading(
        chosen.parameters, total, risk.degrees_of_freedom, n, chosen.weight_decay, white.forward
    )
    learned = np.array([f.truth for f in reading.features])
    overlap = np.array([f.overlap for f in reading.features])
    variance = float(np.mean(centred**2))
    optimum = np.sqrt(np.array(sizes, dtype=float) / d / d)  # order of the best λ̃, √(n_eff/d)
    scale = np.sqrt(variance)
    decays = scale * np.geomspace(0.05 * float(optimum.min()), 30.0 * max(float(optimum.max()), 1.0), _DECAYS)
    error = np.full((draws, len(sizes), _DECAYS), np.nan)
    floors = np.zeros(draws)
    candidates = [
        _teacher(learned, overlap, reading.effective_noise, variance, d, n, generator) for _ in range(_TRIED * draws)
    ]
    at = [p for p in path if not p.risk.reason] or [chosen]
    pilots = np.array([[_error(*one, variance, d, n, p.weight_decay) for p in at] for one in candidates])
    taken, explained = kept(
        pilots,
        np.array([p.risk.value if np.isfinite(p.risk.value) else total for p in at]),
        np.array([p.risk.standard_error if np.isfinite(p.risk.standard_error) else total for p in at]),
        draws,
        generator,
    )
    if not explained:
        notes.append("no teacher that was drawn explains the pilot's own error: the model may not hold for these rows")
    if len(learned) < 2:
        notes.append(
            f"the pilot shows {len(learned)} learned features, too few to tell what more rows would show: take this "
            "forecast for a range, and repeat it with more rows"
        )
    for k, one in enumerate(taken):
        teacher, noise = candidates[one]
        floors[k] = noise
        if teacher is None:
            error[k] = variance
            continue
        task = Task("quadratic", d, float(max(sizes)), 1.0, noise, Empirical(teacher))
        found = predict_grid(task, samples=[float(s) for s in sizes], weight_decay=decays)
        error[k] = found.excess_risk.transpose("samples", "weight_decay").values + noise
    return xarray.Dataset(
        {"error": (("draw", "samples", "weight_decay"), error), "noise_floor": ("draw", floors)},
        coords={"samples": sizes, "weight_decay": decays},
        attrs={"kurtosis": kurtosis, "notes": notes},
    )


def _error(teacher: Array | None, noise: float, variance: float, d: int, n: int, decay: float) -> float:
    """R + Δ of a network trained as the pilot was."""
    if teacher is None:
        return variance
    found = predict(Task("quadratic", d, float(n), decay, noise, Empirical(teacher)))
    return found.excess_risk + noise if found.status.is_result else float("nan")


def _teacher(
    learned: Array, overlap: Array, noise: float, variance: float, d: int, n: int, generator
) -> tuple[Array | None, float]:
    """Teacher values and a noise variance that the pilot leaves open."""
    spread = noise * np.sqrt(2.0 / d) * np.sqrt(np.maximum(1.0 - overlap, 0.0) + 1.0 / d)
    values = np.sort(np.maximum(learned + spread * generator.standard_normal(len(learned)), 0.0))[::-1]
    observed = variance * max(1.0 + np.sqrt(2.0 / n) * generator.standard_normal(), 0.1)
    rest = observed - 2.0 / d * float(np.sum(values**2))
    rest = max(rest, 0.02 * observed)
    tail = _tail(values, noise, d, generator)
    power = 2.0 / d * float(np.sum(tail**2))
    most = min(power, 0.98 * rest)
    share = generator.uniform() * most
    if power > 0.0:
        tail = tail * np.sqrt(share / power)
    teacher = np.concatenate([values, tail])
    teacher = teacher[teacher > 0.0]
    return (teacher if len(teacher) else None), max(rest - share, 1e-6 * observed)


def _tail(values: Array, noise: float, d: int, generator) -> Array:
    """A power law below the learned values, from the height at which nothing would have been seen."""
    k = len(values)
    index = np.arange(k + 1.0, d + 1.0)
    if k >= 4:
        slope = -np.polyfit(np.log(np.arange(1.0, k + 1.0)), np.log(np.maximum(values, 1e-12)), 1)[0]
        slope = float(np.clip(slope, *_SLOPES))
    else:
        slope = float(generator.uniform(*_SLOPES))
    height = min(float(values[-1]), noise) if k else noise
    return height * (index / (k + 1.0)) ** -slope
