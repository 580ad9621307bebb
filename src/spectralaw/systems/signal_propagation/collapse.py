"""Scaling collapse: whether curves of several sizes fall on one, how well, and with which exponents best."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spectralaw._checks import at_least, finite, shown, vector, whole
from spectralaw.display import NONE, Shown, number
from spectralaw.errors import ConvergenceFailure, InvalidInput
from spectralaw.results import Status

Array = NDArray[np.float64]
_CONFIDENCE = 0.95
ALLOWANCE = 0.05
"""Relative error of every point beside its own: corrections to scaling, which fall with the size."""
_FEWEST = 5
_DEGREE = 5
_SHAPE = 0.02  # of the second singular value to the first; 0 for power laws
_POOR = 1e3  # objective where curves have no common range


@dataclass(frozen=True)
class _Curve:
    size: float
    x: Array
    runs: Array  # (replicates, points)


@dataclass(frozen=True, repr=False)
class Collapse(Shown):
    """How well y · size^a against x · size^(−b) is one curve."""

    value_exponent: float
    """a."""
    argument_exponent: float
    """b."""
    residual: float
    """Root mean square of ln(scaled y) around the common curve; 0.05 is 5 %."""
    chi_square: float | None
    """The same in standard errors, squared, a point; 1 or less for a perfect collapse. None for single curves."""
    points: int

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        return "Collapse", [
            ("exponents a, b", f"{number(self.value_exponent)}, {number(self.argument_exponent)}"),
            ("residual", number(self.residual)),
            ("χ² a point", NONE if self.chi_square is None else number(self.chi_square)),
            ("points", number(self.points)),
        ]


@dataclass(frozen=True, repr=False)
class CollapseFit(Shown):
    """The exponents of the best collapse, with what resampling the curves makes of them."""

    best: Collapse
    value_interval: tuple[float, float]
    """Of a: 95 %, from resampled replicates."""
    argument_interval: tuple[float, float]
    """Of b."""
    status: Status

    def holds(self, value_exponent: float, argument_exponent: float) -> bool:
        """Whether both intervals hold the exponents."""
        inside = [
            low <= exponent <= high
            for (low, high), exponent in (
                (self.value_interval, value_exponent),
                (self.argument_interval, argument_exponent),
            )
        ]
        return all(inside)

    def _shown(self) -> tuple[str, list[tuple[str, str]]]:
        (a, b), (c, d) = self.value_interval, self.argument_interval
        return "Best collapse", [
            ("status", str(self.status)),
            ("value exponent a", f"{number(self.best.value_exponent)} [{number(a)}, {number(b)}]"),
            ("argument exponent b", f"{number(self.best.argument_exponent)} [{number(c)}, {number(d)}]"),
            ("residual", number(self.best.residual)),
        ]


def collapse(data: Mapping[float, Any], exponents: tuple[float, float], allowance: float = ALLOWANCE) -> Collapse:
    """Scale curves of several sizes, y · size^a against x · size^(−b), and say how far they are from one curve.

    The one curve is the polynomial of degree 5 (less for few points) in ln x that fits ln y of all sizes best, each
    point weighted by its error.

    Parameters
    ----------
    data
        Size to (x, y): x positive and increasing; y positive, one number for each x, or replicates × x (their mean
        is the curve, their scatter its error). For 1 − correlation against depth, the size is the width and
        ``exponents`` = (1, 1); for curves off criticality the size is 1/|τ| and they are (β, ν∥).
    exponents
        (a, b).
    allowance
        Relative error that is added to that of each point; the early points of a decay are known to a tenth of a
        percent, and no two finite sizes agree to that.

    Raises
    ------
    InvalidInput
        For fewer than two sizes, curves that cannot be, and exponents that bring fewer than five points into the range
        of another size.
    """
    curves = _curves(data)
    a, b = _pair("exponents", exponents)
    return _collapsed(curves, a, b, at_least("allowance", allowance, 0.0))


def fit_collapse(
    data: Mapping[float, Any],
    start: tuple[float, float] = (1.0, 1.0),
    *,
    allowance: float = ALLOWANCE,
    resamples: int = 100,
    seed: int = 0,
) -> CollapseFit:
    """The exponents at which curves of several sizes are most nearly one curve.

    Least squares of :func:`collapse` (in standard errors), by a simplex from ``start``. The intervals are percentiles
    of the exponents of resampled data: the replicates of each size are drawn with replacement.

    Parameters
    ----------
    data
        As for :func:`collapse`, with three replicates or more of every size.
    allowance
        As for :func:`collapse`.
    resamples
        20 or more.

    Raises
    ------
    InvalidInput
        For data without replicates, or that do not overlap at ``start``.
    ConvergenceFailure
        If a search ends outside of what overlaps, as for curves that are pure power laws: they fix one exponent only.
    """
    curves = _curves(data)
    first = _pair("start", start)
    draws, allowed = whole("resamples", resamples, 20), at_least("allowance", allowance, 0.0)
    rng = np.random.default_rng(whole("seed", seed))
    short = next((c.size for c in curves if len(c.runs) < 3), None)
    if short is not None:
        raise InvalidInput(f"data must have three replicates or more of every size, not fewer at {short:g}")
    _collapsed(curves, *first, allowed)
    best, done = _search(curves, first, allowed)
    found = np.empty((draws, 2))
    for k in range(draws):
        again = [_Curve(c.size, c.x, c.runs[rng.integers(len(c.runs), size=len(c.runs))]) for c in curves]
        found[k], _ = _search(again, best, allowed)
    if not done or np.max(np.ptp(found, axis=0)) > 10.0 or not _determined(curves, best, allowed):
        raise ConvergenceFailure("the exponents of the collapse are not determined: the curves have too little shape")
    edges = np.quantile(found, [0.5 * (1.0 - _CONFIDENCE), 0.5 * (1.0 + _CONFIDENCE)], axis=0)
    intervals = [(float(edges[0, k]), float(edges[1, k])) for k in (0, 1)]
    return CollapseFit(_collapsed(curves, *best, allowed), intervals[0], intervals[1], Status.CONVERGED)


def _search(curves: list[_Curve], start: tuple[float, float], allowance: float) -> tuple[tuple[float, float], bool]:
    from scipy.optimize import minimize

    prepared = [_averaged(c, allowance) for c in curves]

    def objective(p: Array) -> float:
        if _beside(prepared, float(p[1])) < _FEWEST:
            return _POOR * (1.0 + float(p @ p))
        return float(np.mean(_left(prepared, float(p[0]), float(p[1]))[0] ** 2))

    simplex = np.array(start) + np.array([[0.0, 0.0], [0.1, 0.0], [0.0, 0.1]])
    found = minimize(
        objective,
        np.array(start),
        method="Nelder-Mead",
        options={"initial_simplex": simplex, "xatol": 1e-4, "fatol": 1e-9, "maxiter": 400},
    )
    return (float(found.x[0]), float(found.x[1])), bool(found.success and found.fun < _POOR)


def _determined(curves: list[_Curve], best: tuple[float, float], allowance: float) -> bool:
    """Whether what is left changes with both exponents, and not with one combination of them only."""
    prepared = [_averaged(c, allowance) for c in curves]
    (a, b), step = best, 1e-5
    columns = [_left(prepared, *moved)[0] - _left(prepared, a, b)[0] for moved in ((a + step, b), (a, b + step))]
    scale = np.linalg.svd(np.stack(columns), compute_uv=False)
    return bool(scale[1] > _SHAPE * scale[0])


def _averaged(curve: _Curve, allowance: float) -> tuple[float, Array, Array, Array]:
    """ln size, ln x, ln mean y, relative error."""
    mean = curve.runs.mean(axis=0)
    count = len(curve.runs)
    error = curve.runs.std(axis=0, ddof=1) / np.sqrt(count) / mean if count > 1 else np.ones(mean.size)
    return float(np.log(curve.size)), np.log(curve.x), np.log(mean), np.maximum(np.hypot(error, allowance), 1e-12)


def _beside(prepared: list[tuple[float, Array, Array, Array]], b: float) -> int:
    """Points that lie in the range of another size."""
    scaled = [x - b * size for size, x, _, _ in prepared]
    return sum(
        int(np.sum(np.any([(x >= other[0]) & (x <= other[-1]) for j, other in enumerate(scaled) if j != i], axis=0)))
        for i, x in enumerate(scaled)
    )


def _left(prepared: list[tuple[float, Array, Array, Array]], a: float, b: float) -> tuple[Array, Array]:
    """Distance of every point from the common curve, in errors and in ln y."""
    x = np.concatenate([x - b * size for size, x, _, _ in prepared])
    y = np.concatenate([y + a * size for size, _, y, _ in prepared])
    error = np.concatenate([error for *_, error in prepared])
    low, high = x.min(), x.max()
    degree = min(_DEGREE, max(1, x.size // len(prepared) - 2))
    design = np.polynomial.legendre.legvander((2.0 * x - low - high) / (high - low), degree)
    fit, *_ = np.linalg.lstsq(design / error[:, None], y / error, rcond=None)
    left = y - design @ fit
    return left / error, left


def _collapsed(curves: list[_Curve], a: float, b: float, allowance: float) -> Collapse:
    prepared = [_averaged(c, allowance) for c in curves]
    beside = _beside(prepared, b)
    if beside < _FEWEST:
        raise InvalidInput(
            f"exponents must bring {_FEWEST} points or more into the range of another size, not {beside}"
        )
    in_errors, left = _left(prepared, a, b)
    measured = all(len(c.runs) > 1 for c in curves)
    chi_square = float(np.mean(in_errors**2)) if measured else None
    return Collapse(a, b, float(np.sqrt(np.mean(left**2))), chi_square, int(left.size))


def _pair(name: str, values: Any) -> tuple[float, float]:
    array = vector(name, values)
    if array.size != 2:
        raise InvalidInput(f"{name} must be two numbers, not {array.size}")
    return float(array[0]), float(array[1])


def _curves(data: Mapping[float, Any]) -> list[_Curve]:
    if not isinstance(data, Mapping) or len(data) < 2:
        raise InvalidInput(f"data must map two sizes or more to their curves, not {shown(data)}")
    curves = []
    for key, pair in data.items():
        size = finite("each size of data", key)
        if size <= 0.0:
            raise InvalidInput(f"each size of data must be positive, not {size:g}")
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise InvalidInput(f"data must have (x, y) for each size, not {shown(pair)} at {size:g}")
        curves.append(_curve(size, *pair))
    return sorted(curves, key=lambda c: c.size)


def _curve(size: float, x: Any, y: Any) -> _Curve:
    where = f"of size {size:g}"
    points = vector(f"x {where}", x)
    if np.any(points <= 0.0) or np.any(np.diff(points) <= 0.0) or points.size < 2:
        raise InvalidInput(f"x {where} must be two positive numbers or more that increase")
    if getattr(y, "ndim", 1) == 2:
        rows: list[Array] = [vector(f"y {where}", row) for row in y]
    elif isinstance(y, (list, tuple)) and len(y) > 0 and isinstance(y[0], (list, tuple, np.ndarray)):
        rows = [vector(f"y {where}", row) for row in y]
    else:
        rows = [vector(f"y {where}", y)]
    if any(row.size != points.size for row in rows):
        raise InvalidInput(f"y {where} must have {points.size} numbers, as many as x")
    runs = np.array(rows)
    if np.any(runs < 0.0) or np.any(runs.mean(axis=0) <= 0.0):
        raise InvalidInput(f"y {where} must be positive")
    return _Curve(size, points, runs)
