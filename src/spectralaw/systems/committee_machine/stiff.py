"""The overlap equations with an integrator made for their structure: linear in each level, coupled through few numbers.

A level's overlaps y (K × (M + K), students with teachers beside students with students, both per direction) obey
dy/dα = λ F(y; z), where z = Σ w λ y are the full overlaps. So the Jacobian is one small matrix times λ for each level
plus a matrix of low rank, and implicit steps cost as much as a few explicit ones, however large λ₁ α is.
Steps are those of the linearly implicit Euler method, extrapolated to order six.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from spectralaw.errors import ConvergenceFailure
from spectralaw.systems.committee_machine.averages import Array, Averages, averages, error

ORDER = 6
_SMALLEST, _LARGEST, _SAFETY = 0.2, 4.0, 0.8  # changes of the step
_UNSTABLE = 0.5  # step times rate of growth that is accepted
_LONGER = 8.0  # a step before over this one, up to which both are interpolated together
_COMPLEX_STEP = 1e-30
_ROUNDING = 1e-13  # of the generalisation error, a difference of numbers O(1)


class OverlapEquations:
    """Right-hand side and linear solves of the equations of one setting."""

    def __init__(
        self, activation: str, eigenvalues: Array, shares: Array, learning_rate: float, teachers: Array, students: int
    ) -> None:
        self.activation, self.eigenvalues, self.shares = activation, eigenvalues, shares
        self.learning_rate, self.students, self.T = learning_rate, students, teachers
        self.weights = shares * eigenvalues
        self.M = len(teachers)
        self.pull = learning_rate / np.sqrt(students)
        self.noise = learning_rate**2 / students
        self._upper = np.triu_indices(students)

    def full(self, y: Array) -> Array:
        """z = Σ w λ y (K, M + K) of overlaps of the levels, the last three axes of ``y``."""
        return np.tensordot(self.weights, y, (0, y.ndim - 3))

    def error(self, z: Array) -> Array:
        """Generalisation error at full overlaps."""
        return error(self.activation, z[..., self.M :], z[..., : self.M], self.T)

    def averages(self, z: Array) -> Averages:
        """Gaussian averages at full overlaps."""
        return averages(self.activation, z[..., self.M :], z[..., : self.M], self.T)

    def slope(self, y: Array) -> Array:
        """dy/dα of all levels (L, K, M + K)."""
        D, E, noise = self.averages(self.full(y))
        r, q = y[..., : self.M], y[..., self.M :]
        half = self.pull * (D @ q + E @ np.swapaxes(r, -1, -2))
        slope = np.concatenate([self.pull * (D @ r + E), half + np.swapaxes(half, -1, -2) + self.noise * noise], -1)
        return self.eigenvalues[:, None, None] * slope

    def linearise(self, y: Array) -> Linearised:
        """The Jacobian there."""
        return Linearised(self, y)


class Linearised:
    """J = λ A + U Wᵀ at some overlaps, in the frame where D is diagonal."""

    def __init__(self, equations: OverlapEquations, y: Array) -> None:
        self.of, M, K = equations, equations.M, equations.students
        z = equations.full(y)
        D, E, _ = equations.averages(z)
        rates, self.frame = np.linalg.eigh(D)
        rates = equations.pull * rates
        level = equations.eigenvalues[:, None, None]
        self.rates = level * np.concatenate(
            [np.broadcast_to(rates[:, None], (K, M)), rates[:, None] + rates[None, :]], -1
        )
        self.pull = equations.pull * (self.frame.T @ E)
        i, j = equations._upper
        count = K * M + len(i)
        shifts = np.zeros((count, K, M + K))
        shifts[np.arange(K * M), *np.divmod(np.arange(K * M), M)] = 1.0
        shifts[K * M + np.arange(len(i)), i, M + j] = 1.0
        shifts[K * M + np.arange(len(i)), j, M + i] = 1.0
        turned = self.unturn(shifts)
        shifted: Any = z + 1j * _COMPLEX_STEP * turned
        change = Averages(*(part.imag / _COMPLEX_STEP for part in equations.averages(shifted)))
        X = self.frame
        dD, dE, noise = X.T @ change.students @ X, X.T @ change.teachers, X.T @ change.noise @ X
        own = self.turn(y)
        r, q = own[..., :M], own[..., M:]
        dD, dE = dD[:, None], dE[:, None]
        half = equations.pull * (dD @ q + dE @ np.swapaxes(r, -1, -2))
        self.shared = level * np.concatenate(
            [
                equations.pull * (dD @ r + dE),
                half + np.swapaxes(half, -1, -2) + equations.noise * noise[:, None],
            ],
            -1,
        )  # U, one full overlap after the other (n, L, K, M + K)

    def turn(self, y: Array) -> Array:
        """Into the frame where D is diagonal."""
        y = self.frame.T @ y
        return np.concatenate([y[..., : self.of.M], y[..., self.of.M :] @ self.frame], -1)

    def unturn(self, y: Array) -> Array:
        """And back."""
        y = self.frame @ y
        return np.concatenate([y[..., : self.of.M], y[..., self.of.M :] @ self.frame.T], -1)

    def coordinates(self, y: Array) -> Array:
        """Wᵀ y: the full overlaps that differ, first axis of the result; ``y`` in the frame."""
        z = self.of.full(y)
        i, j = self.of._upper
        M = self.of.M
        return np.concatenate([z[..., :M].reshape(*z.shape[:-2], -1), z[..., M:][..., i, j]], -1)

    def solver(self, step: float) -> Solver:
        """For (1 − step J) y = right-hand side."""
        return Solver(self, step)


class Solver:
    """Solves (1 − step J) y = right-hand side."""

    def __init__(self, linear: Linearised, step: float) -> None:
        self._linear = linear
        self._inverse = 1.0 / (1.0 - step * linear.rates)
        self._level = step * linear.of.eigenvalues[:, None, None]
        self._spread = step * self._levels(linear.shared)
        self._coupling = linear.coordinates(self._spread).T
        self._small = np.linalg.inv(np.eye(len(self._coupling)) - self._coupling)
        self._fastest = step * float(linear.rates.max())

    def growth(self) -> float:
        """At least 1 if a direction grows at a rate of 1/step or more; it would be damped by an implicit step.

        1 − step J is singular where the coupling of the levels has the eigenvalue one, which real eigenvalues of J pass
        one after the other as the step grows.
        """
        values = np.linalg.eigvals(self._coupling)
        return max(self._fastest, float(np.max(values.real, initial=0.0, where=np.abs(values.imag) <= 1e-9)))

    def _levels(self, y: Array) -> Array:
        M = self._linear.of.M
        y = y * self._inverse
        half = self._linear.pull @ np.swapaxes(y[..., :M], -1, -2)
        y[..., M:] += self._level * (half + np.swapaxes(half, -1, -2)) * self._inverse[..., M:]
        return y

    def __call__(self, y: Array) -> Array:
        own = self._levels(self._linear.turn(y))
        shared = np.tensordot(self._small @ self._linear.coordinates(own), self._spread, 1)
        return self._linear.unturn(own + shared)


def run(
    equations: OverlapEquations, start: Array, alphas: Array, tolerance: float, most: int
) -> tuple[Array, Array, int]:
    """Full overlaps z at ascending ``alphas`` ≥ 0, those of the levels at the last, and steps.

    Between the ends of steps z is interpolated, from values and slopes at three of them.

    Raises
    ------
    ConvergenceFailure
        When more than ``most`` steps would be needed, or a step vanishes.
    """
    y, now, last = start, 0.0, float(alphas[-1])
    found = np.empty((len(alphas), *start.shape[1:]))
    done = int(np.searchsorted(alphas, 0.0, side="right"))
    found[:done] = equations.full(y)
    slope = equations.slope(y)
    ends = [(now, equations.full(y), equations.full(slope))]
    step = min(last, 0.01 / (np.max(np.abs(slope) / (np.abs(y) + 1e-3)) + 1e-300)) if last > 0.0 else 0.0
    linear, steps = equations.linearise(y), 0
    while now < last:
        if steps >= most:
            raise ConvergenceFailure(
                f"the equations took {most} steps to alpha = {now:.4g} of {last:.4g}: raise most_steps or end earlier"
            )
        step = min(step, last - now)
        if step <= 1e-14 * now:
            raise ConvergenceFailure(f"the equations cannot be integrated beyond alpha = {now:.6g}")
        with np.errstate(invalid="ignore", over="ignore", divide="ignore"):  # of steps that are too long, and not taken
            whole = linear.solver(step)
            if whole.growth() > 0.4 and linear.solver(step / _UNSTABLE).growth() >= 1.0:
                step *= 0.5
                continue
            new, rough = _extrapolated(equations, linear, whole, y, slope, step)
            wrong = _wrong(equations, y, new, rough, tolerance)
        steps += 1
        change = np.clip(_SAFETY * max(wrong, 1e-30) ** (-1.0 / ORDER), _SMALLEST, _LARGEST)
        if not wrong <= 1.0:
            step *= min(float(change), 0.7)
            continue
        end = last if last - now <= step else now + step
        new_slope = equations.slope(new)
        ends = [*ends[-2:], (end, equations.full(new), equations.full(new_slope))]
        upto = int(np.searchsorted(alphas, end, side="right"))
        if len(ends) == 3 and ends[1][0] - ends[0][0] <= _LONGER * step:
            found[done:upto] = _between(alphas[done:upto], ends)
        else:
            for k in range(done, upto):
                part = linear.solver(alphas[k] - now)
                found[k] = equations.full(_extrapolated(equations, linear, part, y, slope, alphas[k] - now)[0])
        y, slope, now, done = new, new_slope, end, upto
        step *= float(change)
        if now < last:
            linear = equations.linearise(y)
    return found, y, steps


def _wrong(equations: OverlapEquations, y: Array, new: Array, rough: Array, tolerance: float) -> float:
    """Estimated error of a step over the tolerated one: of every overlap, and of the generalisation error.

    The second keeps steps honest once the student has learned: errors of overlaps that are O(1) would hide what is
    left to learn.
    """
    if not np.all(np.isfinite(new)):
        return np.inf
    each = np.max(np.abs(new - rough) / (np.maximum(np.abs(y), np.abs(new)) + 1e-3))
    errors = [float(equations.error(equations.full(part))) for part in (new, rough)]
    whole = abs(errors[0] - errors[1]) / (abs(errors[0]) + _ROUNDING / tolerance)
    return float(max(each, whole)) / tolerance if np.isfinite(each + whole) else np.inf


def _extrapolated(
    equations: OverlapEquations, linear: Linearised, whole: Solver, y: Array, slope: Array, step: float
) -> tuple[Array, Array]:
    """One step by the extrapolated linearly implicit Euler method, and its value of one order less."""
    row: list[Array] = []
    for count in range(1, ORDER + 1):
        part = step / count
        solve = whole if count == 1 else linear.solver(part)
        end = y + solve(part * slope)
        for _ in range(count - 1):
            end = end + solve(part * equations.slope(end))
        before, row = row, [end]
        for k in range(1, count):
            row.append(row[-1] + (row[-1] - before[k - 1]) / (count / (count - k) - 1.0))
    return row[-1], row[-2]


def _between(alphas: Array, ends: list[tuple[float, Array, Array]]) -> Array:
    """Polynomial of degree five with given values and slopes at three points, by divided differences."""
    x = np.repeat([end[0] for end in ends], 2)
    table = np.repeat([end[1] for end in ends], 2, axis=0)
    coefficients = [table[0]]
    for order in range(1, 6):
        gaps = x[order:] - x[:-order]
        rise = np.diff(table, axis=0)
        table = rise / np.where(gaps > 0.0, gaps, 1.0)[:, None, None]
        if order == 1:
            table[::2] = [end[2] for end in ends]
        coefficients.append(table[0])
    result = np.broadcast_to(coefficients[-1], (len(alphas), *coefficients[-1].shape))
    for k in range(4, -1, -1):
        result = coefficients[k] + (alphas - x[k])[:, None, None] * result
    return result
