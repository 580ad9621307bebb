"""Phase diagrams with and without noise: figures 1 and 4 of arXiv:2509.24882."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.reproduction.claims import Claim
from spectralaw.reproduction.experiment import Run
from spectralaw.task import Task
from spectralaw.teacher import PowerLaw
from spectralaw.theory import phase_diagram, predict

if TYPE_CHECKING:
    import xarray

NETWORKS = ("diagonal", "quadratic")
RATES = "local exponents are the rates of the phase, to 0.03"
SOLVED = "every point of the diagram is solved"
TWO_TERMS = "across phases IV and V the risk is the law of two terms, local exponents to 0.03"
PEAK = "at the interpolation threshold the risk grows as λ^(−2/3)"
_CROSSOVER = "both terms of the risk count here: see the two-term law"
_EXPLANATIONS = {
    ("IV", True): _CROSSOVER,
    ("V", True): _CROSSOVER,
    ("IV", False): "few directions are learned at small n_eff, and the sum over them is not yet a power law",
    ("VIa", True): "features still under the bulk add to R; the difference halves from d = 10⁶ to 10⁸",
}
INTERIOR = 1.5  # decades from every boundary at which a label is held against the exponents


def compute(network: str, noise_variance: float, dimension: int, points: int) -> xarray.Dataset:
    """The phase diagram of a network at γ = 1 on points × points values of samples and weight decay."""
    d = float(dimension)
    unit = 1.0 if network == "diagonal" else d
    task = Task(network, dimension, 10.0, 1.0, noise_variance, PowerLaw(1.0))  # type: ignore[arg-type]
    n = np.maximum(np.geomspace(0.3, d**2.7, points) * unit, 1.0)
    return phase_diagram(task, samples=n, weight_decay=np.geomspace(d**-1.2, d**1.2, points))


def compute_all(run: Run, noise_variance: float, dimension: int, points: int) -> list[xarray.Dataset]:
    """The diagrams of both networks."""
    data = []
    for k, network in enumerate(NETWORKS, start=1):
        data.append(compute(network, noise_variance, dimension, points))
        run.advance(k, len(NETWORKS))
    return data


def judge(datasets: Sequence[xarray.Dataset]) -> list[Claim]:
    """Every claim, one network after the other."""
    return [claim for data in datasets for claim in verdict(data)]


def exponent_errors(data: xarray.Dataset) -> dict[str, tuple[int, float]]:
    """By phase: points in its interior, and the median difference of local exponents and rates (the worse of both)."""
    result = {}
    for phase in np.unique(data.phase.values):
        inside = (data.phase.values == phase) & (data.distance.values > INTERIOR) & np.isfinite(data.excess_risk.values)
        errors = [
            np.abs(data[f"{name}_exponent"].values - data[f"{name}_rate"].values)[inside]
            for name in ("samples", "weight_decay")
        ]
        worst = np.fmax(*errors) if inside.any() else np.array([])
        if worst.size and np.any(np.isfinite(worst)):
            result[str(phase)] = (int(inside.sum()), float(np.nanmedian(worst)))
    return result


def verdict(data: xarray.Dataset) -> list[Claim]:
    """Rates by phase, and where the peak sits."""
    network, d, noisy = data.attrs["network"], data.attrs["dimension"], data.attrs["noise_variance"] > 0
    claims = []
    for phase, (count, error) in exponent_errors(data).items():
        claims.append(
            Claim.of(
                RATES,
                f"{network}, {'Δ = 0.5' if noisy else 'Δ = 0'}, phase {phase}",
                f"median difference {error:.3f} at {count} points more than {INTERIOR:g} decades inside, d = {d:.0e}",
                error <= 0.03,
                _EXPLANATIONS.get((phase, noisy), ""),
            )
        )
    lost = int(np.isnan(data.excess_risk.values).sum())
    claims.append(Claim.of(SOLVED, network, f"{lost} of {data.phase.size} are not", lost == 0))
    if noisy:
        claims += [_two_term_claim(data), _peak_claim(network, d)]
    return claims


def two_terms(data: xarray.Dataset) -> tuple[float, float, float]:
    """R = A n_eff^(−1+1/2γ) + B ρ(n_eff/d) fitted to phases IV and V at the smallest weight decay.

    Returns
    -------
    (A, B, error)
        Median absolute difference of the local exponents of fit and prediction, from n_eff = 10 to 1/40 of d.
    """
    from scipy.optimize import nnls

    d, gamma = data.attrs["dimension"], data.attrs["gamma"]
    row = data.isel(weight_decay=0)
    x = row.effective_samples.values
    inside = (x > 10.0) & (x < d / 40.0) & np.isfinite(row.excess_risk.values)
    x, risk, exponent = x[inside], row.excess_risk.values[inside], row.samples_exponent.values[inside]
    slopes = [np.full(x.shape, -1.0 + 0.5 / gamma), 1.0 / np.log(d / x)]
    terms = [x ** slopes[0], 1.0 / np.log(d / x)]
    if data.attrs["network"] == "quadratic":
        slopes[1], terms[1] = np.full(x.shape, 0.4), (x / d) ** 0.4
    (a, b), _ = nnls(np.stack(terms, axis=1) / risk[:, None], np.ones(len(x)))
    fitted = (a * terms[0] * slopes[0] + b * terms[1] * slopes[1]) / (a * terms[0] + b * terms[1])
    return float(a), float(b), float(np.median(np.abs(fitted - exponent)))


def _two_term_claim(data: xarray.Dataset) -> Claim:
    a, b, error = two_terms(data)
    network = data.attrs["network"]
    law = "1/log(d/n)" if network == "diagonal" else "(n_eff/d)^(2/5)"
    return Claim.of(
        TWO_TERMS,
        f"{network}, Δ = 0.5, R = A n_eff^(−1+1/2γ) + B {law}",
        f"A = {a:.2f}, B = {b:.2f}, median difference {error:.3f} at d = {data.attrs['dimension']:.0e}",
        error <= 0.03,
        "further powers of n_eff/d count: the difference is 0.075, 0.047, 0.033, 0.019 at d = 10⁶, 10⁸, 10¹⁰, 10¹²",
    )


def _peak_claim(network: str, d: int) -> Claim:
    at = float(d) if network == "diagonal" else d * d / 4.0
    decays = (1e-3, 1e-2)
    risk = [predict(Task(network, d, at, decay, 0.5)).excess_risk for decay in decays]  # type: ignore[arg-type]
    slope = float(np.log10(risk[1] / risk[0]))
    return Claim.of(
        PEAK,
        f"{network}, n = {'d' if network == 'diagonal' else 'd²/4'}",
        f"exponent {slope:.3f} between λ = 1e-3 and 1e-2 at d = {d:.0e}",
        abs(slope + 2 / 3) < 0.05,
    )
