"""The curve of subordination points near atoms, in distances from them.

Where atoms are far apart compared with the noise, the curve is a small arch over each: its width may be below
the rounding of the atom's own value. So a *cell*, the part of the curve around one atom s_i, is described in
ζ = w − s_i: by the distances o_j = s_j − s_i of its neighbours, one by one, and by a Taylor series in ζ of what all
others do,

    G_far(w) = Σ_k g_k ζ^k,    g_k = −Σ_far a_j / o_j^(k+1).

With ζ = u + i v, the sums over far atoms that are needed are real polynomials in u and v², free of cancellation: with
I_k = Im ζ^k / v, R_k = Re ζ^k and D_k = (k R_{k−1} − I_k)/v²,

    Σ a/|w − s|² = −Σ g_k I_k          Σ a/|w − s|⁴ = ½ Σ g_k D_k
    Σ a (u + s_i − s)/|w − s|⁴ = ½ Σ k g_k I_{k−1}
    Σ a o/|w − s|² = −Σ g_{k−1} I_k    Σ a o²/|w − s|² = Σ a − Σ g_{k−2} I_k.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spectralaw.free_probability.atoms import Array, Atoms
from spectralaw.free_probability.index_rule import NODES, index_rule

NEIGHBOURS = 12
"""Atoms on either side of a cell's own that are taken one by one."""
_TERMS = 20  # of the series: the nearest far atom is at least three times as far as any point of a cell


@dataclass(frozen=True)
class Cells:
    """B cells."""

    here: Array
    """Atom of each cell, shape (B,)."""
    own: Array
    """Its weight."""
    offset: Array
    """o_j of the neighbours, shape (B, m); entries of weight zero are padding."""
    weight: Array
    """a_j of the neighbours."""
    below: Array
    """Distance of the nearest smaller atom, infinite without one."""
    above: Array
    """Distance of the nearest larger atom."""
    scale: Array
    """Unit of the series, shape (B,)."""
    series: Array
    """g_k of ζ over the scale, shape (B, K), or (B, 0) without far atoms."""
    far: Array
    """Weight of the far atoms."""

    def take(self, rows: NDArray[np.intp] | slice) -> Cells:
        """Some of the cells."""
        return Cells(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    @classmethod
    def join(cls, parts: list[Cells]) -> Cells:
        """All cells of several of the same shape."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__dataclass_fields__))

    @classmethod
    def of_list(cls, values: Array, weights: Array) -> Cells:
        """A cell for every atom of an increasing list, all others its neighbours."""
        count = len(values)
        others = np.arange(count - 1)[None, :] + (np.arange(count - 1)[None, :] >= np.arange(count)[:, None])
        gaps = np.diff(values)
        return cls(
            here=values,
            own=weights,
            offset=values[others] - values[:, None],
            weight=weights[others],
            below=np.concatenate([[np.inf], gaps]),
            above=np.concatenate([gaps, [np.inf]]),
            scale=np.ones(count),
            series=np.zeros((count, 0)),
            far=np.zeros(count),
        )

    @classmethod
    def of_law(cls, atoms: Atoms, index: Array, *, series: bool, order: int = NODES) -> Cells:
        """Cells of some indices of a power law; with a ``series`` for all but the neighbours and the zeros.

        Without one for indices near either end of the law, where the next far atom may be as near as the cell is high.
        """
        dimension, last, decay = float(atoms.dimension), float(atoms.nonzero), atoms.decay
        here = atoms.value_at(index)

        def distance(other: Array) -> Array:
            return here[:, None] * np.expm1(-decay * np.log1p((other - index[:, None]) / index[:, None]))

        zeros = (dimension - last) / dimension
        below = np.where(
            index < last, -distance(np.minimum(index + 1.0, last)[:, None])[:, 0], here if zeros else np.inf
        )
        above = np.where(index > 1.0, distance(np.maximum(index - 1.0, 1.0)[:, None])[:, 0], np.inf)
        nodes, counts = index_rule(atoms.nonzero, index, order=order)
        own = np.abs(nodes - index[:, None]) < 0.25
        counts = np.where(own, 0.0, counts) / dimension
        nodes = np.where(own, nodes + 1.0, nodes)  # padding, of weight zero
        empty, scale, far = np.zeros((len(here), 0)), np.ones(len(here)), np.zeros(len(here))
        if series:
            away = np.where(np.abs(nodes - index[:, None]) > NEIGHBOURS + 0.25, counts, 0.0)
            empty, scale = _series(away, distance(nodes))
            far = np.sum(away, axis=1)
            steps = np.concatenate([np.arange(-NEIGHBOURS, 0.0), np.arange(1.0, NEIGHBOURS + 1.0)])
            nodes = index[:, None] + steps
            counts = np.where((nodes >= 1.0) & (nodes <= last), 1.0 / dimension, 0.0)
            nodes = np.clip(nodes, 1.0, last)
        offset = np.where(counts > 0.0, distance(nodes), -here[:, None])
        if zeros:
            offset = np.concatenate([offset, -here[:, None]], axis=1)
            counts = np.concatenate([counts, np.full((len(here), 1), zeros)], axis=1)
        return cls(here, np.full(here.shape, 1.0 / dimension), offset, counts, below, above, scale, empty, far)

    def on_axis(self, x: Array, most: int) -> list[Array]:
        """Σ a/(w − s)^p at the real points s_i + x, p = 2 … ``most`` (at most 4), shape (B,) each."""
        inverse = 1.0 / (x[:, None] - self.offset)
        term = self.weight * inverse
        own = self.own / x
        results = []
        for _ in range(2, most + 1):
            term = term * inverse
            own = own / x
            results.append(own + np.sum(term, axis=1))
        if self.series.shape[1]:
            ratio = x / self.scale
            k = np.arange(self.series.shape[1])
            for p in range(2, most + 1):  # derivatives of G, (−1)^(p−1) (p−1)! Σ a/(w − s)^p
                falling = np.ones(len(k))
                for j in range(p - 1):
                    falling = falling * (k - j) / (j + 1)
                coefficients = self.series * falling
                value = np.zeros_like(x)
                for column in coefficients[:, p - 1 :].T[::-1]:
                    value = value * ratio + column
                results[p - 2] = results[p - 2] + (-1.0) ** (p - 1) * value / self.scale ** (p - 1)
        return results

    def ends(self, noise: float, side: float) -> Array:
        """Distances of :meth:`edges`."""
        return self.edges(noise, side)[0]

    def edges(self, noise: float, side: float) -> tuple[Array, NDArray[np.bool_]]:
        """Distance from each atom to the edge of its band, or to the lowest point of the curve before the next atom;
        and whether it is an edge.

        Between two atoms F = Σ a/(u − s)² is convex and F^(−1/2) concave: Newton's method finds the least of the first,
        and from the atom's own circle, monotonically, where the second reaches δ.
        """
        gap = self.above if side > 0.0 else self.below
        lonely = ~np.isfinite(gap)
        gap = np.where(lonely, 4.0 * noise, gap)
        x = 0.5 * gap
        low, high = np.zeros_like(x), gap.copy()
        with np.errstate(all="ignore"):
            for _ in range(40):
                _, third, fourth = self.on_axis(side * x, 4)
                third = side * third
                low, high = np.where(third > 0.0, x, low), np.where(third > 0.0, high, x)
                following = x + third / (3.0 * fourth)
                following = np.where((following > low) & (following < high), following, 0.5 * (low + high))
                moved, x = np.abs(following - x), following
                if np.all(moved <= 1e-9 * x):
                    break
            lowest = np.where(lonely, np.inf, x)
            spread = self.on_axis(side * np.where(lonely, gap, x), 2)[0]
            gapped = lonely | (noise**2 * spread < 1.0)
            edge = noise * np.sqrt(self.own)
            for _ in range(60):
                second, third = self.on_axis(side * edge, 3)
                step = np.where(gapped, second * (1.0 - noise * np.sqrt(second)) / (side * third), 0.0)
                edge = np.clip(np.where(np.isfinite(step), edge - step, edge), 0.0, lowest)
                if np.all(np.abs(step) <= 1e-13 * edge):
                    break
        return np.where(gapped, edge, lowest), gapped

    def height(self, u: Array, noise: float) -> Array:
        """v at the points s_i + u, shape (B, n), as :func:`.subordination.imaginary_part`."""
        variance = noise**2
        v2 = np.maximum(self.own[:, None] * variance - u**2, 0.0)
        alone = self.weight[:, None, :] * variance - (u[:, :, None] - self.offset[:, None, :]) ** 2
        v2 = np.maximum(v2, np.max(alone, axis=2, initial=0.0))
        with np.errstate(all="ignore"):
            spread = self._sums(u, np.zeros_like(u), ("square",))[0]
            inside = (v2 > 0.0) | (variance * spread > 1.0)
            v2 = np.where(v2 > 0.0, v2, 1e-32 * variance)
            for _ in range(100):
                total, slope = self._sums(u, v2, ("square", "fourth"))
                step = np.where(inside, total * (variance * total - 1.0) / slope, 0.0)
                v2 = np.where(inside, np.maximum(v2 + step, 0.5 * v2), v2)
                if np.all(np.abs(step) <= 1e-5 * v2):  # the error is its square
                    break
        return np.where(inside, np.sqrt(v2), 0.0)

    def posterior_variance(self, u: Array, noise: float) -> Array:
        """V dμ_δ/du along the curve, at the points s_i + u, shape (B, n)."""
        v = self.height(u, noise)
        with np.errstate(all="ignore"):
            fourth, first, mean, square = self._sums(u, v**2, ("fourth", "first", "mean", "variance"))
            variance = noise**2 * square - (noise**2 * mean) ** 2
            density = (2.0 * v / np.pi) * (v**2 * fourth + first**2 / fourth)
            return np.where(v > 0.0, variance * density, 0.0)

    def _sums(self, u: Array, v2: Array, names: tuple[str, ...]) -> list[Array]:
        """Σ a/|w − s|², Σ a/|w − s|⁴, Σ a (u − o)/|w − s|⁴, Σ a o/|w − s|² and Σ a o²/|w − s|²."""
        o, a, own = self.offset[:, None, :], self.weight[:, None, :], self.own[:, None]
        distance = u[:, :, None] - o
        kernel = 1.0 / (distance**2 + v2[:, :, None])
        mine = 1.0 / (u**2 + v2)
        weighted = a * kernel
        results = {}
        if "square" in names:
            results["square"] = np.sum(weighted, axis=2) + own * mine
        if "fourth" in names:
            results["fourth"] = np.einsum("ijk,ijk->ij", weighted, kernel) + own * mine**2
        if "first" in names:
            results["first"] = np.einsum("ijk,ijk,ijk->ij", weighted, kernel, distance) + own * u * mine**2
        if "mean" in names:
            results["mean"] = np.sum(weighted * o, axis=2)
        if "variance" in names:
            results["variance"] = np.sum(weighted * o**2, axis=2) + self.far[:, None]
        if self.series.shape[1]:
            self._add_far(u, v2, results)
        return [results[name] for name in names]

    def _add_far(self, u: Array, v2: Array, results: dict[str, Array]) -> None:
        h = self.scale[:, None]
        x, y = u / h, v2 / h**2
        # scaled: ζ^k / h^k; I_k over h^(k−1), D_k over h^(k−3)
        real, imaginary, curvature = np.ones_like(x), np.zeros_like(x), np.zeros_like(x)
        earlier = np.zeros_like(x)  # I_{k−1}
        before, twice = np.zeros_like(h), np.zeros_like(h)  # g_{k−1} and g_{k−2}
        for k in range(self.series.shape[1]):
            g = self.series[:, k][:, None]
            if "square" in results:
                results["square"] = results["square"] - g * imaginary / h
            if "fourth" in results:
                results["fourth"] = results["fourth"] + 0.5 * g * curvature / h**3
            if "first" in results:
                results["first"] = results["first"] + 0.5 * k * g * earlier / h**2
            if "mean" in results:
                results["mean"] = results["mean"] - before * imaginary
            if "variance" in results and k > 1:
                results["variance"] = results["variance"] - twice * imaginary * h
            curvature = x * curvature - k * earlier
            earlier, imaginary, real = imaginary, real + x * imaginary, x * real - y * imaginary
            before, twice = g, before


def _series(weight: Array, offset: Array) -> tuple[Array, Array]:
    """g_k of ζ over the distance of the nearest atom, and that distance."""
    used = weight > 0.0
    scale = np.min(np.where(used, np.abs(offset), np.inf), axis=1)
    scale = np.where(np.isfinite(scale), scale, 1.0)
    ratio = np.where(used, scale[:, None] / np.where(used, offset, 1.0), 0.0)
    series = np.empty((len(scale), _TERMS))
    term = weight * ratio
    for k in range(_TERMS):
        series[:, k] = -np.sum(term, axis=1)
        term *= ratio
    return series / scale[:, None], scale
