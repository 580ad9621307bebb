"""Spectrum of the quadratic network: the free convolution μ_δ above the threshold, moved to zero.

A teacher eigenvalue s is *visible* when 1 + δ² G'_rest(s) > 0, with all others in G_rest, and lies above the threshold;
it is found at s + δ² G_rest(s) − c, and 1 + δ² G'_rest(s) is the squared overlap of its eigenvector with the teacher's
(arXiv:2509.24882). Visible values from the largest down to the first that is not are learned features.

k equal values are visible together, and make a band of mass k/d. As long as k ≤ √d, a share of the weights that
vanishes with d, its k eigenvalues are listed as outliers, at the quantiles of the band; more are a bulk of their own.
All else above the threshold is bulk, in as many bands as the spectrum has intervals there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectralaw.free_probability.cells import Cells
from spectralaw.free_probability.quantile import mass_above, place, quantile_point
from spectralaw.free_probability.subordination import curve, imaginary_part, subordination_point
from spectralaw.results import Outlier
from spectralaw.state_evolution.quadratic import QuadraticChannel
from spectralaw.state_evolution.teacher_atoms import teacher_atoms
from spectralaw.state_evolution.width import narrow, quantile
from spectralaw.task import Task
from spectralaw.theory.spectrum import MOST_OUTLIERS, Band, Spectrum, resolve

Array = NDArray[np.float64]

_POINTS = 401  # of a band, before intervals are halved
_MOST_CELLS = 1200  # listed values whose gaps are all looked at
_ROWS = 60_000  # elements of a temporary array: a few of them fit the cache
_BLOCK = 8  # values in a block of them along the curve: they err by (3 + √8)^−16 = 6e-13


@dataclass(frozen=True)
class QuadraticLaw:
    """Density of μ_δ above a cut b, moved by the threshold c."""

    task: Task
    noise: float
    threshold: float
    cut: float
    intervals: tuple[tuple[float, float], ...]
    """Of the bulk."""

    def density(self, x: Array) -> Array:
        x = np.asarray(x, dtype=float)
        used = (x > 0.0) & (x >= self.cut - self.threshold)
        if self.noise == 0.0 or not np.any(used):
            return np.zeros(x.shape)
        points, where = np.unique(x[used] + self.threshold, return_inverse=True)
        channel = QuadraticChannel(teacher_atoms(self.task))
        if channel.atoms.listed:
            spectrum, counts = channel.atoms.all()
            w = curve(points, spectrum, counts / channel.atoms.dimension, self.noise)
        else:
            parts = np.array_split(points, -(-len(points) // 256))
            w = np.concatenate([channel.resolved(np.full(part.shape, self.noise), part)[2] for part in parts])
        result = np.zeros(x.shape)
        result[used] = (w.imag / (np.pi * self.noise**2))[where]
        return result

    def bulk_density(self, x: Array) -> Array:
        x = np.asarray(x, dtype=float)
        inside = np.zeros(x.shape, dtype=bool)
        for low, high in self.intervals:
            inside |= (x >= low) & (x <= high)
        result = np.zeros(x.shape)
        if np.any(inside):
            result[inside] = self.density(x[inside])
        return result


def quadratic_spectrum(task: Task, noise: float, threshold: float, zero_mass: float) -> Spectrum:
    """Law of the eigenvalues of (S* + δ Z − c)₊."""
    channel = QuadraticChannel(teacher_atoms(task))
    dimension = task.dimension
    empty = np.zeros(0)
    if not np.isfinite(noise):
        return Spectrum(np.nan, np.nan, np.nan, (), (), empty, empty, QuadraticLaw(task, 0.0, 0.0, 0.0, ()))
    cut = threshold
    if noise > 0.0 and narrow(
        task
    ):  # the smallest survivor is set by the number of units, where that is the smaller one
        cut = max(threshold, quantile(channel.atoms, noise, task.width / dimension))  # type: ignore[operator]
    visible = _visible(channel, noise, cut)
    survivors = 1.0 - zero_mass
    most = int(np.floor(survivors * dimension * (1.0 + 1e-12) + 1e-6))  # of the last one, a part may be below the cut
    learned = _learned(channel, noise, threshold, visible, most)
    spread = _Spread(channel, noise, cut, survivors)
    bulk_mass = survivors - learned.count / dimension
    bulk_mass = 0.0 if bulk_mass < 1e-12 * survivors + 1e-15 else bulk_mass
    pieces = spread.pieces(visible, learned) if bulk_mass > 0.0 and noise > 0.0 else []
    grid, values, bands, missing = [], [], [], bulk_mass - sum(piece.mass for piece in pieces)
    if pieces:  # what rounding leaves is the largest's
        largest = max(pieces, key=lambda piece: piece.mass)
        largest.mass = max(largest.mass + missing, 0.0)
    elif bulk_mass > 0.0:
        bands += [Band(s - threshold, s - threshold, n / dimension) for s, n in learned.heavy]
    for piece in pieces:
        x, density = piece.resolved(spread, bulk_mass)
        x = x - threshold
        bands.append(Band(0.0 if x[0] < 1e-12 * noise else float(x[0]), float(x[-1]), piece.mass))
        if grid and density[0] > 0.0:
            x, density = np.append(np.nextafter(x[0], -np.inf), x), np.append(0.0, density)
        if density[-1] > 0.0 and piece is not pieces[-1]:
            x, density = np.append(x, np.nextafter(x[-1], np.inf)), np.append(density, 0.0)
        grid.append(x)
        values.append(density)
    grid_array, value_array = (np.concatenate(parts) if parts else empty for parts in (grid, values))
    if len(grid_array):
        keep = np.append(True, np.diff(np.maximum.accumulate(grid_array)) > 0.0)
        grid_array, value_array = grid_array[keep], value_array[keep]
    intervals = tuple((band.low, band.high) for band in bands)
    bands += [Band(low - threshold, high - threshold, n / dimension, n) for low, high, n in learned.bands]
    return Spectrum(
        zero_mass=zero_mass,
        bulk_mass=bulk_mass,
        outlier_count=float(learned.count),
        outliers=learned.rows,
        bands=tuple(sorted(bands, key=lambda band: band.low)),
        grid=grid_array,
        values=value_array,
        law=QuadraticLaw(task, noise, threshold, cut, intervals),
    )


def last_outlier(channel: QuadraticChannel, noise: float, threshold: float) -> float:
    """The smallest teacher value that is visible; infinite when there is none."""
    return _visible(channel, noise, threshold).last


@dataclass(frozen=True)
class _Visible:
    """Teacher values from the largest to the last visible one, the first ones in full."""

    values: Array
    counts: NDArray[np.int64]
    location: Array
    overlap: Array
    last: float
    """The last one, infinite when there is none."""
    more: int
    """Visible values beyond those listed."""


@dataclass(frozen=True)
class _Learned:
    rows: tuple[Outlier, ...]
    count: int
    bands: tuple[tuple[float, float, int], ...]
    """Ends (in μ_δ) and sizes of the bands of equal values."""
    heavy: tuple[tuple[float, int], ...]
    """Values so many times equal that they are a bulk, with their numbers."""


def _visibility(channel: QuadraticChannel, noise: float, values: Array) -> tuple[Array, Array]:
    """Location s + δ² G_rest(s) and overlap 1 + δ² G'_rest(s) of teacher eigenvalues."""
    atoms, counts = channel.atoms.near(values)
    difference = values[:, None] - atoms
    own = np.abs(difference) <= 1e-12 * np.abs(values)[:, None]
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):  # beside an atom: infinite, and not visible
        inverse = np.where(own, 0.0, 1.0 / np.where(own, 1.0, difference))
        weights = counts / channel.atoms.dimension
        location = values + noise**2 * np.sum(weights * inverse, axis=1)
        return location, 1.0 - noise**2 * np.sum(weights * inverse**2, axis=1)


def _visible(channel: QuadraticChannel, noise: float, cut: float) -> _Visible:
    atoms = channel.atoms
    if atoms.listed:
        values, counts = atoms.all()
        order = np.argsort(-values)
        values, counts = values[order][: 4 * MOST_OUTLIERS], counts[order][: 4 * MOST_OUTLIERS].astype(int)
        location, overlap = _visibility(channel, noise, values)
        seen = (overlap > 0.0) & (location > cut) & (values > 0.0)
        run = len(seen) if np.all(seen) else int(np.argmin(seen))
        last = float(values[run - 1]) if run else np.inf
        return _Visible(values[:run], counts[:run], location[:run], overlap[:run], last, 0)
    law = atoms.value_at
    first = np.arange(1.0, min(atoms.nonzero, MOST_OUTLIERS) + 1.0)
    location, overlap = _visibility(channel, noise, law(first))
    seen = (overlap > 0.0) & (location > cut)
    run = len(seen) if np.all(seen) else int(np.argmin(seen))
    listed = (law(first)[:run], np.ones(run, dtype=int), location[:run], overlap[:run])
    if run < len(first) or run == atoms.nonzero:
        return _Visible(*listed, float(law(np.array([float(run)]))[0]) if run else np.inf, 0)
    low, high = float(run), float(atoms.nonzero) + 1.0  # the last visible one, by bisection on the index
    while high - low > 1.0:
        middle = np.floor(0.5 * (low + high))
        location, overlap = _visibility(channel, noise, law(np.array([middle])))
        low, high = (middle, high) if overlap[0] > 0.0 and location[0] > cut else (low, middle)
    return _Visible(*listed, float(law(np.array([low]))[0]), int(low) - run)


def _learned(channel: QuadraticChannel, noise: float, threshold: float, visible: _Visible, most: int) -> _Learned:
    """Outliers: visible values, as long as no more than √d are equal and no more than ``most`` in all."""
    dimension = channel.atoms.dimension
    rows: list[Outlier] = []
    bands: list[tuple[float, float, int]] = []
    heavy: list[tuple[float, int]] = []
    count = above = 0
    full = False
    for s, n, x, o in zip(visible.values, visible.counts, visible.location, visible.overlap, strict=True):
        n = int(n)
        if n > 1 and n * n > dimension:
            heavy.append((float(s), n))
        elif above + n > most:  # of a value at the cut only a part survives
            full = True
            break
        else:
            count += n
            if n == 1:
                if len(rows) < MOST_OUTLIERS:
                    rows.append(Outlier(float(s), float(x - threshold), float(o)))
            else:
                ends, places = _equal(channel, noise, above, n, float(x))
                bands.append((*ends, n))
                room = MOST_OUTLIERS - len(rows)
                rows += [Outlier(float(s), float(at - threshold), float(o)) for at in places[: max(room, 0)]]
        above += n
    more = 0 if full else max(min(visible.more, most - above), 0)
    return _Learned(tuple(rows), count + more, tuple(bands), tuple(heavy))


def _equal(
    channel: QuadraticChannel, noise: float, above: int, count: int, centre: float
) -> tuple[tuple[float, float], Array]:
    """Ends of the band of ``count`` equal values below ``above`` larger ones, and its quantiles, largest first."""
    if noise == 0.0:
        return (centre, centre), np.full(min(count, MOST_OUTLIERS), centre)
    atoms = channel.atoms
    dimension = float(atoms.dimension)
    places = above + np.arange(0.5, min(count, MOST_OUTLIERS))
    share = np.concatenate([[above + 1e-3], places, [above + count - 1e-3]]) / dimension
    delta = np.full(share.shape, noise)
    largest = float(np.max(atoms.all()[0]))
    smallest = min(float(np.min(atoms.all()[0])), 0.0)
    near = lambda u: _resolved(channel, u)  # noqa: E731
    low, high = smallest - 1.01 * delta, largest + 1.01 * delta
    w, values, weights = quantile_point(near, delta, share, low, high, np.full(share.shape, centre))
    x = place(w, values, weights, delta)
    return (float(x[-1]), float(x[0])), x[1:-1]


@dataclass
class _Piece:
    """A band of the bulk: a stretch of the curve of subordination points, between two values of Re w."""

    low: float
    high: float
    mass: float

    def resolved(self, spread: _Spread, bulk_mass: float) -> tuple[Array, Array]:
        """Points x of μ_δ and its density there."""
        half = 0.5 * (self.high - self.low)
        angle = np.linspace(0.0, np.pi, _POINTS)  # square-root edges at both ends are resolved

        def evaluate(at: Array) -> tuple[Array, Array, Array]:
            u = np.where(at < 0.5 * np.pi, self.low + 2.0 * half * np.sin(0.5 * at) ** 2,
                         self.high - 2.0 * half * np.cos(0.5 * at) ** 2)  # fmt: skip
            return spread.at(u)

        return resolve(evaluate, angle, bulk_mass)


class _Spread:
    """The curve of subordination points of μ_δ, and its intervals above the cut."""

    def __init__(self, channel: QuadraticChannel, noise: float, cut: float, survivors: float) -> None:
        self.channel, self.noise, self.cut, self.survivors = channel, noise, cut, survivors

    def at(self, u: Array) -> tuple[Array, Array, Array]:
        """x, density and mass above at points u = Re w."""
        parts = []
        atoms = self.channel.atoms
        size = max(1, _ROWS // max(_resolved(self.channel, u[:1])[0].shape[1], 1))
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

    def pieces(self, visible: _Visible, learned: _Learned) -> list[_Piece]:
        """Bands of the bulk above the cut, from the left."""
        at, delta = np.array([self.cut]), np.array([self.noise])
        if self.channel.atoms.listed:
            values, weights = _resolved(self.channel, at)
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
            found.append(_Piece(low, high, whole))
            if cut_off:
                break
        return found[::-1]

    def _intervals(self, learned: _Learned) -> list[tuple[float, float, float, float]]:
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

    def _coarse_intervals(self, visible: _Visible, learned: _Learned) -> list[tuple[float, float, float, float]]:
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


def _resolved(channel: QuadraticChannel, u: Array) -> tuple[Array, Array]:
    values, counts = channel.atoms.near(np.maximum(u, 0.0))
    return values, counts / channel.atoms.dimension


def _spread(channel: QuadraticChannel, u: float) -> float:
    """Σ a_i / (u − s_i)²; outside the spectrum where this is below 1/δ²."""
    values, weights = _resolved(channel, np.array([u]))
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
