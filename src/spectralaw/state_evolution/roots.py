"""The pair of state-evolution equations at many points, and two ways to its root: Newton's steps, and brackets.

The unknowns are ℓ = log δ and t = c/δ. At fixed t the first equation, log((R + Δ)/δ²) = log N, decreases in ℓ; along
its solutions the second, −log(X/N + λ'/(c N)) = 0, increases in t. So t is bracketed outside, and ℓ inside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw.state_evolution.channel import Array, Channel, Evaluator, empty, put, select

_TARGET = 2e-13  # what the iterations aim at
_LONGEST = 3.0  # Newton step, in either logarithm
LOG_T = (-80.0, 80.0)  # range of log c/δ that is searched


@dataclass
class State:
    noise: Array
    threshold: Array
    channel: Channel
    first: Array  # log((R + Δ) / (N δ²))
    second: Array  # −log(X/N + λ'/(c N))

    @property
    def error(self) -> Array:
        return np.maximum(np.abs(self.first), np.abs(self.second))


@dataclass
class Problem:
    evaluate: Evaluator
    capacity: Array
    decay: Array
    noise_variance: Array

    def subset(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Problem:
        return Problem(self.evaluate, self.capacity[rows], self.decay[rows], self.noise_variance[rows])

    def at(self, log_noise: Array, log_t: Array, hint: Any = None) -> State:
        with np.errstate(all="ignore"):
            noise = np.exp(log_noise)
            threshold = noise * np.exp(log_t)
            return self.state(log_noise, log_t, self.evaluate(noise, threshold, hint))

    def state(self, log_noise: Array, log_t: Array, channel: Channel) -> State:
        """The equations at points where the channel is known."""
        with np.errstate(all="ignore"):
            noise = np.exp(log_noise)
            threshold = noise * np.exp(log_t)
            first = np.log((channel.risk + self.noise_variance) / self.capacity) - 2.0 * log_noise
            pull = np.where(self.decay > 0.0, self.decay / (threshold * self.capacity), 0.0)
            second = -np.log(np.maximum(channel.response, 0.0) / self.capacity + pull)
        return State(noise, threshold, channel, first, second)

    def jacobian(self, state: State) -> tuple[Array, Array, Array, Array]:
        """Derivatives of the two equations by ℓ and by log t (at fixed ℓ, ∂c/∂log t = c; at fixed t, ∂c/∂ℓ = c)."""
        ch, noise, threshold = state.channel, state.noise, state.threshold
        total = ch.risk + self.noise_variance
        with np.errstate(all="ignore"):
            by_t = threshold * ch.risk_threshold / total
            by_noise = noise * ch.risk_noise / total + by_t - 2.0
            pull = self.decay / (threshold * self.capacity)
            share = ch.response / self.capacity + pull
            second_t = (pull - threshold * ch.response_threshold / self.capacity) / share
            second_noise = second_t - noise * ch.response_noise / self.capacity / share
        return by_noise, by_t, second_noise, second_t

    def unlearned(self) -> tuple[Array, Array]:
        """Noise and threshold if nothing survives: R is the teacher's power and X = 0."""
        noise = np.sqrt((self.evaluate.largest_risk + self.noise_variance) / self.capacity)
        with np.errstate(divide="ignore"):
            return np.log(noise), np.log(self.decay / self.capacity / noise)


@dataclass
class Found:
    """The best points so far, with what was evaluated there."""

    log_noise: Array
    log_t: Array
    error: Array
    channel: Channel

    @classmethod
    def nothing(cls, problem: Problem) -> Found:
        size = len(problem.capacity)
        return cls(np.full(size, np.nan), np.full(size, np.nan), np.full(size, np.inf), empty(size))

    def keep(self, rows: NDArray[np.intp], x: Array, t: Array, state: State, which: Any) -> None:
        """Take over some points of a state, of noises ``x`` and ratios ``t``."""
        self.log_noise[rows], self.log_t[rows] = x[which], t[which]
        self.error[rows] = state.error[which]
        put(self.channel, rows, state.channel, which)

    def take(self, rows: NDArray[np.intp], other: Found, which: NDArray[np.intp]) -> None:
        """Take over some points of another."""
        self.log_noise[rows], self.log_t[rows] = other.log_noise[which], other.log_t[which]
        self.error[rows] = other.error[which]
        put(self.channel, rows, other.channel, which)

    def evaluate(self, problem: Problem, rows: NDArray[np.intp], log_noise: Array, log_t: Array) -> None:
        """Evaluate some points and take them over."""
        if len(rows):
            self.keep(rows, log_noise, log_t, problem.subset(rows).at(log_noise, log_t), slice(None))


def newton(problem: Problem, log_noise: Array, log_t: Array, hint: Any = None, steps: int = 40) -> Found:
    """Newton's method on both equations, steps bounded; the best point of each run.

    A run ends when it is exact, when rounding keeps it from improving, or when it has not improved for a while;
    before that, three steps that do not improve send it half the way back to its best point.
    """
    x, t = log_noise.copy(), np.clip(log_t, *LOG_T)
    best = Found.nothing(problem)
    stalled = np.zeros(x.shape, dtype=int)
    active = np.arange(len(x))
    part = problem
    for _ in range(steps):
        if len(active) == 0:
            break
        state = part.at(x[active], t[active], hint)
        error = np.where(np.isfinite(state.error), state.error, np.inf)
        improved = error < best.error[active]
        best.keep(active[improved], x[active], t[active], state, improved)
        stalled[active] = np.where(improved, 0, stalled[active] + 1)
        going = (best.error[active] > _TARGET) & (stalled[active] < 8)
        going &= ~((best.error[active] < 1e-11) & (stalled[active] >= 2))
        if not np.any(going):
            break
        a, b, c, d = part.jacobian(state)
        with np.errstate(all="ignore"):
            determinant = a * d - b * c
            move_x = (b * state.second - d * state.first) / determinant
            move_t = (c * state.first - a * state.second) / determinant
            length = np.maximum(np.maximum(np.abs(move_x), np.abs(move_t)), _LONGEST)
            move_x, move_t = move_x * _LONGEST / length, move_t * _LONGEST / length
        usable = np.isfinite(move_x) & np.isfinite(move_t) & np.isfinite(error)
        back = ~usable | (~improved & (stalled[active] % 3 == 2))
        best_x, best_t = best.log_noise[active], best.log_t[active]
        x[active] = np.where(back, 0.5 * (x[active] + best_x), x[active] + np.where(usable, move_x, 0.0))
        t[active] = np.where(back, 0.5 * (t[active] + best_t), t[active] + np.where(usable, move_t, 0.0))
        t[active] = np.clip(t[active], *LOG_T)
        hint = select(state.channel.hint, going)
        active = active[going]
        part = problem.subset(active)
    return best


def bracket(problem: Problem) -> tuple[Array, Array]:
    """Outer bisection in log t with the first equation solved inside; robust, and slow."""
    low = np.full(problem.capacity.shape, LOG_T[0])
    high = np.full(problem.capacity.shape, LOG_T[1])
    log_noise = np.log(np.sqrt((problem.evaluate.largest_risk + problem.noise_variance) / problem.capacity))
    # most thresholds lie between a thousandth and ten noise levels: look there first
    middle = np.log(np.full(problem.capacity.shape, 1.0))
    for iteration in range(70):
        log_noise, solvable, hint = noise_at(problem, middle, log_noise)
        state = problem.at(log_noise, middle, hint)
        larger = ~solvable | (state.second < 0.0)  # no solution at this t: weight decay would have to be negative
        low = np.where(larger, middle, low)
        high = np.where(larger, high, middle)
        if iteration < 12:
            guess = np.where(larger, middle + 1.0, middle - 2.0**iteration * 0.25)
            middle = np.where((guess > low) & (guess < high), guess, 0.5 * (low + high))
        else:
            middle = 0.5 * (low + high)
        if np.all(high - low < 1e-9):
            break
    log_noise, _, _ = noise_at(problem, high, log_noise)
    return log_noise, high


def noise_at(problem: Problem, log_t: Array, log_noise: Array) -> tuple[Array, NDArray[np.bool_], Any]:
    """Solve log((R + Δ)/δ²) = log N for log δ at fixed t, by Newton's method in a bracket."""
    low, high = np.full(log_t.shape, -np.inf), np.full(log_t.shape, np.inf)
    x = log_noise.copy()
    hint = None
    width = np.ones(log_t.shape)
    for _ in range(80):
        state = problem.at(x, log_t, hint)
        hint = state.channel.hint
        value = np.where(np.isfinite(state.first), state.first, -1.0)
        low, high = np.where(value > 0.0, x, low), np.where(value <= 0.0, x, high)
        if np.all((np.abs(value) < 1e-13) | (high - low < 1e-14) | (low > 99.0)):
            break
        slope = problem.jacobian(state)[0]
        with np.errstate(all="ignore"):
            step = np.clip(-value / slope, -width, width)
        following = np.where(np.isfinite(step) & (slope < 0.0), x + step, x + np.sign(value) * width)
        outside = ~((following > low) & (following < high))
        bounded = np.isfinite(low) & np.isfinite(high)
        with np.errstate(invalid="ignore"):
            middle = np.where(bounded, 0.5 * (low + high), x + np.sign(value) * width)
        following = np.where(outside, middle, following)
        width = np.where(bounded, width, np.minimum(1.5 * width, 20.0))
        x = np.where(np.abs(value) < 1e-13, x, np.clip(following, -100.0, 100.0))
    return x, np.abs(state.first) < 1e-6, hint
