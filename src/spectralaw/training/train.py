"""``train``: from a task and a seed to a trained network."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw._checks import whole
from spectralaw.errors import InvalidInput
from spectralaw.results import Status
from spectralaw.task import Task, required
from spectralaw.training import amp, lasso, methods, network, nuclear
from spectralaw.training.data import Data, draw, refuse_too_large
from spectralaw.training.sensing import Sensing
from spectralaw.training.trained import Trained
from spectralaw.training.uniqueness import Certified, distance_of_another

Array = NDArray[np.float64]

_GAP, _GRADIENT = "relative duality gap", "relative gradient"
_SAME = 1e-3  # relative distance within which another minimiser is what the tolerance leaves open
_NUMERICALLY_ZERO = 1e-6  # of the largest or of the typical teacher value, for methods that only approach zero


@dataclass(frozen=True)
class _Outcome:
    weights: Mapping[str, Array]
    estimate: Array
    spectrum: Array
    certificate: float
    kind: str
    iterations: int
    trajectory: Mapping[str, Array] | None = None
    rounding: float = 0.0
    """Certificate that rounding alone can leave."""
    another: float | None = None
    """Relative distance of another minimiser."""


def train(
    task: Task,
    seed: int = 0,
    method: str = "convex",
    *,
    record: Callable[[int, Any], Any] | None = None,
    **options: Any,
) -> Trained:
    """Train a network of finite size on sampled data.

    Parameters
    ----------
    task : Task
        weight_decay > 0. The number of samples is rounded to a whole number.
    seed : int
        Makes teacher, inputs and label noise, each from its own stream (:mod:`spectralaw.training.data`), and the
        random start of ``method="network"``.
    method : {"convex", "network", "amp"}
        ``convex`` finds the exact minimiser: the LASSO (diagonal) or least squares over positive matrices with a
        nuclear norm (quadratic, width ≥ dimension). ``network`` trains the weights themselves by L-BFGS. ``amp`` is
        approximate message passing (width ≥ dimension), whose iterates are kept in ``trajectory``.
    record : callable, optional
        For ``method="network"``: called with (iteration, weights by name) at the start and after each iteration, such
        as a :class:`~spectralaw.WeightRecorder`. The diagonal network, whose weights are vectors, has none.
    **options
        ``tolerance`` on the certificate (10⁻⁶), ``max_iterations``; for ``network`` also ``start_scale``, the
        standard deviation of the first weights; for ``amp`` also ``damping``, from just above 0 to 1 (none).

    Returns
    -------
    Trained
        Check ``status``. The certificate is the relative duality gap, (P − D)/P; for a network of width < dimension,
        which has no convex form, the norm of the gradient relative to that of its weight-decay part.

    Raises
    ------
    InvalidInput
        For an unknown method or option, weight_decay = 0, or arrays that do not fit into memory.

    References
    ----------
    arXiv:2509.24882, section 2 and appendix; arXiv:2505.17958.
    """
    required(task)
    seed = whole("seed", seed)
    settings = methods.settings(method, options)
    methods.refuse_unfit(task, method)
    if record is not None and (method != "network" or task.network != "quadratic" or not callable(record)):
        raise InvalidInput(
            "record must be a function, with method='network' and a task of the quadratic network, "
            f"not {record!r} with {method!r} and {task.network!r}"
        )
    refuse_too_large(task, method)
    if task.network == "diagonal":
        import sklearn.linear_model  # noqa: F401  # so that the seconds are those of training
    data = draw(task, seed)
    begin = time.perf_counter()
    outcome = _SOLVERS[method](task, data, seed, settings if record is None else {**settings, "record": record})
    seconds = time.perf_counter() - begin
    return _trained(task, seed, method, data, outcome, settings["tolerance"], seconds)


def _trained(task: Task, seed: int, method: str, data: Data, outcome: _Outcome, tolerance: float, seconds: float):
    error = outcome.estimate - data.target
    if task.network == "diagonal":
        risk = float(error @ error if data.covariance is None else error @ (data.covariance * error))
        residual = data.labels - data.inputs @ outcome.estimate
    else:
        moved = error if data.covariance is None else data.covariance @ error
        risk = 2.0 / task.dimension * float(np.sum(moved * moved.T))  # (2/d) ‖Σ^½ (Ŝ − S*) Σ^½‖²
        residual = data.labels - Sensing(data.inputs, data.covariance).forward(outcome.estimate)
    size = np.abs(outcome.spectrum)
    scale = max(float(size.max()), float(np.linalg.norm(data.target)) / np.sqrt(task.dimension))
    floor = _NUMERICALLY_ZERO * scale if method == "network" else 0.0
    zero_mass = float(np.mean(size <= floor))
    good = outcome.certificate <= tolerance
    status = Status.NOT_CONVERGED if not good else Status.COLLAPSED if zero_mass == 1.0 else Status.CONVERGED
    message = {
        Status.CONVERGED: "",
        Status.COLLAPSED: "the trained weights are zero and the excess risk is the teacher's power",
        Status.NOT_CONVERGED: f"stopped after {outcome.iterations} iterations with a {outcome.kind} of "
        f"{outcome.certificate:.1e}, above the tolerance {tolerance:.1e}; "
        "raise max_iterations, or the tolerance if they were not used up",
    }[status]
    if status is Status.CONVERGED and outcome.another is not None and outcome.another >= _SAME:
        message = (
            "the minimiser is not unique: other weights have the same residuals and norm, "
            f"at a relative distance of {outcome.another:.2g} or more"
        )
    if not good and outcome.certificate <= outcome.rounding:
        message = (
            f"the {outcome.kind} of {outcome.certificate:.1e} is what rounding leaves of it, and cannot come below the "
            f"tolerance {tolerance:.1e}: weight_decay {task.weight_decay:.3g} is too small for 64-bit numbers; "
            "take a larger weight_decay or tolerance"
        )
    return Trained(
        task=task,
        seed=seed,
        method=method,
        weights=outcome.weights,
        estimate=outcome.estimate,
        target=data.target,
        spectrum=outcome.spectrum,
        excess_risk=risk,
        training_loss=float(np.mean(residual**2)),
        zero_mass=zero_mass,
        certificate=float(outcome.certificate),
        certificate_kind=outcome.kind,
        status=status,
        message=message,
        seconds=seconds,
        iterations=outcome.iterations,
        trajectory=outcome.trajectory,
        another_minimiser=outcome.another,
    )


def _convex(task: Task, data: Data, seed: int, settings: dict[str, Any]) -> _Outcome:
    d = task.dimension
    if task.network == "diagonal":
        found = lasso.minimise(data.inputs, data.labels, task.weight_decay * np.sqrt(d), **settings)
        outcome = _diagonal_outcome(found.coefficients, found.gap, found.iterations)
        return dataclasses.replace(outcome, rounding=found.rounding)
    width = task.width or d
    scale = np.sqrt(float(width) * d)
    sensing = Sensing(data.inputs, data.covariance)
    found = nuclear.minimise(sensing, data.labels, task.weight_decay * scale, **settings)
    spectrum = np.zeros(d)
    spectrum[: len(found.eigenvalues)] = found.eigenvalues
    factor = found.factor
    certified = Certified(found.eigenvalues, found.eigenvectors, found.residual, found.gap)
    another = distance_of_another(sensing, data.labels, task.weight_decay * scale, certified, settings["tolerance"])
    return _Outcome({"W": np.sqrt(scale) * factor.T}, factor @ factor.T, spectrum, found.gap, _GAP, found.iterations,
                    another=another)  # fmt: skip


def _diagonal_outcome(coefficients: Array, certificate: float, iterations: int, **weights: Array) -> _Outcome:
    """θ̂_i = a_i w_i / √d with balanced layers, where the weights themselves were not trained."""
    if not weights:
        size = np.sqrt(np.sqrt(len(coefficients)) * np.abs(coefficients))
        weights = {"w": size, "a": np.sign(coefficients) * size}
    return _Outcome(weights, coefficients, np.sort(coefficients)[::-1], certificate, _GAP, iterations)


def _network(task: Task, data: Data, seed: int, settings: dict[str, Any]) -> _Outcome:
    d, decay, y = task.dimension, task.weight_decay, data.labels
    generator = np.random.default_rng(np.random.SeedSequence(seed).spawn(4)[3])  # after teacher, inputs and noise
    limits = {"tolerance": settings["tolerance"], "max_iterations": settings["max_iterations"]}
    if task.network == "diagonal":
        objective = network.diagonal_objective(data.inputs, y, decay)

        def diagonal_gap(flat: Array) -> float:
            theta = flat[:d] * flat[d:] / np.sqrt(d)
            residual = y - data.inputs @ theta
            correlation = float(np.max(np.abs(data.inputs.T @ residual)))
            penalty = 0.5 * float(flat @ flat) / np.sqrt(d)  # ≥ ‖θ‖₁, with equality when the layers are balanced
            return lasso.relative_gap(y, residual, penalty, decay * np.sqrt(d), correlation)

        start = settings["start_scale"] * generator.standard_normal(2 * d)
        found = network.descend(objective, diagonal_gap, start, **limits)
        w, a = found.weights[:d], found.weights[d:]
        return _diagonal_outcome(a * w / np.sqrt(d), found.certificate, found.iterations, w=w, a=a)

    width = task.width or d
    scale = np.sqrt(float(width) * d)
    sensing = Sensing(data.inputs, data.covariance)
    objective = network.quadratic_objective(sensing, y, decay, width)

    def quadratic_gap(flat: Array) -> float:
        w = flat.reshape(width, d)
        residual = y - sensing.forward(w.T @ w / scale)
        top = float(np.linalg.eigvalsh(sensing.adjoint(residual))[-1])
        return nuclear.relative_gap(y, residual, float(flat @ flat) / scale, decay * scale, top)

    wide = width >= d
    certify = quadratic_gap if wide else lambda flat: network.relative_gradient(objective, flat, decay)
    start = settings["start_scale"] * generator.standard_normal(width * d)
    record = settings.get("record")
    shaped = None if record is None else lambda step, flat: record(step, {"W": flat.reshape(width, d)})
    found = network.descend(objective, certify, start, record=shaped, **limits)
    w = found.weights.reshape(width, d)
    estimate = w.T @ w / scale
    spectrum = np.maximum(np.linalg.eigvalsh(estimate)[::-1], 0.0)
    return _Outcome({"W": w}, estimate, spectrum, found.certificate, _GAP if wide else _GRADIENT, found.iterations)


def _amp(task: Task, data: Data, seed: int, settings: dict[str, Any]) -> _Outcome:
    d = task.dimension
    if task.network == "diagonal":
        found = amp.diagonal(data.inputs, data.labels, data.target, task.weight_decay * np.sqrt(d), **settings)
        outcome = _diagonal_outcome(found.estimate, found.gap, found.iterations)
        return dataclasses.replace(outcome, trajectory=found.trajectory)
    sensing = Sensing(data.inputs, data.covariance)
    found = amp.quadratic(sensing, data.labels, data.target, task.effective_weight_decay, **settings)
    values, vectors = np.linalg.eigh(found.estimate)
    values = np.where(values > 1e-12 * max(values[-1], 1e-300), values, 0.0)
    weights = np.sqrt(np.sqrt(float(task.width or d) * d) * values[values > 0.0])[:, None] * vectors[:, values > 0.0].T
    return _Outcome({"W": weights}, found.estimate, values[::-1], found.gap, _GAP, found.iterations, found.trajectory)


_SOLVERS: dict[str, Callable[..., _Outcome]] = {"convex": _convex, "network": _network, "amp": _amp}
