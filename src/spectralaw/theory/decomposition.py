"""Where the excess risk comes from: overfitting, underfitting, and the error on what was learned.

The risk is a sum over teacher directions (eigenvectors of S*, or coordinates), R = Σ_i R_i with
R_i = E (f_i − s_i)² for the thresholded noisy value f_i that direction i sees. A direction is *learned* when its
teacher value is an outlier of the
trained spectrum (:class:`spectralaw.theory.Spectrum`); the others lie in the bulk. Then

* approximation = Σ R_i over the learned directions;
* for a direction in the bulk R_i = s_i² − 2 E s_i f_i + E f_i²: the first is power that was not learned, the last what
  the bulk adds. The cross term is credited to the first as far as it goes and then to the second:
  underfitting = Σ (s_i² − 2 E s_i f_i)₊, overfitting = Σ (R_i − (s_i² − 2 E s_i f_i)₊).

All three are non-negative. Where bulk and teacher do not overlap, underfitting is the power of the unlearned directions
and overfitting the second moment of what survives of the bulk (arXiv:2509.24882, result 3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import erfc, ndtr

from spectralaw.task import Task
from spectralaw.theory.atoms import Atoms
from spectralaw.theory.channel import Array
from spectralaw.theory.contour import moments_above, path_to_the_right
from spectralaw.theory.diagonal import coefficient_moments


@dataclass(frozen=True)
class Decomposition:
    """Terms of the excess risk; they add up to it."""

    overfitting: float
    """What survives of the bulk: learned noise."""
    underfitting: float
    """Power of the teacher directions that are still in the bulk."""
    approximation: float
    """Error on the learned features."""
    mismatch: float
    """By how much the three, each integrated by itself, missed R, relative to R; the largest was corrected by that.

    Below 1e-6 up to d = 10⁵ or so; cancellation in the directions of largest power costs digits beyond."""


def decompose(task: Task, excess_risk: float, noise: float, threshold: float) -> Decomposition:
    """Split the excess risk at a solution (δ, c) of the state evolution.

    Parameters
    ----------
    task : Task
    excess_risk : float
        R of the solution. The largest term is what the other two leave of it, so that the sum is exact.
    noise, threshold : float
        Effective noise δ and threshold c.
    """
    split = _quadratic if task.network == "quadratic" else _diagonal
    terms = np.maximum(np.array(split(task, noise, threshold)), 0.0)
    mismatch = abs(float(np.sum(terms)) / excess_risk - 1.0) if excess_risk > 0.0 else 0.0
    largest = int(np.argmax(terms))
    terms[largest] = max(excess_risk - float(np.sum(np.delete(terms, largest))), 0.0)
    return Decomposition(*(float(term) for term in terms), mismatch=mismatch)


def _quadratic(task: Task, noise: float, threshold: float) -> tuple[float, float, float]:
    from spectralaw.theory.quadratic import QuadraticChannel
    from spectralaw.theory.spectrum_quadratic import last_outlier

    atoms = Atoms.of(task)
    last = last_outlier(QuadraticChannel(atoms), noise, threshold)
    values, counts = atoms.near(np.array([min(last, atoms.largest)]))
    weights = counts / task.dimension
    at, delta = np.array([threshold]), np.array([noise])
    start = moments_above(delta, at, values, weights).point
    w, dw = path_to_the_right(start, values - start.real[:, None])
    s, a = values[0], weights[0]
    inverse = 1.0 / ((w[0] + start[0])[:, None] - s)
    transform = inverse @ a
    y = w[0] + start[0] - threshold + noise**2 * transform
    dz = dw[0] * (1.0 - noise**2 * (inverse**2 @ a))
    moment = lambda integrand: -(integrand * dz) @ inverse / np.pi  # noqa: E731
    first, second = moment(y).imag, moment(y**2).imag
    learned = s >= last
    if start[0].imag == 0.0 and not np.any(s > start[0].real):  # nothing survives
        first, second = np.zeros_like(s), np.zeros_like(s)
    suppressed = s**2 - 2.0 * s * first
    risk = np.where(learned, second - 2.0 * s * first + s**2, suppressed + second)
    return _sum(2.0 * a, risk, suppressed, learned)


def _diagonal(task: Task, noise: float, threshold: float) -> tuple[float, float, float]:
    fixed = task.teacher.coefficients == "fixed"
    values, counts = (part[0] for part in Atoms.of(task).near(np.array([threshold])))
    s = np.abs(values)
    risk = coefficient_moments(s, np.array(noise), np.array(threshold), fixed=fixed)[0]
    if fixed:
        mean = _shrunk_mean(s, noise, threshold) - _shrunk_mean(-s, noise, threshold)
        cross = s * mean
    else:
        cross = s**2 * erfc(threshold / np.sqrt(2.0 * (s**2 + noise**2)))
    return _sum(counts, risk, s**2 - 2.0 * cross, (s >= max(threshold, noise)) & (s > 0.0))


def _shrunk_mean(mean: Array, noise: float, threshold: float) -> Array:
    """E (x − c)₊ of a Gaussian x."""
    u = (mean - threshold) / noise
    return (mean - threshold) * ndtr(u) + noise * np.exp(-0.5 * u**2) / np.sqrt(2.0 * np.pi)


def _sum(weights: Array, risk: Array, suppressed: Array, learned: Array) -> tuple[float, float, float]:
    under = np.where(learned, 0.0, np.minimum(np.maximum(suppressed, 0.0), np.maximum(risk, 0.0)))
    over = np.where(learned, 0.0, np.maximum(risk - under, 0.0))
    approximation = np.where(learned, np.maximum(risk, 0.0), 0.0)
    return tuple(float(np.sum(weights * term)) for term in (over, under, approximation))  # type: ignore[return-value]
