"""Rows of the table, and how they are shown and kept."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """One comparison, or one time by itself."""

    work: str
    ours: float
    """Seconds, warm."""
    cold: float
    """Seconds of the first call."""
    peer: str = "—"
    theirs: float | None = None
    target: str = ""
    met: bool | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times longer the peer takes."""
        return None if self.theirs is None else self.theirs / self.ours


def versus(work: str, ours, peer: str, theirs: float, least: float, note: str = "") -> Row:
    """A row whose target is a ratio."""
    ratio = theirs / ours.warm
    return Row(work, ours.warm, ours.cold, peer, theirs, f"≥ {least:g}×", ratio >= least, note)


def missing(work: str, peer: str) -> Row:
    """A row whose peer is not installed."""
    return Row(work, float("nan"), float("nan"), peer, note="not installed")


def markdown(rows: list[Row]) -> str:
    """The table."""
    lines = [
        "| work | ours | first call | peer | peer's time | ratio | target | met |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        if row.note == "not installed":
            lines.append(f"| {row.work} | | | {row.peer}, not installed | | | | |")
            continue
        if row.note.startswith("skipped"):
            lines.append(f"| {row.work} ({row.note}) | | | {row.peer} | | | | |")
            continue
        ratio = "" if row.ratio is None else f"{row.ratio:,.3g}×"
        met = "" if row.met is None else "yes" if row.met else "**no**"
        work = row.work + (f" ({row.note})" if row.note else "")
        theirs = "" if row.theirs is None else _seconds(row.theirs)
        cells = (work, _seconds(row.ours), _seconds(row.cold), row.peer, theirs, ratio, row.target, met)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _seconds(value: float) -> str:
    return f"{value:.3g} s" if value >= 0.1 else f"{1e3 * value:.3g} ms"


def keep(rows: list[Row], folder: Path) -> Path:
    """Write the run as JSON, with the machine and the versions."""
    import importlib.metadata

    versions = {}
    for name in (
        "spectralaw",
        "numpy",
        "scipy",
        "scikit-learn",
        "celer",
        "skglm",
        "torch",
        "cvxpy",
        "scs",
        "clarabel",
        "freealg",
        "chinchilla",
    ):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    from spectralaw.parallel import processors

    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    path = folder / f"{now:%Y-%m-%dT%H%M%S}.json"
    content = {
        "date": now.isoformat(timespec="seconds"),
        "machine": {
            "processors": processors(),
            "architecture": platform.machine(),
            "python": platform.python_version(),
        },
        "versions": versions,
        "rows": [{**asdict(row), "ratio": row.ratio} for row in rows],
    }
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path
