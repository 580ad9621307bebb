"""Spectrum of the quadratic network: the free convolution μ_δ above the threshold, moved to zero."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from spectralaw.free_probability.contour import moments_above
from spectralaw.free_probability.subordination import curve, imaginary_part, stieltjes
from spectralaw.results import Outlier
from spectralaw.state_evolution.quadratic import QuadraticChannel
from spectralaw.state_evolution.teacher_atoms import teacher_atoms
from spectralaw.state_evolution.width import narrow, quantile
from spectralaw.task import Task
from spectralaw.theory.spectrum import MOST_OUTLIERS, Spectrum

Array = NDArray[np.float64]

_POINTS = 801


def quadratic_spectrum(task: Task, noise: float, threshold: float, zero_mass: float) -> Spectrum:
    """Law of the eigenvalues of (S* + δ Z − c)₊.

    A teacher eigenvalue s is an outlier when 1 + δ² G'_rest(s) > 0, with all others in G_rest, and it lies above the
    threshold; it is found at s + δ² G_rest(s) − c, and 1 + δ² G'_rest(s) is the squared overlap of its eigenvector with
    the teacher's (arXiv:2509.24882). Outliers are counted from the largest down to the first that is not visible;
    equal teacher values count together. The bulk is what lies below the last of them.
    """
    channel = QuadraticChannel(teacher_atoms(task))
    cut = threshold
    if narrow(task):  # the smallest survivor is set by the number of units, where that is the smaller one
        cut = max(threshold, quantile(channel.atoms, noise, task.width / task.dimension))  # type: ignore[operator]
    outliers, count, last = _outliers(channel, noise, threshold, cut)
    grid, values, bulk_mass = _bulk(channel, noise, threshold, count, last, zero_mass, cut)

    def density(x: Array) -> Array:
        x = np.asarray(x, dtype=float)
        flat = np.where(x > 0.0, x, 1.0).ravel() + threshold
        points, place = np.unique(flat, return_inverse=True)
        if len(points) == 0:
            return np.zeros(x.shape)
        if channel.atoms.listed:
            spectrum, counts = channel.atoms.all()
            w = curve(points, spectrum, counts / channel.atoms.dimension, noise)
        else:
            parts = np.array_split(points, -(-len(points) // 256))
            w = np.concatenate([channel.resolved(np.full(part.shape, noise), part)[2] for part in parts])
        result = w.imag[place.reshape(flat.shape)] / (np.pi * noise**2)
        return np.where((x > 0.0) & (x >= cut - threshold), result.reshape(x.shape), 0.0)

    return Spectrum(
        zero_mass=zero_mass,
        bulk_mass=bulk_mass,
        outlier_count=float(count),
        outliers=outliers,
        grid=grid,
        values=values,
        density=density,
    )


def last_outlier(channel: QuadraticChannel, noise: float, threshold: float) -> float:
    """The smallest teacher value that is an outlier; infinite when there is none."""
    return _outliers(channel, noise, threshold, threshold)[2]


def _visibility(channel: QuadraticChannel, noise: float, values: Array) -> tuple[Array, Array]:
    """Location s + δ² G_rest(s) and overlap 1 + δ² G'_rest(s) of teacher eigenvalues."""
    atoms, counts = channel.atoms.near(values)
    difference = values[:, None] - atoms
    own = np.abs(difference) <= 1e-12 * np.abs(values)[:, None]
    with np.errstate(divide="ignore"):
        inverse = np.where(own, 0.0, 1.0 / np.where(own, 1.0, difference))
    weights = counts / channel.atoms.dimension
    location = values + noise**2 * np.sum(weights * inverse, axis=1)
    return location, 1.0 - noise**2 * np.sum(weights * inverse**2, axis=1)


def _outliers(
    channel: QuadraticChannel, noise: float, threshold: float, cut: float
) -> tuple[tuple[Outlier, ...], int, float]:
    """Outliers (the first ones), their number, and the teacher value of the last."""
    atoms = channel.atoms
    if atoms.listed:
        values, counts = atoms.all()
        order = np.argsort(-values)
        values, counts = values[order][: 4 * MOST_OUTLIERS], counts[order][: 4 * MOST_OUTLIERS].astype(int)
        location, overlap = _visibility(channel, noise, values)
        visible = (overlap > 0.0) & (location > cut) & (values > 0.0)
        run = len(visible) if np.all(visible) else int(np.argmin(visible))
        rows = [
            Outlier(float(s), float(x - threshold), float(o))
            for s, x, o, n in zip(values[:run], location[:run], overlap[:run], counts[:run], strict=True)
            for _ in range(min(int(n), MOST_OUTLIERS))
        ]
        return (
            tuple(rows[:MOST_OUTLIERS]),
            int(np.sum(counts[:run])),
            float(values[run - 1]) if run else np.inf,
        )

    law = atoms.value_at
    first = np.arange(1.0, min(atoms.nonzero, MOST_OUTLIERS) + 1.0)
    location, overlap = _visibility(channel, noise, law(first))
    visible = (overlap > 0.0) & (location > cut)
    run = len(visible) if np.all(visible) else int(np.argmin(visible))
    rows = tuple(
        Outlier(float(s), float(x - threshold), float(o))
        for s, x, o in zip(law(first)[:run], location[:run], overlap[:run], strict=True)
    )
    if run < len(first) or run == atoms.nonzero:
        return rows, run, float(law(np.array([float(run)]))[0]) if run else np.inf
    low, high = float(run), float(atoms.nonzero)  # the last visible one, by bisection on the index
    while high - low > 1.0:
        middle = np.floor(0.5 * (low + high))
        location, overlap = _visibility(channel, noise, law(np.array([middle])))
        low, high = (middle, high) if overlap[0] > 0.0 and location[0] > cut else (low, middle)
    return rows, int(low), float(law(np.array([low]))[0])


def _bulk(
    channel: QuadraticChannel, noise: float, threshold: float, count: int, last: float, zero_mass: float, cut: float
) -> tuple[Array, Array, float]:
    """Points, density and mass of what lies between the threshold and the outliers."""
    dimension = channel.atoms.dimension
    point = channel.moments(np.array([noise]), np.array([cut])).point[0]
    survivors = 1.0 - zero_mass
    empty = np.zeros(0)
    if survivors <= 0.0:
        return empty, empty, 0.0
    if count == 0:
        end = _right_edge(channel, noise, max(channel.atoms.largest, 0.0))
    else:
        end = _gap_below(channel, noise, last, count)
    if end <= point.real:
        return empty, empty, max(survivors - count / dimension, 0.0) if count == 0 else 0.0
    # equally spaced in an angle, so that square-root edges at both ends are resolved; the mass above `end` is exact
    angle = np.linspace(0.0, np.pi, _POINTS)
    u = point.real + (end - point.real) * 0.5 * (1.0 - np.cos(angle))
    values, weights = _resolved(channel, u)
    v = imaginary_part(u, values, weights, np.full(u.shape, noise))
    x = u + noise**2 * stieltjes(u + 1j * v, values, weights).real
    density = v / (np.pi * noise**2)
    x, keep = np.unique(x - threshold, return_index=True)
    density = density[keep]
    inside = x >= cut - threshold
    x, density = x[inside], density[inside]
    above = _mass_above(channel, noise, end)
    return x, density, max(survivors - above, 0.0)


def _resolved(channel: QuadraticChannel, u: Array) -> tuple[Array, Array]:
    values, counts = channel.atoms.near(np.maximum(u, 0.0))
    return values, counts / channel.atoms.dimension


def _mass_above(channel: QuadraticChannel, noise: float, u: float) -> float:
    """Mass of μ_δ beyond the point of the spectrum whose subordination point has real part u."""
    at, delta = np.array([u]), np.array([noise])
    values, weights = _resolved(channel, at)
    w = np.asarray(at + 1j * imaginary_part(at, values, weights, delta), dtype=complex)
    x = u + noise**2 * stieltjes(w, values, weights).real
    return float(moments_above(delta, x, values, weights).mass[0])


def _spread(channel: QuadraticChannel, u: float) -> float:
    """Σ a_i / (u − s_i)²; outside the spectrum where this is below 1/δ²."""
    values, weights = _resolved(channel, np.array([u]))
    with np.errstate(divide="ignore"):
        return float(np.sum(weights / (u - values) ** 2))


def _right_edge(channel: QuadraticChannel, noise: float, largest: float) -> float:
    """Subordination point of the right end of the spectrum."""
    return _bisect(lambda u: _spread(channel, u) * noise**2 > 1.0, largest, largest + 1.001 * noise)


def _gap_below(channel: QuadraticChannel, noise: float, last: float, count: int) -> float:
    """Where the bulk ends below the teacher value ``last``.

    That is its edge, if there is a gap; an outlier can also be visible as a bump on the side of the bulk, which then
    ends where as much mass lies above as the outliers have.
    """
    atoms = channel.atoms
    values = np.sort(atoms.near(np.array([last]))[0][0])
    smaller = values[values < last * (1.0 - 1e-12)]
    if smaller.size == 0:
        return last * (1.0 - 1e-9)
    low, high = float(smaller[-1]), last
    for _ in range(100):  # Σ a_i / (u − s_i)² is convex between two atoms
        one, two = low + (high - low) / 3.0, high - (high - low) / 3.0
        low, high = (low, two) if _spread(channel, one) < _spread(channel, two) else (one, high)
        if high - low <= 1e-13 * high:
            break
    thinnest, low, high = 0.5 * (low + high), float(smaller[-1]), last
    if _spread(channel, thinnest) * noise**2 < 1.0:
        return _bisect(lambda u: _spread(channel, u) * noise**2 > 1.0, low, thinnest)
    target = count / atoms.dimension
    while _mass_above(channel, noise, low) < target and low > 0.0:
        low -= 0.5 * (high - low)
    return _bisect(lambda u: _mass_above(channel, noise, u) > target, low, high)


def _bisect(is_left: Callable[[float], bool], low: float, high: float) -> float:
    """Right end of the interval on which ``is_left`` changes from true to false, to rounding."""
    for _ in range(200):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if is_left(middle) else (low, middle)
        if high - low <= 4e-16 * abs(high):
            break
    return high
