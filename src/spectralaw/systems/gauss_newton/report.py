"""What limits the conditioning of a user's network: the data, one layer, or depth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw.display import NONE, Shown, number
from spectralaw.errors import InvalidInput
from spectralaw.results import ByValue, Status
from spectralaw.systems.gauss_newton.arguments import EPS, matrix
from spectralaw.systems.gauss_newton.bound import bound
from spectralaw.systems.gauss_newton.covariance import Factor, factor
from spectralaw.systems.gauss_newton.prepared import Prepared, prepare
from spectralaw.systems.gauss_newton.sources import Layers, read_layers
from spectralaw.systems.gauss_newton.spectrum import GNSpectrum, spectrum

Array = NDArray[Any]
WELL = 10.0
"""κ up to which nothing is said to limit."""
MOST = 0.5
"""Share, in logarithms, of what all layers together could gain that one layer must gain to be called the limit."""
_LISTED = 400  # eigenvalues up to which all are computed

SCOPE = "This is the linear network of these weights: activations and biases are left out, and change these numbers."


class Limit(StrEnum):
    """What limits the conditioning."""

    NOTHING = "nothing"
    DATA = "data"
    LAYER = "layer"
    DEPTH = "depth"
    UNKNOWN = "unknown"
    """An eigenvalue is not known."""


@dataclass(frozen=True, eq=False, repr=False)
class ConditioningReport(ByValue, Shown):
    """κ of a network, and κ after each of its parts has been made harmless."""

    limit: Limit
    layer: str | None
    """The layer that limits, where one does."""
    condition_number: float | None
    data_condition: float
    """κ(S); 1 where no data were given."""
    white: float | None
    """κ with white data on the same space."""
    even: float | None
    """κ with every layer even: all its singular values that are not zero made equal."""
    even_layer: tuple[float | None, ...]
    """κ with that layer alone even."""
    layer_condition: tuple[float, ...]
    """Squared ratio of the largest to the smallest singular value of each W that is not zero."""
    bound: float
    contributions: tuple[float, ...]
    """Of each layer to bound/κ(S); see :class:`GNBound`."""
    names: tuple[str, ...]
    shapes: tuple[tuple[int, int], ...]
    left_aside: tuple[str, ...]
    """Tensors of the source that are no layer of the chain."""
    rank: int
    size: int
    """Eigenvalues that are not zero, of how many."""
    has_data: bool
    status: Status
    message: str = ""

    @property
    def sentences(self) -> list[str]:
        """The answer in words, with its numbers."""
        return _sentences(self)

    def to_dict(self) -> dict[str, Any]:
        """Plain values; None where there is no number, and where the bound is infinite."""
        rows = zip(self.names, self.shapes, self.layer_condition, self.even_layer, self.contributions, strict=True)
        plain = lambda value: value if value is None or np.isfinite(value) else None  # noqa: E731
        return {
            "limit": str(self.limit),
            "layer": self.layer,
            "condition_number": self.condition_number,
            "data_condition": self.data_condition if self.has_data else None,
            "white": self.white,
            "even": self.even,
            "bound": plain(self.bound),
            "rank": self.rank,
            "size": self.size,
            "status": str(self.status),
            "layers": [
                {
                    "name": name,
                    "shape": list(shape),
                    "condition_number": own,
                    "even": even,
                    "contribution": plain(contribution),
                }
                for name, shape, own, even, contribution in rows
            ],
            "left_aside": list(self.left_aside),
            "sentences": self.sentences,
        }

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        shown = lambda value: NONE if value is None or not np.isfinite(value) else number(value)  # noqa: E731
        limit = str(self.limit) if self.layer is None else f"one layer, {self.layer}"
        pairs = [
            ("limited by", limit),
            ("condition number κ", f"{shown(self.condition_number)} of {self.rank} eigenvalues of {self.size}"),
            ("of the data κ(S)", number(self.data_condition) if self.has_data else "no data were given: white"),
            ("κ with white data", shown(self.white)),
            ("κ with all layers even", shown(self.even)),
            ("bound of κ", "infinite" if np.isinf(self.bound) else number(self.bound)),
        ]
        for name, shape, own, even in zip(self.names, self.shapes, self.layer_condition, self.even_layer, strict=True):
            pairs.append((name, f"{shape[0]} × {shape[1]}, κ(W)² = {number(own)}; κ = {shown(even)} with it even"))
        if self.left_aside:
            pairs.append(("left aside", ", ".join(self.left_aside[:6]) + (", …" if len(self.left_aside) > 6 else "")))
        return "Conditioning of the Gauss–Newton matrix", [*pairs, ("", SCOPE)]


def conditioning_report(
    source: Any, covariance: Any = None, *, inputs: Any = None, names: Any = None, transposed: bool = False
) -> ConditioningReport:
    """Whether a network's conditioning is limited by depth, by one layer, or by the data.

    Each part is made harmless in turn and κ computed anew: the data by whitening them, a layer by making it even
    (W = U diag(s) Vᵀ becomes a multiple of U Vᵀ, zeros of s left as they are; the multiple keeps the mean of log s).
    With gains in logarithms, the limit is the ``data`` where whitening gains at least as much as making all layers
    even, else a ``layer`` where that one alone gains half of what all do, else ``depth``: no layer alone explains it,
    their product does. Up to κ = 10 it is ``nothing``.

    Parameters
    ----------
    source : path, mapping, module, or list of matrices
        A file or folder of weights as :func:`spectralaw.diagnose` reads them, a dictionary name → array, anything with
        ``state_dict()``, or [W_1, …, W_L] of shape (outputs, inputs) each. All matrices are chained in the order of the
        source (of safetensors: by name, numbers as numbers).
    covariance : array_like, optional
        As for :func:`gn_spectrum`. Without it and ``inputs`` the data count as white, and the report says so.
    inputs : array_like of shape (n, d), optional
        Rows of data instead: S = XᵀX/n, not centred, as a network sees them; the factor X is used, which is never
        squared.
    names : list of str, optional
        The layers, in the order in which they act, where not all matrices of the source are a chain.
    transposed : bool
        Matrices are (inputs, outputs), as JAX writes them.

    Returns
    -------
    ConditioningReport
        Of the network without activations and biases.

    Raises
    ------
    InvalidInput
        Where the layers are no chain, or do not fit the data; and as :func:`gn_spectrum`.
    ConvergenceFailure
        As :func:`gn_spectrum`.

    References
    ----------
    arXiv:2411.02139 for the matrix and its bound. The interventions are this package's own.
    """
    if not isinstance(transposed, bool):
        raise InvalidInput(f"transposed must be True or False, not {transposed!r}")
    chosen = read_layers(source, names, transposed)
    width = chosen.matrices[0].shape[1]
    if inputs is not None and covariance is not None:
        raise InvalidInput("inputs must not be given together with covariance, which it would be made into")
    data = factor(covariance, width) if inputs is None else _from_rows(inputs, width)
    return _report(chosen, data, covariance is not None or inputs is not None)


def _from_rows(inputs: Any, width: int) -> Factor:
    """F of S = XᵀX/n by the singular vectors of X, each column brought to length one first."""
    rows, spacing = matrix("inputs", inputs)
    if rows.shape[1] != width:
        raise InvalidInput(
            f"inputs must have {width} columns, one for each input of the first layer, not {rows.shape[1]}"
        )
    size = np.abs(rows).max(axis=0)
    there = np.flatnonzero(size > width * spacing * size.max()) if size.max() > 0.0 else np.empty(0, dtype=int)
    if not len(there):
        raise InvalidInput("inputs must have an entry other than zero")
    scale = np.linalg.norm(rows[:, there] / size[there], axis=0) * size[there]
    _, values, right = np.linalg.svd(rows[:, there] / scale, full_matrices=False)
    kept = values > max(rows.shape) * spacing * values[0]
    columns = np.zeros((width, int(kept.sum())))
    columns[there] = scale[:, None] * (right[kept].T * values[kept])
    exponent = int(np.floor(np.log2(float(np.abs(columns).max()))))
    return Factor(np.ldexp(columns, -exponent) / np.sqrt(len(rows)), exponent, spacing)


def _report(chosen: Layers, data: Factor, has_data: bool) -> ConditioningReport:
    def solve(network: Prepared) -> GNSpectrum:
        return spectrum(network, "auto" if network.exact.size <= _LISTED else "lanczos")

    def kappa(matrices: Sequence[Array], given: Factor) -> float | None:
        found = solve(prepare(matrices, chosen.spacing, given))
        return found.condition_number if found.status is Status.CONVERGED else None

    matrices = list(chosen.matrices)
    ready = prepare(matrices, chosen.spacing, data)
    found = solve(ready)
    decomposed = [_even(one, chosen.spacing) for one in matrices]
    even = [one for one, _ in decomposed]
    space = Factor(np.linalg.qr(data.columns / np.linalg.norm(data.columns, axis=0))[0], 0, EPS)
    now = found.condition_number if found.status is Status.CONVERGED else None
    white = kappa(matrices, space) if has_data else now
    single = [kappa([*matrices[:i], even[i], *matrices[i + 1 :]], data) for i in range(len(matrices))]
    both = kappa(even, data)
    terms = bound(ready)
    limit, place = judge(now, white, both, single)
    return ConditioningReport(
        limit,
        None if place is None else chosen.names[place],
        now,
        ready.data_condition,
        white,
        both,
        tuple(single),
        tuple(condition for _, condition in decomposed),
        terms.bound,
        tuple(float(c) for c in terms.contributions),
        chosen.names,
        tuple((len(one), one.shape[1]) for one in matrices),
        chosen.left_aside,
        found.rank,
        found.size,
        has_data,
        found.status,
        found.message,
    )


def judge(
    now: float | None, white: float | None, even: float | None, single: Sequence[float | None]
) -> tuple[Limit, int | None]:
    """The limit, and the place of the layer where it is one; ``unknown`` where a number is missing or is none."""
    known = [value for value in (now, white, even, *single) if value is not None and np.isfinite(value) and value > 0.0]
    if len(known) < 3 + len(single):
        return Limit.UNKNOWN, None
    assert now is not None and white is not None and even is not None
    if now <= WELL:
        return Limit.NOTHING, None
    by_data, by_layers = np.log(now / white), np.log(now / even)
    gains = [float(np.log(now / one)) for one in single if one is not None]
    if by_data >= by_layers:
        return Limit.DATA, None
    best = int(np.argmax(gains))
    return (Limit.LAYER, best) if gains[best] >= MOST * by_layers else (Limit.DEPTH, None)


def _even(one: Array, spacing: float) -> tuple[Array, float]:
    """A matrix with all singular values that are not zero made equal, and the square of its condition number."""
    u, s, v = np.linalg.svd(one, full_matrices=False)
    kept = s > max(one.shape) * spacing * s[0]
    if not kept.any():
        return one, 1.0
    mean = float(np.exp(np.mean(np.log(s[kept]))))
    return mean * (u[:, kept] @ v[kept]), float((s[kept][0] / s[kept][-1]) ** 2)


def _sentences(report: ConditioningReport) -> list[str]:
    said = []
    if report.status is Status.COLLAPSED:
        return ["The Gauss–Newton matrix is zero: some layer passes nothing.", SCOPE]
    if report.limit is Limit.UNKNOWN:
        said.append(f"What limits the conditioning is not known: {report.message or 'an intervention has no κ'}.")
    else:
        said.append(f"κ = {number(report.condition_number or np.nan)}; it is limited by {_limit(report)}.")
    if report.has_data and report.white is not None:
        said.append(
            f"The data have κ(S) = {number(report.data_condition)}; with white data κ = {number(report.white)}."
        )
    elif not report.has_data:
        said.append("No data were given: they count as white, and cannot be the limit.")
    if report.even is not None:
        said.append(f"With all layers even κ = {number(report.even)}.")
    if report.rank < report.size:
        said.append(f"{report.size - report.rank:,} of {report.size:,} eigenvalues are zero and not part of κ.")
    bound = "infinite" if not np.isfinite(report.bound) else number(report.bound)
    said.append(f"The bound of the layers' terms is {bound}.")
    if report.left_aside:
        said.append(f"Left aside: {', '.join(report.left_aside[:6])}{', …' if len(report.left_aside) > 6 else ''}.")
    return [*said, SCOPE]


def _limit(report: ConditioningReport) -> str:
    if report.limit is Limit.LAYER and report.layer is not None:
        after = report.even_layer[report.names.index(report.layer)]
        return f"one layer, {report.layer}: making it even alone leaves κ = {number(after or np.nan)}"
    return {
        Limit.NOTHING: f"nothing: up to {WELL:g} counts as well conditioned",
        Limit.DATA: "the data",
        Limit.DEPTH: "depth: no layer alone explains it, the product of all does",
    }[report.limit]
