"""One learning curve over the norm of the weights: where it is least, and how it falls on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from spectralaw._checks import entries, finite, shown, vector
from spectralaw.errors import InvalidInput
from spectralaw.systems.perceptron.inputs import Array

FEWEST = 8
"""Points that a curve must have."""
EARLY = (0.3, 0.7)
"""The part of the fall of log error, from the first to the least, in which the early exponent is read."""
_ABOVE, _SCATTERS = 0.03, 6.0  # log error above the least, or scatters of it, up to which points say where it is
_CUBIC = 7  # points from which on the minimum may be skew
_SIGNIFICANT = 2.0  # standard errors by which the fit must rise to both sides


@dataclass(frozen=True)
class Curve:
    """Test error as the norm grows, at one number of samples."""

    alpha: float
    """Samples, or samples per dimension."""
    norm: Array
    error: Array
    initial_error: float
    """Where the curve begins; errors are measured in units of it."""


@dataclass(frozen=True)
class CurveReading:
    """What one curve says."""

    alpha: float
    initial_error: float
    optimal_norm: float | None
    """None where the curve has no minimum within it."""
    optimal_error: float | None
    early_exponent: float | None
    """γ₁ of error ~ norm^−γ₁; None without a minimum, or with fewer than three points on the way."""
    early_range: tuple[float, float] | None
    """Norms between which it was read."""
    reason: str = ""
    """Why something is None."""


def as_curves(curves: Any, initial_errors: Any) -> list[Curve]:
    """Curves from a mapping alpha → (norms, errors), or a list of (alpha, norms, errors)."""
    if isinstance(curves, Mapping):
        triples = [(alpha, *_pair(alpha, pair)) for alpha, pair in curves.items()]
    else:
        triples = [tuple(entries("each of curves", one)) for one in entries("curves", curves, "(alpha, norms, errors)")]
    for one in triples:
        if len(one) != 3:
            raise InvalidInput(f"each of curves must be (alpha, norms, errors), not {len(one)} things")
    if not triples:
        raise InvalidInput("curves must hold at least three curves of different alpha, not none")
    if initial_errors is None:
        firsts: list[float | None] = [None] * len(triples)
    else:
        values = vector("initial_errors", initial_errors, or_number=True)
        if values.size not in (1, len(triples)) or np.any(values <= 0.0):
            raise InvalidInput(
                f"initial_errors must be greater than 0, one or {len(triples)}, not {shown(values.tolist())}"
            )
        firsts = list(np.broadcast_to(values, len(triples)))
    return [_curve(alpha, norm, error, first) for (alpha, norm, error), first in zip(triples, firsts, strict=True)]


def _pair(alpha: Any, pair: Any) -> list[Any]:
    found = entries(f"curves[{shown(alpha)}]", pair, "norms and errors")
    if len(found) != 2:
        raise InvalidInput(f"curves[{shown(alpha)}] must be (norms, errors), not {len(found)} things")
    return found


def _curve(alpha: Any, norms: Any, errors: Any, first: float | None) -> Curve:
    size = finite("alpha", alpha)
    if size <= 0.0:
        raise InvalidInput(f"alpha must be greater than 0, not {size:g}")
    at = f"the curve of alpha = {size:g}"
    norm, error = vector(f"norms of {at}", norms), vector(f"errors of {at}", errors)
    if norm.size != error.size:
        raise InvalidInput(f"{at} must have as many norms as errors, not {norm.size} and {error.size}")
    if norm.size < FEWEST:
        raise InvalidInput(f"{at} must have {FEWEST} points or more, not {norm.size}")
    for name, values in (("norms", norm), ("errors", error)):
        if np.any(values <= 0.0):
            raise InvalidInput(
                f"{name} of {at} must be greater than 0, but entry {int(np.argmax(values <= 0.0))} is not"
            )
    if np.any(np.diff(norm) <= 0.0):
        where = int(np.argmax(np.diff(norm) <= 0.0)) + 1
        raise InvalidInput(
            f"norms of {at} must ascend, but entry {where} ({norm[where]:g}) is not above the one before "
            f"({norm[where - 1]:g}): leave out what comes before the norm grows"
        )
    return Curve(size, norm, error, float(error[0]) if first is None else float(first))


def read_curve(curve: Curve) -> CurveReading:
    """Minimum by a cubic through log error against log norm; early exponent by a line through the fall."""
    x, y = np.log(curve.norm), np.log(curve.error / curve.initial_error)
    found = _minimum(x, y)
    if isinstance(found, str):
        return CurveReading(curve.alpha, curve.initial_error, None, None, None, None, found)
    place, value = found
    best = (float(np.exp(place)), float(np.exp(value)) * curve.initial_error)
    ends = _crossings(x, y, place, value)
    if ends is None:
        reason = "the error does not fall on the way to its minimum"
        return CurveReading(curve.alpha, curve.initial_error, *best, None, None, reason)
    low, high = ends
    chosen = (x >= low) & (x <= high)
    norms = (float(np.exp(low)), float(np.exp(high)))
    if chosen.sum() < 3:
        reason = f"fewer than three points between norms {norms[0]:.3g} and {norms[1]:.3g}, where the error falls"
        return CurveReading(curve.alpha, curve.initial_error, *best, None, norms, reason)
    u = x[chosen] - x[chosen].mean()
    exponent = -float(u @ y[chosen] / (u @ u))
    return CurveReading(curve.alpha, curve.initial_error, *best, exponent, norms)


def _minimum(x: Array, y: Array) -> tuple[float, float] | str:
    """log norm and log error of the minimum, or why there is none: a cubic through all points that are not far above.

    How far is told by the scatter of neighbours, so that noise neither hides a minimum nor makes one.
    """
    k = int(np.argmin(y))
    if k == 0:
        return "the error is least at the first point, so that it does not fall"
    if k == y.size - 1:
        return "the error is least at the last point, so that its minimum may lie beyond"
    scatter = 1.4826 * float(np.median(np.abs(np.diff(y, 2)))) / np.sqrt(6.0)
    near = y <= y[k] + max(_ABOVE, _SCATTERS * scatter)
    below, above = np.flatnonzero(~near[:k]), np.flatnonzero(~near[k:])
    first = min(below[-1] if below.size else 0, max(k - 2, 0))
    last = max(k + above[0] if above.size else y.size - 1, min(k + 2, y.size - 1))
    u, v = x[first : last + 1] - x[k], y[first : last + 1]
    powers = 4 if u.size >= _CUBIC else 3
    matrix = np.vander(u, powers, increasing=True)
    fit = np.linalg.lstsq(matrix, v, rcond=None)[0]
    _, b, c, d = np.append(fit, [0.0] * (4 - powers))
    inner = c * c - 3.0 * b * d
    place = -b / (c + np.sqrt(inner)) if inner > 0.0 and c + np.sqrt(inner) > 0.0 else np.nan
    if not u[0] < place < u[-1]:
        return "the points about the least error do not turn within them"
    least, left, right = np.vander([place, u[0], u[-1]], powers, increasing=True) @ fit
    spare = u.size - powers
    noise = float(np.linalg.norm(v - matrix @ fit)) / np.sqrt(spare) * np.sqrt(2.0 * powers / u.size) if spare else 0.0
    if min(left, right) - least <= _SIGNIFICANT * noise:
        return "the error is too flat about its least, or scatters too much, to have a minimum there"
    return float(x[k] + place), float(least)


def _crossings(x: Array, y: Array, place: float, value: float) -> tuple[float, float] | None:
    """log norms where the fall, from 0 to ``value``, first reaches its two shares; None where it does not fall."""
    if value >= 0.0:
        return None
    before = x <= place
    u, fall = np.append(x[before], place), np.append(y[before], value) / value
    ends = []
    for share in EARLY:
        k = int(np.argmax(fall >= share))
        if k == 0:
            ends.append(float(u[0]))
            continue
        step = (share - fall[k - 1]) / (fall[k] - fall[k - 1])
        ends.append(float(u[k - 1] + step * (u[k] - u[k - 1])))
    return (ends[0], ends[1]) if ends[0] < ends[1] else None
