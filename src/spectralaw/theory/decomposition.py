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

from spectralaw.free_probability.contour import moments_above
from spectralaw.free_probability.directions import Directions
from spectralaw.state_evolution.channel import Array
from spectralaw.state_evolution.diagonal import coefficient_moments
from spectralaw.state_evolution.quadratic import QuadraticChannel
from spectralaw.state_evolution.teacher_atoms import teacher_atoms
from spectralaw.task import Task
from spectralaw.theory.outliers_quadratic import last_outlier


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

    Below 1e-12 for d ≤ 768, where every direction is summed; at most 4e-4 was seen up to d = 10¹², where the teacher is
    resolved around its last learned direction."""


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
    terms = np.array(integrals(task, noise, threshold))
    mismatch = abs(float(np.sum(terms)) / excess_risk - 1.0) if excess_risk > 0.0 else 0.0
    largest = int(np.argmax(terms))
    terms[largest] = max(excess_risk - float(np.sum(np.delete(terms, largest))), 0.0)
    return Decomposition(*(float(term) for term in terms), mismatch=mismatch)


def integrals(task: Task, noise: float, threshold: float) -> tuple[float, float, float]:
    """Overfitting, underfitting and approximation, each integrated by itself: R is not used, so that it can be missed.

    Parameters
    ----------
    task : Task
    noise, threshold : float
        As for :func:`decompose`.
    """
    over, under, approximation = (_quadratic if task.network == "quadratic" else _diagonal)(task, noise, threshold)
    return max(over, 0.0), max(under, 0.0), max(approximation, 0.0)


def _quadratic(task: Task, noise: float, threshold: float) -> tuple[float, float, float]:
    atoms = teacher_atoms(task)
    last = last_outlier(QuadraticChannel(atoms), noise, threshold)
    values, counts = atoms.near(np.array([min(last, atoms.largest)]))
    weights = counts / task.dimension
    at, delta = np.array([threshold]), np.array([noise])
    start = moments_above(delta, at, values, weights).point
    s, learned = values[0], values[0] >= last
    directions = Directions(s, weights[0], noise, threshold, complex(start[0]))
    first, second = directions.above(~learned)
    suppressed, risk = np.zeros_like(s), np.zeros_like(s)
    suppressed[~learned] = s[~learned] ** 2 - 2.0 * s[~learned] * first
    risk[~learned] = suppressed[~learned] + second
    # a learned direction errs by δ² + c² but for what its value misses below c: no difference of large numbers
    missed, missed_square = directions.below(learned)
    risk[learned] = noise**2 + threshold**2 - missed_square + 2.0 * s[learned] * missed
    return _sum(2.0 * weights[0], risk, suppressed, learned)


def _diagonal(task: Task, noise: float, threshold: float) -> tuple[float, float, float]:
    fixed = task.teacher.coefficients == "fixed"
    values, counts = (part[0] for part in teacher_atoms(task).near(np.array([threshold])))
    s = np.abs(values)
    learned = (s >= max(threshold, noise)) & (s > 0.0)
    risk = coefficient_moments(s, np.array(noise), np.array(threshold), fixed=fixed)[0]
    if fixed:
        cross = s * (_shrunk_mean(s, noise, threshold) - _shrunk_mean(-s, noise, threshold))
        second = _shrunk_square(s, noise, threshold) + _shrunk_square(-s, noise, threshold)
    else:
        v = s**2 + noise**2
        u = threshold / np.sqrt(2.0 * v)
        cross = s**2 * erfc(u)
        second = (v + threshold**2) * erfc(u) - threshold * np.sqrt(2.0 * v / np.pi) * np.exp(-(u**2))
    suppressed = s**2 - 2.0 * cross
    risk = np.where(learned, risk, suppressed + np.maximum(second, 0.0))
    return _sum(counts, risk, suppressed, learned)


def _shrunk_mean(mean: Array, noise: float, threshold: float) -> Array:
    """E (x − c)₊ of a Gaussian x."""
    u = (mean - threshold) / noise
    return (mean - threshold) * ndtr(u) + noise * np.exp(-0.5 * u**2) / np.sqrt(2.0 * np.pi)


def _shrunk_square(mean: Array, noise: float, threshold: float) -> Array:
    """E (x − c)₊² of a Gaussian x."""
    u = (mean - threshold) / noise
    bell = np.exp(-0.5 * u**2) / np.sqrt(2.0 * np.pi)
    return ((mean - threshold) ** 2 + noise**2) * ndtr(u) + (mean - threshold) * noise * bell


def _sum(weights: Array, risk: Array, suppressed: Array, learned: Array) -> tuple[float, float, float]:
    under = np.where(learned, 0.0, np.minimum(np.maximum(suppressed, 0.0), np.maximum(risk, 0.0)))
    over = np.where(learned, 0.0, np.maximum(risk - under, 0.0))
    approximation = np.where(learned, np.maximum(risk, 0.0), 0.0)
    return tuple(float(np.sum(weights * term)) for term in (over, under, approximation))  # type: ignore[return-value]
