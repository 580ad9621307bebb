"""The smallest error of matrix denoising: what an estimator that knows the teacher's spectrum can reach.

For S* + δ Z, with Z a GOE matrix, E Z_ij² = 1/d, the best estimator keeps the eigenvectors and replaces the eigenvalue
x by the posterior mean f(x) of the teacher values; its error (1/d) E ‖Ŝ − S*‖² is M(δ) = ∫ V dμ_δ, with the posterior
variance V(x) (arXiv:2408.03733). At the subordination point w = u + i v of x the posterior probabilities are

    p_i = δ² a_i / |w − s_i|²,    Σ p_i = 1,    f = Σ p_i s_i,    V = Σ p_i (s_i − f)²,

and with T_0 = Σ a_i / |w − s_i|⁴ and T_1 = Σ a_i (u − s_i) / |w − s_i|⁴ the law along the curve is

    dμ_δ = (2 v/π) (v² T_0 + T_1²/T_0) du.

Every term is positive: nothing cancels, however small M is (the form δ² − (4π²/3) δ⁴ ∫ μ³ dx loses M ≪ δ²).

The curve is cut into cells, one around each atom. A large teacher value has a narrow band of its own; the error of a
cell is then a smooth function of its index, which is summed by interpolation between few indices. Where the curve
is higher than the distance of the atoms it no longer sees them, and is integrated over long panels.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from spectralaw.free_probability.atoms import Array, Atoms
from spectralaw.free_probability.index_rule import discrete_rule
from spectralaw.free_probability.subordination import imaginary_part

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(20)
_ANGLES = 0.5 * np.pi * (1.0 + _NODES)  # u = middle − half·cos(angle): square-root edges at both ends are resolved
_BLIND = 3.0  # height over distance of atoms at which the curve stops to see them, e^(−2π·3) = 6e-9
_SINGLES = 24  # cells at either end of the sum that are taken one by one
_BLOCK_NODES = 11
_CHUNK = 400_000
_LISTED_UP_TO = 100


def denoising_error(atoms: Atoms, noise: float) -> float:
    """M(δ), the Bayes-optimal error of denoising S* + δ Z.

    Parameters
    ----------
    atoms : Atoms
        Spectrum of the teacher, any dimension.
    noise : float
        δ > 0, in units of the teacher values.

    Returns
    -------
    float
        Mean-square error per dimension; relative accuracy about 1e-7.

    References
    ----------
    arXiv:2408.03733; arXiv:2509.24882, appendix on the Bayes-optimal error.
    """
    if not atoms.is_law or atoms.decay == 0.0 or atoms.nonzero <= _LISTED_UP_TO:
        return _listed(atoms, noise)
    return _law(atoms, noise)


def _listed(atoms: Atoms, noise: float) -> float:
    """Every cell, with neighbours joined where the curve is higher than they are wide together."""
    values, counts = atoms.all()
    order = np.argsort(values)
    values, weights = values[order], counts[order] / atoms.dimension
    s, a = values[None, :], weights[None, :]
    low, high, left, right = _cells(values, weights, _shift(values, 1), _shift(values, -1), s, a, noise)
    begin, end = [], []
    k = 0
    while k < len(values):
        last = k
        while last + 1 < len(values) and left[k] > 0.0 and right[last + 1] > 0.0:
            if high[last + 1] - low[k] > 0.5 * min(left[k], right[last + 1]):
                break
            last += 1
        begin.append(low[k])
        end.append(high[last])
        k = last + 1
    return float(np.sum(_integrate(np.array(begin), np.array(end), s, a, noise)))


def _shift(values: Array, by: int) -> Array:
    shifted = np.roll(values, by)
    shifted[0 if by > 0 else -1] = -np.inf if by > 0 else np.inf
    return shifted


def _law(atoms: Atoms, noise: float) -> float:
    """Cells of the first values through few of them, and long panels for the rest."""
    dimension, nonzero = float(atoms.dimension), atoms.nonzero
    law = atoms.value_at
    count = _last_cell(atoms, noise)
    index, multiplicity = _integer_rule(count)
    here = law(index)
    above = np.where(index > 1.0, law(np.maximum(index - 1.0, 1.0)), np.inf)
    bottom = 0.0 if nonzero < atoms.dimension else -np.inf
    below = np.where(index < nonzero, law(np.minimum(index + 1.0, float(nonzero))), bottom)
    values, counts = atoms.near(here)
    weights = counts / dimension
    own = np.full(here.shape, 1.0 / dimension)
    low, high, _, _ = _cells(here, own, below, above, values, weights, noise)
    total = float(np.sum(multiplicity * _integrate(low, high, values, weights, noise)))
    edge = float(low[np.argmax(index)])
    if count < nonzero:
        total += _panels(atoms, noise, edge, *_spacings(law, count, nonzero))
    elif nonzero < atoms.dimension:
        zero, share = np.zeros(1), np.array([1.0 - nonzero / dimension])
        values, counts = atoms.near(zero)
        last = law(np.array([float(nonzero)]))
        low, high, _, _ = _cells(zero, share, np.full(1, -np.inf), last, values, counts / dimension, noise)
        total += float(_integrate(low, high, values, counts / dimension, noise)[0])
    return total


def _spacings(law, *indices: int) -> list[float]:
    """Distances of the values at ``indices`` from those before them."""
    at = np.maximum(np.array(indices, dtype=float), 2.0)
    return list(law(at - 1.0) - law(at))


def _last_cell(atoms: Atoms, noise: float) -> int:
    """Index up to which the curve sees single atoms."""
    nonzero = atoms.nonzero
    law = atoms.value_at

    def blind(index: Array) -> NDArray[np.bool_]:
        one, two = law(index), law(index + 1.0)
        middle = 0.5 * (one + two)
        values, counts = atoms.near(middle)
        height = imaginary_part(middle, values, counts / atoms.dimension, np.full(middle.shape, noise))
        return height > _BLIND * (one - two)

    index = np.unique(np.round(np.geomspace(1.0, nonzero - 1.0, 48)))
    for _ in range(8):
        sees = np.flatnonzero(~blind(index))
        if not len(sees):
            return int(index[0])
        last = int(sees[-1])
        if last + 1 == len(index):
            return nonzero
        if index[last + 1] - index[last] <= max(1.0, 0.002 * index[last]):
            return int(index[last + 1])
        index = np.unique(np.round(np.geomspace(index[last], index[last + 1], 48)))
    return int(index[-1])


def _integer_rule(count: int) -> tuple[Array, Array]:
    """Whole indices and weights of Σ_{i ≤ count} f(i): blocks that double away from either end.

    Inside a block f is interpolated at indices near Gauss–Legendre points.
    """
    if count <= 4 * _SINGLES:
        return np.arange(1.0, count + 1.0), np.ones(count)
    half = count // 2
    steps = _SINGLES * 2 ** np.arange(64 - _SINGLES.bit_length())
    steps = steps[steps < half]
    ends = np.unique(np.concatenate([steps, [half], count - steps]))
    nodes, weights = [], []
    points = np.polynomial.legendre.leggauss(_BLOCK_NODES)[0]
    for first, last in itertools.pairwise(ends):  # indices first + 1 … last
        size = int(last - first)
        if size <= 2 * _BLOCK_NODES:
            nodes.append(np.arange(first + 1.0, last + 1.0))
            weights.append(np.ones(size))
            continue
        middle = first + 0.5 * (size + 1.0)
        chosen = np.unique(np.round(middle + 0.5 * size * points))
        scaled = 2.0 * (chosen - middle) / size
        nodes.append(chosen)
        weights.append(_interpolatory(scaled, size))
    single = np.arange(1.0, _SINGLES + 1.0)
    nodes = [single, *nodes, count + 1.0 - single]
    weights = [np.ones(_SINGLES), *weights, np.ones(_SINGLES)]
    return np.concatenate(nodes), np.concatenate(weights)


def _interpolatory(scaled: Array, size: int) -> Array:
    """Weights for the sum over ``size`` equidistant points of the polynomial through the nodes."""
    degree = len(scaled) - 1
    points, rule = discrete_rule(np.array([1.0]), np.array([float(size)]))  # exact up to degree 19
    moments = rule[0] @ np.polynomial.legendre.legvander((2.0 * points[0] - size - 1.0) / size, degree)
    return np.linalg.solve(np.polynomial.legendre.legvander(scaled, degree).T, moments)


def _cells(here, own, below, above, values, weights, noise: float) -> tuple[Array, Array, Array, Array]:
    """Ends of the cell around each atom, and the heights of the curve there (zero at an edge of the spectrum)."""
    low, left = _cell_end(here, own, below, values, weights, noise, -1.0)
    high, right = _cell_end(here, own, above, values, weights, noise, 1.0)
    return low, high, left, right


def _cell_end(here, own, neighbour, values, weights, noise: float, side: float) -> tuple[Array, Array]:
    """Edge of the band around ``here``, or the lowest point of the curve before the next atom.

    Between two atoms F = Σ a_i / (u − s_i)² is convex and F^(−1/2) concave: Newton's method finds the least of the
    first, and from the atom's own circle, monotonically, where the second reaches δ.
    """
    lonely = ~np.isfinite(neighbour)
    gap = np.where(lonely, 4.0 * noise, np.abs(neighbour - here))
    x = 0.5 * gap  # distance from the atom

    def sums(x: Array, *powers: int) -> list[Array]:
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            inverse = 1.0 / (x[:, None] + side * (here[:, None] - values))
            term = weights * inverse
            results = {}
            for power in range(2, max(powers) + 1):
                term = term * inverse
                results[power] = np.sum(term, axis=1)
            return [results[power] for power in powers]

    low, high = np.zeros_like(x), gap.copy()
    for _ in range(12):
        third, fourth = sums(x, 3, 4)
        low, high = np.where(third > 0.0, x, low), np.where(third > 0.0, high, x)
        following = x + third / (3.0 * fourth)
        x = np.where((following > low) & (following < high), following, 0.5 * (low + high))
    lowest = np.where(lonely, np.inf, x)
    spread = sums(np.where(lonely, gap, x), 2)[0]
    gapped = lonely | (noise**2 * spread < 1.0)
    edge = noise * np.sqrt(own)
    for _ in range(60):
        second, third = sums(edge, 2, 3)
        step = np.where(gapped, second * (1.0 - noise * np.sqrt(second)) / third, 0.0)
        edge = np.clip(np.where(np.isfinite(step), edge - step, edge), 0.0, lowest)
        if np.all(np.abs(step) <= 1e-14 * edge):
            break
    end = np.where(gapped, edge, lowest)
    at = here + side * end
    height = np.zeros_like(x)
    if not np.all(gapped):
        open_ = ~gapped
        s, a = (values[open_], weights[open_]) if len(values) > 1 else (values, weights)
        height[open_] = imaginary_part(at[open_], s, a, np.full(int(open_.sum()), noise))
    return at, height


def _panels(atoms: Atoms, noise: float, end: float, spacing: float, last_spacing: float) -> float:
    """The curve from the left edge of the spectrum to ``end``, atoms unseen.

    Panels double in length away from either end, where the height of the curve may change over a few atoms.
    """
    values, counts = atoms.near(np.zeros(1))
    smallest = float(np.min(values[counts > 0.0]))
    own = float(counts[values == smallest][0]) / atoms.dimension
    edge, _ = _cell_end(
        np.array([smallest]), np.array([own]), np.full(1, -np.inf), values, counts / atoms.dimension, noise, -1.0
    )
    start = float(edge[0])
    left, right = [start], [end]
    left_width, right_width = 2.0 * min(max(last_spacing, 1e-3 * noise), noise), 2.0 * spacing
    while left[-1] < right[-1]:
        longest = [max(0.4 * here, 0.5 * noise) for here in (left[-1], right[-1])]
        left_width, right_width = min(left_width, longest[0]), min(right_width, longest[1])
        if left_width < right_width:
            left.append(left[-1] + left_width)
            left_width *= 2.0
        else:
            right.append(right[-1] - right_width)
            right_width *= 2.0
    middle = 0.5 * (left.pop() + right.pop()) if len(left) > 1 and len(right) > 1 else None
    inner = [x for x in [*left, *right, middle] if x is not None and start < x < end]
    cuts = np.unique(np.array([start, *inner, end]))
    half = 0.5 * np.diff(cuts)[:, None]
    u = (cuts[:-1, None] + half - half * np.cos(_ANGLES)).ravel()
    du = (half * np.sin(_ANGLES) * (0.5 * np.pi * _WEIGHTS)).ravel()
    values, counts = atoms.near(np.maximum(u, 0.0))  # every point needs its own: blocks are as long as their distance
    return float(np.sum(_integrand(u, values, counts / atoms.dimension, noise) * du))


def _integrate(low: Array, high: Array, values: Array, weights: Array, noise: float) -> Array:
    """∫ V dμ_δ over each stretch of the curve, shape (B,), each with its own atoms or all with the same."""
    result = np.empty(len(low))
    rows = max(1, _CHUNK // (values.shape[1] * len(_NODES)))
    for begin in range(0, len(low), rows):
        part = slice(begin, begin + rows)
        own = slice(begin, begin + rows) if len(values) > 1 else slice(None)
        half = 0.5 * (high[part] - low[part])
        u = (low[part] + half)[:, None] - half[:, None] * np.cos(_ANGLES)
        du = half[:, None] * np.sin(_ANGLES) * (0.5 * np.pi * _WEIGHTS)
        s, a = values[own], weights[own]
        if len(s) > 1:
            s, a = (np.repeat(x, len(_NODES), axis=0) for x in (s, a))
        result[part] = np.sum(_integrand(u.ravel(), s, a, noise).reshape(u.shape) * du, axis=1)
    return result


def _integrand(u: Array, values: Array, weights: Array, noise: float) -> Array:
    """V times the density of μ_δ in u."""
    with np.errstate(divide="ignore", invalid="ignore"):  # where the curve is too low for the numbers: not a number
        return _integrand_on(u, imaginary_part(u, values, weights, np.full(u.shape, noise)), values, weights)


def _integrand_on(u: Array, v: Array, values: Array, weights: Array) -> Array:
    offset = u[:, None] - values
    inverse = 1.0 / (offset**2 + (v**2)[:, None])
    probability = weights * inverse
    t_0 = np.sum(probability * inverse, axis=1)
    t_1 = np.sum(probability * inverse * offset, axis=1)
    probability /= np.sum(probability, axis=1)[:, None]
    mean = np.sum(probability * offset, axis=1)
    variance = np.sum(probability * (offset - mean[:, None]) ** 2, axis=1)
    return variance * (2.0 * v / np.pi) * ((v**2) * t_0 + t_1**2 / t_0)
