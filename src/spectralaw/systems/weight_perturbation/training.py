"""Training of a classifier with the robust loss, or with plain cross-entropy: the same but for two numbers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from spectralaw._checks import at_least, choice, entries, finite, positive_integer, shown, whole
from spectralaw.errors import InvalidInput
from spectralaw.systems.setting import Setting
from spectralaw.systems.weight_perturbation.accepted import bind
from spectralaw.systems.weight_perturbation.activations import ACTIVATIONS
from spectralaw.systems.weight_perturbation.linear import Array
from spectralaw.systems.weight_perturbation.network import Network, numbers
from spectralaw.systems.weight_perturbation.robust import checked_labels, loss_of


@dataclass(frozen=True)
class RobustTraining(Setting):
    """How a network of dense layers is trained; see :func:`robust_loss` for the loss.

    ``radius`` counts in units of each layer's largest |W|, as rounding does (b bits: 1/(2^b − 2)): a larger scale of
    the weights then gains nothing. It grows linearly from 0 through the first half of the epochs. Adam, with the usual
    β₁ = 0.9 and β₂ = 0.999.
    """

    widths: tuple[int, ...] = (32, 32)
    """Of the hidden layers."""
    radius: float = 0.0
    degradation_weight: float = 0.0
    """0 for plain cross-entropy."""
    norm_weight: float = 0.0
    epochs: int = 40
    batch: int = 100
    learning_rate: float = 3e-3
    activation: str = "relu"
    seed: int = 0

    def __post_init__(self) -> None:
        widths = entries("widths", self.widths, "whole numbers")
        checked = {
            "widths": tuple(positive_integer("each of widths", width) for width in widths),
            **{name: at_least(name, getattr(self, name), 0.0) for name in ("radius", "degradation_weight")},
            "norm_weight": at_least("norm_weight", self.norm_weight, 0.0),
            "epochs": positive_integer("epochs", self.epochs),
            "batch": positive_integer("batch", self.batch),
            "learning_rate": finite("learning_rate", self.learning_rate),
            "activation": choice("activation", self.activation, tuple(ACTIVATIONS)),
            "seed": whole("seed", self.seed),
        }
        if checked["learning_rate"] <= 0.0:
            raise InvalidInput(f"learning_rate must be positive, not {shown(self.learning_rate)}")
        for name, value in checked.items():
            object.__setattr__(self, name, value)


@dataclass(frozen=True, eq=False)
class Classifier:
    """A trained network, with the loss of each epoch."""

    network: Network
    losses: Array
    """Mean over the batches of an epoch, at the radius of that epoch."""
    setting: RobustTraining

    def accuracy(self, inputs: ArrayLike, labels: ArrayLike) -> float:
        """Share of inputs whose largest output is the label."""
        case = bind(self.network, inputs)
        return float(np.mean(case.outputs().argmax(axis=1) == checked_labels(labels, case)))


def train_classifier(setting: RobustTraining, inputs: ArrayLike, labels: ArrayLike) -> Classifier:
    """Train from He's random weights, seeded.

    Parameters
    ----------
    setting : RobustTraining
    inputs : array of shape (n, d)
    labels : array of shape (n,)
        Classes from 0; all up to the largest must occur.

    Raises
    ------
    InvalidInput
        For fewer than two classes, and anything else.
    """
    if not isinstance(setting, RobustTraining):
        raise InvalidInput(f"setting must be a RobustTraining, not {shown(setting)}")
    x = numbers("inputs", inputs, (2,), "of shape (n, d)")
    y = np.array([whole("each of labels", one) for one in entries("labels", labels, "classes")], dtype=np.intp)
    if len(y) != len(x):
        raise InvalidInput(f"labels must be one for each of {len(x)} inputs, not {len(y)}")
    classes = int(y.max()) + 1
    if classes < 2 or len(np.unique(y)) < classes:
        raise InvalidInput(f"labels must be two classes or more, 0, 1, … without a gap, not {shown(np.unique(y))}")
    rng = np.random.default_rng(setting.seed)
    sizes = [x.shape[1], *setting.widths, classes]
    weights = [rng.standard_normal((o, i)) * np.sqrt(2.0 / i) for i, o in pairwise(sizes)]
    biases = [np.zeros(o) for o in sizes[1:]]
    values = [*weights, *biases]
    first, second = [np.zeros_like(v) for v in values], [np.zeros_like(v) for v in values]
    losses, step = np.zeros(setting.epochs), 0
    for epoch in range(setting.epochs):
        radius = setting.radius * min(1.0, 2.0 * (epoch + 1) / setting.epochs)
        batches = np.array_split(rng.permutation(len(x)), max(1, len(x) // setting.batch))
        for rows in batches:
            step += 1
            network = Network(tuple(values[: len(weights)]), tuple(values[len(weights) :]), setting.activation)
            radii = [np.full(w.shape, radius * np.abs(w).max()) for w in values[: len(weights)]]
            loss = loss_of(
                bind(network, x[rows]), y[rows], radii, setting.degradation_weight, setting.norm_weight, relative=True
            )
            losses[epoch] += loss.value / len(batches)
            for k, g in enumerate((*loss.gradient, *loss.bias_gradient)):
                first[k] = 0.9 * first[k] + 0.1 * g
                second[k] = 0.999 * second[k] + 0.001 * g * g
                size = setting.learning_rate / (1.0 - 0.9**step)
                values[k] = values[k] - size * first[k] / (np.sqrt(second[k] / (1.0 - 0.999**step)) + 1e-8)
    names = tuple(f"layer {m + 1}" for m in range(len(weights)))
    return Classifier(
        Network(tuple(values[: len(weights)]), tuple(values[len(weights) :]), setting.activation, names),
        losses,
        setting,
    )
