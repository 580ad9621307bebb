"""spectralaw phases"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from spectralaw import files
from spectralaw.cli import options, output
from spectralaw.cli.progress import waiting


@options.with_task(samples=10.0, weight_decay=1.0)
def phases(
    task: Any,
    points: Annotated[int, options.whole("Values of samples and of weight decay, 2 to 1000.")] = 33,
    save: Annotated[Optional[Path], typer.Option(help="Write the data to this .nc file and the map beside it.")] = None,  # noqa: UP045
    json: options.Json = False,
) -> None:
    """Map the phases of a network: risk, exponents and labels over samples and weight decay."""
    import numpy as np

    import spectralaw as sl
    from spectralaw.theory.phases import boundaries

    if not 2 <= points <= 1000:
        raise sl.InvalidInput(f"points must be from 2 to 1000, not {points}")
    boundaries(task)  # a teacher without phases speaks now
    if save is not None:
        from spectralaw.figures import look

        look.require_matplotlib()
        files.refuse_place(save, pictures=True)
    teacher = task.teacher
    d, unit = float(task.dimension), 1.0 if task.network == "diagonal" else float(task.dimension)
    lowest = 1.0 if task.network == "diagonal" else max(d**-0.6, 1.0 / d)  # one sample, or n_eff below one: phase Ia
    n = np.geomspace(lowest, d ** max(2.0 * teacher.gamma + 1.6, 2.6), points) * unit
    decays = np.geomspace(d**-1.2, d ** (teacher.gamma + 1.2), points)
    with waiting("phases", silent=json):
        data = sl.phase_diagram(task, samples=n, weight_decay=decays)
    if save is not None:
        from spectralaw.figures import look, phase_maps

        files.write_dataset(save, data)
        written = [save, *look.save(phase_maps.draw([data]), files.beside(save, ""))]
        if not json:
            typer.echo(f"written: {', '.join(map(str, written))}", err=True)
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
    output.echo("local exponents: median over points more than a decade from every boundary")
