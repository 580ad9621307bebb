"""The convolutions of a file of trained weights: terms, parameters, and errors of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from spectralaw._checks import ours
from spectralaw.display import Shown
from spectralaw.results import ByValue
from spectralaw.systems.tensor_compression.layer import CompressedLayer, compress_layer
from spectralaw.systems.tensor_compression.setting import CompressionSetting


@dataclass(frozen=True, repr=False, eq=False)
class CompressedWeights(ByValue, Shown):
    """One row for each convolution, in the order of the source; and which were passed over, with the reason."""

    source: str
    layers: tuple[CompressedLayer, ...]
    passed_over: tuple[tuple[str, str], ...]
    """Names and reasons of tensors of three to five dimensions that were not compressed."""
    setting: CompressionSetting

    @property
    def parameters(self) -> int:
        """Of the convolutions, after compression."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def parameters_before(self) -> int:
        """Of the same as they are."""
        return sum(layer.parameters_before for layer in self.layers)

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "source": self.source,
            "setting": self.setting.to_dict(),
            "parameters": self.parameters,
            "parameters_before": self.parameters_before,
            "layers": [layer.to_dict() for layer in self.layers],
            "passed_over": [{"name": name, "reason": reason} for name, reason in self.passed_over],
        }

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        return f"Convolutions of {self.source}", [
            ("compressed", f"{sum(one.rank is not None for one in self.layers)} of {len(self.layers)}"),
            ("parameters", f"{self.parameters:,} of {self.parameters_before:,}"),
            ("passed over", str(len(self.passed_over))),
        ]


def compress_weights(
    source: Any,
    setting: CompressionSetting | None = None,
    *,
    include: str | Sequence[str] | None = None,
    exclude: str | Sequence[str] | None = None,
    watch: Callable[[int, int], None] = lambda done, total: None,
) -> CompressedWeights:
    """Compress each convolution of a source of weights by itself, and certify each.

    The file does not say how layers follow on each other, so errors are those of single layers, relative: ‖ΔM‖_F/‖M‖_F
    (white inputs) and the bound of ‖ΔM‖/‖M‖ as operators (inputs of any size; zero padding, stride, dilation and groups
    included). Nothing is written.

    Parameters
    ----------
    source : path, mapping, array or module
        As for :func:`~spectralaw.diagnose`; tensors of three to five dimensions are taken for convolutions.
    setting : CompressionSetting, optional
    include, exclude : glob or list of globs, optional
        Names to take, and to leave.
    """
    from spectralaw.weights.load import load
    from spectralaw.weights.selection import candidates, patterns

    chosen = CompressionSetting() if setting is None else ours("setting", setting, "CompressionSetting")
    weights = load(source)
    wanted, unwanted = patterns("include", include), patterns("exclude", exclude)
    found = candidates(weights.tensors, include=wanted, exclude=unwanted, min_size=1)
    listed = [one for one in found if len(one.shape) > 2]
    rows, passed = [], []
    for k, candidate in enumerate(listed):
        watch(k, len(listed))
        if candidate.status is not None:
            passed.append((candidate.name, candidate.reason))
            continue
        kernel = np.asarray(candidate.tensor.read(), dtype=np.float64)
        if candidate.tensor.output_last:  # (width, …, in, out), as Keras writes them
            kernel = np.moveaxis(kernel, (-1, -2), (0, 1))
        if not (kernel.size and np.all(np.isfinite(kernel)) and np.any(kernel)):
            passed.append((candidate.name, "it is empty, all zero, or has entries that are not finite"))
            continue
        rows.append(compress_layer(candidate.name, np.ascontiguousarray(kernel), chosen)[0])
    watch(len(listed), len(listed))
    return CompressedWeights(weights.name, tuple(rows), tuple(passed), chosen)
