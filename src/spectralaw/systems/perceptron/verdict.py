"""What is claimed of perceptrons, held against what was computed and trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.errors import InvalidInput
from spectralaw.reproduction import finite_size
from spectralaw.reproduction.claims import Claim
from spectralaw.reproduction.finite_size import Sized
from spectralaw.systems.perceptron.fixed_norm import TOLERANCE
from spectralaw.systems.perceptron.laws import DynamicalLaws, dynamical_laws

if TYPE_CHECKING:
    import xarray

CERTIFIED = "every equation is solved and every training ends at a minimum"
TENDS = "as N grows, the test error of perceptrons trained at a fixed norm tends to the prediction"
BOUND = "the best norm is nowhere better than Bayes"
ABOVE = "with many samples the best norm stays 0.06 % above Bayes: near, and not equal"
GROWS = "the best norm grows like the number of samples: λ_opt/α tends to a constant"
LAWS = "with many samples γ₁ tends to 1/2, γ₂ to 1, and the end-point exponent to γ₁γ₂"
COLLAPSE = "in units of the best norm and the least error, curves of the theory fall on one"
TRAINED = "curves recorded along free training fall on one, too, and their best norm grows like α"
FOLLOWS = "with many samples, free training goes through the minima of fixed norm from the best norm on"
CLAIMS = (CERTIFIED, TENDS, BOUND, ABOVE, GROWS, LAWS, COLLAPSE, TRAINED, FOLLOWS)

MANY = 20.0
"""Samples per dimension from which on an α is called large; the ratio to Bayes is within 1 % of its limit there."""
_ROUNDING = 1e-9  # of the errors that the theory gives; their residuals are 1e-13
_OFFSET = (0.0006, 0.00065)  # of the ratio to Bayes: its limit is 0.000629
_SETTLED = 1e-3  # relative change of λ_opt/α over a decade of large α
_NEAR = 0.02  # of exponents at the largest sizes
_TIMES, _SPREAD, _TRAINED_SPREAD = 20.0, 0.02, 0.1  # collapse: how many times nearer, and how near
_WIDEST = 0.6  # interval of γ₂ that still says something
_FOLLOWED = 0.002  # relative, of the mean over seeds


def judge(datasets: Sequence[xarray.Dataset]) -> list[Claim]:
    """All claims."""
    parts = {name: [one for one in datasets if one.attrs.get("part") == name] for name in PARTS}
    claims = [certified(datasets), tends(parts["fixed-norm"])]
    for data in parts["tuned"]:
        claims += tuning(data)
    for data in parts["curves"]:
        claims += exponents(data)
    for data in parts["free-norm"]:
        claims += trained(data)
    return claims


PARTS = ("theory", "tuned", "curves", "fixed-norm", "free-norm")


def certified(datasets: Sequence[xarray.Dataset]) -> Claim:
    """Nothing is missing, and every certificate is within its tolerance."""
    lost = sum(int(np.sum(~np.isfinite(value.values))) for data in datasets for value in data.data_vars.values())
    angles = [float(data.angle.max(skipna=False)) for data in datasets if "angle" in data]
    residuals = [float(data.residual.max(skipna=False)) for data in datasets if "residual" in data]
    if not angles or not residuals:
        return Claim.of(CERTIFIED, "all parts", "", None, "a part was not computed")
    angle, residual = float(np.max(angles)), float(np.max(residuals))
    measured = f"{lost} numbers are missing; residual at most {residual:.0e}, angle to the gradient {angle:.0e}"
    return Claim.of(CERTIFIED, "all parts", measured, lost == 0 and angle <= TOLERANCE and residual <= _ROUNDING)


def tends(parts: Sequence[xarray.Dataset]) -> Claim:
    """Mean over seeds over theory at every (alpha, norm), in the limit of N."""
    points = []
    if parts:
        for i, alpha in enumerate(parts[0].alpha.values):
            for j, of_best in enumerate(parts[0].of_best.values):
                sizes = [_sized(data, i, j) for data in parts]
                points.append(finite_size.point(f"α = {alpha:g}, λ = {of_best:g} λ_opt", sizes, bound=None))
    return finite_size.claim(TENDS, "fixed norm", points)


def _sized(data: xarray.Dataset, i: int, j: int) -> Sized:
    """NaN if a training is missing, and thus not judged: those that fail need not be like those that do not."""
    found, dimension = data.error.values[i, j], float(data.attrs["dimension"])
    error = float(found.std(ddof=1) / np.sqrt(found.size)) if found.size > 1 else np.nan
    samples = float(data.alpha[i]) * dimension
    return Sized(dimension, samples, float(data.predicted[i, j]), float(found.mean()), error, found.size)


def tuning(data: xarray.Dataset) -> list[Claim]:
    """The best norm against Bayes, and how it grows."""
    above = (data.best_error / data.bayes_error - 1.0).values
    many = data.alpha.values >= MANY
    about = f"theory, α from {float(data.alpha.min()):g} to {float(data.alpha.max()):g}"
    bound = Claim.of(
        BOUND,
        about,
        f"ε(λ_opt)/ε_Bayes − 1 from {np.min(above):.1e} to {np.max(above):.4%}",
        bool(np.min(above) >= -_ROUNDING),
    )
    if not many.any():
        return [bound, *(Claim.of(one, about, "", None, f"no α is {MANY:g} or more") for one in (ABOVE, GROWS))]
    low, high = float(np.min(above[many])), float(np.max(above[many]))
    where = f"theory, {int(many.sum())} values of α ≥ {MANY:g}"
    ratio = (data.best_norm / data.alpha).values[many]
    last = data.alpha.values[many] >= data.alpha.values[-1] / 10.0
    change = float(np.ptp(ratio[last]) / ratio[-1])
    measured = f"λ_opt/α from {ratio[0]:.4f} to {ratio[-1]:.6f}; over the last decade it changes by {change:.0e}"
    settled = bool(change <= _SETTLED) if last.sum() > 1 else None
    return [
        bound,
        Claim.of(ABOVE, where, f"{low:.4%} to {high:.4%}", bool(low >= _OFFSET[0] and high <= _OFFSET[1])),
        Claim.of(GROWS, where, measured, settled, "" if settled is not None else "the last decade has one α"),
    ]


def exponents(data: xarray.Dataset) -> list[Claim]:
    """Exponents and collapse of the curves of each range of sizes."""
    found = [
        _laws([(a, n, e) for a, n, e in zip(one.alpha.values, one.weight_norm.values, one.error.values, strict=True)])
        for one in (data.isel(range=k) for k in range(data.sizes["range"]))
    ]
    refused = [one for one in found if isinstance(one, str)]
    if refused or len(found) < 2:
        reason = refused[0] if refused else "one range of sizes has no trend"
        return [
            Claim.of(statement, "theory", "", None if not refused else False, reason) for statement in (LAWS, COLLAPSE)
        ]
    laws = [one for one in found if isinstance(one, DynamicalLaws)]
    off = np.array(
        [(one.early.value - 0.5, one.optimum.value - 1.0, one.end_point.value - one.predicted.value) for one in laws]
    )
    names = ", ".join(f"{float(a[0]):g}–{float(a[-1]):g}" for a in data.alpha.values)
    listed = "; ".join(f"{one.early.value:.3f}, {one.optimum.value:.3f}, {one.end_point.value:.3f}" for one in laws)
    nearer = bool(np.all(np.abs(off[-1]) <= _NEAR) and np.abs(off[-1]).max() < np.abs(off[0]).max())
    spreads = [(one.collapse.spread, one.collapse.before) if one.collapse else (np.inf, np.nan) for one in laws]
    last, before = spreads[-1]
    return [
        Claim.of(LAWS, f"theory, α = {names}", f"γ₁, γ₂, end point: {listed}", nearer),
        Claim.of(
            COLLAPSE,
            f"theory, α = {names}",
            f"spread of log error {', '.join(f'{s:.2%}' for s, _ in spreads)}, before {before:.0%} (last range)",
            bool(last <= _SPREAD and last < spreads[0][0] and last * _TIMES <= before),
        ),
    ]


def trained(data: xarray.Dataset) -> list[Claim]:
    """The mean curves over seeds, and the two ways of training side by side."""
    alphas = ", ".join(f"{a:g}" for a in data.alpha.values)
    about = f"free norm, N = {data.attrs['dimension']}, {data.sizes['seed']} seeds, α = {alphas}"
    laws = laws_of(data)
    if isinstance(laws, str):
        recorded = Claim.of(TRAINED, about, "", False, laws)
    elif laws.collapse is None or laws.optimum.high - laws.optimum.low > _WIDEST:
        recorded = Claim.of(
            TRAINED, about, f"γ₂ = {laws.optimum}", None, "the interval is too wide, or no norms are common"
        )
    else:
        spread, before = laws.collapse.spread, laws.collapse.before
        measured = f"γ₁ = {laws.early}, γ₂ = {laws.optimum}, end point {laws.end_point}; "
        measured += f"spread {spread:.1%}, before {before:.0%}"
        recorded = Claim.of(
            TRAINED, about, measured, laws.optimum.holds(1.0) and spread <= _TRAINED_SPREAD and spread < 0.2 * before
        )
    return [recorded, _follows(data, about)]


def _follows(data: xarray.Dataset, about: str) -> Claim:
    """Both ways of training on the same data, at the best norm and beyond."""
    ratio = data.flown.mean("seed", skipna=False) / data.minimal.mean("seed", skipna=False) - 1.0
    off = np.abs(ratio.values).max(axis=1)
    many = data.alpha.values >= MANY
    if not many.any():
        return Claim.of(FOLLOWS, about, "", None, f"no α is {MANY:g} or more")
    listed = ", ".join(f"{value:.2%}" for value in off)
    measured = (
        f"mean test errors differ at most by {listed} at {' and '.join(f'{b:g}' for b in data.beyond.values)} λ_opt"
    )
    return Claim.of(FOLLOWS, about, measured, bool(off[many].max() <= _FOLLOWED))


def laws_of(data: xarray.Dataset) -> DynamicalLaws | str:
    """Laws of the mean over seeds of free trainings, or why there are none."""
    mean, first = data.error.mean("seed", skipna=False).values, data.initial_error.mean("seed", skipna=False).values
    triples = list(zip(data.alpha.values, data.weight_norm.values, mean, strict=True))
    return _laws(triples, first)


def _laws(triples: list, first: np.ndarray | None = None) -> DynamicalLaws | str:
    try:
        return dynamical_laws(triples, initial_errors=first)
    except InvalidInput as error:
        return str(error)
