"""What can go wrong with a sweep as a whole; a row that fails is kept in the store and raises nothing."""

from __future__ import annotations

from spectralaw.errors import ConvergenceFailure, InvalidInput


class StoreError(InvalidInput):
    """A store that cannot be used; what is in it stays there. The message is one sentence."""


class SweepStopped(ConvergenceFailure):
    """A sweep that ended before its rows did, through no fault of theirs; rows done are kept, the rest are pending."""
