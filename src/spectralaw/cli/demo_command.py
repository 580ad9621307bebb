"""spectralaw demo"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from spectralaw.cli import options, output


def demo(
    output_folder: Annotated[
        Path, typer.Option("--output", help="Folder for the figure, the data and the table.")
    ] = Path("results"),
    workers: Annotated[Optional[int], typer.Option(help="Processes (default: one for each processor).")] = None,  # noqa: UP045
    json: options.Json = False,
) -> None:
    """Learning curves of both networks: theory through the risks of trained networks. Takes about two minutes.

    Trainings are kept in the output folder: killed, the same command again continues.
    """
    import time

    from spectralaw.cli.progress import bar
    from spectralaw.figures import look, risk_curves
    from spectralaw.reproduce import risk_curves as experiment
    from spectralaw.reproduce.verdict import markdown

    look.require_matplotlib()
    output_folder.mkdir(parents=True, exist_ok=True)
    begin = time.perf_counter()
    datasets, written = [], []
    with bar(silent=json) as progress:
        for curves in experiment.QUICK:
            trainings = len(curves.samples) * len(curves.weight_decays) * curves.seeds
            line = progress.add_task(f"{curves.network}, d = {curves.dimension}", total=trainings)
            advance = lambda done, _total, line=line: progress.update(line, completed=done)  # noqa: E731
            data = experiment.compute(
                curves, workers, advance, output_folder / f"risk-curves-{curves.network}-{curves.dimension}.sqlite"
            )
            path = output_folder / f"risk-curves-{curves.network}.nc"
            data.to_netcdf(path, engine="scipy")
            datasets.append(data)
            written.append(path)
    written += look.save(risk_curves.draw(datasets), output_folder / "risk-curves")
    claims = [claim for data in datasets for claim in experiment.verdict(data)]
    verdict_path = output_folder / "risk-curves-verdict.md"
    verdict_path.write_text(markdown(claims), encoding="utf-8")
    written.append(verdict_path)
    seconds = time.perf_counter() - begin
    if json:
        points = [point for data in datasets for point in _points(data)]
        verdicts = [{"claim": c.claim, "measured": c.measured, "agrees": c.agrees} for c in claims]
        output.print_json(
            {"points": points, "verdict": verdicts, "files": [str(p) for p in written], "seconds": seconds}
        )
        return
    for data in datasets:
        typer.echo(f"\n{data.attrs['network']} network, d = {data.attrs['dimension']}: excess risk")
        header = ["λ", "n", "n_eff/d", "theory", "mean ± standard error", "z", "training/theory"]
        rows = [
            [
                f"{p['weight_decay']:.3g}",
                f"{p['samples']:g}",
                f"{p['effective_samples_per_dimension']:.3g}",
                f"{p['theory']:.4g}",
                f"{p['mean']:.4g} ± {p['standard_error']:.1g}",
                f"{p['z']:+.1f}",
                f"{p['mean'] / p['theory']:.3f}",
            ]
            for p in _points(data)
        ]
        output.print_table(header, rows)
    typer.echo("")
    for claim in claims:
        typer.echo(f"{claim.word:8}  {claim.claim}: {claim.measured}")
    typer.echo(f"\nwritten in {seconds:.0f} s: " + ", ".join(str(p) for p in written))


def _points(data) -> list[dict[str, Any]]:
    unit = data.attrs["dimension"] if data.attrs["network"] == "diagonal" else data.attrs["dimension"] ** 2
    return [
        {
            "network": data.attrs["network"],
            "weight_decay": float(decay),
            "samples": float(n),
            "effective_samples_per_dimension": float(n) / unit,
            **{
                name: float(data[name].sel(weight_decay=decay, samples=n))
                for name in ("theory", "mean", "standard_error", "z")
            },
        }
        for decay in data.weight_decay.values
        for n in data.samples.values
    ]
