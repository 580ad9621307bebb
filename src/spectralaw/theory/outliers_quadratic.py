"""Which teacher values the quadratic network shows, where, and how well: outliers and bands of equal values.

A teacher eigenvalue s is *visible* when 1 + δ² G'_rest(s) > 0, with all others in G_rest, and lies above the threshold;
it is found at s + δ² G_rest(s) − c, and 1 + δ² G'_rest(s) is the squared overlap of its eigenvector with the teacher's
(arXiv:2509.24882). Visible values from the largest down to the first that is not are learned features.

k equal values are visible together, and make a band of mass k/d. As long as k ≤ √d, a share of the weights that
vanishes with d, its k eigenvalues are listed as outliers, at the quantiles of the band; more are a bulk of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectralaw.free_probability.quantile import place, quantile_point
from spectralaw.results import Outlier
from spectralaw.state_evolution.quadratic import QuadraticChannel
from spectralaw.theory.spectrum import MOST_OUTLIERS

Array = NDArray[np.float64]


def last_outlier(channel: QuadraticChannel, noise: float, threshold: float) -> float:
    """The smallest teacher value that is visible; infinite when there is none."""
    return visible_values(channel, noise, threshold).last


@dataclass(frozen=True)
class Visible:
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
class Learned:
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


def visible_values(channel: QuadraticChannel, noise: float, cut: float) -> Visible:
    atoms = channel.atoms
    if atoms.listed:
        values, counts = atoms.all()
        order = np.argsort(-values)
        values, counts = values[order][: 4 * MOST_OUTLIERS], counts[order][: 4 * MOST_OUTLIERS].astype(int)
        location, overlap = _visibility(channel, noise, values)
        seen = (overlap > 0.0) & (location > cut) & (values > 0.0)
        run = len(seen) if np.all(seen) else int(np.argmin(seen))
        last = float(values[run - 1]) if run else np.inf
        return Visible(values[:run], counts[:run], location[:run], overlap[:run], last, 0)
    law = atoms.value_at
    first = np.arange(1.0, min(atoms.nonzero, MOST_OUTLIERS) + 1.0)
    location, overlap = _visibility(channel, noise, law(first))
    seen = (overlap > 0.0) & (location > cut)
    run = len(seen) if np.all(seen) else int(np.argmin(seen))
    listed = (law(first)[:run], np.ones(run, dtype=int), location[:run], overlap[:run])
    if run < len(first) or run == atoms.nonzero:
        return Visible(*listed, float(law(np.array([float(run)]))[0]) if run else np.inf, 0)
    low, high = float(run), float(atoms.nonzero) + 1.0  # the last visible one, by bisection on the index
    while high - low > 1.0:
        middle = np.floor(0.5 * (low + high))
        location, overlap = _visibility(channel, noise, law(np.array([middle])))
        low, high = (middle, high) if overlap[0] > 0.0 and location[0] > cut else (low, middle)
    return Visible(*listed, float(law(np.array([low]))[0]), int(low) - run)


def learned_values(channel: QuadraticChannel, noise: float, threshold: float, visible: Visible, most: int) -> Learned:
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
    return Learned(tuple(rows), count + more, tuple(bands), tuple(heavy))


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
    near = lambda u: atoms_near(channel, u)  # noqa: E731
    low, high = smallest - 1.01 * delta, largest + 1.01 * delta
    w, values, weights = quantile_point(near, delta, share, low, high, np.full(share.shape, centre))
    x = place(w, values, weights, delta)
    return (float(x[-1]), float(x[0])), x[1:-1]


def atoms_near(channel: QuadraticChannel, u: Array) -> tuple[Array, Array]:
    values, counts = channel.atoms.near(np.maximum(u, 0.0))
    return values, counts / channel.atoms.dimension
