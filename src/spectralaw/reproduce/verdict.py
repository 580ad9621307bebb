"""What was claimed, what was measured, and whether the two agree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Claim:
    """One line of a verdict table."""

    claim: str
    measured: str
    agrees: bool


def markdown(claims: Iterable[Claim]) -> str:
    """The verdict table as Markdown."""
    rows = [f"| {c.claim} | {c.measured} | {'agree' if c.agrees else '**disagree**'} |" for c in claims]
    return "\n".join(["| claimed | measured | verdict |", "|---|---|---|", *rows]) + "\n"
