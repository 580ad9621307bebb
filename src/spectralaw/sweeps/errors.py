"""What can go wrong with a sweep as a whole; a row that fails is kept in the store and raises nothing."""

from __future__ import annotations

from spectralaw.errors import InvalidInput


class StoreError(InvalidInput):
    """A store that cannot be used; what is in it stays there. The message is one sentence."""
