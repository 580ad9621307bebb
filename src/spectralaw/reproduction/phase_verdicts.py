"""Phase diagrams held against the laws of arXiv:2509.24882, phase by phase, as the dimension grows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.reproduction.asymptotics import shrinks
from spectralaw.reproduction.claims import Claim
from spectralaw.reproduction.phase_maps import PEAK_DECAY
from spectralaw.theory import Phase

if TYPE_CHECKING:
    import xarray

Array = np.ndarray
RATES = "as d grows, local exponents in n and λ become those of the phase's law"
TWO_TERMS = "as d grows, local exponents become those of the law of two terms, underfitting and overfitting"
PEAK = "at the interpolation threshold the risk grows as λ^(−2/3)"
PEAK_PLACE = "against samples the risk has a maximum at the interpolation threshold"
SOLVED = "every point of the diagram is solved"
DEPTH = 0.25  # in units of log d: how far inside its phase a probe must lie
_WINDOWS = {Phase.IV: (0.2, 0.75), Phase.V: (0.2, 0.75), Phase.VIA: (1.25, 1.75)}
"""Where the two-term law is held against the curve, in log_d n_eff: n_eff ≪ d, and d ≪ n_eff ≪ d^2γ."""
_LEFT_OUT = {
    ("Ia", "diagonal"): "n_eff ≪ 1 is less than one sample",
}


def judge(datasets: Sequence[xarray.Dataset]) -> list[Claim]:
    """Every phase of every network, judged or said not to be."""
    claims = []
    for data in datasets:
        if "of" in data.attrs:
            claims += verdict(data)
        else:
            lost = int(np.isnan(data.excess_risk.values).sum())
            about = f"{data.attrs['network']}, d = {data.attrs['dimension']:.0e}"
            claims.append(Claim.of(SOLVED, about, f"{lost} of {data.phase.size} are not", lost == 0))
    return claims


def verdict(data: xarray.Dataset) -> list[Claim]:
    """Claims about the probes of one network."""
    noisy = data.attrs["noise_variance"] > 0
    phases = tuple(Phase) if noisy else (Phase.IA, Phase.IB, Phase.II, Phase.III, Phase.IV)
    claims = []
    for phase in phases:
        if noisy and phase in _WINDOWS:
            claims.append(_two_terms_claim(data, phase))
        elif phase is Phase.PEAK:
            claims += [peak_place_claim(data), _peak_claim(data)]
        else:
            claims.append(_rate_claim(data, phase))
    return claims


def _rate_claim(data: xarray.Dataset, phase: Phase) -> Claim:
    about = _about(data, phase)
    inside = np.all((data.phase.values == str(phase)) & (data.depth.values > DEPTH), axis=0)
    if not inside.any():
        reason = f"no probe lies {DEPTH:g} log d or more inside it at every d"
        return Claim.of(RATES, about, "–", None, _LEFT_OUT.get((str(phase), data.attrs["of"]), reason))
    logarithms = data.attrs["of"] == "diagonal" and phase is Phase.IV
    return shrinks(
        RATES, about, data.dimension.values, list(rate_errors(data, phase)[:, inside]), logarithms=logarithms
    )


def rate_errors(data: xarray.Dataset, phase: Phase) -> Array:
    """Largest difference from the rates of all labels, over (dimension, log_samples, log_decay).

    Local exponents are those of the solver, and differences of R; in rank collapse, where the solver has no equation
    to differentiate, differences of R alone.
    """
    kinds = ("slope",) if phase is Phase.IB else ("slope", "exponent")
    pairs = [
        (data[f"{n}_{kind}"].values, data[f"{n}_rate"].values) for n in ("samples", "weight_decay") for kind in kinds
    ]
    return np.max([np.abs(found - rate) for found, rate in pairs], axis=0)


def two_terms(data: xarray.Dataset, window: tuple[float, float]) -> tuple[Array, Array]:
    """R = A t₁ + B t₂ fitted to the curve of each dimension in a window of log_d n_eff.

    The terms are (n/L)^(−1+1/2γ) and 1/L with L = log(d/n) for the diagonal network, n_eff^(−1+1/2γ) and
    (n_eff/d)^(2/5) for the quadratic one; for n_eff ≫ d they are n_eff^(−1+1/2γ) and d/n_eff for both.

    Returns
    -------
    (coefficients, errors)
        A and B, shape (dimension, 2); largest difference of the local exponents (the solver's, and slopes of R)
        from those of the fit, shape (dimension, curve), NaN outside of the window.
    """
    from scipy.optimize import nnls

    curve, slope = data.curve.values, -1.0 + 0.5 / data.attrs["gamma"]
    inside = (curve >= window[0] - 1e-9) & (curve <= window[1] + 1e-9)
    coefficients = np.full((data.sizes["dimension"], 2), np.nan)
    errors = np.full((data.sizes["dimension"], len(curve)), np.nan)
    for k, d in enumerate(data.dimension.values):
        one = data.isel(dimension=k)
        x, risk = d ** curve[inside], one.curve_excess_risk.values[inside]
        if not np.all(np.isfinite(risk)):
            continue
        if window[0] > 1.0:
            terms, slopes = [x**slope, d / x], [np.full(x.shape, slope), np.full(x.shape, -1.0)]
        elif data.attrs["of"] == "diagonal":
            log = np.log(d / x)
            terms, slopes = [(x / log) ** slope, 1.0 / log], [slope * (1.0 + 1.0 / log), 1.0 / log]
        else:
            terms, slopes = [x**slope, (x / d) ** 0.4], [np.full(x.shape, slope), np.full(x.shape, 0.4)]
        coefficients[k], _ = nnls(np.stack(terms, axis=1) / risk[:, None], np.ones(len(x)))
        parts = coefficients[k][:, None] * np.array(terms)
        fitted = np.sum(parts * np.array(slopes), axis=0) / np.sum(parts, axis=0)
        slope_of_risk = np.gradient(np.log(one.curve_excess_risk.values), curve * np.log(d))
        errors[k, inside] = np.max(
            [
                np.abs(one.curve_samples_exponent.values[inside] - fitted),
                np.abs(slope_of_risk[inside] - fitted),
                np.abs(one.curve_weight_decay_exponent.values[inside]),
            ],
            axis=0,
        )
    return coefficients, errors


def _two_terms_claim(data: xarray.Dataset, phase: Phase) -> Claim:
    window = _WINDOWS[phase]
    coefficients, errors = two_terms(data, window)
    places = f", n_eff from d^{window[0]:g} to d^{window[1]:g}"
    about = _about(data, phase) + places
    curve = data.curve.values
    inside = (curve >= window[0] - 1e-9) & (curve <= window[1] + 1e-9)
    labelled = data.curve_phase.values == str(phase)
    parts = [row[label & inside] for row, label in zip(errors, labelled, strict=True)]
    if not all(part.size for part in parts):
        return Claim.of(TWO_TERMS, about, "–", None, "no point of the curve carries the label at every d")
    a, b = coefficients[-1]
    return shrinks(
        TWO_TERMS,
        about,
        data.dimension.values,
        parts,
        logarithms=data.attrs["of"] == "diagonal" and window[1] < 1.0,
        more=f"; A = {a:.3g}, B = {b:.3g} at the largest d",
    )


def _about(data: xarray.Dataset, phase: Phase) -> str:
    return f"{data.attrs['of']}, Δ = {data.attrs['noise_variance']:g}, phase {phase}"


def peak_place_claim(data: xarray.Dataset) -> Claim:
    """The maximum of R over samples lies within 5 % of the threshold and stands out three times over both ends."""
    risk, ratio = data.peak_risk.values, data.ratio.values
    if not np.all(np.isfinite(risk)):
        return Claim.of(PEAK_PLACE, _about(data, Phase.PEAK), "–", None, "not every point of the curve is solved")
    best = np.argmax(risk, axis=1)
    height = risk.max(axis=1) / np.maximum(risk[:, 0], risk[:, -1])
    good = np.abs(ratio[best[-1]] - 1.0) < 0.05 and 0 < best[-1] < len(ratio) - 1 and height[-1] > 3.0
    return Claim.of(
        PEAK_PLACE,
        f"{_about(data, Phase.PEAK)}, λ = {PEAK_DECAY:g}, n from 1/2 to 2 times the threshold",
        f"at {', '.join(f'{ratio[k]:.3f}' for k in best)} times the threshold, "
        f"{', '.join(f'{h:.1f}' for h in height)} times the risk at the ends",
        bool(good),
    )


def _peak_claim(data: xarray.Dataset) -> Claim:
    decays, risk = data.peak_decay.values, data.decay_risk.values[-1]
    if not np.all(np.isfinite(risk)):
        return Claim.of(PEAK, _about(data, Phase.PEAK), "–", None, "not every point of the curve is solved")
    slopes = np.diff(np.log(risk)) / np.diff(np.log(decays))
    return Claim.of(
        PEAK,
        f"{_about(data, Phase.PEAK)}, n = {'d' if data.attrs['of'] == 'diagonal' else 'd²/4'}",
        f"exponents {', '.join(f'{slope:.4f}' for slope in slopes)} in the decades from λ = {decays[0]:g} down to "
        f"{decays[-1]:g} at d = {data.dimension.values[-1]:.0e}",
        bool(abs(slopes[-1] + 2.0 / 3.0) < 0.005),
    )
