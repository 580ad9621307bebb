"""A bound of the condition number from the extreme singular values around each layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spectralaw.display import Shown, number
from spectralaw.results import ByValue
from spectralaw.systems.gauss_newton.chain import Chain, chain, singular_values, triangle
from spectralaw.systems.gauss_newton.prepared import Prepared, prepared

if TYPE_CHECKING:
    import xarray

Array = NDArray[Any]


@dataclass(frozen=True, eq=False, repr=False)
class GNBound(ByValue, Shown):
    """κ(Ĝ) ≤ κ(S) Σ_l σ²_max(A_l) σ²_max(B_l) / Σ_l σ²_min(A_l) σ²_min(B_l)."""

    bound: float
    """Infinite where every layer has a product of too low a rank before or after it: σ_min is zero in all terms."""
    with_data: float
    """The same with B_l S^½ instead of B_l and without the factor κ(S); never larger."""
    data_condition: float
    """κ(S), of S where it is not zero."""
    largest: Array
    """σ²_max(A_l) σ²_max(B_l) of each layer l, over the largest of them."""
    smallest: Array
    """σ²_min(A_l) σ²_min(B_l) of each layer l in the same unit; zero where A_l A_lᵀ or B_lᵀ B_l is singular."""

    @property
    def contributions(self) -> Array:
        """What each layer adds to bound/κ(S): γ_l κ²(A_l) κ²(B_l), with γ_l its share of Σ σ²_min σ²_min."""
        total = float(self.smallest.sum())
        return self.largest / total if total > 0.0 else np.full(len(self.largest), np.inf)

    @property
    def dominant_layer(self) -> int:
        """Index in ``weights`` of the layer whose term adds most. Its term is made of the other layers."""
        return int(np.argmax(self.largest))

    def to_xarray(self) -> xarray.Dataset:
        """Terms over ``layer``."""
        import xarray

        terms = {"largest": self.largest, "smallest": self.smallest, "contribution": self.contributions}
        attrs = {"bound": self.bound, "with_data": self.with_data, "data_condition": self.data_condition}
        return xarray.Dataset(
            {name: ("layer", values) for name, values in terms.items()},
            coords={"layer": np.arange(len(self.largest))},
            attrs=attrs,
        )

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        share = self.largest / self.largest.sum()
        return "Bound of the condition number of the Gauss–Newton matrix", [
            ("bound", number(self.bound)),
            ("of the data κ(S)", number(self.data_condition)),
            ("with the data in each layer", number(self.with_data)),
            ("largest term", f"weights[{self.dominant_layer}], {share.max():.0%} of the sum"),
        ]


def gn_bound(weights: Any, covariance: Any = None) -> GNBound:
    """Bound of κ(Ĝ) by the layers' terms.

    By Weyl's inequalities, and because the eigenvalues of a Kronecker product are the products:
    κ(Ĝ) ≤ κ(S) Σ_l σ²_max(A_l) σ²_max(B_l) / Σ_l σ²_min(A_l) σ²_min(B_l), where σ²_min are the smallest eigenvalues of
    A_l A_lᵀ and B_lᵀ B_l. Where all terms are positive it is the convex combination κ(S) Σ_l γ_l κ²(A_l) κ²(B_l) with
    γ_l = σ²_min(A_l) σ²_min(B_l) / Σ. A singular S counts where it is not zero, and B_l on that space.

    Parameters
    ----------
    weights, covariance
        As for :func:`gn_spectrum`.

    Returns
    -------
    GNBound
        With its terms layer by layer.

    Raises
    ------
    InvalidInput
        As :func:`gn_spectrum`.

    References
    ----------
    arXiv:2411.02139.
    """
    return bound(prepared(weights, covariance))


def bound(network: Prepared) -> GNBound:
    """:func:`gn_bound` of what was prepared."""
    data, condition, found = network.data, network.data_condition, network.ranks
    full = [a == network.exact.outputs and c == data.rank for a, c in zip(found.after, found.before, strict=True)]
    largest, smallest = _terms(network.exact, full)
    with_data = _ratio(largest, smallest)
    if condition > 1.0:
        plain = chain(network.matrices, np.linalg.qr(data.columns / np.linalg.norm(data.columns, axis=0))[0])
        largest, smallest = _terms(plain, full)
    return GNBound(condition * _ratio(largest, smallest), with_data, condition, largest, smallest)


def _terms(products: Chain, full: Sequence[bool]) -> tuple[Array, Array]:
    largest, smallest = np.zeros(len(full)), np.zeros(len(full))
    for place, (a, c, scale) in enumerate(zip(products.after, products.before, products.scales, strict=True)):
        left, right = singular_values(triangle(a.T)), singular_values(triangle(c))
        largest[place] = (scale * left[0] * right[0]) ** 2
        smallest[place] = (scale * left[-1] * right[-1]) ** 2 if full[place] else 0.0
    unit = largest.max()
    return (largest / unit, smallest / unit) if unit > 0.0 else (largest, smallest)


def _ratio(largest: Array, smallest: Array) -> float:
    total = float(smallest.sum())
    return float(largest.sum()) / total if total > 0.0 else np.inf
