"""The exceptions that users meet."""

from __future__ import annotations


class InvalidInput(ValueError):
    """An argument that cannot be used; the message names it, its value, and what would be right."""


class ConvergenceFailure(RuntimeError):
    """A computation that did not reach its certificate."""
