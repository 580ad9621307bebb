"""spectralaw reproduce"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from spectralaw.cli import options, output

Advance = Callable[[int, int], None]


def _of(store: Path, network: str) -> Path:
    return store.with_name(f"{store.stem}-{network}.sqlite")


def _risk_curves(paper: bool, workers: int | None, advance: Advance, store: Path) -> tuple[list[Any], Any, Any]:
    from spectralaw.figures import risk_curves as figure
    from spectralaw.reproduce import risk_curves as experiment

    data = [
        experiment.compute(c, workers, advance, _of(store, c.network))
        for c in (experiment.PAPER if paper else experiment.QUICK)
    ]
    return data, figure.draw, experiment.verdict


def _phase_maps(noise_variance: float) -> Callable[..., tuple[list[Any], Any, Any]]:
    def run(paper: bool, workers: int | None, advance: Advance, store: Path) -> tuple[list[Any], Any, Any]:
        from spectralaw.figures import phase_maps as figure
        from spectralaw.reproduce import phase_maps as experiment

        points, dimension = (97, 10**12) if paper else (41, 10**8)
        data = []
        for k, network in enumerate(experiment.NETWORKS, start=1):
            data.append(experiment.compute(network, noise_variance, dimension, points))
            advance(k, len(experiment.NETWORKS))
        return data, figure.draw, experiment.verdict

    return run


def _spectra(paper: bool, workers: int | None, advance: Advance, store: Path) -> tuple[list[Any], Any, Any]:
    from spectralaw.figures import spectra as figure
    from spectralaw.reproduce import spectra as experiment

    data = [experiment.compute(400 if paper else 150, 4, workers, advance, store)]
    return data, lambda datasets: figure.draw(datasets[0]), experiment.verdict


def _noiseless_risk(paper: bool, workers: int | None, advance: Advance, store: Path) -> tuple[list[Any], Any, Any]:
    from spectralaw.figures import noiseless as figure
    from spectralaw.reproduce import noiseless as experiment

    data = []
    for k, network in enumerate(("diagonal", "quadratic"), start=1):
        data.append(experiment.compute(network, 10**12 if paper else 10**10, 81 if paper else 41))
        advance(k, 2)
    return data, figure.draw, experiment.verdict


def _weight_decay(paper: bool, workers: int | None, advance: Advance, store: Path) -> tuple[list[Any], Any, Any]:
    from spectralaw.figures import decay_curves as figure
    from spectralaw.reproduce import decay_curves as experiment

    d = 200 if paper else 100
    data = [
        experiment.compute("diagonal", 2 * d, 2 * d, 16, workers, advance, _of(store, "diagonal")),
        experiment.compute("quadratic", d, d * d // 4, 4, workers, advance, _of(store, "quadratic")),
    ]
    return data, figure.draw, experiment.verdict


def _width(paper: bool, workers: int | None, advance: Advance, store: Path) -> tuple[list[Any], Any, Any]:
    from spectralaw.figures import width_curves as figure
    from spectralaw.reproduce import width_curves as experiment

    data = [experiment.compute(150 if paper else 60, 6, workers, advance, store)]
    return data, lambda datasets: figure.draw(datasets[0]), experiment.verdict


def _optimum(paper: bool, workers: int | None, advance: Advance, store: Path) -> tuple[list[Any], Any, Any]:
    from spectralaw.figures import optimum_map as figure
    from spectralaw.reproduce import optimum_map as experiment

    d, points = (2000, 17) if paper else (400, 9)
    data = [experiment.compute(network, d, points, advance) for network in ("diagonal", "quadratic")]
    return data, figure.draw, experiment.verdict


FIGURES: dict[str, tuple[str, Callable[..., tuple[list[Any], Any, Any]]]] = {
    "phase-diagram": ("figure 1", _phase_maps(0.5)),
    "spectra": ("figure 2", _spectra),
    "risk-curves": ("figure 3", _risk_curves),
    "noiseless-phases": ("figure 4", _phase_maps(0.0)),
    "noiseless-risk": ("figure 5", _noiseless_risk),
    "width": ("risk against width", _width),
    "weight-decay": ("risk against weight decay", _weight_decay),
    "optimum": ("R(λ_opt) over the Bayes-optimal risk", _optimum),
}


def reproduce(
    name: Annotated[str, typer.Argument(help=f"{', '.join(FIGURES)}, or all.")],
    size: Annotated[str, typer.Option(help="quick (under two minutes each on two cores) or paper.")] = "quick",
    output_folder: Annotated[Path, typer.Option("--output", help="Folder for figures, data and verdicts.")] = Path(
        "results"
    ),
    workers: Annotated[Optional[int], typer.Option(help="Processes (default: one for each processor).")] = None,  # noqa: UP045
    json: options.Json = False,
) -> None:
    """Reproduce a figure of arXiv:2509.24882: picture, data, and a verdict table.

    Trainings are kept in the output folder; the same command again continues, or draws anew.
    """
    from spectralaw import InvalidInput
    from spectralaw.figures import look

    if name != "all" and name not in FIGURES:
        raise InvalidInput(f"name must be one of {', '.join(FIGURES)}, all, not {name!r}")
    if size not in ("quick", "paper"):
        raise InvalidInput(f"size must be 'quick' or 'paper', not {size!r}")
    look.require_matplotlib()
    output_folder.mkdir(parents=True, exist_ok=True)
    reports = [
        _one(each, size == "paper", output_folder, workers, json) for each in (FIGURES if name == "all" else [name])
    ]
    if json:
        output.print_json({"figures": reports})


def _one(name: str, paper: bool, folder: Path, workers: int | None, silent: bool) -> dict[str, Any]:
    import time

    from spectralaw.cli.progress import bar
    from spectralaw.figures import look
    from spectralaw.reproduce.verdict import markdown

    begin = time.perf_counter()
    title, run = FIGURES[name]
    with bar(silent=silent) as progress:
        line = progress.add_task(f"{name} ({title})", total=None)
        datasets, draw, judge = run(
            paper,
            workers,
            lambda done, total: progress.update(line, completed=done, total=total),
            folder / f"{name}.sqlite",
        )
    written = []
    for data in datasets:
        path = folder / f"{name}-{data.attrs['network']}.nc"
        data.to_netcdf(path, engine="scipy")
        written.append(path)
    written += look.save(draw(datasets), folder / name)
    claims = [claim for data in datasets for claim in judge(data)]
    table = folder / f"{name}-verdict.md"
    table.write_text(markdown(claims), encoding="utf-8")
    written.append(table)
    seconds = time.perf_counter() - begin
    if not silent:
        for claim in claims:
            typer.echo(f"{'agree   ' if claim.agrees else 'DISAGREE'}  {claim.claim}: {claim.measured}")
        typer.echo(f"written in {seconds:.0f} s: " + ", ".join(str(p) for p in written) + "\n")
    verdicts = [{"claim": c.claim, "measured": c.measured, "agrees": c.agrees} for c in claims]
    return {"name": name, "verdict": verdicts, "files": [str(p) for p in written], "seconds": seconds}
