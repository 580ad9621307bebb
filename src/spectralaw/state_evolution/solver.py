"""Solving the state evolution: from capacity and weight decay to noise and threshold.

Newton's method on both equations, with the exact Jacobian, finds most solutions in a few steps, from a neighbour or
from a caricature of the channel; what it does not find is bracketed (:mod:`spectralaw.state_evolution.roots`). The
limits have a way of their own: nothing learned, no threshold, the teacher found exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw.state_evolution.channel import Array, Channel, Evaluator, put, select
from spectralaw.state_evolution.recovery import Recovery
from spectralaw.state_evolution.roots import LOG_T, Found, Problem, bracket, newton, noise_at
from spectralaw.state_evolution.start import caricature

TOLERANCE = 1e-10  # of the certificate
_FAR = 12.0  # log of a noise, above that of an unlearned teacher, which only the brackets may find
_NO_DECAY, _NO_THRESHOLD = 1e-30, 1e-25  # λ'/(N δ) and c/δ that are as good as none
_LARGEST_LOG = 320.0  # of a noise whose square, times a few hundred decades, is still a number


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
    problem = Problem(evaluate, capacity, decay, noise_variance)
    found = Found.nothing(problem)
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
        found.evaluate(problem, index, noises, np.full(noises.shape, LOG_T[0]))
        rest[index] = False
    if np.any(rest):
        searched = _search(problem.subset(rest), None if guess is None else guess.subset(rest), thorough)
        found.take(np.flatnonzero(rest), searched, np.arange(len(searched.error)))
    state = problem.state(found.log_noise, found.log_t, found.channel)
    collapsed = state.channel.survivors <= 0.0
    rounding = np.finfo(float).eps * np.abs(problem.jacobian(state)[3])
    unthresholded = free & (found.log_t == LOG_T[0])
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


def _recovered(problem: Problem) -> NDArray[np.bool_]:
    """Where noiseless data determine the teacher in the limit λ → 0."""
    wanted = (problem.decay == 0.0) & (problem.noise_variance == 0.0)
    if np.any(wanted):
        curve = Recovery.of(problem.evaluate)
        wanted &= problem.capacity > (np.inf if curve is None else curve.least * (1.0 + 1e-6))
    return wanted


def _recovering(problem: Problem) -> tuple[NDArray[np.intp], Array, Array]:
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


def _without_threshold(problem: Problem, free: NDArray[np.bool_], log_noise: Array) -> tuple[NDArray[np.intp], Array]:
    """The limit λ → 0 with more capacity than response: c → 0, and only the first equation is left.

    Returns the points where it holds, and their log noise.
    """
    part = problem.subset(free)
    at_zero = np.full(part.capacity.shape, LOG_T[0])
    found, solved, _ = noise_at(part, at_zero, log_noise[free])
    with np.errstate(all="ignore"):
        spare = part.capacity - part.at(found, at_zero).channel.response
        holds = solved & (spare > 0.0) & (part.decay <= _NO_THRESHOLD * np.exp(found) * spare)
    return np.flatnonzero(free)[holds], found[holds]


def _search(problem: Problem, guess: Guess | None, thorough: bool) -> Found:
    """Newton from a guess, then from one's own, then brackets for what was not found, and Newton from there."""
    found = Found.nothing(problem)
    if guess is not None:
        known = np.flatnonzero(np.isfinite(guess.log_noise) & np.isfinite(guess.log_t))
        start = guess.subset(known)  # type: ignore[arg-type]
        found.take(
            known, newton(problem.subset(known), start.log_noise, start.log_t, start.hint), np.arange(len(known))
        )
    lost = np.flatnonzero(found.error > TOLERANCE)
    if len(lost):
        part = problem.subset(lost)
        found.take(
            lost,
            newton(part, *caricature(part.evaluate, part.capacity, part.decay, part.noise_variance)),
            np.arange(len(lost)),
        )
    lost = np.flatnonzero(~(found.error <= TOLERANCE))
    if len(lost):
        part = problem.subset(lost)
        rows, log_noise, log_t = _recovering(part)
    if len(lost) and len(rows):
        tried = newton(part.subset(rows), log_noise, log_t)
        better = np.flatnonzero(tried.error < found.error[lost[rows]])
        found.take(lost[rows[better]], tried, better)
    # far out both equations almost hold at the interpolation threshold: such a point is not to be trusted
    lost = np.flatnonzero(~(found.error <= TOLERANCE) | (found.log_noise > problem.unlearned()[0] + _FAR))
    lost = lost[np.abs(problem.unlearned()[0][lost]) < _LARGEST_LOG] if thorough else lost[:0]
    if len(lost):
        part = problem.subset(lost)
        slow = bracket(part)
        bracketed = Found.nothing(part)
        bracketed.evaluate(part, np.arange(len(lost)), *slow)
        polished = newton(part, *slow)
        better = polished.error <= bracketed.error
        found.take(lost[better], polished, np.flatnonzero(better))
        found.take(lost[~better], bracketed, np.flatnonzero(~better))
    return found
