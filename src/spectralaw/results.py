"""The vocabulary that predictions and trained networks share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """Outcome of a solver. Only ``CONVERGED`` and ``COLLAPSED`` are results."""

    CONVERGED = "converged"
    """The certificate is within its tolerance."""
    COLLAPSED = "collapsed"
    """Nothing survives the threshold: the trained weights are exactly zero."""
    NOT_CONVERGED = "not_converged"
    """The certificate is not within its tolerance; numbers are not results."""

    @property
    def is_result(self) -> bool:
        """Whether numbers that carry this status may be used."""
        return self is not Status.NOT_CONVERGED


@dataclass(frozen=True, slots=True)
class Outlier:
    """A learned feature: an eigenvalue of the trained weights outside the bulk."""

    teacher: float
    """Teacher eigenvalue (or coefficient) that it comes from."""
    location: float
    """Where it sits in the spectrum of the trained weights."""
    overlap: float
    """Squared overlap of its eigenvector with the teacher's, between 0 and 1."""


@dataclass(frozen=True)
class Pruned:
    """Excess risk before and after pruning."""

    before: float
    after: float
    cut: float
    """What was taken from each eigenvalue."""
    kept: int
    """Eigenvalues that remain."""

    @property
    def helps(self) -> bool:
        """Whether pruning lowers the excess risk."""
        return self.after < self.before


class Outcome(StrEnum):
    """What holding a claim against a measurement came to."""

    AGREE = "agree"
    DISAGREE = "disagree"
    NOT_JUDGED = "not judged"
    """The measurement cannot tell, or was not made; the reason is given beside it."""
