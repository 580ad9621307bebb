"""A law that holds for d → ∞, judged by what is left of the difference as d grows.

It agrees when at the largest dimension the median difference of the local exponents is within ``MEDIAN`` and the
largest within ``LARGEST``, and when the median is smaller there than at the smallest dimension, or too small to tell
(``TINY``).
A law with logarithms is the first term of an expansion in 1/log d: it is granted a median of the size of the next
one, 1/log d.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spectralaw.reproduction.claims import Claim

Array = np.ndarray
MEDIAN, LARGEST, TINY = 0.03, 0.1, 0.002


def shrinks(
    statement: str, about: str, dimensions: Array, errors: Sequence[Array], *, logarithms: bool, more: str = ""
) -> Claim:
    """The claim, from the absolute differences at each dimension."""
    median = [float(np.median(part)) for part in errors]  # NaN, a lost point, agrees with nothing
    largest = [float(np.max(part)) for part in errors]
    listed = lambda values: ", ".join(f"{value:.4f}" for value in values)  # noqa: E731
    powers = ", ".join(f"{d:.0e}".replace("e+", "e") for d in dimensions)
    measured = (
        f"median difference {listed(median)}, largest {listed(largest)} at d = {powers}; {errors[-1].size} points{more}"
    )
    allowed = max(MEDIAN, 1.0 / float(np.log(dimensions[-1]))) if logarithms else MEDIAN
    whole = bool(np.all(np.isfinite(largest)))  # at every d: a law cannot be lost on the way
    near = whole and median[-1] <= allowed and largest[-1] <= LARGEST
    shrinks = median[-1] <= max(TINY, median[0])
    reason = ""
    if not whole:
        reason = "points are lost"
    elif not near:
        reason = f"at the largest d the median must be within {allowed:.3f} and the largest within {LARGEST:g}"
    if near and not shrinks:
        reason = "the median difference grows with d"
    return Claim.of(statement, about, measured, near and shrinks, reason)
