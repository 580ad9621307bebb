"""The fewest terms that were found to stand for one layer within a tolerance, or why it is kept as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from spectralaw.display import Shown, number
from spectralaw.results import ByValue
from spectralaw.systems.tensor_compression import als
from spectralaw.systems.tensor_compression.arguments import Array, three
from spectralaw.systems.tensor_compression.cp import parameters
from spectralaw.systems.tensor_compression.operator_norm import operator_norm
from spectralaw.systems.tensor_compression.setting import CompressionSetting


@dataclass(frozen=True, repr=False, eq=False)
class CompressedLayer(ByValue, Shown):
    """One layer after compression; where it was kept, its errors are zero and ``reason`` says why."""

    name: str
    shape: tuple[int, ...]
    method: str
    """``cp``; ``svd`` where the kernel is a matrix; ``kept``."""
    rank: int | None
    """Terms; None where it was kept."""
    least_rank: int
    """No sum of fewer terms is within the tolerance: by the singular values of the three unfoldings."""
    parameters: int
    parameters_before: int
    typical: float
    """‖ΔM‖_F/‖M‖_F: the relative root-mean-square error on white inputs."""
    certified: float
    """Bound of ‖ΔM‖ as an operator, for images of every size, over the measured ‖M‖."""
    change: float
    """The bound of ‖ΔM‖ itself."""
    reason: str = ""
    factors: tuple[Array, Array, Array] | None = None
    scales: Array | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, without the factors; what does not exist is absent."""
        found: dict[str, Any] = {"name": self.name, "shape": list(self.shape), "method": self.method}
        if self.rank is not None:
            found["rank"] = self.rank
        for name in ("least_rank", "parameters", "parameters_before", "typical", "certified"):
            found[name] = getattr(self, name)
        return {**found, "reason": self.reason} if self.reason else found

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        return f"{self.name}, {'×'.join(map(str, self.shape))}", [
            ("rank", "all" if self.rank is None else f"{self.rank} ({self.method}; at least {self.least_rank})"),
            ("parameters", f"{self.parameters:,} of {self.parameters_before:,}"),
            ("typical error", number(self.typical)),
            ("certified error", number(self.certified)),
            *([("kept", self.reason)] if self.reason else []),
        ]


def compress_layer(
    name: str, values: Array, setting: CompressionSetting, tolerance: float | None = None
) -> tuple[CompressedLayer, Array]:
    """Compress a checked kernel or matrix; with ``tolerance``, to that bound of ‖ΔM‖ instead of the setting's error."""
    tensor = three(values)
    size = float(np.linalg.norm(values))
    norm = operator_norm(values).value
    most = _break_even(values.shape)
    typical = tolerance is None and setting.guarantee == "typical"
    allowed = setting.error * norm if tolerance is None else tolerance
    # ‖ΔM‖_F ≤ √(outputs or inputs) sup_ω σ_max: what any kernel within the operator tolerance must satisfy
    frobenius = setting.error * size if typical else allowed * np.sqrt(min(values.shape[:2]))
    least = _least_rank(tensor, frobenius / size)

    def within(fit: als.Fit) -> bool:
        if typical:
            return fit.error <= setting.error
        return operator_norm(values - _composed(fit, values.shape)).bound <= allowed

    why = "no sum of terms with fewer parameters is within the tolerance"
    if not frobenius < size:
        least = 1
    found = None
    if least <= most:
        found = (_svd if 1 in tensor.shape else _search)(tensor, least, most, setting, within)
        why = "no sum of terms with fewer parameters was found within the tolerance"
    before = prod(values.shape)
    if found is None:
        return CompressedLayer(name, values.shape, "kept", None, least, before, before, 0.0, 0.0, 0.0, why), values
    instead = _composed(found, values.shape)
    change = operator_norm(values - instead).bound
    rank = len(found.scales)
    row = CompressedLayer(
        name, values.shape, "svd" if 1 in tensor.shape else "cp", rank, least, parameters(values.shape, rank), before,
        float(np.linalg.norm(values - instead)) / size, change / norm, change, "", found.factors, found.scales,
    )  # fmt: skip
    return row, instead


def _composed(fit: als.Fit, shape: tuple[int, ...]) -> Array:
    return als.composed(fit.factors, fit.scales).reshape(shape)


def _break_even(shape: tuple[int, ...]) -> int:
    """The most terms that are fewer parameters than the kernel."""
    return (prod(shape) - 1) // parameters(shape, 1)


def _least_rank(tensor: Array, error: float) -> int:
    """A sum of R terms has unfoldings of rank R or less: the largest of the ranks that those need."""
    least = 1
    for mode in range(3):
        unfolded = np.moveaxis(tensor, mode, 0).reshape(tensor.shape[mode], -1)
        small = unfolded if unfolded.shape[0] <= unfolded.shape[1] else unfolded.T
        squares = np.maximum(np.linalg.eigvalsh(small @ small.T)[::-1], 0.0)
        tails = np.concatenate([np.cumsum(squares[::-1])[::-1], [0.0]]) / squares.sum()
        least = max(least, int(np.argmax(tails <= error**2 * (1.0 + 1e-9))))
    return least


def _svd(
    tensor: Array, least: int, most: int, setting: CompressionSetting, within: Callable[[als.Fit], bool]
) -> als.Fit | None:
    return _bisect(lambda rank: als.matrix_fit(tensor, rank), least, most, within)


def _search(
    tensor: Array, least: int, most: int, setting: CompressionSetting, within: Callable[[als.Fit], bool]
) -> als.Fit | None:
    """The break-even rank first: where that fails, so would smaller ones; then halves, from the terms that remain."""
    rng = np.random.default_rng(setting.seed)
    starts = als.starts(tensor, most, setting.starts, setting.seed)
    fits = (als.fit(tensor, start, setting.sweeps, 0.0, 1e-13) for start in starts)
    largest = min(fits, key=lambda one: one.error)

    def fit(rank: int) -> als.Fit:
        if rank == most:
            return largest
        fits = [
            als.fit(tensor, next(als.starts(tensor, rank, 1, int(rng.integers(2**31)))), setting.sweeps, 0.0, 1e-13)
        ]
        a, b, c = (x[:, :rank] for x in largest.factors)
        fits.append(als.fit(tensor, (a * largest.scales[:rank], b, c), setting.sweeps, 0.0, 1e-13))
        return min(fits, key=lambda one: one.error)

    return _bisect(fit, least, most, within)


def _bisect(fit: Callable[[int], als.Fit], least: int, most: int, within: Callable[[als.Fit], bool]) -> als.Fit | None:
    found = fit(most)
    if not within(found):
        return None
    low, high = least, most
    while low < high:
        middle = (low + high) // 2
        one = fit(middle)
        if within(one):
            found, high = one, middle
        else:
            low = middle + 1
    return found
