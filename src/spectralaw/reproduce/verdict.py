"""What was claimed, what was measured, and whether the two agree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Claim:
    """One line of a verdict table."""

    claim: str
    measured: str
    agrees: bool | None
    """None for what was not run."""
    explanation: str = ""
    """Why it does not agree, where that is known."""

    @property
    def word(self) -> str:
        """The verdict: agree, DISAGREE or not run."""
        return "not run" if self.agrees is None else "agree" if self.agrees else "DISAGREE"


def _judgement(claim: Claim) -> str:
    if claim.agrees is not False:
        return claim.word
    return "**disagree**" + (f": {claim.explanation}" if claim.explanation else "")


def markdown(claims: Iterable[Claim]) -> str:
    """The verdict table as Markdown."""
    rows = [f"| {c.claim} | {c.measured} | {_judgement(c)} |" for c in claims]
    return "\n".join(["| claimed | measured | verdict |", "|---|---|---|", *rows]) + "\n"
