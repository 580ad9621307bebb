"""What the experiment claims, and how its data are held against it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.reproduction.claims import Claim
from spectralaw.systems.weight_perturbation.linear import Array

if TYPE_CHECKING:
    import xarray

ORDER = "attack ≤ exact fall of the margin ≤ bound, for every input and radius"
FIRST = "at the smallest radius the bound is within 1 % of the exact fall, for every input with no unit at its kink"
NORMS = "the closed form of products of norms is at least twice the exact fall, at every radius in the median"
SOUND = "no certified prediction is changed, by an attack within the radius or by rounding"
ROBUST = "training for it certifies 30 of 100 predictions more, or better, at the radius of 6 bits, with each seed"
COST = "training for it costs at most 3 % of clean accuracy, in the mean over seeds"
CHANNELS = "rounding per channel is certified at least as often as per tensor, for every network and bits"
VACUOUS = "plainly trained, the bounds are vacuous at 4 bits: nothing is certified, while rounding changes at most 6 %"

BITS = (8, 6, 5, 4)
TRAININGS = ("plain", "robust")
_EXACT = 1e-5  # the solver's tolerance on a fall, relative, and on numbers of size one
_FIRST, _NORMS, _MORE, _COST, _CHANGED = 1.01, 2.0, 0.3, 0.03, 0.06


def radius_of(bits: float | Array) -> float | Array:
    """Largest rounding error of that many bits, in units of the largest weight."""
    return 1.0 / (2.0**bits - 2.0)


def judge(datasets: Sequence[xarray.Dataset]) -> list[Claim]:
    """Every claim; what is not a number never agrees, and what is missing is not judged."""
    parts = {data.attrs["part"]: data for data in datasets}
    claims: list[Claim] = []
    for statements, kind, function in (
        ((ORDER, FIRST, NORMS), "falls", _judge_falls),
        ((CHANNELS,), "rounding", _judge_channels),
    ):
        for name in TRAININGS:
            one = parts.get(f"{kind}-{name}")
            claims += _missing(statements, name) if one is None else function(one, name)
    for name in TRAININGS:
        curve, rounding = parts.get(f"accuracy-{name}"), parts.get(f"rounding-{name}")
        if curve is None or rounding is None:
            claims += _missing((SOUND,), name)
        else:
            claims += _judge_sound(curve, rounding, name)
    plain, robust = (parts.get(f"accuracy-{name}") for name in TRAININGS)
    if plain is None or robust is None:
        claims += _missing((ROBUST, COST), "both")
    else:
        claims += _judge_training(plain, robust)
    plain = parts.get("rounding-plain")
    return claims + (_missing((VACUOUS,), "plain") if plain is None else _judge_vacuous(plain))


def _missing(statements: Sequence[str], name: str) -> list[Claim]:
    return [Claim.of(one, f"{name} training", "nothing", None, "its data are missing") for one in statements]


def _judge_falls(data: xarray.Dataset, name: str) -> list[Claim]:
    about = f"{name} training, {data.sizes['input']} inputs at {data.sizes['radius']} radii"
    solved = data.solved.values == 1.0
    attack, attained, exact, bound = (data[n].values for n in ("attack", "attained", "exact", "tightest"))
    room = _EXACT * (1.0 + np.abs(exact))
    holds = (attack <= exact + room) & (attained <= bound) & (attack <= bound) & (attained <= exact + room)
    wrong = int(np.sum(~(holds & (exact <= bound + room))[solved]))  # a missing number holds nothing
    enough = float(solved.mean()) >= 0.5
    why = "" if enough else "fewer than half of the exact falls were found in the time allowed"
    part = f"{int(solved.sum())} of {solved.size} solved, {wrong} out of order"
    first, at = solved[:, 0] & ~(data.open_units.values[:, 0] > 0.0), float(data.radius[0])
    ratio = (bound / attained)[first, 0]
    worst = float(ratio[np.argmax(np.where(np.isnan(ratio), np.inf, ratio))]) if first.any() else np.nan
    still = float(first.mean()) >= 0.5
    times = np.array([_median((data.norms.values / attained)[solved[:, k], k]) for k in range(solved.shape[1])])
    least = float(np.min(times[solved.any(axis=0)])) if solved.any() else np.nan
    return [
        Claim.of(ORDER, about, part, wrong == 0 if enough else None, why),
        Claim.of(
            FIRST,
            about,
            f"largest ratio {worst:.5f} of {int(first.sum())} such inputs, at radius {at:.1e}",
            bool(worst <= _FIRST) if still else None,
            "" if still else "more than half of the inputs have a unit at its kink, or no exact fall",
        ),
        Claim.of(NORMS, about, f"least median ratio {least:.2f}", bool(least >= _NORMS) if enough else None, why),
    ]


def _median(values: Array) -> float:
    return float(np.median(values)) if values.size else np.nan


def _judge_sound(accuracy: xarray.Dataset, rounding: xarray.Dataset, name: str) -> list[Claim]:
    sure = float(accuracy.certified.sum(skipna=False) * accuracy.attrs["inputs"])
    broken = float(accuracy.broken.sum(skipna=False) + rounding.broken.sum(skipna=False))
    none = sure == 0.0
    return [
        Claim.of(
            SOUND,
            f"{name} training, {accuracy.sizes['seed']} networks, {accuracy.attrs['inputs']} inputs",
            f"{broken:g} changed, of {sure:.0f} right ones certified over the radii and more by rounding",
            None if none else bool(broken == 0.0 and sure > 0.0),
            "nothing was certified" if none else "",
        )
    ]


def _judge_training(plain: xarray.Dataset, robust: xarray.Dataset) -> list[Claim]:
    about = f"{plain.sizes['seed']} seeds, {plain.attrs['inputs']} inputs"
    radius = float(radius_of(6))
    at = [np.flatnonzero(np.isclose(data.radius.values, radius, rtol=1e-9)) for data in (plain, robust)]
    lost = float(np.mean(plain.clean.values - robust.clean.values))
    cost = f"{np.mean(plain.clean.values):.1%} plain, {np.mean(robust.clean.values):.1%} robust"
    judged = Claim.of(COST, about, cost, bool(lost <= _COST))
    if not (at[0].size and at[1].size):
        return [Claim.of(ROBUST, about, "nothing", None, f"radius {radius:.4f} was not measured"), judged]
    ends = [data.certified.values[:, k[0]] for data, k in zip((plain, robust), at, strict=True)]
    words = f"{_range(ends[0])} plain, {_range(ends[1])} robust, at radius {radius:.4f}"
    return [Claim.of(ROBUST, about, words, bool(np.min(ends[1] - ends[0]) >= _MORE)), judged]


def _judge_channels(data: xarray.Dataset, name: str) -> list[Claim]:
    gain = (data.certified.sel(scheme="per channel") - data.certified.sel(scheme="per tensor")).values
    mean = ", ".join(f"{b} bits {g:+.1%}" for b, g in zip(data.bits.values, gain.mean(axis=0), strict=True))
    return [Claim.of(CHANNELS, f"{name} training, {data.sizes['seed']} networks", mean, bool(np.min(gain) >= 0.0))]


def _judge_vacuous(data: xarray.Dataset) -> list[Claim]:
    at = data.sel(bits=4)
    most, changed = float(at.certified.max(skipna=False)), float(at.changed.max(skipna=False))
    return [
        Claim.of(
            VACUOUS,
            f"plain training, {data.sizes['seed']} networks",
            f"at most {most:.1%} certified, at most {changed:.1%} changed",
            bool(most == 0.0 and changed <= _CHANGED),
        )
    ]


def _range(values: Array) -> str:
    return f"{np.min(values):.1%} to {np.max(values):.1%}"
