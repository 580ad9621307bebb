"""Bound, attack and truth against the radius, and rounding to few bits, of networks trained on handwritten digits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import numpy as np

from spectralaw.reproduction.experiment import Experiment, Run
from spectralaw.systems.weight_perturbation.accepted import bind
from spectralaw.systems.weight_perturbation.attack import attack_case
from spectralaw.systems.weight_perturbation.bounds import asked_pairs, margins
from spectralaw.systems.weight_perturbation.exact import worst_margin
from spectralaw.systems.weight_perturbation.figure import caption, draw
from spectralaw.systems.weight_perturbation.intervals import propagate
from spectralaw.systems.weight_perturbation.linear import Array
from spectralaw.systems.weight_perturbation.network import Network, array_of
from spectralaw.systems.weight_perturbation.quantisation import SCHEMES, certified, quantisation_report, quantised
from spectralaw.systems.weight_perturbation.radii import deviations
from spectralaw.systems.weight_perturbation.training import Classifier, RobustTraining, train_classifier
from spectralaw.systems.weight_perturbation.verdicts import (
    BITS,
    CHANNELS,
    COST,
    FIRST,
    NORMS,
    ORDER,
    ROBUST,
    SOUND,
    VACUOUS,
    judge,
    radius_of,
)

if TYPE_CHECKING:
    import xarray

HOW = {"plain": {}, "robust": {"radius": 0.01, "degradation_weight": 0.3}}
_TRAIN = 1200


def digits() -> tuple[Array, Array, Array, Array]:
    """Inputs from 0 to 1 and labels, of training and held out, in one fixed random order."""
    from sklearn.datasets import load_digits

    x, y = cast(tuple[Array, Array], load_digits(return_X_y=True))
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
    for name, how in HOW.items():
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
