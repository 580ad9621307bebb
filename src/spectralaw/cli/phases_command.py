"""spectralaw phases"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from spectralaw.cli import options, output


def phases(
    network: options.Network,
    dimension: options.Dimension,
    noise_variance: options.NoiseVariance = 0.0,
    gamma: options.Gamma = None,
    points: Annotated[int, typer.Option(help="Values of samples and of weight decay.")] = 33,
    save: Annotated[Optional[Path], typer.Option(help="Write the data to this .nc file and the map beside it.")] = None,  # noqa: UP045
    json: options.Json = False,
) -> None:
    """Map the phases of a network: risk, exponents and labels over samples and weight decay."""
    import numpy as np

    import spectralaw as sl

    if save is not None and save.suffix != ".nc":
        raise sl.InvalidInput(f"save must end in .nc, not {save.name!r}; the map is written beside it as .png and .pdf")
    if points < 2:
        raise sl.InvalidInput(f"points must be 2 or greater, not {points}")
    teacher = sl.PowerLaw(1.0 if gamma is None else gamma)
    task = sl.Task(network, dimension, 10.0, 1.0, noise_variance, teacher)  # type: ignore[arg-type]
    d, unit = float(task.dimension), 1.0 if network == "diagonal" else float(task.dimension)
    lowest = 1.0 if network == "diagonal" else max(d**-0.6, 1.0 / d)  # one sample, or n_eff below one: phase Ia
    n = np.geomspace(lowest, d ** max(2.0 * teacher.gamma + 1.6, 2.6), points) * unit
    data = sl.phase_diagram(task, samples=n, weight_decay=np.geomspace(d**-1.2, d ** (teacher.gamma + 1.2), points))
    if save is not None:
        from spectralaw.figures import look, phase_maps

        look.require_matplotlib()
        data.to_netcdf(save, engine="scipy")
        look.save(phase_maps.draw([data]), save.with_suffix(""))
    rows = []
    for label in sorted({str(p) for p in data.phase.values.ravel()}):
        here = data.phase.values == label
        inside = here & (data.distance.values > 1.0)
        median = [
            float(np.nanmedian(data[f"{name}_exponent"].values[inside])) if inside.any() else float("nan")
            for name in ("samples", "weight_decay")
        ]
        predicted = [float(data[f"{name}_rate"].values[here][0]) for name in ("samples", "weight_decay")]
        rows.append((label, int(here.sum()), predicted, median))
    if json:
        table = [
            {"phase": p, "points": c, "rate": {"samples": r[0], "weight_decay": r[1]},
             "median_local_exponent": {"samples": m[0], "weight_decay": m[1]}}
            for p, c, r, m in rows
        ]  # fmt: skip
        output.print_json({"task": task.to_dict(), "phases": table, "unsolved": int(np.isnan(data.excess_risk).sum())})
        return
    signed = lambda value: "–" if np.isnan(value) else f"{value:+.3f}"  # noqa: E731
    output.print_table(
        ["phase", "points", "rate in n", "local, median", "rate in λ", "local, median"],
        [[p, str(c), signed(r[0]), signed(m[0]), signed(r[1]), signed(m[1])] for p, c, r, m in rows],
    )
    typer.echo("local exponents: median over points more than a decade from every boundary")
