"""From the kernel to the rich regime: what is learned against the scale, and how many samples it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spectralaw._checks import finite, seed_list, shown, vector
from spectralaw.errors import InvalidInput
from spectralaw.systems.kernel_rich.kernel import growth, kernel_change
from spectralaw.systems.kernel_rich.limits import min_l1, min_l2
from spectralaw.systems.kernel_rich.minimiser import min_potential
from spectralaw.systems.kernel_rich.setting import SparseRegression

if TYPE_CHECKING:
    import xarray


def regime_sweep(scales: Any, setting: SparseRegression | None = None, *, seeds: Any = 8) -> xarray.Dataset:
    """What gradient flow ends at, over the scale of the weights.

    Parameters
    ----------
    scales : list of float
        Positive.
    setting : SparseRegression, optional
    seeds : int or list of int
        How many data sets (0, 1, …), or which.

    Returns
    -------
    xarray.Dataset
        Over (scale, seed): ``l1_excess`` = ‖β‖₁/min − 1 and ``l2_excess`` = ‖β‖₂/min − 1 among interpolating
        coefficients, ``test_error`` = ‖β − β*‖², ``kernel_change`` = ‖K − K₀‖/‖K₀‖, and ``converged``; numbers that are
        not converged are NaN. Over seed: ``l1_test_error``, ``l2_test_error`` of the two ends.

    Raises
    ------
    InvalidInput
        For scales that are not positive, another setting, and what are no seeds.
    """
    import xarray

    values, asked = positive("scales", scales), checked_setting(setting)
    chosen = seed_list("seeds", seeds)
    names = ("l1_excess", "l2_excess", "test_error", "kernel_change")
    found = {name: np.full((values.size, len(chosen)), np.nan) for name in names}
    converged = np.zeros((values.size, len(chosen)), dtype=bool)
    ends = np.full((2, len(chosen)), np.nan)
    for j, seed in enumerate(chosen):
        data = asked.draw(seed)
        sparse, small = min_l1(data.inputs, data.labels), min_l2(data.inputs, data.labels)
        ends[:, j] = [
            float(np.sum((end.coefficients - data.target) ** 2)) if end.status.is_result else np.nan
            for end in (sparse, small)
        ]
        for i, scale in enumerate(values):
            one = min_potential(data.inputs, data.labels, float(scale), asked.depth)
            converged[i, j] = one.status.is_result and sparse.status.is_result
            if converged[i, j]:
                grown = growth(one.coefficients, one.scale**one.depth, one.depth)
                found["l1_excess"][i, j] = one.l1_norm / sparse.norm - 1.0
                found["l2_excess"][i, j] = one.l2_norm / small.norm - 1.0
                found["test_error"][i, j] = float(np.sum((one.coefficients - data.target) ** 2))
                found["kernel_change"][i, j] = kernel_change(data.inputs, grown)
    dims = ("scale", "seed")
    return xarray.Dataset(
        {
            **{name: (dims, array) for name, array in found.items()},
            "converged": (dims, converged),
            "l1_test_error": ("seed", ends[0]),
            "l2_test_error": ("seed", ends[1]),
        },
        coords={"scale": values, "seed": chosen},
        attrs=asked.to_dict(),
    )


def sample_complexity(
    scales: Any, samples: Any, setting: SparseRegression | None = None, *, error: float = 0.1, seeds: Any = 8
) -> xarray.Dataset:
    """How many samples it takes to a given test error, over the scale of the weights.

    Parameters
    ----------
    scales : list of float
        Positive.
    samples : list of int
        Numbers to try, increasing, each below the dimension; with the same seed fewer samples are the first of more.
    setting : SparseRegression, optional
        Its own number of samples is not used.
    error : float
        Test error ‖β − β*‖² to reach, below ‖β*‖² = 1.
    seeds : int or list of int

    Returns
    -------
    xarray.Dataset
        ``test_error`` over (scale, samples, seed), NaN where it is not converged; ``needed`` over (scale, seed): the
        fewest samples from which on the error stays below ``error``, NaN where the largest number is too few.

    Raises
    ------
    InvalidInput
        For anything else.
    """
    import xarray

    values, asked = positive("scales", scales), checked_setting(setting)
    counts, level = vector("samples", samples), finite("error", error)
    if np.any(counts != np.floor(counts)) or counts[0] < 1 or np.any(np.diff(counts) <= 0.0):
        raise InvalidInput(f"samples must be whole numbers of 1 or greater, increasing, not {counts.tolist()}")
    if counts[-1] >= asked.dimension:
        raise InvalidInput(f"samples must be fewer than dimension = {asked.dimension}, not {counts[-1]:g}")
    if not 0.0 < level < 1.0:
        raise InvalidInput(f"error must be between 0 and 1, not {level:g}")
    chosen = seed_list("seeds", seeds)
    found = np.full((values.size, counts.size, len(chosen)), np.nan)
    for k, seed in enumerate(chosen):
        data = asked.replace(samples=int(counts[-1])).draw(seed)
        for j, n in enumerate(counts.astype(int)):
            for i, scale in enumerate(values):
                one = min_potential(data.inputs[:n], data.labels[:n], float(scale), asked.depth)
                if one.status.is_result:
                    found[i, j, k] = float(np.sum((one.coefficients - data.target) ** 2))
    dims = ("scale", "samples", "seed")
    return xarray.Dataset(
        {"test_error": (dims, found), "needed": (("scale", "seed"), needed(counts, found, level))},
        coords={"scale": values, "samples": counts.astype(int), "seed": chosen},
        attrs={**{name: value for name, value in asked.to_dict().items() if name != "samples"}, "error": level},
    )


def needed(counts: np.ndarray, errors: np.ndarray, level: float) -> np.ndarray:
    """The first of the counts (middle axis) from which on all errors are at most the level; NaN where there is none."""
    below = np.flip(np.logical_and.accumulate(np.flip(errors <= level, axis=1), axis=1), axis=1)  # NaN is not below
    first = np.where(below.any(axis=1), below.argmax(axis=1), -1)
    return np.where(first >= 0, counts[first], np.nan)


def positive(name: str, numbers: Any) -> np.ndarray:
    """A list of positive numbers."""
    values = vector(name, numbers)
    if np.any(values <= 0.0):
        wrong = int(np.argmax(values <= 0.0))
        raise InvalidInput(f"{name} must be greater than 0, but its entry {wrong} is {values[wrong]:g}")
    return values


def checked_setting(setting: Any) -> SparseRegression:
    """The setting that is asked for, by default the one of the class."""
    if setting is None:
        return SparseRegression()
    if not isinstance(setting, SparseRegression):
        raise InvalidInput(f"setting must be a SparseRegression, not {shown(setting)}")
    return setting
