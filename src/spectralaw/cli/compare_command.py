"""spectralaw compare"""

from __future__ import annotations

import math
from typing import Annotated, Optional

import typer

from spectralaw.cli import options, output
from spectralaw.cli.train_command import MaxIterations, Method, Tolerance, settings


def compare(
    network: options.Network,
    dimension: options.Dimension,
    samples: options.Samples,
    weight_decay: options.WeightDecay,
    noise_variance: options.NoiseVariance = 0.0,
    gamma: options.Gamma = None,
    rank: options.Rank = None,
    spectrum: options.Spectrum = None,
    coefficients: options.Coefficients = "gaussian",
    width: options.Width = None,
    seeds: Annotated[int, typer.Option(help="How many trainings, at least 2.")] = 5,
    dimensions: Annotated[
        Optional[list[int]],  # noqa: UP045
        typer.Option(
            help="Train at this dimension, too; may be repeated (default: two others, a factor of two apart)."
        ),
    ] = None,
    method: Method = "convex",
    tolerance: Tolerance = None,
    max_iterations: MaxIterations = None,
    json: options.Json = False,
) -> None:
    """Hold the prediction against trained networks of several dimensions, and judge the limit.

    Exit status 1 if they disagree.
    """
    import spectralaw as sl

    task = options.task_from(
        network, dimension, samples, weight_decay, noise_variance, gamma, rank, spectrum, coefficients, width
    )
    answer = sl.compare(task, seeds, method, dimensions, **settings(tolerance, max_iterations))
    if json:
        output.print_json(answer.to_dict())
    else:
        rows = [
            [
                name.replace("_", " "),
                output.number(row.theory),
                f"{row.mean:.6g} ± {row.standard_error:.2g}",
                f"{row.z:+.2f}",
                f"{row.deviation:+.1%}",
                "–" if math.isnan(row.limit) else f"{row.limit:.3f} ± {row.limit_error:.3f}",
                str(row.outcome),
            ]
            for name, row in answer.rows.items()
        ]
        where = ", ".join(str(one.prediction.task.dimension) for one in answer.sizes)
        header = ["", "theory", f"mean of {len(answer.runs)}", "z", "deviation", "mean/theory, d → ∞", "outcome"]
        output.print_table(header, rows)
        typer.echo(f"\nd = {where}: {answer.outcome}" + (f" ({answer.reason})" if answer.reason else ""))
    output.finish(answer.status, "" if json and answer.status.is_result else answer.message)
    if answer.outcome is sl.Outcome.DISAGREE:
        raise typer.Exit(1)
