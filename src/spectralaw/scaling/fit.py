"""The front door: a law fitted to measured losses, with intervals, notes, and refusals."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from spectralaw import _checks
from spectralaw.errors import InvalidInput
from spectralaw.scaling.assemble import assemble, refuse
from spectralaw.scaling.inputs import read
from spectralaw.scaling.labelled import from_labelled
from spectralaw.scaling.laws import Frame, Law
from spectralaw.scaling.model import from_user
from spectralaw.scaling.objective import Points
from spectralaw.scaling.peak import Shape, shape
from spectralaw.scaling.result import ScalingFit
from spectralaw.scaling.selection import MOST_BREAKS, Options, choose, hold_out, ladder

LAWS = ("auto", "power", "plateau", "broken", "broken_plateau", "chinchilla", "chinchilla_tied")
LOSSES = ("huber", "squares", "absolute", "linear_squares")
INTERVALS = ("auto", "profile", "wald", "sandwich", "bootstrap")
_LEFT = 8  # points left of a peak from which they are fitted too


def fit_scaling_law(
    x: Any,
    y: Any = None,
    *,
    law: str = "auto",
    breaks: int | str = "auto",
    loss: str = "huber",
    delta: float | None = None,
    weights: Any = None,
    groups: Any = None,
    fixed: Mapping[str, float] | None = None,
    interval: str = "auto",
    level: float = 0.95,
    bootstrap: int = 1000,
    seed: int = 0,
    holdout: Any = "auto",
) -> ScalingFit:
    """Fit a scaling law to measured losses.

    power y = A x^−α · plateau y = E + A x^−α · broken y = A x^−a0 Π_i (1 + (x/x_i)^(1/f_i))^(−Δ_i f_i), and the same
    with a plateau E · chinchilla y = E + A N^−α + B D^−β. What is minimised is Σ w ρ(log ŷ − log y), a sum, from starts
    that variable projection finds, by a batched projected Levenberg–Marquardt method that ends with a certificate.

    Parameters
    ----------
    x : array_like, or mapping {"N": ..., "D": ...}
        Samples, tokens, compute, …, all greater than 0; the mapping for two variables. Or a Dataset of
        :func:`~spectralaw.predict_grid` or an open sweep that varies along one axis, and no ``y``.
    y : array_like
        Losses, greater than 0.
    law : str
        ``auto``, ``power``, ``plateau``, ``broken``, ``broken_plateau``, ``chinchilla`` or ``chinchilla_tied`` (α = β).
        ``auto`` takes ``chinchilla`` for two variables; for one it claims a break only where AICc improves by more
        than 6.
    breaks : int or "auto"
        Number of breaks, 0 to 4.
    loss : str
        ``huber``, ``squares`` or ``absolute``, of log y; ``linear_squares`` for squares of y itself.
    delta : float, optional
        Of Huber's loss; 1.345 robust standard deviations of the residuals by default.
    weights : array_like, optional
        Relative inverse variances; their scale has no influence.
    groups : array_like, optional
        Run or seed of each point: whole groups are drawn by the bootstrap.
    fixed : mapping, optional
        Parameters that are known, in the units of x and y, as in ``{"beta": 0.5}``.
    interval : str
        ``auto``: profile intervals, or the pairs bootstrap where the residuals are not alike (``residuals_not_iid``);
        or ``profile``, ``wald``, ``sandwich``, ``bootstrap``.
    level : float
        Of the intervals, between 0 and 1.
    bootstrap : int
        Replicates.
    seed : int
        Of the bootstrap.
    holdout : "auto", int, list of int, or 0
        How many points with the largest x the audit holds out.

    Returns
    -------
    ScalingFit
        Check ``status`` first: a fit that the data cannot carry is refused there, with a sentence that says what to do.

    Raises
    ------
    InvalidInput
        For arguments that cannot be used, and for x or y that are not finite and greater than 0 (the row is named).

    References
    ----------
    arXiv:2203.15556 (the law of two variables), 2404.10102 (its minimum), 2210.14891 (smooth breaks), 2209.06640
    (extrapolation), 2403.08540 (tied exponents).
    """
    dropped: dict[str, int] = {}
    if y is None:
        x, y, members, dropped = from_labelled(x)
        groups = members if groups is None else groups
    points, xs, ys = read(x, y, weights, groups)
    _checks.choice("law", law, LAWS)
    _checks.choice("loss", loss, LOSSES)
    _checks.choice("interval", interval, INTERVALS)
    two = len(xs) == 2
    if two != law.startswith("chinchilla") and law != "auto":
        raise InvalidInput(f"law {law!r} needs x as {'one list' if two else 'a mapping of N and D'}")
    if two and law == "auto":
        law = "chinchilla"
    breaks = _breaks(breaks, law)
    if loss == "linear_squares":
        points = replace(points, linear=True)
    if delta is not None:
        delta = _checks.finite("delta", delta)
        if delta <= 0.0 or loss != "huber":
            raise InvalidInput(f"delta must be greater than 0, and goes with loss='huber', not {delta:g} with {loss!r}")
    level = _checks.finite("level", level)
    if not 0.0 < level < 1.0:
        raise InvalidInput(f"level must be between 0 and 1, not {level:g}")
    replicates = _checks.positive_integer("bootstrap", bootstrap)
    points, known = _known(points, fixed or {}, law)
    kind = "squares" if loss == "linear_squares" else loss
    options = Options(kind, delta, known, interval, level, replicates, _checks.whole("seed", seed), holdout)
    seen = Shape(None, None, False, None) if two else shape(points, xs[0])
    make = _fit if seen.peak is None else _beside
    return replace(make(points, xs, ys, options, law, breaks, loss, seen), n_dropped=dropped)


def _fit(points: Points, xs, ys, options: Options, law: str, breaks, loss: str, seen: Shape) -> ScalingFit:
    trials = ladder(points, options, law, breaks)
    if not trials:
        raise InvalidInput(f"fixed: no law that is tried has all of {', '.join(options.fixed)}")
    chosen = choose(trials, options)
    forecaster = hold_out(trials, chosen, options) if chosen.usable else chosen
    return assemble(points, xs, ys, options, trials, chosen, forecaster, loss, seen)


def _beside(points: Points, xs, ys, options: Options, law: str, breaks, loss: str, seen: Shape) -> ScalingFit:
    """With a peak there is no law over the whole range: the sides are fitted on their own."""
    peak = seen.peak
    assert peak is not None and seen.lowest is not None
    nothing = Shape(None, None, False, None)
    parts = {}
    sides = {"left": xs[0] <= seen.lowest, "right": xs[0] >= peak.x}
    for side, rows in sides.items():
        if (side == "left" and rows.sum() < _LEFT) or (side == "right" and (seen.at_end or rows.sum() < 3)):
            continue
        part = points.take(rows)
        parts[side] = _fit(part, xs[:, rows], ys[rows], options, law, breaks, loss, nothing)
    return refuse(points, xs, ys, options, law, loss, seen, parts)


def _known(points: Points, fixed: Mapping[str, float], law: str) -> tuple[Points, dict[str, float]]:
    """Fixed parameters as the law carries them; an amplitude is a parameter of its own only about x = 1."""
    every = {name for one in _possible(law) for name in one.parameters}
    centres = list(points.frame.centres)
    for name in fixed:
        if name not in every:
            raise InvalidInput(f"fixed must name parameters of the law ({', '.join(sorted(every))}), not {name!r}")
        if name in ("A", "B"):
            centres["AB".index(name)] = 0.0
    points = points.reframe(Frame(tuple(centres), points.frame.level))
    known = {}
    for name, value in fixed.items():
        number = _checks.finite(f"fixed[{name!r}]", value)
        if (name[0] in "ABxf" and number <= 0.0) or (name == "E" and number < 0.0):
            raise InvalidInput(
                f"fixed[{name!r}] must be {'0 or ' if name == 'E' else ''}greater than 0, not {number:g}"
            )
        known[name] = from_user(_possible(law)[0], points.frame, name, number)
    return points, known


def _possible(law: str) -> list[Law]:
    if law.startswith("chinchilla"):
        return [Law(law)]
    names = [law] if law != "auto" else ["power", "plateau", "broken", "broken_plateau"]
    return [Law(name, MOST_BREAKS + 1 if name.startswith("broken") else 0) for name in names]


def _breaks(breaks: Any, law: str) -> int | str:
    if breaks == "auto":
        return "auto"
    if isinstance(breaks, str):
        raise InvalidInput(f"breaks must be 'auto' or a whole number from 0 to {MOST_BREAKS + 1}, not {breaks!r}")
    number = _checks.finite("breaks", breaks)
    if number != math.floor(number) or not 0 <= number <= MOST_BREAKS + 1:
        raise InvalidInput(f"breaks must be 'auto' or a whole number from 0 to {MOST_BREAKS + 1}, not {number:g}")
    if number > 0 and law in ("power", "plateau", "chinchilla", "chinchilla_tied"):
        raise InvalidInput(f"breaks must be 0 for law {law!r}, not {number:g}")
    if number == 0 and law.startswith("broken"):
        raise InvalidInput(f"breaks must be 1 or more for law {law!r}, not 0")
    return int(number)
