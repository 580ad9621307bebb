"""Sampled data: a teacher, Gaussian inputs, noisy labels.

Three independent streams are spawned from the seed, in this order: the teacher (coefficients, or eigenvectors), the
inputs, the label noise. Inputs and noise are drawn sample by sample, so that with the same seed the data of fewer
samples are the first of the data of more, and a change of Δ or λ changes neither teacher nor inputs.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spectralaw.errors import InvalidInput
from spectralaw.task import Task

Array = NDArray[np.float64]

_BLOCK = 1 << 22  # numbers of a temporary array


@dataclass(frozen=True)
class Data:
    """A training set and the function that labelled it."""

    inputs: Array
    """x, shape (n, d)."""
    labels: Array
    """y = f*(x) + √Δ ξ, shape (n,)."""
    target: Array
    """θ*, shape (d,), of the diagonal network; S*, shape (d, d), of the quadratic one."""
    covariance: Array | None = None
    """Σ of the inputs: its diagonal, shape (d,), or the matrix (quadratic network); None for white ones."""


def whole_samples(task: Task) -> int:
    """The number of samples that training uses: n rounded to a whole number, at least one."""
    return max(1, round(task.samples))


def draw(task: Task, seed: int) -> Data:
    """The training set of a task.

    Parameters
    ----------
    task : Task
    seed : int
        Any non-negative whole number.

    Raises
    ------
    InvalidInput
        When the arrays would not fit into memory; says how many bytes they take.
    """
    n, d = whole_samples(task), task.dimension
    teacher, inputs, noise = (np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(3))
    sizes = task.teacher_values()
    if task.network == "diagonal":
        gaussian = task.teacher.coefficients == "gaussian"
        target = sizes * teacher.standard_normal(d) if gaussian else sizes
    else:
        eigenvectors = haar(d, teacher)
        target = (eigenvectors * sizes) @ eigenvectors.T
    x = inputs.standard_normal((n, d))
    covariance = None
    if not task.white:
        covariance = task.inputs.variances(d)
        x *= np.sqrt(covariance)
        if task.network == "quadratic":  # white inputs have no directions of their own, these have the teacher's
            x = x @ eigenvectors.T
            covariance = (eigenvectors * covariance) @ eigenvectors.T
    labels = evaluate(task.network, target, x, covariance)
    labels += np.sqrt(task.noise_variance) * noise.standard_normal(n)
    return Data(x, labels, target, covariance)


def haar(dimension: int, generator: np.random.Generator) -> Array:
    """A random orthogonal matrix, uniformly distributed: QR of a Gaussian matrix with the signs of R undone."""
    q, r = np.linalg.qr(generator.standard_normal((dimension, dimension)))
    return q * np.sign(np.diag(r))


def evaluate(network: str, weights: Array, inputs: Array, covariance: Array | None = None) -> Array:
    """f(x) = θ·x, or Tr[S (x xᵀ − Σ)] / √d, at each input."""
    if network == "diagonal":
        return inputs @ weights
    d = len(weights)
    result = np.empty(len(inputs))
    rows = max(1, _BLOCK // d)
    for begin in range(0, len(inputs), rows):
        block = inputs[begin : begin + rows]
        result[begin : begin + rows] = np.einsum("ij,ij->i", block @ weights, block)
    return (result - (np.trace(weights) if covariance is None else np.sum(weights * covariance))) / np.sqrt(d)


def bytes_needed(task: Task, method: str) -> int:
    """Memory that training a task takes at its peak, in bytes, workspaces included."""
    n, d, p = whole_samples(task), task.dimension, task.width or task.dimension
    if task.network == "diagonal":
        arrays = 2 * n * d + 8 * (n + d) + (3 * d * d if d <= 4 * n else 0)
    elif method == "network":
        arrays = n * d + 4 * n + 4 * d * d + 50 * p * d + 2 * _BLOCK
    else:
        arrays = 2 * n * d + 8 * n + 24 * d * d + 2 * _BLOCK  # 32-bit copies of the inputs and of the hidden units
    return 8 * arrays


def refuse_too_large(task: Task, method: str) -> None:
    """Raise when a task does not fit into the memory of this machine."""
    needed, available = bytes_needed(task, method), memory_available()
    if available is not None and needed > available:
        raise InvalidInput(
            f"training samples={whole_samples(task):,} in dimension={task.dimension:,} takes {needed:,} bytes "
            f"({needed / 2**30:,.1f} GiB), but only {available:,} bytes are available; "
            "take fewer samples or a smaller dimension"
        )


def memory_available() -> int | None:
    """Bytes that can be allocated without swapping, within the limit of the control group; None where unknown."""
    limits = []
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        fields = dict(line.split(":", 1) for line in meminfo.read_text().splitlines() if ":" in line)
        if "MemAvailable" in fields:
            limits.append(1024 * int(fields["MemAvailable"].split()[0]))
    elif hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        limits.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    group = Path("/sys/fs/cgroup")
    try:
        limits.append(int((group / "memory.max").read_text()) - int((group / "memory.current").read_text()))
    except (OSError, ValueError):  # no control group, or one without a limit
        pass
    return max(min(limits), 0) if limits else None
