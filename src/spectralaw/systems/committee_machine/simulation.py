"""One-pass stochastic gradient descent of finite committee machines: the truth beside the equations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import erf

from spectralaw._checks import ours, positive_integer, seed_list
from spectralaw.display import Shown, number, with_error
from spectralaw.systems.committee_machine.averages import error, outputs
from spectralaw.systems.committee_machine.linear import nonnegative
from spectralaw.systems.committee_machine.setting import CommitteeSetting, directions

if TYPE_CHECKING:
    import xarray

Array = NDArray[np.float64]
CHUNK = 32  # examples whose inputs are multiplied at once
_TOGETHER = 2**22  # numbers that a chunk of all seeds may have
_SLOPE = np.sqrt(2.0 / np.pi)


@dataclass(frozen=True, repr=False)
class SimulatedCurves(Shown):
    """Learning curves of one network for each seed."""

    alphas: Array
    """Examples seen over N (A,), as near to those asked for as whole examples allow."""
    errors: Array
    """Generalisation error of each, exact for its weights (S, A)."""
    seeds: tuple[int, ...]
    dimension: int
    setting: CommitteeSetting

    @property
    def mean(self) -> Array:
        """Over seeds (A,)."""
        return self.errors.mean(axis=0)

    @property
    def standard_error(self) -> Array:
        """Of the mean (A,)."""
        return self.errors.std(axis=0, ddof=1) / np.sqrt(len(self.seeds))

    def to_xarray(self) -> xarray.Dataset:
        """Over seed and alpha."""
        import xarray

        return xarray.Dataset(
            {"generalization_error": (("seed", "alpha"), self.errors)},
            coords={"seed": list(self.seeds), "alpha": self.alphas},
            attrs={"dimension": self.dimension},
        )

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        k = int(np.argmax(self.alphas))
        return f"Simulated learning curves, N = {self.dimension:,}", [
            ("seeds", f"{len(self.seeds)}"),
            (f"error at α = {number(self.alphas[k])}", with_error(self.mean[k], self.standard_error[k])),
        ]


def simulate(setting: CommitteeSetting, alphas: ArrayLike, dimension: int, seeds: Any = 8) -> SimulatedCurves:
    """Train committee machines in N dimensions, each example seen once, from the very overlaps of the setting.

    Teachers and students are random vectors with exactly the overlaps at the start that the setting has, in every
    level; the equations differ from the mean over seeds by what N → ∞ leaves out. Errors are those of the weights, from
    their overlaps, without a test set. Cost grows with α N² for every seed: products of 32 examples at once, which
    leave only numbers for the pass one by one.

    Parameters
    ----------
    setting : CommitteeSetting
    alphas
        Examples over dimension, 0 or greater, in any order.
    dimension : int
        N; every level must have a whole number of directions, K + M or more.
    seeds
        How many, 2 or more, or which.

    Raises
    ------
    InvalidInput
        For other values.
    """
    ours("setting", setting, "CommitteeSetting")
    points = nonnegative("alphas", alphas)
    N = positive_integer("dimension", dimension)
    chosen = seed_list("seeds", seeds, 2)
    counts = directions(setting, N)
    examples = np.rint(points * N).astype(int)
    generators = [np.random.default_rng(seed) for seed in chosen]
    stops, place = np.unique(examples, return_inverse=True)
    together = max(_TOGETHER // (CHUNK * (N + CHUNK)), 1)
    groups = [generators[first : first + together] for first in range(0, len(generators), together)]
    found = np.concatenate([_train(setting, counts, group, stops) for group in groups])
    return SimulatedCurves(examples / N, found[:, place], tuple(chosen), N, setting)


def _train(
    setting: CommitteeSetting, counts: list[int], generators: list[np.random.Generator], stops: NDArray[np.intp]
) -> Array:
    """Errors (S, stops) after so many examples."""
    K, N = setting.students, sum(counts)
    eigenvalues = np.repeat(setting.spectrum.values, counts)
    scale = np.sqrt(eigenvalues)
    # weights in units of the pre-activation: x = W z for white z, and W changes along λ z
    W = np.stack([_start(setting, counts, generator) for generator in generators]) * (scale / np.sqrt(N))
    c = outputs(K, setting.teachers)
    pull = setting.learning_rate / (np.sqrt(K) * N)
    results, seen = np.empty((len(generators), len(stops))), 0
    for k, stop in enumerate(stops):
        while seen < stop:
            size = min(CHUNK, int(stop) - seen)
            z = np.stack([generator.standard_normal((size, N), dtype=np.float32) for generator in generators])
            z = z.astype(float)
            stretched = z * eigenvalues
            before = W @ np.swapaxes(z, -1, -2)  # (S, K + M, size), without the changes within the chunk
            likeness = stretched @ np.swapaxes(z, -1, -2)
            changes = _one_by_one(setting.activation, before, likeness, c, pull, K)
            W[:, :K] += np.swapaxes(changes, -1, -2) @ stretched
            seen += size
        gram = W @ np.swapaxes(W, -1, -2)
        results[:, k] = error(setting.activation, gram[:, :K, :K], gram[:, :K, K:], gram[:, K:, K:])
    return results


def _one_by_one(activation: str, before: Array, likeness: Array, c: Array, pull: float, students: int) -> Array:
    """Multiples of each example that are added to the students (S, size, K)."""
    seeds, _, size = before.shape
    changes = np.zeros((seeds, size, students))
    taught = before[:, students:]
    taught = (erf(taught / np.sqrt(2.0)) if activation == "erf" else taught).transpose(0, 2, 1) @ c[students:]
    for k in range(size):
        x = before[:, :students, k]
        if k:
            x = x + (likeness[:, k, None, :k] @ changes[:, :k])[:, 0]
        if activation == "erf":
            difference = taught[:, k] + erf(x / np.sqrt(2.0)) @ c[:students]
            slope = _SLOPE * np.exp(-0.5 * x * x)
            changes[:, k] = pull * difference[:, None] * slope
        else:
            changes[:, k] = pull * (taught[:, k] + x @ c[:students])[:, None]
    return changes


def _start(setting: CommitteeSetting, counts: list[int], generator: np.random.Generator) -> Array:
    """Students and teachers (K + M, N) with exactly the overlaps of the setting in every level."""
    parts = []
    for gram, count in zip(setting.gram(), counts, strict=True):
        frame = np.linalg.qr(generator.standard_normal((count, len(gram))))[0]
        values, vectors = np.linalg.eigh(gram)
        parts.append((vectors * np.sqrt(np.maximum(values, 0.0))) @ frame.T * np.sqrt(count))
    return np.concatenate(parts, axis=1)
