"""Spectra of weights through training: a linear network with a known end, grokking, and the quadratic network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spectralaw.figures.spectral_dynamics import caption, draw
from spectralaw.reproduction.claims import Claim
from spectralaw.reproduction.experiment import Experiment, Run
from spectralaw.task import Task
from spectralaw.theory import predict
from spectralaw.training import train
from spectralaw.weights.recorder import WeightRecorder

if TYPE_CHECKING:
    import xarray

END = "two linear layers with weight decay end at singular values (s − λ)₊ of the target, to 1e-3"
ALIGNED = "and their layers are aligned in every direction that survives, to 1e-3"
SPECTRUM = "the quadratic network, trained from a random start, ends at the predicted outliers, each to 3 σ or 5 %"
FALLS = "its effective rank falls by a fifth and more, and ends below that of a random matrix"
GROKKED = "with weight decay modular addition generalises (test accuracy above 0.9), without it it does not (below 0.5)"
RANK = "the effective rank of the hidden layer falls by a tenth and more as it generalises"

TARGET = np.array([3.0, 1.5, 0.8, 0.3])
DECAY = 0.5


def linear(path: Path, steps: int = 4000, rate: float = 0.02, seed: int = 0) -> xarray.Dataset:
    """Gradient descent on ½ ‖W₂ W₁ − A‖² + ½ λ (‖W₁‖² + ‖W₂‖²), A = diag(3, 1.5, 0.8, 0.3), λ = 0.5."""
    generator = np.random.default_rng(seed)
    first, second = (0.3 * generator.standard_normal((4, 4)) for _ in range(2))
    target, recorder = np.diag(TARGET), WeightRecorder(path, vectors=4, every=steps // 100)
    recorder.rewind(0)
    for step in range(steps + 1):
        recorder(step, {"W1": first, "W2": second, "product": second @ first})
        error = second @ first - target
        first, second = (
            first - rate * (second.T @ error + DECAY * first),
            second - rate * (error @ first.T + DECAY * second),
        )
    return recorder.to_xarray().assign_attrs(part="linear", alive=int(np.sum(TARGET > DECAY)))


def addition(path: Path, decay: float, modulus: int, width: int, steps: int, seed: int = 0) -> xarray.Dataset:
    """A two-layer network of squares on a + b mod p, three fifths of the pairs, full-batch AdamW; and accuracies."""
    generator = np.random.default_rng(seed)
    a, b = (part.ravel() for part in np.meshgrid(np.arange(modulus), np.arange(modulus), indexing="ij"))
    inputs = np.concatenate([np.eye(modulus)[a], np.eye(modulus)[b]], axis=1)
    labels = (a + b) % modulus
    order = generator.permutation(len(labels))
    seen, held = np.split(order, [3 * len(order) // 5])
    sizes = ((width, 2 * modulus), (modulus, width))
    weights = [generator.standard_normal(size) / np.sqrt(size[1]) for size in sizes]
    first, second = ([np.zeros(size) for size in sizes] for _ in range(2))
    recorder = WeightRecorder(path, vectors=8, every=max(steps // 60, 1))
    recorder.rewind(0)
    accuracy = []

    def outputs(rows: Any) -> tuple[Any, Any]:
        before = inputs[rows] @ weights[0].T
        return before, before**2 @ weights[1].T

    for step in range(steps + 1):
        if recorder(step, {"hidden": weights[0], "output": weights[1]}):
            right = [float(np.mean(np.argmax(outputs(rows)[1], axis=1) == labels[rows])) for rows in (seen, held)]
            accuracy.append(right)
        before, logits = outputs(seen)
        logits -= logits.max(axis=1, keepdims=True)
        chance = np.exp(logits)
        chance /= chance.sum(axis=1, keepdims=True)
        chance[np.arange(len(seen)), labels[seen]] -= 1.0
        chance /= len(seen)
        back = (chance @ weights[1]) * (2.0 * before)
        slopes = (back.T @ inputs[seen], chance.T @ before**2)
        for k, slope in enumerate(slopes):
            first[k] = 0.9 * first[k] + 0.1 * slope
            second[k] = 0.98 * second[k] + 0.02 * slope**2
            moment = first[k] / (1.0 - 0.9 ** (step + 1))
            spread = second[k] / (1.0 - 0.98 ** (step + 1))
            weights[k] = weights[k] - 3e-3 * (moment / (np.sqrt(spread) + 1e-8) + decay * weights[k])
    data = recorder.to_xarray()
    data["accuracy"] = (("step", "rows"), np.array(accuracy))
    return data.assign_coords(rows=["training", "test"]).assign_attrs(
        part=f"addition-{decay:g}", decay=decay, modulus=modulus
    )


def quadratic(path: Path, dimension: int) -> xarray.Dataset:
    """``train(method="network")`` with a recorder, and the outliers that theory predicts."""
    task = Task("quadratic", dimension, dimension**2, 1.0, 0.5)
    recorder = WeightRecorder(path, vectors=8, every=2)
    recorder.rewind(0)
    trained = train(task, 0, "network", record=recorder)
    data = recorder.to_xarray()
    outliers = [o.location for o in predict(task).outliers]
    data["outlier"] = ("outlier_rank", outliers)
    data["trained"] = ("outlier_rank", trained.spectrum[: len(outliers)])
    noise = predict(task).effective_noise
    return data.assign_attrs(part="quadratic", dimension=dimension, error=float(noise * np.sqrt(2.0 / dimension)))


def _compute(run: Run, modulus: int, width: int, steps: int, dimension: int) -> list[xarray.Dataset]:
    place = lambda name: run.folder / f"{run.name}-{name}.weights"  # noqa: E731
    return run.parts(
        (
            lambda: linear(place("linear")),
            lambda: quadratic(place("quadratic"), dimension),
            lambda: addition(place("decay"), 1.0, modulus, width, steps),
            lambda: addition(place("no-decay"), 0.0, modulus, width, steps),
        )
    )


def judge(datasets: Sequence[xarray.Dataset]) -> list[Claim]:
    """Every claim."""
    parts = {data.attrs["part"]: data for data in datasets}
    claims = []
    line = parts["linear"]
    found = line.singular_values.sel(matrix="product").values[-1, :4]
    wanted = np.maximum(TARGET - DECAY, 0.0)
    off = float(np.max(np.abs(found - wanted)))
    about = "A = diag(3, 1.5, 0.8, 0.3), λ = 0.5"
    claims.append(Claim.of(END, about, f"{', '.join(f'{v:.4f}' for v in found)}; largest error {off:.1e}", off <= 1e-3))
    alive = int(line.attrs["alive"])
    factors = line.singular_values.sel(matrix=["W1", "W2"]).values[-1, :, :alive]
    spread = float(np.max(np.abs(factors - np.sqrt(wanted[:alive]))))
    claims.append(
        Claim.of(ALIGNED, about, f"singular values of both layers are √(s − λ) to {spread:.1e}", spread <= 1e-3)
    )  # a product has singular values of the product of the factors' only where these are aligned
    quad = parts["quadratic"]
    d = quad.attrs["dimension"]
    difference = np.abs(quad.trained - quad.outlier).values
    allowed = np.maximum(3.0 * quad.attrs["error"], 0.05 * quad.outlier.values)
    claims.append(
        Claim.of(
            SPECTRUM,
            f"d = {d}, n = d²",
            f"{int(np.sum(difference <= allowed))} of {difference.size}",
            bool(difference.size > 0 and np.all(difference <= allowed)),
        )
    )
    first, last = (float(quad.effective_rank.values[k, 0]) for k in (0, -1))
    random = float(quad.random_effective_rank.values[0])
    measured = f"{first:.1f} → {last:.1f}, random matrix {random:.1f}"
    claims.append(Claim.of(FALLS, f"d = {d}", measured, last < 0.8 * first and last < random))
    with_decay, without = (parts[name] for name in ("addition-1", "addition-0"))
    reached, missed = (float(part.accuracy.sel(rows="test").values[-1]) for part in (with_decay, without))
    about = f"a + b mod {with_decay.attrs['modulus']}"
    claims.append(
        Claim.of(
            GROKKED, about, f"test accuracy {reached:.2f} with, {missed:.2f} without", reached > 0.9 and missed < 0.5
        )
    )
    start, end = (float(with_decay.effective_rank.sel(matrix="hidden").values[k]) for k in (0, -1))
    other = float(without.effective_rank.sel(matrix="hidden").values[-1])
    falls = end < 0.9 * start
    reason = "" if falls else "the wide layer keeps using all Fourier modes; the published run is larger and longer"
    claims.append(Claim.of(RANK, about, f"{start:.1f} → {end:.1f}; {other:.1f} without weight decay", falls, reason))
    return claims


EXPERIMENT = Experiment(
    name="spectral-dynamics",
    title="Spectra of weights through training (arXiv:2408.11804)",
    claims=(END, ALIGNED, SPECTRUM, FALLS, GROKKED, RANK),
    sizes={
        "quick": {"modulus": 31, "width": 128, "steps": 3000, "dimension": 40},
        "paper": {"modulus": 59, "width": 256, "steps": 20_000, "dimension": 100},
    },
    compute=_compute,
    draw=draw,
    judge=judge,
    caption=caption,
    references=("yunis2024approaching",),
)
