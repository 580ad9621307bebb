"""Compression of a network to a tolerated error of its output, certified and measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from spectralaw._checks import entries, ours, positive_integer
from spectralaw.display import Shown, number
from spectralaw.errors import InvalidInput
from spectralaw.results import ByValue
from spectralaw.systems.tensor_compression.arguments import Array
from spectralaw.systems.tensor_compression.layer import CompressedLayer, compress_layer
from spectralaw.systems.tensor_compression.network import apply, checked_inputs, forward, gains, layers, sizes
from spectralaw.systems.tensor_compression.setting import CompressionSetting

_SAMPLES = 32


@dataclass(frozen=True, repr=False, eq=False)
class CompressedNetwork(ByValue, Shown):
    """Layers after compression, and the error of the output on each sample, relative to its size."""

    layers: tuple[CompressedLayer, ...]
    weights: tuple[Array, ...]
    """The compressed kernels, composed again."""
    measured: Array
    """‖f(x) − f̂(x)‖ / ‖f(x)‖."""
    certified: Array
    """Σ_k Π_{i > k} ‖W_i‖ ‖ΔW_k‖ ‖ẑ_{k−1}(x)‖ / ‖f(x)‖, which the measured one cannot exceed."""
    random_inputs: bool
    """Whether the samples were white noise, none being given."""
    setting: CompressionSetting

    @property
    def parameters(self) -> int:
        """After compression."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def parameters_before(self) -> int:
        """Of the weights as given."""
        return sum(layer.parameters_before for layer in self.layers)

    @property
    def vacuous(self) -> bool:
        """Whether the certificate allows an error as large as the output, on some sample."""
        return not bool(np.all(self.certified < 1.0))

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "layers": [layer.to_dict() for layer in self.layers],
            "parameters": self.parameters,
            "parameters_before": self.parameters_before,
            "measured": {"mean": float(self.measured.mean()), "largest": float(self.measured.max())},
            "certified": {"mean": float(self.certified.mean()), "largest": float(self.certified.max())},
            "vacuous": self.vacuous,
            "random_inputs": self.random_inputs,
            "setting": self.setting.to_dict(),
        }

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        kind = "random" if self.random_inputs else "given"
        return f"Compressed network of {len(self.layers)} layers", [
            ("ranks", ", ".join("all" if one.rank is None else str(one.rank) for one in self.layers)),
            ("parameters", f"{self.parameters:,} of {self.parameters_before:,}"),
            (f"error of the output, {len(self.measured)} {kind} inputs", f"at most {number(self.measured.max())}"),
            ("certified", f"at most {number(self.certified.max())}" + (" (vacuous)" if self.vacuous else "")),
        ]


def compress(
    weights: Any,
    error: float | None = None,
    inputs: ArrayLike | None = None,
    *,
    image: ArrayLike = (8, 8),
    setting: CompressionSetting | None = None,
) -> CompressedNetwork:
    """Replace every layer of a network by few rank-one terms, to a tolerated relative error of its output.

    The network is W_L relu(… relu(W_1 x)): circular convolutions, then dense layers, without biases. With the typical
    guarantee each of the L layers gets the relative error ε/L. With the certified one, layer k gets the operator error
    min_x (ε − spent(x)) ‖f(x)‖ / ((L − k + 1) Π_{i > k} ‖W_i‖ ‖ẑ_{k−1}(x)‖), so that the certificate is within ε on all
    the given inputs; what a layer does not spend, later ones may. A layer for which no fewer parameters were found is
    kept.

    Parameters
    ----------
    weights : list of arrays
        Kernels (outputs, inputs, width, …) and matrices (outputs, inputs), in the order of the network.
    error : float, optional
        ε, from 1e-7 to below 1; 0.01 by default.
    inputs : array of shape (samples, channels, width, …) or (samples, inputs), optional
        White noise by default (32 samples, of the size ``image``), which says little about inputs of other kinds.
    image : list of int
        Size of random images.
    setting : CompressionSetting, optional
        All choices at once, instead of ``error``.

    Raises
    ------
    InvalidInput
        For weights that do not follow on each other, inputs that do not fit or whose output is zero.
    """
    if setting is not None and error is not None:
        raise InvalidInput("error must not be given beside a setting, which has its own")
    if setting is None:
        setting = CompressionSetting() if error is None else CompressionSetting(error)
    ours("setting", setting, "CompressionSetting")
    network = layers(weights)
    values = checked_inputs(network, _white(network, image, setting.seed) if inputs is None else inputs)
    reference = forward(network, values)[-1]
    scale = sizes(reference)
    if not np.all(scale > 0.0):
        raise InvalidInput("inputs must have outputs that are not zero: a relative error is that of the output")
    behind, count = gains(network), len(network)
    share = setting.replace(error=max(setting.error / count, 1e-7))
    certified, state = np.zeros(len(values)), values
    rows, instead = [], []
    for k, weight in enumerate(network):
        reach = behind[k] * sizes(state) / scale
        allowed = None
        if setting.guarantee == "certified":
            left = (setting.error - certified) / (count - k)  # what earlier layers did not take is passed on
            allowed = float(np.min(left / np.maximum(reach, np.finfo(float).tiny)))
        row, kernel = compress_layer(f"layer {k + 1}", weight, share, allowed)
        certified = certified + reach * row.change
        rows.append(row)
        instead.append(kernel)
        after = apply(kernel, state)
        state = np.maximum(after, 0.0) if k < count - 1 else after
    measured = sizes(reference - state) / scale
    return CompressedNetwork(tuple(rows), tuple(instead), measured, certified, inputs is None, setting)


def _white(network: list[Array], image: ArrayLike, seed: int) -> Array:
    first = network[0]
    sides = tuple(positive_integer("each of image", n) for n in entries("image", image)) if first.ndim > 2 else ()
    if len(sides) != first.ndim - 2:
        raise InvalidInput(f"image must have {first.ndim - 2} sides, as space has, not {len(sides)}")
    return np.random.default_rng(seed).standard_normal((_SAMPLES, first.shape[1], *sides))
