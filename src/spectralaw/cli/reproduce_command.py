"""spectralaw reproduce"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from spectralaw.cli import options, output
from spectralaw.cli.experiments import EXPERIMENTS, Setup


def reproduce(
    name: Annotated[str, typer.Argument(help=f"{', '.join(EXPERIMENTS)}, or all.")],
    size: Annotated[str, typer.Option(help="quick (under two minutes each on two cores) or paper.")] = "quick",
    output_folder: Annotated[Path, typer.Option("--output", help="Folder for figures, data and verdicts.")] = Path(
        "results"
    ),
    hours: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(help="Leave out learning curves that would take longer, by a rough estimate."),
    ] = None,
    workers: Annotated[Optional[int], typer.Option(help="Processes (default: one for each processor).")] = None,  # noqa: UP045
    json: options.Json = False,
) -> None:
    """Reproduce a figure of arXiv:2509.24882: picture, data, and a verdict table.

    Trainings are kept in the output folder; the same command again continues, or draws anew. What does not fit into
    memory is left out, and the verdict says so.
    """
    from spectralaw import InvalidInput
    from spectralaw._checks import at_least
    from spectralaw.figures import look

    if name != "all" and name not in EXPERIMENTS:
        raise InvalidInput(f"name must be one of {', '.join(EXPERIMENTS)}, all, not {name!r}")
    if size not in ("quick", "paper"):
        raise InvalidInput(f"size must be 'quick' or 'paper', not {size!r}")
    if hours is not None:
        at_least("hours", hours, 0.0)
    look.require_matplotlib()
    output_folder.mkdir(parents=True, exist_ok=True)
    names = EXPERIMENTS if name == "all" else [name]
    reports = [_one(each, size == "paper", hours, output_folder, workers, json) for each in names]
    if json:
        output.print_json({"figures": reports})


def _one(
    name: str, paper: bool, hours: float | None, folder: Path, workers: int | None, silent: bool
) -> dict[str, Any]:
    import time

    from spectralaw.cli.progress import bar
    from spectralaw.figures import look
    from spectralaw.reproduce.verdict import markdown

    begin = time.perf_counter()
    title, run = EXPERIMENTS[name]
    with bar(silent=silent) as progress:
        line = progress.add_task(f"{name} ({title})", total=None)
        advance = lambda done, total: progress.update(line, completed=done, total=total)  # noqa: E731
        experiment = run(Setup(paper, workers, hours, advance, folder / f"{name}.sqlite"))
    written = []
    networks = [data.attrs["network"] for data in experiment.datasets]
    for data in experiment.datasets:
        network = data.attrs["network"]
        size = f"-{data.attrs['dimension']:g}" if networks.count(network) > 1 else ""
        path = folder / f"{name}-{network}{size}.nc"
        data.to_netcdf(path, engine="scipy")
        written.append(path)
    if experiment.datasets:
        written += look.save(experiment.draw(experiment.datasets), folder / name)
    claims = experiment.claims()
    table = folder / f"{name}-verdict.md"
    table.write_text(markdown(claims), encoding="utf-8")
    written.append(table)
    seconds = time.perf_counter() - begin
    if not silent:
        for claim in claims:
            typer.echo(f"{claim.word:8}  {claim.claim}: {claim.measured}")
        typer.echo(f"written in {seconds:.0f} s: " + ", ".join(str(p) for p in written) + "\n")
    verdicts = [{"claim": c.claim, "measured": c.measured, "agrees": c.agrees} for c in claims]
    return {"name": name, "verdict": verdicts, "files": [str(p) for p in written], "seconds": seconds}
