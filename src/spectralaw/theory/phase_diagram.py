"""The phase diagram computed: risk, local exponents and labels over a grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from spectralaw.task import Task, required
from spectralaw.theory.grid import predict_grid
from spectralaw.theory.phases import Phase, boundaries, classify, logarithmic_correction, rate

if TYPE_CHECKING:
    import xarray

_POINTS = 33


def phase_diagram(
    task: Task, samples: ArrayLike | None = None, weight_decay: ArrayLike | None = None
) -> xarray.Dataset:
    """Excess risk, phases and exponents over a grid of samples and weight decay.

    Parameters
    ----------
    task : Task
        Network, dimension, noise and power-law teacher; its samples and weight decay are replaced by the grid.
    samples, weight_decay : array_like, optional
        By default 33 values each, logarithmically from n_eff = 0.1 to 10 d^max(2γ, 2) and over the decays that matter.

    Returns
    -------
    xarray.Dataset
        Over (samples, weight_decay), with effective_samples as a further coordinate: what
        :func:`spectralaw.predict_grid` returns; ``phase``, ``distance`` (decades to the nearest boundary: near one the
        label means little), ``samples_rate`` and ``weight_decay_rate`` (predicted exponents, logarithms
        of finite d included where they are known, to hold against the local samples_exponent and
        weight_decay_exponent). ``boundary_samples`` and ``boundary_weight_decay`` hold the
        ends of the analytic boundaries, by name.

    Raises
    ------
    InvalidInput
        For a teacher that is not a power law, a narrow network, or bad values of the axes.
    """
    edges = boundaries(required(task))
    d = float(task.dimension)
    gamma = float(task.teacher.gamma)  # type: ignore[attr-defined]  # boundaries() refuses other teachers
    unit = 1.0 if task.network == "diagonal" else d
    top = 10.0 * d ** max(2.0 * gamma, 2.0)
    n = np.maximum(np.geomspace(0.1, top, _POINTS) * unit, 1.0) if samples is None else samples
    decays = np.geomspace(0.01 * d**-1.5, 10.0 * d, _POINTS) if weight_decay is None else weight_decay
    data = predict_grid(task, samples=n, weight_decay=decays)
    labels, distance = classify(task, data.samples.values[:, None], data.weight_decay.values[None, :])
    dims = ("samples", "weight_decay")
    data["phase"] = (dims, labels)
    data["distance"] = (dims, distance, {"long_name": "decades to the nearest boundary"})
    rates = {str(phase): rate(task, phase) for phase in Phase}
    effective = data.samples.values / unit
    by_samples = np.full(labels.shape, np.nan)
    for phase in Phase:
        exponents = np.array([rate(task.replace(samples=n), phase).samples for n in data.samples.values])
        expected = (exponents + logarithmic_correction(task, phase, effective))[:, None]
        by_samples = np.where(labels == str(phase), expected, by_samples)
    data["samples_rate"] = (dims, by_samples)
    data["weight_decay_rate"] = (dims, np.vectorize(lambda name: rates[name].weight_decay)(labels).astype(float))
    data = data.assign_coords(effective_samples=("samples", effective))
    names = list(edges)
    data["boundary_samples"] = (("boundary", "end"), np.array([edges[k][0] for k in names]) * unit)
    data["boundary_weight_decay"] = (("boundary", "end"), np.array([edges[k][1] for k in names]))
    return data.assign_coords(boundary=names).assign_attrs(
        network=task.network, dimension=d, noise_variance=task.noise_variance, gamma=gamma
    )
