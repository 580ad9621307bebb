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
FALLS = "its effective rank falls below half of that of a random matrix"
GROKKED = (
    "with weight decay modular addition is learned (test accuracy above 0.9), and the effective rank falls with it"
)
WITHOUT = "without weight decay the effective rank stays above that with weight decay"

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
    """A two-layer ReLU network on a + b mod p, half of the pairs, full-batch AdamW; accuracies beside the recording."""
    generator = np.random.default_rng(seed)
    a, b = (part.ravel() for part in np.meshgrid(np.arange(modulus), np.arange(modulus), indexing="ij"))
    inputs = np.concatenate([np.eye(modulus)[a], np.eye(modulus)[b]], axis=1)
    labels = (a + b) % modulus
    order = generator.permutation(len(labels))
    seen, held = np.split(order, [len(order) // 2])
    sizes = ((width, 2 * modulus), (modulus, width))
    weights = [generator.standard_normal(size) / np.sqrt(size[1]) for size in sizes]
    first, second = ([np.zeros(size) for size in sizes] for _ in range(2))
    recorder = WeightRecorder(path, vectors=8, every=max(steps // 60, 1))
    recorder.rewind(0)
    accuracy = []

    def outputs(rows: Any) -> tuple[Any, Any]:
        hidden = np.maximum(inputs[rows] @ weights[0].T, 0.0)
        return hidden, hidden @ weights[1].T

    for step in range(steps + 1):
        if recorder(step, {"hidden": weights[0], "output": weights[1]}):
            right = [float(np.mean(np.argmax(outputs(rows)[1], axis=1) == labels[rows])) for rows in (seen, held)]
            accuracy.append(right)
        hidden, logits = outputs(seen)
        logits -= logits.max(axis=1, keepdims=True)
        chance = np.exp(logits)
        chance /= chance.sum(axis=1, keepdims=True)
        chance[np.arange(len(seen)), labels[seen]] -= 1.0
        chance /= len(seen)
        back = (chance @ weights[1]) * (hidden > 0.0)
        slopes = (back.T @ inputs[seen], chance.T @ hidden)
        for k, slope in enumerate(slopes):
            first[k] = 0.9 * first[k] + 0.1 * slope
            second[k] = 0.98 * second[k] + 0.02 * slope**2
            moment = first[k] / (1.0 - 0.9 ** (step + 1))
            spread = second[k] / (1.0 - 0.98 ** (step + 1))
            weights[k] = weights[k] - 3e-3 * (moment / (np.sqrt(spread) + 1e-8) + decay * weights[k])
    data = recorder.to_xarray()
    data["accuracy"] = (("step", "rows"), np.array(accuracy))
    return data.assign_coords(rows=["training", "test"]).assign_attrs(part=f"addition-{decay:g}", decay=decay)


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
    parts = []
    for k, part in enumerate(
        (
            lambda: linear(place("linear")),
            lambda: quadratic(place("quadratic"), dimension),
            lambda: addition(place("decay"), 1.0, modulus, width, steps),
            lambda: addition(place("no-decay"), 0.0, modulus, width, steps),
        ),
        start=1,
    ):
        parts.append(part())
        run.advance(k, 4)
    return parts


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
        )  # fmt: skip
    )
    share = float(quad.effective_rank.values[-1, 0] / quad.random_effective_rank.values[0])
    claims.append(Claim.of(FALLS, f"d = {d}", f"{share:.2f} of it at the end", share < 0.5))
    with_decay, without = (parts[name] for name in ("addition-1", "addition-0"))
    reached = float(with_decay.accuracy.sel(rows="test").values[-1])
    start, end = (float(with_decay.effective_rank.sel(matrix="hidden").values[k]) for k in (0, -1))
    claims.append(
        Claim.of(
            GROKKED,
            "hidden layer",
            f"test accuracy {reached:.2f}; effective rank {start:.1f} → {end:.1f}",
            reached > 0.9 and end < 0.7 * start,
        )  # fmt: skip
    )
    other = float(without.effective_rank.sel(matrix="hidden").values[-1])
    claims.append(
        Claim.of(
            WITHOUT,
            "hidden layer",
            f"{other:.1f} against {end:.1f}; test accuracy {float(without.accuracy.sel(rows='test').values[-1]):.2f}",
            other > 1.2 * end,
        )  # fmt: skip
    )
    return claims


EXPERIMENT = Experiment(
    name="spectral-dynamics",
    title="Spectra of weights through training (arXiv:2408.11804)",
    claims=(END, ALIGNED, SPECTRUM, FALLS, GROKKED, WITHOUT),
    sizes={
        "quick": {"modulus": 23, "width": 96, "steps": 3000, "dimension": 40},
        "paper": {"modulus": 59, "width": 256, "steps": 20_000, "dimension": 100},
    },
    compute=_compute,
    draw=draw,
    judge=judge,
    caption=caption,
)
