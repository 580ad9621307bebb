"""Run an experiment: data, picture, caption and verdict, in a folder."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spectralaw._checks import at_least, positive_integer, shown
from spectralaw.errors import InvalidInput
from spectralaw.files import file_path
from spectralaw.reproduction.claims import Claim, markdown
from spectralaw.reproduction.experiment import Advance, Run
from spectralaw.reproduction.registry import experiment
from spectralaw.results import Outcome

if TYPE_CHECKING:
    import xarray


@dataclass(frozen=True)
class Reproduction:
    """What an experiment came to."""

    name: str
    title: str
    size: str
    claims: tuple[Claim, ...]
    datasets: tuple[xarray.Dataset, ...]
    files: tuple[Path, ...]
    """Data (netCDF), picture (PNG and PDF), caption and verdict (Markdown), and all words of it (JSON)."""
    seconds: float

    @property
    def outcome(self) -> Outcome:
        """``disagree`` if any claim does, ``not judged`` if none was judged, else ``agree``."""
        outcomes = {claim.outcome for claim in self.claims}
        return next((o for o in (Outcome.DISAGREE, Outcome.AGREE) if o in outcomes), Outcome.NOT_JUDGED)

    def __str__(self) -> str:
        return "\n".join([f"{self.name}: {self.title}", *map(str, self.claims)])

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and strings; the data are in the files."""
        return {
            "name": self.name,
            "title": self.title,
            "size": self.size,
            "outcome": str(self.outcome),
            "verdict": [claim.to_dict() for claim in self.claims],
            "files": [str(path) for path in self.files],
            "seconds": self.seconds,
        }


def reproduce(
    name: str,
    size: str = "quick",
    output: str | Path = "results",
    *,
    workers: int | None = None,
    hours: float | None = None,
    progress: Advance | None = None,
) -> Reproduction:
    """Run an experiment: compute its data, draw its picture, judge its claims, and write all of it.

    Parameters
    ----------
    name : str
        One of :func:`spectralaw.reproduction.registry.names`.
    size : str
        ``quick`` (under two minutes on two cores) or ``paper``, as far as the experiment has it.
    output : path
        Folder of the files, made if it does not exist. Trainings are kept there, too: the same call again continues.
    workers : int, optional
        Processes; by default one for each processor.
    hours : float, optional
        Parts that would take longer, by a rough estimate, are left out, and the verdict says so.
    progress : callable, optional
        Called with (steps done, steps in all).

    Raises
    ------
    InvalidInput
        For an unknown name or size, and where matplotlib is missing.
    """
    from spectralaw.figures import look

    chosen = experiment(name)
    if not isinstance(size, str) or size not in chosen.sizes:
        raise InvalidInput(f"size must be one of {', '.join(chosen.sizes)} for {name}, not {shown(size)}")
    if hours is not None:
        at_least("hours", hours, 0.0)
    if workers is not None:
        positive_integer("workers", workers)
    folder = file_path(output)
    look.require_matplotlib()
    folder.mkdir(parents=True, exist_ok=True)
    begin = time.perf_counter()
    run = Run(folder, name, workers, hours, progress or (lambda done, total: None))
    datasets = tuple(chosen.compute(run, **chosen.sizes[size]))
    files = [
        _write(data, folder / f"{name}-{label}.nc") for data, label in zip(datasets, _labels(datasets), strict=True)
    ]
    claims = (chosen.judge(datasets) if datasets else []) + run.left_out
    texts = {"verdict": markdown(claims)}
    if datasets:
        files += look.save(chosen.draw(datasets), folder / name)
        texts = {"caption": chosen.caption(datasets).strip() + "\n", **texts}
    for kind, text in texts.items():
        files.append(folder / f"{name}-{kind}.md")
        files[-1].write_text(text, encoding="utf-8")
    files.append(folder / f"{name}-report.json")
    seconds = time.perf_counter() - begin
    result = Reproduction(name, chosen.title, size, tuple(claims), datasets, tuple(files), seconds)
    report = {**texts, **result.to_dict(), "files": [path.name for path in files]}
    files[-1].write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return result


def _labels(datasets: tuple[xarray.Dataset, ...]) -> list[str]:
    """A name for each dataset: its network, with the dimension where a network comes more than once."""
    networks = [str(data.attrs.get("network", data.attrs.get("part", "data"))) for data in datasets]
    labels = [
        f"{network}-{data.attrs['dimension']:g}" if networks.count(network) > 1 else network
        for network, data in zip(networks, datasets, strict=True)
    ]
    if len(set(labels)) < len(labels):
        raise ValueError(f"two datasets of one experiment would be written to the same file: {labels}")
    return labels


def _write(data: xarray.Dataset, path: Path) -> Path:
    data.to_netcdf(path, engine="scipy")
    return path
