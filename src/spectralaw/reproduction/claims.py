"""What was claimed, what was measured, and whether the two agree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from spectralaw.results import Outcome


@dataclass(frozen=True)
class Claim:
    """One line of a verdict table."""

    statement: str
    """What is claimed, in the words of the experiment's ``claims``."""
    about: str
    """Of what: the network, the size, the parameters."""
    measured: str
    outcome: Outcome
    reason: str = ""
    """Why it does not agree, or was not judged."""

    @classmethod
    def of(cls, statement: str, about: str, measured: str, agrees: bool | None, reason: str = "") -> Claim:
        """A claim from a yes, a no, or None for what cannot be judged (which needs a reason)."""
        if agrees is None:
            return cls(statement, about, measured, Outcome.NOT_JUDGED, reason)
        return cls(statement, about, measured, Outcome.AGREE if agrees else Outcome.DISAGREE, reason)

    @property
    def agrees(self) -> bool:
        """Whether claim and measurement agree."""
        return self.outcome is Outcome.AGREE

    def __str__(self) -> str:
        reason = f" ({self.reason})" if self.reason else ""
        return f"{self.outcome:10}  {self.about}: {self.statement}: {self.measured}{reason}"

    def to_dict(self) -> dict[str, Any]:
        """Plain strings; the reason is absent where there is none."""
        values = {"claim": self.statement, "about": self.about, "measured": self.measured, "outcome": str(self.outcome)}
        return {**values, "reason": self.reason} if self.reason else values


COVERAGE = 0.8  # the share of intervals of 95 % that must hold the truth
_CHANCE = 0.05  # of so few inside if the coverage were right: more is not evidence against it


def covered(inside: int, count: int) -> bool | None:
    """Whether at least 80 % are inside; None where fewer are, but too few were tried to tell from it."""
    from scipy.stats import binom

    if count and inside >= COVERAGE * count:
        return True
    return None if binom.cdf(inside, count, COVERAGE) > _CHANCE else False


def markdown(claims: Iterable[Claim]) -> str:
    """The verdict table as Markdown."""
    rows = [f"| {c.about}: {c.statement} | {c.measured} | {_judgement(c)} |" for c in claims]
    return "\n".join(["| claimed | measured | verdict |", "|---|---|---|", *rows]) + "\n"


def _judgement(claim: Claim) -> str:
    word = f"**{claim.outcome}**" if claim.outcome is Outcome.DISAGREE else str(claim.outcome)
    return word + (f": {claim.reason}" if claim.reason else "")
