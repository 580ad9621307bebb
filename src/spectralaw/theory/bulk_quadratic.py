"""The bulk of the quadratic spectrum: the curve of subordination points of μ_δ, and its bands above the cut."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectralaw.free_probability.cells import Cells
from spectralaw.free_probability.quantile import mass_above, place
from spectralaw.free_probability.subordination import imaginary_part, subordination_point
from spectralaw.state_evolution.quadratic import QuadraticChannel
from spectralaw.theory.outliers_quadratic import Learned, Visible, atoms_near
from spectralaw.theory.spectrum import resolve

Array = NDArray[np.float64]

_POINTS = 401  # of a band, before intervals are halved
_MOST_CELLS = 1200  # listed values whose gaps are all looked at
_ROWS = 60_000  # elements of a temporary array: a few of them fit the cache
_BLOCK = 8  # values in a block of them along the curve: they err by (3 + √8)^−16 = 6e-13


@dataclass
class Piece:
    """A band of the bulk: a stretch of the curve of subordination points, between two values of Re w."""

    low: float
    high: float
    mass: float

    def resolved(self, points: Curve, bulk_mass: float) -> tuple[Array, Array]:
        """Points x of μ_δ and its density there."""
        half = 0.5 * (self.high - self.low)
        angle = np.linspace(0.0, np.pi, _POINTS)  # square-root edges at both ends are resolved

        def evaluate(at: Array) -> tuple[Array, Array, Array]:
            u = np.where(at < 0.5 * np.pi, self.low + 2.0 * half * np.sin(0.5 * at) ** 2,
                         self.high - 2.0 * half * np.cos(0.5 * at) ** 2)  # fmt: skip
            return points.at(u)

        return resolve(evaluate, angle, bulk_mass)


class Curve:
    """The curve of subordination points of μ_δ, and its intervals above the cut."""

    def __init__(self, channel: QuadraticChannel, noise: float, cut: float, survivors: float) -> None:
        self.channel, self.noise, self.cut, self.survivors = channel, noise, cut, survivors

    def at(self, u: Array) -> tuple[Array, Array, Array]:
        """x, density and mass above at points u = Re w."""
        parts = []
        atoms = self.channel.atoms
        size = max(1, _ROWS // max(atoms_near(self.channel, u[:1])[0].shape[1], 1))
        for begin in range(0, len(u), size):
            some = u[begin : begin + size]
            delta, on_law = np.full(some.shape, self.noise), np.maximum(some, 0.0)
            values, counts = atoms.near(on_law, delta, _BLOCK)
            weights = counts / atoms.dimension
            guess = None if atoms.listed else atoms.height_at(on_law, delta)
            v = imaginary_part(some, values, weights, delta, guess, 1e-6)
            w = np.asarray(some + 1j * v, dtype=complex)
            x = place(w, values, weights, delta)
            parts.append((x, v / (np.pi * self.noise**2), mass_above(w, values, weights)))
        x, density, above = (np.concatenate(part) for part in zip(*parts, strict=True))
        return np.maximum(x, self.cut), density, above

    def mass_above(self, u: float) -> float:
        """Mass of μ_δ beyond the point whose subordination point has real part u."""
        return float(self.at(np.array([u]))[2][0])

    def pieces(self, visible: Visible, learned: Learned) -> list[Piece]:
        """Bands of the bulk above the cut, from the left."""
        at, delta = np.array([self.cut]), np.array([self.noise])
        if self.channel.atoms.listed:
            values, weights = atoms_near(self.channel, at)
            begin = float(subordination_point(at, values, weights, delta)[0].real)
        else:
            begin = float(self.channel.resolved(delta, at)[2][0].real)
        atoms = self.channel.atoms
        if atoms.listed and len(atoms.all()[0]) <= _MOST_CELLS:
            intervals = self._intervals(learned)
        else:
            intervals = self._coarse_intervals(visible, learned)
        found = []
        higher = 0.0  # mass above, and outliers among it
        for low, high, mass, inside in reversed(intervals):
            if high <= begin:
                break
            whole = mass - inside
            cut_off = low < begin
            if cut_off:
                low, whole = begin, self.survivors - higher - inside
            higher += mass
            if whole <= 1e-13 * self.survivors or high <= low:
                continue
            if inside > 0.0:  # outliers on the side of the band: it ends where as much mass lies above
                target = higher - mass + inside
                high = _bisect(lambda u, t=target: self.mass_above(u) > t, low, high)
            found.append(Piece(low, high, whole))
            if cut_off:
                break
        return found[::-1]

    def _intervals(self, learned: Learned) -> list[tuple[float, float, float, float]]:
        """All intervals of a listed spectrum: ends, mass, and the mass of the outliers inside."""
        values, counts = self.channel.atoms.all()
        order = np.argsort(values)
        values, counts = values[order], counts[order]
        cells = Cells.of_list(values, counts / self.channel.atoms.dimension)
        (low, open_low), (high, open_high) = cells.edges(self.noise, -1.0), cells.edges(self.noise, 1.0)
        outliers = {o.teacher for o in learned.rows}
        result = []
        k = 0
        while k < len(values):
            last = k
            while last + 1 < len(values) and not (open_high[last] and open_low[last + 1]):
                last += 1
            inside = sum(float(counts[j]) for j in range(k, last + 1) if float(values[j]) in outliers)
            mass = float(np.sum(counts[k : last + 1]))
            d = self.channel.atoms.dimension
            result.append((float(values[k] - low[k]), float(values[last] + high[last]), mass / d, inside / d))
            k = last + 1
        return result

    def _coarse_intervals(self, visible: Visible, learned: Learned) -> list[tuple[float, float, float, float]]:
        """Below the outliers: the band of the law, and that of the zeros where there is a gap between the two."""
        atoms, noise = self.channel.atoms, self.noise
        dimension = float(atoms.dimension)
        share = learned.count / dimension
        if visible.last == np.inf or not learned.count:
            end = _right_edge(self.channel, noise, max(atoms.largest, 0.0))
        elif learned.count >= atoms.rank:
            end = -np.inf
        else:
            end = _gap_below(self.channel, noise, visible.last, learned.count, self.mass_above)
        zeros = 1.0 - atoms.rank / dimension
        smallest = atoms.smallest
        start = min(float(np.min(self.channel.atoms.near(np.zeros(1))[0])), 0.0) - 1.001 * noise
        gap = _gap(self.channel, noise, 0.0, smallest) if zeros > 0.0 and learned.count < atoms.rank else None
        if learned.count >= atoms.rank:  # only the zeros are left
            top = _bisect(
                lambda u: _spread(self.channel, u) * noise**2 > 1.0, 0.0, _thinnest(self.channel, 0.0, smallest)
            )
            return [(start, top, zeros, 0.0)]
        top = end if not learned.count else _right_edge(self.channel, noise, max(atoms.largest, 0.0))
        above = (end, top, share, share)  # what is above the bulk
        if gap is None:
            return [(start, end, 1.0 - share, 0.0), above]
        return [(start, gap[0], zeros, 0.0), (gap[1], end, 1.0 - zeros - share, 0.0), above]


def _thinnest(channel: QuadraticChannel, low: float, high: float) -> float:
    """Where Σ a_i/(u − s_i)², convex between two atoms, is least."""
    for _ in range(100):
        one, two = low + (high - low) / 3.0, high - (high - low) / 3.0
        low, high = (low, two) if _spread(channel, one) < _spread(channel, two) else (one, high)
        if high - low <= 1e-13 * high:
            break
    return 0.5 * (low + high)


def _gap(channel: QuadraticChannel, noise: float, low: float, high: float) -> tuple[float, float] | None:
    """Ends of the gap of the spectrum between two neighbouring atoms; None without one."""
    inside = lambda u: _spread(channel, u) * noise**2 > 1.0  # noqa: E731
    thinnest = _thinnest(channel, low, high)
    if inside(thinnest):
        return None
    return _bisect(inside, low, thinnest), _bisect(lambda u: not inside(u), thinnest, high)


def _spread(channel: QuadraticChannel, u: float) -> float:
    """Σ a_i / (u − s_i)²; outside the spectrum where this is below 1/δ²."""
    values, weights = atoms_near(channel, np.array([u]))
    return float(np.sum(weights / np.maximum((u - values) ** 2, 1e-300)))


def _right_edge(channel: QuadraticChannel, noise: float, largest: float) -> float:
    """Subordination point of the right end of the spectrum."""
    return _bisect(lambda u: _spread(channel, u) * noise**2 > 1.0, largest, largest + 1.001 * noise)


def _gap_below(
    channel: QuadraticChannel, noise: float, last: float, count: int, mass_above: Callable[[float], float]
) -> float:
    """Where the bulk ends below the teacher value ``last``.

    That is its edge, if there is a gap; an outlier can also be visible as a bump on the side of the bulk, which then
    ends where as much mass lies above as the outliers have.
    """
    atoms = channel.atoms
    values = np.sort(atoms.near(np.array([last]))[0][0])
    smaller = values[values < last * (1.0 - 1e-12)]
    if smaller.size == 0:
        return last * (1.0 - 1e-9)
    gap = _gap(channel, noise, float(smaller[-1]), last)
    if gap is not None:
        return gap[0]
    low, high = float(smaller[-1]), last
    target = count / atoms.dimension
    while mass_above(low) < target and low > 0.0:
        low -= 0.5 * (high - low)
    return _bisect(lambda u: mass_above(u) > target, low, high)


def _bisect(is_left: Callable[[float], bool], low: float, high: float) -> float:
    """Right end of the interval on which ``is_left`` changes from true to false, to rounding."""
    for _ in range(200):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if is_left(middle) else (low, middle)
        if high - low <= 4e-16 * abs(high):
            break
    return high
