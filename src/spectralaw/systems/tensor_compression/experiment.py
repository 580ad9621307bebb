"""Tensor compression: how the error of kernels and of a network falls with the rank, and what is certified of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.reproduction.experiment import Experiment, Run
from spectralaw.systems.tensor_compression.arguments import Array
from spectralaw.systems.tensor_compression.certificate import certificate
from spectralaw.systems.tensor_compression.compress import compress
from spectralaw.systems.tensor_compression.cp import cp
from spectralaw.systems.tensor_compression.digits import digits, trained
from spectralaw.systems.tensor_compression.figure import caption, draw
from spectralaw.systems.tensor_compression.network import forward
from spectralaw.systems.tensor_compression.setting import CompressionSetting
from spectralaw.systems.tensor_compression.verdict import CLAIMS, judge

if TYPE_CHECKING:
    import xarray

SHAPE = (8, 6, 3, 3)


def planted(rank: int, seed: int) -> Array:
    """A kernel of random terms with scales from 2 down to 0.5."""
    rng = np.random.default_rng(seed)
    factors = [rng.standard_normal((n, rank)) for n in (*SHAPE[:2], 9)]
    factors = [f / np.linalg.norm(f, axis=0) for f in factors]
    return np.einsum("ir,jr,kr,r->ijk", *factors, np.geomspace(2.0, 0.5, rank), optimize=True).reshape(SHAPE)


def planted_network(seed: int) -> tuple[list[Array], Array]:
    """Two convolutions and a dense layer of 3, 4 and 5 random terms with noise of 1e-4, and white images."""
    rng = np.random.default_rng(seed)
    weights = []
    for rank, shape in ((3, (12, 3, 3, 3)), (4, (16, 12, 3, 3)), (5, (10, 16 * 64))):
        sides = (shape[0], shape[1], 9) if len(shape) > 2 else shape
        factors = [rng.standard_normal((n, rank)) for n in sides]
        kernel = np.einsum("ir,jr,kr->ijk", *factors) if len(shape) > 2 else factors[0] @ factors[1].T
        kernel = kernel.reshape(shape) / np.linalg.norm(kernel) * np.sqrt(shape[0])
        weights.append(kernel + 1e-4 * np.sqrt(shape[0] / kernel.size) * rng.standard_normal(shape))
    return weights, rng.standard_normal((64, 3, 8, 8))


def compute_truncation(rank: int, seeds: int, advance) -> xarray.Dataset:
    """Planted kernels found again, and their terms dropped one by one, over (seed, kept)."""
    import xarray

    names = ("operator_error", "termwise", "bound", "noise", "frobenius_error", "margin", "operator_norm")
    rows = np.full((len(names), seeds, rank - 1), np.nan)
    recovery = np.full(seeds, np.nan)
    for seed in range(seeds):
        kernel = planted(rank, seed)
        found = cp(kernel, rank, seed=seed)
        recovery[seed] = np.max(np.abs(found.reconstruct() - kernel)) if found.status.is_result else np.nan
        for j in range(1, rank):
            one = certificate(kernel, j, decomposition=found)
            rows[:, seed, j - 1] = [getattr(one, name) for name in names]
        advance()
    return xarray.Dataset(
        {**{n: (("seed", "kept"), r) for n, r in zip(names, rows, strict=True)}, "recovery": ("seed", recovery)},
        coords={"seed": np.arange(seeds), "kept": np.arange(1, rank)},
        attrs={"part": "truncation", "rank": rank, "shape": list(SHAPE)},
    )


def compute_ranks(kernel: Array, ranks: Sequence[int], name: str, advance) -> xarray.Dataset:
    """One kernel fitted by more and more terms: errors and certificate against the rank."""
    import xarray

    columns = ("relative_error", "operator_error", "other_sizes", "bound", "gradient", "share")
    rows = np.full((len(columns), len(ranks)), np.nan)
    for k, rank in enumerate(ranks):
        found = cp(kernel, rank, sweeps=500)
        one = certificate(kernel, rank, decomposition=found)
        rest = kernel - found.reconstruct()
        norm = one.operator_norm
        others = max(certificate_value(rest, size) for size in (5, 11, 32, 45))
        rows[:, k] = (
            found.relative_error, one.operator_error / norm, others / norm, one.bound / norm, found.gradient,
            found.parameters / kernel.size,
        )  # fmt: skip
        advance()
    return xarray.Dataset(
        {n: ("rank", r) for n, r in zip(columns, rows, strict=True)},
        coords={"rank": np.array(ranks)},
        attrs={"part": name, "shape": list(kernel.shape)},
    )


def certificate_value(kernel: Array, size: int) -> float:
    """The operator norm on square images of one size."""
    from spectralaw.systems.tensor_compression.operator_norm import operator_norm

    return operator_norm(kernel, (size, size)).value


def compute_network(
    network: str, weights: list[Array], images: Array, tolerances: Sequence[float], guarantee: str, advance
) -> xarray.Dataset:
    """A network compressed to each tolerance: errors over (tolerance, sample), parameters, predictions that stay."""
    import xarray

    measured, certified, share, same = [], [], [], []
    before = np.argmax(forward(weights, images)[-1], axis=1)
    for error in tolerances:
        found = compress(weights, inputs=images, setting=CompressionSetting(error, guarantee, sweeps=200))
        measured.append(found.measured)
        certified.append(found.certified)
        share.append(found.parameters / found.parameters_before)
        same.append(np.mean(np.argmax(forward(found.weights, images)[-1], axis=1) == before))
        advance()
    return xarray.Dataset(
        {
            "measured": (("tolerance", "sample"), np.array(measured)),
            "certified": (("tolerance", "sample"), np.array(certified)),
            "share": ("tolerance", share),
            "same_predictions": ("tolerance", same),
        },
        coords={"tolerance": list(tolerances)},
        attrs={"part": guarantee, "network": network, "samples": len(images)},
    )


def compute(run: Run, rank: int, seeds: int, epochs: int, samples: int) -> list[xarray.Dataset]:
    """All parts."""
    typical, certified = (0.9, 0.8, 0.6, 0.4, 0.2), (0.9, 0.3, 0.1, 0.03)
    ranks = (1, 2, 4, 8, 16, 32, 48, 64, 79, 96)
    total = seeds + 2 * len(ranks) + len(typical) + len(certified)
    done = iter(range(1, total + 1))
    advance = lambda: run.advance(next(done), total)  # noqa: E731
    train_images, train_classes, images, _ = digits()
    weights = trained(train_images, train_classes, epochs, 0)
    random = np.random.default_rng(0).standard_normal(weights[1].shape)
    return [
        compute_truncation(rank, seeds, advance),
        compute_ranks(random, ranks, "random", advance),
        compute_ranks(weights[1], ranks, "trained", advance),
        compute_network("digits", weights, images[:samples], typical, "typical", advance),
        compute_network("planted", *planted_network(0), certified, "certified", advance),
    ]


EXPERIMENT = Experiment(
    name="tensor-compression",
    title="Compression of convolutions by rank-one terms, certified (arXiv:2001.05070)",
    claims=CLAIMS,
    sizes={
        "quick": {"rank": 5, "seeds": 10, "epochs": 12, "samples": 200},
        "paper": {"rank": 6, "seeds": 50, "epochs": 40, "samples": 497},
    },
    compute=compute,
    draw=draw,
    judge=judge,
    caption=caption,
    references=("li2020understanding",),
)
