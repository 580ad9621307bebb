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

    The same as ``reproduce risk-curves``, with a table of every point. Trainings are kept in the output folder:
    killed, the same command again continues.
    """
    from spectralaw.cli.progress import bar
    from spectralaw.display import with_error
    from spectralaw.reproduction.runner import reproduce

    with bar(silent=json) as progress:
        line = progress.add_task("learning curves", total=None)
        advance = lambda done, total: progress.update(line, completed=done, total=total)  # noqa: E731
        report = reproduce("risk-curves", "quick", output_folder, workers=workers, progress=advance)
    if json:
        output.print_json({"points": [p for data in report.datasets for p in _points(data)], **report.to_dict()})
        return
    for data in report.datasets:
        typer.echo(f"\n{data.attrs['network']} network, d = {data.attrs['dimension']}: excess risk")
        header = ["λ", "n", "n_eff/d", "theory", "mean ± standard error", "z", "training/theory"]
        rows = [
            [
                f"{p['weight_decay']:.3g}",
                f"{p['samples']:g}",
                f"{p['effective_samples_per_dimension']:.3g}",
                f"{p['theory']:.4g}",
                with_error(p["mean"], p["standard_error"]),
                f"{p['z']:+.1f}",
                f"{p['mean'] / p['theory']:.3f}",
            ]
            for p in _points(data)
        ]
        output.print_table(header, rows)
    typer.echo("")
    for claim in report.claims:
        typer.echo(str(claim))
    typer.echo(f"\nwritten in {report.seconds:.0f} s: " + ", ".join(str(p) for p in report.files))


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
