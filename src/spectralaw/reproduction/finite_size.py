"""Trained networks of several dimensions against a theory of infinite ones, point by point."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spectralaw.comparison.limit import FEWEST, Judgement, Sized, judge, z_score
from spectralaw.reproduction.claims import Claim
from spectralaw.results import Outcome

if TYPE_CHECKING:
    import xarray


_EXACT = 1e-3  # relative error below which a point is exact, as after a rank collapse


@dataclass(frozen=True)
class Point:
    """One point of a curve at every dimension it was trained at."""

    where: str
    sizes: tuple[Sized, ...]
    verdict: Judgement

    @property
    def largest(self) -> Sized:
        """At the largest dimension."""
        return max(self.sizes, key=lambda size: size.dimension)


def point(where: str, sizes: Iterable[Sized], *, relative: bool = True, bound: float | None = 1.0) -> Point:
    """A point, judged."""
    chosen = tuple(sizes)
    return Point(where, chosen, judge(chosen, relative=relative, bound=bound))


def sized(data: xarray.Dataset, values: xarray.DataArray, theory: float) -> Sized:
    """The mean over seeds of what was measured at the dimension of a dataset."""
    found = np.asarray(values.values, dtype=float)
    found = found[np.isfinite(found)]
    d = float(data.attrs["dimension"])
    samples = float(data.attrs["samples"]) if "samples" in data.attrs else float(values.coords["samples"])
    n_eff = samples if data.attrs["network"] == "diagonal" else samples / d
    mean = float(found.mean()) if found.size else np.nan
    error = float(found.std(ddof=1) / np.sqrt(found.size)) if found.size > 1 else np.nan
    return Sized(d, n_eff, theory, mean, error, int(found.size))


def claim(statement: str, about: str, points: Sequence[Point], *, relative: bool = True) -> Claim:
    """One line about many points: how many agree in the limit, and how far they are off at the largest dimension.

    It disagrees if any point does, or all of them together; it agrees if at least half of them do, or all together.
    """
    together = _together(points) if relative and len(points) > 1 else None
    outcomes = [one.verdict.outcome for one in points]
    counts = {outcome: outcomes.count(outcome) for outcome in Outcome}
    off = [(_deviation(one.largest, relative), one) for one in points if np.isfinite(one.largest.mean)]
    beyond = sum(abs(one.largest.z) > 3.0 for _, one in off)
    worst, at = max(off, key=lambda pair: abs(pair[0]), default=(np.nan, None))
    d = max((one.largest.dimension for one in points), default=0.0)
    sizes = ", ".join(f"{s.dimension:g}" for s in max(points, key=lambda one: len(one.sizes)).sizes) if points else ""
    measured = (
        f"limit of d = {sizes}: {counts[Outcome.AGREE]} agree, {counts[Outcome.DISAGREE]} disagree, "
        f"{counts[Outcome.NOT_JUDGED]} not judged; at d = {d:g}, {beyond} of {len(points)} are beyond 3 standard errors"
    )
    if at is not None:
        unit = f"{worst:+.1%}" if relative else f"{worst:+.3f}"
        measured += f", the largest deviation is {unit} (z = {at.largest.z:+.1f}, {at.where})"
    if together is not None and np.isfinite(together.limit):
        measured += f"; all together, mean/theory tends to {together.limit:.3f} ± {together.limit_error:.3f}"
    if together is not None and together.outcome is Outcome.DISAGREE and not counts[Outcome.DISAGREE]:
        agrees, reason = False, f"all together: {together.reason}"
    elif counts[Outcome.DISAGREE]:
        agrees, reason = False, _reasons(points, Outcome.DISAGREE)
    elif 2 * counts[Outcome.AGREE] >= len(points) > 0 or (together and together.outcome is Outcome.AGREE):
        agrees, reason = True, _reasons(points, Outcome.NOT_JUDGED)
    else:
        agrees, reason = None, _reasons(points, Outcome.NOT_JUDGED) or "nothing was measured"
    return Claim.of(statement, about, measured, agrees, reason)


def _together(points: Sequence[Point]) -> Judgement:
    """The mean of mean/theory over the points that every dimension has, weighted by how well they are measured.

    Points share no seeds, so that their errors are independent; weights are the same at every dimension. Collapsed
    networks, which have no error, would outweigh all others and are left out.
    """
    most = max(len(one.sizes) for one in points)
    told = lambda s: s.effective_samples >= FEWEST and s.standard_error > _EXACT * s.theory  # noqa: E731
    chosen = [one.sizes for one in points if len(one.sizes) == most and all(map(told, one.sizes))]
    if not chosen:
        return Judgement(Outcome.NOT_JUDGED, "no point has n_eff ≥ 3 at every dimension")
    ratio = np.array([[s.mean / s.theory for s in sizes] for sizes in chosen])
    error = np.array([[s.standard_error / s.theory for s in sizes] for sizes in chosen])
    weight = 1.0 / np.mean(error**2, axis=1)
    weight /= weight.sum()
    means, errors = weight @ ratio, np.sqrt(weight**2 @ error**2)
    pooled = [
        Sized(
            s.dimension, s.effective_samples, 1.0, float(m), float(e), sum(sizes[k].seeds - 1 for sizes in chosen) + 1
        )
        for k, (s, m, e) in enumerate(zip(chosen[0], means, errors, strict=True))
    ]
    return judge(pooled, bound=None)


def shrinking(statement: str, about: str, points: Sequence[Point], choose: Callable[[Sized], bool]) -> Claim:
    """Whether the root mean square of mean/theory − 1, error bars subtracted, falls from size to size."""
    most = max((len(one.sizes) for one in points), default=0)
    whole = lambda s: np.isfinite([s.mean, s.standard_error, s.theory]).all() and s.theory > 0.0  # noqa: E731
    asked = [one.sizes for one in points if all(choose(size) for size in one.sizes)]
    chosen = [sizes for sizes in asked if len(sizes) == most and all(map(whole, sizes))]  # the same at every d
    dimensions = sorted({size.dimension for sizes in chosen for size in sizes})
    if len(dimensions) < 2 or not chosen:
        return Claim.of(statement, about, "", None, "fewer than two sizes can be compared")
    squares, errors = [], []
    for d in dimensions:
        pairs = [(s.mean / s.theory - 1.0, s.standard_error / s.theory) for sizes in chosen for s in sizes
                 if s.dimension == d]  # fmt: skip
        y, e = np.array(pairs).T
        squares.append(float(np.mean(y**2 - e**2)))
        errors.append(float(np.sqrt(np.sum(4.0 * y**2 * e**2 + 2.0 * e**4)) / len(y)))
    falls = squares[0] - squares[-1]
    noise = float(np.hypot(errors[0], errors[-1]))
    sizes = ", ".join(f"{np.sqrt(max(value, 0.0)):.1%}" for value in squares)
    lost = f" of {len(asked)}" if len(asked) > len(chosen) else ""
    measured = (
        f"root mean square over {len(chosen)}{lost} points {sizes} at d = {', '.join(f'{d:g}' for d in dimensions)}"
    )
    if abs(falls) <= 3.0 * noise:
        return Claim.of(statement, about, measured, None, "the change is within 3 standard errors")
    return Claim.of(statement, about, measured, bool(falls > 0.0))


def _deviation(size: Sized, relative: bool) -> float:
    return size.mean / size.theory - 1.0 if relative else size.mean - size.theory


def _reasons(points: Sequence[Point], outcome: Outcome, most: int = 3) -> str:
    found = [f"{one.where}: {one.verdict.reason}" for one in points if one.verdict.outcome is outcome]
    rest = f"; and {len(found) - most} more" if len(found) > most else ""
    return ("not judged: " if outcome is Outcome.NOT_JUDGED and found else "") + "; ".join(found[:most]) + rest


__all__ = ["Point", "Sized", "claim", "point", "shrinking", "sized", "z_score"]
