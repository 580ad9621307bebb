"""Bound, attack and truth against the radius, and rounding to few bits, of networks trained on handwritten digits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.reproduction.claims import Claim
from spectralaw.reproduction.experiment import Experiment, Run
from spectralaw.systems.weight_perturbation.attack import attack_case
from spectralaw.systems.weight_perturbation.bounds import asked_pairs, margins
from spectralaw.systems.weight_perturbation.exact import worst_margin
from spectralaw.systems.weight_perturbation.figure import caption, draw
from spectralaw.systems.weight_perturbation.intervals import propagate
from spectralaw.systems.weight_perturbation.linear import Array
from spectralaw.systems.weight_perturbation.network import Network, array_of, bind
from spectralaw.systems.weight_perturbation.quantisation import SCHEMES, certified, quantisation_report, quantised
from spectralaw.systems.weight_perturbation.radii import deviations
from spectralaw.systems.weight_perturbation.training import Classifier, RobustTraining, train_classifier

if TYPE_CHECKING:
    import xarray

ORDER = "attack ≤ exact fall of the margin ≤ bound, for every input and radius"
FIRST = "at the smallest radius the bound is within 1 % of the exact fall, for every input with no unit at its kink"
NORMS = "the closed form of products of norms is at least twice the exact fall, at every radius in the median"
SOUND = "no certified prediction is changed, by an attack within the radius or by rounding"
ROBUST = "training for it certifies at least 30 % more of the predictions at the radius of 6 bits, each seed"
COST = "training for it costs at most 3 % of clean accuracy, in the mean over seeds"
CHANNELS = "rounding per channel is certified at least as often as per tensor, for every network and bits"
VACUOUS = "plainly trained, the bounds are vacuous at 4 bits: nothing is certified, while rounding changes at most 6 %"

BITS = (8, 6, 5, 4)
TRAININGS = {"plain": {}, "robust": {"radius": 0.01, "degradation_weight": 0.3}}
_EXACT = 1e-5  # the solver's tolerance on a fall, relative, and on numbers of size one
_FIRST, _NORMS, _MORE, _COST, _CHANGED = 1.01, 2.0, 0.3, 0.03, 0.06
_TRAIN = 1200


def radius_of(bits: float | Array) -> float | Array:
    """Largest rounding error of that many bits, in units of the largest weight."""
    return 1.0 / (2.0**bits - 2.0)


def digits() -> tuple[Array, Array, Array, Array]:
    """Inputs from 0 to 1 and labels, of training and held out, in one fixed random order."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    x, y = x[order] / 16.0, y[order]
    return x[:_TRAIN], y[:_TRAIN], x[_TRAIN:], y[_TRAIN:]


def falls(network: Network, x: Array, radii: Array, training: str, advance) -> xarray.Dataset:
    """How far f_i − f_j can fall for the predicted class i and the next, over (input, radius): five answers."""
    import xarray

    names = ("attack", "attained", "exact", "tightest", "intervals", "norms", "open_units", "solved")
    found = np.full((len(names), len(x), len(radii)), np.nan)
    f = network.outputs(x)
    order = f.argsort(axis=1)
    clean = np.array([one[o[-1]] - one[o[-2]] for one, o in zip(f, order, strict=True)])
    for k, radius in enumerate(radii):
        each = [radius * float(np.abs(array_of(w)).max()) for w in network.weights]
        moved = deviations(network, each)
        for i in range(len(x)):
            pair = (int(order[i, -1]), int(order[i, -2]))
            case = bind(network, x[i])
            pairs = asked_pairs(case, pair)
            rng = np.random.default_rng(i)
            truth = worst_margin(network, x[i], each, pair)
            found[:, i, k] = (
                float(attack_case(case, moved, pairs, 4, 12, rng).change[0]),
                float(truth.clean[0] - truth.attained[0]),
                float(truth.clean[0] - truth.least[0]),
                *(float(margins(case, moved, pairs, m).drop[0, 0]) for m in ("tightest", "intervals")),
                _norms(network, x[i], each, pair),
                sum(int(np.sum((low < 0.0) & (high > 0.0))) for low, high in propagate(case, moved).a),
                truth.status[0].is_result,
            )
        advance()
    data = {name: (("input", "radius"), values) for name, values in zip(names, found, strict=True)}
    return xarray.Dataset(
        {**data, "clean": ("input", clean)}, coords={"radius": radii}, attrs={"part": f"falls-{training}"}
    )


def _norms(network: Network, x: Array, radius: list[float], pair: tuple[int, int]) -> float:
    from spectralaw.systems.weight_perturbation.bounds import margin_bound

    return float(margin_bound(network, x, radius, pair, method="analytic"))


def accuracies(networks: Sequence[Network], x: Array, y: Array, radii: Array, training: str, advance) -> xarray.Dataset:
    """Clean, certified and attacked accuracy over (seed, radius); the attack is made on certified inputs, too."""
    import xarray

    shape = (len(networks), len(radii))
    sure, after, broken, clean = np.zeros(shape), np.zeros(shape), np.zeros(shape), np.zeros(len(networks))
    for s, network in enumerate(networks):
        case = bind(network, x)
        pairs = asked_pairs(case, None)
        right, changed = pairs[:, 0, 0] == y, np.zeros(len(y), dtype=bool)
        clean[s] = np.mean(right)
        for k, radius in enumerate(radii):
            moved = deviations(network, [radius * float(np.abs(layer.weight).max()) for layer in case.layers])
            held = certified(case, moved, pairs)
            flips = attack_case(case, moved, pairs, 2, 12, np.random.default_rng(k)).margin <= 0.0
            changed |= flips
            sure[s, k], after[s, k] = np.mean(held & right), np.mean(right & ~changed)
            broken[s, k] = np.sum(held & flips)
            advance()
    both = ("seed", "radius")
    return xarray.Dataset(
        {"certified": (both, sure), "attacked": (both, after), "broken": (both, broken), "clean": ("seed", clean)},
        coords={"radius": radii},
        attrs={"part": f"accuracy-{training}", "inputs": len(y)},
    )


def roundings(networks: Sequence[Network], x: Array, y: Array, training: str, advance) -> xarray.Dataset:
    """The counts of quantisation reports, as shares over (seed, scheme, bits)."""
    import xarray

    fields = ("certified", "certified_any", "changed", "attacked", "attacked_any")
    shape = (len(networks), len(SCHEMES), len(BITS))
    found = {name: np.full(shape, np.nan) for name in (*fields, "accuracy", "broken")}
    for s, network in enumerate(networks):
        report = quantisation_report(network, x, BITS, y, seed=s)
        case = bind(network, x)
        pairs = asked_pairs(case, None)
        for i, scheme in enumerate(SCHEMES):
            for j, bits in enumerate(BITS):
                row = report.row(bits, scheme)
                for name in fields:
                    found[name][s, i, j] = getattr(row, name) / len(y)
                found["accuracy"][s, i, j] = row.accuracy
                weights = tuple(quantised(layer.weight, bits, scheme) for layer in case.layers)
                own = [np.abs(new - layer.weight) for new, layer in zip(weights, case.layers, strict=True)]
                after = Network(weights, network.biases).outputs(x).argmax(axis=1)
                found["broken"][s, i, j] = np.sum(certified(case, own, pairs) & (after != pairs[:, 0, 0]))
        advance()
    data = {name: (("seed", "scheme", "bits"), values) for name, values in found.items()}
    return xarray.Dataset(
        data, coords={"scheme": list(SCHEMES), "bits": list(BITS)}, attrs={"part": f"rounding-{training}"}
    )


def _compute(
    run: Run, widths: tuple[int, ...], seeds: int, inputs: int, points: int, held_out: int
) -> list[xarray.Dataset]:
    x, y, held_x, held_y = digits()
    held_x, held_y = held_x[:held_out], held_y[:held_out]
    radii = np.unique([*np.geomspace(2e-5, 0.2, points), *(float(radius_of(b)) for b in BITS)])
    trained: dict[str, list[Classifier]] = {}
    total, done = 2 * (2 * seeds + len(radii) * (seeds + 1)), iter(range(1, 10**9))
    advance = lambda: run.advance(next(done), total)  # noqa: E731
    for name, how in TRAININGS.items():
        trained[name] = []
        for seed in range(seeds):
            trained[name].append(train_classifier(RobustTraining(widths, seed=seed, **how), x, y))
            advance()
    found = []
    for name, classifiers in trained.items():
        networks = [one.network for one in classifiers]
        found += [
            falls(networks[0], held_x[:inputs], radii, name, advance),
            accuracies(networks, held_x, held_y, radii, name, advance),
            roundings(networks, held_x, held_y, name, advance),
        ]
    for data in found:
        data.attrs |= {"widths": "-".join(map(str, widths)), "seeds": seeds}
    return found


def judge(datasets: Sequence[xarray.Dataset]) -> list[Claim]:
    """Every claim; what is missing or not a number is a disagreement, never an agreement."""
    parts = {data.attrs["part"]: data for data in datasets}
    claims = []
    for name in TRAININGS:
        if f"falls-{name}" in parts:
            claims += _judge_falls(parts[f"falls-{name}"], name)
    for name in TRAININGS:
        if f"accuracy-{name}" in parts and f"rounding-{name}" in parts:
            claims.append(_judge_sound(parts[f"accuracy-{name}"], parts[f"rounding-{name}"], name))
    if all(f"accuracy-{name}" in parts for name in TRAININGS):
        claims += _judge_training(parts["accuracy-plain"], parts["accuracy-robust"])
    claims += [_judge_channels(parts[f"rounding-{name}"], name) for name in TRAININGS if f"rounding-{name}" in parts]
    if "rounding-plain" in parts:
        claims.append(_judge_vacuous(parts["rounding-plain"]))
    return claims


def _judge_falls(data: xarray.Dataset, name: str) -> list[Claim]:
    about = f"{name} training, {data.sizes['input']} inputs at {data.sizes['radius']} radii"
    solved = data.solved.values == 1.0
    attack, attained, exact, bound = (data[n].values for n in ("attack", "attained", "exact", "tightest"))
    room = _EXACT * (1.0 + np.abs(exact))
    holds = (attack <= exact + room) & (attained <= bound) & (attack <= bound) & (attained <= exact + room)
    wrong = int(np.sum(~(holds & (exact <= bound + room))[solved]))  # a missing number holds nothing
    part = f"{int(solved.sum())} of {solved.size} solved, {wrong} out of order"
    some = bool(solved.any())
    why = "" if some else "no exact fall was found in the time allowed"
    order = Claim.of(ORDER, about, part, wrong == 0 if some else None, why)
    first, at = solved[:, 0] & (data.open_units.values[:, 0] == 0.0), float(data.radius[0])
    ratio = (bound / attained)[first, 0]
    worst = float(ratio[np.argmax(np.where(np.isnan(ratio), np.inf, ratio))]) if first.any() else np.nan
    tight = Claim.of(
        FIRST,
        about,
        f"largest ratio {worst:.5f} of {int(first.sum())} such inputs, at radius {at:.1e}",
        bool(worst <= _FIRST) if first.any() else None,
        "" if first.any() else "every input has a unit whose sign the radius leaves open, or no exact fall",
    )
    times = np.array([_median((data.norms.values / attained)[solved[:, k], k]) for k in range(solved.shape[1])])
    known = solved.any(axis=0)
    least = float(np.min(times[known])) if some else np.nan
    return [
        order,
        tight,
        Claim.of(NORMS, about, f"least median ratio {least:.2f}", least >= _NORMS if some else None, why),
    ]


def _median(values: Array) -> float:
    return float(np.median(values)) if values.size else np.nan


def _judge_sound(accuracy: xarray.Dataset, rounding: xarray.Dataset, name: str) -> Claim:
    sure = float(accuracy.certified.sum() * accuracy.attrs["inputs"])
    broken = float(accuracy.broken.sum(skipna=False) + rounding.broken.sum(skipna=False))
    return Claim.of(
        SOUND,
        f"{name} training, {accuracy.sizes['seed']} networks, {accuracy.attrs['inputs']} inputs",
        f"{broken:g} changed, of {sure:.0f} right ones certified over the radii and more by rounding",
        bool(broken == 0.0) if sure > 0.0 or np.isnan(sure) else None,
        "" if sure > 0.0 or np.isnan(sure) else "nothing was certified",
    )


def _judge_training(plain: xarray.Dataset, robust: xarray.Dataset) -> list[Claim]:
    about = f"{plain.sizes['seed']} seeds, {plain.attrs['inputs']} inputs"
    radius = float(radius_of(6))
    ends = [data.certified.sel(radius=radius, method="nearest").values for data in (plain, robust)]
    gain = ends[1] - ends[0]
    lost = float(np.mean(plain.clean.values - robust.clean.values))
    words = f"{_range(ends[0])} plain, {_range(ends[1])} robust, at radius {radius:.4f}"
    cost = f"{np.mean(plain.clean.values):.1%} plain, {np.mean(robust.clean.values):.1%} robust"
    return [
        Claim.of(ROBUST, about, words, bool(np.min(gain) >= _MORE)),
        Claim.of(COST, about, cost, bool(lost <= _COST)),
    ]


def _judge_channels(data: xarray.Dataset, name: str) -> Claim:
    gain = (data.certified.sel(scheme="per channel") - data.certified.sel(scheme="per tensor")).values
    mean = ", ".join(f"{b} bits {g:+.1%}" for b, g in zip(data.bits.values, gain.mean(axis=0), strict=True))
    return Claim.of(CHANNELS, f"{name} training, {data.sizes['seed']} networks", mean, bool(np.min(gain) >= 0.0))


def _judge_vacuous(data: xarray.Dataset) -> Claim:
    at = data.sel(bits=4)
    most, changed = float(at.certified.max(skipna=False)), float(at.changed.max(skipna=False))
    return Claim.of(
        VACUOUS,
        f"plain training, {data.sizes['seed']} networks",
        f"at most {most:.1%} certified, at most {changed:.1%} changed",
        bool(most == 0.0 and changed <= _CHANGED),
    )


def _range(values: Array) -> str:
    return f"{np.min(values):.1%} to {np.max(values):.1%}"


EXPERIMENT = Experiment(
    name="weight-perturbation",
    title="Which predictions survive any small change of the weights: bound, truth and attack, and rounding",
    claims=(ORDER, FIRST, NORMS, SOUND, ROBUST, COST, CHANNELS, VACUOUS),
    sizes={
        "quick": {"widths": (24, 24), "seeds": 3, "inputs": 10, "points": 9, "held_out": 300},
        "paper": {"widths": (32, 32), "seeds": 8, "inputs": 40, "points": 17, "held_out": 597},
    },
    compute=_compute,
    draw=draw,
    judge=judge,
    caption=caption,
    references=("tsai2021formalizing",),
)
