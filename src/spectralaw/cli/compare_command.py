"""spectralaw compare"""

from __future__ import annotations

from typing import Annotated

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
    method: Method = "convex",
    tolerance: Tolerance = None,
    max_iterations: MaxIterations = None,
    json: options.Json = False,
) -> None:
    """Hold the prediction against trained networks, with error bars."""
    import spectralaw as sl

    task = options.task_from(
        network, dimension, samples, weight_decay, noise_variance, gamma, rank, spectrum, coefficients, width
    )
    answer = sl.compare(task, seeds, method, **settings(tolerance, max_iterations))
    if json:
        output.print_json(answer.to_dict())
    else:
        rows = [
            [
                name.replace("_", " "),
                output.number(row.theory),
                f"{row.mean:.6g} ± {row.standard_error:.2g}",
                f"{row.z:+.2f}",
                f"{row.allowance:.2g}",
                "yes" if row.agrees else "NO",
            ]
            for name, row in answer.rows.items()
        ]
        output.print_table(["", "theory", f"mean of {len(answer.runs)}", "z", "allowance", "agrees"], rows)
    output.finish(answer.status, "" if json and answer.status.is_result else answer.message)
