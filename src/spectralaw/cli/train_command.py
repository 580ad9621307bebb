"""spectralaw train"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from spectralaw.cli import options, output

Method = Annotated[
    str, typer.Option(help="convex (the exact minimiser), network (the weights themselves, by L-BFGS) or amp.")
]
Tolerance = Annotated[Optional[float], options.number("On the certificate (default 10⁻⁶).")]  # noqa: UP045
MaxIterations = Annotated[Optional[float], options.number("Where to stop without a certificate.")]  # noqa: UP045


def settings(tolerance: float | None, max_iterations: float | None) -> dict[str, float]:
    """Options of the method that were given."""
    given = {"tolerance": tolerance, "max_iterations": max_iterations}
    return {name: value for name, value in given.items() if value is not None}


def train(
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
    seed: Annotated[int, typer.Option(help="Makes teacher, inputs, noise and start.")] = 0,
    method: Method = "convex",
    tolerance: Tolerance = None,
    max_iterations: MaxIterations = None,
    save: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Write weights and spectrum to this .npz file."),
    ] = None,
    figure: options.Figure = None,
    json: options.Json = False,
) -> None:
    """Train a network of finite size on sampled data."""
    import spectralaw as sl

    picture = options.figure_path(figure)
    task = options.task_from(
        network, dimension, samples, weight_decay, noise_variance, gamma, rank, spectrum, coefficients, width
    )
    answer = sl.train(task, seed, method, **settings(tolerance, max_iterations))
    if save is not None:
        import numpy as np

        np.savez(save, allow_pickle=False, spectrum=answer.spectrum, **answer.weights)
    if picture is not None and answer.status.is_result:
        theory = sl.predict(task)
        sl.plot_spectrum(theory if theory.status.is_result else None, answer, output=picture)
    if json:
        output.print_json(answer.to_dict())
    else:
        largest = ", ".join(f"{value:.4g}" for value in answer.spectrum[:5])
        output.print_pairs(
            [
                ("status", str(answer.status)),
                (answer.certificate_kind, f"{answer.certificate:.1e}"),
                ("excess risk R", output.number(answer.excess_risk)),
                ("training loss", output.number(answer.training_loss)),
                ("zero mass", output.number(answer.zero_mass)),
                ("largest of the spectrum", largest),
                ("iterations", str(answer.iterations)),
                ("seconds", f"{answer.seconds:.3f}"),
            ]
        )
        output.written(picture, answer.status)
    output.finish(answer.status, "" if json and answer.status.is_result else answer.message)
