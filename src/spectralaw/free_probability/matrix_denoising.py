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
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from spectralaw.free_probability.atoms import Array, Atoms
from spectralaw.free_probability.cells import Cells
from spectralaw.free_probability.index_rule import discrete_rule
from spectralaw.free_probability.panels import FINE, Accuracy, arch, panels
from spectralaw.free_probability.subordination import imaginary_part

_BLIND = 3.0  # height over distance of atoms at which the curve stops to see them, e^(−2π·3) = 6e-9
_SINGLES = 48  # cells at either end of the sum that are taken one by one
_CHUNK = 400_000
_LISTED_UP_TO = 100


class Denoiser:
    """M(δ), the Bayes-optimal error of denoising S* + δ Z, for one teacher and any noise.

    Parameters
    ----------
    atoms : Atoms
        Spectrum of the teacher, any dimension.
    accuracy : Accuracy
        FINE, to about 1e-7, or ROUGH, at a fifth of the cost.

    References
    ----------
    arXiv:2408.03733; arXiv:2509.24882, appendix on the Bayes-optimal error.
    """

    def __init__(self, atoms: Atoms, accuracy: Accuracy = FINE) -> None:
        self.atoms = atoms
        self.accuracy = accuracy
        self._law = atoms.is_law and atoms.decay > 0.0 and atoms.nonzero > _LISTED_UP_TO
        self._count = 0
        self._known: dict[tuple[float, float], tuple[Cells, Array]] = {}

    def error(self, noise: float) -> float:
        """Mean-square error per dimension at a noise δ > 0 in units of the teacher values."""
        return self._of_law(noise) if self._law else self._of_list(noise)

    @cached_property
    def _list(self) -> Cells:
        values, counts = self.atoms.all()
        order = np.argsort(values)
        return Cells.of_list(values[order], counts[order] / self.atoms.dimension)

    def _of_list(self, noise: float) -> float:
        """Every cell, with neighbours joined where the curve is higher than they are wide together."""
        cells = self._list
        low, high = -cells.ends(noise, -1.0), cells.ends(noise, 1.0)
        left = np.where(-low < cells.below * (1.0 - 1e-9), cells.height(low[:, None], noise)[:, 0], 0.0)
        right = np.where(high < cells.above * (1.0 - 1e-9), cells.height(high[:, None], noise)[:, 0], 0.0)
        begin, end = [], []
        k, count = 0, len(cells.here)
        rows = []
        while k < count:
            last = k
            while last + 1 < count and left[k] > 0.0 and right[last + 1] > 0.0:
                if cells.here[last + 1] + high[last + 1] - cells.here[k] - low[k] > 0.5 * min(left[k], right[last + 1]):
                    break
                last += 1
            rows.append(k)
            begin.append(low[k])
            end.append(cells.here[last] - cells.here[k] + high[last])
            k = last + 1
        return float(
            np.sum(_integrate(cells.take(np.array(rows)), np.array(begin), np.array(end), noise, self.accuracy))
        )

    def _of_law(self, noise: float) -> float:
        """Cells of the first values through few of them, and long panels for the rest."""
        atoms = self.atoms
        nonzero = atoms.nonzero
        count = self._count
        if not (
            1 < count < nonzero
            and _BLIND - 1.0 < float(_blindness(atoms, noise, np.full(1, float(count)))[0]) < _BLIND + 2.0
        ):
            count = self._count = _last_cell(atoms, noise)  # blocks of cells are kept with it
        total = 0.0
        blocks = [self._block(*ends) for ends in _blocks(count)]
        alone = [block for block in blocks if not block[0].series.shape[1]]
        alike = [block for block in blocks if block[0].series.shape[1]]
        if alike:
            alone.append((Cells.join([cells for cells, _ in alike]), np.concatenate([counts for _, counts in alike])))
        for cells, multiplicity in alone:
            low, high = -cells.ends(noise, -1.0), cells.ends(noise, 1.0)
            total += float(np.sum(multiplicity * _integrate(cells, low, high, noise, self.accuracy)))
        spacing, last_spacing = _spacings(atoms.value_at, count, nonzero)
        lowest = Cells.of_law(atoms, np.array([float(nonzero)]), series=False)
        bottom = float((lowest.here - lowest.ends(noise, -1.0))[0])
        if count < nonzero:
            last_cell = Cells.of_law(atoms, np.array([float(count)]), series=False)
            end = float((last_cell.here - last_cell.ends(noise, -1.0))[0])
            total += panels(atoms, noise, bottom, end, last_spacing, spacing, self.accuracy)
        if nonzero < atoms.dimension:
            cell = self._zeros
            low, high = -float(cell.ends(noise, -1.0)[0]), float(cell.ends(noise, 1.0)[0])
            total += panels(atoms, noise, low, high, 0.1 * (high - low), last_spacing, self.accuracy)
        return total

    @cached_property
    def _zeros(self) -> Cells:
        """The cell of the values that are zero."""
        atoms = self.atoms
        values, counts = atoms.near(np.zeros(1))
        others = (values != 0.0) & (counts > 0.0)
        share = np.array([1.0 - atoms.nonzero / atoms.dimension])
        smallest = np.array([float(np.min(values[others]))])
        return Cells(np.zeros(1), share, values[others][None], counts[others][None] / atoms.dimension,
                     np.full(1, np.inf),
                     smallest, np.ones(1), np.zeros((1, 0)), np.zeros(1))  # fmt: skip

    def _block(self, first: float, last: float) -> tuple[Cells, Array]:
        """Cells of the indices first + 1 … last, or some of them with multiplicities."""
        if (first, last) not in self._known:
            index, multiplicity = _integer_rule(first, last, self.accuracy.indices)
            if len(self._known) > 400:
                self._known.clear()
            inner = first >= _SINGLES and last <= self.atoms.nonzero - _SINGLES
            self._known[first, last] = (
                Cells.of_law(self.atoms, index, series=inner, order=self.accuracy.block),
                multiplicity,
            )
        return self._known[first, last]


def denoising_error(atoms: Atoms, noise: float) -> float:
    """M(δ) at one noise; see :class:`Denoiser`."""
    return Denoiser(atoms).error(noise)


def _spacings(law, *indices: int) -> list[float]:
    """Distances of the values at ``indices`` from those before them."""
    at = np.maximum(np.array(indices, dtype=float), 2.0)
    return list(law(at - 1.0) - law(at))


def _last_cell(atoms: Atoms, noise: float) -> int:
    """Index up to which the curve sees single atoms."""
    nonzero = atoms.nonzero
    law = atoms.value_at

    def blind(index: Array) -> NDArray[np.bool_]:
        return _blindness(atoms, noise, index) > _BLIND

    # where values are equally spaced the height is π δ²/(d spacing): an upper bound, and often a good guess
    first = float(law(np.ones(1))[0])
    spacing = noise * np.sqrt(np.pi / (_BLIND * atoms.dimension))
    guess = np.exp(min(np.log(atoms.decay * first / spacing) / (1.0 + atoms.decay), 80.0))
    top = float(np.clip(1.1 * guess + 2.0, 1.0, nonzero - 1.0))
    index = np.unique(np.round(np.geomspace(max(0.3 * top, 1.0), top, 12)))
    if index[0] > 1.0 and blind(index[:1])[0]:
        index = np.unique(np.round(np.geomspace(1.0, nonzero - 1.0, 16)))
    for _ in range(12):
        sees = np.flatnonzero(~blind(index))
        if not len(sees):
            return int(index[0])
        last = int(sees[-1])
        if last + 1 == len(index):
            return nonzero
        if index[last + 1] - index[last] <= max(1.0, 1e-5 * index[last]):
            return int(index[last + 1])
        index = np.unique(np.round(np.geomspace(index[last], index[last + 1], 12)))
    return int(index[-1])


def _blindness(atoms: Atoms, noise: float, index: Array) -> Array:
    """Height of the curve in units of the distance of atoms, between an index and the next."""
    one, two = atoms.value_at(index), atoms.value_at(index + 1.0)
    middle = 0.5 * (one + two)
    values, counts = atoms.near(middle)
    return imaginary_part(middle, values, counts / atoms.dimension, np.full(middle.shape, noise)) / (one - two)


def _blocks(count: int) -> list[tuple[float, float]]:
    """Pieces (first, last] of the indices to ``count`` that double in length away from either end."""
    half = float(count // 2)
    steps = _SINGLES * 2.0 ** np.arange(60)
    steps = steps[steps < half]
    ends = np.unique(np.concatenate([[0.0], steps, count - steps, [float(count)]]))
    return list(itertools.pairwise(ends))


def _integer_rule(first: float, last: float, number: int) -> tuple[Array, Array]:
    """Whole indices and weights of Σ f(i), first < i ≤ last, interpolated at indices near Gauss–Legendre points."""
    size = int(last - first)
    if size <= max(2 * number, _SINGLES):
        return np.arange(first + 1.0, last + 1.0), np.ones(size)
    middle = first + 0.5 * (size + 1.0)
    chosen = np.unique(np.round(middle + 0.5 * size * np.polynomial.legendre.leggauss(number)[0]))
    return chosen, _interpolatory(2.0 * (chosen - middle) / size, size)


def _interpolatory(scaled: Array, size: int) -> Array:
    """Weights for the sum over ``size`` equidistant points of the polynomial through the nodes."""
    degree = len(scaled) - 1
    points, rule = discrete_rule(np.array([1.0]), np.array([float(size)]))  # exact up to degree 19
    moments = rule[0] @ np.polynomial.legendre.legvander((2.0 * points[0] - size - 1.0) / size, degree)
    return np.linalg.solve(np.polynomial.legendre.legvander(scaled, degree).T, moments)


def _integrate(cells: Cells, low: Array, high: Array, noise: float, accuracy: Accuracy) -> Array:
    """∫ V dμ_δ over a stretch of the curve at each cell, between distances from its atom, shape (B,)."""
    nodes, (rise, width) = np.polynomial.legendre.leggauss(accuracy.cell)[0], arch(accuracy.cell)
    result = np.empty(len(low))
    rows = max(1, _CHUNK // ((cells.offset.shape[1] + 1) * len(nodes)))
    for begin in range(0, len(low), rows):
        part = slice(begin, begin + rows)
        half = 0.5 * (high[part] - low[part])[:, None]
        # from the nearer end: an edge must not be moved by rounding
        u = np.where(nodes < 0.0, low[part][:, None] + half * rise, high[part][:, None] - half * rise[::-1])
        result[part] = np.sum(cells.take(part).posterior_variance(u, noise) * half * width, axis=1)
    return result
