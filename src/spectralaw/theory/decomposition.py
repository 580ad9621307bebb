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
from numpy.typing import NDArray
from scipy.special import erfc, ndtr

from spectralaw.free_probability.contour import moments_above, path_to_the_right
from spectralaw.free_probability.subordination import ComplexArray
from spectralaw.state_evolution.channel import Array
from spectralaw.state_evolution.diagonal import coefficient_moments
from spectralaw.state_evolution.quadratic import QuadraticChannel
from spectralaw.state_evolution.teacher_atoms import teacher_atoms
from spectralaw.task import Task
from spectralaw.theory.spectrum_quadratic import last_outlier


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
    split = _quadratic if task.network == "quadratic" else _diagonal
    terms = np.maximum(np.array(split(task, noise, threshold)), 0.0)
    mismatch = abs(float(np.sum(terms)) / excess_risk - 1.0) if excess_risk > 0.0 else 0.0
    largest = int(np.argmax(terms))
    terms[largest] = max(excess_risk - float(np.sum(np.delete(terms, largest))), 0.0)
    return Decomposition(*(float(term) for term in terms), mismatch=mismatch)


def _quadratic(task: Task, noise: float, threshold: float) -> tuple[float, float, float]:
    atoms = teacher_atoms(task)
    last = last_outlier(QuadraticChannel(atoms), noise, threshold)
    values, counts = atoms.near(np.array([min(last, atoms.largest)]))
    weights = counts / task.dimension
    at, delta = np.array([threshold]), np.array([noise])
    start = moments_above(delta, at, values, weights).point
    s, learned = values[0], values[0] >= last
    directions = _Directions(s, weights[0], noise, threshold, complex(start[0]))
    first, second = directions.above(~learned)
    suppressed, risk = np.zeros_like(s), np.zeros_like(s)
    suppressed[~learned] = s[~learned] ** 2 - 2.0 * s[~learned] * first
    risk[~learned] = suppressed[~learned] + second
    # a learned direction errs by δ² + c² but for what its value misses below c: no difference of large numbers
    missed, missed_square = directions.below(learned)
    risk[learned] = noise**2 + threshold**2 - missed_square + 2.0 * s[learned] * missed
    return _sum(2.0 * weights[0], risk, suppressed, learned)


@dataclass(frozen=True)
class _Directions:
    """First and second moments of y = x − c above or below c, under the spectral measure of each teacher direction.

    Direction i has the resolvent 1/(w − s_i). Along a path of the subordination variable from w₀, where y = 0, to a
    real point beyond the spectrum, integration by parts gives, with p = w − s_i,

        Im ∫ y dz/p = ½ Im ∫ (y/p)² dw,      Im ∫ y² dz/p = ⅓ Im ∫ y³/p² dw,      y = p + (s_i − c) + δ² G.

    Powers of p alone are integrated exactly, so that what is left decays like G along the path.
    """

    values: Array
    weights: Array
    noise: float
    threshold: float
    start: complex

    def above(self, rows: NDArray[np.bool_]) -> tuple[Array, Array]:
        """E y 1{y>0} and E y² 1{y>0} of some directions."""
        offset = self.values - self.start.real
        if self.start.imag == 0.0 and not np.any(offset > 0.0):  # nothing survives
            return np.zeros(rows.sum()), np.zeros(rows.sum())
        w, dw = path_to_the_right(np.array([self.start]), offset[None])
        first, second = self._integrals(self.start + w[0], dw[0], rows, 0.0)
        return -first, -second

    def below(self, rows: NDArray[np.bool_]) -> tuple[Array, Array]:
        """E y 1{y<0} and E y² 1{y<0} of some directions: the path of the spectrum reflected."""
        offset = self.values - self.start.real
        if self.start.imag == 0.0 and not np.any(offset < 0.0):
            return np.zeros(rows.sum()), np.zeros(rows.sum())
        w, dw = path_to_the_right(np.array([-self.start.conjugate()]), -offset[None])
        return self._integrals(self.start - w[0].conj(), -dw[0].conj(), rows, np.pi)

    def _integrals(self, w: ComplexArray, dw: ComplexArray, rows: NDArray[np.bool_], end: float) -> tuple[Array, Array]:
        """Im ∫ y dz/p / π and Im ∫ y² dz/p / π along a path; ``end`` is the argument of p at its end."""
        s, start, v = self.values, self.start, self.start.imag
        angle = end - np.arctan2(v, start.real - s)
        inverse = 1.0 / (w[:, None] - s)
        g = self.noise**2 * (inverse @ self.weights)
        once = np.stack([g, g**2]) * dw
        twice = np.stack([g, g**2, g**3]) * dw
        resolvent, angle_i, b = inverse[:, rows], angle[rows], s[rows] - self.threshold
        over = (once @ resolvent).imag
        over_square = (twice @ resolvent**2).imag
        p = start - s[rows]
        height = -v / np.maximum(np.abs(p) ** 2, 1e-300)  # Im 1/p
        first = -v + 2.0 * b * angle_i + b**2 * height
        first += 2.0 * over[0] + 2.0 * b * over_square[0] + over_square[1]
        second = -p.real * v + 3.0 * (self.noise**2 * (self.weights @ angle) - b * v) + 3.0 * b**2 * angle_i
        second += 6.0 * b * over[0] + 3.0 * over[1] + b**3 * height
        second += 3.0 * b**2 * over_square[0] + 3.0 * b * over_square[1] + over_square[2]
        return first / (2.0 * np.pi), second / (3.0 * np.pi)


def _diagonal(task: Task, noise: float, threshold: float) -> tuple[float, float, float]:
    fixed = task.teacher.coefficients == "fixed"
    values, counts = (part[0] for part in teacher_atoms(task).near(np.array([threshold])))
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
