"""Solving the two equations by Newton's method, continued in log λ from the Hebb limit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectralaw.systems.perceptron.averages import Array, State, averages

_START = 0.01  # bends of the loss that the Hebb limit may leave out
_EXACT, _ON_THE_WAY = 1e-12, 1e-6  # residuals of logarithms
_LONGEST, _SHORTEST = 1.5, 1e-4  # steps in log λ
_AT_ONCE = 64  # pairs whose nodes fit into the cache together


@dataclass(frozen=True)
class Linear:
    """Both equations at a state, and their slopes: F1 = log(√(2/π) α A / R), F2 = log(2α B / (1−R²))."""

    values: Array
    """Shape (n, 2)."""
    jacobian: Array
    """By (y, p), shape (n, 2, 2)."""
    by_norm: Array
    """By log λ, shape (n, 2)."""


def equations(log_alpha: Array, state: State, fineness: int = 1) -> Linear:
    """Residuals as differences of logarithms, thus relative."""
    found = averages(state, fineness)
    y, v = state.log_ratio, np.exp(state.log_force)
    log_sine, log_cosine = -0.5 * np.logaddexp(0.0, 2.0 * y), -0.5 * np.logaddexp(0.0, -2.0 * y)
    sine2, cosine2 = np.exp(2.0 * log_sine), np.exp(2.0 * log_cosine)
    by_force = 1.0 + v / (1.0 + np.exp(-v))  # ∂L/∂p
    first = log_alpha + 0.5 * np.log(2.0 / np.pi) + found.log_first - log_cosine
    second = log_alpha + np.log(2.0) + found.log_second - 2.0 * log_sine
    by_ratio = np.stack([-cosine2 * found.first_by_scale - sine2, found.second_by_ratio + 2.0 * cosine2], axis=-1)
    by_p = np.stack([found.first_by_strength * by_force, found.second_by_strength * by_force], axis=-1)
    by_norm = np.stack([found.first_by_scale - 1.0, found.second_by_scale - 2.0], axis=-1)
    return Linear(np.stack([first, second], axis=-1), np.stack([by_ratio, by_p], axis=-1), by_norm)


def hebb_state(log_alpha: Array, log_norm: Array) -> State:
    """The state for λ → 0: R² = 2α/(2α + π), x² = (1−R²)/α, v(0) = 2λx."""
    y = 0.5 * (np.log(2.0 / np.pi) + log_alpha)
    p = np.log(2.0) + log_norm - 0.5 * np.logaddexp(0.0, 2.0 * y) - 0.5 * log_alpha
    return State(y, p, log_norm)


def newton(log_alpha: Array, state: State, tolerance: float, most: int = 12) -> tuple[State, NDArray[np.bool_]]:
    """Newton's method from a guess; which of the states came within the tolerance."""
    y, p = state.log_ratio.copy(), state.log_force.copy()
    done, alive = np.zeros(len(y), dtype=bool), np.ones(len(y), dtype=bool)
    for _ in range(most):
        todo = np.flatnonzero(alive & ~done)
        if not todo.size:
            break
        now = State(y[todo], p[todo], state.log_norm[todo])
        with np.errstate(all="ignore"):
            line = equations(log_alpha[todo], now)
            step = _solve(line.jacobian, -line.values)
        sound = np.all(np.isfinite(step), axis=1) & (np.abs(step).max(axis=1) < 8.0)
        alive[todo[~sound]] = False
        size = np.abs(step).max(axis=1)
        step /= np.maximum(size, 1.0)[:, None]
        moved = todo[sound]
        y[moved] += step[sound, 0]
        p[moved] += step[sound, 1]
        done[todo[sound & (size <= tolerance)]] = True
    return State(y, p, state.log_norm), done


def _solve(matrix: Array, right: Array) -> Array:
    a, b, c, d = matrix[:, 0, 0], matrix[:, 0, 1], matrix[:, 1, 0], matrix[:, 1, 1]
    e, f = right[:, 0], right[:, 1]
    return np.stack([d * e - b * f, a * f - c * e], axis=-1) / (a * d - b * c)[:, None]


def slopes(log_alpha: Array, state: State) -> Array:
    """(dy, dp)/d log λ along the solutions, shape (n, 2)."""
    line = equations(log_alpha, state)
    return _solve(line.jacobian, -line.by_norm)


def solve(log_alpha: Array, log_norm: Array) -> tuple[State, NDArray[np.bool_]]:
    """The solutions for all pairs, and which of them were reached."""
    parts = [
        _solve_some(log_alpha[k : k + _AT_ONCE], log_norm[k : k + _AT_ONCE]) for k in range(0, len(log_norm), _AT_ONCE)
    ]
    y, p = (np.concatenate([getattr(state, name) for state, _ in parts]) for name in ("log_ratio", "log_force"))
    return State(y, p, log_norm), np.concatenate([good for _, good in parts])


def _solve_some(log_alpha: Array, log_norm: Array) -> tuple[State, NDArray[np.bool_]]:
    guess = hebb_state(log_alpha, log_norm)
    # sizes of 2λ√(1−R²) and X by the Hebb limit: below _START the loss is linear for all fields
    log_sine = -0.5 * np.logaddexp(0.0, 2.0 * guess.log_ratio)
    size = np.log(2.0) + log_sine + np.maximum(0.0, np.log(2.0) - 0.5 * log_alpha)
    start = np.minimum(log_norm, np.log(_START) - size)
    state, good = newton(log_alpha, hebb_state(log_alpha, start), _ON_THE_WAY)
    y, p, at = state.log_ratio, state.log_force, start.copy()
    length = np.full(len(y), _LONGEST)
    while True:
        todo = np.flatnonzero(good & (at < log_norm))
        if not todo.size:
            break
        here = State(y[todo], p[todo], at[todo])
        h = np.minimum(length[todo], log_norm[todo] - at[todo])
        along = slopes(log_alpha[todo], here)
        ahead = State(here.log_ratio + h * along[:, 0], here.log_force + h * along[:, 1], at[todo] + h)
        found, well = newton(log_alpha[todo], ahead, _ON_THE_WAY, 6)
        on = todo[well]
        y[on], p[on] = found.log_ratio[well], found.log_force[well]
        at[on] = np.where(h[well] >= log_norm[on] - at[on], log_norm[on], at[on] + h[well])
        length[todo] = np.where(well, np.minimum(1.5 * h, _LONGEST), h / 3.0)
        length[on] = np.maximum(length[on], 1e-2)
        good[todo] &= well | (h > _SHORTEST)
    state, well = newton(log_alpha, State(y, p, log_norm), _EXACT)
    return state, good & well
