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
from spectralaw.parallel import control_groups
from spectralaw.task import Task
from spectralaw.training import active_set

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
    """Memory that training a task takes at its peak, in bytes, workspaces included, the interpreter not.

    With one thread of linear algebra; each further one keeps a buffer of its own, about 21 MB as measured.

    Fitted to what was measured (``tests/training/test_memory.py``): not below it, and within a factor of two where the
    weights do not collapse to zero.
    """
    n, d, p = whole_samples(task), task.dimension, task.width or task.dimension
    if task.network == "diagonal":
        arrays: float = n * d + 10 * (n + d)
        if method == "network":
            arrays += 110 * d
        elif method == "convex":
            gram = 1.3 * d * d if n > d else 0.0
            arrays += n * d + max(gram, _newton_arrays(task, n, d))  # a copy by columns, and the matrices
    else:
        arrays = 8.0 * n + min(n * d, 1 << 19)
        if method == "convex":
            arrays += 2.3 * n * d + min(n * d, 1 << 18) + 17 * d * d
        else:
            arrays += n * d + min(n * d, _BLOCK) + 11 * d * d + (60 * p * d if method == "network" else 0)
    return int(8 * arrays) + _ALWAYS


_ALWAYS = 3 << 20  # bytes of small arrays, and of what the allocator keeps
_LONG = 0.6  # λ √(d/n) over the size of the labels, below which coordinate descent may be too slow; 0.3 was measured


def _newton_arrays(task: Task, n: int, d: int) -> float:
    """64-bit numbers that the Newton steps of the LASSO take, where they may be needed."""
    spectrum = getattr(task.teacher, "spectrum", None)
    power = 1.0 if spectrum is None or task.teacher.normalize else sum(s * s for s in spectrum)  # type: ignore
    size = np.sqrt(power + task.noise_variance)
    slow = task.weight_decay * np.sqrt(d / n) < (_LONG if n < 1.2 * d else 0.25 * _LONG) * size
    if not slow or d > 4 * n:
        return 0.0
    double = float(n) * d * d <= active_set.DOUBLE
    return (1.0 if double else 0.5) * (4.3 * d * d + 3.0 * min(n, d) * d)


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
    for group in control_groups("memory"):
        for most, used in (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes")):
            try:
                limits.append(int((group / most).read_text()) - int((group / used).read_text()))
            except (OSError, ValueError):  # no such file here, or no limit
                continue
    return max(min(limits), 0) if limits else None
