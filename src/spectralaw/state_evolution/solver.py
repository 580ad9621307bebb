"""Solving the state evolution: from capacity and weight decay to noise and threshold.

The unknowns are ℓ = log δ and t = c/δ. At fixed t the first equation, log((R + Δ)/δ²) = log N, decreases in ℓ; along
its solutions the second, −log(X/N + λ'/(c N)) = 0, increases in t. Newton's method on the pair, with the exact
Jacobian, finds most solutions in a few steps; what it does not find is bracketed: t outside, ℓ inside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw.state_evolution.channel import Array, Channel, Evaluator, empty, put, select
from spectralaw.state_evolution.recovery import Recovery
from spectralaw.state_evolution.start import caricature

TOLERANCE = 1e-10  # of the certificate
_TARGET = 2e-13  # what the iterations aim at
_LONGEST = 3.0  # Newton step, in either logarithm
_FAR = 12.0  # log of a noise, above that of an unlearned teacher, which only the brackets may find
_NO_DECAY, _NO_THRESHOLD = 1e-30, 1e-25  # λ'/(N δ) and c/δ that are as good as none
_LARGEST_LOG = 320.0  # of a noise whose square, times a few hundred decades, is still a number
_LOG_T = (-80.0, 80.0)  # range of log c/δ that is searched


@dataclass
class Solution:
    """Solutions at B points."""

    noise: Array
    threshold: Array
    channel: Channel
    residual: Array
    """Larger of the two relative residuals of the equations."""
    rounding: Array
    """What one unit in the last place of the threshold changes the residual by."""
    collapsed: NDArray[np.bool_]
    """Nothing survives the threshold."""
    unthresholded: NDArray[np.bool_]
    """The limit λ → 0 with capacity to spare: the threshold vanishes and the second equation is void."""
    recovered: NDArray[np.bool_]
    """The limit λ → 0 without noise in the data where the teacher is found exactly: δ, c and R are zero."""


@dataclass
class Guess:
    """Where to start from at B points; NaN where nothing is known."""

    log_noise: Array
    log_t: Array
    hint: Any = None

    def subset(self, rows: NDArray[np.bool_]) -> Guess:
        """The guess of some of the points."""
        return Guess(self.log_noise[rows], self.log_t[rows], select(self.hint, rows))


def solve(
    evaluate: Evaluator,
    capacity: Array,
    decay: Array,
    noise_variance: Array,
    guess: Guess | None = None,
    *,
    thorough: bool = True,
) -> Solution:
    """Solve R + Δ = N δ² and λ' = c (N − X) at B points.

    Parameters
    ----------
    evaluate : Evaluator
        Channel of the network.
    capacity, decay, noise_variance : array, shape (B,)
        N > 0, λ' ≥ 0, Δ ≥ 0.
    guess : Guess, optional
        Solutions of neighbouring points.
    thorough : bool
        Bracket what Newton's method does not find, which is slow.

    Returns
    -------
    Solution
        With the residual of each point; nothing is raised for a point that has no solution or was not found.
    """
    problem = _Problem(evaluate, capacity, decay, noise_variance)
    found = _Found.nothing(problem)
    log_noise, log_t = problem.unlearned()
    with np.errstate(all="ignore"):
        suspects = (decay > 0.0) & evaluate.may_collapse(np.exp(log_noise), np.exp(log_noise + log_t))
    found.evaluate(problem, np.flatnonzero(suspects), log_noise[suspects], log_t[suspects])
    collapsed = suspects & (found.channel.survivors <= 0.0)
    rest = ~collapsed
    recovered = _recovered(problem)
    rest &= ~recovered
    with np.errstate(all="ignore"):
        free = (decay <= _NO_DECAY * capacity * np.exp(log_noise)) & ~recovered
    if np.any(free):
        index, noises = _without_threshold(problem, free, log_noise)
        found.evaluate(problem, index, noises, np.full(noises.shape, _LOG_T[0]))
        rest[index] = False
    if np.any(rest):
        searched = _search(problem.subset(rest), None if guess is None else guess.subset(rest), thorough)
        found.take(np.flatnonzero(rest), searched, np.arange(len(searched.error)))
    state = problem.state(found.log_noise, found.log_t, found.channel)
    collapsed = state.channel.survivors <= 0.0
    rounding = np.finfo(float).eps * np.abs(problem.jacobian(state)[3])
    unthresholded = free & (found.log_t == _LOG_T[0])
    residual = np.where(collapsed | unthresholded, np.abs(state.first), state.error)
    if np.any(recovered):
        state.noise[recovered] = state.threshold[recovered] = residual[recovered] = rounding[recovered] = 0.0
        nothing = Channel(*(np.zeros(1) for _ in range(7)))
        nothing.response = nothing.survivors = np.full(1, evaluate.atoms.rank)
        put(state.channel, np.flatnonzero(recovered), nothing)
    return Solution(
        state.noise,
        state.threshold,
        state.channel,
        residual,
        rounding,
        collapsed & ~recovered,
        unthresholded,
        recovered,
    )


def _recovered(problem: _Problem) -> NDArray[np.bool_]:
    """Where noiseless data determine the teacher in the limit λ → 0."""
    wanted = (problem.decay == 0.0) & (problem.noise_variance == 0.0)
    if np.any(wanted):
        curve = Recovery.of(problem.evaluate)
        wanted &= problem.capacity > (np.inf if curve is None else curve.least * (1.0 + 1e-6))
    return wanted


def _recovering(problem: _Problem) -> tuple[NDArray[np.intp], Array, Array]:
    """Points of little weight decay without noise in the data, and their solutions to leading order."""
    rows = np.flatnonzero((problem.noise_variance == 0.0) & (problem.decay > 0.0))
    curve = Recovery.of(problem.evaluate) if len(rows) else None
    rows = rows[problem.capacity[rows] > (np.inf if curve is None else curve.least * (1.0 + 1e-3))]
    if curve is None or len(rows) == 0:
        return rows, np.zeros(0), np.zeros(0)
    log_t, spare = curve.solve(problem.capacity[rows])
    good = spare > 0.0
    rows, log_t, spare = rows[good], log_t[good], spare[good]
    return rows, np.log(problem.decay[rows]) - log_t - np.log(spare), log_t


@dataclass
class _Found:
    """The best points so far, with what was evaluated there."""

    log_noise: Array
    log_t: Array
    error: Array
    channel: Channel

    @classmethod
    def nothing(cls, problem: _Problem) -> _Found:
        size = len(problem.capacity)
        return cls(np.full(size, np.nan), np.full(size, np.nan), np.full(size, np.inf), empty(size))

    def keep(self, rows: NDArray[np.intp], x: Array, t: Array, state: _State, which: Any) -> None:
        """Take over some points of a state, of noises ``x`` and ratios ``t``."""
        self.log_noise[rows], self.log_t[rows] = x[which], t[which]
        self.error[rows] = state.error[which]
        put(self.channel, rows, state.channel, which)

    def take(self, rows: NDArray[np.intp], other: _Found, which: NDArray[np.intp]) -> None:
        """Take over some points of another."""
        self.log_noise[rows], self.log_t[rows] = other.log_noise[which], other.log_t[which]
        self.error[rows] = other.error[which]
        put(self.channel, rows, other.channel, which)

    def evaluate(self, problem: _Problem, rows: NDArray[np.intp], log_noise: Array, log_t: Array) -> None:
        """Evaluate some points and take them over."""
        if len(rows):
            self.keep(rows, log_noise, log_t, problem.subset(rows).at(log_noise, log_t), slice(None))


def _without_threshold(problem: _Problem, free: NDArray[np.bool_], log_noise: Array) -> tuple[NDArray[np.intp], Array]:
    """The limit λ → 0 with more capacity than response: c → 0, and only the first equation is left.

    Returns the points where it holds, and their log noise.
    """
    part = problem.subset(free)
    at_zero = np.full(part.capacity.shape, _LOG_T[0])
    found, solved, _ = _noise_at(part, at_zero, log_noise[free])
    with np.errstate(all="ignore"):
        spare = part.capacity - part.at(found, at_zero).channel.response
        holds = solved & (spare > 0.0) & (part.decay <= _NO_THRESHOLD * np.exp(found) * spare)
    return np.flatnonzero(free)[holds], found[holds]


def _search(problem: _Problem, guess: Guess | None, thorough: bool) -> _Found:
    """Newton from a guess, then from one's own, then brackets for what was not found, and Newton from there."""
    found = _Found.nothing(problem)
    if guess is not None:
        known = np.flatnonzero(np.isfinite(guess.log_noise) & np.isfinite(guess.log_t))
        start = guess.subset(known)  # type: ignore[arg-type]
        found.take(
            known, _newton(problem.subset(known), start.log_noise, start.log_t, start.hint), np.arange(len(known))
        )
    lost = np.flatnonzero(found.error > TOLERANCE)
    if len(lost):
        part = problem.subset(lost)
        found.take(
            lost,
            _newton(part, *caricature(part.evaluate, part.capacity, part.decay, part.noise_variance)),
            np.arange(len(lost)),
        )
    lost = np.flatnonzero(~(found.error <= TOLERANCE))
    if len(lost):
        part = problem.subset(lost)
        rows, log_noise, log_t = _recovering(part)
    if len(lost) and len(rows):
        tried = _newton(part.subset(rows), log_noise, log_t)
        better = np.flatnonzero(tried.error < found.error[lost[rows]])
        found.take(lost[rows[better]], tried, better)
    # far out both equations almost hold at the interpolation threshold: such a point is not to be trusted
    lost = np.flatnonzero(~(found.error <= TOLERANCE) | (found.log_noise > problem.unlearned()[0] + _FAR))
    lost = lost[np.abs(problem.unlearned()[0][lost]) < _LARGEST_LOG] if thorough else lost[:0]
    if len(lost):
        part = problem.subset(lost)
        slow = _bracketed(part)
        bracketed = _Found.nothing(part)
        bracketed.evaluate(part, np.arange(len(lost)), *slow)
        polished = _newton(part, *slow)
        better = polished.error <= bracketed.error
        found.take(lost[better], polished, np.flatnonzero(better))
        found.take(lost[~better], bracketed, np.flatnonzero(~better))
    return found


@dataclass
class _State:
    noise: Array
    threshold: Array
    channel: Channel
    first: Array  # log((R + Δ) / (N δ²))
    second: Array  # −log(X/N + λ'/(c N))

    @property
    def error(self) -> Array:
        return np.maximum(np.abs(self.first), np.abs(self.second))


@dataclass
class _Problem:
    evaluate: Evaluator
    capacity: Array
    decay: Array
    noise_variance: Array

    def subset(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> _Problem:
        return _Problem(self.evaluate, self.capacity[rows], self.decay[rows], self.noise_variance[rows])

    def at(self, log_noise: Array, log_t: Array, hint: Any = None) -> _State:
        with np.errstate(all="ignore"):
            noise = np.exp(log_noise)
            threshold = noise * np.exp(log_t)
            return self.state(log_noise, log_t, self.evaluate(noise, threshold, hint))

    def state(self, log_noise: Array, log_t: Array, channel: Channel) -> _State:
        """The equations at points where the channel is known."""
        with np.errstate(all="ignore"):
            noise = np.exp(log_noise)
            threshold = noise * np.exp(log_t)
            first = np.log((channel.risk + self.noise_variance) / self.capacity) - 2.0 * log_noise
            pull = np.where(self.decay > 0.0, self.decay / (threshold * self.capacity), 0.0)
            second = -np.log(np.maximum(channel.response, 0.0) / self.capacity + pull)
        return _State(noise, threshold, channel, first, second)

    def jacobian(self, state: _State) -> tuple[Array, Array, Array, Array]:
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


def _newton(problem: _Problem, log_noise: Array, log_t: Array, hint: Any = None, steps: int = 40) -> _Found:
    """Newton's method on both equations, steps bounded; the best point of each run.

    A run ends when it is exact, when rounding keeps it from improving, or when it has not improved for a while;
    before that, three steps that do not improve send it half the way back to its best point.
    """
    x, t = log_noise.copy(), np.clip(log_t, *_LOG_T)
    best = _Found.nothing(problem)
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
        t[active] = np.clip(t[active], *_LOG_T)
        hint = select(state.channel.hint, going)
        active = active[going]
        part = problem.subset(active)
    return best


def _bracketed(problem: _Problem) -> tuple[Array, Array]:
    """Outer bisection in log t with the first equation solved inside; robust, and slow."""
    low = np.full(problem.capacity.shape, _LOG_T[0])
    high = np.full(problem.capacity.shape, _LOG_T[1])
    log_noise = np.log(np.sqrt((problem.evaluate.largest_risk + problem.noise_variance) / problem.capacity))
    # most thresholds lie between a thousandth and ten noise levels: look there first
    middle = np.log(np.full(problem.capacity.shape, 1.0))
    for iteration in range(70):
        log_noise, solvable, hint = _noise_at(problem, middle, log_noise)
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
    log_noise, _, _ = _noise_at(problem, high, log_noise)
    return log_noise, high


def _noise_at(problem: _Problem, log_t: Array, log_noise: Array) -> tuple[Array, NDArray[np.bool_], Any]:
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
